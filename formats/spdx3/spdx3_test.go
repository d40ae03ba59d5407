package spdx3

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// each runs test for every fixture.
func each(t *testing.T, test func(t *testing.T, m *sbom.Manifest)) {
	all := formattest.Fixtures()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) { test(t, all[name]) })
	}
}

func encode(t testing.TB, m *sbom.Manifest) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Encode(&buf, m); err != nil {
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

func diff(got, want *sbom.Manifest, ignore ...cmp.Option) string {
	return cmp.Diff(got, want, append(ignore, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(sbom.Joints{}))...)
}

func TestRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, m *sbom.Manifest) {
		got := decode(t, encode(t, m))
		if d := diff(got, facts.Order(m)); d != "" {
			t.Errorf("got (-) is not want (+):\n%.4000s", d)
		}
	})
}

// TestRoundTripWithoutRecord deletes the record: all but the evidence is held by
// the rest of the document.
func TestRoundTripWithoutRecord(t *testing.T) {
	each(t, func(t *testing.T, m *sbom.Manifest) {
		got := decode(t, without(t, encode(t, m), facts.RecordMark+`{"sha256"`))
		if d := diff(got, facts.Order(m), cmpopts.IgnoreFields(sbom.Principal{}, "Evidence")); d != "" {
			t.Errorf("got (-) is not want (+):\n%.4000s", d)
		}
		if got.Principal.Evidence != nil {
			t.Error("there is evidence although the record is gone")
		}
	})
}

// without deletes the annotation whose statement begins with mark.
func without(t testing.TB, data []byte, mark string) []byte {
	t.Helper()
	doc := generic(t, data)
	list := doc["@graph"].([]any)
	rest := slices.DeleteFunc(slices.Clone(list), func(x any) bool {
		s, _ := x.(map[string]any)["statement"].(string)
		return strings.HasPrefix(s, mark)
	})
	if len(rest) != len(list)-1 {
		t.Fatalf("%d annotations begin with %q", len(list)-len(rest), mark)
	}
	doc["@graph"] = rest
	return marshal(t, doc)
}

