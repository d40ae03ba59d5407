package policy

import (
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

const (
	sumC = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
	sumD = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
)

// The files of goodRelease, by index.
const (
	fileApp = iota
	fileOther
	fileAppCDX
	fileAppSPDX
	fileOtherCDX
	fileIndex
	fileSums
	fileSignature
)

// goodRelease returns a subject with a release that is as every rule about the
// files of one asks.
func goodRelease() *Subject {
	s := good()
	manifest := func(digest string) *sbom.Manifest {
		m := *good().Manifest
		m.Principal.Digests = sha256(digest)
		return &m
	}
	link := func(path, digest string) sbom.Link {
		return sbom.Link{Type: "bom", URL: "urn:cdx:11111111-2222-5333-8444-555555555555/1#x", Comment: path, Digests: sha256(digest)}
	}
	index := &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Ref: "dist", Name: "dist"}}, Components: []*sbom.Component{
		{Ref: "app", Name: "app", Digests: sha256(sumA), Links: []sbom.Link{link("app.cdx.json", sumC)}},
		{Ref: "other", Name: "other", Digests: sha256(sumB)},
	}}
	s.Release = &Release{
		Files: []File{
			{Path: "app", Kind: ArtifactFile, Digests: sha256(sumA)},
			{Path: "other", Kind: ArtifactFile, Digests: sha256(sumB)},
			{Path: "app.cdx.json", Kind: ManifestFile, Of: "app", Digests: sha256(sumC), Manifest: manifest(sumA)},
			{Path: "app.spdx.json", Kind: ManifestFile, Of: "app", Digests: sha256(sumD), Manifest: manifest(sumA)},
			{Path: "other.cdx.json", Kind: ManifestFile, Of: "other", Digests: sha256(sumD), Manifest: manifest(sumB)},
			{Path: "release.cdx.json", Kind: ManifestFile, Digests: sha256(sumD), Manifest: index},
			{Path: "SHA256SUMS", Kind: ChecksumFile, Digests: sha256(sumD)},
			{Path: "app.sig", Kind: SignatureFile, Of: "app", Digests: sha256(sumD)},
		},
		Broken: map[string]string{},
	}
	for i, f := range s.Release.Files[:fileSums] {
		s.Release.Sums = append(s.Release.Sums, Sum{File: "SHA256SUMS", Line: i + 1, Path: f.Path, Digest: f.Digests[0]})
	}
	return s
}

var folderCases = []ruleCase{
	{"R.readable", nil, Pass, "all 5", nil},
	{"R.readable", func(s *Subject, _ *sbom.Principal) {
		s.Release.Broken["app.spdx.json"], s.Release.Files[fileAppSPDX].Manifest = "unexpected EOF", nil
	}, Fail, "app.spdx.json (unexpected EOF)", nil},
	{"R.readable", func(s *Subject, _ *sbom.Principal) { s.Release = nil }, NotProvable, "not at hand", []string{"R.covered"}},

	{"R.covered", nil, Pass, "all 2", nil},
	{"R.covered", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files = append(s.Release.Files, File{Path: "new", Kind: ArtifactFile, Digests: sha256(sumC)})
	}, Fail, "new (no manifest has its digest)", []string{"R.summed"}},
	{"R.covered", func(s *Subject, _ *sbom.Principal) { s.Release.Files[fileOther].Digests = nil }, NotProvable, "other", []string{"R.sums", "R.current"}},

	{"R.covered", func(s *Subject, _ *sbom.Principal) { s.Release = &Release{} }, Fail, "nothing to publish", nil},

	{"R.current", nil, Pass, "all 3", nil},
	{"R.current", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files[fileAppSPDX].Manifest.Principal.Digests = sha256(sumD)
	}, Fail, "app.spdx.json", nil},
	{"R.current", func(s *Subject, _ *sbom.Principal) { s.Release.Files[fileAppSPDX].Manifest.Principal.Digests = nil }, NotProvable, "app.spdx.json", nil},

	{"R.same", nil, Pass, "all 1", nil},
	{"R.same", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files[fileAppSPDX].Manifest.Components = nil
	}, Fail, "app.spdx.json (unlike app.cdx.json it does not list example.org/lib v0.1.0)", nil},
	{"R.same", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files[fileAppSPDX].Manifest.Principal.Architecture = "arm64"
	}, Fail, "it describes", nil},

	{"R.sums", nil, Pass, "all 6", nil},
	{"R.sums", func(s *Subject, _ *sbom.Principal) { s.Release.Sums[0].Digest.Value = sumD }, Fail, "SHA256SUMS line 1: the file has another SHA-256", nil},
	{"R.sums", func(s *Subject, _ *sbom.Principal) {
		s.Release.Sums = append(s.Release.Sums, Sum{"SHA256SUMS", 7, "gone", sha256(sumA)[0]})
	}, Fail, "gone (SHA256SUMS line 7: there is no such file)", nil},
	{"R.sums", func(s *Subject, _ *sbom.Principal) { s.Release.Sums[0].Digest.Algorithm = "MD5" }, NotProvable, "MD5 was not compared", nil},

	{"R.summed", nil, Pass, "all 6", nil},
	{"R.summed", func(s *Subject, _ *sbom.Principal) { s.Release.Sums = s.Release.Sums[1:] }, Fail, "app (in no list)", nil},

	{"R.links", nil, Pass, "all 1", nil},
	{"R.links", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files[fileIndex].Manifest.Components[0].Links[0].Digests = sha256(sumA)
	}, Fail, "app.cdx.json (it has another digest)", nil},
	{"R.links", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files[fileIndex].Manifest.Components[0].Links[0].Comment = "gone.cdx.json"
	}, Fail, "gone.cdx.json (there is no such manifest)", nil},
	{"R.links", func(s *Subject, _ *sbom.Principal) {
		s.Release.Files[fileIndex].Manifest.Components[0].Links[0].Digests = nil
	}, NotProvable, "no digest of it", nil},

	{"R.agree", nil, Pass, "all 9", nil},
	{"R.agree", func(s *Subject, _ *sbom.Principal) { s.Release.Files[fileOtherCDX].Manifest.Principal.Tag = "v1.2.2" }, Fail, "other.cdx.json (tag v1.2.2, and others say v1.2.3)", nil},
	{"R.agree", func(s *Subject, _ *sbom.Principal) { s.Release.Files[fileOtherCDX].Manifest.Principal.Commit = "" }, NotProvable, "it says no commit", nil},

	{"R.explained", nil, Pass, "all 1", nil},
	{"R.explained", func(s *Subject, _ *sbom.Principal) { s.Release.Files[fileSignature].Of = "" }, Fail, "app.sig", nil},
}

// TestFolder makes one defect after another in the files of a release.
func TestFolder(t *testing.T) { testCases(t, folderProfile(), goodRelease, folderCases) }

// TestFolderOfNothing judges what has no files: nothing panics, and nothing is
// called in order that was not looked at.
func TestFolderOfNothing(t *testing.T) {
	for _, s := range []*Subject{{}, {Release: &Release{}}, {Release: &Release{Files: []File{{Kind: ManifestFile}, {Kind: ArtifactFile}}}}} {
		r, err := Check(s, folderProfile(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range r.Results {
			if result.Status == Pass && result.Total == 0 {
				t.Errorf("%s is %s: %s", result.Rule.ID, result.Status, result.Message)
			}
		}
	}
}
