package sbom_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// lines is a cataloger of files called *.list: each line is the name of a
// component, and a line that begins with "!" is an error.
type lines struct{}

func (lines) Name() string { return "lines" }

func (lines) Wants(e sbom.Entry) sbom.Want {
	if strings.HasSuffix(e.Path, ".list") {
		return sbom.Yes
	}
	return sbom.No
}

func (lines) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	errs := []error{err}
	var all []*sbom.Component
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if text, bad := strings.CutPrefix(line, "!"); bad {
			errs = append(errs, sbom.Faultf("lines.bad", "%s", text))
			continue
		}
		all = append(all, &sbom.Component{Type: sbom.TypeLibrary, Name: line, Joints: sbom.Joints{Key: "line:" + line}})
	}
	return all, errors.Join(errs...)
}

// funcs is a cataloger made of functions.
type funcs struct {
	wants   func(sbom.Entry) sbom.Want
	catalog func(*sbom.File) ([]*sbom.Component, error)
}

func (funcs) Name() string { return "funcs" }

func (c funcs) Wants(e sbom.Entry) sbom.Want { return c.wants(e) }

func (c funcs) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	return c.catalog(f)
}

func yes(sbom.Entry) sbom.Want { return sbom.Yes }

// names returns the names of the components found, sorted.
func names(inv *sbom.Inventory) string {
	var all []string
	for _, c := range inv.Components {
		all = append(all, c.Name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// codes returns kinds and codes of the findings.
func codes(all []sbom.Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s:%s", f.Kind, f.Code))
	}
	return strings.Join(out, " ")
}

// broken is a tree that turns out, at its end, not to be what it should be.
type broken struct{ sbomtest.Tree }

func (b broken) Walk(ctx context.Context, v sbom.Visitor) error {
	if err := b.Tree.Walk(ctx, v); err != nil {
		return err
	}
	return sbom.Faultf("tree.broken", "not what was promised")
}

// TestScanFault holds that nothing of a tree counts that ends with a fault: neither
// what it has, nor what it keeps for later, nor what it removes.
func TestScanFault(t *testing.T) {
	type tree = sbomtest.Tree
	lower := tree{Files: map[string]string{"a.list": "one", "b.list": "two"}}
	upper := tree{ID: "sha256:up", Files: map[string]string{"b.list": "TWO", "c.list": "three", "d.list": "!bad"}, Removed: []string{"a.list"}, Links: map[string]string{"l": "a.list"}}
	later := funcs{
		wants:   func(e sbom.Entry) sbom.Want { return sbom.Together(e.Path) },
		catalog: func(f *sbom.File) ([]*sbom.Component, error) { return lines{}.Catalog(context.Background(), f) },
	}
	for name, c := range map[string]sbom.Cataloger{"at once": lines{}, "together": later} {
		a := sbomtest.Image(lower)
		a.Trees = append(a.Trees, broken{upper})
		inv := sbomtest.Scan(t, a, c)
		if got := names(inv); got != "one two" {
			t.Errorf("%s: got %q", name, got)
		}
		if !slices.ContainsFunc(inv.Findings, func(f sbom.Finding) bool {
			return f.Kind == sbom.Gap && f.Code == "tree.broken" && f.Layer == "sha256:up"
		}) {
			t.Errorf("%s: findings %v", name, inv.Findings)
		}
	}
}

// TestScanWhiteoutOfOwnTree holds that a whiteout hides nothing of its own tree, in
// whatever order a layer lists the two.
func TestScanWhiteoutOfOwnTree(t *testing.T) {
	order := listed{file: "a.list", content: "one", then: []sbom.Entry{{Path: "a.list", Whiteout: true}, {Path: "a.list", Opaque: true}}}
	a := sbomtest.Image()
	a.Trees = []sbom.Tree{order}
	if inv := sbomtest.Scan(t, a, lines{}); names(inv) != "one" || len(inv.Findings) > 0 {
		t.Errorf("got %q, findings %v", names(inv), inv.Findings)
	}
}

// listed is a tree of one file and of entries that come after it.
type listed struct {
	file, content string
	then          []sbom.Entry
}

func (listed) Layer() string { return "" }

func (l listed) Walk(ctx context.Context, v sbom.Visitor) error {
	if err := (sbomtest.Tree{Files: map[string]string{l.file: l.content}}).Walk(ctx, v); err != nil {
		return err
	}
	for _, e := range l.then {
		v.Entry(e)
	}
	return nil
}

func TestScanOverlay(t *testing.T) {
	type tree = sbomtest.Tree
	base := tree{Files: map[string]string{"a/x.list": "one", "a/y.list": "two", "b/z.list": "three"}}
	tests := []struct {
		name   string
		layers []tree
		want   string
	}{
		{"one layer", []tree{base}, "one three two"},
		{"a file replaced", []tree{base, {Files: map[string]string{"a/x.list": "ONE"}}}, "ONE three two"},
		{"a file removed", []tree{base, {Removed: []string{"a/x.list"}}}, "three two"},
		{"a folder removed", []tree{base, {Removed: []string{"a"}}}, "three"},
		{"removed and added again", []tree{base, {Removed: []string{"a/x.list"}}, {Files: map[string]string{"a/x.list": "again"}}}, "again three two"},
		{"an opaque folder keeps its own files", []tree{base, {Opaque: []string{"a"}, Files: map[string]string{"a/n.list": "new"}}}, "new three"},
		{"an opaque root", []tree{base, {Opaque: []string{"."}, Files: map[string]string{"n.list": "new"}}}, "new"},
		{"a file over a folder", []tree{base, {Files: map[string]string{"a": "file"}}}, "three"},
		{"a link over a folder", []tree{base, {Links: map[string]string{"a": "b"}}}, "three"},
		{"a removed name that only begins alike", []tree{base, {Removed: []string{"a/x"}}}, "one three two"},
		{"a container replaced", []tree{{Files: map[string]string{"c.tar!/x.list": "inside"}}, {Files: map[string]string{"c.tar": "other"}}}, ""},
		{"a whiteout hides nothing above it", []tree{{Removed: []string{"a"}}, base}, "one three two"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := sbomtest.Scan(t, sbomtest.Image(tt.layers...), lines{})
			if got := names(inv); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestOverlayEqualsMerge holds that layers give the same as the folder that they
// make when they are laid over each other.
func TestOverlayEqualsMerge(t *testing.T) {
	paths := []string{"a", "a/b", "a/b/c", "a/d", "e"}
	for seed := range 3000 {
		layers, merged := randomLayers(seed, paths)
		got := names(sbomtest.Scan(t, sbomtest.Image(layers...), funcs{yes, byContent}))
		want := names(sbomtest.Scan(t, sbomtest.Folder(merged), funcs{yes, byContent}))
		if got != want {
			t.Fatalf("seed %d: layers %+v\ngot %q, want %q", seed, layers, got, want)
		}
	}
}

func byContent(f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	return []*sbom.Component{{Name: f.Path + "=" + string(data)}}, err
}

// randomLayers makes three layers by a number, and applies them in the simple
// way: to a map of files.
func randomLayers(seed int, paths []string) ([]sbomtest.Tree, map[string]string) {
	state := uint64(seed)*2654435761 + 1
	next := func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state >> 33 % uint64(n))
	}
	merged := map[string]string{}
	below := func(dir string) {
		for p := range merged {
			if strings.HasPrefix(p, dir+"/") {
				delete(merged, p)
			}
		}
	}
	var layers []sbomtest.Tree
	for i := range 3 {
		l := sbomtest.Tree{ID: fmt.Sprint("layer", i), Files: map[string]string{}}
		for range next(3) {
			p := paths[next(len(paths))]
			l.Removed = append(l.Removed, p)
			delete(merged, p)
			below(p)
		}
		if next(4) == 0 {
			l.Opaque = append(l.Opaque, "a")
			delete(merged, "a")
			below("a")
		}
		for range next(3) {
			p := paths[next(len(paths))]
			if conflicts(l.Files, p) {
				continue
			}
			for dir := p; strings.Contains(dir, "/"); {
				dir = dir[:strings.LastIndex(dir, "/")]
				delete(merged, dir)
			}
			below(p)
			l.Files[p] = fmt.Sprint(i)
			merged[p] = fmt.Sprint(i)
		}
		layers = append(layers, withFolders(l))
	}
	return layers, merged
}

// conflicts reports whether p is a folder of a file in the layer or the reverse.
func conflicts(files map[string]string, p string) bool {
	for q := range files {
		if strings.HasPrefix(q, p+"/") || strings.HasPrefix(p, q+"/") {
			return true
		}
	}
	return false
}

// withFolders returns the layer; its folders replace files below, as in a tar
// that lists them.
func withFolders(l sbomtest.Tree) sbomtest.Tree {
	for p := range l.Files {
		for dir := p; strings.Contains(dir, "/"); {
			dir = dir[:strings.LastIndex(dir, "/")]
			l.Folders = append(l.Folders, dir)
		}
	}
	return l
}

func TestScanFindings(t *testing.T) {
	tests := []struct {
		name      string
		cataloger sbom.Cataloger
		tree      sbomtest.Tree
		limits    sbom.Limits
		want      string // components
		codes     string
	}{
		{
			name: "an error beside components", cataloger: lines{},
			tree: sbomtest.Tree{Files: map[string]string{"x.list": "a\n!first\nb\n!second"}},
			want: "a b", codes: "gap:lines.bad gap:lines.bad",
		},
		{
			name: "a panic", tree: sbomtest.Tree{Files: map[string]string{"x": "1"}},
			cataloger: funcs{yes, func(*sbom.File) ([]*sbom.Component, error) { panic("oh") }},
			codes:     "gap:cataloger.panic",
		},
		{
			name: "an error of the file that the cataloger drops", tree: sbomtest.Tree{Files: map[string]string{"x": "1"}, Err: errors.New("bad sector")},
			cataloger: funcs{yes, func(f *sbom.File) ([]*sbom.Component, error) {
				io.Copy(io.Discard, f)
				return []*sbom.Component{{Name: "kept"}}, nil
			}},
			want: "kept", codes: "gap:cataloger.error",
		},
		{
			name: "a denied file", tree: sbomtest.Tree{Files: map[string]string{"x": "1"}, Err: fs.ErrPermission},
			cataloger: funcs{yes, byContent}, want: "x=1", codes: "gap:io.permission",
		},
		{
			name: "nil components", tree: sbomtest.Tree{Files: map[string]string{"x": "1"}},
			cataloger: funcs{yes, func(*sbom.File) ([]*sbom.Component, error) { return []*sbom.Component{nil, {Name: "a"}}, nil }},
			want:      "a",
		},
		{
			name: "too many entries", cataloger: lines{}, limits: sbom.Limits{Entries: 2},
			tree: sbomtest.Tree{Files: map[string]string{"a.list": "a", "b.list": "b", "c.list": "c"}},
			want: "a b", codes: "gap:limit.entries",
		},
		{
			name: "too many findings", cataloger: lines{}, limits: sbom.Limits{Path: 1, Findings: 2},
			tree:  sbomtest.Tree{Files: map[string]string{"aa": "", "bb": "", "cc": "", "dd": ""}},
			codes: "gap:limit.findings gap:limit.path gap:limit.path",
		},
		{
			name: "too many components", cataloger: lines{}, limits: sbom.Limits{Components: 2},
			tree: sbomtest.Tree{Files: map[string]string{"a.list": "a\nb", "b.list": "c"}},
			want: "a b", codes: "gap:limit.components",
		},
		{
			name: "a file that is too large", cataloger: lines{}, limits: sbom.Limits{File: 3},
			tree:  sbomtest.Tree{Files: map[string]string{"a.list": "aaaa"}},
			codes: "gap:limit.file",
		},
		{
			name: "a text that is too large", cataloger: lines{}, limits: sbom.Limits{Text: 3},
			tree:  sbomtest.Tree{Files: map[string]string{"a.list": "aaaa"}},
			codes: "gap:limit.text",
		},
		{
			name: "a long path", cataloger: lines{}, limits: sbom.Limits{Path: 100},
			tree: sbomtest.Tree{Files: map[string]string{strings.Repeat("d", 100) + ".list": "a", "b.list": "b"}},
			want: "b", codes: "gap:limit.path",
		},
		{
			name: "the main file of a group is missing", tree: sbomtest.Tree{Files: map[string]string{"db-wal": "1"}},
			cataloger: funcs{func(sbom.Entry) sbom.Want { return sbom.Together("db") }, byContent},
			codes:     "gap:group.incomplete",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv, err := sbom.Scan(context.Background(), sbomtest.Image(tt.tree), []sbom.Cataloger{tt.cataloger}, tt.limits)
			if err != nil {
				t.Fatal(err)
			}
			if got := names(inv); got != tt.want {
				t.Errorf("components: got %q, want %q", got, tt.want)
			}
			if got := codes(inv.Findings); got != tt.codes {
				t.Errorf("findings: got %q, want %q", got, tt.codes)
			}
		})
	}
}

// TestScanTogether holds that files of one group meet, also across layers, and
// that of two files of one name the upper counts.
func TestScanTogether(t *testing.T) {
	c := funcs{
		wants: func(e sbom.Entry) sbom.Want { return sbom.Together(strings.TrimSuffix(e.Path, "-wal")) },
		catalog: func(f *sbom.File) ([]*sbom.Component, error) {
			main, err := f.Bytes()
			name := string(main)
			if wal := f.With("-wal"); wal != nil {
				data, _ := wal.Bytes()
				name += "+" + string(data)
			}
			return []*sbom.Component{{Name: name}}, err
		},
	}
	lower := sbomtest.Tree{Files: map[string]string{"db": "old", "db-wal": "log", "other": "alone"}}
	upper := sbomtest.Tree{Files: map[string]string{"db": "new"}}
	if got, want := names(sbomtest.Scan(t, sbomtest.Image(lower, upper), c)), "alone new+log"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	removed := sbomtest.Tree{Removed: []string{"db-wal"}}
	if got, want := names(sbomtest.Scan(t, sbomtest.Image(lower, removed), c)), "alone old"; got != want {
		t.Errorf("with the log removed: got %q, want %q", got, want)
	}
}

// TestScanShared holds that two catalogers of one file both get all of it.
func TestScanShared(t *testing.T) {
	var got []string
	read := func(f *sbom.File) ([]*sbom.Component, error) {
		data, err := f.Bytes()
		got = append(got, string(data))
		return nil, err
	}
	sbomtest.Scan(t, sbomtest.Folder(map[string]string{"x": "content"}), funcs{yes, read}, funcs{yes, read})
	if want := []string{"content", "content"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScanCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := funcs{yes, func(f *sbom.File) ([]*sbom.Component, error) {
		cancel()
		return byContent(f)
	}}
	files := map[string]string{"a": "1", "b": "2"}
	inv, err := sbom.Scan(ctx, sbomtest.Folder(files), []sbom.Cataloger{c}, sbom.Limits{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v and %v, want the error of the context", inv, err)
	}
}

// resolver adds an edge from each component to the next.
type resolver struct{ lines }

func (resolver) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	var edges []sbom.Edge
	for i := range len(mine) - 1 {
		edges = append(edges, sbom.Edge{Kind: sbom.DependsOn, From: mine[i].Key, To: mine[i+1].Key})
	}
	return edges, []sbom.Finding{{Kind: sbom.Unknown, Code: "lines.end", Subject: mine[len(mine)-1].Key, Detail: "the last"}}
}

func TestResolve(t *testing.T) {
	m := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"x.list": "a\nb\nc"}), resolver{})
	if got, want := fmt.Sprint(m.Edges), "[{depends-on library:a library:b} {depends-on library:b library:c}]"; got != want {
		t.Errorf("edges: got %s, want %s", got, want)
	}
	i := slices.IndexFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == "lines.end" })
	if i < 0 || m.Findings[i].Subject != "library:c" || m.Findings[i].Cataloger != "lines" {
		t.Errorf("findings: %+v", m.Findings)
	}
}

