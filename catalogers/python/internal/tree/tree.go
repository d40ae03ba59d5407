// Package tree reads the two data languages of Python packaging, TOML and
// JSON, into one strict and bounded shape.
//
// TOML is version 1.0, https://toml.io/en/v1.0.0; JSON is RFC 8259. Both are
// read more strictly than their usual Go readers do: a key that occurs twice
// in one table is an error, keys are compared exactly (encoding/json folds
// their case), text must be UTF-8, and nesting has a limit.
//
// Numbers, dates and times are kept as they are written: nothing in a lock
// file is computed with.
package tree

// maxDepth is how deep tables and lists may nest.
const maxDepth = 64

// A Table is a TOML table or a JSON object. Its values are of type string,
// bool, Scalar, []any, Table or, for the null of JSON, nil.
type Table map[string]any

// A Scalar is a number, date or time as it is written.
type Scalar string

// Text returns the string at key, or "" if there is none or it is no string.
func (t Table) Text(key string) string {
	s, _ := t[key].(string)
	return s
}

// Flag reports whether the value at key is true.
func (t Table) Flag(key string) bool {
	b, _ := t[key].(bool)
	return b
}

// Table returns the table at key, or nil, which is an empty Table.
func (t Table) Table(key string) Table {
	sub, _ := t[key].(Table)
	return sub
}

// List returns the list at key, or nil.
func (t Table) List(key string) []any {
	list, _ := t[key].([]any)
	return list
}

// Tables returns the tables in the list at key; other elements are left out.
func (t Table) Tables(key string) []Table {
	return only[Table](t.List(key))
}

// Texts returns the strings in the list at key; other elements are left out.
func (t Table) Texts(key string) []string {
	return only[string](t.List(key))
}

// only returns the elements that are of type T.
func only[T any](list []any) []T {
	var kept []T
	for _, v := range list {
		if v, ok := v.(T); ok {
			kept = append(kept, v)
		}
	}
	return kept
}
