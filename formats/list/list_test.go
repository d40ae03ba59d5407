package list

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/sbom"
)

func TestEncodeCSV(t *testing.T) {
	m := formattest.Minimal()
	m.Principal.Version, m.Principal.Digests = "1", []sbom.Digest{{Algorithm: "SHA-256", Value: "00"}}
	m.Components = []*sbom.Component{
		{Ref: "z", Name: `say "x", y`, Concluded: "MIT", Declared: "ISC", Wanted: true},
		{Ref: "b", Name: "=1+1", Version: "@x", PURL: "pkg:pypi/x@1", Locations: []sbom.Location{{Path: "\x1b[31m\r\n"}}, Maker: sbom.Party{Name: " -x"}},
	}
	const want = "role,name,version,type,purl,architecture,licence,maker,supplier,SHA-256,SHA-512,location,ref\r\n" +
		"principal,a,1,,,,,,,00,,,a\r\n" +
		`component,'=1+1,'@x,,pkg:pypi/x@1,,,' -x,,,,\x1b[31m\x0d\x0a,b` + "\r\n" +
		`wanted,"say ""x"", y",,,,,MIT,,,,,,z` + "\r\n"
	var got bytes.Buffer
	if err := EncodeCSV(&got, m); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}

func TestEncodeCSVHostile(t *testing.T) {
	m := formattest.Hostile()
	for _, s := range []string{"=HYPERLINK(1)", "+1", "-1", "@SUM", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＠x"} {
		m.Components = append(m.Components, &sbom.Component{Ref: s, Name: s, Version: s})
	}
	var buf bytes.Buffer
	if err := EncodeCSV(&buf, m); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&buf).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2+len(m.Components) {
		t.Errorf("%d rows for %d components", len(rows), len(m.Components))
	}
	for _, cell := range strings.Split(strings.Join(flat(rows), "\x00"), "\x00") {
		if trimmed := strings.TrimLeft(cell, " "); strings.IndexAny(trimmed, "=+-@") == 0 || strings.IndexAny(trimmed, "＝＠") == 0 {
			t.Errorf("%.80q is a formula", cell)
		}
		if strings.ContainsFunc(cell, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%.80q has a character that does something", cell)
		}
	}
}

func flat(rows [][]string) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}

func TestEncodePURLs(t *testing.T) {
	m := formattest.Minimal()
	m.Principal.PURL = "pkg:generic/a@1"
	for i, purl := range []string{"pkg:pypi/b@1", "pkg:golang/a@1", "pkg:pypi/b@1", "", "pkg:pypi/wanted", "pkg:pypi/x\n\x1b"} {
		m.Components = append(m.Components, &sbom.Component{PURL: purl, Wanted: i == 4})
	}
	var got bytes.Buffer
	if err := EncodePURLs(&got, m); err != nil {
		t.Fatal(err)
	}
	if want := "pkg:generic/a@1\npkg:golang/a@1\npkg:pypi/b@1\npkg:pypi/x\\x0a\\x1b\n"; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}

func TestNoPrincipal(t *testing.T) {
	if EncodeCSV(&bytes.Buffer{}, &sbom.Manifest{}) == nil || EncodePURLs(&bytes.Buffer{}, &sbom.Manifest{}) == nil {
		t.Error("no error for a manifest without a principal")
	}
}
