package cyclonedx

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
)

// TestMutated changes bytes of documents of all kinds. Whatever can still be read
// must be written, in every form, and then read the same again.
func TestMutated(t *testing.T) {
	seeds := [][]byte{encodeAs(t, Encoder{}, formattest.Full()), encodeAs(t, Encoder{XML: true}, formattest.Full()), encodeAs(t, Encoder{Version: "1.2"}, formattest.Words())}
	for _, data := range foreignDocuments(t) {
		seeds = append(seeds, data)
	}
	slices.SortFunc(seeds, bytes.Compare)
	read := 0
	for n := range uint64(1500) {
		data := mutate(seeds, rand.New(rand.NewPCG(n, 7)))
		once, err := Decode(bytes.NewReader(data))
		if err != nil {
			continue
		}
		read++
		for _, e := range []Encoder{{}, {XML: true}, {Version: "1.2"}} {
			if d := diff(decode(t, encodeAs(t, e, once)), facts.Order(once)); d != "" {
				t.Fatalf("%d, %+v: got (-) is not want (+):\n%.3000s\n%q", n, e, d, data)
			}
		}
	}
	if read < 200 {
		t.Errorf("only %d of the documents could be read", read)
	}
}

// mutate changes up to three places of one of the documents.
func mutate(seeds [][]byte, r *rand.Rand) []byte {
	data := bytes.Clone(seeds[r.IntN(len(seeds))])
	for range 1 + r.IntN(3) {
		from := r.IntN(len(data))
		to := min(len(data), from+r.IntN(40))
		other := seeds[r.IntN(len(seeds))]
		at := r.IntN(len(other))
		switch r.IntN(4) {
		case 0:
			data[from] = byte(r.IntN(256))
		case 1:
			data = slices.Delete(data, from, to)
		case 2:
			data = slices.Insert(data, from, other[at:min(len(other), at+r.IntN(60))]...)
		default:
			data = slices.Insert(data, to, bytes.Clone(data[from:to])...)
		}
	}
	return data
}
