package spdx

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// encoders are all ways to write a document.
var encoders = []Encoder{
	{}, {Indent: true}, {Format: YAML}, {Format: TagValue},
	{Version: "2.2"}, {Version: "2.2", Format: YAML}, {Version: "2.2", Format: TagValue},
}

func (e Encoder) String() string {
	return orElse(e.Version, "2.3") + "-" + []string{"json", "tag-value", "yaml"}[e.Format]
}

func write(t testing.TB, e Encoder, m *sbom.Manifest) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := e.Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func read(t testing.TB, data []byte) *sbom.Manifest {
	t.Helper()
	m, err := Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func diff(got, want *sbom.Manifest, ignore ...cmp.Option) string {
	return cmp.Diff(got, want, append(ignore, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(sbom.Joints{}))...)
}

// eachFixture runs test for every fixture in every spelling.
func eachFixture(t *testing.T, test func(t *testing.T, e Encoder, m *sbom.Manifest)) {
	all := formattest.Fixtures()
	for _, e := range encoders {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if name == "many" && (e.Indent || e.Version != "" || e.Format == YAML) {
				continue // it is large, and has nothing that the others have not
			}
			m := all[name]
			if name == "hostile" && e != (Encoder{}) {
				shorten(m)
			}
			t.Run(fmt.Sprintf("%v/%s", e, name), func(t *testing.T) { test(t, e, m) })
		}
	}
}

// shorten takes out of a manifest the strings of a MiB: once is enough.
func shorten(m *sbom.Manifest) {
	m.Principal.Description, m.Findings[0].Detail, m.Components[0].Description = "short", "short", "short"
	m.Components[0].Properties = nil
}

func TestRoundTrip(t *testing.T) {
	eachFixture(t, func(t *testing.T, e Encoder, m *sbom.Manifest) {
		data := write(t, e, m)
		if d := diff(read(t, data), facts.Order(m)); d != "" {
			t.Errorf("got (-) is not want (+):\n%.3000s", d)
		}
	})
}

// TestRoundTripWithoutRecord takes the record out of the JSON from which all
// spellings are made.
func TestRoundTripWithoutRecord(t *testing.T) {
	eachFixture(t, func(t *testing.T, e Encoder, m *sbom.Manifest) {
		b, err := newBuilt(facts.Order(m), dialect{old: e.Version == "2.2", tagValue: e.Format == TagValue})
		if err != nil {
			t.Fatal(err)
		}
		b.root.Annotations = slices.DeleteFunc(b.root.Annotations, func(a annotation) bool { return strings.HasPrefix(a.Comment, facts.RecordMark) })
		var text bytes.Buffer
		if err := b.write(&text); err != nil {
			t.Fatal(err)
		}
		got := read(t, e.translate(text.Bytes()))
		if d := diff(got, facts.Order(m), cmpopts.IgnoreFields(sbom.Principal{}, "Evidence")); d != "" {
			t.Errorf("got (-) is not want (+):\n%.3000s", d)
		}
	})
}
