package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

func encodeTree(t testing.TB, m *sbom.Manifest, width int) string {
	t.Helper()
	var buf bytes.Buffer
	if err := EncodeTree(&buf, m, Options{Width: width}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestEncodeTree(t *testing.T) {
	m := &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Ref: "app", Name: "app", Version: "1"}}}
	for _, ref := range []string{"a", "b", "c", "disk", "inside", "lonely", "loop1", "loop2", "wish"} {
		m.Components = append(m.Components, &sbom.Component{Ref: ref, Name: ref, Wanted: ref == "wish"})
	}
	for _, e := range []string{"app>a", "app>b", "a>c", "b>c", "c>a", "disk:inside", "inside>c", "loop1>loop2", "loop2>loop1", "wish>wish"} {
		i := strings.IndexAny(e, ">:")
		kind := map[byte]sbom.EdgeKind{'>': sbom.DependsOn, ':': sbom.Contains}[e[i]]
		m.Edges = append(m.Edges, sbom.Edge{Kind: kind, From: e[:i], To: e[i+1:]})
	}
	const want = `app 1
├─ disk
│  └─ inside
│     └─ → c (elsewhere)
├─ lonely
├─ loop1
│  └─ → loop2
│     └─ → loop1 (cycle)
├─ wish (wanted)
│  └─ → wish (wanted) (cycle)
├─ → a
│  └─ → c
│     └─ → a (cycle)
└─ → b
   └─ → c (elsewhere)
`
	if got := encodeTree(t, m, 0); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestTreeFits checks that lines neither exceed the width nor do anything, and
// that what is not too deep is there.
func TestTreeFits(t *testing.T) {
	for name, m := range formattest.Fixtures() {
		for _, width := range []int{10, 30, 80, 200} {
			got := encodeTree(t, m, width)
			for line := range strings.Lines(got) {
				line = strings.TrimSuffix(line, "\n")
				if n := terminal.Columns(line); n > width {
					t.Errorf("%s: %d columns in %d: %q", name, n, width, line)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.HasPrefix(line, "::") {
					t.Errorf("%s: %.80q does something", name, line)
				}
			}
			if shown := strings.Count(got, "\n") - 1; shown < len(m.Components) && !strings.Contains(got, "more") && width > 30 {
				t.Errorf("%s: %d lines for %d components", name, shown, len(m.Components))
			}
		}
	}
}

func TestTreeIsBounded(t *testing.T) {
	m := formattest.Minimal()
	for i := range maxLines + 5 {
		ref := fmt.Sprint("c", i)
		m.Components = append(m.Components, &sbom.Component{Ref: ref, Name: ref})
	}
	got := encodeTree(t, m, 80)
	if n := strings.Count(got, "\n"); n != maxLines+2 || !strings.HasSuffix(got, "and 5 more lines\n") {
		t.Errorf("%d lines, ending with %q", n, got[len(got)-40:])
	}
	if got := encodeTree(t, formattest.Nested(), 80); !strings.Contains(got, "chain010\n") || !strings.Contains(got, "(and more below)") {
		t.Errorf("a chain that is too deep:\n%s", got)
	}
	if err := EncodeTree(&bytes.Buffer{}, &sbom.Manifest{}, Options{}); err == nil {
		t.Error("no error for a manifest without a principal")
	}
}
