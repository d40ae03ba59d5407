package plugin

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// What is shown of standard error is one short printable line, and it is the end,
// however it was written.
func FuzzTail(f *testing.F) {
	f.Add("error: no such file\n", 3)
	f.Add("\x1b[31mred\x1b[0m\r\n\xff\xfe", 1)
	f.Add(strings.Repeat("long ", 1000)+"end", 7)
	f.Fuzz(func(t *testing.T, s string, size int) {
		var parts, whole tail
		for rest := s; rest != ""; {
			n := min(max(1, size), len(rest))
			if _, err := parts.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if _, err := whole.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
		text := parts.text()
		if text != whole.text() {
			t.Errorf("in parts %q, as a whole %q", text, whole.text())
		}
		if !strings.HasSuffix(s, string(parts.kept)) || len(parts.kept) != min(len(s), tailSize) {
			t.Errorf("kept %q of %q", parts.kept, s)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("not printable: %q", text)
		}
	})
}
