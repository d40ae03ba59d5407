package policy

import (
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// A Subject is what is judged: one artifact, with all that is known about it now.
//
// What is nil or empty was not looked at, and the rules that need it say that they
// cannot tell. Nothing in a subject is changed. [Check] gives each rule a subject
// of its own in which Manifest, its principal and its components are not nil, and
// neither are those of Fresh if there is one.
type Subject struct {
	// Manifest is what the publisher says: the document that accompanies the
	// artifact, as it was read from its file. It is what a rule judges, and
	// not believed where there is something to compare it with.
	Manifest *sbom.Manifest

	// Document is the file that Manifest was read from.
	Document Document

	// Artifact is the artifact at hand, as it is now.
	Artifact *Artifact

	// Fresh is what a scan of the artifact finds now, assembled without any
	// candidates: what the artifact itself says.
	Fresh *sbom.Manifest

	// Tag is what verifying the tag gives now: what release.VerifyTag returns
	// for the tag and the commit of Manifest.
	Tag *sbom.Principal

	// Inputs are the build inputs of Manifest that were looked at now, under
	// the same names, with the digests that they have now. One without a
	// digest could not be read. Nil says that none was looked at.
	Inputs []sbom.Input

	// Release is all that is published together with the artifact.
	Release *Release

	// Now is what dates are compared with; zero if that is not known.
	Now time.Time

	parsed map[string]parsed // licence expressions, while it is judged
}

// A Document is a manifest as a file.
type Document struct {
	Name    string `json:"name,omitempty"`    // of the file
	Format  string `json:"format,omitempty"`  // its standard: "CycloneDX" or "SPDX"
	Version string `json:"version,omitempty"` // of the standard's specification: "1.6", "2.3"
	Syntax  string `json:"syntax,omitempty"`  // "JSON", "XML", "tag-value", "YAML"
	ID      string `json:"id,omitempty"`      // a serial number or a namespace, as it stands there
	Signed  Signed `json:"signed,omitempty"`  // whether a signature of it is at hand
}

// Signed says what is known of the signature of a document.
type Signed string

const (
	SignedUnknown Signed = ""        // nobody looked
	SignedNot     Signed = "no"      // there is none
	SignedPresent Signed = "present" // there is one, and it was not verified
	SignedGood    Signed = "good"    // it was verified
	SignedBad     Signed = "bad"     // it is not of this document, or by nobody who is trusted
)

// An Artifact is the thing that is published, as it is now.
type Artifact struct {
	Name    string        `json:"name"` // of the file: under this name it is published
	Size    int64         `json:"size,omitempty"`
	Digests []sbom.Digest `json:"digests,omitempty"` // none of a folder
}

// A Release is a folder that is published as a whole. Paths are relative to it and
// slash-separated.
type Release struct {
	Files []File
	Sums  []Sum

	// Broken says what keeps a file that should be read from being so, by path:
	// a manifest that is cut off, a list of checksums that is none.
	Broken map[string]string
}

// A File is one file of a release.
type File struct {
	Path     string
	Kind     FileKind
	Of       string // the path of the file that it is about, if its name says so
	Size     int64
	Digests  []sbom.Digest
	Manifest *sbom.Manifest // if the file is one
	Document Document       // if the file is one
}

// A FileKind says what a file of a release is for. The constants are those of
// package release.
type FileKind string

const (
	ArtifactFile  FileKind = "artifact"
	ManifestFile  FileKind = "manifest"
	ChecksumFile  FileKind = "checksums"
	SignatureFile FileKind = "signature"
	StatementFile FileKind = "statement"
)

// A Sum is a line of a file such as SHA256SUMS: what digest a file shall have.
type Sum struct {
	File   string // the file of sums
	Line   int
	Path   string // the file that it is about
	Digest sbom.Digest
}

// principal returns the principal of the manifest.
func (s *Subject) principal() *sbom.Principal { return s.Manifest.Principal }

// sound returns a subject that can be judged without a look at every pointer:
// with a manifest, a principal and no component that is nil.
func (s *Subject) sound() *Subject {
	own := Subject{}
	if s != nil {
		own = *s
	}
	if own.Manifest == nil {
		own.Manifest = &sbom.Manifest{}
	}
	own.Manifest = soundManifest(own.Manifest)
	own.parsed = map[string]parsed{}
	if own.Fresh != nil {
		own.Fresh = soundManifest(own.Fresh)
	}
	return &own
}

func soundManifest(m *sbom.Manifest) *sbom.Manifest {
	own := *m
	if own.Principal == nil {
		own.Principal = &sbom.Principal{}
	}
	own.Components = nil
	for _, c := range m.Components {
		if c != nil {
			own.Components = append(own.Components, c)
		}
	}
	return &own
}
