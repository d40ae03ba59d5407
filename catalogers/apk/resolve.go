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
		return c.Is != "" // an apk: what it needs is not in it
	})
	providers := map[string][]*sbom.Component{} // of what is needed
	for _, c := range installed {
		for _, d := range depends(c) {
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
		for _, d := range depends(c) {
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
	for _, token := range c.Provides {
		all = append(all, root+token)
	}
	return append(all, c.Owns...)
}

// rootOf returns what comes before the paths of the root file system that c is
// installed in.
func rootOf(c *sbom.Component) string {
	return strings.TrimSuffix(strings.TrimPrefix(c.Key, "apk:"), c.Name)
}

// depends returns what c needs. What it conflicts with is not needed.
func depends(c *sbom.Component) []dependency {
	var needed []dependency
	for _, p := range c.Properties {
		if p.Name != "manifestgen:apk:depends" {
			continue
		}
		all, _ := parseDependencies(p.Value) // what is wrong was told when it was read
		for _, d := range all {
			if !d.conflict {
				needed = append(needed, d)
			}
		}
	}
	return needed
}
