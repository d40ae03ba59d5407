package artifact

import (
	"path"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanPath(t *testing.T) {
	tests := []struct {
		in, want string
		unclean  bool
	}{
		{"a/b", "a/b", false},
		{"./a", "a", false},
		{"a/", "a", false},
		{"a//b", "a/b", false},
		{"a/./b", "a/b", false},
		{".", ".", false},
		{"./", ".", false},
		{"", ".", true},
		{"/", ".", true},
		{"/a", "a", true},
		{"../a", "a", true},
		{"a/../b", "b", true},
		{"a/../../b", "b", true},
		{"..", ".", true},
		{"a\\..\\b", "a\\..\\b", false},
		{"!control/a", "%21control/a", false},
		{"a!/b", "a%21/b", false},
		{"a!b", "a!b", false},
		{"100%", "100%", false},
		{"%4", "%4", false},
		{"%41", "%2541", false},
		{"%zz", "%zz", false},
		{"\x1b[1m\n", "%1B[1m%0A", false},
		{"\xff\xc3", "%FF%C3", false},
		{"ä ö", "ä ö", false},
		{"\u202e", "%E2%80%AE", false},
		{"\ufffd", "\ufffd", false},
		{"a\x00b", "a%00b", false},
	}
	for _, tt := range tests {
		got, unclean := cleanPath(tt.in)
		if got != tt.want || unclean != tt.unclean {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.in, got, unclean, tt.want, tt.unclean)
		}
	}
}

// original undoes sbom.EntryPath. That it can shows that no two names become one.
func original(clean string) string {
	var b strings.Builder
	for i := 0; i < len(clean); i++ {
		if clean[i] == '%' && i+2 < len(clean) && strings.Trim(clean[i+1:i+3], "0123456789abcdefABCDEF") == "" {
			c, _ := strconv.ParseUint(clean[i+1:i+3], 16, 8)
			b.WriteByte(byte(c))
			i += 2
			continue
		}
		b.WriteByte(clean[i])
	}
	return b.String()
}

// FuzzCleanPath holds that a clean path is relative and clean, printable, has no
// mark of a container, and is that of one name only.
func FuzzCleanPath(f *testing.F) {
	for _, seed := range []string{"a/b", "../../a", "/", "a!/b", "%41%", "%\x01", "%4\x01", "\xff!", "a//../b/.", "!", "!/!", "%%%25", "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, unclean := cleanPath(name)
		if got != path.Clean(got) || path.IsAbs(got) || got == ".." || strings.HasPrefix(got, "../") {
			t.Errorf("%q becomes %q, which is not clean", name, got)
		}
		if strings.Contains(got, "!/") || strings.HasPrefix(got, "!") || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !strconv.IsPrint(r) }) {
			t.Errorf("%q becomes %q", name, got)
		}
		if want := strings.TrimPrefix(path.Clean("/"+name), "/"); original(got) != want && !(got == "." && want == "") {
			t.Errorf("%q becomes %q, which is %q", name, got, original(got))
		}
		if !unclean && path.IsAbs(name) {
			t.Errorf("%q is absolute and not reported", name)
		}
	})
}
