// Package spdx writes and reads manifests as SPDX 2.2 and 2.3, in JSON, YAML and
// tag-value.
//
// The format is defined at https://spdx.github.io/spdx-spec/v2.3/. The JSON is what
// the package works with; the other two are translated to and from it. This is
// where the model goes:
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
// Version 2.2 has no dates and no purpose of packages, and tag-value has no way to
// write the end of a text within a text, nor a line that begins with a space: there
// the annotation holds the field. In tag-value, annotations of packages stand at
// the end and name the package.
//
// # Documents of others
//
// The decoder reads documents of any origin, recognises their serialisation by
// content, and refuses only what is broken, too long, or not SPDX 2. What the model
// has no word for is kept as foreign data ([sbom.Foreign] of the standard "spdx"),
// by the key that it has in JSON: files, snippets, relationships of other types,
// comments, SPDXIDs, and every field that we would spell differently. A null stands
// for a field that we would write and that was not there; a key of creationInfo has
// that before it, as in "creationInfo.creators".
//
// The encoder writes a foreign field again if the standard allows it in the version
// and serialisation at hand, and if a reader then still finds in the document what
// the model says; otherwise an annotation carries it. Relationships are written as
// they were if they still mean the edges of the manifest. So SPDX to SPDX loses
// nothing, and what was amended since wins over how it was once spelled.
//
// Decoding adds notes with these codes:
//
//	digest.invalid    a checksum that the model cannot hold
//	document.root     the document does not say what it is about, or several things
//	document.version  the document is of another version than 2.2 and 2.3
//	id.duplicate      an SPDXID that is empty or belongs to an earlier package
//	licence.invalid   a licence expression that cannot be parsed
//	licence.text      a licence without a text; it gets one that says so
//	name.missing      a package without a name
//	payload.mismatch  the record contradicts the document, which was edited
//	purl.invalid      a package URL that cannot be parsed
//
// In each case the field stays as it is, as foreign data.
//
// The structs are our own: github.com/spdx/tools-golang v0.5.7 does not unescape
// the names of persons, organizations and tools when it reads JSON, drops what it
// does not know, and reads every package three times.
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

// A Format is a way to write a document down.
type Format int

const (
	JSON Format = iota
	TagValue
	YAML
)

// An Encoder writes documents. The zero Encoder is ready to use.
type Encoder struct {
	// Version is "2.2" or "2.3", which stands for "" as well.
	Version string

	Format Format
	Indent bool // write lines for people; default is compact JSON
}

// Encode writes m to w. It writes nothing if m is not valid, by
// [sbom.Manifest.Validate], or has a time after the year 9999. Equal manifests
// give equal bytes. Bytes that are not UTF-8 become U+FFFD.
func (e Encoder) Encode(w io.Writer, m *sbom.Manifest) error {
	if e.Version != "" && e.Version != "2.2" && e.Version != "2.3" {
		return fmt.Errorf("spdx: there is no version %q, only 2.2 and 2.3", e.Version)
	}
	ordered, err := facts.Prepare(m)
	if err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	b, err := newBuilt(ordered, dialect{old: e.Version == "2.2", tagValue: e.Format == TagValue})
	if err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	if e.Format == JSON && !e.Indent {
		return b.write(w)
	}
	var text bytes.Buffer
	if err := b.write(&text); err != nil {
		return fmt.Errorf("spdx: %w", err)
	}
	_, err = w.Write(e.translate(text.Bytes()))
	return err
}

// translate returns a document in JSON as the encoder shall write it.
func (e Encoder) translate(text []byte) []byte {
	switch e.Format {
	case TagValue:
		return toTagValue(string(text))
	case YAML:
		return toYAML(string(text))
	}
	var lines bytes.Buffer
	if err := json.Indent(&lines, text, "", "  "); err != nil {
		panic(err) // we wrote it
	}
	return lines.Bytes()
}

// Decode reads a document as a [Decoder] without options does.
func Decode(r io.Reader) (*sbom.Manifest, error) { return Decoder{}.Decode(r) }

// A Decoder reads documents. The zero Decoder is ready to use.
type Decoder struct {
	// Limit is how many bytes a document may have. Default 1 GiB.
	Limit int64
}

// Decode reads one document. It refuses one that breaks off, that has text after
// its end, that is not SPDX 2, or that is longer than the limit.
func (d Decoder) Decode(r io.Reader) (*sbom.Manifest, error) {
	text, err := readAll(facts.Limit(r, d.Limit), sizeOf(r))
	if err != nil {
		return nil, fmt.Errorf("spdx: %w", err)
	}
	text, in, err := toJSON(text)
	if err != nil {
		return nil, fmt.Errorf("spdx: %w", err)
	}
	doc := &document{}
	source := &reader{s: text}
	doc.read(source)
	source.end()
	if source.err != nil {
		return nil, fmt.Errorf("spdx: %w", source.err)
	}
	m, err := toManifest(doc, in)
	if err != nil {
		return nil, fmt.Errorf("spdx: %w", err)
	}
	return m, nil
}

// toJSON returns a document as JSON, and the dialect that it was in. It goes by
// the content: JSON begins with a brace, and tag-value has a line of its own for
// the version.
func toJSON(text string) (string, dialect, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	start := strings.TrimLeft(text, " \t\r\n")
	switch {
	case start == "" || start[0] == '{':
		return text, dialect{}, nil
	case strings.HasPrefix(start, "SPDXVersion:") || strings.Contains(text, "\nSPDXVersion:"):
		text, err := fromTagValue(text)
		return text, dialect{tagValue: true}, err
	default:
		text, err := fromYAML(text)
		return text, dialect{}, err
	}
}

// readAll returns what r has as a string, of which the manifest keeps parts. Size
// is about how much that is.
func readAll(r io.Reader, size int) (string, error) {
	var b strings.Builder
	b.Grow(size)
	_, err := io.Copy(&b, r)
	return b.String(), err
}

// sizeOf returns how much a reader has left, if it says so.
func sizeOf(r io.Reader) int {
	if r, ok := r.(interface{ Len() int }); ok {
		return min(r.Len(), facts.MaxDocument)
	}
	return 0
}
