package command_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/sbom"
)

// goOutput returns what the go command prints in the root of this module,
// without the network.
func goOutput(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok {
			out = e.Stderr
		}
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestModuleGraph holds that the edges of a program, with its source and the
// module cache at hand, are those of "go mod graph" among the modules that are
// linked in, and that every module has a licence.
func TestModuleGraph(t *testing.T) {
	program := filepath.Join(t.TempDir(), "manifestgen")
	goOutput(t, "build", "-o", program, "./cmd/manifestgen")
	cache := strings.TrimSpace(goOutput(t, "env", "GOMODCACHE"))
	m := run0(t, program, "--source", root, "--modcache", cache, "--packages", "-o", "cyclonedx-json")

	version := map[string]string{} // of what is linked in
	for _, c := range m.Components {
		version[c.Name] = c.Version
		if c.Declared == "" {
			t.Errorf("%s has no licence", c.Ref)
		}
	}
	want := map[string]bool{}
	for line := range strings.Lines(goOutput(t, "mod", "graph")) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		fromPath, fromVersion, _ := strings.Cut(from, "@")
		toPath, _, _ := strings.Cut(to, "@")
		if fromPath != module && version[fromPath] != fromVersion || version[toPath] == "" {
			continue
		}
		want[fromPath+" "+toPath] = true
	}
	got := map[string]bool{}
	names := map[string]string{m.Principal.Ref: module}
	for _, c := range m.Components {
		names[c.Ref] = c.Name
	}
	for _, e := range m.Edges {
		if names[e.To] != "stdlib" {
			got[names[e.From]+" "+names[e.To]] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
		t.Errorf("edges (-go +ours):\n%s", diff)
	}
	checkPackages(t, m)
}

// checkPackages holds that the packages listed are among those that the go
// command builds the program from, and that most of these are listed.
func checkPackages(t *testing.T, m *sbom.Manifest) {
	t.Helper()
	built := map[string]bool{}
	for _, p := range strings.Fields(goOutput(t, "list", "-deps", "./cmd/manifestgen")) {
		if strings.Contains(p, ".") && p != module+"/cmd/manifestgen" {
			built[p] = true
		}
	}
	listed := 0
	for _, c := range append(m.Components, &m.Principal.Component) {
		for _, p := range c.Properties {
			if p.Name != "manifestgen:go:package" {
				continue
			}
			listed++
			if !built[p.Value] {
				t.Errorf("package %s of %s is not built in", p.Value, c.Name)
			}
		}
	}
	if listed < len(built)*3/4 {
		t.Errorf("%d of %d packages are listed", listed, len(built))
	}
}

// run0 runs the command, which must succeed, and returns the manifest that it
// prints.
func run0(t *testing.T, args ...string) *sbom.Manifest {
	t.Helper()
	var out, problems bytes.Buffer
	p := command.Process{Stdout: &out, Stderr: &problems, Getenv: func(string) string { return "" }, Now: time.Now}
	if status := command.Main(args, p, catalogers.Default()...); status != 0 {
		t.Fatalf("manifestgen %v: status %d: %s", args, status, problems.String())
	}
	m, err := cyclonedx.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
