package spdx

import (
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A repairs takes out of components what no manifest may have. Nothing is lost:
// what is taken out stays in the foreign data of the component, as the document
// has it.
type repairs struct {
	licences map[string]bool // whether an expression is valid
}

// maxExpression is how long a licence expression may be, in bytes, to be looked
// at. No manifest may have a longer one.
const maxExpression = 64 << 10

// noText is the text of a licence for which a document has none.
const noText = "The document has no text for this licence."

// fix repairs the component that a package of that id describes, and returns
// notes of what it did.
func (r *repairs) fix(c *sbom.Component, id string) []sbom.Finding {
	var notes []sbom.Finding
	note := func(code, format string, args ...any) {
		notes = append(notes, sbom.Finding{Kind: sbom.Note, Code: code, Detail: fmt.Sprintf(format, args...)})
	}
	if c.Name == "" {
		c.Name = orElse(strings.TrimPrefix(id, "SPDXRef-"), "unnamed")
		note("name.missing", "the package has no name; it is called after its SPDXID")
	}
	if c.PURL != "" && !valid(sbom.Component{PURL: c.PURL}) {
		note("purl.invalid", "%.100q is no package URL", c.PURL)
		if c.Ref == c.PURL {
			c.Ref = id
		}
		c.PURL = ""
	}
	if digests := facts.ValidDigests(c.Digests); len(digests) < len(c.Digests) {
		note("digest.invalid", "a checksum has the wrong length or is of a function that the model does not know")
		c.Digests = digests
	}
	for _, expression := range []*string{&c.Declared, &c.Concluded} {
		if *expression != "" && !r.licence(*expression) {
			note("licence.invalid", "%.100q is no licence expression", *expression)
			*expression = ""
		}
	}
	if n := len(c.LicenseTexts); strings.Contains(c.Declared+c.Concluded, "LicenseRef-") && addTexts(c) > n {
		note("licence.text", "the document has no text for a licence that it names")
	}
	return notes
}

// licence reports whether an expression is valid as long as the licences in it
// have texts.
func (r *repairs) licence(expression string) bool {
	ok, known := r.licences[expression]
	if known || len(expression) > maxExpression {
		return ok
	}
	c := sbom.Component{Declared: expression}
	addTexts(&c)
	if ok = valid(c); r.licences == nil {
		r.licences = map[string]bool{}
	}
	r.licences[expression] = ok
	return ok
}

// addTexts adds a text for each licence that has none. It returns how many texts
// there are then.
func addTexts(c *sbom.Component) int {
	there := map[string]bool{}
	for _, t := range c.LicenseTexts {
		there[strings.ToLower(t.ID)] = true
	}
	for _, id := range licenceRef.FindAllString(c.Declared+" "+c.Concluded, -1) {
		if !there[strings.ToLower(id)] {
			there[strings.ToLower(id)] = true
			c.LicenseTexts = append(c.LicenseTexts, sbom.LicenseText{ID: id, Text: noText})
		}
	}
	return len(c.LicenseTexts)
}

// valid reports whether a manifest may have c, whatever its name.
func valid(c sbom.Component) bool {
	c.Ref, c.Name = "x", "x"
	m := sbom.Manifest{Principal: &sbom.Principal{Component: c}}
	return m.Validate() == nil
}
