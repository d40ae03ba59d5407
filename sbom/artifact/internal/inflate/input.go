package inflate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	inSize = 64 << 10

	// minInput is what the buffer holds before a block is looked at, unless
	// the input ends. It is more than any header: 17 + 19·3 + 316·14 bits.
	minInput = 1 << 10

	// padding is how many zeros follow the last byte of the input.
	padding = 16
)

// An input is the side of a decoder that reads.
type input struct {
	bitBuffer
	end int // of what in has

	state  state
	final  bool  // the block at hand is the last
	stored int   // bytes of the stored block still to come
	err    error // io.EOF after the last block

	src    io.Reader
	srcErr error // why src gives no more
	off    int64 // the offset of in[0] in the stream

	tables
	in [inSize + 8]byte
}

// A bitBuffer has the next bits of an input: the n lowest of bits, and then those
// of in[pos:end]. Bits above the n are equal to those of in[pos:], or zero.
type bitBuffer struct {
	bits uint64
	n    uint64
	pos  int
}

// refilled returns b with 56 bits or more. It has no branch: of the eight bytes
// that word has from pos on it counts only those that fit, and or-ing the others
// once more later does no harm.
func (b bitBuffer) refilled(word uint64) bitBuffer {
	return bitBuffer{b.bits | word<<(b.n&63), b.n | 56, b.pos + int(7-b.n>>3&7)}
}

// without returns b without as many bits as the lowest six of n say. The higher
// bits of its own n mean nothing any more.
func (b bitBuffer) without(n uint64) bitBuffer {
	return bitBuffer{b.bits >> (n & 63), b.n - n, b.pos}
}

// A state is what a decoder is in the midst of.
type state uint8

const (
	betweenBlocks state = iota
	inStored
	inCompressed
)

// The reasons for a stream to be corrupt.
var (
	errBlockType = errors.New("reserved block type")
	errStored    = errors.New("stored block with a length that contradicts its complement")
	errLengths   = errors.New("code lengths that are no code")
	errSymbol    = errors.New("invalid code")
	errDistance  = errors.New("match before the start of the data")
)

// reset makes d read from src, which is at offset off of the input.
func (d *input) reset(src io.Reader, off int64) {
	d.pos, d.end, d.n = 0, 0, 0
	d.src, d.srcErr, d.off = src, nil, off
	d.restart()
}

// restart makes d ready for a stream that begins at the next byte.
func (d *input) restart() {
	d.alignToByte()
	d.state, d.final, d.err = betweenBlocks, false, nil
}

// fill reads until the buffer has at least want bytes or src gives no more.
// Then zeros follow, so that loads near the end need no other code: whoever
// has taken bits that are not there is told so by left.
func (d *input) fill(want int) {
	if d.end-d.pos >= want || d.srcErr != nil {
		return
	}
	d.unread()
	d.off += int64(d.pos)
	d.end = copy(d.in[:], d.in[d.pos:d.end])
	d.pos = 0
	for idle := 0; d.end < want && d.srcErr == nil; {
		n, err := d.src.Read(d.in[d.end : inSize-padding])
		d.end += n
		d.srcErr = err
		if n > 0 {
			idle = 0
		} else if idle++; idle == 100 && err == nil {
			d.srcErr = io.ErrNoProgress
		}
	}
	if d.srcErr != nil {
		clear(d.in[d.end : d.end+padding])
	}
}

// refill makes at least 56 bits valid.
func (d *input) refill() {
	d.bitBuffer = d.refilled(d.load(d.pos))
}

func (d *input) load(pos int) uint64 {
	pos &= inSize - 1
	return binary.LittleEndian.Uint64(d.in[pos : pos+8])
}

func (d *input) drop(n uint64) {
	d.bitBuffer = d.without(n)
}

// left returns how many bits of the input are left in the buffer. If it is
// negative, then bits of the padding were taken for input.
func (d *input) left() int {
	return (d.end-d.pos)<<3 + int(d.n)
}

// unread moves whole bytes from bits back to the buffer.
func (d *input) unread() {
	d.pos -= int(d.n >> 3)
	d.n &= 7
	d.bits &= 1<<d.n - 1
}

// alignToByte drops the bits up to the next byte.
func (d *input) alignToByte() {
	d.unread()
	d.bits, d.n = 0, 0
}

// fail stops d: the input is corrupt, or it ended before it could be.
func (d *input) fail(reason error) {
	if d.left() < 0 {
		d.truncated()
		return
	}
	d.err = d.corrupt(reason)
}

// truncated stops d because the input ended.
func (d *input) truncated() {
	d.err = d.noEOF(d.srcErr)
}

