package cyclonedx

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A reader is the state of reading one document. Its components come one by one,
// the rest of it at once.
type reader struct {
	dialect
	careful  bool // check what only imperfect documents have; see Decoder.Decode
	m        *sbom.Manifest
	licences licences
	items    []item
	top      *cdx.Component    // the first component at the top
	tops     int               // how many there are
	names    map[string]string // refs of components, by their bom-refs if they are others
	byRef    map[string]*sbom.Component
	notes    []note

	dangling   []cdx.Dependency // what the model has no edges for
	raws       []sbom.Foreign   // what did not fit into the structs of the library
	hasForeign bool             // some field of the document is kept as it is
}

// addTop reads a component at the top. It does not keep x.
func (r *reader) addTop(x *cdx.Component, raw json.RawMessage) {
	r.tops++
	r.tree(x, raw, nil)
	if r.tops == 1 {
		first := *x
		r.top = &first
	}
}

// An item is a component of a document with where it stands.
type item struct {
	*sbom.Component
	bomRef    string
	container *sbom.Component // nil at the top
	further   []string        // refs of further containers
}

// A note is a finding about a component whose ref is not final.
type note struct {
	about        *sbom.Component // nil: the document
	code, detail string
}

func (r *reader) note(about *sbom.Component, code, format string, args ...any) {
	r.notes = append(r.notes, note{about, code, fmt.Sprintf(format, args...)})
}

// tree reads a component and all that is nested in it, however deep. Raw is its
// JSON, if it has something that did not fit into x.
func (r *reader) tree(x *cdx.Component, raw json.RawMessage, container *sbom.Component) {
	type nested struct {
		x         *cdx.Component
		raw       json.RawMessage
		container *sbom.Component
	}
	for open := []nested{{x, raw, container}}; len(open) > 0; {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		c := r.component(next.x, next.raw)
		r.items = append(r.items, item{c, next.x.BOMRef, next.container, values(next.x.Properties, facts.ContainedIn)})
		inside := deref(next.x.Components)
		raws := elements(next.raw, "components", len(inside))
		for i := len(inside) - 1; i >= 0; i-- {
			open = append(open, nested{&inside[i], raws(i), c})
		}
	}
}

// component reads a component, from fields and properties.
func (r *reader) component(x *cdx.Component, raw json.RawMessage) *sbom.Component {
	r.unpack(x)
	c := r.licences.toComponent(x)
	facts.ApplyToComponent(&c, without(c.Properties, facts.ContainedIn))
	r.repair(&c)
	if r.careful || !r.familiar(x) {
		native := r.fromComponent(&c)
		r.scrub(&native)
		c.Foreign = merge(c.Foreign, r.found(r.foreignFields(x, &native)))
	}
	if raw != nil {
		r.keepRaw(&c, x, raw)
	}
	return &c
}

// found returns list and remembers whether there is anything.
func (r *reader) found(list []sbom.Foreign) []sbom.Foreign {
	r.hasForeign = r.hasForeign || len(list) > 0
	return list
}

// finish makes the manifest when all is read. Bom is the document without its
// components.
func (r *reader) finish(bom *cdx.BOM, raw json.RawMessage) (*sbom.Manifest, error) {
	m := r.m
	if bom.Metadata == nil {
		bom.Metadata = &cdx.Metadata{}
	}
	r.unpackDocument(bom)
	toHead(bom, m)
	rest := facts.Document.Apply(m, toProperties(bom.Metadata.Properties))
	m.Findings = append(m.Findings, toFindings(bom, rest)...)
	root := r.root(bom, m)
	r.readRoot(bom, root, raw)

	r.nameItems(root)
	r.readCompleteness(bom)
	for _, it := range r.items {
		m.Components = append(m.Components, it.Component)
		m.Edges = append(m.Edges, it.edges()...)
	}
	slices.SortFunc(m.Components, func(a, b *sbom.Component) int { return strings.Compare(a.Ref, b.Ref) })
	for _, ref := range values(root.Properties, facts.ContainedIn) {
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.Contains, From: ref, To: m.Principal.Ref})
	}
	r.readEdges(bom)
	m.Foreign = merge(m.Foreign, r.found(replace(r.foreignDocument(bom, rest), r.raws)))
	r.readOrigin()
	r.settleNotes()
	m, err := facts.Finish(m)
	if err != nil {
		return nil, invalidError{err}
	}
	return m, nil
}

