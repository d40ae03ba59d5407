package rpmfile_test

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/cpio"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmfile"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
)

const spec = `
Name: alpha
Version: 1.0
Release: 1
Summary: A package
License: MIT
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}/usr/share/alpha
cd %{buildroot}/usr/share/alpha
for i in 1 2 3; do echo content $i > file$i; done
ln file1 hard1; ln file1 hard2
ln -s file2 soft
%files
/usr/share/alpha
`

func read(b []byte) (*rpmfile.File, error) { return rpmfile.Read(bytes.NewReader(b), int64(len(b))) }

// decompressors for the payloads; none for lzma.
var decompressors = map[string]func(io.Reader) (io.Reader, error){
	"gzip":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"bzip2": func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil },
	"xz":    func(r io.Reader) (io.Reader, error) { return xz.NewReader(r, 0) },
	"zstd":  func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
}

func TestRead(t *testing.T) {
	for payload, want := range map[string]string{"w9.gzdio": "gzip", "w9.bzdio": "bzip2", "w6.xzdio": "xz", "w3.zstdio": "zstd", "w6.lzdio": "lzma"} {
		t.Run(want, func(t *testing.T) {
			for _, path := range rpmtest.Build(t, spec, "--define", "_binary_payload "+payload, "--define", "_source_payload "+payload) {
				testRead(t, path, want)
			}
		})
	}
}

func testRead(t *testing.T, path, compressor string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CheckSize(int64(len(b))); err != nil || f.Size == 0 {
		t.Errorf("size %d: %v", f.Size, err)
	}
	if err := f.CheckSize(int64(len(b)) - 1); err == nil {
		t.Error("one byte less, and no error")
	}
	if got := f.Compressor(); got != compressor {
		t.Errorf("compressor %q, want %q", got, compressor)
	}
	payload := b[f.Payload:]
	sum, want := f.PayloadDigest()
	sum.Write(payload)
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("payload digest %s, want %s", got, want)
	}
	if compressor != "lzma" {
		testPayload(t, f, path, payload)
	}
}

// testPayload compares the files in the payload with what rpm lists, and their
// sizes with what Files makes of the header.
func testPayload(t *testing.T, f *rpmfile.File, path string, payload []byte) {
	r, err := decompressors[f.Compressor()](bytes.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.Files()
	if err != nil {
		t.Fatal(err)
	}
	fromList := map[string]cpio.Entry{}
	for i := 0; ; i++ {
		e, ok := list(i)
		if !ok {
			break
		}
		fromList[e.Name] = e
	}
	var got []string
	archive := cpio.NewReader(r, nil)
	for {
		e, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(e.Name, ".")
		got = append(got, name)
		if l := fromList[name]; l.Size != e.Size || l.Mode != e.Mode {
			t.Errorf("%s: mode %o and size %d in the payload, %o and %d in the list", name, e.Mode, e.Size, l.Mode, l.Size)
		}
	}
	want := strings.Fields(string(rpmtest.Run(t, "rpm", "-qpl", path)))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}

// handMade returns a .rpm file without payload.
func handMade() []byte {
	magic := []byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0}
	main := slices.Concat(magic, rpmtest.Header(rpmtest.Tags{
		header.BaseNames: []string{"a"}, header.DirNames: []string{"/"}, header.DirIndexes: []uint32{0}}))
	signature := slices.Concat(magic, rpmtest.SignatureHeader(rpmtest.Tags{header.SHA1Header: strings.Repeat("0", 40)}))
	b := make([]byte, 96)
	copy(b, "\xed\xab\xee\xdb\x03")
	b = append(b, signature...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return append(b, main...)
}

func TestReadDamaged(t *testing.T) {
	second := bytes.LastIndex(handMade(), []byte{0x8e, 0xad, 0xe8, 1})
	put := func(off int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint32(b[off:], v); return b }
	}
	tests := []struct {
		name   string
		damage func([]byte) []byte
		err    string
		kept   bool
	}{
		{"empty", func([]byte) []byte { return nil }, "lead: magic number", false},
		{"lead", put(0, 0), "lead: magic number 00000000", false},
		{"cut in the lead", func(b []byte) []byte { return b[:50] }, "signature header: EOF", false},
		{"signature magic", put(96, 0), "signature header: magic number 00000000 at offset 96", false},
		{"2^31 signature entries", put(96+8, 1<<31), "signature header: 34359738", false},
		{"signature region", put(96+16, 63), "signature header: region trailer", true},
		{"header magic", put(second, 0), "header: magic number 00000000", false},
		{"2^31 bytes of data", put(second+12, 1<<31), "header: 2147483", false},
		{"header entry", put(second+32+4, 11), "header: tag 1000: unknown type 11", true},
		{"header digest", func(b []byte) []byte { return b }, "header digest is", true}, // the one that handMade writes is wrong
		{"cut in the header", func(b []byte) []byte { return b[:len(b)-1] }, "bytes of header at offset", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := read(tt.damage(handMade()))
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if (f != nil) != tt.kept {
				t.Errorf("kept: %t, want %t", f != nil, tt.kept)
			}
		})
	}
}

// Large files have sizes of 64 bits and do not allocate what they claim.
func TestFiles(t *testing.T) {
	h, err := header.Parse(rpmtest.Header(rpmtest.Tags{
		header.BaseNames: []string{"d", "a", "b", "l"}, header.DirNames: []string{"/"}, header.DirIndexes: []uint32{0, 0, 0, 0},
		header.FileModes:  []uint16{0o40755, 0o100644, 0o100644, 0o120777},
		header.FileInodes: []uint32{1, 2, 2, 3},
		header.FileSizes:  []uint32{4096, 7, 7, 5},
	}))
	if err != nil {
		t.Fatal(err)
	}
	list, err := (&rpmfile.File{Header: h}).Files()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range 6 {
		e, ok := list(i)
		got = append(got, fmt.Sprint(e.Name, e.Size, ok))
	}
	if want := []string{"/d0 true", "/a0 true", "/b7 true", "/l5 true", "0 false", "0 false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(handMade())
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := read(b)
		if file == nil && err == nil {
			t.Error("neither a file nor an error")
		}
		if file == nil {
			return
		}
		if file.Payload > int64(len(b)) {
			t.Errorf("payload at %d of %d", file.Payload, len(b))
		}
		list, listErr := file.Files()
		r := cpio.NewReader(bytes.NewReader(b[file.Payload:]), list)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		if _, ok := list(1 << 30); ok {
			t.Errorf("a file that cannot be there, error %v", errors.Join(err, listErr))
		}
	})
}
