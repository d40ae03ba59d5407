package rpm

import (
	"cmp"
	"strings"
)

// parseVersion takes [epoch:]version[-release] apart.
func parseVersion(s string) version {
	var v version
	if epoch, rest, ok := strings.Cut(s, ":"); ok && strings.Trim(epoch, "0123456789") == "" {
		v.epoch, s = epoch, rest
	}
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		s, v.release = s[:i], s[i+1:]
	}
	v.version = s
	return v
}

// compare orders versions as rpm does. A missing epoch is 0; a missing release
// is equal to any.
func (v version) compare(w version) int {
	if c := compareText(cmp.Or(v.epoch, "0"), cmp.Or(w.epoch, "0")); c != 0 {
		return c
	}
	if c := compareText(v.version, w.version); c != 0 || v.release == "" || w.release == "" {
		return c
	}
	return compareText(v.release, w.release)
}

// compareText compares two versions, or two releases, part by part as rpmvercmp
// does: https://rpm-software-management.github.io/rpm/manual/dependencies.html.
// Parts are numbers or words; what is neither only divides them. A tilde sorts
// before the end of the text, a caret after it and before anything else.
func compareText(a, b string) int {
	if a == b {
		return 0
	}
	for a != "" || b != "" {
		a, b = skipDividers(a), skipDividers(b)
		if c, done := compareMarks(&a, &b); done {
			return c
		} else if c != 0 {
			continue
		}
		if a == "" || b == "" {
			break
		}
		class := isLetter
		if isDigit(a[0]) {
			class = isDigit
		}
		partA, restA := cutPart(a, class)
		partB, restB := cutPart(b, class)
		if partB == "" { // a number is newer than a word
			if isDigit(a[0]) {
				return 1
			}
			return -1
		}
		if c := compareParts(partA, partB, isDigit(a[0])); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return cmp.Compare(min(len(a), 1), min(len(b), 1))
}

// compareMarks compares tildes and carets at the start of a and b. It reports
// whether that decides; if both have the same one it takes them off and returns
// a number that is not 0.
func compareMarks(a, b *string) (c int, decided bool) {
	for _, mark := range []string{"~", "^"} {
		inA, inB := strings.HasPrefix(*a, mark), strings.HasPrefix(*b, mark)
		switch {
		case inA && inB:
			*a, *b = (*a)[1:], (*b)[1:]
			return 1, false
		case mark == "~" && inA, mark == "^" && inA && *b != "", mark == "^" && inB && *a == "":
			return -1, true
		case mark == "~" && inB, mark == "^" && inB && *a != "", mark == "^" && inA && *b == "":
			return 1, true
		}
	}
	return 0, false
}

func compareParts(a, b string, numbers bool) int {
	if !numbers {
		return strings.Compare(a, b)
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func skipDividers(s string) string {
	for s != "" && !isDigit(s[0]) && !isLetter(s[0]) && s[0] != '~' && s[0] != '^' {
		s = s[1:]
	}
	return s
}

// cutPart cuts off the longest start of s whose bytes are all of one class.
func cutPart(s string, class func(byte) bool) (part, rest string) {
	i := 0
	for i < len(s) && class(s[i]) {
		i++
	}
	return s[:i], s[i:]
}
