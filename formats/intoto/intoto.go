// Package intoto writes in-toto statements about an artifact, for a signer to
// sign: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
//
// [EncodeProvenance] writes SLSA provenance of version 1, which says from what
// and how the artifact was built: https://slsa.dev/spec/v1.0/provenance
// [EncodeRelease] writes a release predicate, which says which release the
// artifact belongs to: https://github.com/in-toto/attestation/blob/main/spec/predicates/release.md
//
// The statements are not signed, and they are made from a manifest, not by the
// system that built the artifact: they are as good as the facts in it, and their
// signer. Statements are written only; much of a manifest has no place in them.
package intoto

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// The types of what is written.
const (
	statementType  = "https://in-toto.io/Statement/v1"
	provenanceType = "https://slsa.dev/provenance/v1"
	releaseType    = "https://in-toto.io/attestation/release/v0.1"
)

// BuildType names how the parameters of the provenance are to be read:
// externalParameters has repository, ref and command, internalParameters has
// toolchain, environment (names) and settings. All are as the manifest has them.
const BuildType = "https://github.com/manifestgen/manifestgen/buildtypes/described@v1"

// UnknownBuilder is the builder of provenance if nobody says which it was.
const UnknownBuilder = "https://github.com/manifestgen/manifestgen/builders/unknown"

// The settings of a principal that have a place of their own in provenance.
const (
	settingCommand     = "build.command"
	settingEnvironment = "build.environment"
	settingBuilder     = "build.builder"
)

type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     any        `json:"predicate"`
}

// A resource is a ResourceDescriptor.
type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

type provenance struct {
	BuildDefinition buildDefinition `json:"buildDefinition"`
	RunDetails      runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	BuildType            string     `json:"buildType"`
	ExternalParameters   external   `json:"externalParameters"`
	InternalParameters   internal   `json:"internalParameters,omitzero"`
	ResolvedDependencies []resource `json:"resolvedDependencies,omitempty"`
}

type external struct {
	Repository string `json:"repository,omitempty"`
	Ref        string `json:"ref,omitempty"`
	Command    string `json:"command,omitempty"`
}

type internal struct {
	Toolchain   string            `json:"toolchain,omitempty"`
	Environment []string          `json:"environment,omitempty"`
	Settings    map[string]string `json:"settings,omitempty"`
}

func (i internal) IsZero() bool {
	return i.Toolchain == "" && len(i.Environment) == 0 && len(i.Settings) == 0
}

type runDetails struct {
	Builder  builder  `json:"builder"`
	Metadata metadata `json:"metadata,omitzero"`
}

type builder struct {
	ID string `json:"id"`
}

type metadata struct {
	FinishedOn time.Time `json:"finishedOn,omitzero"`
}

type release struct {
	PURL string `json:"purl"`
}

// EncodeProvenance writes the SLSA provenance of the artifact of m. It needs the
// artifact's digests.
func EncodeProvenance(w io.Writer, m *sbom.Manifest) error {
	p := m.Principal
	predicate := provenance{BuildDefinition: buildDefinition{BuildType: BuildType, ResolvedDependencies: materials(p)}}
	d := &predicate.BuildDefinition
	d.ExternalParameters.Repository = p.Repository
	if p.Tag != "" {
		d.ExternalParameters.Ref = "refs/tags/" + p.Tag
	}
	d.InternalParameters.Toolchain = p.Toolchain
	for _, s := range p.Settings {
		switch s.Name {
		case settingCommand:
			d.ExternalParameters.Command = s.Value
		case settingEnvironment:
			d.InternalParameters.Environment = strings.Fields(s.Value)
		case settingBuilder:
			predicate.RunDetails.Builder.ID = s.Value
		default:
			if d.InternalParameters.Settings == nil {
				d.InternalParameters.Settings = map[string]string{}
			}
			d.InternalParameters.Settings[s.Name] = s.Value
		}
	}
	run := &predicate.RunDetails
	run.Builder.ID = cmp.Or(run.Builder.ID, UnknownBuilder)
	run.Metadata.FinishedOn = p.Built.UTC()
	return encode(w, p, provenanceType, predicate)
}

// EncodeRelease writes the release predicate of the artifact of m. It needs the
// artifact's digests and a package URL with a version.
func EncodeRelease(w io.Writer, m *sbom.Manifest) error {
	u, err := packageurl.FromString(m.Principal.PURL)
	if err != nil || u.Version == "" {
		return errors.New("a release statement needs a package URL with a version, and the artifact has none")
	}
	return encode(w, m.Principal, releaseType, release{m.Principal.PURL})
}

func encode(w io.Writer, p *sbom.Principal, kind string, predicate any) error {
	subject := resource{Name: cmp.Or(p.FileName, p.Name), Digest: digests(p.Digests)}
	if len(subject.Digest) == 0 {
		return errors.New("a statement needs a digest of the artifact, and there is none: it is about one file, read with --digests")
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(statement{statementType, []resource{subject}, kind, predicate})
}

// materials returns the commit and the build inputs.
func materials(p *sbom.Principal) []resource {
	var all []resource
	if p.Commit != "" {
		source := resource{Name: "source", Digest: map[string]string{"gitCommit": p.Commit}}
		if p.Repository != "" {
			source.URI = p.Repository + "@" + p.Commit
			if !strings.HasPrefix(source.URI, "git") {
				source.URI = "git+" + source.URI
			}
		}
		all = append(all, source)
	}
	for _, in := range p.Inputs {
		all = append(all, resource{Name: in.Name, URI: in.URL, Digest: digests(in.Digests)})
	}
	return all
}

// digestNames are the names of hash functions in digest sets:
// https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md
var digestNames = map[string]string{
	"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512",
	"SHA3-256": "sha3_256", "SHA3-384": "sha3_384", "SHA3-512": "sha3_512",
	"BLAKE2b-512": "blake2b", "SHA-1": "sha1", "MD5": "md5",
}

func digests(all []sbom.Digest) map[string]string {
	set := map[string]string{}
	for _, d := range all {
		if name := digestNames[d.Algorithm]; name != "" {
			set[name] = d.Value
		}
	}
	return set
}
