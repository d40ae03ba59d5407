// Package sqlite reads the blobs of the one table that matters in rpmdb.sqlite,
// and checks them against one index.
//
// It walks the b-trees of the file itself, in the format that
// https://www.sqlite.org/fileformat2.html defines. It knows tables of rows with
// an integer key, their overflow pages, and the write-ahead log. It knows no
// SQL: of the schema it reads names and root pages, and what a hostile schema
// says (views, triggers, expressions) is never run. rpm's tables are
//
//	CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)
//	CREATE TABLE 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)
package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
)

const (
	fileHeaderSize = 100
	fileMagic      = "SQLite format 3\x00"
	maxRows        = 1 << 22
	maxLog         = 1 << 30
	maxBlob        = 64 << 20 // the largest headers that are known have 20 MiB
)

// File is a file and its size.
type File struct {
	io.ReaderAt
	Size int64
}

// reader reads the pages of one database, as the log has them if it does.
type reader struct {
	db       File
	wal      File
	frames   map[uint32]int64 // offset of the newest copy of a page in the log
	pageSize int
	usable   int    // bytes of a page without the reserved ones at its end
	pages    uint32 // in the database, after the last commit in the log

	seen     []bool   // by page: a tree led to it
	payload  []byte   // of the row at hand
	overflow []byte   // a page
	levels   [][]byte // the pages from the root to the one at hand
	extents  []extent // of the page at hand

	yield   func([]byte, error) bool
	stopped bool // yield returned false
}

// Blobs returns the blobs of table Packages in database db, with the committed
// changes in its write-ahead log wal, which may be of size 0. It returns an
// error for each part that it cannot read or believe; an error does not end the
// sequence. A blob is valid until the next step. At the end it yields an error
// if index Name has a package that was not among the rows.
func Blobs(db, wal File) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r := &reader{db: db, wal: wal, yield: yield}
		if err := r.open(); err != nil {
			r.emit(nil, err)
			return
		}
		r.readPackages()
	}
}

// emit yields unless the caller has stopped.
func (r *reader) emit(blob []byte, err error) {
	if !r.stopped {
		r.stopped = !r.yield(blob, err)
	}
}

// fail yields an error about page n.
func (r *reader) fail(n uint32, format string, args ...any) {
	r.emit(nil, fmt.Errorf("page %d: %w", n, fmt.Errorf(format, args...)))
}

// open reads the log, then the file header, which may be in the log only:
//
//	0       16          20         21      24      28      32    92      96     100
//	| magic | page size | reserved | ...   | count | pages | ... | count | ... |
//
// where reserved is the number of unused bytes at the end of each page. The
// number of pages is valid if both counts are the same: libraries from before
// 2010 did not write it. A page size of 1 stands for 65536.
func (r *reader) open() error {
	if err := r.openLog(); err != nil {
		r.emit(nil, fmt.Errorf("write-ahead log: %w", err))
	}
	head := make([]byte, fileHeaderSize)
	src, off := r.db, int64(0)
	if frame, ok := r.frames[1]; ok {
		src, off = r.wal, frame
	}
	if _, err := src.ReadAt(head, off); err != nil {
		return fmt.Errorf("file header: %w", err)
	}
	size := int(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 1 << 16
	}
	reserved := int(head[20])
	if string(head[:16]) != fileMagic || !validPageSize(size) || size-reserved < 480 {
		return fmt.Errorf("file header: magic number %q, pages of %d bytes, %d reserved", head[:16], size, reserved)
	}
	if len(r.frames) > 0 && r.pageSize != size {
		return fmt.Errorf("file header: pages of %d bytes, but of %d in the log", size, r.pageSize)
	}
	r.pageSize, r.usable = size, size-reserved
	r.countPages(head)
	r.seen = make([]bool, int64(r.pages)+1)
	r.overflow = make([]byte, size)
	return nil
}

func validPageSize(n int) bool { return n >= 512 && n <= 1<<16 && n&(n-1) == 0 }

