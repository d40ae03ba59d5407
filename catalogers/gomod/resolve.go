package gomod

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/manifestgen/manifestgen/sbom"
)

// Resolve finds the version that is built for each requirement of a module in a
// tree's module cache, and what a go.work file changes.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	r := newResolver(mine)
	for _, c := range mine {
		if c.Name == workName && c.Type == sbom.TypeFile {
			r.workspace(c)
			continue
		}
		r.requirements(c)
	}
	if r.unknown > 0 {
		r.findings = append(r.findings, sbom.Finding{Kind: sbom.Unknown, Code: "gomod.edges",
			Detail: fmt.Sprintf("what %d of the required modules require is not known: their go.mod files are not at hand", r.unknown)})
	}
	return r.edges, r.findings
}

// A resolver holds the components of one call of Resolve.
type resolver struct {
	byKey  map[string]*sbom.Component
	byPath map[string][]*sbom.Component // built, by the path that they are required by
	usedBy map[string][]string          // key -> keys of the main modules that require it, sorted

	edges    []sbom.Edge
	findings []sbom.Finding
	unknown  int // modules whose requirements are not known
}

func newResolver(mine []*sbom.Component) *resolver {
	r := &resolver{byKey: map[string]*sbom.Component{}, byPath: map[string][]*sbom.Component{}, usedBy: map[string][]string{}}
	for _, c := range mine {
		r.byKey[c.Key] = c
		if property(c, "selection") == "superseded" {
			continue
		}
		p := c.Name
		if replaced := property(c, "replaces"); replaced != "" {
			p, _, _ = strings.Cut(replaced, "@")
		}
		r.byPath[p] = append(r.byPath[p], c)
		if !isMain(c) {
			continue
		}
		for _, key := range c.DependsOn {
			r.usedBy[key] = append(r.usedBy[key], c.Key)
		}
	}
	for _, mains := range r.usedBy {
		slices.Sort(mains)
	}
	return r
}

// isMain reports whether c comes from a go.mod file of its own.
func isMain(c *sbom.Component) bool {
	return strings.HasPrefix(c.Key, "golang:./") && c.Name != workName
}

// property returns the first value of a property of ours.
func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == "manifestgen:go:"+name {
			return p.Value
		}
	}
	return ""
}

// requirements adds edges for what c requires in versions that are not here:
// its main modules have selected others.
func (r *resolver) requirements(c *sbom.Component) {
	if c.Dependencies == "" && property(c, "selection") != "superseded" {
		r.unknown++
	}
	for _, key := range c.DependsOn {
		m, ok := keyModule(key)
		if !ok || r.byKey[key] != nil {
			continue
		}
		for _, built := range r.byPath[m.Path] {
			if common(r.usedBy[c.Key], r.usedBy[built.Key]) {
				r.edges = append(r.edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: built.Key})
			}
		}
	}
}

// common reports whether two sorted lists have an element in common.
func common(a, b []string) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// keyModule returns the module version that key names.
func keyModule(key string) (module.Version, bool) {
	p, v, ok := strings.Cut(strings.TrimPrefix(key, "golang:"), "@")
	return module.Version{Path: p, Version: v}, ok && v != "" && !strings.HasPrefix(p, "./")
}

// workspace adds edges for what a build with the go.work file w selects among
// the modules that its main modules require.
func (r *resolver) workspace(w *sbom.Component) {
	var mains []*sbom.Component
	selected := map[string]string{} // path -> key
	for _, key := range w.DependsOn {
		if c := r.byKey[key]; c != nil {
			mains = append(mains, c)
		}
	}
	for _, c := range mains {
		for _, key := range c.DependsOn {
			m, ok := keyModule(key)
			have, _ := keyModule(selected[m.Path])
			if ok && semver.Compare(have.Version, m.Version) < 0 {
				selected[m.Path] = key
			}
		}
	}
	for _, c := range mains {
		selected[c.Name] = c.Key
	}
	seen := map[string]bool{}
	for _, c := range mains {
		r.raise(w, c, selected, seen)
	}
}

// raise adds edges from the main module c to what a workspace selects instead of
// what c requires, and a finding about each version that is not built then.
func (r *resolver) raise(w, c *sbom.Component, selected map[string]string, seen map[string]bool) {
	for _, key := range c.DependsOn {
		m, ok := keyModule(key)
		if !ok || selected[m.Path] == key {
			continue
		}
		to := selected[m.Path]
		r.edges = append(r.edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: to})
		if seen[key] {
			continue
		}
		seen[key] = true
		instead := "the folder of the module"
		if higher, ok := keyModule(to); ok {
			instead = higher.Version
		}
		r.findings = append(r.findings, sbom.Finding{Kind: sbom.Note, Code: "gomod.workspace", Subject: key,
			Detail: fmt.Sprintf("%s makes a build of its modules use %s instead", w.Is, instead)})
	}
}
