package cyclonedx

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

const serialPrefix = "urn:uuid:"

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// An encoding is the state of writing one document.
type encoding struct {
	dialect
	m        *sbom.Manifest    // valid and ordered
	refs     map[string]string // the bom-refs of components whose refs cannot be written
	nesting  *nesting
	licences licences
	origin   cdx.SpecVersion // of the document that the foreign data are from
	timeless bool
	scratch  struct { // of one component at a time: these are large
		out  cdx.Component
		back sbom.Component
	}
}

func newEncoding(d dialect, m *sbom.Manifest) *encoding {
	e := &encoding{dialect: d, m: m, nesting: nest(m), licences: licences{}, origin: originOf(m)}
	e.nameAnew()
	return e
}

// document translates all but the components, which come apart.
func (e *encoding) document() (*cdx.BOM, error) {
	bom := e.head()
	e.annotate(bom)
	e.scrub(bom)
	if e.timeless {
		addProperties(&bom.Metadata.Properties, sbom.Property{Name: reproducible, Value: "true"})
	}
	rest := e.adoptDocument(bom)

	said, back := *e.m, &sbom.Manifest{}
	toHead(bom, back)
	said.Foreign = rest
	addProperties(&bom.Metadata.Properties, facts.Document.Missing(&said, back)...)
	root, err := e.principal(bom)
	bom.Metadata.Component = root
	e.packDocument(bom)
	return bom, err
}

// head translates what the manifest says of itself and of the relations of its
// components.
func (e *encoding) head() *cdx.BOM {
	bom := e.relations()
	bom.XMLNS, bom.JSONSchema, bom.BOMFormat, bom.SpecVersion = e.namespace(), e.schemaURL(), cdx.BOMFormat, e.version
	bom.Version = max(e.m.Version, 1)
	bom.Metadata = e.metadata()
	bom.Dependencies = e.dependencies()
	return bom
}

// relations translates the name of the document and what it says of many
// components.
func (e *encoding) relations() *cdx.BOM {
	bom := &cdx.BOM{}
	if uuid.MatchString(e.m.ID) {
		bom.SerialNumber = serialPrefix + e.m.ID
	}
	if e.has(cdx.SpecVersion1_3) {
		bom.Compositions = e.compositions()
	}
	if e.has(cdx.SpecVersion1_5) {
		bom.Formulation = e.build()
	}
	return bom
}

func (e *encoding) metadata() *cdx.Metadata {
	md := &cdx.Metadata{Tools: e.fromTools(e.m.Tools)}
	switch {
	case e.m.Author.Person:
		md.Authors = fromPerson(e.m.Author)
	case e.has(cdx.SpecVersion1_6):
		md.Manufacturer = e.fromParty(e.m.Author)
	}
	if !e.has(cdx.SpecVersion1_6) && !e.m.Principal.Maker.Person {
		md.Manufacture = e.fromParty(e.m.Principal.Maker)
	}
	if e.has(cdx.SpecVersion1_5) {
		md.Lifecycles = fromPhase(e.m.Phase)
	}
	if !e.m.Created.IsZero() {
		md.Timestamp = e.m.Created.UTC().Format(time.RFC3339)
	}
	return md
}

// fromTools writes components, which the first versions do not have for tools.
func (d dialect) fromTools(tools []sbom.Tool) *cdx.ToolsChoice {
	var components []cdx.Component
	var old []cdx.Tool //lint:ignore SA1019 what versions up to 1.4 have
	for i, t := range tools {
		if slices.Contains(tools[:i], t) { // the schema allows no repetition
			continue
		}
		components = append(components, fromTool(t))
		//lint:ignore SA1019 as above
		old = append(old, cdx.Tool{Name: t.Name, Version: t.Version})
	}
	switch {
	case tools == nil:
		return nil
	case d.has(cdx.SpecVersion1_5):
		return &cdx.ToolsChoice{Components: &components}
	default:
		return &cdx.ToolsChoice{Tools: &old}
	}
}

