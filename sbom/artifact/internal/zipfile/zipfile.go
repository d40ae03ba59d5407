// Package zipfile reads zip archives that nobody vouches for.
//
// The format is APPNOTE 6.3.10: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
// An archive says everything twice, in a local header before each member and in
// the central directory at its end, and readers differ in which they believe.
// This one believes the central directory, as Python does, and reports each
// member of which the two differ.
//
// It reads stored and deflated members; it leaves out encryption, archives in
// several parts, and other methods of compression.
package zipfile

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
)

// An Archive is the directory of a zip archive.
type Archive struct {
	// Members are in the order of the central directory.
	Members []*Member

	// Trailing is how many bytes follow the archive.
	Trailing int64

	r    io.ReaderAt
	base int64 // where the archive begins, after data that is in front of it
	end  int64 // where its central directory begins
}

// A Member is one file of an archive, as the central directory has it.
type Member struct {
	Name       string
	Method     uint16
	Size       int64 // uncompressed
	Compressed int64
	CRC        uint32
	Mode       fs.FileMode
	Encrypted  bool

	// Overlaps says that the member shares bytes with another: a way to
	// make an archive expand to far more than its size allows.
	Overlaps bool

	header int64 // offset of the local header
}

var (
	// ErrFormat means that a file has no central directory that can be read.
	ErrFormat = errors.New("not a zip archive")

	// ErrAmbiguous means that a file has more than one end of a central
	// directory, so that readers may see different archives.
	ErrAmbiguous = errors.New("more than one directory")
)

// The end of the central directory record, 22 bytes and a comment, little-endian:
//
//	 0  "PK\5\6"
//	 4  number of this disk, of the disk with the directory: 2 uint16
//	 8  members on this disk, members: 2 uint16
//	12  size of the central directory: uint32
//	16  its offset: uint32
//	20  length of the comment: uint16
const (
	endSize   = 22
	endMagic  = "PK\x05\x06"
	maxEndGap = endSize + math.MaxUint16
)

// Open reads the directory of the archive that is the size bytes of r. It
// returns at most limit members; more are an error beside those. An error of the
// directory comes with the members before it.
func Open(r io.ReaderAt, size int64, limit int) (*Archive, error) {
	d, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	a := &Archive{r: r, base: d.start - d.offset, end: d.start, Trailing: d.trailing}
	if d.start < 0 || a.base < 0 {
		return nil, fmt.Errorf("%w: its directory would begin before the file", ErrFormat)
	}
	err = a.readMembers(d, limit)
	a.markOverlaps()
	if err == nil && a.base > 0 && startsLocal(r) {
		err = fmt.Errorf("%w: another archive is in front of this one", ErrAmbiguous)
	}
	return a, err
}

// EndsWith reports whether an archive that is not empty ends where the size
// bytes of r end, whatever is in front of it.
func EndsWith(r io.ReaderAt, size int64) bool {
	d, err := findDirectory(r, size)
	if err != nil || d.start < 0 {
		return errors.Is(err, ErrAmbiguous)
	}
	var magic [4]byte
	return d.after == 0 && d.size >= centralSize &&
		readAt(r, magic[:], d.start) == nil && string(magic[:]) == "PK\x01\x02"
}

// startsLocal reports whether r begins with a member.
func startsLocal(r io.ReaderAt) bool {
	var magic [4]byte
	return readAt(r, magic[:], 0) == nil && string(magic[:]) == localMagic
}

// A directory is where the central directory is.
type directory struct {
	start    int64 // in the file
	offset   int64 // as the archive counts
	size     int64
	members  uint64
	after    int64 // how many bytes follow
	trailing int64 // and how many, if they are not all zeros
}

