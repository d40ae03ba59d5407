package release

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// fullRecord has every key that a record may have.
const fullRecord = `# what this repository publishes
version: 1
tag: "v{version}"
team:
  name: Nova Release Team
  url: https://example.org/teams/nova
  contacts: [nova@example.org]
support:
  issues: https://bugs.example.org/nova?product=nova
  security: mailto:security@example.org
  docs: https://docs.example.org/nova
  chat: https://chat.example.org/nova
  level: limitedSupport
  end: 2028-04-30
licence: Apache-2.0
disclaimer: LICENSE, sections 7 and 8
repository: https://example.org/git/nova
signers:
  openpgp: [keys/release.asc]
  ssh: [keys/allowed_signers]
inputs:
  paths: [deploy/**/*.yaml]
  exclude: [go.sum]
  urls:
    - url: https://example.org/data.bin
      sha256: "0000000000000000000000000000000000000000000000000000000000000000"
      name: data
  images: ["example.org/base:1@sha256:0000000000000000000000000000000000000000000000000000000000000000"]
build:
  command: make release
  environment: [GOFLAGS, CC]
  builder: https://ci.example.org/nova
profile: guidelines
artifacts:
  - name: nova
    description: |
      Runs things.
    match: {module: example.org/nova}
  - name: novactl
    tag: "ctl/v{version}"
    match: {package: novactl, file: "novactl-*.tar.gz"}
    team:
      name: Control Team
`

func parse(in string) (*Record, error) {
	return ParseRecord("/home/x/manifestgen.yaml", strings.NewReader(in))
}

func TestParseRecord(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	got, err := parse(fullRecord)
	if err != nil {
		t.Fatal(err)
	}
	want := &Record{
		Version: 1,
		Terms: Terms{
			Tag:  "v{version}",
			Team: &Team{"Nova Release Team", "https://example.org/teams/nova", []string{"nova@example.org"}},
			Support: &Support{"https://bugs.example.org/nova?product=nova", "mailto:security@example.org",
				"https://docs.example.org/nova", "https://chat.example.org/nova", "limitedSupport", "2028-04-30"},
			Licence: "Apache-2.0", Disclaimer: "LICENSE, sections 7 and 8", Repository: "https://example.org/git/nova",
			Signers: &Signers{[]string{"keys/release.asc"}, []string{"keys/allowed_signers"}},
			Inputs: &Inputs{[]string{"deploy/**/*.yaml"}, []string{"go.sum"}, []URLInput{{"https://example.org/data.bin", zeros, "data"}},
				[]string{"example.org/base:1@sha256:" + zeros}},
			Build:   &Build{"make release", []string{"GOFLAGS", "CC"}, "https://ci.example.org/nova"},
			Profile: "guidelines",
		},
		Artifacts: []Artifact{
			{Name: "nova", Match: &Match{Module: "example.org/nova"}, Terms: Terms{Description: "Runs things."}},
			{Name: "novactl", Match: &Match{Package: "novactl", File: "novactl-*.tar.gz"},
				Terms: Terms{Tag: "ctl/v{version}", Team: &Team{Name: "Control Team"}}},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Record{})); diff != "" {
		t.Error(diff)
	}
	if _, err := parse(strings.ReplaceAll(fullRecord, "\n", "\r\n")); err != nil {
		t.Errorf("with the line ends of Windows: %v", err)
	}
	terms, line := got.terms(1)
	if terms.Team.Name != "Control Team" || terms.Licence != "Apache-2.0" || line("team") != 42 || line("licence") != 15 {
		t.Errorf("terms of novactl: %+v, team in line %d, licence in line %d", terms, line("team"), line("licence"))
	}
}

// TestFullRecordIsFull checks that the test's record has every key.
func TestFullRecordIsFull(t *testing.T) {
	var visit func(typ reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for _, f := range fieldsOf(typ) {
			if !strings.Contains(fullRecord, f.key+":") {
				t.Errorf("no %s.%s", typ.Name(), f.key)
			}
			field, _ := f.owner.FieldByName(f.name)
			visit(field.Type)
		}
	}
	visit(reflect.TypeFor[Record]())
}

