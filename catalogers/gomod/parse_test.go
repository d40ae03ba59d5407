package gomod

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"
)

// summary writes the statements of f in the order of the fields of
// modfile.File, one on each line.
func summary(f *modfile.File) string {
	var b strings.Builder
	if f.Module != nil {
		fmt.Fprintln(&b, "module", f.Module.Mod.Path)
	}
	if f.Go != nil {
		fmt.Fprintln(&b, "go", f.Go.Version)
	}
	if f.Toolchain != nil {
		fmt.Fprintln(&b, "toolchain", f.Toolchain.Name)
	}
	for _, r := range f.Require {
		fmt.Fprintln(&b, "require", r.Mod, r.Indirect)
	}
	for _, r := range f.Exclude {
		fmt.Fprintln(&b, "exclude", r.Mod)
	}
	for _, r := range f.Replace {
		fmt.Fprintln(&b, "replace", r.Old, r.New)
	}
	for _, r := range f.Retract {
		fmt.Fprintln(&b, "retract", r.Low, r.High)
	}
	for _, r := range f.Tool {
		fmt.Fprintln(&b, "tool", r.Path)
	}
	for _, r := range f.Godebug {
		fmt.Fprintln(&b, "godebug", r.Key, r.Value)
	}
	return b.String()
}

