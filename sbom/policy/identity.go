package policy

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// This file holds the checks of G1: users know what they are getting.

func checkName(s *Subject, _ Params) Result {
	p := s.principal()
	evidence := said(p, "name")
	switch {
	case p.Name == "":
		return fail("the manifest does not name the principal component")
	case source(p, "name") == sbom.FromName:
		return fail("the principal component is only called after its file, %s: nobody says what it is", quote(p.Name)).with(evidence...)
	}
	return pass("the principal component is %s", quote(p.Name)).with(evidence...)
}

func checkVersion(s *Subject, _ Params) Result {
	p := s.principal()
	if !known(p.Version) {
		return fail("the manifest does not say which version of %s this is", quote(p.Name)).with(stated("version", p.Version)...)
	}
	return pass("the version is %s", quote(p.Version)).with(said(p, "version")...)
}

func checkArchitecture(s *Subject, _ Params) Result {
	p := s.principal()
	if !known(p.Architecture) {
		return fail("the manifest does not say for which architecture %s is built", quote(p.Name)).with(stated("architecture", p.Architecture)...)
	}
	return pass("the architecture is %s", quote(p.Architecture)).with(said(p, "architecture")...)
}

// known reports whether a text says something. Tools write these where they know
// nothing.
func known(s string) bool {
	switch strings.ToLower(strings.Trim(s, " ()")) {
	case "", "devel", "unknown", "noassertion", "none", "n/a", "null", "latest":
		return false
	}
	return true
}

func stated(field, value string) []Evidence {
	if value == "" {
		return nil
	}
	return []Evidence{{Field: field, Value: value}}
}

// source returns who said the value that was chosen for a field.
func source(p *sbom.Principal, field string) sbom.Source {
	for _, e := range p.Evidence {
		if e.Field == field {
			return e.Source
		}
	}
	return ""
}

// ownSources are those that read the artifact itself. That of a folder is one of
// them only if the folder was scanned now: in a manifest it may also be what the
// repository said.
var ownSources = []sbom.Source{
	sbom.FromContainer, sbom.FromArtifact, sbom.FromLinker, sbom.FromPseudo, sbom.FromProgram, sbom.FromOS,
}

// own returns what the artifact itself says of a field: what it says now, or else
// what the manifest says that it said. It reports whether either is known.
func (s *Subject) own(field string) (list []Evidence, told bool) {
	p, sources := s.principal(), ownSources
	if s.Fresh != nil {
		p, sources = s.Fresh.Principal, append(slices.Clone(ownSources), sbom.FromFolder)
	}
	for _, e := range p.Evidence {
		if e.Field == field && slices.Contains(sources, e.Source) {
			list = append(list, Evidence{e.Field, e.Value, e.Source, e.Where})
		}
	}
	return list, s.Fresh != nil || len(p.Evidence) > 0
}

// labels returns what labels say of a field.
func (s *Subject) labels(field string) []Evidence {
	p := s.principal()
	if s.Fresh != nil {
		p = s.Fresh.Principal
	}
	var list []Evidence
	for _, e := range p.Evidence {
		if e.Field == field && e.Source == sbom.FromLabel {
			list = append(list, Evidence{e.Field, e.Value, e.Source, e.Where})
		}
	}
	return list
}

// names returns the names under which the artifact is published: that of its
// file, and that of an image with its tag.
func (s *Subject) names() []Evidence {
	var list []Evidence
	file := s.principal().FileName
	if s.Fresh != nil {
		file = cmp.Or(s.Fresh.Principal.FileName, file)
	}
	if s.Artifact != nil {
		file = cmp.Or(s.Artifact.Name, file)
	}
	if file != "" {
		list = append(list, Evidence{Field: "file name", Value: file})
	}
	own, _ := s.own("purl")
	for _, e := range own {
		u, err := packageurl.FromString(e.Value)
		if tag := u.Qualifiers.Map()["tag"]; err == nil && u.Type == packageurl.TypeOCI && tag != "" {
			list = append(list, Evidence{"image name", u.Name + ":" + tag, e.Source, e.Where})
		}
	}
	return list
}

