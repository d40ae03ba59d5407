package rpm

import (
	"strings"
	"testing"
)

func (r rich) dump() string {
	if r.op == "" {
		return r.dependency.String()
	}
	var args []string
	for _, arg := range r.args {
		args = append(args, arg.dump())
	}
	return r.op + "[" + strings.Join(args, "; ") + "]"
}

func TestParseRich(t *testing.T) {
	tests := []struct{ in, want, err string }{
		{"libc", "libc", ""},
		{"libc >= 2.3", "libc >= 2.3", ""},
		{"libc.so.6(GLIBC_2.4)(64bit)", "libc.so.6(GLIBC_2.4)(64bit)", ""},
		{"/usr/bin/a b", "/usr/bin/a b", ""},
		{"(a)", "a", ""},
		{"((a))", "a", ""},
		{"(a and b)", "and[a; b]", ""},
		{"(a and b and c)", "and[a; b; c]", ""},
		{"(a >= 1 with a < 2)", "with[a >= 1; a < 2]", ""},
		{"(libc.so.6()(64bit) or perl(A::B) = 3)", "or[libc.so.6()(64bit); perl(A::B) = 3]", ""},
		{"(a if b else c)", "if[a; b; c]", ""},
		{"(a if (b or (c and d)) else perl(e))", "if[a; or[b; and[c; d]]; perl(e)]", ""},
		{"(a unless b)", "unless[a; b]", ""},
		{"(a and b or c)", "", "unexpected \"or\""},
		{"(a if b if c)", "", "unexpected \"if\""},
		{"(a else b)", "", "unexpected \"else\""},
		{"(a if b else c else d)", "", "unexpected \"else\""},
		{"(a and", "", "no end"},
		{"(a and )", "", "unexpected \")\""},
		{"(a b)", "", "unexpected \"b\""},
		{"(a", "", "no end"},
		{"(", "", "no end"},
		{"()", "", "unexpected \")\""},
		{"(a) b", "", "after the end"},
		{strings.Repeat("(", 100) + "a" + strings.Repeat(")", 100), "", "too deep"},
	}
	for _, tt := range tests {
		r, err := parseRich(tt.in)
		if err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)) || err == nil && tt.err != "" {
			t.Errorf("parseRich(%.40q): error %v, want %q", tt.in, err, tt.err)
		}
		if err == nil && r.dump() != tt.want {
			t.Errorf("parseRich(%q) = %s, want %s", tt.in, r.dump(), tt.want)
		}
	}
}

func TestDependencyString(t *testing.T) {
	for _, s := range []string{"a", "a < 1", "a <= 1", "a = 1:2-3", "a >= 1", "a > 1", "/a b = c d", "(a or b)"} {
		if got := parseDependency(s).String(); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}

func FuzzParseRich(f *testing.F) {
	for _, s := range []string{"(a and b)", "(a >= 1 with (b or c))", "(a if b else c(d))", "libc.so.6()(64bit)", "a = 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseRich(s)
		if err == nil && r.op == "" && r.name == "" && s != "" && !strings.HasPrefix(s, " ") {
			t.Errorf("%q becomes nothing", s)
		}
		if err == nil && r.op != "" && len(r.args) < 2 {
			t.Errorf("%q: %d operands of %s", s, len(r.args), r.op)
		}
	})
}
