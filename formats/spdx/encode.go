package spdx

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// An encoder makes the document of one manifest, which is valid and ordered.
type encoder struct {
	*document
	m      *sbom.Manifest
	ids    map[string]string    // ref -> SPDXID
	texts  map[string]extracted // of licences, by lower-case id
	states map[string]state     // ref -> what the relationships say
	notes  map[string][]string  // ref -> findings, as text
}

func fromManifest(m *sbom.Manifest) (*document, error) {
	e := &encoder{document: &document{}, m: m, ids: map[string]string{}, texts: map[string]extracted{}, notes: map[string][]string{}}
	if err := e.head(); err != nil {
		return nil, err
	}
	for _, c := range e.all() {
		e.ids[c.Ref] = elementID(c.Name, c.Ref)
		e.addTexts(c)
	}
	for _, f := range m.Findings {
		subject := f.Subject
		if subject == "" {
			subject = m.Principal.Ref
		}
		e.notes[subject] = append(e.notes[subject], facts.FindingText(f))
	}
	e.relate()
	e.addBuild()
	e.states = toStates(e.document)
	root, err := e.principal()
	if err != nil {
		return nil, err
	}
	packages := []pkg{root}
	for _, c := range m.Components {
		packages = append(packages, e.component(c))
	}
	e.Packages = append(packages, e.Packages...)
	return e.document, nil
}

// all returns the principal and the components.
func (e *encoder) all() []*sbom.Component {
	return append([]*sbom.Component{&e.m.Principal.Component}, e.m.Components...)
}

// elementID makes an SPDXID: the name is for people, the hash makes it unique.
func elementID(name, ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return "SPDXRef-" + facts.IDString(name[:min(len(name), 64)]) + "-" + hex.EncodeToString(sum[:8])
}

// head fills in what the document says of itself.
func (e *encoder) head() error {
	m := e.m
	e.Version, e.DataLicense, e.ID, e.Name = "SPDX-2.3", "CC0-1.0", documentID, m.Principal.Name
	e.Namespace = fmt.Sprintf("%s%s/%d", namespaces, m.ID, m.Version)
	if !uuid.MatchString(m.ID) {
		b, err := json.Marshal(m)
		if err != nil {
			return err
		}
		e.Namespace = fmt.Sprintf("%s%x", namespaces, sha256.Sum256(b))
	}
	e.Creation = creation{Created: noDate, Comment: fromPhase(m.Phase)}
	if !m.Created.IsZero() {
		e.Creation.Created = fromTime(m.Created)
	}
	for _, t := range m.Tools {
		e.Creation.Creators = append(e.Creation.Creators, fromTool(t))
	}
	if author := fromParty(m.Author); author != "" {
		e.Creation.Creators = append(e.Creation.Creators, author)
	}
	if e.Creation.Creators == nil {
		e.Creation.Creators = []string{annotator}
	}
	return nil
}

const toolPrefix = "Tool: "

func fromTool(t sbom.Tool) string {
	if t.Version == "" {
		return toolPrefix + t.Name
	}
	return toolPrefix + t.Name + "-" + t.Version
}

// phases are the words for our phases: https://www.cisa.gov/resources-tools/resources/types-software-bill-materials-sbom
var phases = []struct{ model, format string }{
	{"design", "Design"}, {"pre-build", "Source"}, {"build", "Build"}, {"post-build", "Analyzed"},
	{"operations", "Deployed"}, {"discovery", "Runtime"},
}

func fromPhase(phase string) string {
	for _, p := range phases {
		if p.model == phase {
			return p.format
		}
	}
	return ""
}

// fromTime writes a time to the second, as the format wants it.
func fromTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// fromParty writes a name with the first address, the one thing that there is
// room for.
func fromParty(p sbom.Party) string {
	if p.Name == "" {
		return ""
	}
	out := "Organization: " + p.Name
	if p.Person {
		out = "Person: " + p.Name
	}
	if len(p.Contacts) > 0 && p.Contacts[0].Email != "" {
		out += " (" + p.Contacts[0].Email + ")"
	}
	return out
}

// addTexts adds the licence texts of c. Of two with one id, the first stays;
// the component of the second has it as a property.
func (e *encoder) addTexts(c *sbom.Component) {
	for _, t := range c.LicenseTexts {
		key := strings.ToLower(t.ID)
		body, ok := strings.CutPrefix(t.ID, "LicenseRef-")
		if _, taken := e.texts[key]; taken || !ok || body == "" || facts.IDString(body) != body {
			continue
		}
		e.texts[key] = extracted{t.ID, t.Name, t.Text}
		e.Licences = append(e.Licences, e.texts[key])
	}
}

// principal makes the package of the principal, the last thing to be made: its
// record is sealed over what a decoder finds in the rest of the document.
func (e *encoder) principal() (pkg, error) {
	p := e.m.Principal
	out := e.fields(&p.Component)
	out.FileName, out.Released, out.ValidUntil = p.FileName, fromTime(p.Published), fromTime(p.SupportEnd)
	if p.Disclaimer != "" {
		out.Attribution = []string{p.Disclaimer}
	}
	out.ExternalRefs = append(out.ExternalRefs, fromSource(p)...)
	build := e.Packages // of inputs and toolchain

	back := &sbom.Manifest{}
	toHead(e.document, back)
	e.annotateList(&out, facts.DocumentMark, facts.Document.Missing(e.m, back))

	properties := facts.Plain(p.Properties, facts.ReservedInPrincipal)
	native := toNativePrincipal(e.decoder(), &out, build)
	native.Properties = properties
	e.annotateList(&out, facts.PropertiesMark, slices.Concat(properties, facts.MissingFromPrincipal(p, native)))

	record, err := facts.SealRecord(p, readPrincipal(e.decoder(), &out, build))
	e.annotate(&out, record)
	e.annotate(&out, e.notes[p.Ref]...)
	return out, err
}

