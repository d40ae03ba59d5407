package spdx

import (
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// relations calls yield with each relationship that the manifest has in this
// format, but for that of the document, in the order of the components. It ends
// when yield returns false.
func (e *encoder) relations(yield func(from, kind, to string) bool) {
	for i, c := range e.all {
		inside, needs := e.edgesOf(i)
		if !e.relateAll(i, contains, inside, c.Contents, yield) || !e.relateAll(i, dependsOn, needs, c.Dependencies, yield) {
			return
		}
		if i > 0 && c.Wanted && !yield(e.ids[i], optionalOf, e.ids[0]) {
			return
		}
	}
	for i := range e.build {
		from, kind, to := e.ids[0], generatedFrom, e.build[i].ID
		if isToolchain(&e.build[i]) {
			from, kind, to = to, buildToolOf, from
		}
		if !yield(from, kind, to) {
			return
		}
	}
}

// relateAll yields the relationships of one kind of one component, and what can
// be said of them as a whole.
func (e *encoder) relateAll(i int, kind string, to span, known sbom.Completeness, yield func(from, kind, to string) bool) bool {
	for k := to.from; k < to.to; k++ {
		if !yield(e.ids[i], kind, e.ids[e.targets[k]]) {
			return false
		}
	}
	if i == 0 && kind == contains {
		for k := 1; k < len(e.all); k++ {
			if e.implied[k] && !yield(e.ids[0], contains, e.ids[k]) {
				return false
			}
		}
	}
	if whole := e.whole(i, kind, to.len(), known); whole != "" {
		return yield(e.ids[i], kind, whole)
	}
	return true
}

// whole returns what stands for no element in a relationship that says whether
// the n others of its kind are all.
func (e *encoder) whole(i int, kind string, n int, known sbom.Completeness) string {
	switch {
	case known == sbom.Undetermined:
		return noAssertion
	case known == sbom.Complete && n == 0 && (i > 0 || kind == dependsOn || !e.anyImplied):
		return none
	default:
		return ""
	}
}

// edgesOf returns where the edges from a component are, which are in order.
func (e *encoder) edgesOf(i int) (inside, needs span) {
	all := e.spans[i]
	n := all.from
	for n < all.to && e.m.Edges[n].Kind == sbom.Contains {
		n++
	}
	return span{all.from, n}, span{n, all.to}
}

type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// index finds the edges of each component, where they lead, and what the
// principal contains without one.
func (e *encoder) index() {
	e.spans = make([]span, len(e.all))
	e.targets = make([]int, len(e.m.Edges))
	e.implied = make([]bool, len(e.all))
	for i, c := range e.all {
		e.implied[i] = i > 0 && !c.Wanted
	}
	for i := 0; i < len(e.m.Edges); {
		from := e.m.Edges[i].From
		at, start := e.at[from], i
		for ; i < len(e.m.Edges) && e.m.Edges[i].From == from; i++ {
			e.targets[i] = e.at[e.m.Edges[i].To]
			if e.m.Edges[i].Kind == sbom.Contains && at > 0 {
				e.implied[e.targets[i]] = false
			}
		}
		e.spans[at] = span{start, i}
	}
	e.anyImplied = slices.Contains(e.implied, true)
}

// A state is what relationships say of one package, except for edges.
type state struct {
	contents, dependencies sbom.Completeness
	wanted                 bool
	part                   bool // it contains, is contained, depends or is depended on
	below                  bool // something contains or needs it
	input, toolchain       bool // of the build of something
}

// state returns what the relationships that we write say of a component.
func (e *encoder) state(i int) state {
	c := e.all[i]
	inside, needs := e.edgesOf(i)
	return state{
		contents:     completeness(e.whole(i, contains, inside.len(), c.Contents)),
		dependencies: completeness(e.whole(i, dependsOn, needs.len(), c.Dependencies)),
		wanted:       i > 0 && c.Wanted,
	}
}

func toStates(relationships []relationship, at map[string]int, n int) []state {
	states := make([]state, n+1) // the last is of what is no package
	find := func(id string) *state {
		if i, ok := at[id]; ok {
			return &states[i]
		}
		return &states[n]
	}
	for _, r := range relationships {
		switch r.Type {
		case contains, dependsOn:
			from := find(r.From)
			from.part = true
			from.say(r.Type, completeness(r.To))
			to := find(r.To)
			to.part = true
			to.below = to.below || from != to
		case containedBy, dependencyOf:
			from, to := find(r.From), find(r.To)
			from.part, to.part = true, true
			from.below = from.below || from != to
		case optionalOf:
			find(r.From).wanted = true
		case generatedFrom:
			find(r.To).input = true
		case buildToolOf:
			find(r.From).toolchain = true
		}
	}
	for i := range states {
		states[i].wanted = states[i].wanted || states[i].onlyForBuild()
	}
	return states[:n]
}

// completeness returns what a relationship to no element says.
func completeness(to string) sbom.Completeness {
	switch to {
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

// onlyForBuild reports whether a package is not in the principal, but something
// that it was built with.
func (s state) onlyForBuild() bool { return !s.part && (s.input || s.toolchain) }

// isBuild reports whether a package says no more than what the model has words
// for in the inputs and the toolchain of the principal. Others are components.
func (d *decoder) isBuild(i int) bool {
	p, s := &d.Packages[i], d.states[i]
	if !s.onlyForBuild() || !strings.HasPrefix(p.ID, inputPrefix) && !isToolchain(p) {
		return false
	}
	var native pkg
	if isToolchain(p) {
		native = d.toolchainPackage(p.ID, p.Name)
	} else {
		native = d.inputPackage(p.ID, toInput(p))
	}
	return d.at[p.ID] == i && derive(p, &native) == nil && len(p.Annotations) == 0
}

func isToolchain(p *pkg) bool { return strings.HasPrefix(p.ID, toolchainPrefix) }

// edges reads the edges between components, whose refs are given by package.
// The rest of the relationships are kept as they are.
func (d *decoder) edges(refs []string) []sbom.Edge {
	ref := func(id string) string {
		if i, ok := d.at[id]; ok {
			return refs[i]
		}
		return ""
	}
	edges := make([]sbom.Edge, 0, len(d.Relationships))
	for _, r := range d.Relationships {
		var edge sbom.Edge
		switch r.Type {
		case contains, containedBy:
			edge.Kind = sbom.Contains
		case dependsOn, dependencyOf:
			edge.Kind = sbom.DependsOn
		default:
			continue
		}
		edge.From, edge.To = ref(r.From), ref(r.To)
		if r.Type == containedBy || r.Type == dependencyOf {
			edge.From, edge.To = edge.To, edge.From
		}
		if edge.From != "" && edge.To != "" {
			edges = append(edges, edge)
		}
	}
	return edges
}

// sameRelations reports whether a list of relationships is what we would write.
func (e *encoder) sameRelations(list []relationship) bool {
	n, same := 0, true
	e.relations(func(from, kind, to string) bool {
		same = n < len(list) && list[n] == relationship{From: from, Type: kind, To: to}
		n++
		return same
	})
	return same && n == len(list)
}

// meansTheSame reports whether relationships say of the components what the
// manifest says.
func (e *encoder) meansTheSame(list []relationship) bool {
	at := make(map[string]int, len(e.ids))
	for i, id := range e.ids {
		at[id] = i
	}
	for i := range e.build {
		at[e.build[i].ID] = len(e.ids) + i
	}
	n := len(e.ids) + len(e.build)
	states := toStates(list, at, n)
	refs := make([]string, n)
	for i, c := range e.all {
		refs[i] = c.Ref
		s := e.state(i)
		if states[i].contents != s.contents || states[i].dependencies != s.dependencies || i > 0 && states[i].wanted != s.wanted {
			return false
		}
	}
	for i := range e.build {
		if s := states[len(e.ids)+i]; !s.onlyForBuild() {
			return false
		}
	}
	d := decoder{document: &document{Relationships: list}, at: at}
	m := *e.m
	m.Edges = d.edges(refs)
	return slices.Equal(facts.Order(&m).Edges, e.m.Edges)
}
