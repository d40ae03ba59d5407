package syft_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/catalogers/syft"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// TestScript runs the scripts: the plain command with syft as a program of its own.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			writeJars(t, filepath.Join(env.WorkDir))
			return nil
		},
	})
}

// survey returns what syft itself finds in the artifact at path.
func survey(t *testing.T, c syft.Cataloger, path string) *sbom.Inventory {
	t.Helper()
	all, err := artifact.Open(context.Background(), path, artifact.Options{Digests: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := c.Survey(context.Background(), all[0])
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// projects makes a folder with projects of ecosystems that manifestgen does not
// read itself.
func projects(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/projects")); err != nil {
		t.Fatal(err)
	}
	writeJars(t, dir)
	return dir
}

// TestProjects holds that all that syft lists is listed, each by the cataloger that
// found it, with what it needs.
func TestProjects(t *testing.T) {
	dir := projects(t)
	m := describe(t, dir, append(catalogers.Default(), syft.Cataloger{})...)
	found := survey(t, syft.Cataloger{}, dir)
	if len(found.Components) < 14 {
		t.Fatalf("syft finds only %d components", len(found.Components))
	}
	for _, want := range found.Components {
		if !slices.ContainsFunc(m.Components, func(c *sbom.Component) bool { return lists(c, want) }) {
			t.Errorf("not listed: %s %s %s by %s", want.Name, want.Version, want.PURL, want.FoundBy)
		}
	}
	var edges []string
	for _, e := range m.Edges {
		if e.Kind == sbom.DependsOn {
			edges = append(edges, e.From+" -> "+e.To)
		}
	}
	want := []string{
		"library:tool@0.3.0 -> pkg:cargo/serde@1.0.219",
		"pkg:cargo/serde@1.0.219 -> pkg:cargo/serde_derive@1.0.219",
		"pkg:maven/org.example/ledger@1.4.0 -> pkg:maven/org.slf4j/slf4j-api@2.0.16",
		"pkg:npm/%40scope/kit@2.1.0 -> pkg:npm/left-pad@1.3.0",
		"pkg:npm/shop@1.0.0 -> pkg:npm/%40scope/kit@2.1.0",
		"pkg:npm/shop@1.0.0 -> pkg:npm/left-pad@1.3.0",
	}
	if diff := cmp.Diff(want, edges); diff != "" {
		t.Errorf("edges (-want +got)\n%s", diff)
	}
}

// lists reports whether c is what a survey has found.
func lists(c, found *sbom.Component) bool {
	same := c.PURL == found.PURL || slices.Contains(c.Properties, sbom.Property{Name: "manifestgen:purl:candidate", Value: found.PURL})
	return same && c.Name == found.Name && c.Version == found.Version && slices.Contains(c.FoundBy, found.FoundBy[0])
}

// checkStands checks that what our catalogers find in an input comes out the same with
// syft and without it, but for what says that syft found it too: its candidates, and
// places and digests that only syft knows; and that nothing new is of an ecosystem
// that we read ourselves.
func checkStands(t *testing.T, path string, without *sbom.Manifest) {
	t.Helper()
	with := describe(t, path, append(catalogers.Default(), syft.Cataloger{})...)
	added := map[string]*sbom.Component{with.Principal.Ref: &with.Principal.Component}
	for _, c := range with.Components {
		added[c.Ref] = c
	}
	for _, want := range append(slices.Clone(without.Components), &without.Principal.Component) {
		got := added[want.Ref]
		if got == nil {
			t.Errorf("%s is gone", want.Ref)
			continue
		}
		if diff := cmp.Diff(own(want), own(got)); diff != "" {
			t.Errorf("%s (-without +with)\n%s", want.Ref, diff)
		}
		delete(added, want.Ref)
	}
	if diff := cmp.Diff(ownEdges(without, nil), ownEdges(with, added)); diff != "" {
		t.Errorf("edges (-without +with)\n%s", diff)
	}
	ours := regexp.MustCompile("^pkg:(golang|deb|rpm|apk|pypi)/")
	for ref, c := range added {
		if len(c.FoundBy) == 0 || !strings.HasPrefix(c.FoundBy[0], "syft:") {
			t.Errorf("%s is new, and found by %v", ref, c.FoundBy)
		}
		if ours.MatchString(c.PURL) {
			t.Errorf("%s is new, and of an ecosystem that we read", ref)
		}
	}
}

// own returns what our catalogers say of a component.
func own(c *sbom.Component) sbom.Component {
	o := *c
	o.Joints, o.Properties, o.FoundBy, o.Locations, o.Digests = sbom.Joints{}, nil, nil, nil, nil
	for _, p := range c.Properties {
		if !strings.HasPrefix(p.Name, "syft:") && p.Name != "manifestgen:purl:candidate" {
			o.Properties = append(o.Properties, p)
		}
	}
	return o
}

// ownEdges returns the edges of which no end is new.
func ownEdges(m *sbom.Manifest, added map[string]*sbom.Component) []sbom.Edge {
	return slices.DeleteFunc(slices.Clone(m.Edges), func(e sbom.Edge) bool { return added[e.From] != nil || added[e.To] != nil })
}

// TestSelect chooses among syft's catalogers.
func TestSelect(t *testing.T) {
	dir := projects(t)
	tests := []struct {
		name   string
		choose []string
		want   []string
	}{
		{"a tag", []string{"rust"}, []string{"syft:rust-cargo-lock-cataloger"}},
		{"a name", []string{"ruby-gemfile-cataloger"}, []string{"syft:ruby-gemfile-cataloger"}},
		{"all but", []string{"-java", "-javascript", "-rust"}, []string{"syft:ruby-gemfile-cataloger"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range survey(t, syft.Cataloger{Select: tt.choose}, dir).Components {
				got = append(got, c.FoundBy...)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, slices.Compact(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// What is not part of the artifact is not surveyed, whatever it is called.
func TestExclude(t *testing.T) {
	dir := t.TempDir()
	lock, err := os.ReadFile("testdata/projects/ruby/Gemfile.lock")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"a[1]*/Gemfile.lock": string(lock), "b\n!/Gemfile.lock": string(lock)})
	all, err := artifact.Open(context.Background(), dir, artifact.Options{Exclude: []string{filepath.Join(dir, "a[1]*/Gemfile.lock"), "/elsewhere"}})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := syft.Cataloger{}.Survey(context.Background(), all[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range inv.Components {
		if len(c.Locations) != 1 || c.Locations[0].Path != "b%0A%21/Gemfile.lock" {
			t.Errorf("%s is found at %v", c.Name, c.Locations)
		}
	}
	if len(inv.Components) == 0 {
		t.Error("nothing is found")
	}
}

// A file that syft cannot read is a gap. An artifact that is nowhere is one too.
func TestGaps(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"package-lock.json": "{"})
	inv := survey(t, syft.Cataloger{}, dir)
	want := []sbom.Finding{{Kind: sbom.Gap, Code: "syft.unread", Path: "package-lock.json", Cataloger: "syft"}}
	for i := range inv.Findings {
		inv.Findings[i].Detail = ""
	}
	if diff := cmp.Diff(want, inv.Findings); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, a := range []*sbom.Artifact{{}, {Path: filepath.Join(dir, "none")}, {Path: dir, Platform: "linux/amd64"}} {
		if _, err := (syft.Cataloger{}).Survey(context.Background(), a); err == nil || sbom.GapFrom(err, "", "").Code != "syft.failed" {
			t.Errorf("%+v: %v", a, err)
		}
	}
}
