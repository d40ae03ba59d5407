package apk

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

// A licenseRef is a licence that has no SPDX id: its name is all that is known.
type licenseRef struct {
	id, name string
}

// maxLicense is the longest licence field that is taken for an expression.
const maxLicense = 4 << 10

// parseLicense makes a valid SPDX expression of a licence field. Most are one;
// some have names of their own among the ids, such as "custom", which become
// LicenseRefs; and old ones are names between blanks, which do not say whether
// all hold: such a field is one LicenseRef as a whole.
func parseLicense(s string) (expression string, refs []licenseRef) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	if len(s) <= maxLicense {
		words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
		for i, word := range words {
			if !knownWord(word) {
				ref := newLicenseRef(word)
				words[i] = ref.id
				if !slices.Contains(refs, ref) {
					refs = append(refs, ref)
				}
			}
		}
		expression = strings.NewReplacer("( ", "(", " )", ")").Replace(strings.Join(words, " "))
		if isExpression(expression) {
			return expression, refs
		}
	}
	ref := newLicenseRef(s[:min(len(s), maxLicense)])
	return ref.id, []licenseRef{ref}
}

// isExpression reports whether s is a valid expression. The library fails with a
// panic if s ends in a parenthesis that opens.
func isExpression(s string) bool {
	if s == "" || strings.HasSuffix(s, "(") {
		return false
	}
	ok, _ := spdxexp.ValidateLicenses([]string{s})
	return ok
}

// knownWord reports whether word is an id or an operator of SPDX.
func knownWord(word string) bool {
	switch word {
	case "(", ")", "AND", "OR", "WITH":
		return true
	}
	if strings.Contains(word, "Ref-") {
		return false // what it stands for is not here
	}
	return isExpression(word) || strings.HasSuffix(strings.ToLower(word), "-exception") || strings.Contains(word, "-exception-") ||
		word == "Linux-syscall-note"
}

func newLicenseRef(name string) licenseRef {
	name = strings.ToValidUTF8(name, "\uFFFD")
	slug := strings.FieldsFunc(name, func(r rune) bool {
		return (r < '0' || '9' < r) && (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && r != '.'
	})
	joined := strings.Join(slug, "-")
	sum := sha256.Sum256([]byte(name))
	return licenseRef{fmt.Sprintf("LicenseRef-apk-%s-%x", strings.Trim(joined[:min(len(joined), 40)], "-."), sum[:4]), name}
}
