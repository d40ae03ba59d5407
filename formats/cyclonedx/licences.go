package cyclonedx

import (
	"regexp"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// licences remembers which expressions are valid: most components share a few.
type licences map[string]bool

const licenseRef = "LicenseRef-"

var licenseRefs = regexp.MustCompile(`LicenseRef-[A-Za-z0-9.-]+`)

// valid reports whether the model takes the expression. The texts of its
// LicenseRefs are not its affair.
func (known licences) valid(expression string) bool {
	ok, asked := known[expression]
	if !asked {
		c := sbom.Component{Ref: "a", Name: "a", Declared: expression}
		addTexts(&c)
		ok = expression != "" && isValid(c)
		known[expression] = ok
	}
	return ok
}

// isValid reports whether a component can be part of a manifest.
func isValid(c sbom.Component) bool {
	m := sbom.Manifest{Principal: &sbom.Principal{Component: c}}
	return m.Validate() == nil
}

// addTexts gives each LicenseRef that has no text its own name as text: the
// document at hand says no more.
func addTexts(c *sbom.Component) {
	for _, expression := range []string{c.Declared, c.Concluded} {
		if !strings.Contains(expression, licenseRef) {
			continue
		}
		for _, ref := range licenseRefs.FindAllString(expression, -1) {
			if !slices.ContainsFunc(c.LicenseTexts, func(t sbom.LicenseText) bool { return strings.EqualFold(t.ID, ref) }) {
				c.LicenseTexts = append(c.LicenseTexts, sbom.LicenseText{ID: ref, Text: ref})
			}
		}
	}
}

// read reads an expression, or makes one of a list of licences: they all hold.
// What is no SPDX licence becomes a LicenseRef with the name that it has.
func (known licences) read(list cdx.Licenses, c *sbom.Component) {
	var declared, concluded []string
	for _, l := range list {
		expression, said, named := l.Expression, cdx.LicenseAcknowledgementDeclared, &cdx.License{Name: l.Expression}
		if l.Acknowledgement != nil {
			said = *l.Acknowledgement
		}
		if l.License != nil {
			expression, said, named = l.License.ID, l.License.Acknowledgement, l.License
		}
		if !known.valid(expression) {
			text := toText(named)
			if text.ID == "" {
				continue
			}
			expression = text.ID
			c.LicenseTexts = append(c.LicenseTexts, text)
		}
		if said == cdx.LicenseAcknowledgementConcluded {
			concluded = append(concluded, expression)
		} else {
			declared = append(declared, expression)
		}
	}
	c.Declared, c.Concluded = and(declared), and(concluded)
}

// and joins expressions.
func and(expressions []string) string {
	if len(expressions) == 1 {
		return expressions[0]
	}
	for i, e := range expressions {
		if strings.Contains(strings.ToUpper(e), " OR ") {
			expressions[i] = "(" + e + ")"
		}
	}
	return strings.Join(expressions, " AND ")
}

// toText reads a named licence. One that is not called by a LicenseRef is given
// one. One without a name has no ID.
func toText(l *cdx.License) sbom.LicenseText {
	name := l.Name
	if name == "" {
		name = l.ID
	}
	if name == "" {
		return sbom.LicenseText{}
	}
	t := sbom.LicenseText{ID: name, Text: name}
	if licenseRefs.FindString(name) != name {
		t.ID, t.Name = licenseRef+facts.IDString(name), name
	}
	if l.Text != nil {
		t.Text = l.Text.Content
	}
	for _, title := range values(l.Properties, titleProperty) {
		t.Name = title
	}
	return t
}

// listed reports whether the id is one of the SPDX list, as it is spelled there.
func listed(id string) bool {
	if ok, spelled := spdxlicenses.IsActiveLicense(id); ok {
		return spelled == id
	}
	ok, spelled := spdxlicenses.IsDeprecatedLicense(id)
	return ok && spelled == id
}
