package spdx

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
)

// toYAML translates a document in JSON into YAML in block style.
func toYAML(text string) []byte {
	return appendYAML(nil, &reader{s: text}, 0)
}

// appendYAML appends one value, which begins on the current line if it is simple
// or empty and else on lines of its own.
func appendYAML(b []byte, r *reader, indent int) []byte {
	switch c := r.peek(); {
	case c == '{' && !r.isEmpty('}'):
		r.object(func(key string) {
			b = append(startLine(b, indent), appendYAMLText(nil, key)...)
			b = append(b, ':')
			if c := r.peek(); c != '{' && c != '[' || r.isEmpty(c+2) {
				b = append(b, ' ')
			}
			b = appendYAML(b, r, indent+2)
		})
	case c == '[' && !r.isEmpty(']'):
		r.array(func() {
			b = append(startLine(b, indent), "- "...)
			b = appendYAML(b, r, indent+2)
		})
	case c == '"':
		b = append(appendYAMLText(b, r.text()), '\n')
	default:
		b = append(append(b, r.value()...), '\n')
	}
	return b
}

// startLine begins a line, unless an item of a list has begun it.
func startLine(b []byte, indent int) []byte {
	if n := len(b); n > 0 && b[n-1] == ':' {
		b = append(b, '\n')
	}
	if n := len(b); n > 1 && b[n-1] == ' ' && b[n-2] == '-' {
		return b
	}
	for range indent {
		b = append(b, ' ')
	}
	return b
}

// isEmpty reports whether the object or list that comes next ends at once.
func (r *reader) isEmpty(end byte) bool {
	next := reader{s: r.s, i: r.i + 1}
	return next.peek() == end
}

// appendYAMLText appends a string as it is, if nobody can take it for something
// else, or in quotes.
func appendYAMLText(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	start := len(b)
	b = facts.AppendString(b, s)
	if strings.ContainsFunc(s, notForYAML) {
		quoted := string(b[start:])
		b = b[:start]
		for _, r := range quoted {
			if notForYAML(r) && r >= ' ' {
				b = fmt.Appendf(b, `\u%04x`, r)
			} else {
				b = utf8.AppendRune(b, r)
			}
		}
	}
	return b
}

// notForYAML reports whether a document in YAML may not have r as it is. All are
// below U+10000.
func notForYAML(r rune) bool {
	return 0x7f <= r && r <= 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || 0xfff0 <= r && r <= 0xffff
}

// isPlain reports whether s needs no quotes: it begins with a letter, has no
// characters that mean something, and is no word that some take for a boolean.
func isPlain(s string) bool {
	if s == "" || len(s) > 200 || !isLetter(s[0]) || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case isLetter(c), '0' <= c && c <= '9', strings.IndexByte("._-+/@%()=", c) >= 0:
		case c == ' ' && s[i+1] != '#':
		case c == ':' && s[i+1] != ' ':
		default:
			return false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf":
		return false
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// maxYAML is how long a document in YAML may be, in bytes. Its parser needs many
// times as much.
const maxYAML = 64 << 20

// maxCompact is how deep values may nest within one line.
const maxCompact = 200

// fromYAML translates a document in YAML into JSON. It knows no anchors, which
// the standard has no use for.
func fromYAML(text string) (out string, err error) {
	if len(text) > maxYAML {
		return "", fmt.Errorf("a document in YAML of %d bytes, more than %d", len(text), maxYAML)
	}
	if err := checkNesting(text); err != nil {
		return "", err
	}
	defer func() { // the parser gives up on some documents in this way
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML cannot be parsed: %v", p)
		}
	}()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return "", errors.New("YAML: " + strings.ReplaceAll(shortened(err.Error()), "\n", " "))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return "", fmt.Errorf("%d YAML documents, want 1", len(file.Docs))
	}
	c := &yamlReader{}
	c.value(file.Docs[0].Body, "", 0)
	return string(c.b), c.err
}

// shortened returns the first line of the parser's long message.
func shortened(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s[:min(len(s), 200)]
}

// checkNesting refuses what would make the parser, which recurses, use up the
// stack: brackets in brackets, and lists that begin in one line.
func checkNesting(text string) error {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			n := strings.Count(leading(text[i+1:]), "- ") + strings.Count(leading(text[i+1:]), "? ")
			if n > maxCompact {
				return errors.New("the YAML is nested too deep")
			}
			i += len(leading(text[i+1:]))
		}
		if depth > 10*maxCompact {
			return errors.New("the YAML is nested too deep")
		}
	}
	return nil
}

// leading returns the marks at the beginning of a line.
func leading(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, " -?"))]
}

// A yamlReader makes JSON of YAML.
type yamlReader struct {
	b   []byte
	err error
}

// value appends a node, which is the value of a key.
func (c *yamlReader) value(n ast.Node, key string, depth int) {
	if depth > maxDepth {
		c.fail(n, "nested too deep")
		return
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		c.mapping(n.Values, depth)
	case *ast.MappingValueNode:
		c.mapping([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		c.b = append(c.b, '[')
		for i, v := range n.Values {
			if i > 0 {
				c.b = append(c.b, ',')
			}
			c.value(v, key, depth+1)
		}
		c.b = append(c.b, ']')
	case *ast.TagNode:
		c.value(n.Value, key, depth+1)
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		c.fail(n, "anchors are not read")
	case *ast.NullNode, nil:
		c.b = append(c.b, "null"...)
	case ast.ScalarNode:
		c.scalar(n, key)
	default:
		c.fail(n, "a value of an unknown kind")
	}
}

func (c *yamlReader) fail(n ast.Node, what string) {
	if c.err == nil {
		c.err = fmt.Errorf("YAML: %s: %s", n.GetPath(), what)
	}
}

func (c *yamlReader) mapping(values []*ast.MappingValueNode, depth int) {
	c.b = append(c.b, '{')
	for i, v := range values {
		if i > 0 {
			c.b = append(c.b, ',')
		}
		key, ok := v.Key.(ast.ScalarNode)
		if !ok {
			c.fail(v, "a key that is no text")
			return
		}
		name := textOf(key)
		c.b = append(facts.AppendString(c.b, name), ':')
		c.value(v.Value, name, depth+1)
	}
	c.b = append(c.b, '}')
}

// scalar appends a simple value. What it is depends on the key: YAML takes 1.10
// for a number where the standard has a text.
func (c *yamlReader) scalar(n ast.ScalarNode, key string) {
	s := textOf(n)
	_, isText := n.(*ast.StringNode)
	if !isText && (key == "offset" || key == "lineNumber" || key == "order" || strings.HasPrefix(key, "is") || key == "filesAnalyzed") && json.Valid([]byte(s)) {
		c.b = append(c.b, s...)
		return
	}
	c.b = facts.AppendString(c.b, s)
}

// textOf returns what a simple value is written as.
func textOf(n ast.ScalarNode) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	default:
		return n.GetToken().Value
	}
}
