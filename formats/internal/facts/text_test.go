package facts

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// FuzzText compares the writers of text with encoding/json.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "plain", "eight by", "a longer \"text\" \\ of more than eight", "<&>", "\x00\x1f\x7f\b\t\n\f\r", "é\u2028\u2029\U0001F600", "\xff broken \xe2\x80", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			t.Fatal(err)
		}
		same(t, AppendString(nil, s), bytes.TrimSuffix(want.Bytes(), []byte("\n")))
		same(t, AppendCanonical(nil, s), Canonical(s))
		for _, list := range [][]string{nil, {}, {s}, {s, "x", s}} {
			same(t, canonicalTexts(list), Canonical(list))
		}
		for _, list := range [][]sbom.Location{nil, {}, {{Path: s}}, {{Path: s, Layer: s}, {Layer: s}}} {
			same(t, canonicalLocations(list), Canonical(list))
		}
	})
}

func same(t *testing.T, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
