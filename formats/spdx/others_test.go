package spdx

import (
	"bytes"
	encoding "encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/tagvalue"

	"github.com/manifestgen/manifestgen/sbom"
)

// others reads a document with the readers of the SPDX project. Its reader of
// YAML needs a module that we do not have: it makes JSON of the YAML, as is done
// here with the parser that we have.
func others(t *testing.T, e Encoder, data []byte) *spdx.Document {
	t.Helper()
	var doc *spdx.Document
	var err error
	switch e.Format {
	case TagValue:
		doc, err = tagvalue.Read(bytes.NewReader(data))
	case YAML:
		var tree any
		if err := yaml.Unmarshal(data, &tree); err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		w := encoding.NewEncoder(&text)
		w.SetEscapeHTML(false) // their reader takes escapes for what is meant
		if err := w.Encode(tree); err != nil {
			t.Fatal(err)
		}
		doc, err = json.Read(&text)
	default:
		doc, err = json.Read(bytes.NewReader(data))
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestOthersReadIt compares what the readers of the SPDX project understand with
// what we wrote. Their readers do not unescape the names of persons and tools in
// JSON, and read no line of tag-value beyond 64 KiB.
func TestOthersReadIt(t *testing.T) {
	eachFixture(t, func(t *testing.T, e Encoder, m *sbom.Manifest) {
		data := write(t, e, m)
		if e.Format == TagValue && longestLine(data) > 1<<16 {
			t.Skip("a line is too long for their reader")
		}
		doc := others(t, e, data)
		want, _, err := toJSON(string(data))
		if err != nil {
			t.Fatal(err)
		}
		ours := &document{}
		ours.read(&reader{s: want})
		comparePackages(t, doc, ours, e.Format == TagValue)
		compareRelationships(t, doc, ours)
	})
}

func longestLine(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		n = max(n, len(line))
	}
	return n
}

func comparePackages(t *testing.T, doc *spdx.Document, ours *document, inDocument bool) {
	t.Helper()
	if len(doc.Packages) != len(ours.Packages) {
		t.Fatalf("%d packages, want %d", len(doc.Packages), len(ours.Packages))
	}
	notes := map[string][]string{}
	for _, a := range doc.Annotations {
		id := "SPDXRef-" + string(a.AnnotationSPDXIdentifier.ElementRefID)
		notes[id] = append(notes[id], a.AnnotationComment)
	}
	for i, p := range doc.Packages {
		want := ours.Packages[i]
		got := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s", p.PackageName, p.PackageVersion, p.PackageDescription, p.PackageDownloadLocation,
			p.PackageLicenseDeclared, p.PackageCopyrightText, p.BuiltDate)
		if w := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s", want.Name, want.Version, want.Description, want.DownloadLocation,
			want.Declared, want.Copyright, want.Built); got != w {
			t.Errorf("package %.300q, want %.300q", got, w)
		}
		if p.FilesAnalyzed || len(p.PackageChecksums) != len(want.Checksums) || len(p.PackageExternalReferences) != len(want.ExternalRefs) {
			t.Errorf("%s: files analysed: %v, %d checksums, %d references", want.ID, p.FilesAnalyzed, len(p.PackageChecksums), len(p.PackageExternalReferences))
		}
		comments := notes[want.ID]
		if !inDocument {
			for _, a := range p.Annotations {
				comments = append(comments, a.AnnotationComment)
			}
		}
		var wantComments []string
		for _, a := range want.Annotations {
			wantComments = append(wantComments, a.Comment)
		}
		if !slices.Equal(comments, wantComments) {
			t.Errorf("%s: annotations\n%.300q, want\n%.300q", want.ID, comments, wantComments)
		}
	}
}

func compareRelationships(t *testing.T, doc *spdx.Document, ours *document) {
	t.Helper()
	name := func(r spdx.DocElementID) string {
		if r.SpecialID != "" {
			return r.SpecialID
		}
		return "SPDXRef-" + string(r.ElementRefID)
	}
	var got, want []string
	for _, r := range doc.Relationships {
		got = append(got, strings.Join([]string{name(r.RefA), r.Relationship, name(r.RefB)}, " "))
	}
	for _, r := range ours.Relationships {
		want = append(want, strings.Join([]string{r.From, r.Type, r.To}, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d relationships are not the %d that were written", len(got), len(want))
	}
}

// TestOthersReadForeign lets them read what we make of the documents of others,
// and compares with what they make of the same documents as they were.
func TestOthersReadForeign(t *testing.T) {
	for _, name := range foreignFiles {
		data := readFile(t, name)
		e := Encoder{}
		if strings.HasSuffix(name, ".spdx") {
			e.Format = TagValue
		}
		if name == "github.spdx.json" {
			data = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(data), []byte(`{"sbom":`)), []byte("}"))
		}
		was, is := others(t, e, data), others(t, e, write(t, e, read(t, data)))
		if len(was.Packages) != len(is.Packages) || len(was.Files) > len(is.Files) || len(was.Snippets) != len(is.Snippets) ||
			len(was.Relationships) > len(is.Relationships) || len(was.OtherLicenses) != len(is.OtherLicenses) {
			t.Errorf("%s: %d packages, %d files, %d snippets, %d relationships, %d licences; were %d, %d, %d, %d, %d", name,
				len(is.Packages), len(is.Files), len(is.Snippets), len(is.Relationships), len(is.OtherLicenses),
				len(was.Packages), len(was.Files), len(was.Snippets), len(was.Relationships), len(was.OtherLicenses))
		}
	}
}
