package gobinary_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// A proxy is a module proxy in a folder, with modules made by the test, so that
// real builds record real versions and sums.
type proxy struct {
	t   *testing.T
	dir string
}

// add publishes a module with one package of one file.
func (p proxy) add(path, version, gomod, source string) {
	p.t.Helper()
	escaped := escape(path)
	dir := filepath.Join(p.dir, escaped, "@v")
	write(p.t, filepath.Join(dir, version+".mod"), gomod)
	write(p.t, filepath.Join(dir, version+".info"), fmt.Sprintf(`{"Version":%q,"Time":"2026-01-02T03:04:05Z"}`, version))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	files := map[string]string{"lib.go": source}
	if !strings.HasSuffix(version, "+incompatible") {
		files["go.mod"] = gomod
	}
	for name, text := range files {
		w, err := z.Create(path + "@" + version + "/" + name)
		if err != nil {
			p.t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		p.t.Fatal(err)
	}
	write(p.t, filepath.Join(dir, version+".zip"), b.String())
}

// escape spells a module path as proxies do: https://go.dev/ref/mod#goproxy-protocol
func escape(path string) string {
	var b strings.Builder
	for _, r := range path {
		if 'A' <= r && r <= 'Z' {
			b.WriteString("!" + strings.ToLower(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// newProxy publishes the modules that the programs of the tests are built from.
func newProxy(t *testing.T) proxy {
	p := proxy{t, t.TempDir()}
	lib := func(path, version, name string) {
		p.add(path, version, "module "+path+"\n\ngo 1.24\n", "package "+name+"\n\nfunc F() int { return 1 }\n")
	}
	lib("example.com/Upper/Case", "v1.0.0", "Case")
	lib("example.com/old", "v1.0.0", "old")
	p.add("example.com/fork", "v1.1.0", "module example.com/old\n\ngo 1.24\n", "package old\n\nfunc F() int { return 2 }\n")
	lib("example.com/local", "v0.1.0", "local")
	lib("example.com/pseudo", "v0.0.0-20260102030405-abcdefabcdef", "pseudo")
	lib("example.com/compat", "v3.0.0+incompatible", "compat")
	lib("example.com/major/v2", "v2.3.4", "major")
	return p
}

const appMod = `module example.com/app

go 1.24

require (
	example.com/Upper/Case v1.0.0
	example.com/compat v3.0.0+incompatible
	example.com/local v0.1.0
	example.com/major/v2 v2.3.4
	example.com/old v1.0.0
	example.com/pseudo v0.0.0-20260102030405-abcdefabcdef
)

replace example.com/old => example.com/fork v1.1.0

replace example.com/local => ./secret-folder
`

const appMain = `package main

import (
	Case "example.com/Upper/Case"
	"example.com/compat"
	"example.com/local"
	"example.com/major/v2"
	"example.com/old"
	"example.com/pseudo"
)

var version = "none"

func main() {
	println(version, Case.F()+compat.F()+local.F()+major.F()+old.F()+pseudo.F())
}
`

// An app is a module with a program, in a git repository.
type app struct {
	t     *testing.T
	dir   string
	proxy proxy
	env   []string
}

// newApp makes the module with one commit, which has no tag.
func newApp(t *testing.T) *app {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	a := &app{t: t, dir: t.TempDir(), proxy: newProxy(t)}
	a.env = append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(a.proxy.dir), "GONOSUMDB=*", "GOFLAGS=-mod=mod", "GOWORK=off",
		"GOMODCACHE="+filepath.Join(t.TempDir(), "mod"), "GONOSUMCHECK=1", "GOSUMDB=off", "CGO_ENABLED=0", "GOTOOLCHAIN=local",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GOEXPERIMENT=", "GODEBUG=")
	t.Cleanup(func() { a.run("go", "clean", "-modcache") })
	write(t, filepath.Join(a.dir, "go.mod"), appMod)
	write(t, filepath.Join(a.dir, "cmd/tool/main.go"), appMain)
	write(t, filepath.Join(a.dir, "main.go"), appMain)
	write(t, filepath.Join(a.dir, "secret-folder/go.mod"), "module example.com/local\n\ngo 1.24\n")
	write(t, filepath.Join(a.dir, "secret-folder/local.go"), "package local\n\nfunc F() int { return 3 }\n")
	a.run("go", "mod", "tidy")
	a.run("git", "init", "-q", "-b", "main")
	a.git("add", "-A")
	a.git("commit", "-q", "-m", "first")
	return a
}

func (a *app) git(args ...string) string {
	a.t.Helper()
	return a.run("git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "tag.gpgSign=false", "-c", "commit.gpgSign=false"}, args...)...)
}

func (a *app) run(name string, args ...string) string {
	a.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = a.dir, a.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		a.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// build builds with the given further environment and arguments, and returns the
// path of the program.
func (a *app) build(env []string, args ...string) string {
	a.t.Helper()
	out := filepath.Join(a.t.TempDir(), "program")
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=true", "-o", out}, args...)...)
	cmd.Dir, cmd.Env = a.dir, append(a.env, env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		a.t.Fatalf("go build %v: %v\n%s", args, err, text)
	}
	return out
}

// truth returns what the go command reads from a program.
func truth(t *testing.T, program string) debug.BuildInfo {
	t.Helper()
	out, err := exec.Command("go", "version", "-m", "-json", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	var info debug.BuildInfo
	if err := json.Unmarshal(out, &info); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return info
}
