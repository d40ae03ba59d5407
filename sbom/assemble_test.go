package sbom_test

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// fixed is a cataloger that returns the components of a table, by path.
func fixed(table map[string][]*sbom.Component) sbom.Cataloger {
	return funcs{yes, func(f *sbom.File) ([]*sbom.Component, error) {
		var all []*sbom.Component
		for _, c := range table[f.Path] {
			clone := *c
			all = append(all, &clone)
		}
		return all, nil
	}}
}

// files returns a tree that has the paths of a table.
func files(table map[string][]*sbom.Component) map[string]string {
	all := map[string]string{}
	for p := range table {
		all[p] = "x"
	}
	return all
}

func refs(m *sbom.Manifest) []string {
	var all []string
	for _, c := range m.Components {
		all = append(all, c.Ref)
	}
	return all
}

func TestMergeParts(t *testing.T) {
	table := map[string][]*sbom.Component{
		"copyright": {{Declared: "MIT", Version: "9", Joints: sbom.Joints{Key: "k", Part: true}}},
		"orphan":    {{Declared: "MIT", Joints: sbom.Joints{Key: "gone", Part: true}}},
		"status":    {{Name: "p", Version: "1", Joints: sbom.Joints{Key: "k"}}},
		"second":    {{Name: "q", Wanted: true, Joints: sbom.Joints{Key: "k"}}},
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(files(table)), fixed(table))
	if len(inv.Components) != 1 {
		t.Fatalf("%d components, want 1", len(inv.Components))
	}
	c := inv.Components[0]
	if c.Name != "q" || c.Version != "1" || c.Declared != "MIT" || c.Wanted || len(c.Locations) != 3 {
		t.Errorf("merged wrongly: %+v", c)
	}
}

// TestPartsAt holds that a part without a key finds those that name its path,
// also by way of a link.
func TestPartsAt(t *testing.T) {
	table := map[string][]*sbom.Component{
		"doc/base/copyright":  {{Declared: "MIT", Joints: sbom.Joints{Part: true}}},
		"doc/other/copyright": {{Declared: "ISC", Joints: sbom.Joints{Part: true}}},
		"status": {
			{Name: "base", Joints: sbom.Joints{PartsAt: []string{"doc/base/copyright"}}},
			{Name: "linked", Joints: sbom.Joints{PartsAt: []string{"doc/linked/copyright"}}},
			{Name: "none", Joints: sbom.Joints{PartsAt: []string{"doc/none/copyright"}}},
		},
	}
	a := sbomtest.Image(sbomtest.Tree{Files: files(table), Links: map[string]string{"doc/linked": "base"}})
	got := ""
	for _, c := range sbomtest.Scan(t, a, fixed(table)).Components {
		got += c.Name + "=" + c.Declared + " "
	}
	if want := "base=MIT linked=MIT none= "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFallback(t *testing.T) {
	etc := &sbom.Component{Name: "etc", Joints: sbom.Joints{Key: "os"}}
	lib := &sbom.Component{Name: "lib", Description: "d", Joints: sbom.Joints{Key: "os", Fallback: true}}
	both := map[string][]*sbom.Component{"lib": {lib}, "etc": {etc}, "a": {lib}}
	inv := sbomtest.Scan(t, sbomtest.Folder(files(both)), fixed(both))
	if got := names(inv); got != "etc" || inv.Components[0].Description != "" {
		t.Errorf("both: got %s with %q", got, inv.Components[0].Description)
	}
	alone := map[string][]*sbom.Component{"lib": {lib}}
	if got := names(sbomtest.Scan(t, sbomtest.Folder(files(alone)), fixed(alone))); got != "lib" {
		t.Errorf("alone: got %s", got)
	}
}

// TestYield holds that an older account gives way to a newer one, where there is
// one, and that what both have stays.
func TestYield(t *testing.T) {
	older := []string{"newer"}
	table := map[string][]*sbom.Component{
		"a-old": {{Name: "both", Joints: sbom.Joints{Key: "both", YieldsTo: older}}, {Name: "gone", Joints: sbom.Joints{Key: "gone", YieldsTo: older}}},
		"b-new": {{Name: "both", Joints: sbom.Joints{Key: "both", Provides: older}}},
	}
	if got, want := refs(sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))), []string{":both"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	delete(table, "b-new")
	if got, want := refs(sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))), []string{":both", ":gone"}; !slices.Equal(got, want) {
		t.Errorf("without the newer: got %q, want %q", got, want)
	}
}

