package release

import (
	"fmt"
	"slices"

	"github.com/github/go-spdx/v2/spdxexp"

	"github.com/manifestgen/manifestgen/sbom"
)

// RecordName is the name of a release record, at the top of the repository that
// builds the artifacts.
const RecordName = "manifestgen.yaml"

// A Record is a release record. It says of the artifacts that a repository
// builds what they cannot say of themselves.
//
// What stands at the top of the record holds for every artifact, unless the
// artifact has a section of that name itself, which then replaces the shared one
// as a whole.
//
// The comments of the fields of this type, and of those it is made of, are shown
// by editors that know the schema of the record: see [Schema].
type Record struct {
	// The version of the format of this file: 1.
	Version int `yaml:"version" is:"version" need:"yes"`

	Terms `yaml:",inline"`

	// What this repository builds: one entry for each artifact.
	Artifacts []Artifact `yaml:"artifacts" need:"yes"`

	file  string         // base name
	lines map[string]int // path of a key, such as "artifacts.0.team" -> line
}

// An Artifact is what a record says of one artifact.
type Artifact struct {
	// The name of the principal component: what the artifact is called.
	Name string `yaml:"name" is:"text" need:"yes"`

	// How to know that a file at hand is this artifact. Without it, one is
	// that says so itself (its name is the one above), or that was built from
	// a commit of this repository if the record has no other artifact.
	Match *Match `yaml:"match"`

	Terms `yaml:",inline"`
}

// Terms are the sections that a record may have at its top and for each artifact.
type Terms struct {
	// What it is, in a sentence.
	Description string `yaml:"description" is:"text"`

	// How tags name versions: a text in which {version} stands for the version,
	// such as "v{version}" or "cmd/app/v{version}". Without it a tag is a
	// version with or without a v, after the folder of the Go module, if any.
	Tag string `yaml:"tag" is:"tag"`

	// The team that makes the artifact.
	Team *Team `yaml:"team"`

	// Where to get help, and what support to expect.
	Support *Support `yaml:"support"`

	// The licence, as an SPDX expression: "Apache-2.0", "MIT OR GPL-3.0-only".
	Licence string `yaml:"licence" is:"text"`

	// Where, or in which words, warranty and liability are disclaimed.
	Disclaimer string `yaml:"disclaimer" is:"text"`

	// The URL of the repository, as users can fetch it.
	Repository string `yaml:"repository" is:"url"`

	// Who may sign release tags.
	Signers *Signers `yaml:"signers"`

	// What is needed to build the artifact again.
	Inputs *Inputs `yaml:"inputs"`

	// How the artifact is built.
	Build *Build `yaml:"build"`

	// The rules that "manifestgen check" uses if it is not told others: the name
	// of a profile, or the path of a file with one, relative to the record.
	Profile string `yaml:"profile" is:"text"`
}

// A Match is how an artifact is recognised. All that is given must hold.
type Match struct {
	// The path of the Go module, or of the main package, of a program.
	Module string `yaml:"module" is:"text"`

	// The name that the artifact has in its own metadata: that of a wheel, a
	// deb, an rpm.
	Package string `yaml:"package" is:"text"`

	// The name of the file, in which * stands for anything but a slash.
	File string `yaml:"file" is:"pattern"`
}

// A Team makes artifacts.
type Team struct {
	// The name of the team: not of a wider community.
	Name string `yaml:"name" is:"text" need:"yes"`

	// The page of the team.
	URL string `yaml:"url" is:"url"`

	// Addresses for electronic mail.
	Contacts []string `yaml:"contacts" is:"email"`
}

// Support is where to get help, and its limits.
type Support struct {
	// The bug tracker.
	Issues string `yaml:"issues" is:"link"`

	// Where to report vulnerabilities.
	Security string `yaml:"security" is:"link"`

	// The documentation.
	Docs string `yaml:"docs" is:"url"`

	// Where users and developers talk.
	Chat string `yaml:"chat" is:"link"`

	// What support there is, in the words of SPDX 3.
	Level string `yaml:"level" enum:"support limitedSupport development deployed endOfSupport noSupport noAssertion"`

	// The last day of support: 2028-04-30.
	End string `yaml:"end" is:"date"`
}

// Signers are the keys that may sign release tags. Paths are relative to the
// record and do not lead out of its folder.
type Signers struct {
	// Files with OpenPGP public keys, as gpg --export writes them.
	OpenPGP []string `yaml:"openpgp" is:"path"`

	// Files in the format of OpenSSH's allowed_signers. Times in them without
	// a time zone are in UTC.
	SSH []string `yaml:"ssh" is:"path"`
}

