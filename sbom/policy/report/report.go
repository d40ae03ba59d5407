// Package report writes what package policy found, for people and for machines.
//
//	text      what fails, why it matters and how to fix it, for a terminal
//	markdown  the same, for release notes and comments
//	sarif     SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/
//	junit     JUnit XML, as Jenkins and GitLab read it
//	vsa       an in-toto statement with a verification summary, unsigned,
//	          https://slsa.dev/spec/v1.2/verification_summary
//	json      the reports themselves, as their Go types spell them
//
// Every format takes several reports: one for each artifact of a release. What
// comes from an artifact is escaped as the format needs it.
package report

import (
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/manifestgen/manifestgen/sbom/policy"
)

// A Format is a way to write reports.
type Format struct {
	Name     string
	Suffixes []string // of the names of files
	Write    func(w io.Writer, reports []*policy.Report, o Options) error
}

// Options are what the formats cannot know by themselves.
type Options struct {
	Version string    // of manifestgen
	Now     time.Time // when the check was made; zero if the report shall not say
	All     bool      // in text and markdown, list what is in order too
	Color   bool      // in text
}

// Formats returns all formats, the usual one first.
func Formats() []Format {
	return []Format{
		{"text", []string{".txt"}, writeText},
		{"markdown", []string{".md"}, writeMarkdown},
		{"sarif", []string{".sarif", ".sarif.json"}, writeSARIF},
		{"junit", []string{".xml"}, writeJUnit},
		{"vsa", []string{".vsa.json", ".intoto.json", ".intoto.jsonl"}, writeVSA},
		{"json", []string{".json"}, writeJSON},
	}
}

// writeJSON writes an object, so that there is room for more.
func writeJSON(w io.Writer, reports []*policy.Report, o Options) error {
	return encode(w, struct {
		Version string           `json:"manifestgen"`
		Time    time.Time        `json:"time,omitzero"`
		Reports []*policy.Report `json:"reports"`
	}{o.Version, o.Now, reports})
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// A rank says how a result weighs, the worst first.
type rank int

const (
	failure rank = iota
	warning
	advice // a may that is not kept
	kept
	beside // not applicable
)

// words are what ranks are called.
var words = [...]string{failure: "FAIL", warning: "warn", advice: "note", kept: "ok", beside: "n/a"}

func (k rank) String() string { return words[k] }

func rankOf(r policy.Result, strict bool) rank {
	switch {
	case r.Fails(strict):
		return failure
	case r.Warns(strict):
		return warning
	case r.Status == policy.Pass:
		return kept
	case r.Status == policy.NotApplicable:
		return beside
	default:
		return advice
	}
}

// ranked are the results of a report by rank, each in order.
type ranked [len(words)][]policy.Result

func byRank(r *policy.Report) (sorted ranked) {
	for _, result := range r.Results {
		k := rankOf(result, r.Strict)
		sorted[k] = append(sorted[k], result)
	}
	return sorted
}

// title names what a report is about.
func title(r *policy.Report) string {
	name := r.Subject.Name
	for _, more := range []string{r.Subject.Version, r.Subject.Architecture} {
		if more != "" {
			name += " " + more
		}
	}
	if name == "" {
		name = place(r)
	}
	return plain(name)
}

// place is the file that a report is about, for machines.
func place(r *policy.Report) string {
	for _, name := range []string{r.Subject.File, r.Subject.Document.Name, r.Subject.Name} {
		if name != "" {
			return name
		}
	}
	return "artifact"
}

// plain replaces what could steer a terminal, or make a line look like another.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case r == '\n' || r == '\t':
			return ' '
		default:
			return unicode.ReplacementChar
		}
	}, s)
}

// problem is what is wrong, in one line.
func problem(r policy.Result) string {
	if r.Status == policy.NotProvable {
		return "not provable: " + plain(r.Message)
	}
	return plain(r.Message)
}

// offender is one of many things that are not in order, in one line.
func offender(o policy.Offender) string {
	name := o.Name
	if o.Path != "" && o.Path != o.Name {
		name = o.Path + " " + o.Name
	}
	return plain(name) + ": " + plain(o.Problem)
}