// TestConcurrent holds that runs at the same time do not see each other.
func TestConcurrent(t *testing.T) {
	a := sbomtest.Folder(map[string]string{"x.list": "a\nb\n!bad", "y.list": "c"})
	want := sbomtest.Assemble(t, a, lines{}).ID
	ids := make(chan string)
	for range 16 {
		go func() { ids <- sbomtest.Assemble(t, a, lines{}).ID }()
	}
	for range 16 {
		if got := <-ids; got != want {
			t.Errorf("id %s, want %s", got, want)
		}
	}
}

// auditor is a cataloger of files called *.list that says which files it is
// shown, and of some paths where they lead and whether they may be unread.
type auditor struct {
	lines
	ask []string
}

func (a auditor) Audit(mine []*sbom.Component, files *sbom.Files) []sbom.Finding {
	var seen []string
	for e := range files.All() {
		kind := "-"
		if e.Mode.IsRegular() {
			kind = fmt.Sprint(e.Size)
		}
		seen = append(seen, e.Path+" "+kind)
	}
	slices.Sort(seen)
	findings := []sbom.Finding{{Kind: sbom.Note, Code: "lines.seen", Detail: fmt.Sprintf("%d: %s", len(mine), strings.Join(seen, ", "))}}
	for _, p := range a.ask {
		findings = append(findings, sbom.Finding{Kind: sbom.Note, Code: "lines.tell", Path: p, Detail: fmt.Sprint(files.Resolve(p), " ", files.Unread(p))})
	}
	return findings
}

