package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/manifestgen/manifestgen/sbom"
)

// A testImage is written by hand as the files of a layout. Tests change it before
// they build it.
type testImage struct {
	layers   [][]byte // tar archives
	pack     func([]byte) []byte
	packed   string // the end of the media type
	config   map[string]any
	manifest map[string]any
	files    map[string][]byte
}

func imageOf(layers ...[]byte) *testImage {
	img := &testImage{layers: layers, packed: "tar", pack: func(b []byte) []byte { return b }, files: map[string][]byte{}}
	img.config = map[string]any{"os": "linux", "architecture": "amd64"}
	img.manifest = map[string]any{"schemaVersion": 2, "mediaType": manifestTypes[0]}
	return img
}

func (img *testImage) gzipped(t testing.TB) *testImage {
	img.packed, img.pack = "tar+gzip", func(b []byte) []byte { return gzipped(t, b) }
	return img
}

func toJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// blob adds a blob and returns its descriptor.
func (img *testImage) blob(mediaType string, data []byte) map[string]any {
	id := sha256Of(data)
	img.files[blobPath(id)] = data
	return map[string]any{"mediaType": mediaType, "digest": id.String(), "size": len(data)}
}

func (img *testImage) diffIDs() []string {
	ids := []string{}
	for _, l := range img.layers {
		ids = append(ids, sha256Of(l).String())
	}
	return ids
}

// add adds the blobs of the image and returns the descriptor of its manifest.
func (img *testImage) add() map[string]any {
	if img.config["rootfs"] == nil {
		img.config["rootfs"] = map[string]any{"type": "layers", "diff_ids": img.diffIDs()}
	}
	if img.manifest["config"] == nil {
		img.manifest["config"] = img.blob(configTypes[0], toJSON(img.config))
	}
	if img.manifest["layers"] == nil {
		layers := []any{}
		for _, l := range img.layers {
			layers = append(layers, img.blob("application/vnd.oci.image.layer.v1."+img.packed, img.pack(l)))
		}
		img.manifest["layers"] = layers
	}
	return img.blob(manifestTypes[0], toJSON(img.manifest))
}

// index adds the index of a layout with the given manifests.
func (img *testImage) index(manifests ...map[string]any) *testImage {
	img.files[ociLayout] = []byte(`{"imageLayoutVersion":"1.0.0"}`)
	img.files[ociIndex] = toJSON(map[string]any{"schemaVersion": 2, "manifests": manifests})
	return img
}

// oci makes the files those of an OCI layout.
func (img *testImage) oci() *testImage { return img.index(img.add()) }

// docker makes the files those of a docker archive.
func (img *testImage) docker(tags ...string) *testImage {
	img.config["rootfs"] = map[string]any{"type": "layers", "diff_ids": img.diffIDs()}
	config := toJSON(img.config)
	name := sha256Of(config).value + ".json"
	img.files[name] = config
	layers := []string{}
	for _, l := range img.layers {
		name := fmt.Sprintf("%s/layer.tar", sha256Of(append([]byte("v1"), l...)).value)
		img.files[name] = img.pack(l)
		layers = append(layers, name)
	}
	img.files[dockerManifest] = toJSON([]any{map[string]any{"Config": name, "RepoTags": tags, "Layers": layers}})
	return img
}

// tar returns the files as an archive.
func (img *testImage) tar(t testing.TB) []byte {
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(img.files)) {
		entries = append(entries, file(name, string(img.files[name])))
	}
	return tarOf(t, entries...)
}

// archive writes the files as an archive.
func (img *testImage) archive(t testing.TB) string {
	return write(t, filepath.Join(t.TempDir(), "image.tar"), img.tar(t))
}

// folder writes the files as a folder.
func (img *testImage) folder(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "layout")
	for name, data := range img.files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
	return dir
}

func dir(name string) entry {
	return entry{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, ""}
}

// twoLayers is an image of which the upper layer changes the lower one.
func twoLayers(t testing.TB) *testImage {
	return imageOf(
		tarOf(t, dir("a/"), file("a/one.list", "1"), file("a/two.list", "2"), hard("a/link.list", "a/one.list"), file("b.list", "b")),
		tarOf(t, file("a/.wh.one.list", ""), file("b.list", "B"), file("c.list", "c")))
}

const twoLayersPlaces = "a/link.list a/two.list b.list c.list"

