package formats_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// each runs test for every format and every fixture.
func each(t *testing.T, test func(t *testing.T, f formats.Format, m *sbom.Manifest)) {
	for _, f := range formats.All() {
		all := formattest.Fixtures()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.Run(f.Name+"/"+name, func(t *testing.T) { test(t, f, all[name]) })
		}
	}
}

func encode(t testing.TB, f formats.Format, m *sbom.Manifest) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := f.Encode(&buf, m, formats.Options{Indent: true}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func decode(t testing.TB, f formats.Format, data []byte) *sbom.Manifest {
	t.Helper()
	m, err := f.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func diff(got, want *sbom.Manifest, ignore ...cmp.Option) string {
	return cmp.Diff(got, want, append(ignore, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(sbom.Joints{}))...)
}

func TestRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, f formats.Format, m *sbom.Manifest) {
		got := decode(t, f, encode(t, f, m))
		if d := diff(got, facts.Order(m)); d != "" {
			t.Errorf("got (-) is not want (+):\n%.4000s", d)
		}
	})
}

// onlyInRecord are the fields that no format holds anywhere else than in the
// record of the principal.
var onlyInRecord = []string{"Evidence"}

func TestRoundTripWithoutRecord(t *testing.T) {
	each(t, func(t *testing.T, f formats.Format, m *sbom.Manifest) {
		got := decode(t, f, withoutRecord(t, encode(t, f, m)))
		if d := diff(got, facts.Order(m), cmpopts.IgnoreFields(sbom.Principal{}, onlyInRecord...)); d != "" {
			t.Errorf("got (-) is not want (+):\n%.4000s", d)
		}
		if got.Principal.Evidence != nil {
			t.Error("there is evidence although the record is gone: onlyInRecord is too long")
		}
	})
}

// withoutRecord deletes the record from a document, whatever its format.
func withoutRecord(t testing.TB, data []byte) []byte {
	t.Helper()
	var doc any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if n := prune(doc); n != 1 {
		t.Fatalf("%d records in the document", n)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// prune removes from all lists the objects that are a record, and counts them.
func prune(x any) int {
	n := 0
	object, ok := x.(map[string]any)
	if !ok {
		return 0
	}
	for key, value := range object {
		list, ok := value.([]any)
		if !ok {
			n += prune(value)
			continue
		}
		object[key] = slices.DeleteFunc(list, func(e any) bool {
			if isRecord(e) {
				n++
				return true
			}
			n += prune(e)
			return false
		})
	}
	return n
}

func isRecord(x any) bool {
	object, _ := x.(map[string]any)
	for _, key := range []string{"value", "comment"} {
		if s, _ := object[key].(string); strings.HasPrefix(s, facts.RecordMark+`{"sha256"`) {
			return true
		}
	}
	return false
}

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden compares with documents that were checked by hand and against the
// schemas, so that a change of what is written is a change of a file.
func TestGolden(t *testing.T) {
	for _, f := range formats.All() {
		got, file := encode(t, f, formattest.Full()), filepath.Join("testdata", "full"+f.Suffixes[0])
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(got), string(want)); d != "" {
			t.Errorf("%s: got (-) is not want (+):\n%s", file, d)
		}
	}
}

func TestFormatsSayTheSame(t *testing.T) {
	for name, m := range formattest.Fixtures() {
		t.Run(name, func(t *testing.T) {
			for _, a := range formats.All() {
				once := decode(t, a, encode(t, a, m))
				for _, b := range formats.All() {
					twice := decode(t, b, encode(t, b, once))
					if d := diff(twice, once); d != "" {
						t.Errorf("%s to %s:\n%.4000s", a.Name, b.Name, d)
					}
				}
			}
		})
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	each(t, func(t *testing.T, f formats.Format, m *sbom.Manifest) {
		want := encode(t, f, m)
		shuffled := *m
		shuffled.Components, shuffled.Edges, shuffled.Findings = shuffle(m.Components), shuffle(m.Edges), shuffle(m.Findings)
		if got := encode(t, f, &shuffled); !bytes.Equal(got, want) {
			t.Error("another order gives other bytes")
		}
	})
}

func shuffle[T any](list []T) []T {
	list = slices.Clone(list)
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func TestEncodeLeavesTheManifestAlone(t *testing.T) {
	each(t, func(t *testing.T, f formats.Format, m *sbom.Manifest) {
		encode(t, f, m)
		encode(t, f, m)
		if d := diff(m, formattest.Fixtures()[strings.TrimPrefix(t.Name(), "TestEncodeLeavesTheManifestAlone/"+f.Name+"/")]); d != "" {
			t.Errorf("the manifest has changed:\n%.4000s", d)
		}
	})
}

func TestPhases(t *testing.T) {
	for _, f := range formats.All() {
		for _, phase := range []string{"design", "pre-build", "build", "post-build", "operations", "discovery", "decommission", "afterlife", "Build"} {
			m := formattest.Minimal()
			m.Phase = phase
			if got := decode(t, f, encode(t, f, m)).Phase; got != phase {
				t.Errorf("%s: phase %q comes back as %q", f.Name, phase, got)
			}
		}
	}
}

func TestInvalidIsNotWritten(t *testing.T) {
	edges := map[string]sbom.Edge{
		"nowhere": {Kind: sbom.DependsOn, From: "a", To: "nowhere"},
		"likes":   {Kind: "likes", From: "a", To: "a"},
	}
	for _, f := range formats.All() {
		for want, edge := range edges {
			m := formattest.Minimal()
			m.Edges = []sbom.Edge{edge}
			var buf bytes.Buffer
			if err := f.Encode(&buf, m, formats.Options{Indent: true}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v does not name %q", f.Name, err, want)
			}
			if buf.Len() > 0 {
				t.Errorf("%s: %d bytes were written", f.Name, buf.Len())
			}
		}
	}
}

// TestTampered edits a document after it was made: what was edited wins over
// the record, and a finding says so.
func TestTampered(t *testing.T) {
	for _, f := range formats.All() {
		t.Run(f.Name, func(t *testing.T) {
			data := bytes.ReplaceAll(encode(t, f, formattest.Release()), []byte(`"30.1.0"`), []byte(`"66.6"`))
			m := decode(t, f, data)
			if m.Principal.Version != "66.6" {
				t.Errorf("version %q, want the edited one", m.Principal.Version)
			}
			if !slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == "payload.mismatch" }) {
				t.Errorf("no finding about the edit: %v", m.Findings)
			}
		})
	}
}

// TestSmuggled puts a record into a document that has the right digest and says
// something else than the document.
func TestSmuggled(t *testing.T) {
	for _, f := range formats.All() {
		t.Run(f.Name, func(t *testing.T) {
			data := encode(t, f, formattest.Release())
			edited := regexp.MustCompile(`(sha256[^}]*\\"version\\":\\")30.1.0`).ReplaceAll(data, []byte("${1}66.6"))
			if bytes.Equal(edited, data) {
				t.Fatal("the test edits nothing")
			}
			m := decode(t, f, edited)
			if m.Principal.Version != "30.1.0" {
				t.Errorf("version %q, want that of the fields", m.Principal.Version)
			}
			if !slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == "payload.mismatch" }) {
				t.Errorf("no finding about the record: %v", m.Findings)
			}
		})
	}
}

