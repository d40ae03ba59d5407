package spdx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// The documents in testdata are written by hand in the shape in which each tool
// writes its own. That of odd.spdx.json is of nobody.
var foreignFiles = []string{"syft.spdx.json", "trivy.spdx.json", "sbom-tool.spdx.json", "buildkit.spdx.json", "github.spdx.json", "bom.spdx"}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestForeign reads documents of other tools and writes them again: nothing is
// lost, and nothing is there that was not but our annotations.
func TestForeign(t *testing.T) {
	for _, name := range foreignFiles {
		data := readFile(t, name)
		text, in, err := toJSON(string(data))
		if err != nil {
			t.Fatal(err)
		}
		want := canonicalTree(t, []byte(text))
		formats := []Format{JSON, YAML}
		if in.tagValue {
			formats = []Format{TagValue}
		}
		for _, f := range formats {
			t.Run(fmt.Sprintf("%s/%d", name, f), func(t *testing.T) {
				e := Encoder{Format: f, Version: strings.TrimPrefix(want["spdxVersion"].(string), "SPDX-")}
				out, _, err := toJSON(string(write(t, e, read(t, data))))
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(canonicalTree(t, []byte(out)), want); d != "" {
					t.Errorf("got (-) is not want (+):\n%.4000s", d)
				}
			})
		}
	}
}

// canonicalTree returns a document without our annotations, without the wrapper of
// GitHub, and with its lists in order. What says nothing is the same as nothing.
func canonicalTree(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if inner, ok := doc["sbom"].(map[string]any); ok {
		doc = inner
	}
	return order(doc).(map[string]any)
}

func order(x any) any {
	switch x := x.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range x {
			if strings.HasPrefix(key, "license") || key == "copyrightText" {
				if value == noAssertion {
					continue
				}
			}
			if value = order(value); value != nil {
				out[key] = value
			}
		}
		if comment, _ := x["comment"].(string); strings.HasPrefix(comment, "manifestgen/") {
			return nil
		}
		if s, ok := x["referenceCategory"].(string); ok {
			out["referenceCategory"] = strings.ReplaceAll(s, "_", "-")
		}
		if x["primaryPackagePurpose"] == "OPERATING-SYSTEM" {
			out["primaryPackagePurpose"] = "OPERATING_SYSTEM"
		}
		return out
	case []any:
		var out []any
		for _, e := range x {
			if e = order(e); e != nil {
				out = append(out, e)
			}
		}
		if out == nil {
			return nil
		}
		text := func(x any) string { b, _ := json.Marshal(x); return string(b) }
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(text(a), text(b)) })
		return out
	default:
		return x
	}
}

// TestForeignModel looks at what the model makes of foreign documents.
func TestForeignModel(t *testing.T) {
	tests := []struct {
		file, principal string
		components      int
		edges           int
		findings        []string
	}{
		{"syft.spdx.json", "registry.example.org/app", 2, 1, nil},
		{"trivy.spdx.json", "app:latest", 3, 1, []string{"digest.invalid", "licence.invalid"}},
		{"sbom-tool.spdx.json", "Product", 1, 1, nil},
		{"buildkit.spdx.json", "app", 1, 0, []string{"document.root", "purl.invalid"}},
		{"github.spdx.json", "com.github.octo/app", 2, 2, nil},
		{"bom.spdx", "app", 1, 1, nil},
		{"odd.spdx.json", "odd", 4, 0, []string{"digest.invalid", "document.root", "document.version", "id.duplicate", "id.duplicate", "licence.invalid", "licence.text", "name.missing", "purl.invalid"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			m := read(t, readFile(t, tt.file))
			var codes []string
			for _, f := range m.Findings {
				codes = append(codes, f.Code)
			}
			if m.Principal.Name != tt.principal || len(m.Components) != tt.components || len(m.Edges) != tt.edges || !slices.Equal(codes, tt.findings) {
				t.Errorf("principal %q, %d components, %d edges, findings %q\nwant %q, %d, %d, %q", m.Principal.Name, len(m.Components), len(m.Edges), codes,
					tt.principal, tt.components, tt.edges, tt.findings)
			}
		})
	}
}

// TestForeignThroughOthers takes foreign documents through all spellings and
// through CycloneDX: what comes back is the same.
func TestForeignThroughOthers(t *testing.T) {
	for _, name := range append(slices.Clone(foreignFiles), "odd.spdx.json") {
		m := read(t, readFile(t, name))
		for _, e := range encoders {
			t.Run(fmt.Sprintf("%s/%v", name, e), func(t *testing.T) {
				if d := diff(read(t, write(t, e, m)), m); d != "" {
					t.Errorf("got (-) is not want (+):\n%.3000s", d)
				}
			})
		}
		t.Run(name+"/cyclonedx", func(t *testing.T) {
			var buf bytes.Buffer
			if err := cyclonedx.Encode(&buf, m); err != nil {
				t.Fatal(err)
			}
			back, err := cyclonedx.Decode(&buf)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(write(t, Encoder{Indent: true}, back)), string(write(t, Encoder{Indent: true}, m))); d != "" {
				t.Errorf("got (-) is not want (+):\n%.3000s", d)
			}
		})
	}
}

