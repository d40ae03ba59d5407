package cyclonedx

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// The documents in testdata are written by hand in the shape that other tools
// give theirs. All are valid by the official schemas.
//
//go:embed testdata
var testdata embed.FS

func foreignDocuments(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	names, err := fs.Glob(testdata, "testdata/*.*")
	if err != nil || len(names) == 0 {
		t.Fatal(err, "no documents")
	}
	for _, name := range names {
		data, err := testdata.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[path.Base(name)] = data
	}
	return all
}

// encoderOf returns an encoder for the version and form of a document.
func encoderOf(t *testing.T, name string, data []byte) Encoder {
	t.Helper()
	r := &reader{}
	e := Encoder{XML: path.Ext(name) == ".xml"}
	if e.XML {
		if err := r.inspect(data); err != nil {
			t.Fatal(err)
		}
	} else if err := r.readVersion(data); err != nil {
		t.Fatal(err)
	}
	e.Version = r.version.String()
	return e
}

func TestForeignIsValid(t *testing.T) {
	for name, data := range foreignDocuments(t) {
		t.Run(name, func(t *testing.T) {
			e := encoderOf(t, name, data)
			validate := validator(t, e)
			if err := validate(data); err != nil {
				t.Fatalf("the document of the test: %v", err)
			}
			m := decode(t, data)
			for _, version := range Versions() {
				for _, isXML := range []bool{false, true} {
					e := Encoder{Version: version, XML: isXML, Indent: true}
					out := encodeAs(t, e, m)
					if err := validator(t, e)(out); err != nil {
						t.Errorf("%s, XML %v: %.2000v", version, isXML, err)
					}
					if d := diff(decode(t, out), m); d != "" {
						t.Errorf("%s, XML %v: got (-) is not want (+):\n%.2000s", version, isXML, d)
					}
				}
			}
		})
	}
}

// TestForeignComesBack checks that a document that is written again in its own
// version has all that it had, and in the same places.
func TestForeignComesBack(t *testing.T) {
	for name, data := range foreignDocuments(t) {
		t.Run(name, func(t *testing.T) {
			e := encoderOf(t, name, data)
			m := decode(t, data)
			for _, f := range m.Findings {
				if strings.HasPrefix(f.Code, "field.") {
					t.Errorf("finding %v", f)
				}
			}
			got := encodeAs(t, e, m)
			if e.XML {
				t.Skip("the forms of XML are compared by what they decode to")
			}
			missing(t, "", bare(generic(t, got)), bare(generic(t, data)))
		})
	}
}

func generic(t *testing.T, data []byte) any {
	t.Helper()
	var x any
	if err := json.Unmarshal(data, &x); err != nil {
		t.Fatal(err)
	}
	return x
}

// missing reports what want has and got has not, in any order; what says nothing
// is left out of both. Signatures are
// carried as properties.
func missing(t *testing.T, where string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for key, value := range want {
			if key != "signature" && key != "$schema" {
				missing(t, where+"."+key, object[key], value)
			}
		}
	case []any:
		list, _ := got.([]any)
		for _, value := range want {
			if i := slices.IndexFunc(list, func(e any) bool { return sameThing(e, value) }); i >= 0 {
				missing(t, where+"."+nameOf(value), list[i], value)
			} else {
				t.Errorf("%s has no %v", where, value)
			}
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", where, got, want)
		}
	}
}

// sameThing reports whether two elements of lists are about the same thing.
func sameThing(a, b any) bool {
	if nameOf(b) != "" {
		return nameOf(a) == nameOf(b)
	}
	return covers(a, b)
}

// covers reports whether got has all that want has.
func covers(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for key, value := range want {
			if !covers(object[key], value) {
				return false
			}
		}
		return object != nil
	case []any:
		list, _ := got.([]any)
		return !slices.ContainsFunc(want, func(value any) bool {
			return !slices.ContainsFunc(list, func(e any) bool { return covers(e, value) })
		})
	default:
		return got == want
	}
}

func nameOf(x any) string {
	object, _ := x.(map[string]any)
	for _, key := range []string{"bom-ref", "ref"} {
		if s, ok := object[key].(string); ok {
			return s
		}
	}
	return ""
}

