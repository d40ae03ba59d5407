package spdx3

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// maxNesting is how deep the objects of a document may be nested.
const maxNesting = 100

// A parser reads the objects of a document. Those that are as we write them are
// read into rows at once, the others after all are seen, because they may refer
// to each other in more ways.
type parser struct {
	graph
	odd      []map[string]any
	context  any
	prefixes map[string]string
	ids      map[string]string // what many elements repeat
	notes    []sbom.Finding
}

// parse reads a document.
func parse(r io.Reader) (*parser, error) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		in.Discard(3)
	}
	p := &parser{ids: map[string]string{}}
	if err := p.stream(&window{r: in}); err != nil {
		return nil, err
	}
	p.ids = nil
	p.expandAll()
	if err := p.readOdd(); err != nil {
		return nil, err
	}
	if !p.isSPDX3() {
		return nil, errors.New("it is not SPDX 3: it has neither its context nor its version")
	}
	return p, nil
}

// A window remembers the end of what was read.
type window struct {
	r     io.Reader
	buf   []byte
	start int64 // offset of buf
}

func (w *window) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	w.buf = append(w.buf, b[:n]...)
	return n, err
}

// bytes returns what stands between two offsets.
func (w *window) bytes(start, end int64) []byte { return w.buf[start-w.start : end-w.start] }

// forget lets go of what stands before an offset.
func (w *window) forget(end int64) {
	if n := int(end - w.start); n > len(w.buf)/2 && n > 64<<10 {
		w.buf = w.buf[:copy(w.buf, w.buf[n:])]
		w.start = end
	}
}

// stream reads the keys of the document. Those beside context and graph make up
// one element, as in a document that consists of one.
func (p *parser) stream(w *window) error {
	d := json.NewDecoder(w)
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return orEOF(err, errors.New("it is no JSON object"))
	}
	single := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return orEOF(err, nil)
		}
		if key == "@graph" {
			err = p.readGraph(d, w)
		} else {
			err = p.readKey(d, key.(string), single)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return orEOF(err, nil)
	}
	if _, err := d.Token(); err != io.EOF {
		return orOther(err, errors.New("there is something after the document"))
	}
	if len(single) > 0 {
		p.odd = append(p.odd, single)
	}
	return nil
}

// orEOF returns err, or other if there is none. A document that ends too early
// breaks off.
func orEOF(err, other error) error {
	switch {
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	}
	return other
}

// orOther returns other unless err comes from the reader.
func orOther(err, other error) error {
	if errors.Is(err, facts.ErrTooLong) {
		return err
	}
	return other
}

func (p *parser) readKey(d *json.Decoder, key string, into map[string]any) error {
	var value any
	if err := d.Decode(&value); err != nil {
		return orEOF(err, nil)
	}
	if key == "@context" {
		p.context = value
		p.prefixes = prefixesOf(value)
		return nil
	}
	into[key] = value
	return nil
}

// readGraph reads the list of elements. One alone need not be in a list.
func (p *parser) readGraph(d *json.Decoder, w *window) error {
	t, err := d.Token()
	switch {
	case err != nil:
		return orEOF(err, nil)
	case t == json.Delim('{'):
		return p.readOne(d)
	case t != json.Delim('['):
		return errors.New("@graph is no list")
	}
	d.DisallowUnknownFields()
	var x row
	for d.More() {
		start := d.InputOffset()
		w.forget(start)
		x = row{}
		err := d.Decode(&x)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, facts.ErrTooLong) {
			return fmt.Errorf("element at byte %d: %w", start, orEOF(err, nil))
		}
		if err == nil && p.prefixes == nil && p.take(&x) {
			continue
		}
		raw := bytes.TrimLeft(w.bytes(start, d.InputOffset()), ", \t\r\n")
		if err := p.keep(raw); err != nil {
			return fmt.Errorf("element at byte %d: %w", start, err)
		}
	}
	_, err = d.Token()
	return orEOF(err, nil)
}

// readOne reads the rest of the one element of a graph.
func (p *parser) readOne(d *json.Decoder) error {
	one := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return orEOF(err, nil)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return orEOF(err, nil)
		}
		one[key.(string)] = value
	}
	p.odd = append(p.odd, one)
	_, err := d.Token()
	return orEOF(err, nil)
}