// root returns the component that the document is about. A document that does
// not say so is about its only component; else it gets a root that has nothing
// but a name.
func (r *reader) root(bom *cdx.BOM, m *sbom.Manifest) *cdx.Component {
	switch {
	case bom.Metadata.Component != nil:
		return bom.Metadata.Component
	case r.tops == 1:
		r.note(nil, "principal.missing", "the document does not say what it is about; it is taken to be about its only component")
		first := r.items[0].Component
		r.items = r.items[1:]
		for i, it := range r.items {
			if it.container == first {
				r.items[i].container = nil
			}
		}
		return r.top
	default:
		r.note(nil, "principal.missing", "the document does not say what it is about; its root is made up")
		return &cdx.Component{Type: cdx.ComponentTypeApplication, BOMRef: "document", Name: cmp.Or(m.ID, "document")}
	}
}

// readRoot reads the principal and what is nested in it.
func (r *reader) readRoot(bom *cdx.BOM, root *cdx.Component, raw json.RawMessage) {
	if root != r.top {
		r.unpack(root)
	}
	native := r.readPrincipal(r.licences, bom, root)
	written := r.fromPrincipal(native)
	r.scrub(&written)
	r.found(r.foreignFields(root, &written))
	p, findings := facts.Settle(values(root.Properties, facts.Record), native)
	r.m.Principal, r.m.Findings = p, append(r.m.Findings, findings...)
	r.repair(&p.Component)
	if root == r.top {
		return // what is nested in it was read
	}
	if raw != nil {
		r.keepRaw(&p.Component, root, raw)
	}
	inside := deref(root.Components)
	raws := elements(raw, "components", len(inside))
	for i := range inside {
		r.tree(&inside[i], raws(i), nil)
	}
}

// toHead reads what the document says of itself in native fields.
func toHead(bom *cdx.BOM, m *sbom.Manifest) {
	if id, ok := strings.CutPrefix(bom.SerialNumber, serialPrefix); ok && uuid.MatchString(id) {
		m.ID = id
	}
	m.Version = bom.Version
	md := bom.Metadata
	m.Created = toTime(md.Timestamp)
	m.Author = toParty(md.Manufacturer)
	if md.Manufacturer == nil {
		m.Author = toPerson(deref(md.Authors))
	}
	for _, l := range deref(md.Lifecycles) {
		m.Phase = string(l.Phase) + l.Name
		break
	}
	if md.Tools == nil {
		return
	}
	for _, t := range deref(md.Tools.Components) {
		m.Tools = append(m.Tools, sbom.Tool{Name: t.Name, Version: t.Version})
	}
	for _, t := range deref(md.Tools.Tools) {
		m.Tools = append(m.Tools, sbom.Tool{Name: t.Name, Version: t.Version})
	}
}

// toFindings reads the findings from annotations and from properties of the
// metadata.
func toFindings(bom *cdx.BOM, properties []sbom.Property) []sbom.Finding {
	var texts []string
	for _, a := range deref(bom.Annotations) {
		texts = append(texts, a.Text)
	}
	for _, p := range properties {
		if p.Name == facts.FindingName {
			texts = append(texts, p.Value)
		}
	}
	var findings []sbom.Finding
	for _, t := range texts {
		if f, ok := facts.ParseFinding(t); ok {
			findings = append(findings, f)
		}
	}
	return findings
}

// readPrincipal reads the principal from everything but the record.
func (d dialect) readPrincipal(known licences, bom *cdx.BOM, root *cdx.Component) *sbom.Principal {
	p := known.toNativePrincipal(bom, root)
	facts.ApplyToPrincipal(p, without(toProperties(root.Properties), facts.Record, facts.ContainedIn))
	native := d.fromPrincipal(p)
	d.scrub(&native)
	p.Foreign = merge(p.Foreign, d.foreignFields(root, &native))
	return p
}

