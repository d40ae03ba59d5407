package spdx3

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// link writes the relationships of all components, in the order of the
// components. What relationships of decoded documents say already is left to
// them.
func (e *encoder) link() {
	implied := facts.Implied(e.m)
	root := e.m.Principal.Ref
	var inside, wanted []string
	for _, c := range e.m.Components {
		if implied[c.Ref] {
			inside = append(inside, e.ids[c.Ref])
		}
		if c.Wanted {
			wanted = append(wanted, e.ids[c.Ref])
		}
	}
	e.linkFrom(&e.m.Principal.Component, edgesFrom(e.m.Edges, root), inside)
	rest := e.m.Edges
	for _, c := range e.m.Components { // in the order of the edges
		n := 0
		for n < len(rest) && rest[n].From < c.Ref {
			n++
		}
		rest = rest[n:]
		for n = 0; n < len(rest) && rest[n].From == c.Ref; {
			n++
		}
		e.linkFrom(c, rest[:n], nil)
		rest = rest[n:]
	}
	e.relation(e.root, optional, "", wanted...)
}

// edgesFrom returns the edges from ref.
func edgesFrom(edges []sbom.Edge, ref string) []sbom.Edge {
	first := sort.Search(len(edges), func(i int) bool { return edges[i].From >= ref })
	end := sort.Search(len(edges), func(i int) bool { return edges[i].From > ref })
	return edges[first:end]
}

// linkFrom writes the relationships of one component, whose edges are given;
// inside are the ids of what it contains beside those.
func (e *encoder) linkFrom(c *sbom.Component, edges []sbom.Edge, inside []string) {
	var needs []string
	for _, edge := range edges {
		if edge.Kind == sbom.DependsOn {
			needs = append(needs, e.ids[edge.To])
		} else {
			inside = append(inside, e.ids[edge.To])
		}
	}
	id := e.ids[c.Ref]
	e.linkAll(id, contains, inside, c.Contents)
	e.linkAll(id, dependsOn, needs, c.Dependencies)
	e.linkLicence(c, id, declared, c.Declared)
	e.linkLicence(c, id, concluded, c.Concluded)
}

// linkAll writes one relationship for all edges of one kind of one component,
// with what can be said of them as a whole.
func (e *encoder) linkAll(from, kind string, to []string, known sbom.Completeness) {
	none := len(to) == 0
	if len(e.foreign.edges) > 0 {
		to = slices.DeleteFunc(to, func(id string) bool { return e.foreign.says(from, kind, id) })
	}
	word, ok := fromWord(completenesses, string(known))
	switch {
	case !none || !ok:
	case known == sbom.Complete:
		to = []string{noneElement}
	default:
		to = []string{noAssertion}
	}
	e.relation(from, kind, word, to...)
}

// completenesses are https://spdx.github.io/spdx-spec/v3.0.1/model/Core/Vocabularies/RelationshipCompleteness/
var completenesses = []word{
	{string(sbom.Complete), "complete"}, {string(sbom.Incomplete), "incomplete"}, {string(sbom.Undetermined), "noAssertion"},
}

// relation writes a relationship, unless it leads nowhere.
func (e *encoder) relation(from, kind, completeness string, to ...string) {
	if len(to) == 0 {
		return
	}
	e.relations = append(e.relations, relationship{
		Type: classRelationship, ID: e.free("rel-" + kind + "-" + e.hashOf(from)), Creation: e.creation,
		From: from, Kind: kind, To: to, Completeness: completeness,
	})
}

// hashOf returns what is unique in the id of an element.
func (e *encoder) hashOf(id string) string {
	const n = 16
	if strings.HasPrefix(id, e.base) && len(id) > len(e.base)+n && id[len(id)-n-1] == '-' {
		return id[len(id)-n:]
	}
	return shortHash(id)
}

// scoped writes a relationship of the build.
func (e *encoder) scoped(from, kind string, to ...string) {
	e.relation(from, kind, "", to...)
	r := &e.relations[len(e.relations)-1]
	r.Type, r.Scope = classScoped, buildScope
}

func (e *encoder) linkLicence(c *sbom.Component, id, kind, expression string) {
	if expression == "" || e.foreign.licensed(id, kind) {
		return
	}
	e.relation(id, kind, "", e.licence(expression, c.LicenseTexts))
}

// buildType says what the elements that describe our builds mean.
const buildType = namespaces + "build"