func fromTool(t sbom.Tool) cdx.Component {
	return cdx.Component{Type: cdx.ComponentTypeApplication, Name: t.Name, Version: t.Version}
}

// phases are those that the schema knows; others are written as names.
var phases = []string{"design", "pre-build", "build", "post-build", "operations", "discovery", "decommission"}

func fromPhase(phase string) *[]cdx.Lifecycle {
	switch {
	case phase == "":
		return nil
	case slices.Contains(phases, phase):
		return &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhase(phase)}}
	default:
		return &[]cdx.Lifecycle{{Name: phase}}
	}
}

// principal makes the root component, the last thing to be made: its record is
// sealed over what a decoder finds in the rest of the document.
func (e *encoding) principal(bom *cdx.BOM) (*cdx.Component, error) {
	p := e.m.Principal
	root := e.fromPrincipal(p)
	e.scrub(&root)
	root.BOMRef = e.ref(p.Ref)
	rest := e.adopt(&root, &p.Component)
	root.Properties = each(facts.Plain(p.Properties, e.reservedInPrincipal), fromProperty)
	addContainers(&root, e.nesting.further[p.Ref])

	said, back := *p, e.licences.toNativePrincipal(bom, &root)
	said.Foreign = rest
	addProperties(&root.Properties, facts.MissingFromPrincipal(&said, back)...)
	record, err := facts.SealRecord(p, e.readPrincipal(e.licences, bom, &root))
	addProperties(&root.Properties, sbom.Property{Name: facts.Record, Value: record})
	e.pack(&root)
	return &root, err
}

// fromPrincipal fills in the fields of the root component, without properties.
func (d dialect) fromPrincipal(p *sbom.Principal) cdx.Component {
	root := d.fromComponent(&p.Component)
	if d.isReference(p.Repository) {
		link := sbom.Link{Type: "vcs", URL: p.Repository, Comment: facts.RepositoryComment}
		links := append([]cdx.ExternalReference{d.fromLink(link)}, deref(root.ExternalReferences)...)
		root.ExternalReferences = &links
	}
	root.Pedigree = fromCommit(p)
	return root
}

func fromCommit(p *sbom.Principal) *cdx.Pedigree {
	if p.Commit == "" {
		return nil
	}
	commit := cdx.Commit{UID: p.Commit}
	if !p.Committed.IsZero() {
		commit.Committer = &cdx.IdentifiableAction{Timestamp: p.Committed.UTC().Format(time.RFC3339)}
	}
	return &cdx.Pedigree{Commits: &[]cdx.Commit{commit}}
}

// component translates c whole: into its fields, and what they do not hold into
// properties.
func (e *encoding) component(c *sbom.Component) cdx.Component {
	out, back := &e.scratch.out, &e.scratch.back
	*out = e.fromComponent(c)
	e.scrub(out)
	out.BOMRef = e.ref(c.Ref)
	said := c
	if len(c.Foreign) > 0 {
		copied := *c
		copied.Foreign = e.adopt(out, c)
		said = &copied
	}
	out.Properties = each(facts.Plain(c.Properties, e.reservedInComponent), fromProperty)
	addContainers(out, e.nesting.further[c.Ref])
	*back = e.licences.toComponent(out)
	if e.has(cdx.SpecVersion1_3) { // the compositions hold these two
		back.Contents, back.Dependencies = heldByComposition(c.Contents), heldByComposition(c.Dependencies)
	}
	addProperties(&out.Properties, facts.Component.Missing(said, back)...)
	e.pack(out)
	return *out
}

// noVersion stands where the first versions want a version and there is none.
const noVersion = "unknown"

