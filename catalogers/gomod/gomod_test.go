package gomod

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// listing writes what was found in a folder: each component with its key, its
// selection and what else matters, then edges, then findings.
func listing(t *testing.T, files map[string]string, c Cataloger) string {
	t.Helper()
	inv := sbomtest.Scan(t, sbomtest.Folder(files), c)
	var b strings.Builder
	keys := map[string]bool{}
	for _, c := range inv.Components {
		keys[c.Key] = true
		fmt.Fprintf(&b, "%s %s", strings.TrimPrefix(c.Key, "golang:"), c.PURL)
		if c.Wanted {
			b.WriteString(" wanted")
		}
		for _, name := range []string{"selection", "indirect", "replaces", "sum", "package"} {
			for _, p := range c.Properties {
				if p.Name == "manifestgen:go:"+name {
					b.WriteString(" " + name + "=" + p.Value)
				}
			}
		}
		b.WriteString("\n")
	}
	for _, e := range allEdges(inv, keys) {
		fmt.Fprintln(&b, e)
	}
	findings := slices.Clone(inv.Findings)
	for _, c := range inv.Components {
		for _, f := range c.Findings {
			f.Subject = c.Key
			findings = append(findings, f)
		}
	}
	for _, f := range findings {
		fmt.Fprintln(&b, f.Kind, f.Code, strings.TrimPrefix(f.Subject, "golang:")+f.Path+": "+f.Detail)
	}
	return b.String()
}

// allEdges returns the edges that Assemble will make, sorted.
func allEdges(inv *sbom.Inventory, keys map[string]bool) []string {
	all := map[string]bool{}
	add := func(from, to string) {
		if keys[from] && keys[to] {
			all[strings.TrimPrefix(from, "golang:")+" -> "+strings.TrimPrefix(to, "golang:")] = true
		}
	}
	for _, c := range inv.Components {
		for _, key := range c.DependsOn {
			add(c.Key, key)
		}
	}
	for _, e := range inv.Edges {
		add(e.From, e.To)
	}
	return slices.Sorted(maps.Keys(all))
}

