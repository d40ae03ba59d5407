package cyclonedx

import (
	"testing"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

// TestAppendComponent compares what is written by hand with encoding/json.
func TestAppendComponent(t *testing.T) {
	full := formattest.Full()
	m := formattest.Many(3)
	m.Components[1].Digests = full.Principal.Digests
	m.Components[1].Description = "a \"text\" <é>\u2028\x01"
	m.Components[1].Wanted = true
	m.Components[1].Copyright = []string{"a", "b"}
	m.Components[2].Declared, m.Components[2].Locations = "", []sbom.Location{{Path: "a"}, {Path: "b", Layer: "c"}}
	version, err := versionOf(defaultVersion)
	if err != nil {
		t.Fatal(err)
	}
	simple := 0
	for _, m := range []*sbom.Manifest{m, full, formattest.Hostile()} {
		e := newEncoding(dialect{version, false}, facts.Order(m))
		for c := range e.top() {
			got, ok := appendComponent(nil, c)
			if !ok {
				continue
			}
			simple++
			if want, err := marshal(c); err != nil || string(got) != string(want) {
				t.Errorf("got  %s\nwant %s, %v", got, want, err)
			}
		}
	}
	if simple < 3 {
		t.Errorf("%d components are written by hand, want 3 and more", simple)
	}
}
