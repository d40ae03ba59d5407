package inflate

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// In the midst of a stream nothing says where a block begins. But few bits
// look like the header of a stored or dynamic block.
//
// A stored block has its length twice, so that one place in 65536 looks like
// one by accident. They are looked for first, as far as one can reach: data
// that is compressed already, with blocks of its own, comes in such blocks.
//
// A dynamic block has three codes that must be complete, which is hardly ever
// so by accident. Blocks with the fixed codes could be anywhere; they are not
// looked for, nor is the last block.
const (
	maxStored  = 1<<16 + 8 // bytes to look through for a stored block
	maxDynamic = 1 << 18   // for a dynamic one: more than usual compressors make
	maxGuesses = 8         // of either kind, that turn out to be wrong
	maxGuess   = 1 << 18   // output of a wrong guess after which there is no other
)

// bit returns the offset in bits of what is read next.
func (d *input) bit() int64 { return (d.off+int64(d.pos))*8 - int64(d.n) }

// place returns the place that d has reached, between blocks.
func (d *input) place() place {
	d.fill(minInput)
	d.refill()
	if d.bits&7 == 0 {
		return place{(d.bit() + 3 + 7) &^ 7, true}
	}
	return place{d.bit(), false}
}

// seek moves d to a bit of the first size bytes of src, between blocks.
func (d *input) seek(src io.ReaderAt, size, bit int64) {
	off := min(bit>>3, size)
	d.reset(io.NewSectionReader(src, off, size-off), off)
	d.fill(minInput)
	d.refill()
	d.drop(uint64(bit & 7))
}

// findStored goes on to what looks like a stored block, the length of which is
// before the bit stop, and reads its header.
func findStored(d *input, stop int64) (place, bool) {
	d.alignToByte()
	before := byte(0) // has the type and the padding
	for range maxStored {
		d.fill(minInput)
		at := d.bit()
		if d.end-d.pos < 4 || at >= stop {
			break
		}
		v := binary.LittleEndian.Uint32(d.in[d.pos:])
		if uint16(v) == ^uint16(v>>16) && before>>5 == 0 {
			d.final = false
			d.readStored()
			return place{at, true}, true
		}
		before = d.in[d.pos]
		d.pos++
	}
	return place{}, false
}

// findDynamic goes on to what looks like a dynamic block that begins before
// the bit stop, and reads its header.
func findDynamic(d *input, stop int64) (place, bool) {
	first := int(d.bit() & 7)
	d.pos = int(d.bit()>>3 - d.off)
	d.bits, d.n = 0, 0
	for range maxDynamic {
		d.fill(minInput)
		if d.end-d.pos < 8 || d.bit() >= stop {
			break
		}
		maybe := dynamicHeaders(d.load(d.pos)) >> first << first
		for ; maybe != 0; maybe &= maybe - 1 {
			i := bits.TrailingZeros8(maybe)
			at := place{d.bit() + int64(i), false}
			if at.bit >= stop {
				return place{}, false
			}
			if d.completeCode(i) && d.tryHeader(i) {
				return at, true
			}
		}
		first = 0
		d.pos++
	}
	return place{}, false
}

// tryHeader reads a header at bit i of the byte at d.pos. If there is none
// then d stays where it is.
func (d *input) tryHeader(i int) bool {
	pos := d.pos
	d.refill()
	d.drop(uint64(i))
	d.readHeader()
	if d.err == nil {
		return true
	}
	d.restart()
	d.pos = pos
	return false
}

// dynamicHeaders returns at which of the first eight bits of b the header of a
// dynamic block that is not the last may begin, all of them at once: BFINAL is
// 0, BTYPE is 2, and neither HLIT nor HDIST is 30 or 31.
func dynamicHeaders(b uint64) uint8 {
	hlit := b >> 4 & (b >> 5) & (b >> 6) & (b >> 7)
	hdist := hlit >> 5
	return uint8(^b & ^(b >> 1) & (b >> 2) &^ (hlit | hdist))
}

// completeCode reports whether the code length code of a dynamic block that
// begins at bit i of the byte at d.pos is complete.
func (d *input) completeCode(i int) bool {
	n := d.load(d.pos)>>(i+13)&15 + 4
	lens := d.load(d.pos+(i+17)>>3) >> ((i + 17) & 7)
	lens &= 1<<(3*n) - 1
	sum := uint16(0)
	for ; lens != 0; lens >>= 12 {
		sum += codeSpace[lens&(1<<12-1)]
	}
	return sum == 1<<preRoot
}

// codeSpace says of four code lengths of three bits how many of the strings of
// seven bits begin with codes of these lengths. A complete code takes them all.
var codeSpace = func() (s [1 << 12]uint16) {
	for i := range s {
		for lens := i; lens != 0; lens >>= 3 {
			if n := lens & 7; n != 0 {
				s[i] += 1 << (preRoot - n)
			}
		}
	}
	return s
}()