func TestCatalog(t *testing.T) {
	cache := fstest.MapFS{}
	for name, text := range map[string]string{
		"a.b/x/@v/v0.9.0.mod":      "module a.b/x\n",
		"a.b/x/@v/v1.0.0.mod":      "module a.b/x\nrequire a.b/Upper v1.1.0\n",
		"a.b/!upper/@v/v1.0.0.mod": "module a.b/Upper\n",
		"a.b/!upper/@v/v1.1.0.mod": "module a.b/Upper\n",
		"a.b/y/@v/v1.0.0.mod":      "module a.b/y\ngo 1.20\nrequire a.b/x v0.9.0\n",
	} {
		cache["cache/download/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	tests := []struct {
		name  string
		files map[string]string
		c     Cataloger
		want  string
	}{{
		name: "new go.mod, go.sum",
		files: map[string]string{
			"go.mod": "module a.b/m\ngo 1.20\nrequire (\n\ta.b/x v1.0.0\n\ta.b/y v1.0.0 // indirect\n)\n",
			"go.sum": "a.b/x v1.0.0 h1:eA=\na.b/x v1.0.0/go.mod h1:eB=\na.b/z v1.0.0 h1:eC=\n",
		},
		want: `./. pkg:golang/a.b/m
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 wanted selection=built sum=h1:eA=
a.b/y@v1.0.0 pkg:golang/a.b/y@v1.0.0 wanted selection=built indirect=true
./. -> a.b/x@v1.0.0
./. -> a.b/y@v1.0.0
unknown gomod.edges : what 2 of the required modules require is not known: their go.mod files are not at hand
`,
	}, {
		name:  "old go.mod alone",
		files: map[string]string{"go.mod": "module a.b/m\nrequire a.b/x v1.0.0\n"},
		want: `./. pkg:golang/a.b/m
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 wanted selection=required
./. -> a.b/x@v1.0.0
unknown gomod.edges : what 1 of the required modules require is not known: their go.mod files are not at hand
unknown gomod.unlisted ./.: a go.mod file before Go 1.17 does not name all modules, and those of its dependencies are not all at hand
`,
	}, {
		name:  "old go.mod with a module cache",
		files: map[string]string{"go.mod": "module a.b/m\nrequire (\n\ta.b/y v1.0.0\n\ta.b/x v1.0.0\n\ta.b/Upper v1.0.0\n)\n"},
		c:     Cataloger{ModCache: cache},
		want: `./. pkg:golang/a.b/m
a.b/Upper@v1.0.0 pkg:golang/a.b/Upper@v1.0.0 wanted selection=superseded
a.b/Upper@v1.1.0 pkg:golang/a.b/Upper@v1.1.0 wanted selection=built
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 wanted selection=built
a.b/y@v1.0.0 pkg:golang/a.b/y@v1.0.0 wanted selection=built
./. -> a.b/Upper@v1.1.0
./. -> a.b/x@v1.0.0
./. -> a.b/y@v1.0.0
a.b/x@v1.0.0 -> a.b/Upper@v1.1.0
a.b/y@v1.0.0 -> a.b/x@v1.0.0
`,
	}, {
		name: "a module cache in the tree",
		files: map[string]string{
			"src/go.mod": "module a.b/m\ngo 1.20\nrequire (\n\ta.b/y v1.0.0\n\ta.b/x v1.0.0\n)\n",
			"pkg/mod/cache/download/a.b/x/@v/v1.0.0.mod": "module a.b/x\n",
			"pkg/mod/cache/download/a.b/y/@v/v1.0.0.mod": "module a.b/y\nrequire a.b/x v0.9.0\n",
			"pkg/mod/cache/download/a.b/z/@v/v1.0.0.mod": "module a.b/z\nrequire broken\n",
			"pkg/mod/a.b/y@v1.0.0/go.mod":                "module a.b/y\nrequire a.b/x v0.9.0\n",
		},
		want: `./src pkg:golang/a.b/m
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 wanted selection=built
a.b/y@v1.0.0 pkg:golang/a.b/y@v1.0.0 wanted selection=built
./src -> a.b/x@v1.0.0
./src -> a.b/y@v1.0.0
a.b/y@v1.0.0 -> a.b/x@v1.0.0
`,
	}, {
		name: "replacements",
		files: map[string]string{
			"m/go.mod":    "module a.b/m\ngo 1.20\nrequire (\n\ta.b/x v1.0.0\n\ta.b/y v1.0.0\n\ta.b/z v1.0.0\n)\nreplace a.b/x => c.d/x v1.2.0\nreplace a.b/y v1.0.0 => ../y\nreplace a.b/z => /home/me/z\n",
			"y/go.mod":    "module a.b/y\ngo 1.20\n",
			"y/x_test.go": "package y\n",
		},
		want: `./m pkg:golang/a.b/m
./y pkg:golang/a.b/y selection=built replaces=a.b/y@v1.0.0
/home/me/z pkg:golang/a.b/z wanted selection=built replaces=a.b/z@v1.0.0
c.d/x@v1.2.0 pkg:golang/c.d/x@v1.2.0 wanted selection=built replaces=a.b/x@v1.0.0
./m -> ./y
./m -> /home/me/z
./m -> c.d/x@v1.2.0
unknown gomod.edges : what 2 of the required modules require is not known: their go.mod files are not at hand
unknown gomod.replace.local ./y: replaced by a folder: its version is not recorded
unknown gomod.replace.local /home/me/z: replaced by a folder: its version is not recorded
`,
	}, {
		name: "vendored",
		files: map[string]string{
			"go.mod": "module a.b/m\ngo 1.20\nrequire (\n\ta.b/x v1.0.0\n\ta.b/y v1.0.0\n\ta.b/w v1.0.0\n)\nreplace a.b/y => ./y\n",
			"vendor/modules.txt": "# a.b/x v1.0.0\n## explicit; go 1.20\na.b/x\na.b/x/sub\n# a.b/y v1.0.0 => ./y\n## explicit\na.b/y\n" +
				"# a.b/w v1.0.0\n## explicit\n# a.b/y => ./y\n",
			"vendor/a.b/x/go.mod": "module nonsense",
		},
		c: Cataloger{Packages: true},
		want: `./. pkg:golang/a.b/m
./y pkg:golang/a.b/y selection=built selection=vendored replaces=a.b/y@v1.0.0 package=a.b/y
a.b/w@v1.0.0 pkg:golang/a.b/w@v1.0.0 wanted selection=built selection=required
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 selection=built selection=vendored package=a.b/x package=a.b/x/sub
./. -> ./y
./. -> a.b/w@v1.0.0
./. -> a.b/x@v1.0.0
unknown gomod.edges : what 3 of the required modules require is not known: their go.mod files are not at hand
unknown gomod.replace.local ./y: replaced by a folder: its version is not recorded
unknown gomod.replace.local ./y: replaced by a folder: its version is not recorded
`,
	}, {
		name: "workspace",
		files: map[string]string{
			"go.work":  "go 1.25\nuse (\n\t./m\n\t./n\n)\n",
			"m/go.mod": "module a.b/m\ngo 1.20\nrequire (\n\ta.b/x v1.0.0\n\ta.b/n v1.0.0\n)\n",
			"n/go.mod": "module a.b/n\ngo 1.20\nrequire a.b/x v1.1.0\n",
			"o/go.mod": "module a.b/o\ngo 1.20\nrequire a.b/x v1.2.0\n",
		},
		want: `././go.work 
./m pkg:golang/a.b/m
a.b/n@v1.0.0 pkg:golang/a.b/n@v1.0.0 wanted selection=built
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 wanted selection=built
./n pkg:golang/a.b/n
a.b/x@v1.1.0 pkg:golang/a.b/x@v1.1.0 wanted selection=built
./o pkg:golang/a.b/o
a.b/x@v1.2.0 pkg:golang/a.b/x@v1.2.0 wanted selection=built
././go.work -> ./m
././go.work -> ./n
./m -> ./n
./m -> a.b/n@v1.0.0
./m -> a.b/x@v1.0.0
./m -> a.b/x@v1.1.0
./n -> a.b/x@v1.1.0
./o -> a.b/x@v1.2.0
note gomod.workspace a.b/n@v1.0.0: go.work makes a build of its modules use the folder of the module instead
note gomod.workspace a.b/x@v1.0.0: go.work makes a build of its modules use v1.1.0 instead
unknown gomod.edges : what 4 of the required modules require is not known: their go.mod files are not at hand
`,
	}, {
		name: "faults",
		files: map[string]string{
			"go.mod":             "module a.b/m\ngo 1.20\nrequire (\n\ta.b/x v1.0.0\n\t\"a.b/\\x1b[31m\" v1.0.0\n\ta.b/y latest\n)\n",
			"go.sum":             "a.b/x v1.0.0\na.b/x v1.0.0 h1:eA=\n",
			"go.work":            "use (\n",
			"vendor/modules.txt": "a.b/x\n",
			"sub/go.mod":         "",
		},
		want: `./. pkg:golang/a.b/m
a.b/x@v1.0.0 pkg:golang/a.b/x@v1.0.0 wanted selection=built sum=h1:eA=
././go.work 
./sub 
./. -> a.b/x@v1.0.0
gap gomod.syntax go.mod: line 5, column 2: malformed import path "a.b/\x1b[31m": invalid char '\x1b'
gap gomod.syntax go.mod: line 6, column 2: require a.b/y: version "latest" invalid: must be of the form v1.2.3
gap gomod.syntax go.sum: line 1, column 7: want a module path, a version and a hash
gap gomod.syntax go.work: line 1, column 1: the file ends within a block
gap gomod.syntax sub/go.mod: line 1, column 1: no module statement
gap gomod.syntax vendor/modules.txt: line 1, column 1: a package before the first module
unknown gomod.edges : what 1 of the required modules require is not known: their go.mod files are not at hand
`,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(listing(t, tt.files, tt.c), tt.want); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
		})
	}
}

