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
	dialect
	m       *sbom.Manifest
	all     []*sbom.Component    // the principal, then the components
	at      map[string]int       // index in all, by ref
	ids     []string             // SPDXIDs
	spans   []span               // of the edges of each
	targets []int                // of the edges
	implied []bool               // which the principal contains without an edge
	native  document             // the document without packages and relationships
	texts   map[string]extracted // of licences, by lower-case id
	build   []pkg
	notes   map[string][]string // findings, as text, by ref
	known   map[string]bool     // SPDXIDs that are not those of packages; nil if there are none

	anyImplied bool
	scratch    []byte
}

func newEncoder(m *sbom.Manifest, in dialect) *encoder {
	e := &encoder{dialect: in, m: m, at: make(map[string]int, len(m.Components)+1), texts: map[string]extracted{}}
	e.all = append(append(make([]*sbom.Component, 0, len(m.Components)+1), &m.Principal.Component), m.Components...)
	for i, c := range e.all {
		e.at[c.Ref] = i
		e.addTexts(c)
	}
	e.index()
	e.addBuild()
	return e
}

// elementID makes an SPDXID: the name is for people, the hash makes it unique.
func elementID(name, ref string) string {
	sum := sha256.Sum256([]byte(ref))
	var b [128]byte
	out := append(b[:0], "SPDXRef-"...)
	out = append(out, facts.IDString(name[:min(len(name), 64)])...)
	return string(hex.AppendEncode(append(out, '-'), sum[:8]))
}

const (
	inputPrefix     = "SPDXRef-input-"
	toolchainPrefix = "SPDXRef-toolchain-"
)

// addBuild adds a package for each input of the build and for the toolchain.
func (e *encoder) addBuild() {
	p := e.m.Principal
	for i, in := range p.Inputs {
		e.build = append(e.build, e.inputPackage(elementID("input", fmt.Sprintf("%s input %d", p.Ref, i)), in))
	}
	if p.Toolchain != "" {
		e.build = append(e.build, e.toolchainPackage(elementID("toolchain", p.Ref+" toolchain"), p.Toolchain))
	}
}

func (d dialect) inputPackage(id string, in sbom.Input) pkg {
	out := pkg{ID: id, Name: in.Name, Purpose: "SOURCE", DownloadLocation: noAssertion, Checksums: fromDigests(facts.ValidDigests(in.Digests))}
	if facts.IsReference(orNothing(in.URL)) {
		out.DownloadLocation = in.URL
	}
	d.fit(&out)
	return out
}

func (d dialect) toolchainPackage(id, name string) pkg {
	out := pkg{ID: id, Name: name, Purpose: "APPLICATION", DownloadLocation: noAssertion}
	d.fit(&out)
	return out
}

// fit takes out of a package what the dialect cannot hold.
func (d dialect) fit(p *pkg) {
	p.FilesAnalyzed = "false"
	if d.tagValue {
		d.fitTagValue(p)
	}
	if d.old {
		p.Concluded, p.Declared, p.Copyright = orNoAssertion(p.Concluded), orNoAssertion(p.Declared), orNoAssertion(p.Copyright)
		p.Purpose, p.Built, p.Released, p.ValidUntil = "", "", "", ""
		p.Checksums = slices.DeleteFunc(p.Checksums, func(c checksum) bool { return !slices.Contains(strings.Fields(algorithms22), c.Algorithm) })
	}
}

func (d dialect) fitTagValue(p *pkg) {
	for i := range packageRules {
		if s := p.text(packageRules[i].key); s != nil {
			*s = d.orFitting(packageRules[i].kind, *s)
		}
	}
	p.Name = orElse(p.Name, "unnamed")
	p.DownloadLocation = orNoAssertion(p.DownloadLocation)
	p.Attribution = slices.DeleteFunc(p.Attribution, func(s string) bool { return !d.fits(prose, s) })
	p.ExternalRefs = slices.DeleteFunc(p.ExternalRefs, func(x external) bool {
		return !facts.IsLocator(x.Locator) || !facts.IsLocator(x.Type) || !d.fits(prose, x.Comment)
	})
}

// orFitting returns s, or nothing if the dialect cannot hold it.
func (d dialect) orFitting(k kind, s string) string {
	if d.tagValue && !d.fits(k, s) {
		return ""
	}
	return s
}

// head makes what the document says of itself in native fields. The namespace
// is left for the end.
func (e *encoder) head() {
	m := e.m
	e.native.Version, e.native.DataLicense, e.native.ID = "SPDX-2.3", "CC0-1.0", documentID
	if e.old {
		e.native.Version = "SPDX-2.2"
	}
	e.native.Name = orElse(e.orFitting(line, m.Principal.Name), "unnamed")
	creation := creation{Created: noDate, Comment: fromPhase(m.Phase)}
	if !m.Created.IsZero() {
		creation.Created = fromTime(m.Created)
	}
	for _, t := range m.Tools {
		if s := e.orFitting(line, fromTool(t)); s != "" {
			creation.Creators = append(creation.Creators, s)
		}
	}
	if author := e.orFitting(line, fromParty(m.Author)); author != "" {
		creation.Creators = append(creation.Creators, author)
	}
	if creation.Creators == nil {
		creation.Creators = []string{annotator}
	}
	e.native.Creation = creation
}

