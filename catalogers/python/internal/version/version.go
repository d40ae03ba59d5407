// Package version reads, writes and compares the versions of Python
// projects and the specifiers that select among them.
//
// They are defined in https://packaging.python.org/specifications/version-specifiers/
// (PEP 440). Numbers may have any length, as there.
package version

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxLen bounds the text of one version or specifier; longer ones are
// refused. The longest versions in use are under 100 bytes.
const maxLen = 1024

// A Version is a version in its normal form. The zero Version is not valid.
// Numbers are decimal text without leading zeros.
type Version struct {
	epoch   string
	release []string
	pre     string // a, b or rc, or "" for none
	preN    string
	post    string // number, or "" for none
	dev     string // number, or "" for none
	local   []string
}

// A version is [v][EPOCH!]N(.N)*[{a|b|rc}N][.postN][.devN][+LOCAL], each part
// with several spellings.
var pattern = regexp.MustCompile(`(?i)^[\s\v]*v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)` +
	`(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?` +
	`(?:-([0-9]+)|([-_.]?(?:post|rev|r)[-_.]?([0-9]*)))?` +
	`([-_.]?dev[-_.]?([0-9]*))?` +
	`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?[\s\v]*$`)

// spellings gives the normal form of each name of a pre-release.
var spellings = map[string]string{
	"a": "a", "alpha": "a", "b": "b", "beta": "b", "c": "rc", "rc": "rc", "pre": "rc", "preview": "rc",
}

// Parse reads a version in any of its spellings.
func Parse(s string) (Version, error) {
	if len(s) > maxLen {
		return Version{}, fmt.Errorf("version of %d bytes", len(s))
	}
	m := pattern.FindStringSubmatch(s)
	if m == nil {
		return Version{}, fmt.Errorf("%q is not a version", s)
	}
	v := Version{epoch: number(m[1]), pre: spellings[strings.ToLower(m[3])]}
	for _, n := range strings.Split(m[2], ".") {
		v.release = append(v.release, number(n))
	}
	if v.pre != "" {
		v.preN = number(m[4])
	}
	if m[5] != "" || m[6] != "" {
		v.post = number(m[5] + m[7])
	}
	if m[8] != "" {
		v.dev = number(m[9])
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(m[10]), isSeparator) {
		if isNumber(part) {
			part = number(part)
		}
		v.local = append(v.local, part)
	}
	return v, nil
}

func isSeparator(r rune) bool { return strings.ContainsRune("-_.", r) }

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// number drops leading zeros; the number of nothing is 0.
func number(digits string) string {
	if n := strings.TrimLeft(digits, "0"); n != "" {
		return n
	}
	return "0"
}

// String returns the normal form: what Parse reads it as again.
func (v Version) String() string {
	s := v.public()
	if len(v.local) > 0 {
		s += "+" + strings.Join(v.local, ".")
	}
	return s
}

// public is the normal form without the local part.
func (v Version) public() string {
	var b strings.Builder
	if v.epoch != "0" {
		b.WriteString(v.epoch + "!")
	}
	b.WriteString(strings.Join(v.release, "."))
	b.WriteString(v.pre + v.preN)
	if v.post != "" {
		b.WriteString(".post" + v.post)
	}
	if v.dev != "" {
		b.WriteString(".dev" + v.dev)
	}
	return b.String()
}

// Compare returns -1, 0 or +1 as v comes before w, equals it or comes after
// it: 1.dev1 < 1a1 < 1rc1 < 1 < 1+local < 1.post1.
func (v Version) Compare(w Version) int {
	return cmp.Or(v.comparePublic(w), compareLocal(v.local, w.local))
}

// comparePublic compares without the local parts.
func (v Version) comparePublic(w Version) int {
	return cmp.Or(
		compareNumbers(v.epoch, w.epoch),
		v.compareRelease(w),
		cmp.Compare(v.preRank(), w.preRank()),
		compareNumbers(v.preN, w.preN),
		compareNumbers(v.post, w.post), // none is first
		v.compareDev(w),
	)
}

// compareRelease compares as if the shorter release ended in zeros.
func (v Version) compareRelease(w Version) int {
	for i := range max(len(v.release), len(w.release)) {
		if c := compareNumbers(v.part(i), w.part(i)); c != 0 {
			return c
		}
	}
	return 0
}

// part returns a number of the release; those that are not written are 0.
func (v Version) part(i int) string {
	if i < len(v.release) {
		return v.release[i]
	}
	return "0"
}

// preRank orders the kinds of pre-release. A development version of the
// release itself comes before all of them.
func (v Version) preRank() string {
	switch {
	case v.pre != "":
		return v.pre
	case v.post == "" && v.dev != "":
		return ""
	}
	return "z"
}

// compareDev puts development versions before the version itself.
func (v Version) compareDev(w Version) int {
	if (v.dev == "") != (w.dev == "") {
		return cmp.Compare(w.dev, v.dev) // none is last
	}
	return compareNumbers(v.dev, w.dev)
}

// compareNumbers compares decimal text without leading zeros. The empty text
// is less than any number.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// compareLocal compares part by part: text before numbers, and less before
// more.
func compareLocal(v, w []string) int {
	return slices.CompareFunc(v, w, func(a, b string) int {
		switch an, bn := isNumber(a), isNumber(b); {
		case an && bn:
			return compareNumbers(a, b)
		case an != bn && an:
			return +1
		case an != bn:
			return -1
		}
		return cmp.Compare(a, b)
	})
}

// isPrerelease reports whether v is a pre-release or development version.
func (v Version) isPrerelease() bool { return v.pre != "" || v.dev != "" }

// sameBase reports whether v and w have the same epoch and release.
func (v Version) sameBase(w Version) bool {
	return v.epoch == w.epoch && v.compareRelease(w) == 0
}