func TestWants(t *testing.T) {
	for name, want := range map[string]bool{
		"go.mod": true, "a/go.sum": true, "go.work": true, "go.work.sum": true, "vendor/modules.txt": true, "a/vendor/modules.txt": true,
		"x.tar!/go.mod": true, "modules.txt": false, "vendor/a.b/x/vendor/modules.txt": false, "testdata/go.mod": false, "_examples/go.mod": false, ".cache/go.mod": false,
		"pkg/mod/a.b/x@v1.0.0/go.mod": false, "vendor/a.b/x/go.mod": false, "a.mod": false, "go.mod.orig": false,
		"cache/download/a.b/x/@v/v1.0.0.mod": true, "root/go/pkg/mod/cache/download/a.b/x/@v/v1.0.0.mod": true,
		"cache/download/a.b/X/@v/v1.0.0.mod": false, "cache/download/a.b/x/@v/v1.0.0.info": false, "a.b/x/@v/v1.0.0.mod": false,
	} {
		if got := (Cataloger{}).Wants(sbom.Entry{Path: name}) == sbom.Yes; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// The module at the root of a source folder is the principal; one in an archive
// is not the archive.
func TestPrincipal(t *testing.T) {
	files := map[string]string{
		"go.mod":       "module a.b/m\ngo 1.20\n",
		"tools/go.mod": "module a.b/m/tools\ngo 1.20\n",
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	if m.Principal.Name != "a.b/m" || m.Principal.Version != "" || len(m.Components) != 1 {
		t.Errorf("principal %s %q and %d components, want a.b/m without a version and 1", m.Principal.Name, m.Principal.Version, len(m.Components))
	}
	m = sbomtest.Assemble(t, sbomtest.Image(sbomtest.Tree{Files: files, Container: "tar"}), Cataloger{})
	if m.Principal.Name == "a.b/m" {
		t.Error("an image is a module because it has a go.mod file")
	}
}

// TestCatalogEqualsGo compares the components of real main modules with what
// the go command selects, and edges with its module graph.
func TestCatalogEqualsGo(t *testing.T) {
	cache := goEnv(t, "GOMODCACHE")
	names := []string{"../../go.mod"}
	for _, m := range realModules {
		name, err := cacheFile(m)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Join(cache, filepath.FromSlash(name)))
	}
	for _, name := range names {
		t.Run(path.Base(path.Dir(path.Dir(filepath.ToSlash(name)))), func(t *testing.T) {
			dir := t.TempDir()
			copyToMain(t, name, dir)
			graph, list := goGraph(t, dir), goList(t, dir)
			data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"go.mod": string(data)}), Cataloger{ModCache: os.DirFS(cache)})
			compareComponents(t, inv, list, graph)
		})
	}
}

