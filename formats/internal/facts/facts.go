// Package facts spells the facts of a manifest as text, for the places where a
// format has no field of its own.
//
// A format writes each component into the fields that it has, reads them back,
// and asks [Component], [Principal] or [Document] what is missing: each field
// of the model that did not come back exactly becomes one property, named by
// the tables of this package. So no format can lose a fact, whatever the
// strings in it, and no format needs to know which facts the other one holds.
// Reading applies the properties over what the native fields said.
//
// A name is an official one where there is one (the "cdx:" and "bsi:" property
// taxonomies); the others begin with "manifestgen:". Single values are plain
// text, times are RFC 3339, lists and parties are JSON.
package facts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// A field is one field of T and how it is spelled as a property.
type field[T any] struct {
	name string
	same func(a, b *T) bool
	text func(*T) string
	set  func(*T, string) error
}

// A Table spells the fields of T as properties.
type Table[T any] struct {
	fields []field[T]
	byName map[string]int
}

func table[T any](fields ...field[T]) Table[T] {
	t := Table[T]{fields, map[string]int{}}
	for i, f := range fields {
		t.byName[f.name] = i
	}
	return t
}

// Missing returns a property for each field of x that back has not.
func (t Table[T]) Missing(x, back *T) []sbom.Property {
	var missing []sbom.Property
	for _, f := range t.fields {
		if !f.same(x, back) {
			if missing == nil {
				missing = make([]sbom.Property, 0, 4) // most lack a few
			}
			missing = append(missing, sbom.Property{Name: f.name, Value: f.text(x)})
		}
	}
	return missing
}

// Lacks counts the fields of x that back has not.
func (t Table[T]) Lacks(x, back *T) int {
	n := 0
	for _, f := range t.fields {
		if !f.same(x, back) {
			n++
		}
	}
	return n
}

// Reserves reports whether a property of that name would be taken for a field.
func (t Table[T]) Reserves(name string) bool {
	_, ok := t.byName[name]
	return ok
}

// Apply sets the fields of x that properties spell, and returns the properties
// that spell none: those with other names, those that cannot be read, and
// repetitions.
func (t Table[T]) Apply(x *T, properties []sbom.Property) (rest []sbom.Property) {
	var done uint64 // bit i: field i is set
	for _, p := range properties {
		i, ok := t.byName[p.Name]
		if !ok || done&(1<<i) != 0 || t.fields[i].set(x, p.Value) != nil {
			rest = append(rest, p)
			continue
		}
		done |= 1 << i
	}
	return rest
}

func text[T any, S ~string](name string, at func(*T) *S) field[T] {
	return field[T]{
		name: name,
		same: func(a, b *T) bool { return *at(a) == *at(b) },
		text: func(x *T) string { return string(*at(x)) },
		set:  func(x *T, s string) error { *at(x) = S(s); return nil },
	}
}

func moment[T any](name string, at func(*T) *time.Time) field[T] {
	return field[T]{
		name: name,
		same: func(a, b *T) bool { return at(a).Equal(*at(b)) },
		text: func(x *T) string { return Time(*at(x)) },
		set: func(x *T, s string) (err error) {
			t, err := ParseTime(s)
			if err == nil {
				*at(x) = t
			}
			return err
		},
	}
}

func parsed[T any, V comparable](name string, at func(*T) *V, format func(V) string, parse func(string) (V, error)) field[T] {
	return field[T]{
		name: name,
		same: func(a, b *T) bool { return *at(a) == *at(b) },
		text: func(x *T) string { return format(*at(x)) },
		set: func(x *T, s string) error {
			v, err := parse(s)
			if err == nil {
				*at(x) = v
			}
			return err
		},
	}
}

func flag[T any](name string, at func(*T) *bool) field[T] {
	return parsed(name, at, strconv.FormatBool, strconv.ParseBool)
}

func number[T any](name string, at func(*T) *int) field[T] {
	return parsed(name, at, strconv.Itoa, strconv.Atoi)
}

// asJSON is a field whose property is JSON.
func asJSON[T, V any](name string, at func(*T) *V, same func(a, b V) bool) field[T] {
	return field[T]{
		name: name,
		same: func(a, b *T) bool { return same(*at(a), *at(b)) },
		text: func(x *T) string { return string(Canonical(*at(x))) },
		set: func(x *T, s string) error {
			var v V
			if err := json.Unmarshal([]byte(s), &v); err != nil {
				return err
			}
			*at(x) = v
			return nil
		},
	}
}

func list[T any, E comparable](name string, at func(*T) *[]E) field[T] {
	return asJSON(name, at, slices.Equal[[]E])
}

// listAs is a list whose property canonical writes, as [Canonical] would.
func listAs[T any, E comparable](name string, at func(*T) *[]E, canonical func([]E) []byte) field[T] {
	f := list(name, at)
	f.text = func(x *T) string { return string(canonical(*at(x))) }
	return f
}

// Time writes t as formats do: in UTC, to the second unless it has a fraction.
// The zero time is the empty string.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// ParseTime reads what [Time] writes, in any time zone.
func ParseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err == nil {
		err = checkYear(t)
	}
	return t.UTC(), err
}

// checkYear refuses a time that RFC 3339 has no room for in UTC.
func checkYear(t time.Time) error {
	if y := t.UTC().Year(); y < 0 || y > 9999 {
		return fmt.Errorf("the year %d has not four digits", y)
	}
	return nil
}
