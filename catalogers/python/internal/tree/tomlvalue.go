package tree

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// value reads one value. The depth is that of the lists and inline tables
// around it.
func (p *parser) value(depth int) any {
	if depth > maxDepth {
		p.fail("nested more than %d deep", maxDepth)
	}
	if p.err == nil && p.pos == len(p.s) {
		p.fail("value expected")
	}
	if p.err != nil {
		return nil
	}
	switch rest := p.s[p.pos:]; {
	case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, `'''`):
		return p.multiline(rest[:3])
	case rest[0] == '"':
		return p.basicString()
	case rest[0] == '\'':
		return p.literalString()
	case rest[0] == '[':
		return p.list(depth)
	case rest[0] == '{':
		return p.inlineTable(depth)
	}
	return p.scalar()
}

// list reads [ value, value, ] with line ends and comments anywhere.
func (p *parser) list(depth int) []any {
	p.accept("[")
	list := []any{}
	for p.blank(); !p.accept("]"); p.blank() {
		list = append(list, p.value(depth+1))
		p.blank()
		if !p.accept(",") && p.err == nil && !strings.HasPrefix(p.s[p.pos:], "]") {
			p.fail("list without ]")
		}
		if p.err != nil {
			return nil
		}
	}
	return list
}

// inlineTable reads { key = value, key = value } on one line.
func (p *parser) inlineTable(depth int) any {
	p.accept("{")
	at := &node{values: map[string]any{}}
	p.space()
	for more := !p.accept("}"); more; more = p.accept(",") {
		p.assign(at, depth+1)
		p.space()
		if p.accept("}") {
			break
		}
		if p.err == nil && !strings.HasPrefix(p.s[p.pos:], ",") {
			p.fail("inline table without }")
		}
	}
	return at.table()
}

// bareValue matches what may be a number, date, time or truth value. A date
// and a time may stand apart by one space.
var bareValue = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9][0-9:.Zz+-]*|^[0-9A-Za-z_:.+-]+`)

// number matches integers and floats, signed decimal or with a base.
var number = regexp.MustCompile(`^(?:[+-]?(?:inf|nan` +
	`|(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?)` +
	`|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*)$`)

// moment takes a date, a time of day and an offset apart.
var moment = regexp.MustCompile(`^(?:([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]|$))?` +
	`(?:([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?)?(?:[Zz]|[+-]([0-9]{2}:[0-9]{2}))?$`)

// scalar reads what is neither string, list nor table.
func (p *parser) scalar() any {
	text := bareValue.FindString(p.s[p.pos:])
	switch {
	case text == "true", text == "false":
		p.pos += len(text)
		return text == "true"
	case number.MatchString(text), isMoment(text):
		p.pos += len(text)
		return Scalar(text)
	}
	p.fail("value expected")
	return nil
}

// isMoment reports whether s is a date, a time, or both with or without an
// offset.
func isMoment(s string) bool {
	m := moment.FindStringSubmatch(s)
	if m == nil || s == "" {
		return false
	}
	date, clock, offset := m[1], m[2], m[3]
	zoned := strings.ContainsAny(s[len(s)-1:], "Zz") || offset != ""
	if zoned && (date == "" || clock == "") || clock == "" && len(s) != len(date) {
		return false
	}
	return isTime(time.DateOnly, date) && isTime(time.TimeOnly, clock) && isTime("15:04", offset)
}

// isTime reports whether s is empty or a time in the layout.
func isTime(layout, s string) bool {
	_, err := time.Parse(layout, s)
	return s == "" || err == nil
}

// literalString reads 'text' without escapes.
func (p *parser) literalString() string {
	p.accept("'")
	start := p.pos
	for p.pos < len(p.s) && !isControl(p.s[p.pos]) {
		if p.accept("'") {
			return p.s[start : p.pos-1]
		}
		p.pos++
	}
	p.fail("string without end")
	return ""
}

// basicString reads "text" with escapes.
func (p *parser) basicString() string {
	p.accept(`"`)
	var b strings.Builder
	for p.err == nil && p.pos < len(p.s) && !isControl(p.s[p.pos]) {
		switch {
		case p.accept(`"`):
			return b.String()
		case p.accept(`\`):
			p.escape(&b)
		default:
			b.WriteByte(p.s[p.pos])
			p.pos++
		}
	}
	p.fail("string without end")
	return ""
}

// multiline reads """text""" or three single quotes; the first line end is
// not part of it. Up to two quotes may stand before the closing three.
func (p *parser) multiline(quotes string) string {
	p.accept(quotes)
	p.newline()
	var b strings.Builder
	for p.err == nil && p.pos < len(p.s) {
		switch {
		case p.accept(quotes):
			for i := 0; i < 2 && p.accept(quotes[:1]); i++ {
				b.WriteByte(quotes[0])
			}
			return b.String()
		case quotes == `"""` && p.accept(`\`):
			if !p.lineFold() {
				p.escape(&b)
			}
		case p.newline():
			b.WriteByte('\n')
		case isControl(p.s[p.pos]):
			p.fail("control character in a string")
		default:
			b.WriteByte(p.s[p.pos])
			p.pos++
		}
	}
	p.fail("string without end")
	return ""
}

// lineFold passes the rest of a line that ends in a backslash, and all blank
// text after it. It reports whether the backslash did end the line.
func (p *parser) lineFold() bool {
	start := p.pos
	p.space()
	if !p.newline() {
		p.pos = start
		return false
	}
	for p.space(); p.newline(); p.space() {
	}
	return true
}

// escape reads what follows a backslash.
func (p *parser) escape(b *strings.Builder) {
	if p.pos == len(p.s) {
		return
	}
	c := p.s[p.pos]
	p.pos++
	if i := strings.IndexByte(`btnfr"\`, c); i >= 0 {
		b.WriteByte("\b\t\n\f\r\"\\"[i])
		return
	}
	digits := map[byte]int{'u': 4, 'U': 8}[c]
	if digits == 0 || digits > len(p.s)-p.pos {
		p.fail("unknown escape")
		return
	}
	code, err := strconv.ParseUint(p.s[p.pos:p.pos+digits], 16, 32)
	if err != nil || !utf8.ValidRune(rune(code)) || code > utf8.MaxRune {
		p.fail("escape is no character")
		return
	}
	p.pos += digits
	b.WriteRune(rune(code))
}
