package sbom_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// surveyor is a cataloger that finds the same in every artifact.
type surveyor struct {
	funcs
	survey func() (*sbom.Inventory, error)
}

func (surveyor) Name() string { return "surveyor" }

func (s surveyor) Survey(context.Context, *sbom.Artifact) (*sbom.Inventory, error) { return s.survey() }

func surveyorOf(all ...*sbom.Component) surveyor {
	return surveyor{surveyorFuncs(), func() (*sbom.Inventory, error) { return &sbom.Inventory{Components: all}, nil }}
}

func surveyorFuncs() funcs {
	return funcs{wants: func(sbom.Entry) sbom.Want { return sbom.No }}
}

// catalogerOf is a cataloger that finds the given components in the file "a".
func catalogerOf(all ...*sbom.Component) funcs {
	return funcs{yes, func(*sbom.File) ([]*sbom.Component, error) { return all, nil }}
}

func component(name, version, purl, key string, paths ...string) *sbom.Component {
	c := &sbom.Component{Type: sbom.TypeLibrary, Name: name, Version: version, PURL: purl, Joints: sbom.Joints{Key: key}}
	for _, p := range paths {
		c.Locations = append(c.Locations, sbom.Location{Path: p})
	}
	return c
}

func is(c *sbom.Component, path string) *sbom.Component {
	c.Is = path
	return c
}

func TestSurveyJoins(t *testing.T) {
	tests := []struct {
		name        string
		own, theirs *sbom.Component
		want        string // name, version and who found it, of each
		codes       string
	}{
		{"same package URL, another key", component("x", "1", "pkg:pypi/x@1", "pypi:x@1"), component("x", "1", "pkg:pypi/x@1", "k"),
			"x@1 pkg:pypi/x@1 funcs+surveyor", ""},
		{"own is not bound to a distribution", component("x", "1", "pkg:deb/x@1?arch=amd64", ""), component("x", "1", "pkg:deb/debian/x@1?arch=amd64&distro=debian-12", "k"),
			"x@1 pkg:deb/x@1?arch=amd64 funcs+surveyor", ""},
		{"another architecture", component("x", "1", "pkg:deb/x@1?arch=amd64", "", "a"), component("x", "1", "pkg:deb/debian/x@1?arch=i386", "k", "a"),
			"x@1 pkg:deb/debian/x@1?arch=i386 surveyor, x@1 pkg:deb/x@1?arch=amd64 funcs", ""},
		{"another version elsewhere", component("x", "1", "pkg:pypi/x@1", "", "a"), component("x", "2", "pkg:pypi/x@2", "k", "b"),
			"x@1 pkg:pypi/x@1 funcs, x@2 pkg:pypi/x@2 surveyor", ""},
		{"another version in the same place", component("x", "1", "pkg:golang/h/x@1", "", "a"), component("x", "2", "pkg:golang/h/x@2", "k", "a"),
			"x@1 pkg:golang/h/x@1 funcs+surveyor manifestgen:purl:candidate=pkg:golang/h/x@2", "note:survey.version"},
		{"a guessed version", component("x", "", "pkg:golang/h/x", "", "a"), component("x", "3", "pkg:golang/h/x@3", "k", "a"),
			"x@ pkg:golang/h/x funcs+surveyor manifestgen:purl:candidate=pkg:golang/h/x@3", "note:survey.version"},
		{"own has no package URL", component("x", "1", "", "", "a"), component("x", "1", "pkg:maven/g/x@1", "k", "a"),
			"x@1  funcs+surveyor manifestgen:purl:candidate=pkg:maven/g/x@1", ""},
		{"no package URL, elsewhere", component("x", "1", "", "", "a"), component("x", "1", "", "k", "b"),
			"x@1  funcs, x@1  surveyor", ""},
		{"same key", component("x", "1", "", "k", "a"), component("y", "2", "", "k", "b"),
			"x@1  funcs+surveyor", "note:survey.version"},
		{"another ecosystem", component("x", "1", "pkg:pypi/x@1", "", "a"), component("x", "1", "pkg:npm/x@1", "k", "a"),
			"x@1 pkg:npm/x@1 surveyor, x@1 pkg:pypi/x@1 funcs", ""},
		{"another package URL for the same name in the same place", component("cmd/x", "1", "pkg:golang/toolchain@1#cmd/x", "", "a"), component("cmd/x", "", "pkg:golang/cmd/x", "k", "a"),
			"cmd/x@1 pkg:golang/toolchain@1#cmd/x funcs+surveyor manifestgen:purl:candidate=pkg:golang/cmd/x", ""},
		{"the file that own is", is(component("x", "1", "", "", "x.jar!/m"), "x.jar"), component("x", "1", "pkg:maven/g/x@1", "k", "x.jar"),
			"x@1  funcs+surveyor manifestgen:purl:candidate=pkg:maven/g/x@1", ""},
		{"letters of Go modules are folded", component("X", "1", "pkg:golang/h/X@1", "", "a"), component("X", "1", "pkg:golang/h/x@1", "k", "b"),
			"X@1 pkg:golang/h/X@1 funcs+surveyor", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"a": "x"}), catalogerOf(tt.own), surveyorOf(tt.theirs))
			var got, found []string
			for _, c := range inv.Components {
				text := fmt.Sprintf("%s@%s %s %s", c.Name, c.Version, c.PURL, strings.Join(c.FoundBy, "+"))
				for _, p := range c.Properties {
					text += " " + p.Name + "=" + p.Value
				}
				got = append(got, text)
				found = append(found, codes(c.Findings))
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := strings.Join(found, ""); got != tt.codes {
				t.Errorf("findings %q, want %q", got, tt.codes)
			}
		})
	}
}

