//go:build unix

package artifact

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// TestFolder has what a folder can hold beside files: none of it is followed,
// opened or waited for.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a/x.list"), []byte("x"))
	write(t, filepath.Join(dir, "own.list"), []byte("own"))
	write(t, filepath.Join(dir, "%41!/\xff\x1b[2J\n.list"), []byte("odd"))
	write(t, filepath.Join(dir, "name.list"), []byte("a"))
	write(t, filepath.Join(dir, "NAME.list"), []byte("b"))
	write(t, filepath.Join(dir, "e\u0301.list"), []byte("c"))
	write(t, filepath.Join(dir, "\u00e9.list"), []byte("d"))
	sh(t, dir, "ln -s / root; ln -s .. up; ln -s a b; ln -s a/x.list link.list; ln -s loop.list loop.list; mkfifo fifo.list; ln a/x.list hard.list; truncate -s 1T big.list; truncate -s 1T big.whl")
	if os.Geteuid() == 0 {
		sh(t, dir, "mknod zero.list c 1 5 || true")
	}
	inv := scan(t, dir, Options{Exclude: []string{filepath.Join(dir, "own.list"), filepath.Join(dir, "missing")}})
	want := "%2541%21/%FF%1B[2J%0A.list NAME.list a/x.list e\u0301.list hard.list name.list \u00e9.list"
	if got := places(inv); got != want || codes(inv) != "gap:limit.file gap:type.mismatch" {
		t.Errorf("got %q %v, want %q", got, inv.Findings, want)
	}
}

// TestFolderLinks has the targets of symbolic links as entries, thirty in a row.
func TestFolderLinks(t *testing.T) {
	dir := t.TempDir()
	sh(t, dir, "for i in $(seq 30); do ln -s $((i+1)) $i; done")
	artifacts, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := &recorder{}
	if err := artifacts[0].Trees[0].Walk(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	for _, e := range v.entries {
		var n int
		if fmt.Sscan(e.Path, &n); e.Link != fmt.Sprint(n+1) {
			t.Errorf("%s leads to %q", e.Path, e.Link)
		}
	}
	if len(v.entries) != 30 {
		t.Errorf("%d entries", len(v.entries))
	}
}

// A recorder is a visitor that calls a function for each entry, and reads all.
type recorder struct {
	mu       sync.Mutex
	entries  []sbom.Entry
	findings []sbom.Finding
	at       func(sbom.Entry)
	read     func(sbom.Entry, sbom.Content)
}

func (r *recorder) Entry(e sbom.Entry) bool {
	r.mu.Lock()
	r.entries = append(r.entries, e)
	r.mu.Unlock()
	if r.at != nil {
		r.at(e)
	}
	return e.Mode.IsRegular()
}

func (r *recorder) File(e sbom.Entry, c sbom.Content) {
	if r.read != nil {
		r.read(e, c)
	} else if _, err := io.Copy(io.Discard, c); err != nil {
		r.Found(sbom.GapFrom(err, e.Path, ""))
	}
}

func (r *recorder) Found(f sbom.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.findings = append(r.findings, f)
}

// TestFolderChanges changes files between being listed and being opened, and
// while they are read.
func TestFolderChanges(t *testing.T) {
	tests := []struct{ name, listed, opened, code string }{
		{"removed", "rm x", "", "io.vanished"},
		{"a link to a file outside", "rm x; ln -s /etc/passwd x", "", ""},
		{"a link to a file beside it", "rm x; ln -s y x", "", ""},
		{"a fifo", "rm x; mkfifo x", "", "entry.changed"},
		{"a folder", "rm x; mkdir x", "", "entry.changed"},
		{"another file", "mv y x", "", "entry.changed"},
		{"grown before", "echo more >> x", "", "entry.changed"},
		{"grown", "", "echo more >> x", "entry.changed"},
		{"cut", "", ": > x", "entry.changed"},
		{"overwritten", "", "sleep 0.02; printf 1111111111 > x", "entry.changed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "x"), []byte("0123456789"))
			write(t, filepath.Join(dir, "y"), []byte("9876543210"))
			artifacts, err := Open(context.Background(), dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := &recorder{}
			r.at = func(e sbom.Entry) {
				if e.Path == "x" {
					sh(t, dir, tt.listed)
				}
			}
			r.read = func(e sbom.Entry, c sbom.Content) {
				if e.Path == "x" {
					sh(t, dir, tt.opened)
					if _, err := io.ReadAll(c); err != nil {
						r.Found(sbom.GapFrom(err, e.Path, ""))
					} else {
						t.Error("what is not there any more could be read")
					}
				}
			}
			if err := artifacts[0].Trees[0].Walk(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.findings {
				if f.Path == "x" {
					got = append(got, f.Code)
				}
			}
			if len(got) != 1 || tt.code != "" && got[0] != tt.code {
				t.Errorf("got %v, want %q", r.findings, tt.code)
			}
		})
	}
}

// TestFolderSwapped has a folder that becomes a link to another one after it was
// listed.
func TestFolderSwapped(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x/x.list"), []byte("x"))
	write(t, filepath.Join(dir, "y/y.list"), []byte("y"))
	artifacts, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	r.at = func(e sbom.Entry) {
		if e.Path == "x" {
			sh(t, dir, "mv x z; ln -s y x")
		}
	}
	if err := artifacts[0].Trees[0].Walk(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.entries {
		if e.Path == "x/y.list" {
			t.Error("the link was followed")
		}
	}
	if len(r.findings) == 0 {
		t.Error("no gap")
	}
}

// TestArtifactChanges changes a file artifact after it was opened.
func TestArtifactChanges(t *testing.T) {
	for _, change := range []string{"echo more >> a.tar", "rm a.tar", "rm a.tar; cp b.tar a.tar"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a.tar"), tarOf(t, file("x.list", "x")))
		write(t, filepath.Join(dir, "b.tar"), tarOf(t, file("y.list", "y")))
		artifacts, err := Open(context.Background(), filepath.Join(dir, "a.tar"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		sh(t, dir, change)
		inv, err := sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{lists{"in order"}}, sbom.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !hasGap(inv) {
			t.Errorf("%s: got %q and no gap", change, places(inv))
		}
	}
}

// TestFolderDeep has folders nested 4,096 deep: those beyond the limit of a path
// are a gap, and nothing runs out of anything.
func TestFolderDeep(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x.list"), []byte("x"))
	needs(t, "python3", "python3")
	sh(t, dir, `python3 -c 'import os
for i in range(4096):
    os.mkdir("d"); os.chdir("d")
    if i == 1000: open("y.list", "w").close()'`)
	inv := scan(t, dir, Options{})
	if len(inv.Components) != 2 || codes(inv) != "gap:limit.path" {
		t.Errorf("got %d components, %s", len(inv.Components), codes(inv))
	}
	sh(t, dir, "rm -r d")
}

// TestFolderUnreadable has files and folders that may not be read, as a user for
// whom modes count.
func TestFolderUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("", "unreadable")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sh(t, dir, "chmod 755 .; echo x > x.list; echo y > y.list; mkdir a b; echo z > a/z.list; echo z > b/z.list; chmod 000 y.list a; chmod 444 b")
	out := child(t, dir, func(cmd *exec.Cmd) {
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
	})
	if want := "x.list | gap:io.permission | 3\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	sh(t, dir, "chmod 755 a b")
}

// TestFewFiles has few files open at once allowed, and many processors.
func TestFewFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		write(t, filepath.Join(dir, fmt.Sprintf("%d/a/b/c/x.list", i)), []byte("x"))
	}
	out := child(t, dir, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "GOMAXPROCS=8")
		cmd.Args = append([]string{"sh", "-c", `ulimit -n 32; exec "$0" "$@"`}, cmd.Args...)
		cmd.Path = "/bin/sh"
	})
	if got := strings.Count(out, "x.list"); got != 200 || !strings.HasSuffix(out, "|  | 0\n") {
		t.Errorf("%d of 200: %.200s", got, out)
	}
}

