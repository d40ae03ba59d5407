package spdx

import (
	"fmt"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// relate writes the relationships of all components, in the order of the
// components.
func (e *encoder) relate() {
	root := e.ids[e.m.Principal.Ref]
	e.link(documentID, describes, root)
	implied := facts.Implied(e.m)
	inside, needs := map[string][]string{}, map[string][]string{}
	for _, edge := range e.m.Edges {
		to := inside
		if edge.Kind == sbom.DependsOn {
			to = needs
		}
		to[edge.From] = append(to[edge.From], edge.To)
	}
	for _, c := range e.m.Components {
		if implied[c.Ref] {
			inside[e.m.Principal.Ref] = append(inside[e.m.Principal.Ref], c.Ref)
		}
	}
	for _, c := range e.all() {
		e.linkAll(c.Ref, contains, inside[c.Ref], c.Contents)
		e.linkAll(c.Ref, dependsOn, needs[c.Ref], c.Dependencies)
		if c.Wanted && e.ids[c.Ref] != root {
			e.link(e.ids[c.Ref], optionalOf, root)
		}
	}
}

func (e *encoder) link(from, kind, to string) {
	e.Relationships = append(e.Relationships, relationship{from, kind, to})
}

// linkAll writes the relationships of one kind of one component, and what can
// be said of them as a whole.
func (e *encoder) linkAll(from, kind string, to []string, known sbom.Completeness) {
	for _, ref := range to {
		e.link(e.ids[from], kind, e.ids[ref])
	}
	switch {
	case known == sbom.Undetermined:
		e.link(e.ids[from], kind, noAssertion)
	case known == sbom.Complete && len(to) == 0:
		e.link(e.ids[from], kind, none)
	}
}

// addBuild adds a package for each input of the build and for the toolchain.
func (e *encoder) addBuild() {
	p, root := e.m.Principal, e.ids[e.m.Principal.Ref]
	for i, in := range p.Inputs {
		out := pkg{
			ID:   elementID("input", fmt.Sprintf("%s input %d", p.Ref, i)),
			Name: in.Name, Purpose: "SOURCE", DownloadLocation: noAssertion, Checksums: fromDigests(facts.ValidDigests(in.Digests)),
		}
		if facts.IsReference(in.URL) {
			out.DownloadLocation = in.URL
		}
		e.Packages = append(e.Packages, out)
		e.link(root, generatedFrom, out.ID)
	}
	if p.Toolchain != "" {
		out := pkg{ID: elementID("toolchain", p.Ref+" toolchain"), Name: p.Toolchain, Purpose: "APPLICATION", DownloadLocation: noAssertion}
		e.Packages = append(e.Packages, out)
		e.link(out.ID, buildToolOf, root)
	}
}

// A state is what relationships say of one package, except for edges.
type state struct {
	contents, dependencies sbom.Completeness
	wanted                 bool
	part                   bool // it contains, is contained, depends or is depended on
	input, toolchain       bool // of the build of something
}

func toStates(doc *document) map[string]state {
	states := map[string]state{}
	change := func(id string, set func(*state)) {
		s := states[id]
		set(&s)
		states[id] = s
	}
	for _, r := range doc.Relationships {
		switch r.Type {
		case contains, dependsOn:
			whole := wholeOf(r)
			change(r.From, func(s *state) { s.part = true; s.say(r.Type, whole) })
			change(r.To, func(s *state) { s.part = true })
		case containedBy, dependencyOf:
			change(r.From, func(s *state) { s.part = true })
			change(r.To, func(s *state) { s.part = true })
		case optionalOf:
			change(r.From, func(s *state) { s.wanted = true })
		case generatedFrom:
			change(r.To, func(s *state) { s.input = true })
		case buildToolOf:
			change(r.From, func(s *state) { s.toolchain = true })
		}
	}
	return states
}

// wholeOf returns what a relationship with no element says.
func wholeOf(r relationship) sbom.Completeness {
	switch r.To {
	case none:
		return sbom.Complete
	case noAssertion:
		return sbom.Undetermined
	default:
		return ""
	}
}

func (s *state) say(kind string, whole sbom.Completeness) {
	if whole == "" {
		return
	}
	if kind == contains {
		s.contents = whole
	} else {
		s.dependencies = whole
	}
}

// onlyForBuild reports whether a package is no component, but something that the
// principal was built with.
func (s state) onlyForBuild() bool { return !s.part && (s.input || s.toolchain) }

// toEdges reads the edges. Those to an element that is no component lead to the
// ref "".
func toEdges(doc *document, refs map[string]string) []sbom.Edge {
	var edges []sbom.Edge
	for _, r := range doc.Relationships {
		from, to := refs[r.From], refs[r.To]
		switch {
		case wholeOf(r) != "":
		case r.Type == contains:
			edges = append(edges, sbom.Edge{Kind: sbom.Contains, From: from, To: to})
		case r.Type == containedBy:
			edges = append(edges, sbom.Edge{Kind: sbom.Contains, From: to, To: from})
		case r.Type == dependsOn:
			edges = append(edges, sbom.Edge{Kind: sbom.DependsOn, From: from, To: to})
		case r.Type == dependencyOf:
			edges = append(edges, sbom.Edge{Kind: sbom.DependsOn, From: to, To: from})
		}
	}
	return edges
}