// What own components say stands; what they do not say is added, but for joints:
// these are an affair of the ecosystem.
func TestSurveyAdds(t *testing.T) {
	own := component("x", "1", "pkg:pypi/x@1", "x")
	own.Declared = "MIT"
	theirs := component("x", "1", "pkg:pypi/x@1", "k")
	theirs.Declared, theirs.Description, theirs.Dependencies = "BSD-3-Clause", "does x", sbom.Complete
	theirs.LicenseTexts = []sbom.LicenseText{{ID: "LicenseRef-x", Text: "x"}}
	theirs.Requires, theirs.Wanted = []string{"so:libx.so"}, true
	theirs.Properties = []sbom.Property{{Name: "n", Value: "v"}}
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"a": "x"}), catalogerOf(own), surveyorOf(theirs))
	got := *inv.Components[0]
	want := sbom.Component{
		Type: sbom.TypeLibrary, Name: "x", Version: "1", PURL: "pkg:pypi/x@1", Declared: "MIT", Description: "does x",
		Locations: []sbom.Location{{Path: "a"}}, FoundBy: []string{"funcs", "surveyor"},
		Properties: []sbom.Property{{Name: "n", Value: "v"}}, Joints: sbom.Joints{Key: "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Edges of a survey lead to what it was joined with. Those among own components
// are left out.
func TestSurveyEdges(t *testing.T) {
	own := []*sbom.Component{component("x", "1", "pkg:pypi/x@1", "x"), component("y", "1", "pkg:pypi/y@1", "")}
	from := surveyor{surveyorFuncs(), func() (*sbom.Inventory, error) {
		return &sbom.Inventory{
			Components: []*sbom.Component{component("x", "1", "pkg:pypi/x@1", "1"), component("y", "1", "pkg:pypi/y@1", "2"), component("z", "1", "pkg:npm/z@1", "3")},
			Edges:      []sbom.Edge{{Kind: sbom.DependsOn, From: "1", To: "2"}, {Kind: sbom.DependsOn, From: "3", To: "2"}, {Kind: sbom.Contains, From: "1", To: "3"}},
			Findings:   []sbom.Finding{{Kind: sbom.Note, Code: "seen", Subject: "1", Detail: "seen"}},
		}, nil
	}}
	m := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"a": "x"}), catalogerOf(own...), from)
	want := []sbom.Edge{{Kind: sbom.DependsOn, From: "pkg:npm/z@1", To: "pkg:pypi/y@1"}, {Kind: sbom.Contains, From: "pkg:pypi/x@1", To: "pkg:npm/z@1"}}
	slices.SortFunc(m.Edges, func(a, b sbom.Edge) int { return strings.Compare(a.From, b.From) })
	if diff := cmp.Diff(want, m.Edges); diff != "" {
		t.Errorf("edges (-want +got)\n%s", diff)
	}
	for _, f := range m.Findings {
		if f.Code == "seen" && (f.Subject != "pkg:pypi/x@1" || f.Cataloger != "surveyor") {
			t.Errorf("finding about %q by %q", f.Subject, f.Cataloger)
		}
	}
}

func TestSurveyFails(t *testing.T) {
	found := &sbom.Inventory{Components: []*sbom.Component{nil, component("z", "1", "", "")}}
	tests := []struct {
		name         string
		survey       func() (*sbom.Inventory, error)
		limits       sbom.Limits
		names, codes string
	}{
		{"nothing", func() (*sbom.Inventory, error) { return nil, nil }, sbom.Limits{}, "x", ""},
		{"an error", func() (*sbom.Inventory, error) { return nil, sbom.Faultf("s.bad", "bad") }, sbom.Limits{}, "x", "gap:s.bad"},
		{"errors and components", func() (*sbom.Inventory, error) {
			return found, errors.Join(sbom.Faultf("s.bad", "bad"), errors.New("other"))
		}, sbom.Limits{}, "x z", "gap:cataloger.error gap:s.bad"},
		{"a panic", func() (*sbom.Inventory, error) { panic("oh") }, sbom.Limits{}, "x", "gap:cataloger.panic"},
		{"too many", func() (*sbom.Inventory, error) { return found, nil }, sbom.Limits{Components: 1}, "x", "gap:limit.components"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			catalogers := []sbom.Cataloger{catalogerOf(component("x", "1", "", "")), surveyor{surveyorFuncs(), tt.survey}}
			inv, err := sbom.Scan(context.Background(), sbomtest.Folder(map[string]string{"a": "x"}), catalogers, tt.limits)
			if err != nil {
				t.Fatal(err)
			}
			if got := names(inv); got != tt.names {
				t.Errorf("components %q, want %q", got, tt.names)
			}
			if got := codes(inv.Findings); got != tt.codes {
				t.Errorf("findings %q, want %q", got, tt.codes)
			}
			for _, f := range inv.Findings {
				if f.Cataloger != "surveyor" {
					t.Errorf("finding by %q", f.Cataloger)
				}
			}
		})
	}
}
