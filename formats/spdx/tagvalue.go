package spdx

import (
	"fmt"
	"slices"
	"strings"
)

// The tag-value format has one line for each fact, a tag and a value:
//
//	PackageName: lib
//	PackageComment: <text>may have
//	several lines</text>
//
// A tag that begins an element (PackageName, FileName, SnippetSPDXID, LicenseID)
// ends the one before. Annotations say in SPDXREF what they are about. It is
// defined next to the other fields of https://spdx.github.io/spdx-spec/v2.3/.

// toTagValue translates a document, which holds nothing that tag-value cannot.
func toTagValue(text string) []byte {
	t := &tagWriter{}
	doc := toTree(text)
	if doc["spdxVersion"] != "" {
		t.line("SPDXVersion", doc.text("spdxVersion"))
	}
	for key, value := range toTree(orElse(doc["creationInfo"], "{}")) {
		doc[inCreation+key] = value
	}
	t.rules(documentRules, doc)
	for _, element := range elements(doc["externalDocumentRefs"]) {
		sum := toTree(element["checksum"])
		t.line("ExternalDocumentRef", fmt.Sprintf("%s %s %s: %s", element.text("externalDocumentId"), element.text("spdxDocument"),
			sum.text("algorithm"), sum.text("checksumValue")))
	}
	t.files(doc)
	for _, p := range elements(doc["packages"]) {
		t.pkg(p)
	}
	for _, licence := range elements(doc["hasExtractedLicensingInfos"]) {
		t.begin("License")
		t.rules(licenceRules, licence)
	}
	t.begin("Relationships")
	for _, r := range elements(doc["relationships"]) {
		t.line("Relationship", r.text("spdxElementId")+" "+r.text("relationshipType")+" "+r.text("relatedSpdxElement"))
		t.rules(relationshipRules, r)
	}
	t.annotations(documentID, doc)
	for _, a := range t.about {
		t.begin("Annotation")
		t.rules(annotationRules[:3], a.tree)
		t.line("SPDXREF", a.id)
		t.rules(annotationRules[3:], a.tree)
	}
	for _, r := range elements(doc["revieweds"]) {
		t.begin("Review")
		t.rules(reviewRules, r)
	}
	return t.b
}

// A tree is an object of JSON.
type tree map[string]string

func toTree(value string) tree {
	t := tree{}
	r := &reader{s: value}
	if r.peek() == '{' {
		r.object(func(key string) { t[key] = r.value() })
	}
	return t
}

func (t tree) text(key string) string {
	if value := t[key]; strings.HasPrefix(value, `"`) {
		return (&reader{s: value}).text()
	}
	return t[key]
}

// elements returns the objects of a list.
func elements(value string) []tree {
	var list []tree
	r := &reader{s: value}
	if r.peek() == '[' {
		r.array(func() { list = append(list, toTree(r.value())) })
	}
	return list
}

// A tagWriter writes tags and values.
type tagWriter struct {
	b     []byte
	about []aboutElement // annotations, which come last
}

type aboutElement struct {
	id   string
	tree tree
}

func (t *tagWriter) line(tag, value string) {
	t.b = append(append(append(append(t.b, tag...), ": "...), value...), '\n')
}

func (t *tagWriter) prose(tag, value string) { t.line(tag, "<text>"+value+"</text>") }

// begin leaves a line free and says for people what comes.
func (t *tagWriter) begin(what string) { t.b = append(t.b, "\n##### "+what+"\n\n"...) }

// rules writes the keys that have one tag.
func (t *tagWriter) rules(rules []rule, from tree) {
	for i := range rules {
		value, ok := from[rules[i].key]
		if rules[i].tag == "" || !ok || value == "null" {
			continue
		}
		write := t.line
		if rules[i].kind == prose || rules[i].kind == proses {
			write = t.prose
		}
		switch {
		case rules[i].key == "primaryPackagePurpose":
			write(rules[i].tag, strings.ReplaceAll(from.text(rules[i].key), "_", "-"))
		case strings.HasPrefix(value, "["):
			texts, _ := readTexts(&reader{s: value})
			for _, s := range texts {
				write(rules[i].tag, s)
			}
		default:
			write(rules[i].tag, from.text(rules[i].key))
		}
	}
}

