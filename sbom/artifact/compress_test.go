package artifact

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/manifestgen/manifestgen/sbom"
)

// TestCompressed has compressed archives that are odd or hostile.
func TestCompressed(t *testing.T) {
	for program, pkg := range map[string]string{"zstd": "zstd", "xz": "xz-utils", "bzip2": "bzip2"} {
		needs(t, program, pkg)
	}
	tests := []struct{ name, script, places, codes string }{
		{"gzip, many members", "(gzip -c a.tar; for i in $(seq 10); do printf '' | gzip; done) > b; for i in $(seq 4); do cat b b b b > c; mv c d; tail -c +1 d > /dev/null; done; mv b out.tgz", "x.list", ""},
		{"gzip, cut into members", "head -c 700 a.tar | gzip > out.tgz; tail -c +701 a.tar | gzip >> out.tgz", "x.list", ""},
		{"gzip, garbage behind", "(gzip -c a.tar; echo garbage) > out.tgz", "x.list", "gap:compress.corrupt"},
		{"gzip, a long name", "(printf '\\037\\213\\010\\010\\0\\0\\0\\0\\0\\0'; head -c 100000 /dev/zero | tr '\\0' n) > out.tgz", "", "gap:compress.corrupt"},
		{"gzip, wrong checksum", "gzip -c a.tar | head -c -8 > out.tgz; printf 12345678 >> out.tgz", "x.list", "gap:compress.corrupt"},
		{"gzip, wrong name", "zstd -q a.tar -o out.tgz", "x.list", ""},
		{"bzip2, many streams", "(bzip2 -c a.tar; for i in $(seq 100); do printf '' | bzip2; done) > out.tbz", "x.list", ""},
		{"xz, many streams", "(xz -c a.tar; printf '' | xz; printf '' | xz) > out.txz", "x.list", ""},
		{"xz, large window", "xz --lzma2=dict=128MiB -c a.tar > out.txz", "", "gap:compress.corrupt"},
		{"xz, largest level", "xz -9e -c a.tar > out.txz", "x.list", ""},
		{"xz, SHA-256", "xz -C sha256 -c a.tar > out.txz", "x.list", ""},
		{"zstd, large window", "head -c 300000000 /dev/zero | zstd -q --ultra --long=31 -c > out.tar.zst", "", "gap:compress.corrupt"},
		{"zstd, many frames", "(zstd -q -c a.tar; printf '' | zstd -q; printf '\\120\\052\\115\\030\\4\\0\\0\\0skip') > out.tar.zst", "x.list", ""},
		{"ten times", "cp a.tar out.tgz; for i in $(seq 10); do gzip -c out.tgz > b; mv b out.tgz; done", "", "gap:type.mismatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.tar"), tarOf(t, file("x.list", "x"), file("unwanted", strings.Repeat("unwanted", 1000))))
			sh(t, dir, tt.script)
			out, err := filepath.Glob(filepath.Join(dir, "out.*"))
			if err != nil || len(out) != 1 {
				t.Fatal(out, err)
			}
			inv := scan(t, out[0], Options{})
			if got := places(inv); got != tt.places || codes(inv) != tt.codes {
				t.Errorf("got %q %v, want %q %q", got, inv.Findings, tt.places, tt.codes)
			}
		})
	}
}

// TestEmptyMembers has a million empty gzip members before the data, and many
// empty bzip2 streams: the time they take grows as they do, and the stack not.
func TestEmptyMembers(t *testing.T) {
	needs(t, "bzip2", "bzip2")
	dir := t.TempDir()
	sh(t, dir, "printf '' | bzip2 > b; printf x > x.list; bzip2 -k x.list; bzip2 -t x.list.bz2")
	empty, err := os.ReadFile(filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := os.ReadFile(filepath.Join(dir, "x.list.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{nameOf("x.list", []byte("x"))}
	for name, data := range map[string][]byte{
		"x.list.gz":  append(bytes.Repeat(gzipped(t, nil), 1_000_000), gzipped(t, []byte("x"))...),
		"x.list.bz2": append(bytes.Repeat(empty, 10_000), one...),
	} {
		if inv := scanBytes(t, name, data, sbom.Limits{}); !slices.Equal(names(inv), want) || len(inv.Findings) > 0 {
			t.Errorf("%s: got %q %v", name, names(inv), inv.Findings)
		}
	}
}

// TestBomb has compressed zeros far beyond the limit.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	head := raw('0', "unwanted", size(4<<30), "")
	if _, err := io.Copy(w, io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, 300<<20))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	inv := scanBytes(t, "a.tar.zst", b.Bytes(), sbom.Limits{Expanded: 100 << 20})
	if codes(inv) != "gap:limit.expanded" {
		t.Errorf("got %v", inv.Findings)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