// readable judges whether somebody who has only the artifact can read a fact off
// it. Says reports whether a text that the artifact itself says states the fact,
// and in whether a name under which it is published does.
func (s *Subject) readable(field, value string, says, in func(text string) bool) Result {
	if !known(value) {
		return notApplicable("the manifest states no %s that could be read off the artifact", field)
	}
	for _, e := range s.names() {
		if in(e.Value) {
			return pass("the %s %s is in the %s", field, quote(value), e.Field).with(e)
		}
	}
	own, told := s.own(field)
	for _, e := range own {
		if says(e.Value) {
			return pass("the artifact itself says its %s", field).with(e)
		}
	}
	if labels := s.labels(field); len(own) == 0 && len(labels) > 0 {
		return notProvable("only a label says the %s, and it may be that of the base image", field).with(labels...)
	}
	if !told {
		return notProvable("the artifact was not read, and the manifest does not say where it has the %s from", field)
	}
	if len(own) > 0 {
		return fail("the artifact itself says another %s than the manifest, %s", field, quote(value)).with(own...)
	}
	return fail("only the manifest says the %s, %s: neither the artifact itself nor its name does", field, quote(value)).with(said(s.principal(), field)...)
}

func checkNameReadable(s *Subject, _ Params) Result {
	name := s.principal().Name
	says := func(text string) bool { return sameName(text, name) }
	in := func(text string) bool { return holds(nameForm(text), nameForm(name)) }
	return s.readable("name", name, says, in)
}

func checkVersionReadable(s *Subject, _ Params) Result {
	version := s.principal().Version
	says := func(text string) bool { return known(text) && (!isPseudo(text) || sameVersion(text, version)) }
	in := func(text string) bool { return holdsVersion(text, version) }
	return s.readable("version", version, says, in)
}

func checkArchitectureReadable(s *Subject, _ Params) Result {
	arch := s.principal().Architecture
	if architectureForm(arch) == anyArchitecture {
		return notApplicable("the artifact runs everywhere")
	}
	in := func(text string) bool { return holdsArchitecture(text, arch) }
	return s.readable("architecture", arch, known, in)
}

// checkVersionAgrees compares the version with what the artifact itself says.
func checkVersionAgrees(s *Subject, _ Params) Result {
	p := s.principal()
	if !known(p.Version) {
		return notApplicable("the manifest states no version")
	}
	own, told := s.own("version")
	own = slices.DeleteFunc(own, func(e Evidence) bool { return !known(e.Value) })
	if len(own) == 0 {
		if !told {
			return notProvable("the artifact was not read, and the manifest does not say what it says")
		}
		return notApplicable("the artifact itself says no version")
	}
	var others []Evidence
	for _, e := range own {
		if !sameVersion(e.Value, p.Version) && !ofCommit(e.Value, p.Commit) {
			others = append(others, e)
		}
	}
	if len(others) > 0 {
		return fail("the manifest says version %s, and the artifact itself %s", quote(p.Version), quote(others[0].Value)).with(others...)
	}
	return pass("the artifact itself says no other version than %s", quote(p.Version)).with(own...)
}

// checkArchitectureAgrees compares the architecture with that of the artifact, and
// if it is a container with those of the programs inside.
func checkArchitectureAgrees(s *Subject, _ Params) Result {
	arch := s.principal().Architecture
	if !known(arch) {
		return notApplicable("the manifest states no architecture")
	}
	own, told := s.own("architecture")
	for _, e := range own {
		if !sameArchitecture(e.Value, arch) {
			return fail("the manifest says architecture %s, and the artifact itself %s", quote(arch), quote(e.Value)).with(e)
		}
	}
	inside, agree := s.programs(arch)
	switch {
	case len(inside) > 0 && !agree && architectureForm(arch) != anyArchitecture:
		return fail("the manifest says architecture %s, and no program inside is built for it", quote(arch)).with(inside...)
	case len(own) > 0 || agree:
		return pass("the artifact itself says no other architecture than %s", quote(arch)).with(own...).with(inside...)
	case !told:
		return notProvable("the artifact was not read, and the manifest does not say what it says")
	}
	return notApplicable("nothing in the artifact is built for one architecture")
}

// programs returns the architectures of the programs inside, and whether one of
// them is for arch.
func (s *Subject) programs(arch string) (list []Evidence, agree bool) {
	m := s.Manifest
	if s.Fresh != nil {
		m = s.Fresh
	}
	for _, c := range m.Components {
		if c.Type != sbom.TypeApplication || c.Wanted || !known(c.Architecture) || architectureForm(c.Architecture) == anyArchitecture {
			continue
		}
		agree = agree || sameArchitecture(c.Architecture, arch)
		if len(list) < maxEvidence {
			o := offender(c)
			list = append(list, Evidence{Field: "architecture", Value: c.Architecture, Where: o.Name})
		}
	}
	return list, agree
}

