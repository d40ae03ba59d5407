package cyclonedx

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

func encode(t testing.TB, m *sbom.Manifest) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestDecodeRefuses(t *testing.T) {
	const head = `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"a","bom-ref":"a"}},`
	const bom = `<bom xmlns="http://cyclonedx.org/schema/bom/1.6">`
	tests := []struct{ name, in, wantErr string }{
		{"empty", ``, "unexpected end"},
		{"another format", `{"spdxVersion":"SPDX-2.3"}`, "bomFormat"},
		{"no format", `{"specVersion":"1.6"}`, "bomFormat"},
		{"a version of the future", `{"bomFormat":"CycloneDX","specVersion":"9.9"}`, "1.2, 1.3, 1.4, 1.5, 1.6, 1.7"},
		{"no version", `{"bomFormat":"CycloneDX"}`, "1.7"},
		{"version last", `{"components":[],"bomFormat":"CycloneDX","specVersion":"2.0"}`, "2.0"},
		{"too deep", head + `"components":` + strings.Repeat(`[{"name":"x","components":`, 6000) + `[]` + strings.Repeat(`}]`, 6000) + `}`, "max depth"},
		{"text after the document", `{} {}`, "after top-level"},
		{"garbage after the document", head + `"version":1}x`, "more after"},
		{"a second document", head + `"version":1}{}`, "more after"},
		{"broken off", head + `"components":[{"name":"x"}`, "unexpected E"},
		{"broken", head + `"components":[{"name":"x"]}`, "invalid character"},
		{"components are no list", head + `"components":{}}`, "no list"},
		{"a list", `[]`, "cannot unmarshal"},

		{"XML: another document", `<html/>`, "not bom"},
		{"XML: another namespace", `<bom xmlns="http://example.org/bom/1.6"/>`, "not bom"},
		{"XML: no namespace", `<bom/>`, "not bom"},
		{"XML: a version of the future", `<bom xmlns="http://cyclonedx.org/schema/bom/2.0"/>`, "1.7"},
		{"XML: a version of the past", `<bom xmlns="http://cyclonedx.org/schema/bom/1.1"/>`, "1.2"},
		{"XML: nothing but a comment", `<!-- x -->`, "EOF"},
		{"XML: broken off", bom + `<components>`, "unexpected EOF"},
		{"XML: broken", bom + `</components>`, "closed by"},
		{"XML: a second document", bom + `</bom><bom/>`, "more than one"},
		{"XML: text around", bom + `</bom>x`, "text outside"},
		{"XML: entities", `<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + bom + `<metadata><component><name>&b;</name></component></metadata></bom>`, "document type"},
		{"XML: an entity", bom + `<metadata><component><name>&b;</name></component></metadata></bom>`, "invalid character entity"},
		{"XML: an encoding", `<?xml version="1.0" encoding="UTF-16"?>` + bom + `</bom>`, "encoding"},
		{"XML: too deep", bom + strings.Repeat("<components><component>", 5000), "too deep"},
		{"XML: controls", bom + "<metadata><timestamp>\x01</timestamp></metadata></bom>", "illegal character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Decode(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) || m != nil {
				t.Errorf("Decode = %v, %v, want an error with %q", m, err, tt.wantErr)
			}
		})
	}
}

// TestDecodeDeep reads a document as deep as encoding/json goes and writes it
// again no deeper than we nest.
func TestDecodeDeep(t *testing.T) {
	const depth = 4900
	in := `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"a"}},"components":` +
		strings.Repeat(`[{"name":"x","components":`, depth) + `[]` + strings.Repeat(`}]`, depth) + `}`
	m, err := Decode(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Components) != depth || len(m.Edges) != depth-1 {
		t.Errorf("%d components and %d edges, want %d and one less", len(m.Components), len(m.Edges), depth)
	}
	bom := &cdx.BOM{}
	if err := json.Unmarshal(encode(t, m), bom); err != nil {
		t.Fatal(err)
	}
	if got := nestingOf(bom.Components); got < 2 || got > maxNesting+1 {
		t.Errorf("components are nested %d deep, want at most %d", got, maxNesting+1)
	}
}

func nestingOf(list *[]cdx.Component) int {
	deepest := 0
	for _, c := range deref(list) {
		deepest = max(deepest, 1+nestingOf(c.Components))
	}
	return deepest
}

// TestPlaces checks that facts stand where readers of CycloneDX look for them,
// and not in properties only.
func TestPlaces(t *testing.T) {
	bom := &cdx.BOM{}
	if err := json.Unmarshal(encode(t, formattest.Full()), bom); err != nil {
		t.Fatal(err)
	}
	byRef := map[string]cdx.Component{}
	for _, c := range deref(bom.Components) {
		byRef[c.BOMRef] = c
	}
	const lib, other = "pkg:golang/golang.org/x/mod@v0.30.0", "pkg:golang/golang.org/x/mod@v0.30.0~2"
	if inner := deref(byRef["file:tool"].Components); len(inner) != 1 || inner[0].BOMRef != lib {
		t.Errorf("inside file:tool is %v, want %s", inner, lib)
	} else if also := values(inner[0].Properties, facts.ContainedIn); len(also) != 1 || also[0] != "root" {
		t.Errorf("%s is also contained in %q, want root", lib, also)
	}
	if got := byRef[other].Scope; got != cdx.ScopeOptional {
		t.Errorf("what is only wanted has scope %q, want optional", got)
	}
	if n := len(deref(bom.Dependencies)); n != 5 {
		t.Errorf("%d entries of dependencies, want one for each of 5 components", n)
	}
	if n := len(deref(bom.Annotations)); n != 3 {
		t.Errorf("%d annotations, want 3 findings", n)
	}
	if got := bom.Metadata.Manufacturer.Name; got != "Nova Release Team" {
		t.Errorf("the manufacturer of the document is %q", got)
	}
	for _, p := range deref(bom.Metadata.Component.Properties) {
		switch p.Name {
		case "manifestgen:name", "manifestgen:version", "manifestgen:digests", "manifestgen:built", "manifestgen:locations", "manifestgen:license:texts",
			"manifestgen:vcs:commit", "manifestgen:build:inputs", "manifestgen:build:toolchain", "manifestgen:build:settings":
			t.Errorf("%s is a property although there is a field for it", p.Name)
		}
	}
}

func TestDecoderLimit(t *testing.T) {
	data := encode(t, formattest.Minimal())
	if _, err := (Decoder{Limit: int64(len(data))}).Decode(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
	if _, err := (Decoder{Limit: int64(len(data)) - 1}).Decode(bytes.NewReader(data)); !errors.Is(err, facts.ErrTooLong) {
		t.Errorf("error %v, want %v", err, facts.ErrTooLong)
	}
}

// BenchmarkMany compares with encoding/json on the bare structs, written in the
// same form: the metric
// x-json is how many times as long we take.
func BenchmarkMany(b *testing.B) {
	m := formattest.Many(200_000)
	data := encode(b, m)
	bom := &cdx.BOM{}
	if err := json.Unmarshal(data, bom); err != nil {
		b.Fatal(err)
	}
	bare := func() error {
		e := json.NewEncoder(new(bytes.Buffer))
		e.SetEscapeHTML(false)
		return e.Encode(bom)
	}
	formattest.Compare(b, "encode", bare, func() error { return Encode(new(bytes.Buffer), m) })
	formattest.Compare(b, "decode", func() error { return json.Unmarshal(data, &cdx.BOM{}) },
		func() error { _, err := Decode(bytes.NewReader(data)); return err })
}
