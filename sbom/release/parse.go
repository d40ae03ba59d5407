package release

import (
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/manifestgen/manifestgen/sbom/internal/plainyaml"
)

// maxRecord is the length in bytes of the longest record that is read.
const maxRecord = plainyaml.MaxLength

// A RecordError is a fault of a release record, with its place.
type RecordError struct {
	File         string // as it was given to ParseRecord
	Line, Column int    // from 1; 0 if the fault is of the file as a whole
	Problem      string // what is wrong, and what is allowed
}

func (e *RecordError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// ParseRecord reads a release record. The name is for messages.
//
// It is strict: keys that are unknown or occur twice, values of another type,
// and what contradicts itself are errors. They come joined, each a
// [RecordError]. It reads a subset of YAML: one document, without anchors,
// aliases, merge keys and tags, of at most 1 MiB.
func ParseRecord(name string, r io.Reader) (*Record, error) {
	p := &recordParser{name: name, lines: map[string]int{}}
	data, err := io.ReadAll(io.LimitReader(r, maxRecord+1))
	if err != nil {
		return nil, err
	}
	root, err := p.root(data)
	if err != nil {
		return nil, err
	}
	record := &Record{file: path.Base(strings.ReplaceAll(name, `\`, "/")), lines: p.lines}
	p.value(root, reflect.ValueOf(record).Elem(), "", "")
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return record, nil
}

// A recordParser turns a YAML tree into a Record.
type recordParser struct {
	name  string
	lines map[string]int
	errs  []error
}

// maxErrors is how many faults of a record are told.
const maxErrors = 20

func (p *recordParser) errorAt(t *token.Token, format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, p.fault(t, format, args...))
	}
}

func (p *recordParser) fault(t *token.Token, format string, args ...any) error {
	e := &RecordError{File: p.name, Problem: fmt.Sprintf(format, args...)}
	if t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// root returns the one document.
func (p *recordParser) root(data []byte) (ast.Node, error) {
	n, err := plainyaml.Parse(data, parser.AllowDuplicateMapKey())
	var fault *plainyaml.Error
	if errors.As(err, &fault) {
		return nil, &RecordError{p.name, fault.Line, fault.Column, fault.Problem}
	}
	return n, err
}

// value sets v, whose path in the record is at, from a node. Is names the form of
// a scalar, if there is one.
func (p *recordParser) value(n ast.Node, v reflect.Value, at, is string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		p.value(n, v.Elem(), at, is)
	case reflect.Struct:
		p.structure(n, v, at)
	case reflect.Slice:
		p.sequence(n, v, at, is)
	case reflect.Int:
		if i, ok := n.(*ast.IntegerNode); ok {
			number, err := strconv.ParseInt(i.GetToken().Value, 10, 32)
			v.SetInt(number)
			p.scalar(n, strconv.FormatInt(number, 10), err == nil, is)
			return
		}
		p.errorAt(n.GetToken(), "want %s, not %s", forms[is].want, kind(n))
	default:
		p.text(n, v, is)
	}
}

func (p *recordParser) text(n ast.Node, v reflect.Value, is string) {
	switch s := n.(type) {
	case *ast.StringNode:
		v.SetString(s.Value)
	case *ast.LiteralNode:
		v.SetString(strings.TrimSpace(s.Value.Value))
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		p.errorAt(n.GetToken(), "want %s, not %s: write \"%s\" in quotes", forms[is].want, kind(n), n.GetToken().Value)
		return
	default:
		p.errorAt(n.GetToken(), "want %s, not %s", forms[is].want, kind(n))
		return
	}
	p.scalar(n, v.String(), true, is)
}

// scalar checks the form of a scalar.
func (p *recordParser) scalar(n ast.Node, text string, ok bool, is string) {
	f := forms[is]
	if !ok || !f.fits(text) {
		p.errorAt(n.GetToken(), "want %s, not %.100q", f.want, text)
	}
}

func (p *recordParser) sequence(n ast.Node, v reflect.Value, at, is string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		p.errorAt(n.GetToken(), "want a list, not %s", kind(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, e := range s.Values {
		path := fmt.Sprintf("%s.%d", at, i)
		p.lines[path] = e.GetToken().Position.Line
		p.value(e, v.Index(i), path, is)
	}
}

// A checker knows what is wrong with a value although each of its fields is in
// order. The field is "" for the value as a whole.
type checker interface {
	check() (field, problem string)
}

func (p *recordParser) structure(n ast.Node, v reflect.Value, at string) {
	pairs, ok := mapping(n)
	if !ok {
		p.errorAt(n.GetToken(), "want keys and values (%s), not %s", strings.Join(keys(v.Type()), ", "), kind(n))
		return
	}
	fields := fieldsOf(v.Type())
	seen := map[string]*token.Token{"": n.GetToken()}
	before := len(p.errs)
	for _, pair := range pairs {
		p.pair(pair, v, fields, seen, at)
	}
	for _, f := range fields {
		if _, ok := seen[f.key]; f.need && !ok {
			p.errorAt(start(pairs, n), "%s is missing", f.key)
		}
	}
	if len(p.errs) == before {
		p.check(v, seen, at)
	}
}

// pair sets the field of v that a key names.
func (p *recordParser) pair(pair *ast.MappingValueNode, v reflect.Value, fields []recordField, seen map[string]*token.Token, at string) {
	t := pair.Key.GetToken()
	key := t.Value
	i := slices.IndexFunc(fields, func(f recordField) bool { return f.key == key })
	if i < 0 {
		p.errorAt(t, "the key %.100q is not known here; there are %s", key, strings.Join(keys(v.Type()), ", "))
		return
	}
	if first := seen[key]; first != nil {
		p.errorAt(t, "the key %q is here for the second time; the first is in line %d", key, first.Position.Line)
		return
	}
	seen[key] = t
	p.lines[strings.TrimPrefix(at+"."+key, ".")] = t.Position.Line
	p.value(pair.Value, v.FieldByIndex(fields[i].index), strings.TrimPrefix(at+"."+key, "."), fields[i].is)
}

// check asks v, and what is inlined in it, what is wrong with it.
func (p *recordParser) check(v reflect.Value, seen map[string]*token.Token, at string) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Anonymous {
			p.check(v.Field(i), seen, at)
		}
	}
	c, ok := v.Addr().Interface().(checker)
	if !ok {
		return
	}
	if field, problem := c.check(); problem != "" {
		key, _, deeper := strings.Cut(field, ".")
		t := seen[key]
		if line := p.lines[strings.TrimPrefix(at+"."+field, ".")]; deeper && line > 0 {
			t = &token.Token{Position: &token.Position{Line: line, Column: 1}}
		}
		p.errorAt(t, "%s", problem)
	}
}

// mapping returns the pairs of a mapping.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

// start returns the first key of a mapping: the token of the mapping itself is a
// colon.
func start(pairs []*ast.MappingValueNode, n ast.Node) *token.Token {
	if len(pairs) == 0 {
		return n.GetToken()
	}
	return pairs[0].Key.GetToken()
}

func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.NullNode:
		return "nothing"
	}
	return "this"
}

// A recordField is a key that a struct has in a record.
type recordField struct {
	key   string
	is    string
	need  bool
	index []int
	name  string // of the field in Go
	owner reflect.Type
}

// fieldsOf returns the keys of a struct, those of inlined structs in their place.
func fieldsOf(t reflect.Type) []recordField {
	var fields []recordField
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, in := range fieldsOf(f.Type) {
				in.index = append([]int{i}, in.index...)
				fields = append(fields, in)
			}
			continue
		}
		if key := f.Tag.Get("yaml"); key != "" {
			is := f.Tag.Get("is") + f.Tag.Get("enum")
			fields = append(fields, recordField{key, is, f.Tag.Get("need") != "", []int{i}, f.Name, t})
		}
	}
	return fields
}

func keys(t reflect.Type) []string {
	var all []string
	for _, f := range fieldsOf(t) {
		all = append(all, f.key)
	}
	return all
}

// A form is what a scalar must look like, in words, for the parser and for the
// schema.
type form struct {
	want    string
	pattern *regexp.Regexp // must match, in the common part of Go's and ECMAScript's syntax
	not     *regexp.Regexp // must not match
	values  []string       // if not nil, one of them
	also    func(string) bool
	format  string // of JSON Schema
}

func (f form) fits(s string) bool {
	return (f.pattern == nil || f.pattern.MatchString(s)) && (f.not == nil || !f.not.MatchString(s)) &&
		(f.values == nil || slices.Contains(f.values, s)) && (f.also == nil || f.also(s))
}

// urlPattern takes URLs without user names, passwords and spaces.
const urlPattern = `[a-z][a-z0-9+.-]*://[^/?#@\s]+([/?#]\S*)?`

var upwards = regexp.MustCompile(`(^|/)\.\.(/|$)|^/|\\`)

// maxText bounds a text, so that patterns and messages stay short.
const maxText = 4096

// forms lists the forms by the tag "is" of a field; the values of an enumeration
// are their own name.
var forms = map[string]form{
	"version":  {want: "1, the only version there is", values: []string{"1"}},
	"text":     {want: "a text", pattern: regexp.MustCompile(`\S`), also: func(s string) bool { return len(s) <= maxText }},
	"url":      {want: "a URL such as https://example.org/x, without user name or password", pattern: regexp.MustCompile(`^` + urlPattern + `$`)},
	"link":     {want: "a URL such as https://example.org/x or mailto:bugs@example.org, without user name or password", pattern: regexp.MustCompile(`^(` + urlPattern + `|mailto:[^@\s?]+@[^@\s?]+)$`)},
	"email":    {want: "an address such as team@example.org", pattern: regexp.MustCompile(`^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$`)},
	"tag":      {want: "a text with {version} in it, such as v{version}", pattern: regexp.MustCompile(`^[^{}\s]*\{version\}[^{}\s]*$`)},
	"path":     {want: "a path relative to the record, without ..", pattern: regexp.MustCompile(`\S`), not: upwards},
	"pattern":  {want: "a path relative to the top of the repository, without .., in which * stands for anything", pattern: regexp.MustCompile(`\S`), not: upwards, also: isPattern},
	"sha256":   {want: "64 hexadecimal digits in lower case", pattern: regexp.MustCompile(`^[0-9a-f]{64}$`)},
	"image":    {want: "an image by digest, such as example.org/base:1@sha256:...", pattern: regexp.MustCompile(`^[^@\s]+@sha256:[0-9a-f]{64}$`)},
	"variable": {want: "the name of an environment variable, without a value", pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)},
	"date":     {want: "a day such as 2028-04-30", pattern: regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`), also: isDay, format: "date"},
	levels:     {want: "one of " + strings.ReplaceAll(levels, " ", ", "), values: strings.Fields(levels)},
}

const levels = "support limitedSupport development deployed endOfSupport noSupport noAssertion"

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func isPattern(s string) bool {
	_, err := path.Match(s, "")
	return err == nil && len(s) <= maxText/4
}
