package rpm

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"

	"github.com/manifestgen/manifestgen/sbom"
)

// A licence is a valid SPDX expression and what the LicenseRefs in it stand for.
type licence struct {
	expression string
	texts      []sbom.LicenseText
}

// licence returns what the licence field of a header says. Packages share a few.
func (r *reader) licence(field string) licence {
	known, ok := r.licences[field]
	if !ok {
		known = parseLicence(field)
		r.licences[field] = known
	}
	return known
}

// Limits of a field that is taken for an expression; beyond them it is one name.
const (
	maxLicence      = 16 << 10
	maxLicenceDepth = 16
)

// parseLicence makes an SPDX expression of a licence field:
//
//	or   = and { ("or" | "OR" | "|") and }
//	and  = term { ("and" | "AND" | "&") term }
//	term = "(" or ")" | words
//
// The words are an SPDX licence, one with an exception, or a short name as
// Fedora used until 2022. What has no single SPDX id becomes a LicenseRef, whose
// text is the name: the header has no more.
func parseLicence(field string) licence {
	field = strings.TrimSpace(field)
	if field == "" {
		return licence{}
	}
	p := licenceParser{words: licenceWords(field)}
	expression, _ := p.or(0)
	if p.bad || len(p.words) > 0 || len(field) > maxLicence {
		p = licenceParser{}
		expression = p.unknown(field)
	}
	return licence{expression, p.texts}
}

// licenceWords divides a field into words and parentheses.
func licenceWords(field string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "&", " & ", "|", " | ").Replace(field))
}

type licenceParser struct {
	words []string
	texts []sbom.LicenseText
	bad   bool
}

// operator returns "AND" or "OR" if the next word means that, "(" or ")" if it is
// that, and "" for a word of a name.
func (p *licenceParser) operator() string {
	if len(p.words) == 0 {
		return ")"
	}
	switch word := p.words[0]; strings.ToLower(word) {
	case "and", "&":
		return "AND"
	case "or", "|":
		return "OR"
	case "(", ")":
		return word
	}
	return ""
}

// or returns an expression, and like and and term whether it is joined by OR, so
// that it needs parentheses within one that is joined by AND.
func (p *licenceParser) or(depth int) (expression string, joined bool) {
	expression, joined = p.and(depth)
	parts := []string{expression}
	for p.operator() == "OR" {
		p.words = p.words[1:]
		if part, _ := p.and(depth); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " OR "), joined || len(parts) > 1
}

func (p *licenceParser) and(depth int) (expression string, joined bool) {
	first, firstJoined := p.term(depth)
	if p.operator() != "AND" {
		return first, firstJoined
	}
	parts := []string{parenthesize(first, firstJoined)}
	for p.operator() == "AND" {
		p.words = p.words[1:]
		if part := parenthesize(p.term(depth)); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " AND "), false
}

func parenthesize(expression string, joined bool) string {
	if joined {
		return "(" + expression + ")"
	}
	return expression
}

func (p *licenceParser) term(depth int) (expression string, joined bool) {
	switch p.operator() {
	case "":
		var name []string
		for p.operator() == "" {
			name = append(name, p.words[0])
			p.words = p.words[1:]
		}
		return p.name(strings.Join(name, " ")), false
	case "(":
		if depth < maxLicenceDepth {
			p.words = p.words[1:]
			expression, joined = p.or(depth + 1)
			if len(p.words) > 0 && p.operator() == ")" {
				p.words = p.words[1:]
				return expression, joined
			}
		}
	}
	p.bad = true
	return "", false
}

// name returns the SPDX id of a name, or a LicenseRef.
func (p *licenceParser) name(name string) string {
	if id := spdxID(name); id != "" {
		return id
	}
	base, exception, _ := cutFold(name, " with ")
	if ok, id := spdxlicenses.IsException(exception); ok {
		if licence := spdxID(base); licence != "" {
			return licence + " WITH " + id
		}
	}
	return p.unknown(name)
}

