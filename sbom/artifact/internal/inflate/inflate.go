package inflate

import "io"

const (
	windowSize = 32 << 10 // how far back a match may reach
	maxMatch   = 258

	outSize = 256 << 10

	// fastInput is what one turn of the fast loop may load: twice eight
	// bytes, at most seven apart.
	fastInput = 16

	// slack is how much room the fast loop needs for the copying of a match
	// that goes on to a multiple of 32.
	slack = 64

	// fullOutput is where the loops stop, for one more turn may write two
	// literals and a match.
	fullOutput = outSize - 2 - maxMatch - slack
)

// A decoder inflates one DEFLATE stream, to bytes or to the marked bytes that
// are explained in parallel.go.
//
// Its buffers and tables are arrays within the struct, of sizes that are
// powers of two with some slack. So one register addresses them all, and
// masking an index proves to the compiler that a word at the index is inside.
type decoder[T byte | uint16] struct {
	input
	o   int // the output is out[:o]; the window is the end of it
	out [outSize + slack]T
}

// next returns the next piece of the output, which is valid until the
// following call, and with the last piece the reason why there is no more:
// io.EOF if the stream is complete.
func (d *decoder[T]) next() ([]T, error) {
	d.slide()
	start := d.o
	for d.o < fullOutput && d.err == nil {
		d.step()
	}
	return d.out[start:d.o], d.err
}

// slide makes room if the output is full: it keeps the window.
func (d *decoder[T]) slide() {
	if d.o >= fullOutput {
		d.o = copy(d.out[:], d.out[d.o-windowSize:d.o])
	}
}

// step goes on until the block ends, the output is full or an error occurs.
// It reads a block's header as a step of its own.
func (d *decoder[T]) step() {
	d.fill(minInput)
	switch d.state {
	case betweenBlocks:
		if d.final {
			d.err = io.EOF
			return
		}
		d.readHeader()
	case inStored:
		d.copyStored()
	case inCompressed:
		d.fast()
		if d.state == inCompressed && d.err == nil && d.srcErr != nil && d.end-d.pos < fastInput {
			d.careful()
		}
	}
}

// copyStored copies what it can of a stored block.
func (d *decoder[T]) copyStored() {
	if d.stored > 0 && d.pos == d.end {
		d.truncated()
		return
	}
	n := min(d.stored, d.end-d.pos, outSize-d.o)
	copyBytes(d.out[d.o:d.o+n], d.in[d.pos:])
	d.o += n
	d.pos += n
	d.stored -= n
	if d.stored == 0 {
		d.state = betweenBlocks
	}
}

// copyBytes fills dst from src.
func copyBytes[T byte | uint16](dst []T, src []byte) {
	if b, ok := any(dst).([]byte); ok {
		copy(b, src)
		return
	}
	for i, c := range src[:len(dst)] {
		dst[i] = T(c)
	}
}

