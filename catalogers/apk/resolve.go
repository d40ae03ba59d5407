package apk

import (
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Resolve returns an edge from each installed package to each that has or
// provides what it depends on, by name, or owns it, for a path.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	installed := slices.DeleteFunc(slices.Clone(mine), func(c *sbom.Component) bool {
		_, inDatabase := c.Private.(*pkg)
		return !inDatabase // an apk: what it needs is not in it
	})
	providers := map[string][]*sbom.Component{} // of what is needed
	for _, c := range installed {
		for _, d := range needs(c) {
			providers[rootOf(c)+d.token()] = nil
		}
	}
	for _, c := range installed {
		for _, token := range tokens(c) {
			if _, needed := providers[token]; needed {
				providers[token] = append(providers[token], c)
			}
		}
	}
	var edges []sbom.Edge
	var findings []sbom.Finding
	for _, c := range installed {
		for _, d := range needs(c) {
			found := providers[rootOf(c)+d.token()]
			if len(edges)+len(found) > maxEdges {
				return edges, append(findings, sbom.Finding{Kind: sbom.Gap, Code: "apk.dependencies", Path: c.Locations[0].Path,
					Detail: "the dependencies of the packages are too many to resolve; edges are missing"})
			}
			for _, p := range found {
				edges = append(edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: p.Key})
			}
			if len(found) == 0 {
				findings = append(findings, sbom.Finding{Kind: sbom.Unknown, Code: "apk.unmet", Subject: c.Key,
					Detail: c.Name + " needs " + d.String() + ", which nothing here provides"})
			}
		}
	}
	return edges, findings
}

// maxEdges bounds the edges. A system of 10,000 packages has a tenth of them.
const maxEdges = 1_000_000

// tokens returns all that c can meet: its name, what it provides, its files.
func tokens(c *sbom.Component) []string {
	root := rootOf(c)
	all := []string{root + "apk:" + c.Name}
	for _, d := range recordOf(c).provides {
		all = append(all, root+d.token())
	}
	return append(all, c.Owns...)
}

// recordOf returns the record of c in the database.
func recordOf(c *sbom.Component) *pkg { return c.Private.(*pkg) }

// rootOf returns what comes before the paths of the root file system that c is
// installed in.
func rootOf(c *sbom.Component) string {
	return strings.TrimSuffix(strings.TrimPrefix(c.Key, "apk:"), c.Name)
}

// needs returns what c depends on. What it conflicts with is not needed.
func needs(c *sbom.Component) []dependency {
	return slices.DeleteFunc(slices.Clone(recordOf(c).depends), func(d dependency) bool { return d.conflict })
}