// compareComponents checks that inv has no module that go does not select, all
// that the main module requires, and the edges of go.
func compareComponents(t *testing.T, inv *sbom.Inventory, list, graph []string) {
	if len(inv.Findings) > 0 {
		t.Fatal(inv.Findings)
	}
	built := map[string]string{list[0]: "golang:./."} // as required -> key
	for _, c := range inv.Components[1:] {
		required := c.Name + "@" + c.Version
		if replaced := property(c, "replaces"); replaced != "" {
			required = replaced
		}
		if !slices.Contains(list, required) {
			t.Errorf("go does not build %s", required)
		}
		built[required] = c.Key
	}
	versions := map[string]string{} // path -> version built
	for required := range built {
		p, _, _ := strings.Cut(required, "@")
		versions[p] = required
	}
	want := map[string]bool{}
	for _, line := range graph {
		from, to, _ := strings.Cut(line, " ")
		p, _, _ := strings.Cut(to, "@")
		if from == list[0] && versions[p] == "" {
			t.Errorf("%s is required and not listed", to)
		}
		if built[from] != "" && versions[p] != "" {
			want[built[from]+" "+built[versions[p]]] = true
		}
	}
	got := map[string]bool{}
	for _, c := range inv.Components {
		for _, key := range c.DependsOn {
			if want[c.Key+" "+key] || c.Key == "golang:./." {
				got[c.Key+" "+key] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))); diff != "" {
		t.Errorf("edges: got - want +\n%s", diff)
	}
	t.Logf("%d of %d modules, %d edges", len(inv.Components), len(list), len(want))
}

// TestNeededModules checks against "go mod why" that leaving out what a go.mod
// file does not name loses no module that has a package in the build.
func TestNeededModules(t *testing.T) {
	data, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"go.mod": string(data)}), Cataloger{})
	listed := map[string]bool{}
	for _, c := range inv.Components {
		listed[c.Name] = true
	}
	var all []string
	for line := range strings.Lines(runGo(t, "../..", "list", "-m", "all")) {
		all = append(all, strings.Fields(line)[0])
	}
	needed := 0
	for part := range strings.SplitSeq(runGo(t, "../..", append([]string{"mod", "why", "-m"}, all...)...), "# ") {
		m, why, _ := strings.Cut(part, "\n")
		if m == "" || strings.HasPrefix(why, "(main module does not need") || strings.Contains(why, ".test\n") {
			continue // or only by a test, which may be a dependency's own
		}
		needed++
		if !listed[m] {
			t.Errorf("%s is not listed, but needed:\n%s", m, why)
		}
	}
	if t.Logf("%d of %d modules are needed, %d listed", needed, len(all), len(listed)); needed == 0 {
		t.Error("go needs no module at all")
	}
}

func TestGrowth(t *testing.T) {
	const n = 20_000
	var mod, sum strings.Builder
	mod.WriteString("module a.b/m\ngo 1.25\nrequire (\n")
	for i := range n {
		fmt.Fprintf(&mod, "\ta.b/d%d v1.0.%d // indirect\n", i, i)
		fmt.Fprintf(&sum, "a.b/d%d v1.0.%d h1:eA=\na.b/d%d v1.0.%d/go.mod h1:eA=\n", i, i, i, i)
	}
	mod.WriteString(")\n")
	m := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"go.mod": mod.String(), "go.sum": sum.String()}), Cataloger{})
	if len(m.Components) != n || len(m.Edges) != n {
		t.Errorf("%d components and %d edges, want %d of each", len(m.Components), len(m.Edges), n)
	}
}

// A workspace of 1,000 modules that share 200 dependencies in different versions.
func TestWorkspaceGrowth(t *testing.T) {
	const n, deps = 1000, 200
	files := map[string]string{}
	work := "go 1.25\n"
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, "module a.b/m%d\ngo 1.25\nrequire (\n", i)
		for d := range 20 {
			fmt.Fprintf(&b, "\ta.b/d%d v1.%d.0\n", (i*20+d)%deps, i%3)
		}
		b.WriteString(")\n")
		files[fmt.Sprintf("m%d/go.mod", i)] = b.String()
		work += fmt.Sprintf("use ./m%d\n", i)
	}
	files["go.work"] = work
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	if got, want := len(m.Components), n+1+3*deps; got != want {
		t.Errorf("%d components, want %d", got, want)
	}
}