// toNativePrincipal reads the principal from the fields of the format.
func (known licences) toNativePrincipal(bom *cdx.BOM, root *cdx.Component) *sbom.Principal {
	p := &sbom.Principal{Component: known.toComponent(root)}
	if p.Ref == "" {
		p.Ref = derivedRef(&p.Component)
	}
	if p.Maker.IsZero() {
		p.Maker = toParty(bom.Metadata.Manufacture)
	}
	p.Properties = without(p.Properties, facts.Record, facts.ContainedIn)
	p.Contents, p.Dependencies = toCompleteness(bom).of(root.BOMRef)
	toBuild(bom, p)
	p.Links = slices.DeleteFunc(p.Links, func(l sbom.Link) bool {
		ours := l.Type == "vcs" && l.Comment == facts.RepositoryComment
		if ours && p.Repository == "" {
			p.Repository = l.URL
		}
		return ours
	})
	if root.Pedigree != nil {
		if commits := deref(root.Pedigree.Commits); len(commits) > 0 {
			p.Commit = commits[0].UID
			if by := commits[0].Committer; by != nil {
				p.Committed = toTime(by.Timestamp)
			}
		}
	}
	return p
}

func (it item) edges() []sbom.Edge {
	var edges []sbom.Edge
	if it.container != nil {
		edges = append(edges, sbom.Edge{Kind: sbom.Contains, From: it.container.Ref, To: it.Ref})
	}
	for _, ref := range it.further {
		edges = append(edges, sbom.Edge{Kind: sbom.Contains, From: ref, To: it.Ref})
	}
	return edges
}

// nameItems gives a ref to components that have none, or that of another one.
func (r *reader) nameItems(root *cdx.Component) {
	p := &r.m.Principal.Component
	r.names, r.byRef = map[string]string{}, make(map[string]*sbom.Component, len(r.items)+1)
	r.name(root.BOMRef, p)
	for _, it := range r.items {
		if it.Ref == "" {
			continue
		}
		if r.byRef[it.Ref] != nil {
			r.note(it.Component, "ref.duplicate", "another component has the bom-ref %.100q too", it.Ref)
			it.Ref = unused(it.Ref, r.isTaken)
			it.bomRef = ""
		}
		r.name(it.bomRef, it.Component)
	}
	for _, it := range r.items {
		if it.Ref == "" {
			it.Ref = unused(derivedRef(it.Component), r.isTaken)
			r.name("", it.Component)
		}
	}
}

func (r *reader) isTaken(ref string) bool { return r.byRef[ref] != nil }

// name remembers the component by its ref, and by its bom-ref if that is another.
func (r *reader) name(bomRef string, c *sbom.Component) {
	r.byRef[c.Ref] = c
	if bomRef != c.Ref && bomRef != "" {
		r.names[bomRef] = c.Ref
	}
}

// derivedRef names a component whose document does not.
func derivedRef(c *sbom.Component) string {
	if c.PURL != "" {
		return c.PURL
	}
	return string(c.Type) + ":" + c.Name + "@" + c.Version
}

// readCompleteness applies what compositions say, unless a property said it.
func (r *reader) readCompleteness(bom *cdx.BOM) {
	said := toCompleteness(bom)
	for _, it := range r.items {
		contents, dependencies := said.of(it.bomRef)
		it.Contents, it.Dependencies = cmp.Or(it.Contents, contents), cmp.Or(it.Dependencies, dependencies)
	}
}

// settleNotes makes findings of the notes.
func (r *reader) settleNotes() {
	for _, n := range r.notes {
		f := sbom.Finding{Kind: sbom.Note, Code: n.code, Detail: n.detail}
		if n.about != nil {
			f.Subject = n.about.Ref
		}
		r.m.Findings = append(r.m.Findings, f)
	}
}

