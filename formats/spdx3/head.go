package spdx3

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// readHead reads what a document says of itself in native fields. The principal
// of what it returns has a ref only, the id of its element.
func (r *reader) readHead(creation, doc, box *element) *sbom.Manifest {
	m := &sbom.Manifest{Principal: &sbom.Principal{}}
	if id, version, ok := strings.Cut(strings.TrimPrefix(baseOf(doc.ID), namespaces), "/"); ok && uuid.MatchString(id) {
		m.ID = id
		fmt.Sscanf(version, "%d", &m.Version)
	}
	if creation.Created != noDate {
		m.Created, _ = toTime(creation.Created)
	}
	for _, id := range creation.CreatedBy {
		if p, ok := r.party(id); ok && m.Author.IsZero() {
			m.Author = p
		}
	}
	for _, id := range creation.CreatedUsing {
		if x := r.byID[id]; x != nil && x.Type == classTool {
			r.used[id] = true
			m.Tools = append(m.Tools, toTool(x.Name))
		}
	}
	if len(box.SBOMTypes) > 0 {
		m.Phase, _ = toWord(phases, box.SBOMTypes[0])
	}
	if len(box.Roots) > 0 {
		m.Principal.Ref = box.Roots[0]
	}
	return m
}

// toolVersion is the end of a tool's name that looks like a version.
var toolVersion = regexp.MustCompile(`-(v?[0-9][^-]*)$`)

func toTool(s string) sbom.Tool {
	if at := toolVersion.FindStringSubmatchIndex(s); at != nil {
		return sbom.Tool{Name: s[:at[0]], Version: s[at[2]:at[3]]}
	}
	return sbom.Tool{Name: s}
}

// ourProfiles are those that our documents may conform to.
var ourProfiles = strings.Fields("core software simpleLicensing build extension")

// headForeign returns what the head of a document has beyond the model.
func (r *reader) headForeign(name string, creation, doc, box *element) []sbom.Foreign {
	d, b, c := *doc, *box, *creation
	base := baseOf(doc.ID)
	ours := strings.HasPrefix(base, namespaces)
	if ours && d.ID == base+"#document" {
		d.ID = ""
	}
	if b.ID == base+"#sbom" {
		b.ID = ""
	}
	if d.Name == name {
		d.Name = ""
	}
	if r.licence(d.DataLicense).expression == "CC0-1.0" && r.isPlain(r.byID[d.DataLicense]) {
		d.DataLicense = ""
	}
	d.Profiles = slices.DeleteFunc(slices.Clone(d.Profiles), func(s string) bool { return slices.Contains(ourProfiles, s) })
	if len(b.Roots) == 1 {
		b.Roots = nil
	}
	if _, ok := toWord(phases, strings.Join(b.SBOMTypes, " ")); ok {
		b.SBOMTypes = nil
	}
	if c.Node == "_:creationinfo" {
		c.Node = ""
	}
	if r.plainCreators(&c) {
		c.CreatedBy = nil
	}
	if r.plainTools(&c) {
		c.CreatedUsing = nil
	}
	d.Roots, d.Elements, b.Elements, c.Created, c.SpecVersion = nil, nil, nil, "", ""
	var out []sbom.Foreign
	for _, x := range []*element{&d, &b, &c} {
		if x.Creation == r.creation {
			x.Creation = ""
		}
		x.Extensions = nil
		out = append(out, rest(x)...)
	}
	return out
}

// rest returns the keys that are left of an element as one piece of foreign
// data.
func rest(x *element) []sbom.Foreign {
	class := x.Type
	var keys map[string]json.RawMessage
	if json.Unmarshal(x.whole(), &keys) != nil {
		return nil
	}
	delete(keys, "type")
	if len(keys) == 0 {
		return nil
	}
	return []sbom.Foreign{foreignField(class, canonical(keys))}
}

// plainCreators reports whether one party made the document, or nobody but a
// tool of ours.
func (r *reader) plainCreators(c *element) bool {
	if len(c.CreatedBy) != 1 {
		return len(c.CreatedBy) == 0
	}
	x := r.byID[c.CreatedBy[0]]
	if x != nil && r.only(x, &element{Type: classSoftware, Name: creator}) {
		r.used[x.ID] = true
		return true
	}
	return r.isPlain(x)
}

func (r *reader) plainTools(c *element) bool {
	return !slices.ContainsFunc(c.CreatedUsing, func(id string) bool { return !r.isPlain(r.byID[id]) })
}

// isPlain reports whether the model holds all that a shared element says.
func (r *reader) isPlain(x *element) bool {
	if x == nil {
		return false
	}
	switch {
	case x.Type == classOrganization || x.Type == classPerson:
		p := toParty(x)
		return r.only(x, fromParty(p)) && p.Name != ""
	case x.Type == classTool:
		return r.only(x, &element{Type: classTool, Name: x.Name}) && x.Name != ""
	case x.Type == classSoftware:
		return r.only(x, &element{Type: classSoftware, Name: creator})
	case x.Type == classText:
		return r.only(x, &element{Type: classText, Name: x.Name, LicenseText: x.LicenseText})
	case x.Type == classExpression:
		return r.licence(x.ID).expression != "" && r.only(x, &element{Type: classExpression, Expression: x.Expression, CustomIDs: x.CustomIDs}) &&
			!slices.ContainsFunc(x.CustomIDs, func(id entry) bool { return !r.plainCustomID(x, id) })
	}
	return false
}

func (r *reader) plainCustomID(x *element, id entry) bool {
	text := r.byID[id.Value]
	return text != nil && text.Type == classText && r.isPlain(text) && id.Type == classEntry && id.Node == "" && strings.Contains(x.Expression, id.Key)
}

// describeDocument writes what the fields of the document do not say of it, the
// last thing to be written.
func (e *encoder) describeDocument(creation, doc, box *element) {
	doc.Roots = []string{box.ID}
	back := e.readHead(creation, doc, box)
	back.Foreign = e.documentForeign(creation, doc, box)
	addProperties(doc, nil, facts.Document.Missing(e.m, back))
	for _, x := range e.elements {
		if x.Type == classBuild {
			doc.Profiles = union(doc.Profiles, []string{"build"})
		}
	}
}

// documentForeign returns the foreign data of the document that a decoder will
// find.
func (e *encoder) documentForeign(creation, doc, box *element) []sbom.Foreign {
	out := e.headForeign(e.m.Principal.Name, creation, doc, box)
	for _, x := range e.foreign.elements {
		out = append(out, foreignField(graphField, x.whole()))
	}
	for i := range e.foreign.relations {
		x := &e.foreign.relations[i]
		out = append(out, foreignField(graphField, x.whole()))
	}
	slices.SortFunc(out, compareForeign)
	return out
}
