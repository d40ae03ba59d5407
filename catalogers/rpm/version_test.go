package rpm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
)

// versions sort differently under rules that differ a little from rpm's.
var versions = []string{
	"", "0", "1", "1.0", "1.00", "1.01", "1.1", "1.10", "1.2", "1..2", "1.2.", "1_2", "1a", "1a1", "1.a", "a", "b", "A", "a1", "1.0a",
	"1.0~rc1", "1.0~rc2", "1.0~", "1.0~~", "1.0~rc1~git", "1.0^", "1.0^git1", "1.0^git2", "1.0^^", "1.0^git1~pre", "1.0~rc1^git1", "1.0.1", "1.0.a",
	"2.0", "2.0.", ".2.0", "10000000000000000000000", "10000000000000000000001", "00001", "é", "1é", "1é2", "+", "1+", "~", "^", "~^", "^~", "~1", "^1",
}

func TestCompareText(t *testing.T) {
	tool := rpmtest.Tool(t, "rpm", "rpm")
	var list strings.Builder
	for _, v := range versions {
		fmt.Fprintf(&list, "%q,", v)
	}
	out := rpmtest.Run(t, tool, "--eval", "%{lua:local v={"+list.String()+"}; for i=1,#v do for j=1,#v do "+
		"local ok, c = pcall(rpm.vercmp, v[i], v[j]); print((ok and c or 'none')..' ') end end}")
	want := strings.Fields(string(out))
	if len(want) != len(versions)*len(versions) {
		t.Fatalf("rpm compares %d pairs: %.200s", len(want), out)
	}
	compared := 0
	for i, w := range want {
		a, b := versions[i/len(versions)], versions[i%len(versions)]
		if w == "none" { // rpm takes one of them for no version at all
			continue
		}
		compared++
		if got := fmt.Sprint(compareText(a, b)); got != w {
			t.Errorf("compareText(%q, %q) = %s, want %s", a, b, got, w)
		}
	}
	if compared < 2000 {
		t.Errorf("rpm compared %d pairs only", compared)
	}
}

func TestParseVersion(t *testing.T) {
	for s, want := range map[string]version{
		"1.0":         {"", "1.0", ""},
		"1.0-2":       {"", "1.0", "2"},
		"3:1.0-2":     {"3", "1.0", "2"},
		"0:1.0":       {"0", "1.0", ""},
		"1.0-rc1-2":   {"", "1.0-rc1", "2"},
		"a:1":         {"", "a:1", ""},
		"":            {"", "", ""},
		"1:2:3-4":     {"1", "2:3", "4"},
		":1":          {"", "1", ""},
		"1.0~rc1^git": {"", "1.0~rc1^git", ""},
	} {
		if got := parseVersion(s); got != want {
			t.Errorf("parseVersion(%q) = %+v, want %+v", s, got, want)
		}
	}
}

func FuzzCompareText(f *testing.F) {
	for i, a := range versions {
		f.Add(a, versions[(i*7)%len(versions)], "1.0")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if compareText(a, b) != -compareText(b, a) {
			t.Errorf("%q and %q: %d and %d", a, b, compareText(a, b), compareText(b, a))
		}
		if all := []string{a, b, c}; slices.IsSortedFunc(all, compareText) && compareText(a, c) > 0 {
			t.Errorf("%q <= %q <= %q, but the first is greater than the last", a, b, c)
		}
	})
}
