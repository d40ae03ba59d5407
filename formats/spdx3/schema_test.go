package spdx3

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/manifestgen/manifestgen/sbom"
)

// noBlank stands for the one pattern of the schema that Go's regular expressions
// do not have: it begins with a negative look-ahead.
type noBlank struct{ *regexp.Regexp }

func (r noBlank) MatchString(s string) bool {
	return !strings.HasPrefix(s, "_:") && r.Regexp.MatchString(s)
}

func compilePattern(s string) (jsonschema.Regexp, error) {
	rest, ok := strings.CutPrefix(s, "^(?!_:)")
	if !ok {
		return regexp.Compile(s)
	}
	re, err := regexp.Compile("^" + rest)
	return noBlank{re}, err
}

// schema compiles the official schema, which is in the folder that the
// environment names.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir := os.Getenv("MANIFESTGEN_SCHEMAS")
	data, err := os.ReadFile(filepath.Join(dir, "spdx-3.0.1.schema.json"))
	if err != nil {
		const how = "no schema of SPDX 3.0.1 in MANIFESTGEN_SCHEMAS=%q: run `make schemas`"
		if os.Getenv("CI") == "true" {
			t.Fatalf(how, dir)
		}
		t.Skipf(how, dir)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseRegexpEngine(compilePattern)
	const url = "https://spdx.org/schema/3.0.1/spdx-json-schema.json"
	if err := c.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, name string, data []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%s: %s", name, brief(err))
	}
}

// brief leaves out what the schema says of the classes that an element has not.
func brief(err error) string {
	var lines []string
	for _, line := range strings.Split(err.Error(), "\n") {
		if !strings.Contains(line, "'Not a ") && !strings.Contains(line, "anyOf failed") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[:min(len(lines), 20)], "\n")
}

func TestSchema(t *testing.T) {
	s := schema(t)
	each(t, func(t *testing.T, m *sbom.Manifest) {
		if len(m.Components) > 1000 {
			few := *m
			few.Components, few.Edges = m.Components[:50], m.Edges[:60]
			m = &few
		}
		validate(t, s, "written", encode(t, m))
	})
}

// TestSchemaTells checks that the schema, as the test reads it, refuses
// anything.
func TestSchemaTells(t *testing.T) {
	s := schema(t)
	for _, bad := range []string{
		`{"@context":"` + contextURL + `","@graph":[{"type":"Tool","spdxId":"_:x","creationInfo":"_:c"}]}`,
		`{"@context":"` + contextURL + `","@graph":[{"type":"Tool","spdxId":"https://x","creationInfo":"_:c","colour":"red"}]}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(doc) == nil {
			t.Errorf("the schema accepts %s", bad)
		}
	}
}
