package release

import (
	"cmp"
	"path"
	"reflect"
	"slices"

	"github.com/manifestgen/manifestgen/sbom"
)

// A Member is one artifact of a release.
type Member struct {
	Path     string         // of the artifact, relative to the folder of the release
	Manifest *sbom.Manifest // of the artifact

	// Documents leads to the documents that hold the manifest: links of the
	// type "bom", with their digests. A file that has none, such as release
	// notes, has no say in what the release is.
	Documents []sbom.Link
}

// Index returns the manifest of a release as a whole: what is published together,
// and which document describes each part. What all members say alike, such as
// version, commit, tag, team and support, it says of the release. Name is what the
// release is called if its members are not called alike.
//
// The manifests of the members are not changed.
func Index(name string, members []Member, o sbom.Options) (*sbom.Manifest, error) {
	inventory := &sbom.Inventory{Artifact: &sbom.Artifact{Name: name, Type: sbom.TypeApplication, Format: sbom.FormatFolder}}
	for _, m := range members {
		inventory.Components = append(inventory.Components, m.component())
	}
	common := sbom.Candidate{Source: sbom.FromArtifact, Where: "all artifacts of the release", Facts: agreed(members)}
	common.Facts.Contents = sbom.Complete
	return sbom.Assemble(inventory, o, common)
}

// component returns the artifact as a component of the release.
func (m Member) component() *sbom.Component {
	p := m.Manifest.Principal
	c := p.Component
	c.Ref, c.Foreign, c.Joints = "", nil, sbom.Joints{}
	c.Name = cmp.Or(c.Name, path.Base(m.Path))
	c.Locations = []sbom.Location{{Path: m.Path}}
	c.Links = append(c.Links[:len(c.Links):len(c.Links)], m.Documents...)
	c.Contents, c.Dependencies = sbom.Undetermined, sbom.Undetermined // its own manifest says more
	return &c
}

// agreed returns the facts about their release that all members with documents
// state alike.
func agreed(members []Member) sbom.Principal {
	members = slices.DeleteFunc(slices.Clone(members), func(m Member) bool { return len(m.Documents) == 0 })
	if len(members) == 0 {
		return sbom.Principal{}
	}
	said := ofRelease(members[0].Manifest.Principal)
	for _, m := range members[1:] {
		keepEqual(reflect.ValueOf(&said).Elem(), reflect.ValueOf(ofRelease(m.Manifest.Principal)))
	}
	return said
}

// ofRelease returns the facts of p that may be those of its release too.
func ofRelease(p *sbom.Principal) sbom.Principal {
	return sbom.Principal{
		Component: sbom.Component{
			Name: p.Name, Version: p.Version, Declared: p.Declared, LicenseTexts: p.LicenseTexts, Maker: p.Maker, Supplier: p.Supplier, Links: p.Links,
		},
		Published: p.Published, SupportEnd: p.SupportEnd, SupportLevel: p.SupportLevel, Disclaimer: p.Disclaimer,
		Repository: p.Repository, Commit: p.Commit, Committed: p.Committed, Tag: p.Tag, Signature: p.Signature, WorkTree: p.WorkTree,
	}
}

// keepEqual sets to zero what differs in the fields of a and b.
func keepEqual(a, b reflect.Value) {
	for i := range a.NumField() {
		switch {
		case a.Type().Field(i).Anonymous:
			keepEqual(a.Field(i), b.Field(i))
		case !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()):
			a.Field(i).SetZero()
		}
	}
}
