package exe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The windows of a search. What is searched for is nearly always near the
// beginning, so the first window is small.
const (
	firstWindow = 64 << 10
	window      = 1 << 20
)

// A source is the part of a file that one executable may be read from.
type source struct {
	r    io.ReaderAt
	off  uint64 // where the executable begins in r
	size uint64 // how long it is
}

// left returns how many bytes there are from off on.
func (s source) left(off uint64) uint64 {
	return s.size - min(off, s.size)
}

// read returns the n bytes at off, which no one else holds. The error of bytes
// that are not there calls them what.
func (s source) read(off, n uint64, what string) ([]byte, error) {
	if n > s.left(off) {
		return nil, fmt.Errorf("%s at %#x: %d bytes wanted, %d left", what, off, n, s.left(off))
	}
	b := make([]byte, n)
	if err := s.readInto(b, off, what); err != nil {
		return nil, err
	}
	return b, nil
}

// readInto fills b from off. The caller has checked that it is in the file.
func (s source) readInto(b []byte, off uint64, what string) error {
	n, err := s.r.ReadAt(b, int64(s.off+off))
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s at %#x: %w", what, off, readError{err})
}

// A readError is the failure of a reader, which says nothing about the file.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// table returns count entries of entry bytes each. An entry must be at least
// least bytes long.
func (s source) table(off, count, entry, least uint64, what string) ([]byte, error) {
	switch {
	case count == 0:
		return nil, nil
	case count > maxEntries:
		return nil, fmt.Errorf("%s at %#x: %d entries, the limit is %d", what, off, count, maxEntries)
	case entry < least:
		return nil, fmt.Errorf("%s at %#x: entries of %d bytes, want %d", what, off, entry, least)
	case entry > maxTable/count:
		return nil, fmt.Errorf("%s at %#x: %d entries of %d bytes, the limit is %d bytes", what, off, count, entry, maxTable)
	}
	return s.read(off, count*entry, what)
}

// scan calls visit with the offset of each occurrence of pattern in the n
// bytes at off, in order, until visit returns false.
func (s source) scan(off, n uint64, pattern string, visit func(off uint64) bool) error {
	if n > s.left(off) {
		return fmt.Errorf("search at %#x: %d bytes wanted, %d left", off, n, s.left(off))
	}
	keep := uint64(len(pattern) - 1) // an occurrence may lie across two windows
	var buf []byte
	for size := uint64(firstWindow); n > keep; size = window {
		size = min(size, n)
		if uint64(cap(buf)) < size {
			buf = make([]byte, size)
		}
		buf = buf[:size]
		if err := s.readInto(buf, off, "search"); err != nil {
			return err
		}
		if !visitAll(buf, off, pattern, visit) {
			return nil
		}
		off += size - keep
		n -= size - keep
	}
	return nil
}

// visitAll calls visit for each occurrence of pattern in b, which is at off.
func visitAll(b []byte, off uint64, pattern string, visit func(off uint64) bool) bool {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte(pattern))
		if i < 0 {
			return true
		}
		at += i
		if !visit(off + uint64(at)) {
			return false
		}
	}
}

// A segment is a run of bytes of the file that the loader puts at an address.
type segment struct {
	addr, off, size uint64
}

// An area is a range of addresses.
type area struct {
	addr, size uint64
}

// mapped returns the offset of the byte at addr and how many bytes follow it
// in the same segment, itself included. There are none if addr is not mapped.
func (f *File) mapped(addr uint64) (off, n uint64) {
	for _, s := range f.segments {
		skip := addr - s.addr
		if addr < s.addr || skip >= s.size {
			continue
		}
		if s.off > f.src.size || skip > f.src.size {
			return f.src.size, s.size - skip // behind the end: nothing to read
		}
		return s.off + skip, s.size - skip
	}
	return 0, 0
}

// readAddr returns the n bytes at addr, all from one segment.
func (f *File) readAddr(addr, n uint64, what string) ([]byte, error) {
	off, left := f.mapped(addr)
	if n > left {
		return nil, fmt.Errorf("%s at address %#x: %d bytes wanted, %d mapped", what, addr, n, left)
	}
	return f.src.read(off, n, what)
}

// readName returns the zero-terminated string at addr.
func (f *File) readName(addr uint64) (string, error) {
	off, left := f.mapped(addr)
	left = min(left, f.src.left(off))
	for _, n := range []uint64{64, maxName + 1} {
		b, err := f.src.read(off, min(n, left), "name")
		if err != nil {
			return "", err
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return string(b[:i]), nil
		}
	}
	return "", fmt.Errorf("name at address %#x has no end in %d bytes", addr, min(left, maxName+1))
}

// cstring returns b up to its first zero byte.
func cstring(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// A layout says how a format stores numbers: in which byte order, and whether
// addresses have 64 bits.
type layout struct {
	order binary.ByteOrder
	wide  bool
}

// pick returns the one of two numbers that belongs to the layout.
func (l layout) pick(narrow, wide int) int {
	if l.wide {
		return wide
	}
	return narrow
}

// addr returns the address at narrow or wide in b.
func (l layout) addr(b []byte, narrow, wide int) uint64 {
	if l.wide {
		return l.order.Uint64(b[wide:])
	}
	return uint64(l.order.Uint32(b[narrow:]))
}

// u16 returns the 16-bit number at narrow or wide in b.
func (l layout) u16(b []byte, narrow, wide int) uint64 {
	return uint64(l.order.Uint16(b[l.pick(narrow, wide):]))
}

// u32 returns the 32-bit number at narrow or wide in b.
func (l layout) u32(b []byte, narrow, wide int) uint32 {
	return l.order.Uint32(b[l.pick(narrow, wide):])
}
