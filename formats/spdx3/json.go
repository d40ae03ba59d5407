package spdx3

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// standard is the name of the format in foreign data.
const standard = "spdx3"

// A graph is a document: all elements that it has.
type graph struct {
	base      string // that the ids of most begin with
	elements  []*element
	relations []relationship
}

// A lazy graph has more elements, which are made when they are written.
type lazyGraph struct {
	graph
	more []string             // their ids
	make func(i int) *element // valid until the next
}

// write writes a document in the canonical serialization, sorted by id, or with
// a line for each value.
func (g *lazyGraph) write(w io.Writer, indent bool) error {
	out := &writer{w: bufio.NewWriterSize(w, 64<<10), indent: indent}
	if indent {
		out.bytes("{\n  \"@context\": \"" + contextURL + "\",\n  \"@graph\": [")
	} else {
		out.bytes(`{"@context":"` + contextURL + `","@graph":[`)
	}
	for _, at := range g.order() {
		i := at.index
		switch {
		case i < len(g.elements):
			out.element(g.elements[i])
		case i < len(g.elements)+len(g.relations):
			out.relationship(&g.relations[i-len(g.elements)])
		default:
			out.element(g.make(i - len(g.elements) - len(g.relations)))
		}
	}
	if indent {
		out.bytes("\n  ]\n")
	} else {
		out.bytes("]")
	}
	out.bytes("}\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// A position is where an element stands, by its id. Of ids that begin alike, the
// end is enough.
type position struct {
	begin uint64 // of end
	end   string
	index int // in the elements, then in the relations, then in the others
}

// order returns the elements and relationships of a graph in the order of their
// ids. Those with the base that most have come last.
func (g *lazyGraph) order() []position {
	all := make([]position, 0, len(g.elements)+len(g.relations)+len(g.more))
	add := func(id string) {
		at := position{end: strings.TrimPrefix(id, g.base), index: len(all)}
		var b [8]byte
		copy(b[:], at.end)
		at.begin = binary.BigEndian.Uint64(b[:])
		all = append(all, at)
	}
	for _, x := range g.elements {
		add(x.id())
	}
	for i := range g.relations {
		add(g.relations[i].ID)
	}
	for _, id := range g.more {
		add(id)
	}
	slices.SortFunc(all, func(a, b position) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), strings.Compare(a.end, b.end), cmp.Compare(a.index, b.index))
	})
	return all
}

// id returns what other elements refer to e by.
func (e *element) id() string {
	if e.ID != "" {
		return e.ID
	}
	return e.Node
}

// A writer writes the objects of one graph. After an error it does nothing.
type writer struct {
	w      *bufio.Writer
	buf    []byte
	indent bool
	more   bool
	err    error
}

func (w *writer) bytes(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *writer) element(e *element) {
	w.buf = appendElement(w.buf[:0], e)
	w.object(e.Extra)
}

func (w *writer) relationship(r *relationship) {
	w.buf = appendRelationship(w.buf[:0], r)
	w.object(r.Extra)
}

// object writes the object in the buffer.
func (w *writer) object(extra []sbom.Foreign) {
	if w.more {
		w.bytes(",")
	}
	w.more = true
	if len(extra) > 0 {
		w.buf = merge(w.buf, extra)
	}
	if w.indent {
		var lines bytes.Buffer
		if err := json.Indent(&lines, w.buf, "    ", "  "); err != nil && w.err == nil {
			w.err = err
		}
		w.bytes("\n    ")
		w.buf = append(w.buf[:0], lines.Bytes()...)
	}
	if w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
}

// merge adds keys to an object. They stand for those of the same name, except
// that lists of extensions are joined.
func merge(object []byte, extra []sbom.Foreign) []byte {
	all := map[string]json.RawMessage{}
	if json.Unmarshal(object, &all) != nil {
		return object
	}
	for _, f := range extra {
		value := json.RawMessage(f.Value)
		if f.Field == extensionKey {
			value = join(all[extensionKey], value)
		}
		all[f.Field] = value
	}
	return canonical(all)
}

const extensionKey = "extension"

func join(a, b json.RawMessage) json.RawMessage {
	var x, y []json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return b
	}
	return canonical(append(x, y...))
}

