package inflate

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// A bitWriter writes DEFLATE data by hand. Of a block it can write what no
// compressor does.
type bitWriter struct {
	b []byte
	n int // bits used
}

// put appends the low bits of v, the lowest first.
func (w *bitWriter) put(v, bits int) {
	for i := range bits {
		if w.n&7 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n>>3] |= byte(v>>i&1) << (w.n & 7)
		w.n++
	}
}

// stored appends a stored block.
func (w *bitWriter) stored(final int, data []byte) {
	w.put(final, 3)
	w.put(0, -w.n&7)
	w.put(len(data), 16)
	w.put(^len(data), 16)
	w.b = append(w.b, data...)
	w.n = len(w.b) * 8
}

// A testCode is a canonical code; of a symbol without a code lens is zero.
type testCode struct {
	lens  []int
	codes []int // reversed, as they are written
}

func newTestCode(lens []int) testCode {
	c := testCode{lens: lens, codes: make([]int, len(lens))}
	next := 0
	for n := 1; n <= 15; n++ {
		for sym, l := range lens {
			if l == n {
				c.codes[sym] = int(bits.Reverse16(uint16(next)) >> (16 - n))
				next++
			}
		}
		next <<= 1
	}
	return c
}

func (w *bitWriter) symbol(c testCode, sym int) { w.put(c.codes[sym], c.lens[sym]) }

// dynamic appends the header of a dynamic block, with code lengths that are
// written plainly.
func (w *bitWriter) dynamic(final int, lit, dist []int) {
	w.put(final|2<<1, 3)
	w.put(len(lit)-257, 5)
	w.put(len(dist)-1, 5)
	w.put(19-4, 4)
	plain := make([]int, 19) // 16 codes of four bits
	for i := range 16 {
		plain[i] = 4
	}
	for _, sym := range preOrder {
		w.put(plain[sym], 3)
	}
	c := newTestCode(plain)
	for _, n := range append(lit[:len(lit):len(lit)], dist...) {
		w.symbol(c, n)
	}
}

// randomCode returns the lengths of a complete code of n symbols, used of
// which have one. The symbol must does.
func randomCode(rnd *rand.Rand, n, used, must int) []int {
	leaves := []int{1, 1}
	for len(leaves) < used {
		// Splitting the last leaf again and again makes long codes.
		i := rnd.IntN(len(leaves))
		if rnd.IntN(2) == 0 {
			i = len(leaves) - 1
		}
		if leaves[i] == 15 {
			continue
		}
		leaves[i]++
		leaves = append(leaves, leaves[i])
	}
	rnd.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	lens := make([]int, n)
	syms := rnd.Perm(n)
	i := slices.Index(syms, must)
	syms[0], syms[i] = syms[i], syms[0]
	for i, n := range leaves {
		lens[syms[i]] = n
	}
	return lens
}

// TestRandomCodes reads blocks of random symbols in random codes.
func TestRandomCodes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	r := newReaders()
	complete := 0
	for round := range 2000 {
		var w bitWriter
		w.stored(0, make([]byte, 40_000*min(1, rnd.IntN(4))))
		for range 1 + rnd.IntN(3) {
			lit := newTestCode(randomCode(rnd, 257+rnd.IntN(30), 2+rnd.IntN(255), endOfBlock))
			ndist := 2 + rnd.IntN(29)
			dist := newTestCode(randomCode(rnd, ndist, 2+rnd.IntN(ndist-1), 0))
			w.dynamic(0, lit.lens, dist.lens)
			for range rnd.IntN(1000) {
				w.randomSymbol(rnd, lit, dist)
			}
			w.symbol(lit, endOfBlock)
		}
		w.stored(1, nil)
		if r.sameRaw(t, fmt.Sprint("round ", round), w.b).end == "complete" {
			complete++
		}
	}
	if complete < 500 {
		t.Errorf("%d of 2000 streams are complete; the test does not test much", complete)
	}
}

// TestCrafted reads streams that few others are like.
func TestCrafted(t *testing.T) {
	header := func(nlit, ndist int) []byte {
		var w bitWriter
		flat := func(n, extra int) []int { // 256 codes of eight bits, or 16 of four
			l := make([]int, n)
			for i := range 1 << extra {
				l[n-1-i] = extra
			}
			return l
		}
		lit := newTestCode(flat(nlit, 8))
		w.dynamic(1, lit.lens, flat(ndist, 4))
		w.symbol(lit, endOfBlock)
		return w.b
	}
	tests := []struct {
		name string
		in   []byte
		end  string
	}{
		{"most literals and distances", header(286, 30), "complete"},
		{"287 literals", header(287, 30), "corrupt"},
		{"288 literals", header(288, 30), "corrupt"},
		{"31 distances", header(286, 31), "corrupt"},
		{"32 distances", header(286, 32), "corrupt"},
		{"reserved type", []byte{7, 0, 0}, "corrupt"},
		{"stored", []byte{1, 1, 0, 0xfe, 0xff, 'x'}, "complete"},
		{"stored, padding not zero", []byte{0xf9, 1, 0, 0xfe, 0xff, 'x'}, "complete"},
		{"stored, wrong complement", []byte{1, 1, 0, 0xff, 0xff, 'x'}, "corrupt"},
		{"stored, cut in the complement", []byte{1, 0xff, 0xff, 0}, "truncated"},
		{"stored, no complement", []byte{1, 0xff, 0xff}, "truncated"},
		{"stored, cut in the data", []byte{1, 2, 0, 0xfd, 0xff, 'x'}, "truncated"},
		{"fixed symbol 286", []byte{0x1b, 0x03, 0, 0}, "corrupt"},
		{"nothing", nil, "truncated"},
	}
	r := newReaders()
	for _, tt := range tests {
		if got := r.sameRaw(t, tt.name, tt.in); got.end != tt.end {
			t.Errorf("%s: made wrong: %s", tt.name, got.end)
		}
	}
}

// randomSymbol appends a literal or a match.
func (w *bitWriter) randomSymbol(rnd *rand.Rand, lit, dist testCode) {
	sym := rnd.IntN(len(lit.lens))
	if lit.lens[sym] == 0 || sym == endOfBlock {
		return
	}
	w.symbol(lit, sym)
	if sym < endOfBlock {
		return
	}
	w.put(int(rnd.Uint32()), int(litSymbols[sym]&63))
	d := rnd.IntN(len(dist.lens))
	for dist.lens[d] == 0 {
		d = rnd.IntN(len(dist.lens))
	}
	w.symbol(dist, d)
	w.put(int(rnd.Uint32()), int(distSymbols[d]&63))
}
