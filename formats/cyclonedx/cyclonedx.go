// Package cyclonedx writes and reads manifests as CycloneDX 1.6 in JSON.
//
// The format is defined at https://cyclonedx.org/docs/1.6/json/. This is where
// the model goes:
//
//	Principal             metadata.component
//	  Built               formulation: end of the build workflow
//	  Inputs, Settings,   formulation: components and inputs of the build workflow
//	  Toolchain
//	  Repository          externalReferences: vcs, with a comment that says so
//	  Commit, Committed   pedigree.commits
//	  FileName            property bsi:component:filename
//	  Published           property cdx:lifecycle:milestone:generalAvailability
//	  SupportEnd          property cdx:lifecycle:milestone:endOfSupport
//	Component             components
//	  Declared            licenses, as an expression; so is Concluded if it is alone
//	  LicenseTexts        evidence.licenses, named by their LicenseRef
//	  Maker               manufacturer; a person: authors
//	  Wanted              scope "optional", which is for what is not installed
//	  Locations           evidence.occurrences, the layer as additionalContext
//	  Contents,           compositions
//	  Dependencies
//	Contains edge         nested components; further containers and cycles as
//	                      property manifestgen:contained-in
//	DependsOn edge        dependencies, with an entry for every component
//	Finding               annotations, if the manifest says when it was made;
//	                      else property manifestgen:finding of the metadata
//	Author, Tools, Phase  metadata.manufacturer, tools, lifecycles
//
// What these fields do not hold exactly is written as properties that begin
// with "manifestgen:". The principal with its evidence is written once more as
// one property, manifestgen:record, which the decoder believes only as long as
// the rest of the document still says what it said when it was written.
//
// The decoder reads CycloneDX 1.2 to 1.6 documents of any origin, as far as the
// model has words for them: services, vulnerabilities, declarations,
// definitions, signatures, and properties of the document and annotations that
// are not ours are left out. It adds findings with these codes:
//
//	edge.dangling     a dependency leads to something that is no component
//	payload.mismatch  the record contradicts the document, which was edited
package cyclonedx

import (
	"fmt"
	"io"

	cdx "github.com/CycloneDX/cyclonedx-go"

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
		return fmt.Errorf("cyclonedx: %w", err)
	}
	bom, err := fromManifest(ordered)
	if err != nil {
		return fmt.Errorf("cyclonedx: %w", err)
	}
	// The encoder writes once, when all is well.
	if err := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).SetPretty(e.Indent).SetEscapeHTML(false).Encode(bom); err != nil {
		return fmt.Errorf("cyclonedx: %w", err)
	}
	return nil
}

// Decode reads a document as a [Decoder] without options does.
func Decode(r io.Reader) (*sbom.Manifest, error) { return Decoder{}.Decode(r) }

// A Decoder reads documents. The zero Decoder is ready to use.
type Decoder struct {
	// Limit is how many bytes a document may have. Default 1 GiB.
	Limit int64
}

// Decode reads one document. It refuses a document that breaks off, names two
// components alike, or says something that [Encode] would not write.
func (d Decoder) Decode(r io.Reader) (*sbom.Manifest, error) {
	bom := &cdx.BOM{}
	if err := cdx.NewBOMDecoder(facts.Limit(r, d.Limit), cdx.BOMFileFormatJSON).Decode(bom); err != nil {
		return nil, fmt.Errorf("cyclonedx: %w", err)
	}
	m, err := toManifest(bom)
	if err != nil {
		return nil, fmt.Errorf("cyclonedx: %w", err)
	}
	return m, nil
}
