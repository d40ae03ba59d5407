package spdx

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

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

// foreign is in the shape that other tools write, with the spellings that the
// standard allows beside ours.
const foreign = `{
"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", "documentNamespace": "https://example.org/x",
"creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Organization: AT\u0026T \"Labs\" (a@example.org)", "Tool: syft-1.2.3"], "licenseListVersion": "3.25"},
"documentDescribes": ["SPDXRef-root"],
"packages": [
 {"SPDXID": "SPDXRef-lib", "name": "lib", "versionInfo": "1", "downloadLocation": "https://example.org/lib.tgz", "supplier": "Person: Z\u00fc\\", "homepage": "https://example.org/lib",
  "licenseDeclared": "MIT", "licenseConcluded": "NOASSERTION", "copyrightText": "NONE", "primaryPackagePurpose": "OPERATING-SYSTEM",
  "checksums": [{"algorithm": "SHA1", "checksumValue": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}],
  "externalRefs": [{"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:generic/lib@1"}]},
 {"SPDXID": "SPDXRef-root", "name": "root", "downloadLocation": "NOASSERTION", "filesAnalyzed": false},
 {"SPDXID": "SPDXRef-copy", "name": "lib", "versionInfo": "1", "downloadLocation": "NONE",
  "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:generic/lib@1"}]}
],
"files": [{"SPDXID": "SPDXRef-file", "fileName": "a", "checksums": []}],
"relationships": [
 {"spdxElementId": "SPDXRef-lib", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-root"},
 {"spdxElementId": "SPDXRef-copy", "relationshipType": "CONTAINED_BY", "relatedSpdxElement": "SPDXRef-lib"},
 {"spdxElementId": "SPDXRef-root", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-file"},
 {"spdxElementId": "SPDXRef-lib", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "NOASSERTION"},
 null
]}`

