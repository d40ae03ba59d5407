package header_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
)

// sample has values of all types that the tests need.
var sample = rpmtest.Tags{
	header.Epoch:       uint32(3),
	header.ProvideName: []string{"a", "", "b"},
	header.DirIndexes:  []uint32{0, 1},
	header.FileModes:   []uint16{0o100644, 0o40755},
	header.SigMD5:      []byte{1, 2, 3},
}

func TestParse(t *testing.T) {
	h, err := header.Parse(rpmtest.Header(sample))
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Text(header.Name); got != "a" {
		t.Errorf("name %q", got)
	}
	if got, ok := h.Number(header.Epoch); got != 3 || !ok {
		t.Errorf("epoch %d, %t", got, ok)
	}
	if got, ok := h.Number(header.BuildTime); got != 0 || ok {
		t.Errorf("build time %d, %t, but there is none", got, ok)
	}
	if got, want := h.Texts(header.ProvideName), []string{"a", "", "b"}; !slices.Equal(got, want) {
		t.Errorf("provides %q, want %q", got, want)
	}
	if got, want := h.Numbers(header.DirIndexes), []uint32{0, 1}; !slices.Equal(got, want) {
		t.Errorf("indexes %v, want %v", got, want)
	}
	if got, want := h.Numbers(header.FileModes), []uint32{0o100644, 0o40755}; !slices.Equal(got, want) {
		t.Errorf("modes %v, want %v", got, want)
	}
	if got := h.Binary(header.SigMD5); !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("binary %v", got)
	}
	if ok, err := h.Verify(h); !ok || err != nil {
		t.Errorf("Verify: %t, %v", ok, err)
	}
}

// entryOf returns the offset of the index entry of tag in blob.
func entryOf(blob []byte, tag header.Tag) int {
	for off := 8; ; off += 16 {
		if binary.BigEndian.Uint32(blob[off:]) == uint32(tag) {
			return off
		}
	}
}

func TestParseDamaged(t *testing.T) {
	const typ, offset, count = 4, 8, 12
	put := func(off int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint32(b[off:], v); return b }
	}
	entry := func(tag header.Tag, field int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint32(b[entryOf(b, tag)+field:], v); return b }
	}
	trailer := func(size int32) func([]byte) []byte {
		return func(b []byte) []byte {
			trailer := 8 + 16*binary.BigEndian.Uint32(b) + binary.BigEndian.Uint32(b[8+offset:])
			return put(int(trailer)+offset, uint32(-size))(b)
		}
	}
	tests := []struct {
		name   string
		damage func([]byte) []byte
		err    string
		kept   bool // the name can still be read
	}{
		{"empty", func(b []byte) []byte { return nil }, "header of 0 bytes", false},
		{"2^27 entries in 64 bytes", func(b []byte) []byte { return put(0, 0x08000000)(b)[:64] }, "134217728 entries", false},
		{"negative entries", put(0, 0xffffffff), "4294967295 entries", false},
		{"no entries", put(0, 0), "0 entries", false},
		{"negative data", put(4, 0xffffffff), "4294967295 bytes of data", false},
		{"a byte less", func(b []byte) []byte { return b[:len(b)-1] }, "in a header of", false},
		{"a byte more", func(b []byte) []byte { return append(b, 0) }, "in a header of", false},
		{"offset after the end", entry(header.Version, offset, 1<<20), "tag 1001: 1 values at offset 1048576", true},
		{"offset 2^32-1", entry(header.Version, offset, 1<<32-1), "tag 1001: 1 values at offset 4294967295", true},
		{"no values", entry(header.Version, count, 0), "tag 1001: 0 values", true},
		{"two in one string", entry(header.Version, count, 2), "tag 1001: one string with count 2", true},
		{"type 10", entry(header.Version, typ, 10), "tag 1001: unknown type 10", true},
		{"null type", entry(header.Version, typ, 0), "tag 1001: unknown type 0", true},
		{"name is a number", entry(header.Name, typ, 4), "tag 1000: unexpected type 4", false},
		{"epoch is text", entry(header.Epoch, typ, 6), "tag 1003: unexpected type 6", true},
		{"2^31 numbers", entry(header.DirIndexes, count, 1<<31), "tag 1116: 2147483648 values", true},
		{"2^31 strings", entry(header.ProvideName, count, 1<<31), "tag 1047: 2147483648 values", true},
		{"too few numbers", entry(header.DirIndexes, count, 1000), "tag 1116: 1000 values of 4 bytes", true},
		{"too few strings", entry(header.ProvideName, count, 1000), "of 1000 has no end", true},
		{"unterminated", func(b []byte) []byte { b[len(b)-1] = 'x'; return b }, "tag 273: string 1 of 1 has no end", true},
		{"region too short", put(8+count, 8), "region entry of type 7, count 8", true},
		{"region outside", put(8+offset, 1<<30), "region entry", true},
		{"region of another tag", put(8, 62), "region trailer", true},
		{"region of more entries", trailer(1000 * 16), "region trailer", true},
		{"region of no entries", trailer(0), "region trailer", true},
		{"region of half an entry", trailer(24), "region trailer", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := header.Parse(tt.damage(rpmtest.Header(sample)))
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if kept := h != nil && h.Text(header.Name) == "a"; kept != tt.kept {
				t.Errorf("name kept: %t, want %t", kept, tt.kept)
			}
		})
	}
}