func generic(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOrderDoesNotMatter(t *testing.T) {
	each(t, func(t *testing.T, m *sbom.Manifest) {
		want := encode(t, m)
		shuffled := *m
		shuffled.Components, shuffled.Edges, shuffled.Findings = shuffle(m.Components), shuffle(m.Edges), shuffle(m.Findings)
		if got := encode(t, &shuffled); !bytes.Equal(got, want) {
			t.Error("another order gives other bytes")
		}
		if len(m.Components) > 1000 {
			return
		}
		doc := generic(t, want)
		doc["@graph"] = shuffle(doc["@graph"].([]any))
		if d := diff(decode(t, marshal(t, doc)), decode(t, want)); d != "" {
			t.Errorf("another order of the graph is read differently:\n%.3000s", d)
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
	each(t, func(t *testing.T, m *sbom.Manifest) {
		encode(t, m)
		encode(t, m)
		name := strings.TrimPrefix(t.Name(), "TestEncodeLeavesTheManifestAlone/")
		if d := diff(m, formattest.Fixtures()[name]); d != "" {
			t.Errorf("the manifest has changed:\n%.4000s", d)
		}
	})
}

// TestCanonical reads the document anew and writes it by the rules of the
// canonical serialization: names in order, no space, nothing escaped that need
// not be.
func TestCanonical(t *testing.T) {
	each(t, func(t *testing.T, m *sbom.Manifest) {
		got := bytes.TrimSuffix(encode(t, m), []byte("\n"))
		if want, ok := canonicalText(string(got)); !ok || !bytes.Equal(got, want) {
			t.Error("the document is not in the canonical serialization")
		}
		for _, escape := range []string{`\u003c`, `\u2028`, `\ufffd`, `\u0026`} {
			if i := bytes.Index(got, []byte(escape)); i > 0 && got[i-1] != '\\' {
				t.Errorf("%s is escaped without need", escape)
			}
		}
	})
}

func TestIndentSaysTheSame(t *testing.T) {
	each(t, func(t *testing.T, m *sbom.Manifest) {
		var lines bytes.Buffer
		if err := (Encoder{Indent: true}).Encode(&lines, m); err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, lines.Bytes()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(compact.Bytes(), bytes.TrimSpace(encode(t, m))) {
			t.Error("with and without lines, the document differs")
		}
	})
}

func TestPhases(t *testing.T) {
	for _, phase := range []string{"design", "pre-build", "build", "post-build", "operations", "discovery", "decommission", "afterlife", "Build"} {
		m := formattest.Minimal()
		m.Phase = phase
		if got := decode(t, encode(t, m)).Phase; got != phase {
			t.Errorf("phase %q comes back as %q", phase, got)
		}
	}
}

func TestInvalidIsNotWritten(t *testing.T) {
	for want, edge := range map[string]sbom.Edge{
		"nowhere": {Kind: sbom.DependsOn, From: "a", To: "nowhere"},
		"likes":   {Kind: "likes", From: "a", To: "a"},
	} {
		m := formattest.Minimal()
		m.Edges = []sbom.Edge{edge}
		var buf bytes.Buffer
		if err := Encode(&buf, m); err == nil || !strings.Contains(err.Error(), want) || buf.Len() > 0 {
			t.Errorf("error %v does not name %q, or %d bytes were written", err, want, buf.Len())
		}
	}
}

func has(m *sbom.Manifest, code string) bool {
	return slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Code == code })
}

// TestTampered edits a document after it was made: what was edited wins over the
// record, and a finding says so.
func TestTampered(t *testing.T) {
	data := bytes.ReplaceAll(encode(t, formattest.Release()), []byte(`"30.1.0"`), []byte(`"66.6"`))
	m := decode(t, data)
	if m.Principal.Version != "66.6" || !has(m, "payload.mismatch") {
		t.Errorf("version %q, findings %v", m.Principal.Version, m.Findings)
	}
}

// TestSmuggled puts a record into a document that has the right digest and says
// something else than the document.
func TestSmuggled(t *testing.T) {
	data := encode(t, formattest.Release())
	edited := regexp.MustCompile(`(sha256[^}]*\\"version\\":\\")30.1.0`).ReplaceAll(data, []byte("${1}66.6"))
	if bytes.Equal(edited, data) {
		t.Fatal("the test edits nothing")
	}
	m := decode(t, edited)
	if m.Principal.Version != "30.1.0" || !has(m, "payload.mismatch") {
		t.Errorf("version %q, findings %v", m.Principal.Version, m.Findings)
	}
}

func TestTimesOutOfRange(t *testing.T) {
	m := formattest.Full()
	m.Principal.Signature.Signed = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := Encode(new(bytes.Buffer), m); err == nil {
		t.Error("no error for the year 10000")
	}
	data := encode(t, formattest.Full())
	for _, s := range []string{"9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00"} {
		m := decode(t, bytes.ReplaceAll(data, []byte("2026-11-20T09:41:00Z"), []byte(s)))
		if !m.Principal.Built.IsZero() {
			t.Errorf("%s is read as %v", s, m.Principal.Built)
		}
	}
}

func TestTruncated(t *testing.T) {
	data := bytes.TrimSpace(encode(t, formattest.Release()))
	for n := range data {
		if m, err := Decode(bytes.NewReader(data[:n])); err == nil {
			t.Fatalf("the first %d bytes of %d decode to %v", n, len(data), m)
		}
	}
}

func TestNullsInLists(t *testing.T) {
	data := encode(t, formattest.Full())
	for i, c := range data {
		if c != '[' {
			continue
		}
		sep := ","
		if data[i+1] == ']' {
			sep = ""
		}
		edited := slices.Concat(data[:i+1], []byte("null"+sep), data[i+1:])
		m, err := Decode(bytes.NewReader(edited))
		if (m == nil) == (err == nil) {
			t.Errorf("null at %d: manifest %v, error %v", i, m, err)
		}
		if err == nil {
			stable(t, edited)
		}
	}
}

// stable checks that what is decoded can be written, and then reads the same
// again.
func stable(t testing.TB, data []byte) (*sbom.Manifest, []byte) {
	t.Helper()
	once := decode(t, data)
	first := encode(t, once)
	twice := decode(t, first)
	if d := diff(twice, once); d != "" {
		t.Errorf("what was written is read differently:\n%.3000s\n%.3000s\n%.3000s", d, data, first)
	}
	if second := encode(t, twice); !bytes.Equal(first, second) {
		t.Errorf("first\n%.3000s\nthen\n%.3000s", first, second)
	}
	return once, first
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
