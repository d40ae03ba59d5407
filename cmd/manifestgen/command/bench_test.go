package command_test

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The benchmarks run the built command as a process and print how often longer
// it takes than what the machine must do at least, measured in turn with it, and
// the most memory it used. Run them on a quiet machine: make bench.

// tool builds the command.
func tool(b *testing.B) string {
	b.Helper()
	out := filepath.Join(b.TempDir(), "manifestgen")
	cmd := exec.Command("go", "build", "-trimpath", "-o", out, "..")
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	return out
}

// A sample is the cost of one run of a process. The system counts the memory of
// this test, some 20 MiB, as the least that a process that it starts has used.
type sample struct {
	wall   time.Duration
	memory int64 // most bytes resident
}

func run(b *testing.B, name string, args ...string) sample {
	b.Helper()
	cmd := exec.Command(name, args...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s %v: %v", name, args, err)
	}
	return sample{time.Since(start), maxResident(cmd.ProcessState)}
}

// compare runs ours and the limit in turn and reports medians.
func compare(b *testing.B, unit string, ours func() sample, limit func() time.Duration) {
	b.Helper()
	const rounds = 9
	var walls, limits []time.Duration
	var memory int64
	ours()
	for b.Loop() {
		for range rounds {
			s := ours()
			walls, memory = append(walls, s.wall), max(memory, s.memory)
			limits = append(limits, limit())
		}
	}
	slices.Sort(walls)
	slices.Sort(limits)
	wall, least := walls[len(walls)/2], limits[len(limits)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(wall)/float64(least), "x-"+unit)
	b.ReportMetric(float64(wall.Microseconds())/1000, "ms")
	b.ReportMetric(float64(memory)/(1<<20), "MiB-peak")
}

// largeProgram builds a Go program of more than 100 MB.
func largeProgram(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	files := map[string]io.Reader{
		"go.mod":  strings.NewReader("module example.com/large\n\ngo 1.24\n"),
		"main.go": strings.NewReader("package main\n\nimport _ \"embed\"\n\n//go:embed data\nvar data string\n\nfunc main() { println(len(data)) }\n"),
		"data":    io.LimitReader(rand.Reader, 110<<20),
	}
	for name, content := range files {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(f, content); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	out := filepath.Join(dir, "large")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	return out
}

// BenchmarkLargeProgram compares describing one large program with hashing it.
func BenchmarkLargeProgram(b *testing.B) {
	command, program := tool(b), largeProgram(b)
	b.Run("digests", func(b *testing.B) {
		compare(b, "hashing", func() sample { return run(b, command, program) }, func() time.Duration { return hashBoth(b, program) })
	})
	b.Run("no-digests", func(b *testing.B) {
		compare(b, "start", func() sample { return run(b, command, "--digests", "none", program) },
			func() time.Duration { return run(b, command, "version").wall })
	})
}

// hashBoth reads a file once and takes both digests of it, each on a processor
// of its own.
func hashBoth(b *testing.B, path string) time.Duration {
	start := time.Now()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buffers := [2][]byte{make([]byte, 256<<10), make([]byte, 256<<10)}
	small, large := sha256.New(), sha512.New()
	var busy sync.WaitGroup
	for turn := 0; ; turn ^= 1 {
		n, err := io.ReadFull(f, buffers[turn])
		busy.Wait()
		data := buffers[turn][:n]
		busy.Go(func() { small.Write(data) })
		busy.Go(func() { large.Write(data) })
		if err != nil {
			busy.Wait()
			return time.Since(start)
		}
	}
}

// BenchmarkFiftyPrograms compares describing a folder of programs with a loop
// over them that only reads their build information, in a process of its own.
func BenchmarkFiftyPrograms(b *testing.B) {
	command, dir := tool(b), b.TempDir()
	source := readTool(b, "go")
	var programs []string
	for i := range 50 {
		path := filepath.Join(dir, fmt.Sprint("program", i))
		if err := os.WriteFile(path, source, 0o755); err != nil {
			b.Fatal(err)
		}
		programs = append(programs, path)
	}
	start := func() time.Duration { return run(b, command, "version").wall }
	compare(b, "buildinfo", func() sample { return run(b, command, dir) }, func() time.Duration {
		begin := time.Now()
		for _, p := range programs {
			if _, err := buildinfo.ReadFile(p); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begin) + start()
	})
}

// BenchmarkSmallFiles compares describing a folder of 100,000 small files with
// find.
func BenchmarkSmallFiles(b *testing.B) {
	command, dir := tool(b), b.TempDir()
	for i := range 10_000 {
		sub := filepath.Join(dir, fmt.Sprintf("%02d/%02d", i/100, i%100))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range 10 {
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("file%d.txt", j)), []byte("small"), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	compare(b, "find", func() sample { return run(b, command, dir) }, func() time.Duration { return run(b, "find", dir).wall })
}

// BenchmarkStart is the cost of starting.
func BenchmarkStart(b *testing.B) {
	command := tool(b)
	compare(b, "true", func() sample { return run(b, command, "version") }, func() time.Duration { return run(b, "true").wall })
}