// unreadable is a tree with gaps.
type unreadable struct {
	sbomtest.Tree
	gaps []string
}

func (u unreadable) Walk(ctx context.Context, v sbom.Visitor) error {
	for _, p := range u.gaps {
		v.Found(sbom.GapFrom(errors.New("no"), p, ""))
	}
	return u.Tree.Walk(ctx, v)
}

func TestAudit(t *testing.T) {
	list := map[string]string{"a.list": "a"}
	lower := sbomtest.Tree{ID: "1", Files: map[string]string{"a.list": "a", "gone/x": "1", "kept/x": "1", "opaque/x": "1", "over/x": "1",
		"a.zip!/x": "1", "b.zip!/x": "1", "was/a": "1"}, Folders: []string{"kept"}}
	upper := sbomtest.Tree{ID: "2", Files: map[string]string{"over/x": "22", "was": "", "b.zip": "b"}, Removed: []string{"gone"}, Opaque: []string{"opaque"},
		Links: map[string]string{"lib64": "kept"}}
	tests := []struct {
		name     string
		artifact *sbom.Artifact
		ask      []string
		want     []string
	}{
		{"layers", sbomtest.Image(lower, upper), []string{"lib64/x", "kept/x", "none"},
			[]string{"1: a.list 1, a.zip!/x 1, b.zip 1, kept/x 1, lib64 -, over/x 2, was 0", "lib64/x kept/x false", "kept/x kept/x false", "none none false"}},
		{"gap", sbomtest.Image(sbomtest.Tree{Files: list}), []string{strings.Repeat("x", 5000)}, []string{"1: a.list 1", strings.Repeat("x", 5000) + " " + strings.Repeat("x", 5000) + " true"}},
		{"gaps", &sbom.Artifact{Trees: []sbom.Tree{unreadable{sbomtest.Tree{Files: list}, []string{"d", "a.zip"}}}},
			[]string{"d/e/f", "d", "df", "a.zip!/x", "a.zip!/b.zip!/x", "b.zip!/x"}, []string{"1: a.list 1", "d/e/f d/e/f true", "d d true",
				"df df false", "a.zip!/x a.zip!/x true", "a.zip!/b.zip!/x a.zip!/b.zip!/x true", "b.zip!/x b.zip!/x false"}},
		{"a layer that is not believed", &sbom.Artifact{Trees: []sbom.Tree{sbomtest.Tree{Files: list}, broken{lower}}}, []string{"x"}, []string{"1: a.list 1", "x x true"}},
		{"nobody found anything", sbomtest.Folder(map[string]string{"x": ""}), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.artifact.Name = "test"
			inv := sbomtest.Scan(t, tt.artifact, auditor{ask: tt.ask})
			var got []string
			for _, f := range inv.Findings {
				if strings.HasPrefix(f.Code, "lines.") {
					got = append(got, strings.TrimSpace(f.Path+" "+f.Detail))
				}
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
