package markdown

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

func encode(t testing.TB, m *sbom.Manifest) string {
	t.Helper()
	var buf bytes.Buffer
	if err := Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestEncode(t *testing.T) {
	m := formattest.Full()
	m.Principal.Links = append(m.Principal.Links, sbom.Link{Type: "support", URL: "javascript:alert(1)"})
	const want = "## `nova` `30.1.0`\n" + `
|  |  |
| --- | --- |
| Type | ~application~ |
| Built for | ~linux~ ~amd64~ |
| Package URL | ~pkg:generic/nova@30.1.0?arch=amd64&os=linux~ |
| File | ~nova-30.1.0-linux-amd64.tar.gz~ |
| ~SHA-256~ | ~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa~ |
| ~SHA-512~ | ~bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb~ |
| Built | ~2026-11-20T09:41:00Z~ |
| Published | ~2026-11-20T12:00:00Z~ |
| Commit | ~1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b~ |
| Tag | ~30.1.0~ |
| Tag signature | ~good~ ~openpgp~ ~ABCD~ ~Ada <ada@example.org>~ |
| Toolchain | ~go1.26.8~ |
| Made by | ~Nova Release Team~ |
| Supplied by | ~Ada~ |
| Licence | ~BSD-3-Clause~ |
| Disclaimer | ~LICENSE, section 7~ |

### Where to get help

- Report bugs: <https://bugs.example.org/mod>
- Get help: ~javascript:alert(1)~
- Website: <https://example.org/>
- Download: <https://example.org/dl/mod.zip>
- Source: <https://example.org/git/nova>
- Team: <https://example.org/teams/nova>
- Support: ~limitedSupport~
- End of support: ~2028-04-30T00:00:00Z~

### Gaps: what is listed here is not all

- ~io.permission~ ~etc/shadow~ ~permission denied~

### Unknown: the artifact does not say

- ~go.edges~ ~the edges are not known~

### Components: 4

| Name | Version | Licence | Package URL |
|---|---|---|---|
| ~golang.org/x/mod~ | ~v0.30.0~ | ~BSD-3-Clause~ | ~pkg:golang/golang.org/x/mod@v0.30.0~ |
| ~golang.org/x/mod~ | ~v0.30.0~ (wanted, not shown to be here) | ~BSD-3-Clause~ | ~pkg:golang/golang.org/x/mod@v0.30.0~ |
| ~silent~ | unknown |  |  |
| ~tool~ | unknown |  |  |
`
	if got := encode(t, m); got != strings.ReplaceAll(want, "~", "`") {
		t.Errorf("got:\n%s", got)
	}
}

func TestText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a", "`a`"},
		{"", ""},
		{"<img onerror=x>", "`<img onerror=x>`"},
		{"`<b>`", "`` `<b>` ``"},
		{"a``b", "```a``b```"},
		{" x ", "`  x  `"},
		{"a|b", "`a`\\|`b`"},
		{`a\|b`, "`a\\`\\|`b`"},
		{"|", `\|`},
		{"x](javascript:y)", "`x](javascript:y)`"},
		{"a\n# b", "`a\\x0a# b`"},
		{"\u202ex", "`\\u202ex`"},
	}
	for _, tt := range tests {
		if got := text(tt.in); got != tt.want {
			t.Errorf("text(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestLink(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://example.org/a?b=c&d#e", "<https://example.org/a?b=c&d#e>"},
		{"mailto:a@example.org", "<mailto:a@example.org>"},
		{"javascript:alert(1)", "`javascript:alert(1)`"},
		{"JavaScript:alert(1)", "`JavaScript:alert(1)`"},
		{"data:text/html,x", "`data:text/html,x`"},
		{"//example.org", "`//example.org`"},
		{"https://example.org/><img>", "`https://example.org/><img>`"},
		{"https://example.org/ x", "`https://example.org/ x`"},
		{"https://example.org/\u202e", "`https://example.org/\\u202e`"},
	}
	for _, tt := range tests {
		if got := link(tt.in); got != tt.want {
			t.Errorf("link(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

// TestHostile takes away all code spans, as a reader of Markdown does, and looks
// for what is left of the manifest.
func TestHostile(t *testing.T) {
	m := formattest.Hostile()
	m.Principal.Name = "`x` <img src=x onerror=alert(1)> @ada #1 ![](https://example.org/x)"
	for line := range strings.Lines(encode(t, m)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%.80q has a character that does something", line)
		}
		rest := withoutSpans(line)
		if strings.ContainsAny(rest, "@[]`\"&") || strings.Contains(rest, "<") && !strings.Contains(rest, ": <https://") {
			t.Errorf("%.200q is left of %.200q", rest, line)
		}
	}
}

// withoutSpans removes code spans: a run of backquotes ends at the next run of
// the same length, https://spec.commonmark.org/0.31.2/#code-spans
func withoutSpans(s string) string {
	var b strings.Builder
	for s != "" {
		before, rest, ok := strings.Cut(s, "`")
		b.WriteString(before)
		if !ok {
			break
		}
		n := 1 + len(rest) - len(strings.TrimLeft(rest, "`"))
		rest = rest[n-1:]
		fence := strings.Repeat("`", n)
		end := strings.Index(rest, fence)
		for end >= 0 && (strings.HasPrefix(rest[end+n:], "`") || end > 0 && rest[end-1] == '`') {
			next := strings.Index(rest[end+1:], fence)
			if next < 0 {
				return b.String() + "unclosed `"
			}
			end += 1 + next
		}
		if end < 0 {
			return b.String() + "unclosed `"
		}
		s = rest[end+n:]
	}
	return b.String()
}

func TestMany(t *testing.T) {
	m := formattest.Many(maxComponents + 3)
	for i := range maxFindings + 2 {
		m.Findings = append(m.Findings, sbom.Finding{Kind: sbom.Gap, Code: fmt.Sprint("code", i), Detail: "x"})
	}
	got := encode(t, m)
	if !strings.HasSuffix(got, "\nand 3 more\n") || !strings.Contains(got, "- and 2 more\n") {
		t.Errorf("it does not say how many more there are: %s", got[len(got)-200:])
	}
	if err := Encode(&bytes.Buffer{}, &sbom.Manifest{}); err == nil {
		t.Error("no error for a manifest without a principal")
	}
}
