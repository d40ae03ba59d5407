package spdx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
)

// A tagReader translates tag-value into JSON.
type tagReader struct {
	text string
	line int

	doc   *element
	lists map[string][]*element

	current              *element // that tags are about
	pkg                  *element // the last package
	reference            *element // the last external reference
	relationship, review *element
	annotation           *element
	notes                []*element // annotations
}

// An element is an object in the making.
type element struct {
	rules  []rule
	fields []field
	at     map[string]int // of the fields
	owner  *element       // the package that a file comes after
}

// A field is a key with its values as JSON.
type field struct {
	key    string
	values []string
	list   bool
}

// find returns the field of a key, or nil.
func (e *element) find(key string) *field {
	if i, ok := e.at[key]; ok {
		return &e.fields[i]
	}
	return nil
}

// set adds a value. One of a second time becomes a list.
func (e *element) set(key, value string, list bool) {
	if f := e.find(key); f != nil {
		f.values = append(f.values, value)
		f.list = true
		return
	}
	if e.at == nil {
		e.at = map[string]int{}
	}
	e.at[key] = len(e.fields)
	e.fields = append(e.fields, field{key, []string{value}, list})
}

func (e *element) json() string {
	b := []byte{'{'}
	for i, f := range e.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(facts.AppendString(b, f.key), ':')
		if f.list {
			b = append(append(append(b, '['), strings.Join(f.values, ",")...), ']')
		} else {
			b = append(b, f.values[0]...)
		}
	}
	return string(append(b, '}'))
}

// text returns a value that is a string.
func (e *element) text(key string) string {
	if f := e.find(key); f != nil && strings.HasPrefix(f.values[0], `"`) {
		return (&reader{s: f.values[0]}).text()
	}
	return ""
}

// fromTagValue translates a document in tag-value into JSON.
func fromTagValue(text string) (string, error) {
	t := &tagReader{text: text, lists: map[string][]*element{}}
	t.doc = &element{rules: documentRules}
	t.current = t.doc
	for t.text != "" {
		tag, value, err := t.next()
		if err == nil && tag != "" {
			err = t.take(tag, value)
		}
		if err != nil {
			return "", fmt.Errorf("line %d: %w", t.line, err)
		}
	}
	return t.finish(), nil
}

// next reads one tag and its value, or an empty line.
func (t *tagReader) next() (tag, value string, err error) {
	line := t.cut()
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '#' {
		return "", "", nil
	}
	tag, value, ok := strings.Cut(line, ":")
	tag, value = strings.TrimSpace(tag), strings.TrimSpace(value)
	if !ok || tag == "" || strings.ContainsAny(tag, " \t<>") {
		return "", "", fmt.Errorf("%.40q is not a tag and a value", trimmed)
	}
	if !strings.HasPrefix(value, "<text>") {
		return tag, value, nil
	}
	_, body, _ := strings.Cut(line, "<text>") // with the spaces at its end
	var b strings.Builder
	for start := t.line; ; {
		text, after, ok := strings.Cut(body, "</text>")
		b.WriteString(text)
		switch {
		case ok && strings.TrimSpace(after) != "":
			return "", "", fmt.Errorf("%.40q after the end of a text", after)
		case ok:
			return tag, b.String(), nil
		case t.text == "":
			return "", "", fmt.Errorf("the text that begins in line %d has no end", start)
		}
		b.WriteByte('\n')
		body = t.cut()
	}
}

// cut returns the next line without its end.
func (t *tagReader) cut() string {
	line, rest, _ := strings.Cut(t.text, "\n")
	t.text = rest
	t.line++
	return strings.TrimSuffix(line, "\r")
}

