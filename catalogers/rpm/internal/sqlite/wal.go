package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	walHeaderSize   = 32
	frameHeaderSize = 24
	walMagic        = 0x377f0682 // and one more if checksums are big-endian
	walVersion      = 3007000
)

// A sum is the running checksum of a log: two words, fed two words at a time.
type sum [2]uint32

func (s sum) add(order binary.ByteOrder, b []byte) sum {
	for ; len(b) >= 8; b = b[8:] {
		s[0] += order.Uint32(b) + s[1]
		s[1] += order.Uint32(b[4:]) + s[0]
	}
	return s
}

// sumAt decodes the checksum at the start of b.
func sumAt(b []byte) sum {
	return sum{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// openLog finds the newest committed copy of each page in the log, as SQLite
// does when it opens a database. The log is a header and frames:
//
//	0       4         8           12           16      24         32
//	| magic | version | page size | checkpoint | salts | checksum |
//	0       4               8       16         24
//	| page  | pages, or 0   | salts | checksum | one page |
//
// A frame with a number of pages commits the frames before it; the number is
// the size of the database. Checksums run on from one frame to the next. When
// the log starts again from its beginning its header gets new salts, and the
// frames that are left from before, with the old ones, do not count.
//
// The caller goes on with what was committed before an error.
func (r *reader) openLog() error {
	if r.wal.Size == 0 {
		return nil
	}
	if r.wal.Size > maxLog {
		return fmt.Errorf("%d bytes, more than %d", r.wal.Size, maxLog)
	}
	head := make([]byte, walHeaderSize)
	if _, err := r.wal.ReadAt(head, 0); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	magic := binary.BigEndian.Uint32(head)
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 == 1 {
		order = binary.BigEndian
	}
	r.pageSize = int(binary.BigEndian.Uint32(head[8:]))
	s := sum{}.add(order, head[:24])
	switch {
	case magic&^1 != walMagic:
		return fmt.Errorf("header: magic number %08x", magic)
	case s != sumAt(head[24:]):
		return errors.New("header: wrong checksum")
	case binary.BigEndian.Uint32(head[4:]) != walVersion || !validPageSize(r.pageSize):
		return fmt.Errorf("header: version %d, pages of %d bytes", binary.BigEndian.Uint32(head[4:]), r.pageSize)
	}
	return r.readFrames(order, s, sumAt(head[16:]))
}

// readFrames reads the frames of the log. The sum s is that of the header.
func (r *reader) readFrames(order binary.ByteOrder, s, salts sum) error {
	r.frames = make(map[uint32]int64)
	pending := make(map[uint32]int64)
	b := make([]byte, frameHeaderSize+r.pageSize)
	size := int64(len(b))
	off := int64(walHeaderSize)
	for ; off+size <= r.wal.Size; off += size {
		if _, err := r.wal.ReadAt(b, off); err != nil {
			return fmt.Errorf("frame at %d: %w", off, err)
		}
		s = s.add(order, b[:8]).add(order, b[frameHeaderSize:])
		page, pages := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		if sumAt(b[8:]) != salts || sumAt(b[16:]) != s || page == 0 {
			break
		}
		pending[page] = off + frameHeaderSize
		if pages == 0 {
			continue
		}
		r.pages = pages
		for n, at := range pending {
			r.frames[n] = at
		}
		clear(pending)
	}
	if len(pending) > 0 {
		return fmt.Errorf("it ends at %d in a transaction, which is left out", off)
	}
	return r.checkRest(off, size, salts)
}

// checkRest looks at the frames from offset off on, which do not count. They
// should be left from before, with other salts: both change, so a frame with
// one of the two is a damaged one.
func (r *reader) checkRest(off, size int64, salts sum) error {
	head := make([]byte, frameHeaderSize)
	for at := off; at < r.wal.Size; at += size {
		if _, err := r.wal.ReadAt(head, at); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("frame at %d: %w", at, err)
		}
		if s := sumAt(head[8:]); s[0] == salts[0] || s[1] == salts[1] || at+size > r.wal.Size {
			return fmt.Errorf("frame at %d is damaged, so what was written from %d on is left out", at, off)
		}
	}
	return nil
}