// build writes how the principal was built, and the file that it is published
// as.
func (e *encoder) build() {
	p := e.m.Principal
	if p.FileName != "" {
		file := e.part(&element{Type: classFile, Name: p.FileName}, "file")
		e.relation(e.root, distributed, "", file)
	}
	if len(p.Inputs) == 0 && len(p.Settings) == 0 && p.Toolchain == "" {
		return
	}
	b := fromBuild(p)
	id := e.part(b, "build")
	e.scoped(id, hasOutput, e.root)
	var inputs []string
	for i, in := range p.Inputs {
		x := &element{Type: classPackage, Name: in.Name, Purpose: "source", Hashes: fromDigests(facts.ValidDigests(in.Digests))}
		if facts.IsReference(in.URL) {
			x.Download = in.URL
		}
		inputs = append(inputs, e.part(x, fmt.Sprintf("input-%d", i+1)))
	}
	if inputs != nil {
		e.scoped(id, hasInput, inputs...)
	}
	if p.Toolchain != "" {
		e.scoped(id, usesTool, e.tool(p.Toolchain))
	}
}

// fromBuild makes the element of the build. What is needed for it stands in
// elements of its own.
func fromBuild(p *sbom.Principal) *element {
	b := &element{Type: classBuild, BuildType: buildType, BuildEnd: fromTime(p.Built)}
	if facts.IsReference(p.Repository) {
		b.ConfigSource = []string{p.Repository}
		if commitKind(p.Commit) != "" {
			b.ConfigSource[0] += "@" + p.Commit
		}
	}
	for _, s := range p.Settings {
		b.Parameters = append(b.Parameters, entry{Key: s.Name, Value: s.Value, Type: classEntry})
	}
	return b
}

// part writes an element that belongs to the principal, and returns its id.
func (e *encoder) part(x *element, name string) string {
	x.ID, x.Creation = e.free(name+"-"+shortHash(name+" "+e.m.Principal.Ref)), e.creation
	e.elements = append(e.elements, x)
	e.byID[x.ID] = x
	return x.ID
}

// A state is what relationships say of one component, except for edges.
type state struct {
	contents, dependencies sbom.Completeness
	declared, concluded    []string // ids of licences
	wanted                 bool
}

// state returns what relationships say of an element, to be changed.
func (r *reader) state(id string) *state {
	s := r.states[id]
	if s == nil {
		s = &state{}
		r.states[id] = s
	}
	return s
}

// relate reads all relationships, except for edges.
func (r *reader) relate(relations []relationship) {
	for i := range relations {
		r.relateOne(&relations[i])
	}
	if r.built == nil {
		return
	}
	for i := range relations {
		r.relateBuild(&relations[i])
	}
}

func (r *reader) relateOne(x *relationship) {
	switch x.Kind {
	case contains, dependsOn:
		if x.Completeness != "" {
			r.state(x.From).say(x)
		}
	case declared:
		s := r.state(x.From)
		s.declared = append(s.declared, x.To...)
	case concluded:
		s := r.state(x.From)
		s.concluded = append(s.concluded, x.To...)
	case optional:
		for _, to := range x.To {
			r.state(to).wanted = r.state(to).wanted || x.From == r.root
		}
	case distributed:
		if file := r.byID[x.To[0]]; x.From == r.root && len(x.To) == 1 && file != nil && r.isArtifact(file) {
			r.artifact = file
		}
	case hasOutput:
		if b := r.byID[x.From]; b != nil && b.Type == classBuild && b.BuildType == buildType && slices.Contains(x.To, r.root) {
			r.built = b
		}
	}
}

// isArtifact reports whether a file has nothing but a name, so that it can be
// the file that the principal is published as, and no component.
func (r *reader) isArtifact(x *element) bool {
	return r.only(x, &element{Type: classFile, Name: x.Name})
}

func (r *reader) relateBuild(x *relationship) {
	if x.From != r.built.ID {
		return
	}
	for _, to := range x.To {
		y := r.byID[to]
		switch {
		case y == nil:
		case x.Kind == usesTool && y.Type == classTool:
			r.toolchain = y
		case x.Kind == hasInput && r.isInput(y):
			r.inputs = append(r.inputs, y)
		}
	}
}

// isInput reports whether an element has nothing but what inputs have.
func (r *reader) isInput(x *element) bool {
	_, whole := toDigests(x.Hashes)
	return whole && r.only(x, &element{Type: classPackage, Name: x.Name, Purpose: "source", Download: x.Download, Hashes: x.Hashes})
}

// say reads what a relationship says of the whole of its kind. Of several, the
// one that promises least is believed.
func (s *state) say(x *relationship) {
	model, ok := toWord(completenesses, x.Completeness)
	if !ok {
		return
	}
	to := &s.contents
	if x.Kind == dependsOn {
		to = &s.dependencies
	}
	if *to == "" || *to == sbom.Complete || model == string(sbom.Incomplete) {
		*to = sbom.Completeness(model)
	}
}

// isNothing reports whether an id stands for no element.
func isNothing(id string) bool {
	return shortTerm(id) == noneElement || shortTerm(id) == noAssertion
}