// expandAll expands the ids of what was read before the context was.
func (p *parser) expandAll() {
	if p.prefixes == nil {
		return
	}
	f := &flattener{prefixes: p.prefixes}
	all := func(ids ...*string) {
		for _, id := range ids {
			*id = f.expand(*id)
		}
	}
	lists := func(lists ...[]string) {
		for _, list := range lists {
			for i := range list {
				all(&list[i])
			}
		}
	}
	for _, x := range p.elements {
		all(&x.ID, &x.Node, &x.Creation, &x.SuppliedBy, &x.Subject, &x.DataLicense)
		lists(x.OriginatedBy, x.CreatedBy, x.CreatedUsing, x.Elements, x.Roots)
	}
	for i := range p.relations {
		r := &p.relations[i]
		all(&r.ID, &r.Creation, &r.From)
		lists(r.To)
	}
}

// same returns a string like s that is shared with others.
func (p *parser) same(s string) string {
	if s == "" || p.ids == nil {
		return s
	}
	if one, ok := p.ids[s]; ok {
		return one
	}
	p.ids[s] = s
	return s
}

// take adds what was read to the graph. It reports false if it is not in the
// shape that we write.
func (p *parser) take(x *row) bool {
	related := x.From != "" || x.Kind != "" || x.To != nil || x.Completeness != "" || x.Scope != ""
	if x.Type == classRelationship || x.Type == classScoped {
		r := relationship{
			Type: p.same(x.Type), ID: x.ID, Creation: p.same(x.Creation), Completeness: p.same(x.Completeness),
			From: p.same(x.From), Kind: p.same(x.Kind), To: x.To, Scope: p.same(x.Scope), Extra: x.Extra,
		}
		for i := range x.To {
			x.To[i] = p.same(x.To[i])
		}
		x.element.Type, x.element.ID, x.element.Creation, x.element.Extra = "", "", "", nil
		if r.ID == "" || r.From == "" || len(r.To) == 0 || !isZero(&x.element) {
			x.element.Type, x.element.ID, x.element.Creation, x.element.Extra = r.Type, r.ID, r.Creation, r.Extra
			return false
		}
		p.relations = append(p.relations, r)
		return true
	}
	if related || x.Type == "" || x.id() == "" || x.Node != "" && !isNode(x.Type) || isComponent(x.Type) && isStray(&x.element) {
		return false
	}
	e := x.element
	e.Type, e.Creation, e.Purpose, e.ID = p.same(e.Type), p.same(e.Creation), p.same(e.Purpose), p.same(e.ID)
	for i := range e.Elements {
		e.Elements[i] = p.same(e.Elements[i])
	}
	p.elements = append(p.elements, &e)
	return true
}

func isZero(e *element) bool { return reflect.ValueOf(e).Elem().IsZero() }

// isStray reports whether a component has keys that only other elements have.
func isStray(e *element) bool {
	return e.AnnotationType != "" || e.BuildEnd != "" || e.BuildType != "" || e.ConfigSource != nil || e.Parameters != nil ||
		e.Created != "" || e.CreatedBy != nil || e.CreatedUsing != nil || e.DataLicense != "" || e.Elements != nil || e.Profiles != nil ||
		e.Roots != nil || e.CustomIDs != nil || e.Expression != "" || e.LicenseText != nil || e.SBOMTypes != nil ||
		e.SpecVersion != "" || e.Statement != "" || e.Subject != "" || !onlyProperties(e.Extensions)
}

func onlyProperties(list []extension) bool {
	return !slices.ContainsFunc(list, func(x extension) bool { return x.Type != classProperties || x.Node != "" })
}

// keep remembers an object for later.
func (p *parser) keep(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	object, ok := v.(map[string]any)
	if !ok {
		p.note("element.unread", "an entry of the graph is no object: %.200s", canonical(v))
		return nil
	}
	p.odd = append(p.odd, object)
	return nil
}

func (p *parser) note(code, format string, args ...any) {
	p.notes = append(p.notes, sbom.Finding{Kind: sbom.Note, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// isSPDX3 reports whether the document says that it is SPDX 3.
func (p *parser) isSPDX3() bool {
	if strings.Contains(string(canonical(p.context)), "spdx.org/rdf/3.") {
		return true
	}
	return slices.ContainsFunc(p.elements, func(e *element) bool {
		return e.Type == classCreation && strings.HasPrefix(e.SpecVersion, "3.")
	})
}
