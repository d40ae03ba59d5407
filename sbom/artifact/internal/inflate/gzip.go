package inflate

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"time"
)

// The reasons for a gzip stream to be corrupt.
var (
	errMagic     = errors.New("no gzip header")
	errLongName  = errors.New("gzip header with a name or comment over 511 bytes")
	errHeaderCRC = errors.New("gzip header with a wrong checksum")
	errCRC       = errors.New("checksum of the data is wrong")
	errSize      = errors.New("length of the data is wrong")
)

var errClosed = errors.New("inflate: the reader is closed")

// A Reader reads the data of a gzip stream of any number of members. It takes
// some 400 KiB, so use one again where there are many streams, and reads its
// source in pieces of 64 KiB, also past the end of the stream.
//
// Data is to be trusted only when Read has returned io.EOF, for the checksum
// comes last. Whatever is wrong with the stream is an *Error; errors of the
// source are returned as they are.
type Reader struct {
	// Header is that of the first member.
	gzip.Header

	d     decoder[byte]
	ahead *ahead    // if another goroutine decodes
	par   *parallel // if several do
	raw   bool      // DEFLATE data without the framing of gzip
	buf   []byte    // output not yet read
	err   error     // what comes after buf
	sum   checksum  // of the member so far
}

// NewReader returns a Reader of the gzip stream that r has. It reads the
// first header, and returns io.EOF if r is empty.
func NewReader(r io.Reader) (*Reader, error) {
	z := new(Reader)
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	return z, nil
}

// NewRawReader returns a Reader of the DEFLATE data, without a header or a
// checksum, that r begins with. What follows the data is ignored.
func NewRawReader(r io.Reader) *Reader {
	z := &Reader{raw: true}
	z.Reset(r)
	return z
}

// NewReaderAt returns a Reader of the gzip stream in the first size bytes of
// src. It is decoded by so many goroutines, at most 16, that run until Read returns
// an error or Close; if that is none, by Read.
//
// One goroutine is up to four megabytes ahead of what is read. Several decode parts
// of the stream at the same time, if it is long enough for that, and hold up to 64
// MiB of output and about a megabyte for each. Members of less than about four
// megabytes are then decoded by Read after all.
func NewReaderAt(src io.ReaderAt, size int64, goroutines int) (*Reader, error) {
	goroutines = max(0, min(goroutines, maxCores))
	return newReaderAt(src, size, goroutines, chunkSize(goroutines))
}

func newReaderAt(src io.ReaderAt, size int64, goroutines, chunkSize int) (*Reader, error) {
	z, err := NewReader(io.NewSectionReader(src, 0, size))
	switch {
	case err != nil || goroutines == 0:
	case goroutines > 1 && size > int64(chunkSize):
		z.par = newParallel(&z.d, src, size, goroutines, chunkSize)
	default:
		z.ahead = newAhead(&z.d)
	}
	return z, err
}

// Close ends the goroutines of a Reader from NewReaderAt, of which nothing more can
// be read then, and for any other does nothing. It does not close the source.
func (z *Reader) Close() error {
	if z.par == nil && z.ahead == nil {
		return nil
	}
	if z.par != nil {
		z.par.stop()
	} else {
		z.ahead.stop()
	}
	z.par, z.ahead = nil, nil
	if z.err == nil {
		z.buf, z.err = nil, errClosed
	}
	return nil
}

// Reset makes z read from r as if it were new. It allocates nothing for it, but a
// buffer for a zero Reader. A Reader from NewRawReader reads DEFLATE data again.
func (z *Reader) Reset(r io.Reader) error {
	z.Close()
	if z.d.out == nil {
		z.d.out = new(buffer[byte])
	}
	z.d.reset(r, 0)
	z.d.o = 0
	z.Header, z.buf, z.err, z.sum = gzip.Header{}, nil, nil, checksum{}
	if !z.raw {
		z.Header, z.err = z.d.readGzipHeader()
	}
	return z.err
}

// Read implements io.Reader.
func (z *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(z.buf) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.advance()
	}
	n := copy(p, z.buf)
	z.buf = z.buf[n:]
	return n, nil
}

// WriteTo writes all data that is left to w, and returns how many bytes that
// are. The pieces are as big as they are in memory, some megabytes at most,
// and are not copied.
func (z *Reader) WriteTo(w io.Writer) (written int64, err error) {
	for {
		if len(z.buf) > 0 {
			n, err := w.Write(z.buf)
			written += int64(n)
			z.buf = z.buf[n:]
			if err == nil && len(z.buf) > 0 {
				err = io.ErrShortWrite
			}
			if err != nil {
				return written, err
			}
		}
		if z.err != nil {
			break
		}
		z.advance()
	}
	if z.err == io.EOF {
		return written, nil
	}
	return written, z.err
}

// advance puts the next piece of the data into buf, and what comes after it if
// it is the last into err.
func (z *Reader) advance() {
	var p piece
	switch {
	case z.ahead != nil:
		p = z.ahead.next()
	case z.par != nil:
		p.data, p.err = z.par.read()
	default:
		p.data, p.err = z.d.next()
	}
	z.buf, z.err = p.data, p.err
	if !z.raw {
		z.check(p)
	}
	if z.err != nil {
		z.Close()
	}
}

