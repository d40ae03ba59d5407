package cyclonedx

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// writeJSON writes bom with the components that come, one by one: a document may
// be larger than what its writer wants to hold.
func writeJSON(w io.Writer, bom *cdx.BOM, components func(func(*cdx.Component) bool), indent bool) error {
	j := newJSONWriter(w, indent)
	v := reflect.ValueOf(bom).Elem()
	j.open('{')
	for i := range v.NumField() {
		key, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case key == "-":
		case key == "components":
			j.list(key, components)
		case options != "omitempty" || !v.Field(i).IsZero():
			j.key(key)
			j.value(v.Field(i).Interface())
		}
	}
	j.close('}')
	j.put("\n")
	return j.end()
}

// A jsonWriter writes JSON piece by piece. The first error stays.
type jsonWriter struct {
	w      *bufio.Writer
	indent bool
	depth  int
	first  bool // in the list or object that is open
	buf    bytes.Buffer
	enc    *json.Encoder
	err    error
}

func newJSONWriter(w io.Writer, indent bool) *jsonWriter {
	j := &jsonWriter{w: bufio.NewWriterSize(w, 64<<10), indent: indent}
	j.enc = json.NewEncoder(&j.buf)
	j.enc.SetEscapeHTML(false)
	return j
}

func (j *jsonWriter) put(s string) { j.w.WriteString(s) } // the error shows in end

func (j *jsonWriter) open(c byte) {
	j.w.WriteByte(c)
	j.depth++
	j.first = true
}

func (j *jsonWriter) close(c byte) {
	j.depth--
	if !j.first {
		j.line()
	}
	j.w.WriteByte(c)
	j.first = false
}

// next begins a member or an element.
func (j *jsonWriter) next() {
	if !j.first {
		j.put(",")
	}
	j.first = false
	j.line()
}

func (j *jsonWriter) line() {
	if j.indent {
		j.put("\n")
		j.put(strings.Repeat("  ", j.depth))
	}
}

func (j *jsonWriter) key(key string) {
	j.next()
	j.put(`"` + key + `":`)
	if j.indent {
		j.put(" ")
	}
}

func (j *jsonWriter) value(x any) {
	j.buf.Reset()
	if j.indent {
		j.enc.SetIndent(strings.Repeat("  ", j.depth), "  ")
	}
	if err := j.enc.Encode(x); err != nil && j.err == nil {
		j.err = err
	}
	j.w.Write(bytes.TrimSuffix(j.buf.Bytes(), []byte("\n")))
}

func (j *jsonWriter) component(c *cdx.Component) {
	if j.indent {
		j.value(c)
		return
	}
	if b, simple := appendComponent(j.w.AvailableBuffer(), c); simple {
		j.w.Write(b)
	} else {
		j.value(c)
	}
}

// list writes a member that is a list, unless it is empty.
func (j *jsonWriter) list(key string, components func(func(*cdx.Component) bool)) {
	begun := false
	components(func(c *cdx.Component) bool {
		if !begun {
			j.key(key)
			j.open('[')
			begun = true
		}
		j.next()
		j.component(c)
		return j.err == nil
	})
	if begun {
		j.close(']')
	}
}

func (j *jsonWriter) end() error {
	if j.err != nil {
		return j.err
	}
	return j.w.Flush()
}

// A jsonReader reads a document member by member, and its components one by one.
type jsonReader struct {
	*reader
	data []byte
	dec  *json.Decoder
	bom  cdx.BOM
	root json.RawMessage // of metadata.component, if it has something that did not fit
}