func TestExpects(t *testing.T) {
	system := &sbom.Component{Name: "system", Joints: sbom.Joints{Expects: []string{"packages"}}}
	table := map[string][]*sbom.Component{"os": {system}}
	if m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table)); !strings.Contains(codes(m.Findings), "gap:expects.unmet") {
		t.Errorf("findings: %s", codes(m.Findings))
	}
	table["db"] = []*sbom.Component{{Name: "p", Joints: sbom.Joints{Provides: []string{"packages"}}}}
	m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))
	if strings.Contains(codes(m.Findings), "expects.unmet") || len(m.Edges) != 0 {
		t.Errorf("findings: %s, edges: %v", codes(m.Findings), m.Edges)
	}
}

// TestIncludes holds that a program gets edges to what it includes, and only to
// where no other edges lead.
func TestIncludes(t *testing.T) {
	module := func(name string, needs ...string) *sbom.Component {
		return &sbom.Component{Name: name, Joints: sbom.Joints{Key: name, DependsOn: needs}}
	}
	tests := []struct {
		name    string
		program sbom.Joints
		modules []*sbom.Component
		want    string
	}{
		{"nothing known", sbom.Joints{Includes: []string{"a", "b"}}, []*sbom.Component{module("a"), module("b")}, "p-a p-b"},
		{"a chain", sbom.Joints{Includes: []string{"b", "a"}}, []*sbom.Component{module("a", "b"), module("b")}, "a-b p-a"},
		{"a ring", sbom.Joints{Includes: []string{"a", "b"}}, []*sbom.Component{module("a", "b"), module("b", "a")}, "a-b b-a p-a"},
		{"direct ones known", sbom.Joints{Includes: []string{"a", "b"}, DependsOn: []string{"b"}}, []*sbom.Component{module("a"), module("b", "a")}, "b-a p-b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := map[string][]*sbom.Component{"f": append(tt.modules, &sbom.Component{Name: "p", Joints: tt.program})}
			m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))
			var got []string
			for _, e := range m.Edges {
				got = append(got, strings.TrimPrefix(e.From, ":")+"-"+strings.TrimPrefix(e.To, ":"))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

// supplier adds a licence to all that others have found.
type supplier struct{ lines }

func (supplier) Supply(_ context.Context, all []*sbom.Component) ([]*sbom.Component, error) {
	var parts []*sbom.Component
	for _, c := range all {
		parts = append(parts, &sbom.Component{Declared: "MIT", Joints: sbom.Joints{Key: c.Key}})
	}
	parts = append(parts, &sbom.Component{Name: "unasked", Joints: sbom.Joints{Key: "other"}})
	return parts, fmt.Errorf("one file of the cache")
}

func TestSupply(t *testing.T) {
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"x.list": "a"}), supplier{})
	if names(inv) != "a" || inv.Components[0].Declared != "MIT" || codes(inv.Findings) != "gap:cataloger.error" {
		t.Errorf("%s %q %s", names(inv), inv.Components[0].Declared, codes(inv.Findings))
	}
}

func TestPrincipalOrder(t *testing.T) {
	version := func(s sbom.Source, v string) sbom.Candidate {
		return sbom.Candidate{Source: s, Facts: sbom.Principal{Component: sbom.Component{Version: v}}}
	}
	sources := []sbom.Source{sbom.FromFlag, sbom.FromRecord, sbom.FromTag, sbom.FromContainer, sbom.FromArtifact,
		sbom.FromLinker, sbom.FromPseudo, sbom.FromFolder, sbom.FromProgram, sbom.FromOS, sbom.FromLabel}
	for i, best := range sources {
		var candidates []sbom.Candidate
		for j := len(sources) - 1; j >= i; j-- {
			candidates = append(candidates, version(sources[j], fmt.Sprintf("%d.0", j)))
		}
		m, err := sbom.Assemble(&sbom.Inventory{Artifact: sbomtest.Folder(nil)}, sbom.Options{}, candidates...)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d.0", i); m.Principal.Version != want {
			t.Errorf("from %s on: version %s, want %s", best, m.Principal.Version, want)
		}
		n := 0
		for _, e := range m.Principal.Evidence {
			if e.Field == "version" {
				n++
			}
		}
		if n != len(candidates) {
			t.Errorf("from %s on: %d candidates are in evidence, want %d", best, n, len(candidates))
		}
	}
}

