// Package rpmtest makes rpm headers and databases for tests, by the published
// layouts and with rpm's own tools.
package rpmtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"io"
	"iter"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
)

// Tags are the values of a header: string, []string, uint32, []uint32, []uint16
// or []byte.
type Tags map[header.Tag]any

// Header returns a header as a database holds it: a region of the given tags,
// and after it what installation adds, the digest of the region at the end. Without a name it is called "a".
func Header(tags Tags) []byte {
	all := Tags{header.Name: "a", header.Version: "1", header.Release: "2", header.Arch: "noarch"}
	maps.Copy(all, tags)
	index, data := region(63, all)
	sum := sha256.New()
	sum.Write([]byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0})
	sum.Write(frame(index, data))
	index, data = add(index, data, header.InstallTime, uint32(1_700_000_000))
	index, data = add(index, data, header.SHA256Header, hex.EncodeToString(sum.Sum(nil)))
	return frame(index, data)
}

// SignatureHeader returns the first header of a .rpm file, without magic number.
func SignatureHeader(tags Tags) []byte { return frame(region(62, tags)) }

// region returns index and data of a region of the given tags.
func region(tag uint32, tags Tags) (index, data []byte) {
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		index, data = add(index, data, tag, tags[tag])
	}
	n := uint32(len(index) + 16)
	head := binary.BigEndian.AppendUint32(nil, tag)
	head = append(head, 0, 0, 0, 7)
	trailer := slices.Clone(head)
	head = binary.BigEndian.AppendUint32(head, uint32(len(data)))
	trailer = binary.BigEndian.AppendUint32(trailer, -n)
	head, trailer = append(head, 0, 0, 0, 16), append(trailer, 0, 0, 0, 16)
	return append(head, index...), append(data, trailer...)
}

func frame(index, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(index)/16))
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return append(append(b, index...), data...)
}

func add(index, data []byte, tag header.Tag, value any) ([]byte, []byte) {
	typ, align, count := uint32(6), 1, 1
	var v []byte
	switch value := value.(type) {
	case string:
		v = append([]byte(value), 0)
	case []string:
		typ, count = 8, len(value)
		for _, s := range value {
			v = append(append(v, s...), 0)
		}
	case uint32:
		typ, align = 4, 4
		v = binary.BigEndian.AppendUint32(nil, value)
	case []uint32:
		typ, align, count = 4, 4, len(value)
		for _, n := range value {
			v = binary.BigEndian.AppendUint32(v, n)
		}
	case []uint16:
		typ, align, count = 3, 2, len(value)
		for _, n := range value {
			v = binary.BigEndian.AppendUint16(v, n)
		}
	case []byte:
		typ, count, v = 7, len(value), value
	}
	for len(data)%align != 0 {
		data = append(data, 0)
	}
	for _, n := range []uint32{uint32(tag), typ, uint32(len(data)), uint32(count)} {
		index = binary.BigEndian.AppendUint32(index, n)
	}
	return index, append(data, v...)
}

// NDB returns an ndb database with the given blobs, numbered from 1.
func NDB(blobs ...[]byte) []byte {
	const page = 4096
	pages := (len(blobs)+2)*16/page + 1
	b := make([]byte, pages*page)
	copy(b, "RpmP")
	binary.LittleEndian.PutUint32(b[12:], uint32(pages))
	binary.LittleEndian.PutUint32(b[16:], uint32(len(blobs)+1))
	for i := 2; i < len(b)/16; i++ {
		copy(b[i*16:], "Slot")
	}
	for i, blob := range blobs {
		start := len(b)
		b = append(b, "BlbS"...)
		b = binary.LittleEndian.AppendUint32(b, uint32(i+1))
		b = append(b, 7, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(blob)))
		b = append(b, blob...)
		for len(b)%16 != 4 {
			b = append(b, 0)
		}
		b = binary.LittleEndian.AppendUint32(b, adler32.Checksum(b[start:]))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(blob)))
		b = append(b, "BlbE"...)
		slot := b[(i+2)*16:]
		binary.LittleEndian.PutUint32(slot[4:], uint32(i+1))
		binary.LittleEndian.PutUint32(slot[8:], uint32(start/16))
		binary.LittleEndian.PutUint32(slot[12:], uint32((len(b)-start)/16))
	}
	return b
}

// PageSize is that of the databases that BDB makes.
const PageSize = 512

