// Package spdx3 writes and reads manifests as SPDX 3.0.1 in JSON-LD.
//
// The format is defined at https://spdx.github.io/spdx-spec/v3.0.1/. This is where
// the model goes:
//
//	Manifest             SpdxDocument, its rootElement software_Sbom, the
//	                     rootElement of that the principal
//	  ID, Version        the ids of all elements
//	  Created            CreationInfo created
//	  Author, Tools      createdBy an Organization or a Person, createdUsing Tools
//	  Phase              software_sbomType
//	  Findings           Annotations of their subject, or of the principal
//	Principal            software_Package
//	  FileName           a software_File, hasDistributionArtifact
//	  Published          releaseTime
//	  SupportEnd         validUntilTime
//	  SupportLevel       supportLevel
//	  Repository         externalRef vcs, with a comment that says so
//	  Commit             externalIdentifier gitoid
//	  Disclaimer         software_attributionText
//	  Inputs             software_Packages, hasInput of the build_Build whose
//	                     hasOutput is the principal
//	  Settings           build_parameter
//	  Toolchain          a Tool, usesTool
//	Component            software_Package, or software_File for a file without
//	                     version and package URL
//	  Type               software_primaryPurpose
//	  PURL, CPE          software_packageUrl, externalIdentifier cpe22 and cpe23
//	  Digests            verifiedUsing
//	  Declared,          hasDeclaredLicense, hasConcludedLicense
//	  Concluded          simplelicensing_LicenseExpression
//	  LicenseTexts       customIdToUri, simplelicensing_SimpleLicensingText
//	  Maker, Supplier    originatedBy, suppliedBy an Organization or a Person
//	  Built              builtTime
//	  Links              externalRef
//	  Wanted             hasOptionalComponent of the principal
//	  Contents,          completeness of contains and dependsOn, to NoneElement or
//	  Dependencies       NoAssertionElement where nothing is listed
//	Contains edge        contains; also from the principal to what it contains
//	                     without an edge
//	DependsOn edge       dependsOn
//
// What these fields do not hold exactly is carried by a CdxPropertiesExtension of
// the element. So are the properties of the component. The principal with its
// evidence is written once more as one annotation, which the decoder believes
// only as long as the rest of the document still says what it said when it was
// written. A document that does not say when it was made is dated to the
// beginning of 1970, as SPDX requires a date.
//
// Parties, tools and licences that several elements refer to are written once.
// The document is in the canonical serialization, its elements in the order of
// their ids.
//
// The decoder reads SPDX 3.0 of any origin, as a list of elements or as one, with
// elements in each other or by reference, with prefixes and blank nodes. It reads
// no context. What the model has no word for, it keeps as foreign data of the
// standard "spdx3": of a component, the keys that are not wholly understood, the
// class if it is not the usual one, and the id under "spdxId"; of the manifest,
// whole elements under "@graph", and further keys of the document, its SBOM and
// its CreationInfo under the names of their classes. The encoder writes foreign
// data again if the document is then still read as the same manifest; a fact
// that was amended wins. What it cannot write there, it carries as a property.
//
// The decoder adds findings with these codes; all are notes:
//
//	digest.invalid    a hash has not the length of its algorithm, or is not hexadecimal
//	element.unread    an entry of the graph is no object, or has no type
//	field.unread      a value is not of the kind that its key has
//	id.duplicate      two elements have one id and say different things
//	licence.invalid   a licence expression cannot be parsed, or lacks a text
//	name.missing      a component has no name
//	payload.mismatch  the record contradicts the document, which was edited
//	purl.invalid      a package URL cannot be parsed
//	root.guessed      the document does not say what it is about
//	root.missing      the document is about no package or file
//	root.several      the document is about several things
//
// Each finding says what was done about it: values that cannot be read are kept
// as foreign data.
package spdx3

import (
	"fmt"
	"io"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Encode writes m to w as an [Encoder] without options does.
func Encode(w io.Writer, m *sbom.Manifest) error { return Encoder{}.Encode(w, m) }

// An Encoder writes documents. The zero Encoder is ready to use.
type Encoder struct {
	Indent bool // write lines for people; default is the canonical serialization
}

// Encode writes m to w. It writes nothing if m is not valid, by
// [sbom.Manifest.Validate], or has a time after the year 9999. Equal manifests
// give equal bytes. Bytes that are not UTF-8 become U+FFFD.
func (e Encoder) Encode(w io.Writer, m *sbom.Manifest) error {
	ordered, err := facts.Prepare(m)
	if err != nil {
		return fmt.Errorf("spdx3: %w", err)
	}
	g, err := fromManifest(ordered)
	if err != nil {
		return fmt.Errorf("spdx3: %w", err)
	}
	if err := g.write(w, e.Indent); err != nil {
		return fmt.Errorf("spdx3: %w", err)
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

// Decode reads one document. It refuses what is no JSON object, breaks off, goes
// on after its end, is not SPDX 3, is longer than the limit, or is nested more
// than 100 deep. Everything else is read as far as it can be, with findings
// about the rest.
func (d Decoder) Decode(r io.Reader) (*sbom.Manifest, error) {
	p, err := parse(facts.Limit(r, d.Limit))
	if err != nil {
		return nil, fmt.Errorf("spdx3: %w", err)
	}
	m, err := toManifest(p)
	if err != nil {
		return nil, fmt.Errorf("spdx3: %w", err)
	}
	return m, nil
}
