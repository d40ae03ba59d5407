package spdx

import (
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// deriveDocument returns what the document has beyond its packages and beyond
// what we would write.
func (d *decoder) deriveDocument(e *encoder) []sbom.Foreign {
	var out []sbom.Foreign
	add := func(key, value string) { out = append(out, sbom.Foreign{Standard: standard, Field: key, Value: value}) }
	for _, key := range headTexts {
		got, want := *d.text(key), *e.native.text(key)
		if key == "documentNamespace" && strings.HasPrefix(got, namespaces) || got == want || has(d.rest, key) {
			continue
		}
		add(key, textValue(key, got))
	}
	if !slices.Equal(d.Creation.Creators, e.native.Creation.Creators) && !has(d.rest, "creationInfo.creators") {
		add("creationInfo.creators", listValue(func(w *writer) { w.texts("", d.Creation.Creators) }))
	}
	if d.Describes != nil && !has(d.rest, "documentDescribes") {
		add("documentDescribes", listValue(func(w *writer) { w.texts("", d.Describes) }))
	}
	if others := e.otherLicences(d.Licences); len(others) > 0 {
		add("hasExtractedLicensingInfos", listValue(func(w *writer) { writeList(w, "", others, (*writer).extracted) }))
	}
	if list := d.withoutRoot(e.ids[0]); !e.sameRelations(list) {
		add("relationships", listValue(func(w *writer) { writeList(w, "", list, (*writer).relationship) }))
	}
	for _, m := range inOrder(d.rest) {
		add(m.key, m.value)
	}
	return out
}

// inOrder returns members sorted by their keys, as not all serialisations keep
// the order that they stand in.
func inOrder(list []member) []member {
	return slices.SortedStableFunc(slices.Values(list), func(a, b member) int { return strings.Compare(a.key, b.key) })
}

// withoutRoot returns the relationships without the one that says what the
// document is about, unless that is said elsewhere too.
func (d *decoder) withoutRoot(root string) []relationship {
	isRoot := func(r relationship) bool { return r == relationship{From: documentID, Type: describes, To: root} }
	if slices.Contains(d.Describes, root) || !slices.ContainsFunc(d.Relationships, isRoot) {
		return d.Relationships
	}
	if isRoot(d.Relationships[0]) && !slices.ContainsFunc(d.Relationships[1:], isRoot) {
		return d.Relationships[1:]
	}
	return slices.DeleteFunc(slices.Clone(d.Relationships), isRoot)
}

// otherLicences returns the licences of a list that we would not write.
func (e *encoder) otherLicences(list []extracted) []extracted {
	var others []extracted
	for _, x := range list {
		if own, ok := e.texts[strings.ToLower(x.ID)]; !ok || own != x {
			others = append(others, x)
		}
	}
	return others
}

// overlayDocument puts foreign fields into the document without its packages and
// relationships, those that are legal and that leave what it says of the manifest
// as it is.
func (e *encoder) overlayDocument() document {
	out := e.native
	lacks := e.documentNames(&out)
	files := ""
	if value, ok := foreignValue(e.m.Foreign, "files"); ok { // first, as snippets refer to them
		files = e.legalElements(sbom.Foreign{Field: "files", Value: value})
	}
	for _, f := range e.m.Foreign {
		if f.Standard != standard || has(out.rest, f.Field) {
			continue
		}
		switch f.Field {
		case "files":
			if files != "" {
				out.rest = append(out.rest, member{f.Field, files})
			}
		case "snippets", "annotations", "externalDocumentRefs", "revieweds":
			if list := e.legalElements(f); list != "" {
				out.rest = append(out.rest, member{f.Field, list})
			}
		case "hasExtractedLicensingInfos":
			out.Licences = e.withLicences(f.Value)
		case "documentDescribes", "relationships", "packages", "SPDXID":
		default:
			next := out
			next.rest = slices.Clone(out.rest)
			if !e.legalMember(documentRules, f.Field, f.Value) || f.Field == "documentNamespace" && (e.m.ID != "" || e.m.Version != 0) {
				continue
			}
			next.member(&reader{s: f.Value}, f.Field)
			if next.rest = lastOfEach(next.rest); e.documentLacksNoMore(&next, lacks) {
				out = next
			}
		}
	}
	return out
}

func (e *encoder) documentNames(doc *document) map[string]bool {
	back := &sbom.Manifest{}
	toHead(doc, back)
	names := map[string]bool{}
	for _, p := range facts.Document.Missing(e.m, back) {
		names[p.Name] = true
	}
	return names
}

func (e *encoder) documentLacksNoMore(doc *document, lacks map[string]bool) bool {
	for name := range e.documentNames(doc) {
		if !lacks[name] {
			return false
		}
	}
	return true
}

// legalElements returns the elements of a list that may stand in a document.
func (e *encoder) legalElements(f sbom.Foreign) string {
	rule := ruleOf(documentRules, f.Field)
	r := &reader{s: f.Value}
	if r.peek() != '[' {
		return ""
	}
	list := []byte{'['}
	r.array(func() {
		element := r.value()
		if !e.legalObject(rule.inside, &reader{s: element}) || !e.elementSurvives(f.Field, element) || !e.register(f.Field, element) {
			return
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = append(list, element...)
	})
	if r.err != nil || len(list) == 1 {
		return ""
	}
	return string(append(list, ']'))
}

// elementSurvives reports whether an element of a list comes back from the
// serialisation as it is.
func (e *encoder) elementSurvives(field, element string) bool {
	if field != "snippets" {
		return e.survives(field, element)
	}
	var file string // which a snippet stands with
	readFields(&reader{s: element}, "snippetFromFile", &file)
	return e.survives("files", `{"fileName":"x","SPDXID":`+quote(file)+"}", field, element)
}

// register adds the id of an element to those that are known. It reports false
// if another has it, or if the element refers to something that is not known.
func (e *encoder) register(field, element string) bool {
	var id, file string
	readFields(&reader{s: element}, "SPDXID", &id, "externalDocumentId", &id, "snippetFromFile", &file)
	switch {
	case field == "snippets" && !e.known[file]:
		return false
	case field == "annotations" || field == "revieweds":
		return true
	}
	e.learn()
	if e.known[id] {
		return false
	}
	e.known[id] = true
	return true
}

// learn fills in which SPDXIDs there are.
func (e *encoder) learn() {
	if e.known != nil {
		return
	}
	e.known = map[string]bool{documentID: true, none: true, noAssertion: true}
	for _, id := range e.ids {
		e.known[id] = true
	}
	for i := range e.build {
		e.known[e.build[i].ID] = true
	}
}

// withLicences returns the licences of the document with those of a list: new
// ones, and what says more of one that is there.
func (e *encoder) withLicences(list string) []extracted {
	out := slices.Clone(e.native.Licences)
	at := map[string]int{}
	for i, x := range out {
		at[strings.ToLower(x.ID)] = i
	}
	r := &reader{s: list}
	if r.peek() != '[' {
		return out
	}
	r.array(func() {
		start := r.i
		x := readExtracted(r)
		ok := e.legalObject(licenceRules, &reader{s: r.s[:r.i], i: start}) && strings.HasPrefix(x.ID, "LicenseRef-") && idForm.MatchString("SPDXRef-"+x.ID) &&
			e.survives("hasExtractedLicensingInfos", r.s[start:r.i])
		i, there := at[strings.ToLower(x.ID)]
		switch {
		case !ok:
		case !there:
			at[strings.ToLower(x.ID)] = len(out)
			out = append(out, x)
		case out[i].raw == "" && x.ID == out[i].ID && x.Name == out[i].Name && x.Text == out[i].Text:
			out[i] = x
		}
	})
	return out
}

// foreignRelations returns whether to write our relationships, and the foreign
// ones: those of the foreign document, if they still say what the manifest says;
// else, beside ours, those that say nothing of components.
func (e *encoder) foreignRelations() (own bool, others []relationship) {
	value, ok := foreignValue(e.m.Foreign, "relationships")
	r := &reader{s: value}
	if !ok || r.peek() != '[' && value != "null" {
		return true, nil
	}
	var list []relationship
	r.array(func() {
		start := r.i
		x := readRelationship(r)
		if !e.legalObject(relationshipRules, &reader{s: r.s[:r.i], i: start}) || !e.survives("relationships", r.s[start:r.i]) || !e.resolves(x.From) || !e.resolves(x.To) {
			return
		}
		list = append(list, x)
		if !tells(x.Type) {
			others = append(others, x)
		}
	})
	if r.err == nil && e.meansTheSame(list) {
		return false, list
	}
	return true, others
}

// tells reports whether relationships of a type say something of the manifest.
func tells(kind string) bool {
	return slices.Contains([]string{describes, describedBy, contains, containedBy, dependsOn, dependencyOf, generatedFrom, buildToolOf, optionalOf}, kind)
}

// resolves reports whether an id is one of an element that is in the document, or
// of another document that it names.
func (e *encoder) resolves(id string) bool {
	e.learn()
	outside, _, ok := strings.Cut(id, ":")
	return e.known[id] || ok && e.known[outside]
}

// resolveAll reports whether all ids of a list resolve.
func (e *encoder) resolveAll(list string) bool {
	ids, odd := readTexts(&reader{s: list})
	return !odd && !slices.ContainsFunc(ids, func(id string) bool { return !e.resolves(id) })
}
