package pclntab

import (
	"bytes"
	"debug/elf"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table makes a function table with the given names and nothing else.
func table(order binary.ByteOrder, magic uint32, word int, names ...string) []byte {
	words := 7
	if magic != magic116 {
		words = 8
	}
	text := strings.Join(names, "\x00") + "\x00"
	b := make([]byte, 8+words*word)
	order.PutUint32(b, magic)
	b[6], b[7] = 1, byte(word)
	put := func(i int, v uint64) {
		if word == 4 {
			order.PutUint32(b[8+4*i:], uint32(v))
			return
		}
		order.PutUint64(b[8+8*i:], v)
	}
	put(words-5, uint64(len(b)))
	for i := words - 4; i < words; i++ {
		put(i, uint64(len(b)+len(text)))
	}
	return append(b, text...)
}

func TestPackages(t *testing.T) {
	names := []string{
		"main.main", "main.(*T).Run", "go.shape.int", "type..eq.[2]string", "type:.eq.net.OpError",
		"gopkg.in/yaml%2ev3.Unmarshal", "example.com/a.F[go.shape.*example.com/b.T]", "memeqbody", "", "__x86.get_pc_thunk.ax",
		"go.uber.org/zap.New", "runtime/cgo(.text)", "example.com/%zz.F", "net/http.glob..func1",
		"slices.F[" + strings.Repeat("example.com/c.T,", 10_000) + "]",
	}
	want := []string{"example.com/a", "go.uber.org/zap", "gopkg.in/yaml.v3", "main", "net/http", "slices"}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{magic116, magic118, magic120} {
			for _, word := range []int{4, 8} {
				b := table(order, magic, word, names...)
				got, err := Packages(bytes.NewReader(b), 0, int64(len(b)))
				if diff := cmp.Diff(got, want); diff != "" || err != nil {
					t.Errorf("%v, magic %#x, words of %d: error %v; got - want +\n%s", order, magic, word, err, diff)
				}
			}
		}
	}
}

