package formats_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// TestMutated changes documents at random, but so that they stay JSON, which
// the mutations of go test -fuzz rarely do. Whatever can be read must be
// written, and then read the same again.
func TestMutated(t *testing.T) {
	for _, f := range documents() {
		for name, m := range map[string]*sbom.Manifest{"full": formattest.Full(), "words": formattest.Words(), "release": formattest.Release()} {
			data, read, seeds := encode(t, f, m), 0, uint64(150)
			if !isJSON(data) {
				continue
			}
			if isOlder(f) {
				seeds = 30
			}
			for seed := range seeds {
				mutated := mutate(t, data, rand.New(rand.NewPCG(seed, 0)))
				once, err := f.Decode(bytes.NewReader(mutated))
				if err != nil {
					continue
				}
				read++
				twice := decode(t, f, encode(t, f, once))
				if d := diff(twice, once); d != "" {
					t.Fatalf("%s, %s, seed %d: %s\n%.3000s", nameOf(f), name, seed, mutated, d)
				}
			}
			if read < int(seeds)/8 {
				t.Errorf("%s, %s: only %d of the documents could be read", nameOf(f), name, read)
			}
		}
	}
}

// mutate changes up to three values of a JSON document.
func mutate(t *testing.T, data []byte, r *rand.Rand) []byte {
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
			to.set(formattest.Nasty[r.IntN(len(formattest.Nasty))])
		case 2:
			if list, ok := to.value.([]any); ok {
				to.set(append(slices.Clone(list), list...))
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
