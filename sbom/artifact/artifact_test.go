package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// lists is a cataloger of files called *.list: each is one component, called
// after the base name and a digest of the content.
type lists struct {
	how string // "in order", "at random", "together"
}

func (l lists) Name() string { return l.how }

func (l lists) Wants(e sbom.Entry) sbom.Want {
	switch {
	case !strings.HasSuffix(e.Path, ".list"):
		return sbom.No
	case l.how == "together":
		return sbom.Together(e.Path)
	}
	return sbom.Yes
}

func (l lists) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	read := io.ReadAll
	if l.how != "in order" {
		read = func(io.Reader) ([]byte, error) { return readBackwards(f, f.Size) }
	}
	data, err := read(f)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != f.Size {
		return nil, fmt.Errorf("%d bytes of %d", len(data), f.Size)
	}
	return []*sbom.Component{{Type: sbom.TypeFile, Name: nameOf(path.Base(f.Path), data)}}, nil
}

func nameOf(base string, data []byte) string {
	return fmt.Sprintf("%s %x", base, sha256.Sum256(data))[:len(base)+9]
}

func readBackwards(r io.ReaderAt, size int64) ([]byte, error) {
	data := make([]byte, size)
	for end := size; end > 0; {
		start := max(0, end-70_000)
		if n, err := r.ReadAt(data[start:end], start); int64(n) < end-start {
			return nil, fmt.Errorf("read at %d: %d bytes of %d: %w", start, n, end-start, err)
		}
		end = start
	}
	return data, nil
}

