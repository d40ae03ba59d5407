package spdx3

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A reader reads elements of one graph. The encoder has one too, to see what a
// decoder will find in what it writes.
type reader struct {
	byID      map[string]*element
	states    map[string]*state // by id
	licences  map[string]licence
	namespace string // of ids that are made of names and refs
	creation  string // the CreationInfo of the document
	root      string // id of the principal
	checked   bool   // package URLs are valid
	used      map[string]bool
	invalid   []string // ids of licences

	artifact, built, toolchain *element
	inputs                     []*element
}

func newReader(n int) *reader {
	return &reader{byID: map[string]*element{}, states: make(map[string]*state, n), licences: map[string]licence{}, used: map[string]bool{}}
}

// only reports whether x says nothing but what want does.
func (r *reader) only(x, want *element) bool {
	want.ID, want.Node = x.ID, x.Node
	if x.Creation == r.creation {
		want.Creation = x.Creation
	}
	return sameElement(x, want)
}

// readComponent reads the fields of an element and what relationships say of it.
// What the model has no word for becomes foreign.
func (r *reader) readComponent(e *element) sbom.Component {
	s := r.states[e.ID]
	if s == nil {
		s = &state{}
	}
	c := sbom.Component{
		Ref: e.ID, Name: e.Name, Version: e.Version, Description: e.Description,
		Wanted: s.wanted, Contents: s.contents, Dependencies: s.dependencies,
	}
	var odd []string // keys that are not wholly understood
	whole := func(key string, ok bool) {
		if !ok {
			odd = append(odd, key)
		}
	}
	var ok bool
	c.Type, ok = toType(e)
	whole("software_primaryPurpose", ok)
	c.Digests, ok = toDigests(e.Hashes)
	whole("verifiedUsing", ok)
	c.Built, ok = toTime(e.Built)
	whole("builtTime", ok)
	c.Supplier, ok = r.party(e.SuppliedBy)
	whole("suppliedBy", ok)
	c.Maker, ok = r.maker(e.OriginatedBy)
	whole("originatedBy", ok)
	c.PURL, ok = r.purl(e.PURL)
	whole("software_packageUrl", ok)
	whole("externalIdentifier", r.identify(e, &c))
	whole("externalRef", r.refs(e, &c))
	c.Copyright, ok = toCopyright(e.Copyright)
	whole("software_copyrightText", ok)
	if e.ID != r.root {
		whole("releaseTime", e.Released == "")
		whole("validUntilTime", e.ValidUntil == "")
		whole("supportLevel", len(e.SupportLevel) == 0)
		whole("software_attributionText", len(e.Attribution) == 0)
	}
	r.license(s, &c)
	if c.PURL != "" {
		c.Ref = c.PURL
	}
	c.Foreign = r.foreignFields(e, &c, odd)
	return c
}

// readPrincipal reads the principal from the fields of the format.
func (r *reader) readPrincipal(e *element) *sbom.Principal {
	p := &sbom.Principal{Component: r.readComponent(e), Disclaimer: strings.Join(e.Attribution, "\n")}
	var ok bool
	if p.Published, ok = toTime(e.Released); !ok {
		p.Foreign = withField(p.Foreign, e.foreign("releaseTime"))
	}
	if p.SupportEnd, ok = toTime(e.ValidUntil); !ok {
		p.Foreign = withField(p.Foreign, e.foreign("validUntilTime"))
	}
	if len(e.SupportLevel) > 0 {
		p.SupportLevel = e.SupportLevel[0]
	}
	if len(e.SupportLevel) > 1 {
		p.Foreign = withField(p.Foreign, e.foreign("supportLevel"))
	}
	if len(e.Attribution) > 1 {
		p.Foreign = withField(p.Foreign, e.foreign("software_attributionText"))
	}
	p.Links = slices.DeleteFunc(p.Links, func(l sbom.Link) bool {
		ours := l.Type == "vcs" && l.Comment == facts.RepositoryComment
		if ours {
			p.Repository = l.URL
		}
		return ours
	})
	if len(p.Links) == 0 {
		p.Links = nil
	}
	for _, id := range e.Identifiers {
		if commit, ok := toCommit(id); ok {
			p.Commit = commit
		}
	}
	r.readBuild(p)
	return p
}

