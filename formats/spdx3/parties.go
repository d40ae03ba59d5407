package spdx3

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// agent returns the id of the element of a party, and "" if the party is one
// that the format has no element for. Equal parties share one.
func (e *encoder) agent(p sbom.Party) string {
	if p.Name == "" {
		return ""
	}
	return e.shared(fromParty(p))
}

// fromParty makes the element of a party. What it does not hold, such as the
// names of contacts, is left to the properties of those who refer to it.
func fromParty(p sbom.Party) *element {
	out := &element{Type: classOrganization, Name: p.Name}
	if p.Person {
		out.Type = classPerson
	}
	if facts.IsReference(p.URL) {
		out.Identifiers = append(out.Identifiers, identifier{Kind: "urlScheme", Value: p.URL, Type: classIdentifier})
	}
	for _, c := range p.Contacts {
		if facts.IsEmail(c.Email) {
			out.Identifiers = append(out.Identifiers, identifier{Kind: "email", Value: c.Email, Type: classIdentifier})
		}
	}
	return out
}

// toParty reads a party.
func toParty(e *element) sbom.Party {
	if e == nil || !isAgent(e.Type) {
		return sbom.Party{}
	}
	p := sbom.Party{Name: e.Name, Person: e.Type == classPerson}
	for _, id := range e.Identifiers {
		switch {
		case id.Kind == "email":
			p.Contacts = append(p.Contacts, sbom.Contact{Email: id.Value})
		case id.Kind == "urlScheme" && p.URL == "":
			p.URL = id.Value
		}
	}
	return p
}

// shared writes an element that others refer to, once, and returns its id. One
// of a decoded document that says the same takes its place.
func (e *encoder) shared(x *element) string {
	key := saying(x)
	id, ok := e.agents[key]
	if ok {
		return id
	}
	if id, ok = e.foreign.saying[key]; !ok {
		x.ID, x.Creation = e.free(sharedName(x)), e.creation
		id = x.ID
		e.elements = append(e.elements, x)
		e.byID[id] = x
	}
	e.agents[key] = id
	return id
}

// sharedName ends the id of a shared element, which is made of what it says.
func sharedName(x *element) string {
	class := x.Type[strings.Index(x.Type, "_")+1:]
	return strings.ToLower(class) + "-" + shortHash(saying(x))
}

// saying returns what a shared element says, as far as the model has words for
// it.
func saying(x *element) string {
	var b strings.Builder
	part := func(s string) { b.WriteString(strconv.Quote(s)) }
	switch {
	case isAgent(x.Type):
		p := toParty(x)
		part("party " + strconv.FormatBool(p.Person))
		part(p.Name)
		part(p.URL)
		for _, c := range p.Contacts {
			part(c.Email)
		}
	case x.Type == classExpression:
		part("licence")
		part(x.Expression)
		for _, id := range x.CustomIDs {
			part(id.Key)
			part(id.Value)
		}
	case x.Type == classText && x.LicenseText != nil:
		part("text")
		part(x.Name)
		part(*x.LicenseText)
	default:
		part(x.Type)
		part(x.Name)
	}
	return b.String()
}

// tool returns the id of the element of a tool.
func (e *encoder) tool(name string) string {
	return e.shared(&element{Type: classTool, Name: name})
}

// licence returns the id of the element of a licence expression. The texts of
// the licences in it are elements of their own.
func (e *encoder) licence(expression string, texts []sbom.LicenseText) string {
	if id, ok := e.plain[expression]; ok {
		return id
	}
	out := &element{Type: classExpression, Expression: expression}
	if strings.Contains(expression, licenseRef) {
		e.customIDs(out, texts)
		return e.shared(out)
	}
	e.plain[expression] = e.shared(out)
	return e.plain[expression]
}

func (e *encoder) customIDs(out *element, texts []sbom.LicenseText) {
	seen := map[string]bool{}
	for _, id := range licenceRefs.FindAllString(out.Expression, -1) {
		t, ok := textOf(texts, id)
		if !ok || seen[t.ID] {
			continue
		}
		seen[t.ID] = true
		text := e.shared(&element{Type: classText, Name: t.Name, LicenseText: &t.Text})
		out.CustomIDs = append(out.CustomIDs, entry{Key: t.ID, Value: text, Type: classEntry})
	}
}

func textOf(texts []sbom.LicenseText, id string) (sbom.LicenseText, bool) {
	for _, t := range texts {
		if strings.EqualFold(t.ID, id) {
			return t, true
		}
	}
	return sbom.LicenseText{}, false
}

// creator names who made the document if nobody says so, which the format wants
// to know.
const creator = "manifestgen"

// head writes what the document says of itself: when and by whom it was made,
// the document, and the SBOM in it.
func (e *encoder) head() (creation, doc, box *element) {
	m := e.m
	creation = &element{Type: classCreation, Node: e.creation, SpecVersion: "3.0.1", Created: cmp.Or(fromTime(m.Created), noDate)}
	author := e.agent(m.Author)
	if author == "" {
		author = e.shared(&element{Type: classSoftware, Name: creator})
	}
	creation.CreatedBy = []string{author}
	for _, t := range m.Tools {
		if id := e.tool(fromTool(t)); t.Name != "" && !slices.Contains(creation.CreatedUsing, id) {
			creation.CreatedUsing = append(creation.CreatedUsing, id)
		}
	}
	box = &element{Type: classSBOM, ID: e.free("sbom"), Creation: e.creation, Roots: []string{e.root}}
	for _, c := range e.all() {
		box.Elements = append(box.Elements, e.ids[c.Ref])
	}
	if phase, ok := fromWord(phases, m.Phase); ok {
		box.SBOMTypes = []string{phase}
	}
	doc = &element{
		Type: classDocument, ID: e.free("document"), Creation: e.creation, Name: m.Principal.Name,
		DataLicense: e.licence("CC0-1.0", nil), Profiles: []string{"core", "extension", "simpleLicensing", "software"},
	}
	return creation, doc, box
}

func fromTool(t sbom.Tool) string {
	if t.Version == "" {
		return t.Name
	}
	return t.Name + "-" + t.Version
}