// TestAmendedFactsWin changes what a foreign document says: the foreign spelling
// of the old fact is not written any more.
func TestAmendedFactsWin(t *testing.T) {
	m := read(t, readFile(t, "trivy.spdx.json"))
	for _, c := range m.Components {
		if c.Name == "bash" {
			c.Declared, c.Digests = "MIT", nil
		}
	}
	out := string(write(t, Encoder{Indent: true}, m))
	if !strings.Contains(out, `"licenseDeclared": "MIT"`) || strings.Contains(out, `"licenseDeclared": "GPL-3.0-or-later AND not a licence"`) {
		t.Error("the stale licence is written")
	}
	if !strings.Contains(out, `"sourceInfo": "built package from: bash 5.2.15-2"`) {
		t.Error("what was not changed is not written")
	}
	if d := diff(read(t, []byte(out)), facts.Order(m)); d != "" {
		t.Errorf("got (-) is not want (+):\n%.3000s", d)
	}
}

// TestMutatedForeign changes documents at random, so that they stay JSON:
// whatever can be read can be written in all spellings, and reads the same.
func TestMutatedForeign(t *testing.T) {
	words := []any{"", "\"</text>\r\n", "NOASSERTION", "SPDXRef-DOCUMENT", " x ", true, 1.5, []any{}, map[string]any{}, []any{"a"}, "LicenseRef-x", "\u0085\u2028\x7f"}
	for _, name := range []string{"syft.spdx.json", "trivy.spdx.json", "sbom-tool.spdx.json", "buildkit.spdx.json", "odd.spdx.json"} {
		data, read := readFile(t, name), 0
		for seed := range uint64(200) {
			mutated := formattest.Mutate(t, data, rand.New(rand.NewPCG(seed, 1)), words)
			m, err := Decode(bytes.NewReader(mutated))
			if err != nil {
				continue
			}
			read++
			staysTheSame(t, fmt.Sprintf("%s, seed %d", name, seed), encoders[seed%uint64(len(encoders))], mutated, m)
		}
		if read < 150 {
			t.Errorf("%s: only %d of the documents could be read", name, read)
		}
	}
}

// staysTheSame fails t unless m, which was read from a mutated document, is written
// by e so that it reads the same.
func staysTheSame(t *testing.T, name string, e Encoder, mutated []byte, m *sbom.Manifest) {
	t.Helper()
	first := write(t, e, m)
	again, err := Decode(bytes.NewReader(first))
	if err != nil {
		t.Fatalf("%s, %v: %v\n%s\n%s", name, e, err, mutated, first)
	}
	if d := diff(again, m); d != "" {
		t.Fatalf("%s, %v: %s\n%.3000s", name, e, mutated, d)
	}
}

// TestMutatedLines changes lines of tag-value and YAML at random, with the same
// law as TestMutatedForeign.
func TestMutatedLines(t *testing.T) {
	texts := map[string][]byte{"bom.spdx": readFile(t, "bom.spdx")}
	for _, name := range []string{"syft.spdx.json", "buildkit.spdx.json", "odd.spdx.json"} {
		texts[name+" in YAML"] = write(t, Encoder{Format: YAML}, read(t, readFile(t, name)))
		texts[name+" in tag-value"] = write(t, Encoder{Format: TagValue}, read(t, readFile(t, name)))
	}
	for name, text := range texts {
		read := 0
		for seed := range uint64(100) {
			mutated := mutateLines(text, rand.New(rand.NewPCG(seed, 2)))
			m, err := Decode(bytes.NewReader(mutated))
			if err != nil {
				continue
			}
			read++
			staysTheSame(t, fmt.Sprintf("%s, seed %d", name, seed), encoders[seed%uint64(len(encoders))], mutated, m)
		}
		if read < 20 {
			t.Errorf("%s: only %d of the documents could be read", name, read)
		}
	}
}

// mutateLines removes, repeats, moves or changes up to three lines.
func mutateLines(text []byte, r *rand.Rand) []byte {
	list := slices.Collect(bytes.Lines(text))
	for range 1 + r.IntN(3) {
		i, j := r.IntN(len(list)), r.IntN(len(list))
		switch r.IntN(4) {
		case 0:
			list = slices.Delete(list, i, i+1)
		case 1:
			list = slices.Insert(list, i, list[j])
		case 2:
			list[i], list[j] = list[j], list[i]
		default:
			key, _, _ := bytes.Cut(list[i], []byte(":"))
			_, value, _ := bytes.Cut(list[j], []byte(":"))
			list[i] = slices.Concat(key, []byte(":"), value, []byte("\n"))
		}
	}
	return bytes.Join(list, nil)
}
