package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
	"time"
)

// fixed appends a block in the fixed codes, of the given matches of length
// and distance 1 and no more.
func (w *bitWriter) fixed(final int) {
	w.put(final|1<<1, 3)
	w.put(0, 7)
}

// lens returns the lengths of a code of n symbols, zero but for those of the
// given symbols.
func lens(n int, given map[int]int) []int {
	l := make([]int, n)
	for sym, bits := range given {
		l[sym] = bits
	}
	return l
}

// smallDynamic appends a dynamic block with the least header there is for the
// code lengths of nlit+ndist symbols, of which the last literals and the
// first distance have a code of one bit: no more than 13 bytes.
func (w *bitWriter) smallDynamic(final int) {
	w.put(final|2<<1, 3)
	w.put(0, 5) // 257 literals and lengths: 255 and 256 have a code of one bit
	w.put(0, 5) // one distance, of one bit
	w.put(18-4, 4)
	pre := newTestCode(lens(19, map[int]int{1: 1, 18: 1}))
	for _, sym := range preOrder[:18] {
		w.put(pre.lens[sym], 3)
	}
	w.symbol(pre, 18)
	w.put(138-11, 7)
	w.symbol(pre, 18)
	w.put(117-11, 7)
	w.symbol(pre, 1)
	w.symbol(pre, 1)
	w.symbol(pre, 1)
	w.put(1, 1) // end of block
}

// longDynamic appends a dynamic block with codes up to 15 bits, which take
// the most tables.
func (w *bitWriter) longDynamic(final int) {
	lit := make([]int, 286)
	for i := range lit {
		lit[i] = 9
	}
	left := 512 - 286 // of the codes of nine bits
	for i := 0; left > 0; i++ {
		n := min(left, 255)
		_ = n
		lit[i] = 8
		left--
	}
	dist := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15}
	w.dynamic(final, lit, dist)
	w.symbol(newTestCode(lit), endOfBlock)
}

// deepDynamic has one code of each length, so that the subtables are deep.
func (w *bitWriter) deepDynamic(final int) {
	lit := lens(257, map[int]int{256: 1})
	dist := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15}
	for i := range 13 {
		lit[i] = i + 2
	}
	lit[13], lit[14] = 15, 15
	w.dynamic(final, lit, dist)
	w.symbol(newTestCode(lit), endOfBlock)
}

// repeated returns DEFLATE data of n times what block appends and a last
// empty block. Where that is, it repeats whole bytes.
func repeated(n int, block func(w *bitWriter)) []byte {
	var w bitWriter
	for range 8 {
		block(&w)
	}
	b := bytes.Repeat(w.b[:w.n/8], n/8)
	if w.n%8 != 0 {
		panic("not whole bytes")
	}
	return append(b, 3, 0)
}

// hostile are streams that make a decoder work for little input or output.
func hostile() map[string][]byte {
	const n = 20_000
	zeros := func(dist int) []byte {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 9)
		w.Write(bytes.Repeat([]byte("abcdefghijklmnop")[:dist], 8_000_000/dist))
		w.Close()
		return b.Bytes()
	}
	return map[string][]byte{
		"empty stored":   repeated(n*8, func(w *bitWriter) { w.stored(0, nil) }),
		"short stored":   repeated(n*8, func(w *bitWriter) { w.stored(0, []byte{1}) }),
		"empty fixed":    repeated(n*8, func(w *bitWriter) { w.fixed(0) }),
		"small dynamic":  repeated(n, func(w *bitWriter) { w.smallDynamic(0) }),
		"long dynamic":   repeated(n/4, func(w *bitWriter) { w.longDynamic(0) }),
		"deep dynamic":   repeated(n/4, func(w *bitWriter) { w.deepDynamic(0) }),
		"fixed, dynamic": repeated(n, func(w *bitWriter) { w.fixed(0); w.smallDynamic(0) }),
		"period 1":       zeros(1),
		"period 2":       zeros(2),
		"period 3":       zeros(3),
		"period 7":       zeros(7),
		"period 9":       zeros(9),
	}
}

// TestHostile reads them all, and sees that none of them makes the decoder
// allocate.
func TestHostile(t *testing.T) {
	r := newReaders()
	for name, in := range hostile() {
		if got := r.sameRaw(t, name, in); got.end != "complete" {
			t.Errorf("%s: made wrong: %s", name, got.end)
		}
		src := bytes.NewReader(in)
		if n := testing.AllocsPerRun(1, func() {
			src.Reset(in)
			r.raw.Reset(src)
			io.Copy(io.Discard, r.raw)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkHostile prints how long the hostile streams take, as a part of
// what compress/flate takes. It should never be over 2.
func BenchmarkHostile(b *testing.B) {
	for name, in := range hostile() {
		b.Run(name, func(b *testing.B) {
			r := newReaders()
			src := bytes.NewReader(nil)
			var ours, theirs time.Duration
			for b.Loop() {
				src.Reset(in)
				start := time.Now()
				r.raw.Reset(src)
				io.Copy(io.Discard, r.raw)
				ours += time.Since(start)
				src.Reset(in)
				start = time.Now()
				r.theirRaw.(flate.Resetter).Reset(src, nil)
				io.Copy(io.Discard, r.theirRaw)
				theirs += time.Since(start)
			}
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-flate")
		})
	}
}
