package cyclonedx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// eachVersion runs test for each version in JSON and in XML.
func eachVersion(t *testing.T, test func(t *testing.T, e Encoder)) {
	for _, version := range Versions() {
		for _, isXML := range []bool{false, true} {
			form := map[bool]string{false: "json", true: "xml"}[isXML]
			t.Run(version+"/"+form, func(t *testing.T) { test(t, Encoder{Version: version, XML: isXML, Indent: true}) })
		}
	}
}

// eachFixture runs test for each version and each fixture.
func eachFixture(t *testing.T, test func(t *testing.T, e Encoder, m *sbom.Manifest)) {
	eachVersion(t, func(t *testing.T, e Encoder) {
		all := formattest.Fixtures()
		all["many"] = formattest.Many(200)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.Run(name, func(t *testing.T) { test(t, e, all[name]) })
		}
	})
}

func encodeAs(t testing.TB, e Encoder, m *sbom.Manifest) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := e.Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func decode(t testing.TB, data []byte) *sbom.Manifest {
	t.Helper()
	m, err := Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func diff(got, want *sbom.Manifest) string {
	a, err := marshal(got)
	b, wrong := marshal(want)
	if err == nil && wrong == nil && bytes.Equal(a, b) {
		return "" // without a look at each of their many fields
	}
	return cmp.Diff(got, want, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(sbom.Joints{}))
}

// record finds the record of the principal, as a property or as the external
// reference that carries one.
var record = regexp.MustCompile(`(?s)<property name="manifestgen:record">.*?</property>` +
	`|<reference type="other">\s*<url>manifestgen:property:manifestgen:record</url>.*?</reference>` +
	`|,?\s*\{\s*"name": "manifestgen:record",\s*"value": "manifestgen/1 (?:[^"\\]|\\.)*"\s*\}` +
	`|,?\s*\{\s*"url": "manifestgen:property:manifestgen:record",\s*"comment": "manifestgen/1 (?:[^"\\]|\\.)*",\s*"type": "other"\s*\}`)

// TestVersionsRoundTrip reads what was written, as it is and without the record,
// which alone has the evidence.
func TestVersionsRoundTrip(t *testing.T) {
	eachFixture(t, func(t *testing.T, e Encoder, m *sbom.Manifest) {
		data, want := encodeAs(t, e, m), *facts.Order(m)
		if d := diff(decode(t, data), &want); d != "" {
			t.Errorf("got (-) is not want (+):\n%.3000s", d)
		}
		if n := len(record.FindAll(data, -1)); n != 1 {
			t.Fatalf("%d records in the document", n)
		}
		data = regexp.MustCompile(`\[\s*,`).ReplaceAll(record.ReplaceAll(data, nil), []byte("["))
		p := *m.Principal
		p.Evidence, want.Principal = nil, &p
		if d := diff(decode(t, data), &want); d != "" {
			t.Errorf("without the record: got (-) is not want (+):\n%.3000s", d)
		}
	})
}

// schemaFile returns the path of an official schema. Without the schemas a test
// is skipped, but not by the builds of the project.
func schemaFile(t *testing.T, names ...string) string {
	t.Helper()
	dir := os.Getenv("MANIFESTGEN_SCHEMAS")
	for _, name := range names {
		if file := filepath.Join(dir, name); dir != "" && exists(file) {
			return file
		}
	}
	skip(t, fmt.Sprintf("no %v in MANIFESTGEN_SCHEMAS=%q: run `make schemas`", names, dir))
	return ""
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// validator returns a function that validates documents of a version by its
// official schema; by the strict one where there are two.
func validator(t *testing.T, e Encoder) func(data []byte) error {
	t.Helper()
	if e.XML {
		return xmllint(t, schemaFile(t, "cyclonedx-bom-"+e.Version+".xsd", "bom-"+e.Version+".SNAPSHOT.xsd"))
	}
	strict := ""
	if e.Version < "1.4" {
		strict = "-strict"
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	main := "http://cyclonedx.org/schema/bom-" + e.Version + strict + ".schema.json"
	resource(t, c, main, schemaFile(t, "cyclonedx-bom-"+e.Version+strict+".schema.json", "bom-"+e.Version+strict+".SNAPSHOT.schema.json"))
	for _, name := range []string{"spdx", "jsf-0.82", "cryptography-defs"} {
		resource(t, c, "http://cyclonedx.org/schema/"+name+".schema.json", schemaFile(t, name+".schema.json", name+".SNAPSHOT.schema.json"))
	}
	s, err := c.Compile(main)
	if err != nil {
		t.Fatal(err)
	}
	return func(data []byte) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return err
		}
		return s.Validate(doc)
	}
}

func resource(t *testing.T, c *jsonschema.Compiler, url, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
}

func xmllint(t *testing.T, schema string) func(data []byte) error {
	t.Helper()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		skip(t, "no xmllint: apt-get install libxml2-utils")
	}
	return func(data []byte) error {
		cmd := exec.Command(program, "--noout", "--nonet", "--huge", "--schema", schema, "-")
		cmd.Stdin = bytes.NewReader(data)
		var out bytes.Buffer
		cmd.Stderr = &out
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%w: %.3000s", err, out.String())
		}
		return nil
	}
}

func TestVersionsAreValid(t *testing.T) {
	eachVersion(t, func(t *testing.T, e Encoder) {
		validate := validator(t, e)
		all := formattest.Fixtures()
		all["many"] = formattest.Many(200)
		for name, m := range all {
			if err := validate(encodeAs(t, e, m)); err != nil {
				t.Errorf("%s: %.3000v", name, err)
			}
		}
	})
}

func TestTimeless(t *testing.T) {
	eachVersion(t, func(t *testing.T, e Encoder) {
		e.Timeless = true
		m := formattest.Full()
		data := encodeAs(t, e, m)
		if err := validator(t, e)(data); err != nil {
			t.Error(err)
		}
		if !bytes.Contains(data, []byte(reproducible)) {
			t.Errorf("no %s in the document", reproducible)
		}
		m.Created = at("2030-01-01T00:00:00Z")
		if !bytes.Equal(data, encodeAs(t, e, m)) {
			t.Error("the document depends on when it was made")
		}
		if got := decode(t, data); !got.Created.IsZero() || !got.Principal.Built.Equal(m.Principal.Built) {
			t.Errorf("made %v, built %v", got.Created, got.Principal.Built)
		}
	})
}

func TestUnknownVersion(t *testing.T) {
	for _, version := range []string{"1.1", "1.8", "2.0", "1.6.1", " "} {
		var buf bytes.Buffer
		err := Encoder{Version: version}.Encode(&buf, formattest.Minimal())
		if err == nil || !strings.Contains(err.Error(), "1.7") || buf.Len() > 0 {
			t.Errorf("version %q: error %v and %d bytes", version, err, buf.Len())
		}
	}
}

// TestIndentSaysTheSame checks that the two forms of JSON are one document.
func TestIndentSaysTheSame(t *testing.T) {
	for name, m := range formattest.Fixtures() {
		var compact bytes.Buffer
		if err := json.Compact(&compact, encodeAs(t, Encoder{Indent: true}, m)); err != nil {
			t.Fatal(err)
		}
		if got := bytes.TrimSpace(encodeAs(t, Encoder{}, m)); !bytes.Equal(got, compact.Bytes()) {
			t.Errorf("%s: the documents are not the same", name)
		}
	}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}
