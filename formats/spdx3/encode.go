package spdx3

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// An encoder makes the graph of one manifest, which is valid and ordered.
type encoder struct {
	*graph
	*reader // of what has been written so far
	m       *sbom.Manifest
	ids     map[string]string   // ref -> id
	notes   map[string][]string // ref -> findings, as text
	agents  map[string]string   // what a party or licence says -> id of its element
	plain   map[string]string   // licence expression without texts -> id of its element
	taken   map[string]bool     // ids
	clash   bool                // some of them are none of ours
	foreign *pool
	scratch struct { // of one component at a time
		element    element
		properties []property
	}
}

func fromManifest(m *sbom.Manifest) (*lazyGraph, error) {
	n := len(m.Components)
	e := &encoder{
		graph: &graph{relations: make([]relationship, 0, 2*n+8)}, reader: newReader(n), m: m,
		ids: make(map[string]string, n+1), notes: map[string][]string{}, agents: map[string]string{}, plain: map[string]string{},
	}
	e.checked = true
	if err := e.name(); err != nil {
		return nil, err
	}
	e.addForeign()
	creation, doc, box := e.head()
	e.build()
	e.link()
	e.adopt()
	e.relate(e.relations)
	e.annotateAll()
	if err := e.writePrincipal(); err != nil {
		return nil, err
	}
	e.overlay(creation, doc, box)
	e.describeDocument(creation, doc, box)
	e.elements = append(e.elements, creation, doc, box)
	return &lazyGraph{*e.graph, box.Elements[1:], func(i int) *element { return e.component(m.Components[i]) }}, nil
}

// annotateAll writes the findings, and the parties that components refer to, so
// that nothing is left to be written but the components.
func (e *encoder) annotateAll() {
	for _, f := range e.m.Findings {
		subject := f.Subject
		if subject == "" {
			subject = e.m.Principal.Ref
		}
		e.notes[subject] = append(e.notes[subject], facts.FindingText(f))
	}
	for _, c := range e.all() {
		e.agent(c.Maker)
		e.agent(c.Supplier)
		if texts := e.notes[c.Ref]; texts != nil {
			e.annotate(e.ids[c.Ref], texts...)
		}
	}
}

