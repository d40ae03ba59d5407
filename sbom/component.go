package sbom

import (
	"time"
)

// A Type says what kind of thing a component is, in the words of CycloneDX.
// The constants are the types that manifestgen itself assigns; a decoded
// document may hold others, and they are kept.
type Type string

const (
	TypeApplication     Type = "application"
	TypeLibrary         Type = "library"
	TypeContainer       Type = "container"
	TypeOperatingSystem Type = "operating-system"
	TypeFile            Type = "file"
)

// A Component is one thing that an artifact holds or is made of: a Go module,
// a Python distribution, a package of an operating system, a file.
//
// A cataloger fills in what the file at hand says and leaves the rest zero: an
// empty string is "not said", never "none". Components are shared by pointer
// between the steps of one run; after [Assemble] nobody changes them.
type Component struct {
	// Ref names the component within its manifest: the bom-ref of CycloneDX,
	// the source of the SPDXID. Assemble makes it; catalogers leave it empty.
	Ref string `json:"ref,omitempty"`

	Type        Type   `json:"type,omitempty"`
	Name        string `json:"name,omitempty"`
	Version     string `json:"version,omitempty"` // as the ecosystem spells it; empty is unknown
	Description string `json:"description,omitempty"`

	// PURL is the package URL in its canonical spelling. Catalogers of deb,
	// rpm and apk packages leave out namespace and distro, which Assemble
	// takes from the distribution that the packages were found with.
	PURL string `json:"purl,omitempty"`
	CPE  string `json:"cpe,omitempty"` // only where the artifact itself states it

	Architecture string `json:"architecture,omitempty"` // in the ecosystem's own words
	OS           string `json:"os,omitempty"`

	Digests []Digest `json:"digests,omitempty"` // of the file that the component is

	// Declared and Concluded are SPDX licence expressions. Each LicenseRef in
	// them has its text in LicenseTexts.
	Declared     string        `json:"declared,omitempty"`
	Concluded    string        `json:"concluded,omitempty"`
	LicenseTexts []LicenseText `json:"licenseTexts,omitempty"`
	Copyright    []string      `json:"copyright,omitempty"` // one notice each

	Maker    Party `json:"maker,omitzero"`    // who made it
	Supplier Party `json:"supplier,omitzero"` // who distributes it, if that is said apart

	Built      time.Time  `json:"built,omitzero"` // to the second, in UTC
	Links      []Link     `json:"links,omitempty"`
	Properties []Property `json:"properties,omitempty"` // what the model has no word for
	Foreign    []Foreign  `json:"foreign,omitempty"`    // what decoded documents have beyond the model

	// Wanted is set for a component that a file asks for (a lock file, a
	// go.mod), while nothing shows that it is here.
	Wanted bool `json:"wanted,omitempty"`

	// Contents says whether all that is inside the component is listed, and
	// Dependencies whether all that it needs is.
	Contents     Completeness `json:"contents,omitempty"`
	Dependencies Completeness `json:"dependencies,omitempty"`

	// Locations are where the component was found: the file at hand, unless the
	// cataloger says otherwise. A part may say that its file is none, by a list
	// that is empty and not nil.
	Locations []Location `json:"locations,omitempty"`
	FoundBy   []string   `json:"foundBy,omitempty"` // names of catalogers

	// Joints is what Assemble needs to join the component with others. It is
	// not part of a manifest.
	Joints `json:"-"`
}

