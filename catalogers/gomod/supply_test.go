package gomod

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
)

// brokenFS is a module cache that cannot be read.
type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

// withKeys returns components that others have found.
func withKeys(keys []string) []*sbom.Component {
	var all []*sbom.Component
	for _, k := range keys {
		all = append(all, &sbom.Component{Joints: sbom.Joints{Key: k}})
	}
	return all
}

// TestSupplyProgram holds that a program gets the requirements of its main
// module, and that a replaced module is found by the path that it had.
func TestSupplyProgram(t *testing.T) {
	source := fstest.MapFS{
		"go.mod":              {Data: []byte("module a.b/other\n")},
		"sub/go.mod":          {Data: []byte("module a.b/app\ngo 1.25\nrequire (\n\ta.b/old v1.0.0\n\ta.b/local v1.0.0\n\ta.b/unused v1.0.0\n)\n")},
		"testdata/app/go.mod": {Data: []byte("module a.b/app\nrequire a.b/wrong v1.0.0\n")},
	}
	all := withKeys([]string{"golang:program bin/app", "golang:a.b/fork@v1.1.0", "golang:a.b/local@replaced in bin/app"})
	all[0].Type = sbom.TypeApplication
	addProperty(all[0], "module", "a.b/app")
	addProperty(all[1], "replaces", "a.b/old@v1.0.0")
	addProperty(all[2], "replaces", "a.b/local@v1.0.0")
	parts, err := Cataloger{Source: source}.Supply(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 1 || parts[0].Key != all[0].Key {
		t.Fatalf("%d parts", len(parts))
	}
	if diff := cmp.Diff([]string{all[1].Key, all[2].Key}, parts[0].DependsOn); diff != "" {
		t.Error(diff)
	}
}

func TestSupply(t *testing.T) {
	cache := fstest.MapFS{
		"cache/download/a.b/x/@v/v1.0.0.mod": {Data: []byte("module a.b/x\ngo 1.20\nrequire (\n\ta.b/y v0.1.0\n\ta.b/z v1.0.0\n\ta.b/w v1.0.0\n\ta.b/w v1.1.0\n)\n")},
		"cache/download/a.b/y/@v/v1.0.0.mod": {Data: []byte("module a.b/y\nrequire a.b/x\n")},
	}
	keys := []string{"golang:a.b/x@v1.0.0", "golang:a.b/y@v1.0.0", "golang:a.b/w@v1.1.0", "golang:a.b/w@v1.2.0", "golang:./m", "deb:x", "golang:stdlib@1.26.8"}
	parts, err := Cataloger{ModCache: cache}.Supply(t.Context(), withKeys(keys))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range parts {
		got = append(got, fmt.Sprintln(c.Key, c.Part, c.DependsOn, c.Dependencies, len(c.Findings)))
	}
	want := []string{
		"golang:a.b/x@v1.0.0 true [golang:a.b/y@v1.0.0 golang:a.b/w@v1.1.0] complete 0\n",
		"golang:a.b/y@v1.0.0 true [] incomplete 1\n",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if _, err := (Cataloger{ModCache: brokenFS{}}).Supply(t.Context(), withKeys(keys[:1])); err == nil {
		t.Error("no error for a cache that cannot be read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Cataloger{ModCache: cache}).Supply(ctx, withKeys(keys)); err == nil {
		t.Error("no error after the end of the context")
	}
}

// TestSupplyEqualsGo takes the modules of a build list as if a program named
// them, and compares the edges with the module graph of go.
func TestSupplyEqualsGo(t *testing.T) {
	cache := goEnv(t, "GOMODCACHE")
	dir := t.TempDir()
	copyToMain(t, "../../go.mod", dir)
	built, keys := map[string]string{}, []string{}
	for _, m := range goList(t, dir)[1:] {
		p, _, _ := strings.Cut(m, "@")
		built[p] = "golang:" + m
		keys = append(keys, "golang:"+m)
	}
	parts, err := Cataloger{ModCache: os.DirFS(cache)}.Supply(t.Context(), withKeys(keys))
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, c := range parts {
		for _, key := range c.DependsOn {
			has[c.Key+" "+key] = true
		}
	}
	checked := 0
	for _, line := range goGraph(t, dir) {
		from, to, _ := strings.Cut(line, " ")
		p, _, _ := strings.Cut(to, "@")
		if !slices.Contains(keys, "golang:"+from) {
			continue
		}
		checked++
		if !has["golang:"+from+" "+built[p]] {
			t.Errorf("%s requires %s, which is built as %s: no edge", from, to, built[p])
		}
	}
	if checked == 0 {
		t.Error("go has no edges between modules")
	}
}

// A program that names 20,000 modules, each of which requires ten others.
func TestSupplyGrowth(t *testing.T) {
	const n = 20_000
	cache := fstest.MapFS{}
	var keys []string
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, "module a.b/d%d\ngo 1.25\nrequire (\n", i)
		for k := 1; k <= 10; k++ {
			fmt.Fprintf(&b, "\ta.b/d%d v0.9.0\n", (i*7+k)%n)
		}
		b.WriteString(")\n")
		cache[fmt.Sprintf("cache/download/a.b/d%d/@v/v1.0.0.mod", i)] = &fstest.MapFile{Data: []byte(b.String())}
		keys = append(keys, fmt.Sprintf("golang:a.b/d%d@v1.0.0", i))
	}
	parts, err := Cataloger{ModCache: cache}.Supply(t.Context(), withKeys(keys))
	if err != nil {
		t.Fatal(err)
	}
	edges := 0
	for _, c := range parts {
		edges += len(c.DependsOn)
	}
	if len(parts) != n || edges != 10*n {
		t.Errorf("%d parts and %d edges, want %d and %d", len(parts), edges, n, 10*n)
	}
}
