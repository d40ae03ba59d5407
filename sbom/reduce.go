package sbom

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// WithoutFiles returns a smaller manifest, of packages and programs. It leaves
// out each component of type file that has no package URL, with the edges from
// and to it, and the locations of a component after the first. What was inside
// such a file is in what the file was in.
//
// A [Note] says how much was left out, and what lacks something now is marked
// [Incomplete]: the principal always. The result is another document, with an
// ID of its own, unless there was nothing to leave out: then it is m.
func WithoutFiles(m *Manifest) (*Manifest, error) {
	r := &reduction{m: m, dropped: map[string]bool{}, container: map[string]string{}}
	for _, c := range m.Components {
		if c.Type == TypeFile && c.PURL == "" {
			r.dropped[c.Ref] = true
		}
	}
	for _, e := range m.Edges {
		if e.Kind == Contains && r.dropped[e.To] && r.container[e.To] == "" {
			r.container[e.To] = e.From
		}
	}
	small := *m
	small.Edges = r.edges()
	small.Components = r.components()
	if len(r.dropped)+r.locations == 0 {
		return m, nil
	}
	small.Principal = r.principal()
	small.Findings = r.findings()
	var err error
	small.Version = 1
	if small.ID, err = small.contentID(); err != nil {
		return nil, err
	}
	return &small, small.Validate()
}

// A reduction counts what it leaves out.
type reduction struct {
	m         *Manifest
	dropped   map[string]bool   // ref of what is left out
	container map[string]string // its container, if it is in one

	lacks     map[string]bool // ref of what contains less than before
	needs     map[string]bool // ref of what depends on less than before
	links     int             // edges that are left out
	locations int
}

// keeper returns the ref of what stays and has ref inside.
func (r *reduction) keeper(ref string) string {
	var way []string
	for r.dropped[ref] {
		way = append(way, ref)
		outer := r.container[ref]
		r.container[ref] = "" // if the way leads here again, it leads nowhere
		ref = outer
	}
	ref = cmp.Or(ref, r.m.Principal.Ref)
	for _, inner := range way {
		r.container[inner] = ref
	}
	return ref
}

// edges returns the edges between what stays.
func (r *reduction) edges() []Edge {
	r.lacks, r.needs = map[string]bool{}, map[string]bool{}
	for ref := range r.dropped {
		r.lacks[r.keeper(ref)] = true
	}
	var edges []Edge
	for _, e := range r.m.Edges {
		switch from, to := r.dropped[e.From], r.dropped[e.To]; {
		case !from && !to:
			edges = append(edges, e)
		case e.Kind == Contains && from && !to:
			edges = append(edges, Edge{Contains, r.keeper(e.From), e.To})
		case e.Kind == DependsOn:
			r.links++
			r.needs[e.From] = true
		}
	}
	slices.SortFunc(edges, compareEdges)
	return slices.Compact(edges)
}

func (r *reduction) components() []*Component {
	var kept []*Component
	for _, c := range r.m.Components {
		if !r.dropped[c.Ref] {
			kept = append(kept, r.component(c))
		}
	}
	return kept
}

// component returns c, or a smaller copy.
func (r *reduction) component(c *Component) *Component {
	if len(c.Locations) < 2 && !r.lacks[c.Ref] && !r.needs[c.Ref] {
		return c
	}
	small := *c
	if n := len(c.Locations); n > 1 {
		small.Locations = c.Locations[:1:1]
		r.locations += n - 1
	}
	if r.lacks[c.Ref] {
		small.Contents = Incomplete
	}
	if r.needs[c.Ref] {
		small.Dependencies = Incomplete
	}
	return &small
}

func (r *reduction) principal() *Principal {
	p := *r.m.Principal
	p.Component = *r.component(&p.Component)
	if len(r.dropped) > 0 {
		p.Contents = Incomplete
	}
	return &p
}

// findings returns the findings, those about what is left out now about what it
// was in, and the one that says what is left out.
func (r *reduction) findings() []Finding {
	all := slices.Clone(r.m.Findings)
	for i, f := range all {
		if r.dropped[f.Subject] {
			all[i].Subject = r.keeper(f.Subject)
		}
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{len(r.dropped), "files"}, {r.links, "dependencies from or to them"}, {r.locations, "further locations"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	all = append(all, Finding{Kind: Note, Code: "detail.packages", Subject: r.m.Principal.Ref, Detail: "left out, to be short: " + strings.Join(parts, ", ")})
	slices.SortFunc(all, compareFindings)
	return all
}
