// Package rpmfile reads .rpm files: what stands before the payload, and what is
// needed to read the payload.
//
// The format is described at
// https://rpm-software-management.github.io/rpm/manual/format_v4.html:
//
//	| lead, 96 bytes | signature header | zeros to a multiple of 8 | header | payload |
//
// The lead is of no use since the 1990s but for its magic number. The signature
// header has digests and signatures of what follows it. The payload is a
// compressed cpio archive; package cpio reads it once it is decompressed.
package rpmfile

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/cpio"
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

// Tags of the signature header that have another meaning there.
const (
	sigSize     header.Tag = 1000 // of header and payload
	sigLongSize header.Tag = 270
)

// File is what stands before the payload of a .rpm file.
type File struct {
	Signature *header.Header
	Header    *header.Header

	// Payload is the offset of the payload, Size the size that header and
	// payload should have together, 0 if that is not said.
	Payload, Size int64

	headerOffset int64
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
	f := &File{Signature: signature, headerOffset: (next + 7) &^ 7}
	var err error
	if f.Header, f.Payload, err = readHeader(r, f.headerOffset, size); f.Header == nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	_, digestErr := f.Header.Verify(signature)
	if n, ok := signature.Number(sigLongSize); ok {
		f.Size = int64(min(n, 1<<62))
	} else if n, ok := signature.Number(sigSize); ok {
		f.Size = int64(n)
	}
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

// CheckSize returns an error if a file of the given size is not as long as the
// signature header says.
func (f *File) CheckSize(size int64) error {
	if have := size - f.headerOffset; f.Size != 0 && have != f.Size {
		return fmt.Errorf("header and payload have %d bytes, should have %d", have, f.Size)
	}
	return nil
}

// Compressor returns what the payload is compressed with: "gzip", "bzip2",
// "xz", "lzma" or "zstd", and "none" or "" if it is not.
func (f *File) Compressor() string {
	if !f.Header.Has(header.PayloadCompressor) {
		return "gzip"
	}
	return f.Header.Text(header.PayloadCompressor)
}

// PayloadDigest returns a hash to feed the compressed payload to, and what its
// sum in hexadecimal should be; nil if the package does not say.
func (f *File) PayloadDigest() (sum hash.Hash, want string) {
	want = f.Header.Text(header.PayloadDigest)
	algorithm, _ := f.Header.Number(header.PayloadDigestAlgo)
	const (
		openPGPSHA256 = 8
		openPGPSHA512 = 10
	)
	switch {
	case want != "" && (algorithm == openPGPSHA256 || algorithm == 0):
		return sha256.New(), want
	case want != "" && algorithm == openPGPSHA512:
		return sha512.New(), want
	}
	return nil, ""
}

// Files returns a function for cpio.NewReader: the i-th file of the package as
// it stands in the payload. Of several names of one file only the last has the
// content; they share an inode number.
func (f *File) Files() (func(i int) (cpio.Entry, bool), error) {
	files, err := f.Header.Files()
	modes := f.Header.Numbers(header.FileModes)
	inodes := f.Header.Numbers(header.FileInodes)
	last := map[uint32]int{}
	for i, inode := range inodes {
		if i < len(modes) && isRegular(modes[i]) {
			last[inode] = i
		}
	}
	return func(i int) (cpio.Entry, bool) {
		if i < 0 || i >= files.Len() || i >= len(modes) {
			return cpio.Entry{}, false
		}
		folder, name := files.Path(i)
		e := cpio.Entry{Name: folder + name, Mode: modes[i], Size: f.size(i)}
		if i < len(inodes) {
			e.Inode = inodes[i]
		}
		hard := isRegular(modes[i]) && i < len(inodes) && last[inodes[i]] != i
		if hard || !isRegular(modes[i]) && !isLink(modes[i]) {
			e.Size = 0
		}
		return e, true
	}, err
}

func isRegular(mode uint32) bool { return mode&0o170000 == 0o100000 }

func isLink(mode uint32) bool { return mode&0o170000 == 0o120000 }

// size returns the size of file i.
func (f *File) size(i int) int64 {
	n, ok := f.Header.NumberAt(header.LongFileSizes, i)
	if !ok {
		n, _ = f.Header.NumberAt(header.FileSizes, i)
	}
	return int64(min(n, 1<<62))
}
