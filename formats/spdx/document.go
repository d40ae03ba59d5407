package spdx

import (
	"slices"
	"strings"
)

// A document is the part of the JSON format that the model has words for:
// https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
//
// Members that it has no field for are in rest, as are those whose values a
// field does not hold whole.
type document struct {
	Version       string         `json:"spdxVersion"`
	DataLicense   string         `json:"dataLicense"`
	ID            string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Describes     []string       `json:"documentDescribes,omitempty"` // deprecated
	Packages      []pkg          `json:"packages,omitempty"`
	Licences      []extracted    `json:"hasExtractedLicensingInfos,omitempty"`
	Relationships []relationship `json:"relationships,omitempty"`
	rest          []member
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
	Comment  string   `json:"comment,omitempty"`
}

type pkg struct {
	ID               string       `json:"SPDXID"`
	Name             string       `json:"name"`
	Version          string       `json:"versionInfo,omitempty"`
	FileName         string       `json:"packageFileName,omitempty"`
	Description      string       `json:"description,omitempty"`
	Purpose          string       `json:"primaryPackagePurpose,omitempty"`
	Supplier         string       `json:"supplier,omitempty"`
	Originator       string       `json:"originator,omitempty"`
	DownloadLocation string       `json:"downloadLocation"`
	Homepage         string       `json:"homepage,omitempty"`
	FilesAnalyzed    string       `json:"filesAnalyzed"` // "true", "false", or "" if it is not said
	Checksums        []checksum   `json:"checksums,omitempty"`
	Concluded        string       `json:"licenseConcluded,omitempty"`
	Declared         string       `json:"licenseDeclared,omitempty"`
	Copyright        string       `json:"copyrightText,omitempty"`
	Attribution      []string     `json:"attributionTexts,omitempty"`
	Built            string       `json:"builtDate,omitempty"`
	Released         string       `json:"releaseDate,omitempty"`
	ValidUntil       string       `json:"validUntilDate,omitempty"`
	ExternalRefs     []external   `json:"externalRefs,omitempty"`
	Annotations      []annotation `json:"annotations,omitempty"`
	rest             []member

	heard  bool         // the annotations were read
	others []annotation // that are not ours, once they were read
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type external struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
	Comment  string `json:"comment,omitempty"`
}

type annotation struct {
	Annotator string `json:"annotator"`
	Date      string `json:"annotationDate"`
	Type      string `json:"annotationType"`
	Comment   string `json:"comment"`
}

type extracted struct {
	ID   string `json:"licenseId"`
	Name string `json:"name,omitempty"`
	Text string `json:"extractedText"`
	raw  string // the whole, if it has more than that
}

type relationship struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
	raw  string // the whole, if it has more than that
}

// Types of relationships, and what stands for an element in them.
const (
	describes     = "DESCRIBES"
	describedBy   = "DESCRIBED_BY"
	contains      = "CONTAINS"
	containedBy   = "CONTAINED_BY"
	dependsOn     = "DEPENDS_ON"
	dependencyOf  = "DEPENDENCY_OF"
	generatedFrom = "GENERATED_FROM"
	buildToolOf   = "BUILD_TOOL_OF"
	optionalOf    = "OPTIONAL_COMPONENT_OF"

	none        = "NONE"
	noAssertion = "NOASSERTION"

	documentID = "SPDXRef-DOCUMENT"
)

// namespaces begins the namespaces of our documents; the id and the version of
// the manifest follow.
const namespaces = "https://github.com/manifestgen/manifestgen/spdx/"

// noDate is the date of a document that shall not say when it was made.
const noDate = "1970-01-01T00:00:00Z"

// packageTexts are the keys of packages whose values are strings, in the order
// in which they are written.
var packageTexts = []string{
	"SPDXID", "name", "versionInfo", "packageFileName", "description", "primaryPackagePurpose", "supplier", "originator",
	"downloadLocation", "homepage", "filesAnalyzed", "licenseConcluded", "licenseDeclared", "copyrightText",
	"builtDate", "releaseDate", "validUntilDate",
}