// check adds p to the checksum, and at the end of a member goes on to the next.
func (z *Reader) check(p piece) {
	z.sum.add(p.data)
	if p.err != io.EOF {
		return
	}
	if z.ahead == nil {
		p.end = z.d.endMember()
	}
	z.err = p.end.check(z.sum)
	z.sum = checksum{}
	if z.err == nil && z.par != nil {
		z.par.begin(false)
	}
}

// Bits of FLG.
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
)

// readGzipHeader reads the header of a member, RFC 1952 section 2.3, and
// makes d ready to read its data:
//
//	ID1, ID2  2 bytes  1f 8b
//	CM        1 byte   8, DEFLATE
//	FLG       1 byte   which of the last four there are
//	MTIME     4 bytes  seconds since 1970, or 0
//	XFL, OS   2 bytes
//	XLEN      2 bytes  if FEXTRA: and as many bytes
//	          name     if FNAME: Latin-1, ends with a zero byte
//	          comment  if FCOMMENT: likewise
//	CRC16     2 bytes  if FHCRC: of the header so far
//
// All numbers are little-endian. It returns io.EOF if there is nothing more.
func (d *input) readGzipHeader() (h gzip.Header, err error) {
	d.restart()
	var b [10]byte
	if err := d.readFull(b[:]); err != nil {
		return h, err
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return h, d.corrupt(errMagic)
	}
	flags := b[3]
	if t := binary.LittleEndian.Uint32(b[4:]); t > 0 {
		h.ModTime = time.Unix(int64(t), 0)
	}
	h.OS = b[9]
	crc := crc32.ChecksumIEEE(b[:])
	if flags&flagExtra != 0 {
		if h.Extra, err = d.readExtra(&crc); err != nil {
			return h, d.noEOF(err)
		}
	}
	if flags&flagName != 0 {
		if h.Name, err = d.readString(&crc); err != nil {
			return h, d.noEOF(err)
		}
	}
	if flags&flagComment != 0 {
		if h.Comment, err = d.readString(&crc); err != nil {
			return h, d.noEOF(err)
		}
	}
	if flags&flagHeaderCRC != 0 {
		if err := d.readFull(b[:2]); err != nil {
			return h, d.noEOF(err)
		}
		if binary.LittleEndian.Uint16(b[:]) != uint16(crc) {
			return h, d.corrupt(errHeaderCRC)
		}
	}
	return h, nil
}

// readExtra reads a FEXTRA field and adds it to crc.
func (d *input) readExtra(crc *uint32) ([]byte, error) {
	var n [2]byte
	if err := d.readFull(n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.LittleEndian.Uint16(n[:]))
	if err := d.readFull(b); err != nil {
		return nil, err
	}
	*crc = crc32.Update(*crc, crc32.IEEETable, n[:])
	*crc = crc32.Update(*crc, crc32.IEEETable, b)
	return b, nil
}

// readString reads a name or a comment and adds it to crc. Like compress/gzip
// it bears no more than 511 bytes.
func (d *input) readString(crc *uint32) (string, error) {
	var b [512]byte
	for i := range b {
		if err := d.readFull(b[i : i+1]); err != nil {
			return "", err
		}
		if b[i] == 0 {
			*crc = crc32.Update(*crc, crc32.IEEETable, b[:i+1])
			return latin1(b[:i]), nil
		}
	}
	return "", d.corrupt(errLongName)
}

// latin1 returns the string that b is in ISO 8859-1.
func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// A checksum is what the trailer of a member has of its data.
type checksum struct {
	crc  uint32
	size uint32 // modulo 1<<32
}

func (s *checksum) add(data []byte) {
	s.crc = crc32.Update(s.crc, crc32.IEEETable, data)
	s.size += uint32(len(data))
}

// A memberEnd is what comes after the data of a member.
type memberEnd struct {
	sum  checksum
	off  int64 // of what follows the trailer
	next error // nil if another member follows; what is wrong with it, or the trailer
	cut  bool  // it is the trailer that cannot be read
}

// check returns what is wrong with a member whose data has the checksum sum, or
// with the next one, and io.EOF if that was the last.
func (e memberEnd) check(sum checksum) error {
	switch {
	case e.cut:
		return e.next
	case e.sum.crc != sum.crc:
		return &Error{e.off, errCRC}
	case e.sum.size != sum.size:
		return &Error{e.off, errSize}
	}
	return e.next
}

// endMember goes on to the data of the next member: it reads the trailer of one, of
// RFC 1952 section 2.3.1, and the header of the other:
//
//	CRC32  4 bytes  of the data
//	ISIZE  4 bytes  length of the data, modulo 1<<32
func (d *decoder[T]) endMember() memberEnd {
	var b [8]byte
	d.alignToByte()
	if err := d.readFull(b[:]); err != nil {
		return memberEnd{next: d.noEOF(err), cut: true}
	}
	e := memberEnd{off: d.off + int64(d.pos)}
	e.sum.crc = binary.LittleEndian.Uint32(b[:])
	e.sum.size = binary.LittleEndian.Uint32(b[4:])
	d.o = 0
	_, e.next = d.readGzipHeader()
	return e
}

// readFull fills p with whole bytes of the input. It returns io.EOF if there
// is none, and an Error if there are too few.
func (d *input) readFull(p []byte) error {
	for n := 0; n < len(p); {
		d.fill(1)
		if d.pos == d.end && n > 0 {
			return d.noEOF(d.srcErr)
		}
		if d.pos == d.end {
			return d.srcErr
		}
		c := copy(p[n:], d.in[d.pos:d.end])
		d.pos += c
		n += c
	}
	return nil
}
