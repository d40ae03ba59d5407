// Package terminal writes text from files that nobody vouches for where people
// read it.
package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s such that a terminal shows it and does nothing else: what
// cannot be printed is escaped as in Go. It also breaks what a build service
// would take for a command.
func Clean(s string) string {
	if strings.ContainsFunc(s, unprintable) || !utf8.ValidString(s) {
		s = escaped(s)
	}
	s = commands.Replace(s)
	if rest := strings.TrimLeft(s, " "); strings.HasPrefix(rest, "::") {
		s = `\` + rest
	}
	return s
}

// commands breaks the commands that are found anywhere in a line:
// https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
var commands = strings.NewReplacer("##vso[", `#\#vso[`, "##[", `#\#[`)

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func escaped(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && unprintable(r):
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !unprintable(r):
			b.WriteString(s[:size])
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

// Cut returns s if it fits into width columns, else as much of it as does, with
// an ellipsis.
func Cut(s string, width int) string {
	if len(s) <= width || Columns(s) <= width {
		return s
	}
	used := 0
	for i, r := range s {
		if used += columnsOf(r); used > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// Columns returns how many columns of a terminal s takes.
func Columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

// columnsOf returns 0 for marks that are drawn over another letter, 2 for the
// wide letters of East Asia and for pictures, else 1.
func columnsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		0x3000 <= r && r <= 0x303f, 0xff01 <= r && r <= 0xff60, 0x1f300 <= r && r <= 0x1faff:
		return 2
	default:
		return 1
	}
}
