package dpkg

import (
	"fmt"
	"strings"
)

// A relation names a package, and perhaps how its version must be, in the
// syntax of deb-control(5):
//
//	name[:arch] [(op version)] [[archs]] [<profiles>]
//
// The last two occur in source packages only, and are skipped.
type relation struct {
	name    string
	arch    string // "any", "native", or an architecture
	op      string // "<<", "<=", "=", ">=", ">>", or "" for any version
	version string
}

// maxRelations bounds the relations of one field.
const maxRelations = 20_000

// parseRelations parses a field such as Depends: groups between commas, all of
// which are needed, of alternatives between bars, of which one is enough. What
// it cannot parse it leaves out of the result and tells in the error.
func parseRelations(s string) ([][]relation, error) {
	if strings.Count(s, ",")+strings.Count(s, "|") >= maxRelations {
		return nil, fmt.Errorf("more than %d relations", maxRelations)
	}
	var groups [][]relation
	var bad complaints
	for text := range strings.SplitSeq(s, ",") {
		if strings.TrimSpace(text) == "" {
			continue // a comma at the end is allowed
		}
		var group []relation
		for alternative := range strings.SplitSeq(text, "|") {
			r, err := parseRelation(alternative)
			if err != nil {
				bad.addf("%w", err)
				continue
			}
			group = append(group, r)
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	return groups, bad.err()
}

func parseRelation(s string) (relation, error) {
	s = strings.TrimSpace(s)
	end := strings.IndexAny(s, " \t\n([<")
	if end < 0 {
		end = len(s)
	}
	var r relation
	r.name, r.arch, _ = strings.Cut(s[:end], ":")
	if !validName(r.name) {
		return relation{}, fmt.Errorf("relation %q: invalid package name", s)
	}
	rest := strings.TrimSpace(s[end:])
	if rest == "" || rest[0] != '(' {
		return r, nil
	}
	bound, _, closed := strings.Cut(rest[1:], ")")
	bound = strings.TrimSpace(bound)
	r.version = strings.TrimLeft(bound, "<=>")
	op, known := operators[bound[:len(bound)-len(r.version)]]
	r.version = strings.TrimSpace(r.version)
	if !closed || !known || checkVersion(r.version) != nil {
		return relation{}, fmt.Errorf("relation %q: invalid version bound", s)
	}
	r.op = op
	return r, nil
}

// operators maps the operators to how we spell them; "<" and ">" are obsolete
// and mean "or equal".
var operators = map[string]string{
	"": "=", "=": "=", "<<": "<<", "<=": "<=", ">=": ">=", ">>": ">>", "<": "<=", ">": ">=",
}

// allows reports whether the version fits the relation's bound.
func (r relation) allows(version string) bool {
	d := compareVersions(version, r.version)
	switch r.op {
	case "<<":
		return d < 0
	case "<=":
		return d <= 0
	case "=":
		return d == 0
	case ">=":
		return d >= 0
	case ">>":
		return d > 0
	}
	return true
}

// String returns the relation as a control file has it.
func (r relation) String() string {
	s := r.name
	if r.arch != "" {
		s += ":" + r.arch
	}
	if r.op != "" {
		s += " (" + r.op + " " + r.version + ")"
	}
	return s
}

// validName reports whether s is a package name: at least one letter or digit,
// then those and "+-._". Upper case and underscore are found in old systems.
func validName(s string) bool {
	if s == "" || !isDigit(s[0]) && !isLetter(s[0]) {
		return false
	}
	return !strings.ContainsFunc(s, notIn("+-._"))
}

// formatRelations is the inverse of parseRelations.
func formatRelations(groups [][]relation) string {
	var b strings.Builder
	for i, group := range groups {
		if i > 0 {
			b.WriteString(", ")
		}
		for j, r := range group {
			if j > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(r.String())
		}
	}
	return b.String()
}
