package spdx3

import (
	"bytes"
	"math/rand/v2"
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
			mutated := formattest.Mutate(t, data, rand.New(rand.NewPCG(seed, 0)), formattest.NastyValues())
			if _, err := Decode(bytes.NewReader(mutated)); err == nil {
				stable(t, mutated)
			}
			if t.Failed() {
				t.Fatalf("%s, seed %d: %.8000s", name, seed, mutated)
			}
		}
	}
}
