package apk

import (
	"fmt"
	"strings"
)

// A dependency names what a package needs or provides: a package, or with a
// prefix a shared library, a command, or a pkg-config module.
//
//	busybox                 so:libcrypto.so.3=3.0.0
//	musl>=1.2               cmd:ls
//	!uclibc-utils           pc:zlib>=1.2
//	.build-deps=20240101    pkg@edge
type dependency struct {
	conflict bool   // "!": must not be there
	name     string // with its prefix
	op       string // "<", "<=", "=", ">=", ">", "~" and so on; "" for any version
	version  string
	tag      string // of the repository it must come from
}

// maxDependencies bounds the words of one field.
const maxDependencies = 50_000

// parseDependencies parses a field of words between blanks. What it cannot parse
// it leaves out and tells in the error.
func parseDependencies(s string) ([]dependency, error) {
	words := strings.Fields(s)
	if len(words) > maxDependencies {
		return nil, fmt.Errorf("%d dependencies", len(words))
	}
	var list []dependency
	var bad error
	for _, word := range words {
		d, err := parseDependency(word)
		if err != nil {
			bad = err
			continue
		}
		list = append(list, d)
	}
	return list, bad
}

func parseDependency(word string) (dependency, error) {
	var d dependency
	rest, conflict := strings.CutPrefix(word, "!")
	d.conflict = conflict
	end := strings.IndexAny(rest, "<>=~@")
	if end < 0 {
		d.name = rest
		return d, checkName(d.name)
	}
	d.name, rest = rest[:end], rest[end:]
	bound, tag, _ := strings.Cut(rest, "@")
	d.tag = tag
	d.version = strings.TrimLeft(bound, "<>=~")
	d.op = bound[:len(bound)-len(d.version)]
	if err := checkName(d.name); err != nil {
		return dependency{}, err
	}
	if !validBound(d.op, d.version) {
		return dependency{}, fmt.Errorf("%.80q: invalid version bound", word)
	}
	return d, nil
}

// validBound reports whether op is one of apk's operators. "><" takes the
// checksum of a package for its version.
func validBound(op, version string) bool {
	switch op {
	case "":
		return version == ""
	case "<", "<=", "=", ">=", ">", "~", "~=", "=~", "<~", ">~", "<=~", ">=~", "><":
		return version != "" && !strings.ContainsFunc(version, unprintable)
	}
	return false
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// checkName holds the name of a package, or of what one provides, to printable
// ASCII.
func checkName(s string) error {
	if s == "" || strings.ContainsFunc(s, unprintable) {
		return fmt.Errorf("invalid name %.80q", s)
	}
	return nil
}

// checkVersion holds v to the grammar of apk versions:
//
//	number{.number}[letter]{_suffix[number]}[~hash][-rnumber]
//
// https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd
func checkVersion(v string) error {
	rest := v
	for {
		n := span(rest, isDigit)
		if n == 0 {
			return fmt.Errorf("invalid version %.80q", v)
		}
		if rest = rest[n:]; !strings.HasPrefix(rest, ".") {
			break
		}
		rest = rest[1:]
	}
	if rest != "" && isLower(rest[0]) {
		rest = rest[1:]
	}
	for strings.HasPrefix(rest, "_") {
		n := span(rest[1:], isLower)
		if !suffixes[rest[1:1+n]] {
			return fmt.Errorf("invalid version %.80q: unknown suffix", v)
		}
		rest = rest[1+n:]
		rest = rest[span(rest, isDigit):]
	}
	if strings.HasPrefix(rest, "~") {
		rest = rest[1+span(rest[1:], isHex):]
	}
	if number, ok := strings.CutPrefix(rest, "-r"); ok && number != "" {
		rest = number[span(number, isDigit):]
	}
	if rest != "" {
		return fmt.Errorf("invalid version %.80q", v)
	}
	return nil
}

var suffixes = map[string]bool{
	"alpha": true, "beta": true, "pre": true, "rc": true,
	"cvs": true, "svn": true, "git": true, "hg": true, "p": true,
}

// span returns how many bytes s begins with that are in the set.
func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' }

// token returns what is looked for among names and provided things: a name with
// its prefix, an absolute path as in the list of files, or a package.
func (d dependency) token() string {
	if path, ok := strings.CutPrefix(d.name, "/"); ok {
		return path
	}
	if strings.Contains(d.name, ":") {
		return d.name
	}
	return "apk:" + d.name
}

// String returns the dependency as the database has it.
func (d dependency) String() string {
	s := d.name + d.op + d.version
	if d.conflict {
		s = "!" + s
	}
	if d.tag != "" {
		s += "@" + d.tag
	}
	return s
}

func formatDependencies(list []dependency) string {
	var words []string
	for _, d := range list {
		words = append(words, d.String())
	}
	return strings.Join(words, " ")
}
