package spdx3

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestForeignLosesNothing decodes a document of another tool, writes it, and
// looks for every value of every element in what was written.
func TestForeignLosesNothing(t *testing.T) {
	data := read(t, "build.spdx3.json")
	m, out := stable(t, data)
	written := byID(t, out)
	for id, x := range byID(t, data) {
		y := written[id]
		if y == nil {
			t.Errorf("%s is lost", id)
			continue
		}
		for key, want := range x {
			got := y[key]
			switch {
			case key == "rootElement" || key == "profileConformance":
				continue // ours may be more
			case key == "extension":
				want, got = want.([]any)[0], got.([]any)[len(got.([]any))-1]
			case key == "creationInfo" && x["type"] == "SpdxDocument":
				continue
			}
			if g, w := string(canonical(got)), string(canonical(want)); g != w {
				t.Errorf("%s: %s is %s, want %s", id, key, g, w)
			}
		}
	}
	for _, f := range m.Findings {
		t.Errorf("unexpected finding %v", f)
	}
	validate(t, schema(t), "written again", out)
}

func byID(t testing.TB, data []byte) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, x := range generic(t, data)["@graph"].([]any) {
		object := x.(map[string]any)
		id, ok := object["spdxId"].(string)
		if !ok {
			id = object["@id"].(string)
		}
		all[id] = object
	}
	return all
}

func component(t testing.TB, m *sbom.Manifest, name string) *sbom.Component {
	t.Helper()
	for _, c := range m.Components {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no component %s", name)
	return nil
}

func TestDecodeBuild(t *testing.T) {
	m := decode(t, read(t, "build.spdx3.json"))
	p := m.Principal
	if p.Name != "core-image-minimal" || p.Contents != sbom.Complete || p.Published.IsZero() || m.Phase != "build" {
		t.Errorf("principal %+v, phase %q", p, m.Phase)
	}
	if len(m.Tools) != 1 || m.Tools[0] != (sbom.Tool{Name: "oe-spdx-creator", Version: "1.0"}) {
		t.Errorf("tools %v", m.Tools)
	}
	c := component(t, m, "busybox")
	want := &sbom.Component{
		Ref: "pkg:yocto/busybox@1.36.1", Type: sbom.TypeFile, Name: "busybox", Version: "1.36.1", PURL: "pkg:yocto/busybox@1.36.1",
		CPE: "cpe:2.3:*:*:busybox:1.36.1:*:*:*:*:*:*:*", Declared: "GPL-2.0-only AND LicenseRef-bzip2",
		LicenseTexts: []sbom.LicenseText{{ID: "LicenseRef-bzip2", Name: "bzip2", Text: "This program, bzip2"}},
		Supplier:     sbom.Party{Name: "Poky"},
		Links:        []sbom.Link{{Type: "website", URL: "https://www.busybox.example.org/"}},
		Properties:   []sbom.Property{{Name: "oe:layer", Value: "core"}},
	}
	got := *c
	got.Foreign = nil
	if d := diff(&sbom.Manifest{Components: []*sbom.Component{&got}}, &sbom.Manifest{Components: []*sbom.Component{want}}); d != "" {
		t.Errorf("got (-) is not want (+):\n%s", d)
	}
	var fields []string
	for _, f := range c.Foreign {
		fields = append(fields, f.Field)
	}
	wantFields := "comment extension externalIdentifier software_additionalPurpose software_primaryPurpose spdxId summary verifiedUsing"
	if strings.Join(fields, " ") != wantFields {
		t.Errorf("foreign fields %v, want %s", fields, wantFields)
	}
	if c := component(t, m, "busybox.c"); c.Concluded != "MIT" || c.Type != sbom.TypeFile || len(c.Copyright) != 1 {
		t.Errorf("file %+v", c)
	}
	if c := component(t, m, "model"); c.Type != "machine-learning-model" {
		t.Errorf("model %+v", c)
	}
	wantEdges := []sbom.Edge{
		{Kind: sbom.Contains, From: "pkg:yocto/busybox@1.36.1", To: "http://spdx.example.org/file/busybox-bin"},
		{Kind: sbom.DependsOn, From: "pkg:yocto/busybox@1.36.1", To: "http://spdx.example.org/image/rootfs"},
	}
	if !slices.Equal(m.Edges, wantEdges) {
		t.Errorf("edges %v", m.Edges)
	}
}

func TestDecodeNested(t *testing.T) {
	m, out := stable(t, read(t, "nested.spdx3.json"))
	p := m.Principal
	if p.Name != "root" || p.Version != "1.0" || len(p.Digests) != 1 || p.Ref != "https://example.org/doc#root" || len(p.Links) != 1 || p.SupportLevel != "limitedSupport" {
		t.Errorf("principal %+v", p)
	}
	if m.Author.Name != "Ada" || !m.Author.Person || len(m.Author.Contacts) != 1 || m.Created.Year() != 2026 {
		t.Errorf("author %+v, %v", m.Author, m.Created)
	}
	if !slices.Contains(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: p.Ref, To: "pkg:generic/lib@1"}) {
		t.Errorf("edges %v", m.Edges)
	}
	for _, code := range []string{"name.missing", "purl.invalid", "digest.invalid", "licence.invalid", "field.unread", "element.unread"} {
		if !has(m, code) {
			t.Errorf("no finding %s: %v", code, m.Findings)
		}
	}
	for _, s := range []string{"not a purl", "short", "yesterday", "LicenseRef-unknown", "name2", "2025-01-02T03:04:05Z", "https://elsewhere.example.org/agent"} {
		if !strings.Contains(string(out), s) {
			t.Errorf("%q is lost", s)
		}
	}
}

