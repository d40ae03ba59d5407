package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// inParallel reads the gzip stream in by three goroutines, and returns also how
// many chunks were of use.
func inParallel(in []byte, chunkSize int) (outcome, int) {
	z, err := newReaderAt(bytes.NewReader(in), int64(len(in)), 3, chunkSize)
	if err != nil {
		return readAll(nil, err), 0
	}
	p := z.par
	o := readAll(z, nil)
	z.Close()
	if p == nil {
		return o, 0
	}
	return o, p.used
}

// TestParallel reads samples with chunks of all sizes. Most of the big ones must
// be of use, unless they are shorter than a block.
func TestParallel(t *testing.T) {
	for name, data := range samples() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6} {
			gz := wrap(deflate(t, data, level), data)
			for _, size := range []int{7, 100, 5000, 30_000} {
				if len(gz)/size > 1000 {
					continue
				}
				name := fmt.Sprintf("%s, level %d, chunks of %d bytes", name, level, size)
				got, used := inParallel(gz, size)
				same(t, name, got, outcome{data, "complete"})
				if size == 30_000 && level != 0 && used < len(gz)/size/2 {
					t.Errorf("%s: %d chunks used of %d bytes", name, used, len(gz))
				}
			}
		}
	}
}

func TestNewReaderAt(t *testing.T) {
	s := samples()
	data := append(bytes.Repeat(s["random"], 4), s["words"]...)
	gz := wrap(deflate(t, data, 6), data)
	for _, n := range []int{-1, 0, 1, 2, 16, 1000} {
		z, err := NewReaderAt(bytes.NewReader(gz), int64(len(gz)), n)
		if err != nil {
			t.Fatal(err)
		}
		several := n > 1 && len(gz) > chunkSize(min(n, maxCores))
		if (z.par != nil) != several || (z.ahead != nil) != (n > 0 && !several) {
			t.Errorf("%d goroutines for %d bytes: parallel %t, ahead %t", n, len(gz), z.par != nil, z.ahead != nil)
		}
		same(t, fmt.Sprint(n, " goroutines"), readAll(z, nil), outcome{data, "complete"})
	}
	if _, err := NewReaderAt(bytes.NewReader(nil), 0, 2); err != io.EOF {
		t.Errorf("%v of an empty file", err)
	}
}

// embed returns a gzip stream with data that are compressed already, by
// level. Level 0 puts blocks within stored blocks.
func embed(t *testing.T, level int) (gz, data []byte) {
	s := samples()
	for range 8 {
		inner := s["words"]
		data = append(data, wrap(deflate(t, inner, 6), inner)...)
		data = append(data, wrap(deflate(t, s["random"], 0), s["random"])...)
	}
	return wrap(deflate(t, data, level), data), data
}

func TestParallelEmbedded(t *testing.T) {
	for _, level := range []int{0, 1, 6} {
		gz, data := embed(t, level)
		got, used := inParallel(gz, 100_000)
		same(t, fmt.Sprint("level ", level), got, outcome{data, "complete"})
		if used < 10 {
			t.Errorf("level %d: %d chunks used of %d bytes", level, used, len(gz))
		}
	}
}

// TestParallelMembers reads members of all sizes. Of those that have many chunks
// most must be of use.
func TestParallelMembers(t *testing.T) {
	data := samples()["words"]
	long := wrap(deflate(t, data, 6), data)
	short := wrap(deflate(t, data[:9000], 6), data[:9000])
	empty := wrap(deflate(t, nil, 6), nil)
	const size = 30_000
	got, used := inParallel(bytes.Repeat(long, 5), size)
	same(t, "five members", got, outcome{bytes.Repeat(data, 5), "complete"})
	if used < 5*len(long)/size/2 {
		t.Errorf("%d chunks used of five times %d bytes", used, len(long))
	}
	got, _ = inParallel(bytes.Repeat(short, 100), size)
	same(t, "short members", got, outcome{bytes.Repeat(data[:9000], 100), "complete"})
	got, _ = inParallel(bytes.Join([][]byte{short, empty, long, bytes.Repeat(empty, 2000), long}, nil), size)
	same(t, "empty members", got, outcome{bytes.Join([][]byte{data[:9000], data, data}, nil), "complete"})
	got, _ = inParallel(append(bytes.Clone(long), "more"...), size)
	same(t, "more behind it", got, outcome{data, "truncated"})
}

// TestParallelCorrupt holds the parallel reader to what the standard library
// says of streams with some bytes changed, or cut short.
func TestParallelCorrupt(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	r := newReaders()
	for name, data := range samples() {
		whole := wrap(deflate(t, data, 6), data)
		for round := range 20 {
			gz := bytes.Repeat(whole, 1+round%2)
			for range rnd.IntN(3) {
				gz[rnd.IntN(len(gz))] ^= byte(1 << rnd.IntN(8))
			}
			gz = gz[:len(gz)-rnd.IntN(2)*rnd.IntN(len(gz))]
			name := fmt.Sprintf("%s, round %d", name, round)
			got, _ := inParallel(gz, 1+len(gz)/10)
			same(t, name, got, r.sameGzip(t, name, gz))
		}
	}
}

