// Package ndb reads the blobs of an ndb database, the format of Packages.db
// that SUSE's rpm writes.
//
// The format has no description but its source,
// https://github.com/rpm-software-management/rpm/blob/rpm-4.20.0-release/lib/backend/ndb/rpmpkg.c.
// The file is a sequence of blocks of 16 bytes; numbers are little-endian:
//
//	block 0, 1          header
//	block 2 .. 256*p    slots, one per block, filling p pages of 4096 bytes
//	the rest            blobs, and zeros between them
package ndb

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
	"iter"
	"slices"
)

const (
	blockSize     = 16
	pageSize      = 4096
	blocksPerPage = pageSize / blockSize
	headerBlocks  = 2
	blobHeadSize  = 16
	blobTailSize  = 12
	minBlobBlocks = 2
	maxBlob       = 64 << 20 // the largest headers that are known have 20 MiB

	headerMagic   = "RpmP"
	slotMagic     = "Slot"
	blobHeadMagic = "BlbS"
	blobTailMagic = "BlbE"
)

// A slot says where the blob of a package is:
//
//	0          4          8           12         16
//	| "Slot"   | package  | 1st block | blocks   |      free: all three are 0
type slot struct {
	pkg, first, blocks uint32
}

// end returns the number of the block after the blob.
func (s slot) end() int64 { return int64(s.first) + int64(s.blocks) }

type reader struct {
	r      io.ReaderAt
	blocks int64 // in the file
	start  int64 // first block that is not a slot
	next   uint32
}

// Blobs returns the header blobs of the database r of the given size, in the
// order of the file, and an error for each part that it cannot read or
// believe; an error does not end the sequence. A blob is valid until the next
// step, and may come with an error if it is damaged. Space that no slot owns must be zero, as rpm leaves it.
func Blobs(r io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		db := &reader{r: r, blocks: size / blockSize}
		if err := db.readHeader(size); err != nil {
			yield(nil, err)
			return
		}
		if size%blockSize != 0 && !yield(nil, fmt.Errorf("%d bytes after the last block", size%blockSize)) {
			return
		}
		if slots, ok := db.readSlots(yield); ok {
			db.readBlobs(slots, yield)
		}
	}
}

// readHeader reads the first two blocks:
//
//	0          4          8            12           16               20      32
//	| "RpmP"   | version  | generation | slot pages | next package   | zeros |
func (db *reader) readHeader(size int64) error {
	b := make([]byte, headerBlocks*blockSize)
	if _, err := db.r.ReadAt(b, 0); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if string(b[:4]) != headerMagic {
		return fmt.Errorf("header: magic number %q", b[:4])
	}
	if v := binary.LittleEndian.Uint32(b[4:]); v != 0 {
		return fmt.Errorf("header: version %d is unknown", v)
	}
	pages := binary.LittleEndian.Uint32(b[12:])
	if pages == 0 || int64(pages) > size/pageSize {
		return fmt.Errorf("header: %d slot pages in a file of %d bytes", pages, size)
	}
	db.start = int64(pages) * blocksPerPage
	db.next = binary.LittleEndian.Uint32(b[16:])
	return nil
}

// readSlots returns the slots in use, ordered by place, and yields what is
// wrong with others. It reports false if yield did.
func (db *reader) readSlots(yield func([]byte, error) bool) (slots []slot, ok bool) {
	page := make([]byte, pageSize)
	for n := int64(0); n < db.start/blocksPerPage; n++ {
		if _, err := db.r.ReadAt(page, n*pageSize); err != nil {
			if !yield(nil, fmt.Errorf("slot page %d: %w", n, err)) {
				return nil, false
			}
			continue
		}
		for i := range blocksPerPage {
			if n == 0 && i < headerBlocks {
				continue
			}
			s, err := db.parseSlot(page[i*blockSize:])
			if err != nil && !yield(nil, fmt.Errorf("slot %d: %w", n*blocksPerPage+int64(i), err)) {
				return nil, false
			}
			if s != (slot{}) {
				slots = append(slots, s)
			}
			if most := (db.blocks - db.start) / minBlobBlocks; int64(len(slots)) > most {
				return nil, yield(nil, fmt.Errorf("slot %d: there is room for %d blobs", n*blocksPerPage+int64(i), most))
			}
		}
	}
	slices.SortFunc(slots, func(a, b slot) int { return cmp.Compare(a.first, b.first) })
	return slots, true
}