// cutFold is strings.Cut without regard to case.
func cutFold(s, sep string) (before, after string, found bool) {
	if i := strings.Index(strings.ToLower(s), sep); i >= 0 && len(strings.ToLower(s)) == len(s) {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// spdxID returns the SPDX id of a licence, or "" if it has none, or not one only.
func spdxID(name string) string {
	if id, ok := shortNames[name]; ok {
		return id
	}
	if ok, id := spdxexp.ActiveLicense(name); ok {
		return id
	}
	if ok, id := spdxlicenses.IsDeprecatedLicense(name); ok {
		return renamed(id)
	}
	return ""
}

// renamed returns the id that a deprecated id of a GNU licence has now: one
// without a plus sign is that version only.
func renamed(id string) string {
	for _, family := range []string{"AGPL-", "GPL-", "LGPL-", "GFDL-"} {
		version, ok := strings.CutPrefix(id, family)
		if !ok || strings.Trim(version, "0123456789.+") != "" {
			continue
		}
		if number, later := strings.CutSuffix(version, "+"); later {
			return family + number + "-or-later"
		}
		return id + "-only"
	}
	return id
}

// unknown returns a LicenseRef for a name.
func (p *licenceParser) unknown(name string) string {
	slug := strings.FieldsFunc(name, func(r rune) bool {
		return r >= 0x80 || !isLetter(byte(r)) && !isDigit(byte(r)) && r != '.'
	})
	joined := strings.Join(slug, "-")
	sum := sha256.Sum256([]byte(name))
	id := fmt.Sprintf("LicenseRef-rpm-%s-%x", strings.Trim(joined[:min(len(joined), 40)], "-."), sum[:4])
	if !slices.ContainsFunc(p.texts, func(t sbom.LicenseText) bool { return t.ID == id }) {
		p.texts = append(p.texts, sbom.LicenseText{ID: id, Name: name, Text: name})
	}
	return id
}

// shortNames are those of Fedora's short names that stand for one SPDX licence
// and are spelt otherwise: https://docs.fedoraproject.org/en-US/legal/allowed-licenses/.
// Names that stand for a family of licences, such as BSD, or that leave the
// version open, such as LGPLv2+, which is 2.0 or 2.1, are not among them.
var shortNames = map[string]string{
	"AGPLv3":             "AGPL-3.0-only",
	"AGPLv3+":            "AGPL-3.0-or-later",
	"APSL 2.0":           "APSL-2.0",
	"ASL 1.0":            "Apache-1.0",
	"ASL 1.1":            "Apache-1.1",
	"ASL 2.0":            "Apache-2.0",
	"Artistic 2.0":       "Artistic-2.0",
	"Artistic clarified": "ClArtistic",
	"Boost":              "BSL-1.0",
	"CC0":                "CC0-1.0",
	"CPL":                "CPL-1.0",
	"EPL":                "EPL-1.0",
	"GPL+":               "GPL-1.0-or-later",
	"GPLv1":              "GPL-1.0-only",
	"GPLv2":              "GPL-2.0-only",
	"GPLv2+":             "GPL-2.0-or-later",
	"GPLv3":              "GPL-3.0-only",
	"GPLv3+":             "GPL-3.0-or-later",
	"LGPLv2.1":           "LGPL-2.1-only",
	"LGPLv2.1+":          "LGPL-2.1-or-later",
	"LGPLv3":             "LGPL-3.0-only",
	"LGPLv3+":            "LGPL-3.0-or-later",
	"MPLv1.0":            "MPL-1.0",
	"MPLv1.1":            "MPL-1.1",
	"MPLv2.0":            "MPL-2.0",
	"OFL":                "OFL-1.1",
	"QPL":                "QPL-1.0",
	"zlib":               "Zlib",
	"ZPLv2.0":            "ZPL-2.0",
	"ZPLv2.1":            "ZPL-2.1",
}
