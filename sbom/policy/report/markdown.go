package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/sbom/policy"
)

func writeMarkdown(w io.Writer, reports []*policy.Report, o Options) error {
	b := bufio.NewWriter(w)
	for i, r := range reports {
		if i > 0 {
			b.WriteByte('\n')
		}
		markdownReport(b, r, o)
	}
	return b.Flush() // it keeps the first error
}

func markdownReport(w io.Writer, r *policy.Report, o Options) {
	verdict := "fit to publish"
	if r.Verdict != policy.Fit {
		verdict = "**not fit to publish**"
	}
	fmt.Fprintf(w, "## %s: %s\n\nBy the profile %s, %s.\n", markdown(title(r)), verdict, markdown(r.Profile.Name), markdown(r.Profile.Title))
	if r.Profile.Status == policy.Reconstructed {
		fmt.Fprintf(w, "\nThis profile is reconstructed: %s\n", markdown(r.Profile.Note))
	}
	sorted := byRank(r)
	header := false
	for k, results := range sorted {
		for _, result := range results {
			if rank(k) > advice && !o.All {
				continue
			}
			if !header {
				header = true
				fmt.Fprint(w, "\n| | rule | asked for | found | what to do |\n|---|---|---|---|---|\n")
			}
			fix := markdown(result.Rule.Fix)
			if rank(k) > advice {
				fix = ""
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", rank(k), markdown(result.Rule.ID), markdown(result.Rule.Title), markdown(problem(result)), fix)
		}
	}
	fmt.Fprintf(w, "\n%s.\n", summary(sorted))
}

// markdownSpecials are escaped by a backslash: what begins a construct of
// CommonMark or GitHub's tables inside a line, and what begins HTML.
const markdownSpecials = "\\`*_{}[]<>()#|~!&@:"

func markdown(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		if strings.ContainsRune(markdownSpecials, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
