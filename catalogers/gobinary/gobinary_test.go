package gobinary_test

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/catalogers/gobinary"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// describe makes the manifest of a file or folder.
func describe(t *testing.T, path string) *sbom.Manifest {
	t.Helper()
	artifacts, err := artifact.Open(context.Background(), path, artifact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inventory, err := sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{gobinary.Cataloger{}}, sbom.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sbom.Assemble(inventory, sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A line is what both sides say of one module.
type line struct {
	Path, Version, Sum, Replaces string
}

// ours returns the modules of a manifest.
func ours(m *sbom.Manifest) []line {
	var all []line
	for _, c := range m.Components {
		if c.Name == "stdlib" {
			continue
		}
		all = append(all, line{c.Name, c.Version, property(c, "manifestgen:go:sum"), property(c, "manifestgen:go:replaces")})
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// theirs returns the modules that the go command lists.
func theirs(info debug.BuildInfo) []line {
	var all []line
	for _, d := range info.Deps {
		switch {
		case d.Replace == nil:
			all = append(all, line{Path: d.Path, Version: d.Version, Sum: d.Sum})
		case d.Replace.Version == "(devel)": // a folder
			all = append(all, line{Path: d.Path, Replaces: d.Path + "@" + d.Version})
		default:
			all = append(all, line{d.Replace.Path, d.Replace.Version, d.Replace.Sum, d.Path + "@" + d.Version})
		}
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// platforms are those that the test builds for; each costs a standard library.
var platforms = []string{"linux/amd64", "windows/amd64", "darwin/arm64", "linux/arm64", "linux/386", "aix/ppc64", "wasip1/wasm"}

// TestPlatforms holds that every module, version, sum, replacement and setting
// of a real program comes out as the go command reads it.
func TestPlatforms(t *testing.T) {
	a := newApp(t)
	few := platforms
	if testing.Short() {
		few = platforms[:1]
	}
	for _, platform := range few {
		t.Run(platform, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(platform, "/")
			program := a.build([]string{"GOOS=" + goos, "GOARCH=" + goarch}, "./cmd/tool")
			info := platformTruth(t, a, program, goos, goarch)
			m := describe(t, program)
			if diff := gocmp.Diff(theirs(info), ours(m)); diff != "" {
				t.Errorf("modules (-go +ours):\n%s", diff)
			}
			p := m.Principal
			if p.Name != info.Path || p.Version != info.Main.Version || p.OS != goos || p.Architecture != goarch {
				t.Errorf("principal %s %s for %s/%s, want %s %s for %s", p.Name, p.Version, p.OS, p.Architecture, info.Path, info.Main.Version, platform)
			}
			if p.Toolchain != info.GoVersion {
				t.Errorf("toolchain %q, want %q", p.Toolchain, info.GoVersion)
			}
			checkSettings(t, p, info)
			if m.Gaps() != 0 || p.Contents != sbom.Complete {
				t.Errorf("a clean build has %d gaps, contents %s: %+v", m.Gaps(), p.Contents, m.Findings)
			}
		})
	}
}

// platformTruth returns what the go command reads from a program. WebAssembly it
// cannot read; but the modules are those of the same program for this machine.
func platformTruth(t *testing.T, a *app, program, goos, goarch string) debug.BuildInfo {
	if goarch != "wasm" {
		return truth(t, program)
	}
	info := truth(t, a.build(nil, "./cmd/tool"))
	info.Settings = slices.DeleteFunc(info.Settings, func(s debug.BuildSetting) bool { return strings.HasPrefix(s.Key, "GO") })
	return debug.BuildInfo{GoVersion: info.GoVersion, Path: info.Path, Main: info.Main, Deps: info.Deps,
		Settings: append(info.Settings, debug.BuildSetting{Key: "GOOS", Value: goos}, debug.BuildSetting{Key: "GOARCH", Value: goarch},
			debug.BuildSetting{Key: "GOWASM", Value: ""})}
}

// checkSettings holds that settings are those of the go command and that none
// is there that must not be.
func checkSettings(t *testing.T, p *sbom.Principal, info debug.BuildInfo) {
	t.Helper()
	said := map[string]string{}
	for _, s := range info.Settings {
		said[s.Key] = s.Value
	}
	for _, s := range p.Settings {
		if v, ok := said[s.Name]; !ok || v != s.Value {
			t.Errorf("setting %s=%q, the go command says %q", s.Name, s.Value, v)
		}
		if strings.Contains(s.Name, "flags") {
			t.Errorf("the setting %s is copied out", s.Name)
		}
	}
	for _, name := range []string{"GOOS", "GOARCH", "-compiler", "CGO_ENABLED", "vcs"} {
		if !slices.ContainsFunc(p.Settings, func(s sbom.Property) bool { return s.Name == name }) {
			t.Errorf("the setting %s is missing", name)
		}
	}
	if p.Commit != said["vcs.revision"] || p.Committed.Format("2006-01-02T15:04:05Z") != said["vcs.time"] {
		t.Errorf("commit %s of %v, want %s of %s", p.Commit, p.Committed, said["vcs.revision"], said["vcs.time"])
	}
	if want := map[string]string{"true": "dirty", "false": "clean"}[said["vcs.modified"]]; p.WorkTree != want {
		t.Errorf("work tree %q, want %q", p.WorkTree, want)
	}
}

// TestNoPathLeaks holds that nothing of the builder's machine comes out.
func TestNoPathLeaks(t *testing.T) {
	a := newApp(t)
	m := describe(t, a.build(nil, "-ldflags=-X main.token=SECRET123 -X main.version=1.2.3", "."))
	text := gocmp.Diff(m, nil)
	for _, secret := range []string{"SECRET123", "secret-folder", a.dir} {
		if strings.Contains(text, secret) {
			t.Errorf("%q comes out", secret)
		}
	}
	if m.Principal.Version != "1.2.3" {
		t.Errorf("version %q, want that of the linker flag", m.Principal.Version)
	}
}

// TestVersions goes through the states that a repository can be in when a
// program is built.
func TestVersions(t *testing.T) {
	a := newApp(t)
	version := func(program string) (string, sbom.Source) {
		m := describe(t, program)
		for _, e := range m.Principal.Evidence {
			if e.Field == "version" {
				return m.Principal.Version, e.Source
			}
		}
		return m.Principal.Version, ""
	}
	check := func(when, program, want string, wantSource sbom.Source) {
		t.Helper()
		got, source := version(program)
		if got != want || source != wantSource {
			t.Errorf("%s: %q from %q, want %q from %q", when, got, source, want, wantSource)
		}
	}
	untagged := a.build(nil, ".")
	check("no tag", untagged, truth(t, untagged).Main.Version, sbom.FromPseudo)
	check("no tag, set by the linker", a.build(nil, "-ldflags=-X main.version=v7.8.9", "."), "v7.8.9", sbom.FromLinker)
	check("no version control", a.build(nil, "-buildvcs=false", "."), "", "")
	check("a list of files", a.build(nil, "main.go"), "", "")

	a.git("tag", "v1.2.3")
	check("tagged", a.build(nil, "."), "v1.2.3", sbom.FromArtifact)
	check("tagged, trimmed", a.build(nil, "-trimpath", "."), "v1.2.3", sbom.FromArtifact)
	both := a.build(nil, "-ldflags=-X main.version=9.9.9", ".")
	check("tagged, set otherwise by the linker", both, "v1.2.3", sbom.FromArtifact)
	if m := describe(t, both); !hasFinding(m, sbom.Note, "principal.conflict") {
		t.Error("two versions, and no word of it")
	}

	write(t, filepath.Join(a.dir, "main.go"), appMain+"\n// changed\n")
	dirty := a.build(nil, ".")
	check("dirty", dirty, truth(t, dirty).Main.Version, sbom.FromArtifact)
	if m := describe(t, dirty); m.Principal.WorkTree != "dirty" || !strings.HasSuffix(m.Principal.Version, "+dirty") {
		t.Errorf("work tree %q, version %q", m.Principal.WorkTree, m.Principal.Version)
	}

	a.git("commit", "-qam", "second")
	a.git("tag", "30.1.0")
	plain := a.build(nil, ".")
	check("a tag without v", plain, truth(t, plain).Main.Version, sbom.FromPseudo)
}

// TestReplacedMain holds that the main module has no version if it was built from a
// folder that replaces it, whatever version was required.
func TestReplacedMain(t *testing.T) {
	a := newApp(t)
	write(t, filepath.Join(a.dir, "other/go.mod"), "module example.com/other\n\ngo 1.24\n")
	write(t, filepath.Join(a.dir, "other/main.go"), "package main\n\nfunc main() {}\n")
	a.run("go", "mod", "edit", "-require=example.com/other@v0.9.0", "-replace=example.com/other=./other")
	program := a.build(nil, "example.com/other")
	if v := truth(t, program).Main.Version; v != "v0.9.0" {
		t.Fatalf("the go command says %q; the test shows less than it should", v)
	}
	if m := describe(t, program); m.Principal.Version != "" || m.Principal.PURL != "pkg:golang/example.com/other" {
		t.Errorf("version %q, %s", m.Principal.Version, m.Principal.PURL)
	}
}

func hasFinding(m *sbom.Manifest, kind sbom.FindingKind, code string) bool {
	return slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Kind == kind && f.Code == code })
}

// TestIdentity holds package URLs and refs.
func TestIdentity(t *testing.T) {
	a := newApp(t)
	a.git("tag", "v1.2.3")
	m := describe(t, a.build(nil, "./cmd/tool"))
	if want := "pkg:golang/example.com/app@v1.2.3#cmd/tool"; m.Principal.PURL != want {
		t.Errorf("principal %s, want %s", m.Principal.PURL, want)
	}
	var got []string
	for _, c := range m.Components {
		if c.Name != "stdlib" {
			got = append(got, c.Ref)
		}
	}
	want := []string{
		"library:example.com/local",
		"pkg:golang/example.com/Upper/Case@v1.0.0",
		"pkg:golang/example.com/compat@v3.0.0%2Bincompatible",
		"pkg:golang/example.com/fork@v1.1.0",
		"pkg:golang/example.com/major/v2@v2.3.4",
		"pkg:golang/example.com/pseudo@v0.0.0-20260102030405-abcdefabcdef",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(m.Edges) != len(m.Components) { // none is known to need another
		t.Errorf("%d edges for %d components", len(m.Edges), len(m.Components))
	}
	if !hasFinding(m, sbom.Unknown, "go.replace.local") || !hasFinding(m, sbom.Unknown, "go.edges") {
		t.Errorf("findings: %+v", m.Findings)
	}
}

// TestFolder holds that programs in a folder share their modules and keep what
// they say of themselves.
func TestFolder(t *testing.T) {
	a := newApp(t)
	dir := t.TempDir()
	for _, name := range []string{"one", "two"} {
		data, err := os.ReadFile(a.build(nil, "./cmd/tool"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(data))
	}
	write(t, filepath.Join(dir, "large.txt"), strings.Repeat("no program ", 1e5))
	m := describe(t, dir)
	programs, modules := 0, 0
	for _, c := range m.Components {
		if c.Type == sbom.TypeApplication {
			programs++
			if property(c, "manifestgen:commit") == "" || property(c, "manifestgen:toolchain") == "" {
				t.Errorf("%s lost what it says of itself: %+v", c.Ref, c.Properties)
			}
			continue
		}
		modules++
	}
	// The module that a folder replaced is another in each program, as nobody can tell.
	if programs != 2 || modules != 1+len(truth(t, filepath.Join(dir, "one")).Deps)+1 {
		t.Errorf("%d programs, %d modules", programs, modules)
	}
	if m.Gaps() != 0 {
		t.Errorf("gaps: %+v", m.Findings)
	}
}

// TestRemovedBuildInfo holds that a Go program that hides what it is made of is
// a gap, not an empty list.
func TestRemovedBuildInfo(t *testing.T) {
	a := newApp(t)
	data, err := os.ReadFile(a.build(nil, "."))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hidden")
	write(t, path, strings.ReplaceAll(string(data), "\xff Go buildinf:", "\xff no buildinf:"))
	m := describe(t, path)
	if !hasFinding(m, sbom.Gap, "go.nobuildinfo") && !hasFinding(m, sbom.Gap, "go.buildinfo") {
		t.Errorf("findings: %+v", m.Findings)
	}
}

// TestKinds goes through what else the go command builds.
func TestKinds(t *testing.T) {
	a := newApp(t)
	write(t, filepath.Join(a.dir, "main_test.go"), "package main\n\nimport \"testing\"\n\nfunc TestX(*testing.T) {}\n")
	write(t, filepath.Join(a.dir, "sub/go.mod"), "module example.com/app/sub\n\ngo 1.24\n")
	write(t, filepath.Join(a.dir, "sub/cmd/x/main.go"), "package main\n\nfunc main() {}\n")
	write(t, filepath.Join(a.dir, "lib/main.go"), "package main\n\nimport \"C\"\n\n//export F\nfunc F() {}\n\nfunc main() {}\n")
	a.git("add", "-A")
	a.git("commit", "-q", "-m", "more")
	a.git("tag", "v1.5.0")
	a.git("tag", "sub/v0.2.0")
	sub := *a
	sub.dir = filepath.Join(a.dir, "sub")
	kinds := []struct {
		name, purl string
		build      func() string
	}{
		{"the module itself", "pkg:golang/example.com/app@v1.5.0", func() string { return a.build(nil, ".") }},
		{"one of several programs", "pkg:golang/example.com/app@v1.5.0#cmd/tool", func() string { return a.build(nil, "./cmd/tool") }},
		{"trimmed, without version control", "pkg:golang/example.com/app#cmd/tool", func() string { return a.build(nil, "-trimpath", "-buildvcs=false", "./cmd/tool") }},
		{"a module in a folder, with tags of its own", "pkg:golang/example.com/app/sub@v0.2.0#cmd/x", func() string { return sub.build(nil, "./cmd/x") }},
		{"a list of files", "", func() string { return a.build(nil, "main.go") }},
		{"a test", "pkg:golang/example.com/app", func() string {
			out := filepath.Join(t.TempDir(), "x.test")
			a.run("go", "test", "-c", "-o", out, ".")
			return out
		}},
	}
	if _, err := exec.LookPath("gcc"); err == nil {
		cgo := []string{"CGO_ENABLED=1"}
		kinds = append(kinds, struct {
			name, purl string
			build      func() string
		}{"a shared library for C", "pkg:golang/example.com/app@v1.5.0#lib", func() string { return a.build(cgo, "-buildmode=c-shared", "./lib") }})
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			program := k.build()
			m := describe(t, program)
			if m.Principal.PURL != k.purl {
				t.Errorf("got %q, want %q (the go command says %q of %v)", m.Principal.PURL, k.purl, truth(t, program).Path, truth(t, program).Main)
			}
		})
	}
}
