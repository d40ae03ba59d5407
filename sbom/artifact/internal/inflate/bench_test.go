//go:build unix

package inflate

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	kgzip "github.com/klauspost/compress/gzip"
)

// layerSize is about how much data a layer of the benchmark has.
const layerSize = 220 << 20

// libLayer and shareLayer are made of files of this machine: one has mostly
// programs, the other mostly text.
var (
	libLayer   = sync.OnceValues(func() ([]byte, error) { return makeLayer("/usr/lib") })
	shareLayer = sync.OnceValues(func() ([]byte, error) { return makeLayer("/usr/share") })
)

// makeLayer returns a gzipped tar of the first files below dir.
func makeLayer(dir string) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	size := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if size >= layerSize {
			return fs.SkipAll
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		size += len(data)
		if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	if err != nil {
		return nil, err
	}
	w.Close()
	z.Close()
	return b.Bytes(), nil
}

// BenchmarkLayer prints how many times faster than others a layer is read: by
// the clock, and by the processor time, which other work on the machine
// disturbs less. The others are klauspost/compress and igzip (isal), each on
// one core.
func BenchmarkLayer(b *testing.B) {
	for name, layer := range map[string]func() ([]byte, error){"lib": libLayer, "share": shareLayer} {
		b.Run(name, func(b *testing.B) {
			gz, err := layer()
			if err != nil {
				b.Fatal(err)
			}
			file := filepath.Join(b.TempDir(), "layer.gz")
			if err := os.WriteFile(file, gz, 0o600); err != nil {
				b.Fatal(err)
			}
			benchmarkLayer(b, gz, file)
		})
	}
}

func benchmarkLayer(b *testing.B, gz []byte, file string) {
	one, two, klauspost, igzip := new(stopwatch), new(stopwatch), new(stopwatch), new(stopwatch)
	_, err := exec.LookPath("igzip")
	for b.Loop() {
		one.time(b, func() error {
			z, err := NewReader(bytes.NewReader(gz))
			return discard(b, z, err)
		})
		two.time(b, func() error {
			z, err := NewReaderAt(bytes.NewReader(gz), int64(len(gz)), 2)
			if err != nil {
				return err
			}
			defer z.Close()
			return discard(b, z, err)
		})
		klauspost.time(b, func() error {
			z, err := kgzip.NewReader(bytes.NewReader(gz))
			return discard(b, z, err)
		})
		if err == nil {
			igzip.time(b, exec.Command("igzip", "-dc", file).Run)
		}
	}
	one.report(b, "1core", klauspost, "klauspost")
	if err == nil {
		one.report(b, "1core", igzip, "igzip")
		two.report(b, "2cores", igzip, "igzip")
	}
}

func discard(b *testing.B, r io.WriterTo, err error) error {
	if err != nil {
		return err
	}
	n, err := r.WriteTo(io.Discard)
	b.SetBytes(n)
	return err
}

// A stopwatch collects how long runs take.
type stopwatch struct{ wall, cpu []time.Duration }

func (s *stopwatch) time(b *testing.B, run func() error) {
	cpu, start := processorTime(), time.Now()
	if err := run(); err != nil {
		b.Fatal(err)
	}
	s.wall = append(s.wall, time.Since(start))
	s.cpu = append(s.cpu, processorTime()-cpu)
}

// report prints the medians of s, and its best by the clock, in relation to those
// of other.
func (s *stopwatch) report(b *testing.B, what string, other *stopwatch, than string) {
	b.ReportMetric(median(other.wall)/median(s.wall), fmt.Sprintf("%s-x-%s", what, than))
	b.ReportMetric(median(other.cpu)/median(s.cpu), fmt.Sprintf("%s-x-%s-cpu", what, than))
	b.ReportMetric(slices.Min(other.wall).Seconds()/slices.Min(s.wall).Seconds(), fmt.Sprintf("%s-x-%s-best", what, than))
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return d[len(d)/2].Seconds()
}

// processorTime returns that of this process and of the children it had.
func processorTime() time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if syscall.Getrusage(who, &r) == nil {
			sum += time.Duration(r.Utime.Nano() + r.Stime.Nano())
		}
	}
	return sum
}
