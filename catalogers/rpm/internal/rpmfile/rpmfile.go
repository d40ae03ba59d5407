// Package rpmfile reads what stands before the payload of .rpm files.
//
// The format is described at
// https://rpm-software-management.github.io/rpm/manual/format_v4.html:
//
//	| lead, 96 bytes | signature header | zeros to a multiple of 8 | header | payload |
//
// The lead is of no use since the 1990s but for its magic number. The signature
// header has digests and signatures of what follows it. The payload is a
// compressed cpio archive, and not read here.
package rpmfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
)

const (
	leadSize  = 96
	introSize = 16
	maxHeader = 64 << 20 // the largest headers that are known have 20 MiB
)

var (
	leadMagic   = []byte{0xed, 0xab, 0xee, 0xdb}
	headerMagic = []byte{0x8e, 0xad, 0xe8, 1}
)

// File is what stands before the payload of a .rpm file.
type File struct {
	Signature *header.Header
	Header    *header.Header

	// Payload is the offset of the payload.
	Payload int64
}

// Is reports whether b, the first bytes of a file, begin a .rpm file.
func Is(b []byte) bool { return bytes.HasPrefix(b, leadMagic) }

// Read reads the .rpm file r of the given size. The file may end before the
// payload. It checks the digest of the header. If parts are damaged it returns
// an error; the File is nil only if there is no header to be read.
func Read(r io.ReaderAt, size int64) (*File, error) {
	lead := make([]byte, len(leadMagic))
	if _, err := r.ReadAt(lead, 0); err != nil || !Is(lead) {
		return nil, fmt.Errorf("lead: magic number %x", lead)
	}
	signature, next, sigErr := readHeader(r, leadSize, size)
	if signature == nil {
		return nil, fmt.Errorf("signature header: %w", sigErr)
	}
	f := &File{Signature: signature}
	var err error
	if f.Header, f.Payload, err = readHeader(r, (next+7)&^7, size); f.Header == nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	_, digestErr := f.Header.Verify(signature)
	return f, errors.Join(wrap("signature header", sigErr), wrap("header", err), digestErr)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// readHeader reads the header at off and returns where it ends:
//
//	0       4          8           12          16
//	| magic | reserved | entries n | data size | n * 16 bytes of index | data |
func readHeader(r io.ReaderAt, off, size int64) (*header.Header, int64, error) {
	intro := make([]byte, introSize)
	if _, err := r.ReadAt(intro, off); err != nil {
		return nil, 0, err
	}
	if !bytes.HasPrefix(intro, headerMagic) {
		return nil, 0, fmt.Errorf("magic number %x at offset %d", intro[:4], off)
	}
	n := int64(binary.BigEndian.Uint32(intro[8:]))*16 + int64(binary.BigEndian.Uint32(intro[12:]))
	if left := size - off - introSize; n > left || n > maxHeader {
		return nil, 0, fmt.Errorf("%d bytes of header at offset %d in the last %d bytes", n, off, left)
	}
	blob := make([]byte, 8+n)
	if _, err := r.ReadAt(blob, off+8); err != nil {
		return nil, 0, err
	}
	h, err := header.Parse(blob)
	return h, off + introSize + n, err
}
