package artifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// The start of an ar archive, and the length of the headers of its members:
//
//	name  16 bytes, filled up with spaces; some programs put a slash behind it
//	time  12, decimal
//	owner  6, group 6, decimal
//	mode   8, octal
//	size  10, decimal
//	end    2, "`\n"
//
// Members begin at even offsets. See
// https://manpages.debian.org/stable/dpkg-dev/deb.5.html
const (
	arMagic      = "!<arch>\n"
	arHeaderSize = 60
)

// An arReader reads an ar archive in order.
type arReader struct {
	r      io.Reader // of the whole archive
	size   int64     // of the archive
	offset int64     // of what follows the last header or member
	data   io.LimitedReader
}

// An arMember is a file of an ar archive.
type arMember struct {
	name         string
	offset, size int64
}

// newAR begins to read an archive.
func newAR(r io.Reader, size int64) (*arReader, error) {
	magic := make([]byte, len(arMagic))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != arMagic {
		return nil, errors.New("not an ar archive")
	}
	return &arReader{r: r, size: size, offset: int64(len(arMagic)), data: io.LimitedReader{R: r}}, nil
}

// next returns the next member, whose content is then read from a.data, or io.EOF.
func (a *arReader) next() (m arMember, err error) {
	if err := a.skip(); err != nil {
		return m, err
	}
	if a.offset == a.size {
		return m, io.EOF
	}
	var h [arHeaderSize]byte
	if _, err := io.ReadFull(a.r, h[:]); err != nil {
		return m, arError(a.offset, "a header", err)
	}
	m.size, err = strconv.ParseInt(strings.TrimRight(string(h[48:58]), " "), 10, 64)
	if err != nil || m.size < 0 || !bytes.Equal(h[58:], []byte("`\n")) {
		return m, fmt.Errorf("at byte %d: a damaged header", a.offset)
	}
	m.name = strings.TrimSuffix(strings.TrimRight(string(h[:16]), " "), "/")
	m.offset = a.offset + arHeaderSize
	if m.size > a.size-m.offset {
		return m, arError(a.offset, fmt.Sprintf("a member of %d bytes", m.size), io.ErrUnexpectedEOF)
	}
	a.offset = m.offset + m.size
	a.data.N = m.size
	return m, nil
}

// skip passes over what is left of a member, and the byte after one of odd size,
// which the last member may lack.
func (a *arReader) skip() error {
	if err := discardN(&a.data, a.data.N); err != nil {
		return arError(a.offset, "a member", err)
	}
	if a.offset%2 == 0 || a.offset == a.size {
		return nil
	}
	a.offset++
	return discardN(a.r, 1)
}

func arError(offset int64, what string, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("at byte %d: %s: %w", offset, what, err)
}

// discardN reads n bytes and forgets them.
func discardN(r io.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

// coded keeps an error that has a code, and gives others the given one.
func coded(code string, err error) error {
	if hasCode(err) {
		return err
	}
	return sbom.Faultf(code, "%w", err)
}
