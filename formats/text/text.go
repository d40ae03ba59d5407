// Package text writes a manifest for a person to read in a terminal: what the
// artifact is, what its manifest lacks, and the components as a table.
//
// It is no format: it leaves out what does not fit, and nothing reads it back.
//
// Names in a manifest come from artifacts that nobody vouches for. Control
// characters, among them those that move the cursor or turn the direction of
// writing, are shown escaped. So is what the logs of build services take for
// commands: "::" at the beginning of a line, "##[" and "##vso[" anywhere.
package text

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

// Options say how to write. The zero value is for a plain terminal of 80 columns.
type Options struct {
	Width int  // of the terminal, in columns. Default 80
	Color bool // emphasize with colors
}

// Encode writes a summary of m. Findings and the table of components do not
// exceed the width; the facts of the principal may, as they are there to be
// copied.
func Encode(w io.Writer, m *sbom.Manifest, o Options) error {
	if m.Principal == nil {
		return errors.New("text: a manifest needs a principal")
	}
	o.Width = cmp.Or(o.Width, 80)
	p := &printer{bufio.NewWriter(w), o}
	p.principal(m.Principal)
	p.findings(m.Findings, sbom.Gap, red, "gap", "gaps", "what is listed here is not all")
	p.findings(m.Findings, sbom.Unknown, yellow, "unknown", "unknowns", "the artifact does not say")
	p.findings(m.Findings, sbom.Note, bold, "note", "notes", "")
	p.components(m)
	return p.w.Flush()
}

// A printer writes lines. Its writer keeps the first error.
type printer struct {
	w *bufio.Writer
	Options
}

// Colors of ECMA-48.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
)

// line writes one line. Each part that comes from the manifest must have been
// cleaned.
func (p *printer) line(color, s string) {
	if p.Color && color != "" {
		s = "\x1b[" + color + "m" + s + "\x1b[0m"
	}
	p.w.WriteString(strings.TrimRight(s, " ") + "\n")
}

// maxFact is how many columns of one fact are shown.
const maxFact = 500

func (p *printer) fact(name, value string) {
	if value != "" {
		p.line("", fmt.Sprintf("  %-12s %s", name, terminal.Cut(terminal.Clean(value), maxFact)))
	}
}

func (p *printer) principal(c *sbom.Principal) {
	p.line(bold, terminal.Cut(terminal.Clean(c.Name), maxFact)+" "+terminal.Cut(terminal.Clean(cmp.Or(c.Version, "(version unknown)")), maxFact))
	p.fact("type", string(c.Type))
	p.fact("built for", join("/", c.OS, cmp.Or(c.Architecture, "an unknown architecture")))
	p.fact("package URL", c.PURL)
	p.fact("file", c.FileName)
	for _, d := range c.Digests {
		p.fact(d.Algorithm, d.Value)
	}
	p.fact("built", when(c.Built))
	p.fact("published", when(c.Published))
	p.fact("support", join(" until ", c.SupportLevel, when(c.SupportEnd)))
	p.fact("repository", c.Repository)
	p.fact("commit", join(", ", c.Commit, workTree(c.WorkTree)))
	p.fact("tag", join(", ", c.Tag, signature(c.Signature)))
	p.fact("toolchain", c.Toolchain)
	for _, in := range c.Inputs {
		p.fact("input", join(" ", in.Name, in.URL))
	}
	p.fact("made by", party(c.Maker))
	p.fact("supplied by", party(c.Supplier))
	for _, l := range c.Links {
		p.fact(linkName(l.Type), l.URL)
	}
	p.fact("licence", cmp.Or(c.Concluded, c.Declared))
	p.fact("disclaimer", c.Disclaimer)
}

// linkName returns what stands before a link, in no more columns than there are.
func linkName(kind string) string {
	if name, ok := map[string]string{"issue-tracker": "bugs", "documentation": "docs", "security-contact": "security"}[kind]; ok {
		return name
	}
	return terminal.Cut(terminal.Clean(kind), 12)
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func workTree(state string) string {
	if state == "" {
		return ""
	}
	return "work tree " + state
}

func signature(s sbom.Signature) string {
	if s.Result == "" {
		return ""
	}
	return join(" ", "signature", s.Result, s.Kind, s.KeyID, s.Signer)
}

func party(p sbom.Party) string {
	parts := []string{p.Name, p.URL}
	for _, c := range p.Contacts {
		parts = append(parts, join(" ", c.Name, c.Email, c.Phone))
	}
	return join(", ", parts...)
}

// join joins the parts that are not empty.
func join(between string, parts ...string) string {
	var kept []string
	for _, s := range parts {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, between)
}

// maxFindings is how many findings of one kind are shown.
const maxFindings = 20

func (p *printer) findings(all []sbom.Finding, kind sbom.FindingKind, color, one, several, meaning string) {
	var list []sbom.Finding
	for _, f := range all {
		if f.Kind == kind {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return
	}
	p.line("", "")
	p.line(color, join(": ", count(len(list), one, several), meaning))
	for _, f := range list[:min(len(list), maxFindings)] {
		place := join(" of ", f.Path, f.Layer)
		p.line("", terminal.Cut("  "+terminal.Clean(f.Code)+"  "+terminal.Clean(join(": ", cmp.Or(place, f.Subject), f.Detail)), p.Width))
	}
	if more := len(list) - maxFindings; more > 0 {
		p.line("", fmt.Sprintf("  and %d more", more))
	}
}

func count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
