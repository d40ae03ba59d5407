package git

import (
	"cmp"
	"slices"
	"strings"
)

// A Version is a tag whose name is a prefix and a version.
type Version struct {
	Text string // the version as the tag has it: "v1.2.3", "2024.1.0.0rc1"
	Tag  *Tag
}

// Versions returns the tags that name a version, best first: the highest
// version, final before pre-release, annotated before lightweight. The prefix
// is that of a Go module in a folder ("cmd/x/") or of a project that writes one
// ("release-"); tags without it, or with another, are left out. The version may
// begin with v or, as those of OpenStack, with its number.
func Versions(tags []*Tag, prefix string) []Version {
	var list []Version
	for _, t := range tags {
		text, ok := strings.CutPrefix(t.Name, prefix)
		if _, isVersion := parseVersion(text); ok && isVersion {
			list = append(list, Version{text, t})
		}
	}
	slices.SortStableFunc(list, func(a, b Version) int {
		return cmp.Or(
			-compareVersions(a.Text, b.Text),
			-cmp.Compare(min(len(a.Tag.Objects), 1), min(len(b.Tag.Objects), 1)),
			cmp.Compare(a.Tag.Name, b.Tag.Name))
	})
	return list
}

// A version is its numbers and what follows them.
type version struct {
	numbers []string // without leading zeros
	suffix  string   // "-rc.1", "rc1", ".dev3" or "+incompatible"
}

// parseVersion reads an optional v, one to eight numbers with dots between them, and a
// suffix that begins with -, +, _, a letter, or a dot and a letter.
func parseVersion(s string) (version, bool) {
	var v version
	s = strings.TrimPrefix(s, "v")
	for {
		n := 0
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		if n == 0 || len(v.numbers) == 8 {
			return v, false
		}
		v.numbers = append(v.numbers, strings.TrimLeft(s[:n], "0"))
		s = s[n:]
		if len(s) < 2 || s[0] != '.' || !isDigit(s[1]) {
			break
		}
		s = s[1:]
	}
	v.suffix = s
	if s == "" {
		return v, true
	}
	for i := 0; i < len(s); i++ {
		if !isAlpha(s[i]) && !isDigit(s[i]) && strings.IndexByte("-+._~", s[i]) < 0 {
			return v, false
		}
	}
	letter := isAlpha(s[0]) || s[0] == '.' && len(s) > 1 && isAlpha(s[1])
	return v, letter || len(s) > 1 && strings.IndexByte("-+_~", s[0]) >= 0
}

func compareVersions(a, b string) int {
	v, _ := parseVersion(a)
	w, _ := parseVersion(b)
	for i := range max(len(v.numbers), len(w.numbers)) {
		if c := compareNumbers(at(v.numbers, i), at(w.numbers, i)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(suffixRank(v.suffix), suffixRank(w.suffix)), compareSuffixes(v.suffix, w.suffix))
}

func at(s []string, i int) string {
	if i < len(s) {
		return s[i]
	}
	return ""
}

// compareNumbers compares decimal numbers of any length.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// suffixRank puts development versions before pre-releases, those before final
// ones, and those before corrections of them, as PEP 440 does.
func suffixRank(s string) int {
	word := strings.TrimLeft(strings.ToLower(s), "-._")
	switch {
	case s == "" || s[0] == '+':
		return 0
	case strings.HasPrefix(word, "post"):
		return 1
	case strings.HasPrefix(word, "dev"):
		return -2
	}
	return -1
}

// compareSuffixes compares runs of digits as numbers and the rest as text, so
// that rc10 is after rc9.
func compareSuffixes(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a = cutRun(a)
		y, b = cutRun(b)
		c := cmp.Compare(x, y)
		if isDigit(x[0]) && isDigit(y[0]) {
			c = compareNumbers(strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0"))
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// cutRun splits off the longest run of digits or of other bytes; s is not empty.
func cutRun(s string) (run, rest string) {
	n := 1
	for n < len(s) && isDigit(s[n]) == isDigit(s[0]) {
		n++
	}
	return s[:n], s[n:]
}