// namespace returns a name for the document that no other has.
func namespace(m *sbom.Manifest) (string, error) {
	if uuid.MatchString(m.ID) {
		return fmt.Sprintf("%s%s/%d", namespaces, m.ID, m.Version), nil
	}
	b, err := json.Marshal(m)
	return fmt.Sprintf("%s%x", namespaces, sha256.Sum256(b)), err
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
// see [encoder.renamed].
func (e *encoder) addTexts(c *sbom.Component) {
	for _, t := range c.LicenseTexts {
		e.addText(t)
		if id := e.renamed(t); id != t.ID {
			e.addText(sbom.LicenseText{ID: id, Name: t.Name, Text: t.Text})
		}
	}
}

func (e *encoder) addText(t sbom.LicenseText) {
	key := strings.ToLower(t.ID)
	body, ok := strings.CutPrefix(t.ID, "LicenseRef-")
	if _, taken := e.texts[key]; taken || !ok || body == "" || facts.IDString(body) != body {
		return
	}
	e.texts[key] = e.extracted(t)
	e.native.Licences = append(e.native.Licences, e.texts[key])
}

func (e *encoder) extracted(t sbom.LicenseText) extracted {
	return extracted{ID: t.ID, Name: e.orFitting(line, t.Name), Text: orNoAssertion(e.orFitting(prose, t.Text))}
}

// renamed returns the id that a licence has in the document: its own, unless
// another licence with another text has that.
func (e *encoder) renamed(t sbom.LicenseText) string {
	first, ok := e.texts[strings.ToLower(t.ID)]
	if want := e.extracted(t); !ok || first.Text == want.Text && first.Name == want.Name {
		return t.ID
	}
	sum := sha256.Sum256([]byte(t.Name + "\x00" + t.Text))
	return t.ID + "-" + hex.EncodeToString(sum[:8])
}

// expression returns a licence expression of c with the ids of the document.
func (e *encoder) expression(c *sbom.Component, s string) string {
	if s == "" {
		return noAssertion
	}
	for _, t := range c.LicenseTexts {
		if id := e.renamed(t); id != t.ID {
			s = licenceRef.ReplaceAllStringFunc(s, func(ref string) string {
				if strings.EqualFold(ref, t.ID) {
					return id
				}
				return ref
			})
		}
	}
	return s
}

const annotator = "Tool: manifestgen"

// annotate adds annotations of ours.
func (e *encoder) annotate(p *pkg, comments ...string) {
	for _, c := range comments {
		p.Annotations = append(p.Annotations, annotation{annotator, e.native.Creation.Created, "OTHER", c})
	}
}

func (e *encoder) annotateList(p *pkg, mark string, properties []sbom.Property) {
	if len(properties) > 0 {
		e.scratch = appendProperties(append(e.scratch[:0], mark...), properties)
		e.annotate(p, string(e.scratch))
	}
}

// appendProperties appends a list of properties in one line of ASCII, as
// [facts.Canonical] writes it.
func appendProperties(b []byte, list []sbom.Property) []byte {
	for i, p := range list {
		if i == 0 {
			b = append(b, '[')
		} else {
			b = append(b, ',')
		}
		b = append(facts.AppendCanonical(append(b, `{"name":`...), p.Name), `,"value":`...)
		b = append(facts.AppendCanonical(b, p.Value), '}')
	}
	return append(b, ']')
}

// fields makes the package of a component, without what needs an annotation.
func (e *encoder) fields(i int) pkg {
	c := e.all[i]
	out := e.componentFields(c)
	if i == 0 {
		p := e.m.Principal
		out.FileName, out.Released, out.ValidUntil = p.FileName, fromTime(p.Published), fromTime(p.SupportEnd)
		if p.Disclaimer != "" {
			out.Attribution = []string{p.Disclaimer}
		}
		out.ExternalRefs = append(out.ExternalRefs, fromSource(p)...)
	}
	e.fit(&out)
	return out
}

// componentFields fills in the fields that all packages have.
func (e *encoder) componentFields(c *sbom.Component) pkg {
	out := pkg{
		ID: elementID(c.Name, c.Ref), Name: c.Name, Version: c.Version, Description: c.Description, Purpose: fromType(c.Type),
		Supplier: fromParty(c.Supplier), Originator: fromParty(c.Maker),
		DownloadLocation: noAssertion, Concluded: e.expression(c, c.Concluded), Declared: e.expression(c, c.Declared),
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
