// Package header reads rpm headers, the tagged records that rpm databases
// and .rpm files are made of.
//
// The format is described at
// https://rpm-software-management.github.io/rpm/manual/format_header.html.
// This package knows the layout, the types and the header digests. What the
// tags mean for a manifest is the affair of package rpm.
package header

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The limits are those of rpm itself (HEADER_TAGS_MAX, HEADER_DATA_MAX,
// HEADER_ARRAY_MAX).
const (
	maxEntries = 0xffff
	maxData    = 0x0fffffff
	maxValues  = 0xfffff // of one entry that is not binary
)

// An rpm type says how the data of an entry is laid out. Numbers are
// big-endian; strings end with a NUL.
const (
	typeNull = iota
	typeChar
	typeInt8
	typeInt16
	typeInt32
	typeInt64
	typeString
	typeBinary
	typeStringArray
	typeI18NString
)

// sizes holds the bytes of one value of each type of fixed size.
var sizes = [...]int{typeChar: 1, typeInt8: 1, typeInt16: 2, typeInt32: 4, typeInt64: 8, typeBinary: 1, typeI18NString: 0}

const entrySize = 16

// Header is one header, parsed in place: it keeps the bytes it was made of
// and allocates nothing for its tags. Methods that return text copy it.
type Header struct {
	index []byte
	data  []byte

	// The part that was made when the package was built, which the header
	// digests cover: so many entries and so many bytes of data. Both are 0
	// in a header without a region.
	regionEntries, regionData int
}

// entry is a decoded index entry:
//
//	0        4        8        12       16
//	| tag    | type   | offset | count  |     four big-endian uint32
type entry struct {
	tag           Tag
	typ           uint32
	offset, count uint32
}

func (e entry) String() string { return fmt.Sprintf("tag %d", e.tag) }

// Parse reads a header as databases hold it, without magic number:
//
//	0            4            8
//	| entries n  | data size  | n * 16 bytes of index | data |
//
// The Header keeps blob. Parse looks at every entry. If some are damaged, it
// returns the first of their errors together with a Header in which they are
// absent; only if the frame itself is wrong is the Header nil.
func Parse(blob []byte) (*Header, error) {
	if len(blob) < 8 {
		return nil, fmt.Errorf("header of %d bytes", len(blob))
	}
	n, size := binary.BigEndian.Uint32(blob), binary.BigEndian.Uint32(blob[4:])
	if n == 0 || n > maxEntries || size > maxData {
		return nil, fmt.Errorf("%d entries and %d bytes of data are outside the limits", n, size)
	}
	index := int(n) * entrySize
	if 8+index+int(size) != len(blob) {
		return nil, fmt.Errorf("%d entries and %d bytes of data in a header of %d bytes", n, size, len(blob))
	}
	h := &Header{index: blob[8 : 8+index], data: blob[8+index:]}
	return h, h.check()
}

// check validates the region and every entry.
func (h *Header) check() error {
	first := h.checkRegion()
	for i := range h.entries() {
		e := h.entry(i)
		if i == 0 && e.tag.isRegion() {
			continue
		}
		if _, err := h.value(e); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// checkRegion finds the region. Its entry comes first and points at a trailer
// at the end of the region's data, an entry whose offset is minus the size of
// the region's index:
//
//	index: | region tag, binary, o, 16 | other entries of the region | later entries |
//	data:  | data of the region | o: tag, binary, -16*n, 16 | later data |
func (h *Header) checkRegion() error {
	e := h.entry(0)
	if !e.tag.isRegion() {
		return nil
	}
	if e.typ != typeBinary || e.count != entrySize || int64(e.offset)+entrySize > int64(len(h.data)) {
		return fmt.Errorf("region entry of type %d, count %d at offset %d of %d", e.typ, e.count, e.offset, len(h.data))
	}
	t := decodeEntry(h.data[e.offset:])
	n := -int64(int32(t.offset))
	sameTag := t.tag == e.tag || t.tag == tagHeaderImage // as old rpms wrote it
	if !sameTag || t.typ != typeBinary || t.count != entrySize || n%entrySize != 0 || n < entrySize || n > int64(len(h.index)) {
		return fmt.Errorf("region trailer at offset %d does not fit its region", e.offset)
	}
	h.regionEntries, h.regionData = int(n)/entrySize, int(e.offset)+entrySize
	return nil
}

func (h *Header) entries() int { return len(h.index) / entrySize }

func (h *Header) entry(i int) entry { return decodeEntry(h.index[i*entrySize:]) }

func decodeEntry(b []byte) entry {
	return entry{
		tag:    Tag(binary.BigEndian.Uint32(b)),
		typ:    binary.BigEndian.Uint32(b[4:]),
		offset: binary.BigEndian.Uint32(b[8:]),
		count:  binary.BigEndian.Uint32(b[12:]),
	}
}

// value returns the data of e, checked for its tag and type.
func (h *Header) value(e entry) ([]byte, error) {
	if e.typ == typeNull || e.typ > typeI18NString {
		return nil, fmt.Errorf("%v: unknown type %d", e, e.typ)
	}
	if k := h.kind(e.tag); k != anyKind && k != kindOf(e.typ) {
		return nil, fmt.Errorf("%v: unexpected type %d", e, e.typ)
	}
	if e.count == 0 || e.count > maxValues && e.typ != typeBinary || int64(e.offset) > int64(len(h.data)) {
		return nil, fmt.Errorf("%v: %d values at offset %d of %d", e, e.count, e.offset, len(h.data))
	}
	rest := h.data[e.offset:]
	if size := sizes[e.typ]; size > 0 {
		if int64(e.count)*int64(size) > int64(len(rest)) {
			return nil, fmt.Errorf("%v: %d values of %d bytes in the last %d bytes", e, e.count, size, len(rest))
		}
		return rest[:int(e.count)*size], nil
	}
	n, err := stringsLength(rest, e)
	return rest[:n], err
}

// stringsLength returns the size of the strings of e, which start at rest.
func stringsLength(rest []byte, e entry) (int, error) {
	if e.typ == typeString && e.count != 1 {
		return 0, fmt.Errorf("%v: one string with count %d", e, e.count)
	}
	n := 0
	for i := uint32(0); i < e.count; i++ {
		end := bytes.IndexByte(rest[n:], 0)
		if end < 0 {
			return 0, fmt.Errorf("%v: string %d of %d has no end", e, i+1, e.count)
		}
		n += end + 1
	}
	return n, nil
}

// find returns the data of the last entry with the given tag: entries that
// were added at installation replace those of the build. It reports false if
// there is none, or only a damaged one.
func (h *Header) find(tag Tag) (entry, []byte, bool) {
	for i := h.entries() - 1; i >= 0; i-- {
		if Tag(binary.BigEndian.Uint32(h.index[i*entrySize:])) != tag {
			continue
		}
		e := h.entry(i)
		v, err := h.value(e)
		return e, v, err == nil
	}
	return entry{}, nil, false
}

// Size returns the number of bytes of the header.
func (h *Header) Size() int { return len(h.index) + len(h.data) }

// Has reports whether the header has an intact entry for tag.
func (h *Header) Has(tag Tag) bool {
	_, _, ok := h.find(tag)
	return ok
}

// Text returns the string of tag, the first if there are several (the first
// of an internationalized string is in the C locale), or "".
func (h *Header) Text(tag Tag) string {
	e, v, ok := h.find(tag)
	if !ok || kindOf(e.typ) != textKind {
		return ""
	}
	return string(v[:bytes.IndexByte(v, 0)])
}

// Texts returns all strings of tag. They share one piece of memory.
func (h *Header) Texts(tag Tag) []string {
	e, v, ok := h.find(tag)
	if !ok || kindOf(e.typ) != textKind {
		return nil
	}
	all := string(v)
	texts := make([]string, 0, e.count) // the count is no greater than len(v)
	for range e.count {
		one, rest, _ := strings.Cut(all, "\x00")
		texts, all = append(texts, one), rest
	}
	return texts
}

// Number returns the first number of tag, and whether there is one.
func (h *Header) Number(tag Tag) (uint64, bool) { return h.NumberAt(tag, 0) }

// NumberAt returns number i of tag, and whether there is one.
func (h *Header) NumberAt(tag Tag, i int) (uint64, bool) {
	e, v, ok := h.find(tag)
	if !ok || kindOf(e.typ) != numberKind || int64(i) >= int64(e.count) {
		return 0, false
	}
	size := sizes[e.typ]
	return number(v[i*size:], size), true
}

// Numbers returns all numbers of tag, or nil if they are wider than 32 bits.
func (h *Header) Numbers(tag Tag) []uint32 {
	e, v, ok := h.find(tag)
	if !ok || kindOf(e.typ) != numberKind || e.typ == typeInt64 {
		return nil
	}
	size := sizes[e.typ]
	numbers := make([]uint32, 0, e.count)
	for ; len(v) > 0; v = v[size:] {
		numbers = append(numbers, uint32(number(v, size)))
	}
	return numbers
}

// Binary returns the bytes of tag, which are part of the header, or nil.
func (h *Header) Binary(tag Tag) []byte {
	e, v, ok := h.find(tag)
	if !ok || e.typ != typeBinary {
		return nil
	}
	return v
}

// number decodes the big-endian number of the given size at the start of b.
func number(b []byte, size int) uint64 {
	var n uint64
	for _, c := range b[:size] {
		n = n<<8 | uint64(c)
	}
	return n
}
