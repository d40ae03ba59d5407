// Package plainyaml reads the subset of YAML that people write by hand: one
// document, without anchors, aliases, merge keys, tags and directives, with bounds
// on its length and its depth. The language is defined at
// https://yaml.org/spec/1.2.2/.
//
// It is a gate before github.com/goccy/go-yaml, whose parser recurses, and whose
// time grows faster than its input.
package plainyaml

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxLength is the length in bytes of the longest document that is read.
const MaxLength = 1 << 20

const (
	maxTokens = 20_000
	maxDepth  = 32
)

// An Error is a fault of a document, with its place.
type Error struct {
	Line, Column int // from 1; 0 if the fault is of the document as a whole
	Problem      string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Problem)
}

// ErrorAt returns an error with the place of a token.
func ErrorAt(t *token.Token, format string, args ...any) *Error {
	e := &Error{Problem: fmt.Sprintf(format, args...)}
	if t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// Parse returns the root of the one document in data. Its errors are of the type
// [*Error].
func Parse(data []byte, options ...parser.Option) (node ast.Node, err error) {
	if len(data) > MaxLength {
		return nil, &Error{Problem: "longer than 1 MiB"}
	}
	defer func() {
		if r := recover(); r != nil {
			node, err = nil, &Error{Problem: fmt.Sprintf("not YAML that can be read: %v", r)}
		}
	}()
	text, err := plainText(data)
	if err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(text)
	if err := checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0, options...)
	if err != nil {
		return nil, Syntax(err)
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) != 1 {
		return nil, &Error{Problem: fmt.Sprintf("want one document; there are %d", len(docs))}
	}
	return docs[0], nil
}

// plainText refuses what no person writes and the lexer is slow with: more lines
// than words are allowed, and control characters.
func plainText(data []byte) (string, error) {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	if strings.Count(text, "\n") > maxTokens {
		return "", &Error{Problem: fmt.Sprintf("more than %d lines", maxTokens)}
	}
	line := 1
	for _, r := range text {
		switch {
		case r == '\n':
			line++
		case r == utf8.RuneError, r != '\t' && unicode.IsControl(r):
			return "", &Error{Line: line, Column: 1, Problem: "a control character, or what is not UTF-8, is in this line"}
		}
	}
	return text, nil
}

// Syntax gives an error of the YAML library our form.
func Syntax(err error) error {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &at) {
		return ErrorAt(at.GetToken(), "%s", at.GetMessage())
	}
	return &Error{Problem: err.Error()}
}

// checkTokens refuses what the parser shall not be given: what it needs too long
// or too deep a stack for.
func checkTokens(tokens token.Tokens) error {
	if len(tokens) > maxTokens {
		return &Error{Problem: fmt.Sprintf("more than %d words and marks", maxTokens)}
	}
	depth, entries, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			return ErrorAt(t, "anchors, aliases, merge keys, tags and directives are not read here: write out what %q stands for", t.Value)
		}
		if depth > maxDepth || entries > maxDepth || t.Position.IndentNum > 4*maxDepth {
			return ErrorAt(t, "nested too deep")
		}
	}
	return nil
}