func TestWhoIsPrincipal(t *testing.T) {
	program := func(is string) *sbom.Component {
		return &sbom.Component{Type: sbom.TypeApplication, Name: "prog", Version: "2", PURL: "pkg:golang/prog@2", Architecture: "arm64", Joints: sbom.Joints{Is: is}}
	}
	pkg := &sbom.Component{Type: sbom.TypeLibrary, Name: "pack", Version: "3", Joints: sbom.Joints{Is: "."}}
	system := &sbom.Component{Type: sbom.TypeOperatingSystem, Name: "debian", Version: "12"}
	owner := &sbom.Component{Type: sbom.TypeLibrary, Name: "owner", Version: "1", Joints: sbom.Joints{Owns: []string{"bin/p"}}}
	tests := []struct {
		name   string
		format string
		table  map[string][]*sbom.Component
		want   string // name, version, source of the name
		unsaid string // findings
	}{
		{"the file itself", sbom.FormatFile, map[string][]*sbom.Component{"test": {program("test")}}, "prog 2 artifact", ""},
		{"the container's own metadata", "deb", map[string][]*sbom.Component{"!control/control": {pkg}, "bin/p": {program("bin/p")}}, "pack 3 container", "principal.architecture"},
		{"a source folder", sbom.FormatFolder, map[string][]*sbom.Component{"go.mod": {pkg}}, "pack 3 source folder", ""},
		{"the only program", "tar", map[string][]*sbom.Component{"bin/p": {program("bin/p")}}, "prog 2 only program", ""},
		{"one of two programs", "tar", map[string][]*sbom.Component{"bin/p": {program("bin/p")}, "bin/q": {program("bin/q")}}, "test  file name", "principal.architecture principal.name principal.version"},
		{"a program that a package owns", "tar", map[string][]*sbom.Component{"bin/p": {program("bin/p")}, "status": {owner}}, "test  file name", "principal.architecture principal.name principal.version"},
		{"a root file system", sbom.FormatFolder, map[string][]*sbom.Component{"etc/os-release": {system}}, "debian 12 os-release", ""},
		{"a program in a folder", sbom.FormatFolder, map[string][]*sbom.Component{"bin/p": {program("bin/p")}}, "test  file name", "principal.name principal.version"},
		{"nothing", sbom.FormatFile, map[string][]*sbom.Component{"test": nil}, "test  file name", "principal.architecture principal.name principal.version"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := sbomtest.Folder(files(tt.table))
			a.Format = tt.format
			m := sbomtest.Assemble(t, a, fixed(tt.table))
			var source sbom.Source
			var unsaid []string
			for _, e := range slices.Backward(m.Principal.Evidence) {
				if e.Field == "name" {
					source = e.Source
				}
			}
			for _, f := range m.Findings {
				if f.Kind == sbom.Unknown {
					unsaid = append(unsaid, f.Code)
				}
			}
			if got := fmt.Sprintf("%s %s %s", m.Principal.Name, m.Principal.Version, source); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := strings.Join(unsaid, " "); got != tt.unsaid {
				t.Errorf("unknowns: got %q, want %q", got, tt.unsaid)
			}
		})
	}
}

