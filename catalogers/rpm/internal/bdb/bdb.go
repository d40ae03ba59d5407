// Package bdb reads the values of a Berkeley DB hash database, the format of
// the file Packages that rpm wrote until version 4.16.
//
// The format has no description but its source, in which dbinc/db_page.h
// holds the layouts: https://github.com/berkeleydb/libdb. Numbers are in the
// byte order of the machine that wrote the file. It is a sequence of pages of
// one size, numbered from 0:
//
//	page 0          meta page: the size of a page, where each bucket begins
//	hash pages      pairs of key and value, a chain of pages for each bucket
//	overflow pages  a value that is too long for a hash page, as a chain
//	free pages
//
// Btree files (rpm's other tables), encrypted and checksummed files, which rpm
// never makes, are refused.
package bdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/bits"
	"slices"
)

// Types of pages.
const (
	pageHashUnsorted = 2
	pageOverflow     = 7
	pageHashMeta     = 8
	pageHash         = 13
)

// Types of items in a hash page.
const (
	itemData      = 1
	itemDuplicate = 2
	itemOverflow  = 3
)

const (
	hashMagic      = 0x061561
	metaSize       = 224
	pageHeaderSize = 26
	maxBlob        = 64 << 20 // the largest headers that are known have 20 MiB
)

// reader walks one database.
type reader struct {
	r        io.ReaderAt
	order    binary.ByteOrder
	pageSize int
	pages    uint32 // in the file
	buckets  uint32
	spares   [32]uint32

	seen []bool // by page: a bucket or a value led to it
	blob []byte // the value at hand
	page []byte // an overflow page

	yield   func([]byte, error) bool
	stopped bool // yield returned false
}

// Blobs returns the values of the database r of the given size, save that of
// the key 0, in which rpm counts. It returns an error for each part that it
// cannot read or believe, pages that hold data but belong to no bucket among
// them; an error does not end the sequence. A blob is valid until the next step.
func Blobs(r io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		db := &reader{r: r, yield: yield}
		meta, err := db.readMeta(size)
		if err != nil {
			yield(nil, fmt.Errorf("meta page: %w", err))
			return
		}
		db.readBucketTable(meta, size)
		db.readBuckets()
		db.checkUnseen()
	}
}

// emit yields unless the caller has stopped.
func (db *reader) emit(blob []byte, err error) {
	if !db.stopped {
		db.stopped = !db.yield(blob, err)
	}
}

// fail yields an error about page n.
func (db *reader) fail(n uint32, format string, args ...any) {
	db.emit(nil, fmt.Errorf("page %d: %w", n, fmt.Errorf(format, args...)))
}

// readMeta reads the meta page:
//
//	0       8      12      16        20          24         25     26      28      32
//	| log   | page | magic | version | page size | encrypt  | type | flags | free  |
//	32          36    48       72           76   80    84   88      96             224
//	| last page | ... | flags  | max bucket | masks...      | ...   | spares[32]   |
func (db *reader) readMeta(size int64) ([]byte, error) {
	b := make([]byte, metaSize)
	if _, err := db.r.ReadAt(b, 0); err != nil {
		return nil, err
	}
	switch uint32(hashMagic) {
	case binary.LittleEndian.Uint32(b[12:]):
		db.order = binary.LittleEndian
	case binary.BigEndian.Uint32(b[12:]):
		db.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("magic number %x", b[12:16])
	}
	if v := db.order.Uint32(b[16:]); v < 8 || v > 10 {
		return nil, fmt.Errorf("hash version %d is unknown", v)
	}
	pageSize := db.order.Uint32(b[20:])
	if pageSize < 512 || pageSize > 1<<16 || pageSize&(pageSize-1) != 0 || int64(pageSize) > size {
		return nil, fmt.Errorf("pages of %d bytes in a file of %d", pageSize, size)
	}
	if b[24] != 0 || b[25] != pageHashMeta || b[26] != 0 {
		return nil, fmt.Errorf("encryption %d, type %d, flags %d: not as rpm makes it", b[24], b[25], b[26])
	}
	db.pageSize = int(pageSize)
	db.pages = uint32(min(size/int64(pageSize), math.MaxUint32))
	db.seen = make([]bool, db.pages)
	return b, nil
}

