package sbom

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// EntryPath returns a path as [Entry.Path] spells it: what cannot be printed, and
// an exclamation mark that could be taken for the mark of a container, is written as
// a percent sign and two hexadecimal digits for each byte; so is a percent sign that
// could be taken for such an escape. No two paths become one.
//
// It is for a path that a file states, to be compared with those of entries.
func EntryPath(path string) string {
	if isPlain(path) {
		return path
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(path); {
		r, size := utf8.DecodeRuneInString(path[i:])
		if mustEscape(path, i, r, size) {
			for _, c := range []byte(path[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte(digits[c>>4])
				b.WriteByte(digits[c&15])
			}
		} else {
			b.WriteString(path[i : i+size])
		}
		i += size
	}
	return b.String()
}

func isPlain(path string) bool {
	for i := range len(path) {
		if c := path[i]; c < 0x20 || c > 0x7e || c == '!' || c == '%' {
			return false
		}
	}
	return true
}

// mustEscape reports whether the rune r at path[i] is escaped.
func mustEscape(path string, i int, r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1:
		return true
	case r == '!':
		return i == 0 || i == len(path)-1 || path[i-1] == '/' || path[i+1] == '/'
	case r == '%':
		return i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2])
	default:
		return !unicode.IsPrint(r)
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