// Joints holds the loose ends that a cataloger leaves on a component and that
// [Scan] and [Assemble] tie up.
type Joints struct {
	// Key identifies the component among all that one scan finds, across
	// catalogers: "golang:golang.org/x/mod@v0.30.0", "deb:libc6:amd64".
	// Components with equal keys are merged. An empty key is equal to none.
	Key string

	// Part marks facts about a component whose identity another file
	// states. A part is merged into the component of its key, or into those
	// that name its path in PartsAt, and dropped if there is none.
	Part bool

	// PartsAt holds paths of files that say more about this component. They
	// may lead through symbolic links.
	PartsAt []string

	// Fallback marks a component that is dropped where another of the same
	// key is none.
	Fallback bool

	// Is is the path of the file, container or folder that the component is,
	// where that can be said: a Go program is the file it was read from,
	// the package that a deb's control file describes is the deb. The path
	// "." is the artifact itself. See [Entry.Root].
	Is string

	// Qualifiers, as "key=value", are added to the package URL, where that is
	// stated by one file and they by another. One that the package URL has, or
	// of which there are two values, is left out.
	Qualifiers []string

	// DependsOn holds keys of components that this one needs. A key that no
	// component has is left out without a word: what is not known to be
	// here is stated by Requires.
	DependsOn []string

	// Includes holds keys of components that this one needs, directly or by
	// way of others: what is linked into a program. Assemble makes an edge to
	// each that no other edges lead to.
	Includes []string

	// Requires and Provides are tokens such as "so:libc.so.6". Assemble
	// makes an edge from a component to each other one that provides what
	// it requires, and a finding where none does.
	Requires []string
	Provides []string

	// Expects are tokens that something here must provide, or else the
	// artifact was not read as it should be: that is a gap.
	Expects []string

	// Owns lists the files of a package, as paths of its tree. A component
	// that is such a file is contained in the package.
	Owns []string

	// Listed is what a list says of files that the component owns, for the
	// Audit of its cataloger.
	Listed []ListedFile

	// YieldsTo are tokens. The component is left out of the manifest if
	// something here provides one of them: what it was read from is a second
	// account of the same, and an older one.
	YieldsTo []string

	// Private is what a cataloger tells its own Resolve.
	Private any

	// Candidates are principal facts that hold if the component turns out
	// to be the principal. If one of them has a version, they say all there
	// is to say of the version.
	Candidates []Candidate

	// Findings are about this component and share its fate: they are lost if
	// a higher layer removes it.
	Findings []Finding
}

// A ListedFile is a file as the list of a package has it.
type ListedFile struct {
	Path   string // as in Owns
	Size   int64  // -1 if it is not said
	Digest string // in the words of the cataloger
}

// Completeness says whether a list is known to be whole.
type Completeness string

const (
	Complete     Completeness = "complete"
	Incomplete   Completeness = "incomplete"   // something is known to be missing
	Undetermined Completeness = "undetermined" // the artifact does not say
)

// A Digest is the value of a hash function over the bytes of a file.
type Digest struct {
	Algorithm string `json:"algorithm"` // "SHA-256", "SHA-512": the names of CycloneDX
	Value     string `json:"value"`     // lower-case hexadecimal
}

// A Location is where a component was found. Path is slash-separated, relative
// to the artifact; "a.tar!/b" is the file b inside the container a.tar.
type Location struct {
	Path  string `json:"path"`
	Layer string `json:"layer,omitempty"` // the layer's diff id, in an image
}

// A LicenseText is the text that a LicenseRef stands for.
type LicenseText struct {
	ID   string `json:"id"` // "LicenseRef-..."
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// A Party is a team or a person.
type Party struct {
	Name     string    `json:"name,omitempty"`
	Person   bool      `json:"person,omitempty"` // a person, not a team or organization
	URL      string    `json:"url,omitempty"`
	Contacts []Contact `json:"contacts,omitempty"`
}

// IsZero reports whether nothing is known of the party.
func (p Party) IsZero() bool {
	return p.Name == "" && !p.Person && p.URL == "" && len(p.Contacts) == 0
}

// A Contact is a way to reach a party.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// A Link is a reference to something on the network. Its types are those of
// CycloneDX external references: vcs, issue-tracker, website, support,
// documentation, distribution, source-distribution and so on.
type Link struct {
	Type    string   `json:"type"`
	URL     string   `json:"url"`
	Comment string   `json:"comment,omitempty"`
	Digests []Digest `json:"digests,omitempty"`
}

// A Property is a fact that the model has no field for. Names follow the
// CycloneDX property taxonomy; ours begin with "manifestgen:". A name may occur
// more than once.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