// text returns where the string of a key is, or nil if its value is none.
func (p *pkg) text(key string) *string {
	switch key {
	case "SPDXID":
		return &p.ID
	case "name":
		return &p.Name
	case "versionInfo":
		return &p.Version
	case "packageFileName":
		return &p.FileName
	case "description":
		return &p.Description
	case "primaryPackagePurpose":
		return &p.Purpose
	case "supplier":
		return &p.Supplier
	case "originator":
		return &p.Originator
	case "downloadLocation":
		return &p.DownloadLocation
	case "homepage":
		return &p.Homepage
	case "filesAnalyzed":
		return &p.FilesAnalyzed
	case "licenseConcluded":
		return &p.Concluded
	case "licenseDeclared":
		return &p.Declared
	case "copyrightText":
		return &p.Copyright
	case "builtDate":
		return &p.Built
	case "releaseDate":
		return &p.Released
	case "validUntilDate":
		return &p.ValidUntil
	default:
		return nil
	}
}

// headTexts are the keys of the document whose values are strings. A key of
// creationInfo has that before it.
var headTexts = []string{"dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo.created", "creationInfo.comment"}

func (d *document) text(key string) *string {
	switch key {
	case "spdxVersion":
		return &d.Version
	case "dataLicense":
		return &d.DataLicense
	case "SPDXID":
		return &d.ID
	case "name":
		return &d.Name
	case "documentNamespace":
		return &d.Namespace
	case "creationInfo.created":
		return &d.Creation.Created
	case "creationInfo.comment":
		return &d.Creation.Comment
	default:
		return nil
	}
}

// read reads the members of a document.
func (d *document) read(r *reader) {
	r.object(func(key string) { d.member(r, key) })
	d.rest = lastOfEach(d.rest)
}

// member reads the value of one key, in place of what the key had before.
func (d *document) member(r *reader, key string) {
	odd := false
	r.peek()
	start := r.i
	switch {
	case key == "sbom" && d.Version == "" && r.peek() == '{': // what the API of GitHub wraps documents in
		d.read(r)
	case d.text(key) != nil:
		odd = readText(r, key, d.text(key))
	case key == "creationInfo" && r.peek() == '{':
		r.object(func(key string) { d.member(r, "creationInfo."+key) })
	case key == "creationInfo.creators":
		d.Creation.Creators, odd = readTexts(r)
	case key == "documentDescribes":
		d.Describes, odd = readTexts(r)
	case key == "packages" && r.peek() == '[':
		odd = d.readPackages(r)
	case key == "hasExtractedLicensingInfos" && r.peek() == '[':
		r.array(func() { d.Licences = append(d.Licences, readExtracted(r)) })
	case key == "relationships" && r.peek() == '[':
		r.array(func() { d.Relationships = append(roomy(d.Relationships), readRelationship(r)) })
	default:
		odd = true
		r.value()
	}
	d.rest = remember(d.rest, r, key, start, odd)
}

// readPackages reads the packages. It reports whether there is something among
// them that is none.
func (d *document) readPackages(r *reader) (odd bool) {
	r.array(func() {
		if r.peek() != '{' {
			odd = odd || r.value() != "null"
			return
		}
		d.Packages = append(roomy(d.Packages), pkg{})
		d.Packages[len(d.Packages)-1].read(r)
	})
	return odd
}

// roomy returns list with room for one more. It grows in larger steps than append,
// as the elements are large.
func roomy[T any](list []T) []T {
	if len(list) < cap(list) {
		return list
	}
	return slices.Grow(list, max(16, len(list)))
}

func (p *pkg) read(r *reader) {
	r.object(func(key string) { p.member(r, key) })
	p.rest = lastOfEach(p.rest)
}

// member reads the value of one key, in place of what the key had before.
func (p *pkg) member(r *reader, key string) {
	odd := false
	r.peek()
	start := r.i
	if to := p.text(key); to != nil {
		odd = readText(r, key, to)
		if key == "primaryPackagePurpose" { // the schema has the one, the text of the standard the other
			*to = strings.ReplaceAll(*to, "-", "_")
		}
	} else {
		switch key {
		case "checksums":
			p.Checksums, odd = readList(r, func(r *reader, c *checksum) bool {
				return readFields(r, "algorithm", &c.Algorithm, "checksumValue", &c.Value)
			})
		case "attributionTexts":
			p.Attribution, odd = readTexts(r)
		case "externalRefs":
			p.ExternalRefs, odd = readList(r, func(r *reader, x *external) bool {
				odd := readFields(r, "referenceCategory", &x.Category, "referenceType", &x.Type, "referenceLocator", &x.Locator, "comment", &x.Comment)
				x.Category = strings.ReplaceAll(x.Category, "_", "-")
				return odd
			})
		case "annotations":
			p.Annotations, odd = readList(r, readAnnotation)
		default:
			odd = !r.null()
			if odd {
				r.value()
			}
		}
	}
	p.rest = remember(p.rest, r, key, start, odd)
}

