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
	slack = 32

	// fullOutput is where the loops stop, for one more turn may write two
	// literals and a match.
	fullOutput = outSize - 2 - maxMatch - slack
)

// A decoder inflates one DEFLATE stream, to bytes or to the marked bytes that
// are explained in parallel.go.
//
// Its input and tables are arrays within the struct, and the output is one too, of
// sizes that are powers of two with some slack. So two registers address them all,
// and masking an index proves to the compiler that a word at the index is inside.
type decoder[T byte | uint16] struct {
	input
	o   int // the output is out[:o]; the window is the end of it
	out *buffer[T]
}

// A buffer has output, and at first the window before it.
type buffer[T byte | uint16] [outSize + slack]T

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

// moveTo makes d write to another buffer: it takes the window along.
func (d *decoder[T]) moveTo(out *buffer[T]) {
	d.o = copy(out[:], d.out[max(0, d.o-windowSize):d.o])
	d.out = out
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
		if d.state == inCompressed && d.err == nil && d.o < fullOutput && (d.end-d.pos >= fastInput || d.srcErr != nil) {
			d.symbol()
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
// and room to do so without looking, and leaves the rest to symbol. It is where
// the time goes.
//
// Between two symbols a processor waits for the entry of the next one, which
// it can load only when it knows how long the last code was. So the entry e is
// looked up as soon as the code is dropped: before the refill, as there are
// enough bits left for that, and before a match is copied.
//
// After a refill there are 56 bits or more. Three literals take up to 37, for
// only the first may have come from a subtable. Two literals and a length take
// up to 46 and leave 10, which is enough to look up a distance; a distance
// takes up to 28.
//
// The state is in local variables, so that it is in registers. There is no call
// but to copy a match that repeats itself. What ends the block or is corrupt is
// left to symbol as well, as if it had not been looked at.
func (d *decoder[T]) fast() {
	b, o, out := d.bitBuffer, d.o, d.out
	last := d.end - fastInput
	b = b.refilled(d.load(b.pos))
	e := d.lit[b.bits&litMask]
	for b.pos <= last && o < fullOutput {
		if e&isLiteral != 0 {
			b, o, e = d.put(out, b, o, e)
			if e&isLiteral != 0 {
				b, o, e = d.put(out, b, o, e)
				if e&isLiteral != 0 {
					b, o, e = d.put(out, b, o, e)
					b = b.refilled(d.load(b.pos))
					continue
				}
			}
		}
		if e&isOther != 0 {
			if e&otherKind != otherLink {
				break
			}
			e = d.lit[subIndex(uint64(e), b.bits>>litRoot)&(litSize-1)]
			b = b.refilled(d.load(b.pos))
			continue
		}

		length := matchLength(e, b.bits)
		start := b
		b = b.without(uint64(e))
		f := d.dist[b.bits&distMask]
		b = b.refilled(d.load(b.pos))
		if f&isOther != 0 {
			if f = d.linked(f, b.bits); f&isOther != 0 {
				b = start
				break
			}
		}
		dist := distance(f, b.bits)
		if dist > o {
			b = start
			break
		}
		b = b.without(f)
		e = d.lit[b.bits&litMask]
		b = b.refilled(d.load(b.pos))

		to := o
		o += length
		if dist < length {
			d.repeat(to, dist, length)
			continue
		}
		for from := to - dist; to < o; to, from = to+32, from+32 {
			copyWord(out, to, from)
			copyWord(out, to+16, from+16)
		}
	}
	d.bitBuffer, d.o = b, o
	d.n &= 63
}

// linked returns the entry that f leads to if it is a link, and f if it is not.
func (d *decoder[T]) linked(f distEntry, bits uint64) distEntry {
	if f&otherKind == otherLink {
		return d.dist[subIndex(f, bits>>distRoot)&(distSize-1)]
	}
	return f
}

// put writes the literal that e says, and returns what follows it. It is given what
// fast has in registers.
func (d *decoder[T]) put(out *buffer[T], b bitBuffer, o int, e litEntry) (bitBuffer, int, litEntry) {
	out[o&(outSize-1)] = T(literal(e))
	b = b.without(uint64(e))
	return b, o + 1, d.lit[b.bits&litMask]
}

// repeat copies a match that is longer than its distance, and so repeats itself.
func (d *decoder[T]) repeat(to, dist, length int) {
	from, end := to-dist, to+length
	for to < end {
		to += copy(d.out[to:end], d.out[from:to])
	}
}

// copyWord copies 16 bytes within out.
func copyWord[T byte | uint16](out *buffer[T], to, from int) {
	to &= outSize - 1
	from &= outSize - 1
	*(*[16]T)(out[to : to+16]) = *(*[16]T)(out[from : from+16])
}

// symbol decodes one symbol of any kind, looking whether its bits are there.
func (d *decoder[T]) symbol() {
	d.refill()
	if d.left() < d.need {
		d.truncated()
		return
	}
	bits := d.bits
	e := d.lit[bits&litMask]
	if e&isOther != 0 && e&otherKind == otherLink {
		e = d.lit[subIndex(uint64(e), bits>>litRoot)&(litSize-1)]
	}
	d.drop(uint64(e & 63))
	switch {
	case d.left() < 0:
		d.truncated()
	case e&isLiteral != 0:
		d.out[d.o] = T(literal(e))
		d.o++
	case e&isOther == 0:
		d.match(matchLength(e, bits))
	case e&otherKind == otherEnd:
		d.state = betweenBlocks
	default:
		d.fail(errSymbol)
	}
}

// match reads the distance of a match and copies it.
func (d *decoder[T]) match(length int) {
	bits := d.bits
	f := d.dist[bits&distMask]
	if f&isOther != 0 {
		f = d.linked(f, bits)
	}
	d.drop(f & 63)
	dist := distance(f, bits)
	switch {
	case d.left() < 0:
		d.truncated()
	case f&isOther != 0:
		d.fail(errSymbol)
	case dist > d.o:
		d.fail(errDistance)
	default:
		d.repeat(d.o, dist, length)
		d.o += length
	}
}
