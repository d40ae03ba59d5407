package spdx

import (
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// standard is how [sbom.Foreign] calls SPDX 2.
const standard = "spdx"

// derive returns what p has beyond the package that we would write. A key that
// we would write and that p has not is null, unless its value says nothing.
func derive(p, native *pkg) []sbom.Foreign {
	var out []sbom.Foreign
	add := func(key, value string) { out = append(out, sbom.Foreign{Standard: standard, Field: key, Value: value}) }
	for _, key := range packageTexts {
		if got, want := *p.text(key), *native.text(key); got != want && !has(p.rest, key) && (got != "" || want != noAssertion) {
			add(key, textValue(key, got))
		}
	}
	addList := func(key string, same bool, list func(*writer)) {
		if !same && !has(p.rest, key) {
			add(key, listValue(list))
		}
	}
	addList("checksums", slices.Equal(p.Checksums, native.Checksums), func(w *writer) {
		writeList(w, "", p.Checksums, (*writer).checksum)
	})
	addList("attributionTexts", slices.Equal(p.Attribution, native.Attribution), func(w *writer) { w.texts("", p.Attribution) })
	addList("externalRefs", slices.Equal(p.ExternalRefs, native.ExternalRefs), func(w *writer) {
		writeList(w, "", p.ExternalRefs, (*writer).external)
	})
	if len(p.Annotations) > 0 {
		others := p.others
		if !p.heard {
			others = p.said().foreign
		}
		addList("annotations", len(others) == 0, func(w *writer) { writeList(w, "", others, (*writer).annotation) })
	}
	for _, m := range inOrder(p.rest) {
		add(m.key, m.value)
	}
	return out
}

// textValue returns s as JSON, and nothing as null.
func textValue(key, s string) string {
	switch {
	case s == "":
		return "null"
	case key == "filesAnalyzed":
		return s
	default:
		return quote(s)
	}
}

// listValue returns the list that write writes under an empty key.
func listValue(write func(*writer)) string {
	w := &writer{b: []byte{'{'}}
	write(w)
	if len(w.b) == 1 {
		return "null"
	}
	return string(w.b[len(`{"":`):])
}

// mergeForeign returns what a document has in its own fields, and then what its
// annotations carry, which holds against it.
func mergeForeign(derived, carried []sbom.Foreign) []sbom.Foreign {
	if len(carried) == 0 {
		return derived
	}
	type name struct{ standard, field string }
	held := make(map[name]bool, len(carried))
	for _, f := range carried {
		held[name{f.Standard, f.Field}] = true
	}
	var out []sbom.Foreign
	for _, f := range derived {
		if !held[name{f.Standard, f.Field}] {
			out = append(out, f)
		}
	}
	return append(out, carried...)
}

// toCarry returns which of all foreign data an annotation must carry, if the
// fields of the document hold what is derived.
func toCarry(all, derived []sbom.Foreign) []sbom.Foreign {
	left := slices.DeleteFunc(slices.Clone(all), func(f sbom.Foreign) bool { return slices.Contains(derived, f) })
	if slices.Equal(mergeForeign(derived, left), all) {
		return left
	}
	return all
}

// foreignValue returns the value of a foreign field.
func foreignValue(list []sbom.Foreign, field string) (string, bool) {
	for _, f := range list {
		if f.Standard == standard && f.Field == field {
			return f.Value, true
		}
	}
	return "", false
}

// with returns p with one more field.
func (p pkg) with(key, value string) pkg {
	p.rest = slices.Clone(p.rest)
	p.member(&reader{s: value}, key)
	p.rest = lastOfEach(p.rest)
	return p
}

// overlay puts foreign fields into a package, those that are legal and that leave
// what the package says of the component as it is.
func (b *built) overlay(i int, native pkg) pkg {
	var fields []sbom.Foreign
	seen := map[string]bool{"SPDXID": true}
	for _, f := range b.all[i].Foreign {
		if f.Standard == standard && !seen[f.Field] && b.legalInPackage(f) {
			fields = append(fields, f)
			seen[f.Field] = true
		}
	}
	out := native
	out.ID = b.ids[i]
	if len(fields) == 0 {
		return out
	}
	lacks := b.names(i, &native)
	all := out
	for _, f := range fields {
		all = all.with(f.Field, f.Value)
	}
	if b.lacksNoMore(i, &all, lacks) {
		return all
	}
	for _, f := range fields {
		if next := out.with(f.Field, f.Value); b.lacksNoMore(i, &next, lacks) {
			out = next
		}
	}
	return out
}

// names returns which fields of the component a package does not hold, and the
// codes of what a reader would note about it that the manifest does not say.
func (b *built) names(i int, p *pkg) map[string]bool {
	names := map[string]bool{}
	for _, property := range b.missing(i, p, nil) {
		names[property.Name] = true
	}
	for _, f := range b.unsaid {
		if !b.said[f] {
			names[f.Code] = true
		}
	}
	return names
}

func (b *built) lacksNoMore(i int, p *pkg, lacks map[string]bool) bool {
	for name := range b.names(i, p) {
		if !lacks[name] {
			return false
		}
	}
	return true
}

// legalInPackage reports whether a foreign field may stand in a package.
func (e *encoder) legalInPackage(f sbom.Foreign) bool {
	if !e.legalMember(packageRules, f.Field, f.Value) {
		return false
	}
	var p pkg
	p.member(&reader{s: f.Value}, f.Field)
	if object := `{"name":"x","SPDXID":"SPDXRef-x",` + quote(f.Field) + ":" + f.Value + "}"; f.Value != "null" && !e.survives("packages", object) {
		return false
	}
	switch f.Field {
	case "annotations":
		return len(p.said().foreign) == len(p.Annotations)
	case "hasFiles":
		return !e.tagValue && e.areKnown(f.Value)
	default:
		return true
	}
}

// areKnown reports whether all strings of a list are SPDXIDs.
func (e *encoder) areKnown(value string) bool {
	ids, odd := readTexts(&reader{s: value})
	return !odd && !slices.ContainsFunc(ids, func(id string) bool { return !e.known[id] })
}

// identify gives every component its SPDXID: the foreign one, if that is legal
// and no other has it, else ours.
func (e *encoder) identify() {
	e.ids = make([]string, len(e.all))
	foreign := make([]string, len(e.all))
	taken, any := map[string]int{documentID: 2}, false
	for i, c := range e.all {
		e.ids[i] = elementID(c.Name, c.Ref)
		if value, ok := foreignValue(c.Foreign, "SPDXID"); ok && e.legalMember(packageRules, "SPDXID", value) {
			foreign[i], any = (&reader{s: value}).text(), true
		}
	}
	if !any {
		return
	}
	for _, id := range e.ids {
		taken[id]++
	}
	for i := range e.build {
		taken[e.build[i].ID]++
	}
	for i, id := range foreign {
		if id != "" && taken[id] == 0 {
			e.ids[i] = id
			taken[id]++
		}
	}
}

// keep gives the manifest what the document has beyond it.
func (d *decoder) keep(m *sbom.Manifest, refs []string) {
	e := newEncoder(m, d.dialect)
	e.ids = make([]string, len(e.all))
	e.ids[0] = elementID(m.Principal.Name, m.Principal.Ref)
	for i, p := range d.build {
		if i < len(e.build) {
			e.build[i].ID = p.ID
		}
	}
	for i, ref := range refs {
		p := &d.Packages[i]
		if d.built[i] {
			continue
		}
		at := e.at[ref]
		e.ids[at] = p.ID
		native := e.fields(at)
		if foreign := derive(p, &native); foreign != nil {
			e.all[at].Foreign = mergeForeign(foreign, e.all[at].Foreign)
		}
	}
	e.head()
	m.Foreign = mergeForeign(d.deriveDocument(e), m.Foreign)
}

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
