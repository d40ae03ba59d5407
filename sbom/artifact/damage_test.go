package artifact

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// TestDamage holds the law that matters most: whatever byte of an archive is
// wrong or missing, either all components are found or there is a gap.
//
// The bytes of a plain tar archive have no checksum but that of the headers, so
// there only what is found counts, and not what it holds.
func TestDamage(t *testing.T) {
	for program, pkg := range map[string]string{"zip": "zip", "zstd": "zstd", "xz": "xz-utils", "bzip2": "bzip2"} {
		needs(t, program, pkg)
	}
	dir := t.TempDir()
	random := rand.NewChaCha8([32]byte{2})
	for _, name := range []string{"in/a.list", "in/b/c.list", "in/unwanted"} {
		data := make([]byte, 40)
		random.Read(data)
		write(t, filepath.Join(dir, name), data)
	}
	scripts := map[string]string{
		"a.tar":     "tar --format=ustar -b1 -C in -cf a.tar a.list b unwanted",
		"a.tar.gz":  "tar -C in -czf a.tar.gz a.list b unwanted",
		"a.tar.zst": "tar -C in -c a.list b unwanted | zstd -q > a.tar.zst",
		"a.tar.xz":  "tar -C in -cJf a.tar.xz a.list b unwanted",
		"a.tar.bz2": "tar -C in -cjf a.tar.bz2 a.list b unwanted",
		"s.zip":     "cd in && zip -qr0 ../s.zip a.list b unwanted",
		"d.zip":     "cd in && zip -qr9 ../d.zip a.list b unwanted",
		"n.tgz":     "(cd in && zip -qr ../n.zip a.list b unwanted) && tar -czf n.tgz n.zip",
		"g.zip":     "tar -C in -czf g.tgz a.list b unwanted && zip -q0 g.zip g.tgz",
		"x.list.gz": "gzip -c in/a.list > x.list.gz",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sh(t, dir, script)
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			checkDamage(t, filepath.Join(t.TempDir(), name), data)
		})
	}
}

func checkDamage(t *testing.T, name string, data []byte) {
	see := names
	if filepath.Ext(name) == ".tar" {
		see = func(inv *sbom.Inventory) []string { return []string{places(inv)} }
	}
	want := see(scan(t, write(t, name, data), Options{Digests: []string{}}))
	check := func(what string, at int, damaged []byte) {
		inv := scan(t, write(t, name, damaged), Options{Digests: []string{}})
		if got := see(inv); !slices.Equal(got, want) && !hasGap(inv) {
			t.Errorf("%s at %d of %d: got %q, want %q or a gap; findings %v", what, at, len(data), got, want, inv.Findings)
		}
	}
	for n := 1; n < len(data); n++ {
		check("cut", n, data[:n])
	}
	for i := range data {
		for _, mask := range []byte{0x01, 0xff} {
			damaged := bytes.Clone(data)
			damaged[i] ^= mask
			check("flip", i, damaged)
		}
	}
}

// TestDamageSpares has one damaged archive among many: it costs itself only.
func TestDamageSpares(t *testing.T) {
	needs(t, "zip", "zip")
	dir := t.TempDir()
	for i := range 10 {
		write(t, filepath.Join(dir, "in/x.list"), bytes.Repeat([]byte{byte(i)}, 5000))
		sh(t, dir, "mkdir -p wheels; cd in; zip -q ../wheels/"+string(rune('a'+i))+".whl x.list")
	}
	bad := filepath.Join(dir, "wheels/d.whl")
	data, err := os.ReadFile(bad)
	if err != nil {
		t.Fatal(err)
	}
	data[70] ^= 0xff // in the deflated bytes
	write(t, bad, data)
	inv := scan(t, filepath.Join(dir, "wheels"), Options{})
	if len(inv.Components) != 9 || codes(inv) != "gap:zip.corrupt" {
		t.Errorf("got %d components and %v", len(inv.Components), inv.Findings)
	}
}

// failing is content that fails from some offset on.
type failing struct {
	io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

// TestStreamErrors has streams that end with an error, or too early, or too late,
// after every number of bytes: no way of reading hides it.
func TestStreamErrors(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 1000)
	for n := 0; n <= len(data); n += 97 {
		for _, end := range []error{io.EOF, os.ErrDeadlineExceeded} {
			if n == len(data) && end == io.EOF {
				continue
			}
			open := func() *stream { return newStream(failing{bytes.NewReader(data[:n]), end}, int64(len(data)), 100) }
			judged := open()
			judged.judged = true
			_, inOrder := io.ReadAll(open())
			_, atRandom := readBackwards(open(), int64(len(data)))
			for how, err := range map[string]error{"in order": inOrder, "at random": atRandom, "keep": open().Keep(), "finish": judged.finish()} {
				if err == nil {
					t.Errorf("%d bytes, then %v: %s: no error", n, end, how)
				}
			}
			s := open()
			s.judged = true
			if s.reuse(); s.finish() == nil {
				t.Errorf("%d bytes, then %v: no error after reuse", n, end)
			}
			if s.finish() != nil {
				t.Error("the same error is told twice")
			}
		}
	}
	if _, err := io.ReadAll(newStream(bytes.NewReader(data), 5, 100)); err == nil {
		t.Error("a stream that is longer than it says: no error")
	}
}

// TestSpool has temporary files gone while they are in use, and none in memory
// beyond the limit; and no place for them.
func TestSpool(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	in := tarOf(t, file("x.list", string(bytes.Repeat([]byte("x"), 100_000))))
	name := write(t, filepath.Join(t.TempDir(), "a.tar"), in)
	inv := scan(t, name, Options{Limits: sbom.Limits{Buffer: 1000}}, looking{lists{"at random"}, tmp, t}, lists{"together"})
	if len(inv.Components) != 2 || len(inv.Findings) > 0 {
		t.Errorf("got %q %v", names(inv), inv.Findings)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	t.Setenv("TMPDIR", filepath.Join(tmp, "missing"))
	inv = scan(t, name, Options{Limits: sbom.Limits{Buffer: 1000}}, lists{"at random"})
	if codes(inv) != "gap:io.vanished" && codes(inv) != "gap:io.error" {
		t.Errorf("no place for temporary files: got %v", inv.Findings)
	}
	if inv = scan(t, name, Options{Limits: sbom.Limits{Buffer: 1000}}); len(inv.Components) != 1 || len(inv.Findings) > 0 {
		t.Errorf("no need for temporary files: got %v", inv.Findings)
	}
	sp := &spool{limit: 1000}
	sp.Write(make([]byte, 1001))
	if cap(sp.memory) > 0 {
		t.Error("bytes are in memory and on disk")
	}
	sp.Close()
	if _, err := sp.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("a closed spool reads as an empty one")
	}
}

// looking is a cataloger that looks for temporary files after it has read.
type looking struct {
	lists
	dir string
	t   *testing.T
}

func (l looking) Catalog(ctx context.Context, f *sbom.File) ([]*sbom.Component, error) {
	all, err := l.lists.Catalog(ctx, f)
	if left, _ := os.ReadDir(l.dir); len(left) > 0 {
		l.t.Errorf("%v has a name", left)
	}
	return all, err
}
