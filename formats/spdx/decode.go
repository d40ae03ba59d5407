package spdx

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A decoder reads packages of one document.
type decoder struct {
	*document
	states map[string]state     // by SPDXID
	texts  map[string]extracted // by lower-case licence id
}

func newDecoder(doc *document) *decoder {
	d := &decoder{doc, toStates(doc), map[string]extracted{}}
	for _, l := range doc.Licences {
		d.texts[strings.ToLower(l.ID)] = l
	}
	return d
}

// toManifest translates a document.
func toManifest(doc *document) (*sbom.Manifest, error) {
	if doc.Version != "SPDX-2.2" && doc.Version != "SPDX-2.3" {
		return nil, fmt.Errorf("spdxVersion is %.20q, not SPDX-2.2 or SPDX-2.3", doc.Version)
	}
	d := newDecoder(doc)
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	m := &sbom.Manifest{}
	toHead(doc, m)
	facts.Document.Apply(m, lists(root, facts.DocumentMark))

	var build []pkg
	for _, p := range doc.Packages {
		if p.ID != root.ID && d.states[p.ID].onlyForBuild() {
			build = append(build, p)
		}
	}
	m.Principal, m.Findings = facts.Settle(comments(root, facts.RecordMark), readPrincipal(d, root, build))
	if err := d.readComponents(m, root); err != nil {
		return nil, err
	}
	return facts.Finish(m)
}

// root returns the package that the document describes. It also checks that no
// two packages have one id.
func (d *decoder) root() (*pkg, error) {
	var ids []string
	for _, r := range d.Relationships {
		if r.From == documentID && r.Type == describes {
			ids = append(ids, r.To)
		}
	}
	ids = append(ids, d.Describes...)
	byID := map[string]*pkg{}
	for i := range d.Packages {
		p := &d.Packages[i]
		if p.ID == "" || byID[p.ID] != nil {
			return nil, fmt.Errorf("packages[%d] (%.100q): its SPDXID %.100q is empty or used twice", i, p.Name, p.ID)
		}
		byID[p.ID] = p
	}
	for _, id := range ids {
		if p := byID[id]; p != nil {
			return p, nil
		}
	}
	return nil, errors.New("it describes no package, so it does not say what it is about")
}

// readComponents reads all packages that are components, and the edges.
func (d *decoder) readComponents(m *sbom.Manifest, root *pkg) error {
	refs, taken := map[string]string{root.ID: m.Principal.Ref}, map[string]bool{m.Principal.Ref: true}
	m.Findings = append(m.Findings, findings(root)...)
	for i := range d.Packages {
		p := &d.Packages[i]
		if p.ID == root.ID || d.states[p.ID].onlyForBuild() {
			continue
		}
		c := d.component(p)
		facts.ApplyToComponent(&c, lists(p, facts.PropertiesMark))
		if taken[c.Ref] && c.Ref == c.PURL {
			c.Ref = p.ID // foreign: two packages with one package URL
		}
		if taken[c.Ref] {
			return fmt.Errorf("two packages have the ref %.100q", c.Ref)
		}
		refs[p.ID], taken[c.Ref] = c.Ref, true
		m.Components = append(m.Components, &c)
		m.Findings = append(m.Findings, findings(p)...)
	}
	m.Edges = toEdges(d.document, refs)
	return nil
}

