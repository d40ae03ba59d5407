package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Rule is one thing that is asked of a release, with the function that judges
// whether a release does it. Rules are values: a profile may hold one with
// another severity or other parameters.
type Rule struct {
	// ID names the rule: "G5.community". It is stable, and unique among all
	// rules.
	ID string `json:"id"`

	Standard string   `json:"standard"`         // whose rule it is, for a person
	Clause   string   `json:"clause,omitempty"` // where the standard says so
	Severity Severity `json:"severity"`

	Title string `json:"title"` // what is asked, as a sentence without a period
	Why   string `json:"why"`   // why it matters, in whole sentences
	Fix   string `json:"fix"`   // what to do about it, in whole sentences

	Params []Param `json:"params,omitempty"`

	// Check judges a subject. Of its result, the engine sets Rule. It is a
	// pure function that changes nothing, and is only called with parameters
	// that are valid.
	Check func(*Subject, Params) Result `json:"-"`
}

// A Severity says what comes of a rule that is not kept.
type Severity string

const (
	Must   Severity = "must"   // the release is not fit to publish
	Should Severity = "should" // a warning, unless the check is strict
	May    Severity = "may"    // good to know
)

// A Param is something that a rule can be told: which words it looks for, which
// licences it accepts.
type Param struct {
	Name   string   `json:"name"`
	Kind   Kind     `json:"kind"`
	About  string   `json:"about"` // what the values are for
	Values []string `json:"values"`
}

// A Kind says what the values of a parameter are.
type Kind string

const (
	Text    Kind = "text"    // any text that is not empty
	Pattern Kind = "pattern" // a regular expression, in the syntax of package regexp
	Number  Kind = "number"  // a number that is not negative, in decimal digits
)

// The limits of parameters. What a pattern costs is linear in the text it is
// matched against, whatever the pattern: see package regexp.
const (
	maxValues = 1000 // values of one parameter
	maxValue  = 1000 // bytes of one value
)

// A ParamError says which value of which parameter cannot be used.
type ParamError struct {
	Rule, Param string
	Value       int // its index, or -1 if the fault is of the parameter as a whole
	Offset      int // in the value, in bytes, where the fault begins; 0 if that is not known
	Problem     string
}

func (e *ParamError) Error() string {
	place := e.Param
	if e.Value >= 0 {
		place = fmt.Sprintf("%s[%d]", e.Param, e.Value)
	}
	return fmt.Sprintf("rule %s: %s: %s", e.Rule, place, e.Problem)
}

// With returns the rule with other values for one of its parameters. Its error is
// a [ParamError], or several that are joined.
func (r Rule) With(param string, values ...string) (Rule, error) {
	i := slices.IndexFunc(r.Params, func(p Param) bool { return p.Name == param })
	if i < 0 {
		var names []string
		for _, p := range r.Params {
			names = append(names, p.Name)
		}
		have := "it has none"
		if len(names) > 0 {
			have = "it has " + strings.Join(names, ", ")
		}
		return r, &ParamError{r.ID, param, -1, 0, "the rule has no parameter of that name; " + have}
	}
	r.Params = slices.Clone(r.Params)
	r.Params[i].Values = slices.Clone(values)
	return r, r.checkParam(r.Params[i])
}

func (r Rule) checkParam(p Param) error {
	if len(p.Values) > maxValues {
		return &ParamError{r.ID, p.Name, -1, 0, fmt.Sprintf("%d values, more than the limit of %d", len(p.Values), maxValues)}
	}
	var errs []error
	for i, v := range p.Values {
		if offset, problem := p.Kind.problem(v); problem != "" {
			errs = append(errs, &ParamError{r.ID, p.Name, i, offset, problem})
		}
	}
	return errors.Join(errs...)
}

// problem says what keeps a value from being of that kind, or "".
func (k Kind) problem(value string) (offset int, problem string) {
	switch {
	case value == "":
		return 0, "is empty"
	case len(value) > maxValue:
		return maxValue, fmt.Sprintf("%d bytes, more than the limit of %d", len(value), maxValue)
	}
	switch k {
	case Text:
		return 0, ""
	case Pattern:
		return patternProblem(value)
	case Number:
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			return 0, fmt.Sprintf("%q: want a number that is not negative", value)
		}
		return 0, ""
	}
	return 0, fmt.Sprintf("is of the unknown kind %q", k)
}

// validate reports what would keep the engine from using the rule.
func (r Rule) validate() error {
	var errs []error
	need := func(ok bool, problem string) {
		if !ok {
			errs = append(errs, fmt.Errorf("rule %s: %s", r.ID, problem))
		}
	}
	need(r.ID != "", "has no id")
	need(r.Title != "", "has no title")
	need(r.Check != nil, "has nothing to check with")
	need(r.Severity == Must || r.Severity == Should || r.Severity == May, fmt.Sprintf("severity %q: want must, should or may", r.Severity))
	for _, p := range r.Params {
		errs = append(errs, r.checkParam(p))
	}
	return errors.Join(errs...)
}

// cloneParams returns parameters that the caller may change.
func cloneParams(list []Param) []Param {
	list = slices.Clone(list)
	for i := range list {
		list[i].Values = slices.Clone(list[i].Values)
	}
	return list
}

// Params are the parameters of the rule that is checked.
type Params []Param

// Texts returns the values of a parameter, and nil if there is none of that name.
func (ps Params) Texts(name string) []string {
	for _, p := range ps {
		if p.Name == name {
			return p.Values
		}
	}
	return nil
}

// Patterns returns the values of a parameter of the kind [Pattern].
func (ps Params) Patterns(name string) []*regexp.Regexp {
	var list []*regexp.Regexp
	for _, v := range ps.Texts(name) {
		list = append(list, regexp.MustCompile(v)) // the engine has checked it
	}
	return list
}

// Number returns the first value of a parameter of the kind [Number], and 0 if
// there is none.
func (ps Params) Number(name string) int {
	for _, v := range ps.Texts(name) {
		n, _ := strconv.Atoi(v) // the engine has checked it
		return n
	}
	return 0
}
