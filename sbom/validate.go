package sbom

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/package-url/packageurl-go"
)

// repair takes out what would make the document invalid and that a component
// may lack: a package URL or a licence that cannot be parsed. What is taken out
// is said in a finding. A component without a name is called after its file.
func (a *assembly) repair() {
	licences := licenceCheck{}
	for _, c := range a.all() {
		if c.Name == "" && len(c.Locations) > 0 {
			c.Name = path.Base(c.Locations[0].Path)
		}
		if err := checkPURL(c.PURL); err != nil {
			a.found(Note, "purl.invalid", c, "%v; it is left out", err)
			c.PURL = ""
		}
		for _, expression := range []*string{&c.Declared, &c.Concluded} {
			if err := licences.check(*expression, c.LicenseTexts); err != nil {
				a.found(Note, "licence.invalid", c, "%v; it is left out", err)
				*expression = ""
			}
		}
	}
}

// Validate reports what would make a document of m invalid: references that lead
// nowhere, names that occur twice, package URLs and licence expressions that
// cannot be parsed, digests of the wrong length. Its errors name the component.
func (m *Manifest) Validate() error {
	if m.Principal == nil {
		return errors.New("a manifest needs a principal")
	}
	var errs []error
	refs := make(map[string]bool, len(m.Components)+1)
	licences := licenceCheck{}
	for _, c := range append([]*Component{&m.Principal.Component}, m.Components...) {
		if c == nil {
			return errors.New("a component is nil")
		}
		if c.Ref == "" || refs[c.Ref] {
			errs = append(errs, fmt.Errorf("component %q: its ref %q is empty or used twice", c.Name, c.Ref))
		}
		refs[c.Ref] = true
		if err := c.validate(licences); err != nil {
			errs = append(errs, fmt.Errorf("component %s: %w", c.Ref, err))
		}
	}
	from, known := "", false // the ref that was looked up last: most edges share theirs with the one before
	for _, e := range m.Edges {
		if e.Kind != DependsOn && e.Kind != Contains {
			errs = append(errs, fmt.Errorf("the edge from %s has the unknown kind %q", e.From, e.Kind))
		}
		if e.From != from {
			from, known = e.From, refs[e.From]
		}
		if !known || !refs[e.To] {
			errs = append(errs, fmt.Errorf("the edge %s %s %s leads nowhere", e.From, e.Kind, e.To))
		}
	}
	for _, f := range m.Findings {
		if f.Subject != "" && !refs[f.Subject] {
			errs = append(errs, fmt.Errorf("the finding %s is about %q, which is no component", f.Code, f.Subject))
		}
	}
	return errors.Join(errs...)
}

func (c *Component) validate(licences licenceCheck) error {
	if c.Name == "" {
		return errors.New("it has no name")
	}
	if err := checkPURL(c.PURL); err != nil {
		return err
	}
	for _, d := range c.Digests {
		if err := d.validate(); err != nil {
			return err
		}
	}
	return errors.Join(licences.check(c.Declared, c.LicenseTexts), licences.check(c.Concluded, c.LicenseTexts))
}

func checkPURL(purl string) error {
	if purl == "" || isPlainPURL(purl) {
		return nil
	}
	if _, err := packageurl.FromString(purl); err != nil {
		return fmt.Errorf("package URL %q: %w", purl, err)
	}
	return nil
}

// plainPURLs are the types of package URLs that ask nothing of names and versions.
var plainPURLs = []string{"golang", "npm", "pypi", "deb", "rpm", "apk", "maven", "cargo", "gem", "nuget", "generic"}

// isPlainPURL reports whether a package URL is certainly in order, without the
// cost of parsing it: pkg:TYPE/NAME@VERSION of which nothing is escaped.
func isPlainPURL(purl string) bool {
	kind, rest, ok := strings.Cut(strings.TrimPrefix(purl, "pkg:"), "/")
	name, version, versioned := strings.Cut(rest, "@")
	if !ok || !versioned || !slices.Contains(plainPURLs, kind) || !strings.HasPrefix(purl, "pkg:") {
		return false
	}
	for segment := range strings.SplitSeq(name, "/") {
		if !isWord(segment) {
			return false
		}
	}
	return isWord(version)
}

// isWord reports whether s is a word that begins with a letter or digit.
func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || c != '.' && c != '-' && c != '_') {
			return false
		}
	}
	return s != ""
}

// digestLengths are the lengths of hexadecimal digests, by algorithm.
var digestLengths = map[string]int{
	"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128,
	"SHA3-256": 64, "SHA3-384": 96, "SHA3-512": 128,
	"BLAKE2b-256": 64, "BLAKE2b-384": 96, "BLAKE2b-512": 128, "BLAKE3": 64,
}

func (d Digest) validate() error {
	want, ok := digestLengths[d.Algorithm]
	if !ok {
		return fmt.Errorf("digest algorithm %q is not known", d.Algorithm)
	}
	if len(d.Value) != want || strings.Trim(d.Value, "0123456789abcdef") != "" {
		return fmt.Errorf("%q is not a %s digest", d.Value, d.Algorithm)
	}
	return nil
}

// licenceCheck remembers the expressions that were checked already: most
// components share a few.
type licenceCheck map[string]licenceResult

type licenceResult struct {
	refs []string // LicenseRef-... that occur
	err  error
}

// maxExpression is the longest licence expression that is parsed, in bytes.
const maxExpression = 64 << 10

func (known licenceCheck) check(expression string, texts []LicenseText) error {
	if expression == "" {
		return nil
	}
	result, ok := known[expression]
	if !ok {
		result = parseLicence(expression)
		known[expression] = result
	}
	if result.err != nil {
		return fmt.Errorf("licence expression %.100q: %w", expression, result.err)
	}
	for _, ref := range result.refs {
		if !hasText(texts, ref) {
			return fmt.Errorf("licence expression %.100q: %s has no text", expression, ref)
		}
	}
	return nil
}

// parseLicence parses an expression. The library's parser fails on some that end
// too early; that is an error of the expression.
func parseLicence(expression string) (result licenceResult) {
	defer func() {
		if recover() != nil {
			result = licenceResult{err: errors.New("it ends too early")}
		}
	}()
	if len(expression) > maxExpression || strings.Count(expression, "(") > maxNesting {
		return licenceResult{err: errors.New("too long or too deep")}
	}
	ids, err := spdxexp.ExtractLicenses(expression)
	result.err = err
	for _, id := range ids {
		if strings.HasPrefix(id, "LicenseRef-") {
			result.refs = append(result.refs, id)
		}
	}
	return result
}

// maxNesting is how many parentheses an expression may have: the parser recurses.
const maxNesting = 64

func hasText(texts []LicenseText, id string) bool {
	for _, t := range texts {
		if strings.EqualFold(t.ID, id) {
			return true
		}
	}
	return false
}