// child scans dir in another process, which writes places, codes and the number of
// findings.
func child(t *testing.T, dir string, change func(*exec.Cmd)) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("no /proc")
	}
	exe, err := os.CreateTemp("", "child-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(exe.Name())
	if _, err := exe.Write(data); err != nil {
		t.Fatal(err)
	}
	exe.Chmod(0o755)
	exe.Close()
	cmd := exec.Command(exe.Name(), "-test.run=^TestChild$")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "SCAN_FOLDER="+dir)
	cmd.Stderr = os.Stderr
	change(cmd)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, _, _ := strings.Cut(string(out), "PASS")
	return text
}

// TestChild is what child runs.
func TestChild(t *testing.T) {
	dir := os.Getenv("SCAN_FOLDER")
	if dir == "" {
		t.Skip("run by other tests")
	}
	inv := scan(t, dir, Options{})
	fmt.Printf("%s | %s | %d\n", places(inv), codes(inv), len(inv.Findings))
}

// TestFolderMount has another file system mounted below the folder.
func TestFolderMount(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x.list"), []byte("x"))
	other := filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("mount", "-t", "tmpfs", "none", other).Run(); err != nil {
		t.Skip("may not mount")
	}
	defer exec.Command("umount", other).Run()
	write(t, filepath.Join(other, "y.list"), []byte("y"))
	if inv := scan(t, dir, Options{}); places(inv) != "x.list" || codes(inv) != "note:folder.mount" {
		t.Errorf("got %q %v", places(inv), inv.Findings)
	}
}

// TestFolderBusy changes a folder all the time while it is scanned.
func TestFolderBusy(t *testing.T) {
	dir := t.TempDir()
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			name := filepath.Join(dir, fmt.Sprint(i%50), "x.list")
			os.MkdirAll(filepath.Dir(name), 0o755)
			os.WriteFile(name, []byte(time.Now().String()), 0o644)
			os.RemoveAll(filepath.Join(dir, fmt.Sprint((i+25)%50)))
		}
	}()
	for range 50 {
		inv := scan(t, dir, Options{})
		for _, f := range inv.Findings {
			if f.Code != "io.vanished" && f.Code != "entry.changed" {
				t.Errorf("%v", f)
			}
		}
	}
	close(stop)
	<-stopped
}
