package sbom

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// amendable returns a manifest with each field of the principal set, from several
// sources.
func amendable() *Manifest {
	p := &Principal{}
	fillAll(reflect.ValueOf(p).Elem())
	p.Ref, p.Type, p.PURL, p.Declared, p.Concluded = "pkg:golang/example.org/x@v1.2.3", TypeApplication, "pkg:golang/example.org/x@v1.2.3", "MIT", "MIT"
	p.Name, p.Version = "example.org/x", "v1.2.3"
	p.Joints = Joints{}
	p.Digests = []Digest{{"SHA-256", "0000000000000000000000000000000000000000000000000000000000000000"}}
	p.Links = []Link{{Type: "website", URL: "https://example.org/1"}, {Type: "website", URL: "https://example.org/2"}, {Type: "chat", URL: "https://example.org/chat"}}
	p.Evidence = []Evidence{
		{"name", "example.org/x", FromArtifact, "x"},
		{"version", "v1.2.3", FromTag, "refs/tags/v1.2.3"}, {"version", "v0.0.0", FromPseudo, "main module"},
		{"description", p.Description, FromRecord, "manifestgen.yaml:4"},
		{"link:website", "https://example.org/1", FromRecord, "manifestgen.yaml:5"},
	}
	return &Manifest{ID: "4d5a5d0e-6a0f-5a3b-9a55-1d6b8f0c7e21", Version: 3, Created: time.Unix(1700000000, 0).UTC(), Tools: []Tool{{"manifestgen", "1"}}, Principal: p}
}

func fillAll(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1700000000, 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillAll(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Joints" {
				fillAll(v.Field(i))
			}
		}
	}
}

// TestAmendNothing holds that a document to which nothing is added stays as it is.
func TestAmendNothing(t *testing.T) {
	m := amendable()
	got, err := Amend(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := amendable()
	want.Version = 4
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(amendable(), m); diff != "" {
		t.Errorf("the old document changed: %s", diff)
	}
}

func TestAmend(t *testing.T) {
	m := amendable()
	m.Principal.Published = time.Time{}
	m.Findings = []Finding{{Kind: Unknown, Code: "principal.version"}, {Kind: Note, Code: "go.arch"}}
	at := time.Unix(1800000000, 0).UTC()
	flag := Principal{Published: at, Component: Component{
		Links: []Link{{Type: "distribution", URL: "https://example.org/dl"}, {Type: "website", URL: "https://example.org/new"}}}}
	weak := Principal{Component: Component{Version: "v9", Description: "weak"}}
	got, err := Amend(m, Options{Created: at, Tools: []Tool{{"manifestgen", "2"}}},
		Candidate{FromFlag, "command line", flag}, Candidate{FromLabel, "label", weak})
	if err != nil {
		t.Fatal(err)
	}
	p := got.Principal
	var urls []string
	for _, l := range p.Links {
		urls = append(urls, l.URL)
	}
	wantURLs := []string{"https://example.org/dl", "https://example.org/new", "https://example.org/chat"}
	if !p.Published.Equal(at) || p.Version != "v1.2.3" || p.Description != "x" || !slices.Equal(urls, wantURLs) {
		t.Errorf("published %v, version %s, description %s, links %v", p.Published, p.Version, p.Description, urls)
	}
	wantEvidence := []Evidence{
		{"version", "v1.2.3", FromTag, "refs/tags/v1.2.3"}, {"version", "v0.0.0", FromPseudo, "main module"}, {"version", "v9", FromLabel, "label"},
		{"link:website", "https://example.org/new", FromFlag, "command line"}, {"link:website", "https://example.org/1", FromRecord, "manifestgen.yaml:5"},
		{"published", "2027-01-15T08:00:00Z", FromFlag, "command line"},
	}
	for _, field := range []string{"version", "link:website", "published"} {
		pick := func(all []Evidence) []Evidence {
			return slices.DeleteFunc(slices.Clone(all), func(e Evidence) bool { return e.Field != field })
		}
		if diff := cmp.Diff(pick(wantEvidence), pick(p.Evidence)); diff != "" {
			t.Error(diff)
		}
	}
	if got.ID != m.ID || got.Version != 4 || !got.Created.Equal(at) || len(got.Tools) != 2 {
		t.Errorf("ID %s, version %d, created %v, tools %v", got.ID, got.Version, got.Created, got.Tools)
	}
	if len(got.Findings) != 1 || got.Findings[0].Code != "go.arch" {
		t.Errorf("findings %v", got.Findings)
	}
}

// TestAmendVersion holds that the package URL follows the version, and the ref,
// which others may have written down, does not.
func TestAmendVersion(t *testing.T) {
	got, err := Amend(amendable(), Options{}, Candidate{FromFlag, "", Principal{Component: Component{Version: "v2.0.0"}}})
	if err != nil {
		t.Fatal(err)
	}
	if p := got.Principal; p.Version != "v2.0.0" || p.PURL != "pkg:golang/example.org/x@v2.0.0" || p.Ref != "pkg:golang/example.org/x@v1.2.3" {
		t.Errorf("version %s, purl %s, ref %s", p.Version, p.PURL, p.Ref)
	}
}
