package formats_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// schemaFiles are the official schemas of each format, each under the names that
// it has in the packages that ship it. The first file is what documents must
// satisfy; the others are those that it refers to.
var schemaFiles = []struct {
	format string
	files  []schemaFile
}{
	{"cyclonedx-json", []schemaFile{
		{"http://cyclonedx.org/schema/bom-1.6.schema.json", "cyclonedx-bom-1.6.schema.json", "bom-1.6.SNAPSHOT.schema.json"},
		{"http://cyclonedx.org/schema/spdx.schema.json", "spdx.schema.json", "spdx.SNAPSHOT.schema.json"},
		{"http://cyclonedx.org/schema/jsf-0.82.schema.json", "jsf-0.82.schema.json", "jsf-0.82.SNAPSHOT.schema.json"},
	}},
	{"spdx-json", []schemaFile{
		{"http://spdx.org/rdf/terms/2.3", "spdx-2.3.schema.json", "spdx-schema-2.3.json"},
	}},
	{"spdx-json", []schemaFile{ // the schema that the next version of the standard corrects
		{"http://spdx.org/rdf/terms/2.3", "spdx-2.3.1.schema.json", "spdx-schema-2.3.json"},
	}},
}

type schemaFile struct{ url, file, packaged string }

// schema compiles the schema of a format. The files are in the folder that the
// environment names.
func schema(t *testing.T, files []schemaFile) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, f := range files {
		if err := c.AddResource(f.url, readSchema(t, f.file, f.packaged)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(files[0].url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readSchema(t *testing.T, names ...string) any {
	t.Helper()
	dir := os.Getenv("MANIFESTGEN_SCHEMAS")
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	const how = "no %v in MANIFESTGEN_SCHEMAS=%q: run `make schemas`"
	if os.Getenv("CI") == "true" {
		t.Fatalf(how, names, dir)
	}
	t.Skipf(how, names, dir)
	return nil
}

func TestSchemas(t *testing.T) {
	for _, official := range schemaFiles {
		t.Run(official.files[0].file, func(t *testing.T) {
			s := schema(t, official.files)
			f, _ := formats.ByName(official.format)
			for fixture, m := range formattest.Fixtures() {
				validate(t, s, f, fixture, m)
			}
		})
	}
}

func validate(t *testing.T, s *jsonschema.Schema, f formats.Format, fixture string, m *sbom.Manifest) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(t, f, m)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%s: %.2000v", fixture, err)
	}
}