// errorLines joins errors, one on each line.
func errorLines(errs []error) string {
	var b strings.Builder
	for _, err := range errs {
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

func TestParseMod(t *testing.T) {
	tests := []struct {
		name, in, want, wantErrs string
	}{{
		name: "every statement",
		in: "module example.com/m\n\ngo 1.25.0\ntoolchain go1.26.1\n" +
			"require (\n\texample.com/a v1.0.0\n\texample.com/b v0.1.0 // indirect\n)\n" +
			"exclude example.com/a v1.1.0\nreplace example.com/a v1.0.0 => example.com/c v1.2.0\n" +
			"replace example.com/b => ../b\nretract [v1.0.0, v1.1.0]\ntool example.com/a/cmd\ngodebug panicnil=1\n",
		want: "module example.com/m\ngo 1.25.0\ntoolchain go1.26.1\n" +
			"require example.com/a@v1.0.0 false\nrequire example.com/b@v0.1.0 true\n" +
			"exclude example.com/a@v1.1.0\nreplace example.com/a@v1.0.0 example.com/c@v1.2.0\n" +
			"replace example.com/b ../b\nretract v1.0.0 v1.1.0\ntool example.com/a/cmd\ngodebug panicnil 1\n",
	}, {
		name:     "empty",
		wantErrs: "",
	}, {
		name:     "a bad version in a block",
		in:       "module m\nrequire (\n\ta.b/a v1.0.0\n\ta.b/b latest\n\ta.b/c v1.0.0 // indirect\n)\n",
		want:     "module m\nrequire a.b/a@v1.0.0 false\nrequire a.b/c@v1.0.0 true\n",
		wantErrs: "line 4, column 2: require a.b/b: version \"latest\" invalid: must be of the form v1.2.3\n",
	}, {
		name: "marks of a merge conflict",
		in: "module m\nrequire (\n<<<<<<< HEAD\n\ta.b/a v1.0.0\n=======\n\ta.b/a v1.1.0\n" +
			">>>>>>> branch\n\ta.b/c v1.0.0\n)\n",
		want: "module m\nrequire a.b/a@v1.0.0 false\nrequire a.b/a@v1.1.0 false\nrequire a.b/c@v1.0.0 false\n",
		wantErrs: "line 3, column 1: require <<<<<<<: version \"HEAD\" invalid: must be of the form v1.2.3\n" +
			"line 5, column 1: usage: require module/path v1.2.3\n" +
			"line 7, column 1: require >>>>>>>: version \"branch\" invalid: must be of the form v1.2.3\n",
	}, {
		name:     "two faults of the lexer",
		in:       "module m\nrequire \"a.b/a v1.0.0\nrequire a.b/b v1.0.0 /* x */\nrequire a.b/c v1.0.0\n",
		want:     "module m\nrequire a.b/c@v1.0.0 false\n",
		wantErrs: "line 2, column 22: unexpected newline in string\nline 3, column 22: mod files must use // comments (not /* */ comments)\n",
	}, {
		name:     "a block without an end before a statement",
		in:       "module m\nrequire (\n\ta.b/a v1.0.0\n\nreplace a.b/a => ../a\nrequire a.b/b v1.0.0\n",
		want:     "module m\nrequire a.b/a@v1.0.0 false\nrequire a.b/b@v1.0.0 false\nreplace a.b/a ../a\n",
		wantErrs: "line 5, column 1: a statement stands where the block before it has no end\n",
	}, {
		name:     "a block without an end before a block",
		in:       "module m\nrequire (\n\ta.b/a v1.0.0\nexclude (\n\ta.b/a v1.1.0\n)\n",
		want:     "module m\nrequire a.b/a@v1.0.0 false\nexclude a.b/a@v1.1.0\n",
		wantErrs: "line 4, column 1: a block begins where the one before it has no end\n",
	}, {
		name:     "cut off within a block",
		in:       "module m\nrequire (\n\ta.b/a v1.0.0\n\ta.b/b v1.",
		want:     "module m\nrequire a.b/a@v1.0.0 false\n",
		wantErrs: "line 4, column 2: require a.b/b: version \"v1.\" invalid: must be of the form v1.2.3\nline 4, column 1: the file ends within a block\n",
	}, {
		name:     "text after a block",
		in:       "module m\nrequire (\n\ta.b/a v1.0.0\n) x\nexclude a.b/a v1.1.0\n",
		want:     "module m\nrequire a.b/a@v1.0.0 false\nexclude a.b/a@v1.1.0\n",
		wantErrs: "line 4, column 2: text after a closing parenthesis\n",
	}, {
		name:     "statements that stand twice",
		in:       "module m\ngo 1.20\nmodule n\nrequire a.b/a v1.0.0\ngo 1.21\n",
		want:     "module m\ngo 1.20\nrequire a.b/a@v1.0.0 false\n",
		wantErrs: "line 3, column 1: repeated module statement\nline 5, column 1: repeated go statement\n",
	}, {
		name:     "unknown statements",
		in:       "module m\nfrob x\nfrobs (\n\tx y\n)\nrequire a.b/a v1.0.0\n",
		want:     "module m\nrequire a.b/a@v1.0.0 false\n",
		wantErrs: "line 2, column 1: unknown directive: frob\nline 3, column 1: unknown block type: frobs\nline 4, column 2: unknown directive: frobs\n",
	}, {
		name:     "paths of no module",
		in:       "module m\nrequire (\n\t\"a.b/\\x1b[31m\" v1.0.0\n\ta.b/c v1.0.0\n)\nreplace a.b/c => ./c\nreplace a.b/../d => a.b/c v1.0.0\nreplace (\n\ta.b/./d => a.b/./c v1.0.0\n)\n",
		want:     "module m\nrequire a.b/c@v1.0.0 false\nreplace a.b/c ./c\n",
		wantErrs: "line 3, column 2: malformed import path \"a.b/\\x1b[31m\": invalid char '\\x1b'\nline 7, column 1: malformed import path \"a.b/../d\": invalid path element \"..\"\nline 9, column 2: malformed import path \"a.b/./d\": invalid path element \".\"\n",
	}, {
		name:     "bytes that are no text",
		in:       "\x00\xff\nmodule m\n\xef\xbb\xbfgo 1.20\nrequire a.b/a v1.0.0\n",
		want:     "module m\nrequire a.b/a@v1.0.0 false\n",
		wantErrs: "line 1, column 1: unexpected input character '\\x00'\nline 3, column 1: unexpected input character '\\ufeff'\n",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, errs := parseMod([]byte(tt.in))
			if diff := cmp.Diff(summary(f), tt.want); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			if diff := cmp.Diff(errorLines(errs), tt.wantErrs); diff != "" {
				t.Errorf("errors: got - want +\n%s", diff)
			}
		})
	}
}

func TestParseWork(t *testing.T) {
	f, errs := parseWork([]byte("go 1.25\nuse (\n\t./a\n\t./b c\n)\nreplace a.b/a => ./x\nrequire a.b/c v1.0.0\n"))
	if len(f.Use) != 1 || f.Use[0].Path != "./a" || len(f.Replace) != 1 {
		t.Errorf("got %d use and %d replace statements, want 1 and 1", len(f.Use), len(f.Replace))
	}
	want := "line 4, column 2: usage: use local/dir\nline 7, column 1: unknown directive: require\n"
	if diff := cmp.Diff(errorLines(errs), want); diff != "" {
		t.Errorf("errors: got - want +\n%s", diff)
	}
}

// A dependency may have statements of a later version of Go, and says nothing
// about replacements that matters to others.
func TestParseRequiredMod(t *testing.T) {
	f, errs := parseRequiredMod([]byte("module m\nfrob x\nreplace nonsense\nrequire a.b/a v1.0.0\ngo v1.17x\n"))
	want := "module m\ngo 1.17\nrequire a.b/a@v1.0.0 false\n"
	if diff := cmp.Diff(summary(f), want); diff != "" || errs != nil {
		t.Errorf("errors %v; got - want +\n%s", errs, diff)
	}
}

// Faults everywhere cost one pass each, not one pass over the whole file each.
func TestParseModManyFaults(t *testing.T) {
	const n = 20_000
	var b strings.Builder
	b.WriteString("module m\nrequire (\n")
	for i := range n {
		fmt.Fprintf(&b, "\texample.com/m%d v1.0.%d\n\texample.com/broken%d\n", i, i, i)
	}
	b.WriteString(")\n")
	f, errs := parseMod([]byte(b.String()))
	if len(f.Require) != n || len(errs) != n {
		t.Errorf("got %d requirements and %d errors, want %d of each", len(f.Require), len(errs), n)
	}
}

// The law: without errors the result is that of package modfile; with errors
// each of them has a position within the file; statements and
// errors are at most twice as many as the lines.
func FuzzParseMod(f *testing.F) {
	f.Add([]byte("module m\n\ngo 1.25\nrequire (\n\ta.b/a v1.0.0 // indirect\n)\nreplace a.b/a => ../a\n"))
	f.Add([]byte("module m\nrequire (\n\ta.b/a x\nexclude (\n) y\nretract [v1.0.0,v1.1.0]\nmodule n"))
	f.Add([]byte("\v\n\f\n\f\n0\n0()"))
	f.Add([]byte("replace (\n\ta/../b => a/../c v1.0.0\n)\nmodule a//b\n"))
	f.Add([]byte("require \"a\\\nb\" v1\n(\n)\n((\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, errs := parseMod(in)
		want, err := checked(modfile.Parse)("", in, nil)
		if (err == nil) != (len(errs) == 0) {
			t.Fatalf("errors %v, but modfile says %v", errs, err)
		}
		if err == nil && summary(got) != summary(want) {
			t.Errorf("got %s, want %s", summary(got), summary(want))
		}
		if got.Syntax == nil {
			t.Error("nothing was kept")
		}
		lines := strings.Count(string(in), "\n") + 1
		for _, err := range errs {
			p, ok := err.(*positionError)
			if !ok || p.line < 1 || p.line > lines || p.column < 1 {
				t.Errorf("error without a position in %d lines: %v", lines, err)
			}
		}
		if n := len(got.Require) + len(got.Replace) + len(errs); err != nil && n > 2*lines+2 {
			t.Errorf("%d statements and errors in %d lines", n, lines)
		}
	})
}
