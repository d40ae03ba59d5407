package python

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// A member is a file of an archive, with what its header says of it.
type member struct {
	name, text string
	mode       uint32 // of Unix, if not 0
}

// theWheel returns the members of a wheel, METADATA first.
func theWheel() []member {
	files := wheelFiles("a", "1", "py3-none-any", "", map[string]string{"a.py": "x = 1\n"})
	members := []member{{name: "a-1.dist-info/METADATA", text: files["a-1.dist-info/METADATA"]}}
	delete(files, "a-1.dist-info/METADATA")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		members = append(members, member{name: name, text: files[name]})
	}
	return members
}

// zipOf returns a zip archive in which nothing is compressed.
func zipOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Store, ExternalAttrs: m.mode << 16, CreatorVersion: 3 << 8}
		h.CRC32, h.UncompressedSize64, h.CompressedSize64 = crc32.ChecksumIEEE([]byte(m.text)), uint64(len(m.text)), uint64(len(m.text))
		w, err := z.CreateRaw(h) // without a data descriptor
		check(t, err)
		_, err = w.Write([]byte(m.text))
		check(t, err)
	}
	check(t, z.Close())
	return b.Bytes()
}

// The places in the headers of the first member of an archive.
const (
	localFlags, localMethod, localCRC, localSize, localName = 6, 8, 14, 22, 30
	centralMark                                             = "PK\x01\x02"
)

// set sets 16 or 32 bits of the local header of the first member, and of its
// central one as well, if that has them at the other place.
func set[T uint16 | uint32](local, central int, v T) func([]byte) []byte {
	return func(b []byte) []byte {
		for _, at := range []int{local, bytes.Index(b, []byte(centralMark)) + central} {
			if at >= 0 && central >= 0 || at == local {
				_, err := binary.Encode(b[at:], binary.LittleEndian, v)
				if err != nil {
					panic(err)
				}
			}
		}
		return b
	}
}

// The rows of hostile archives, H023 to H033, in a wheel: what is wrong is said
// and never what is not so.
func TestHostileWheel(t *testing.T) {
	const whole = "pkg:pypi/a@1"
	byName := func(code string) []string { // METADATA is not read: the folder has a name
		return []string{"gap python.metadata", "gap " + code}
	}
	comment := func(c []byte) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint16(b[len(b)-2:], uint16(len(c)))
			return append(b, c...)
		}
	}
	with := func(more ...member) []member { return append(theWheel(), more...) }
	tests := []struct {
		name    string
		members []member
		change  func([]byte) []byte
		purl    string
		want    []string
	}{
		{"none", theWheel(), nil, whole, nil},
		{"H023 two METADATA, the same", with(theWheel()[0]), nil, whole, []string{"note entry.duplicate"}},
		{"H024 another name in front", theWheel(), func(b []byte) []byte { b[localName] = 'b'; return b }, whole, []string{"gap zip.mismatch"}},
		{"H024 another size in front", theWheel(), set[uint32](localSize, -1, 3), whole, []string{"gap zip.mismatch"}},
		{"H024 another method in front", theWheel(), set[uint16](localMethod, -1, 8), whole, []string{"gap zip.mismatch"}},
		{"H025 an end in the comment", theWheel(), comment([]byte("PK\x05\x06" + strings.Repeat("\x00", 18))), "", []string{"gap zip.ambiguous"}},
		{"H025 two archives", theWheel(), func(b []byte) []byte { return append(bytes.Clone(b), b...) }, whole, []string{"gap zip.ambiguous"}},
		{"H026 a script in front", theWheel(), func(b []byte) []byte { return append([]byte("#!/bin/sh\nexit\n"), b...) }, whole, nil},
		{"H026 bytes behind", theWheel(), func(b []byte) []byte { return append(b, "garbage"...) }, whole, []string{"note zip.trailing"}},
		{"H028 RECORD is METADATA", theWheel(), overlapMembers, whole, []string{"gap python.metadata", "gap zip.overlap", "gap zip.overlap"}},
		{"H029 larger than it says", theWheel(), set[uint32](localSize, 24, 3), whole,
			[]string{"gap python.metadata", "gap python.metadata", "gap python.metadata", "gap zip.corrupt"}},
		{"H029 smaller than it says", theWheel(), set[uint32](localSize, 24, 1<<30), whole, byName("zip.corrupt")},
		{"H029 another checksum", theWheel(), set[uint32](localCRC, 16, 3), whole, []string{"gap zip.corrupt"}},
		{"H030 a name that collides when clean", with(member{name: "./x/../a-1.dist-info/METADATA", text: metadata("a", "2", "")}), nil, "pkg:pypi/a@2",
			[]string{"note entry.duplicate", "note entry.duplicate", "note entry.unclean", "note python.name", "note python.record.changed"}},
		{"H031 encrypted", theWheel(), set[uint16](localFlags, 8, 1), whole, byName("zip.unsupported")},
		{"H031 method 99", theWheel(), set[uint16](localMethod, 10, 99), whole, byName("zip.unsupported")},
		{"H032 METADATA is a link", append([]member{{name: "a-1.dist-info/METADATA", text: "/etc/passwd", mode: 0o120777}}, theWheel()[1:]...), nil, whole,
			[]string{"gap python.metadata"}},
		{"H033 also a tar archive", theWheel(), func(b []byte) []byte {
			var tarred bytes.Buffer
			w := tar.NewWriter(&tarred)
			text := metadata("b", "1", "")
			check(t, w.WriteHeader(&tar.Header{Name: "b-1.dist-info/METADATA", Mode: 0o644, Size: int64(len(text))}))
			_, err := w.Write([]byte(text))
			check(t, errors.Join(err, w.Close()))
			return append(tarred.Bytes(), b...)
		}, "", []string{"pkg:pypi/a@1", "pkg:pypi/b@1", "note tar.trailing", "note type.ambiguous"}},
		{"a member that leads outside", with(member{name: "../../etc/x", text: "x"}), nil, whole, []string{"note entry.unclean", "note python.record.extra"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := zipOf(t, tt.members...)
			if tt.change != nil {
				data = tt.change(data)
			}
			m := open(t, writeFile(t, t.TempDir(), "a-1-py3-none-any.whl", data))
			if m.Principal.PURL != tt.purl {
				t.Errorf("got principal %q, want %q", m.Principal.PURL, tt.purl)
			}
			checkOutline(t, m, tt.want...)
		})
	}
}