// TestAmended changes what was read: what is amended wins over what the document
// had.
func TestAmended(t *testing.T) {
	m := decode(t, read(t, "build.spdx3.json"))
	c := component(t, m, "busybox")
	c.Declared, c.CPE, c.Type, c.Version, c.Supplier.Name = "MIT", "cpe:/a:x:y", sbom.TypeLibrary, "2", "Somebody"
	c.LicenseTexts = nil
	m.Edges = nil
	m.Components = slices.DeleteFunc(m.Components, func(c *sbom.Component) bool { return c.Name == "busybox.c" })
	out := encode(t, m)
	got := decode(t, out)
	if g := component(t, got, "busybox"); g.Declared != "MIT" || g.CPE != "cpe:/a:x:y" || g.Type != sbom.TypeLibrary || g.Version != "2" || g.Supplier.Name != "Somebody" {
		t.Errorf("component %+v", g)
	}
	if len(got.Edges) > 0 {
		t.Errorf("edges %v", got.Edges)
	}
	x := byID(t, out)["http://spdx.example.org/package/busybox"]
	if x["software_primaryPurpose"] != "library" || x["comment"] != "stripped" {
		t.Errorf("element %v", x)
	}
}

// TestSmuggledForeign gives a manifest foreign data that would change what it
// says, or break the document.
func TestSmuggledForeign(t *testing.T) {
	bad := []sbom.Foreign{
		{Standard: standard, Field: "software_packageVersion", Value: `"6.6.6"`},
		{Standard: standard, Field: "name", Value: `null`},
		{Standard: standard, Field: "colour", Value: `"red"`},
		{Standard: standard, Field: "spdxId", Value: `"_:x"`},
		{Standard: standard, Field: "type", Value: `"Tool"`},
		{Standard: standard, Field: "summary", Value: `{`},
		{Standard: standard, Field: "comment", Value: `7`},
		{Standard: standard, Field: "creationInfo", Value: `"_:nowhere"`},
		{Standard: standard, Field: "extension", Value: `[{"type":"extension_CdxPropertiesExtension","extension_cdxProperty":[{"type":"extension_CdxPropertyEntry","extension_cdxPropName":"manifestgen:version","extension_cdxPropValue":"6.6.6"}]}]`},
	}
	const head = `"creationInfo":"_:creationinfo","spdxId":"https://example.org/x",`
	graph := []string{
		`{` + head + `"type":"software_Package","name":"smuggled"}`,
		`{` + head + `"type":"SpdxDocument","name":"smuggled"}`,
		`{` + head + `"type":"Relationship","from":"ROOT","relationshipType":"dependsOn","to":["LIB"]}`,
		`{` + head + `"type":"Relationship","from":"LIB","relationshipType":"hasDeclaredLicense","to":["https://spdx.org/licenses/GPL-2.0-only"]}`,
		`{` + head + `"type":"Annotation","annotationType":"other","subject":"ROOT","statement":"manifestgen/1 {}"}`,
		`{` + head + `"type":"Annotation","annotationType":"other","subject":"ROOT","statement":"manifestgen/finding {\"kind\":\"gap\"}"}`,
		`{"creationInfo":"_:creationinfo","type":"Tool","name":"no id"}`, `[]`, `7`, `{`, ``,
	}
	plain := formattest.Release()
	plain.Edges = nil
	ids := byID(t, encode(t, plain))
	root, lib := "", ""
	for id, x := range ids {
		switch {
		case x["name"] == "nova" && x["type"] == classPackage && x["software_packageVersion"] != nil:
			root = id
		case x["name"] == "example.org/a":
			lib = id
		}
	}
	s := schema(t)
	for _, f := range bad {
		m := formattest.Release()
		m.Edges = nil
		m.Components[0].Foreign = []sbom.Foreign{f}
		checkSmuggled(t, s.Validate, m, f.Value)
	}
	for _, value := range graph {
		m := formattest.Release()
		m.Edges = nil
		m.Foreign = []sbom.Foreign{{Standard: standard, Field: graphField, Value: strings.NewReplacer("ROOT", root, "LIB", lib).Replace(value)}}
		checkSmuggled(t, s.Validate, m, value)
	}
}