// canonical writes a value in the canonical serialization: names in order,
// no space, and nothing escaped that need not be. Numbers stay as they are.
//
// https://spdx.github.io/spdx-spec/v3.0.1/serializations/#canonical-serialization
func canonical(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return json.RawMessage("null")
	}
	return unescape(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// unescape writes as they are the three characters that encoding/json escapes
// without need.
func unescape(b []byte) []byte {
	if !bytes.Contains(b, []byte(`\u2028`)) && !bytes.Contains(b, []byte(`\u2029`)) && !bytes.Contains(b, []byte(`\ufffd`)) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		switch rest := b[i:]; {
		case bytes.HasPrefix(rest, []byte(`\u2028`)):
			out, i = append(out, "\u2028"...), i+5
		case bytes.HasPrefix(rest, []byte(`\u2029`)):
			out, i = append(out, "\u2029"...), i+5
		case bytes.HasPrefix(rest, []byte(`\ufffd`)):
			out, i = append(out, "\ufffd"...), i+5
		default:
			out, i = append(out, b[i], b[i+1]), i+1
		}
	}
	return out
}

// canonicalText returns JSON in the canonical serialization, and false if it is
// none.
func canonicalText(s string) (json.RawMessage, bool) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	return canonical(v), true
}

// whole returns an element as a decoder finds it in a document.
func (e *element) whole() json.RawMessage {
	return wholeOf(appendElement(nil, e), e.Extra)
}

func (r *relationship) whole() json.RawMessage {
	return wholeOf(appendRelationship(nil, r), r.Extra)
}

func wholeOf(b []byte, extra []sbom.Foreign) json.RawMessage {
	if len(extra) > 0 {
		return merge(b, extra)
	}
	return b
}

// foreign returns one key of e as foreign data.
func (e *element) foreign(key string) sbom.Foreign {
	var all map[string]json.RawMessage
	if json.Unmarshal(e.whole(), &all) != nil {
		return sbom.Foreign{}
	}
	return foreignField(key, all[key])
}

// put sets one key of an object to what a document has there. What does not fit
// becomes extra; it reports false if that is because of the value.
func (x *row) put(key string, value json.RawMessage) bool {
	one := canonical(map[string]json.RawMessage{key: value})
	var y row
	strict := json.NewDecoder(bytes.NewReader(one))
	strict.DisallowUnknownFields()
	if strict.Decode(&y) == nil {
		x.overlay(&y)
		return true
	}
	y = row{}
	err := json.Unmarshal(one, &y)
	if err == nil {
		x.overlay(&y) // what is known of it is read
	}
	x.Extra = append(x.Extra, foreignField(key, value))
	return err == nil
}

// overlay sets what y has.
func (x *row) overlay(y *row) {
	to, from := reflect.ValueOf(x).Elem(), reflect.ValueOf(y).Elem()
	for i := range from.NumField() {
		if f := from.Field(i); f.Kind() == reflect.Struct {
			overlayFields(to.Field(i), f)
		} else if !f.IsZero() {
			to.Field(i).Set(f)
		}
	}
}

func overlayFields(to, from reflect.Value) {
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// putAll sets the keys of an object, in order. It returns those that are not
// understood.
func (x *row) putAll(object map[string]json.RawMessage) (unread []string) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		if key == extensionKey {
			value = x.putExtensions(value)
		}
		if value != nil && !x.put(key, value) {
			unread = append(unread, key)
		}
	}
	return unread
}

// putExtensions takes the properties out of a list of extensions, and returns
// the others.
func (x *row) putExtensions(list json.RawMessage) json.RawMessage {
	var all, others []json.RawMessage
	if json.Unmarshal(list, &all) != nil {
		return list
	}
	for _, one := range all {
		var ext extension
		d := json.NewDecoder(bytes.NewReader(one))
		d.DisallowUnknownFields()
		if d.Decode(&ext) != nil || ext.Type != classProperties {
			others = append(others, one)
			continue
		}
		x.Extensions = append(x.Extensions, ext)
	}
	if others == nil {
		return nil
	}
	x.Extra = append(x.Extra, foreignField(extensionKey, canonical(others)))
	return nil
}

func sameElement(a, b *element) bool { return reflect.DeepEqual(a, b) }
