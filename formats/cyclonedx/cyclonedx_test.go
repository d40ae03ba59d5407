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

// foreign is in the shape that other tools write.
const foreign = `{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
"metadata": {"timestamp": "2026-01-02T03:04:05+01:00", "tools": [{"vendor": "v", "name": "t", "version": "1"}],
 "component": {"type": "application", "name": "root", "components": [{"type": "library", "name": "inner", "version": "2"}]}},
"components": [
 {"type": "library", "bom-ref": "l", "group": "org.example", "name": "lib", "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "House Rules", "text": {"content": "Be kind."}}}],
  "hashes": [{"alg": "MD5", "content": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}], "authors": [{"name": "Ada"}],
  "components": [{"type": "library", "name": "inner", "version": "2"}]}],
"dependencies": [{"ref": "l", "dependsOn": ["service"]}],
"compositions": [{"aggregate": "incomplete_third_party_only", "assemblies": ["l"]}, {"aggregate": "not_specified", "dependencies": ["l"]}],
"services": [{"bom-ref": "service", "name": "s"}], "x-ext": 1}`

func TestDecodeForeign(t *testing.T) {
	m, err := Decode(strings.NewReader(foreign))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.MarshalIndent(m, "", " ")
	want := `{
 "id": "",
 "version": 1,
 "created": "2026-01-02T02:04:05Z",
 "tools": [
  {
   "name": "t",
   "version": "1"
  }
 ],
 "principal": {
  "ref": "application:root@",
  "type": "application",
  "name": "root"
 },
 "components": [
  {
   "ref": "l",
   "type": "library",
   "name": "org.example/lib",
   "digests": [
    {
     "algorithm": "MD5",
     "value": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    }
   ],
   "declared": "MIT AND LicenseRef-House-Rules",
   "licenseTexts": [
    {
     "id": "LicenseRef-House-Rules",
     "name": "House Rules",
     "text": "Be kind."
    }
   ],
   "maker": {
    "name": "Ada",
    "person": true
   },
   "contents": "incomplete"
  },
  {
   "ref": "library:inner@2",
   "type": "library",
   "name": "inner",
   "version": "2"
  },
  {
   "ref": "library:inner@2~2",
   "type": "library",
   "name": "inner",
   "version": "2"
  }
 ],
 "edges": [
  {
   "kind": "contains",
   "from": "l",
   "to": "library:inner@2~2"
  }
 ],
 "findings": [
  {
   "kind": "note",
   "code": "edge.dangling",
   "detail": "relations to something that is no component are left out: 1"
  }
 ]
}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const head = `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"a","bom-ref":"a"}},`
	tests := []struct{ name, in, wantErr string }{
		{"empty", ``, "unexpected end"},
		{"another format", `{"spdxVersion":"SPDX-2.3"}`, "bomFormat"},
		{"a version of the future", `{"bomFormat":"CycloneDX","specVersion":"9.9"}`, "invalid specification version"},
		{"no principal", `{"bomFormat":"CycloneDX","specVersion":"1.6"}`, "metadata.component"},
		{"one ref twice", head + `"components":[{"name":"x","bom-ref":"x"},{"name":"y","components":[{"name":"z","bom-ref":"x"}]}]}`, `bom-ref "x"`},
		{"the ref of the principal", head + `"components":[{"name":"x","bom-ref":"a"}]}`, `bom-ref "a"`},
		{"null component", head + `"components":[null]}`, "no name"},
		{"bad digest", head + `"components":[{"name":"x","hashes":[{"alg":"SHA-256","content":"00"}]}]}`, "SHA-256"},
		{"too deep", head + `"components":` + strings.Repeat(`[{"name":"x","components":`, 6000) + `[]` + strings.Repeat(`}]`, 6000) + `}`, "max depth"},
		{"text after the document", `{} {}`, "after top-level"},
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

// FuzzDecode checks that whatever can be read can be written, and then reads the
// same again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(foreign))
	for _, m := range []*sbom.Manifest{formattest.Minimal(), formattest.Full(), formattest.Release(), formattest.Words()} {
		f.Add(encode(f, m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		first := encode(t, once)
		twice, err := Decode(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if second := encode(t, twice); !bytes.Equal(first, second) {
			t.Errorf("first\n%s\nthen\n%s", first, second)
		}
	})
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
	formattest.Compare(b, "encode", func() error { return formattest.Bare(bom) },
		func() error { return Encode(new(bytes.Buffer), m) })
	formattest.Compare(b, "decode", func() error { return json.Unmarshal(data, &cdx.BOM{}) },
		func() error { _, err := Decode(bytes.NewReader(data)); return err })
}
