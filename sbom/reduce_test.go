package sbom

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithoutFiles(t *testing.T) {
	component := func(ref string, typ Type) *Component {
		return &Component{Ref: ref, Name: ref, Type: typ, Contents: Complete, Dependencies: Complete}
	}
	lib, tool, known := component("lib", TypeLibrary), component("tool", TypeApplication), component("known", TypeFile)
	lib.Locations = []Location{{Path: "a"}, {Path: "b"}, {Path: "c"}}
	known.PURL = "pkg:generic/known@1"
	m := &Manifest{
		ID: "4d5a5d0e-6a0f-5a3b-9a55-1d6b8f0c7e21", Version: 3,
		Principal:  &Principal{Component: *component("app", TypeApplication)},
		Components: []*Component{component("deb", TypeLibrary), component("file", TypeFile), known, lib, component("loop", TypeFile), component("tar", TypeFile), tool},
		Edges: []Edge{
			{Contains, "deb", "tar"}, {Contains, "tar", "file"}, {Contains, "tar", "lib"}, {Contains, "loop", "loop"}, {Contains, "loop", "tool"},
			{DependsOn, "app", "file"}, {DependsOn, "file", "lib"}, {DependsOn, "lib", "tool"}, {DependsOn, "tool", "tar"},
		},
		Findings: []Finding{{Kind: Gap, Code: "io.error", Subject: "file"}, {Kind: Gap, Code: "io.error", Subject: "loop"}, {Kind: Note, Code: "x"}},
	}
	before := *m
	got, err := WithoutFiles(m)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*m, before) {
		t.Error("the manifest has changed")
	}
	if got.ID == m.ID || got.Version != 1 {
		t.Errorf("ID %s, version %d: it is another document", got.ID, got.Version)
	}
	type state struct {
		contents, dependencies Completeness
		locations              int
	}
	states := map[string]state{"app": {got.Principal.Contents, got.Principal.Dependencies, 0}}
	for _, c := range got.Components {
		states[c.Ref] = state{c.Contents, c.Dependencies, len(c.Locations)}
	}
	if d := cmp.Diff(states, map[string]state{
		"app": {Incomplete, Incomplete, 0}, "deb": {Incomplete, Complete, 0}, "known": {Complete, Complete, 0},
		"lib": {Complete, Complete, 1}, "tool": {Complete, Incomplete, 0},
	}, cmp.AllowUnexported(state{})); d != "" {
		t.Errorf("components: got (-) is not want (+):\n%s", d)
	}
	if d := cmp.Diff(got.Edges, []Edge{{Contains, "app", "tool"}, {Contains, "deb", "lib"}, {DependsOn, "lib", "tool"}}); d != "" {
		t.Errorf("edges: got (-) is not want (+):\n%s", d)
	}
	if d := cmp.Diff(got.Findings, []Finding{
		{Kind: Gap, Code: "io.error", Subject: "app"}, {Kind: Gap, Code: "io.error", Subject: "deb"},
		{Kind: Note, Code: "detail.packages", Subject: "app", Detail: "left out, to be short: 3 files, 3 dependencies from or to them, 2 further locations"},
		{Kind: Note, Code: "x"},
	}); d != "" {
		t.Errorf("findings: got (-) is not want (+):\n%s", d)
	}
	if again, err := WithoutFiles(got); again != got || err != nil {
		t.Errorf("there is nothing more to leave out: %v, %v", again == got, err)
	}
}
