package exe

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// program is a module with one dependency, which takes no time to build.
var program = map[string]string{
	"go.mod":     "module example.com/app\n\ngo 1.26\n\nrequire example.com/dep v1.2.3\n\nreplace example.com/dep => ./dep\n",
	"main.go":    "package main\n\nimport \"example.com/dep\"\n\nfunc main() { println(dep.X) }\n",
	"dep/go.mod": "module example.com/dep\n\ngo 1.26\n",
	"dep/dep.go": "package dep\n\nvar X = 1\n",
}

// writeProgram writes program to a folder and returns it.
func writeProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "dep"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range program {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// build builds the program in dir for a platform.
func build(t *testing.T, dir, platform string, flags ...string) []byte {
	t.Helper()
	goos, goarch, _ := strings.Cut(platform, "/")
	out := filepath.Join(t.TempDir(), "app")
	cmd := exec.Command("go", append([]string{"build", "-o", out}, flags...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, msg)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open1 opens b, which is one executable.
func open1(t *testing.T, b []byte) *File {
	t.Helper()
	files, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(files) != 1 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	return files[0]
}

// parsed returns the build information of f as debug/buildinfo does.
func parsed(t *testing.T, f *File) *debug.BuildInfo {
	t.Helper()
	version, mod, err := f.BuildInfo()
	if err != nil {
		t.Fatal(err)
	}
	bi, err := debug.ParseBuildInfo(mod)
	if err != nil {
		t.Fatal(err)
	}
	bi.GoVersion = version
	return bi
}

func TestGoBuilds(t *testing.T) {
	tests := []struct {
		platform  string
		flags     []string
		format    Format
		os        string // where the format tells
		libraries []string
		short     bool
	}{
		{"linux/amd64", nil, ELF, "", nil, true},
		{"linux/amd64", []string{"-ldflags=-s -w"}, ELF, "", nil, false},
		{"linux/amd64", []string{"-buildmode=pie"}, ELF, "", nil, false},
		{"linux/arm64", []string{"-ldflags=-s -w", "-trimpath"}, ELF, "", nil, false},
		{"linux/386", nil, ELF, "", nil, false},
		{"linux/arm", nil, ELF, "", nil, false},
		{"linux/loong64", nil, ELF, "", nil, false},
		{"linux/mips", nil, ELF, "", nil, false},
		{"linux/mips64le", nil, ELF, "", nil, false},
		{"linux/ppc64le", nil, ELF, "", nil, false},
		{"linux/riscv64", nil, ELF, "", nil, false},
		{"linux/s390x", nil, ELF, "", nil, false},
		{"freebsd/amd64", nil, ELF, "freebsd", nil, false},
		{"darwin/amd64", []string{"-ldflags=-s -w"}, MachO, "darwin", []string{"/usr/lib/libSystem.B.dylib"}, false},
		{"darwin/arm64", nil, MachO, "darwin", []string{"/usr/lib/libSystem.B.dylib"}, true},
		{"windows/amd64", nil, PE, "windows", []string{"kernel32.dll"}, true},
		{"windows/386", nil, PE, "windows", []string{"kernel32.dll"}, false},
		{"windows/arm64", []string{"-ldflags=-s -w"}, PE, "windows", []string{"kernel32.dll"}, false},
		{"aix/ppc64", nil, XCOFF, "aix", nil, false},
		{"plan9/amd64", nil, Plan9, "plan9", nil, false},
	}
	dir := writeProgram(t)
	for _, tt := range tests {
		t.Run(tt.platform+strings.Join(tt.flags, ""), func(t *testing.T) {
			if testing.Short() && !tt.short {
				t.Skip("short")
			}
			b := build(t, dir, tt.platform, tt.flags...)
			f := open1(t, b)
			_, goarch, _ := strings.Cut(tt.platform, "/")
			if f.Format != tt.format || f.Arch != goarch || f.OS != tt.os {
				t.Errorf("got %s for %s/%s, want %s for %s/%s", f.Format, f.OS, f.Arch, tt.format, tt.os, goarch)
			}
			want, err := buildinfo.Read(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if got := parsed(t, f); got.String() != want.String() {
				t.Errorf("got %q, want %q", got, want)
			}
			libraries, err := f.Libraries()
			if err != nil || !slices.Equal(libraries, tt.libraries) {
				t.Errorf("got libraries %q, %v, want %q", libraries, err, tt.libraries)
			}
			checkImports(t, b, tt.format, libraries)
		})
	}
}

// checkImports compares libraries with those that the standard library reads.
func checkImports(t *testing.T, b []byte, format Format, libraries []string) {
	t.Helper()
	var want []string
	var err error
	switch format {
	case ELF:
		var f *elf.File
		if f, err = elf.NewFile(bytes.NewReader(b)); err == nil {
			want, err = f.ImportedLibraries()
		}
	case MachO:
		var f *macho.File
		if f, err = macho.NewFile(bytes.NewReader(b)); err == nil {
			want, err = f.ImportedLibraries()
		}
	case PE:
		want, err = peImportedLibraries(b)
	}
	if err != nil || !slices.Equal(unique(want), libraries) {
		t.Errorf("got libraries %q, want %q, %v", libraries, want, err)
	}
}

// peImportedLibraries returns the libraries of the symbols that b imports.
func peImportedLibraries(b []byte) (libraries []string, err error) {
	f, err := pe.NewFile(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	symbols, err := f.ImportedSymbols()
	for _, s := range symbols {
		_, library, _ := strings.Cut(s, ":")
		libraries = append(libraries, library)
	}
	return libraries, err
}

// unique returns list without repetitions.
func unique(list []string) (result []string) {
	for _, s := range list {
		if !slices.Contains(result, s) {
			result = append(result, s)
		}
	}
	return result
}

// WebAssembly has no header of build information, so debug/buildinfo is no
// help: the truth is the same program for another platform.
func TestGoBuildsWasm(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	dir := writeProgram(t)
	want, err := buildinfo.Read(bytes.NewReader(build(t, dir, "linux/amd64")))
	if err != nil {
		t.Fatal(err)
	}
	want.Settings = nil
	for _, tt := range []struct{ platform, flags string }{{"js/wasm", "-v"}, {"wasip1/wasm", "-ldflags=-s -w"}} {
		goos, _, _ := strings.Cut(tt.platform, "/")
		f := open1(t, build(t, dir, tt.platform, tt.flags))
		if f.Format != Wasm || f.Arch != "wasm" || f.OS != goos {
			t.Errorf("got %s for %s/%s", f.Format, f.OS, f.Arch)
		}
		got := parsed(t, f)
		if !slices.Contains(got.Settings, debug.BuildSetting{Key: "GOOS", Value: goos}) {
			t.Errorf("got settings %v", got.Settings)
		}
		got.Settings = nil
		if got.String() != want.String() {
			t.Errorf("%s: got %q, want %q", tt.platform, got, want)
		}
	}
}

func TestGoBuildsFat(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	dir := writeProgram(t)
	b := tinyFat(build(t, dir, "darwin/amd64"), build(t, dir, "darwin/arm64"))
	files, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(files) != 2 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for i, arch := range []string{"amd64", "arm64"} {
		setting := debug.BuildSetting{Key: "GOARCH", Value: arch}
		if files[i].Arch != arch || !slices.Contains(parsed(t, files[i]).Settings, setting) {
			t.Errorf("slice %d: got %s, want %s", i, files[i].Arch, arch)
		}
	}
	checkLaws(t, b)
}

// A program whose build information was removed is still known as Go's.
func TestGoBuildsWithoutInfo(t *testing.T) {
	dir := writeProgram(t)
	for _, tt := range []struct{ platform, flags string }{
		{"linux/amd64", "-ldflags=-s -w -buildid="},
		{"darwin/arm64", "-ldflags=-s -w -buildid="},
		{"windows/amd64", "-ldflags=-s -w"},
		{"windows/amd64", "-ldflags=-s -w -buildid="},
	} {
		b := build(t, dir, tt.platform, tt.flags)
		f := open1(t, bytes.ReplaceAll(b, []byte(infoMagic), make([]byte, len(infoMagic))))
		if _, _, err := f.BuildInfo(); err != ErrNoBuildInfo {
			t.Errorf("%s: got error %v", tt.platform, err)
		}
		if mark, err := f.Mark(); mark != GoMark || err != nil {
			t.Errorf("%s %s: got mark %v, %v", tt.platform, tt.flags, mark, err)
		}
	}
}

// Programs and libraries of the system, most of which are not Go's.
func TestSystemFiles(t *testing.T) {
	checked := 0
	for _, pattern := range []string{"/usr/bin/*", "/usr/lib/*/*.so*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths[:min(len(paths), 500)] {
			if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() > 4<<20 {
				continue
			}
			if b, err := os.ReadFile(path); err == nil && bytes.HasPrefix(b, []byte("\x7fELF")) {
				checkSystemFile(t, path, b)
				checked++
			}
		}
	}
	if checked == 0 {
		t.Skip("no ELF files in /usr/bin or /usr/lib")
	}
}

func checkSystemFile(t *testing.T, path string, b []byte) {
	f := open1(t, b)
	libraries, err := f.Libraries()
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	checkImports(t, b, ELF, libraries)
	checkLaws(t, b)
	_, _, err = f.BuildInfo()
	if _, wantErr := buildinfo.Read(bytes.NewReader(b)); wantErr == nil {
		return // Go, and checkLaws has compared it
	}
	if !errors.Is(err, ErrNoBuildInfo) {
		t.Errorf("%s: got error %v", path, err)
	}
	if mark, err := f.Mark(); mark == UPXMark || err != nil {
		t.Errorf("%s: got mark %v, %v", path, mark, err)
	}
}

// goTool returns the go command's own file.
func goTool(tb testing.TB) string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		tb.Fatal(err)
	}
	name := filepath.Join(strings.TrimSpace(string(out)), "bin", "go")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// Of a large program with a section for build information, little is read.
func TestReadsLittle(t *testing.T) {
	file, err := os.Open(goTool(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{ReaderAt: file}
	files, err := Open(c, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := files[0].BuildInfo(); err != nil {
		t.Fatal(err)
	}
	if c.n > 16<<10 && files[0].infoName != "" {
		t.Errorf("%d of %d bytes read", c.n, info.Size())
	}
}

// BenchmarkBuildInfo opens and reads the go command, and reports its time as a
// ratio to that of debug/buildinfo.
func BenchmarkBuildInfo(b *testing.B) {
	name := goTool(b)
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		if err := readFile(name); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		b.StopTimer()
		start = time.Now()
		if _, err := buildinfo.ReadFile(name); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-debug/buildinfo")
}

// readFile does what debug/buildinfo.ReadFile does.
func readFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	files, err := Open(file, info.Size())
	if err != nil {
		return err
	}
	_, mod, err := files[0].BuildInfo()
	if err != nil {
		return err
	}
	_, err = debug.ParseBuildInfo(mod)
	return err
}