// checkSmuggled checks that a document is valid and says what the manifest says.
func checkSmuggled(t *testing.T, valid func(any) error, m *sbom.Manifest, name string) {
	t.Helper()
	out := encode(t, m)
	var doc any
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	if err := valid(doc); err != nil {
		t.Errorf("%s: %s", name, brief(err))
	}
	if d := diff(decode(t, out), m); d != "" {
		t.Errorf("%s: got (-) is not want (+):\n%s", name, d)
	}
}

// TestPrefixes writes ids with a prefix that the context explains, before and
// after the graph.
func TestPrefixes(t *testing.T) {
	data := encode(t, formattest.Release())
	want := decode(t, data)
	short := strings.ReplaceAll(string(data), namespaces+want.ID+"/2#", "m:")
	context := `"@context":["` + contextURL + `",{"m":"` + namespaces + want.ID + `/2#"}]`
	plain := `"@context":"` + contextURL + `",`
	graph := strings.TrimSpace(strings.Replace(short, plain, "", 1))
	for _, in := range []string{strings.Replace(short, plain, context+",", 1), graph[:len(graph)-1] + "," + context + "}"} {
		if d := diff(decode(t, []byte(in)), want); d != "" {
			t.Errorf("%.100s: got (-) is not want (+):\n%s", in, d)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const context = `"@context":"` + contextURL + `"`
	deep := strings.Repeat(`{"extension":[`, 5000) + strings.Repeat(`]}`, 5000)
	tests := []struct{ name, in, wantErr string }{
		{"empty", ``, "EOF"},
		{"null", `null`, "no JSON object"},
		{"a list", `[]`, "no JSON object"},
		{"CycloneDX", `{"bomFormat":"CycloneDX"}`, "not SPDX 3"},
		{"SPDX 2", `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT"}`, "not SPDX 3"},
		{"another JSON-LD", `{"@context":"https://schema.org","@graph":[]}`, "not SPDX 3"},
		{"graph is no list", `{` + context + `,"@graph":7}`, "no list"},
		{"breaks off", `{` + context + `,"@graph":[`, "EOF"},
		{"broken", `{` + context + `,"@graph":[{"type":]}`, "invalid character"},
		{"no comma", `{` + context + ` "@graph":[]}`, "invalid character"},
		{"text after the document", `{` + context + `,"@graph":[]} {}`, "after"},
		{"too deep", `{` + context + `,"@graph":[` + deep + `]}`, "deep"},
		{"far too deep", `{` + context + `,"@graph":[` + strings.Repeat(`{"extension":[`, 9000), "depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Decode(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) || m != nil {
				t.Errorf("Decode = %v, %.300v, want an error with %q", m, err, tt.wantErr)
			}
		})
	}
}

