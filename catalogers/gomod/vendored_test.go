package gomod

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"
)

func TestParseVendorList(t *testing.T) {
	a := module.Version{Path: "example.com/a", Version: "v1.0.0"}
	tests := []struct {
		name, in string
		want     vendorList
		wantErrs string
	}{{
		name: "all kinds of lines",
		in: "## workspace\n# example.com/a v1.0.0 => example.com/b v1.2.0\n## explicit; go 1.25; later\nexample.com/a\nexample.com/a/sub\n" +
			"# example.com/c v1.0.0 => ../c\n# example.com/d => ../d\n",
		want: vendorList{workspace: true, modules: []vendored{{
			mod:       a,
			replace:   module.Version{Path: "example.com/b", Version: "v1.2.0"},
			explicit:  true,
			goVersion: "1.25",
			packages:  []string{"example.com/a", "example.com/a/sub"},
			line:      2,
		}, {
			mod:     module.Version{Path: "example.com/c", Version: "v1.0.0"},
			replace: module.Version{Path: "../c"},
			line:    6,
		}, {
			mod:     module.Version{Path: "example.com/d"},
			replace: module.Version{Path: "../d"},
			line:    7,
		}}},
	}, {
		name: "faults keep the rest",
		in:   "pkg\n## explicit\n# example.com/a\n# example.com/b latest\nexample.com/b\n# example.com/a v1.0.0\nexample.com/a x\nexample.com//a\nexample.com/a\n",
		want: vendorList{modules: []vendored{
			{line: 3},
			{line: 4, packages: []string{"example.com/b"}},
			{line: 6, mod: a, packages: []string{"example.com/a"}},
		}},
		wantErrs: "line 1, column 1: a package before the first module\n" +
			"line 2, column 1: an annotation before the first module\n" +
			"line 3, column 1: want # and a module path and a version\n" +
			"line 4, column 17: \"latest\" is no version\n" +
			"line 7, column 15: text after the path of a package\n" +
			"line 8, column 1: malformed import path \"example.com//a\": double slash\n",
	}, {
		name: "faults of replacements",
		in:   "# ../a v1.0.0\n# example.com/a v1.0.0 x ../a\n# example.com/a =>\n# example.com/a v1.0.0 => example.com/b latest\n# example.com/a v1.0.0 => a v1.0.0 b\n",
		want: vendorList{modules: []vendored{{line: 1}, {line: 2}, {line: 3}, {line: 4}, {line: 5}}},
		wantErrs: "line 1, column 3: malformed module path \"../a\": invalid path element \"..\"\n" +
			"line 2, column 24: want => and a module path and a version, or a folder\n" +
			"line 3, column 17: want => and a module path and a version, or a folder\n" +
			"line 4, column 41: \"latest\" is no version\n" +
			"line 5, column 24: want => and a module path and a version, or a folder\n",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, errs := parseVendorList([]byte(tt.in))
			if diff := cmp.Diff(*got, tt.want, cmp.AllowUnexported(vendorList{}, vendored{})); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			if diff := cmp.Diff(errorLines(errs), tt.wantErrs); diff != "" {
				t.Errorf("errors: got - want +\n%s", diff)
			}
		})
	}
}

// The law: no line is lost. Each is a module, a package, an annotation or an
// error.
func FuzzParseVendorList(f *testing.F) {
	f.Add("## workspace\n# example.com/a v1.0.0 => example.com/b v1.2.0\n## explicit; go 1.25\nexample.com/a\n# example.com/d => ../d\n")
	f.Add("# a b c d e f g h\n#\n##\nx y\n")
	f.Fuzz(func(t *testing.T, in string) {
		list, errs := parseVendorList([]byte(in))
		found := len(errs)
		for _, m := range list.modules {
			found += len(m.packages)
			if m.mod.Path != "" {
				found++
			}
		}
		want := 0
		for line := range strings.Lines(in) {
			if f := splitLine(line, 1); len(f) == 1 && f[0].text != "##" {
				want++
			}
		}
		if found < want {
			t.Errorf("%d modules, packages and errors of %d lines", found, want)
		}
	})
}