// TestImageForms holds that an image gives the same components in whatever form
// it is stored.
func TestImageForms(t *testing.T) {
	zstdPack := func(b []byte) []byte {
		w, _ := zstd.NewWriter(nil)
		return w.EncodeAll(b, nil)
	}
	packs := map[string]func(*testImage){
		"plain": func(*testImage) {},
		"gzip":  func(img *testImage) { img.gzipped(t) },
		"zstd":  func(img *testImage) { img.packed, img.pack = "tar+zstd", zstdPack },
	}
	forms := map[string]func(*testImage) (string, string){
		"docker archive":       func(img *testImage) (string, string) { return img.docker().archive(t), formatDocker },
		"layout folder":        func(img *testImage) (string, string) { return img.oci().folder(t), formatOCI },
		"layout archive":       func(img *testImage) (string, string) { return img.oci().archive(t), formatOCI },
		"both in one":          func(img *testImage) (string, string) { img.docker(); return img.oci().archive(t), formatOCI },
		"docker archive, gzip": func(img *testImage) (string, string) { return compressedArchive(t, img.docker()), formatDocker },
		"layout archive, gzip": func(img *testImage) (string, string) { return compressedArchive(t, img.oci()), formatOCI },
		"prefix oci:":          func(img *testImage) (string, string) { return "oci:" + img.oci().folder(t), formatOCI },
		"prefix docker-archive:": func(img *testImage) (string, string) {
			return "docker-archive:" + img.docker().archive(t), formatDocker
		},
	}
	for pack, change := range packs {
		for form, build := range forms {
			t.Run(pack+" "+form, func(t *testing.T) {
				img := twoLayers(t)
				change(img)
				ref, format := build(img)
				for _, digests := range [][]string{nil, {}} {
					inv := scan(t, ref, Options{Digests: digests})
					if got := places(inv); got != twoLayersPlaces {
						t.Errorf("got %q, want %q", got, twoLayersPlaces)
					}
					if inv.Artifact.Format != format || inv.Artifact.Platform != "linux/amd64" || inv.Artifact.Type != sbom.TypeContainer {
						t.Errorf("got %s %s %s", inv.Artifact.Format, inv.Artifact.Platform, inv.Artifact.Type)
					}
					if got, want := codes(inv), map[bool]string{true: "note:layer.unproved"}[digests != nil]; got != want {
						t.Errorf("findings %q, want %q", got, want)
					}
				}
			})
		}
	}
}

func compressedArchive(t testing.TB, img *testImage) string {
	return write(t, filepath.Join(t.TempDir(), "image.tar.gz"), gzipped(t, img.tar(t)))
}

// TestImageAgain holds that an image can be scanned more than once, also from a
// compressed archive.
func TestImageAgain(t *testing.T) {
	artifacts, err := Open(context.Background(), compressedArchive(t, twoLayers(t).docker()), Options{Limits: sbom.Limits{Buffer: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		inv, err := sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{lists{"together"}}, sbom.Limits{})
		if err != nil || places(inv) != twoLayersPlaces || codes(inv) != "" {
			t.Errorf("got %q, %q, %v", places(inv), codes(inv), err)
		}
	}
}

// TestWhiteout has a table of the specification's words and of what runtimes do
// with names that it does not speak of.
func TestWhiteout(t *testing.T) {
	all := "a/x.list a/y.list z.list"
	tests := []struct {
		name  string
		upper []entry
		want  string
		codes string
	}{
		{"a file", []entry{file("a/.wh.x.list", "")}, "a/y.list z.list", ""},
		{"a folder", []entry{file(".wh.a", "")}, "z.list", ""},
		{"with content", []entry{file("a/.wh.x.list", "text")}, "a/y.list z.list", ""},
		{"a whiteout that is a folder", []entry{dir("a/.wh.x.list/")}, "a/y.list z.list", ""},
		{"a whiteout that is a link", []entry{soft("a/.wh.x.list", "y.list")}, "a/y.list z.list", ""},
		{"a whiteout that is a hard link", []entry{file("a/n", ""), hard("a/.wh.x.list", "a/n")}, "a/y.list z.list", ""},
		{"opaque", []entry{file("a/.wh..wh..opq", "")}, "z.list", ""},
		{"opaque root", []entry{file(".wh..wh..opq", ""), file("n.list", "")}, "n.list", ""},
		{"opaque before its children", []entry{file("a/.wh..wh..opq", ""), file("a/n.list", "")}, "a/n.list z.list", ""},
		{"opaque after its children", []entry{file("a/n.list", ""), file("a/.wh..wh..opq", "")}, "a/n.list z.list", ""},
		{"a file of its own layer stays", []entry{file("a/x.list", "new"), file("a/.wh.x.list", "")}, all, ""},
		{"nothing there", []entry{file("a/.wh.none", "")}, all, ""},
		{"no name", []entry{file("a/.wh.", "")}, all, "gap:layer.whiteout"},
		{"a dot", []entry{file("a/.wh..", "")}, all, "gap:layer.whiteout"},
		{"two dots", []entry{file("a/.wh...", "")}, all, "gap:layer.whiteout"},
		{"three dots", []entry{file("a/.wh....", "")}, all, ""},
		{"reserved", []entry{file("a/.wh..wh.foo", ""), dir(".wh..wh.plnk/")}, all, "note:layer.whiteout"},
		{"not at the start", []entry{file("a/x.wh.y.list", "")}, "a/x.list a/x.wh.y.list a/y.list z.list", ""},
		{"a link over a folder", []entry{soft("a", "b")}, "z.list", ""},
		{"a container called like one", []entry{{tar.Header{Name: ".wh.q.tar", Mode: 0o644}, string(tarOf(t, file("q.list", "")))}}, all, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := tarOf(t, file("a/x.list", "x"), file("a/y.list", "y"), file("z.list", "z"))
			inv := scan(t, imageOf(base, tarOf(t, tt.upper...)).docker().archive(t), Options{})
			if got := places(inv); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := codes(inv); got != tt.codes {
				t.Errorf("findings %q, want %q", got, tt.codes)
			}
		})
	}
}