// parseSlot returns the slot at the start of b, the zero slot if it is free.
func (db *reader) parseSlot(b []byte) (slot, error) {
	s := slot{
		pkg:    binary.LittleEndian.Uint32(b[4:]),
		first:  binary.LittleEndian.Uint32(b[8:]),
		blocks: binary.LittleEndian.Uint32(b[12:]),
	}
	if string(b[:4]) != slotMagic {
		return slot{}, fmt.Errorf("magic number %q", b[:4])
	}
	if s == (slot{}) {
		return s, nil
	}
	if int64(s.first) < db.start || s.end() > db.blocks {
		return slot{}, fmt.Errorf("package %d in blocks %d to %d of %d", s.pkg, s.first, s.end(), db.blocks)
	}
	if s.pkg == 0 || s.pkg >= db.next {
		return slot{}, fmt.Errorf("package %d, but the next one is %d", s.pkg, db.next)
	}
	return s, nil
}

// readBlobs yields the blobs of slots and checks the space between them.
// Slots that share space are all reported, and read once.
func (db *reader) readBlobs(slots []slot, yield func([]byte, error) bool) {
	var buf []byte
	free := db.start
	for _, s := range slots {
		if int64(s.first) < free {
			if !yield(nil, fmt.Errorf("package %d: shares block %d with another", s.pkg, s.first)) {
				return
			}
			continue
		}
		if err := db.checkFree(free, int64(s.first)); err != nil && !yield(nil, err) {
			return
		}
		free = s.end()
		var blob []byte
		var err error
		blob, buf, err = db.readBlob(s, buf)
		if err != nil {
			err = fmt.Errorf("package %d: %w", s.pkg, err)
		}
		if !yield(blob, err) {
			return
		}
	}
	if err := db.checkFree(free, db.blocks); err != nil {
		yield(nil, err)
	}
}

// readBlob reads the blob of s. It returns buf, grown if need be. A blob is
//
//	0        4          8            12      16      16+n
//	| "BlbS" | package  | generation | n     | n bytes | zeros | adler32 | n | "BlbE" |
//
// and fills its blocks. The checksum covers all that is before it.
func (db *reader) readBlob(s slot, buf []byte) (blob, grown []byte, err error) {
	size := int64(s.blocks) * blockSize
	if size < blobHeadSize+blobTailSize || size > maxBlob {
		return nil, buf, fmt.Errorf("blob of %d bytes", size)
	}
	b := slices.Grow(buf[:0], int(size))[:size] // no more than the file has
	if _, err := db.r.ReadAt(b, int64(s.first)*blockSize); err != nil {
		return nil, b, err
	}
	n := int64(binary.LittleEndian.Uint32(b[12:]))
	tail := b[size-blobTailSize:]
	pad := size - blobHeadSize - n - blobTailSize
	switch {
	case string(b[:4]) != blobHeadMagic || string(tail[8:]) != blobTailMagic:
		return nil, b, fmt.Errorf("magic numbers %q and %q", b[:4], tail[8:])
	case binary.LittleEndian.Uint32(b[4:]) != s.pkg:
		return nil, b, fmt.Errorf("the blob is of package %d", binary.LittleEndian.Uint32(b[4:]))
	case pad < 0 || pad >= blockSize || int64(binary.LittleEndian.Uint32(tail[4:])) != n:
		return nil, b, fmt.Errorf("blob length %d or %d in %d bytes", n, binary.LittleEndian.Uint32(tail[4:]), size)
	}
	if got, want := adler32.Checksum(b[:size-blobTailSize]), binary.LittleEndian.Uint32(tail); got != want {
		return b[blobHeadSize : blobHeadSize+n], b, fmt.Errorf("checksum is %08x, should be %08x", got, want)
	}
	return b[blobHeadSize : blobHeadSize+n], b, nil
}

// checkFree reports what is not zero in the blocks from one to another.
func (db *reader) checkFree(from, to int64) error {
	if from >= to {
		return nil
	}
	var b, zeros [pageSize]byte
	for off, end := from*blockSize, to*blockSize; off < end; off += pageSize {
		part := b[:min(pageSize, end-off)]
		if _, err := db.r.ReadAt(part, off); err != nil {
			return fmt.Errorf("free space at %d: %w", off, err)
		}
		if !bytes.Equal(part, zeros[:len(part)]) {
			return fmt.Errorf("free space at %d: it holds data that no slot leads to", off)
		}
	}
	return nil
}
