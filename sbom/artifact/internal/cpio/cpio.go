// Package cpio reads the archives that rpm packages hold their files in.
//
// They are "new ASCII" archives, described in
// https://man.freebsd.org/cgi/man.cgi?query=cpio&sektion=5, without checksums
// (magic number 070701) or with (070702), or in a form of rpm's own for
// packages with a file of 4 GiB or more (07070X), in which all that is known of
// a file is its place in the file list of the package.
package cpio

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	magicSize    = 6
	fieldSize    = 8
	fields       = 13
	maxName      = 4096 // as rpm has it
	trailer      = "TRAILER!!!"
	strippedEnd  = 1<<32 - 1
	checksumType = "070702"
)

// An Entry is one file of an archive. The target of a symbolic link is its
// content; of the names of a hard-linked file, all but the last have none.
type Entry struct {
	Name  string
	Mode  uint32 // type and permissions, as in struct stat
	Size  int64
	Inode uint32
	Links uint32
}

// Reader reads the entries of an archive in turn.
type Reader struct {
	r      io.Reader
	list   func(i int) (Entry, bool)
	offset int64
	left   int64 // of the entry at hand
	check  bool  // sum is to become want
	sum    uint32
	want   uint32
	err    error
}

// NewReader returns a Reader of the archive r. An archive of rpm's own form
// needs list, which returns the i-th file of the package's list and reports
// whether there is one; it may be nil otherwise.
func NewReader(r io.Reader, list func(i int) (Entry, bool)) *Reader {
	return &Reader{r: r, list: list}
}

// Next skips what is left of the entry at hand and returns the next one, or
// io.EOF after the last. An archive that ends before its trailer is an error.
func (r *Reader) Next() (Entry, error) {
	if r.err != nil {
		return Entry{}, r.err
	}
	var e Entry
	if _, r.err = io.Copy(io.Discard, r); r.err == nil {
		e, r.err = r.next()
	}
	if r.err != nil && r.err != io.EOF {
		r.err = fmt.Errorf("cpio: offset %d: %w", r.offset, r.err)
	}
	return e, r.err
}

// Read reads from the entry at hand.
func (r *Reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, r.end()
	}
	n, err := r.r.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	r.offset += int64(n)
	if r.check {
		for _, c := range p[:n] {
			r.sum += uint32(c)
		}
	}
	if err == io.EOF {
		err = nil
		if r.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// end returns io.EOF if the content of the entry has the right checksum.
func (r *Reader) end() error {
	if r.check && r.sum != r.want {
		return fmt.Errorf("checksum is %08x, should be %08x", r.sum, r.want)
	}
	return io.EOF
}

// next reads a header. All headers and contents begin at a multiple of 4:
//
//	0       6                      110
//	| magic | 13 fields of 8 hexadecimal digits | name, ends with NUL | content
//	0        6              14
//	| 07070X | place in the list | content
func (r *Reader) next() (Entry, error) {
	r.check, r.sum = false, 0
	if err := r.skipPadding(); err != nil {
		return Entry{}, err
	}
	magic, err := r.take(magicSize)
	if err != nil {
		return Entry{}, err
	}
	switch string(magic) {
	case "07070X":
		return r.nextStripped()
	case "070701", checksumType:
		return r.nextNew(string(magic) == checksumType)
	}
	return Entry{}, fmt.Errorf("magic number %q", magic)
}

func (r *Reader) nextStripped() (Entry, error) {
	b, err := r.take(fieldSize)
	if err != nil {
		return Entry{}, err
	}
	i, err := strconv.ParseUint(string(b), 16, 32)
	if err != nil {
		return Entry{}, fmt.Errorf("place in the file list is %q", b)
	}
	if i == strippedEnd {
		return Entry{}, io.EOF
	}
	if err := r.skipPadding(); err != nil {
		return Entry{}, err
	}
	if r.list == nil {
		return Entry{}, errors.New("the archive needs the file list of its package")
	}
	e, ok := r.list(int(i))
	if !ok || e.Size < 0 {
		return Entry{}, fmt.Errorf("file %d is not in the file list of the package", i)
	}
	r.left = e.Size
	return e, nil
}

func (r *Reader) nextNew(check bool) (Entry, error) {
	b, err := r.take(fields * fieldSize)
	if err != nil {
		return Entry{}, err
	}
	var f [fields]uint32
	for i := range f {
		text := string(b[i*fieldSize : (i+1)*fieldSize])
		n, err := strconv.ParseUint(text, 16, 32)
		if err != nil {
			return Entry{}, fmt.Errorf("field %d of the header is %q", i, text)
		}
		f[i] = uint32(n)
	}
	e := Entry{Inode: f[0], Mode: f[1], Links: f[4], Size: int64(f[6])}
	nameSize := f[11]
	if nameSize == 0 || nameSize > maxName+1 {
		return Entry{}, fmt.Errorf("a name of %d bytes", nameSize)
	}
	name, err := r.take(int(nameSize))
	if err != nil {
		return Entry{}, err
	}
	if name[nameSize-1] != 0 {
		return Entry{}, fmt.Errorf("the name %.40q has no end", name)
	}
	e.Name = string(name[:nameSize-1])
	if e.Name == trailer {
		return Entry{}, io.EOF
	}
	const regular = 0o100000 // other types have no checksum
	r.left, r.check, r.want = e.Size, check && e.Mode&0o170000 == regular, f[12]
	return e, r.skipPadding()
}

// take reads exactly n bytes.
func (r *Reader) take(n int) ([]byte, error) {
	b := make([]byte, n)
	m, err := io.ReadFull(r.r, b)
	r.offset += int64(m)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func (r *Reader) skipPadding() error {
	_, err := r.take(int(-r.offset & 3))
	return err
}
