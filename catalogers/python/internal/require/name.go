// Package require reads what a Python project says that it needs: names,
// requirements and the markers on them.
//
// Requirements are those of https://packaging.python.org/specifications/dependency-specifiers/
// (PEP 508), and the older form with parentheses, "a (>=1)", that metadata of
// version 1.2 has.
package require

import (
	"regexp"
	"strings"
)

// nameForm is the form of project names and of extras.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)

// maxName bounds the length of a name.
const maxName = 512

// ValidName reports whether s can be the name of a project or extra.
func ValidName(s string) bool {
	return len(s) <= maxName && nameForm.MatchString(s)
}

// Normalize returns the form in which names are compared: lower case, with
// one hyphen for each run of hyphens, underscores and dots.
func Normalize(name string) string {
	var b strings.Builder
	separated := false
	for _, r := range strings.ToLower(name) {
		separator := strings.ContainsRune("-_.", r)
		switch {
		case separator && separated:
		case separator:
			b.WriteByte('-')
		default:
			b.WriteRune(r)
		}
		separated = separator
	}
	return b.String()
}