// TestImagePrincipal holds that what is in an image does not say what the image is:
// most of it is the base's.
func TestImagePrincipal(t *testing.T) {
	program := &sbom.Component{Type: sbom.TypeApplication, Name: "example.org/x/prog", Version: "2", Joints: sbom.Joints{Is: "bin/p"}}
	system := &sbom.Component{Type: sbom.TypeOperatingSystem, Name: "debian", Version: "12"}
	tests := []struct {
		name, called string
		table        map[string][]*sbom.Component
		want         string
	}{
		{"a distribution", "", map[string][]*sbom.Component{"etc/os-release": {system}}, "test  "},
		{"one program", "", map[string][]*sbom.Component{"bin/p": {program}}, "example.org/x/prog 2 "},
		{"one program of that name", "registry.example/prog", map[string][]*sbom.Component{"bin/p": {program}}, "registry.example/prog 2 pkg:oci/prog@sha256:ab"},
		{"one program of another name", "registry.example/app", map[string][]*sbom.Component{"bin/p": {program}}, "registry.example/app  pkg:oci/app@sha256:ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := sbomtest.Image(sbomtest.Tree{Files: map[string]string{}})
			for p := range tt.table {
				a.Trees[0].(sbomtest.Tree).Files[p] = p
			}
			if tt.called != "" {
				c := sbom.Candidate{Source: sbom.FromContainer}
				c.Facts.Name, c.Facts.PURL = tt.called, "pkg:oci/"+path.Base(tt.called)+"@sha256:ab"
				a.Candidates = append(a.Candidates, c)
			}
			m := sbomtest.Assemble(t, a, fixed(tt.table))
			purl := m.Principal.PURL
			if strings.HasPrefix(purl, "pkg:generic/") {
				purl = ""
			}
			if got := fmt.Sprintf("%s %s %s", m.Principal.Name, m.Principal.Version, purl); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPrincipalPURL(t *testing.T) {
	tests := []struct {
		name, purl, version, flag, want string
	}{
		{"as it is", "pkg:golang/a/B@v1.0.0#cmd/x", "v1.0.0", "", "pkg:golang/a/B@v1.0.0#cmd/x"},
		{"another version", "pkg:golang/a/B@v1.0.0#cmd/x", "v1.0.0", "v2.0.0", "pkg:golang/a/B@v2.0.0#cmd/x"},
		{"a version without v", "pkg:golang/a/B@v1.0.0#cmd/x", "v1.0.0", "2.0.0", "pkg:golang/a/B@v2.0.0#cmd/x"},
		{"a first version", "pkg:golang/a/B?x=y#cmd/x", "", "v2.0.0+b", "pkg:golang/a/B@v2.0.0%2Bb?x=y#cmd/x"},
		{"an escaped version", "pkg:deb/debian/a@1%2B2?arch=amd64", "1+2", "3", "pkg:deb/debian/a@3?arch=amd64"},
		{"a version spelt in two ways", "pkg:rpm/a@1.0-3?epoch=2", "2:1.0-3", "", "pkg:rpm/a@1.0-3?epoch=2"},
		{"none", "", "1", "", "pkg:generic/p@1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			self := sbom.Component{Name: "p", PURL: tt.purl, Version: tt.version}
			candidates := []sbom.Candidate{{Source: sbom.FromContainer, Facts: sbom.Principal{Component: self}}}
			if tt.flag != "" {
				flag := sbom.Principal{Component: sbom.Component{Version: tt.flag}}
				candidates = append(candidates, sbom.Candidate{Source: sbom.FromFlag, Facts: flag})
			}
			m, err := sbom.Assemble(&sbom.Inventory{Artifact: sbomtest.Folder(nil)}, sbom.Options{}, candidates...)
			if err != nil {
				t.Fatal(err)
			}
			if m.Principal.PURL != tt.want {
				t.Errorf("got %s, want %s", m.Principal.PURL, tt.want)
			}
		})
	}
}

func TestConflict(t *testing.T) {
	version := func(v string) sbom.Principal {
		return sbom.Principal{Component: sbom.Component{Name: "p", Version: v}}
	}
	repository := func(url string) sbom.Principal {
		return sbom.Principal{Component: sbom.Component{Name: "p"}, Repository: url}
	}
	tests := []struct {
		name          string
		first, second sbom.Principal
		want          string
	}{
		{"the same", version("v1.2.3"), version("v1.2.3"), ""},
		{"the same but for a v", version("1.2.3"), version("v1.2.3"), ""},
		{"others", version("v1.2.3"), version("v1.2.4"), "version: v1.2.3 (verified tag), but also v1.2.4 (artifact)"},
		{"one repository", repository("https://example.org/git/a.git"), repository("ssh://example.org/git/a"), ""},
		{"a name and its last part", sbom.Principal{Component: sbom.Component{Name: "nova"}}, sbom.Principal{Component: sbom.Component{Name: "example.org/nova"}}, ""},
		{"other names", sbom.Principal{Component: sbom.Component{Name: "example.net/nova"}}, sbom.Principal{Component: sbom.Component{Name: "example.org/nova"}},
			"name: example.net/nova (verified tag), but also example.org/nova (artifact)"},
		{"other repositories", repository("https://example.org/a"), repository("https://example.org/b"),
			"repository: https://example.org/a (verified tag), but also https://example.org/b (artifact)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := sbom.Assemble(&sbom.Inventory{Artifact: sbomtest.Folder(nil)}, sbom.Options{},
				sbom.Candidate{Source: sbom.FromTag, Facts: tt.first}, sbom.Candidate{Source: sbom.FromArtifact, Facts: tt.second})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range m.Findings {
				if f.Code == "principal.conflict" {
					got += f.Detail
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLinksByType(t *testing.T) {
	links := func(s sbom.Source, links ...sbom.Link) sbom.Candidate {
		return sbom.Candidate{Source: s, Facts: sbom.Principal{Component: sbom.Component{Name: "p", Links: links}}}
	}
	m, err := sbom.Assemble(&sbom.Inventory{Artifact: sbomtest.Folder(nil)}, sbom.Options{},
		links(sbom.FromLabel, sbom.Link{Type: "vcs", URL: "https://label"}, sbom.Link{Type: "website", URL: "https://site"}),
		links(sbom.FromRecord, sbom.Link{Type: "vcs", URL: "https://record"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []sbom.Link{{Type: "vcs", URL: "https://record"}, {Type: "website", URL: "https://site"}}
	if diff := cmp.Diff(want, m.Principal.Links); diff != "" {
		t.Error(diff)
	}
}

func TestQualify(t *testing.T) {
	tests := []struct {
		purl       string
		qualifiers []string
		want       string
	}{
		{"pkg:pypi/a@1", []string{"vcs_url=git+https://example.org/a@c?d"}, "pkg:pypi/a@1?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa%40c%3Fd"},
		{"pkg:pypi/a@1?arch=x", []string{"arch=y", "k=v"}, "pkg:pypi/a@1?arch=x&k=v"},
		{"pkg:pypi/a@1", []string{"k=v", "k=w"}, "pkg:pypi/a@1"},
		{"pkg:pypi/a@1", nil, "pkg:pypi/a@1"},
	}
	for _, tt := range tests {
		inv := &sbom.Inventory{Artifact: &sbom.Artifact{Name: "test", Type: sbom.TypeFile},
			Components: []*sbom.Component{{Type: sbom.TypeLibrary, Name: "a", PURL: tt.purl, Joints: sbom.Joints{Qualifiers: tt.qualifiers}}}}
		m, err := sbom.Assemble(inv, sbom.Options{})
		if err != nil || m.Components[0].PURL != tt.want {
			t.Errorf("%s with %q: got %s, %v, want %s", tt.purl, tt.qualifiers, m.Components[0].PURL, err, tt.want)
		}
	}
}

func TestBindDistribution(t *testing.T) {
	table := map[string][]*sbom.Component{
		"etc/os-release":                {{Type: sbom.TypeOperatingSystem, Name: "debian", Version: "12"}},
		"var/lib/dpkg/status":           {{Name: "bash", Version: "1:5.2", PURL: "pkg:deb/bash@1:5.2?arch=amd64"}, {Name: "other", PURL: "pkg:deb/ubuntu/other@1"}},
		"root.tar!/var/lib/dpkg/status": {{Name: "sed", PURL: "pkg:deb/sed@4"}},
		"go":                            {{Name: "m", PURL: "pkg:golang/m@v1.0.0"}},
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))
	want := []string{"file:root.tar", "operating-system:debian@12", "pkg:deb/debian/bash@1:5.2?arch=amd64&distro=debian-12",
		"pkg:deb/sed@4", "pkg:deb/ubuntu/other@1", "pkg:golang/m@v1.0.0"}
	if diff := cmp.Diff(want, refs(m)); diff != "" {
		t.Error(diff)
	}
}

func TestEdges(t *testing.T) {
	table := map[string][]*sbom.Component{
		"app": {{Type: sbom.TypeApplication, Name: "app", Joints: sbom.Joints{Is: "app", DependsOn: []string{"k:mod", "k:gone"},
			Requires: []string{"so:libc.so.6", "so:libz.so.1", "so:libnone.so"}}}},
		"mod":    {{Name: "mod", Joints: sbom.Joints{Key: "k:mod"}}},
		"status": {{Name: "libc6", Joints: sbom.Joints{Owns: []string{"lib/libc.so.6"}}}, {Name: "zlib", Joints: sbom.Joints{Provides: []string{"so:libz.so.1"}}}},
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))
	want := "[{depends-on application:app :libc6} {depends-on application:app :mod} {depends-on application:app :zlib}]"
	if got := fmt.Sprint(m.Edges); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := codes(m.Findings); !strings.Contains(got, "unknown:requires.unmet") {
		t.Errorf("what nothing provides is not said: %s", got)
	}
}

func TestOwnership(t *testing.T) {
	program := &sbom.Component{Type: sbom.TypeApplication, Name: "tool", Joints: sbom.Joints{Is: "usr/bin/tool"}}
	pkg := &sbom.Component{Name: "pack", Joints: sbom.Joints{Owns: []string{"bin/tool"}}}
	table := map[string][]*sbom.Component{"usr/bin/tool": {program}, "status": {pkg}}
	links := map[string]string{"bin": "usr/bin"}
	base := sbomtest.Tree{ID: "1", Files: map[string]string{"usr/bin/tool": "x", "status": "x"}, Links: links}
	tests := []struct {
		name   string
		layers []sbomtest.Tree
		want   string
		code   string
	}{
		{"owned by way of a folder link", []sbomtest.Tree{base}, "[{contains :pack application:tool}]", ""},
		{"the database in a later layer", []sbomtest.Tree{base, {ID: "2", Files: map[string]string{"status": "x"}}}, "[{contains :pack application:tool}]", ""},
		{"replaced by a later layer", []sbomtest.Tree{base, {ID: "2", Files: map[string]string{"usr/bin/tool": "y"}}}, "[]", "owner.unverified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sbomtest.Assemble(t, sbomtest.Image(tt.layers...), fixed(table))
			if got := fmt.Sprint(m.Edges); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := strings.Contains(codes(m.Findings), "owner.unverified"); got != (tt.code != "") {
				t.Errorf("findings: %s", codes(m.Findings))
			}
		})
	}
}

func TestContainers(t *testing.T) {
	table := map[string][]*sbom.Component{
		"a.tar!/b.zip!/x": {{Name: "inner"}},
		"c.deb!/!control": {{Name: "deb", Joints: sbom.Joints{Is: "c.deb"}}},
		"c.deb!/y":        {{Name: "within"}},
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))
	want := "[{contains :deb :within} {contains file:a.tar file:b.zip} {contains file:b.zip :inner}]"
	if got := fmt.Sprint(m.Edges); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRefs holds that equal components get different refs that do not depend on
// what else is there.
func TestRefs(t *testing.T) {
	twin := &sbom.Component{Name: "n", PURL: "pkg:generic/n@1"}
	table := map[string][]*sbom.Component{"a": {twin}, "b": {twin}}
	first := refs(sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table)))
	table["0"] = []*sbom.Component{{Name: "other"}}
	second := refs(sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table)))
	if diff := cmp.Diff(first, second[1:]); diff != "" || first[0] == first[1] {
		t.Errorf("%q and then %q", first, second)
	}
}

func TestRepair(t *testing.T) {
	table := map[string][]*sbom.Component{"dir/file": {
		{PURL: "pkg:nonsense", Declared: "MIT OR", Concluded: "LicenseRef-x"},
		{Name: "good", Declared: "MIT OR LicenseRef-y", LicenseTexts: []sbom.LicenseText{{ID: "LicenseRef-y", Text: "t"}}},
	}}
	m := sbomtest.Assemble(t, sbomtest.Folder(files(table)), fixed(table))
	if got, want := refs(m), []string{":file", ":good"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got := codes(m.Findings); strings.Count(got, "note:licence.invalid") != 2 || strings.Count(got, "note:purl.invalid") != 1 {
		t.Errorf("findings: %s", got)
	}
	if m.Components[1].Declared == "" {
		t.Error("a good expression was taken out")
	}
}

func TestValidate(t *testing.T) {
	good := func() *sbom.Manifest {
		return sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"x.list": "a\nb"}), lines{})
	}
	tests := []struct {
		name string
		harm func(*sbom.Manifest)
		want string
	}{
		{"nothing", func(*sbom.Manifest) {}, ""},
		{"no principal", func(m *sbom.Manifest) { m.Principal = nil }, "needs a principal"},
		{"a ref twice", func(m *sbom.Manifest) { m.Components[1].Ref = m.Components[0].Ref }, "used twice"},
		{"no name", func(m *sbom.Manifest) { m.Components[0].Name = "" }, "library:a: it has no name"},
		{"an edge to nowhere", func(m *sbom.Manifest) { m.Edges = []sbom.Edge{{Kind: sbom.DependsOn, From: "library:a", To: "z"}} }, "leads nowhere"},
		{"an unknown edge", func(m *sbom.Manifest) { m.Edges = []sbom.Edge{{Kind: "x", From: "library:a", To: "library:b"}} }, "unknown kind"},
		{"a nil component", func(m *sbom.Manifest) { m.Components[0] = nil }, "is nil"},
		{"a finding about nothing", func(m *sbom.Manifest) { m.Findings[0].Subject = "z" }, "is no component"},
		{"a short digest", func(m *sbom.Manifest) { m.Components[0].Digests = []sbom.Digest{{"SHA-256", "00"}} }, "is not a SHA-256 digest"},
		{"an upper-case digest", func(m *sbom.Manifest) {
			m.Components[0].Digests = []sbom.Digest{{"SHA-256", strings.Repeat("A", 64)}}
		}, "is not a SHA-256 digest"},
		{"an unknown algorithm", func(m *sbom.Manifest) { m.Components[0].Digests = []sbom.Digest{{"CRC", "00"}} }, "is not known"},
		{"a licence that ends early", func(m *sbom.Manifest) { m.Components[0].Declared = "MIT AND (" }, "ends too early"},
		{"a deep licence", func(m *sbom.Manifest) {
			m.Components[0].Declared = strings.Repeat("(", 1e6) + "MIT" + strings.Repeat(")", 1e6)
		}, "too long or too deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := good()
			tt.harm(m)
			err := m.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestGapsMakeIncomplete(t *testing.T) {
	whole := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"x.list": "a"}), lines{})
	broken := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"x.list": "a\n!bad"}), lines{})
	if whole.Gaps() != 0 || whole.Principal.Contents == sbom.Incomplete {
		t.Errorf("whole: %d gaps, %s", whole.Gaps(), whole.Principal.Contents)
	}
	if broken.Gaps() != 1 || broken.Principal.Contents != sbom.Incomplete {
		t.Errorf("broken: %d gaps, %s", broken.Gaps(), broken.Principal.Contents)
	}
}

