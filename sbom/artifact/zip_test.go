package artifact

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// python runs a program that makes files in dir; z is an open archive a.zip.
func python(t testing.TB, dir, program string) {
	t.Helper()
	needs(t, "python3", "python3")
	write(t, filepath.Join(dir, "make.py"), []byte("import zipfile, struct, warnings\nwarnings.simplefilter('ignore')\nz = zipfile.ZipFile('a.zip', 'w')\n"+program+"\nz.close()\n"))
	sh(t, dir, "python3 make.py")
}

// TestZip has archives that are odd or hostile, most of them one change away from
// what Python makes.
func TestZip(t *testing.T) {
	const twoFiles = `z.writestr('x.list', 'x'); z.writestr('y.list', 'y')`
	tests := []struct {
		name, program string
		change        func([]byte) []byte // may be nil
		places, codes string
	}{
		{"empty", "", nil, "", ""},
		{"names that lead outside", `z.writestr('../x.list', 'x'); z.writestr('/y.list', 'y')`, nil, "x.list y.list", "note:entry.unclean"},
		{"another name in the local header", twoFiles, replaceFirst("x.list", "z.list"), "x.list y.list", "gap:zip.mismatch"},
		{"another size in the local header", twoFiles, put32(22, 77), "x.list y.list", "gap:zip.mismatch"},
		{"another method in the local header", twoFiles, put32(8, 8), "x.list y.list", "gap:zip.mismatch"},
		{"another checksum in the local header", twoFiles, put32(14, 77), "x.list y.list", "gap:zip.mismatch"},
		{"no local header", twoFiles, put32(0, 77), "y.list", "gap:zip.mismatch"},
		{"two ends", twoFiles + `; z.comment = b'PK\5\6' + bytes(18)`, nil, "", "gap:zip.ambiguous"},
		{"an end in the comment", twoFiles + `; z.comment = b'PK\5\6' + bytes(30)`, nil, "", "gap:zip.ambiguous"},
		{"a comment", twoFiles + `; z.comment = b'comment'`, nil, "x.list y.list", ""},
		{"an archive inside, stored", "import io\nb = io.BytesIO(); i = zipfile.ZipFile(b, 'w'); i.writestr('x.list', 'x'); i.close(); z.writestr('b.zip', b.getvalue())", nil, "b.zip!/x.list", ""},
		{"a program in front", twoFiles, func(b []byte) []byte { return append([]byte("\x7fELF"), b...) }, "x.list y.list", ""},
		{"an archive in front", twoFiles, func(b []byte) []byte { return append(bytes.Clone(b), b...) }, "x.list y.list", "gap:zip.ambiguous"},
		{"garbage behind", twoFiles, func(b []byte) []byte { return append(b, "garbage"...) }, "x.list y.list", "note:zip.trailing"},
		{"a directory that is cut", twoFiles, func(b []byte) []byte { return b[:len(b)-10] }, "", "gap:zip.corrupt"},
		{"fewer members than it says", twoFiles, func(b []byte) []byte { b[len(b)-12] = 3; return b }, "x.list y.list", "gap:zip.corrupt"},
		{"encrypted", twoFiles, func(b []byte) []byte { b[6] |= 1; b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= 1; return b }, "y.list", "gap:zip.unsupported"},
		{"unknown method", twoFiles, func(b []byte) []byte { b[8] = 99; b[bytes.Index(b, []byte("PK\x01\x02"))+10] = 99; return b }, "y.list", "gap:zip.unsupported"},
		{"lzma", `z.writestr('x.list', 'x', 14); z.writestr('y.list', 'y')`, nil, "y.list", "gap:zip.unsupported"},
		{"a symbolic link", `i = zipfile.ZipInfo('x.list'); i.create_system = 3; i.external_attr = 0o120777 << 16; z.writestr(i, '/etc/passwd'); z.writestr('y.list', 'y')`, nil, "y.list", ""},
		{"a file with the mode of a folder", `i = zipfile.ZipInfo('x.list'); i.create_system = 3; i.external_attr = 0o40755 << 16; z.writestr(i, 'x')`, nil, "x.list", ""},
		{"a file with the mode of a device", `i = zipfile.ZipInfo('x.list'); i.create_system = 3; i.external_attr = 0o20755 << 16; z.writestr(i, 'x')`, nil, "x.list", ""},
		{"a folder with content", `z.writestr('x.list/', 'x'); z.writestr('y.list', 'y')`, nil, "y.list", "gap:zip.mismatch"},
		{"a name twice", `z.writestr('x.list', 'x'); z.writestr('x.list', 'later')`, nil, "x.list", "note:entry.duplicate"},
		{"wrong content", twoFiles, func(b []byte) []byte { b[36] = 'z'; return b }, "y.list", "gap:zip.corrupt"},
		{"wrong content, large and stored", `z.writestr('x.list', bytes(300000)); z.writestr('y.list', 'y')`, func(b []byte) []byte { b[1000] = 1; return b }, "y.list", "gap:zip.corrupt"},
		{"one byte more than it says", `z.writestr('x.list', 'xxxx'*99, 8); z.writestr('y.list', 'y')`, setSizes(395), "y.list", "gap:zip.corrupt"},
		{"one byte less than it says", `z.writestr('x.list', 'xxxx'*99, 8); z.writestr('y.list', 'y')`, setSizes(397), "y.list", "gap:zip.corrupt"},
		{"no bytes by its word", `z.writestr('x.list', 'xxxx'*99, 8); z.writestr('y.list', 'y')`, setSizes(0), "y.list", "gap:zip.corrupt"},
		{"a member twice", twoFiles, overlap, "", "gap:zip.overlap"},
		{"also a tar archive", twoFiles, func(b []byte) []byte {
			return append(join(rawFile("z.list", "z"), endMark), b...)
		}, "a.zip!/x.list a.zip!/y.list z.list", "note:tar.trailing note:type.ambiguous"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			python(t, dir, tt.program)
			name := filepath.Join(dir, "a.zip")
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				data = tt.change(data)
				write(t, name, data)
			}
			inv := scan(t, name, Options{})
			if got := places(inv); got != tt.places {
				t.Errorf("got %q, want %q", got, tt.places)
			}
			if got := codes(inv); got != tt.codes {
				t.Errorf("findings %v, want %q", inv.Findings, tt.codes)
			}
		})
	}
}

