package artifact

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact/internal/inflate"
)

// A compression is a format of compressed data.
type compression struct {
	name  string
	magic []string // one of these; "?" is any byte
	open  func(io.Reader) (io.ReadCloser, error)
}

// magicSize is the length of the longest magic.
const magicSize = 10

var compressions = []compression{
	{"gzip", []string{"\x1f\x8b\x08"}, openGzip},     // RFC 1952, 2.3.1
	{"zstd", []string{"\x28\xb5\x2f\xfd"}, openZstd}, // RFC 8878, 3.1.1
	{"xz", []string{"\xfd7zXZ\x00"}, openXZ},         // https://tukaani.org/xz/xz-file-format.txt, 2.1.1.1

	// A digit, and the first mark of a block or the mark of the end.
	{"bzip2", []string{"BZh?1AY&SY", "BZh?\x17rE8P\x90"}, openBzip2},
}

// compressionOf returns the compression that data beginning with head has.
func compressionOf(head []byte) (compression, bool) {
	for _, c := range compressions {
		for _, magic := range c.magic {
			if matches(head, magic) {
				return c, true
			}
		}
	}
	return compression{}, false
}

func matches(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i, c := range []byte(magic) {
		if c != head[i] && c != '?' {
			return false
		}
	}
	return true
}

// Windows larger than these are refused: a decoder must hold one in memory.
const (
	maxXZWindow   = 64 << 20
	maxZstdWindow = 128 << 20
)

func openGzip(r io.Reader) (io.ReadCloser, error) {
	d, err := inflate.NewReader(r)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// longStream is the size from which on a gzip stream is worth goroutines of its own,
// if it is the artifact or a layer of it: inside one, several streams share the
// cores.
const longStream = 2 << 20

// isLong reports whether s, compressed so, is such a stream.
func isLong(c compression, s *section) bool {
	return c.name == "gzip" && s.size >= longStream
}

// openBeside opens a gzip stream that can be read at random, to be inflated by so
// many goroutines.
func openBeside(s *section, helpers int) (io.ReadCloser, error) {
	d, err := inflate.NewReaderAt(s, s.size, helpers)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// allHelpers returns how many goroutines may help to read one stream if there is no
// other: one for each core, if there are several.
func allHelpers() int {
	n := runtime.GOMAXPROCS(0)
	if n == 1 {
		return 0
	}
	return n
}

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

// expanded is decompressed data that can be looked at before it is read.
type expanded struct {
	*bufio.Reader
	io.Closer
	kind string // of the compression
}

// bufferSize is that of the buffers before and behind a decompressor.
const bufferSize = 64 << 10

// decompress opens compressed data, of which head was read from r already. Errors
// of the data are Faults.
func decompress(c compression, head []byte, r io.Reader, w *walker) (*expanded, error) {
	var d io.ReadCloser
	var err error
	if s, ok := r.(*section); ok && w.depth == 0 && w.helpers > 0 && isLong(c, s) {
		d, err = openBeside(s, w.helpers)
	} else {
		d, err = c.open(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head), r), bufferSize))
	}
	if err != nil {
		return nil, corruptFault(c.name, err)
	}
	checked := corrupt{metered{d, w}, c.name}
	return &expanded{bufio.NewReaderSize(checked, bufferSize), d, c.name}, nil
}

// isTar reports whether the data is a tar archive. The error is that of reading
// its beginning.
func (x *expanded) isTar() (bool, error) {
	head, err := x.Peek(tarBlock)
	if err == io.EOF {
		err = nil
	}
	return isTarHeader(head), err
}

// corrupt gives the errors of a decompressor their code.
type corrupt struct {
	io.Reader
	name string
}

func (c corrupt) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = corruptFault(c.name, err)
	}
	return n, err
}

// corruptFault returns err, of a decompressor, with a code. An error that has one
// is that of a reader below.
func corruptFault(name string, err error) error {
	if err = ioFault(err); hasCode(err) {
		return err
	}
	return &sbom.Fault{Code: "compress.corrupt", Err: fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), name+": "))}
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

// A metered reader charges the ledger of a walk for all that is read, and ends
// with the walk.
type metered struct {
	io.Reader
	*walker
}

func (m metered) Read(p []byte) (int, error) {
	if err := context.Cause(m.ctx); err != nil {
		return 0, err
	}
	n, err := m.Reader.Read(p)
	if m.ledger.left.Add(-int64(n)) < 0 {
		return n, sbom.Faultf("limit.expanded", "the artifact expands to more than the limit")
	}
	return n, err
}
