package inflate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestPlausible compares what is looked at to find a dynamic block, many bits at a
// time, with the fields of its header one by one.
func TestPlausible(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	data := make([]byte, 1<<16)
	for i := range data {
		data[i] = byte(rnd.Uint32() & rnd.Uint32()) // short codes are rare, so that some are complete
	}
	d := new(input)
	d.reset(bytes.NewReader(data), 0)
	d.fill(inSize - padding)
	complete := 0
	for d.pos = 0; d.end-d.pos >= 64; d.pos++ {
		maybe := dynamicHeaders(d.load(d.pos))
		for i := range 8 {
			at := d.pos*8 + i
			final, kind := field(data, at, 1), field(data, at+1, 2)
			nlit, ndist, npre := field(data, at+3, 5), field(data, at+8, 5), field(data, at+13, 4)+4
			if want := final == 0 && kind == 2 && nlit < 30 && ndist < 30; (maybe>>i&1 == 1) != want {
				t.Fatalf("bit %d: may be a header: %t, want %t", at, !want, want)
			}
			space := 0
			for j := range npre {
				if n := field(data, at+17+3*j, 3); n != 0 {
					space += 1 << (preRoot - n)
				}
			}
			if want := space == 1<<preRoot; d.completeCode(i) != want {
				t.Fatalf("bit %d: complete: %t, want %t", at, !want, want)
			} else if want {
				complete++
			}
		}
	}
	if complete == 0 {
		t.Error("no code was complete")
	}
}

// field returns n bits of data from bit at on.
func field(data []byte, at, n int) (v int) {
	for i := range n {
		v |= int(data[(at+i)/8]>>((at+i)%8)&1) << i
	}
	return v
}

// TestWidth holds that chunks cover a stream, and how short they may be.
func TestWidth(t *testing.T) {
	for _, size := range []int64{1, minChunk, 1 << 20, 100 << 20} {
		for _, chunk := range []int64{7, minChunk, 2 << 20} {
			p := &parallel{size: size, chunk: chunk * 8, cores: 3}
			for p.next < p.size*8 {
				w := p.width()
				if w > p.chunk || w < min(p.chunk, minChunk*8) {
					t.Fatalf("%d bits at %d of %d bytes in chunks of %d", w, p.next, size, chunk)
				}
				p.next += w
			}
		}
	}
}
