// Package spdx writes and reads manifests as SPDX 2.3 in JSON.
//
// The format is defined at https://spdx.github.io/spdx-spec/v2.3/. This is where
// the model goes:
//
//	Principal            the package that SPDXRef-DOCUMENT DESCRIBES
//	  FileName           packageFileName
//	  Published          releaseDate
//	  SupportEnd         validUntilDate
//	  Repository         externalRefs: OTHER vcs, with a comment that says so
//	  Commit             externalRefs: PERSISTENT-ID gitoid
//	  Disclaimer         attributionTexts
//	  Inputs             packages, GENERATED_FROM
//	  Toolchain          a package, BUILD_TOOL_OF
//	Component            packages
//	  Built              builtDate
//	  Maker, Supplier    originator, supplier
//	  Links              externalRefs: OTHER with the names of SPDX 3
//	  LicenseTexts       hasExtractedLicensingInfos
//	  Wanted             OPTIONAL_COMPONENT_OF the principal
//	  Contents,          if complete and nothing is listed: CONTAINS NONE, DEPENDS_ON NONE;
//	  Dependencies       if undetermined: NOASSERTION
//	Contains edge        CONTAINS; also from the principal to what it contains
//	                     without an edge
//	DependsOn edge       DEPENDS_ON
//	Finding              an annotation of its subject, or of the principal
//	Author, Tools        creationInfo.creators
//	Phase                creationInfo.comment, one of the words of CISA's SBOM types
//
// What these fields do not hold exactly is carried by one annotation of the
// package, a list of properties. So are the properties of the component. The
// principal with its evidence is written once more as one annotation, which the
// decoder believes only as long as the rest of the document still says what it
// said when it was written. A document that does not say when it was made is
// dated to the beginning of 1970, as SPDX requires a date.
//
// The decoder reads SPDX 2.2 and 2.3 of any origin, as far as the model has words
// for it: files, snippets, and annotations that are not ours are left out. It
// adds findings with these codes:
//
//	edge.dangling     a relationship leads to something that is no package
//	payload.mismatch  the record contradicts the document, which was edited
//
// The structs are our own: github.com/spdx/tools-golang v0.5.7 does not unescape
// the names of persons, organizations and tools when it reads JSON, and reads
// every package three times.
package spdx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Encode writes m to w as an [Encoder] without options does.
func Encode(w io.Writer, m *sbom.Manifest) error { return Encoder{}.Encode(w, m) }

// An Encoder writes documents. The zero Encoder is ready to use.
type Encoder struct {
	Indent bool // write lines for people; default is compact
}

// Encode writes m to w. It writes nothing if m is not valid, by
// [sbom.Manifest.Validate], or has a time after the year 9999. Equal manifests
// give equal bytes. Bytes that are not UTF-8 become U+FFFD.
func (e Encoder) Encode(w io.Writer, m *sbom.Manifest) error {
	ordered, err := facts.Prepare(m)
	if err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	b, err := newBuilt(ordered, dialect{})
	if err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	if !e.Indent {
		return b.write(w)
	}
	var compact, lines bytes.Buffer
	if err := b.write(&compact); err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	if err := json.Indent(&lines, compact.Bytes(), "", "  "); err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	_, err = lines.WriteTo(w)
	return err
}

// Decode reads a document as a [Decoder] without options does.
func Decode(r io.Reader) (*sbom.Manifest, error) { return Decoder{}.Decode(r) }

// A Decoder reads documents. The zero Decoder is ready to use.
type Decoder struct {
	// Limit is how many bytes a document may have. Default 1 GiB.
	Limit int64
}

// Decode reads one document. It refuses a document that breaks off, names two
// packages alike, describes nothing, or says something that [Encode] would not
// write.
func (d Decoder) Decode(r io.Reader) (*sbom.Manifest, error) {
	text, err := readAll(facts.Limit(r, d.Limit))
	if err != nil {
		return nil, fmt.Errorf("spdx: %w", err)
	}
	doc := &document{}
	in := &reader{s: text}
	doc.read(in)
	in.end()
	if in.err != nil {
		return nil, fmt.Errorf("spdx: %w", in.err)
	}
	m, err := toManifest(doc, dialect{})
	if err != nil {
		return nil, fmt.Errorf("spdx: %w", err)
	}
	return m, nil
}

// readAll returns what r has as a string, of which the manifest keeps parts.
func readAll(r io.Reader) (string, error) {
	var b strings.Builder
	_, err := io.Copy(&b, r)
	return b.String(), err
}
