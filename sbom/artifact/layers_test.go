package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/manifestgen/manifestgen/sbom"
)

// randomLayer makes a layer of some of a few paths, so that layers often have the
// same. Folders are listed before what is in them, as programs that make layers do.
func randomLayer(t testing.TB, r *rand.Rand) []byte {
	kinds := map[string]string{}
	var entries []entry
	var files []string
	for _, p := range []string{"a", "a/b", "a/b/x.list", "a/b/y.list", "a/z.list", "c", "c/x.list", "d.list", "e.tar"} {
		parent := filepath.Dir(p)
		if parent != "." && kinds[parent] != "folder" {
			continue
		}
		isFile := strings.Contains(p, ".")
		choice := r.IntN(10)
		dir, base := filepath.Split(p)
		switch {
		case choice < 3:
		case choice == 3:
			entries = append(entries, file(dir+".wh."+base, ""))
		case choice == 4:
			entries = append(entries, soft(p, "elsewhere"))
		case !isFile && choice == 5:
			kinds[p] = "file"
			entries = append(entries, file(p, "file"))
		case !isFile:
			kinds[p] = "folder"
			entries = append(entries, entry{tar.Header{Typeflag: tar.TypeDir, Name: p + "/", Mode: 0o755}, ""})
			if choice > 7 {
				entries = append(entries, file(p+"/.wh..wh..opq", ""))
			}
		case choice == 5 && len(files) > 0 && p != "e.tar":
			entries = append(entries, hard(p, files[r.IntN(len(files))]))
		case strings.HasSuffix(p, ".tar"):
			entries = append(entries, file(p, string(tarOf(t, file("in.list", fmt.Sprint(r.Uint64()))))))
		default:
			files = append(files, p)
			entries = append(entries, file(p, fmt.Sprint(r.Uint64())))
		}
	}
	if r.IntN(12) == 0 {
		entries = append(entries, file(".wh..wh..opq", ""))
	}
	return tarOf(t, entries...)
}

// apply unpacks a layer over what is in a folder, in the simplest way: first it
// removes what whiteouts name, then it writes the rest.
func apply(t testing.TB, dir string, layer []byte) {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	each := func(do func(name string, h *tar.Header, r io.Reader)) {
		for r := tar.NewReader(bytes.NewReader(layer)); ; {
			h, err := r.Next()
			if err == io.EOF {
				return
			}
			check(err)
			do(filepath.Join(dir, h.Name), h, r)
		}
	}
	each(func(name string, _ *tar.Header, _ io.Reader) {
		folder, base := filepath.Split(name)
		if base == ".wh..wh..opq" {
			old, _ := os.ReadDir(folder)
			for _, d := range old {
				check(os.RemoveAll(filepath.Join(folder, d.Name())))
			}
		} else if hidden, ok := strings.CutPrefix(base, ".wh."); ok {
			if info, err := os.Lstat(strings.TrimSuffix(folder, "/")); err == nil && info.IsDir() {
				check(os.RemoveAll(folder + hidden))
			}
		}
	})
	each(func(name string, h *tar.Header, r io.Reader) {
		if strings.HasPrefix(filepath.Base(name), ".wh.") {
			return
		}
		if info, err := os.Lstat(name); err == nil && (!info.IsDir() || h.Typeflag != tar.TypeDir) {
			check(os.RemoveAll(name))
		}
		switch h.Typeflag {
		case tar.TypeDir:
			check(os.MkdirAll(name, 0o755))
		case tar.TypeSymlink:
			check(os.Symlink(h.Linkname, name))
		case tar.TypeLink:
			check(os.Link(filepath.Join(dir, h.Linkname), name))
		default:
			data, err := io.ReadAll(r)
			check(err)
			write(t, name, data)
		}
	})
}

// TestLayersEqualFolder holds that an image of several layers gives the same
// components as the folder that they make, in every form.
func TestLayersEqualFolder(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 30
	}
	full := 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 0))
		img := imageOf()
		merged := t.TempDir()
		for range 1 + r.IntN(5) {
			img.layers = append(img.layers, randomLayer(t, r))
			apply(t, merged, img.layers[len(img.layers)-1])
		}
		if r.IntN(2) == 0 {
			img.gzipped(t)
		}
		found := scan(t, merged, Options{})
		want := fmt.Sprintln(names(found), places(found))
		if len(found.Components) > 0 {
			full++
		}
		docker := img.docker().archive(t)
		img.files = map[string][]byte{}
		img.oci()
		for form, ref := range map[string]string{"docker": docker, "folder": img.folder(t), "archive": img.archive(t)} {
			inv := scan(t, ref, Options{}, lists{[]string{"in order", "together"}[seed%2]})
			if got := fmt.Sprintln(names(inv), places(inv)); got != want || codes(inv) != "" {
				t.Fatalf("seed %d, %s:\ngot  %swant %sfindings %v", seed, form, got, want, inv.Findings)
			}
		}
	}
	if full < int(seeds)/2 {
		t.Errorf("only %d of %d images have components", full, seeds)
	}
}

// TestLayerDamage holds that no changed byte of an image makes it lose a component
// without a gap, or have another.
func TestLayerDamage(t *testing.T) {
	img := imageOf(tarOf(t, file("a.list", "a")), tarOf(t, file("b.list", "b"))).gzipped(t).oci()
	whole := names(scan(t, img.folder(t), Options{}))
	for name, data := range img.files {
		step := 1
		if testing.Short() {
			step = 17
		}
		for at := 0; at < len(data); at += step {
			damaged := slices.Clone(data)
			damaged[at] ^= 1 << (at % 8)
			img.files[name] = damaged
			checkDamagedImage(t, img, whole, fmt.Sprintf("%s, byte %d", name, at))
		}
		img.files[name] = data
	}
}

func checkDamagedImage(t *testing.T, img *testImage, whole []string, what string) {
	t.Helper()
	all, err := Open(context.Background(), "oci:"+img.folder(t), Options{})
	if err != nil {
		return
	}
	inv, err := sbom.Scan(context.Background(), all[0], []sbom.Cataloger{lists{"in order"}}, sbom.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := names(inv)
	for _, name := range got {
		if !slices.Contains(whole, name) {
			t.Errorf("%s: %s is made up", what, name)
		}
	}
	if len(got) < len(whole) && !hasGap(inv) {
		t.Errorf("%s: got %q and no gap", what, got)
	}
}

// TestLargeLayer holds that a large file that nobody wants costs no memory.
func TestLargeLayer(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	const size = 1 << 30
	var layer bytes.Buffer // compressed: zeros
	diff := digest{algorithm: "sha256"}
	hash := diff.new()
	z := gzip.NewWriter(&layer)
	w := tar.NewWriter(io.MultiWriter(z, hash))
	w.WriteHeader(&tar.Header{Name: "large", Mode: 0o644, Size: size})
	if _, err := io.CopyN(w, zeros{}, size); err != nil {
		t.Fatal(err)
	}
	w.Close()
	z.Close()
	img := imageOf()
	img.config["rootfs"] = map[string]any{"diff_ids": []string{fmt.Sprintf("sha256:%x", hash.Sum(nil))}}
	img.manifest["layers"] = []any{img.blob("application/vnd.oci.image.layer.v1.tar+gzip", layer.Bytes())}
	ref := img.oci().folder(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	inv := scan(t, ref, Options{})
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 16<<20 || codes(inv) != "" {
		t.Errorf("%d bytes taken, findings %v", taken, inv.Findings)
	}
}
