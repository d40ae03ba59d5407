// Package cyclonedx writes and reads manifests as CycloneDX 1.2 to 1.7, in JSON
// and in XML.
//
// The format is defined at https://cyclonedx.org/docs/1.6/json/. This is where
// the model goes, and since which version there is a place for it:
//
//	Principal             metadata.component
//	  Maker               manufacturer, 1.6; before: metadata.manufacture
//	  Built               formulation: end of the build workflow, 1.5
//	  Inputs, Settings,   formulation: components and inputs of the build workflow
//	  Toolchain
//	  Repository          externalReferences: vcs, with a comment that says so
//	  Commit, Committed   pedigree.commits
//	  FileName            property bsi:component:filename
//	  Published           property cdx:lifecycle:milestone:generalAvailability
//	  SupportEnd          property cdx:lifecycle:milestone:endOfSupport
//	Component             components
//	  Declared            licenses, as an expression; so is Concluded if it is
//	                      alone (1.6) or if both have room (1.7)
//	  LicenseTexts        evidence.licenses, named by their LicenseRef, 1.3
//	  Maker               manufacturer; a person: authors, 1.6; before: author
//	  Wanted              scope "optional", which is for what is not installed
//	  Locations           evidence.occurrences, 1.5, the layer as
//	                      additionalContext, 1.6
//	  Contents,           compositions, 1.3
//	  Dependencies
//	Contains edge         nested components; further containers and cycles as
//	                      property manifestgen:contained-in
//	DependsOn edge        dependencies, with an entry for every component that
//	                      has some or of which it is said how complete they are
//	Finding               annotations, 1.5, if the manifest says when it was made;
//	                      else property manifestgen:finding of the metadata
//	Author                metadata.manufacturer, 1.6; a person: metadata.authors
//	Tools, Phase          metadata.tools, metadata.lifecycles (1.5)
//
// What these fields do not hold exactly is written as properties that begin
// with "manifestgen:", so that every version holds every manifest. Version 1.2
// has no properties: there each is an external reference of type "other" with
// the URL "manifestgen:property:NAME" and the value as comment. Its components
// and those of 1.3 need a version, which is "unknown" if there is none. The
// principal with its evidence is written once more as one property,
// manifestgen:record, which the decoder believes only as long as the rest of the
// document still says what it said when it was written.
//
// The decoder reads documents of any origin. What they have beyond the model it
// keeps as [sbom.Foreign]: services, vulnerabilities, pedigree, declarations,
// annotations of others and so on. The encoder writes it again in the same
// place, if the version has the place and reading it still gives the facts of
// the manifest; else as property manifestgen:foreign. Signatures are such
// properties always, because they do not fit a document that was written anew.
// Left out are elements of other namespaces in XML, with a finding. Parts of
// documents that are not as they should be are left aside, with findings that
// have these codes:
//
//	component.unnamed  a component has no name
//	digest.invalid     a digest is of an unknown kind or of the wrong length
//	edge.dangling      a dependency leads to something that is no component
//	field.dropped      an element is of another namespace
//	field.unknown      a field is not of CycloneDX, or its value not of its type
//	licence.invalid    an expression cannot be parsed
//	payload.mismatch   the record contradicts the document, which was edited
//	principal.missing  the document does not say what it is about
//	purl.invalid       a package URL cannot be parsed
//	ref.duplicate      two components have one bom-ref; the second gets another
package cyclonedx

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Encode writes m to w as an [Encoder] without options does.
func Encode(w io.Writer, m *sbom.Manifest) error { return Encoder{}.Encode(w, m) }

// An Encoder writes documents. The zero Encoder writes version 1.6 in JSON.
type Encoder struct {
	Version string // one of [Versions]; default is "1.6"
	XML     bool   // write XML; default is JSON
	Indent  bool   // write lines for people; default is compact

	// Timeless leaves out when the document was made, and says so by the
	// property "cdx:reproducible". The times that are facts about the artifact
	// stay.
	Timeless bool
}

// Encode writes m to w. It writes nothing if m is not valid, by
// [sbom.Manifest.Validate], or has a time after the year 9999. Equal manifests
// give equal bytes. Bytes that are not UTF-8 become U+FFFD.
func (e Encoder) Encode(w io.Writer, m *sbom.Manifest) error {
	if err := e.encode(w, m); err != nil {
		return fmt.Errorf("cyclonedx: %w", err)
	}
	return nil
}

func (e Encoder) encode(w io.Writer, m *sbom.Manifest) error {
	version, err := versionOf(cmp.Or(e.Version, defaultVersion))
	if err != nil {
		return err
	}
	ordered, err := facts.Prepare(m)
	if err != nil {
		return err
	}
	if e.Timeless {
		ordered = timeless(ordered)
	}
	encoding := newEncoding(dialect{version, e.XML}, ordered)
	encoding.timeless = e.Timeless
	bom, err := encoding.document()
	if err != nil {
		return err
	}
	if e.XML {
		return writeXML(w, bom, encoding.top(), e.Indent)
	}
	return writeJSON(w, bom, encoding.top(), e.Indent)
}

// timeless returns m without the time of the document.
func timeless(m *sbom.Manifest) *sbom.Manifest {
	out := *m
	out.Created = time.Time{}
	out.Foreign = slices.DeleteFunc(slices.Clone(m.Foreign), func(f sbom.Foreign) bool {
		return f.Standard == standard && f.Field == ofMetadata+"timestamp"
	})
	return &out
}

// Decode reads a document as a [Decoder] without options does.
func Decode(r io.Reader) (*sbom.Manifest, error) { return Decoder{}.Decode(r) }

// A Decoder reads documents. The zero Decoder is ready to use.
type Decoder struct {
	// Limit is how many bytes a document may have. Default 1 GiB.
	Limit int64
}

// Decode reads one document in JSON or XML, of any version that [Encoder]
// writes. It refuses a document that is broken or of another kind; what is only
// imperfect it reads as far as it goes, and says so in findings.
func (d Decoder) Decode(r io.Reader) (*sbom.Manifest, error) {
	data, err := io.ReadAll(facts.Limit(r, d.Limit))
	if err != nil {
		return nil, fmt.Errorf("cyclonedx: %w", err)
	}
	m, err := read(data, false)
	if _, imperfect := err.(invalidError); imperfect {
		m, err = read(data, true)
	}
	if err != nil {
		return nil, fmt.Errorf("cyclonedx: %w", err)
	}
	return m, nil
}

// An invalidError says that a document is in order as such, and its manifest is
// not.
type invalidError struct{ error }

func (e invalidError) Unwrap() error { return e.error }

// read reads the document in data. It is careful for those that have package
// URLs or licences that cannot be parsed, which takes time to find.
func read(data []byte, careful bool) (*sbom.Manifest, error) {
	r := &reader{careful: careful, m: &sbom.Manifest{}, licences: licences{}}
	if isXML(data) {
		return r.readXML(data)
	}
	return r.readJSON(data)
}