func TestTimesOutOfRange(t *testing.T) {
	for _, f := range formats.All() {
		m := formattest.Full()
		m.Principal.Signature.Signed = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		if err := f.Encode(new(bytes.Buffer), m, formats.Options{}); err == nil {
			t.Errorf("%s: no error for the year 10000", f.Name)
		}
		data := encode(t, f, formattest.Full())
		for _, s := range []string{"9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00"} {
			m := decode(t, f, bytes.ReplaceAll(data, []byte("2026-11-20T09:41:00Z"), []byte(s)))
			if !m.Principal.Built.IsZero() {
				t.Errorf("%s: %s is read as %v", f.Name, s, m.Principal.Built)
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	for _, f := range formats.All() {
		data := encode(t, f, formattest.Release())
		for n := 0; n < len(data)-2; n += 37 {
			if m, err := f.Decode(bytes.NewReader(data[:n])); err == nil {
				t.Fatalf("%s: the first %d bytes of %d decode to %v", f.Name, n, len(data), m)
			}
		}
	}
}

func TestNullsInLists(t *testing.T) {
	for _, f := range formats.All() {
		t.Run(f.Name, func(t *testing.T) {
			data := encode(t, f, formattest.Full())
			for i, c := range data {
				if c != '[' {
					continue
				}
				rest := data[i+1:]
				sep := ","
				if bytes.HasPrefix(bytes.TrimSpace(rest), []byte("]")) {
					sep = ""
				}
				// It must not panic; whether null is an error depends on the list.
				edited := slices.Concat(data[:i+1], []byte("null"+sep), rest)
				if m, err := f.Decode(bytes.NewReader(edited)); (m == nil) == (err == nil) {
					t.Errorf("null at %d: manifest %v, error %v", i, m, err)
				}
			}
		})
	}
}

func TestByFile(t *testing.T) {
	tests := map[string]string{
		"app.cdx.json": "cyclonedx-json", "bom.json": "cyclonedx-json", "dist/App.CDX.JSON": "cyclonedx-json", "app.bom.json": "cyclonedx-json",
		"app-bom.json": "cyclonedx-json", `c:\out\bom.json`: "cyclonedx-json", "app.spdx.json": "spdx-json", "abom.json": "", "app.json": "", "": "",
	}
	for file, want := range tests {
		f, ok := formats.ByFile(file)
		if f.Name != want || ok != (want != "") {
			t.Errorf("ByFile(%q) = %q, %v, want %q", file, f.Name, ok, want)
		}
	}
}

func TestByName(t *testing.T) {
	for _, f := range formats.All() {
		if got, ok := formats.ByName(f.Name); !ok || got.Name != f.Name {
			t.Errorf("ByName(%q) = %q, %v", f.Name, got.Name, ok)
		}
	}
	if _, ok := formats.ByName("cyclonedx"); ok {
		t.Error("there is no format cyclonedx")
	}
}

func TestDetect(t *testing.T) {
	tests := map[string]string{
		`{"bomFormat":"CycloneDX"`: "cyclonedx-json", "\xef\xbb\xbf{ \"$schema\": \"x\",\n\"bomFormat\" : \"": "cyclonedx-json",
		`{"spdxVersion":"SPDX-2.3"`: "spdx-json", `{"name":"bomFormat","spdxVersion":"SPDX-2.3"}`: "spdx-json",
		`{"a":{"bomFormat":1},"spdxVersion":""`: "spdx-json", `{"a\"bomFormat":1,`: "", `"bomFormat":`: "", "": "", "{": "", `{"bomFormat`: "", `{"bomFormat"`: "",
		"<bom bomFormat": "", "x{\"bomFormat\":": "", `{"a\`: "",
	}
	for prefix, want := range tests {
		if f, ok := formats.Detect([]byte(prefix)); f.Name != want || ok != (want != "") {
			t.Errorf("Detect(%q) = %q, want %q", prefix, f.Name, want)
		}
	}
	for _, f := range formats.All() {
		if got, _ := formats.Detect(encode(t, f, formattest.Release())[:512]); got.Name != f.Name {
			t.Errorf("Detect takes %s for %q", f.Name, got.Name)
		}
	}
}
