package facts

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// Prepare checks that m can be written, and returns it in order, as [Order] does.
func Prepare(m *sbom.Manifest) (*sbom.Manifest, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	p := m.Principal
	for _, t := range []time.Time{m.Created, p.Built, p.Published, p.SupportEnd, p.Committed, p.Signature.Signed} {
		if err := checkYear(t); err != nil {
			return nil, err
		}
	}
	for _, c := range m.Components {
		if err := checkYear(c.Built); err != nil {
			return nil, fmt.Errorf("component %s: %w", c.Ref, err)
		}
	}
	for _, e := range m.Edges {
		if e.Kind != sbom.Contains && e.Kind != sbom.DependsOn {
			return nil, fmt.Errorf("the edge from %s to %s is of the unknown kind %q", e.From, e.To, e.Kind)
		}
	}
	return Order(m), nil
}

// Order returns m with components, edges and findings sorted and without
// repetitions, so that equal manifests give equal bytes. Edges that only repeat
// what [sbom.Edge] says of every component, that the principal contains it, are
// left out. It leaves m as it is.
func Order(m *sbom.Manifest) *sbom.Manifest {
	o := *m
	o.Components = sorted(m.Components, func(a, b *sbom.Component) int { return strings.Compare(a.Ref, b.Ref) })
	o.Edges = slices.Compact(sorted(m.Edges, compareEdges))
	o.Findings = slices.Compact(slices.SortedFunc(slices.Values(m.Findings), compareFindings))
	dropImplied(&o)
	return &o
}

// sorted returns a sorted copy of list. Most lists are sorted already.
func sorted[T any](list []T, compare func(a, b T) int) []T {
	list = slices.Clone(list)
	if !slices.IsSortedFunc(list, compare) {
		slices.SortFunc(list, compare)
	}
	return list
}

// compareEdges stops at the first difference: refs are long and alike.
func compareEdges(a, b sbom.Edge) int {
	if n := strings.Compare(a.From, b.From); n != 0 {
		return n
	}
	if n := strings.Compare(string(a.Kind), string(b.Kind)); n != 0 {
		return n
	}
	return strings.Compare(a.To, b.To)
}

func compareFindings(a, b sbom.Finding) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Cataloger, b.Cataloger), cmp.Compare(a.Subject, b.Subject),
		cmp.Compare(a.Detail, b.Detail))
}

// dropImplied leaves out edges of m, which is sorted: the edges that say what the
// principal contains stand together, in the order of the components.
func dropImplied(m *sbom.Manifest) {
	says := func(e sbom.Edge) bool { return e.Kind == sbom.Contains && e.From == m.Principal.Ref }
	if !slices.ContainsFunc(m.Edges, says) {
		return
	}
	elsewhere := map[string]bool{}
	for _, e := range m.Edges {
		if e.Kind == sbom.Contains && e.From != m.Principal.Ref {
			elsewhere[e.To] = true
		}
	}
	rest := m.Components
	m.Edges = slices.DeleteFunc(m.Edges, func(e sbom.Edge) bool {
		if !says(e) {
			return false
		}
		for len(rest) > 0 && rest[0].Ref < e.To {
			rest = rest[1:]
		}
		return len(rest) > 0 && rest[0].Ref == e.To && !rest[0].Wanted && !elsewhere[e.To]
	})
}

// Implied returns the refs of the components that the principal contains
// without an edge that says so.
func Implied(m *sbom.Manifest) map[string]bool {
	implied := make(map[string]bool, len(m.Components))
	for _, c := range m.Components {
		implied[c.Ref] = !c.Wanted
	}
	for _, e := range m.Edges {
		if e.Kind == sbom.Contains && e.From != m.Principal.Ref {
			implied[e.To] = false
		}
	}
	return implied
}

// Finish makes a manifest of what a decoder found: it leaves out edges that lead
// to things the model has no component for, and says so; it sorts; and it
// refuses what no encoder would write.
func Finish(m *sbom.Manifest) (*sbom.Manifest, error) {
	refs := make(map[string]bool, len(m.Components)+1)
	refs[m.Principal.Ref] = true
	for _, c := range m.Components {
		refs[c.Ref] = true
	}
	edges := len(m.Edges)
	m.Edges = slices.DeleteFunc(m.Edges, func(e sbom.Edge) bool { return !refs[e.From] || !refs[e.To] })
	if n := edges - len(m.Edges); n > 0 {
		m.Findings = append(m.Findings, sbom.Finding{Kind: sbom.Note, Code: "edge.dangling",
			Detail: fmt.Sprintf("relations to something that is no component are left out: %d", n)})
	}
	for i, f := range m.Findings {
		if !refs[f.Subject] {
			m.Findings[i].Subject = ""
		}
	}
	m = Order(m)
	return m, m.Validate()
}

// MaxDocument is how many bytes a decoder reads if it is not told otherwise.
const MaxDocument = 1 << 30

// ErrTooLong means that a document is longer than the decoder was told to read.
var ErrTooLong = errors.New("the document is too long")

// Limit returns a reader of at most limit bytes of r; 0 stands for
// [MaxDocument]. Where r has more, it ends with [ErrTooLong].
func Limit(r io.Reader, limit int64) io.Reader {
	return &limited{r, cmp.Or(limit, MaxDocument)}
}

type limited struct {
	r    io.Reader
	left int64 // may be read yet
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left < 0 {
		return 0, ErrTooLong
	}
	if int64(len(b)) > l.left+1 {
		b = b[:l.left+1] // one more, to see whether there is more
	}
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return n - 1, ErrTooLong
	}
	return n, err
}
