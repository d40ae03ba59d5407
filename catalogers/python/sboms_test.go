package python

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// decodeLines reads a document of the test: the first line names the principal,
// each other one a component that it needs.
func decodeLines(r io.Reader) (*sbom.Manifest, error) {
	data, err := io.ReadAll(r)
	lines := strings.Fields(string(data))
	if err != nil || len(lines) == 0 {
		return nil, errors.Join(err, errors.New("not a document"))
	}
	m := &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Ref: "root", Name: lines[0], PURL: "pkg:pypi/" + lines[0]}}}
	for i, name := range lines[1:] {
		c := &sbom.Component{Ref: fmt.Sprint(i), Name: name, Type: sbom.TypeLibrary, Locations: []sbom.Location{{Path: "elsewhere"}}}
		m.Components = append(m.Components, c)
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: "root", To: c.Ref})
	}
	m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: "0", To: "1"})
	return m, nil
}

// TestDocuments holds that what SBOM documents of a distribution list is
// contained in it, and that a damaged one is a gap.
func TestDocuments(t *testing.T) {
	const unit = "lib/python3/site-packages/demo-1.0.dist-info/"
	files := map[string]string{
		unit + "METADATA":           "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n",
		unit + "RECORD":             "demo-1.0.dist-info/METADATA,,\ndemo-1.0.dist-info/sboms/a.cdx.json,,\n",
		unit + "sboms/a.cdx.json":   "demo openssl zlib",
		unit + "sboms/b.spdx":       "",
		"other/sboms/ignored.json":  "x y",
		"demo-1.0.dist-info-sboms/": "",
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{Decode: decodeLines})
	var edges, gaps []string
	for _, e := range m.Edges {
		edges = append(edges, fmt.Sprint(e.Kind, " ", e.From, " ", e.To))
	}
	for _, f := range m.Findings {
		if f.Kind == sbom.Gap {
			gaps = append(gaps, f.Code+" "+f.Path)
		}
	}
	want := []string{
		"depends-on library:openssl library:zlib",
		"contains pkg:pypi/demo@1.0 library:openssl", "contains pkg:pypi/demo@1.0 library:zlib",
	}
	if !slices.Equal(edges, want) {
		t.Errorf("edges %q, want %q", edges, want)
	}
	if want := []string{"python.sboms " + unit + "sboms/b.spdx"}; !slices.Equal(gaps, want) {
		t.Errorf("gaps %q, want %q", gaps, want)
	}
	unread := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	if !slices.ContainsFunc(unread.Findings, func(f sbom.Finding) bool { return f.Kind == sbom.Gap && f.Code == "python.sboms" }) {
		t.Errorf("documents that are not read are no gap: %+v", unread.Findings)
	}
}
