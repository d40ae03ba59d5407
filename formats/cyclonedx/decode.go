package cyclonedx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// toManifest translates a document.
func toManifest(bom *cdx.BOM) (*sbom.Manifest, error) {
	if bom.BOMFormat != cdx.BOMFormat {
		return nil, fmt.Errorf("bomFormat is %.20q, not %q", bom.BOMFormat, cdx.BOMFormat)
	}
	if bom.Metadata == nil || bom.Metadata.Component == nil {
		return nil, errors.New("it has no metadata.component, so it does not say what it is about")
	}
	m := &sbom.Manifest{}
	toHead(bom, m)
	m.Findings = toFindings(bom, facts.Document.Apply(m, toProperties(bom.Metadata.Properties)))

	root := bom.Metadata.Component
	native := readPrincipal(bom, root)
	var findings []sbom.Finding
	m.Principal, findings = facts.Settle(values(root.Properties, facts.Record), native)
	m.Findings = append(m.Findings, findings...)

	if err := readComponents(bom, m); err != nil {
		return nil, err
	}
	m.Edges = append(m.Edges, toEdges(bom)...)
	return facts.Finish(m)
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
func readPrincipal(bom *cdx.BOM, root *cdx.Component) *sbom.Principal {
	p := toNativePrincipal(bom, root)
	facts.ApplyToPrincipal(p, without(toProperties(root.Properties), facts.Record, facts.ContainedIn))
	return p
}

// toNativePrincipal reads the principal from the fields of the format.
func toNativePrincipal(bom *cdx.BOM, root *cdx.Component) *sbom.Principal {
	p := &sbom.Principal{Component: toComponent(root)}
	if p.Ref == "" {
		p.Ref = derivedRef(&p.Component)
	}
	p.Properties = without(p.Properties, facts.Record, facts.ContainedIn)
	toCompleteness(bom).apply(&p.Component)
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

// An item is a component of a document with where it stands.
type item struct {
	*sbom.Component
	container *sbom.Component // nil at the top
	further   []string        // refs of further containers
}

// readComponents reads all components, however deep they are nested.
func readComponents(bom *cdx.BOM, m *sbom.Manifest) error {
	said := toCompleteness(bom)
	var items []item
	type level struct {
		list      []cdx.Component
		container *sbom.Component
	}
	for open := []level{{deref(bom.Components), nil}, {deref(bom.Metadata.Component.Components), nil}}; len(open) > 0; {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		for i := range next.list {
			x := &next.list[i]
			c := readComponent(x, said)
			items = append(items, item{c, next.container, values(x.Properties, facts.ContainedIn)})
			if inside := deref(x.Components); len(inside) > 0 {
				open = append(open, level{inside, c})
			}
		}
	}
	if err := nameItems(items, m.Principal.Ref); err != nil {
		return err
	}
	for _, it := range items {
		m.Components = append(m.Components, it.Component)
		m.Edges = append(m.Edges, it.edges()...)
	}
	for _, ref := range values(bom.Metadata.Component.Properties, facts.ContainedIn) {
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.Contains, From: ref, To: m.Principal.Ref})
	}
	return nil
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

// nameItems checks that no two components share a ref, and gives one to those
// that have none.
func nameItems(items []item, principal string) error {
	taken := map[string]bool{principal: true}
	for _, it := range items {
		if it.Ref != "" && taken[it.Ref] {
			return fmt.Errorf("two components have the bom-ref %.100q", it.Ref)
		}
		taken[it.Ref] = true
	}
	for _, it := range items {
		base := derivedRef(it.Component)
		for n := 2; it.Ref == ""; n++ {
			if !taken[base] {
				it.Ref = base
			}
			base = fmt.Sprintf("%s~%d", derivedRef(it.Component), n)
		}
		taken[it.Ref] = true
	}
	return nil
}

// derivedRef names a component whose document does not.
func derivedRef(c *sbom.Component) string {
	if c.PURL != "" {
		return c.PURL
	}
	return string(c.Type) + ":" + c.Name + "@" + c.Version
}

// readComponent reads a component whole, from fields, compositions and
// properties.
func readComponent(x *cdx.Component, said completeness) *sbom.Component {
	c := toComponent(x)
	said.apply(&c)
	facts.ApplyToComponent(&c, without(c.Properties, facts.ContainedIn))
	return &c
}

// toComponent reads the fields of a component. Its properties are all that the
// document has.
func toComponent(x *cdx.Component) sbom.Component {
	c := sbom.Component{
		Ref: x.BOMRef, Type: sbom.Type(x.Type), Name: x.Name, Version: x.Version, Description: x.Description,
		PURL: x.PackageURL, CPE: x.CPE,
		Digests:    toDigests(x.Hashes),
		Maker:      toParty(x.Manufacturer),
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
	if x.Manufacturer == nil {
		c.Maker = toPerson(deref(x.Authors))
	}
	for _, r := range deref(x.ExternalReferences) {
		c.Links = append(c.Links, sbom.Link{Type: string(r.Type), URL: r.URL, Comment: r.Comment, Digests: toDigests(r.Hashes)})
	}
	if x.Licenses != nil {
		toLicences(*x.Licenses, &c)
	}
	if x.Evidence != nil {
		toEvidence(x.Evidence, &c)
	}
	return c
}

// toLicences reads an expression, or makes one of a list of licences: they all
// hold.
func toLicences(list cdx.Licenses, c *sbom.Component) {
	for _, l := range list {
		expression, said := l.Expression, cdx.LicenseAcknowledgementDeclared
		if l.Acknowledgement != nil {
			said = *l.Acknowledgement
		}
		if l.License != nil {
			expression, said = l.License.ID, l.License.Acknowledgement
			if expression == "" {
				text := toText(l.License)
				expression = text.ID
				c.LicenseTexts = append(c.LicenseTexts, text)
			}
		}
		to := &c.Declared
		if said == cdx.LicenseAcknowledgementConcluded {
			to = &c.Concluded
		}
		if *to != "" {
			expression = *to + " AND " + expression
		}
		*to = expression
	}
}

const licenseRef = "LicenseRef-"

// toText reads a named licence. One that is not called by a LicenseRef is given
// one.
func toText(l *cdx.License) sbom.LicenseText {
	t := sbom.LicenseText{ID: l.Name, Text: l.Name}
	if !strings.HasPrefix(l.Name, licenseRef) {
		t.ID, t.Name = licenseRef+facts.IDString(l.Name), l.Name
	}
	if l.Text != nil {
		t.Text = l.Text.Content
	}
	for _, title := range values(l.Properties, titleProperty) {
		t.Name = title
	}
	return t
}

func toEvidence(e *cdx.Evidence, c *sbom.Component) {
	for _, o := range deref(e.Occurrences) {
		c.Locations = append(c.Locations, sbom.Location{Path: o.Location, Layer: o.AdditionalContext})
	}
	if e.Licenses == nil {
		return
	}
	for _, l := range *e.Licenses {
		if l.License != nil && l.License.Text != nil {
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
	return deref(each(deref(list), func(p cdx.Property) sbom.Property { return sbom.Property(p) }))
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