// take files one tag.
func (t *tagReader) take(tag, value string) error {
	switch tag {
	case "SPDXVersion":
		t.doc.set("spdxVersion", quote(value), false)
	case "PackageName":
		t.begin("packages", packageRules, tag, value)
		t.pkg = t.current
	case "FileName":
		t.begin("files", fileRules, tag, value)
	case "SnippetSPDXID":
		t.begin("snippets", snippetRules, tag, value)
	case "LicenseID":
		t.begin("hasExtractedLicensingInfos", licenceRules, tag, value)
	case "Relationship":
		return t.relate(value)
	case "Annotator":
		t.annotation = &element{rules: annotationRules}
		t.annotation.set("annotator", quote(value), false)
		t.notes = append(t.notes, t.annotation)
	case "Reviewer":
		t.review = &element{rules: reviewRules}
		t.review.set("reviewer", quote(value), false)
		t.lists["revieweds"] = append(t.lists["revieweds"], t.review)
	default:
		return t.takeField(tag, value)
	}
	return nil
}

func (t *tagReader) begin(list string, rules []rule, tag, value string) {
	t.current = &element{rules: rules}
	t.lists[list] = append(t.lists[list], t.current)
	t.plain(t.current, tag, value)
	if list == "files" {
		t.current.owner = t.pkg
	}
}

// plain files a tag that stands for one key. It reports false if it does not.
func (t *tagReader) plain(e *element, tag, value string) bool {
	if e == nil {
		return false
	}
	for i := range e.rules {
		r := &e.rules[i]
		if r.tag != tag {
			continue
		}
		if r.key == "primaryPackagePurpose" {
			value = strings.ReplaceAll(value, "-", "_")
		}
		text := quote(value)
		if r.kind == flag && (value == "true" || value == "false") {
			text = value
		}
		list := r.kind == lines || r.kind == proses
		if !list && e.text(r.key) != "" {
			e.set(tag, text, false) // a second one: kept, but not under the key
		} else {
			e.set(r.key, text, list)
		}
		return true
	}
	return false
}

// relate files a relationship: an id, a type and another id.
func (t *tagReader) relate(value string) error {
	words := strings.Fields(value)
	if len(words) != 3 {
		return fmt.Errorf("%.60q is not a relationship", value)
	}
	t.link(words[0], words[1], words[2])
	return nil
}

func (t *tagReader) link(from, kind, to string) {
	t.relationship = &element{rules: relationshipRules}
	t.relationship.set("spdxElementId", quote(from), false)
	t.relationship.set("relationshipType", quote(kind), false)
	t.relationship.set("relatedSpdxElement", quote(to), false)
	t.lists["relationships"] = append(t.lists["relationships"], t.relationship)
}

// takeField files a tag of an element that has begun. One that is not known is
// kept under its own name.
func (t *tagReader) takeField(tag, value string) error {
	switch tag {
	case "ExternalRef":
		return t.external(value)
	case "ExternalRefComment":
		if t.reference == nil {
			return fmt.Errorf("%s without an ExternalRef", tag)
		}
		t.reference.set("comment", quote(value), false)
	case "PackageChecksum", "FileChecksum":
		t.current.set("checksums", checksumOf(value), true)
	case "PackageVerificationCode":
		t.current.set("packageVerificationCode", verificationOf(value), false)
	case "ExternalDocumentRef":
		t.doc.set("externalDocumentRefs", externalDocumentOf(value), true)
	case "SnippetByteRange":
		t.snippetRange("offset", value)
	case "SnippetLineRange":
		t.snippetRange("lineNumber", value)
	case "SPDXREF":
		if t.annotation == nil {
			return fmt.Errorf("%s without an Annotator", tag)
		}
		t.annotation.set("SPDXREF", quote(value), false)
	default:
		for _, e := range []*element{t.current, t.relationship, t.annotation, t.review, t.doc} {
			if t.plain(e, tag, value) {
				return nil
			}
		}
		t.current.set(tag, quote(value), false)
	}
	return nil
}

func (t *tagReader) external(value string) error {
	category, rest, _ := strings.Cut(value, " ")
	kind, locator, ok := strings.Cut(strings.TrimSpace(rest), " ")
	if !ok || t.pkg == nil {
		return fmt.Errorf("%.60q is not a reference of a package", value)
	}
	t.reference = &element{}
	t.reference.set("referenceCategory", quote(category), false)
	t.reference.set("referenceType", quote(kind), false)
	t.reference.set("referenceLocator", quote(strings.TrimSpace(locator)), false)
	t.lists["externalRefs"] = append(t.lists["externalRefs"], t.reference)
	t.pkg.set("externalRefs", fmt.Sprint(len(t.lists["externalRefs"])-1), true) // see finish
	return nil
}