// toHead reads what the document says of itself in native fields.
func toHead(doc *document, m *sbom.Manifest) {
	if id, version, ok := strings.Cut(strings.TrimPrefix(doc.Namespace, namespaces), "/"); ok && uuid.MatchString(id) {
		m.ID = id
		fmt.Sscanf(version, "%d", &m.Version)
	}
	if doc.Creation.Created != noDate {
		m.Created = toTime(doc.Creation.Created)
	}
	for _, p := range phases {
		if p.format == doc.Creation.Comment {
			m.Phase = p.model
		}
	}
	for _, creator := range doc.Creation.Creators {
		if name, ok := strings.CutPrefix(creator, toolPrefix); ok {
			m.Tools = append(m.Tools, toTool(name))
		} else if m.Author.IsZero() {
			m.Author = toParty(creator)
		}
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// toolVersion is the end of a tool's name that looks like a version.
var toolVersion = regexp.MustCompile(`-(v?[0-9][^-]*)$`)

func toTool(s string) sbom.Tool {
	if at := toolVersion.FindStringSubmatchIndex(s); at != nil {
		return sbom.Tool{Name: s[:at[0]], Version: s[at[2]:at[3]]}
	}
	return sbom.Tool{Name: s}
}

// readPrincipal reads the principal from everything but the record.
func readPrincipal(d *decoder, root *pkg, build []pkg) *sbom.Principal {
	p := toNativePrincipal(d, root, build)
	facts.ApplyToPrincipal(p, lists(root, facts.PropertiesMark))
	return p
}

// toNativePrincipal reads the principal from the fields of the format.
func toNativePrincipal(d *decoder, root *pkg, build []pkg) *sbom.Principal {
	p := &sbom.Principal{
		Component: d.component(root),
		FileName:  root.FileName, Published: toTime(root.Released), SupportEnd: toTime(root.ValidUntil),
		Disclaimer: strings.Join(root.Attribution, "\n"),
	}
	p.Links = slices.DeleteFunc(p.Links, func(l sbom.Link) bool {
		ours := l.Type == "vcs" && l.Comment == facts.RepositoryComment
		if ours {
			p.Repository = l.URL
		}
		return ours
	})
	for _, r := range root.ExternalRefs {
		if id, ok := strings.CutPrefix(r.Locator, gitoid); ok && r.Type == "gitoid" {
			_, p.Commit, _ = strings.Cut(id, ":")
		}
	}
	for i := range build {
		if d.states[build[i].ID].toolchain {
			p.Toolchain = build[i].Name
		} else {
			p.Inputs = append(p.Inputs, toInput(&build[i]))
		}
	}
	return p
}

func toInput(p *pkg) sbom.Input {
	return sbom.Input{Name: p.Name, URL: orNothing(p.DownloadLocation), Digests: toDigests(p.Checksums)}
}

// component reads the fields of a package and what relationships say of it.
func (d *decoder) component(p *pkg) sbom.Component {
	s := d.states[p.ID]
	c := sbom.Component{
		Ref: p.ID, Type: toType(p.Purpose), Name: p.Name, Version: p.Version, Description: p.Description,
		Digests:  toDigests(p.Checksums),
		Declared: orNothing(p.Declared), Concluded: orNothing(p.Concluded),
		Maker: toParty(p.Originator), Supplier: toParty(p.Supplier),
		Built: toTime(p.Built), Wanted: s.wanted, Contents: s.contents, Dependencies: s.dependencies,
	}
	c.LicenseTexts = d.textsOf(&c)
	if text := orNothing(p.Copyright); text != "" {
		c.Copyright = strings.Split(text, "\n")
	}
	for _, r := range p.ExternalRefs {
		toExternal(r, &c)
	}
	addLink(&c, "website", p.Homepage)
	addLink(&c, "distribution", p.DownloadLocation)
	if c.PURL != "" {
		c.Ref = c.PURL
	}
	return c
}

func toExternal(r external, c *sbom.Component) {
	switch {
	case r.Type == "purl" && c.PURL == "":
		c.PURL = r.Locator
	case r.Type == "cpe23Type" || r.Type == "cpe22Type":
		if c.CPE == "" {
			c.CPE = r.Locator
		}
	case r.Category == "OTHER":
		c.Links = append(c.Links, sbom.Link{Type: toLinkType(r.Type), URL: r.Locator, Comment: r.Comment})
	}
}

// addLink adds a link that a field of its own states, unless it is there.
func addLink(c *sbom.Component, kind, url string) {
	there := slices.ContainsFunc(c.Links, func(l sbom.Link) bool { return l.Type == kind && l.URL == url })
	if orNothing(url) != "" && !there {
		c.Links = append(c.Links, sbom.Link{Type: kind, URL: url})
	}
}

// toLinkType writes "issueTracker" as "issue-tracker".
func toLinkType(t string) string {
	var b strings.Builder
	for _, r := range t {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// licenceRef finds the licences in an expression that have a text.
var licenceRef = regexp.MustCompile(`LicenseRef-[A-Za-z0-9.-]+`)

// textsOf returns the texts of the licences that the expressions of c name.
func (d *decoder) textsOf(c *sbom.Component) []sbom.LicenseText {
	if !strings.Contains(c.Declared, "LicenseRef-") && !strings.Contains(c.Concluded, "LicenseRef-") {
		return nil
	}
	var out []sbom.LicenseText
	seen := map[string]bool{}
	for _, id := range licenceRef.FindAllString(c.Declared+" "+c.Concluded, -1) {
		key := strings.ToLower(id)
		if l, ok := d.texts[key]; ok && !seen[key] {
			seen[key] = true
			out = append(out, sbom.LicenseText{ID: l.ID, Name: orNothing(l.Name), Text: l.Text})
		}
	}
	return out
}

func toType(purpose string) sbom.Type {
	purpose = strings.ReplaceAll(purpose, "-", "_")
	for _, p := range purposes {
		if p.format == purpose {
			return p.model
		}
	}
	if purpose == "OTHER" {
		return ""
	}
	return sbom.TypeFile // SOURCE, ARCHIVE, INSTALL
}

func toDigests(checksums []checksum) []sbom.Digest {
	var out []sbom.Digest
	for _, c := range checksums {
		d := sbom.Digest{Algorithm: c.Algorithm, Value: strings.ToLower(c.Value)}
		for _, a := range algorithms {
			if a.format == c.Algorithm {
				d.Algorithm = a.model
			}
		}
		out = append(out, d)
	}
	return out
}

// toParty reads "Organization: NAME (ADDRESS)" or the same of a person.
func toParty(s string) sbom.Party {
	kind, name, ok := strings.Cut(s, ":")
	if !ok || kind != "Organization" && kind != "Person" {
		return sbom.Party{}
	}
	p := sbom.Party{Name: strings.TrimPrefix(name, " "), Person: kind == "Person"}
	if i := strings.LastIndex(p.Name, " ("); i >= 0 && strings.HasSuffix(p.Name, ")") {
		if address := p.Name[i+2 : len(p.Name)-1]; address != "" {
			p.Contacts = []sbom.Contact{{Email: address}}
		}
		p.Name = p.Name[:i]
	}
	return p
}

func orNothing(s string) string {
	if s == none || s == noAssertion {
		return ""
	}
	return s
}

// toTime reads a time. One that cannot be read is not said.
func toTime(s string) time.Time {
	t, err := facts.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// comments returns the annotations of p that begin with mark.
func comments(p *pkg, mark string) []string {
	var out []string
	for _, a := range p.Annotations {
		if strings.HasPrefix(a.Comment, mark) {
			out = append(out, a.Comment)
		}
	}
	return out
}

// lists returns the properties in the annotations of p that begin with mark.
// What is no list is not ours.
func lists(p *pkg, mark string) []sbom.Property {
	var all []sbom.Property
	for _, text := range comments(p, mark) {
		var list []sbom.Property
		if json.Unmarshal([]byte(text[len(mark):]), &list) == nil {
			all = append(all, list...)
		}
	}
	return all
}

func findings(p *pkg) []sbom.Finding {
	var out []sbom.Finding
	for _, text := range comments(p, facts.FindingMark) {
		if f, ok := facts.ParseFinding(text); ok {
			out = append(out, f)
		}
	}
	return out
}