// TestParallelFull reads zeros, of which a chunk has more than it may hold. They
// are in blocks of a megabyte.
func TestParallelFull(t *testing.T) {
	data := make([]byte, 100_000_000)
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	for piece := range slices.Chunk(data, 1_000_000) {
		w.Write(piece)
		w.Flush()
	}
	w.Close()
	gz := wrap(b.Bytes(), data)
	z, err := newReaderAt(bytes.NewReader(gz), int64(len(gz)), 3, len(gz)/4)
	if err != nil {
		t.Fatal(err)
	}
	p := z.par
	same(t, "zeros", readAll(z, nil), outcome{data, "complete"})
	memory := 0
	for _, c := range p.free {
		memory += 2*cap(c.marked) + cap(c.plain)
	}
	if p.used < 2 || memory > maxMemory {
		t.Errorf("%d chunks used, %d bytes", p.used, memory)
	}
}

// TestParallelBeforeStart reads a chunk with a match that reaches back before
// the start of the stream.
func TestParallelBeforeStart(t *testing.T) {
	var w bitWriter
	w.stored(0, bytes.Repeat([]byte("data"), 100))
	w.stored(0, bytes.Repeat([]byte("more"), 100))
	w.dynamic(0, lens(258, map[int]int{endOfBlock: 1, 257: 1}), lens(30, map[int]int{0: 1, 29: 1}))
	w.put(1|1<<1, 2)  // a match of three bytes,
	w.put(0x1555, 13) // 30000 bytes back
	w.put(0, 1)
	w.stored(0, bytes.Repeat([]byte("rest"), 100))
	w.stored(1, nil)
	r := newReaders()
	gz := wrap(w.b, nil)
	want := r.sameGzip(t, "one core", gz)
	for size := 10; size < len(gz); size += 10 {
		got, _ := inParallel(gz, size)
		same(t, fmt.Sprintf("chunks of %d bytes", size), got, want)
	}
}

// TestParallelHostile reads on several cores what is hostile to one.
func TestParallelHostile(t *testing.T) {
	for name, raw := range hostile(t) {
		data := readAll(flate.NewReader(bytes.NewReader(raw)), nil).data
		got, _ := inParallel(wrap(raw, data), 1+len(raw)/20)
		same(t, name, got, outcome{data, "complete"})
	}
}

// TestParallelWork sees how much is done for nothing when chunks are never of
// use: the blocks are in the fixed codes, and look as if they had others.
func TestParallelWork(t *testing.T) {
	data := samples()["random"]
	var w bitWriter
	c := fixedCode()
	for i, b := range data {
		if i%50_000 == 0 {
			if i > 0 {
				w.symbol(c, endOfBlock)
			}
			w.put(1<<1, 3)
		}
		w.symbol(c, int(b))
	}
	w.symbol(c, endOfBlock)
	w.put(3, 10)
	gz := wrap(w.b, data)
	z, err := newReaderAt(bytes.NewReader(gz), int64(len(gz)), 2, 5000)
	if err != nil {
		t.Fatal(err)
	}
	p := z.par
	same(t, "fixed", readAll(z, nil), outcome{data, "complete"})
	if p.used > 1 || p.wasted > 10 {
		t.Errorf("%d chunks used, %d wasted", p.used, p.wasted)
	}
}

// fixedCode is the one of literals and lengths, RFC 1951 section 3.2.6.
func fixedCode() testCode {
	lens := bytes.Join([][]byte{
		bytes.Repeat([]byte{8}, 144), bytes.Repeat([]byte{9}, 112),
		bytes.Repeat([]byte{7}, 24), bytes.Repeat([]byte{8}, 8),
	}, nil)
	l := make([]int, len(lens))
	for i, n := range lens {
		l[i] = int(n)
	}
	return newTestCode(l)
}

// TestParallelClose closes a Reader in the midst, and twice.
func TestParallelClose(t *testing.T) {
	data := samples()["mixed"]
	gz := wrap(deflate(t, data, 6), data)
	before := runtime.NumGoroutine()
	for _, n := range []int64{0, 1, 100_000} {
		z, err := newReaderAt(bytes.NewReader(gz), int64(len(gz)), 2, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, z, n); err != nil {
			t.Error(err)
		}
		z.Close()
		z.Close()
		if n, err := z.Read(make([]byte, 1)); n > 0 || err != errClosed {
			t.Errorf("read %d bytes after Close, %v", n, err)
		}
	}
	noMore(t, before)
}

// A brokenReader fails from an offset on.
type brokenReader struct {
	io.ReaderAt
	from int64
}

var errBroken = errors.New("broken")

func (b brokenReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		n, _ := b.ReaderAt.ReadAt(p[:max(0, b.from-off)], off)
		return n, errBroken
	}
	return b.ReaderAt.ReadAt(p, off)
}

func TestParallelReadError(t *testing.T) {
	data := samples()["mixed"]
	gz := wrap(deflate(t, data, 6), data)
	for _, from := range []int64{5, 70_000, int64(len(gz)) - 4} {
		src := brokenReader{bytes.NewReader(gz), from}
		want := readAll(gzipReader(io.NewSectionReader(src, 0, int64(len(gz)))))
		for cores := range 3 {
			z, err := newReaderAt(src, int64(len(gz)), cores, 10_000)
			same(t, fmt.Sprintf("from %d, %d cores", from, cores), readAll(z, err), want)
		}
		if want.end != errBroken.Error() {
			t.Errorf("from %d: want %s", from, want.end)
		}
	}
}

func gzipReader(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
