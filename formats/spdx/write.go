package spdx

import (
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
)

// A writer writes JSON. It gathers it in b, and passes it on in large pieces.
type writer struct {
	b   []byte
	out io.Writer
	err error // the first of out
	old bool  // spell categories as 2.2 does
}

// key begins a member.
func (w *writer) key(key string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), key...), '"', ':')
}

func (w *writer) open(key string, c byte) {
	w.key(key)
	w.b = append(w.b, c)
}

// next begins the next element of a list.
func (w *writer) next() {
	if w.b[len(w.b)-1] != '[' {
		w.b = append(w.b, ',')
	}
	if len(w.b) > 1<<16 {
		w.flush()
	}
}

// flush passes on what there is.
func (w *writer) flush() {
	if w.err == nil {
		_, w.err = w.out.Write(w.b)
	}
	w.b = w.b[:0]
}

// inCreation begins the keys of creationInfo.
const inCreation = "creationInfo."

// head writes what the document says of itself, and leaves the object open.
func (w *writer) head(d *document) {
	w.b = append(w.b, '{')
	w.must("spdxVersion", d.Version)
	w.must("dataLicense", d.DataLicense)
	w.must("SPDXID", d.ID)
	w.must("name", d.Name)
	w.must("documentNamespace", d.Namespace)
	w.open("creationInfo", '{')
	w.must("created", d.Creation.Created)
	w.texts("creators", d.Creation.Creators)
	w.text("comment", d.Creation.Comment)
	for _, m := range d.rest {
		if key, ok := strings.CutPrefix(m.key, inCreation); ok {
			w.raw(key, m.value)
		}
	}
	w.b = append(w.b, '}')
	w.texts("documentDescribes", d.Describes)
}

// text writes a member, unless its value is empty.
func (w *writer) text(key, value string) {
	if value != "" {
		w.must(key, value)
	}
}

// must writes a member, empty or not.
func (w *writer) must(key, value string) {
	w.key(key)
	w.b = facts.AppendString(w.b, value)
}

func (w *writer) raw(key, value string) {
	w.key(key)
	w.b = append(w.b, value...)
}

func (w *writer) texts(key string, list []string) {
	writeList(w, key, list, func(w *writer, s string) { w.b = facts.AppendString(w.b, s) })
}

// writeList writes a member that is a list, unless it is empty.
func writeList[T any](w *writer, key string, list []T, write func(*writer, T)) {
	if len(list) == 0 {
		return
	}
	w.key(key)
	w.b = append(w.b, '[')
	for i, x := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		write(w, x)
	}
	w.b = append(w.b, ']')
}

func has(list []member, key string) bool {
	for _, m := range list {
		if m.key == key {
			return true
		}
	}
	return false
}

// pkg writes a package.
func (w *writer) pkg(p *pkg) {
	w.b = append(w.b, '{')
	for _, key := range packageTexts {
		value := *p.text(key)
		switch {
		case p.rest != nil && has(p.rest, key):
		case key == "filesAnalyzed" && value != "":
			w.raw(key, value)
		case key == "SPDXID" || key == "name" || key == "downloadLocation":
			w.must(key, value)
		default:
			w.text(key, value)
		}
	}
	if !has(p.rest, "checksums") {
		writeList(w, "checksums", p.Checksums, (*writer).checksum)
	}
	if !has(p.rest, "attributionTexts") {
		w.texts("attributionTexts", p.Attribution)
	}
	if !has(p.rest, "externalRefs") {
		writeList(w, "externalRefs", p.ExternalRefs, (*writer).external)
	}
	for _, m := range p.rest {
		if m.key != "annotations" {
			w.raw(m.key, m.value)
		}
	}
	writeList(w, "annotations", p.Annotations, (*writer).annotation)
	w.b = append(w.b, '}')
}

func (w *writer) checksum(c checksum) {
	w.b = append(w.b, '{')
	w.must("algorithm", c.Algorithm)
	w.must("checksumValue", c.Value)
	w.b = append(w.b, '}')
}

func (w *writer) external(x external) {
	w.b = append(w.b, '{')
	if w.old && x.Category == "PACKAGE-MANAGER" {
		x.Category = "PACKAGE_MANAGER" // in 2.3 it is spelled like the others
	}
	w.must("referenceCategory", x.Category)
	w.must("referenceType", x.Type)
	w.must("referenceLocator", x.Locator)
	w.text("comment", x.Comment)
	w.b = append(w.b, '}')
}

func (w *writer) annotation(a annotation) {
	w.b = append(w.b, '{')
	w.must("annotator", a.Annotator)
	w.must("annotationDate", a.Date)
	w.must("annotationType", a.Type)
	w.must("comment", a.Comment)
	w.b = append(w.b, '}')
}

func (w *writer) extracted(x extracted) {
	if x.raw != "" {
		w.b = append(w.b, x.raw...)
		return
	}
	w.b = append(w.b, '{')
	w.must("licenseId", x.ID)
	w.text("name", x.Name)
	w.must("extractedText", x.Text)
	w.b = append(w.b, '}')
}

func (w *writer) relationship(x relationship) {
	if x.raw != "" {
		w.b = append(w.b, x.raw...)
		return
	}
	w.b = append(w.b, '{')
	w.must("spdxElementId", x.From)
	w.must("relationshipType", x.Type)
	w.must("relatedSpdxElement", x.To)
	w.b = append(w.b, '}')
}

// rest writes what the document has no field for.
func (w *writer) rest(d *document) {
	for _, m := range d.rest {
		if !strings.HasPrefix(m.key, inCreation) {
			w.raw(m.key, m.value)
		}
	}
}
