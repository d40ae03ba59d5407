package artifact

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/manifestgen/manifestgen/sbom"
)

// A compression is a format of compressed data.
type compression struct {
	name  string
	magic string
	open  func(io.Reader) (io.ReadCloser, error)
}

// Windows larger than these are refused: a decoder must hold one in memory.
const (
	maxXZWindow   = 64 << 20
	maxZstdWindow = 128 << 20
)

var compressions = []compression{
	{"gzip", "\x1f\x8b\x08", openGzip},     // RFC 1952, 2.3.1
	{"zstd", "\x28\xb5\x2f\xfd", openZstd}, // RFC 8878, 3.1.1
	{"xz", "\xfd7zXZ\x00", openXZ},         // https://tukaani.org/xz/xz-file-format.txt, 2.1.1.1
	{"bzip2", "BZh", openBzip2},
}

func openGzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(1<<63-1))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func openXZ(r io.Reader) (io.ReadCloser, error) {
	d, err := xz.NewReader(r, maxXZWindow)
	return io.NopCloser(d), err
}

func openBzip2(r io.Reader) (io.ReadCloser, error) {
	return io.NopCloser(bzip2.NewReader(r)), nil
}

// compressionOf returns the compression that data beginning with head has.
func compressionOf(head []byte) (compression, bool) {
	for _, c := range compressions {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return c, true
		}
	}
	return compression{}, false
}

// A ledger counts the bytes that one artifact has expanded to.
type ledger struct {
	left atomic.Int64
}

func newLedger(l sbom.Limits) *ledger {
	b := &ledger{}
	b.left.Store(l.Expanded)
	return b
}

// A metered reader charges a ledger for all that is read.
type metered struct {
	io.Reader
	*ledger
}

func (m metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if m.left.Add(-int64(n)) < 0 {
		return n, sbom.Faultf("limit.expanded", "the artifact expands to more than the limit")
	}
	return n, err
}

// decompress opens compressed data. Errors of the data are Faults.
func decompress(c compression, r io.Reader, l *ledger) (*bufio.Reader, io.Closer, error) {
	d, err := c.open(bufio.NewReaderSize(r, 64<<10))
	if err != nil {
		return nil, nil, sbom.Faultf("compress.corrupt", "%s: %w", c.name, err)
	}
	return bufio.NewReaderSize(corrupt{metered{d, l}, c.name}, 64<<10), d, nil
}

// corrupt gives the errors of a decompressor their code.
type corrupt struct {
	io.Reader
	name string
}

func (c corrupt) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if _, ok := err.(*sbom.Fault); ok {
		return n, err
	}
	return n, &sbom.Fault{Code: "compress.corrupt", Err: fmt.Errorf("%s: %w", c.name, err)}
}