func TestSignaturesAreCarried(t *testing.T) {
	m := decode(t, foreignDocuments(t)["rich-1.6.json"])
	carried := slices.ContainsFunc(m.Foreign, func(f sbom.Foreign) bool { return f.Field == "signature" })
	got := encodeAs(t, Encoder{}, m)
	if !carried || bytes.Contains(got, []byte(`"signature":{`)) || !bytes.Contains(got, []byte(`\"signature\"`)) {
		t.Errorf("the signature of the document: kept %v, written %s", carried, got)
	}
}

// TestAmendedFactWins changes facts of a foreign document: the foreign fields
// that contradict them are not written in their places.
func TestAmendedFactWins(t *testing.T) {
	m := decode(t, foreignDocuments(t)["rich-1.6.json"])
	for _, c := range m.Components {
		if len(c.Foreign) > 0 && c.Declared != "" {
			c.Declared, c.Concluded, c.LicenseTexts = "0BSD", "", nil
		}
	}
	again := decode(t, encodeAs(t, Encoder{}, m))
	if d := diff(again, m); d != "" {
		t.Errorf("got (-) is not want (+):\n%.3000s", d)
	}
}

func TestImperfect(t *testing.T) {
	const head = `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"a","bom-ref":"a"}},`
	const bom = `<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">`
	tests := []struct {
		name, in, code string
		want           []string // what the manifest has, as JSON
	}{
		{"no root, one component", `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"x","bom-ref":"x","components":[{"name":"y","bom-ref":"y"}]}]}`,
			"principal.missing", []string{`"principal":{"ref":"x","name":"x"}`, `"components":[{"ref":"y","name":"y"}]`}},
		{"no root", `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"x"},{"name":"y"}]}`, "principal.missing", []string{`"name":"document"`}},
		{"no root, nothing", `{"bomFormat":"CycloneDX","specVersion":"1.6"}`, "principal.missing", []string{`"name":"document"`}},
		{"one ref twice", head + `"components":[{"name":"x","bom-ref":"x"},{"name":"y","components":[{"name":"z","bom-ref":"x"}]}]}`, "ref.duplicate", []string{`"ref":"x~2","name":"z"`}},
		{"the ref of the principal", head + `"components":[{"name":"x","bom-ref":"a"}]}`, "ref.duplicate", []string{`"ref":"a~2"`}},
		{"null component", head + `"components":[null]}`, "component.unnamed", []string{`"name":"unnamed"`}},
		{"no name", head + `"components":[{"purl":"pkg:npm/x@1"}]}`, "component.unnamed", []string{`"name":"x@1"`}},
		{"bad digest", head + `"components":[{"name":"x","hashes":[{"alg":"SHA-256","content":"00"}]}]}`, "digest.invalid", []string{`"field":"hashes","value":"[{\"alg\":\"SHA-256\",\"content\":\"00\"}]"`}},
		{"unknown digest", head + `"components":[{"name":"x","hashes":[{"alg":"Streebog-256","content":"00"}]}]}`, "digest.invalid", []string{`Streebog`}},
		{"bad purl", head + `"components":[{"name":"x","purl":"npm/x"}]}`, "purl.invalid", []string{`"field":"purl","value":"\"npm/x\""`}},
		{"bad expression", head + `"components":[{"name":"x","licenses":[{"expression":"MIT AND AND"}]}]}`, "", []string{`"declared":"LicenseRef-MIT-AND-AND"`, `"name":"MIT AND AND"`}},
		{"unknown licence", head + `"components":[{"name":"x","licenses":[{"license":{"id":"Mine"}},{"expression":"MIT OR 0BSD"}]}]}`, "", []string{`"declared":"LicenseRef-Mine AND (MIT OR 0BSD)"`}},
		{"LicenseRef without text", head + `"components":[{"name":"x","licenses":[{"expression":"LicenseRef-x"}]}]}`, "", []string{`"id":"LicenseRef-x","text":"LicenseRef-x"`}},
		{"no licence at all", head + `"components":[{"name":"x","licenses":[{"license":{}}]}]}`, "", []string{`"name":"x"`}},
		{"bad time", `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"yesterday","component":{"name":"a"}}}`, "", []string{`"field":"metadata.timestamp","value":"\"yesterday\""`}},
		{"bad serial number", head + `"serialNumber":"urn:uuid:X"}`, "", []string{`"field":"serialNumber","value":"\"urn:uuid:X\""`}},
		{"a number for a name", head + `"components":[{"name":7,"version":1.0}]}`, "field.unknown", []string{`"field":"name","value":"7"`, `"field":"version","value":"1.0"`}},
		{"unknown keys", head + `"x-a":1,"components":[{"name":"x","x-b":{"c": [1]},"components":[{"name":"y","x-d":2}]}]}`, "field.unknown",
			[]string{`"field":"x-a","value":"1"`, `"field":"x-b","value":"{\"c\":[1]}"`, `"field":"x-d","value":"2"`}},
		{"an unknown key in the metadata", `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"x-a":1,"component":{"name":"a","x-b":2}}}`, "field.unknown",
			[]string{`"field":"metadata.x-a","value":"1"`, `"field":"x-b","value":"2"`}},
		{"an unknown key deep down", head + `"components":[{"name":"x","licenses":[{"license":{"id":"MIT","x-a":1}}]}]}`, "field.unknown", []string{`\"x-a\":1`}},
		{"a list of another kind", head + `"services":{"a":1}}`, "field.unknown", []string{`"field":"services","value":"{\"a\":1}"`}},
		{"two lists of components", head + `"components":[{"name":"x"}],"components":[{"name":"y"}]}`, "", []string{`"name":"x"`, `"name":"y"`}},
		{"version last", `{"components":[{"name":"x"}],"metadata":{"component":{"name":"a"}},"specVersion":"1.4","bomFormat":"CycloneDX"}`, "", []string{`"name":"x"`}},
		{"a dependency on a service", head + `"dependencies":[{"ref":"a","dependsOn":["s"]}],"services":[{"bom-ref":"s","name":"s"}]}`, "edge.dangling", []string{`"field":"dependencies"`, `"field":"services"`}},
		{"cyclic dependencies", head + `"components":[{"name":"x","bom-ref":"x"}],"dependencies":[{"ref":"a","dependsOn":["x","a"]},{"ref":"x","dependsOn":["a","a"]}]}`, "", []string{`"from":"x","to":"a"`}},
		{"nulls", head + `"components":null,"dependencies":[null],"services":[null],"compositions":[null],"annotations":[null]}`, "", nil},
		{"XML: elements of others", bom + `<metadata><component type="application"><name>a</name></component></metadata><x:more xmlns:x="urn:x">1</x:more></bom>`, "field.dropped", []string{`more`}},
		{"XML: more of an occurrence", bom + `<components><component type="library"><name>a</name><evidence><occurrences><occurrence><location>l</location><line>1</line></occurrence></occurrences></evidence></component></components></bom>`,
			"field.dropped", []string{`line`, `"path":"l"`}},
		{"XML: a prefix", `<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"><c:components><c:component type="library"><c:name>a</c:name></c:component></c:components></c:bom>`, "principal.missing", []string{`"name":"a"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := decode(t, []byte(tt.in))
			has := slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == tt.code && f.Kind == sbom.Note })
			if tt.code != "" && !has {
				t.Errorf("findings %v, want one %s", m.Findings, tt.code)
			}
			got, err := marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !bytes.Contains(got, []byte(want)) {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			for _, e := range []Encoder{{}, {XML: true}, {Version: "1.2"}, {Version: "1.7"}} {
				data := encodeAs(t, e, m)
				if err := validator(t, Encoder{Version: cmp.Or(e.Version, "1.6"), XML: e.XML})(data); err != nil {
					t.Errorf("%+v: %v", e, err)
				}
				if d := diff(decode(t, data), m); d != "" {
					t.Errorf("%+v: got (-) is not want (+):\n%.2000s", e, d)
				}
			}
		})
	}
}

// FuzzDecode checks that whatever can be read can be written, and then reads the
// same again, in JSON and in XML.
func FuzzDecode(f *testing.F) {
	for _, data := range foreignDocuments(f) {
		f.Add(data)
	}
	for _, m := range []*sbom.Manifest{formattest.Minimal(), formattest.Full(), formattest.Release(), formattest.Words()} {
		for _, e := range []Encoder{{}, {XML: true}, {Version: "1.2"}, {Version: "1.4", XML: true}} {
			f.Add(encodeAs(f, e, m))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, e := range []Encoder{{}, {XML: true}, {Version: "1.2"}} {
			twice := decode(t, encodeAs(t, e, once))
			if d := diff(twice, facts.Order(once)); d != "" {
				t.Errorf("%+v: got (-) is not want (+):\n%.3000s", e, d)
			}
		}
	})
}