// fromComponent fills in the fields of a component, without ref and properties.
func (d dialect) fromComponent(c *sbom.Component) cdx.Component {
	out := cdx.Component{
		Type: d.fromType(c.Type), Name: c.Name, Version: c.Version, Description: c.Description,
		PackageURL: c.PURL, CPE: d.fromCPE(c.CPE),
		Hashes:             fromDigests(c.Digests),
		Licenses:           d.fromExpressions(c),
		Copyright:          strings.Join(c.Copyright, "\n"),
		Supplier:           d.fromParty(c.Supplier),
		ExternalReferences: d.fromLinks(c.Links),
		Evidence:           d.fromEvidence(c),
	}
	switch {
	case c.Maker.Person && d.has(cdx.SpecVersion1_6):
		out.Authors = fromPerson(c.Maker)
	case c.Maker.Person:
		out.Author = c.Maker.Name
	case d.has(cdx.SpecVersion1_6):
		out.Manufacturer = d.fromParty(c.Maker)
	}
	if c.Wanted {
		out.Scope = cdx.ScopeOptional
	}
	if out.Version == "" && !d.has(cdx.SpecVersion1_4) {
		out.Version = noVersion
	}
	return out
}

func fromDigests(digests []sbom.Digest) *[]cdx.Hash {
	return each(digests, func(d sbom.Digest) cdx.Hash {
		return cdx.Hash{Algorithm: cdx.HashAlgorithm(d.Algorithm), Value: d.Value}
	})
}

// fromExpressions writes one expression: until version 1.7 a list of licences
// may hold no more. Versions that cannot say who says so have the declared one.
func (d dialect) fromExpressions(c *sbom.Component) *cdx.Licenses {
	var out cdx.Licenses
	add := func(expression string, said cdx.LicenseAcknowledgement) {
		if expression != "" && (len(out) == 0 || d.has(cdx.SpecVersion1_7)) {
			by := said // said itself would be allocated for every call
			out = append(out, cdx.LicenseChoice{Expression: expression, Acknowledgement: &by})
		}
	}
	add(c.Declared, cdx.LicenseAcknowledgementDeclared)
	if d.has(cdx.SpecVersion1_6) {
		add(c.Concluded, cdx.LicenseAcknowledgementConcluded)
	} else if out != nil {
		out[0].Acknowledgement = nil
	}
	if out == nil {
		return nil
	}
	return &out
}

func (d dialect) fromEvidence(c *sbom.Component) *cdx.Evidence {
	e := &cdx.Evidence{}
	if d.has(cdx.SpecVersion1_5) {
		e.Occurrences = d.fromLocations(c.Locations)
	}
	if len(c.LicenseTexts) > 0 && d.has(cdx.SpecVersion1_3) {
		texts := cdx.Licenses(deref(each(c.LicenseTexts, d.fromText)))
		e.Licenses = &texts
	}
	if e.Occurrences == nil && e.Licenses == nil {
		return nil
	}
	return e
}

func (d dialect) fromLocations(locations []sbom.Location) *[]cdx.EvidenceOccurrence {
	if slices.ContainsFunc(locations, func(l sbom.Location) bool { return l.Path == "" }) {
		return nil // the schema wants a place
	}
	return each(locations, func(l sbom.Location) cdx.EvidenceOccurrence {
		if !d.has(cdx.SpecVersion1_6) || d.xml { // the library does not write it as the schema of XML wants it
			return cdx.EvidenceOccurrence{Location: l.Path}
		}
		return cdx.EvidenceOccurrence{Location: l.Path, AdditionalContext: l.Layer}
	})
}

// titleProperty is the property of a licence for the name of a licence text.
const titleProperty = "manifestgen:license:title"

func (d dialect) fromText(t sbom.LicenseText) cdx.LicenseChoice {
	l := &cdx.License{Name: cmp.Or(t.ID, "?"), Text: &cdx.AttachedText{Content: t.Text, ContentType: "text/plain"}}
	if t.Name != "" && d.has(cdx.SpecVersion1_5) {
		l.Properties = &[]cdx.Property{{Name: titleProperty, Value: t.Name}}
	}
	return cdx.LicenseChoice{License: l}
}

