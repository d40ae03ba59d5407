package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/sbom/policy"
)

func writeText(w io.Writer, reports []*policy.Report, o Options) error {
	t := &textWriter{Writer: bufio.NewWriter(w), o: o}
	for i, r := range reports {
		if i > 0 {
			t.WriteByte('\n')
		}
		t.report(r)
	}
	return t.Flush() // it keeps the first error
}

type textWriter struct {
	*bufio.Writer
	o Options
}

// report writes the verdict, then what is not in order, the worst first.
func (t *textWriter) report(r *policy.Report) {
	verdict := t.paint(green, "fit to publish")
	if r.Verdict != policy.Fit {
		verdict = t.paint(red, "NOT FIT TO PUBLISH")
	}
	fmt.Fprintf(t, "%s: %s, by %s\n", title(r), verdict, plain(r.Profile.Name))
	if r.Profile.Status == policy.Reconstructed {
		fmt.Fprintf(t, "  this profile is reconstructed: %s\n", plain(r.Profile.Note))
	}
	if r.Damned {
		fmt.Fprintf(t, "  %s\n", t.paint(red, "a signature is bad"))
	}
	sorted := byRank(r)
	for k, results := range sorted {
		if rank(k) > advice && !t.o.All {
			continue
		}
		for _, result := range results {
			t.result(rank(k), result)
		}
	}
	fmt.Fprintf(t, "  %s\n", summary(sorted))
}

func (t *textWriter) result(k rank, r policy.Result) {
	fmt.Fprintf(t, "  %s %s %s: %s\n", t.paint(colors[k], fmt.Sprintf("%-4s", k)), plain(r.Rule.ID), r.Rule.Severity, plain(r.Rule.Title))
	t.line("what", problem(r))
	if k > advice {
		return
	}
	for _, o := range r.Offenders {
		t.line("", offender(o))
	}
	if n := r.Failed + r.Unproven - len(r.Offenders); n > 0 && len(r.Offenders) > 0 {
		t.line("", fmt.Sprintf("and %d more", n))
	}
	for _, e := range r.Evidence {
		t.line("seen", evidence(e))
	}
	t.line("why", plain(r.Rule.Why))
	t.line("fix", plain(r.Rule.Fix))
}

func (t *textWriter) line(name, text string) {
	if text != "" {
		fmt.Fprintf(t, "       %-5s%s\n", name, text)
	}
}

func evidence(e policy.Evidence) string {
	text := plain(e.Field) + ": " + plain(e.Value)
	var from []string
	for _, s := range []string{string(e.Source), e.Where} {
		if s != "" {
			from = append(from, plain(s))
		}
	}
	if len(from) > 0 {
		text += " (" + strings.Join(from, ", ") + ")"
	}
	return text
}

func summary(sorted ranked) string {
	parts := []string{fmt.Sprintf("%d in order", len(sorted[kept]))}
	for _, k := range []struct {
		rank
		name string
	}{{failure, "failed"}, {warning, "warnings"}, {advice, "notes"}, {beside, "not applicable"}} {
		if n := len(sorted[k.rank]); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k.name))
		}
	}
	return strings.Join(parts, ", ")
}

// Colors, by the codes of ECMA-48.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

var colors = [...]string{failure: red, warning: yellow, advice: yellow, kept: green, beside: ""}

func (t *textWriter) paint(color, s string) string {
	if !t.o.Color || color == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}
