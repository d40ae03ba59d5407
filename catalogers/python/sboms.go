package python

import (
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// documentPlace returns the place of an SBOM document that a distribution brings,
// and false for other files: https://peps.python.org/pep-0770/
func documentPlace(e sbom.Entry) (place, bool) {
	p, rest, ok := infoPlace(e)
	return p, ok && strings.HasPrefix(rest, "sboms/")
}

// An enclosed component comes from a document of a distribution, which contains
// it.
type enclosed struct {
	in string // the key of the distribution
}

// readDocument returns the components that an SBOM document of a distribution
// lists. Its principal is the distribution itself, or what was bundled.
func (c Cataloger) readDocument(p place, f *sbom.File) ([]*sbom.Component, error) {
	m, err := c.Decode(f)
	if err != nil {
		return nil, fault("python.sboms", err)
	}
	keys := map[string]string{} // ref in the document -> key
	var all []*sbom.Component
	for _, bundled := range append(m.Components, &m.Principal.Component) {
		if strings.HasPrefix(bundled.PURL, "pkg:pypi/") && bundled == &m.Principal.Component {
			keys[bundled.Ref] = p.key()
			continue
		}
		keys[bundled.Ref] = "pypi-sbom:" + p.entry.Path + "#" + bundled.Ref
		child := *bundled
		child.Ref, child.Locations, child.FoundBy = "", nil, nil
		child.Joints = sbom.Joints{Key: keys[bundled.Ref], Private: enclosed{p.key()}}
		all = append(all, &child)
	}
	for _, child := range all {
		for _, e := range m.Edges {
			if e.Kind == sbom.DependsOn && keys[e.From] == child.Key {
				child.DependsOn = append(child.DependsOn, keys[e.To])
			}
		}
	}
	return all, nil
}

// enclose returns the components that no document encloses, and edges to those
// that one does.
func enclose(mine []*sbom.Component) (own []*sbom.Component, edges []sbom.Edge) {
	for _, c := range mine {
		if in, ok := c.Private.(enclosed); ok {
			edges = append(edges, sbom.Edge{Kind: sbom.Contains, From: in.in, To: c.Key})
			continue
		}
		own = append(own, c)
	}
	return own, edges
}