func TestFindingsLimit(t *testing.T) {
	text := strings.Repeat("!bad\n", 1) + "!worse\n!worst"
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"x.list": text}), lines{})
	m, err := sbom.Assemble(inv, sbom.Options{Limits: sbom.Limits{Findings: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(m.Findings); got != "gap:limit.findings gap:lines.bad gap:lines.bad" {
		t.Errorf("got %s", got)
	}
}

// TestIDIsOfContent holds that the id depends on what is said and not on when.
func TestIDIsOfContent(t *testing.T) {
	id := func(content string, created time.Time) string {
		inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"x.list": content}), lines{})
		m, err := sbom.Assemble(inv, sbom.Options{Created: created, Tools: []sbom.Tool{{Name: created.String()}}})
		if err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	one, later, other := id("a", time.Unix(0, 0)), id("a", time.Unix(1e9, 0)), id("b", time.Unix(0, 0))
	if one != later || one == other {
		t.Errorf("ids %s, %s and %s", one, later, other)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(one) {
		t.Errorf("%s is no UUID of version 5", one)
	}
}

// TestCodesAreDocumented holds that each finding code of a package is in its
// package comment, or in that of package sbom.
func TestCodesAreDocumented(t *testing.T) {
	code := regexp.MustCompile(`(?:Code:|Faultf\(|found\([A-Za-z]+,|fault\(|note\(c, sbom\.[A-Za-z]+,|undetermined\(|code :?=) *"([a-z0-9]+(?:[.-][a-z0-9]+)+)"`)
	engine, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, pattern := range []string{"*.go", "artifact/*.go", "../catalogers/*/*.go"} {
		sources, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			if strings.HasSuffix(source, "_test.go") {
				continue
			}
			text := packageText(t, filepath.Dir(source))
			data, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllStringSubmatch(string(data), -1) {
				seen++
				line := regexp.MustCompile(`(?m)^//\t` + regexp.QuoteMeta(m[1]) + ` `)
				if !line.MatchString(text) && !line.Match(engine) {
					t.Errorf("%s: the code %s is not in the package comment", source, m[1])
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d codes were seen", seen)
	}
}

// packageText returns all Go source of a folder but its tests.
func packageText(t *testing.T, dir string) string {
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range sources {
		data, err := os.ReadFile(s)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(s, "_test.go") {
			b.Write(data)
		}
	}
	return b.String()
}
