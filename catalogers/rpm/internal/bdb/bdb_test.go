package bdb_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/bdb"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
)

// named returns a header that fills two overflow pages.
func named(name string) []byte {
	return rpmtest.Header(rpmtest.Tags{header.Name: name, header.Description: strings.Repeat("x", 400)})
}

func read(b []byte) iter.Seq2[[]byte, error] { return bdb.Blobs(bytes.NewReader(b), int64(len(b))) }

// A database of three packages has 1 and 3 in bucket page 1, 2 in bucket page 2.
const (
	meta, page1, page2 = 0, rpmtest.PageSize, 2 * rpmtest.PageSize
	over1              = 3 * rpmtest.PageSize // first overflow page of package 1
	over1b             = over1 + rpmtest.PageSize
	ref1               = page1 + rpmtest.PageSize - 2*5 - 5 - 12 // reference to it
	entries, free      = 20, 22
	typ, offsets       = 25, 26
)

func TestBlobs(t *testing.T) {
	le := binary.LittleEndian
	put := func(off int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { le.PutUint32(b[off:], v); return b }
	}
	put16 := func(off int, v uint16) func([]byte) []byte {
		return func(b []byte) []byte { le.PutUint16(b[off:], v); return b }
	}
	tests := []struct {
		name   string
		damage func([]byte) []byte
		want   string // names of packages
		err    string
	}{
		{"intact", func(b []byte) []byte { return b }, "first second third", ""},
		{"empty file", func(b []byte) []byte { return nil }, "", "meta page: EOF"},
		{"another file", func(b []byte) []byte { return bytes.Repeat([]byte("x"), 512) }, "", "magic number"},
		{"swapped magic", put(12, 0x61150600), "", "hash version"},
		{"version", put(16, 11), "", "hash version 11"},
		{"page size 0", put(20, 0), "", "pages of 0 bytes"},
		{"page size 1 MiB", put(20, 1<<20), "", "pages of 1048576 bytes"},
		{"page size 513", put(20, 513), "", "pages of 513 bytes"},
		{"less than a page", func(b []byte) []byte { return put(72, 1<<32-1)(b)[:300] }, "", "pages of 512 bytes in a file of 300"},
		{"encrypted", func(b []byte) []byte { b[24] = 1; return b }, "", "encryption 1"},
		{"checksummed", func(b []byte) []byte { b[26] = 1; return b }, "", "flags 1"},
		{"last page 2^32-1", put(32, 1<<32-1), "first second third", "page 0: last page 4294967295"},
		{"last bucket 2^32-1", put(72, 1<<32-1), "first second third", "last bucket 4294967295"},
		{"one bucket less", put(72, 0), "first third", "no bucket leads to them"},
		{"spares outside", put(96, 1<<31), "second", "page 2147483648: the file has"},
		{"overflow page follows itself", put(over1+16, 3), "second third", "overflow page 3: there is a second reference"},
		{"overflow cycle of two", put(over1b+16, 3), "second third", "overflow page 3: there is a second reference"},
		{"overflow to a hash page", put(over1+16, 2), "second third", "overflow page 2: it follows page 0"},
		{"value in a hash page", put(ref1+4, 2), "second third", "overflow page 2: its type is 13"},
		{"value in the meta page", put(ref1+4, 0), "second third", "the overflow pages hold 0 bytes"},
		{"value of 4 GiB", put(ref1+8, 1<<32-1), "second third", "value of 4294967295 bytes"},
		{"value of no bytes", put(ref1+8, 0), "second third", "value of 0 bytes"},
		{"value too long", put(ref1+8, 9999), "second third", "bytes of a value of 9999"},
		{"value too short", put(ref1+8, 600), "second third", "of a value of 600"},
		{"overflow page too full", put16(over1+free, 60000), "second third", "it holds 60000 bytes"},
		{"bucket follows itself", put(page1+16, 1), "first second third", "page 1: there is a second reference"},
		{"offset 65535", put16(page1+offsets, 65535), "second", "page 1: entry 0 is at offset 65535"},
		{"value in the last bytes", put16(page1+offsets+6, rpmtest.PageSize-4), "second", "page 1: entry 3 is at offset 508"},
		{"free area 0xfff0", put16(page1+free, 0xfff0), "first second third", "not at 65520"},
		{"odd entries", put16(page1+entries, 5), "second", "5 entries"},
		{"65534 entries", put16(page1+entries, 65534), "second", "65534 entries"},
		{"two entries less", put16(page1+entries, 4), "first second", "its items begin at"},
		{"page of another type", func(b []byte) []byte { b[page1+typ] = 9; return b }, "second", "page 1: its type is 9"},
		{"page of another number", put(page1+8, 7), "second", "page 1: it says it is page 7"},
		{"zeroed page", func(b []byte) []byte { clear(b[page1:page2]); return b }, "second", "no bucket leads to them"},
		{"unknown item", func(b []byte) []byte { b[ref1] = 4; return b }, "second third", "entry 3: type 4"},
		{"key is no number", func(b []byte) []byte { b[ref1+12] = 3; return b }, "second third", "its key is 4 bytes of type 3"},
		{"package 0", put(ref1+12+1, 0), "second third", "package 0 has 11 bytes"},
		{"truncated", func(b []byte) []byte { return b[:len(b)-rpmtest.PageSize] }, "first second", "last page"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names, errs := rpmtest.Read(read(tt.damage(rpmtest.BDB(le, named("first"), named("second"), named("third")))))
			for i := range names {
				names[i] = strings.TrimSuffix(names[i], "-1")
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("packages %q, want %q", got, tt.want)
			}
			if got := fmt.Sprint(errs); tt.err == "" && len(errs) > 0 || !strings.Contains(got, tt.err) {
				t.Errorf("errors %s, want %q", got, tt.err)
			}
		})
	}
}