func TestHostile(t *testing.T) {
	good := table(binary.LittleEndian, magic120, 8, "main.main", "net.Dial")
	change := func(at int, v uint64) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint64(b[at:], v)
		return b
	}
	tests := []struct {
		name string
		in   []byte
		want string // part of the error
	}{
		{"empty", nil, ErrNotFound.Error()},
		{"Go 1.2", append([]byte{0xfb, 0xff, 0xff, 0xff}, good[4:]...), ErrNotFound.Error()},
		{"header cut off", good[:40], "header of 40 bytes is cut off"},
		{"names before the end of the header", change(32, 8), "part 0 at 0x8"},
		{"names far away", change(32, 1<<62), "part 0 at"},
		{"names end before they begin", change(40, 72-1), "part 1 at 0x47"},
		{"names end after the table", change(40, 1<<40), "part 1 at"},
		{"negative", change(64, 1<<63), "part 4 at"},
		{"last name cut off", good[:len(good)-1], "part 1 at"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Packages(bytes.NewReader(tt.in), 0, int64(len(tt.in)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := Packages(bytes.NewReader(good), 1<<40, int64(len(good))); err == nil {
		t.Error("no error for an offset after the end")
	}
	open := good[:len(good)-1]
	for i := 40; i < 72; i += 8 {
		binary.LittleEndian.PutUint64(open[i:], uint64(len(open)))
	}
	got, err := Packages(bytes.NewReader(open), 0, int64(len(open)))
	if !slices.Equal(got, []string{"main"}) || err == nil {
		t.Errorf("the last name has no end: got %v and error %v, want main and an error", got, err)
	}
}

func TestFind(t *testing.T) {
	good := table(binary.LittleEndian, magic120, 8, "main.main")
	for _, before := range []int{0, 4, 256<<10 - 8, 256 << 10, 1 << 20} {
		b := append(make([]byte, before), good...)
		copy(b, []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}) // looks like a table, but is none
		if before == 4 {
			copy(b[4:], good)
		}
		got, err := Find(bytes.NewReader(b), int64(len(b)))
		if err != nil || got != int64(before) {
			t.Errorf("after %d bytes: got %d and error %v", before, got, err)
		}
	}
	if _, err := Find(bytes.NewReader(good), 20); !errors.Is(err, ErrNotFound) {
		t.Errorf("table cut off: error %v, want %v", err, ErrNotFound)
	}
}

const program = `package main

import (
	"fmt"
	"net/url"
	"os"

	"example.com/app.v2/inner"
)

func main() { fmt.Println(url.QueryEscape(os.Args[1]), inner.Twice(len(os.Args))) }
`

// TestPackagesOfPrograms compares the packages with what go list and nm say of
// a program, stripped and not, for the toolchains of each layout. Toolchains
// other than the one at hand are used if testdata/prepare has fetched them.
func TestPackagesOfPrograms(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.com/app.v2\n\ngo 1.16\n",
		"main.go":        program,
		"inner/inner.go": "package inner\n\nfunc Twice(n int) int { return 2 * n }\n",
	} {
		name = filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(name), 0o777)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []string{
		"local linux/amd64", "local linux/s390x", "local windows/386", "local darwin/arm64",
		"go1.16.15 linux/amd64", "go1.18.10 linux/amd64", "go1.20.14 linux/amd64", "go1.22.12 linux/amd64",
	} {
		toolchain, platform, _ := strings.Cut(target, " ")
		goos, goarch, _ := strings.Cut(platform, "/")
		env := []string{"GOTOOLCHAIN=" + toolchain, "GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
		t.Run(target, func(t *testing.T) { compareWithList(t, dir, env) })
	}
}

// linknamed are packages in whose name the runtime defines functions.
var linknamed = []string{"os/signal", "runtime/debug", "runtime/trace", "runtime/pprof", "runtime/metrics", "runtime/coverage"}

func compareWithList(t *testing.T, dir string, env []string) {
	listed := strings.Fields(runGo(t, dir, env, "list", "-deps", "."))
	for _, flags := range []string{"", "-s -w"} {
		out := filepath.Join(t.TempDir(), "program")
		runGo(t, dir, env, "build", "-ldflags", flags, "-o", out, ".")
		got := packagesOfFile(t, out)
		for _, p := range got {
			if p != "main" && !slices.Contains(listed, p) && !slices.Contains(linknamed, p) {
				t.Errorf("%s: %s is linked, but go list does not know it", flags, p)
			}
		}
		for _, p := range []string{"main", "net/url", "example.com/app.v2/inner"} { // the last is inlined
			if !slices.Contains(got, p) {
				t.Errorf("%s: %s is missing", flags, p)
			}
		}
		if flags == "" {
			compareWithNM(t, got, runGo(t, dir, env, "tool", "nm", out))
		}
		t.Logf("%d of %d packages have functions", len(got), len(listed))
	}
}

// compareWithNM checks that each package with a function that nm lists was
// found.
func compareWithNM(t *testing.T, got []string, symbols string) {
	for line := range strings.Lines(symbols) {
		f := strings.Fields(line)
		if len(f) < 3 || strings.ToUpper(f[1]) != "T" {
			continue
		}
		if p := packageOf(f[2]); p != "" && !slices.Contains(got, p) {
			t.Errorf("%s is missing, but nm has %s", p, f[2])
		}
	}
}

// packagesOfFile finds the function table of a program by its section, if it
// has one, and by looking for it, which must agree.
func packagesOfFile(t *testing.T, name string) []string {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, size := bytes.NewReader(b), int64(len(b))
	found, err := Find(r, size)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := elf.NewFile(r); err == nil {
		if s := f.Section(".gopclntab"); s == nil || int64(s.Offset) != found {
			t.Errorf("found at %#x, but the section is %+v", found, s)
		}
	}
	if f, err := pe.NewFile(r); err == nil {
		s := f.Section(".rdata")
		if s == nil || found < int64(s.Offset) || found >= int64(s.Offset+s.Size) {
			t.Errorf("found at %#x, but the section is %+v", found, s)
		}
	}
	got, err := Packages(r, found, size)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// runGo runs the go command offline. It skips the test if that fails for want
// of a toolchain.
func runGo(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOENV=off", "GOWORK=off")
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return string(out)
	}
	detail := fmt.Sprintf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	if strings.Contains(detail, "toolchain not available") && os.Getenv("CI") != "true" {
		t.Skip(detail)
	}
	t.Fatal(detail)
	return ""
}

// The law: whatever is found begins with a header that Packages accepts, and
// every path is one that a name in the input contains, once unescaped.
func FuzzPackages(f *testing.F) {
	f.Add(table(binary.LittleEndian, magic120, 8, "main.main", "gopkg.in/yaml%2ev3.F"))
	f.Add(table(binary.BigEndian, magic116, 4, "main.main", "a/b.F[c/d.T]"))
	f.Add([]byte("\xf1\xff\xff\xff\x00\x00\x01\x08"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, size := bytes.NewReader(in), int64(len(in))
		offset, err := Find(r, size)
		if err != nil {
			return
		}
		if _, err := readHeader(r, offset, size); err != nil {
			t.Fatalf("found at %d, but %v", offset, err)
		}
		got, _ := Packages(r, offset, size)
		for _, p := range got {
			if p == "" || !strings.Contains(p, "%") && !bytes.ContainsAny(in, "%") && !bytes.Contains(in, []byte(p+".")) {
				t.Errorf("%q is not in the input", p)
			}
		}
	})
}