func checksumOf(value string) string {
	algorithm, sum, _ := strings.Cut(value, ":")
	return `{"algorithm":` + quote(strings.TrimSpace(algorithm)) + `,"checksumValue":` + quote(strings.TrimSpace(sum)) + "}"
}

func verificationOf(value string) string {
	code, files, ok := strings.Cut(value, "(excludes:")
	out := `{"packageVerificationCodeValue":` + quote(strings.TrimSpace(code))
	if ok {
		out += `,"packageVerificationCodeExcludedFiles":[` + quote(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(files), ")"))) + "]"
	}
	return out + "}"
}

func externalDocumentOf(value string) string {
	id, rest, _ := strings.Cut(value, " ")
	uri, sum, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return `{"externalDocumentId":` + quote(id) + `,"spdxDocument":` + quote(uri) + `,"checksum":` + checksumOf(sum) + "}"
}

// snippetRange files "5:23" as two pointers into the file of the snippet.
func (t *tagReader) snippetRange(key, value string) {
	start, end, _ := strings.Cut(value, ":")
	pointer := func(at string) string {
		number := (&reader{s: strings.TrimSpace(at)}).literal()
		return `{"reference":` + quote(t.current.text("snippetFromFile")) + `,"` + key + `":` + number + "}"
	}
	t.current.set("ranges", `{"startPointer":`+pointer(start)+`,"endPointer":`+pointer(end)+"}", true)
}

// finish puts the document together.
func (t *tagReader) finish() string {
	t.annotate()
	for _, f := range t.lists["files"] {
		if f.owner != nil {
			t.link(f.owner.text("SPDXID"), contains, f.text("SPDXID"))
		}
	}
	for _, p := range t.lists["packages"] {
		if f := p.find("externalRefs"); f != nil {
			t.resolve(f.values)
		}
	}
	t.gatherCreation()
	for _, list := range []string{"packages", "files", "snippets", "hasExtractedLicensingInfos", "relationships", "revieweds"} {
		for _, e := range t.lists[list] {
			t.doc.set(list, e.json(), true)
		}
	}
	return t.doc.json()
}

// annotate gives each annotation to what it is about.
func (t *tagReader) annotate() {
	byID := map[string]*element{documentID: t.doc}
	for _, list := range []string{"packages", "files", "snippets"} {
		for _, e := range t.lists[list] {
			if id := e.text("SPDXID"); byID[id] == nil {
				byID[id] = e
			}
		}
	}
	for _, a := range t.notes {
		e := byID[a.text("SPDXREF")]
		if e == nil {
			e = t.doc // the reference stays, as what it is about is not there
		} else {
			a.drop("SPDXREF")
		}
		e.set("annotations", a.json(), true)
	}
}

// gatherCreation makes one object of the fields of creationInfo.
func (t *tagReader) gatherCreation() {
	creation := &element{}
	for _, f := range t.doc.fields {
		if key, ok := strings.CutPrefix(f.key, inCreation); ok {
			creation.fields = append(creation.fields, field{key, f.values, f.list})
		}
	}
	if creation.fields != nil {
		t.doc.fields = slices.DeleteFunc(t.doc.fields, func(f field) bool { return strings.HasPrefix(f.key, inCreation) })
		t.doc.drop(inCreation)
		t.doc.set("creationInfo", creation.json(), false)
	}
}

// resolve puts the references in place of their numbers, now that they have their
// comments.
func (t *tagReader) resolve(values []string) {
	for i, at := range values {
		var n int
		fmt.Sscan(at, &n)
		values[i] = t.lists["externalRefs"][n].json()
	}
}

// drop removes a key.
func (e *element) drop(key string) {
	e.fields = slices.DeleteFunc(e.fields, func(f field) bool { return f.key == key })
	clear(e.at)
	for i, f := range e.fields {
		e.at[f.key] = i
	}
}
