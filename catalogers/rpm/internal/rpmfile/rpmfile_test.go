package rpmfile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

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

func TestRead(t *testing.T) {
	for _, path := range rpmtest.Build(t, spec) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := read(b)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b[f.Payload:])
		if got, want := hex.EncodeToString(sum[:]), f.Header.Text(header.PayloadDigest); got != want {
			t.Errorf("%s: payload digest %s, want %s", path, got, want)
		}
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
	})
}
