package inflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// readAhead reads the gzip stream in by a goroutine of its own.
func readAhead(in []byte) outcome {
	z, err := NewReaderAt(bytes.NewReader(in), int64(len(in)), 1)
	return readAll(z, err)
}

// TestAhead reads streams longer than all buffers and members of all sizes.
func TestAhead(t *testing.T) {
	s := samples()
	long := bytes.Repeat(s["mixed"], 1+2*aheadBuffers*outSize/len(s["mixed"]))
	for _, data := range [][]byte{nil, s["random"][:1], s["words"], long} {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6} {
			gz := wrap(deflate(t, data, level), data)
			name := fmt.Sprintf("%d bytes, level %d", len(data), level)
			same(t, name, readAhead(gz), outcome{data, "complete"})
			same(t, name+", twice", readAhead(slices.Concat(gz, gz)), outcome{slices.Concat(data, data), "complete"})
		}
	}
	empty := wrap(deflate(t, nil, 6), nil)
	same(t, "empty members", readAhead(bytes.Repeat(empty, 2000)), outcome{nil, "complete"})
	same(t, "more behind it", readAhead(append(empty, "more"...)), outcome{nil, "truncated"})
}

// TestAheadCorrupt holds it to what the standard library says of a short stream of
// two members that is cut at every byte, and with every bit changed.
func TestAheadCorrupt(t *testing.T) {
	r := newReaders()
	data := samples()["words"][:300]
	one := wrap(deflate(t, data, 6), data)
	gz := append(bytes.Clone(one), one...)
	for i := range gz {
		name := fmt.Sprint("first bytes ", i)
		same(t, name, readAhead(gz[:i]), r.sameGzip(t, name, gz[:i]))
	}
	for i := range len(gz) * 8 {
		gz[i/8] ^= 1 << (i % 8)
		name := fmt.Sprint("bit ", i)
		same(t, name, readAhead(gz), r.sameGzip(t, name, gz))
		gz[i/8] ^= 1 << (i % 8)
	}
}

// TestAheadClose closes a Reader in the midst, and uses it again.
func TestAheadClose(t *testing.T) {
	data := make([]byte, 2*aheadBuffers*outSize)
	rnd := rand.New(rand.NewPCG(7, 8))
	for i := range data {
		data[i] = byte(rnd.Uint32() & 15)
	}
	gz := wrap(deflate(t, data, 1), data)
	before := runtime.NumGoroutine()
	for _, n := range []int64{0, 1, outSize, 3 * outSize} {
		z, err := NewReaderAt(bytes.NewReader(gz), int64(len(gz)), 1)
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
		same(t, fmt.Sprint("again after ", n), readAll(z, z.Reset(bytes.NewReader(gz))), outcome{data, "complete"})
	}
	noMore(t, before)
}

// noMore fails t unless there are soon no more goroutines than there were before.
func noMore(t *testing.T, before int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, before it were %d", runtime.NumGoroutine(), before)
}