// Signature headers reuse tag numbers with other types.
func TestSignatureHeader(t *testing.T) {
	h, err := header.Parse(rpmtest.SignatureHeader(rpmtest.Tags{header.Name: uint32(1234)}))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := h.Number(1000); got != 1234 {
		t.Errorf("size %d", got)
	}
}

// Entries that installation adds replace those of the build.
func TestLaterEntries(t *testing.T) {
	b := rpmtest.Header(nil)
	binary.BigEndian.PutUint32(b[entryOf(b, header.SHA256Header):], uint32(header.Name))
	h, err := header.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Text(header.Name); len(got) != 64 {
		t.Errorf("name %q, want what stands in the last entry", got)
	}
}

func TestVerify(t *testing.T) {
	intact := rpmtest.Header(sample)
	entries := int(binary.BigEndian.Uint32(intact))
	afterIndex, data := 8+16*(entries-2), 8+16*entries // two entries are not of the region
	afterData := data + int(binary.BigEndian.Uint32(intact[16:])) + 16
	for i := range intact {
		if i >= afterIndex && i < data || i >= afterData {
			continue
		}
		b := slices.Clone(intact)
		b[i] ^= 1
		h, err := header.Parse(b)
		if err != nil {
			continue
		}
		if ok, err := h.Verify(h); ok && err == nil {
			t.Errorf("byte %d was changed, and the digest is right", i)
		} else if !ok && err == nil && h.Has(header.SHA256Header) {
			t.Errorf("byte %d was changed, and the digest was not looked at", i)
		}
	}
}

func TestParseAllocations(t *testing.T) {
	small := rpmtest.Header(nil)
	tags := rpmtest.Tags{}
	for i := range header.Tag(500) {
		tags[9000+i] = "value"
	}
	large := rpmtest.Header(tags)
	count := func(b []byte) float64 {
		return testing.AllocsPerRun(20, func() {
			if _, err := header.Parse(b); err != nil {
				t.Fatal(err)
			}
		})
	}
	if a, b := count(small), count(large); a != b || a > 2 {
		t.Errorf("%v allocations for a small header, %v for a large one", a, b)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rpmtest.Header(sample))
	f.Add(rpmtest.Header(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := header.Parse(b)
		if h == nil && err == nil {
			t.Fatal("neither a header nor an error")
		}
		if h == nil {
			return
		}
		for off := 8; off < 8+16*int(binary.BigEndian.Uint32(b)); off += 16 {
			tag := header.Tag(binary.BigEndian.Uint32(b[off:]))
			texts, text := h.Texts(tag), h.Text(tag)
			if len(texts) > 0 && texts[0] != text {
				t.Errorf("tag %d: first text %q, text %q", tag, texts[0], text)
			}
			number, ok := h.Number(tag)
			if numbers := h.Numbers(tag); len(numbers) > 0 && (!ok || uint64(numbers[0]) != number) {
				t.Errorf("tag %d: first number %d, number %d", tag, numbers[0], number)
			}
			if err == nil && tag >= 100 && !h.Has(tag) {
				t.Errorf("tag %d: no error, and it is not there", tag)
			}
		}
		again, err2 := header.Parse(slices.Clone(b))
		if !reflect.DeepEqual(again, h) || (err == nil) != (err2 == nil) {
			t.Error("the same bytes give another header")
		}
		_, _ = h.Verify(h)
	})
}