// Inputs is what building again needs beside the source code: configuration,
// build scripts, lock files, base images.
type Inputs struct {
	// Files of the repository beside those that are listed anyway. In a path,
	// * stands for anything but a slash, and ** for any number of folders.
	Paths []string `yaml:"paths" is:"pattern"`

	// Files that are not listed after all.
	Exclude []string `yaml:"exclude" is:"pattern"`

	// Files from elsewhere.
	URLs []URLInput `yaml:"urls"`

	// Base images, each by digest: "example.org/base:1@sha256:...".
	Images []string `yaml:"images" is:"image"`
}

// A URLInput is a file that the build fetches.
type URLInput struct {
	// Where to fetch it.
	URL string `yaml:"url" is:"url" need:"yes"`

	// Its SHA-256, in hexadecimal.
	SHA256 string `yaml:"sha256" is:"sha256" need:"yes"`

	// What to call it, if not by its URL.
	Name string `yaml:"name" is:"text"`
}

// Build is how the artifact is built.
type Build struct {
	// The command that builds it.
	Command string `yaml:"command" is:"text"`

	// The names, never the values, of environment variables that matter.
	Environment []string `yaml:"environment" is:"variable"`

	// The URI of the system that builds it, for provenance statements.
	Builder string `yaml:"builder" is:"url"`
}

// check finds what is wrong with the record as a whole.
func (r *Record) check() (field, problem string) {
	names := map[string]bool{}
	for i, a := range r.Artifacts {
		if names[a.Name] {
			return fmt.Sprintf("artifacts.%d.name", i), fmt.Sprintf("two artifacts are called %q", a.Name)
		}
		names[a.Name] = true
	}
	if len(r.Artifacts) == 0 {
		return "artifacts", "want at least one artifact"
	}
	return "", ""
}

func (t *Terms) check() (field, problem string) {
	if ok, _ := spdxexp.ValidateLicenses([]string{t.Licence}); t.Licence != "" && (len(t.Licence) > 4096 || !ok) {
		return "licence", fmt.Sprintf("%.100q is no SPDX licence expression", t.Licence)
	}
	return "", ""
}

func (m *Match) check() (field, problem string) {
	if *m == (Match{}) {
		return "", "want one of module, package, file"
	}
	return "", ""
}

func (s *Support) check() (field, problem string) {
	if s.End != "" && s.Level == "noSupport" {
		return "end", "support that does not exist has no end: level is noSupport"
	}
	return "", ""
}

func (s *Signers) check() (field, problem string) {
	if len(s.OpenPGP)+len(s.SSH) == 0 {
		return "", "want a file under openpgp or ssh"
	}
	return "", ""
}

func (in *Inputs) check() (field, problem string) {
	for i, p := range in.Exclude {
		if slices.Contains(in.Paths, p) {
			return fmt.Sprintf("exclude.%d", i), fmt.Sprintf("%q is also among the paths", p)
		}
	}
	return "", ""
}

// terms returns what holds for the artifact i: its own sections, and the shared
// ones where it has none. Lines says where each of them stands.
func (r *Record) terms(i int) (t Terms, line func(section string) int) {
	own, shared := r.Artifacts[i].Terms, r.Terms
	t = Terms{
		Description: first(own.Description, shared.Description),
		Tag:         first(own.Tag, shared.Tag),
		Team:        first(own.Team, shared.Team),
		Support:     first(own.Support, shared.Support),
		Licence:     first(own.Licence, shared.Licence),
		Disclaimer:  first(own.Disclaimer, shared.Disclaimer),
		Repository:  first(own.Repository, shared.Repository),
		Signers:     first(own.Signers, shared.Signers),
		Inputs:      first(own.Inputs, shared.Inputs),
		Build:       first(own.Build, shared.Build),
		Profile:     first(own.Profile, shared.Profile),
	}
	return t, func(section string) int {
		if n := r.lines[fmt.Sprintf("artifacts.%d.%s", i, section)]; n > 0 {
			return n
		}
		return r.lines[section]
	}
}

func first[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}

// SupportLevels returns the words for levels of support.
func SupportLevels() []string { return slices.Clone(forms[levels].values) }

// BuildSettings returns what a record's section build says, as settings of a
// principal.
func BuildSettings(command string, environment []string, builder string) []sbom.Property {
	b := Build{Command: command, Environment: environment, Builder: builder}
	return b.facts().Settings
}
