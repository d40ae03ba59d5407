package terminal

import "testing"

func TestClean(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain é 漢", "plain é 漢"},
		{"\x1b[31m", `\x1b[31m`},
		{"a\r\nb\tc", `a\x0d\x0ab\x09c`},
		{"\u202egpj", `\u202egpj`},
		{"\U000e0041", `\U000e0041`},
		{"\xff", `\xff`},
		{"\ufffd", "\ufffd"},
		{"::add-mask::x", `\::add-mask::x`},
		{"  ::x", `\::x`},
		{"a::b", "a::b"},
		{"x##vso[y", `x#\#vso[y`},
		{"##[group]", `#\#[group]`},
	}
	for _, tt := range tests {
		if got := Clean(tt.in); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in    string
		width int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"漢字漢字", 8, "漢字漢字"}, {"漢字漢字", 7, "漢字漢…"}, {"漢字", 3, "漢…"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"}, {"ab", 1, "…"}, {"", 0, ""},
	}
	for _, tt := range tests {
		if got := Cut(tt.in, tt.width); got != tt.want || Columns(got) > max(tt.width, 1) {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}