// noEOF returns err, or if that is io.EOF, the error for a truncated input.
func (d *input) noEOF(err error) error {
	if err == io.EOF {
		return &Error{d.off + int64(d.end), io.ErrUnexpectedEOF}
	}
	return err
}

// corrupt returns the error for an input that is so at the current byte.
func (d *input) corrupt(reason error) error {
	return &Error{d.off + int64(d.pos), reason}
}

// readHeader reads the header of a block, RFC 1951 section 3.2.3:
//
//	BFINAL  1 bit   set in the last block
//	BTYPE   2 bits  0 stored, 1 fixed codes, 2 dynamic codes, 3 reserved
func (d *input) readHeader() {
	d.refill()
	final, typ := d.bits&1 != 0, d.bits>>1&3
	d.drop(3)
	if d.left() < 0 {
		d.truncated()
		return
	}
	d.final = final
	d.state = inCompressed
	switch typ {
	case 0:
		d.readStored()
	case 1:
		if !d.fixed {
			d.setFixed()
		}
	case 2:
		d.readCodes()
	default:
		d.fail(errBlockType)
	}
}

// readStored reads the header of a stored block, RFC 1951 section 3.2.4:
//
//	       up to 7 bits to the next byte
//	LEN    2 bytes, little-endian: how many bytes follow
//	NLEN   2 bytes: the complement of LEN
func (d *input) readStored() {
	d.alignToByte()
	d.refill()
	n, complement := uint16(d.bits), uint16(d.bits>>16)
	d.drop(32)
	if n != ^complement || d.left() < 0 {
		d.fail(errStored)
		return
	}
	d.alignToByte()
	d.stored = int(n)
	d.state = inStored
}

// preOrder is the order in which the lengths of the code length code come.
var preOrder = [numPre]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a dynamic block, RFC 1951 section 3.2.7:
//
//	HLIT   5 bits  number of literal/length codes - 257
//	HDIST  5 bits  number of distance codes - 1
//	HCLEN  4 bits  number of code length codes - 4
//	       3 bits for each code length code, in preOrder
//	       the code lengths of literals and distances, in that code
func (d *input) readCodes() {
	nlit := int(d.bits&31) + 257
	ndist := int(d.bits>>5&31) + 1
	npre := int(d.bits>>10&15) + 4
	d.drop(14)
	if nlit > maxLit || ndist > maxDist {
		d.fail(errLengths)
		return
	}
	d.refill()
	var lens [numLit + numDist]uint8
	for i := range npre {
		if i == 16 {
			d.refill() // 48 bits on
		}
		lens[preOrder[i]] = uint8(d.bits & 7)
		d.drop(3)
	}
	var pre [1 << preRoot]uint32
	if _, ok := buildTable(pre[:], preRoot, lens[:numPre], preSymbols[:]); !ok {
		d.fail(errLengths)
		return
	}
	clear(lens[:numPre])
	if !d.readLengths(&pre, lens[:nlit+ndist]) {
		d.fail(errLengths)
		return
	}
	if !d.build(lens[:nlit], lens[nlit:nlit+ndist]) || d.left() < 0 {
		d.fail(errLengths)
	}
}

// readLengths reads as many code lengths as lens has:
//
//	0-15  a length
//	16    the previous one, 3 + (2 bits) times
//	17    zero, 3 + (3 bits) times
//	18    zero, 11 + (7 bits) times
//
// It reports whether they are valid. The lens are zero when it is called.
func (d *input) readLengths(pre *[1 << preRoot]uint32, lens []uint8) bool {
	for i := 0; i < len(lens); {
		d.refill()
		e := pre[d.bits&(1<<preRoot-1)]
		d.drop(uint64(e & 63))
		if e&isOther != 0 || d.left() < 0 {
			return false
		}
		sym := uint8(e >> 16)
		if sym < 16 {
			lens[i] = sym
			i++
			continue
		}
		if sym == 16 && i == 0 {
			return false
		}
		repeat := repeats[sym-16]
		n := repeat.base + int(d.bits)&(1<<repeat.extra-1)
		d.drop(repeat.extra)
		if n > len(lens)-i {
			return false
		}
		if sym == 16 {
			for j := range n {
				lens[i+j] = lens[i-1]
			}
		}
		i += n
	}
	return true
}

var repeats = [3]struct {
	base  int
	extra uint64
}{{3, 2}, {3, 3}, {11, 7}}

// An Error says that the input is corrupt or truncated.
type Error struct {
	Offset int64 // in the compressed input, of about where it was found
	Err    error // the reason; io.ErrUnexpectedEOF if the input is truncated
}

func (e *Error) Error() string {
	return fmt.Sprintf("inflate: byte %d: %v", e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }
