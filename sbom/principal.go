package sbom

import (
	"cmp"
	"slices"
	"time"
)

// A Principal is the component that an artifact is published for, with all that
// its publisher owes its users: what it is, when it was built and published,
// from which source, by whom, and where to get help.
//
// The embedded Component is its identity; the root of a document is made of it.
// Every field holds the best candidate's value, and Evidence says whose that was
// and what the others said.
type Principal struct {
	Component

	FileName   string    `json:"fileName,omitempty"`
	Published  time.Time `json:"published,omitzero"`
	SupportEnd time.Time `json:"supportEnd,omitzero"`

	Repository string    `json:"repository,omitempty"` // URL, without user or token
	Commit     string    `json:"commit,omitempty"`     // full object id
	Committed  time.Time `json:"committed,omitzero"`   // time of the commit; not of the build
	Tag        string    `json:"tag,omitempty"`        // short name, such as "v1.2.3" or "cmd/x/v1.2.3"
	Signature  Signature `json:"signature,omitzero"`   // of the tag
	WorkTree   string    `json:"workTree,omitempty"`   // "clean" or "dirty" at the time of the build

	Inputs    []Input    `json:"inputs,omitempty"`    // what is needed to build it again
	Toolchain string     `json:"toolchain,omitempty"` // such as "go1.26.8"
	Settings  []Property `json:"settings,omitempty"`  // of the build, allow-listed

	Disclaimer   string `json:"disclaimer,omitempty"`   // where or how warranty is disclaimed
	SupportLevel string `json:"supportLevel,omitempty"` // in the words of SPDX 3: "support", "limitedSupport", "noSupport" ...

	Evidence []Evidence `json:"evidence,omitempty"`
}

// A Signature is what verifying the signature of a git tag gave.
type Signature struct {
	Result string    `json:"result"`           // "good", "bad", "unsigned", "unknown-key" ...
	Kind   string    `json:"kind,omitempty"`   // "openpgp", "ssh", "x509"
	KeyID  string    `json:"keyId,omitempty"`  // fingerprint
	Signer string    `json:"signer,omitempty"` // identity in the list of allowed signers
	Signed time.Time `json:"signed,omitzero"`
	Reason string    `json:"reason,omitempty"` // for a person
}

// An Input is something that the build read and that building again needs.
type Input struct {
	Name    string   `json:"name"`          // path in the repository, or a word for what it is
	URL     string   `json:"url,omitempty"` // where to fetch it
	Digests []Digest `json:"digests,omitempty"`
}

// A Source says how a candidate value is known. The constants are in order: of
// two candidates the one with the earlier source is chosen.
type Source string

const (
	FromFlag      Source = "flag"          // the person who runs the tool says so
	FromRecord    Source = "record"        // the release record of the repository
	FromTag       Source = "verified tag"  // a signed git tag that was verified
	FromContainer Source = "container"     // metadata of the package: wheel, deb, rpm ...
	FromArtifact  Source = "artifact"      // the file itself, such as Go build information
	FromLinker    Source = "linker flag"   // a variable named like a version, set by -ldflags -X
	FromPseudo    Source = "pseudoversion" // a version that Go derived from a commit
	FromFolder    Source = "source folder" // go.mod or pyproject.toml at its root
	FromProgram   Source = "only program"  // the one program inside that no package owns
	FromOS        Source = "os-release"    // of a bare root file system
	FromLabel     Source = "label"         // of an image; may be inherited from the base
	FromName      Source = "file name"     // the artifact's base name
)

var sourceOrder = []Source{
	FromFlag, FromRecord, FromTag, FromContainer, FromArtifact, FromLinker,
	FromPseudo, FromFolder, FromProgram, FromOS, FromLabel, FromName,
}

// A Candidate is what one source says of the principal: any of the fields of
// Facts may be set.
type Candidate struct {
	Source Source
	Where  string // such as "build setting vcs.revision" or "manifestgen.yaml:12"
	Facts  Principal
}

