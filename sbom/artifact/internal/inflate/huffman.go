package inflate

import (
	"math/bits"
	"sync"
)

// The alphabets of DEFLATE, RFC 1951 section 3.2.7.
const (
	maxCodeLen = 15

	// Literals are 0 to 255, lengths 257 to 285. The last two have a fixed
	// code, but no meaning.
	numLit     = 288
	maxLit     = 286 // what a dynamic block may have
	endOfBlock = 256

	// Of the distances the last two are like that.
	numDist = 32
	maxDist = 30

	numPre = 19 // the code of the code lengths
)

// A code is looked up by the next bits of the input, as many as the table's
// root has; a longer code goes on in a subtable behind the root. The sizes
// are the worst case over all complete codes, 2342 and 402 entries, rounded
// up to a power of two so that masking an index proves that it is inside.
const (
	litRoot  = 11
	distRoot = 8
	preRoot  = 7 // all of a code length code: 3 bits give lengths up to 7
	litSize  = 4096
	distSize = 512
	litMask  = 1<<litRoot - 1
	distMask = 1<<distRoot - 1
)

// A litEntry says what the next bits of the input mean as a literal or
// length:
//
//	bit 0-5    bits to drop: the code and a length's extra bits
//	bit 6      literal
//	bit 7      other: neither literal nor length
//	bit 8-13   length of the code alone
//	bit 14-18  mask of the extra bits
//	bit 23-31  the literal; or the length without its extra bits
//
// Fields that are shift counts are six bits wide, for that is what a 64-bit
// shift looks at. An other has in bits 28-29 which of these it is:
//
//	otherLink     bit 16-27 index of the subtable, bit 8-14 mask of its index
//	otherEnd      the end of the block
//	otherInvalid  no code begins so, or the symbol has no meaning
type litEntry = uint32

const (
	isLiteral = 1 << 6
	isOther   = 1 << 7

	otherKind    = 3 << 28
	otherEnd     = 0 << 28
	otherLink    = 1 << 28
	otherInvalid = 2 << 28
)

// A distEntry says what the next bits mean as a distance. Its lower half is
// that of a litEntry, with the links of the same form; the upper half has
//
//	bit 32-47  the distance without its extra bits
//	bit 48-63  mask of the extra bits
type distEntry = uint64

// literal returns the literal of an entry for one.
func literal(e litEntry) byte { return byte(e >> 23) }

// matchLength returns the length that e says, which is the entry that bits begin
// with.
func matchLength(e litEntry, bits uint64) int {
	return int(e>>23) + int(bits>>(e>>8&63)&uint64(e>>14&31))
}

// distance returns the distance that e says likewise.
func distance(e distEntry, bits uint64) int {
	return int(uint16(e>>32)) + int(bits>>(e>>8&63)&(e>>48))
}

// subIndex returns the index of the entry that a link leads to, where bits are
// those that follow the root.
func subIndex(link, bits uint64) uint64 {
	return uint64(uint32(link))>>16 + bits&(link>>8&127)
}

// An entry of any table without its code length, which is added by oneBit
// for each bit of the code: to the bits to drop and to the code's length.
const oneBit = 1 | 1<<8

// litSymbols are the entries of all literals and lengths, RFC 1951 section
// 3.2.5.
var litSymbols = func() (s [numLit]litEntry) {
	for i := range endOfBlock {
		s[i] = isLiteral | litEntry(i)<<23
	}
	s[endOfBlock] = isOther | otherEnd
	base := uint32(3)
	for i := range uint32(28) {
		extra := max(i>>2, 1) - 1
		s[endOfBlock+1+i] = base<<23 | (1<<extra-1)<<14 | extra
		base += 1 << extra
	}
	s[285] = 258 << 23
	s[286], s[287] = isOther|otherInvalid, isOther|otherInvalid
	return s
}()

// distSymbols are the entries of all distances.
var distSymbols = func() (s [numDist]distEntry) {
	base := uint64(1)
	for i := range uint64(maxDist) {
		extra := max(i>>1, 1) - 1
		s[i] = (1<<extra-1)<<48 | base<<32 | extra
		base += 1 << extra
	}
	s[30], s[31] = isOther|otherInvalid, isOther|otherInvalid
	return s
}()

// preSymbols are the entries of the code length code, with the symbol in bit
// 16 and up.
var preSymbols = func() (s [numPre]uint32) {
	for i := range s {
		s[i] = uint32(i) << 16
	}
	return s
}()

// tables are all that it takes to read a compressed block.
type tables struct {
	lit  [litSize]litEntry
	dist [distSize]distEntry

	// need is how many bits compress/flate wants to see before it decodes
	// a literal or length: the shortest code, or that of the end of the
	// block. It tells what a truncated stream still yields.
	need int

	fixed bool // they are the fixed tables
}

// fixedTables are those of the fixed codes, RFC 1951 section 3.2.6.
var fixedTables = sync.OnceValue(func() *tables {
	var lens [numLit + numDist]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		case i < numLit:
			lens[i] = 8
		default:
			lens[i] = 5
		}
	}
	t := new(tables)
	t.build(lens[:numLit], lens[numLit:])
	return t
})