// toComponent reads the fields of a component. Its properties are all that the
// document has.
func (known licences) toComponent(x *cdx.Component) sbom.Component {
	c := sbom.Component{
		Ref: x.BOMRef, Type: sbom.Type(x.Type), Name: x.Name, Version: x.Version, Description: x.Description,
		PURL: x.PackageURL, CPE: x.CPE,
		Digests:    toDigests(x.Hashes),
		Maker:      toMaker(x),
		Supplier:   toParty(x.Supplier),
		Properties: toProperties(x.Properties),
		Wanted:     x.Scope == cdx.ScopeOptional,
	}
	if x.Group != "" {
		c.Name = x.Group + "/" + x.Name
	}
	if x.Copyright != "" {
		c.Copyright = strings.Split(x.Copyright, "\n")
	}
	for _, r := range deref(x.ExternalReferences) {
		c.Links = append(c.Links, sbom.Link{Type: string(r.Type), URL: r.URL, Comment: r.Comment, Digests: toDigests(r.Hashes)})
	}
	if x.Licenses != nil {
		known.read(*x.Licenses, &c)
	}
	if x.Evidence != nil {
		toEvidence(x.Evidence, &c)
	}
	addTexts(&c)
	return c
}

func toEvidence(e *cdx.Evidence, c *sbom.Component) {
	if list := deref(e.Occurrences); len(list) > 0 {
		c.Locations = make([]sbom.Location, len(list))
		for i, o := range list {
			c.Locations[i] = sbom.Location{Path: o.Location, Layer: o.AdditionalContext}
		}
	}
	if e.Licenses == nil {
		return
	}
	for _, l := range *e.Licenses {
		if l.License != nil && l.License.Text != nil && l.License.Name != "" {
			c.LicenseTexts = append(c.LicenseTexts, toText(l.License))
		}
	}
}

func toDigests(hashes *[]cdx.Hash) []sbom.Digest {
	var out []sbom.Digest
	for _, h := range deref(hashes) {
		out = append(out, sbom.Digest{Algorithm: string(h.Algorithm), Value: strings.ToLower(h.Value)})
	}
	return out
}

func toMaker(x *cdx.Component) sbom.Party {
	switch {
	case x.Manufacturer != nil:
		return toParty(x.Manufacturer)
	case x.Authors != nil:
		return toPerson(*x.Authors)
	case x.Author != "":
		return sbom.Party{Name: x.Author, Person: true}
	default:
		return sbom.Party{}
	}
}

func toParty(e *cdx.OrganizationalEntity) sbom.Party {
	if e == nil {
		return sbom.Party{}
	}
	p := sbom.Party{Name: e.Name}
	if urls := deref(e.URL); len(urls) > 0 {
		p.URL = urls[0]
	}
	for _, c := range deref(e.Contact) {
		p.Contacts = append(p.Contacts, sbom.Contact{Name: c.Name, Email: c.Email, Phone: c.Phone})
	}
	return p
}

// toPerson makes the first author the maker.
func toPerson(authors []cdx.OrganizationalContact) sbom.Party {
	if len(authors) == 0 {
		return sbom.Party{}
	}
	p := sbom.Party{Name: authors[0].Name, Person: true}
	if authors[0].Email != "" || authors[0].Phone != "" {
		p.Contacts = []sbom.Contact{{Email: authors[0].Email, Phone: authors[0].Phone}}
	}
	return p
}

func toProperties(list *[]cdx.Property) []sbom.Property {
	if list == nil || len(*list) == 0 {
		return nil
	}
	out := make([]sbom.Property, len(*list))
	for i, p := range *list {
		out[i] = sbom.Property(p)
	}
	return out
}

// values returns the values of all properties of that name.
func values(list *[]cdx.Property, name string) []string {
	var out []string
	for _, p := range deref(list) {
		if p.Name == name {
			out = append(out, p.Value)
		}
	}
	return out
}

// without returns the properties that have none of the names.
func without(list []sbom.Property, names ...string) []sbom.Property {
	return facts.Plain(list, func(name string) bool { return slices.Contains(names, name) })
}

// toTime reads a time. One that cannot be read is not said.
func toTime(s string) time.Time {
	t, err := facts.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return t
}
