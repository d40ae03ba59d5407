package artifact

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact/internal/inflate"
)

// The benchmarks compare with the fastest way to do the least that must be done,
// in the same run: x-find of 2 is twice the time of find.

// ratio runs ours and the limit in turns and reports the ratio of the best times.
func ratio(b *testing.B, unit string, ours, limit func()) {
	b.Helper()
	ours()
	limit()
	best := [2]time.Duration{1 << 62, 1 << 62}
	for b.Loop() {
		for i, f := range []func(){ours, limit} {
			start := time.Now()
			f()
			best[i] = min(best[i], time.Since(start))
		}
	}
	b.ReportMetric(float64(best[0])/float64(best[1]), unit)
	b.ReportMetric(best[0].Seconds()*1000, "ours-ms")
}

// walkAll walks an artifact without wanting anything.
func walkAll(b *testing.B, ref string) func() {
	return func() {
		artifacts, err := Open(context.Background(), ref, Options{Digests: []string{}})
		if err != nil {
			b.Fatal(err)
		}
		if err := artifacts[0].Trees[0].Walk(context.Background(), nobody{b}); err != nil {
			b.Fatal(err)
		}
	}
}

type nobody struct{ b *testing.B }

func (nobody) Entry(sbom.Entry) bool         { return false }
func (nobody) File(sbom.Entry, sbom.Content) {}
func (n nobody) Found(f sbom.Finding)        { n.b.Error(f) }

