package inflate

import (
	"bytes"
	"compress/flate"
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
	f.Add([]byte("$\x10$$"), []byte("a length repeated before there is one, and then no more input"), uint16(1))
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

// FuzzParallel holds a Reader that leaves the work to other goroutines, one or
// several, to the same law. The lowest bits of size say whether the checksum is
// right, and whether there are two members.
func FuzzParallel(f *testing.F) {
	for _, data := range samples() {
		data = data[:min(len(data), 60_000)]
		for _, level := range []int{-2, 0, 1, 9} {
			f.Add(deflate(f, data, level), uint16(3000))
			f.Add(deflate(f, data, level), uint16(3003))
		}
	}
	r := newReaders()
	f.Fuzz(func(t *testing.T, raw []byte, size uint16) {
		var data []byte
		if size&1 != 0 {
			data = readAll(flate.NewReader(bytes.NewReader(raw)), nil).data
		}
		gz := bytes.Repeat(wrap(raw, data), 1+int(size>>1&1))
		want := r.sameGzip(t, "gzip", gz)
		got, _ := inParallel(gz, max(int(size), 1+len(gz)/100))
		same(t, "parallel", got, want)
		same(t, "ahead", readAhead(gz), want)
	})
}
