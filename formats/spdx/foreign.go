package spdx

import (
	"slices"

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