// sameName reports whether two names are of one thing as far as a reader can tell:
// the last part of a path, whatever its case and separators, alone or within the
// other one.
func sameName(a, b string) bool {
	a, b = nameForm(a), nameForm(b)
	return holds(a, b) || holds(b, a)
}

var (
	separators = regexp.MustCompile(`[-_.+ ~]+`)
	majorPath  = regexp.MustCompile(`^v[0-9]+$`)
)

// nameForm returns the last part of a name that may be a path, less a tag, a
// digest and a major version, in a form to compare.
func nameForm(name string) string {
	name = strings.ToLower(name)
	name, _, _ = strings.Cut(name, "@")
	dir, base := path.Split(name)
	if majorPath.MatchString(base) && dir != "" {
		base = path.Base(dir)
	}
	base, _, _ = strings.Cut(base, ":")
	return separators.ReplaceAllString(base, "-")
}

// holds reports whether text has part in it as words of its own: 1.2 is neither in
// 11.2 nor in 1.2.3.
func holds(text, part string) bool {
	if part == "" {
		return false
	}
	for at := 0; at+len(part) <= len(text); {
		i := strings.Index(text[at:], part)
		if i < 0 {
			return false
		}
		before, after := text[:at+i], text[at+i+len(part):]
		if !wordEnd.MatchString(before[max(0, len(before)-utf8.UTFMax):]) && !wordStart.MatchString(after) {
			return true
		}
		at += i + 1
	}
	return false
}

// What ends before a word and goes on behind it: a letter or a digit, or a digit
// and a point.
var (
	wordEnd   = regexp.MustCompile(`[\pL\pN]$|[0-9]\.$`)
	wordStart = regexp.MustCompile(`^[\pL\pN]|^\.[0-9]`)
)

// holdsVersion reports whether the name of a file has the version in it, as it is
// or as it is spelled in names of files.
func holdsVersion(file, version string) bool {
	file, version = strings.ToLower(file), strings.ToLower(version)
	bare := strings.TrimPrefix(version, "v")
	safe := unsafeInNames.ReplaceAllString(bare, "-")
	return slices.ContainsFunc([]string{version, bare, "v" + bare, safe}, func(v string) bool { return holds(file, v) })
}

var unsafeInNames = regexp.MustCompile(`[^0-9a-z._+~-]`)

var (
	epoch    = regexp.MustCompile(`^[0-9]+:`)
	revision = regexp.MustCompile(`^-[0-9][0-9a-z.+~]*$`)
	letters  = regexp.MustCompile(`[-_.~]*([a-z]+)[-_.]*`)
	pseudo   = regexp.MustCompile(`[-.][0-9]{14}-([0-9a-f]{12})(\+[a-z]+)*$`)
)

// versionForm spells a version so that those of one release are equal in all
// ecosystems: 1.0.0-rc.1, 1.0.0~rc1 and 1.0.0rc1 are.
func versionForm(v string) string {
	v = epoch.ReplaceAllString(strings.ToLower(v), "")
	v = strings.TrimSuffix(v, "+incompatible")
	if len(v) > 1 && v[0] == 'v' && v[1] >= '0' && v[1] <= '9' {
		v = v[1:]
	}
	v = strings.NewReplacer("alpha", "a", "beta", "b").Replace(v)
	return letters.ReplaceAllString(v, "$1")
}

// sameVersion reports whether own, which the artifact says, is the version want,
// or a package of it: 1.2.3-1 is one of 1.2.3.
func sameVersion(own, want string) bool {
	a, b := versionForm(own), versionForm(want)
	if a == b {
		return true
	}
	bare := func(v string) string { return strings.TrimPrefix(epoch.ReplaceAllString(strings.ToLower(v), ""), "v") }
	rest, ok := strings.CutPrefix(bare(own), bare(want))
	return ok && bare(want) != "" && revision.MatchString(rest)
}

// isPseudo reports whether Go made the version of a commit:
// https://go.dev/ref/mod#pseudo-versions
func isPseudo(version string) bool { return pseudo.MatchString(version) }

// ofCommit reports whether the version was made of that commit.
func ofCommit(version, commit string) bool {
	m := pseudo.FindStringSubmatch(version)
	return m != nil && strings.HasPrefix(commit, m[1])
}