// overlapMembers has the second member in the directory point to the first.
func overlapMembers(b []byte) []byte {
	first := bytes.Index(b, []byte(centralMark))
	second := first + 1 + bytes.Index(b[first+1:], []byte(centralMark))
	binary.LittleEndian.PutUint32(b[second+42:], 0)
	return b
}

// H030: very many names, which RECORD does not have.
func TestManyMembers(t *testing.T) {
	members := theWheel()
	for i := range 100_000 {
		members = append(members, member{name: fmt.Sprintf("a/%06d", i)})
	}
	m := open(t, writeFile(t, t.TempDir(), "a-1-py3-none-any.whl", zipOf(t, members...)))
	checkOutline(t, m, "note python.record.extra")
	if detail := m.Findings[0].Detail; !strings.HasPrefix(detail, "100000 files") || len(detail) > 500 {
		t.Errorf("got %q", detail)
	}
}

// H027: wheels in wheels, deeper than the limit.
func TestDeepWheels(t *testing.T) {
	inner := ""
	for i := range 6 {
		files := map[string]string{}
		if inner != "" {
			files["inner-1-py3-none-any.whl"] = inner
		}
		dir := t.TempDir()
		inner = readFile(t, writeZip(t, dir, "x.whl", wheelFiles(fmt.Sprintf("p%d", i), "1", "py3-none-any", "", files)))
	}
	m := open(t, writeFile(t, t.TempDir(), "p5-1-py3-none-any.whl", []byte(inner)))
	if m.Principal.PURL != "pkg:pypi/p5@1" || m.Gaps() != 1 {
		t.Errorf("got %s, findings %v", m.Principal.PURL, m.Findings)
	}
	checkOutline(t, m, "pkg:pypi/p2@1", "pkg:pypi/p3@1", "pkg:pypi/p4@1", "pkg:pypi/p3@1 contains pkg:pypi/p2@1",
		"pkg:pypi/p4@1 contains pkg:pypi/p3@1", "gap limit.nesting")
}

// H034: of 50 wheels one is damaged.
func TestOneOfManyWheels(t *testing.T) {
	files := map[string]string{}
	for i := range 50 {
		name := fmt.Sprintf("p%d", i)
		all := wheelFiles(name, "1", "py3-none-any", "", nil)
		var members []member
		for _, p := range slices.Sorted(maps.Keys(all)) {
			members = append(members, member{name: p, text: all[p]})
		}
		data := zipOf(t, members...)
		if i == 7 {
			data[localName+len(members[0].name)] ^= 0xff
		}
		files[name+"-1-py3-none-any.whl"] = string(data)
	}
	m := open(t, writeSdist(t, t.TempDir(), "all.tar.gz", files))
	found := 0
	for _, c := range m.Components {
		if strings.HasPrefix(c.PURL, "pkg:pypi/") {
			found++
		}
	}
	if found < 49 || m.Gaps() == 0 {
		t.Errorf("got %d of 50, and %d gaps", found, m.Gaps())
	}
	for _, f := range m.Findings {
		if f.Kind == sbom.Gap && !strings.HasPrefix(f.Path, "p7-1-") {
			t.Errorf("a gap elsewhere: %+v", f)
		}
	}
}