// wholePrincipal reads the principal from everything but the record.
func (r *reader) wholePrincipal(e *element) *sbom.Principal {
	p := r.readPrincipal(e)
	foreign := p.Foreign
	p.Foreign = nil
	facts.ApplyToPrincipal(p, properties(e))
	r.settleForeign(e, &p.Component, foreign)
	return p
}

// wholeComponent reads a component from fields and properties.
func (r *reader) wholeComponent(e *element) *sbom.Component {
	c := r.readComponent(e)
	foreign := c.Foreign
	c.Foreign = nil
	facts.ApplyToComponent(&c, properties(e))
	r.settleForeign(e, &c, foreign)
	return &c
}

// settleForeign sets what the element has beyond the model, unless a property
// says it.
func (r *reader) settleForeign(e *element, c *sbom.Component, foreign []sbom.Foreign) {
	if saysForeign(properties(e), "manifestgen:foreign") {
		return
	}
	c.Foreign = foreign
	if e.ID != r.namespace+"#"+fragment(c.Name, c.Ref) && isIRI(e.ID) {
		c.Foreign = withID(c.Foreign, e.ID)
	}
}

// saysForeign reports whether a property says what is foreign.
func saysForeign(list []sbom.Property, name string) bool {
	for _, p := range list {
		var foreign []sbom.Foreign
		if p.Name == name && json.Unmarshal([]byte(p.Value), &foreign) == nil {
			return true
		}
	}
	return false
}

// properties returns the properties of an element.
func properties(e *element) []sbom.Property {
	var out []sbom.Property
	for _, x := range e.Extensions {
		for _, p := range x.Properties {
			out = append(out, sbom.Property{Name: p.Name, Value: p.Value})
		}
	}
	return out
}

func (r *reader) readBuild(p *sbom.Principal) {
	if r.artifact != nil {
		p.FileName = r.artifact.Name
	}
	if r.built == nil {
		return
	}
	for _, s := range r.built.Parameters {
		p.Settings = append(p.Settings, sbom.Property{Name: s.Key, Value: s.Value})
	}
	for _, x := range r.inputs {
		digests, _ := toDigests(x.Hashes)
		p.Inputs = append(p.Inputs, sbom.Input{Name: x.Name, URL: x.Download, Digests: digests})
	}
	if r.toolchain != nil {
		p.Toolchain = r.toolchain.Name
		r.used[r.toolchain.ID] = true
	}
}

// party reads who an element refers to. It reports false if that is nobody the
// model has a word for.
func (r *reader) party(id string) (sbom.Party, bool) {
	if id == "" {
		return sbom.Party{}, true
	}
	x := r.byID[id]
	if x == nil || !isAgent(x.Type) || x.Name == "" {
		return sbom.Party{}, false
	}
	r.used[id] = true
	return toParty(x), true
}

func (r *reader) maker(ids []string) (sbom.Party, bool) {
	if len(ids) == 0 {
		return sbom.Party{}, true
	}
	p, ok := r.party(ids[0])
	return p, ok && len(ids) == 1
}

// purl reads a package URL. It reports false if it is none.
func (r *reader) purl(s string) (string, bool) {
	if s == "" || r.checked || valid(sbom.Component{PURL: s}) {
		return s, true
	}
	return "", false
}

// valid reports whether a component that has nothing but what c has is valid.
func valid(c sbom.Component) bool {
	c.Ref, c.Name = "x", "x"
	return (&sbom.Manifest{Principal: &sbom.Principal{Component: c}}).Validate() == nil
}

// identify reads external identifiers. It reports false if they say more than
// the model can.
func (r *reader) identify(e *element, c *sbom.Component) bool {
	whole := true
	for _, id := range e.Identifiers {
		plain := id.Type == classIdentifier && id.Comment == "" && id.Authority == "" && len(id.Locators) == 0 && id.Node == ""
		_, commit := toCommit(id)
		switch {
		case id.Kind == "packageUrl" && c.PURL == "" && valid(sbom.Component{PURL: id.Value}):
			c.PURL = id.Value
			plain = plain && e.Type == classPackage
		case id.Kind == "packageUrl" && c.PURL == id.Value:
		case id.Kind == cpeType(id.Value) && c.CPE == "":
			c.CPE = id.Value
		case commit && e.ID == r.root:
		default:
			plain = false
		}
		whole = whole && plain
	}
	return whole
}

