package spdx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A decoder reads packages of one document.
type decoder struct {
	*document
	dialect
	at     map[string]int       // index of a package, by SPDXID; the first, if several have one
	states []state              // of the packages
	texts  map[string]extracted // by lower-case licence id
	repair *repairs             // nil until something needs it
	root   int                  // index of the principal's package, -1 if there is none
	build  []*pkg               // what is for the build of the principal only
	built  []bool               // whether a package is in build
}

// toManifest translates a document.
func toManifest(doc *document, in dialect) (*sbom.Manifest, error) {
	if !strings.HasPrefix(doc.Version, "SPDX-2.") {
		return nil, fmt.Errorf("spdxVersion is %.20q, not SPDX-2.2 or SPDX-2.3", doc.Version)
	}
	in.old = doc.Version < "SPDX-2.3"
	d := newDecoder(doc, in)
	m := d.read()
	err := m.Validate()
	if err != nil { // most documents need no repair, and looking for it is slow
		d.repair = &repairs{}
		m = d.read()
		err = m.Validate()
	}
	return m, err
}

func newDecoder(doc *document, in dialect) *decoder {
	d := &decoder{document: doc, dialect: in, at: make(map[string]int, len(doc.Packages)), texts: map[string]extracted{}}
	for i := range doc.Packages {
		if _, ok := d.at[doc.Packages[i].ID]; !ok {
			d.at[doc.Packages[i].ID] = i
		}
	}
	for _, l := range doc.Licences {
		if _, ok := d.texts[strings.ToLower(l.ID)]; !ok && l.ID != "" {
			d.texts[strings.ToLower(l.ID)] = l
		}
	}
	d.states = toStates(doc.Relationships, d.at, len(doc.Packages))
	return d
}

// read makes the manifest. What has to be valid in one is repaired, if d.repair
// is set.
func (d *decoder) read() *sbom.Manifest {
	m := &sbom.Manifest{}
	toHead(d.document, m)
	said := d.readPrincipal(m)
	refs := d.readComponents(m)
	m.Edges = d.edges(refs)
	m = facts.Order(m)
	d.keep(m, refs)
	p, findings := facts.Settle(said.records, m.Principal)
	m.Principal, m.Findings = p, append(m.Findings, findings...)
	forgetUnknown(m)
	m.Findings = facts.Order(&sbom.Manifest{Principal: p, Findings: m.Findings}).Findings
	return m
}

// forgetUnknown takes away the subjects of findings that are no components.
func forgetUnknown(m *sbom.Manifest) {
	if !slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Subject != m.Principal.Ref }) {
		return
	}
	known := map[string]bool{m.Principal.Ref: true}
	for _, c := range m.Components {
		known[c.Ref] = true
	}
	for i, f := range m.Findings {
		if !known[f.Subject] {
			m.Findings[i].Subject = ""
		}
	}
}

// readPrincipal chooses and reads the package that the document is about.
func (d *decoder) readPrincipal(m *sbom.Manifest) said {
	root, note := d.findRoot()
	d.root = root
	d.findBuild()
	p := &pkg{ID: documentID, Name: orElse(d.Name, "unnamed")}
	if root >= 0 {
		p = &d.Packages[root]
	}
	said := p.said()
	m.Principal = d.principal(p, said, m)
	facts.Document.Apply(m, said.document)
	if note != nil {
		note.Subject = m.Principal.Ref
		m.Findings = append(m.Findings, *note)
	}
	if d.Version != "SPDX-2.2" && d.Version != "SPDX-2.3" {
		m.Findings = append(m.Findings, sbom.Finding{Kind: sbom.Note, Code: "document.version",
			Detail: fmt.Sprintf("the document is of version %.20q, which is read as if it were 2.2 or 2.3", d.Version)})
	}
	m.Findings = append(m.Findings, said.findings...)
	return said
}

// findBuild finds the packages that are inputs of the build, and the toolchain.
func (d *decoder) findBuild() {
	d.build, d.built = nil, make([]bool, len(d.Packages))
	toolchain := false
	for i := range d.Packages {
		p := &d.Packages[i]
		if i == d.root || !d.isBuild(i) || isToolchain(p) && toolchain {
			continue
		}
		toolchain = toolchain || isToolchain(p)
		d.build, d.built[i] = append(d.build, p), true
	}
}

// principal reads the principal from everything but the record.
func (d *decoder) principal(p *pkg, said said, m *sbom.Manifest) *sbom.Principal {
	out := d.nativePrincipal(p)
	facts.ApplyToPrincipal(out, said.properties)
	notes := d.fix(&out.Component, p)
	m.Findings = append(m.Findings, about(out.Ref, notes)...)
	return out
}