// fast decodes a compressed block, RFC 1951 section 3.2.3, while there are input
// and room to do so without looking. It is where the time goes, so it is long
// and repeats itself. What makes it fast:
//
// Between two symbols a processor waits for the entry of the next one, which
// it can load only when it knows how long the last code was. So the entry is
// looked up as soon as the code is dropped: before the refill, as there are
// enough bits left for that, and before a match is copied.
//
// After a refill there are 56 bits or more. Three literals take up to 33, for
// those that need a subtable are no isLiteral at first. Two literals and a
// length take up to 42 and leave 14, which is enough to look up a distance; a
// distance takes up to 28.
//
// A refill has no branch. It loads eight bytes but counts only those that
// fit; or-ing the others once more later does no harm.
//
// The state is in local variables, so that it is in registers. There is no call
// but to copy a match that repeats itself.
func (d *decoder[T]) fast() {
	const litMask = 1<<litRoot - 1
	const distMask = 1<<distRoot - 1
	bits, n, pos, o := d.bits, d.n, d.pos, d.o
	last := d.end - fastInput
	if pos > last {
		return
	}

	var fault error
	bits |= d.load(pos) << (n & 63)
	pos += int(7 - n>>3&7)
	n |= 56
	e := d.lit[bits&litMask]
	for pos <= last && o < fullOutput {
		if e&isLiteral != 0 {
			d.out[o&(outSize-1)] = T(e >> 23 & 0xff)
			o++
			bits >>= e & 63
			n -= uint64(e)
			e = d.lit[bits&litMask]
			if e&isLiteral != 0 {
				d.out[o&(outSize-1)] = T(e >> 23 & 0xff)
				o++
				bits >>= e & 63
				n -= uint64(e)
				e = d.lit[bits&litMask]
				if e&isLiteral != 0 {
					d.out[o&(outSize-1)] = T(e >> 23 & 0xff)
					o++
					bits >>= e & 63
					n -= uint64(e)
					e = d.lit[bits&litMask]
					bits |= d.load(pos) << (n & 63)
					pos += int(7 - n>>3&7)
					n |= 56
					continue
				}
			}
		}
		if e&isOther != 0 {
			if e&otherKind == otherLink {
				e = d.lit[(uint64(e>>16)+bits>>litRoot&uint64(e>>8&127))&(litSize-1)]
			}
			if e&isLiteral != 0 {
				d.out[o&(outSize-1)] = T(e >> 23 & 0xff)
				o++
				bits >>= e & 63
				n -= uint64(e)
				e = d.lit[bits&litMask]
				bits |= d.load(pos) << (n & 63)
				pos += int(7 - n>>3&7)
				n |= 56
				continue
			}
			if e&isOther != 0 {
				bits >>= e & 63
				n -= uint64(e)
				if e&otherKind == otherEnd {
					d.state = betweenBlocks
				} else {
					fault = errSymbol
				}
				break
			}
		}

		length := int(e>>23) + int(bits>>(e>>8&63)&uint64(e>>14&31))
		bits >>= e & 63
		n -= uint64(e)
		f := d.dist[bits&distMask]
		bits |= d.load(pos) << (n & 63)
		pos += int(7 - n>>3&7)
		n |= 56
		if f&isOther != 0 {
			if f&otherKind == otherLink {
				f = d.dist[(f>>16+bits>>distRoot&(f>>8&127))&(distSize-1)]
			}
			if f&isOther != 0 {
				fault = errSymbol
				break
			}
		}
		dist := int(uint16(f>>32)) + int(bits>>(f>>8&63)&(f>>48))
		bits >>= f & 63
		n -= f
		if dist > o {
			fault = errDistance
			break
		}
		e = d.lit[bits&litMask]
		bits |= d.load(pos) << (n & 63)
		pos += int(7 - n>>3&7)
		n |= 56

		to := o
		o += length
		if dist >= length {
			from := to - dist
			for {
				d.copyWord(to, from)
				d.copyWord(to+16, from+16)
				to += 32
				from += 32
				if to >= o {
					break
				}
			}
			continue
		}
		for from := to - dist; to < o; {
			to += copy(d.out[to:o], d.out[from:to])
		}
	}
	d.bits, d.n, d.pos, d.o = bits, n&63, pos, o
	if fault != nil {
		d.fail(fault)
	}
}

// copyMatch copies length bytes from dist before o.
func (d *decoder[T]) copyMatch(dist, length int) {
	for range length {
		d.out[d.o] = d.out[d.o-dist]
		d.o++
	}
}

// copyWord copies eight bytes within out.
func (d *decoder[T]) copyWord(to, from int) {
	to &= outSize - 1
	from &= outSize - 1
	*(*[16]T)(d.out[to : to+16]) = *(*[16]T)(d.out[from : from+16])
}

// careful does the same as fast for the last bytes of the input, one symbol
// after the other, looking each time whether its bits were there.
func (d *decoder[T]) careful() {
	for d.o < fullOutput {
		d.refill()
		if d.left() < d.need {
			d.truncated()
			return
		}
		bits := d.bits
		e := d.lit[bits&(1<<litRoot-1)]
		if e&isOther != 0 && e&otherKind == otherLink {
			e = d.lit[(uint64(e>>16)+bits>>litRoot&uint64(e>>8&127))&(litSize-1)]
		}
		d.drop(uint64(e & 63))
		switch {
		case d.left() < 0:
			d.truncated()
			return
		case e&isLiteral != 0:
			d.out[d.o] = T(e >> 23 & 0xff)
			d.o++
			continue
		case e&isOther != 0:
			if e&otherKind == otherEnd {
				d.state = betweenBlocks
			} else {
				d.fail(errSymbol)
			}
			return
		}
		length := int(e>>23) + int(bits>>(e>>8&63)&uint64(e>>14&31))
		dist := d.carefulDistance()
		if d.err != nil {
			return
		}
		d.copyMatch(dist, length)
	}
}

// carefulDistance reads the distance of a match.
func (d *decoder[T]) carefulDistance() int {
	bits := d.bits
	f := d.dist[bits&(1<<distRoot-1)]
	if f&isOther != 0 && f&otherKind == otherLink {
		f = d.dist[(f>>16+bits>>distRoot&(f>>8&127))&(distSize-1)]
	}
	d.drop(f & 63)
	if d.left() < 0 {
		d.truncated()
		return 0
	}
	if f&isOther != 0 {
		d.fail(errSymbol)
		return 0
	}
	dist := int(uint16(f>>32)) + int(bits>>(f>>8&63)&(f>>48))
	if dist > d.o {
		d.fail(errDistance)
	}
	return dist
}