func BenchmarkFolder(b *testing.B) {
	needs(b, "find", "findutils")
	dir := b.TempDir()
	for i := range 10_000 {
		name := filepath.Join(dir, fmt.Sprint(i/100), fmt.Sprint(i%100))
		if err := os.MkdirAll(name, 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range 10 {
			write(b, filepath.Join(name, fmt.Sprintf("file%d", j)), []byte("x"))
		}
	}
	for unit, args := range map[string][]string{"x-find": {dir}, "x-find-size": {dir, "-size", "+1M"}} {
		b.Run(unit, func(b *testing.B) {
			ratio(b, unit, walkAll(b, dir), func() {
				if err := exec.Command("find", args...).Run(); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkDigests(b *testing.B) {
	data := make([]byte, 120<<20)
	rand.NewChaCha8([32]byte{}).Read(data)
	name := write(b, filepath.Join(b.TempDir(), "x"), data)
	ratio(b, "x-hash", func() {
		if _, err := Open(context.Background(), name, Options{}); err != nil {
			b.Fatal(err)
		}
	}, func() {
		var wg sync.WaitGroup
		wg.Go(func() { sha256.Sum256(data) })
		wg.Go(func() { sha512.Sum512(data) })
		wg.Wait()
	})
}

// benchTar makes an archive of many small files and some large ones.
func benchTar(b *testing.B) string {
	name := filepath.Join(b.TempDir(), "a.tar")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	w := tar.NewWriter(f)
	for i := range 20_000 {
		size := int64(2000)
		if i%1000 == 0 {
			size = 4 << 20
		}
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("usr/share/doc/package%d/file%d", i/10, i), Mode: 0o644, Size: size}); err != nil {
			b.Fatal(err)
		}
		io.CopyN(w, text{random}, size)
	}
	w.Close()
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// text is random letters, which can be compressed a little.
type text struct{ io.Reader }

func (t text) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	for i := range p[:n] {
		p[i] = 'a' + p[i]&15
	}
	return n, err
}

func BenchmarkTar(b *testing.B) {
	name := benchTar(b)
	ratio(b, "x-headers", walkAll(b, name), func() { readHeaders(b, name) })
}

// readHeaders reads the headers of a tar archive.
func readHeaders(b *testing.B, name string) {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		if _, err := r.Next(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTarGzip(b *testing.B) {
	name := benchTar(b)
	sh(b, filepath.Dir(name), "gzip a.tar")
	ratio(b, "x-inflate", walkAll(b, name+".gz"), func() {
		f, err := os.Open(name + ".gz")
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		r, err := gzip.NewReader(f)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	})
}

// benchImage makes an image of four layers.
func benchImage(b *testing.B) *testImage {
	img := imageOf()
	for range 4 {
		data, err := os.ReadFile(benchTar(b))
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("layer%d", len(img.layers))
		img.layers = append(img.layers, append(tarOf(b, file(name, ""))[:tarBlock:tarBlock], data...))
	}
	return img
}

// scanAll scans an image without wanting anything.
func scanAll(b *testing.B, ref string, digests []string) func() {
	return func() {
		inv := scan(b, ref, Options{Digests: digests}, noCataloger{})
		if hasGap(inv) {
			b.Fatal(inv.Findings)
		}
	}
}

type noCataloger struct{ lists }

func (noCataloger) Wants(sbom.Entry) sbom.Want { return sbom.No }

// BenchmarkImageGzip compares with inflating the layers on all cores, and with
// comparing their digests as well; and with igzip, which inflates them on one core.
func BenchmarkImageGzip(b *testing.B) {
	img := benchImage(b).gzipped(b)
	packed := make([][]byte, len(img.layers))
	for i, l := range img.layers {
		packed[i] = img.pack(l)
	}
	ref := img.oci().folder(b)
	inflate := func(prove bool) func() {
		return func() {
			var wg sync.WaitGroup
			slots := make(chan struct{}, runtime.GOMAXPROCS(0))
			for _, p := range packed {
				slots <- struct{}{}
				wg.Go(func() {
					defer func() { <-slots }()
					blob, diff := sha256.New(), sha256.New()
					var in io.Reader = bytes.NewReader(p)
					var out io.Writer = io.Discard
					if prove {
						in, out = bufio.NewReaderSize(io.TeeReader(in, blob), bufferSize), diff
					}
					r, err := inflate.NewReader(in)
					if err == nil {
						_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{r}, make([]byte, bufferSize))
					}
					if err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
		}
	}
	b.Run("proved", func(b *testing.B) { ratio(b, "x-inflate", scanAll(b, ref, nil), inflate(false)) })
	b.Run("proved-to-proved", func(b *testing.B) { ratio(b, "x-inflate-sha256", scanAll(b, ref, nil), inflate(true)) })
	b.Run("unproved", func(b *testing.B) { ratio(b, "x-inflate", scanAll(b, ref, []string{}), inflate(false)) })
	b.Run("proved-to-igzip", func(b *testing.B) {
		needs(b, "igzip", "isal")
		ratio(b, "x-igzip", scanAll(b, ref, nil), func() {
			for _, p := range packed {
				igzip := exec.Command("igzip", "-dc")
				igzip.Stdin = bytes.NewReader(p)
				if err := igzip.Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// BenchmarkImageLayers compares images of one and of four layers, of files of this
// machine, with igzip, which inflates them on one core and proves nothing.
func BenchmarkImageLayers(b *testing.B) {
	needs(b, "igzip", "isal")
	for _, dir := range []string{"/usr/lib", "/usr/share"} {
		for _, n := range []int{1, 4} {
			ref, files := imageOfFiles(b, dir, n)
			igzip := func() {
				if err := exec.Command("igzip", append([]string{"-dc"}, files...)...).Run(); err != nil {
					b.Fatal(err)
				}
			}
			name := fmt.Sprintf("%s/%d-layers/", filepath.Base(dir), n)
			b.Run(name+"proved", func(b *testing.B) { ratio(b, "x-igzip", scanAll(b, ref, nil), igzip) })
			b.Run(name+"unproved", func(b *testing.B) { ratio(b, "x-igzip", scanAll(b, ref, []string{}), igzip) })
		}
	}
}

// imageOfFiles makes an image whose layers have the files of a folder in n parts,
// and returns also the files of the layers.
func imageOfFiles(b *testing.B, of string, n int) (ref string, files []string) {
	dir := b.TempDir()
	sh(b, dir, fmt.Sprintf("find %s -type f -size -16M | sort | head -9000 >list && split -n r/%d list part.", of, n))
	sh(b, dir, "for p in part.*; do tar -cPf $p.tar -T $p && gzip -k $p.tar; done")
	files, err := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	if err != nil || len(files) != n {
		b.Fatal(files, err)
	}
	img := imageOf()
	packed := map[string][]byte{}
	for _, name := range files {
		layer := readFile(b, strings.TrimSuffix(name, ".gz"))
		img.layers = append(img.layers, layer)
		packed[string(layer[:4*tarBlock])] = readFile(b, name)
	}
	img.packed, img.pack = "tar+gzip", func(l []byte) []byte { return packed[string(l[:4*tarBlock])] }
	return img.oci().folder(b), files
}

func readFile(b *testing.B, name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// BenchmarkImagePlain compares a docker archive whose layers are not compressed
// with reading the headers of its layers, and with hashing it.
func BenchmarkImagePlain(b *testing.B) {
	img := benchImage(b)
	ref := img.docker().archive(b)
	var layers []string
	for _, l := range img.layers {
		layers = append(layers, write(b, filepath.Join(b.TempDir(), "layer.tar"), l))
	}
	b.Run("unproved", func(b *testing.B) {
		ratio(b, "x-headers", scanAll(b, ref, []string{}), func() {
			for _, name := range layers {
				readHeaders(b, name)
			}
		})
	})
	b.Run("proved", func(b *testing.B) {
		ratio(b, "x-sha256-and-sha512", scanAll(b, ref, nil), func() {
			f, err := os.Open(ref)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			if _, err := digests(context.Background(), f, nil); err != nil {
				b.Fatal(err)
			}
		})
	})
}