// fix repairs what c may not have in a manifest, if that is asked for.
func (d *decoder) fix(c *sbom.Component, p *pkg) []sbom.Finding {
	if d.repair == nil {
		return nil
	}
	return d.repair.fix(c, p.ID)
}

// about gives findings their subject.
func about(ref string, findings []sbom.Finding) []sbom.Finding {
	for i := range findings {
		findings[i].Subject = ref
	}
	return findings
}

// findRoot returns the index of the package that the document is about, and a
// note unless the document says it plainly.
func (d *decoder) findRoot() (int, *sbom.Finding) {
	var roots []int
	seen := map[int]bool{}
	add := func(id string) {
		if i, ok := d.at[id]; ok && !seen[i] {
			roots = append(roots, i)
			seen[i] = true
		}
	}
	for _, r := range d.Relationships {
		switch {
		case r.Type == describes && d.isDocument(r.From):
			add(r.To)
		case r.Type == describedBy && d.isDocument(r.To):
			add(r.From)
		}
	}
	for _, id := range d.Describes {
		add(id)
	}
	note := &sbom.Finding{Kind: sbom.Note, Code: "document.root"}
	switch {
	case len(roots) == 1:
		return roots[0], nil
	case len(roots) > 1:
		note.Detail = "the document describes several packages; the first is taken for what it is about"
		return roots[0], note
	}
	for i := range d.Packages {
		if !d.states[i].below && !d.states[i].onlyForBuild() {
			roots = append(roots, i)
		}
	}
	if len(roots) == 1 {
		note.Detail = "the document describes no package; the only one that nothing contains or needs is taken for what it is about"
		return roots[0], note
	}
	note.Detail = "the document describes no package; it is taken for being about something that has its name"
	return -1, note
}

func (d *decoder) isDocument(id string) bool { return id == documentID || id == d.ID }

// readComponents reads all packages that are components. It returns the refs of
// all packages.
func (d *decoder) readComponents(m *sbom.Manifest) []string {
	refs := make([]string, len(d.Packages))
	taken := make(map[string]int, len(d.Packages)) // and how often it was wanted
	taken[m.Principal.Ref] = 1
	m.Components = make([]*sbom.Component, 0, len(d.Packages))
	for i := range d.Packages {
		p := &d.Packages[i]
		if i == d.root {
			refs[i] = m.Principal.Ref
			continue
		}
		if d.built[i] {
			continue
		}
		said := p.said()
		c := d.component(p, d.states[i])
		facts.ApplyToComponent(&c, said.properties)
		notes := d.fix(&c, p)
		if taken[c.Ref] > 0 && c.Ref == c.PURL && p.ID != "" {
			c.Ref = p.ID // foreign: two packages with one package URL
		}
		if at := d.at[p.ID]; at != i || p.ID == "" {
			m.Findings = append(m.Findings, sbom.Finding{Kind: sbom.Note, Code: "id.duplicate",
				Detail: fmt.Sprintf("a package called %.100q has the SPDXID %.100q, which is empty or that of another; it gets a new one", p.Name, p.ID)})
		}
		c.Ref = unused(c.Ref, taken)
		refs[i] = c.Ref
		m.Components = append(m.Components, &c)
		m.Findings = append(m.Findings, said.findings...)
		m.Findings = append(m.Findings, about(c.Ref, notes)...)
	}
	return refs
}

// unused returns ref, or if it is taken or empty, one that is not, and takes it.
func unused(ref string, taken map[string]int) string {
	base := orElse(ref, "package")
	next := base
	for ref == "" || taken[next] > 0 {
		ref = base
		taken[base]++
		next = fmt.Sprintf("%s~%d", base, max(2, taken[base]))
	}
	taken[next] = max(1, taken[next])
	return next
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
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

// nativePrincipal reads the principal from the fields of the format.
func (d *decoder) nativePrincipal(root *pkg) *sbom.Principal {
	var s state
	if d.root >= 0 {
		s = d.states[d.root]
	}
	p := &sbom.Principal{
		Component: d.component(root, s),
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
	for _, b := range d.build {
		if isToolchain(b) {
			p.Toolchain = b.Name
		} else {
			p.Inputs = append(p.Inputs, toInput(b))
		}
	}
	return p
}

func toInput(p *pkg) sbom.Input {
	return sbom.Input{Name: p.Name, URL: orNothing(p.DownloadLocation), Digests: toDigests(p.Checksums)}
}

// component reads the fields of a package and what relationships say of it.
func (d *decoder) component(p *pkg, s state) sbom.Component {
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