// readBucketTable reads how many buckets there are and where they begin.
func (db *reader) readBucketTable(meta []byte, size int64) {
	for i := range db.spares {
		db.spares[i] = db.order.Uint32(meta[96+4*i:])
	}
	maxBucket := db.order.Uint32(meta[72:])
	db.buckets = min(maxBucket, db.pages-1) + 1
	last := db.order.Uint32(meta[32:])
	if last >= db.pages || maxBucket >= db.pages || size%int64(db.pageSize) != 0 {
		db.fail(0, "last page %d and last bucket %d in %d bytes, %d to a page", last, maxBucket, size, db.pageSize)
	}
}

// readBuckets yields the values of all buckets.
//
// Buckets are made in groups, as the table doubles: bucket 0, 1, 2 and 3, 4 to
// 7 and so on. The pages of a group are consecutive, and spares holds for each
// group what to add to a bucket's number to get the number of its first page.
func (db *reader) readBuckets() {
	page := make([]byte, db.pageSize)
	for n := uint32(0); n < db.buckets && !db.stopped; n++ {
		db.readBucket(page, n+db.spares[bits.Len32(n)])
	}
}

// readBucket yields the values in the chain of pages that begins with page n.
func (db *reader) readBucket(page []byte, n uint32) {
	for prev := uint32(0); !db.stopped; {
		if err := db.readPage(page, n); err != nil {
			db.fail(n, "%w", err)
			return
		}
		if prev == 0 && isZero(page) {
			db.seen[n] = true
			return // a bucket that was never written to
		}
		if err := db.checkPage(page, n, prev, pageHash, pageHashUnsorted); err != nil {
			db.fail(n, "%w", err)
			return
		}
		db.readPairs(page, n)
		prev, n = n, db.order.Uint32(page[16:])
		if n == 0 {
			return
		}
	}
}

// readPage reads page n into b. It refuses a page that was taken: each belongs to
// one bucket or to one value, so a second reference is damage, perhaps a loop.
func (db *reader) readPage(b []byte, n uint32) error {
	if n == 0 || n >= db.pages {
		return fmt.Errorf("the file has %d pages", db.pages)
	}
	if db.seen[n] {
		return errors.New("there is a second reference to it")
	}
	_, err := db.r.ReadAt(b, int64(n)*int64(db.pageSize))
	return err
}

func isZero(b []byte) bool { return bytes.Count(b, []byte{0}) == len(b) }

// checkPage compares the header of page n with what led to it, and if they
// agree the page is taken. All pages but
// the meta page begin with
//
//	0     8      12         16     20        22     24      25     26
//	| log | page | previous | next | entries | free | level | type |
//
// where free is the offset of the first item or, in an overflow page, the
// number of bytes that it holds.
func (db *reader) checkPage(b []byte, n, prev uint32, types ...byte) error {
	if got := db.order.Uint32(b[8:]); got != n {
		return fmt.Errorf("it says it is page %d", got)
	}
	if got := db.order.Uint32(b[12:]); got != prev {
		return fmt.Errorf("it follows page %d, but page %d leads to it", got, prev)
	}
	if !slices.Contains(types, b[25]) {
		return fmt.Errorf("its type is %d", b[25])
	}
	db.seen[n] = true
	return nil
}

// readPairs yields the values of the pairs in hash page n:
//
//	| page header | offsets of the items, uint16 each | free | items, the first at the end |
//
// Items have no length: each ends where the one before it begins.
func (db *reader) readPairs(b []byte, n uint32) {
	entries := int(db.order.Uint16(b[20:]))
	table := pageHeaderSize + 2*entries
	if entries%2 != 0 || table > len(b) {
		db.fail(n, "%d entries in %d bytes", entries, len(b))
		return
	}
	var key []byte
	end := len(b)
	for i := 0; i < entries && !db.stopped; i++ {
		off := int(db.order.Uint16(b[pageHeaderSize+2*i:]))
		if off < table || off >= end {
			db.fail(n, "entry %d is at offset %d, not before %d", i, off, end)
			return
		}
		if item := b[off:end]; i%2 == 0 {
			key = item
		} else if err := db.readPair(key, item); err != nil {
			db.fail(n, "entry %d: %w", i, err)
		}
		end = off
	}
	if free := int(db.order.Uint16(b[22:])); free != end && free != end-1<<16 {
		db.fail(n, "its items begin at %d, not at %d", end, free)
	}
}

