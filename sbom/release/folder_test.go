package release_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom/release"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	want := []release.File{
		{Path: "SHA256SUMS", Kind: release.ChecksumFile},
		{Path: "SHA256SUMS.asc", Kind: release.SignatureFile, Of: "SHA256SUMS"},
		{Path: "app", Kind: release.ArtifactFile},
		{Path: "app.cdx.json", Kind: release.ManifestFile, Of: "app"},
		{Path: "app.cdx.json.sig", Kind: release.SignatureFile, Of: "app.cdx.json"},
		{Path: "app.intoto.json", Kind: release.StatementFile, Of: "app"},
		{Path: "lonely.cdx.json", Kind: release.ManifestFile},
		{Path: "notes.md", Kind: release.ArtifactFile},
		{Path: "sub/app_checksums.txt", Kind: release.ChecksumFile},
		{Path: "sub/b.tar.gz", Kind: release.ArtifactFile},
		{Path: "sub/b.tar.gz.sha512", Kind: release.ChecksumFile, Of: "sub/b.tar.gz"},
	}
	for _, f := range want {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := release.Files(t.Context(), dir, func(name string) bool { return strings.HasSuffix(name, ".cdx.json") })
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := release.Files(t.Context(), filepath.Join(dir, "none"), nil); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