// scan opens and scans an artifact.
func scan(t testing.TB, ref string, o Options, catalogers ...sbom.Cataloger) *sbom.Inventory {
	t.Helper()
	if catalogers == nil {
		catalogers = []sbom.Cataloger{lists{"in order"}}
	}
	artifacts, err := Open(context.Background(), ref, o)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := sbom.Scan(context.Background(), artifacts[0], catalogers, o.Limits)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// names returns the names of the components found, sorted.
func names(inv *sbom.Inventory) []string {
	var all []string
	for _, c := range inv.Components {
		all = append(all, c.Name)
	}
	slices.Sort(all)
	return all
}

// places returns where components were found, sorted.
func places(inv *sbom.Inventory) string {
	var all []string
	for _, c := range inv.Components {
		all = append(all, c.Locations[0].Path)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// codes returns kinds and codes of the findings, each once.
func codes(inv *sbom.Inventory) string {
	var all []string
	for _, f := range inv.Findings {
		all = append(all, fmt.Sprintf("%s:%s", f.Kind, f.Code))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

func hasGap(inv *sbom.Inventory) bool {
	return slices.ContainsFunc(inv.Findings, func(f sbom.Finding) bool { return f.Kind == sbom.Gap })
}

// needs skips the test if a program is not installed, and names the Debian
// package that has it.
func needs(t testing.TB, program, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install %s", program, pkg)
		}
		t.Skipf("%s is missing: install %s", program, pkg)
	}
}

// sh runs a script in a folder.
func sh(t testing.TB, dir, script string) {
	t.Helper()
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// sample is a set of files: empty, small, around the size of a head, around that
// of what is looked into, and beyond a small Buffer.
func sample() map[string][]byte {
	random := rand.NewChaCha8([32]byte{1})
	sizes := map[string]int{
		"empty.list": 0, "one.list": 1, "a/small.list": 300, "a/head.list": headSize, "a/b/over.list": headSize + 1,
		"a/b/large.list": largeEnough + 7, "unwanted": 100_000, "größe 1.list": 20_000,
	}
	files := map[string][]byte{}
	for _, name := range keys(sizes) {
		files[name] = make([]byte, sizes[name])
		random.Read(files[name])
	}
	return files
}

// sampleNames returns what lists finds in the sample.
func sampleNames() []string {
	var all []string
	for name, data := range sample() {
		if strings.HasSuffix(name, ".list") {
			all = append(all, nameOf(path.Base(name), data))
		}
	}
	slices.Sort(all)
	return all
}

// An entry is one of a tar archive that a test makes.
type entry struct {
	tar.Header
	data string
}

func file(name, data string) entry { return entry{tar.Header{Name: name, Mode: 0o644}, data} }

func hard(name, target string) entry {
	return entry{tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeLink}, ""}
}

func soft(name, target string) entry {
	return entry{tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeSymlink}, ""}
}

// tarOf makes a tar archive.
func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		e.Size = int64(len(e.data))
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scanBytes scans an artifact of the given name and content.
func scanBytes(t testing.TB, name string, data []byte, limits sbom.Limits, catalogers ...sbom.Cataloger) *sbom.Inventory {
	t.Helper()
	ref := write(t, filepath.Join(t.TempDir(), name), data)
	return scan(t, ref, Options{Digests: []string{}, Limits: limits}, catalogers...)
}

// TestContainers has one set of files described from a folder and from every
// container, compressed and nested, however a cataloger reads.
func TestContainers(t *testing.T) {
	for program, pkg := range map[string]string{"tar": "tar", "bsdtar": "libarchive-tools", "zip": "zip", "zstd": "zstd", "xz": "xz-utils", "bzip2": "bzip2", "python3": "python3"} {
		needs(t, program, pkg)
	}
	dir := t.TempDir()
	for name, data := range sample() {
		write(t, filepath.Join(dir, "in", name), data)
	}
	scripts := map[string]string{
		"gnu.tar":       "tar -C in --format=gnu -cf gnu.tar .",
		"pax.tar":       "tar -C in --format=pax -cf pax.tar .",
		"ustar.tar":     "tar -C in --format=ustar -cf ustar.tar .",
		"v7.tar":        "tar -C in --format=v7 -cf v7.tar .",
		"bsd.tar":       "bsdtar -C in -cf bsd.tar .",
		"a.tar.gz":      "tar -C in -czf a.tar.gz .",
		"a.tar.zst":     "tar -C in -c . | zstd -q -19 > a.tar.zst",
		"a.tar.xz":      "tar -C in -cJf a.tar.xz .",
		"a.tar.bz2":     "tar -C in -cjf a.tar.bz2 .",
		"stored.zip":    "cd in && zip -qr0 ../stored.zip .",
		"deflated.zip":  "cd in && zip -qr9 ../deflated.zip .",
		"streamed.zip":  "cd in && bsdtar --format=zip -cf - . | cat > ../streamed.zip",
		"python.zip":    "cd in && python3 -m zipfile -c ../python.zip *",
		"zip64.zip":     "cd in && find . -type f | python3 -c 'import sys,zipfile\nz=zipfile.ZipFile(\"../zip64.zip\",\"w\",8)\nfor n in sys.stdin.read().splitlines():\n  f=z.open(zipfile.ZipInfo(n),\"w\",force_zip64=True); f.write(open(n,\"rb\").read()); f.close()\nz.close()'",
		"prefixed.zip":  "cd in && zip -qr ../p.zip . && (printf '#!/bin/sh\\nexit\\n'; cat ../p.zip) > ../prefixed.zip && rm ../p.zip",
		"tarInTar.tar":  "tar -C in -cf inner.tar . && tar -cf tarInTar.tar inner.tar",
		"gzInGz.tgz":    "tar -C in -czf inner.tgz . && tar -czf gzInGz.tgz inner.tgz",
		"zipInGz.tgz":   "(cd in && zip -qr ../inner.zip .) && tar -czf zipInGz.tgz inner.zip",
		"storedInGz.gz": "(cd in && zip -qr0 ../inner0.zip .) && gzip -c inner0.zip > storedInGz.gz",
		"xzInZip.zip":   "tar -C in -cJf inner.txz . && zip -q xzInZip.zip inner.txz",
		"tarInZip0.zip": "tar -C in -cf inner0.tar . && zip -q0 tarInZip0.zip inner0.tar",
		"zipInTar.tar":  "(cd in && zip -qr0 ../inner1.zip .) && tar -cf zipInTar.tar inner1.zip",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			sh(t, dir, script)
			checkSample(t, filepath.Join(dir, name))
		})
	}
	t.Run("folder", func(t *testing.T) { checkSample(t, filepath.Join(dir, "in")) })
	t.Run("nested in a folder", func(t *testing.T) {
		sh(t, dir, "mkdir out && cp a.tar.gz out")
		checkSample(t, filepath.Join(dir, "out"))
	})
}

func checkSample(t *testing.T, ref string) {
	t.Helper()
	ways := map[string][]sbom.Cataloger{
		"in order": {lists{"in order"}}, "at random": {lists{"at random"}}, "together": {lists{"together"}},
		"all at once": {lists{"in order"}, lists{"at random"}, lists{"together"}},
	}
	for how, catalogers := range ways {
		for _, buffer := range []int64{0, 1000} {
			inv := scan(t, ref, Options{Limits: sbom.Limits{Buffer: buffer}}, catalogers...)
			want := slices.Sorted(slices.Values(slices.Repeat(sampleNames(), len(catalogers))))
			if got := names(inv); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", how, got, want)
			}
			if len(inv.Findings) > 0 {
				t.Errorf("%s: findings %v", how, inv.Findings)
			}
		}
	}
}

