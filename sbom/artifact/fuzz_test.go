package artifact

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// FuzzOpen holds that an archive of which package tar or zip reads more files
// than are found here is never without a gap, and that two scans find the same.
func FuzzOpen(f *testing.F) {
	in := tarOf(f, file("x.list", "x"), hard("l.list", "x.list"), soft("s", "x.list"))
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	member, err := w.Create("y.list")
	if err != nil {
		f.Fatal(err)
	}
	member.Write([]byte("y"))
	w.Close()
	for _, seed := range [][]byte{in, gzipped(f, in), z.Bytes(), tarOf(f, file("a.zip", z.String())), []byte("text"), join(pax("size=1"), rawFile("x", "x")),
		append([]byte("\xfd7zXZ\x00"), in[:50]...), append([]byte("\x28\xb5\x2f\xfd"), in[:50]...), append([]byte("BZh91AY&SY"), in[:50]...),
		imageOf(in).docker().tar(f), imageOf(in).gzipped(f).oci().tar(f), apkOf(f, segment(f, true, file("x.list", "x"))),
		arOf("debian-binary", "2.0\n", "control.tar", string(in), "data.tar", string(in))} {
		f.Add(seed)
	}
	limits := sbom.Limits{Expanded: 1 << 22, File: 1 << 20, Buffer: 1 << 12, Entries: 1000}
	f.Fuzz(func(t *testing.T, data []byte) {
		name := write(t, filepath.Join(t.TempDir(), "x"), data)
		var found [2]*sbom.Inventory
		for i := range found {
			artifacts, err := Open(context.Background(), name, Options{Digests: []string{}, Limits: limits})
			if err != nil {
				t.Skip()
			}
			if found[i], err = sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{all{}}, limits); err != nil {
				t.Fatal(err)
			}
		}
		if places(found[0]) != places(found[1]) || codes(found[0]) != codes(found[1]) {
			t.Errorf("got %q %v, then %q %v", places(found[0]), found[0].Findings, places(found[1]), found[1].Findings)
		}
		if found[0].Artifact.Type == sbom.TypeContainer {
			return // its files are in its layers
		}
		if want := max(tarNames(data), zipNames(data)); len(found[0].Components) < want && !hasGap(found[0]) {
			t.Errorf("%d files, another reader has %d; findings %v", len(found[0].Components), want, found[0].Findings)
		}
	})
}

// all is a cataloger that makes a component of each file.
type all struct{ lists }

func (all) Wants(sbom.Entry) sbom.Want { return sbom.Yes }

func (all) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	_, err := io.Copy(io.Discard, f)
	return []*sbom.Component{{Name: f.Path}}, err
}

// tarNames counts the names of files that package tar reads of a whole archive.
func tarNames(data []byte) int {
	if !isTarHeader(data[:min(len(data), tarBlock)]) {
		return 0
	}
	names := map[string]bool{}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return len(names)
		}
		if err != nil {
			return 0
		}
		clean, _ := cleanPath(h.Name)
		if delete(names, clean); h.Typeflag == tar.TypeReg {
			names[clean] = true
		}
	}
}

// zipNames counts the names of files that package zip reads.
func zipNames(data []byte) int {
	if !isZipStart(data) {
		return 0
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return 0
	}
	names := map[string]bool{}
	for _, m := range r.File {
		clean, _ := cleanPath(m.Name)
		if delete(names, clean); m.Mode().IsRegular() {
			names[clean] = true
		}
	}
	return len(names)
}
