package osrelease

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxSize is the largest os-release file that is read, in bytes.
const maxSize = 1 << 20

// A release is the assignments of an os-release file. Of one that occurs twice
// the last counts, as in a shell.
type release map[string]string

// parse reads the format of os-release(5), a subset of shell assignments:
//
//	# a comment
//	ID=debian
//	PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
//	HOME_URL='https://www.debian.org/'
//
// There is no expansion of variables, and no part of a value is quoted apart.
// Lines that are not in the format are left out and told in the error, as is a
// second value for one name.
func parse(r io.Reader) (release, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSize {
		return nil, fmt.Errorf("more than %d bytes", maxSize)
	}
	rel := release{}
	var first error
	bad, n := 0, 0
	for line := range strings.Lines(strings.TrimPrefix(string(b), "\uFEFF")) {
		n++
		if err := rel.assign(strings.Trim(line, " \t\r\n")); err != nil {
			if bad++; bad == 1 {
				first = fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	if bad > 1 {
		first = fmt.Errorf("%w, and %d more faults", first, bad-1)
	}
	return rel, first
}

func (rel release) assign(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	name, quoted, ok := strings.Cut(line, "=")
	if !ok || !validVariable(name) {
		return fmt.Errorf("%q is not an assignment", line)
	}
	value, err := unquote(quoted)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	old, again := rel[name]
	rel[name] = value
	if again && old != value {
		return fmt.Errorf("%s: %q replaces %q", name, value, old)
	}
	return nil
}

func validVariable(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

var (
	errQuote   = errors.New("a quote is missing")
	errShell   = errors.New("a shell would read more into it than a value")
	errNotText = errors.New("not UTF-8 text")
)

// unquote returns the value of a word of a shell: in single quotes, in double
// quotes, or bare, with backslashes as a shell takes them.
func unquote(s string) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errNotText
	}
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return unescape(s, bareSpecial, "")
	}
	quote := s[:1]
	if len(s) < 2 || s[len(s)-1] != quote[0] {
		return "", errQuote
	}
	inner := s[1 : len(s)-1]
	if quote == "'" {
		if strings.Contains(inner, "'") {
			return "", errQuote
		}
		return inner, nil
	}
	return unescape(inner, "\"$`", "\"$`\\")
}

// bareSpecial holds what a bare word may have after a backslash only.
const bareSpecial = " \t\"'$`;&|<>()"

// unescape takes backslashes away. A character of special must have one before
// it. If escapable is not empty, a backslash before another character than one
// of those stands for itself.
func unescape(s, special, escapable string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 == len(s):
			return "", errQuote
		case c == '\\' && (escapable == "" || strings.IndexByte(escapable, s[i+1]) >= 0):
			i++
			c = s[i]
		case strings.IndexByte(special, c) >= 0:
			return "", errShell
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}