// A bucket to which nothing was ever written is a page of zeros.
func TestZeroBucket(t *testing.T) {
	b := rpmtest.BDB(binary.LittleEndian, named("first"))
	clear(b[page2 : page2+rpmtest.PageSize])
	if names, errs := rpmtest.Read(read(b)); len(names) != 1 || len(errs) != 0 {
		t.Errorf("packages %v, errors %v", names, errs)
	}
}

func TestFlippedByte(t *testing.T) {
	rpmtest.FlipBytes(t, rpmtest.BDB(binary.LittleEndian, named("first"), named("second")), 1, bdb.Blobs)
	rpmtest.FlipBytes(t, rpmtest.BDB(binary.BigEndian, named("first"), named("second")), 7, bdb.Blobs)
}

// TestLoad reads what Berkeley DB itself writes of random-looking values, in
// both byte orders and with pages of several sizes.
func TestLoad(t *testing.T) {
	load := rpmtest.Tool(t, "db5.3_load", "db5.3-util")
	for _, tt := range []struct {
		name    string
		options []string
		dup     bool
	}{
		{"little-endian", []string{"-c", "db_lorder=1234", "-c", "db_pagesize=4096"}, false},
		{"big-endian", []string{"-c", "db_lorder=4321", "-c", "db_pagesize=512"}, false},
		{"large pages", []string{"-c", "db_pagesize=65536"}, false},
		{"duplicates", []string{"-c", "duplicates=1"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			values, input := loadInput(tt.dup)
			file := filepath.Join(t.TempDir(), "Packages")
			cmd := exec.Command(load, append(tt.options, "-t", "hash", "-T", file)...)
			cmd.Stdin = strings.NewReader(input)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for blob, err := range read(b) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(blob))
			}
			slices.Sort(got)
			slices.Sort(values)
			if !slices.Equal(got, values) {
				t.Errorf("%d values, want %d", len(got), len(values))
			}
		})
	}
}

// loadInput returns values of 1 to 20,000 bytes and the text that makes
// db_load store them, with keys of 4 bytes. With dup each key has three.
func loadInput(dup bool) (values []string, text string) {
	var b strings.Builder
	for i := range 600 {
		value := strings.Repeat(fmt.Sprintf("<%d>", i), 1+i*i%1000*5)
		key := uint32(i + 1)
		if dup {
			key, value = uint32(i/3+1), value[:min(len(value), 30)]
		}
		values = append(values, value)
		for _, v := range [][]byte{binary.LittleEndian.AppendUint32(nil, key), []byte(value)} {
			for _, c := range v {
				fmt.Fprintf(&b, "\\%02x", c)
			}
			b.WriteByte('\n')
		}
	}
	return values, b.String()
}

func TestReadError(t *testing.T) {
	b := rpmtest.BDB(binary.LittleEndian, named("first"))
	for n := range int64(len(b)) {
		r := io.NewSectionReader(bytes.NewReader(b), 0, n)
		names, errs := rpmtest.Read(bdb.Blobs(r, int64(len(b))))
		if len(errs) == 0 {
			t.Fatalf("unreadable from %d: packages %v and no error", n, names)
		}
	}
}

func TestStop(t *testing.T) {
	b := rpmtest.BDB(binary.LittleEndian, named("first"), named("second"), named("third"))
	rpmtest.Stop(read(b))
	b[32], b[over1+typ], b[page2+free] = 255, 0, 0
	rpmtest.Stop(read(b))
}

func FuzzBlobs(f *testing.F) {
	f.Add(rpmtest.BDB(binary.LittleEndian, named("first"), named("second")))
	f.Add(rpmtest.BDB(binary.BigEndian, named("first")))
	f.Fuzz(func(t *testing.T, b []byte) {
		for range read(b) {
			break
		}
		total := 0
		for blob, err := range read(b) {
			if blob == nil && err == nil {
				t.Error("neither a blob nor an error")
			}
			total += len(blob)
		}
		if total > len(b) {
			t.Errorf("%d bytes of values in a file of %d", total, len(b))
		}
	})
}