// Evidence is one candidate value of one field of the principal. The first
// Evidence of a field is the one that was chosen.
type Evidence struct {
	Field  string `json:"field"` // "version", "link:issue-tracker" ...
	Value  string `json:"value"`
	Source Source `json:"source"`
	Where  string `json:"where,omitempty"`
}

// choose makes the principal of all candidates: field by field the value of the
// best source wins, and of equal sources that of the earlier candidate.
func choose(candidates []Candidate) *Principal {
	ranked := slices.Clone(candidates)
	slices.SortStableFunc(ranked, func(a, b Candidate) int {
		return cmp.Compare(rank(a.Source), rank(b.Source))
	})
	p := &Principal{}
	for _, f := range principalFields {
		p.take(f, ranked)
	}
	for _, c := range ranked {
		p.addLists(&c.Facts)
	}
	p.takeLinks(ranked)
	return p
}

func rank(s Source) int {
	if i := slices.Index(sourceOrder, s); i >= 0 {
		return i
	}
	return len(sourceOrder)
}

// A principalField is a field of which one candidate is chosen.
type principalField struct {
	name string
	text func(*Principal) string // "" if not set
	copy func(to, from *Principal)
}

// take sets one field from the first candidate that has it, and records all
// that have it.
func (p *Principal) take(f principalField, ranked []Candidate) {
	chosen := false
	for i := range ranked {
		c := &ranked[i]
		text := f.text(&c.Facts)
		if text == "" {
			continue
		}
		if !chosen {
			f.copy(p, &c.Facts)
			chosen = true
		}
		p.addEvidence(Evidence{f.name, text, c.Source, c.Where})
	}
}

func (p *Principal) addEvidence(e Evidence) {
	if !slices.Contains(p.Evidence, e) {
		p.Evidence = append(p.Evidence, e)
	}
}

// takeLinks chooses links by type: of each type, those of the best source that
// has any.
func (p *Principal) takeLinks(ranked []Candidate) {
	chosen := map[string]int{} // type -> index of the candidate
	for i, c := range ranked {
		for _, l := range c.Facts.Links {
			if _, ok := chosen[l.Type]; !ok {
				chosen[l.Type] = i
			}
			if chosen[l.Type] == i {
				p.Links = append(p.Links, l)
			}
			p.addEvidence(Evidence{"link:" + l.Type, l.URL, c.Source, c.Where})
		}
	}
}

// addLists adds what does not contradict: lists, and what the best candidate says
// of itself.
func (p *Principal) addLists(from *Principal) {
	p.Contents = cmp.Or(p.Contents, from.Contents)
	p.Dependencies = cmp.Or(p.Dependencies, from.Dependencies)
	p.Digests = union(p.Digests, from.Digests, func(d Digest) string { return d.Algorithm })
	p.LicenseTexts = union(p.LicenseTexts, from.LicenseTexts, func(t LicenseText) string { return t.ID })
	p.Inputs = union(p.Inputs, from.Inputs, func(in Input) string { return in.Name + "\x00" + in.URL })
	p.Settings = union(p.Settings, from.Settings, func(s Property) string { return s.Name })
	p.Copyright = union(p.Copyright, from.Copyright, func(s string) string { return s })
	p.Properties = union(p.Properties, from.Properties, func(s Property) string { return s.Name + "\x00" + s.Value })
	p.Foreign = union(p.Foreign, from.Foreign, func(f Foreign) string { return f.Standard + "\x00" + f.Field })
	p.Locations = union(p.Locations, from.Locations, func(l Location) string { return l.Layer + "\x00" + l.Path })
	p.FoundBy = union(p.FoundBy, from.FoundBy, func(s string) string { return s })
}

// union appends to have the elements of more whose key it has not yet.
func union[T any](have, more []T, key func(T) string) []T {
	if len(more) == 0 {
		return have
	}
	seen := make(map[string]bool, len(have)+len(more))
	for _, x := range have {
		seen[key(x)] = true
	}
	for _, x := range more {
		if k := key(x); !seen[k] {
			seen[k] = true
			have = append(have, x)
		}
	}
	return have
}
