package gomod

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// mods is a source of go.mod files written in a test, by module@version, or by
// folder.
type mods map[string]string

func (m mods) load(v module.Version) (*modfile.File, error) {
	text, ok := m[v.String()]
	if !ok {
		return nil, fs.ErrNotExist
	}
	f, errs := parseRequiredMod([]byte(text))
	return f, errors.Join(errs...)
}

// mainMod makes a main module of the text of a go.mod file.
func mainMod(t *testing.T, dir, text string) mainModule {
	t.Helper()
	f, errs := parseMod([]byte(text))
	if errs != nil {
		t.Fatal(errs)
	}
	return mainModule{dir, f}
}

func TestLoadGraph(t *testing.T) {
	deps := mods{
		"p/a@v1.0.0": "module p/a\ngo 1.17\nrequire p/b v1.1.0\n",
		"p/a@v1.1.0": "module p/a\ngo 1.17\nrequire p/c v1.1.0\n",
		"p/b@v1.0.0": "module p/b\n",
		"p/b@v1.1.0": "module p/b\ngo 1.16\nrequire p/c v1.0.0\n",
		"p/c@v1.0.0": "module p/c\ngo 1.17\nrequire p/d v1.0.0\n",
		"p/c@v1.1.0": "module p/c\ngo 1.17\nrequire p/m v1.9.0\n",
		"p/d@v1.0.0": "module p/d\n",
		"p/m@v1.9.0": "module p/m\n",
		"fork/b":     "module p/b\nrequire p/d v1.0.0\n",
	}
	tests := []struct {
		name, in, want string
		missing        string
	}{{
		name: "the requirements of a pruned module's requirements are pruned",
		in:   "module p/m\ngo 1.17\nrequire p/c v1.0.0\n",
		want: "p/m p/c@v1.0.0 p/d@v1.0.0",
	}, {
		name: "an old module is followed",
		in:   "module p/m\ngo 1.17\nrequire p/b v1.1.0\n",
		want: "p/m p/b@v1.1.0 p/c@v1.0.0 p/d@v1.0.0",
	}, {
		name: "an old main module follows all",
		in:   "module p/m\ngo 1.16\nrequire p/a v1.0.0\n",
		want: "p/m p/a@v1.0.0 p/b@v1.1.0 p/c@v1.0.0 p/d@v1.0.0",
	}, {
		name: "the highest version, and none of the main module",
		in:   "module p/m\ngo 1.16\nrequire (\n\tp/a v1.1.0\n\tp/b v1.1.0\n)\n",
		want: "p/m p/a@v1.1.0 p/b@v1.1.0 p/c@v1.1.0 p/d@v1.0.0",
	}, {
		name: "excluded",
		in:   "module p/m\ngo 1.17\nrequire p/b v1.1.0\nexclude p/c v1.0.0\n",
		want: "p/m p/b@v1.1.0",
	}, {
		name: "replaced by a folder",
		in:   "module p/m\ngo 1.17\nrequire p/b v1.1.0\nreplace p/b => ../fork/b\n",
		want: "p/m p/b@v1.1.0 p/d@v1.0.0",
	}, {
		name: "replaced in one version by another",
		in:   "module p/m\ngo 1.17\nrequire p/b v1.1.0\nreplace p/b v1.1.0 => p/b v1.0.0\n",
		want: "p/m p/b@v1.1.0",
	}, {
		name:    "missing",
		in:      "module p/m\ngo 1.17\nrequire (\n\tp/b v1.1.0\n\tp/x v1.0.0\n)\n",
		want:    "p/m p/b@v1.1.0 p/c@v1.0.0 p/d@v1.0.0 p/x@v1.0.0",
		missing: "p/x@v1.0.0",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := loadGraph(workspace{mains: []mainModule{mainMod(t, "m", tt.in)}}, deps.load)
			if got := joined(g.buildList()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := joined(keys(g.missing)); got != tt.missing {
				t.Errorf("missing %q, want %q", got, tt.missing)
			}
		})
	}
}

func joined(list []module.Version) string {
	var words []string
	for _, m := range list {
		words = append(words, m.String())
	}
	return strings.Join(words, " ")
}

func keys(m map[module.Version]error) []module.Version {
	var list []module.Version
	for k := range m {
		list = append(list, k)
	}
	slices.SortFunc(list, compareModules)
	return list
}

