package artifact

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// raw makes one entry of a tar archive as it is told, checksum and padding apart.
func raw(typeflag byte, name, size string, data string) []byte {
	b := make([]byte, tarBlock)
	copy(b, name)
	copy(b[100:], "0000644\x00")
	copy(b[124:136], size)
	copy(b[136:], "00000000000\x00")
	b[156] = typeflag
	copy(b[257:], "ustar\x0000")
	sign(b)
	b = append(b, data...)
	return append(b, make([]byte, -len(data)&(tarBlock-1))...)
}

// sign sets the checksum of a header.
func sign(b []byte) {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:tarBlock] {
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

func size(n int) string { return fmt.Sprintf("%011o", n) }

// rawFile makes an ordinary entry.
func rawFile(name, data string) []byte { return raw('0', name, size(len(data)), data) }

// pax makes an extended header of the given records.
func pax(records ...string) []byte {
	var text strings.Builder
	for _, r := range records {
		n := len(r) + 3
		for n != len(fmt.Sprintf("%d %s\n", n, r)) {
			n = len(fmt.Sprintf("%d %s\n", n, r))
		}
		fmt.Fprintf(&text, "%d %s\n", n, r)
	}
	return raw('x', "pax", size(text.Len()), text.String())
}

var endMark = make([]byte, 2*tarBlock)

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestTar has archives that are odd or hostile.
func TestTar(t *testing.T) {
	x := rawFile("x.list", "x")
	y := rawFile("y.list", "y")
	huge := strings.Repeat("n", 2<<20)
	tests := []struct {
		name   string
		in     []byte
		places string
		codes  string
	}{
		{"names that lead outside", join(x, rawFile("../../etc/a.list", "a"), rawFile("/abs/b.list", "b"), rawFile("c/../../d.list", "d"), endMark),
			"abs/b.list d.list etc/a.list x.list", "note:entry.unclean"},
		{"names in another form", join(raw('5', "./", size(0), ""), rawFile("./a.list", "a"), rawFile("b//c.list", "c"), rawFile("./d/./e.list", "e"), endMark),
			"a.list b/c.list d/e.list", ""},
		{"links in circles", tarOf(t, soft("a", "b"), soft("b", "a"), soft("c.list", "c.list"), file("x.list", "x")), "x.list", ""},
		{"a symbolic link out of the archive", tarOf(t, soft("a.list", "/etc/passwd"), file("x.list", "x")), "x.list", ""},
		{"a long extended header", join(x, raw('x', "pax", size(1<<20+1), strings.Repeat("a", 1<<20+1)), y, endMark), "x.list", "gap:tar.header"},
		{"a long GNU name", join(x, raw('L', "././@LongLink", size(len(huge)), huge), y, endMark), "x.list", "gap:tar.header"},
		{"an extended size", join(pax("size=1"), raw('0', "x.list", size(0), "x"), y, endMark), "x.list y.list", "note:tar.ambiguous"},
		{"the same size twice", join(pax("size=1"), x, y, endMark), "x.list y.list", ""},
		{"an extended record without its length", join(x, raw('x', "pax", size(7), "path=y\n"), y, endMark), "x.list", "gap:tar.header"},
		{"an extended record with a false length", join(x, raw('x', "pax", size(10), "99 path=y\n"), y, endMark), "x.list", "gap:tar.header"},
		{"an extended record without its end", join(x, raw('x', "pax", size(9), "9 path=yy"), y, endMark), "x.list", "gap:tar.header"},
		{"an extended record with NUL", join(x, pax("path=y\x00.list"), y, endMark), "x.list", "gap:tar.header"},
		{"many extended records", join(pax(slices.Repeat([]string{"a=b"}, 10_000)...), x, endMark), "x.list", ""},
		{"a sparse map that is no map", join(x, pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=10"), raw('0', "y.list", size(512), "zz\n"), endMark), "x.list", "gap:tar.header"},
		{"a sparse map of very many regions", join(x, pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=10"), raw('0', "y.list", size(512), "99999999\n"), endMark), "x.list", "gap:tar.truncated"},
		{"no end", join(x, y), "x.list y.list", "gap:tar.truncated"},
		{"half an end", join(x, y, zeroBlock[:]), "x.list y.list", "gap:tar.truncated"},
		{"cut in a header", join(x, y)[:len(x)+100], "x.list", "gap:tar.truncated"},
		{"cut in a file", join(x, rawFile("unwanted", strings.Repeat("u", 5000)))[:len(x)+2000], "x.list", "gap:tar.truncated"},
		{"garbage behind", join(x, endMark, []byte("garbage")), "x.list", "note:tar.trailing"},
		{"two archives", join(x, endMark, y, endMark), "x.list", "note:tar.trailing"},
		{"zeros behind", join(x, make([]byte, 10<<10)), "x.list", ""},
		{"types", join(raw('3', "c.list", size(0), ""), raw('4', "b.list", size(0), ""), raw('6', "f.list", size(0), ""), raw('7', "x.list", size(1), "x"), endMark), "x.list", ""},
		{"an unknown type", join(raw('~', "x.list", size(1), "x"), y, endMark), "x.list y.list", "note:tar.type"},
		{"a negative size", join(x, raw('0', "y.list", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0", "y"), endMark), "x.list", "gap:tar.header"},
		{"a size beyond everything", join(x, raw('0', "unwanted", "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "y"), endMark), "x.list", "gap:tar.truncated"},
		{"times", join(pax("mtime=-4611686018427387904"), x, pax("mtime=31556889864403199"), y, endMark), "x.list y.list", ""},
		{"a file that is also a folder", join(rawFile("a", "x"), rawFile("a/x.list", "x"), endMark), "a/x.list", ""},
		{"a name that is no text", join(rawFile("a\xff\x1b[31m\n\u202eb!/x.list", "x"), endMark), "a%FF%1B[31m%0A%E2%80%AEb%21/x.list", ""},
		{"the same name twice", join(x, rawFile("x.list", "later"), endMark), "x.list", "note:entry.duplicate"},
		{"a hard link", tarOf(t, file("a", "x"), hard("x.list", "./a")), "x.list", ""},
		{"links to links", tarOf(t, file("a", "x"), hard("b", "a"), hard("c", "b"), hard("x.list", "c")), "x.list", ""},
		{"a link to itself", tarOf(t, file("x.list", "x"), hard("x.list", "x.list"), file("y.list", "y")), "x.list y.list", "note:entry.duplicate"},
		{"a link to a later entry", tarOf(t, hard("x.list", "a"), file("a", "x"), file("y.list", "y")), "y.list", "gap:link.dangling"},
		{"a link to nothing", tarOf(t, hard("x.list", "a"), hard("unwanted", "a")), "", "gap:link.dangling"},
		{"a link to a folder", join(raw('5', "a/", size(0), ""), tarOf(t, hard("x.list", "a"))), "", "gap:link.dangling"},
		{"a link to a symbolic link", tarOf(t, soft("a", "b"), hard("x.list", "a"), file("y.list", "y")), "y.list", ""},
		{"a link to a container", tarOf(t, file("a", string(tarOf(t, file("x.list", "x")))), hard("b.tar", "a")), "b.tar!/x.list", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, in := range map[string][]byte{"a.tar": tt.in, "a.tgz": gzipped(t, tt.in), "b.tar": tarOf(t, file("a.tar", string(tt.in)))} {
				inv := scanBytes(t, name, in, sbom.Limits{})
				if got := strings.ReplaceAll(places(inv), "a.tar!/", ""); got != tt.places {
					t.Errorf("%s: got %q, want %q", name, got, tt.places)
				}
				if got := codes(inv); got != tt.codes {
					t.Errorf("%s: findings %v, want %q", name, inv.Findings, tt.codes)
				}
			}
		})
	}
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTarHardLinks has links bound to what their target was when they were made.
func TestTarHardLinks(t *testing.T) {
	in := tarOf(t, file("t", "one"), hard("one.list", "t"), file("t", "two"), hard("two.list", "t"),
		hard("gone.list", "t"), file("gone.list", "three"), file("l", "four"), hard("l", "t"), hard("l.list", "l"), hard("big.list", "t"))
	want := []string{nameOf("one.list", []byte("one")), nameOf("two.list", []byte("two")), nameOf("gone.list", []byte("three")),
		nameOf("l.list", []byte("two")), nameOf("big.list", []byte("two"))}
	slices.Sort(want)
	for name, in := range map[string][]byte{"a.tar": in, "a.tgz": gzipped(t, in)} {
		for _, how := range []string{"in order", "at random", "together"} {
			inv := scanBytes(t, name, in, sbom.Limits{Buffer: 1}, lists{how})
			if got := names(inv); !slices.Equal(got, want) || hasGap(inv) {
				t.Errorf("%s: %s: got %q %v, want %q", name, how, got, inv.Findings, want)
			}
		}
	}
}

// TestTarSparse compares sparse files with what GNU tar says that they hold, and
// refuses one that says it holds a tebibyte.
func TestTarSparse(t *testing.T) {
	needs(t, "tar", "tar")
	dir := t.TempDir()
	sh(t, dir, `truncate -s 300000 x.list; printf middle | dd of=x.list bs=1 seek=150000 conv=notrunc status=none
		for f in 0.0 0.1 1.0; do tar --format=pax --sparse-version=$f -Scf $f.tar x.list; done; tar --format=gnu -Scf gnu.tar x.list`)
	want := names(scan(t, dir+"/x.list", Options{}))
	for _, name := range []string{"0.0.tar", "0.1.tar", "1.0.tar", "gnu.tar"} {
		inv := scan(t, filepath.Join(dir, name), Options{}, lists{"at random"})
		if got := names(inv); !slices.Equal(got, want) || len(inv.Findings) > 0 {
			t.Errorf("%s: got %q %v, want %q", name, got, inv.Findings, want)
		}
	}
	sh(t, dir, `truncate -s 1T x.list; echo y > y.list; tar --format=pax --sparse-version=1.0 -Scf big.tar x.list y.list; truncate -s 100M x.list; tar --format=pax -Scf some.tar x.list`)
	inv := scan(t, filepath.Join(dir, "big.tar"), Options{})
	if places(inv) != "y.list" || codes(inv) != "gap:limit.file" {
		t.Errorf("got %q %v", places(inv), inv.Findings)
	}
	if inv := scan(t, filepath.Join(dir, "some.tar"), Options{Limits: sbom.Limits{Expanded: 1 << 20}}); codes(inv) != "gap:limit.expanded" {
		t.Errorf("got %v", inv.Findings)
	}
}

// TestTarSparseContainer has a container that claims to be huge and is all holes:
// it must not be spooled.
func TestTarSparseContainer(t *testing.T) {
	needs(t, "tar", "tar")
	dir := t.TempDir()
	sh(t, dir, `truncate -s 100G x.zip; printf 'PK\003\004' | dd of=x.zip conv=notrunc status=none; tar --format=pax -Scf a.tar x.zip`)
	if inv := scan(t, filepath.Join(dir, "a.tar"), Options{}); codes(inv) != "gap:limit.file" {
		t.Errorf("got %v", inv.Findings)
	}
}

// TestTarManyEntries has two million entries: the limit is kept, and memory.
func TestTarManyEntries(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	const entries = 2_000_000
	name := write(t, filepath.Join(t.TempDir(), "a.tgz"), gzipped(t, manyEntries(entries)))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	inv := scan(t, name, Options{Digests: []string{}, Limits: sbom.Limits{Entries: 1000}})
	if codes(inv) != "gap:limit.entries" {
		t.Errorf("got %v", inv.Findings)
	}
	peak := &heapPeak{lists: lists{"in order"}}
	inv = scan(t, name, Options{Digests: []string{}}, peak)
	runtime.ReadMemStats(&after)
	if held := int64(peak.most) - int64(before.HeapInuse); len(inv.Findings) > 0 || held > 512<<20 {
		t.Errorf("%d bytes held, findings %v", held, inv.Findings)
	}
}

// heapPeak is a cataloger that looks at the heap now and then.
type heapPeak struct {
	lists
	calls int
	most  uint64
}

func (h *heapPeak) Wants(sbom.Entry) sbom.Want {
	if h.calls++; h.calls%100_000 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		h.most = max(h.most, m.HeapInuse)
	}
	return sbom.No
}

func manyEntries(n int) []byte {
	b := make([]byte, 0, (n+2)*tarBlock)
	header := raw('0', "0000000", size(0), "")
	for i := range n {
		copy(header, fmt.Sprintf("%07d", i))
		sign(header)
		b = append(b, header...)
	}
	return append(b, endMark...)
}

// TestTarLongPath has paths longer than the limit.
func TestTarLongPath(t *testing.T) {
	in := tarOf(t, file(strings.Repeat("a/", 5000)+"x.list", "x"), file(strings.Repeat("a", 64<<10)+".list", "x"), file("y.list", "y"))
	if inv := scanBytes(t, "a.tar", in, sbom.Limits{}); places(inv) != "y.list" || codes(inv) != "gap:limit.path" {
		t.Errorf("got %q %v", places(inv), inv.Findings)
	}
}