// countPages sets the number of pages: that of the last commit in the log, that
// in the file header, or what the size of the file makes.
func (r *reader) countPages(head []byte) {
	inFile := uint64(r.db.Size / int64(r.pageSize))
	if len(r.frames) == 0 {
		r.pages = binary.BigEndian.Uint32(head[28:])
	}
	if r.pages == 0 || len(r.frames) == 0 && string(head[24:28]) != string(head[92:96]) {
		r.pages = uint32(min(inFile, math.MaxUint32))
	}
	if most := inFile + uint64(len(r.frames)); uint64(r.pages) > most || r.db.Size%int64(r.pageSize) != 0 {
		r.fail(1, "%d pages of %d bytes in a file of %d bytes", r.pages, r.pageSize, r.db.Size)
		r.pages = uint32(min(most, math.MaxUint32))
	}
}

// readPage reads page n into b. No page may be read twice: each belongs to one
// place in one tree, so a second reference is damage, and perhaps a loop.
func (r *reader) readPage(b []byte, n uint32) error {
	if n == 0 || n > r.pages {
		return fmt.Errorf("the database has %d pages", r.pages)
	}
	if r.seen[n] {
		return errors.New("there is a second reference to it")
	}
	r.seen[n] = true
	src, off := r.db, int64(n-1)*int64(r.pageSize)
	if frame, ok := r.frames[n]; ok {
		src, off = r.wal, frame
	}
	_, err := src.ReadAt(b, off)
	return err
}

// readPackages yields the blobs, and compares the rows with index Name.
func (r *reader) readPackages() {
	packages, names := r.findTables()
	if packages == 0 {
		r.emit(nil, errors.New("the schema has no table Packages"))
		return
	}
	var rows []int64
	r.walk(packages, func(rowid int64, row []byte) error {
		columns, err := parseRow(row)
		if err != nil {
			return err
		}
		if len(columns) != 2 || !columns[1].isBlob() {
			return fmt.Errorf("row %d: not a number and a blob", rowid)
		}
		if len(rows) == maxRows {
			return fmt.Errorf("row %d: there are more than %d rows", rowid, maxRows)
		}
		rows = append(rows, rowid)
		r.emit(columns[1].data, nil)
		return nil
	})
	if names != 0 && !r.stopped {
		r.checkNames(names, rows)
	}
}

// findTables returns the root pages of tables Packages and Name, 0 for one that
// is not there. The schema is a table with its root in page 1 and the columns
// type, name, table, root page and SQL text.
func (r *reader) findTables() (packages, names uint32) {
	r.walk(1, func(rowid int64, row []byte) error {
		columns, err := parseRow(row)
		if err != nil {
			return err
		}
		if len(columns) != 5 {
			return fmt.Errorf("row %d: the schema has %d columns", rowid, len(columns))
		}
		if string(columns[0].data) != "table" {
			return nil
		}
		switch root := uint32(columns[3].integer()); string(columns[1].data) {
		case "Packages":
			packages = root
		case "Name":
			names = root
		}
		return nil
	})
	return packages, names
}

// checkNames yields an error if the table with the given root, which has a row
// for each package, has one that is not in rows.
func (r *reader) checkNames(root uint32, rows []int64) {
	slices.Sort(rows)
	missing, first := 0, int64(0)
	r.walk(root, func(rowid int64, row []byte) error {
		columns, err := parseRow(row)
		if err != nil {
			return err
		}
		if len(columns) != 3 {
			return fmt.Errorf("row %d: index Name has %d columns", rowid, len(columns))
		}
		if hnum := columns[1].integer(); !contains(rows, hnum) {
			if missing == 0 {
				first = hnum
			}
			missing++
		}
		return nil
	})
	if missing > 0 {
		r.emit(nil, fmt.Errorf("%d packages of index Name are not in table Packages, number %d among them", missing, first))
	}
}

func contains(sorted []int64, n int64) bool {
	_, ok := slices.BinarySearch(sorted, n)
	return ok
}
