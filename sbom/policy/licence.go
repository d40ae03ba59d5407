package policy

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"

	"github.com/manifestgen/manifestgen/sbom"
)

// licence returns the licence expression of a component, the concluded one first,
// or "" if it is not known.
func licence(c *sbom.Component) string {
	for _, expression := range []string{c.Concluded, c.Declared} {
		if expression != "" && expression != "NOASSERTION" && expression != "NONE" {
			return expression
		}
	}
	return ""
}

// maxExpression is the longest licence expression that is parsed, in bytes, and
// maxNesting how many parentheses it may have: the parser recurses.
const (
	maxExpression = 64 << 10
	maxNesting    = 64
)

// parsed is what came of parsing a licence expression.
type parsed struct {
	ids []string
	err error
}

// licences returns the identifiers that occur in a licence expression. Most
// components share a few expressions, and each is parsed once.
func (s *Subject) licences(expression string) ([]string, error) {
	known, ok := s.parsed[expression]
	if !ok {
		known.ids, known.err = parseLicence(expression)
		if s.parsed != nil {
			s.parsed[expression] = known
		}
	}
	return known.ids, known.err
}

func parseLicence(expression string) (ids []string, err error) {
	defer func() {
		if recover() != nil { // the parser fails on some expressions that end too early
			err = errors.New("it ends too early")
		}
	}()
	if len(expression) > maxExpression || strings.Count(expression, "(") > maxNesting {
		return nil, errors.New("it is too long or too deep")
	}
	ids, err = spdxexp.ExtractLicenses(expression)
	slices.Sort(ids)
	return slices.Compact(ids), err
}

func checkLicence(s *Subject, _ Params) Result {
	p := s.principal()
	expression := licence(&p.Component)
	evidence := said(p, "concluded licence", "declared licence")
	if expression == "" {
		return fail("the manifest does not say under which licence the artifact is").with(evidence...)
	}
	ids, err := s.licences(expression)
	if err != nil {
		return fail("the licence %s: %s", quote(expression), brief(err.Error())).with(evidence...)
	}
	texts := licenceTexts(&p.Component)
	for _, id := range ids {
		if isReference(id) && texts[strings.ToLower(id)] == "" {
			return fail("the text of the licence %s is not in the manifest", quote(id)).with(evidence...)
		}
	}
	return pass("the licence is %s", quote(expression)).with(evidence...)
}

func isReference(id string) bool {
	return strings.HasPrefix(id, "LicenseRef-") || strings.HasPrefix(id, "DocumentRef-")
}

// licenceTexts returns the texts of licences by their ids, in lower case.
func licenceTexts(c *sbom.Component) map[string]string {
	texts := map[string]string{}
	for _, t := range c.LicenseTexts {
		texts[strings.ToLower(t.ID)] = t.Text
	}
	return texts
}

// checkDisclaimer asks of every licence of the artifact that its text disclaims
// warranty, unless the publisher does so apart: of alternatives the user chooses
// one.
func checkDisclaimer(s *Subject, params Params) Result {
	p := s.principal()
	patterns := params.Patterns("texts")
	if p.Disclaimer != "" {
		if addressProblem(p.Disclaimer, "https", "http") == "" || matchesAny(p.Disclaimer, patterns) {
			return pass("warranty is disclaimed").with(Evidence{Field: "disclaimer", Value: p.Disclaimer}).with(said(p, "disclaimer")...)
		}
	}
	expression := licence(&p.Component)
	ids, err := s.licences(expression)
	if expression == "" || err != nil || len(ids) == 0 {
		return notProvable("the licence is not known, and nothing else disclaims warranty").with(stated("disclaimer", p.Disclaimer)...)
	}
	texts := licenceTexts(&p.Component)
	t := &tally{}
	for _, id := range ids {
		switch text := texts[strings.ToLower(id)]; {
		case text != "" && matchesAny(text, patterns), text == "" && disclaims(id):
			t.pass()
		case text != "" || silent(id):
			t.fail(Offender{Name: id}, "its text does not")
		default:
			t.doubt(Offender{Name: id}, "its text is not at hand")
		}
	}
	return t.result("licences", "that disclaim warranty", "that do not disclaim warranty").with(stated("licence", expression)...)
}

func matchesAny(text string, patterns []*regexp.Regexp) bool {
	text = plain(text[:min(len(text), maxLicence)])
	return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(text) })
}

// maxLicence is how much of the text of a licence is searched, in bytes.
const maxLicence = 1 << 20

// disclaims reports whether the text of a licence of the SPDX list says that there
// is no warranty.
func disclaims(id string) bool { return contains(disclaiming, id) }

// silent reports whether the text of a licence of the SPDX list says nothing of
// warranty.
func silent(id string) bool { return contains(silentOnWarranty, id) }

func contains(list, id string) bool {
	id, _, _ = strings.Cut(id, " WITH ") // no exception takes a disclaimer back
	id = strings.TrimSuffix(id, "+")
	for word := range strings.FieldsSeq(list) {
		if strings.EqualFold(word, id) {
			return true
		}
	}
	return false
}
