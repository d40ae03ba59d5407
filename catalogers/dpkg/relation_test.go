package dpkg

import "testing"

func TestParseRelations(t *testing.T) {
	tests := []struct {
		in, want, wantErr string
	}{
		{in: ""},
		{in: "a", want: "a"},
		{in: "a, b | c (>= 1:2-3),\n d:any (<<4), ", want: "a, b | c (>= 1:2-3), d:any (<< 4)"},
		{in: "a(=1)", want: "a (= 1)"},
		{in: "a (< 1), b (> 2), c (1)", want: "a (<= 1), b (>= 2), c (= 1)"},
		{in: "a [amd64] <!nocheck>, b (>= 1) [i386]", want: "a, b (>= 1)"},
		{in: "a (>= 1, b", want: "b", wantErr: "invalid version bound"},
		{in: "a (=> 1), b", want: "b", wantErr: `relation "a (=> 1)": invalid version bound`},
		{in: "a | (>= 1) | b", want: "a | b", wantErr: "invalid package name"},
		{in: "a\x1b[2J", wantErr: "invalid package name"},
	}
	for _, tt := range tests {
		groups, err := parseRelations(tt.in)
		checkErr(t, err, tt.wantErr)
		if got := formatRelations(groups); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestAllows(t *testing.T) {
	for _, tt := range []struct {
		relation, version string
		want              bool
	}{
		{"a", "1", true},
		{"a (<< 2)", "1", true}, {"a (<< 2)", "2", false},
		{"a (<= 2)", "2", true}, {"a (<= 2)", "3", false},
		{"a (= 2)", "2-0", true}, {"a (= 2)", "2-1", false},
		{"a (>= 2)", "2", true}, {"a (>= 2)", "2~", false},
		{"a (>> 2)", "2", false}, {"a (>> 2)", "1:1", true},
	} {
		r, err := parseRelation(tt.relation)
		if got := r.allows(tt.version); err != nil || got != tt.want {
			t.Errorf("%s allows %s: got %v, %v; want %v", tt.relation, tt.version, got, err, tt.want)
		}
	}
}

// FuzzParseRelations holds parseRelations to this: what it returns, written and
// read again, is the same.
func FuzzParseRelations(f *testing.F) {
	f.Add("a, b | c (>= 1:2-3),\n d:any (<<4) [amd64], ")
	f.Fuzz(func(t *testing.T, in string) {
		groups, _ := parseRelations(in)
		want := formatRelations(groups)
		again, err := parseRelations(want)
		if got := formatRelations(again); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
}
