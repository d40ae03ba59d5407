package spdx3

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
)

// TestMutated changes documents at random, but so that they stay JSON. Whatever
// can be read must be written, and then read the same again.
func TestMutated(t *testing.T) {
	documents := map[string][]byte{
		"build": read(t, "build.spdx3.json"), "nested": read(t, "nested.spdx3.json"),
		"full": encode(t, formattest.Full()), "release": encode(t, formattest.Release()),
	}
	for name, data := range documents {
		for seed := range uint64(150) {
			mutated := mutate(t, data, rand.New(rand.NewPCG(seed, 0)))
			if _, err := Decode(bytes.NewReader(mutated)); err == nil {
				stable(t, mutated)
			}
			if t.Failed() {
				t.Fatalf("%s, seed %d: %.8000s", name, seed, mutated)
			}
		}
	}
}

// mutate changes up to three values of a document: to nothing, to a nasty
// string, to twice itself, to a value from elsewhere.
func mutate(t *testing.T, data []byte, r *rand.Rand) []byte {
	t.Helper()
	doc := generic(t, data)
	for range 1 + r.IntN(3) {
		places := collect(doc, nil)
		to, from := places[r.IntN(len(places))], places[r.IntN(len(places))]
		switch r.IntN(5) {
		case 0:
			to.set(nil)
		case 1:
			to.set(formattest.Nasty[r.IntN(len(formattest.Nasty))])
		case 2:
			to.set([]any{to.value, to.value})
		default:
			to.set(generic(t, marshal(t, map[string]any{"x": from.value}))["x"])
		}
	}
	return marshal(t, doc)
}

// A place is where a value stands in a document.
type place struct {
	value any
	set   func(any)
}

// collect returns all places of a document, in a fixed order.
func collect(x any, places []place) []place {
	switch x := x.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			places = append(places, place{x[key], func(v any) { x[key] = v }})
			places = collect(x[key], places)
		}
	case []any:
		for i := range x {
			places = append(places, place{x[i], func(v any) { x[i] = v }})
			places = collect(x[i], places)
		}
	}
	return places
}