// component makes the package of c: its fields, and what they do not hold as an
// annotation.
func (e *encoder) component(c *sbom.Component) pkg {
	out := e.fields(c)
	back := e.decoder().component(&out)
	back.Properties = facts.Plain(c.Properties, facts.ReservedInComponent)
	e.annotateList(&out, facts.PropertiesMark, slices.Concat(back.Properties, facts.Component.Missing(c, &back)))
	e.annotate(&out, e.notes[c.Ref]...)
	return out
}

// decoder returns a decoder for what has been written so far.
func (e *encoder) decoder() *decoder { return &decoder{e.document, e.states, e.texts} }

const annotator = "Tool: manifestgen"

func (e *encoder) annotate(p *pkg, comments ...string) {
	for _, c := range comments {
		p.Annotations = append(p.Annotations, annotation{annotator, e.Creation.Created, "OTHER", c})
	}
}

func (e *encoder) annotateList(p *pkg, mark string, properties []sbom.Property) {
	if len(properties) > 0 {
		e.annotate(p, mark+string(facts.Canonical(properties)))
	}
}

// fields fills in the fields of a package.
func (e *encoder) fields(c *sbom.Component) pkg {
	out := pkg{
		ID: e.ids[c.Ref], Name: c.Name, Version: c.Version, Description: c.Description, Purpose: fromType(c.Type),
		Supplier: fromParty(c.Supplier), Originator: fromParty(c.Maker),
		DownloadLocation: noAssertion, Concluded: orNoAssertion(c.Concluded), Declared: orNoAssertion(c.Declared),
		Copyright: orNoAssertion(strings.Join(c.Copyright, "\n")),
		Built:     fromTime(c.Built),
		Checksums: fromDigests(c.Digests),
	}
	if c.PURL != "" {
		out.ExternalRefs = append(out.ExternalRefs, external{Category: "PACKAGE-MANAGER", Type: "purl", Locator: c.PURL})
	}
	if typ := cpeType(c.CPE); typ != "" && facts.IsLocator(c.CPE) {
		out.ExternalRefs = append(out.ExternalRefs, external{Category: "SECURITY", Type: typ, Locator: c.CPE})
	}
	for _, l := range c.Links {
		if !facts.IsReference(l.URL) {
			continue
		}
		out.ExternalRefs = append(out.ExternalRefs, external{"OTHER", fromLinkType(l.Type), l.URL, l.Comment})
		switch {
		case l.Type == "distribution" && out.DownloadLocation == noAssertion:
			out.DownloadLocation = l.URL
		case l.Type == "website" && out.Homepage == "":
			out.Homepage = l.URL
		}
	}
	return out
}

func orNoAssertion(s string) string {
	if s == "" {
		return noAssertion
	}
	return s
}

// purposes are the words for our types. The schemas of 2.3 write
// OPERATING_SYSTEM where the text of the standard has a hyphen.
var purposes = []struct {
	model  sbom.Type
	format string
}{
	{"application", "APPLICATION"}, {"framework", "FRAMEWORK"}, {"library", "LIBRARY"}, {"container", "CONTAINER"},
	{"operating-system", "OPERATING_SYSTEM"}, {"device", "DEVICE"}, {"firmware", "FIRMWARE"}, {"file", "FILE"},
	{"", ""},
}

func fromType(t sbom.Type) string {
	for _, p := range purposes {
		if p.model == t {
			return p.format
		}
	}
	return "OTHER"
}

// algorithms are those that the format spells in its own way.
var algorithms = []struct{ model, format string }{
	{"SHA-1", "SHA1"}, {"SHA-256", "SHA256"}, {"SHA-384", "SHA384"}, {"SHA-512", "SHA512"},
}

func fromDigests(digests []sbom.Digest) []checksum {
	var out []checksum
	for _, d := range digests {
		c := checksum{d.Algorithm, d.Value}
		for _, a := range algorithms {
			if a.model == d.Algorithm {
				c.Algorithm = a.format
			}
		}
		out = append(out, c)
	}
	return out
}

func cpeType(cpe string) string {
	switch {
	case strings.HasPrefix(cpe, "cpe:2.3:"):
		return "cpe23Type"
	case strings.HasPrefix(cpe, "cpe:/"):
		return "cpe22Type"
	default:
		return ""
	}
}

// fromLinkType writes "issue-tracker" as "issueTracker", which is how SPDX 3
// spells the types of references.
func fromLinkType(t string) string {
	var b strings.Builder
	for i, word := range strings.Split(facts.IDString(t), "-") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
	}
	if b.Len() == 0 {
		return "other"
	}
	return b.String()
}

// fromSource says from what the principal was built.
func fromSource(p *sbom.Principal) []external {
	var out []external
	if facts.IsReference(p.Repository) {
		out = append(out, external{"OTHER", "vcs", p.Repository, facts.RepositoryComment})
	}
	if kind := commitKind(p.Commit); kind != "" {
		out = append(out, external{Category: "PERSISTENT-ID", Type: "gitoid", Locator: gitoid + kind + ":" + p.Commit})
	}
	return out
}

const gitoid = "gitoid:commit:"

// commitKind returns the hash function of an object id, or "" if it is none.
func commitKind(id string) string {
	if strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return map[int]string{40: "sha1", 64: "sha256"}[len(id)]
}