func (t *tagWriter) annotations(id string, from tree) {
	for _, a := range elements(from["annotations"]) {
		t.about = append(t.about, aboutElement{id, a})
	}
}

func (t *tagWriter) checksums(tag string, from tree) {
	for _, c := range elements(from["checksums"]) {
		t.line(tag, c.text("algorithm")+": "+c.text("checksumValue"))
	}
}

func (t *tagWriter) pkg(p tree) {
	t.begin("Package")
	t.rules(packageRules, p)
	if code := toTree(p["packageVerificationCode"]); len(code) > 0 {
		value := code.text("packageVerificationCodeValue")
		files, _ := readTexts(&reader{s: orElse(code["packageVerificationCodeExcludedFiles"], "[]")})
		for _, file := range files {
			value += " (excludes: " + file + ")"
		}
		t.line("PackageVerificationCode", value)
	}
	t.checksums("PackageChecksum", p)
	for _, x := range elements(p["externalRefs"]) {
		t.line("ExternalRef", x.text("referenceCategory")+" "+x.text("referenceType")+" "+x.text("referenceLocator"))
		if x["comment"] != "" {
			t.prose("ExternalRefComment", x.text("comment"))
		}
	}
	t.annotations(p.text("SPDXID"), p)
}

// files writes all files, each with its snippets, before all packages: those after
// a package would be said to be contained in it.
func (t *tagWriter) files(doc tree) {
	snippets := map[string][]tree{}
	for _, s := range elements(doc["snippets"]) {
		snippets[s.text("snippetFromFile")] = append(snippets[s.text("snippetFromFile")], s)
	}
	for _, f := range elements(doc["files"]) {
		t.begin("File")
		t.rules(fileRules, f)
		t.checksums("FileChecksum", f)
		t.annotations(f.text("SPDXID"), f)
		for _, s := range snippets[f.text("SPDXID")] {
			t.snippet(s)
		}
		delete(snippets, f.text("SPDXID"))
	}
}

func (t *tagWriter) snippet(s tree) {
	t.begin("Snippet")
	t.rules(snippetRules, s)
	for _, r := range elements(s["ranges"]) {
		start, end := toTree(r["startPointer"]), toTree(r["endPointer"])
		if start["offset"] != "" {
			t.line("SnippetByteRange", start["offset"]+":"+end["offset"])
		} else {
			t.line("SnippetLineRange", start["lineNumber"]+":"+end["lineNumber"])
		}
	}
	t.annotations(s.text("SPDXID"), s)
}

// survives reports whether lists of a document, each after its key, come back from
// the serialisation as they are.
func (d dialect) survives(lists ...string) bool {
	if !d.tagValue {
		return true
	}
	w := &writer{b: []byte{'{'}}
	for i := 0; i < len(lists); i += 2 {
		w.raw(lists[i], "["+lists[i+1]+"]")
	}
	text := string(append(w.b, '}'))
	back, err := fromTagValue(string(toTagValue(text)))
	return err == nil && sorted(back) == sorted(text)
}

// sorted returns an object with its keys in order, as deep as it goes.
func sorted(value string) string {
	r := &reader{s: value}
	switch r.peek() {
	case '{':
		from := toTree(value)
		keys := make([]string, 0, len(from))
		for key := range from {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		var b strings.Builder
		for _, key := range keys {
			fmt.Fprintf(&b, "%s:%s,", key, sorted(from[key]))
		}
		return "{" + b.String() + "}"
	case '[':
		var b strings.Builder
		r.array(func() { b.WriteString(sorted(r.value()) + ",") })
		return "[" + b.String() + "]"
	default:
		return r.value()
	}
}
