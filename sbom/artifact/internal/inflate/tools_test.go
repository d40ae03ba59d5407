package inflate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

// tool skips the test if name, of the Debian package pkg, is not installed.
func tool(tb testing.TB, name, pkg string) {
	tb.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s is not installed; apt-get install %s", name, pkg)
	}
	tb.Skipf("%s is not installed; apt-get install %s", name, pkg)
}

// long skips a test that takes long under the race detector and starts no
// goroutines.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
}

// TestTools reads what other compressors make of the samples, on one core and
// on several.
func TestTools(t *testing.T) {
	long(t)
	tests := []struct {
		pkg, name string
		args      []string
	}{
		{"gzip", "gzip", []string{"-1"}},
		{"gzip", "gzip", []string{"-6"}},
		{"gzip", "gzip", []string{"-9"}},
		{"gzip", "gzip", []string{"-6", "--rsyncable"}},
		{"pigz", "pigz", []string{"-1", "-p2", "-b128"}},
		{"pigz", "pigz", []string{"-6", "-p2", "-i"}},
		{"pigz", "pigz", []string{"-9", "-R"}},
		{"pigz", "pigz", []string{"-11", "-I1"}},
		{"pigz", "pigz", []string{"-H"}},
		{"zopfli", "zopfli", []string{"--i1"}},
		{"libdeflate-tools", "libdeflate-gzip", []string{"-1"}},
		{"libdeflate-tools", "libdeflate-gzip", []string{"-6"}},
		{"libdeflate-tools", "libdeflate-gzip", []string{"-12"}},
		{"isal", "igzip", []string{"-0"}},
		{"isal", "igzip", []string{"-1"}},
		{"isal", "igzip", []string{"-3"}},
	}
	r := newReaders()
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.name, tt.args), func(t *testing.T) {
			tool(t, tt.name, tt.pkg)
			for name, data := range samples() {
				if tt.name == "zopfli" || tt.args[0] == "-11" {
					data = data[:min(len(data), 60_000)] // it takes its time
				}
				file := filepath.Join(t.TempDir(), "in")
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
				gz, err := exec.Command(tt.name, append(tt.args, "-c", file)...).Output()
				if err != nil {
					t.Fatal(err)
				}
				r.yields(t, name, bytes.NewReader(gz), data)
				got, _ := inParallel(gz, 20_000)
				same(t, name+" in parallel", got, outcome{data, "complete"})
				same(t, name+", as the standard library", got, r.sameGzip(t, name, gz))
			}
		})
	}
}

func TestKlauspost(t *testing.T) {
	r := newReaders()
	for name, data := range samples() {
		for level := kgzip.StatelessCompression; level <= kgzip.BestCompression; level++ {
			var b bytes.Buffer
			w, err := kgzip.NewWriterLevel(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(data)
			w.Close()
			r.yields(t, fmt.Sprintf("%s, level %d", name, level), bytes.NewReader(b.Bytes()), data)
		}
	}
}