// build makes the tables of the codes whose lengths are given, and reports
// whether both codes are valid.
func (t *tables) build(lit, dist []uint8) bool {
	t.fixed = false
	shortest, ok := buildTable(t.lit[:], litRoot, lit, litSymbols[:])
	if !ok {
		return false
	}
	t.need = shortest
	if len(lit) > endOfBlock {
		t.need = max(t.need, int(lit[endOfBlock]))
	}
	_, ok = buildTable(t.dist[:], distRoot, dist, distSymbols[:])
	return ok
}

// setFixed makes t the fixed tables. Copying costs a tenth of building, and
// only the roots are in use: no fixed code is longer than nine bits.
func (t *tables) setFixed() {
	f := fixedTables()
	copy(t.lit[:1<<litRoot], f.lit[:])
	copy(t.dist[:1<<distRoot], f.dist[:])
	t.need = f.need
	t.fixed = true
}

// buildTable fills table with the canonical code (RFC 1951 section 3.2.2)
// whose lengths are lens, where symbols has the entry of each symbol. It
// returns the length of the shortest code.
//
// A code must be complete, so that all bits mean something. Two others are
// valid: no code at all, and one symbol with a code of one bit.
func buildTable[E uint32 | uint64](table []E, root int, lens []uint8, symbols []E) (shortest int, ok bool) {
	var count [maxCodeLen + 1]int
	for _, n := range lens {
		count[n&maxCodeLen]++
	}
	used := len(lens) - count[0]
	count[0] = 0

	// Sort the symbols by the length of their code.
	var next [maxCodeLen + 2]int
	free := 1 << maxCodeLen // of all strings of 15 bits
	for n := 1; n <= maxCodeLen; n++ {
		next[n+1] = next[n] + count[n]
		free -= count[n] << (maxCodeLen - n)
		if shortest == 0 && count[n] != 0 {
			shortest = n
		}
	}
	var sorted [512]uint16
	for sym, n := range lens {
		if n != 0 {
			sorted[next[n&maxCodeLen]&511] = uint16(sym)
			next[n&maxCodeLen]++
		}
	}
	switch {
	case free == 0:
		fillTable(table, root, &count, sorted[:used], symbols)
	case used == 0 || used == 1 && shortest == 1:
		fillIncomplete(table[:1<<root], sorted[:used], symbols)
	default:
		return 0, false
	}
	return shortest, true
}

// fillTable fills table with a complete code of sorted symbols, count[n] of
// which have a code of n bits.
//
// DEFLATE packs a code with its first bit lowest, so code is kept reversed: a
// longer code has its further bits on top, and the codes of n bits fill a
// table of size 1<<n, each once. To go on to n+1 bits the table is doubled,
// which repeats all that is done.
func fillTable[E uint32 | uint64](table []E, root int, count *[maxCodeLen + 1]int, sorted []uint16, symbols []E) {
	code := uint(0)
	n := 1
	for ; n <= root; n++ {
		for range count[n] {
			table[code] = symbols[sorted[0]] + E(n*oneBit)
			sorted = sorted[1:]
			code = nextCode(code, n)
		}
		if n < root {
			copy(table[1<<n:], table[:1<<n])
		}
	}

	// What is left has codes longer than the root, in order, so that those
	// with a common root follow each other.
	var sub, width uint
	end := uint(1) << root
	link := ^uint(0) // the root that sub is for
	for ; len(sorted) > 0; n++ {
		for left := count[n]; left > 0; left-- {
			if r := code & (1<<root - 1); r != link {
				link = r
				sub = end
				width = subtableBits(root, n, left, count)
				end = sub + 1<<width
				table[link] = E(isOther | otherLink | sub<<16 | (1<<width-1)<<8)
			}
			e := symbols[sorted[0]] + E(n*oneBit)
			for i := code >> root; i < 1<<width; i += 1 << (n - root) {
				table[sub+i] = e
			}
			sorted = sorted[1:]
			code = nextCode(code, n)
		}
	}
}

// nextCode returns the successor of a reversed code of n bits: it clears the
// ones at the top and sets the zero below them. That of the last code of all
// does not matter.
func nextCode(code uint, n int) uint {
	bit := uint(1) << bits.Len(code^(1<<n-1)) >> 1
	return code&(bit-1) | bit
}

// subtableBits returns how many bits it takes to tell all codes apart that
// share the root of the current one, which is the first of left codes of n
// bits: as many as make the subtable full.
func subtableBits(root, n, left int, count *[maxCodeLen + 1]int) uint {
	b := n - root
	for ; left < 1<<b; b++ {
		left = left<<1 + count[root+b+1]
	}
	return uint(b)
}

// fillIncomplete fills the root of a table with a code of at most one symbol.
// The bits that begin no code look up an invalid entry that drops no bits.
func fillIncomplete[E uint32 | uint64](root []E, sorted []uint16, symbols []E) {
	for i := range root {
		root[i] = isOther | otherInvalid
	}
	if len(sorted) == 0 {
		return
	}
	for i := 0; i < len(root); i += 2 {
		root[i] = symbols[sorted[0]] + oneBit
	}
}
