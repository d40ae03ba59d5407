package python

import (
	"context"
	"fmt"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// BenchmarkFolder scans 100 distributions in a folder of 40,000 files.
func BenchmarkFolder(b *testing.B) {
	dir := b.TempDir()
	for i := range 100 {
		name := fmt.Sprintf("dist%d", i)
		files := map[string]string{}
		for j := range 395 {
			files[fmt.Sprintf("%s/sub%d/file%d.py", name, j%10, j)] = ""
		}
		for p, text := range wheelFiles(name, "1.0", "py3-none-any",
			fmt.Sprintf("Requires-Dist: dist%d>=1\n", (i+1)%100), files) {
			writeFile(b, dir, p, []byte(text))
		}
	}
	for b.Loop() {
		if inv := scanFolder(b, dir); len(inv.Components) != 100 || len(inv.Edges) != 100 {
			b.Fatalf("got %d components, %d edges", len(inv.Components), len(inv.Edges))
		}
	}
}

// BenchmarkWheel opens and scans a wheel of 400 files.
func BenchmarkWheel(b *testing.B) {
	files := map[string]string{}
	for j := range 395 {
		files[fmt.Sprintf("a/file%d.py", j)] = "x = 1\n"
	}
	p := writeZip(b, b.TempDir(), "a-1.0-py3-none-any.whl", wheelFiles("a", "1.0", "py3-none-any", "", files))
	for b.Loop() {
		artifacts, err := artifact.Open(context.Background(), p, artifact.Options{})
		check(b, err)
		inv, err := sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{Cataloger{}}, sbom.Limits{})
		check(b, err)
		if len(inv.Components) != 1 {
			b.Fatal("the wheel is not found")
		}
	}
}

// BenchmarkWants decides on one file that is not wanted.
func BenchmarkWants(b *testing.B) {
	e := sbom.Entry{Path: "usr/lib/python3/dist-packages/setuptools/_vendor/importlib_metadata/__init__.py",
		Mode: 0o644, Size: 100}
	for b.Loop() {
		if (Cataloger{}).Wants(e) != sbom.No {
			b.Fatal("wanted")
		}
	}
}
