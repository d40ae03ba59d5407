package version

import (
	"fmt"
	"strings"
)

// A Specifier is one condition on a version, such as >=1.2 or ==1.*.
type Specifier struct {
	Op   string // one of ~= == != <= >= < > ===
	Text string // the version as written, with .* if it ends so
	v    Version
	wild bool // == and != with .*
}

// A Set is a list of conditions that must all hold. The empty Set holds for
// every version.
type Set []Specifier

var operators = []string{"===", "~=", "==", "!=", "<=", ">=", "<", ">"}

// ParseSet reads conditions separated by commas, such as ">=1,<2".
func ParseSet(s string) (Set, error) {
	if len(s) > 64*maxLen {
		return nil, fmt.Errorf("version specifiers of %d bytes", len(s))
	}
	var set Set
	for _, part := range strings.Split(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		spec, err := ParseSpecifier(part)
		if err != nil {
			return nil, err
		}
		set = append(set, spec)
	}
	return set, nil
}

// ParseSpecifier reads one condition.
func ParseSpecifier(s string) (Specifier, error) {
	s = strings.TrimSpace(s)
	for _, op := range operators {
		if text, ok := strings.CutPrefix(s, op); ok {
			return newSpecifier(op, strings.TrimSpace(text))
		}
	}
	return Specifier{}, fmt.Errorf("%q is not a version specifier", s)
}

// newSpecifier checks what the operator may stand before: only == and != take a
// wildcard or a local version, ~= needs two numbers, and === takes any text.
func newSpecifier(op, text string) (Specifier, error) {
	spec := Specifier{Op: op, Text: text}
	bad := fmt.Errorf("%q is not a version specifier", op+text)
	if op == "===" {
		if text == "" || len(text) > maxLen || strings.ContainsAny(text, " \t\r\n;)") {
			return spec, bad
		}
		return spec, nil
	}
	plain, wild := strings.CutSuffix(text, ".*")
	v, err := Parse(plain)
	if err != nil {
		return spec, bad
	}
	spec.v, spec.wild = v, wild
	equality := op == "==" || op == "!="
	switch {
	case wild && (!equality || v.dev != "" || len(v.local) > 0),
		len(v.local) > 0 && !equality,
		op == "~=" && len(v.release) < 2:
		return spec, bad
	}
	return spec, nil
}

// String returns the conditions separated by commas.
func (s Set) String() string {
	var all []string
	for _, spec := range s {
		all = append(all, spec.Op+spec.Text)
	}
	return strings.Join(all, ",")
}

// Exact returns the one version that the set allows, if it says so with ==
// and no wildcard, or with ===.
func (s Set) Exact() (string, bool) {
	if len(s) != 1 {
		return "", false
	}
	switch spec := s[0]; {
	case spec.Op == "==" && !spec.wild:
		return spec.v.String(), true
	case spec.Op == "===":
		return spec.Text, true
	}
	return "", false
}

// Contains reports whether v meets every condition. Pre-releases are like
// other versions: which of them an installer prefers is its own affair.
func (s Set) Contains(v Version) bool {
	for _, spec := range s {
		if !spec.Contains(v) {
			return false
		}
	}
	return true
}

// Contains reports whether v meets the condition.
func (s Specifier) Contains(v Version) bool {
	switch s.Op {
	case "===":
		return strings.EqualFold(v.String(), s.Text)
	case "==":
		return s.equal(v)
	case "!=":
		return !s.equal(v)
	case "<=":
		return v.comparePublic(s.v) <= 0
	case ">=":
		return v.comparePublic(s.v) >= 0
	case "<":
		return v.Compare(s.v) < 0 && (s.v.isPrerelease() || !v.isPrerelease() || !v.sameBase(s.v))
	case ">":
		return s.after(v)
	}
	return v.comparePublic(s.v) >= 0 && s.series().equal(v) // ~=
}

// equal is ==. The local part of v counts only if the condition has one.
func (s Specifier) equal(v Version) bool {
	if s.wild {
		return v.hasPrefix(s.v)
	}
	if len(s.v.local) > 0 {
		return v.Compare(s.v) == 0
	}
	return v.comparePublic(s.v) == 0
}

// after is >: not the local versions or post-releases of the version itself.
func (s Specifier) after(v Version) bool {
	if v.Compare(s.v) <= 0 {
		return false
	}
	post := v.post != "" && s.v.post == ""
	return !v.sameBase(s.v) || !post && len(v.local) == 0
}

// series is the ==N.* of a ~=N.M.
func (s Specifier) series() Specifier {
	release := s.v.release[:len(s.v.release)-1]
	return Specifier{wild: true, v: Version{epoch: s.v.epoch, release: release}}
}

// hasPrefix reports whether v is in the series of p: the parts that p names
// are those of v. If p ends in a pre- or post-release, so must v.
func (v Version) hasPrefix(p Version) bool {
	if v.epoch != p.epoch {
		return false
	}
	if p.pre != "" || p.post != "" {
		return v.compareRelease(p) == 0 && v.pre+v.preN == p.pre+p.preN && (p.post == "" || v.post == p.post)
	}
	for i, n := range p.release {
		if v.part(i) != n {
			return false
		}
	}
	return true
}
