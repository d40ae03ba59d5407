package loss

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

func TestCompareEqual(t *testing.T) {
	fixtures, again := formattest.Fixtures(), formattest.Fixtures()
	for name, m := range fixtures {
		slices.Reverse(again[name].Components)
		slices.Reverse(again[name].Edges)
		if r := Compare(m, again[name]); r.Losses != nil {
			t.Errorf("%s: %.1000v", name, r.Losses)
		}
	}
}

func TestCompare(t *testing.T) {
	in, out := formattest.Full(), formattest.Full()
	out.Created = time.Time{}
	out.Principal.Version = "31"
	out.Principal.Evidence = out.Principal.Evidence[1:]
	out.Components[0].Ref = "file:loud"
	out.Components[2].Digests = nil
	out.Edges = out.Edges[1:]
	out.Findings = append(out.Findings, sbom.Finding{Kind: sbom.Note, Code: "x", Subject: "root"})
	lib := out.Components[2]
	got := Compare(in, out)
	want := []Loss{
		{Field: "created", In: "2026-11-20T10:00:00Z"},
		{Ref: "root", Field: "version", In: "30.1.0", Out: "31"},
		{Ref: "root", Field: "evidence", In: `{"field":"version","value":"30.1.0","source":"verified tag","where":"refs/tags/30.1.0"}`},
		{Ref: "file:silent", Field: "component", In: "silent"},
		{Ref: lib.Ref, Field: "digests", In: got.Losses[4].In, Out: "null"},
		{Ref: "file:loud", Field: "component", Out: "silent"},
		{Ref: "file:tool", Field: "edge", In: `{"kind":"contains","from":"file:tool","to":"` + lib.Ref + `"}`},
		{Ref: "root", Field: "finding", Out: `{"kind":"note","code":"x","subject":"root","detail":""}`},
	}
	if d := cmp.Diff(got.Losses, want); d != "" {
		t.Errorf("got (-) is not want (+):\n%s", d)
	}
	wantCounts := []Count{{"components", 4, 4}, {"dependencies", 2, 2}, {"ownership", 2, 0}, {"licences", 9, 9}, {"hashes", 6, 4},
		{"identifiers", 6, 6}, {"links", 12, 12}, {"properties", 6, 6}, {"locations", 6, 6}, {"findings", 3, 4}, {"beyond the model", 4, 4}}
	if d := cmp.Diff(got.Counts, wantCounts); d != "" {
		t.Errorf("got (-) is not want (+):\n%s", d)
	}
}

// TestCompareSeesEveryField clears each field of the model alone.
func TestCompareSeesEveryField(t *testing.T) {
	clear := func(name string, at func(*sbom.Manifest) reflect.Value) {
		typ := at(formattest.Full()).Type()
		for i := range typ.NumField() {
			field := typ.Field(i)
			if field.Name == "Joints" || field.Name == "Component" || field.Name == "Principal" || field.Name == "Ref" && name == "Principal" {
				continue
			}
			out := formattest.Full()
			at(out).Field(i).SetZero()
			if r := Compare(formattest.Full(), out); len(r.Losses) == 0 {
				t.Errorf("%s without %s is taken for the same", name, field.Name)
			}
		}
	}
	clear("Manifest", func(m *sbom.Manifest) reflect.Value { return reflect.ValueOf(m).Elem() })
	clear("Principal", func(m *sbom.Manifest) reflect.Value { return reflect.ValueOf(m.Principal).Elem() })
	clear("Component", func(m *sbom.Manifest) reflect.Value { return reflect.ValueOf(m.Components[3]).Elem() })
}

func TestCompareJSON(t *testing.T) {
	tests := []struct {
		name, in, out string
		want          []Loss
	}{
		{"the same", `{"a": [1, {"b": "x"}]}`, `{"a": [{"b": "x", "c": true}, 1], "d": 0}`, nil},
		{"a value", `{"a": 1}`, `{"a": 2}`, []Loss{{Field: "/a", In: "1"}}},
		{"one of two", `{"a": ["x", "x"]}`, `{"a": ["x"]}`, []Loss{{Field: "/a", In: "x"}}},
		{"another place", `{"a": {"b": null}}`, `{"b": null}`, []Loss{{Field: "/a/b", In: "<nil>"}}},
		{"spelling", `{"a": "PACKAGE-MANAGER"}`, `{"a": "PACKAGE_MANAGER"}`, nil},
		{"empty text", `{"a": ""}`, `{}`, nil},
		{"long number", `{"a": 12345678901234567890}`, `{"a": 12345678901234567891}`, []Loss{{Field: "/a", In: "12345678901234567890"}}},
	}
	for _, tt := range tests {
		got, err := CompareJSON([]byte(tt.in), []byte(tt.out))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got, tt.want); d != "" {
			t.Errorf("%s: got (-) is not want (+):\n%s", tt.name, d)
		}
	}
	for _, bad := range [][2]string{{"{", "{}"}, {"{}", "{"}} {
		if _, err := CompareJSON([]byte(bad[0]), []byte(bad[1])); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}
