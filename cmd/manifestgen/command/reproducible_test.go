package command_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
)

// TestSameBytes holds that a hundred runs, with any number of processors, write
// the same bytes.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	source := readTool(t, "gofmt")
	for _, name := range []string{"a/one", "a/two", "b/three"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, source, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []byte
	for i := range 100 {
		runtime.GOMAXPROCS([]int{1, 2, 3, 8, 64}[i%5])
		var out bytes.Buffer
		p := command.Process{
			Stdout: &out, Stderr: io.Discard, Now: time.Now,
			Getenv: func(name string) string { return map[string]string{"SOURCE_DATE_EPOCH": "1700000000"}[name] },
		}
		args := []string{dir, "-o", []string{"cyclonedx-json", "spdx-json"}[i/5%2]}
		if status := command.Main(args, p, catalogers.Default()...); status != 0 {
			t.Fatalf("run %d: status %d", i, status)
		}
		if i/5%2 == 1 {
			continue // the other format is compared by the script
		}
		if first == nil {
			first = out.Bytes()
		}
		if !bytes.Equal(first, out.Bytes()) {
			t.Fatalf("run %d wrote other bytes", i)
		}
	}
}
