package tree

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// TOML reads a TOML document.
//
// What may be defined where is the difficult part of TOML:
//
//	[a.b]        defines the table a.b once, and a if it is not there yet
//	[[a.b]]      appends a table to the list a.b
//	c.d = 1      defines c in the table of the last header; later lines
//	             below the same header may add to c, later headers may not
//	e = {f = 1}  defines e and all that is in it for good
//
// so each table remembers how it came to be.
func TOML(data []byte) (Table, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("TOML is not UTF-8")
	}
	root := &node{values: map[string]any{}}
	p := &parser{s: string(data), root: root, at: root}
	for p.blank(); p.err == nil && p.pos < len(p.s); p.blank() {
		p.statement()
	}
	if p.err != nil {
		line := 1 + strings.Count(p.s[:p.pos], "\n")
		return nil, fmt.Errorf("TOML line %d: %w", line, p.err)
	}
	return root.table(), nil
}

// A node is a table under construction. Its values are those of a Table,
// but with *node for Table and *[]*node for the list of a [[header]].
type node struct {
	values map[string]any
	header bool // defined by a [header] or [[header]]
	dotted int  // defined by a dotted key below this header, counted from 1
}

// table returns the finished table. Its depth is bounded, because the number
// of parts of each key and the depth of each value are.
func (n *node) table() Table {
	t := make(Table, len(n.values))
	for key, v := range n.values {
		switch v := v.(type) {
		case *node:
			t[key] = v.table()
		case *[]*node:
			list := make([]any, len(*v))
			for i, element := range *v {
				list[i] = element.table()
			}
			t[key] = list
		default:
			t[key] = v
		}
	}
	return t
}

// child returns the table at key, made if there is none. In a list of tables
// it is the last one. It returns nil if key is something else.
func (n *node) child(key string) *node {
	switch v := n.values[key].(type) {
	case nil:
		made := &node{values: map[string]any{}}
		n.values[key] = made
		return made
	case *node:
		return v
	case *[]*node:
		return (*v)[len(*v)-1]
	}
	return nil
}

// A parser reads a document from s. The first error stays in err; no method
// moves on after it.
type parser struct {
	s       string
	pos     int
	err     error
	root    *node
	at      *node // the table of the last header
	headers int
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// statement reads a header or a key and its value, up to the end of the line.
func (p *parser) statement() {
	if p.s[p.pos] == '[' {
		p.header()
	} else {
		p.assign(p.at, 0)
	}
	p.space()
	p.comment()
	if p.err == nil && p.pos < len(p.s) && !p.newline() {
		p.fail("more after the end of the statement")
	}
}

// header reads [a.b] or [[a.b]].
func (p *parser) header() {
	closing := "]"
	if strings.HasPrefix(p.s[p.pos:], "[[") {
		closing = "]]"
	}
	p.pos += len(closing)
	key := p.key()
	if p.err == nil && !p.accept(closing) {
		p.fail("header without %s", closing)
	}
	if p.err != nil {
		return
	}
	p.headers++
	at := p.root
	for _, part := range key[:len(key)-1] {
		if at = at.child(part); at == nil {
			p.fail("%s in header is a value", part)
			return
		}
	}
	if closing == "]]" {
		p.appendTable(at, key[len(key)-1])
		return
	}
	p.openTable(at, key[len(key)-1])
}

// openTable makes the table of a [header] the current one. A table that an earlier
// header or a dotted key has defined may not be opened again; one that is only
// part of the path to another may.
func (p *parser) openTable(parent *node, key string) {
	if _, list := parent.values[key].(*[]*node); list {
		p.fail("%s is a list of tables", key)
		return
	}
	at := parent.child(key)
	if at == nil || at.header || at.dotted > 0 {
		p.fail("%s defined twice", key)
		return
	}
	at.header = true
	p.at = at
}

// appendTable appends a table to the list of a [[header]] and makes it the
// current one.
func (p *parser) appendTable(parent *node, key string) {
	list, ok := parent.values[key].(*[]*node)
	if _, used := parent.values[key]; used && !ok {
		p.fail("%s is not a list of tables", key)
		return
	}
	if !ok {
		list = new([]*node)
		parent.values[key] = list
	}
	p.at = &node{values: map[string]any{}, header: true}
	*list = append(*list, p.at)
}

// assign reads key = value into at, and the tables of a dotted key. The
// depth is that of the lists and inline tables around it.
func (p *parser) assign(at *node, depth int) {
	key := p.key()
	if p.err == nil && !p.accept("=") {
		p.fail("key without =")
	}
	p.space()
	v := p.value(depth)
	if p.err != nil {
		return
	}
	for _, part := range key[:len(key)-1] {
		at = at.child(part)
		if at == nil || at.header || at.dotted > 0 && at.dotted != p.headers+1 {
			p.fail("%s defined twice", part)
			return
		}
		at.dotted = p.headers + 1
	}
	last := key[len(key)-1]
	if _, again := at.values[last]; again {
		p.fail("%s defined twice", last)
		return
	}
	at.values[last] = v
}

// key reads a dotted key and the space on both sides of it.
func (p *parser) key() []string {
	var key []string
	for p.err == nil {
		p.space()
		key = append(key, p.keyPart())
		p.space()
		if !p.accept(".") {
			break
		}
		if len(key) == maxDepth {
			p.fail("key of more than %d parts", maxDepth)
		}
	}
	return key
}

// keyPart reads one part of a key: bare or a string of one line.
func (p *parser) keyPart() string {
	if p.pos < len(p.s) && p.s[p.pos] == '"' {
		return p.basicString()
	}
	if p.pos < len(p.s) && p.s[p.pos] == '\'' {
		return p.literalString()
	}
	start := p.pos
	for p.pos < len(p.s) && isBare(p.s[p.pos]) {
		p.pos++
	}
	if start == p.pos {
		p.fail("key expected")
	}
	return p.s[start:p.pos]
}

func isBare(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// accept passes token if it is next.
func (p *parser) accept(token string) bool {
	if p.err != nil || !strings.HasPrefix(p.s[p.pos:], token) {
		return false
	}
	p.pos += len(token)
	return true
}

func (p *parser) newline() bool { return p.accept("\n") || p.accept("\r\n") }

func (p *parser) space() {
	for p.accept(" ") || p.accept("\t") {
	}
}

// blank passes spaces, line ends and comments.
func (p *parser) blank() {
	for before := -1; before != p.pos; {
		before = p.pos
		p.space()
		p.comment()
		p.newline()
	}
}

// comment passes a comment, but not the end of its line.
func (p *parser) comment() {
	if !p.accept("#") {
		return
	}
	for p.pos < len(p.s) && p.s[p.pos] != '\n' {
		if isControl(p.s[p.pos]) && !strings.HasPrefix(p.s[p.pos:], "\r\n") {
			p.fail("control character in a comment")
			return
		}
		if p.s[p.pos] == '\r' {
			return
		}
		p.pos++
	}
}

// isControl reports whether TOML forbids c in comments and strings.
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }
