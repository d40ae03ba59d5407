package release_test

import (
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release"
)

func TestIndex(t *testing.T) {
	member := func(file, arch, licence string) release.Member {
		p := &sbom.Principal{Component: sbom.Component{
			Ref: "pkg:golang/example.org/nova@v1.2.3", PURL: "pkg:golang/example.org/nova@v1.2.3", Type: sbom.TypeApplication, Name: "nova", Version: "v1.2.3",
			Architecture: arch, Declared: licence, Maker: sbom.Party{Name: "Nova Release Team"},
			Links: []sbom.Link{{Type: "issue-tracker", URL: "https://bugs.example.org/nova"}},
		}, FileName: file, Tag: "v1.2.3", Commit: "abc"}
		return release.Member{Path: "linux/" + file, Manifest: &sbom.Manifest{Principal: p},
			Documents: []sbom.Link{{Type: "bom", URL: "urn:cdx:x/1#" + arch, Comment: file + ".cdx.json"}}}
	}
	members := []release.Member{member("nova-amd64", "amd64", "MIT"), member("nova-arm64", "arm64", "ISC"),
		{Path: "notes.md", Manifest: &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Name: "notes.md"}}}}}
	m, err := release.Index("dist", members, sbom.Options{Created: time.Unix(1700000000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	p := m.Principal
	if p.Name != "nova" || p.Version != "v1.2.3" || p.Tag != "v1.2.3" || p.Commit != "abc" || p.Maker.Name != "Nova Release Team" || len(p.Links) != 1 {
		t.Errorf("what all say is not said of the release: %+v", p)
	}
	if p.Declared != "" || p.Architecture != "" {
		t.Errorf("what only one says is said of the release: %+v", p)
	}
	if len(m.Components) != 3 || m.Components[1].Ref == m.Components[2].Ref || len(m.Components[1].Links) != 2 || m.Components[1].Locations[0].Path != "linux/nova-amd64" {
		t.Errorf("components %+v", m.Components)
	}
	if len(members[0].Manifest.Principal.Links) != 1 {
		t.Error("a member was changed")
	}
}

func TestIndexOfStrangers(t *testing.T) {
	var members []release.Member
	for _, name := range []string{"a", "b"} {
		members = append(members, release.Member{Path: name, Manifest: &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Ref: name, Name: name}}}})
	}
	m, err := release.Index("dist", members, sbom.Options{})
	if err != nil || m.Principal.Name != "dist" || len(m.Components) != 2 {
		t.Errorf("got %+v, %v", m, err)
	}
	if m, err = release.Index("dist", nil, sbom.Options{}); err != nil || len(m.Components) != 0 {
		t.Errorf("got %+v, %v for an empty release", m, err)
	}
}