// remember adds the value that r has read since start, if it is odd. If not, it
// makes sure that an odd one from before is forgotten, in the end.
func remember(rest []member, r *reader, key string, start int, odd bool) []member {
	switch {
	case odd:
		return append(rest, member{key, verbatim(r, start)})
	case len(rest) > 0:
		return append(rest, member{key: key})
	default:
		return rest
	}
}

// lastOfEach returns the last member of each key, without those that have no
// value.
func lastOfEach(rest []member) []member {
	if len(rest) == 0 {
		return nil
	}
	last := make(map[string]int, len(rest))
	for i, m := range rest {
		last[m.key] = i
	}
	var out []member
	for i, m := range rest {
		if m.value != "" && last[m.key] == i {
			out = append(out, m)
		}
	}
	return out
}

// verbatim returns the value that r has read since start.
func verbatim(r *reader, start int) string {
	if r.err != nil {
		return "null"
	}
	return (&reader{s: r.s[:r.i], i: start}).value()
}

// readText reads a string, or a boolean where the standard has one. Null is the
// same as nothing. It reports whether there is something else.
func readText(r *reader, key string, to *string) (odd bool) {
	*to = ""
	c := r.peek()
	switch {
	case key == "filesAnalyzed" && (c == 't' || c == 'f'):
		*to = r.literal()
	case key != "filesAnalyzed" && c == '"':
		*to = r.text()
	case !r.null():
		r.value()
		return true
	}
	return false
}

// readTexts reads a list of strings. It reports whether there is something else.
func readTexts(r *reader) (list []string, odd bool) {
	if r.peek() != '[' {
		odd = !r.null()
		if odd {
			r.value()
		}
		return nil, odd
	}
	r.array(func() {
		if r.peek() != '"' {
			odd = true
			r.value()
			return
		}
		list = append(list, r.text())
	})
	return list, odd
}

// readList reads a list of objects. It reports whether one of them is something
// else, or has more than its fields.
func readList[T any](r *reader, read func(*reader, *T) bool) (list []T, odd bool) {
	if r.peek() != '[' {
		odd = !r.null()
		if odd {
			r.value()
		}
		return nil, odd
	}
	r.array(func() {
		var x T
		if r.peek() != '{' {
			odd = true
			r.value()
			return
		}
		odd = read(r, &x) || odd
		list = append(list, x)
	})
	return list, odd
}

// readFields reads an object into strings, which are given as key and pointer
// each. It reports whether there is something else.
func readFields(r *reader, fields ...any) (odd bool) {
	r.object(func(key string) {
		for i := 0; i < len(fields); i += 2 {
			if fields[i] == key && r.peek() == '"' {
				*fields[i+1].(*string) = r.text()
				return
			}
		}
		odd = true
		r.value()
	})
	return odd
}

func readAnnotation(r *reader, a *annotation) bool {
	return readFields(r, "annotator", &a.Annotator, "annotationDate", &a.Date, "annotationType", &a.Type, "comment", &a.Comment)
}

func readExtracted(r *reader) extracted {
	var x extracted
	start := r.i
	if r.peek() != '{' {
		return extracted{raw: r.value()}
	}
	if readFields(r, "licenseId", &x.ID, "name", &x.Name, "extractedText", &x.Text) {
		x.raw = verbatim(r, start)
	}
	return x
}

func readRelationship(r *reader) relationship {
	var x relationship
	if r.peek() != '{' {
		return relationship{raw: r.value()}
	}
	start, odd := r.i, false
	r.object(func(key string) {
		to := x.text(key)
		if to == nil || r.peek() != '"' {
			odd = true
			r.value()
			return
		}
		*to = r.text()
	})
	if odd {
		x.raw = verbatim(r, start)
	}
	return x
}

func (x *relationship) text(key string) *string {
	switch key {
	case "spdxElementId":
		return &x.From
	case "relationshipType":
		return &x.Type
	case "relatedSpdxElement":
		return &x.To
	default:
		return nil
	}
}
