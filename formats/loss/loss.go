// Package loss compares what went into a document with what comes out of it.
package loss

import (
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A Report says what one manifest lacks of another.
type Report struct {
	Counts []Count `json:"counts"`
	Losses []Loss  `json:"losses,omitempty"`
}

// A Count is how many things of one kind went in and came out.
type Count struct {
	What string `json:"what"`
	In   int    `json:"in"`
	Out  int    `json:"out"`
}

// A Loss is one fact that did not come out as it went in.
type Loss struct {
	Ref   string `json:"ref,omitempty"` // of the component; empty for the document
	Field string `json:"field"`         // such as "license:declared"; "component" if all of it is gone
	In    string `json:"in,omitempty"`  // what went in; lists are JSON
	Out   string `json:"out,omitempty"` // what came out instead
}

// Compare returns what out lacks of in, or says otherwise, and what it says
// beyond. It looks at every field of the model; the order of components, edges
// and findings means nothing.
func Compare(in, out *sbom.Manifest) Report {
	in, out = facts.Order(in), facts.Order(out)
	c := &comparison{}
	c.document(in, out)
	c.components(in, out)
	compareSets(c, "edge", stated(in, out), stated(out, in), func(e sbom.Edge) string { return e.From })
	compareSets(c, "finding", in.Findings, out.Findings, func(f sbom.Finding) string { return f.Subject })
	return Report{counts(in, out), c.losses}
}

// stated returns the edges of m without those that need not be stated in other:
// that the principal contains what nothing else there does.
func stated(m, other *sbom.Manifest) []sbom.Edge {
	implied := facts.Implied(other)
	return slices.DeleteFunc(slices.Clone(m.Edges), func(e sbom.Edge) bool {
		return e.Kind == sbom.Contains && e.From == other.Principal.Ref && implied[e.To]
	})
}

type comparison struct{ losses []Loss }

// fields adds the fields of which went in and came back are not the same. Lost
// holds what went in of them, found what came out.
func (c *comparison) fields(ref string, lost, found []sbom.Property) {
	for i, p := range lost {
		field := strings.TrimPrefix(p.Name, "manifestgen:")
		c.losses = append(c.losses, Loss{ref, strings.TrimPrefix(field, "document:"), p.Value, found[i].Value})
	}
}

func (c *comparison) document(in, out *sbom.Manifest) {
	c.fields("", facts.Document.Missing(in, out), facts.Document.Missing(out, in))
	a, b := in.Principal, out.Principal
	c.fields(a.Ref, facts.MissingFromPrincipal(a, b), facts.MissingFromPrincipal(b, a))
	compareSets(c, "evidence", a.Evidence, b.Evidence, func(sbom.Evidence) string { return a.Ref })
}

func (c *comparison) components(in, out *sbom.Manifest) {
	there := make(map[string]*sbom.Component, len(out.Components))
	for _, x := range out.Components {
		there[x.Ref] = x
	}
	for _, a := range in.Components {
		b := there[a.Ref]
		if b == nil {
			c.losses = append(c.losses, Loss{Ref: a.Ref, Field: "component", In: a.Name})
			continue
		}
		delete(there, a.Ref)
		c.fields(a.Ref, facts.Component.Missing(a, b), facts.Component.Missing(b, a))
	}
	for _, x := range out.Components {
		if there[x.Ref] != nil {
			c.losses = append(c.losses, Loss{Ref: x.Ref, Field: "component", Out: x.Name})
		}
	}
}

// compareSets adds the elements of two lists that are in one alone.
func compareSets[T comparable](c *comparison, field string, in, out []T, ref func(T) string) {
	left := make(map[T]int, len(out))
	for _, x := range out {
		left[x]++
	}
	for _, x := range in {
		if left[x] == 0 {
			c.losses = append(c.losses, Loss{Ref: ref(x), Field: field, In: string(facts.Canonical(x))})
			continue
		}
		left[x]--
	}
	for _, x := range out {
		if left[x] > 0 {
			left[x]--
			c.losses = append(c.losses, Loss{Ref: ref(x), Field: field, Out: string(facts.Canonical(x))})
		}
	}
}

// kinds are what is counted.
var kinds = []struct {
	what  string
	count func(m *sbom.Manifest) int
}{
	{"components", func(m *sbom.Manifest) int { return len(m.Components) }},
	{"dependencies", func(m *sbom.Manifest) int { return edges(m, sbom.DependsOn) }},
	{"ownership", func(m *sbom.Manifest) int { return edges(m, sbom.Contains) }},
	{"licences", sum(func(c *sbom.Component) int { return one(c.Declared) + one(c.Concluded) + len(c.LicenseTexts) })},
	{"hashes", sum(func(c *sbom.Component) int { return len(c.Digests) })},
	{"identifiers", sum(func(c *sbom.Component) int { return one(c.PURL) + one(c.CPE) })},
	{"links", sum(func(c *sbom.Component) int { return len(c.Links) })},
	{"properties", sum(func(c *sbom.Component) int { return len(c.Properties) })},
	{"locations", sum(func(c *sbom.Component) int { return len(c.Locations) })},
	{"findings", func(m *sbom.Manifest) int { return len(m.Findings) }},
	{"beyond the model", func(m *sbom.Manifest) int {
		return len(m.Foreign) + sum(func(c *sbom.Component) int { return len(c.Foreign) })(m)
	}},
}

func edges(m *sbom.Manifest, kind sbom.EdgeKind) int {
	n := 0
	for _, e := range m.Edges {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// sum returns a function that adds up what count returns for the principal and
// each component.
func sum(count func(*sbom.Component) int) func(*sbom.Manifest) int {
	return func(m *sbom.Manifest) int {
		n := count(&m.Principal.Component)
		for _, c := range m.Components {
			n += count(c)
		}
		return n
	}
}

func one(s string) int { return min(len(s), 1) }

func counts(in, out *sbom.Manifest) []Count {
	all := make([]Count, len(kinds))
	for i, k := range kinds {
		all[i] = Count{k.what, k.count(in), k.count(out)}
	}
	return all
}