// minimal is a record with room for one more line.
const minimal = "version: 1\nartifacts:\n  - name: nova\n"

// faults are records that are refused, with a place and a part of the message.
// The schema refuses those as well that are not marked.
var faults = []struct {
	name, in, want string
	parserOnly     bool // what a schema cannot say, or JSON cannot spell
}{
	{"unknown key", minimal + "licens: MIT\n", "4:1: the key \"licens\" is not known here; there are version, description, tag, team", false},
	{"unknown key below", minimal + "support:\n  bugs: https://x.org\n", "5:3: the key \"bugs\" is not known here; there are issues, security, docs, chat, level, end", false},
	{"duplicate key", minimal + "licence: MIT\nlicence: ISC\n", "5:1: the key \"licence\" is here for the second time; the first is in line 4", true},
	{"number for text", minimal + "description: 1.0\n", "4:14: want a text, not a number: write \"1.0\" in quotes", false},
	{"truth for text", minimal + "description: true\n", "4:14: want a text, not true or false", false},
	{"nothing for text", minimal + "description:\n", "want a text, not nothing", false},
	{"list for text", minimal + "description: [a]\n", "want a text, not a list", false},
	{"text for list", minimal + "team: {name: x, contacts: a@example.org}\n", "want a list, not text", false},
	{"text for keys", minimal + "team: x\n", "4:7: want keys and values (name, url, contacts), not text", false},
	{"text for version", "version: \"1\"\nartifacts:\n  - name: nova\n", "1:10: want 1, the only version there is, not text", false},
	{"other version", "version: 2\nartifacts:\n  - name: nova\n", "1:10: want 1, the only version there is, not \"2\"", false},
	{"missing version", "artifacts:\n  - name: nova\n", "1:1: version is missing", false},
	{"missing name", "version: 1\nartifacts:\n  - description: x\n", "3:5: name is missing", false},
	{"no artifacts", "version: 1\n", "artifacts is missing", false},
	{"empty artifacts", "version: 1\nartifacts: []\n", "want at least one artifact", false},
	{"empty name", "version: 1\nartifacts:\n  - name: \"\"\n", "3:11: want a text, not \"\"", false},
	{"level", minimal + "support: {level: best}\n", "want one of support, limitedSupport, development, deployed, endOfSupport, noSupport, noAssertion, not \"best\"", false},
	{"day", minimal + "support: {end: 2028-13-01}\n", "want a day such as 2028-04-30", false},
	{"day with time", minimal + "support: {end: \"2028-01-01T00:00:00Z\"}\n", "want a day", false},
	{"password", minimal + "repository: https://ada:secret@example.org/x\n", "want a URL such as https://example.org/x, without user name or password", false},
	{"variable with value", minimal + "build: {environment: [TOKEN=secret]}\n", "want the name of an environment variable, without a value", false},
	{"upwards", minimal + "signers: {ssh: [../keys]}\n", "want a path relative to the record, without ..", false},
	{"absolute", minimal + "inputs: {paths: [/etc/shadow]}\n", "want a path relative to the top", false},
	{"image by tag", minimal + "inputs: {images: [\"example.org/base:1\"]}\n", "want an image by digest", false},
	{"short digest", minimal + "inputs: {urls: [{url: \"https://x.org\", sha256: \"00\"}]}\n", "want 64 hexadecimal digits", false},
	{"tag without version", minimal + "tag: v1\n", "want a text with {version} in it", false},
	{"empty match", "version: 1\nartifacts:\n  - name: nova\n    match: {}\n", "want one of module, package, file", false},
	{"licence", minimal + "licence: My Own\n", "4:1: \"My Own\" is no SPDX licence expression", true},
	{"two of a name", minimal + "  - name: nova\n", "4:1: two artifacts are called \"nova\"", true},
	{"contradiction of level", minimal + "support: {level: noSupport, end: 2028-01-01}\n", "support that does not exist has no end", true},
	{"contradiction of inputs", minimal + "inputs: {paths: [a], exclude: [a]}\n", "is also among the paths", true},
	{"no signer", minimal + "signers: {}\n", "want a file under openpgp or ssh", true},
	{"pattern", minimal + "inputs: {paths: [\"[\"]}\n", "want a path relative to the top", true},
	{"anchor", "version: 1\nartifacts: &a\n  - name: nova\n", "2:12: anchors, aliases, merge keys, tags and directives are not read", true},
	{"alias", "version: 1\nartifacts: *a\n", "not read here", true},
	{"merge key", minimal + "<<: {}\n", "not read here", true},
	{"tag", minimal + "description: !!binary aGk=\n", "not read here", true},
	{"two documents", minimal + "---\n" + minimal, "there are 2", true},
	{"nothing", "", "there are 0", true},
	{"list", "- a\n", "1:1: want keys and values", true},
	{"not YAML", "version: 1\n\tartifacts: {", "2:", true},
	{"too long", minimal + "#" + strings.Repeat("x", maxRecord), "longer than 1 MiB", true},
	{"too many words", minimal + "description: [" + strings.Repeat("a,", 20_000) + "]", "more than 20000 words", true},
	{"too many lines", strings.Repeat("\n", 20_001), "more than 20000 lines", true},
	{"control character", "version: 1\n#\x00", "2:1: a control character", true},
	{"carriage return", "version: 1\r" + strings.Repeat(" x\r", 300_000), "1:1: a control character", true},
	{"not UTF-8", "version: 1\n# \xff", "2:1: a control character, or what is not UTF-8", true},
	{"deep flow", minimal + "description: " + strings.Repeat("[", 100), "nested too deep", true},
	{"deep block", strings.Repeat("- ", 100) + "a", "nested too deep", true},
	{"alias bomb", "a: &a [x,x]\nb: &b [*a,*a]\nversion: 1\n", "1:4: anchors", true},
}