func toCommit(id identifier) (string, bool) {
	rest, ok := strings.CutPrefix(id.Value, gitoid)
	kind, commit, _ := strings.Cut(rest, ":")
	return commit, ok && id.Kind == "gitoid" && kind != "" && commitKind(commit) == kind
}

// refs reads external references. It reports false if they say more than links
// can.
func (r *reader) refs(e *element, c *sbom.Component) bool {
	whole := true
	if n := len(e.Refs); n > 0 {
		c.Links = make([]sbom.Link, 0, n)
	}
	for _, x := range e.Refs {
		kind, known := toLinkType(x.Kind)
		whole = whole && known && x.Type == classRef && len(x.Locators) == 1 && x.ContentType == "" && x.Node == ""
		for _, url := range x.Locators {
			whole = whole && facts.IsReference(url)
			c.Links = append(c.Links, sbom.Link{Type: kind, URL: url, Comment: x.Comment})
		}
	}
	addLink(c, "website", e.HomePage)
	addLink(c, "distribution", e.Download)
	return whole
}

// addLink adds a link that a field of its own states, unless it is there.
func addLink(c *sbom.Component, kind, url string) {
	if url == "" || isWord(url) || slices.ContainsFunc(c.Links, func(l sbom.Link) bool { return l.Type == kind && l.URL == url }) {
		return
	}
	c.Links = append(c.Links, sbom.Link{Type: kind, URL: url})
}

func toCopyright(s string) ([]string, bool) {
	switch {
	case s == "":
		return nil, true
	case isWord(s):
		return nil, false
	}
	return strings.Split(s, "\n"), true
}

// toTime reads a time. It reports false if there is one that cannot be read.
func toTime(s string) (time.Time, bool) {
	t, err := facts.ParseTime(s)
	if err != nil {
		return time.Time{}, false
	}
	return t, true
}

const licenseRef = "LicenseRef-"

// licenceRefs finds the licences in an expression that have a text.
var licenceRefs = regexp.MustCompile(`LicenseRef-[A-Za-z0-9.-]+`)

// A licence is what the element of a licence says.
type licence struct {
	expression string
	texts      []sbom.LicenseText
}

// license reads the licences that relationships name. All of them hold.
func (r *reader) license(s *state, c *sbom.Component) {
	c.Declared = r.expression(s.declared, c)
	c.Concluded = r.expression(s.concluded, c)
}

func (r *reader) expression(ids []string, c *sbom.Component) string {
	var all []string
	for _, id := range ids {
		l := r.licence(id)
		if l.expression == "" || slices.Contains(all, l.expression) {
			continue
		}
		all = append(all, l.expression)
		for _, t := range l.texts {
			if _, ok := textOf(c.LicenseTexts, t.ID); !ok {
				c.LicenseTexts = append(c.LicenseTexts, t)
			}
		}
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	slices.Sort(all) // the order of relationships means nothing
	joined := "(" + strings.Join(all, ") AND (") + ")"
	if !valid(sbom.Component{Declared: joined, LicenseTexts: c.LicenseTexts}) {
		return all[0]
	}
	return joined
}

// listed begins the ids of the licences that SPDX lists.
const listed = "https://spdx.org/licenses/"

// licence reads the element of a licence, once. What is no valid expression is
// no licence.
func (r *reader) licence(id string) licence {
	l, ok := r.licences[id]
	if ok {
		return l
	}
	if name, ok := strings.CutPrefix(id, listed); ok {
		l.expression = name
	}
	if x := r.byID[id]; x != nil && x.Type == classExpression {
		l = r.readLicence(x)
		r.used[id] = true
	}
	if l.expression != "" && !valid(sbom.Component{Declared: l.expression, LicenseTexts: l.texts}) {
		r.invalid = append(r.invalid, id)
		l = licence{}
	}
	r.licences[id] = l
	return l
}

func (r *reader) readLicence(x *element) licence {
	l := licence{expression: x.Expression}
	if isWord(x.Expression) {
		l.expression = ""
	}
	for _, id := range x.CustomIDs {
		text := r.byID[id.Value]
		if text == nil || text.LicenseText == nil || !strings.HasPrefix(id.Key, licenseRef) {
			continue
		}
		r.used[id.Value] = true
		l.texts = append(l.texts, sbom.LicenseText{ID: id.Key, Name: text.Name, Text: *text.LicenseText})
	}
	return l
}
