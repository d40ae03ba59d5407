package inflate

import (
	"bytes"
	"testing"
)

// FuzzReader holds Reader to the law that whatever the input, and however it
// is split, the data and the verdict are those of the standard library.
func FuzzReader(f *testing.F) {
	for _, data := range samples() {
		data = data[:min(len(data), 2000)]
		for _, level := range []int{-2, 0, 1, 9} {
			f.Add(deflate(f, data, level), data, uint16(100))
		}
	}
	r := newReaders()
	f.Fuzz(func(t *testing.T, in, data []byte, size uint16) {
		r.sameRaw(t, "raw", in)
		r.sameGzip(t, "gzip", in)
		gz := wrap(in, data)
		want := r.sameGzip(t, "wrapped", gz)
		split := &splitReader{bytes.NewReader(gz), int(size) + 1}
		same(t, "split", readAll(r.gzip, r.gzip.Reset(split)), want)
	})
}
