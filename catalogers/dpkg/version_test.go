package dpkg

import (
	"cmp"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// ascending is in order; the versions of one line are equal.
var ascending = [][]string{
	{"0~~"}, {"0~~a"}, {"0~"}, {"0", "0-0", "0:0", "00"}, {"0a"}, {"0+"},
	{"1~rc1-1"}, {"1-0.1"}, {"1-1~bpo12+1"}, {"1-1"}, {"1-1+b1"}, {"1-1.1"}, {"1-2"}, {"1-10"},
	{"1a"}, {"1+a"}, {"1.0"}, {"1.0.0"}, {"1.2"}, {"1.10"}, {"1.010.1", "1.10.1"},
	{"2-1-1"}, {"10"}, {"99999999999999999999"}, {"100000000000000000000"},
	{"1:0"}, {"1:2~3-4"}, {"1:2~3-4+b1"}, {"2:0~"}, {"10:0"},
}

func TestCompareVersions(t *testing.T) {
	for i, group := range ascending {
		for j, other := range ascending {
			for _, a := range group {
				for _, b := range other {
					if got, want := cmp.Compare(compareVersions(a, b), 0), cmp.Compare(i, j); got != want {
						t.Errorf("%q and %q: got %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

// TestCompareVersionsDpkg asks dpkg about the table and about random versions.
func TestCompareVersionsDpkg(t *testing.T) {
	needTool(t, "dpkg", "dpkg")
	random := rand.New(rand.NewPCG(3, 4))
	all := slices.Concat(ascending...)
	for range 150 {
		all = append(all, randomVersion(random))
	}
	for range 600 {
		a, b := all[random.IntN(len(all))], all[random.IntN(len(all))]
		op, want := "eq", compareVersions(a, b)
		switch {
		case want < 0:
			op = "lt"
		case want > 0:
			op = "gt"
		}
		if out, err := exec.Command("dpkg", "--compare-versions", a, op, b).CombinedOutput(); err != nil {
			t.Errorf("dpkg does not think that %q %s %q: %v %s", a, op, b, err, out)
		}
	}
}

// needTool skips the test if the tool is not there; in CI that is a failure.
func needTool(t *testing.T, tool, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("needs the Debian package %s", debianPackage)
	}
}

func randomVersion(random *rand.Rand) string {
	var b strings.Builder
	b.WriteByte("0123456789"[random.IntN(10)])
	for range random.IntN(5) {
		b.WriteString([]string{"0", "1", "9", "a", "z", "B", ".", "+", "~", "-"}[random.IntN(10)])
	}
	b.WriteString([]string{"", "1", "-1", "-0", "~"}[random.IntN(5)])
	return strings.TrimSuffix([]string{"", "", "0:", "1:"}[random.IntN(4)]+b.String(), "-")
}

func TestCheckVersion(t *testing.T) {
	for _, v := range slices.Concat(ascending...) {
		if err := checkVersion(v); err != nil {
			t.Error(err)
		}
	}
	for _, v := range []string{"", ":1", "a:1", "1:", "-1", "1-", "1;2", "1\n2", "1\x1b[2J", "1 2", "1_2", "é", "1-1:2"} {
		if err := checkVersion(v); err == nil {
			t.Errorf("%q: no error", v)
		}
	}
}

// FuzzCompareVersions holds the order to being one: a version equals itself, and
// two compare alike both ways.
func FuzzCompareVersions(f *testing.F) {
	f.Add("1:2~3-4+b1", "1:2~3-4")
	f.Add("", "~")
	f.Fuzz(func(t *testing.T, a, b string) {
		if compareVersions(a, a) != 0 {
			t.Errorf("%q does not equal itself", a)
		}
		if cmp.Compare(compareVersions(a, b), 0) != -cmp.Compare(compareVersions(b, a), 0) {
			t.Errorf("%q and %q differ by order", a, b)
		}
	})
}