// findDirectory looks for the record at the end: the one whose comment ends the
// file, or the last one if none does. Records before the directory that it leads
// to are of archives inside this one; those after it are a second opinion.
func findDirectory(r io.ReaderAt, size int64) (directory, error) {
	tail := make([]byte, min(size, maxEndGap))
	if err := readAt(r, tail, size-int64(len(tail))); err != nil {
		return directory{}, err
	}
	exact, last := 0, -1
	chosen := -1
	for i := 0; i+endSize <= len(tail); i++ {
		next := bytes.Index(tail[i:], []byte(endMagic))
		if next < 0 || i+next+endSize > len(tail) {
			break
		}
		i += next
		switch end := i + endSize + int(binary.LittleEndian.Uint16(tail[i+20:])); {
		case end == len(tail):
			exact, chosen, last = exact+1, i, i
		case end < len(tail):
			last = i
		}
	}
	switch {
	case last < 0:
		return directory{}, ErrFormat
	case exact > 1 || exact == 1 && last > chosen:
		return directory{}, ErrAmbiguous
	}
	return readEnd(r, tail, last, size)
}

func readEnd(r io.ReaderAt, tail []byte, i int, size int64) (directory, error) {
	b := tail[i : i+endSize]
	at := size - int64(len(tail)) + int64(i)
	d := directory{
		members: uint64(binary.LittleEndian.Uint16(b[10:])),
		size:    int64(binary.LittleEndian.Uint32(b[12:])),
		offset:  int64(binary.LittleEndian.Uint32(b[16:])),
	}
	rest := tail[i+endSize+int(binary.LittleEndian.Uint16(b[20:])):]
	d.after = int64(len(rest))
	if len(bytes.Trim(rest, "\x00")) > 0 { // a stream of blocks is filled up with zeros
		d.trailing = int64(len(rest))
	}
	if disk := binary.LittleEndian.Uint32(b[4:]); disk != 0 && disk != math.MaxUint32 {
		return d, fmt.Errorf("%w: a part of several", ErrFormat)
	}
	if d.members == math.MaxUint16 || d.size == math.MaxUint32 || d.offset == math.MaxUint32 {
		return readEnd64(r, at, d)
	}
	d.start = at - d.size
	return d, nil
}

// The zip64 record has the same with more bits. A locator of 20 bytes stands
// before the other record and says where the zip64 record is:
//
//	locator                      record
//	 0  "PK\6\7"                  0  "PK\6\6"
//	 4  disk: uint32             24  members on this disk, members: 2 uint64
//	 8  offset: uint64           40  size of the directory: uint64
//	16  disks: uint32            48  its offset: uint64
const (
	locatorSize = 20
	end64Size   = 56
)

// readEnd64 reads the zip64 record. It has to stand right before its locator:
// where else the locator points would be another archive to other readers.
func readEnd64(r io.ReaderAt, at int64, d directory) (directory, error) {
	var b [end64Size + locatorSize]byte
	start := at - int64(len(b))
	if start < 0 || readAt(r, b[:], start) != nil ||
		string(b[:4]) != "PK\x06\x06" || string(b[end64Size:end64Size+4]) != "PK\x06\x07" {
		if d.members == math.MaxUint16 && d.size != math.MaxUint32 && d.offset != math.MaxUint32 {
			d.start = at - d.size // just as many members as the short form can say
			return d, nil
		}
		return d, fmt.Errorf("%w: its zip64 record is missing", ErrFormat)
	}
	members, size, offset := binary.LittleEndian.Uint64(b[32:]), binary.LittleEndian.Uint64(b[40:]), binary.LittleEndian.Uint64(b[48:])
	if size > uint64(start) || offset > uint64(start) {
		return d, fmt.Errorf("%w: its directory is outside the file", ErrFormat)
	}
	d.members, d.size, d.offset = members, int64(size), int64(offset)
	d.start = start - d.size
	return d, nil
}

// A central header is 46 bytes, a name, extra fields and a comment:
//
//	 0  "PK\1\2"                  20  compressed size: uint32
//	 4  made by: uint16          24  size: uint32
//	 6  needs: uint16            28  length of name, extra, comment: 3 uint16
//	 8  flags: uint16            34  disk, internal attributes: 2 uint16
//	10  method: uint16           38  external attributes: uint32
//	12  time, date: 2 uint16     42  offset of the local header: uint32
//	16  CRC-32: uint32
const centralSize = 46