// readPair yields the value, or the values, of one pair. The key is the number
// of a package, and is never too long for the page. The items are one of
//
//	| 1 | data |
//	| 2 | duplicates: | length, uint16 | data | length, uint16 | ...
//	| 3 | 3 bytes | first overflow page, uint32 | length, uint32 |
func (db *reader) readPair(key, value []byte) error {
	if len(key) != 5 || key[0] != itemData {
		return fmt.Errorf("its key is %d bytes of type %d, not a number", len(key)-1, key[0])
	}
	if isZero(key[1:]) {
		if len(value) != 5 || value[0] != itemData {
			return fmt.Errorf("package 0 has %d bytes of type %d, not a number", len(value)-1, value[0])
		}
		return nil
	}
	switch value[0] {
	case itemData:
		db.emit(value[1:], nil)
		return nil
	case itemDuplicate:
		return db.readDuplicates(value[1:])
	case itemOverflow:
		if len(value) != 12 {
			return fmt.Errorf("reference of %d bytes to an overflow page", len(value))
		}
		return db.readOverflow(db.order.Uint32(value[4:]), db.order.Uint32(value[8:]))
	}
	return fmt.Errorf("type %d is not one that rpm makes", value[0])
}

// readDuplicates yields the values in b, each between two copies of its length.
func (db *reader) readDuplicates(b []byte) error {
	for len(b) > 0 {
		if len(b) < 4 {
			return fmt.Errorf("%d bytes after the last duplicate", len(b))
		}
		n := int(db.order.Uint16(b))
		if n > len(b)-4 || int(db.order.Uint16(b[2+n:])) != n {
			return fmt.Errorf("duplicate of %d bytes in %d", n, len(b)-4)
		}
		db.emit(b[2:2+n], nil)
		b = b[4+n:]
	}
	return nil
}

// readOverflow yields the value of the given size in the chain of overflow
// pages that begins with page n.
func (db *reader) readOverflow(n, size uint32) error {
	if size == 0 || size > maxBlob {
		return fmt.Errorf("value of %d bytes", size)
	}
	db.blob = db.blob[:0]
	if db.page == nil {
		db.page = make([]byte, db.pageSize)
	}
	for prev := uint32(0); n != 0; {
		if err := db.readPage(db.page, n); err != nil {
			return fmt.Errorf("overflow page %d: %w", n, err)
		}
		if err := db.checkPage(db.page, n, prev, pageOverflow); err != nil {
			return fmt.Errorf("overflow page %d: %w", n, err)
		}
		used := int(db.order.Uint16(db.page[22:]))
		if used > db.pageSize-pageHeaderSize || len(db.blob)+used > int(size) {
			return fmt.Errorf("overflow page %d: it holds %d bytes of a value of %d", n, used, size)
		}
		db.blob = append(db.blob, db.page[pageHeaderSize:pageHeaderSize+used]...)
		prev, n = n, db.order.Uint32(db.page[16:])
	}
	if len(db.blob) != int(size) {
		return fmt.Errorf("the overflow pages hold %d bytes of a value of %d", len(db.blob), size)
	}
	db.emit(db.blob, nil)
	return nil
}

// checkUnseen looks for data in pages that no bucket led to.
func (db *reader) checkUnseen() {
	var first, lost uint32
	head := make([]byte, pageHeaderSize)
	for n := uint32(1); n < db.pages && !db.stopped; n++ {
		if db.seen[n] {
			continue
		}
		if _, err := db.r.ReadAt(head, int64(n)*int64(db.pageSize)); err != nil {
			db.fail(n, "%w", err)
			continue
		}
		entries := db.order.Uint16(head[20:])
		if t := head[25]; t == pageOverflow || (t == pageHash || t == pageHashUnsorted) && entries > 0 {
			if lost == 0 {
				first = n
			}
			lost++
		}
	}
	if lost > 0 {
		db.fail(first, "it and %d others hold data, but no bucket leads to them", lost-1)
	}
}
