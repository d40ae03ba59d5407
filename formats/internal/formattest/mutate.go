package formattest

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// Mutate changes up to three values of a JSON document: to null, to one of the
// given values, to twice itself, to another value of the document; or it takes them
// away.
func Mutate(t *testing.T, data []byte, r *rand.Rand, values []any) []byte {
	t.Helper()
	var doc any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for range 1 + r.IntN(3) {
		places := collect(doc, nil)
		to, from := places[r.IntN(len(places))], places[r.IntN(len(places))]
		switch r.IntN(6) {
		case 0:
			to.set(nil)
		case 1:
			to.set(values[r.IntN(len(values))])
		case 2:
			if list, ok := to.value.([]any); ok {
				to.set(append(slices.Clone(list), list...))
			} else {
				to.set([]any{to.value, to.value})
			}
		case 3:
			to.remove()
		default:
			to.set(clone(t, from.value))
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A place is where a value stands in a document.
type place struct {
	value  any
	set    func(any)
	remove func()
}

// collect returns all places of a document, in a fixed order.
func collect(x any, places []place) []place {
	switch x := x.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			places = append(places, place{x[key], func(v any) { x[key] = v }, func() { delete(x, key) }})
			places = collect(x[key], places)
		}
	case []any:
		for i := range x {
			places = append(places, place{x[i], func(v any) { x[i] = v }, func() { x[i] = map[string]any{} }})
			places = collect(x[i], places)
		}
	}
	return places
}

// clone copies a value, so that no value stands in itself.
func clone(t *testing.T, x any) any {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// NastyValues are [Nasty] as values of JSON.
func NastyValues() []any {
	values := make([]any, len(Nasty))
	for i, s := range Nasty {
		values[i] = s
	}
	return values
}
