// Package markdown writes a manifest as a section of release notes: what the
// artifact is, where to get help, what its manifest lacks, and its components as
// a table. It is written in GitHub Flavored Markdown
// (https://github.github.com/gfm/), which other dialects can show as well.
//
// It is no format: it leaves out what few people ask for, and nothing reads it
// back.
//
// Every value from the manifest stands in a code span, where Markdown, HTML,
// mentions and references mean nothing. Links are made of addresses with a scheme
// that is known to be harmless.
package markdown

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

// Encode writes m. Of findings of one kind it shows 20, of components 1000, and
// says how many more there are.
func Encode(w io.Writer, m *sbom.Manifest) error {
	if m.Principal == nil {
		return errors.New("markdown: a manifest needs a principal")
	}
	p := &printer{bufio.NewWriter(w)}
	p.principal(m.Principal)
	p.links(m.Principal)
	p.findings(m.Findings)
	p.components(m.Components)
	return p.w.Flush()
}

// A printer writes lines. Its writer keeps the first error.
type printer struct{ w *bufio.Writer }

func (p *printer) line(s string) { p.w.WriteString(s + "\n") }

// row writes a row of a table, of cells that are Markdown already.
func (p *printer) row(cells ...string) { p.line("| " + strings.Join(cells, " | ") + " |") }

func (p *printer) principal(c *sbom.Principal) {
	p.line("## " + words(c.Name, cmp.Or(c.Version, "version unknown")))
	p.line("")
	p.row("", "")
	p.row("---", "---")
	p.fact("Type", string(c.Type))
	p.fact("Built for", c.OS, cmp.Or(c.Architecture, "unknown architecture"))
	p.fact("Package URL", c.PURL)
	p.fact("File", c.FileName)
	for _, d := range c.Digests {
		p.fact(text(d.Algorithm), d.Value)
	}
	p.fact("Built", when(c.Built))
	p.fact("Published", when(c.Published))
	p.fact("Commit", c.Commit)
	p.fact("Tag", c.Tag)
	if c.Signature.Result != "" {
		p.fact("Tag signature", c.Signature.Result, c.Signature.Kind, c.Signature.KeyID, c.Signature.Signer)
	}
	p.fact("Toolchain", c.Toolchain)
	p.fact("Made by", c.Maker.Name)
	p.fact("Supplied by", c.Supplier.Name)
	p.fact("Licence", cmp.Or(c.Concluded, c.Declared))
	p.fact("Disclaimer", c.Disclaimer)
}

// fact writes a row of the first table, unless there are no values.
func (p *printer) fact(name string, values ...string) {
	if s := words(values...); s != "" {
		p.row(name, s)
	}
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// linkNames say for people what a link is for. Links of other types are left out.
var linkNames = []struct{ kind, name string }{
	{"issue-tracker", "Report bugs"}, {"security-contact", "Report vulnerabilities"}, {"support", "Get help"},
	{"documentation", "Documentation"}, {"chat", "Chat"}, {"mailing-list", "Mailing list"}, {"website", "Website"},
	{"release-notes", "Release notes"}, {"distribution", "Download"},
}

// links writes where to get help and the source.
func (p *printer) links(c *sbom.Principal) {
	var lines []string
	for _, n := range linkNames {
		for _, l := range c.Links {
			if l.Type == n.kind {
				lines = append(lines, "- "+n.name+": "+link(l.URL))
			}
		}
	}
	if c.Repository != "" {
		lines = append(lines, "- Source: "+link(c.Repository))
	}
	if c.Maker.URL != "" {
		lines = append(lines, "- Team: "+link(c.Maker.URL))
	}
	if s := words(c.SupportLevel); s != "" {
		lines = append(lines, "- Support: "+s)
	}
	if !c.SupportEnd.IsZero() {
		lines = append(lines, "- End of support: "+text(when(c.SupportEnd)))
	}
	p.section("### Where to get help", lines)
}

func (p *printer) section(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("")
	p.line(heading)
	p.line("")
	p.line(strings.Join(lines, "\n"))
}

const (
	maxFindings   = 20
	maxComponents = 1000
)

func (p *printer) findings(all []sbom.Finding) {
	for _, k := range []struct {
		kind    sbom.FindingKind
		heading string
	}{
		{sbom.Gap, "### Gaps: what is listed here is not all"},
		{sbom.Unknown, "### Unknown: the artifact does not say"},
	} {
		var lines []string
		for _, f := range all {
			if f.Kind == k.kind {
				lines = append(lines, "- "+words(f.Code, cmp.Or(f.Path, f.Subject), f.Detail))
			}
		}
		if more := len(lines) - maxFindings; more > 0 {
			lines = append(lines[:maxFindings], fmt.Sprintf("- and %d more", more))
		}
		p.section(k.heading, lines)
	}
}

func (p *printer) components(all []*sbom.Component) {
	p.section(fmt.Sprintf("### Components: %d", len(all)), []string{"| Name | Version | Licence | Package URL |", "|---|---|---|---|"})
	sorted := slices.SortedFunc(slices.Values(all), func(a, b *sbom.Component) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Ref, b.Ref))
	})
	for _, c := range sorted[:min(len(sorted), maxComponents)] {
		version := cmp.Or(text(c.Version), "unknown")
		if c.Wanted {
			version += " (wanted, not shown to be here)"
		}
		p.row(text(c.Name), version, text(cmp.Or(c.Concluded, c.Declared)), text(c.PURL))
	}
	if more := len(sorted) - maxComponents; more > 0 {
		p.line(fmt.Sprintf("\nand %d more", more))
	}
}

// words returns the values that are not empty.
func words(values ...string) string {
	var kept []string
	for _, s := range values {
		if s != "" {
			kept = append(kept, text(s))
		}
	}
	return strings.Join(kept, " ")
}

// maxText is how much of a value is shown, in columns.
const maxText = 500

// text returns s as code spans, so that it shows as it is. A "|" would end the
// cell of a table even in a code span, also after a backslash, so it stands
// between two.
func text(s string) string {
	s = terminal.Cut(terminal.Clean(s), maxText)
	var b strings.Builder
	for i, part := range strings.Split(s, "|") {
		if i > 0 {
			b.WriteString(`\|`)
		}
		if part != "" {
			b.WriteString(span(part))
		}
	}
	return b.String()
}

// span returns s between more backquotes than it has in a row.
func span(s string) string {
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// schemes are what a click may open.
var schemes = []string{"https", "http", "mailto"}

// link returns a link to an address, or only its text if the address is not known
// to be harmless.
func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(schemes, u.Scheme) || strings.ContainsFunc(address, unfit) || len(address) > maxText {
		return text(address)
	}
	return "<" + address + ">"
}

// unfit reports whether r may not stand in a URL, or would end an autolink.
func unfit(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"\\^`{|}", r)
}
