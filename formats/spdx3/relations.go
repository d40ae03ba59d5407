package spdx3

import (
	"fmt"
	"slices"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// link writes the relationships of all components, in the order of the
// components. What relationships of decoded documents say already is left to
// them.
func (e *encoder) link() {
	implied := facts.Implied(e.m)
	inside, needs := map[string][]string{}, map[string][]string{}
	for _, edge := range e.m.Edges {
		to := inside
		if edge.Kind == sbom.DependsOn {
			to = needs
		}
		to[edge.From] = append(to[edge.From], edge.To)
	}
	var wanted []string
	root := e.m.Principal.Ref
	for _, c := range e.m.Components {
		if implied[c.Ref] {
			inside[root] = append(inside[root], c.Ref)
		}
		if c.Wanted {
			wanted = append(wanted, e.ids[c.Ref])
		}
	}
	for _, c := range e.all() {
		e.linkAll(c.Ref, contains, inside[c.Ref], c.Contents)
		e.linkAll(c.Ref, dependsOn, needs[c.Ref], c.Dependencies)
		e.linkLicence(c, declared, c.Declared)
		e.linkLicence(c, concluded, c.Concluded)
	}
	e.relation(e.root, optional, "", wanted...)
}

// linkAll writes one relationship for all edges of one kind of one component,
// with what can be said of them as a whole.
func (e *encoder) linkAll(from, kind string, to []string, known sbom.Completeness) {
	id := e.ids[from]
	ids := make([]string, 0, max(1, len(to)))
	for _, ref := range to {
		if !e.foreign.says(id, kind, e.ids[ref]) {
			ids = append(ids, e.ids[ref])
		}
	}
	word, ok := fromWord(completenesses, string(known))
	switch {
	case len(to) > 0 || !ok:
	case known == sbom.Complete:
		ids = append(ids, noneElement)
	default:
		ids = append(ids, noAssertion)
	}
	e.relation(id, kind, word, ids...)
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
		Type: classRelationship, ID: e.free("rel-" + shortHash(kind+" "+from)), Creation: e.creation,
		From: from, Kind: kind, To: to, Completeness: completeness,
	})
}

// scoped writes a relationship of the build.
func (e *encoder) scoped(from, kind string, to ...string) {
	e.relation(from, kind, "", to...)
	r := &e.relations[len(e.relations)-1]
	r.Type, r.Scope = classScoped, buildScope
}

func (e *encoder) linkLicence(c *sbom.Component, kind, expression string) {
	id := e.ids[c.Ref]
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
	part                   bool // it contains, is contained, depends or is depended on
	input                  bool // of the build of the principal
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
		s := r.state(x.From)
		s.part = true
		s.say(x)
		for _, to := range x.To {
			r.state(to).part = true
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
			r.state(to).input = true
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

// onlyForBuild reports whether an element is no component, but something that
// the principal was built with.
func (s *state) onlyForBuild() bool { return s != nil && s.input && !s.part }

// isNothing reports whether an id stands for no element.
func isNothing(id string) bool {
	return shortTerm(id) == noneElement || shortTerm(id) == noAssertion
}