// readJSON reads the document in data.
func (r *reader) readJSON(data []byte) (*sbom.Manifest, error) {
	if err := r.readVersion(data); err != nil {
		return nil, err
	}
	j := &jsonReader{reader: r, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	j.dec.DisallowUnknownFields() // it decodes them all the same, and says so
	if err := j.readObject(); errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	return r.finish(&j.bom, j.root)
}

// readVersion finds out what the document is. Most documents begin with that; it
// may stand anywhere.
func (r *reader) readVersion(data []byte) error {
	var is struct {
		BOMFormat   any `json:"bomFormat"`
		SpecVersion any `json:"specVersion"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	for seen := 0; seen < 2; {
		token, err := dec.Token()
		if err != nil {
			break // what is broken is said when all is read
		}
		if delim, ok := token.(json.Delim); ok && delim == '{' {
			continue
		}
		to := map[any]*any{"bomFormat": &is.BOMFormat, "specVersion": &is.SpecVersion}[token]
		if to == nil {
			if token != "$schema" {
				break
			}
			to = new(any)
			seen--
		}
		if dec.Decode(to) != nil {
			break
		}
		seen++
	}
	if is.BOMFormat == nil || is.SpecVersion == nil {
		if err := json.Unmarshal(data, &is); err != nil {
			return err
		}
	}
	if is.BOMFormat != cdx.BOMFormat {
		return fmt.Errorf("bomFormat is %.20q, not %q", fmt.Sprint(is.BOMFormat), cdx.BOMFormat)
	}
	var err error
	r.version, err = versionOf(fmt.Sprint(is.SpecVersion))
	return err
}

// readObject reads the members of the document.
func (j *jsonReader) readObject() error {
	if token, err := j.dec.Token(); err != nil || token != json.Delim('{') {
		return cmp.Or(err, errors.New("it is no object"))
	}
	for j.dec.More() {
		key, err := j.dec.Token()
		if err != nil {
			return err
		}
		if err := j.readMember(key.(string)); err != nil {
			return fmt.Errorf("%.100q: %w", key, err)
		}
	}
	if _, err := j.dec.Token(); err != nil {
		return err
	}
	if rest := bytes.TrimSpace(j.data[j.dec.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("there is more after the document, at byte %d", j.dec.InputOffset())
	}
	return nil
}

func (j *jsonReader) readMember(key string) error {
	switch key {
	case "components":
		return j.readList()
	case "specVersion", "bomFormat", "$schema":
		return j.dec.Decode(new(any))
	}
	v := reflect.ValueOf(&j.bom).Elem()
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == key {
			return j.readField(key, v.Field(i))
		}
	}
	var raw json.RawMessage
	if err := j.dec.Decode(&raw); err != nil {
		return err
	}
	j.keep(key, raw)
	return nil
}

// readField reads a member of the document. What does not fit stays as it is.
func (j *jsonReader) readField(key string, field reflect.Value) error {
	raw, err := j.decode(field.Addr().Interface())
	if err != nil || raw == nil {
		return err
	}
	if key != "metadata" || j.bom.Metadata == nil {
		if !sameJSON(raw, field) {
			j.keep(key, raw)
		}
		return nil
	}
	kept := odd(raw, field.Elem(), ofMetadata, "component")
	j.keepAll(kept)
	var md struct {
		Component json.RawMessage `json:"component"`
	}
	if json.Unmarshal(raw, &md) == nil && j.bom.Metadata.Component != nil {
		j.root = md.Component
	}
	return nil
}

func (j *jsonReader) keep(key string, raw json.RawMessage) {
	j.keepAll(asItStands(key, raw))
}

func (j *jsonReader) keepAll(kept []sbom.Foreign) {
	if len(kept) > 0 {
		j.noteFields(nil, kept)
		j.raws = append(j.raws, kept...)
	}
}

// decode decodes the next value. Where something in it did not fit into x, it
// returns the value as it stands.
func (j *jsonReader) decode(x any) (json.RawMessage, error) {
	before := j.dec.InputOffset()
	err := j.dec.Decode(x)
	var syntax *json.SyntaxError
	if err == nil || errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimLeft(j.data[before:j.dec.InputOffset()], ":, \t\r\n"), nil
}

func (j *jsonReader) readList() error {
	token, err := j.dec.Token()
	if err != nil {
		return err
	}
	if token == nil {
		return nil
	}
	if token != json.Delim('[') {
		return errors.New("it is no list")
	}
	x := &cdx.Component{} // one for all: it is large
	for j.dec.More() {
		*x = cdx.Component{}
		raw, err := j.decode(x)
		if err != nil {
			return err
		}
		j.addTop(x, raw)
	}
	_, err = j.dec.Token()
	return err
}
