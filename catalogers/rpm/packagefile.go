package rpm

import (
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmfile"
	"github.com/manifestgen/manifestgen/sbom"
)

// readPackageFile returns the package of a .rpm file, whose control data is all
// that stands before the payload. The component is the file, and has what it
// would say of the principal.
func readPackageFile(f *sbom.File) ([]*sbom.Component, error) {
	file, err := rpmfile.Read(f, f.Size)
	var wrong trouble
	wrong.add("rpm.file", err)
	if file == nil {
		return nil, wrong.err()
	}
	c, err := newReader(f.Entry).component(file.Header, architecture(file.Header))
	wrong.add("rpm.header", err)
	if c == nil {
		return nil, wrong.err()
	}
	c.Is = f.Root()
	if key := signatureKey(file.Signature); key != "" {
		c.Properties = append(c.Properties, sbom.Property{Name: propertyPrefix + "signature-key", Value: key})
	}
	c.Candidates = []sbom.Candidate{{Source: sbom.FromContainer, Where: "rpm header", Facts: principal(file.Header)}}
	return []*sbom.Component{c}, wrong.err()
}

// architecture returns the architecture that a package is for: "src" for a source
// package, which is one that was not built of another.
func architecture(h *header.Header) string {
	if !h.Has(header.SourceRPM) {
		return "src"
	}
	return text(h, header.Arch)
}

// principal returns what a component has no field for: where the source is, and
// the source package, of which a binary package was built.
func principal(h *header.Header) sbom.Principal {
	var p sbom.Principal
	repository, commit, _ := strings.Cut(vcsURL(text(h, header.VCS)), "#")
	p.Repository = repository
	if len(commit) == 40 && strings.Trim(commit, "0123456789abcdef") == "" {
		p.Commit = commit
	}
	if source := text(h, header.SourceRPM); source != "" {
		p.Inputs = []sbom.Input{{Name: source}}
	}
	return p
}
