package spdx

import (
	"bytes"
	"testing"

	tools "github.com/spdx/tools-golang/json"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
)

// TestOthersReadIt reads what we write with the reader of the SPDX project and
// compares what it understands of every package with the manifest.
func TestOthersReadIt(t *testing.T) {
	m := formattest.Release()
	doc, err := tools.Read(bytes.NewReader(encode(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, p := range doc.Packages {
		versions[p.PackageName] = p.PackageVersion
		if p.FilesAnalyzed {
			t.Errorf("%s: its files are said to be analysed", p.PackageName)
		}
	}
	for _, c := range append(m.Components, &m.Principal.Component) {
		if got, ok := versions[c.Name]; !ok || got != c.Version {
			t.Errorf("%s: version %q, want %q", c.Name, got, c.Version)
		}
	}
	kinds := map[string]int{}
	for _, r := range doc.Relationships {
		kinds[r.Relationship]++
	}
	want := map[string]int{"DESCRIBES": 1, "CONTAINS": 4, "DEPENDS_ON": 6, "GENERATED_FROM": 2, "BUILD_TOOL_OF": 1}
	for kind, n := range want {
		if kinds[kind] != n {
			t.Errorf("%d relationships %s, want %d", kinds[kind], kind, n)
		}
	}
	root := doc.Packages[0]
	if got := root.PackageOriginator.Originator; got != "Nova Release Team (nova@example.org)" {
		t.Errorf("originator %q", got)
	}
	if root.BuiltDate != "2026-11-20T09:41:00Z" || root.ReleaseDate != "2026-11-20T12:00:00Z" || root.ValidUntilDate != "2028-04-30T00:00:00Z" {
		t.Errorf("dates %q, %q, %q", root.BuiltDate, root.ReleaseDate, root.ValidUntilDate)
	}
}
