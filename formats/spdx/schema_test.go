package spdx

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/manifestgen/manifestgen/sbom"
)

// schemas are the official schemas of a version, by the names that packages give
// them. Only that of 2.3 comes with a package; see .ci/schemas.
var schemas = []struct {
	version, file string
	may           bool // be missing
}{
	{"2.3", "spdx-schema-2.3.json", false},
	{"2.3", "spdx-2.3.schema.json", true},
	{"2.3", "spdx-2.3.1.schema.json", true},
	{"2.2", "spdx-2.2.2.schema.json", true},
}

func compile(t *testing.T, file string, may bool) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(os.Getenv("MANIFESTGEN_SCHEMAS"), file))
	if err != nil && os.Getenv("CI") == "true" && !may {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("%v: run `make schemas`", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("http://spdx.org/rdf/terms", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("http://spdx.org/rdf/terms")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemas holds that every document that we write is one by the schema:
// fixtures, and what others wrote, however odd. Tag-value is translated to JSON.
func TestSchemas(t *testing.T) {
	for _, s := range schemas {
		t.Run(s.file, func(t *testing.T) {
			schema := compile(t, s.file, s.may)
			check := func(t *testing.T, e Encoder, m *sbom.Manifest) {
				if orElse(e.Version, "2.3") != s.version {
					t.Skip("of another version")
				}
				text, _, err := toJSON(string(write(t, e, m)))
				if err != nil {
					t.Fatal(err)
				}
				doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(doc); err != nil {
					t.Errorf("%.2000v", err)
				}
			}
			eachFixture(t, check)
			for _, name := range append(slices.Clone(foreignFiles), "odd.spdx.json") {
				for _, e := range encoders {
					t.Run(name+"/"+e.String(), func(t *testing.T) { check(t, e, read(t, readFile(t, name))) })
				}
			}
		})
	}
}
