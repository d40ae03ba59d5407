package artifact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanPath makes the path of an entry of the name that a container gives it:
// relative, without "." and "..", each element cleaned. It reports whether the
// name led outside or is not in clean form.
func cleanPath(name string) (path string, unclean bool) {
	if name == "." || name == "./" {
		return ".", false
	}
	unclean = name == "" || name[0] == '/'
	var clean []string
	for element := range strings.SplitSeq(name, "/") {
		switch element {
		case "", ".":
		case "..":
			unclean = true
			clean = clean[:max(0, len(clean)-1)]
		default:
			clean = append(clean, cleanName(element))
		}
	}
	if len(clean) == 0 {
		return ".", true
	}
	return strings.Join(clean, "/"), unclean
}

// cleanName makes an element of a path printable and keeps it distinct: what
// cannot be printed, and an exclamation mark that could be taken for the mark of
// a container, is written as a percent sign and two hexadecimal digits for each
// byte; so is a percent sign that could be taken for such an escape.
func cleanName(name string) string {
	if isPlain(name) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if mustEscape(name, i, r, size) {
			for _, c := range []byte(name[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte(hexDigits[c>>4])
				b.WriteByte(hexDigits[c&15])
			}
		} else {
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	return b.String()
}

const hexDigits = "0123456789ABCDEF"

func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < 0x20 || c > 0x7e || c == '!' || c == '%' {
			return false
		}
	}
	return true
}

func mustEscape(name string, i int, r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1:
		return true
	case r == '!':
		return i == 0 || i == len(name)-1
	case r == '%':
		return i+2 < len(name) && isHex(name[i+1]) && isHex(name[i+2])
	default:
		return !unicode.IsPrint(r)
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
