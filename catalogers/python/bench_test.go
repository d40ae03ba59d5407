package python

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// distributions makes a folder of 100 distributions and 40,000 files.
func distributions(b *testing.B) string {
	dir := b.TempDir()
	for i := range 100 {
		name := fmt.Sprintf("dist%d", i)
		files := map[string]string{name + "/__init__.py": ""}
		for j := range 396 {
			files[fmt.Sprintf("%s/sub%d/file%d.py", name, j%10, j)] = ""
		}
		for p, text := range wheelFiles(name, "1.0", "py3-none-any",
			fmt.Sprintf("Requires-Dist: dist%d>=1\n", (i+1)%100), files) {
			writeFile(b, dir, p, []byte(text))
		}
	}
	return dir
}

// BenchmarkFolder scans a folder of 100 distributions and 40,000 files, with all of
// them compared with RECORD, in turns with find: x-find of 2 is twice its time.
func BenchmarkFolder(b *testing.B) {
	if _, err := exec.LookPath("find"); err != nil {
		b.Skip("needs find (Debian: findutils)")
	}
	dir := distributions(b)
	best := [2]time.Duration{1 << 62, 1 << 62}
	for b.Loop() {
		start := time.Now()
		if inv := scanFolder(b, dir); len(inv.Components) != 100 || len(inv.Edges) != 100 || len(inv.Findings) > 0 {
			b.Fatalf("got %d components, %d edges, %v", len(inv.Components), len(inv.Edges), inv.Findings)
		}
		best[0] = min(best[0], time.Since(start))
		start = time.Now()
		check(b, exec.Command("find", dir, "-size", "+1M").Run())
		best[1] = min(best[1], time.Since(start))
	}
	b.ReportMetric(best[0].Seconds()*1000, "ours-ms")
	b.ReportMetric(float64(best[0])/float64(best[1]), "x-find")
}

// BenchmarkWheels opens and scans three wheels of 400 files.
func BenchmarkWheels(b *testing.B) {
	dir := b.TempDir()
	files := map[string]string{}
	for j := range 397 {
		files[fmt.Sprintf("a/file%d.py", j)] = "x = 1\n"
	}
	var wheels []string
	for _, tag := range []string{"py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "cp311-abi3-win_amd64"} {
		wheels = append(wheels, writeZip(b, dir, "a-1.0-"+tag+".whl", wheelFiles("a", "1.0", tag, "", files)))
	}
	for b.Loop() {
		for _, p := range wheels {
			artifacts, err := artifact.Open(context.Background(), p, artifact.Options{})
			check(b, err)
			inv, err := sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{Cataloger{}}, sbom.Limits{})
			check(b, err)
			if len(inv.Components) != 1 || len(inv.Findings) > 0 {
				b.Fatalf("got %d components, %v", len(inv.Components), inv.Findings)
			}
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
