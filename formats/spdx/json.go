package spdx

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
)

// A member is one key of an object with its value, as compact JSON.
type member struct{ key, value string }

// A reader reads JSON in one pass, without copying the strings that need no
// copy. After an error it reads nothing more.
type reader struct {
	s     string
	i     int // where s is read next
	depth int
	err   error
}

// maxDepth is how deep values may nest. No part of the standard is deeper than
// six.
const maxDepth = 100

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d: "+format, append([]any{r.i}, args...)...)
		r.i = len(r.s)
	}
}

// peek returns the first byte of what comes next, or 0 at the end.
func (r *reader) peek() byte {
	for r.i < len(r.s) {
		switch c := r.s[r.i]; c {
		case ' ', '\t', '\r', '\n':
			r.i++
		default:
			return c
		}
	}
	return 0
}

// next consumes c, or fails.
func (r *reader) next(c byte) {
	if got := r.peek(); got != c {
		if got == 0 {
			r.fail("unexpected end")
		} else {
			r.fail("%q where %q should be", got, c)
		}
		return
	}
	r.i++
}

// object calls each with the key of every member. Each reads the value. Null has
// no members.
func (r *reader) object(each func(key string)) {
	if r.null() {
		return
	}
	r.nested('{', '}', func() {
		if r.peek() != '"' {
			r.fail("a key should be here")
			return
		}
		key := r.text()
		r.next(':')
		if r.err == nil {
			each(key)
		}
	})
}

// array calls each for every element. Each reads it. Null has no elements.
func (r *reader) array(each func()) {
	if !r.null() {
		r.nested('[', ']', each)
	}
}

func (r *reader) nested(open, end byte, each func()) {
	r.next(open)
	if r.depth++; r.depth > maxDepth {
		r.fail("nested deeper than %d", maxDepth)
	}
	for first := true; r.err == nil; first = false {
		c := r.peek()
		if c == end && first {
			break
		}
		each()
		if r.err != nil {
			return
		}
		if r.peek() != ',' {
			break
		}
		r.i++
	}
	r.next(end)
	r.depth--
}

// null consumes null, if that comes next.
func (r *reader) null() bool {
	if r.peek() == 'n' && strings.HasPrefix(r.s[r.i:], "null") {
		r.i += 4
		return true
	}
	return false
}

// text reads a string.
func (r *reader) text() string {
	start := r.i
	raw := r.quoted()
	if plain(raw) {
		return raw
	}
	if s, ok := unescape(raw); ok {
		return s
	}
	var s string
	if r.err == nil {
		if err := json.Unmarshal([]byte(r.s[start:r.i]), &s); err != nil {
			r.i = start
			r.fail("%w", err)
		}
	}
	return s
}

// quoted consumes a string and returns what is between the quotes.
func (r *reader) quoted() string {
	r.next('"')
	start := r.i
	for i := start; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.i = i + 1
			return r.s[start:i]
		case c == '\\':
			i++
		case c < ' ':
			r.i = i
			r.fail("the control character %q in a string", c)
			return ""
		}
	}
	r.i = len(r.s)
	r.fail("unexpected end of a string")
	return ""
}

// plain reports whether a string in JSON is spelled as it is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] == '\\' || s[i] >= utf8.RuneSelf {
			return !strings.Contains(s[i:], `\`) && utf8.ValidString(s[i:])
		}
	}
	return true
}

// unescape handles the escapes of one character; those by number are left to the
// JSON library.
func unescape(s string) (string, bool) {
	if strings.Contains(s, `\u`) || !utf8.ValidString(s) {
		return "", false
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		at := strings.IndexByte(`"\/bfnrt`, s[i])
		if at < 0 {
			return "", false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
	}
	return string(out), true
}

// value consumes any value and returns it as compact JSON, spelled in the one
// way in which we write.
func (r *reader) value() string {
	switch r.peek() {
	case '"':
		start := r.i
		if s := r.text(); s == r.s[start+1:max(start+1, r.i-1)] && !needsEscape(s) {
			return r.s[start:r.i]
		} else {
			return quote(s)
		}
	case '{', '[':
		return string(r.appendValue(nil))
	default:
		return r.literal()
	}
}

func (r *reader) appendValue(b []byte) []byte {
	comma := func() {
		if c := b[len(b)-1]; c != '{' && c != '[' {
			b = append(b, ',')
		}
	}
	switch r.peek() {
	case '{':
		b = append(b, '{')
		r.object(func(key string) {
			comma()
			b = append(facts.AppendString(b, key), ':')
			b = r.appendValue(b)
		})
		return append(b, '}')
	case '[':
		b = append(b, '[')
		r.array(func() {
			comma()
			b = r.appendValue(b)
		})
		return append(b, ']')
	default:
		return append(b, r.value()...)
	}
}

// literal consumes a number, true, false or null.
func (r *reader) literal() string {
	start := r.i
	for r.i < len(r.s) && strings.IndexByte(" \t\r\n,:[]{}\"", r.s[r.i]) < 0 {
		r.i++
	}
	s := r.s[start:r.i]
	if s == "" && r.i == len(r.s) {
		r.fail("unexpected end")
	} else if !json.Valid([]byte(s)) {
		r.i = start
		r.fail("%.20q is no value", s)
		return "null"
	}
	return s
}

// end fails unless everything was read.
func (r *reader) end() {
	if c := r.peek(); r.err == nil && c != 0 || r.err == nil && r.i < len(r.s) {
		r.fail("%q after the document", r.s[r.i])
	}
}

func quote(s string) string { return string(facts.AppendString(nil, s)) }

// needsEscape reports whether s is spelled differently in JSON.
func needsEscape(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}