func TestDecodeForeign(t *testing.T) {
	m, err := Decode(strings.NewReader(foreign))
	if err != nil {
		t.Fatal(err)
	}
	m.Foreign, m.Principal.Foreign = nil, nil // see TestForeign
	for _, c := range m.Components {
		c.Foreign = nil
	}
	got, _ := json.MarshalIndent(m, "", " ")
	want := `{
 "id": "",
 "version": 0,
 "created": "2026-01-02T03:04:05Z",
 "tools": [
  {
   "name": "syft",
   "version": "1.2.3"
  }
 ],
 "author": {
  "name": "AT\u0026T \"Labs\"",
  "contacts": [
   {
    "email": "a@example.org"
   }
  ]
 },
 "principal": {
  "ref": "SPDXRef-root",
  "name": "root"
 },
 "components": [
  {
   "ref": "SPDXRef-copy",
   "name": "lib",
   "version": "1",
   "purl": "pkg:generic/lib@1"
  },
  {
   "ref": "pkg:generic/lib@1",
   "type": "operating-system",
   "name": "lib",
   "version": "1",
   "purl": "pkg:generic/lib@1",
   "digests": [
    {
     "algorithm": "SHA-1",
     "value": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    }
   ],
   "declared": "MIT",
   "supplier": {
    "name": "Zü\\",
    "person": true
   },
   "links": [
    {
     "type": "website",
     "url": "https://example.org/lib"
    },
    {
     "type": "distribution",
     "url": "https://example.org/lib.tgz"
    }
   ],
   "dependencies": "undetermined"
  }
 ],
 "edges": [
  {
   "kind": "depends-on",
   "from": "SPDXRef-root",
   "to": "pkg:generic/lib@1"
  },
  {
   "kind": "contains",
   "from": "pkg:generic/lib@1",
   "to": "SPDXRef-copy"
  }
 ]
}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const head = `{"spdxVersion":"SPDX-2.3","documentDescribes":["SPDXRef-a"],"packages":[{"SPDXID":"SPDXRef-a","name":"a"}],`
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	tests := []struct{ name, in, wantErr string }{
		{"empty", ``, "unexpected end"},
		{"another format", `{"bomFormat":"CycloneDX"}`, "spdxVersion"},
		{"SPDX 3", `{"spdxVersion":"SPDX-3.0"}`, "SPDX-3.0"},
		{"text after the document", `{} {}`, "after the document"},
		{"breaks off", head + `"files":[{"a":`, "unexpected end"},
		{"breaks off in a string", head + `"files":["a`, "unexpected end"},
		{"no value", head + `"files":[nul]}`, "no value"},
		{"a number that is none", head + `"files":[01]}`, "no value"},
		{"an escape that is none", head + `"comment":"\x"}`, "invalid character"},
		{"a line break in a string", head + "\"comment\":\"a\nb\"}", "control character"},
		{"two values without a comma", head + `"files":[1 2]}`, "should be"},
		{"a comma at the end", head + `"files":[1,]}`, "no value"},
		{"too deep", head + `"x":` + deep + `}`, "deeper"},
		{"tag-value without an end", "SPDXVersion: SPDX-2.3\nPackageName: <text>a\nb", "line 3: the text that begins in line 2"},
		{"tag-value without a tag", "SPDXVersion: SPDX-2.3\nabc", "line 2"},
		{"tag-value, text after a text", "SPDXVersion: SPDX-2.3\nPackageName: <text>a</text> b", "line 2"},
		{"tag-value, comment of nothing", "SPDXVersion: SPDX-2.3\nExternalRefComment: a", "line 2"},
		{"tag-value, not a relationship", "SPDXVersion: SPDX-2.3\nRelationship: a b", "line 2"},
		{"tag-value, SPDX 3", "SPDXVersion: SPDX-3.0\n", "SPDX-3.0"},
		{"YAML that is none", "spdxVersion: [", "YAML"},
		{"YAML, another format", "name: x", "spdxVersion"},
		{"YAML with a bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nspdxVersion: SPDX-2.3\n", "anchors"},
		{"YAML too deep", "spdxVersion: SPDX-2.3\nx: " + strings.Repeat("[", 1<<20), "deep"},
		{"YAML too deep in lists", "spdxVersion: SPDX-2.3\nx:\n" + strings.Repeat("- ", 1<<20), "deep"},
		{"YAML, two documents", "spdxVersion: SPDX-2.3\n---\nspdxVersion: SPDX-2.3\n", "2 YAML documents"},
		{"YAML, one key twice", "spdxVersion: SPDX-2.3\nspdxVersion: SPDX-2.3\n", "YAML"},
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

func TestDecoderLimit(t *testing.T) {
	data := encode(t, formattest.Minimal())
	if _, err := (Decoder{Limit: int64(len(data))}).Decode(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
	if _, err := (Decoder{Limit: int64(len(data)) - 1}).Decode(bytes.NewReader(data)); !errors.Is(err, facts.ErrTooLong) {
		t.Errorf("error %v, want %v", err, facts.ErrTooLong)
	}
}

// FuzzDecode checks that whatever can be read can be written in each
// serialisation, and then reads the same again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(foreign))
	for _, name := range append(slices.Clone(foreignFiles), "odd.spdx.json") {
		f.Add(readFile(f, name))
	}
	for _, m := range []*sbom.Manifest{formattest.Minimal(), formattest.Full(), formattest.Release(), formattest.Words()} {
		for _, e := range encoders {
			f.Add(write(f, e, m))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, e := range encoders {
			first := write(t, e, once)
			twice, err := Decode(bytes.NewReader(first))
			if err != nil {
				t.Fatalf("%v: what was written cannot be read: %v", e, err)
			}
			if second := write(t, e, twice); !bytes.Equal(first, second) {
				t.Errorf("%v: first\n%s\nthen\n%s", e, first, second)
			}
		}
	})
}

// TestHostile reads documents that cost a careless reader its time or its stack.
// What they say that no manifest can hold is noted.
func TestHostile(t *testing.T) {
	const head = `{"spdxVersion":"SPDX-2.3","documentDescribes":["SPDXRef-a"],"packages":[`
	many := func(n int, format string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = strings.ReplaceAll(format, "#", strconv.Itoa(i))
		}
		return strings.Join(list, ",")
	}
	tests := []struct{ name, in, code string }{
		{"a million parentheses", head + `{"SPDXID":"SPDXRef-a","name":"a","licenseDeclared":"` + strings.Repeat("(", 1<<20) + `"}]}`, "licence.invalid"},
		{"an endless expression", head + `{"SPDXID":"SPDXRef-a","name":"a","licenseDeclared":"` + strings.Repeat("LicenseRef-a OR ", 1<<17) + `MIT"}]}`, "licence.invalid"},
		{"a package URL with a zero", head + `{"SPDXID":"SPDXRef-a","name":"a","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:%00"}]}]}`, "purl.invalid"},
		{"one id for all", head + many(20000, `{"SPDXID":"SPDXRef-a","name":"#"}`) + `]}`, "id.duplicate"},
		{"everything described", head + many(20000, `{"SPDXID":"SPDXRef-#","name":"#"}`) + `],"relationships":[` +
			many(20000, `{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-#"}`) + `]}`, "document.root"},
		{"unknown keys", head + `{"SPDXID":"SPDXRef-a",` + many(20000, `"key#":#`) + `}],` + many(20000, `"key#":#`) + `}`, "name.missing"},
		{"a ring", head + `{"SPDXID":"SPDXRef-a","name":"a"},{"SPDXID":"SPDXRef-b","name":"b"}],"relationships":[
			{"spdxElementId":"SPDXRef-a","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-b"},
			{"spdxElementId":"SPDXRef-b","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-a"},
			{"spdxElementId":"SPDXRef-a","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-a"}]}`, ""},
		{"unknown tags", "SPDXVersion: SPDX-2.3\nDocumentName: x\n" + strings.ReplaceAll(many(20000, "Tag#: #"), ",", "\n"), "document.root"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Decode(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == tt.code }) && tt.code != "" {
				t.Errorf("no finding %s", tt.code)
			}
			first := encode(t, m)
			if !bytes.Equal(encode(t, read(t, first)), first) {
				t.Error("what was written reads as something else")
			}
		})
	}
}

// BenchmarkMany compares with encoding/json on the bare structs, written in the
// same form: the metric x-json is how many times as long we take.
func BenchmarkMany(b *testing.B) {
	m := formattest.Many(200_000)
	data := encode(b, m)
	doc := &document{}
	if err := json.Unmarshal(bytes.ReplaceAll(data, []byte(`"filesAnalyzed":false`), []byte(`"filesAnalyzed":"false"`)), doc); err != nil {
		b.Fatal(err)
	}
	bare, err := json.Marshal(doc)
	if err != nil {
		b.Fatal(err)
	}
	formattest.Compare(b, "encode",
		func() error {
			e := json.NewEncoder(new(bytes.Buffer))
			e.SetEscapeHTML(false)
			return e.Encode(doc)
		},
		func() error { return Encode(new(bytes.Buffer), m) })
	formattest.Compare(b, "decode", func() error { return json.Unmarshal(bare, &document{}) },
		func() error { _, err := Decode(bytes.NewReader(data)); return err })
}