// TestWhiteoutNames holds that a whiteout finds its file however that is spelt.
func TestWhiteoutNames(t *testing.T) {
	for _, name := range []string{"!x.list", "!.list", "x!y.list", "%41.list", "\x1b.list", "größe.list"} {
		img := imageOf(tarOf(t, file(name, "1"), file("keep.list", "")), tarOf(t, file(".wh."+name, "")))
		if got := places(scan(t, img.docker().archive(t), Options{})); got != "keep.list" {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

// TestImageLayers has layers that are not what the image promises.
func TestImageLayers(t *testing.T) {
	good := tarOf(t, file("good.list", ""))
	upper := tarOf(t, file("up.list", "up"), file(".wh.good.list", ""))
	tests := []struct {
		name   string
		build  func(*testImage) string
		want   string
		codes  string
		layers int
	}{
		{"a byte of a blob", func(img *testImage) string {
			img.oci()
			name := blobPath(sha256Of(upper))
			img.files[name] = bytes.Replace(upper, []byte("up\x00"), []byte("UP\x00"), 1)
			return img.folder(t)
		}, "good.list", "gap:blob.digest", 2},
		{"a byte of a docker archive", func(img *testImage) string {
			img.docker()
			for name, data := range img.files {
				img.files[name] = bytes.Replace(data, []byte("up\x00"), []byte("UP\x00"), 1)
			}
			return img.archive(t)
		}, "good.list", "gap:layer.diffid", 2},
		{"a blob that is longer", func(img *testImage) string {
			img.oci()
			name := blobPath(sha256Of(upper))
			img.files[name] = append(slices.Clone(upper), make([]byte, 512)...)
			return img.folder(t)
		}, "good.list", "gap:blob.size", 2},
		{"bytes after the end of the archive", func(img *testImage) string {
			img.layers[1] = append(slices.Clone(upper), "more"...)
			return img.gzipped(t).oci().folder(t)
		}, "up.list", "note:tar.trailing", 2},
		{"bytes after the end that the digest does not have", func(img *testImage) string {
			img.config["rootfs"] = map[string]any{"diff_ids": img.diffIDs()}
			img.layers[1] = append(slices.Clone(upper), "more"...)
			return img.gzipped(t).oci().folder(t)
		}, "good.list", "gap:layer.diffid note:tar.trailing", 2},
		{"not the promised diff id", func(img *testImage) string {
			img.config["rootfs"] = map[string]any{"diff_ids": []string{sha256Of(good).String(), sha256Of(nil).String()}}
			return img.gzipped(t).oci().folder(t)
		}, "good.list", "gap:layer.diffid", 2},
		{"damaged compressed data", func(img *testImage) string {
			img.gzipped(t)
			pack := img.pack
			img.pack = func(b []byte) []byte { b = pack(b); b[len(b)-6] ^= 1; return b }
			return img.oci().folder(t)
		}, "", "gap:compress.corrupt gap:layer.unread", 2},
		{"a missing blob", func(img *testImage) string {
			img.oci()
			delete(img.files, blobPath(sha256Of(upper)))
			return img.folder(t)
		}, "good.list", "gap:image.missing", 2},
		{"a foreign layer", func(img *testImage) string {
			img.add()
			img.manifest["layers"].([]any)[1] = map[string]any{"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
				"digest": sha256Of([]byte("x")).String(), "size": 9, "urls": []string{"http://127.0.0.1/x"}}
			return img.oci().folder(t)
		}, "good.list", "gap:layer.foreign", 2},
		{"an encrypted layer", func(img *testImage) string {
			img.packed = "tar+gzip+encrypted"
			return img.oci().folder(t)
		}, "", "gap:layer.unsupported", 2},
		{"another compression than its media type tells", func(img *testImage) string {
			img.gzipped(t).packed = "tar+zstd"
			return img.oci().folder(t)
		}, "up.list", "note:mediatype.mismatch", 2},
		{"not an archive", func(img *testImage) string {
			img.layers[1] = bytes.Repeat([]byte("x"), 1024)
			return img.oci().folder(t)
		}, "good.list", "gap:tar.header", 2},
		{"the same layer many times", func(img *testImage) string {
			for range 500 {
				img.layers = append(img.layers, good)
			}
			return img.oci().folder(t)
		}, "good.list up.list", "", 2},
		{"a folder of blobs that is a link", func(img *testImage) string {
			img.oci()
			img.manifest["layers"].([]any)[1].(map[string]any)["digest"] = "sha512:" + strings.Repeat("a", 128)
			dir := img.oci().folder(t)
			sh(t, dir, "ln -s sha256 blobs/sha512; cp blobs/sha256/"+sha256Of(upper).value+" blobs/sha256/"+strings.Repeat("a", 128))
			return dir
		}, "good.list", "gap:image.irregular", 2},
		{"a layer that is a fifo", func(img *testImage) string {
			img.oci()
			delete(img.files, blobPath(sha256Of(upper)))
			dir := img.folder(t)
			sh(t, dir, "mkfifo "+blobPath(sha256Of(upper)))
			return dir
		}, "good.list", "gap:image.irregular", 2},
		{"a layer that is a folder", func(img *testImage) string {
			img.oci()
			delete(img.files, blobPath(sha256Of(upper)))
			dir := img.folder(t)
			sh(t, dir, "mkdir "+blobPath(sha256Of(upper)))
			return dir
		}, "good.list", "gap:image.irregular", 2},
		{"a layer that is a link out of the layout", func(img *testImage) string {
			img.oci()
			delete(img.files, blobPath(sha256Of(upper)))
			dir := img.folder(t)
			sh(t, dir, "printf x > ../outside; ln -s ../../../outside "+blobPath(sha256Of(upper)))
			return dir
		}, "good.list", "gap:image.irregular", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := scan(t, tt.build(imageOf(good, upper)), Options{})
			if got := places(inv); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := codes(inv); got != tt.codes {
				t.Errorf("findings %q, want %q", got, tt.codes)
			}
			if got := len(inv.Artifact.Trees); got != tt.layers {
				t.Errorf("%d trees, want %d", got, tt.layers)
			}
			for _, f := range inv.Findings {
				if f.Layer == "" {
					t.Errorf("%s without a layer", f.Code)
				}
			}
		})
	}
}

// TestImageRefused has images that are not opened at all.
func TestImageRefused(t *testing.T) {
	other := func(old, new string) func(*testImage) string {
		return func(img *testImage) string {
			img.oci()
			img.files[ociIndex] = bytes.ReplaceAll(img.files[ociIndex], []byte(old), []byte(new))
			return img.folder(t)
		}
	}
	docker := func(manifest string) func(*testImage) string {
		return func(img *testImage) string {
			img.docker()
			img.files[dockerManifest] = []byte(manifest)
			return img.archive(t)
		}
	}
	nested := func(depth int) func(*testImage) string {
		return func(img *testImage) string {
			d := img.add()
			for range depth {
				d = img.blob(indexTypes[0], toJSON(map[string]any{"manifests": []any{d}}))
			}
			return img.index(d).folder(t)
		}
	}
	tests := []struct {
		name  string
		build func(*testImage) string
		want  string // "" if it is opened
	}{
		{"as it is", func(img *testImage) string { return img.oci().folder(t) }, ""},
		{"too few diff ids", func(img *testImage) string {
			img.config["rootfs"] = map[string]any{"diff_ids": []string{}}
			return img.oci().folder(t)
		}, "diff ids of 0 layers"},
		{"too many diff ids", func(img *testImage) string {
			img.config["rootfs"] = map[string]any{"diff_ids": append(img.diffIDs(), img.diffIDs()...)}
			return img.oci().folder(t)
		}, "diff ids of 2 layers"},
		{"no rootfs", func(img *testImage) string {
			img.config["rootfs"] = map[string]any{}
			return img.oci().folder(t)
		}, "diff ids of 0 layers"},
		{"a manifest that is an index too", func(img *testImage) string {
			img.manifest["manifests"] = []any{}
			return img.oci().folder(t)
		}, "both an index and a manifest"},
		{"an index called a manifest", func(img *testImage) string {
			d := img.blob(manifestTypes[0], toJSON(map[string]any{"manifests": []any{img.add()}}))
			return img.index(d).folder(t)
		}, "not what its descriptor says"},
		{"two media types", func(img *testImage) string {
			img.manifest["mediaType"] = manifestTypes[1]
			return img.oci().folder(t)
		}, "and its descriptor"},
		{"a key twice", other(`"schemaVersion"`, `"schemaVersion":1,"schemaVersion"`), `"schemaVersion" occurs twice`},
		{"a key in two spellings", other(`"digest"`, `"Digest":"sha256:0","digest"`), `"digest" occurs twice`},
		{"a key with a sign that folds", other(`"size"`, `"\u017fize":0,"size"`), `"size" occurs twice`},
		{"a digest that is a path", other("sha256:", "sha256:../../"), "is not a digest"},
		{"an unknown digest", other("sha256:", "md5:"), "is not a digest"},
		{"a digest of another length", other("sha256:", "sha512:"), "is not a digest"},
		{"not JSON", other("{", "("), "at byte"},
		{"nothing after", other("}]", "}] x"), "at byte"},
		{"indexes 7 deep", nested(7), ""},
		{"indexes 8 deep", nested(8), "nested more than 8 deep"},
		{"a thousand indexes", nested(1000), "nested more than 8 deep"},
		{"many entries", func(img *testImage) string {
			var all []map[string]any
			for i := range 1025 {
				all = append(all, map[string]any{"mediaType": "text/plain", "size": 1, "digest": sha256Of(fmt.Append(nil, i)).String()})
			}
			return img.index(all...).folder(t)
		}, "more than 1024"},
		{"nothing but a chart", func(img *testImage) string {
			img.manifest["config"] = img.blob("application/vnd.cncf.helm.config.v1+json", []byte("{}"))
			return img.oci().folder(t)
		}, "helm"},
		{"a document of 5 MB", func(img *testImage) string {
			img.config["x"] = strings.Repeat("x", 5<<20)
			return img.oci().folder(t)
		}, "more than the limit"},
		{"a damaged configuration", func(img *testImage) string {
			img.oci()
			for name, data := range img.files {
				img.files[name] = bytes.Replace(data, []byte(`"linux"`), []byte(`"LINUX"`), 1)
			}
			return img.folder(t)
		}, "does not have the digest"},
		{"a damaged configuration of a docker archive", func(img *testImage) string {
			img.docker()
			for name, data := range img.files {
				img.files[name] = bytes.Replace(data, []byte(`"linux"`), []byte(`"LINUX"`), 1)
			}
			return img.archive(t)
		}, "does not have the digest"},
		{"a layer outside", docker(`[{"Config":"c.json","Layers":["../../etc/passwd"]}]`), "not the name of a member"},
		{"an absolute layer", docker(`[{"Config":"c.json","Layers":["/etc/passwd"]}]`), "not the name of a member"},
		{"a configuration outside", docker(`[{"Config":"../c.json","Layers":[]}]`), "not the name of a member"},
		{"no configuration", docker(`[{"Config":"c.json","Layers":[]}]`), "is not there"},
		{"links in a circle", func(img *testImage) string {
			return write(t, filepath.Join(t.TempDir(), "a.tar"), tarOf(t, soft("manifest.json", "x.json"), soft("x.json", "manifest.json")))
		}, "links, one after the other"},
		{"a manifest of something else", func(img *testImage) string {
			return write(t, filepath.Join(t.TempDir(), "a.tar"), tarOf(t, file("manifest.json", `{"name":"an extension"}`)))
		}, ""},
		{"not a layout", func(*testImage) string { return "oci:" + t.TempDir() }, "is not an OCI layout"},
		{"not a docker archive", func(img *testImage) string { return "docker-archive:" + img.oci().archive(t) }, "not an archive of images"},
		{"no image list", docker(`[]`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(context.Background(), tt.build(imageOf(tarOf(t, file("a.list", "")))), Options{})
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestPlatforms has images of several platforms, indexes in indexes, and what
// stands beside images.
func TestPlatforms(t *testing.T) {
	img := imageOf(tarOf(t, file("amd.list", "")))
	amd := img.add()
	amd["platform"] = map[string]any{"os": "linux", "architecture": "amd64"}

	arm := imageOf(tarOf(t, file("arm.list", "")))
	arm.files = img.files
	arm.config["architecture"] = "arm64"
	armDescriptor := arm.add()
	armDescriptor["platform"] = map[string]any{"os": "linux", "architecture": "arm64", "variant": "v8"}

	attestation := img.blob(manifestTypes[0], []byte(`{"config":{},"layers":[]}`))
	attestation["annotations"] = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	attestation["platform"] = map[string]any{"os": "unknown", "architecture": "unknown"}

	broken := map[string]any{"mediaType": manifestTypes[0], "size": 1, "digest": sha256Of([]byte("lost")).String(),
		"platform": map[string]any{"os": "linux", "architecture": "s390x"}}
	inner := img.blob(indexTypes[0], toJSON(map[string]any{"manifests": []any{amd, armDescriptor, attestation, broken, amd}}))
	inner["annotations"] = map[string]string{"org.opencontainers.image.ref.name": "registry.example:5000/team/app:1.2"}

	all, err := Open(context.Background(), img.index(inner).folder(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"linux/amd64": "amd.list", "linux/arm64/v8": "arm.list", "linux/s390x": ""}
	wantCodes := map[string]string{"linux/amd64": "note:image.skipped", "linux/arm64/v8": "note:image.skipped", "linux/s390x": "gap:image.missing note:image.skipped"}
	got, gotCodes := map[string]string{}, map[string]string{}
	for _, a := range all {
		inv, err := sbom.Scan(context.Background(), a, []sbom.Cataloger{lists{"in order"}}, sbom.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got[a.Platform], gotCodes[a.Platform] = places(inv), codes(inv)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantCodes, gotCodes); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestSamePlatform holds that two images for one platform are told apart.
func TestSamePlatform(t *testing.T) {
	one := imageOf(tarOf(t, file("one.list", ""))).docker("one:1")
	two := imageOf(tarOf(t, file("two.list", ""))).docker("two:1")
	list := append(one.files[dockerManifest][:len(one.files[dockerManifest])-1], ","...)
	list = append(list, two.files[dockerManifest][1:]...)
	maps.Copy(two.files, one.files)
	two.files[dockerManifest] = list
	all, err := Open(context.Background(), two.archive(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Platform == all[1].Platform || !strings.HasPrefix(all[0].Platform, "linux/amd64@") || all[0].Digests != nil {
		t.Errorf("got %+v and %+v", all[0], all[len(all)-1])
	}
}

// TestImageFacts holds what an image says of itself, and what it does not pass on.
func TestImageFacts(t *testing.T) {
	img := imageOf()
	img.config["created"] = "2024-05-06T07:08:09.123456789Z"
	img.config["author"] = "SECRET person"
	img.config["history"] = []any{map[string]any{"created_by": "ARG TOKEN=SECRET"}}
	img.config["config"] = map[string]any{
		"Env": []string{"TOKEN=SECRET"}, "Cmd": []string{"--password=SECRET"},
		"Labels": map[string]string{
			"org.opencontainers.image.version": "1.2.3", "org.opencontainers.image.title": "App",
			"org.opencontainers.image.source": "https://user:SECRET@git.example/app?token=SECRET", "org.opencontainers.image.revision": strings.Repeat("ab", 20),
			"org.opencontainers.image.url": "javascript:SECRET", "password": "SECRET", "Version": "x", "version": "y",
			"maintainer": "The App Team <app@example.org>",
		},
	}
	img.manifest["annotations"] = map[string]string{"org.opencontainers.image.version": "1.2.4", "org.opencontainers.image.revision": "main"}
	d := img.add()
	d["annotations"] = map[string]string{"io.containerd.image.name": "registry.example:5000/team/app:1.2"}
	inv := scan(t, img.index(d).folder(t), Options{})
	var got []string
	for _, c := range inv.Artifact.Candidates {
		got = append(got, fmt.Sprintf("%s | %s | %s %s %s %s", c.Source, c.Where, c.Facts.Name, c.Facts.Version, c.Facts.Repository, c.Facts.Commit))
	}
	want := []string{
		"container | image configuration |    ",
		"container | index.json annotations | registry.example:5000/team/app   ",
		"label | label org.opencontainers.image.title, may be inherited from the base | App   ",
		"container | annotation org.opencontainers.image.version |  1.2.4  ",
		"label | label org.opencontainers.image.version, may be inherited from the base |  1.2.3  ",
		"label | label maintainer, may be inherited from the base |    ",
		"label | label org.opencontainers.image.revision, may be inherited from the base |    " + strings.Repeat("ab", 20),
		"label | label org.opencontainers.image.source, may be inherited from the base |   https://git.example/app ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	m, err := sbom.Assemble(inv, sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := m.Principal
	purl := "pkg:oci/app@" + strings.Replace(d["digest"].(string), ":", "%3A", 1) + "?arch=amd64&repository_url=registry.example:5000%2Fteam%2Fapp&tag=1.2"
	if strings.ReplaceAll(p.PURL, "sha256:", "sha256%3A") != purl || p.Version != "1.2.4" || p.Architecture != "amd64" || p.OS != "linux" {
		t.Errorf("got %s %s %s %s, want %s", p.PURL, p.Version, p.Architecture, p.OS, purl)
	}
	if p.Maker.Name != "The App Team" || len(p.Maker.Contacts) != 1 || p.Maker.Contacts[0].Email != "app@example.org" {
		t.Errorf("made by %+v", p.Maker)
	}
	if got := p.Built.Format("2006-01-02T15:04:05Z"); got != "2024-05-06T07:08:09Z" {
		t.Errorf("built %s", got)
	}
	if p.Contents != sbom.Complete || codes(inv) != "" {
		t.Errorf("an image without layers: %s, %s", p.Contents, codes(inv))
	}
	if all := string(toJSON(m)); strings.Contains(all, "SECRET") {
		t.Errorf("a secret is in the manifest:\n%s", all)
	}
	if all := string(toJSON(m)); !strings.Contains(all, d["digest"].(string)) {
		t.Error("the digest of the image's manifest is not in the manifest")
	}
}

func TestCreated(t *testing.T) {
	for _, s := range []string{"", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "yesterday"} {
		if got := created(s); !got.IsZero() {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

// TestDockerLinks has layers that are links to others, as docker and podman write
// them.
func TestDockerLinks(t *testing.T) {
	img := imageOf(tarOf(t, file("a.list", ""))).docker()
	var entries []entry
	var layer string
	for name, data := range img.files {
		if strings.HasSuffix(name, "/layer.tar") {
			layer = name
			entries = append(entries, file("shared/layer.tar", string(data)))
		} else {
			entries = append(entries, file(name, string(data)))
		}
	}
	for name, link := range map[string]entry{
		"symbolic": soft(layer, "../shared/layer.tar"),
		"hard":     hard(layer, "shared/layer.tar"),
	} {
		inv := scan(t, write(t, filepath.Join(t.TempDir(), "a.tar"), tarOf(t, append(entries, link)...)), Options{})
		if places(inv) != "a.list" || codes(inv) != "" {
			t.Errorf("%s: got %q, %q", name, places(inv), codes(inv))
		}
	}
}

// TestImageChanges holds that a layer that changes after it was opened does not
// count.
func TestImageChanges(t *testing.T) {
	ref := twoLayers(t).docker().archive(t)
	all, err := Open(context.Background(), ref, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(ref, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("more")
	f.Close()
	inv, err := sbom.Scan(context.Background(), all[0], []sbom.Cataloger{lists{"in order"}}, sbom.Limits{})
	if err != nil || places(inv) != "" || codes(inv) != "gap:entry.changed" {
		t.Errorf("got %q, %q, %v", places(inv), codes(inv), err)
	}
}

// TestTruncatedArchive holds that an archive that ends early is one with a gap.
func TestTruncatedArchive(t *testing.T) {
	layer := tarOf(t, file("a.list", "a"))
	data := imageOf(layer).oci().tar(t)
	for name, cut := range map[string]string{
		"the end mark": string(data[:len(data)-2*tarBlock]),
		"compressed":   string(gzipped(t, data)[:len(gzipped(t, data))-6]),
	} {
		inv := scan(t, write(t, filepath.Join(t.TempDir(), "image.tar"), []byte(cut)), Options{})
		if places(inv) != "a.list" || !hasGap(inv) {
			t.Errorf("%s: got %q, %q", name, places(inv), codes(inv))
		}
	}
}

// TestLayerShort has layers that end within a file, however long that claims to be.
func TestLayerShort(t *testing.T) {
	for _, size := range []int64{tarBlock, 1 << 40, math.MaxInt64 - tarBlock, math.MaxInt64} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		b.Write(tarOf(t, file("a.list", "a"))[:2*tarBlock])
		if err := w.WriteHeader(&tar.Header{Name: "long", Mode: 0o644, Size: size, Format: tar.FormatGNU}); err != nil {
			t.Fatal(err)
		}
		b.WriteString("not all of it")
		for name, ref := range map[string]string{
			"plain":   imageOf(b.Bytes()).oci().folder(t),
			"gzip":    imageOf(b.Bytes()).gzipped(t).oci().folder(t),
			"docker":  imageOf(b.Bytes()).docker().archive(t),
			"archive": write(t, filepath.Join(t.TempDir(), "a.tar"), b.Bytes()),
		} {
			for _, o := range []Options{{}, {Digests: []string{}}} {
				inv := scan(t, ref, o)
				if places(inv) != "a.list" || !strings.Contains(codes(inv), "gap:tar.truncated") {
					t.Errorf("%d bytes, %s: got %q, %q", size, name, places(inv), codes(inv))
				}
			}
		}
	}
}

// cancelled fails t unless a scan of the image ends when its context does.
func cancelled(t *testing.T, ref string) {
	t.Helper()
	artifacts, err := Open(context.Background(), ref, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	v := &countdown{n: 1, cancel: cancel}
	if err := artifacts[0].Trees[0].Walk(ctx, v); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// TestLayerCores has one layer that is large enough for helpers, and none of them,
// one or several.
func TestLayerCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(cores)
		t.Run(fmt.Sprint(cores, " cores"), testLayerCores)
	}
}

func testLayerCores(t *testing.T) {
	random := make([]byte, longStream+1)
	rand.NewChaCha8([32]byte{}).Read(random)
	layer := tarOf(t, file("a.list", "a"), file("random", string(random)), file("b.list", "b"), hard("c.list", "a.list"))
	packed := gzipped(t, layer)
	const all = "a.list b.list c.list"
	tests := []struct {
		name        string
		before      int // which byte of the blob is changed before its digest is taken
		after       int // or after that
		config      map[string]any
		want, codes string
	}{
		{name: "as it is", want: all},
		{name: "a byte that does not matter", after: 4, codes: "gap:blob.digest"},
		{name: "a byte of the data", after: longStream, codes: "gap:blob.digest gap:compress.corrupt"},
		{name: "the checksum", before: len(packed) - 6, codes: "gap:compress.corrupt gap:layer.unread"},
		{name: "another diff id", config: map[string]any{"diff_ids": []string{sha256Of(nil).String()}}, codes: "gap:layer.diffid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			img := imageOf(layer)
			blob := slices.Clone(packed)
			img.packed, img.pack = "tar+gzip", func([]byte) []byte { return blob }
			if tt.config != nil {
				img.config["rootfs"] = tt.config
			}
			if tt.before > 0 {
				blob[tt.before] ^= 1
			}
			img.oci()
			if tt.after > 0 {
				blob[tt.after] ^= 1
			}
			ref := img.folder(t)
			inv := scan(t, ref, Options{})
			if places(inv) != tt.want || codes(inv) != tt.codes {
				t.Errorf("got %q, %q, want %q, %q", places(inv), codes(inv), tt.want, tt.codes)
			}
			inv = scan(t, ref, Options{Digests: []string{}})
			if places(inv) != all && tt.want == all {
				t.Errorf("not proved: got %q", places(inv))
			}
			if tt.want == all {
				cancelled(t, ref)
			}
		})
	}
}

// TestLayerLimit holds that a layer that was not read to its end does not count.
func TestLayerLimit(t *testing.T) {
	img := twoLayers(t).gzipped(t)
	img.layers = img.layers[:1]
	ref := img.oci().folder(t)
	for name, limits := range map[string]sbom.Limits{"entries": {Entries: 2}, "expanded": {Expanded: 1024}} {
		inv := scan(t, ref, Options{Limits: limits})
		if places(inv) != "" || !hasGap(inv) {
			t.Errorf("%s: got %q, %q", name, places(inv), codes(inv))
		}
	}
}

// FuzzDocument holds that a document that is taken gives no program the choice
// between two values: written again without what was not read, it is the same.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"digest":"a","Digest":"b"}`))
	f.Add([]byte(`{"annotations":{"a":"1","A":"2"},"manifests":[{"size":1}]}`))
	f.Add([]byte(`{"config":{"digest":"sha256:"},"layers":[]}`))
	f.Add([]byte(strings.Repeat("[", 100)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc ociDocument
		if err := parseDocument(data, &doc); err != nil {
			return
		}
		var byName map[string]json.RawMessage
		if json.Unmarshal(data, &byName) != nil {
			return
		}
		folded := map[string]bool{}
		for name := range byName {
			if folded[strings.ToLower(name)] {
				t.Errorf("taken with two spellings of %q", name)
			}
			folded[strings.ToLower(name)] = true
		}
	})
}

// TestLayoutNames has the names that programs give the members of archives of
// images, and those of other archives.
func TestLayoutNames(t *testing.T) {
	const id = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	for _, name := range []string{".", "oci-layout", "index.json", "manifest.json", "repositories", "blobs/sha256/" + id,
		id + ".json", id + "/layer.tar", id + "/VERSION", id + "/json", id + ".tar", "sha256:" + id, id + ".tar.gz",
		"config.json", "layer1.tar", "0/layer.tar", id[:12] + ".tar.gz"} {
		if !isLayoutName(name, false) {
			t.Errorf("%s: no", name)
		}
	}
	for _, name := range []string{"bin", "etc/os-release", "app-1.0/main.go", "README", "usr/manifest.json"} {
		if isLayoutName(name, false) {
			t.Errorf("%s: yes", name)
		}
	}
	img := twoLayers(t).docker()
	img.files["README"] = []byte("by hand")
	ref := img.archive(t)
	if inv := scan(t, ref, Options{}); inv.Artifact.Format != "tar" {
		t.Errorf("with another file: %s", inv.Artifact.Format)
	}
	if inv := scan(t, "docker-archive:"+ref, Options{}); places(inv) != twoLayersPlaces {
		t.Errorf("with another file, forced: got %q", places(inv))
	}
}

// TestPair holds that a blob has been read by the time that its archive ends.
func TestPair(t *testing.T) {
	blob := &hashing{Reader: strings.NewReader(strings.Repeat("b", 5*bufferSize)), ctx: context.Background(), hash: sha256.New()}
	archive := strings.NewReader(strings.Repeat("a", 12*bufferSize))
	p := &pair{Reader: archive, blob: blob, buf: make([]byte, bufferSize)}
	if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{p}, make([]byte, tarBlock)); err != nil {
		t.Fatal(err)
	}
	if blob.offset != 5*bufferSize {
		t.Errorf("%d bytes of the blob were read", blob.offset)
	}
	if want := sha256Of([]byte(strings.Repeat("b", 5*bufferSize))); !blob.is(want) {
		t.Error("another digest than that of the blob")
	}
}
