package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// JSON reads a document that is one JSON object.
func JSON(data []byte) (Table, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("JSON is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("JSON at byte %d: %w", d.InputOffset(), err)
	}
	t, ok := v.(Table)
	if !ok {
		return nil, errors.New("JSON is not an object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("JSON goes on after its end, byte %d", d.InputOffset())
	}
	return t, nil
}

// jsonValue reads one value. The depth is that of the lists and objects around it.
func jsonValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return jsonObject(d, depth)
		}
		return jsonList(d, depth)
	case json.Number:
		return Scalar(v), nil
	}
	return token, nil
}

// jsonObject reads the rest of an object, after its brace.
func jsonObject(d *json.Decoder, depth int) (Table, error) {
	t := Table{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // the decoder takes nothing else for a key
		if _, again := t[name]; again {
			return nil, fmt.Errorf("key %q twice", name)
		}
		if t[name], err = jsonValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return t, err
}

// jsonList reads the rest of a list, after its bracket.
func jsonList(d *json.Decoder, depth int) ([]any, error) {
	list := []any{}
	for d.More() {
		v, err := jsonValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}
