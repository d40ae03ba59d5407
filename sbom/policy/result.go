package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/manifestgen/manifestgen/sbom"
)

func pass(format string, args ...any) Result {
	return Result{Status: Pass, Message: fmt.Sprintf(format, args...)}
}

func fail(format string, args ...any) Result {
	return Result{Status: Fail, Message: fmt.Sprintf(format, args...)}
}

func notProvable(format string, args ...any) Result {
	return Result{Status: NotProvable, Message: fmt.Sprintf(format, args...)}
}

func notApplicable(format string, args ...any) Result {
	return Result{Status: NotApplicable, Message: fmt.Sprintf(format, args...)}
}

// with returns the result with evidence.
func (r Result) with(list ...Evidence) Result {
	for _, e := range list {
		if len(r.Evidence) == maxEvidence {
			break
		}
		e.Value, e.Where = brief(e.Value), brief(e.Where)
		r.Evidence = append(r.Evidence, e)
	}
	return r
}

// said returns what the manifest has as evidence for fields of its principal.
func said(p *sbom.Principal, fields ...string) []Evidence {
	var list []Evidence
	for _, field := range fields {
		for _, e := range p.Evidence {
			if e.Field == field && len(list) < maxEvidence {
				list = append(list, Evidence{e.Field, e.Value, e.Source, e.Where})
			}
		}
	}
	return list
}

// The limits of what a result repeats of its subject.
const (
	maxBrief     = 200 // bytes of a value
	maxEvidence  = 20
	maxOffenders = 20
	maxNamed     = 3 // offenders that the message names
)

// brief cuts a value that is too long to be shown.
func brief(s string) string {
	if len(s) <= maxBrief {
		return s
	}
	cut := maxBrief
	for cut > maxBrief-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// quote puts a value into a message.
func quote(s string) string { return strconv.Quote(brief(s)) }

// A tally sums up what a rule says of each of many things.
type tally struct {
	total            int
	failed, unproven []Offender // the first of each
	failures, doubts int
}

func (t *tally) pass() { t.total++ }

func (t *tally) fail(o Offender, format string, args ...any) {
	t.total++
	t.failures++
	o.Status = Fail
	t.failed = addOffender(t.failed, o, format, args)
}

func (t *tally) doubt(o Offender, format string, args ...any) {
	t.total++
	t.doubts++
	o.Status = NotProvable
	t.unproven = addOffender(t.unproven, o, format, args)
}

func addOffender(list []Offender, o Offender, format string, args []any) []Offender {
	if len(list) == maxOffenders {
		return list
	}
	o.Ref, o.Name, o.Path = brief(o.Ref), brief(o.Name), brief(o.Path)
	o.Problem = fmt.Sprintf(format, args...)
	return append(list, o)
}

// result is the result for all things of a kind. Good and bad say of some of them
// that they are as they should be, or not: "with a version", "without a version".
func (t *tally) result(kind, good, bad string) Result {
	r := Result{Status: Pass, Total: t.total, Failed: t.failures, Unproven: t.doubts}
	r.Offenders = append(t.failed, t.unproven...)
	if len(r.Offenders) > maxOffenders {
		r.Offenders = r.Offenders[:maxOffenders]
	}
	switch {
	case t.failures > 0:
		r.Status = Fail
		r.Message = fmt.Sprintf("%s %s: %d of %d: %s", kind, bad, t.failures, t.total, names(t.failed, t.failures))
	case t.doubts > 0:
		r.Status = NotProvable
		r.Message = fmt.Sprintf("%s of which it cannot be said: %d of %d: %s", kind, t.doubts, t.total, names(t.unproven, t.doubts))
	default:
		r.Message = fmt.Sprintf("%s %s: all %d", kind, good, t.total)
	}
	return r
}

// names lists the first offenders of n, each with its problem, or all with the one
// that they share.
func names(list []Offender, n int) string {
	list = list[:min(len(list), maxNamed)]
	shared := " (" + list[0].Problem + ")"
	if slices.ContainsFunc(list, func(o Offender) bool { return o.Problem != list[0].Problem }) {
		shared = ""
	}
	var parts []string
	for _, o := range list {
		if shared == "" {
			o.Name += " (" + o.Problem + ")"
		}
		parts = append(parts, o.Name)
	}
	text := strings.Join(parts, ", ")
	if n > len(list) {
		text += fmt.Sprintf(" and %d more", n-len(list))
	}
	return text + shared
}

// offender describes a component.
func offender(c *sbom.Component) Offender {
	o := Offender{Ref: c.Ref, Name: c.Name}
	if o.Name == "" {
		o.Name = c.Ref
	}
	if o.Name == "" {
		o.Name = "a component without a name"
	}
	if c.Version != "" {
		o.Name += " " + c.Version
	}
	if len(c.Locations) > 0 {
		o.Path = c.Locations[0].Path
	}
	return o
}
