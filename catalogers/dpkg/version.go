package dpkg

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// compareVersions orders two Debian versions as deb-version(7) says:
//
//	[epoch:]upstream[-revision]
//
// The epoch is compared as a number, then upstream and revision by
// compareParts. A version without an epoch has epoch 0; one without a revision
// is equal to one with revision 0.
func compareVersions(a, b string) int {
	epochA, upstreamA, revisionA := splitVersion(a)
	epochB, upstreamB, revisionB := splitVersion(b)
	return cmp.Or(
		compareDigits(epochA, epochB),
		compareParts(upstreamA, upstreamB),
		compareParts(revisionA, revisionB))
}

func splitVersion(v string) (epoch, upstream, revision string) {
	if e, rest, ok := strings.Cut(v, ":"); ok {
		epoch, v = e, rest
	}
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return epoch, v[:i], v[i+1:]
	}
	return epoch, v, ""
}

// compareParts compares two strings by turns: a run of other characters than
// digits by weight, then a run of digits as a number, and so on to the end.
func compareParts(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !isDigit(a[0]) || b != "" && !isDigit(b[0]) {
			if d := weight(a) - weight(b); d != 0 {
				return d
			}
			a, b = a[1:], b[1:]
		}
		i, j := digits(a), digits(b)
		if d := compareDigits(a[:i], b[:j]); d != 0 {
			return d
		}
		a, b = a[i:], b[j:]
	}
	return 0
}

// weight orders the first character of s: tilde before the end of the string,
// which equals a digit, before letters, before all else.
func weight(s string) int {
	switch {
	case s == "" || isDigit(s[0]):
		return 0
	case s[0] == '~':
		return -1
	case isLetter(s[0]):
		return int(s[0])
	default:
		return int(s[0]) + 256
	}
}

// compareDigits compares two runs of digits, of any length, as numbers.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// digits returns the length of the run of digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// checkVersion holds v to the grammar of deb-version(7), as far as dpkg refuses
// to install what breaks it.
func checkVersion(v string) error {
	epoch, upstream, revision := splitVersion(v)
	switch {
	case v == "":
		return errors.New("no version")
	case strings.Contains(v, ":") && (epoch == "" || digits(epoch) != len(epoch)):
		return fmt.Errorf("version %q: the epoch is not a number", v)
	case upstream == "":
		return fmt.Errorf("version %q: nothing before the revision", v)
	case strings.HasSuffix(v, "-"):
		return fmt.Errorf("version %q: the revision is empty", v)
	case strings.ContainsFunc(upstream, notIn(".-+~:")) || strings.ContainsFunc(revision, notIn(".+~")):
		return fmt.Errorf("version %q: invalid character", v)
	}
	return nil
}

// notIn returns a function that reports whether a rune is neither an ASCII
// letter nor a digit nor one of others.
func notIn(others string) func(rune) bool {
	return func(r rune) bool {
		return r >= 0x80 || !isDigit(byte(r)) && !isLetter(byte(r)) && !strings.ContainsRune(others, r)
	}
}
