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

const (
	schemaURL    = "http://cyclonedx.org/schema/bom-1.6.schema.json"
	serialPrefix = "urn:uuid:"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// fromManifest translates m, which is valid and ordered.
func fromManifest(m *sbom.Manifest) (*cdx.BOM, error) {
	bom := &cdx.BOM{
		JSONSchema: schemaURL, BOMFormat: cdx.BOMFormat, SpecVersion: cdx.SpecVersion1_6,
		Version:      max(m.Version, 1),
		Metadata:     fromHead(m),
		Dependencies: fromDependencies(m),
		Compositions: fromCompositions(m),
		Formulation:  fromBuild(m),
	}
	if uuid.MatchString(m.ID) {
		bom.SerialNumber = serialPrefix + m.ID
	}
	nesting := nest(m)
	bom.Components = orNil(nesting.top())
	annotate(bom, m)

	back := &sbom.Manifest{}
	toHead(bom, back)
	addProperties(&bom.Metadata.Properties, facts.Document.Missing(m, back)...)
	root, err := fromPrincipal(bom, m.Principal, nesting.further[m.Principal.Ref])
	bom.Metadata.Component = root
	return bom, err
}

// fromHead translates what the manifest says of itself.
func fromHead(m *sbom.Manifest) *cdx.Metadata {
	md := &cdx.Metadata{
		Manufacturer: fromParty(m.Author),
		Lifecycles:   fromPhase(m.Phase),
	}
	if !m.Created.IsZero() {
		md.Timestamp = m.Created.UTC().Format(time.RFC3339)
	}
	var tools []cdx.Component
	for i, t := range m.Tools {
		if !slices.Contains(m.Tools[:i], t) { // the schema allows no repetition
			tools = append(tools, fromTool(t))
		}
	}
	if tools != nil {
		md.Tools = &cdx.ToolsChoice{Components: &tools}
	}
	return md
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

// fromPrincipal makes the root component, the last thing to be made: its record
// is sealed over what a decoder finds in the rest of the document.
func fromPrincipal(bom *cdx.BOM, p *sbom.Principal, containers []string) (*cdx.Component, error) {
	root := fromComponent(&p.Component)
	if facts.IsReference(p.Repository) {
		link := sbom.Link{Type: "vcs", URL: p.Repository, Comment: facts.RepositoryComment}
		links := append([]cdx.ExternalReference{fromLink(link)}, deref(root.ExternalReferences)...)
		root.ExternalReferences = &links
	}
	root.Pedigree = fromCommit(p)
	root.Properties = each(facts.Plain(p.Properties, facts.ReservedInPrincipal), fromProperty)
	addContainers(&root, containers)

	back := toNativePrincipal(bom, &root)
	addProperties(&root.Properties, facts.MissingFromPrincipal(p, back)...)
	record, err := facts.SealRecord(p, readPrincipal(bom, &root))
	addProperties(&root.Properties, sbom.Property{Name: facts.Record, Value: record})
	return &root, err
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

// writeComponent translates c whole: into its fields, and what they do not hold
// into properties.
func writeComponent(c *sbom.Component, containers []string) cdx.Component {
	out := fromComponent(c)
	out.Properties = each(facts.Plain(c.Properties, facts.ReservedInComponent), fromProperty)
	addContainers(&out, containers)
	back := toComponent(&out)
	// The compositions hold these two.
	back.Contents, back.Dependencies = heldByComposition(c.Contents), heldByComposition(c.Dependencies)
	addProperties(&out.Properties, facts.Component.Missing(c, &back)...)
	return out
}

// fromComponent fills in the fields of a component, without properties.
func fromComponent(c *sbom.Component) cdx.Component {
	out := cdx.Component{
		BOMRef: c.Ref, Type: fromType(c.Type), Name: c.Name, Version: c.Version, Description: c.Description,
		PackageURL: c.PURL, CPE: c.CPE,
		Hashes:             fromDigests(c.Digests),
		Licenses:           fromExpressions(c),
		Copyright:          strings.Join(c.Copyright, "\n"),
		Supplier:           fromParty(c.Supplier),
		ExternalReferences: fromLinks(c.Links),
		Evidence:           fromEvidence(c),
	}
	if c.Maker.Person {
		out.Authors = fromPerson(c.Maker)
	} else {
		out.Manufacturer = fromParty(c.Maker)
	}
	if c.Wanted {
		out.Scope = cdx.ScopeOptional
	}
	return out
}

// types are the component types of the schema.
var types = []sbom.Type{
	"application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver",
	"firmware", "file", "machine-learning-model", "data", "cryptographic-asset",
}

func fromType(t sbom.Type) cdx.ComponentType {
	if slices.Contains(types, t) {
		return cdx.ComponentType(t)
	}
	return cdx.ComponentTypeLibrary
}

func fromDigests(digests []sbom.Digest) *[]cdx.Hash {
	return each(digests, func(d sbom.Digest) cdx.Hash {
		return cdx.Hash{Algorithm: cdx.HashAlgorithm(d.Algorithm), Value: d.Value}
	})
}

// fromExpressions writes one expression: until version 1.7 a list of licences
// may hold no more.
func fromExpressions(c *sbom.Component) *cdx.Licenses {
	expression, said := c.Declared, cdx.LicenseAcknowledgementDeclared
	if expression == "" {
		expression, said = c.Concluded, cdx.LicenseAcknowledgementConcluded
	}
	if expression == "" {
		return nil
	}
	return &cdx.Licenses{{Expression: expression, Acknowledgement: &said}}
}

func fromEvidence(c *sbom.Component) *cdx.Evidence {
	if len(c.Locations) == 0 && len(c.LicenseTexts) == 0 {
		return nil
	}
	e := &cdx.Evidence{Occurrences: fromLocations(c.Locations)}
	if len(c.LicenseTexts) > 0 {
		texts := cdx.Licenses(deref(each(c.LicenseTexts, fromText)))
		e.Licenses = &texts
	}
	return e
}

func fromLocations(locations []sbom.Location) *[]cdx.EvidenceOccurrence {
	if slices.ContainsFunc(locations, func(l sbom.Location) bool { return l.Path == "" }) {
		return nil // the schema wants a place
	}
	return each(locations, func(l sbom.Location) cdx.EvidenceOccurrence {
		return cdx.EvidenceOccurrence{Location: l.Path, AdditionalContext: l.Layer}
	})
}

// titleProperty is the property of a licence for the name of a licence text.
const titleProperty = "manifestgen:license:title"

func fromText(t sbom.LicenseText) cdx.LicenseChoice {
	l := &cdx.License{Name: cmp.Or(t.ID, "?"), Text: &cdx.AttachedText{Content: t.Text, ContentType: "text/plain"}}
	if t.Name != "" {
		l.Properties = &[]cdx.Property{{Name: titleProperty, Value: t.Name}}
	}
	return cdx.LicenseChoice{License: l}
}

func fromParty(p sbom.Party) *cdx.OrganizationalEntity {
	if p.Name == "" && p.URL == "" && len(p.Contacts) == 0 {
		return nil
	}
	out := &cdx.OrganizationalEntity{Name: p.Name, Contact: each(p.Contacts, fromContact)}
	if facts.IsReference(p.URL) {
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

// linkTypes are the types of external references that the schema knows.
var linkTypes = []string{
	"vcs", "issue-tracker", "website", "advisories", "bom", "mailing-list", "social", "chat", "documentation", "support",
	"source-distribution", "distribution", "distribution-intake", "license", "build-meta", "build-system",
	"release-notes", "security-contact", "model-card", "log", "configuration", "evidence", "formulation", "attestation",
	"threat-model", "adversary-model", "risk-assessment", "vulnerability-assertion", "exploitability-statement",
	"pentest-report", "static-analysis-report", "dynamic-analysis-report", "runtime-analysis-report",
	"component-analysis-report", "maturity-report", "certification-report", "codified-infrastructure",
	"quality-metrics", "poam", "electronic-signature", "digital-signature", "rfc-9116", "other",
}

func fromLinks(links []sbom.Link) *[]cdx.ExternalReference {
	var out []cdx.ExternalReference
	for _, l := range links {
		if facts.IsReference(l.URL) {
			out = append(out, fromLink(l))
		}
	}
	return orNil(out)
}

func fromLink(l sbom.Link) cdx.ExternalReference {
	out := cdx.ExternalReference{Type: cdx.ERTypeOther, URL: l.URL, Comment: l.Comment, Hashes: fromDigests(facts.ValidDigests(l.Digests))}
	if slices.Contains(linkTypes, l.Type) {
		out.Type = cdx.ExternalReferenceType(l.Type)
	}
	return out
}

func fromProperty(p sbom.Property) cdx.Property { return cdx.Property(p) }

func addProperties(to **[]cdx.Property, more ...sbom.Property) {
	if len(more) > 0 {
		all := append(deref(*to), deref(each(more, fromProperty))...)
		*to = &all
	}
}

func addContainers(c *cdx.Component, refs []string) {
	for _, ref := range refs {
		addProperties(&c.Properties, sbom.Property{Name: facts.ContainedIn, Value: ref})
	}
}

// annotate writes the findings. An annotation needs a time, so a document that
// does not say when it was made has properties instead.
func annotate(bom *cdx.BOM, m *sbom.Manifest) {
	var annotations []cdx.Annotation
	for _, f := range m.Findings {
		text := facts.FindingText(f)
		if bom.Metadata.Timestamp == "" {
			addProperties(&bom.Metadata.Properties, sbom.Property{Name: facts.FindingName, Value: text})
			continue
		}
		annotations = append(annotations, cdx.Annotation{
			Subjects:  &[]cdx.BOMReference{cdx.BOMReference(cmp.Or(f.Subject, m.Principal.Ref))},
			Annotator: &cdx.Annotator{Component: annotator(m)},
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

// each returns the translation of list, or nil if list is empty.
func each[T, U any](list []T, translate func(T) U) *[]U {
	if len(list) == 0 {
		return nil
	}
	out := make([]U, len(list))
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
	return &list
}

func deref[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}
