package gomod

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"
)

func TestParseSum(t *testing.T) {
	a := module.Version{Path: "example.com/a", Version: "v1.0.0"}
	tests := []struct {
		name, in string
		want     []sum
		wantErrs string
	}{{
		name: "files and go.mod",
		in:   "example.com/a v1.0.0 h1:eA=\nexample.com/a v1.0.0/go.mod h1:eB=\r\n\n",
		want: []sum{{a, false, "h1:eA="}, {a, true, "h1:eB="}},
	}, {
		name:     "faults in each field",
		in:       "exa mple\nexample.com/ä  v1.0.0 h1:x\nexample.com/a master h1:x\nexample.com/a v1.0.0 x\nexample.com/a v1.0.0 h1:x y\nexample.com/a v1.0.0 h1:z",
		want:     []sum{{a, false, "h1:z"}},
		wantErrs: "line 1, column 5: want a module path, a version and a hash\nline 2, column 1: malformed module path \"example.com/ä\": invalid char 'ä'\nline 3, column 15: version \"master\" is not canonical\nline 4, column 22: hash \"x\" is not of the form h1:base64\nline 5, column 27: want a module path, a version and a hash\n",
	}, {
		name:     "a long line",
		in:       strings.Repeat("x", 1<<20) + "\nexample.com/a v1.0.0 h1:z\n",
		want:     []sum{{a, false, "h1:z"}},
		wantErrs: "line 1, column 1: want a module path, a version and a hash\n",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, errs := parseSum([]byte(tt.in))
			if diff := cmp.Diff(got, tt.want, cmp.AllowUnexported(sum{})); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			if diff := cmp.Diff(errorLines(errs), tt.wantErrs); diff != "" {
				t.Errorf("errors: got - want +\n%s", diff)
			}
		})
	}
}

// The law: each line that is not empty is a sum or an error, and a sum written
// again is the same sum.
func FuzzParseSum(f *testing.F) {
	f.Add("example.com/a v1.0.0 h1:eA=\nexample.com/a v1.0.0/go.mod h1:eB=\n")
	f.Add("x\n\xff v1 h1:\n")
	f.Fuzz(func(t *testing.T, in string) {
		sums, errs := parseSum([]byte(in))
		want := 0
		for line := range strings.Lines(in) {
			if strings.Trim(line, blanks) != "" {
				want++
			}
		}
		if len(sums)+len(errs) != want {
			t.Errorf("%d sums and %d errors of %d lines", len(sums), len(errs), want)
		}
		for _, s := range sums {
			suffix := ""
			if s.goMod {
				suffix = "/go.mod"
			}
			again, _ := parseSum([]byte(s.mod.Path + " " + s.mod.Version + suffix + " " + s.hash))
			if len(again) != 1 || again[0] != s {
				t.Errorf("%v written and read again is %v", s, again)
			}
		}
	})
}
