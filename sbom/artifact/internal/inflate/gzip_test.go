package inflate

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// header returns a gzip header with the given flags, and the parts that they
// say there are. The checksum is right.
func header(flags byte, extra, name, comment string) []byte {
	b := []byte{0x1f, 0x8b, 8, flags, 0x10, 0x20, 0x30, 0x40, 2, 3}
	if flags&flagExtra != 0 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(extra)))
		b = append(b, extra...)
	}
	if flags&flagName != 0 {
		b = append(b, name...)
		b = append(b, 0)
	}
	if flags&flagComment != 0 {
		b = append(b, comment...)
		b = append(b, 0)
	}
	if flags&flagHeaderCRC != 0 {
		b = binary.LittleEndian.AppendUint16(b, uint16(crc32.ChecksumIEEE(b)))
	}
	return b
}

// TestHeader reads all kinds of headers, whole, cut short and with each bit
// flipped.
func TestHeader(t *testing.T) {
	body := wrap(deflate(t, []byte("data"), 6), []byte("data"))[10:]
	r := newReaders()
	for flags := range 256 {
		h := header(byte(flags), "ex\x00tra", "n\xe4me", "comment")
		in := append(h, body...)
		r.sameGzip(t, fmt.Sprintf("flags %x", flags), in)
		if r.gzip.Name != r.theirGzip.Name || r.gzip.Comment != r.theirGzip.Comment || r.gzip.OS != r.theirGzip.OS ||
			!bytes.Equal(r.gzip.Extra, r.theirGzip.Extra) || !r.gzip.ModTime.Equal(r.theirGzip.ModTime) {
			t.Errorf("flags %x: %+v, want %+v", flags, r.gzip.Header, r.theirGzip.Header)
		}
		if flags >= 32 {
			continue
		}
		for i := range len(h) * 8 {
			in[i/8] ^= 1 << (i % 8)
			r.sameGzip(t, fmt.Sprintf("flags %x, bit %d", flags, i), in)
			in[i/8] ^= 1 << (i % 8)
			r.sameGzip(t, fmt.Sprintf("flags %x, cut to %d", flags, i/8), in[:i/8])
		}
	}
}

func TestHeaderLimits(t *testing.T) {
	body := wrap(deflate(t, []byte("data"), 6), []byte("data"))[10:]
	r := newReaders()
	for _, n := range []int{510, 511, 512, 513, 100_000} {
		for _, flags := range []byte{flagName, flagComment, flagName | flagComment} {
			long := strings.Repeat("x", n)
			in := append(header(flags, "", long, long), body...)
			r.sameGzip(t, fmt.Sprintf("%d bytes", n), in)
		}
	}
	in := append(header(flagExtra, strings.Repeat("x", 65535), "", ""), body...)
	r.sameGzip(t, "longest extra field", in)
}

func TestMembers(t *testing.T) {
	r := newReaders()
	empty := wrap(deflate(t, nil, 6), nil)
	words := samples()["words"][:70_000]
	one := wrap(deflate(t, words, 6), words)
	back := wrap([]byte{0x4b, 0x04, 0x42, 0x00}, nil) // reaches back before its start
	for name, in := range map[string][]byte{
		"nothing":         nil,
		"many empty":      bytes.Repeat(empty, 10_000),
		"several":         bytes.Repeat(one, 5),
		"zeros after":     append(bytes.Clone(one), make([]byte, 600)...),
		"few zeros after": append(bytes.Clone(one), 0, 0),
		"reaches back":    append(bytes.Clone(one), back...),
		"wrong checksum":  append(one[:len(one)-5:len(one)-5], one...),
	} {
		r.sameGzip(t, name, in)
	}
}

// TestReadError sees that the source's own error is passed on, after all data
// before it.
func TestReadError(t *testing.T) {
	long(t)
	data := samples()["mixed"]
	gz := wrap(deflate(t, data, 6), data)
	broken := errors.New("broken")
	for n := 0; n < len(gz); n += 1 + len(gz)/100 {
		in := func() io.Reader { return io.MultiReader(bytes.NewReader(gz[:n]), iotest.ErrReader(broken)) }
		z, err := NewReader(in())
		got := readAll(z, err)
		their, err := gzip.NewReader(in())
		same(t, fmt.Sprintf("after %d bytes", n), got, readAll(their, err))
		if got.end != "broken" {
			t.Errorf("after %d bytes: %s", n, got.end)
		}
	}
	z, err := NewReader(bytes.NewReader(gz[:30]))
	if err == nil {
		_, err = io.ReadAll(z)
	}
	if want := "inflate: byte 30: unexpected EOF"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestWriteTo reads a part and has the rest written.
func TestWriteTo(t *testing.T) {
	data := samples()["mixed"]
	gz := wrap(deflate(t, data, 6), data)
	gz = append(gz, gz...)
	want := append(bytes.Clone(data), data...)
	z, err := NewReader(bytes.NewReader(gz))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	io.CopyN(&got, z, 1000)
	n, err := z.WriteTo(&got)
	if n != int64(len(want))-1000 || err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("wrote %d bytes, %v; want %d", n, err, len(want)-1000)
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read %d bytes and %v after the end", n, err)
	}

	z.Reset(bytes.NewReader(gz[:len(gz)/2-1]))
	if n, err := z.WriteTo(io.Discard); n != int64(len(data)) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("wrote %d bytes, %v of a truncated stream", n, err)
	}
	full := errors.New("full")
	z.Reset(bytes.NewReader(gz))
	if _, err := z.WriteTo(errWriter{full}); err != full {
		t.Errorf("%v, want that of the writer", err)
	}
}

type errWriter struct{ err error }

func (w errWriter) Write(p []byte) (int, error) { return 0, w.err }