func TestEdges(t *testing.T) {
	deps := mods{
		"p/a@v1.0.0": "module p/a\ngo 1.17\nrequire (\n\tp/b v1.0.0\n\tp/c v1.0.0 // indirect\n\tp/notbuilt v1.0.0\n)\n",
		"p/b@v1.2.0": "module p/b\nrequire p/c v1.0.0\nrequire p/c v1.1.0\nrequire p/b v1.0.0\nrequire p/x v1.1.0\n",
		"p/x@v1.0.0": "module p/x\n",
	}
	v := func(p, v string) module.Version { return module.Version{Path: p, Version: v} }
	a, b, c, x := v("p/a", "v1.0.0"), v("p/b", "v1.2.0"), v("p/c", "v1.3.0"), v("p/x", "v1.0.0")
	got, unknown := edges([]module.Version{a, b, c, x}, map[module.Version]bool{v("p/x", "v1.1.0"): true}, deps.load)
	want := []edge{{a, b, false}, {a, c, true}, {b, c, false}}
	if diff := cmp.Diff(got, want, cmp.AllowUnexported(edge{})); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if len(unknown) != 1 || !errors.Is(unknown[c], fs.ErrNotExist) {
		t.Errorf("unknown: %v, want %v", unknown, c)
	}
}

// 20,000 modules of which each requires ten others are read once each.
func TestLoadGraphGrowth(t *testing.T) {
	const n = 20_000
	loads := 0
	load := func(m module.Version) (*modfile.File, error) {
		loads++
		var i int
		fmt.Sscanf(m.Path, "p/m%d", &i)
		var b strings.Builder
		fmt.Fprintf(&b, "module %s\nrequire (\n", m.Path)
		for k := range 10 {
			fmt.Fprintf(&b, "\tp/m%d v1.0.0\n", (i*7+k+1)%n)
		}
		b.WriteString(")\n")
		f, errs := parseRequiredMod([]byte(b.String()))
		return f, errors.Join(errs...)
	}
	g := loadGraph(workspace{mains: []mainModule{mainMod(t, ".", "module m\nrequire p/m0 v1.0.0\n")}}, load)
	if got := len(g.buildList()); got != n+1 || loads != n {
		t.Errorf("%d modules and %d files read, want %d and %d", got, loads, n+1, n)
	}
}

// In a workspace of 1,000 modules, each of which raises what the one before it
// requires, no file is read twice and all are looked at a bounded number of
// times.
func TestLoadGraphWorkspaceGrowth(t *testing.T) {
	const n = 1000
	w := workspace{byFile: true}
	for i := range n {
		w.mains = append(w.mains, mainMod(t, fmt.Sprint(i), fmt.Sprintf(
			"module p/m%d\ngo 1.25\nrequire (\n\tp/d%d v1.0.0\n\tp/d%d v1.1.0\n\tp/m%d v1.0.0\n)\n", i, i, i+1, i+1)))
	}
	loads := map[module.Version]int{}
	load := func(m module.Version) (*modfile.File, error) {
		loads[m]++
		f, _ := parseRequiredMod([]byte("module " + m.Path + "\ngo 1.25\n"))
		return f, nil
	}
	g := loadGraph(w, load)
	if got, want := len(g.buildList()), n+n+1+1; got != want {
		t.Errorf("%d modules, want %d", got, want)
	}
	for m, k := range loads {
		if k > 1 {
			t.Fatalf("%v was read %d times", m, k)
		}
	}
}

// realModules are in the module cache when testdata/prepare has run.
var realModules = []module.Version{
	{Path: "github.com/spf13/cobra", Version: "v1.10.2"},
	{Path: "github.com/spf13/viper", Version: "v1.7.1"},
	{Path: "github.com/google/go-containerregistry", Version: "v0.20.6"},
	{Path: "helm.sh/helm/v3", Version: "v3.19.0"},
	{Path: "github.com/containerd/containerd", Version: "v1.5.18"},
}

// TestGraphEqualsGo compares build lists and edges with those of the go
// command, offline, for this module and some others of different age and size.
func TestGraphEqualsGo(t *testing.T) {
	cache := goEnv(t, "GOMODCACHE")
	t.Run("manifestgen", func(t *testing.T) {
		compareWithGo(t, cache, "../../go.mod")
	})
	for _, m := range realModules {
		t.Run(path.Base(m.Path), func(t *testing.T) {
			name, err := cacheFile(m)
			if err != nil {
				t.Fatal(err)
			}
			compareWithGo(t, cache, filepath.Join(cache, filepath.FromSlash(name)))
		})
	}
}

// compareWithGo compares what we make of the go.mod file name with what the go
// command makes of it.
func compareWithGo(t *testing.T, cache, name string) {
	dir := t.TempDir()
	copyToMain(t, name, dir)
	want := goGraph(t, dir)
	load := func(m module.Version) (*modfile.File, error) { return loadCached(cache, m) }
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	main := mainMod(t, dir, string(data))
	g := loadGraph(workspace{mains: []mainModule{main}}, load)
	if len(g.missing) > 0 {
		t.Fatal(g.missing)
	}
	got := strings.Fields(joined(g.buildList()))
	slices.Sort(got[1:])
	if diff := cmp.Diff(got, goList(t, dir)); diff != "" {
		t.Errorf("build list: got - want +\n%s", diff)
	}
	if diff := cmp.Diff(graphLines(g), want); diff != "" {
		t.Errorf("graph: got - want +\n%s", diff)
	}
	t.Logf("%d modules, %d requirements", len(g.buildList()), len(want))
	compareEdges(t, g, want, main, load)
}