// TestDecodeOdd reads what is hardly a document, but SPDX 3.
func TestDecodeOdd(t *testing.T) {
	const context = `"@context":"` + contextURL + `"`
	root := `{"type":"software_Package","spdxId":"https://x.example/a","creationInfo":"_:c","name":"a"}`
	other := strings.ReplaceAll(root, "x.example/a", "x.example/b")
	tests := []struct{ name, in, ref, code string }{
		{"empty graph", `{` + context + `,"@graph":[]}`, "_:principal", "root.missing"},
		{"no graph", `{` + context + `}`, "_:principal", "root.missing"},
		{"one element", `{` + context + `,` + root[1:], "https://x.example/a", "root.guessed"},
		{"one element in the graph", `{` + context + `,"@graph":` + root + `}`, "https://x.example/a", "root.guessed"},
		{"no document", `{` + context + `,"@graph":[` + root + `]}`, "https://x.example/a", "root.guessed"},
		{"no context", `{"@graph":[{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1"},` + root + `]}`, "https://x.example/a", "root.guessed"},
		{"one id twice", `{` + context + `,"@graph":[` + root + `,` + strings.ReplaceAll(root, `"a"}`, `"b"}`) + `]}`, "https://x.example/a", "id.duplicate"},
		{"two roots", `{` + context + `,"@graph":[` + root + `,` + other + `,{"type":"SpdxDocument","spdxId":"https://x.example/d","creationInfo":"_:c","rootElement":["https://x.example/b","https://x.example/a"]}]}`,
			"https://x.example/b", "root.several"},
		{"cycle", `{` + context + `,"@graph":[` + root + `,` + other + `,{"type":"Relationship","spdxId":"https://x.example/1","creationInfo":"_:c","from":"https://x.example/a","relationshipType":"contains","to":["https://x.example/b"]},
			{"type":"Relationship","spdxId":"https://x.example/2","creationInfo":"_:c","from":"https://x.example/b","relationshipType":"contains","to":["https://x.example/a"]}]}`, "https://x.example/a", "root.guessed"},
		{"blank nodes refer to themselves", `{` + context + `,"@graph":[` + root + `,{"type":"Hash","@id":"_:h","verifiedUsing":["_:h"]},{"type":"software_Package","spdxId":"https://x.example/z","verifiedUsing":["_:h"]}]}`, "https://x.example/a", "name.missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, _ := stable(t, []byte(tt.in))
			if m.Principal.Ref != tt.ref || !has(m, tt.code) {
				t.Errorf("principal %q, findings %v", m.Principal.Ref, m.Findings)
			}
		})
	}
}

// FuzzDecode checks that whatever can be read can be written, and then reads the
// same again.
func FuzzDecode(f *testing.F) {
	f.Add(read(f, "build.spdx3.json"))
	f.Add(read(f, "nested.spdx3.json"))
	for _, m := range []*sbom.Manifest{formattest.Minimal(), formattest.Full(), formattest.Release(), formattest.Words()} {
		f.Add(encode(f, m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Decode(strings.NewReader(string(data))); err == nil {
			stable(t, data)
		}
	})
}