func TestParseRecordFaults(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			r, err := parse(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("record %v, error %v, want %s", r, err, tt.want)
			}
			var fault *RecordError
			if err != nil && !errors.As(err, &fault) {
				t.Errorf("%T is no RecordError", err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") && !strings.Contains(err.Error(), "TOKEN") && tt.name != "password" {
				t.Errorf("%v holds a secret", err)
			}
		})
	}
}

// TestSchema holds that the schema and the parser agree on all records of this
// file, but for those that only the parser can judge.
func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(Schema())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{fullRecord, minimal} {
		if err := s.Validate(asJSON(t, in)); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	for _, tt := range faults {
		if !tt.parserOnly && s.Validate(asJSON(t, tt.in)) == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
	if !strings.Contains(string(Schema()), "Who may sign release tags.") {
		t.Error("the schema does not explain the keys")
	}
}

// asJSON turns YAML into what a validator takes.
func asJSON(t *testing.T, in string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(in), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// FuzzParseRecord: a record that is accepted has a version and a name for each of
// its artifacts; every error has a place in the file.
func FuzzParseRecord(f *testing.F) {
	f.Add(fullRecord)
	for _, tt := range faults {
		if len(tt.in) < 4096 {
			f.Add(tt.in)
		}
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := parse(in)
		if err != nil {
			if fault := (*RecordError)(nil); !errors.As(err, &fault) || fault.Line < 0 || fault.Line > strings.Count(in, "\n")+strings.Count(in, "\r")+2 {
				t.Errorf("%v: line %+v of %q", err, fault, in)
			}
			return
		}
		if r.Version != 1 || len(r.Artifacts) == 0 || strings.TrimSpace(r.Artifacts[0].Name) == "" {
			t.Errorf("%q gives %+v", in, r)
		}
	})
}