func replaceFirst(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
}

func put32(at int, v uint32) func([]byte) []byte {
	return func(b []byte) []byte { binary.LittleEndian.PutUint32(b[at:], v); return b }
}

// setSizes sets the size of the first member, in both headers.
func setSizes(n uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		binary.LittleEndian.PutUint32(b[22:], n)
		binary.LittleEndian.PutUint32(b[bytes.Index(b, []byte("PK\x01\x02"))+24:], n)
		return b
	}
}

// overlap has the second member in the directory point to the first.
func overlap(b []byte) []byte {
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[at+42:], 0)
	return b
}

// TestZipDuplicate has the content of a name that occurs twice be what Python,
// and so pip, reads: the last one.
func TestZipDuplicate(t *testing.T) {
	dir := t.TempDir()
	python(t, dir, `z.writestr('x.list', '1.0'); z.writestr('x.list', '6.6.6')`)
	inv := scan(t, filepath.Join(dir, "a.zip"), Options{})
	if got, want := names(inv), []string{nameOf("x.list", []byte("6.6.6"))}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestZipManyMembers has very many empty members: the directory is larger than
// all before it.
func TestZipManyMembers(t *testing.T) {
	dir := t.TempDir()
	python(t, dir, "for i in range(200000): z.writestr('%06d.list' % i, '')")
	inv := scan(t, filepath.Join(dir, "a.zip"), Options{})
	if len(inv.Components) != 200_000 || len(inv.Findings) > 0 {
		t.Errorf("%d components, findings %v", len(inv.Components), inv.Findings)
	}
}

// TestNesting has containers nested deeper than the limit.
func TestNesting(t *testing.T) {
	in := tarOf(t, file("x.list", "x"))
	for range 6 {
		in = tarOf(t, file("a.tar", string(in)), file("y.list", "y"))
	}
	inv := scanBytes(t, "a.tar", in, sbom.Limits{})
	want := "a.tar!/a.tar!/a.tar!/y.list a.tar!/a.tar!/y.list a.tar!/y.list y.list"
	if got := places(inv); got != want || codes(inv) != "gap:limit.nesting" {
		t.Errorf("got %q %v, want %q", got, inv.Findings, want)
	}
}

// TestProgramWithArchive has a zip archive behind a program and behind a script.
func TestProgramWithArchive(t *testing.T) {
	dir := t.TempDir()
	python(t, dir, "z.writestr('x.list', 'x'); z.writestr('__main__.py', '')")
	sh(t, dir, "mkdir app out; cp a.zip app; cd app; python3 -m zipfile -e a.zip . ; rm a.zip; cd ..; python3 -m zipapp app -p '/usr/bin/env python3' -o out/app.pyz; cp out/app.pyz app.pyz; (cat /bin/true a.zip) > program")
	for name, want := range map[string]string{"app.pyz": "x.list", "out": "app.pyz!/x.list", "program": "program!/x.list"} {
		inv := scan(t, filepath.Join(dir, name), Options{})
		if got := places(inv); got != want || hasGap(inv) {
			t.Errorf("%s: got %q %v, want %q", name, got, inv.Findings, want)
		}
	}
}

// TestMisnamed has files that are named like containers and are none, and the
// other way round.
func TestMisnamed(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"a.whl": []byte("version https://git-lfs.github.com/spec/v1\n"), "b.tar.gz": gzipped(t, []byte("text")),
		"empty.tar": make([]byte, 10240), "empty.zip": nil, "no.gz": []byte("no"), "c.jar": gzipped(t, tarOf(t, file("x.list", "x"))),
	} {
		write(t, filepath.Join(dir, name), data)
	}
	inv := scan(t, dir, Options{})
	var got []string
	for _, f := range inv.Findings {
		got = append(got, fmt.Sprint(f.Code, " ", f.Path))
	}
	if want := "type.mismatch a.whl, type.mismatch b.tar.gz"; strings.Join(got, ", ") != want || places(inv) != "c.jar!/x.list" {
		t.Errorf("got %q %q, want %q", places(inv), got, want)
	}
	for _, name := range []string{"a.whl", "b.tar.gz", "no.gz"} {
		if inv := scan(t, filepath.Join(dir, name), Options{}); codes(inv) != "gap:type.mismatch" {
			t.Errorf("%s: got %v", name, inv.Findings)
		}
	}
}
