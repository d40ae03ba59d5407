package require

import (
	"fmt"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
)

// A Truth is the value of a marker: False, Unknown or True. Of several, "and"
// takes the least and "or" the greatest.
type Truth int

// The values of a marker.
const (
	False   Truth = -1
	Unknown Truth = 0
	True    Truth = 1
)

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}

// An Environment is what is known of the environment that a marker is
// evaluated for.
type Environment struct {
	// Values holds variables, such as python_version and sys_platform. One
	// that is not there is not known.
	Values map[string]string
	// Python is what python_version begins with, where that is all that is
	// known of it: "3".
	Python string
	// Extras are the extras that were asked for. All others were not. They
	// are compared in their normal form.
	Extras []string
}

// A Marker is a condition on the environment. The zero Marker always holds.
type Marker struct {
	root *expr
}

// An expr is a comparison, or an "and" or "or" of others.
type expr struct {
	op          string // and, or, or the operator of a comparison
	left, right operand
	parts       []*expr
}

// An operand is a variable or, in quotes, a literal.
type operand struct {
	variable bool
	text     string
}

// maxMarker is how deep parentheses in a marker may nest.
const maxMarker = 64

// variables are the names that markers may use. Each older name maps to the
// one that took its place.
var variables = map[string]string{
	"os_name": "", "sys_platform": "", "platform_machine": "", "platform_python_implementation": "",
	"platform_release": "", "platform_system": "", "platform_version": "", "python_version": "",
	"python_full_version": "", "implementation_name": "", "implementation_version": "",
	"extra": "", "extras": "", "dependency_groups": "",
	"os.name": "os_name", "sys.platform": "sys_platform", "platform.version": "platform_version",
	"platform.machine": "platform_machine", "platform.python_implementation": "platform_python_implementation",
	"python_implementation": "platform_python_implementation",
}

// ParseMarker reads a marker:
//
//	marker     = conjunction { "or" conjunction }
//	conjunction = term { "and" term }
//	term       = "(" marker ")" | operand operator operand
func ParseMarker(s string) (Marker, error) {
	p := &markerParser{s: s}
	root := p.either(0)
	if p.space(); p.err == nil && p.pos < len(s) {
		p.fail("more after its end")
	}
	if p.err != nil {
		return Marker{}, fmt.Errorf("marker, byte %d: %w", p.pos, p.err)
	}
	return Marker{root}, nil
}

type markerParser struct {
	s   string
	pos int
	err error
}

