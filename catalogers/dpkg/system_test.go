package dpkg_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/apk"
	"github.com/manifestgen/manifestgen/catalogers/dpkg"
	"github.com/manifestgen/manifestgen/catalogers/gobinary"
	"github.com/manifestgen/manifestgen/catalogers/osrelease"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// TestOwner has a Go program, this one, among the files of a package.
func TestOwner(t *testing.T) {
	program := executable(t)
	tests := []struct {
		name  string
		list  string            // what the package lists the program as
		links map[string]string // of the lower layer
		upper sbomtest.Tree
		owned bool
		noted bool // that it was replaced
	}{
		{name: "listed", list: "/usr/bin/prog", owned: true},
		{name: "listed through a link", list: "/bin/prog", links: map[string]string{"bin": "usr/bin"}, owned: true},
		{name: "listed through an absolute link", list: "/bin/prog", links: map[string]string{"bin": "/usr/bin"}, owned: true},
		{name: "not listed", list: "/usr/bin/other"},
		{name: "the link was removed", list: "/bin/prog", links: map[string]string{"bin": "usr/bin"}, upper: sbomtest.Tree{Removed: []string{"bin"}}},
		{name: "replaced later", list: "/usr/bin/prog", upper: sbomtest.Tree{Files: map[string]string{"usr/bin/prog": program}}, noted: true},
		{name: "replaced with its package", list: "/usr/bin/prog", upper: sbomtest.Tree{Files: map[string]string{
			"usr/bin/prog": program, "var/lib/dpkg/info/prog.list": "/.\n/usr/bin/prog\n", "var/lib/dpkg/info/prog.md5sums": sums,
		}}, owned: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lower := sbomtest.Tree{ID: "sha256:lower", Links: tt.links, Files: map[string]string{
				"var/lib/dpkg/status":            stanza,
				"var/lib/dpkg/info/prog.list":    "/.\n" + tt.list + "\n",
				"var/lib/dpkg/info/prog.md5sums": sums,
				"usr/bin/prog":                   program,
			}}
			tt.upper.ID = "sha256:upper"
			m := sbomtest.Assemble(t, sbomtest.Image(lower, tt.upper), dpkg.Cataloger{}, gobinary.Cataloger{})
			if owned := owner(m, "usr/bin/prog") == "prog"; owned != tt.owned {
				t.Errorf("owned: got %v, want %v", owned, tt.owned)
			}
			if noted := slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == "owner.unverified" }); noted != tt.noted {
				t.Errorf("findings: %v", m.Findings)
			}
		})
	}
}

const (
	stanza = "Package: prog\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
	sums   = "d41d8cd98f00b204e9800998ecf8427e  usr/bin/prog\n"
)

func executable(t *testing.T) string {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(program)
}

// owner returns the name of the component that contains the one found at path.
func owner(m *sbom.Manifest, path string) string {
	names := map[string]string{}
	var program string
	for _, c := range m.Components {
		names[c.Ref] = c.Name
		if c.Locations[0].Path == path && slices.Contains(c.FoundBy, "gobinary") && strings.HasSuffix(c.Name, ".test") {
			program = c.Ref
		}
	}
	for _, e := range m.Edges {
		if e.Kind == sbom.Contains && e.To == program {
			return names[e.From]
		}
	}
	return ""
}

// TestExpected has systems as os-release names them: with their packages nothing
// is missing, and without them there is a gap.
func TestExpected(t *testing.T) {
	tests := []struct {
		name, id, path, content string
	}{
		{"dpkg", "debian", "var/lib/dpkg/status", stanza},
		{"no dpkg program", "debian", "var/lib/dpkg/status.d/prog", strings.Replace(stanza, "Status: install ok installed\n", "", 1)},
		{"apk", "alpine", "lib/apk/db/installed", "P:prog\nV:1\nA:x86_64\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lower := sbomtest.Tree{ID: "sha256:lower", Files: map[string]string{"etc/os-release": "ID=" + tt.id + "\n", tt.path: tt.content}}
			removed := sbomtest.Tree{ID: "sha256:upper", Removed: []string{tt.path}}
			for gaps, layers := range [][]sbomtest.Tree{{lower}, {lower, removed}} {
				m := sbomtest.Assemble(t, sbomtest.Image(layers...), apk.Cataloger{}, dpkg.Cataloger{}, osrelease.Cataloger{})
				if m.Gaps() != gaps {
					t.Errorf("got %d gaps, want %d: %v", m.Gaps(), gaps, m.Findings)
				}
			}
		})
	}
}
