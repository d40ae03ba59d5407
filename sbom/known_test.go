package sbom

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKnown holds that Known says what Assemble would, and leaves the inventory
// as it was.
func TestKnown(t *testing.T) {
	inventory := func() *Inventory {
		program := &Component{Name: "example.org/x", Version: "v1.0.0", Type: TypeApplication, Properties: []Property{{"a", "b"}},
			Locations: []Location{{Path: "x"}}, Joints: Joints{Is: "x", Candidates: []Candidate{{FromArtifact, "build information", Principal{Commit: "12"}}}}}
		library := &Component{Name: "lib", Type: TypeLibrary, Locations: []Location{{Path: "x"}}, Joints: Joints{Key: "lib"}}
		findings := make([]Finding, 1, 8)
		findings[0] = Finding{Kind: Note, Code: "x"}
		return &Inventory{Artifact: &Artifact{Name: "x", Format: FormatFile, Type: TypeFile}, Components: []*Component{library, program}, Findings: findings}
	}
	inv := inventory()
	p := inv.Known()
	if p.Name != "example.org/x" || p.Commit != "12" || p.FileName != "x" || len(p.Properties) != 1 {
		t.Errorf("known: %+v", p)
	}
	if p.Version != "v1.0.0" || p.source("name") != FromArtifact {
		t.Errorf("version %q, evidence %v", p.Version, p.Evidence)
	}
	got, err := Assemble(inv, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := Assemble(inventory(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Known changed the inventory: %s", diff)
	}
}