// fail remembers the first error. After it no method moves on.
func (p *markerParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *markerParser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// accept passes token if it is next, after space.
func (p *markerParser) accept(token string) bool {
	p.space()
	if p.err != nil || !strings.HasPrefix(p.s[p.pos:], token) {
		return false
	}
	p.pos += len(token)
	return true
}

// word passes token if it is next and ends there.
func (p *markerParser) word(token string) bool {
	start := p.pos
	if p.accept(token) && (p.pos == len(p.s) || !isNameByte(p.s[p.pos])) {
		return true
	}
	p.pos = start
	return false
}

// either reads a marker within depth parentheses.
func (p *markerParser) either(depth int) *expr {
	return p.series("or", func() *expr {
		return p.series("and", func() *expr { return p.term(depth) })
	})
}

// series reads one part or more with op between them.
func (p *markerParser) series(op string, part func() *expr) *expr {
	e := &expr{op: op, parts: []*expr{part()}}
	for p.word(op) {
		e.parts = append(e.parts, part())
	}
	if len(e.parts) == 1 {
		return e.parts[0]
	}
	return e
}

func (p *markerParser) term(depth int) *expr {
	if depth == maxMarker {
		p.fail("nested more than %d deep", maxMarker)
	}
	if !p.accept("(") {
		return p.comparison()
	}
	e := p.either(depth + 1)
	if !p.accept(")") {
		p.fail("( without )")
	}
	return e
}

// comparison reads two operands and what is between them. One must be a variable.
func (p *markerParser) comparison() *expr {
	left := p.operand()
	op := p.operator()
	right := p.operand()
	if p.err == nil && !left.variable && !right.variable {
		p.fail("two literals compared")
	}
	return &expr{op: op, left: left, right: right}
}

// operand reads a literal, which has no escapes, or the name of a variable.
func (p *markerParser) operand() operand {
	p.space()
	for _, quote := range []string{`"`, `'`} {
		if !p.accept(quote) {
			continue
		}
		text, _, closed := strings.Cut(p.s[p.pos:], quote)
		if !closed {
			p.fail("literal without end")
			return operand{}
		}
		p.pos += len(text) + 1
		return operand{text: text}
	}
	start := p.pos
	for p.pos < len(p.s) && isNameByte(p.s[p.pos]) {
		p.pos++
	}
	name := p.s[start:p.pos]
	now, ok := variables[name]
	if !ok {
		p.fail("%.80q is no variable", name)
	}
	if now != "" {
		name = now
	}
	return operand{variable: true, text: name}
}

func (p *markerParser) operator() string {
	for _, op := range []string{"===", "~=", "==", "!=", "<=", ">=", "<", ">"} {
		if p.accept(op) {
			return op
		}
	}
	if p.word("in") {
		return "in"
	}
	if p.word("not") && p.word("in") {
		return "not in"
	}
	p.fail("operator expected")
	return ""
}

// Evaluate returns whether m holds in the environment. What depends on a
// variable that is not known, or compares what cannot be compared, is
// Unknown.
func (m Marker) Evaluate(env Environment) Truth {
	if m.root == nil {
		return True
	}
	return m.root.evaluate(env)
}

func (e *expr) evaluate(env Environment) Truth {
	switch e.op {
	case "and":
		least := True
		for _, part := range e.parts {
			least = min(least, part.evaluate(env))
		}
		return least
	case "or":
		greatest := False
		for _, part := range e.parts {
			greatest = max(greatest, part.evaluate(env))
		}
		return greatest
	}
	return e.compare(env)
}

// compare evaluates one comparison.
func (e *expr) compare(env Environment) Truth {
	for _, o := range []operand{e.left, e.right} {
		if o.variable && (o.text == "extra" || o.text == "extras") {
			return e.compareExtra(env)
		}
	}
	left, known := e.left.value(env)
	right, known2 := e.right.value(env)
	if known && known2 {
		return compareValues(left, e.op, right)
	}
	if e.left.variable && !e.right.variable {
		return e.compareSeries(env)
	}
	return Unknown
}

// value returns the value of an operand, and whether it is known.
func (o operand) value(env Environment) (string, bool) {
	if !o.variable {
		return o.text, true
	}
	v, known := env.Values[o.text]
	return v, known
}

// compareExtra evaluates extra == "x" and "x" in extras, and their opposites.
func (e *expr) compareExtra(env Environment) Truth {
	if e.left.variable && e.right.variable {
		return Unknown
	}
	name := e.left.text
	if e.left.variable {
		name = e.right.text
	}
	asked := slices.ContainsFunc(env.Extras, func(x string) bool { return Normalize(x) == Normalize(name) })
	switch e.op {
	case "==", "in":
		return truth(asked)
	case "!=", "not in":
		return truth(!asked)
	}
	return Unknown
}

// compareSeries evaluates python_full_version where only python_version is
// known, and either where only the beginning of it is: the condition is
// decided if the first and the last version of that series agree on it, and
// it does not name one version in between.
func (e *expr) compareSeries(env Environment) Truth {
	series := env.Python
	if known := env.Values["python_version"]; known != "" && e.left.text == "python_full_version" {
		series = known
	}
	python := e.left.text == "python_full_version" || e.left.text == "python_version"
	spec, err := version.ParseSpecifier(e.op + e.right.text)
	if !python || series == "" || err != nil {
		return Unknown
	}
	plain, wild := strings.CutSuffix(spec.Text, ".*")
	equality := e.op == "==" || e.op == "!=" || e.op == "==="
	if equality && strings.HasPrefix(plain+".", series+".") && !(wild && plain == series) {
		return Unknown
	}
	first := compareValues(series+".0a0", e.op, e.right.text)
	last := compareValues(series+".999999", e.op, e.right.text)
	if first != last {
		return Unknown
	}
	return first
}

// compareValues compares as versions if the right side is one, else as text.
func compareValues(left, op, right string) Truth {
	switch op {
	case "in":
		return truth(strings.Contains(right, left))
	case "not in":
		return truth(!strings.Contains(right, left))
	}
	if spec, err := version.ParseSpecifier(op + right); err == nil {
		v, err := version.Parse(left)
		if err != nil {
			return Unknown
		}
		return truth(spec.Contains(v))
	}
	switch c := strings.Compare(left, right); op {
	case "==":
		return truth(c == 0)
	case "!=":
		return truth(c != 0)
	case "<":
		return truth(c < 0)
	case "<=":
		return truth(c <= 0)
	case ">":
		return truth(c > 0)
	case ">=":
		return truth(c >= 0)
	}
	return Unknown
}
