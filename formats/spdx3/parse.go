package spdx3

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

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
	notes    []sbom.Finding
}

// parse reads a document.
func parse(data []byte) (*parser, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	p := &parser{}
	if err := p.stream(data); err != nil {
		return nil, err
	}
	if p.prefixes = prefixesOf(p.context); p.prefixes != nil {
		context := p.context
		p = &parser{prefixes: p.prefixes, context: context}
		if err := p.stream(data); err != nil {
			return nil, err
		}
	}
	if err := p.readOdd(); err != nil {
		return nil, err
	}
	if !p.isSPDX3() {
		return nil, errors.New("it is not SPDX 3: it has neither its context nor its version")
	}
	return p, nil
}

// stream reads the keys of the document. Those beside context and graph make up
// one element, as in a document that consists of one.
func (p *parser) stream(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return cmpError(err, errors.New("it is no JSON object"))
	}
	single := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key == "@graph" {
			err = p.readGraph(d, data)
		} else {
			err = p.readKey(d, key.(string), single)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something after the document")
	}
	if len(single) > 0 {
		p.odd = append(p.odd, single)
	}
	return nil
}

func cmpError(err, other error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	return other
}

func (p *parser) readKey(d *json.Decoder, key string, single map[string]any) error {
	var value any
	if err := d.Decode(&value); err != nil {
		return cmpError(err, nil)
	}
	if key == "@context" {
		p.context = value
	} else {
		single[key] = value
	}
	return nil
}

// readGraph reads the list of elements. One alone need not be in a list.
func (p *parser) readGraph(d *json.Decoder, data []byte) error {
	if bytes.HasPrefix(bytes.TrimLeft(data[d.InputOffset():], ": \t\r\n"), []byte("{")) {
		var one json.RawMessage
		if err := d.Decode(&one); err != nil {
			return cmpError(err, nil)
		}
		return p.keep(one)
	}
	t, err := d.Token()
	if err != nil {
		return cmpError(err, nil)
	}
	if t != json.Delim('[') {
		return errors.New("@graph is no list")
	}
	d.DisallowUnknownFields()
	var x row
	for d.More() {
		start := d.InputOffset()
		x = row{}
		err := d.Decode(&x)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return fmt.Errorf("element at byte %d: %w", start, err)
		}
		if err == nil && p.prefixes == nil && p.take(&x) {
			continue
		}
		raw := bytes.TrimLeft(data[start:d.InputOffset()], ", \t\r\n")
		if err := p.keep(raw); err != nil {
			return fmt.Errorf("element at byte %d: %w", start, err)
		}
	}
	_, err = d.Token()
	return cmpError(err, nil)
}

// take adds what was read to the graph. It reports false if it is not in the
// shape that we write.
func (p *parser) take(x *row) bool {
	related := x.From != "" || x.Kind != "" || x.To != nil || x.Completeness != "" || x.Scope != ""
	if x.Type == classRelationship || x.Type == classScoped {
		r := relationship{
			Type: x.Type, ID: x.ID, Creation: x.Creation, Completeness: x.Completeness,
			From: x.From, Kind: x.Kind, To: x.To, Scope: x.Scope, Extra: x.Extra,
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
