package spdx

import (
	"io"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A built document is decided: all that is left is to write it.
type built struct {
	*encoder
	head     document // without packages and relationships
	root     pkg
	describe bool           // a relationship says what the document is about
	own      bool           // the relationships are ours
	others   []relationship // that are foreign
	decoder  *decoder       // what a reader has before it reads the packages
	repairs  *repairs
	back     sbom.Component // what missing compares with
	unsaid   []sbom.Finding // what a reader would note of the package that missing saw last
	said     map[sbom.Finding]bool
}

func newBuilt(m *sbom.Manifest, in dialect) (*built, error) {
	b := &built{encoder: newEncoder(m, in), repairs: &repairs{}}
	b.identify()
	b.encoder.head()
	var err error
	if b.native.Namespace, err = namespace(m); err != nil {
		return nil, err
	}
	b.head = b.overlayDocument()
	b.addNotes()
	b.own, b.others = b.foreignRelations()
	b.addDescribes()
	b.decoder = &decoder{document: &b.head, dialect: in, texts: b.texts, states: []state{b.state(0)}}
	for i := range b.build {
		b.decoder.build = append(b.decoder.build, &b.build[i])
	}
	b.root, err = b.principal()
	return b, err
}

// addNotes sorts the findings by their subjects.
func (b *built) addNotes() {
	b.notes, b.said = map[string][]string{}, make(map[sbom.Finding]bool, len(b.m.Findings))
	for _, f := range b.m.Findings {
		b.said[f] = true
		subject := orElse(f.Subject, b.m.Principal.Ref)
		b.notes[subject] = append(b.notes[subject], facts.FindingText(f))
	}
}

// addDescribes decides how the document says what it is about: by a relationship,
// or as a foreign document said it.
func (b *built) addDescribes() {
	b.describe = true
	value, ok := foreignValue(b.m.Foreign, "documentDescribes")
	if !ok || b.tagValue || !b.legalMember(documentRules, "documentDescribes", value) || !b.resolveAll(value) {
		return
	}
	ids, _ := readTexts(&reader{s: value})
	linked := slices.Contains(b.others, relationship{From: documentID, Type: describes, To: b.ids[0]})
	if has := slices.Contains(ids, b.ids[0]); !has || ids[0] == b.ids[0] || linked {
		b.head.Describes, b.describe = ids, !has
	}
}

// links calls yield with each relationship of the document.
func (b *built) links(yield func(relationship) bool) {
	if b.describe && !yield(relationship{From: documentID, Type: describes, To: b.ids[0]}) {
		return
	}
	if b.own {
		more := true
		b.relations(func(from, kind, to string) bool {
			more = yield(relationship{From: from, Type: kind, To: to})
			return more
		})
		if !more {
			return
		}
	}
	for _, r := range b.others {
		if !yield(r) {
			return
		}
	}
}

// principal makes the package of the principal. Its record is sealed over what a
// reader finds in the rest of the document.
func (b *built) principal() (pkg, error) {
	p := b.m.Principal
	out, derived, carried := b.carry(0)
	foreign := b.carryDocument()
	back := &sbom.Manifest{}
	toHead(&b.head, back)
	m := *b.m
	m.Foreign = foreign
	b.annotateList(&out, facts.DocumentMark, facts.Document.Missing(&m, back))
	b.annotateList(&out, facts.PropertiesMark, b.missing(0, &out, carried))
	native := b.decoder.principal(&out, out.said(), &sbom.Manifest{})
	b.repairs.fix(&native.Component, out.ID)
	native.Foreign = mergeForeign(derived, native.Foreign)
	record, err := facts.SealRecord(p, native)
	b.annotate(&out, record)
	b.annotate(&out, b.notes[p.Ref]...)
	return out, err
}

// pkg makes the package of a component: its fields, and what they do not hold as
// an annotation.
func (b *built) pkg(i int) pkg {
	out, _, carried := b.carry(i)
	b.annotateList(&out, facts.PropertiesMark, b.missing(i, &out, carried))
	b.annotate(&out, b.notes[b.all[i].Ref]...)
	return out
}

// carry returns a package with the foreign data that its fields hold, what that
// is, and what an annotation must hold.
func (b *built) carry(i int) (out pkg, derived, carried []sbom.Foreign) {
	native := b.fields(i)
	foreign := b.all[i].Foreign
	if len(foreign) == 0 {
		return native, nil, nil
	}
	out = b.overlay(i, native)
	read := out
	if b.tagValue { // which has an order of its own
		read = pkg{}
		read.read(&reader{s: fromTags("packages", pkgJSON(&out))})
	}
	derived = derive(&read, &native)
	return out, derived, toCarry(foreign, derived)
}

// carryDocument returns the foreign data of the document that an annotation must
// hold.
func (b *built) carryDocument() []sbom.Foreign {
	if !slices.ContainsFunc(b.m.Foreign, func(f sbom.Foreign) bool { return f.Standard == standard }) {
		return b.m.Foreign
	}
	d := decoder{document: &document{}}
	*d.document = b.head
	if b.own {
		b.links(func(r relationship) bool { d.Relationships = append(d.Relationships, r); return true })
	} else {
		d.Relationships = b.others
	}
	if b.tagValue {
		back, _ := fromTagValue(string(toTagValue(b.headJSON(d.Relationships))))
		d.document = &document{}
		d.document.read(&reader{s: back})
	}
	return toCarry(b.m.Foreign, d.deriveDocument(b.encoder))
}

// headJSON writes a document that has no packages.
func (b *built) headJSON(relationships []relationship) string {
	w := &writer{}
	w.head(&b.head)
	writeList(w, "hasExtractedLicensingInfos", b.head.Licences, (*writer).extracted)
	writeList(w, "relationships", relationships, (*writer).relationship)
	w.rest(&b.head)
	return string(append(w.b, '}'))
}

// pkgJSON returns a package in a list.
func pkgJSON(p *pkg) string {
	w := &writer{}
	w.pkg(p)
	return string(w.b)
}

// fromTags returns an element of a list as it comes back from tag-value.
func fromTags(list, element string) string {
	text, _ := fromTagValue(string(toTagValue(`{"` + list + `":[` + element + "]}")))
	return strings.TrimSuffix(strings.TrimPrefix(toTree(text)[list], "["), "]")
}

// missing returns the properties that a package needs, beside its fields, to hold
// its component with the given foreign data.
func (b *built) missing(i int, p *pkg, foreign []sbom.Foreign) []sbom.Property {
	if i == 0 {
		want, back := *b.m.Principal, b.decoder.nativePrincipal(p)
		want.Foreign = foreign
		b.unsaid = about(want.Ref, b.repairs.fix(&back.Component, p.ID))
		back.Properties = facts.Plain(want.Properties, facts.ReservedInPrincipal)
		return slices.Concat(back.Properties, facts.MissingFromPrincipal(&want, back))
	}
	c := b.all[i]
	back := &b.back
	*back = b.decoder.component(p, b.state(i))
	if len(c.Foreign) > 0 {
		want := *c
		want.Foreign = foreign
		c = &want
		b.unsaid = about(want.Ref, b.repairs.fix(back, p.ID))
	}
	back.Properties = facts.Plain(c.Properties, facts.ReservedInComponent)
	return slices.Concat(back.Properties, facts.Component.Missing(c, back))
}

// write writes the document as compact JSON.
func (b *built) write(out io.Writer) error {
	w := &writer{out: out, b: make([]byte, 0, 1<<17), old: b.old && !b.tagValue}
	w.head(&b.head)
	w.open("packages", '[')
	w.pkg(&b.root)
	for i := 1; i < len(b.all) && w.err == nil; i++ {
		p := b.pkg(i)
		w.next()
		w.pkg(&p)
	}
	for i := range b.build {
		w.next()
		w.pkg(&b.build[i])
	}
	w.b = append(w.b, ']')
	writeList(w, "hasExtractedLicensingInfos", b.head.Licences, (*writer).extracted)
	w.open("relationships", '[')
	b.links(func(r relationship) bool {
		w.next()
		w.relationship(r)
		return w.err == nil
	})
	w.b = append(w.b, ']')
	w.rest(&b.head)
	w.b = append(w.b, "}\n"...)
	w.flush()
	return w.err
}
