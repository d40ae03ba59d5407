package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
	"time"
)

// fixed appends an empty block in the fixed codes.
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

// smallDynamic appends an empty dynamic block of 13 bytes: of all symbols, 255,
// the end of the block and the first distance have a code, of one bit.
func (w *bitWriter) smallDynamic(final int) {
	w.put(final|2<<1, 3)
	w.put(0, 5) // 257 literals and lengths
	w.put(0, 5) // one distance
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

// longDynamic appends an empty dynamic block with a code for all symbols.
func (w *bitWriter) longDynamic(final int) {
	lit := make([]int, 286)
	for i := range lit {
		lit[i] = 9
		if i < 512-286 {
			lit[i] = 8
		}
	}
	w.dynamic(final, lit, deepest)
	w.symbol(newTestCode(lit), endOfBlock)
}

// deepDynamic appends an empty dynamic block with the longest codes, so that
// the subtables are big.
func (w *bitWriter) deepDynamic(final int) {
	lit := lens(257, map[int]int{endOfBlock: 1})
	copy(lit, deepest[1:])
	w.dynamic(final, lit, deepest)
	w.symbol(newTestCode(lit), endOfBlock)
}

// longCodes returns DEFLATE data of many literals with a code of 15 bits.
func longCodes() []byte {
	var w bitWriter
	lit := lens(257, map[int]int{endOfBlock: 1})
	copy(lit, deepest[1:])
	w.dynamic(1, lit, deepest)
	c := newTestCode(lit)
	for range 500_000 {
		w.symbol(c, 14)
	}
	w.symbol(c, endOfBlock)
	return w.b
}

// nearMatches returns DEFLATE data of many matches of four bytes that repeat
// the last one, two or three.
func nearMatches() []byte {
	var w bitWriter
	lit := lens(259, map[int]int{1: 2, 2: 2, endOfBlock: 2, 258: 2})
	dist := []int{2, 2, 2, 2}
	w.dynamic(1, lit, dist)
	l, d := newTestCode(lit), newTestCode(dist)
	for i := range 500_000 {
		w.symbol(l, 1+i%2)
		w.symbol(l, 258)
		w.symbol(d, min(i%3, i))
	}
	w.symbol(l, endOfBlock)
	return w.b
}

// farMarkers returns DEFLATE data that has a match in 30 kB, and then so many
// empty blocks that it must not be looked for after each.
func farMarkers() []byte {
	var w bitWriter
	w.stored(0, make([]byte, 40_000))
	for range 20 {
		w.smallDynamic(0)
		w.dynamic(0, lens(258, map[int]int{endOfBlock: 1, 257: 1}), lens(30, map[int]int{0: 1, 29: 1}))
		w.put(1|1<<1, 2)  // a match of three bytes,
		w.put(0x1555, 13) // 30000 bytes back
		w.put(0, 1)
		w.stored(0, make([]byte, 32_750))
		for range 20_000 {
			w.fixed(0)
		}
	}
	w.put(3, 10)
	return w.b
}

// deepest are the lengths of a code that is as deep as can be.
var deepest = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15}

// repeated returns DEFLATE data of n times what block appends, and a last
// empty block.
func repeated(n int, block func(w *bitWriter)) []byte {
	var w bitWriter
	for range 8 { // which are whole bytes
		block(&w)
	}
	return append(bytes.Repeat(w.b, n/8), 3, 0)
}

// hostile are streams that make a decoder work for little input or output.
func hostile(tb testing.TB) map[string][]byte {
	const n = 20_000
	period := func(n int) []byte {
		data := bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz")[:n], 8_000_000/n)
		return deflate(tb, data, 9)
	}
	return map[string][]byte{
		"empty stored":   repeated(n*8, func(w *bitWriter) { w.stored(0, nil) }),
		"short stored":   repeated(n*8, func(w *bitWriter) { w.stored(0, []byte{1}) }),
		"empty fixed":    repeated(n*8, func(w *bitWriter) { w.fixed(0) }),
		"small dynamic":  repeated(n, func(w *bitWriter) { w.smallDynamic(0) }),
		"long dynamic":   repeated(n/4, func(w *bitWriter) { w.longDynamic(0) }),
		"deep dynamic":   repeated(n/4, func(w *bitWriter) { w.deepDynamic(0) }),
		"fixed, dynamic": repeated(n, func(w *bitWriter) { w.fixed(0); w.smallDynamic(0) }),
		"long codes":     longCodes(),
		"near matches":   nearMatches(),
		"far markers":    farMarkers(),
		"period 1":       period(1),
		"period 2":       period(2),
		"period 3":       period(3),
		"period 7":       period(7),
		"period 9":       period(9),
		"period 17":      period(17),
		"period 26":      period(26),
	}
}

// TestHostile reads them all, and sees that none of them makes the decoder
// allocate, but for what the runtime may do now and then.
func TestHostile(t *testing.T) {
	long(t)
	r := newReaders()
	for name, in := range hostile(t) {
		if got := r.sameRaw(t, name, in); got.end != "complete" {
			t.Errorf("%s: made wrong: %s", name, got.end)
		}
		src := bytes.NewReader(in)
		if n := testing.AllocsPerRun(3, func() {
			src.Reset(in)
			r.raw.Reset(src)
			io.Copy(io.Discard, r.raw)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestHostileMembers reads a million members without data.
func TestHostileMembers(t *testing.T) {
	in := bytes.Repeat(wrap([]byte{3, 0}, nil), 1_000_000)
	r := newReaders()
	r.sameGzip(t, "empty members", in)
	got, _ := inParallel(in, len(in)/20)
	same(t, "empty members in parallel", got, outcome{nil, "complete"})
	same(t, "empty members ahead", readAhead(in), outcome{nil, "complete"})
}

// BenchmarkHostile prints how long the hostile streams take at best, as a
// part of what compress/flate takes at best. It should never be over 2.
func BenchmarkHostile(b *testing.B) {
	for name, in := range hostile(b) {
		b.Run(name, func(b *testing.B) {
			r := newReaders()
			src := bytes.NewReader(nil)
			best := func(least time.Duration, z io.Reader, reset func() error) time.Duration {
				src.Reset(in)
				start := time.Now()
				if err := reset(); err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, z)
				return min(least, time.Since(start))
			}
			ours, theirs := time.Hour, time.Hour
			for b.Loop() {
				ours = best(ours, r.raw, func() error { return r.raw.Reset(src) })
				theirs = best(theirs, r.theirRaw, func() error { return r.theirRaw.(flate.Resetter).Reset(src, nil) })
			}
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-flate")
		})
	}
}
