package cyclonedx

import (
	"iter"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// dependencies writes an entry for every component that depends on something,
// or of which it is said how complete the list is. No entry means that nothing is
// known.
func (e *encoding) dependencies() *[]cdx.Dependency {
	out := make([]cdx.Dependency, 0, len(e.m.Components)+1)
	for _, c := range all(e.m) {
		needs := e.needs(c.Ref)
		if len(needs) > 0 || c.Dependencies != "" {
			out = append(out, cdx.Dependency{Ref: e.ref(c.Ref), Dependencies: &needs})
		}
	}
	return orNil(out)
}

// needs returns what the component depends on. The edges are sorted.
func (e *encoding) needs(ref string) []string {
	i, _ := slices.BinarySearchFunc(e.m.Edges, ref, func(edge sbom.Edge, ref string) int { return strings.Compare(edge.From, ref) })
	needs := []string{}
	for ; i < len(e.m.Edges) && e.m.Edges[i].From == ref; i++ {
		if e.m.Edges[i].Kind == sbom.DependsOn {
			needs = append(needs, e.ref(e.m.Edges[i].To))
		}
	}
	return needs
}

// all returns the principal and the components.
func all(m *sbom.Manifest) []*sbom.Component {
	return append([]*sbom.Component{&m.Principal.Component}, m.Components...)
}

// aggregates are the words of CycloneDX for ours.
var aggregates = []struct {
	model  sbom.Completeness
	format cdx.CompositionAggregate
}{
	{sbom.Complete, cdx.CompositionAggregateComplete},
	{sbom.Incomplete, cdx.CompositionAggregateIncomplete},
	{sbom.Undetermined, cdx.CompositionAggregateUnknown},
}

// heldByComposition returns c if compositions have a word for it, else nothing.
func heldByComposition(c sbom.Completeness) sbom.Completeness {
	for _, a := range aggregates {
		if a.model == c {
			return c
		}
	}
	return ""
}

// compositions groups the components by what is said of their contents and
// dependencies.
func (e *encoding) compositions() *[]cdx.Composition {
	var out []cdx.Composition
	for _, a := range aggregates {
		var contents, dependencies []cdx.BOMReference
		for _, c := range all(e.m) {
			if c.Contents == a.model {
				contents = append(contents, cdx.BOMReference(e.ref(c.Ref)))
			}
			if c.Dependencies == a.model {
				dependencies = append(dependencies, cdx.BOMReference(e.ref(c.Ref)))
			}
		}
		if contents != nil || dependencies != nil {
			out = append(out, cdx.Composition{Aggregate: a.format, Assemblies: orNil(contents), Dependencies: orNil(dependencies)})
		}
	}
	return orNil(out)
}

// completeness is what the compositions of a document say, by ref.
type completeness struct{ contents, dependencies map[string]sbom.Completeness }

func toCompleteness(bom *cdx.BOM) completeness {
	said := completeness{map[string]sbom.Completeness{}, map[string]sbom.Completeness{}}
	for _, c := range deref(bom.Compositions) {
		word := toAggregate(c.Aggregate)
		for _, ref := range deref(c.Assemblies) {
			said.contents[string(ref)] = word
		}
		for _, ref := range deref(c.Dependencies) {
			said.dependencies[string(ref)] = word
		}
	}
	return said
}

func toAggregate(a cdx.CompositionAggregate) sbom.Completeness {
	for _, known := range aggregates {
		if known.format == a {
			return known.model
		}
	}
	if a == cdx.CompositionAggregateNotSpecified {
		return ""
	}
	return sbom.Incomplete // the others say who is missing
}

// of returns what is said of the component with that bom-ref.
func (s completeness) of(bomRef string) (contents, dependencies sbom.Completeness) {
	return s.contents[bomRef], s.dependencies[bomRef]
}

// maxNesting is how deep components are nested. What lies deeper stands at the
// top, with a property that says what it is contained in.
const maxNesting = 64

// A nesting says where each component stands in the document: in the list of
// its first container, or at the top.
type nesting struct {
	components []*sbom.Component
	parent     []int               // index of the container, or -1
	children   [][]int             // the inverse of parent
	further    map[string][]string // ref -> refs of containers that it does not stand in
}

// nest decides where the components of m stand.
func nest(m *sbom.Manifest) *nesting {
	n := &nesting{m.Components, make([]int, len(m.Components)), make([][]int, len(m.Components)), map[string][]string{}}
	for i := range n.parent {
		n.parent[i] = -1
	}
	for _, e := range m.Edges {
		if e.Kind == sbom.Contains {
			n.put(e)
		}
	}
	for i := range n.components {
		n.cut(i)
	}
	for i, p := range n.parent {
		if p >= 0 {
			n.children[p] = append(n.children[p], i)
		}
	}
	return n
}

func (n *nesting) put(e sbom.Edge) {
	from, known := n.find(e.From)
	to, ok := n.find(e.To)
	if !known || !ok || n.parent[to] >= 0 {
		n.further[e.To] = append(n.further[e.To], e.From)
		return
	}
	n.parent[to] = from
}

// find returns the index of a component. They are sorted.
func (n *nesting) find(ref string) (int, bool) {
	return slices.BinarySearchFunc(n.components, ref, func(c *sbom.Component, ref string) int { return strings.Compare(c.Ref, ref) })
}

// cut moves component i to the top if it lies too deep, or in itself.
func (n *nesting) cut(i int) {
	depth := 0
	for p := n.parent[i]; p >= 0 && depth <= maxNesting; p = n.parent[p] {
		depth++
	}
	if depth > maxNesting {
		ref := n.components[i].Ref
		n.further[ref] = slices.Insert(n.further[ref], 0, n.components[n.parent[i]].Ref)
		n.parent[i] = -1
	}
}

// top yields the components at the top, with what is nested in them.
func (e *encoding) top() iter.Seq[*cdx.Component] {
	return func(yield func(*cdx.Component) bool) {
		var c cdx.Component // one for all: it is large
		for i, p := range e.nesting.parent {
			if p >= 0 {
				continue
			}
			if c = e.nested(i); !yield(&c) {
				return
			}
		}
	}
}

// nested returns component i. It calls itself at most maxNesting deep.
func (e *encoding) nested(i int) cdx.Component {
	out := e.component(e.nesting.components[i])
	var inside []cdx.Component
	for _, child := range e.nesting.children[i] {
		inside = append(inside, e.nested(child))
	}
	out.Components = orNil(inside)
	return out
}
