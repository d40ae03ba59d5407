package version

import (
	"reflect"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
)

var versions = []string{
	"1", "1.0", "1.0.0", "01.002", "v1.0", "V1", " 1.0\n", "1.0a1", "1.0-alpha.1", "1.0alpha", "1.0ALPHA1", "1.0b2",
	"1.0.beta_2", "1.0c3", "1.0rc3", "1.0-pre", "1.0preview4",
	"1.0.post1", "1.0-1", "1.0-r4", "1.0.rev", "1.0post", "1.0a1.post2", "1.0a1-2", "1.0.dev0", "1.0dev", "1.0-DEV3",
	"1.0a1.dev1", "1.0.post1.dev2", "1.0a1.post1.dev1",
	"1!1.0", "0!1.0", "1!0.5", "00!1", "1.0+local", "1.0+Local.7", "1.0+ubuntu-1_2", "1.0+007", "1.0+10", "1.0+9",
	"1.0+a", "1.0+a.1", "1.0+1a", "1.0.post1+x",
	"2026.11.23", "1.10", "1.9", "99999999999999999999999999", "100000000000000000000000000", "1.0.0.0.0.1",
	"1.1a0", "1.1", "1.1.dev1", "1.1.post0", "1.2.3", "1.0.1", "0", "0.0", "0.dev0",
	"", "x", "1.", ".1", "1..2", "1.0x", "1.0+", "1.0+a..b", "1.0+a+b", "1 .0", "1.0 a", "1.0--1", "1.0a1b1",
	"1.0.post1.post2", "!1", "1!", "dog", "1.0\x00", "1.0;x", "１.0", "1.0.dev1a1",
}

var specifiers = []string{
	"==1.0", "==1", "== 1.0.0 ", "==1.0.*", "==1.*", "==0.*", "==1!1.*", "!=1.0", "!=1.0.*", "!=1.*", "==1.0a1.*",
	"==1.0a1", "==1.0+local", "!=1.0+local", "==1.0.post1.*",
	"<1.0", "<1.0a1", "<1.1", "<=1.0", "<=1.0a1", ">1.0", ">=1.0", ">1.0.post1", ">1.0a1", ">=1.0.dev0", "<1.1.dev1",
	">0", ">1.0.dev0", "<1.0.post1", "<1!0",
	"~=1.0", "~=1.0.0", "~=1.0a1", "~=1.0.post1", "~=1.1.dev1", "~=1!1.0", "===1.0", "===1.0a1", "===1.0+LOCAL",
	">=1.0,<1.1", "==1.0,!=1.0a1", ">=1,", ",", "",
	"~=1", "1.0", "=1.0", "=>1", ">=1.0.*", "==1.0+a.*", ">=1.0+a", "==1.0.dev1.*", "==", "== x", ">>1", "==*",
	"!=1.0.* x", "~=1.0.*", "==1.0;", "==1.0.*.*",
}

const script = `
import json, sys
from pip._vendor.packaging.version import Version, InvalidVersion
from pip._vendor.packaging.specifiers import Specifier, SpecifierSet, InvalidSpecifier
given = json.load(sys.stdin)
good = []
names = []
for v in given["versions"]:
    try: good.append(Version(v)); names.append(str(good[-1]))
    except InvalidVersion: names.append("")
def sets(s):
    try: return [Specifier(p) for p in s.split(",") if p.strip()]
    except InvalidSpecifier: return None
def held(s):
    set = sets(s)
    if set is None: return None
    return [all(p.contains(v, prereleases=True) for p in set) for v in good]
print(json.dumps({
    "names": names,
    "order": [[(v > w) - (v < w) for w in good] for v in good],
    "held": [held(s) for s in given["specifiers"]],
}))
`

func TestAgainstPackaging(t *testing.T) {
	var want struct {
		Names []string
		Order [][]int
		Held  [][]bool
	}
	oracle.Ask(t, script, map[string]any{"versions": versions, "specifiers": specifiers}, &want)

	var good []Version
	for i, s := range versions {
		v, err := Parse(s)
		got := ""
		if err == nil {
			got = v.String()
			good = append(good, v)
		}
		if got != want.Names[i] {
			t.Errorf("%q is %q, want %q", s, got, want.Names[i])
		}
	}
	if t.Failed() {
		return
	}
	for i, v := range good {
		for j, w := range good {
			if got := v.Compare(w); got != want.Order[i][j] {
				t.Errorf("compare %s and %s: got %d, want %d", v, w, got, want.Order[i][j])
			}
		}
	}
	for i, s := range specifiers {
		set, err := ParseSet(s)
		if (err != nil) != (want.Held[i] == nil) {
			t.Errorf("%q: %v; want held by %v", s, err, want.Held[i])
			continue
		}
		for j, held := range want.Held[i] {
			if got := set.Contains(good[j]); got != held {
				t.Errorf("%q holds %s: got %t, want %t", s, good[j], got, held)
			}
		}
	}
}

func TestExact(t *testing.T) {
	tests := []struct{ in, want string }{
		{"==1.0", "1.0"}, {"== 1.0-ALPHA1", "1.0a1"}, {"===weird", "weird"},
		{"==1.*", ""}, {">=1", ""}, {"==1,==1", ""}, {"", ""},
	}
	for _, tt := range tests {
		set, err := ParseSet(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := set.Exact(); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q: got %q, %t, want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestTooLong(t *testing.T) {
	long := strings.Repeat("1", 2000)
	if _, err := Parse(long); err == nil {
		t.Error("version of 2000 digits is read")
	}
	if _, err := ParseSet("===" + long); err == nil {
		t.Error("specifier of 2000 digits is read")
	}
	if _, err := ParseSet(strings.Repeat("==1,", 1<<20)); err == nil {
		t.Error("a million specifiers are read")
	}
}

// The law: the normal form of a version is a fixed point and equal to it.
func FuzzParse(f *testing.F) {
	for _, v := range versions {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := Parse(in)
		if err != nil {
			return
		}
		again, err := Parse(v.String())
		if err != nil || !reflect.DeepEqual(v, again) || v.Compare(again) != 0 {
			t.Errorf("%q is %s, and that is %s, %v", in, v, again, err)
		}
	})
}

// The law: == and != of the same text are never both true, nor both false.
func FuzzSpecifier(f *testing.F) {
	f.Add("1.0", "1.0.post1")
	f.Add("1.0.*", "1.0a1")
	f.Fuzz(func(t *testing.T, text, version string) {
		v, err := Parse(version)
		if err != nil || strings.HasPrefix(text, "=") {
			return
		}
		is, err := ParseSpecifier("==" + text)
		if err != nil {
			return
		}
		not, err := ParseSpecifier("!=" + text)
		if err != nil || is.Contains(v) == not.Contains(v) {
			t.Errorf("%s both is and is not %s, %v", v, text, err)
		}
	})
}
