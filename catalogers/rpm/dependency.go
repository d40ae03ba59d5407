package rpm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
)

// Sense flags of a dependency, from
// https://github.com/rpm-software-management/rpm/blob/rpm-4.20.0-release/include/rpm/rpmds.h.
const (
	senseLess      = 1 << 1
	senseGreater   = 1 << 2
	senseEqual     = 1 << 3
	senseMissingOK = 1 << 19
	senseRPMLib    = 1 << 24

	senseCompare = senseLess | senseGreater | senseEqual
)

// A dependency is a name that a package provides or requires, which may be the
// path of a file or a whole expression in parentheses, with a range of versions.
type dependency struct {
	name    string
	sense   uint32
	version string
}

// operators spell the combinations of sense flags.
var operators = map[uint32]string{
	senseLess: "<", senseLess | senseEqual: "<=", senseEqual: "=", senseGreater | senseEqual: ">=", senseGreater: ">",
}

// senses are the combinations that operators spell.
var senses = map[string]uint32{
	"<": senseLess, "<=": senseLess | senseEqual, "=": senseEqual, ">=": senseGreater | senseEqual, ">": senseGreater,
}

// String returns the dependency as rpm writes it, such as "libc >= 2.3".
func (d dependency) String() string { return d.token("") }

// token returns what String does, after a prefix.
func (d dependency) token(prefix string) string {
	op := operators[d.sense&senseCompare]
	if op == "" || d.version == "" {
		return prefix + d.name
	}
	return prefix + d.name + " " + op + " " + d.version
}

// parseDependency reads what String writes.
func parseDependency(s string) dependency {
	name, rest, _ := strings.Cut(s, " ")
	op, version, _ := strings.Cut(rest, " ")
	if sense := senses[op]; sense != 0 && version != "" && !strings.Contains(version, " ") && !strings.HasPrefix(name, "(") {
		return dependency{name, sense, version}
	}
	return dependency{name: s}
}

// overlaps reports whether a version is in both ranges. One without a bound is
// met by all.
func (d dependency) overlaps(o dependency) bool {
	if d.sense&senseCompare == 0 || o.sense&senseCompare == 0 || d.version == "" || o.version == "" {
		return true
	}
	switch c := parseVersion(d.version).compare(parseVersion(o.version)); {
	case c < 0:
		return d.sense&senseGreater != 0 || o.sense&senseLess != 0
	case c > 0:
		return d.sense&senseLess != 0 || o.sense&senseGreater != 0
	}
	return d.sense&o.sense&senseCompare != 0
}

// dependencies returns the dependencies in three lists of a header.
func dependencies(h *header.Header, names, flags, versions header.Tag) []dependency {
	sense, bound := h.Numbers(flags), h.Texts(versions)
	var all []dependency
	for i, name := range h.Texts(names) {
		d := dependency{name: strings.ToValidUTF8(name, "\uFFFD")}
		if i < len(sense) {
			d.sense = sense[i]
		}
		if i < len(bound) {
			d.version = strings.ToValidUTF8(bound[i], "\uFFFD")
		}
		all = append(all, d)
	}
	return all
}

// The dependencies of a package are tokens of its component. What it needs stands
// among the keys that it depends on: no component has such a key, so they wait
// there for Resolve.
const (
	providesPrefix = "rpm:"
	needsPrefix    = "rpm-needs:"
)

// provided returns a token for each thing that the package provides.
func provided(h *header.Header) []string {
	var tokens []string
	for _, d := range dependencies(h, header.ProvideName, header.ProvideFlags, header.ProvideVersion) {
		tokens = append(tokens, d.token(providesPrefix))
	}
	return tokens
}

// needed returns a token for each thing that the package requires, less what rpm
// itself must be able to do and what may be missing.
func needed(h *header.Header) []string {
	var tokens []string
	seen := map[string]bool{}
	for _, d := range dependencies(h, header.RequireName, header.RequireFlags, header.RequireVersion) {
		token := d.token(needsPrefix)
		if d.sense&(senseRPMLib|senseMissingOK) == 0 && !strings.HasPrefix(d.name, "rpmlib(") && !seen[token] {
			seen[token] = true
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// A rich dependency is an expression over dependencies:
// https://rpm-software-management.github.io/rpm/manual/boolean_dependencies.html.
// One without an operator is a leaf.
type rich struct {
	op         string // "and", "or", "with", "without", "if", "unless"
	args       []rich // two or more; of if and unless a third is what else holds
	dependency        // of a leaf
}

// maxRichDepth is how deep expressions may be nested.
const maxRichDepth = 32

// parseRich parses a dependency that may be an expression.
func parseRich(s string) (rich, error) {
	d := parseDependency(s)
	if !strings.HasPrefix(d.name, "(") {
		return rich{dependency: d}, nil
	}
	p := richParser{words: richWords(s)}
	r, err := p.group(0)
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q after the end of the expression", strings.Join(p.words, " "))
	}
	return r, err
}

// richWords divides an expression into words. Parentheses are words of their own
// except within a name, such as libc.so.6(GLIBC_2.4)(64bit).
func richWords(s string) []string {
	var words []string
	for _, field := range strings.Fields(s) {
		for strings.HasPrefix(field, "(") {
			words, field = append(words, "("), field[1:]
		}
		end := len(field)
		for end > 0 && field[end-1] == ')' && strings.Count(field[:end], ")") > strings.Count(field[:end], "(") {
			end--
		}
		if end > 0 {
			words = append(words, field[:end])
		}
		for range len(field) - end {
			words = append(words, ")")
		}
	}
	return words
}

type richParser struct{ words []string }

func (p *richParser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

// group parses "( operand { operator operand } )".
func (p *richParser) group(depth int) (rich, error) {
	p.next() // "("
	first, err := p.operand(depth)
	if err != nil {
		return rich{}, err
	}
	r := rich{args: []rich{first}}
	for {
		switch op := p.next(); {
		case op == "":
			return rich{}, errors.New("an expression has no end")
		case op == ")" && len(r.args) == 1:
			return first, nil
		case op == ")":
			return r, nil
		case r.op == "" && richOperators[op], op == r.op && op != "if" && op != "unless":
			r.op = op
		case op == "else" && (r.op == "if" || r.op == "unless") && len(r.args) == 2:
		default:
			return rich{}, fmt.Errorf("unexpected %q in an expression", op)
		}
		arg, err := p.operand(depth)
		if err != nil {
			return rich{}, err
		}
		r.args = append(r.args, arg)
	}
}

var richOperators = map[string]bool{"and": true, "or": true, "with": true, "without": true, "if": true, "unless": true}

// operand parses a name with an optional range of versions, or a group.
func (p *richParser) operand(depth int) (rich, error) {
	if depth == maxRichDepth || len(p.words) == 0 {
		return rich{}, errors.New("an expression is too deep or has no end")
	}
	if p.words[0] == "(" {
		return p.group(depth + 1)
	}
	name := p.next()
	if name == ")" || richOperators[name] {
		return rich{}, fmt.Errorf("unexpected %q in an expression", name)
	}
	if len(p.words) >= 2 {
		if d := parseDependency(name + " " + p.words[0] + " " + p.words[1]); d.sense != 0 {
			p.words = p.words[2:]
			return rich{dependency: d}, nil
		}
	}
	return rich{dependency: dependency{name: name}}, nil
}