func (a *Archive) readMembers(d directory, limit int) error {
	r := bufio.NewReaderSize(io.NewSectionReader(a.r, d.start, d.size), 64<<10)
	for n := uint64(0); ; n++ {
		if _, err := r.Peek(1); err == io.EOF {
			if n != d.members && !(d.members == math.MaxUint16 && n > d.members) {
				return fmt.Errorf("the directory has %d members and says %d", n, d.members)
			}
			return nil
		}
		if len(a.Members) == limit {
			return fmt.Errorf("more than %d members", limit)
		}
		m, err := a.readCentral(r)
		if err != nil {
			return fmt.Errorf("member %d: %w", n, err)
		}
		a.Members = append(a.Members, m)
	}
}

func (a *Archive) readCentral(r *bufio.Reader) (*Member, error) {
	var b [centralSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if string(b[:4]) != "PK\x01\x02" {
		return nil, fmt.Errorf("a central header begins with %q", b[:4])
	}
	u16 := func(i int) int { return int(binary.LittleEndian.Uint16(b[i:])) }
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	text := make([]byte, u16(28)+u16(30)+u16(32))
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	m := &Member{
		Name: string(text[:u16(28)]), Method: uint16(u16(10)), CRC: u32(16), Encrypted: u16(8)&1 != 0,
		Size: int64(u32(24)), Compressed: int64(u32(20)), header: int64(u32(42)),
	}
	m.Mode = mode(b[5], u32(38), m.Name)
	if err := m.extend(text[u16(28) : u16(28)+u16(30)]); err != nil {
		return nil, fmt.Errorf("%q: %w", m.Name, err)
	}
	m.header += a.base
	if m.Size < 0 || m.Compressed < 0 || m.header < a.base || m.header > a.end-m.Compressed {
		return nil, fmt.Errorf("%q: its bytes would be outside the archive", m.Name)
	}
	return m, nil
}

// extend takes sizes and offset from the zip64 extra field, which has those that
// do not fit into the header, in this order (APPNOTE 4.5.3).
func (m *Member) extend(extra []byte) error {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return nil // other readers pass over what follows the last whole field
		}
		field := extra[:n]
		extra = extra[n:]
		if id != 1 {
			continue
		}
		for _, v := range []*int64{&m.Size, &m.Compressed, &m.header} {
			if *v != math.MaxUint32 {
				continue
			}
			if len(field) < 8 {
				return errors.New("its zip64 field is too short")
			}
			*v, field = int64(binary.LittleEndian.Uint64(field)), field[8:]
		}
		return nil
	}
	return nil
}

// mode makes a mode of the external attributes, which only systems like Unix
// use for one (APPNOTE 4.4.2 and 4.4.15). What is a folder the name says: to
// readers that know no modes a member of another name is a file, so it is one.
func mode(madeBy byte, attributes uint32, name string) fs.FileMode {
	const unix, darwin = 3, 19
	perm, link := fs.FileMode(0o644), false
	if (madeBy == unix || madeBy == darwin) && attributes>>16 != 0 {
		perm, link = fs.FileMode(attributes>>16)&fs.ModePerm, attributes>>28 == 0xa
	}
	switch {
	case strings.HasSuffix(name, "/"):
		return fs.ModeDir | perm
	case link:
		return fs.ModeSymlink | perm
	}
	return perm
}

// markOverlaps marks members whose bytes are also another's.
func (a *Archive) markOverlaps() {
	sorted := slices.Clone(a.Members)
	slices.SortStableFunc(sorted, func(x, y *Member) int { return cmp.Compare(x.header, y.header) })
	var last *Member
	for _, m := range sorted {
		if last != nil && m.header < last.header+localSize+last.Compressed {
			m.Overlaps, last.Overlaps = true, true
		}
		if last == nil || m.header+m.Compressed > last.header+last.Compressed {
			last = m
		}
	}
}

func readAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