func (d dialect) fromParty(p sbom.Party) *cdx.OrganizationalEntity {
	if p.Name == "" && p.URL == "" && len(p.Contacts) == 0 {
		return nil
	}
	out := &cdx.OrganizationalEntity{Name: p.Name, Contact: each(p.Contacts, fromContact)}
	if d.isReference(p.URL) {
		out.URL = &[]string{p.URL}
	}
	return out
}

// fromPerson writes a person as an author, who has only one address.
func fromPerson(p sbom.Party) *[]cdx.OrganizationalContact {
	author := cdx.OrganizationalContact{Name: p.Name}
	if len(p.Contacts) > 0 {
		first := fromContact(p.Contacts[0])
		author.Email, author.Phone = first.Email, first.Phone
	}
	return &[]cdx.OrganizationalContact{author}
}

func fromContact(c sbom.Contact) cdx.OrganizationalContact {
	out := cdx.OrganizationalContact{Name: c.Name, Phone: c.Phone}
	if facts.IsEmail(c.Email) {
		out.Email = c.Email
	}
	return out
}

func (d dialect) fromLinks(links []sbom.Link) *[]cdx.ExternalReference {
	var out []cdx.ExternalReference
	for _, l := range links {
		if d.isReference(l.URL) && !d.isCarrier(l.URL) {
			out = append(out, d.fromLink(l))
		}
	}
	return orNil(out)
}

func (d dialect) fromLink(l sbom.Link) cdx.ExternalReference {
	out := cdx.ExternalReference{Type: cdx.ERTypeOther, URL: l.URL, Comment: l.Comment}
	if d.has(cdx.SpecVersion1_3) {
		out.Hashes = fromDigests(facts.ValidDigests(l.Digests))
	}
	if d.knows(linkTypes, l.Type) {
		out.Type = cdx.ExternalReferenceType(l.Type)
	}
	return out
}

// annotate writes the findings. An annotation needs a time, so a document that
// does not say when it was made has properties instead, as has one of a version
// without annotations.
func (e *encoding) annotate(bom *cdx.BOM) {
	var annotations []cdx.Annotation
	for _, f := range e.m.Findings {
		text := facts.FindingText(f)
		if bom.Metadata.Timestamp == "" || !e.has(cdx.SpecVersion1_5) {
			addProperties(&bom.Metadata.Properties, sbom.Property{Name: facts.FindingName, Value: text})
			continue
		}
		subject := e.ref(cmp.Or(f.Subject, e.m.Principal.Ref))
		annotations = append(annotations, cdx.Annotation{
			Subjects:  &[]cdx.BOMReference{cdx.BOMReference(subject)},
			Annotator: &cdx.Annotator{Component: annotator(e.m)},
			Timestamp: bom.Metadata.Timestamp,
			Text:      text,
		})
	}
	bom.Annotations = orNil(annotations)
}

func annotator(m *sbom.Manifest) *cdx.Component {
	c := fromTool(sbom.Tool{Name: "manifestgen"})
	if len(m.Tools) > 0 {
		c = fromTool(m.Tools[0])
	}
	return &c
}

func fromProperty(p sbom.Property) cdx.Property { return cdx.Property(p) }

func addProperties(to **[]cdx.Property, more ...sbom.Property) {
	if len(more) == 0 {
		return
	}
	all := slices.Grow(deref(*to), len(more))
	for _, p := range more {
		all = append(all, fromProperty(p))
	}
	*to = &all
}

func addContainers(c *cdx.Component, refs []string) {
	for _, ref := range refs {
		addProperties(&c.Properties, sbom.Property{Name: facts.ContainedIn, Value: ref})
	}
}

// each returns the translation of list, or nil if list is empty.
func each[A, B any](list []A, translate func(A) B) *[]B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = translate(x)
	}
	return &out
}

// orNil returns list as the library wants it: nil if it is empty.
func orNil[T any](list []T) *[]T {
	if len(list) == 0 {
		return nil
	}
	kept := list // list itself would be allocated for every call
	return &kept
}

func deref[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}
