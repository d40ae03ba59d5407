package formats_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
)

// schemaFiles are the official schemas of each format in each version, under the
// names that they have in the packages that ship them. One of several files is
// enough: the same schema, or one that a later edition of the standard corrects.
var schemaFiles = map[string][]string{
	"cyclonedx-json@1.2": {"cyclonedx-bom-1.2-strict.schema.json", "cyclonedx-bom-1.2.schema.json"},
	"cyclonedx-json@1.3": {"cyclonedx-bom-1.3-strict.schema.json", "cyclonedx-bom-1.3.schema.json"},
	"cyclonedx-json@1.4": {"cyclonedx-bom-1.4.schema.json"},
	"cyclonedx-json@1.5": {"cyclonedx-bom-1.5.schema.json"},
	"cyclonedx-json@1.6": {"cyclonedx-bom-1.6.schema.json"},
	"cyclonedx-json@1.7": {"cyclonedx-bom-1.7.schema.json"},
	"cyclonedx-xml@1.2":  {"cyclonedx-bom-1.2.xsd"},
	"cyclonedx-xml@1.3":  {"cyclonedx-bom-1.3.xsd"},
	"cyclonedx-xml@1.4":  {"cyclonedx-bom-1.4.xsd"},
	"cyclonedx-xml@1.5":  {"cyclonedx-bom-1.5.xsd"},
	"cyclonedx-xml@1.6":  {"cyclonedx-bom-1.6.xsd"},
	"cyclonedx-xml@1.7":  {"cyclonedx-bom-1.7.xsd"},
	"spdx-json@2.3":      {"spdx-2.3.1.schema.json", "spdx-schema-2.3.json"},
	"spdx-yaml@2.3":      {"spdx-2.3.1.schema.json", "spdx-schema-2.3.json"},
	"spdx3-json@3.0.1":   {"spdx-3.0.1.schema.json"},
	"spdx-json@2.2":      nil, // no package ships its schema
	"spdx-yaml@2.2":      nil,
	"spdx-tag-value@2.2": nil, // there is none
	"spdx-tag-value@2.3": nil,
}

// shared are the schemas that those of CycloneDX refer to.
var shared = []string{"spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"}

// schemaFile returns the path of the first file that there is in the folder that
// the environment names.
func schemaFile(t *testing.T, names ...string) string {
	t.Helper()
	dir := os.Getenv("MANIFESTGEN_SCHEMAS")
	for _, name := range names {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	const how = "no %v in MANIFESTGEN_SCHEMAS=%q: run `make schemas`"
	if os.Getenv("CI") == "true" {
		t.Fatalf(how, names, dir)
	}
	t.Skipf(how, names, dir)
	return ""
}

// compile compiles the schema in a file.
func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseRegexpEngine(lookahead)
	add := func(file string) string {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		url := "http://cyclonedx.org/schema/" + filepath.Base(file)
		if err := c.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
		return url
	}
	if strings.Contains(file, "cyclonedx") {
		for _, name := range shared {
			add(schemaFile(t, name))
		}
	}
	s, err := c.Compile(add(file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lookahead is a regular expression engine for the one expression of the schema
// of SPDX 3 that Go has none for: "(?!_:)" at the beginning.
func lookahead(expression string) (jsonschema.Regexp, error) {
	rest, not := strings.CutPrefix(expression, `^(?!_:)`)
	if not {
		rest = "^" + rest
	}
	compiled, err := regexp.Compile(rest)
	return notBlank{compiled, not}, err
}

type notBlank struct {
	*regexp.Regexp
	not bool
}

func (n notBlank) MatchString(s string) bool {
	return n.Regexp.MatchString(s) && !(n.not && strings.HasPrefix(s, "_:"))
}

func TestSchemas(t *testing.T) {
	for _, f := range documents() {
		t.Run(nameOf(f), func(t *testing.T) {
			names, known := schemaFiles[nameOf(f)]
			switch {
			case !known:
				t.Fatal("there is no word about its schema")
			case names == nil:
				t.Skip("there is no schema at hand")
			case strings.HasSuffix(names[0], ".xsd"):
				validateXML(t, f, schemaFile(t, names...))
			default:
				validateJSON(t, f, compile(t, schemaFile(t, names...)))
			}
		})
	}
}

func validateJSON(t *testing.T, f formats.Format, s *jsonschema.Schema) {
	for name, m := range formattest.Fixtures() {
		data := encode(t, f, m)
		if strings.HasSuffix(f.Name, "yaml") {
			data = fromYAML(t, data)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %.2000v", name, err)
		}
	}
}

// fromYAML returns a document in JSON.
func fromYAML(t *testing.T, data []byte) []byte {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func validateXML(t *testing.T, f formats.Format, xsd string) {
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		const how = "xmllint is missing: apt-get install -y libxml2-utils"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	args := []string{"--noout", "--nonet", "--huge", "--schema", xsd}
	dir := t.TempDir()
	for name, m := range formattest.Fixtures() {
		file := filepath.Join(dir, name+".xml")
		if err := os.WriteFile(file, encode(t, f, m), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%.4000s", err, out)
	}
}