// all returns the principal and the components.
func (e *encoder) all() []*sbom.Component {
	return append([]*sbom.Component{&e.m.Principal.Component}, e.m.Components...)
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// name gives each component its id: the one that it had in the document that it
// was read from, else one of ours.
func (e *encoder) name() error {
	e.base = fmt.Sprintf("%s%s/%d", namespaces, e.m.ID, e.m.Version)
	if id, ok := foreignID(e.m.Foreign, classDocument); ok {
		e.base = baseOf(id)
	} else if !uuid.MatchString(e.m.ID) {
		b, err := json.Marshal(e.m)
		if err != nil {
			return err
		}
		e.base = fmt.Sprintf("%s%x", namespaces, sha256.Sum256(b))
	}
	e.namespace = e.base
	var own []*sbom.Component
	for _, c := range e.all() {
		if _, ok := ownID(c.Foreign); ok {
			own = append(own, c)
			continue
		}
		e.ids[c.Ref] = e.base + "#" + fragment(c.Name, c.Ref)
	}
	e.takeOwn(own)
	e.root = e.ids[e.m.Principal.Ref]
	return nil
}

// takeOwn gives components the ids that they had, unless another has it.
func (e *encoder) takeOwn(own []*sbom.Component) {
	if e.clash = len(own) > 0 || len(e.m.Foreign) > 0; !e.clash {
		return
	}
	e.taken = make(map[string]bool, len(e.ids))
	for _, id := range e.ids {
		e.taken[id] = true
	}
	for _, c := range own {
		id, _ := ownID(c.Foreign)
		for e.taken[id] {
			id = e.base + "#" + fragment(c.Name, c.Ref+id)
		}
		e.ids[c.Ref], e.taken[id] = id, true
	}
}

// baseOf returns what the ids of a document begin with, given that of its
// SpdxDocument.
func baseOf(id string) string {
	if i := strings.LastIndexByte(id, '#'); i > 0 {
		return id[:i]
	}
	return id
}

// fragment ends the id of an element: the name is for people, the hash makes it
// unique.
func fragment(name, ref string) string {
	return facts.IDString(name[:min(len(name), 64)]) + "-" + shortHash(ref)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// fromTime writes a time to the second, as the format wants it.
func fromTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// component returns the element of c: its fields, and what they do not hold as
// properties. It is valid until the next call.
func (e *encoder) component(c *sbom.Component) *element {
	out := e.withForeign(c, e.fill(&e.scratch.element, c, classOf(c)))
	back := e.readComponent(out)
	back.Properties = facts.Plain(c.Properties, facts.ReservedInComponent)
	back.Foreign = withID(back.Foreign, e.foreignIDOf(c, out))
	e.scratch.properties = addProperties(out, e.scratch.properties[:0], back.Properties, facts.Component.Missing(c, &back))
	return out
}

// foreignIDOf returns the id of the element of c, if a decoder sees that it is
// none of ours.
func (e *encoder) foreignIDOf(c *sbom.Component, out *element) string {
	if out.ID == e.base+"#"+fragment(c.Name, c.Ref) {
		return ""
	}
	return out.ID
}

// free returns the id of an element that is no component. It is the id of no
// element that had its id already.
func (e *encoder) free(name string) string {
	id := e.base + "#" + name
	if !e.clash {
		return id
	}
	for e.taken[id] {
		id += "-"
	}
	return id
}

// classOf returns the class of the element of a component: a file that has
// nothing that only packages have is a file.
func classOf(c *sbom.Component) string {
	if c.Type == sbom.TypeFile && c.Version == "" && c.PURL == "" {
		return classFile
	}
	return classPackage
}

// writePrincipal writes the principal, the last thing to be written: its record
// is sealed over what a decoder finds in the rest of the document.
func (e *encoder) writePrincipal() error {
	p := e.m.Principal
	out := e.fields(&p.Component, classPackage)
	e.principalFields(out)
	out = e.withForeign(&p.Component, out)

	properties := facts.Plain(p.Properties, facts.ReservedInPrincipal)
	native := e.readPrincipal(out)
	native.Properties = properties
	native.Foreign = withID(native.Foreign, e.foreignIDOf(&p.Component, out))
	addProperties(out, nil, properties, facts.MissingFromPrincipal(p, native))

	record, err := facts.SealRecord(p, e.wholePrincipal(out))
	if err != nil {
		return err
	}
	e.elements = append(e.elements, out)
	e.annotate(out.ID, record)
	return nil
}

// principalFields fills in the fields that only the principal has.
func (e *encoder) principalFields(out *element) {
	p := e.m.Principal
	out.Released, out.ValidUntil = fromTime(p.Published), fromTime(p.SupportEnd)
	if p.Disclaimer != "" {
		out.Attribution = []string{p.Disclaimer}
	}
	if slices.Contains(supportLevels, p.SupportLevel) {
		out.SupportLevel = []string{p.SupportLevel}
	}
	if facts.IsReference(p.Repository) {
		out.Refs = append(out.Refs, externalRef{Kind: "vcs", Locators: []string{p.Repository}, Comment: facts.RepositoryComment, Type: classRef})
	}
	if kind := commitKind(p.Commit); kind != "" {
		out.Identifiers = append(out.Identifiers, identifier{Kind: "gitoid", Value: gitoid + kind + ":" + p.Commit, Type: classIdentifier})
	}
}

const gitoid = "gitoid:commit:"

// commitKind returns the hash function of an object id, or "" if it is none.
func commitKind(id string) string {
	if strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return map[int]string{40: "sha1", 64: "sha256"}[len(id)]
}

// fields fills in the fields of the element of a component.
func (e *encoder) fields(c *sbom.Component, class string) *element {
	return e.fill(&element{}, c, class)
}

func (e *encoder) fill(out *element, c *sbom.Component, class string) *element {
	*out = element{
		Type: class, ID: e.ids[c.Ref], Creation: e.creation,
		Name: c.Name, Description: c.Description, Purpose: fromType(c.Type, class),
		Hashes: fromDigests(c.Digests), Built: fromTime(c.Built),
		SuppliedBy: e.agent(c.Supplier),
	}
	if maker := e.agent(c.Maker); maker != "" {
		out.OriginatedBy = []string{maker}
	}
	if text := strings.Join(c.Copyright, "\n"); !isWord(text) {
		out.Copyright = text
	}
	if class != classFile {
		out.Version, out.PURL = c.Version, c.PURL
	}
	if kind := cpeType(c.CPE); kind != "" && facts.IsLocator(c.CPE) {
		out.Identifiers = []identifier{{Kind: kind, Value: c.CPE, Type: classIdentifier}}
	}
	e.links(c, out)
	return out
}

// links writes all links as references, and the first of a kind that has a field
// of its own there too.
func (e *encoder) links(c *sbom.Component, out *element) {
	for _, l := range c.Links {
		if !facts.IsReference(l.URL) || l.Comment == facts.RepositoryComment {
			continue
		}
		out.Refs = append(out.Refs, externalRef{Kind: fromLinkType(l.Type), Locators: []string{l.URL}, Comment: l.Comment, Type: classRef})
		switch {
		case out.Type == classFile:
		case l.Type == "distribution" && out.Download == "":
			out.Download = l.URL
		case l.Type == "website" && out.HomePage == "":
			out.HomePage = l.URL
		}
	}
}

func cpeType(cpe string) string {
	switch {
	case strings.HasPrefix(cpe, "cpe:2.3:"):
		return "cpe23"
	case strings.HasPrefix(cpe, "cpe:/"):
		return "cpe22"
	default:
		return ""
	}
}

// addProperties writes properties as the extension that CycloneDX has in SPDX:
// https://spdx.github.io/spdx-spec/v3.0.1/model/Extension/Classes/CdxPropertiesExtension/
// It appends them to list, and returns that.
func addProperties(out *element, list []property, groups ...[]sbom.Property) []property {
	for _, properties := range groups {
		for _, p := range properties {
			list = append(list, property{Name: p.Name, Value: p.Value, Type: classProperty})
		}
	}
	if len(list) > 0 {
		out.Extensions = append(out.Extensions, extension{Properties: list, Type: classProperties})
	}
	return list
}

// annotate writes texts about an element.
func (e *encoder) annotate(subject string, texts ...string) {
	for i, text := range texts {
		e.elements = append(e.elements, &element{
			Type: classAnnotation, ID: e.free("note-" + shortHash(fmt.Sprint(subject, "\x00", i, text))), Creation: e.creation,
			AnnotationType: "other", Subject: subject, Statement: text,
		})
	}
}
