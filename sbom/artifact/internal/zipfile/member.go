package zipfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/klauspost/compress/flate"
)

// ErrUnsupported means that a member is encrypted or compressed by a method that
// this package does not read.
var ErrUnsupported = errors.New("not supported")

// ErrMismatch means that a member's local header says something else than the
// central directory.
var ErrMismatch = errors.New("the local header differs from the directory")

// The methods of compression that are read.
const (
	Store   = 0
	Deflate = 8
)

// A local header is 30 bytes, a name and extra fields:
//
//	 0  "PK\3\4"                  14  CRC-32: uint32
//	 4  needs: uint16            18  compressed size: uint32
//	 6  flags: uint16            22  size: uint32
//	 8  method: uint16           26  length of name, extra: 2 uint16
//	10  time, date: 2 uint16
const (
	localSize  = 30
	localMagic = "PK\x03\x04"
)

// Data returns where the compressed bytes of m are. An ErrMismatch comes with
// them: by the directory alone they can be read.
func (a *Archive) Data(m *Member) (*io.SectionReader, error) {
	b := make([]byte, min(localSize+int64(len(m.Name)), a.end-m.header))
	if err := readAt(a.r, b, m.header); err != nil {
		return nil, err
	}
	if len(b) < localSize || string(b[:4]) != localMagic {
		return nil, fmt.Errorf("%w: there is none", ErrMismatch)
	}
	nameLength, extraLength := binary.LittleEndian.Uint16(b[26:]), binary.LittleEndian.Uint16(b[28:])
	start := m.header + localSize + int64(nameLength) + int64(extraLength)
	if start > a.end-m.Compressed {
		return nil, fmt.Errorf("the bytes of the member would be outside the archive")
	}
	data := io.NewSectionReader(a.r, start, m.Compressed)
	if string(b[localSize:]) != m.Name || int(nameLength) != len(m.Name) {
		return data, fmt.Errorf("%w: another name", ErrMismatch)
	}
	return data, m.compare(b)
}

// compare compares a local header with the directory. Sizes and checksum may be
// zero there, if they are in a descriptor that follows the bytes, or in a zip64
// field.
func (m *Member) compare(b []byte) error {
	const encrypted, descriptor = 1 << 0, 1 << 3
	flags, method := binary.LittleEndian.Uint16(b[6:]), binary.LittleEndian.Uint16(b[8:])
	crc, compressed, size := binary.LittleEndian.Uint32(b[14:]), binary.LittleEndian.Uint32(b[18:]), binary.LittleEndian.Uint32(b[22:])
	later := flags&descriptor != 0
	same := func(local uint32, central int64) bool {
		return int64(local) == central || local == math.MaxUint32 || later && local == 0
	}
	switch {
	case method != m.Method:
		return fmt.Errorf("%w: method %d, not %d", ErrMismatch, method, m.Method)
	case (flags&encrypted != 0) != m.Encrypted:
		return fmt.Errorf("%w: encrypted in one of them", ErrMismatch)
	case !same(size, m.Size) || !same(compressed, m.Compressed):
		return fmt.Errorf("%w: other sizes", ErrMismatch)
	case crc != m.CRC && !(later && crc == 0):
		return fmt.Errorf("%w: another checksum", ErrMismatch)
	}
	return nil
}

// Read returns a reader of the bytes of m, of which data are the compressed ones.
// It fails at the end if size or checksum are not those of the directory, and
// never gives more than the size and one byte.
func (m *Member) Read(data io.Reader) (io.Reader, error) {
	switch {
	case m.Encrypted:
		return nil, fmt.Errorf("%w: encrypted", ErrUnsupported)
	case m.Method == Store:
		return &checked{r: data, member: m}, nil
	case m.Method == Deflate:
		return &checked{r: flate.NewReader(data), member: m}, nil
	default:
		return nil, fmt.Errorf("%w: compression method %d", ErrUnsupported, m.Method)
	}
}

// checked compares what is read with what the directory promises.
type checked struct {
	r      io.Reader
	member *Member
	size   int64
	crc    uint32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.size += int64(n)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	switch {
	case c.size > c.member.Size:
		return 0, fmt.Errorf("more than the %d bytes that the directory says", c.member.Size)
	case err != io.EOF:
		return n, err
	case c.size < c.member.Size:
		return n, fmt.Errorf("%d bytes, %d by the directory", c.size, c.member.Size)
	case c.crc != c.member.CRC:
		return n, fmt.Errorf("checksum %08x, %08x by the directory", c.crc, c.member.CRC)
	}
	return n, io.EOF
}
