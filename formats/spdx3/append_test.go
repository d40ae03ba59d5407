package spdx3

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// fill sets every string of v to s, and every list to two elements.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != reflect.TypeOf(sbom.Foreign{}) && v.Type().Field(i).Name != "Extra" {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), s)
		fill(v.Index(1), s)
	}
}

// TestAppend compares what is appended with what encoding/json writes.
func TestAppend(t *testing.T) {
	texts := append(formattest.Nasty, "", "plain text that is longer than eight", "\xff\xfe", "a\u00e9\x1fb\x7f\x80", strings.Repeat("x", 7)+"\"")
	for _, s := range texts {
		var e element
		fill(reflect.ValueOf(&e).Elem(), s)
		same(t, appendElement(nil, &e), &e)
		var r relationship
		fill(reflect.ValueOf(&r).Elem(), s)
		same(t, appendRelationship(nil, &r), &r)
	}
	same(t, appendElement(nil, &element{}), &element{})
	same(t, appendRelationship(nil, &relationship{To: []string{}}), &relationship{To: []string{}})
}

func same(t *testing.T, got []byte, v any) {
	t.Helper()
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	if w := unescape(bytes.TrimSpace(want.Bytes())); !bytes.Equal(got, w) {
		t.Errorf("got  %s\nwant %s", got, w)
	}
}

// FuzzAppendText checks that every text is written as encoding/json writes it.
func FuzzAppendText(f *testing.F) {
	for _, s := range formattest.Nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { same(t, appendText(nil, s), s) })
}
