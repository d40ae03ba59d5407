package ndb_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/ndb"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
)

func named(name string) []byte { return rpmtest.Header(rpmtest.Tags{header.Name: name}) }

func read(b []byte) iter.Seq2[[]byte, error] { return ndb.Blobs(bytes.NewReader(b), int64(len(b))) }

func TestBlobs(t *testing.T) {
	first, second, third := named("first"), named("second"), named("third")
	size := uint32(len(rpmtest.NDB(first))-4096) / 16 // blocks of the first blob
	put := func(off int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.LittleEndian.PutUint32(b[off:], v); return b }
	}
	const slot1, slot2, blob1 = 32, 48, 4096
	tests := []struct {
		name   string
		damage func([]byte) []byte
		want   string // names of packages
		err    string
	}{
		{"intact", func(b []byte) []byte { return b }, "first second third", ""},
		{"empty file", func(b []byte) []byte { return nil }, "", "header: EOF"},
		{"another file", func(b []byte) []byte { return bytes.Repeat([]byte("x"), 64) }, "", "magic number"},
		{"version", put(4, 1), "", "version 1 is unknown"},
		{"2^31 slot pages", put(12, 1<<31), "", "2147483648 slot pages"},
		{"no slot pages", put(12, 0), "", "0 slot pages"},
		{"slot magic", put(slot1, 0), "second third", "slot 2: magic number"},
		{"blob length 2^32-16", put(blob1+12, 1<<32-16), "second third", "package 1: blob length 4294967280"},
		{"blob length in the tail", put(blob1+int(size)*16-8, 5), "second third", "package 1: blob length"},
		{"slot of 2^32-1 blocks", put(slot1+12, 1<<32-1), "second third", "slot 2: package 1 in blocks"},
		{"slot of one block", put(slot1+12, 1), "second third", "package 1: blob of 16 bytes"},
		{"slot in the slot pages", put(slot1+8, 1), "second third", "slot 2: package 1 in blocks 1 "},
		{"slots share blocks", put(slot2+8, 256), "first third", "package 2: shares block 256"},
		{"slot half free", put(slot1+8, 0), "second third", "slot 2: package 1 in blocks 0"},
		{"slot wholly free", func(b []byte) []byte { clear(b[slot1+4 : slot1+16]); return b }, "second third", "free space at 4096"},
		{"next package too low", put(16, 3), "first second", "package 3, but the next one is 3"},
		{"checksum", func(b []byte) []byte { b[blob1+16+len(first)-5] ^= 1; return b }, "first second third", "package 1: checksum"},
		{"blob of another package", put(blob1+4, 9), "second third", "package 1: the blob is of package 9"},
		{"truncated", func(b []byte) []byte { return b[:len(b)-16] }, "first second", "slot 4: package 3 in blocks"},
		{"truncated in a block", func(b []byte) []byte { return b[:len(b)-4] }, "first second", "12 bytes after the last block"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names, errs := rpmtest.Read(read(tt.damage(rpmtest.NDB(first, second, third))))
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

func TestFlippedByte(t *testing.T) {
	rpmtest.FlipBytes(t, rpmtest.NDB(named("first"), named("second")), 1, ndb.Blobs)
}

// failing is a file that cannot be read from some offset on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.from {
		return 0, errors.New("input/output error")
	}
	return f.ReaderAt.ReadAt(b, off)
}

func TestReadError(t *testing.T) {
	b := rpmtest.NDB(named("first"), named("second"))
	for from := range int64(len(b)) {
		names, errs := rpmtest.Read(ndb.Blobs(failing{bytes.NewReader(b), from}, int64(len(b))))
		if len(names) == 2 || len(errs) == 0 {
			t.Fatalf("unreadable from %d: packages %v, errors %v", from, names, errs)
		}
	}
}

func TestStop(t *testing.T) {
	b := rpmtest.NDB(named("first"), named("second"), named("third"))
	rpmtest.Stop(read(b))
	b[32], b[4096+40], b[len(b)-1] = 0, 0, 0 // a slot, two blobs
	rpmtest.Stop(read(append(b, "rest"...)))
}

func FuzzBlobs(f *testing.F) {
	b := rpmtest.NDB(named("first"), named("second"))
	f.Add(b)
	f.Add(b[:4096])
	f.Add(slices.Concat(b, b))
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
			t.Errorf("%d bytes of blobs in a file of %d", total, len(b))
		}
	})
}
