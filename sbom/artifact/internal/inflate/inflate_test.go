package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// outcome is what reading a stream came to.
type outcome struct {
	data []byte
	end  string // "complete", "truncated", "corrupt" or the source's error
}

// readAll reads r to its end.
func readAll(r io.Reader, err error) outcome {
	var o outcome
	if err == nil {
		o.data, err = io.ReadAll(r)
	}
	var inflateErr *Error
	var flateErr flate.CorruptInputError
	switch {
	case err == nil:
		o.end = "complete"
	case errors.Is(err, io.ErrUnexpectedEOF):
		o.end = "truncated"
	case errors.As(err, &inflateErr), errors.As(err, &flateErr), err == gzip.ErrHeader, err == gzip.ErrChecksum:
		o.end = "corrupt"
	default:
		o.end = err.Error()
	}
	return o
}

// readers are the ones under test and those of the standard library, each
// used again and again.
type readers struct {
	gzip, raw *Reader
	theirGzip *gzip.Reader
	theirRaw  io.ReadCloser
}

func newReaders() *readers {
	return &readers{new(Reader), NewRawReader(nil), new(gzip.Reader), flate.NewReader(nil)}
}

// sameGzip fails t unless the gzip stream in comes to the same by either, and
// returns what that is.
func (r *readers) sameGzip(t *testing.T, name string, in []byte) outcome {
	t.Helper()
	got := readAll(r.gzip, r.gzip.Reset(bytes.NewReader(in)))
	want := readAll(r.theirGzip, r.theirGzip.Reset(bytes.NewReader(in)))
	same(t, name, got, want)
	return want
}

// sameRaw does so for the DEFLATE data in.
func (r *readers) sameRaw(t *testing.T, name string, in []byte) outcome {
	t.Helper()
	got := readAll(r.raw, r.raw.Reset(bytes.NewReader(in)))
	want := readAll(r.theirRaw, r.theirRaw.(flate.Resetter).Reset(bytes.NewReader(in), nil))
	same(t, name, got, want)
	return want
}

// yields fails t unless the gzip stream in has the given data.
func (r *readers) yields(t *testing.T, name string, in io.Reader, data []byte) {
	t.Helper()
	same(t, name, readAll(r.gzip, r.gzip.Reset(in)), outcome{data, "complete"})
}

// same fails t unless both outcomes are the same.
func same(t *testing.T, name string, ours, theirs outcome) {
	t.Helper()
	if ours.end != theirs.end {
		t.Errorf("%s: %s, want %s", name, ours.end, theirs.end)
	}
	if !bytes.Equal(ours.data, theirs.data) {
		i := 0
		for i < len(ours.data) && i < len(theirs.data) && ours.data[i] == theirs.data[i] {
			i++
		}
		t.Errorf("%s: data differ at byte %d of %d, want %d", name, i, len(ours.data), len(theirs.data))
	}
}

// A splitReader returns pieces of at most size bytes.
type splitReader struct {
	r    io.Reader
	size int
}

func (s *splitReader) Read(p []byte) (int, error) {
	return s.r.Read(p[:min(len(p), s.size)])
}

// wrap makes a gzip stream of the DEFLATE data raw, whatever it is, with the
// trailer of data.
func wrap(raw, data []byte) []byte {
	b := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, raw...)
	crc, n := crc32.ChecksumIEEE(data), uint32(len(data))
	return append(b, byte(crc), byte(crc>>8), byte(crc>>16), byte(crc>>24), byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

// deflate returns the DEFLATE data that compress/flate makes of data.
func deflate(tb testing.TB, data []byte, level int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// samples are data of different kinds, each big enough to fill a window.
func samples() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 300_000)
	for i := range random {
		random[i] = byte(rnd.Uint32())
	}
	words := make([]byte, 0, 600_000)
	for len(words) < 500_000 {
		words = fmt.Appendf(words, "%x %d\n", rnd.Uint32N(500), rnd.Uint32N(50))
	}
	skewed := make([]byte, 300_000)
	for i := range skewed {
		skewed[i] = byte(rnd.ExpFloat64() * 4)
	}
	mixed := bytes.Clone(words)
	for i := 0; i < len(mixed); i += 20_000 {
		copy(mixed[i:], random[i%len(random):][:min(5_000, i/100)])
	}
	return map[string][]byte{
		"empty":  nil,
		"byte":   {7},
		"random": random,
		"words":  words,
		"skewed": skewed,
		"zeros":  make([]byte, 700_000),
		"period": bytes.Repeat([]byte("abcdefghijklmnopq"), 30_000),
		"mixed":  mixed,
	}
}

func TestEveryLevel(t *testing.T) {
	long(t)
	r := newReaders()
	for name, data := range samples() {
		for level := flate.HuffmanOnly; level <= 9; level++ {
			gz := wrap(deflate(t, data, level), data)
			r.yields(t, fmt.Sprintf("%s, level %d", name, level), bytes.NewReader(gz), data)
		}
	}
}

func TestSplitReads(t *testing.T) {
	r := newReaders()
	data := samples()["mixed"]
	gz := wrap(deflate(t, data, 6), data)
	for _, size := range []int{1, 2, 3, 7, 8, 9, 1023, 1024, 1025, 65519, 65520} {
		r.yields(t, fmt.Sprintf("%d bytes at a time", size), &splitReader{bytes.NewReader(gz), size}, data)
	}
	r.yields(t, "data with the error", iotest.DataErrReader(bytes.NewReader(gz)), data)
	z, err := NewReader(bytes.NewReader(gz))
	same(t, "one byte wanted", readAll(iotest.OneByteReader(z), err), outcome{data, "complete"})
}

func TestTruncatedAnywhere(t *testing.T) {
	r := newReaders()
	for name, data := range samples() {
		data = data[:min(len(data), 2000)]
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			gz := wrap(deflate(t, data, level), data)
			for n := range gz {
				r.sameGzip(t, fmt.Sprintf("%s, level %d, %d bytes", name, level, n), gz[:n])
			}
		}
	}
}

func TestEveryBitFlipped(t *testing.T) {
	long(t)
	r := newReaders()
	for name, data := range samples() {
		data = data[:min(len(data), 1000)]
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			gz := wrap(deflate(t, data, level), data)
			for i := range len(gz) * 8 {
				gz[i/8] ^= 1 << (i % 8)
				r.sameGzip(t, fmt.Sprintf("%s, level %d, bit %d", name, level, i), gz)
				gz[i/8] ^= 1 << (i % 8)
			}
		}
	}
}
