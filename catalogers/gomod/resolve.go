package gomod

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// Resolve finds the version that is built for each requirement of a module in a
// tree's module cache, and what a go.work file changes.
func (c Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	r := newResolver(mine)
	for _, m := range mine {
		if m.Name == workName && m.Type == sbom.TypeFile {
			r.workspace(m, c.source())
			continue
		}
		r.requirements(m)
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
	name, ours := strings.CutPrefix(key, keyPrefix)
	p, v, ok := strings.Cut(name, "@")
	return module.Version{Path: p, Version: v}, ours && ok && p != "" && v != "" && !strings.HasPrefix(p, "./") && !strings.Contains(p+v, " ")
}

// workspace adds edges for what a build with the go.work file w selects among
// the modules that its main modules require, as far as go.mod files are at hand.
func (r *resolver) workspace(w *sbom.Component, load source) {
	var mains []*sbom.Component
	space := workspace{byFile: true}
	for _, key := range w.DependsOn {
		if c := r.byKey[key]; c != nil && c.Name != "" {
			mains = append(mains, c)
			space.mains = append(space.mains, mainModule{file: r.file(c)})
		}
	}
	g := loadGraph(space, load)
	inWork := map[string]string{} // module path -> key, of main modules
	for _, c := range mains {
		inWork[c.Name] = c.Key
	}
	seen := map[string]bool{}
	for _, c := range mains {
		r.raise(w, c, g, inWork, seen)
	}
}

// file makes a go.mod file of the main module c again. It requires what c was
// found to select, which makes no difference to what a workspace selects.
func (r *resolver) file(c *sbom.Component) *modfile.File {
	f := &modfile.File{Module: &modfile.Module{Mod: module.Version{Path: c.Name}}}
	if v := property(c, "version"); v != "" {
		f.Go = &modfile.Go{Version: v}
	}
	for _, key := range c.DependsOn {
		m, ok := r.requiredAs(key)
		if !ok {
			continue
		}
		f.Require = append(f.Require, &modfile.Require{Mod: m})
		if built, ok := keyModule(key); ok && built != m {
			f.Replace = append(f.Replace, &modfile.Replace{Old: m, New: built})
		}
	}
	return f
}

// requiredAs returns the module version that is required where the component of
// key is built.
func (r *resolver) requiredAs(key string) (module.Version, bool) {
	if c := r.byKey[key]; c != nil {
		if p, v, ok := strings.Cut(property(c, "replaces"), "@"); ok {
			return module.Version{Path: p, Version: v}, true
		}
	}
	return keyModule(key)
}

// raise adds edges from the main module c to what a workspace selects instead of
// what c requires, and a finding about each version that is not built then.
func (r *resolver) raise(w, c *sbom.Component, g *graph, inWork map[string]string, seen map[string]bool) {
	for _, required := range c.DependsOn {
		m, ok := r.requiredAs(required)
		v := g.selected[m.Path]
		if !ok || v == m.Version {
			continue
		}
		to, instead := key(module.Version{Path: m.Path, Version: v}), v
		if v == "" {
			to, instead = inWork[m.Path], "the folder of the module"
		}
		r.edges = append(r.edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: to})
		if !seen[required] {
			seen[required] = true
			r.findings = append(r.findings, sbom.Finding{Kind: sbom.Note, Code: "gomod.workspace", Subject: required,
				Detail: fmt.Sprintf("%s makes a build of its modules use %s instead", w.Is, instead)})
		}
	}
}