// TestWorkspaceEqualsGo compares the build list of a workspace of real modules.
func TestWorkspaceEqualsGo(t *testing.T) {
	cache := goEnv(t, "GOMODCACHE")
	dir := t.TempDir()
	work := "go 1.26.0\n"
	var mains []mainModule
	for i, m := range realModules {
		name, err := cacheFile(m)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		copyToMain(t, filepath.Join(cache, filepath.FromSlash(name)), folder)
		data, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		mains = append(mains, mainMod(t, folder, string(data)))
		work += fmt.Sprintf("use ./%d\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.work"), []byte(work), 0o666); err != nil {
		t.Fatal(err)
	}
	g := loadGraph(workspace{mains: mains, byFile: true}, func(m module.Version) (*modfile.File, error) {
		return loadCached(cache, m)
	})
	if len(g.missing) > 0 {
		skip(t, fmt.Sprintf("%d go.mod files are missing", len(g.missing)))
	}
	got := strings.Fields(joined(g.buildList()))
	slices.Sort(got[:len(mains)])
	slices.Sort(got[len(mains):])
	want := goList(t, dir)
	slices.Sort(want[:len(mains)])
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("build list: got - want +\n%s", diff)
	}
	t.Logf("%d modules", len(got))
}

// graphLines writes g as "go mod graph" does, sorted.
func graphLines(g *graph) []string {
	var lines []string
	for m, reqs := range g.requires {
		for _, r := range reqs {
			lines = append(lines, m.String()+" "+r.String())
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// compareEdges compares the edges between the modules of the build list with
// those lines of "go mod graph" that are about one of their versions.
func compareEdges(t *testing.T, g *graph, lines []string, main mainModule, load source) {
	list := g.buildList()
	built, known := map[string]module.Version{}, map[module.Version]bool{}
	for _, m := range list {
		built[m.Path] = m
	}
	var want []string
	for _, line := range lines {
		from, to, _ := strings.Cut(line, " ")
		p, _, _ := strings.Cut(to, "@")
		q, _, _ := strings.Cut(from, "@")
		if built[q].String() == from {
			known[built[q]] = true
			want = append(want, from+" "+built[p].String())
		}
	}
	replaced := workspace{mains: []mainModule{main}}.replacements()
	all, unknown := edges(list, g.excluded, func(m module.Version) (*modfile.File, error) {
		if m == main.version() {
			return main.file, nil
		}
		return load(replaced.of(m))
	})
	var got []string
	for _, e := range all {
		if known[e.from] {
			got = append(got, e.from.String()+" "+e.to.String())
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(got, slices.Compact(want)); diff != "" {
		t.Errorf("edges: got - want +\n%s", diff)
	}
	for m := range unknown {
		if known[m] {
			t.Errorf("%v: no go.mod file, but go had one", m)
		}
	}
}

func loadCached(cache string, m module.Version) (*modfile.File, error) {
	name, err := cacheFile(m)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(cache, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	f, errs := parseRequiredMod(data)
	return f, errors.Join(errs...)
}

// copyToMain makes the go.mod file name that of a main module in dir.
func copyToMain(t *testing.T, name, dir string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		skip(t, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// skip skips a test whose files are not in the module cache, but not in CI.
func skip(t *testing.T, reason any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skipf("run catalogers/gomod/testdata/prepare first: %v", reason)
}

// goGraph returns the lines of "go mod graph" in dir, sorted, without those
// about the versions of Go itself.
func goGraph(t *testing.T, dir string) []string {
	var lines []string
	for line := range strings.Lines(runGo(t, dir, "mod", "graph")) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "go@") && !strings.Contains(line, " go@") && !strings.Contains(line, " toolchain@") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// goList returns the modules of "go list -m all" in dir, the main module first
// and the others sorted.
func goList(t *testing.T, dir string) []string {
	var mains, list []string
	d := json.NewDecoder(strings.NewReader(runGo(t, dir, "list", "-m", "-json", "all")))
	for {
		var m struct {
			Path, Version string
			Main          bool
		}
		if err := d.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if m.Main {
			mains = append(mains, m.Path)
			continue
		}
		list = append(list, m.Path+"@"+m.Version)
	}
	slices.Sort(list)
	return append(mains, list...)
}

func goEnv(t *testing.T, name string) string {
	return strings.TrimSpace(runGo(t, ".", "env", name))
}

// runGo runs the go command offline in dir.
func runGo(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOWORK=off")
	if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
		cmd.Env = append(cmd.Env, "GOWORK=", "GOFLAGS=") // a workspace allows no -mod=mod, and needs none
	} else if dir != "../.." { // never change our own go.mod
		cmd.Env = append(cmd.Env, "GOFLAGS=-mod=mod")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		skip(t, fmt.Sprintf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr))
	}
	return string(out)
}
