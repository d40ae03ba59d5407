package formats_test

import (
	"bytes"
	"math/rand/v2"
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
				mutated := formattest.Mutate(t, data, rand.New(rand.NewPCG(seed, 0)), formattest.NastyValues())
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