// TestFormats checks what an artifact is said to be.
func TestFormats(t *testing.T) {
	needs(t, "zip", "zip")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in/x.list"), []byte("x"))
	sh(t, dir, "tar -cf a.tar in; gzip -k a.tar; gzip -c in/x.list > x.gz; zip -qr a.zip in; xz -c in/x.list > x.xz")
	for ref, want := range map[string]string{
		"in": "folder", "in/x.list": "file", "a.tar": "tar", "a.tar.gz": "tar", "x.gz": "gzip", "x.xz": "xz", "a.zip": "zip",
	} {
		artifacts, err := Open(context.Background(), filepath.Join(dir, ref), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := artifacts[0].Format; got != want {
			t.Errorf("%s: got %q, want %q", ref, got, want)
		}
	}
	for ref, want := range map[string]string{"file:" + dir + "/in": "is a folder", "dir:" + dir + "/a.tar": "is a file", dir + "/none": "no such file", os.DevNull: "neither"} {
		_, err := Open(context.Background(), ref, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), dir) > 1 {
			t.Errorf("%s: got %v, want %q", ref, err, want)
		}
	}
}

// TestDigests compares with sha256sum and sha512sum.
func TestDigests(t *testing.T) {
	needs(t, "sha256sum", "coreutils")
	for _, size := range []int{0, 1, 256 << 10, 256<<10 + 1, 3 << 20} {
		name := write(t, filepath.Join(t.TempDir(), "x"), bytes.Repeat([]byte("ab"), size)[:size])
		artifacts, err := Open(context.Background(), name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, program := range []string{"sha256sum", "sha512sum"} {
			out, err := exec.Command(program, name).Output()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := artifacts[0].Digests[i].Value, strings.Fields(string(out))[0]; got != want {
				t.Errorf("%d bytes: got %s, want %s", size, got, want)
			}
		}
	}
	name := write(t, filepath.Join(t.TempDir(), "x"), nil)
	if _, err := Open(context.Background(), name, Options{Digests: []string{"MD5"}}); err == nil {
		t.Error("MD5 is accepted")
	}
}

// TestCompressedFile has one file that is no archive, compressed.
func TestCompressedFile(t *testing.T) {
	dir := t.TempDir()
	data := bytes.Repeat([]byte("0123456789"), 1<<20)
	write(t, filepath.Join(dir, "app.list"), data)
	sh(t, dir, "gzip -k app.list")
	for _, how := range []string{"in order", "at random", "together"} {
		inv := scan(t, filepath.Join(dir, "app.list.gz"), Options{}, lists{how})
		if got, want := names(inv), []string{nameOf("app.list", data)}; !slices.Equal(got, want) || codes(inv) != "" {
			t.Errorf("%s: got %q %s, want %q", how, got, codes(inv), want)
		}
	}
	inv := scan(t, filepath.Join(dir, "app.list.gz"), Options{Limits: sbom.Limits{File: 1 << 20}})
	if codes(inv) != "gap:limit.file" {
		t.Errorf("got %s, want the limit", codes(inv))
	}
	inv = scan(t, filepath.Join(dir, "app.list.gz"), Options{Limits: sbom.Limits{Expanded: 1 << 20}})
	if !strings.Contains(codes(inv), "gap:limit.expanded") {
		t.Errorf("got %s, want the limit", codes(inv))
	}
}

// TestPlain has a container taken as the plain file that it is as well.
func TestPlain(t *testing.T) {
	name := write(t, filepath.Join(t.TempDir(), "a.list"), tarOf(t, file("x.list", "x")))
	if got := places(scan(t, "file:"+name, Options{})); got != "a.list" {
		t.Errorf("got %q", got)
	}
	if got := places(scan(t, name, Options{})); got != "x.list" {
		t.Errorf("got %q", got)
	}
}

// TestCancel ends the context at the n-th entry or finding, for every n.
func TestCancel(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in/a/x.list"), []byte("x"))
	write(t, filepath.Join(dir, "in/b.tar"), tarOf(t, file("y.list", "y"), file("z.list", "z"), hard("l.list", "y.list")))
	sh(t, dir, "tar -czf a.tgz in")
	for _, ref := range []string{"in", "a.tgz"} {
		for n := 1; ; n++ {
			ctx, cancel := context.WithCancel(context.Background())
			artifacts, err := Open(ctx, filepath.Join(dir, ref), Options{})
			if err != nil {
				t.Fatal(err)
			}
			v := &countdown{n: n, cancel: cancel}
			err = artifacts[0].Trees[0].Walk(ctx, v)
			if v.n > 0 {
				cancel()
				break
			}
			if err != context.Canceled || v.after > 4 {
				t.Errorf("%s: at entry %d: error %v, %d more entries", ref, n, err, v.after)
			}
		}
	}
}

type countdown struct {
	mu       sync.Mutex
	n, after int
	cancel   func()
}

func (c *countdown) Entry(sbom.Entry) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 {
		c.cancel()
	} else if c.n < 0 {
		c.after++
	}
	return true
}
func (c *countdown) File(_ sbom.Entry, content sbom.Content) { io.Copy(io.Discard, content) }
func (c *countdown) Found(sbom.Finding)                      {}

// keys returns the sorted keys of m.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