// BDB returns a BerkeleyDB hash database with the given blobs, numbered from 1,
// and rpm's counter. Its two buckets are page 1 and 2; the overflow pages follow.
func BDB(order binary.ByteOrder, blobs ...[]byte) []byte {
	b := make([]byte, 3*PageSize)
	put := func(page, off int, v uint32) { order.PutUint32(b[page*PageSize+off:], v) }
	for off, v := range map[int]uint32{12: 0x061561, 16: 9, 20: PageSize, 72: 1, 76: 1, 88: uint32(len(blobs) + 1), 96: 1, 100: 1} {
		put(0, off, v)
	}
	b[25] = 8
	free := [3]int{0, PageSize, PageSize}
	count := [3]int{}
	item := func(page int, v []byte) {
		free[page] -= len(v)
		copy(b[page*PageSize+free[page]:], v)
		order.PutUint16(b[page*PageSize+26+2*count[page]:], uint16(free[page]))
		count[page]++
	}
	number := func(n int) []byte {
		v := make([]byte, 5)
		v[0] = 1
		order.PutUint32(v[1:], uint32(n))
		return v
	}
	item(1, number(0))
	item(1, number(len(blobs)))
	for i, blob := range blobs {
		ref := make([]byte, 12)
		ref[0] = 3
		order.PutUint32(ref[4:], uint32(len(b)/PageSize))
		order.PutUint32(ref[8:], uint32(len(blob)))
		item(1+i%2, number(i+1))
		item(1+i%2, ref)
		prev := 0
		for part := range slices.Chunk(blob, PageSize-26) {
			n := len(b) / PageSize
			b = append(b, make([]byte, PageSize)...)
			put(n, 8, uint32(n))
			put(n, 12, uint32(prev))
			if prev != 0 {
				put(prev, 16, uint32(n))
			}
			order.PutUint16(b[n*PageSize+20:], 1)
			order.PutUint16(b[n*PageSize+22:], uint16(len(part)))
			b[n*PageSize+25] = 7
			copy(b[n*PageSize+26:], part)
			prev = n
		}
	}
	for page := 1; page <= 2; page++ {
		put(page, 8, uint32(page))
		order.PutUint16(b[page*PageSize+20:], uint16(count[page]))
		order.PutUint16(b[page*PageSize+22:], uint16(free[page]))
		b[page*PageSize+25] = 13
	}
	put(0, 32, uint32(len(b)/PageSize-1))
	return b
}

// Blobs is what the readers offer.
type Blobs = func(r io.ReaderAt, size int64) iter.Seq2[[]byte, error]

// Read reads a database and returns what its packages are called, with version,
// and the errors, those of the headers included.
func Read(blobs iter.Seq2[[]byte, error]) (names []string, errs []error) {
	for blob, err := range blobs {
		if err != nil {
			errs = append(errs, err)
		}
		if blob == nil {
			continue
		}
		h, err := header.Parse(blob)
		if err != nil {
			errs = append(errs, err)
		}
		if h == nil {
			continue
		}
		if _, err := h.Verify(h); err != nil {
			errs = append(errs, err)
		}
		names = append(names, h.Text(header.Name)+"-"+h.Text(header.Version))
	}
	slices.Sort(names)
	return names, errs
}

// FlipBytes changes each byte of file in turn, or each step-th, and fails the
// test if reading then gives other packages than before and no error.
func FlipBytes(t *testing.T, file []byte, step int, read func(io.ReaderAt, int64) iter.Seq2[[]byte, error]) {
	t.Helper()
	want, errs := Read(read(bytes.NewReader(file), int64(len(file))))
	if len(errs) > 0 || len(want) == 0 {
		t.Fatalf("%d packages and errors %v before any change", len(want), errs)
	}
	b := slices.Clone(file)
	for i := 0; i < len(b); i += step {
		for _, mask := range []byte{0x01, 0x80, 0xff, b[i]} {
			b[i] ^= mask // the last one makes it 0
			got, errs := Read(read(bytes.NewReader(b), int64(len(b))))
			if len(errs) == 0 && !slices.Equal(got, want) {
				t.Errorf("byte %d ^ %#x: %d packages instead of %d, and no error", i, mask, len(got), len(want))
			}
			b[i] = file[i]
		}
	}
}

// Stop reads up to each step of a sequence and stops there, which is a panic if
// the sequence goes on.
func Stop(blobs iter.Seq2[[]byte, error]) {
	for stop := 0; ; stop++ {
		steps := 0
		for range blobs {
			if steps == stop {
				break
			}
			steps++
		}
		if steps < stop {
			return
		}
	}
}

// Tool returns the path of a program, and skips the test, or fails it in
// continuous integration, if it is not there.
func Tool(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", name, debianPackage)
	}
	if err != nil {
		t.Skipf("%s is missing: apt-get install %s", name, debianPackage)
	}
	return path
}
