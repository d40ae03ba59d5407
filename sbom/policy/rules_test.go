package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

const (
	commitA = "0123456789abcdef0123456789abcdef01234567"
	commitB = "89abcdef0123456789abcdef0123456789abcdef"
	sumA    = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB    = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

var (
	noon  = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	later = noon.Add(24 * time.Hour)
)

func sha256(value string) []sbom.Digest { return []sbom.Digest{{Algorithm: "SHA-256", Value: value}} }

// good returns a subject that is as every rule of the guidelines asks.
func good() *Subject {
	p := &sbom.Principal{
		FileName: "app_1.2.3_linux_amd64", Published: later,
		Repository: "https://example.org/team/app", Commit: commitA, Committed: noon.Add(-time.Hour), Tag: "v1.2.3",
		Signature: sbom.Signature{Result: "good"}, WorkTree: "clean",
		Inputs: []sbom.Input{
			{Name: "go.sum", URL: "git+https://example.org/team/app@" + commitA + "#go.sum", Digests: sha256(sumB)},
			{Name: "data.bin", URL: "https://example.com/data.bin", Digests: sha256(sumB)},
		},
	}
	p.Component = sbom.Component{
		Ref: "pkg:golang/example.org/team/app@v1.2.3", Type: sbom.TypeApplication, Name: "example.org/team/app", Version: "v1.2.3",
		PURL: "pkg:golang/example.org/team/app@v1.2.3", Architecture: "amd64", OS: "linux", Digests: sha256(sumA),
		Description: "serves files", Declared: "Apache-2.0", Maker: sbom.Party{Name: "The App Team"}, Built: noon,
		Links: []sbom.Link{
			{Type: "issue-tracker", URL: "https://example.org/team/app/issues"},
			{Type: "security-contact", URL: "mailto:security@example.org"},
		},
	}
	own := func(field, value string) sbom.Evidence {
		return sbom.Evidence{Field: field, Value: value, Source: sbom.FromArtifact, Where: "app"}
	}
	p.Evidence = []sbom.Evidence{
		own("name", "example.org/team/app"), own("version", "v1.2.3"), own("architecture", "amd64"), own("commit", commitA),
		{Field: "maker", Value: "The App Team", Source: sbom.FromRecord, Where: "manifestgen.yaml:7"},
	}
	library := &sbom.Component{
		Ref: "pkg:golang/example.org/lib@v0.1.0", Type: sbom.TypeLibrary, Name: "example.org/lib", Version: "v0.1.0", PURL: "pkg:golang/example.org/lib@v0.1.0",
	}
	m := &sbom.Manifest{
		ID: "11111111-2222-5333-8444-555555555555", Version: 1, Principal: p, Components: []*sbom.Component{library},
		Edges: []sbom.Edge{{Kind: sbom.DependsOn, From: p.Ref, To: library.Ref}},
	}
	return &Subject{
		Manifest: m, Fresh: fresh(m), Document: Document{Name: "app.cdx.json", Format: "CycloneDX", Version: "1.6", Syntax: "JSON"},
		Artifact: &Artifact{Name: p.FileName, Size: 1000, Digests: p.Digests},
		Tag:      &sbom.Principal{Component: sbom.Component{Version: "1.2.3"}, Tag: "v1.2.3", Commit: commitA, Signature: sbom.Signature{Result: "good", Signer: "jane"}},
		Inputs:   []sbom.Input{{Name: "go.sum", Digests: sha256(sumB)}},
		Now:      later.Add(time.Hour),
	}
}

// fresh returns what a scan of the artifact of m would find.
func fresh(m *sbom.Manifest) *sbom.Manifest {
	p := &sbom.Principal{FileName: m.Principal.FileName}
	p.Name = m.Principal.Name
	for _, e := range m.Principal.Evidence {
		if e.Source == sbom.FromArtifact {
			p.Evidence = append(p.Evidence, e)
		}
	}
	f := &sbom.Manifest{Principal: p}
	for _, c := range m.Components {
		again := *c
		f.Components = append(f.Components, &again)
	}
	return f
}

// say replaces what the artifact itself says of a field, and what the manifest
// says that it does.
func (s *Subject) say(field string, source sbom.Source, values ...string) {
	for _, m := range []*sbom.Manifest{s.Manifest, s.Fresh} {
		if m == nil {
			continue
		}
		m.Principal.Evidence = slices.DeleteFunc(m.Principal.Evidence, func(e sbom.Evidence) bool { return e.Field == field })
		for _, v := range values {
			m.Principal.Evidence = append(m.Principal.Evidence, sbom.Evidence{Field: field, Value: v, Source: source, Where: "there"})
		}
	}
}

func (s *Subject) rename(file string) {
	s.Artifact.Name, s.Manifest.Principal.FileName, s.Fresh.Principal.FileName = file, file, file
}

// A ruleCase is a subject that is like good, but for one thing.
type ruleCase struct {
	rule   string
	change func(s *Subject, p *sbom.Principal)
	want   Status
	text   string   // in the message
	also   []string // other rules that are then not kept: the one thing is theirs too
}

var guidelineCases = []ruleCase{
	{"G1.name", func(s *Subject, p *sbom.Principal) {}, Pass, "example.org/team/app", nil},
	{"G1.name", func(s *Subject, p *sbom.Principal) {
		p.Name = "app_1.2.3_linux_amd64"
		s.say("name", sbom.FromName, p.Name)
	}, Fail, "only called after its file", nil},
	{"G1.name", func(s *Subject, p *sbom.Principal) { p.Name = "" }, Fail, "does not name", []string{"G2.sound"}},

	{"G1.version", nil, Pass, "v1.2.3", nil},
	{"G1.version", func(s *Subject, p *sbom.Principal) { p.Version = "" }, Fail, "which version", nil},
	{"G1.version", func(s *Subject, p *sbom.Principal) { p.Version = "(devel)" }, Fail, "which version", nil},

	{"G1.architecture", nil, Pass, "amd64", nil},
	{"G1.architecture", func(s *Subject, p *sbom.Principal) { p.Architecture = "" }, Fail, "which architecture", nil},

	{"G1.name-readable", nil, Pass, "in the file name", nil},
	{"G1.name-readable", func(s *Subject, p *sbom.Principal) { s.rename("download") }, Pass, "itself", nil},
	{"G1.name-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("download_1.2.3_amd64")
		s.say("name", sbom.FromRecord, p.Name)
	}, Fail, "only the manifest", nil},
	{"G1.name-readable", func(s *Subject, p *sbom.Principal) { p.Name = "openssl" }, Fail, "another name", nil},
	{"G1.name-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("download_1.2.3_amd64")
		s.say("name", sbom.FromLabel, p.Name)
	}, NotProvable, "only a label", nil},
	{"G1.name-readable", func(s *Subject, p *sbom.Principal) { p.Name = "" }, NotApplicable, "no name", []string{"G1.name", "G2.sound"}},

	{"G1.version-readable", nil, Pass, "in the file name", nil},
	{"G1.version-readable", func(s *Subject, p *sbom.Principal) { s.rename("app-linux-amd64") }, Pass, "itself", nil},
	{"G1.version-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("app-linux-amd64")
		s.say("version", sbom.FromTag, "v1.2.3")
	}, Fail, "only the manifest", nil},
	{"G1.version-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("app-linux-amd64")
		s.say("version", sbom.FromPseudo, "v0.0.0-20261120110000-"+commitA[:12])
	}, Fail, "another version", nil},
	{"G1.version-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("app-linux-amd64")
		s.say("version", sbom.FromLabel, "1.2.3")
	}, NotProvable, "only a label", nil},
	{"G1.version-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("app-linux-amd64.tar")
		s.say("version", sbom.FromLabel, "1.2.3")
		s.say("purl", sbom.FromContainer, "pkg:oci/app@sha256%3A"+sumA+"?arch=amd64&tag=1.2.3")
	}, Pass, "in the image name", nil},
	{"G1.version-readable", func(s *Subject, p *sbom.Principal) { p.Version = "" }, NotApplicable, "no version", []string{"G1.version"}},

	{"G1.architecture-readable", nil, Pass, "in the file name", nil},
	{"G1.architecture-readable", func(s *Subject, p *sbom.Principal) { s.rename("app_1.2.3") }, Pass, "itself", nil},
	{"G1.architecture-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("app_1.2.3")
		s.say("architecture", sbom.FromFlag, "amd64")
	}, Fail, "only the manifest", nil},
	{"G1.architecture-readable", func(s *Subject, p *sbom.Principal) {
		s.rename("app_1.2.3")
		s.Fresh, p.Evidence = nil, nil
	}, NotProvable, "was not read", []string{"G1.architecture-agrees", "G1.version-agrees", "G2.scan", "G4.commit"}},

	{"G1.architecture-readable", func(s *Subject, p *sbom.Principal) {
		p.Architecture = "noarch"
		s.rename("app_1.2.3")
		s.say("architecture", sbom.FromFlag, "noarch")
	}, NotApplicable, "everywhere", nil},

	{"G1.version-agrees", nil, Pass, "no other version", nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) {
		s.say("version", sbom.FromPseudo, "v0.0.0-20261120110000-"+commitA[:12])
	}, Pass, "no other version", nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) { s.say("version", sbom.FromContainer, "1:1.2.3-1ubuntu2") }, Pass, "", nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) { s.say("version", sbom.FromArtifact, "v1.2.4") }, Fail, `itself "v1.2.4"`, nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) { s.say("version", sbom.FromArtifact, "v1.2.3+dirty") }, Fail, "dirty", nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) {
		s.say("version", sbom.FromPseudo, "v0.0.0-20261120110000-"+commitB[:12])
	}, Fail, "v0.0.0", nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) { s.say("version", sbom.FromArtifact, "(devel)") }, NotApplicable, "no version", nil},
	{"G1.version-agrees", func(s *Subject, p *sbom.Principal) { s.Fresh, p.Evidence = nil, nil }, NotProvable, "was not read",
		[]string{"G1.architecture-agrees", "G2.scan", "G4.commit"}},

	{"G1.architecture-agrees", nil, Pass, "no other architecture", nil},
	{"G1.architecture-agrees", func(s *Subject, p *sbom.Principal) { s.say("architecture", sbom.FromContainer, "x86_64") }, Pass, "", nil},
	{"G1.architecture-agrees", func(s *Subject, p *sbom.Principal) { s.say("architecture", sbom.FromArtifact, "arm64") }, Fail, `itself "arm64"`, nil},
	{"G1.architecture-agrees", func(s *Subject, p *sbom.Principal) {
		s.say("architecture", sbom.FromLabel, "amd64")
		inside := &sbom.Component{Ref: "x", Type: sbom.TypeApplication, Name: "x", Version: "1", Architecture: "s390x"}
		s.Manifest.Components = append(s.Manifest.Components, inside)
		s.Fresh.Components = append(s.Fresh.Components, inside)
	}, Fail, "no program inside", nil},
	{"G1.architecture-agrees", func(s *Subject, p *sbom.Principal) { s.Fresh, p.Evidence = nil, nil }, NotProvable, "was not read",
		[]string{"G1.version-agrees", "G2.scan", "G4.commit"}},

	{"G2.artifact", nil, Pass, "1 compared", nil},
	{"G2.artifact", func(s *Subject, p *sbom.Principal) { s.Artifact.Digests = sha256(sumB) }, Fail, "another artifact", nil},
	{"G2.artifact", func(s *Subject, p *sbom.Principal) { s.Artifact = nil }, NotProvable, "not at hand", nil},
	{"G2.artifact", func(s *Subject, p *sbom.Principal) { p.Digests = nil }, NotProvable, "no digest", nil},
	{"G2.artifact", func(s *Subject, p *sbom.Principal) { s.Artifact.Digests = nil }, NotApplicable, "no single file", nil},

	{"G2.scan", nil, Pass, "all 1", nil},
	{"G2.scan", func(s *Subject, p *sbom.Principal) {
		s.Fresh.Components = append(s.Fresh.Components, &sbom.Component{Name: "hidden", Version: "6.6.6"})
	}, Fail, "hidden 6.6.6 (is in the artifact, and not in the manifest)", nil},
	{"G2.scan", func(s *Subject, p *sbom.Principal) { s.Fresh.Components = nil }, Fail, "example.org/lib v0.1.0 (is in the manifest, and not in the artifact)", nil},
	{"G2.scan", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components[0].Digests, s.Fresh.Components[0].Digests = sha256(sumA), sha256(sumB)
	}, Fail, "another digest", nil},
	{"G2.scan", func(s *Subject, p *sbom.Principal) {
		for i, m := range []*sbom.Manifest{s.Manifest, s.Fresh} {
			a := &sbom.Component{Ref: "a", Type: sbom.TypeFile, Name: "a.zip", Digests: sha256(sumA)}
			b := &sbom.Component{Ref: "b", Type: sbom.TypeFile, Name: "a.zip", Digests: sha256(sumB)}
			m.Components = append(m.Components, [][]*sbom.Component{{a, b}, {b, a}}[i]...)
		}
	}, Pass, "all 2", nil},
	{"G2.scan", func(s *Subject, p *sbom.Principal) { s.Fresh = nil }, NotProvable, "not scanned", nil},

	{"G2.components", nil, Pass, "components in the manifest: 1", nil},
	{"G2.components", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components, s.Fresh.Components, s.Manifest.Edges, p.Contents = nil, nil, nil, sbom.Complete
	}, Pass, "that this is all", nil},
	{"G2.components", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components, s.Fresh.Components, s.Manifest.Edges = nil, nil, nil
	}, Pass, "finds none", nil},
	{"G2.components", func(s *Subject, p *sbom.Principal) { s.Manifest.Components, s.Manifest.Edges = nil, nil }, Fail, "a scan finds 1", []string{"G2.scan"}},
	{"G2.components", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components, s.Fresh.Components, s.Manifest.Edges = nil, nil, nil
		s.say("name", sbom.FromName, "app_1.2.3_linux_amd64")
		p.Name = "app"
	}, NotProvable, "no components", []string{"G1.name"}},

	{"G2.versions", nil, Pass, "with a version: all 1", nil},
	{"G2.versions", func(s *Subject, p *sbom.Principal) {
		for _, m := range []*sbom.Manifest{s.Manifest, s.Fresh} {
			m.Components = append(m.Components, &sbom.Component{Ref: "local", Type: sbom.TypeLibrary, Name: "example.org/local"})
		}
		s.Manifest.Findings = []sbom.Finding{{Kind: sbom.Unknown, Code: "go.replaced", Subject: "local", Detail: "replaced by a folder"}}
	}, Fail, "components without a version: 1 of 2: example.org/local (replaced by a folder)", nil},
	{"G2.versions", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components, s.Fresh.Components, s.Manifest.Edges, p.Contents = nil, nil, nil, sbom.Complete
	}, NotApplicable, "", nil},

	{"G2.gaps", nil, Pass, "", nil},
	{"G2.gaps", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Findings = []sbom.Finding{{Kind: sbom.Gap, Code: "limit.nesting", Path: "a/b.tar", Detail: "too deep"}}
	}, Fail, "a/b.tar (limit.nesting: too deep)", nil},
	{"G2.gaps", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Findings = []sbom.Finding{{Kind: sbom.Gap, Code: "tag.bad", Detail: "the tag"}}
		p.Contents = sbom.Incomplete
	}, Pass, "", nil},
	{"G2.gaps", func(s *Subject, p *sbom.Principal) { p.Contents = sbom.Incomplete }, Fail, "incomplete", nil},

	{"G2.sound", nil, Pass, "", nil},
	{"G2.sound", func(s *Subject, p *sbom.Principal) { s.Manifest.Edges[0].To = "nowhere" }, Fail, "nowhere", nil},

	{"G3.built", nil, Pass, "2026-11-20", nil},
	{"G3.built", func(s *Subject, p *sbom.Principal) { p.Built, p.Published = time.Time{}, time.Time{} }, Fail, "when", nil},

	{"G3.built-true", nil, Pass, "can be", nil},
	{"G3.built-true", func(s *Subject, p *sbom.Principal) { p.Built = s.Now.Add(time.Second); p.Published = time.Time{} }, Fail, "future", nil},
	{"G3.built-true", func(s *Subject, p *sbom.Principal) { p.Built = noon.Add(-2 * time.Hour) }, Fail, "before the commit", nil},
	{"G3.built-true", func(s *Subject, p *sbom.Principal) { p.Built = time.Unix(0, 0) }, Fail, "no date of a build", nil},
	{"G3.built-true", func(s *Subject, p *sbom.Principal) { s.Now = time.Time{} }, NotProvable, "not known", []string{"G3.published"}},
	{"G3.built-true", func(s *Subject, p *sbom.Principal) { p.Built, p.Published = time.Time{}, time.Time{} }, NotApplicable, "", []string{"G3.built"}},

	{"G3.published", nil, Pass, "2026-11-21", nil},
	{"G3.published", func(s *Subject, p *sbom.Principal) { p.Published = noon.Add(-time.Second) }, Fail, "before it was built", nil},
	{"G3.published", func(s *Subject, p *sbom.Principal) { p.Published = s.Now.Add(time.Second) }, Fail, "future", nil},
	{"G3.published", func(s *Subject, p *sbom.Principal) { p.Built = time.Time{} }, NotProvable, "not known", []string{"G3.built"}},
	{"G3.published", func(s *Subject, p *sbom.Principal) { s.Now = time.Time{} }, NotProvable, "not known", []string{"G3.built-true"}},
	{"G3.published", func(s *Subject, p *sbom.Principal) { p.Published = time.Time{} }, NotApplicable, "", nil},

	{"G4.repository", nil, Pass, "example.org", nil},
	{"G4.repository", func(s *Subject, p *sbom.Principal) { p.Repository = "" }, Fail, "in which repository", []string{}},
	{"G4.repository", func(s *Subject, p *sbom.Principal) { p.Repository = "/home/jane/app" }, Fail, "is no URL", nil},

	{"G4.commit", nil, Pass, commitA, nil},
	{"G4.commit", func(s *Subject, p *sbom.Principal) { p.Commit = "" }, Fail, "which commit", nil},
	{"G4.commit", func(s *Subject, p *sbom.Principal) { p.Commit = "0123456"; s.Tag.Commit = p.Commit }, Fail, "no full object id", nil},
	{"G4.commit", func(s *Subject, p *sbom.Principal) { s.say("commit", sbom.FromArtifact, commitB) }, Fail, "itself", nil},
	{"G4.commit", func(s *Subject, p *sbom.Principal) { s.Fresh, p.Evidence = nil, nil }, NotProvable, "was not read",
		[]string{"G1.version-agrees", "G1.architecture-agrees", "G2.scan"}},

	{"G4.clean", nil, Pass, "clean", nil},
	{"G4.clean", func(s *Subject, p *sbom.Principal) { p.WorkTree = "dirty" }, Fail, "changes", nil},
	{"G4.clean", func(s *Subject, p *sbom.Principal) { s.say("work tree", sbom.FromArtifact, "dirty") }, Fail, "itself", nil},
	{"G4.clean", func(s *Subject, p *sbom.Principal) { p.WorkTree = "" }, NotProvable, "nothing says", nil},

	{"G4.tag", nil, Pass, "v1.2.3", nil},
	{"G4.tag", func(s *Subject, p *sbom.Principal) { p.Tag = "" }, Fail, "which tag", nil},

	{"G4.tag-signed", nil, Pass, "signed by somebody", nil},
	{"G4.tag-signed", func(s *Subject, p *sbom.Principal) { s.Tag.Signature.Result = "unsigned" }, Fail, "unsigned", nil},
	{"G4.tag-signed", func(s *Subject, p *sbom.Principal) { s.Tag.Signature.Result = "bad" }, Fail, "bad", []string{"signature"}},
	{"G4.tag-signed", func(s *Subject, p *sbom.Principal) { s.Tag.Signature.Result = "unknown-key" }, NotProvable, "unknown-key", nil},
	{"G4.tag-signed", func(s *Subject, p *sbom.Principal) { s.Tag = nil }, NotProvable, "not verified now", []string{"G4.tag-commit"}},
	{"G4.tag-signed", func(s *Subject, p *sbom.Principal) { s.Tag.Tag = "v1.2.2" }, NotProvable, "was verified", []string{"G4.tag-commit"}},
	{"G4.tag-signed", func(s *Subject, p *sbom.Principal) { p.Tag = "" }, NotApplicable, "no tag", []string{"G4.tag"}},

	{"G4.tag-commit", nil, Pass, "", nil},
	{"G4.tag-commit", func(s *Subject, p *sbom.Principal) { s.Tag.Commit = commitB }, Fail, "leads to", []string{"signature"}},
	{"G4.tag-commit", func(s *Subject, p *sbom.Principal) { s.Tag = nil }, NotProvable, "not looked up", []string{"G4.tag-signed"}},
	{"G4.tag-commit", func(s *Subject, p *sbom.Principal) { p.Tag = "" }, NotApplicable, "", []string{"G4.tag"}},

	{"G4.tag-version", nil, Pass, "is of version", nil},
	{"G4.tag-version", func(s *Subject, p *sbom.Principal) { s.Tag.Version = "1.2.4" }, Fail, "of version \"1.2.4\"", nil},
	{"G4.tag-version", func(s *Subject, p *sbom.Principal) { p.Tag = "app/v1.2.3"; s.Tag.Tag, s.Tag.Version = p.Tag, "" }, Pass, "names version", nil},
	{"G4.tag-version", func(s *Subject, p *sbom.Principal) { p.Tag = "v1.2"; s.Tag.Tag, s.Tag.Version = p.Tag, "" }, Fail, "does not name", nil},
	{"G4.tag-version", func(s *Subject, p *sbom.Principal) { p.Tag = "stable"; s.Tag.Tag, s.Tag.Version = p.Tag, "" }, NotProvable, "does not name a version", nil},
	{"G4.tag-version", func(s *Subject, p *sbom.Principal) { p.Tag = "" }, NotApplicable, "", []string{"G4.tag"}},

	{"G4.inputs", nil, Pass, "inputs in the manifest: 2", nil},
	{"G4.inputs", func(s *Subject, p *sbom.Principal) { p.Inputs = nil }, Fail, "nothing that is needed", nil},

	{"G4.input-digests", nil, Pass, "", nil},
	{"G4.input-digests", func(s *Subject, p *sbom.Principal) {
		p.Inputs = []sbom.Input{{Name: "base", URL: "docker://example.org/base:1"}}
	}, Fail, "base (no digest)", []string{"G4.inputs-now"}},
	{"G4.input-digests", func(s *Subject, p *sbom.Principal) { p.Inputs = nil }, NotApplicable, "", []string{"G4.inputs"}},

	{"G4.input-places", nil, Pass, "", nil},
	{"G4.input-places", func(s *Subject, p *sbom.Principal) { p.Inputs[1].URL = "data.bin" }, Fail, "no URL", nil},
	{"G4.input-places", func(s *Subject, p *sbom.Principal) { p.Inputs[0].URL = "" }, NotProvable, "go.sum", nil},
	{"G4.input-places", func(s *Subject, p *sbom.Principal) { p.Inputs = nil }, NotApplicable, "", []string{"G4.inputs"}},

	{"G4.inputs-now", nil, Pass, "", nil},
	{"G4.inputs-now", func(s *Subject, p *sbom.Principal) { s.Inputs[0].Digests = sha256(sumA) }, Fail, "go.sum (is not what it was)", nil},
	{"G4.inputs-now", func(s *Subject, p *sbom.Principal) { s.Inputs[0].Digests = nil }, Fail, "go.sum (is not there", nil},
	{"G4.inputs-now", func(s *Subject, p *sbom.Principal) { s.Inputs = nil }, NotProvable, "go.sum (was not looked at)", nil},
	{"G4.inputs-now", func(s *Subject, p *sbom.Principal) { p.Inputs = nil }, NotApplicable, "", []string{"G4.inputs"}},

	{"G5.team", nil, Pass, "The App Team", nil},
	{"G5.team", func(s *Subject, p *sbom.Principal) { p.Maker = sbom.Party{} }, Fail, "does not name the team", nil},
	{"G5.team", func(s *Subject, p *sbom.Principal) { p.Maker = sbom.Party{Name: "Jane", Person: true} }, Fail, "person", nil},

	{"G5.community", nil, Pass, "", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) { p.Maker.Name = "OpenStack Community" }, Fail, "Community", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) { p.Description = "Built by the\u00a0Open\u200bStack\ncommunity." }, Fail, "the OpenStack community", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) { p.Description = "Made for the cloud by the OpenStack community." }, Fail, "the OpenStack community", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) { p.Description = "A tool for the Go community." }, Pass, "", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) { s.say("supplier", sbom.FromLabel, "The App Community") }, Fail, "The App Community", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) {
		s.Fresh.Principal.Evidence = append(s.Fresh.Principal.Evidence, sbom.Evidence{Field: "supplier", Value: "App Community", Source: sbom.FromLabel, Where: "label vendor"})
	}, Fail, "Community", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) {
		p.Properties = []sbom.Property{{Name: "manifestgen:image:authors", Value: "the app community"}}
	}, Fail, "property", nil},
	{"G5.community", func(s *Subject, p *sbom.Principal) { p.Description = strings.Repeat("a ", maxPhrase) }, NotProvable, "too long", []string{"G7.promises"}},

	{"G6.issues", nil, Pass, "/issues", nil},
	{"G6.issues", func(s *Subject, p *sbom.Principal) { p.Links = p.Links[1:] }, Fail, "no link of type issue-tracker", nil},
	{"G6.issues", func(s *Subject, p *sbom.Principal) { p.Links[0].URL = "ask jane" }, Fail, "is no URL", nil},

	{"G6.security", nil, Pass, "security@example.org", nil},
	{"G6.security", func(s *Subject, p *sbom.Principal) { p.Links = p.Links[:1] }, Fail, "no link", nil},

	{"G7.licence", nil, Pass, "Apache-2.0", nil},
	{"G7.licence", func(s *Subject, p *sbom.Principal) { p.Declared, p.Disclaimer = "NOASSERTION", "without any warranty" }, Fail, "which licence", []string{"G2.sound"}},
	{"G7.licence", func(s *Subject, p *sbom.Principal) { p.Declared, p.Disclaimer = "Apache 2", "without any warranty" }, Fail, "Apache 2", []string{"G2.sound"}},
	{"G7.licence", func(s *Subject, p *sbom.Principal) {
		p.Declared, p.Disclaimer = "LicenseRef-own", "without any warranty"
	}, Fail, "text of the licence", []string{"G2.sound"}},

	{"G7.disclaimer", nil, Pass, "disclaim", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) {
		p.Declared = "GPL-2.0+ OR GPL-2.0-only WITH Classpath-exception-2.0"
	}, Pass, "", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) { p.Declared = "MIT OR FSFUL" }, Fail, "FSFUL", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) { p.Declared, p.Disclaimer = "FSFUL", "There is no warranty." }, Pass, "", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) { p.Declared, p.Disclaimer = "FSFUL", "See the site." }, Fail, "FSFUL", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) { p.Declared = "CECILL-1.0" }, NotProvable, "CECILL-1.0", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) {
		p.Declared = "LicenseRef-own"
		p.LicenseTexts = []sbom.LicenseText{{ID: "LicenseRef-own", Text: "Use it. It comes WITHOUT\n ANY WARRANTY."}}
	}, Pass, "", nil},
	{"G7.disclaimer", func(s *Subject, p *sbom.Principal) {
		p.Declared = "LicenseRef-own"
		p.LicenseTexts = []sbom.LicenseText{{ID: "LicenseRef-own", Text: "Use it."}}
	}, Fail, "LicenseRef-own", nil},

	{"G7.promises", nil, Pass, "", nil},
	{"G7.promises", func(s *Subject, p *sbom.Principal) { p.Description = "Fully supported by our contributors." }, Fail, "supported by our contributors", nil},
	{"G7.promises", func(s *Subject, p *sbom.Principal) { p.Disclaimer = "The Apache Foundation offers support for it." }, Fail, "offers support", nil},
	{"G7.promises", func(s *Subject, p *sbom.Principal) {
		p.Description = "There is no warranty. Supported by the Foundation."
	}, Fail, "Supported by the Foundation", nil},
	{"G7.promises", func(s *Subject, p *sbom.Principal) { p.Description = "Not supported by the Foundation." }, Pass, "", nil},
	{"G7.promises", func(s *Subject, p *sbom.Principal) { p.Description = strings.Repeat("a ", maxPhrase) }, NotProvable, "too long", []string{"G5.community"}},

	{"signature", nil, Pass, "no signature is bad", nil},
	{"signature", func(s *Subject, p *sbom.Principal) {
		s.Tag.Signature = sbom.Signature{Result: "revoked", Reason: "the key was revoked"}
	}, Fail, "revoked", []string{"G4.tag-signed"}},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Tag, p.Signature.Result = nil, "ref-mismatch" }, Fail, "ref-mismatch", []string{"G4.tag-signed", "G4.tag-commit"}},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Tag.Commit = commitB }, Fail, "another commit", []string{"G4.tag-commit"}},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Document.Signed = SignedBad }, Fail, "manifest is bad", nil},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Tag, p.Signature = nil, sbom.Signature{} }, NotApplicable, "", []string{"G4.tag-signed", "G4.tag-commit"}},
}

// TestGuidelines makes one defect after another, and wants exactly the rule that
// is about it to say so.
func TestGuidelines(t *testing.T) { testCases(t, guidelines(), good, guidelineCases) }

func testCases(t *testing.T, p Profile, base func() *Subject, cases []ruleCase) {
	for _, tt := range cases {
		t.Run(tt.rule+" "+string(tt.want)+" "+tt.text, func(t *testing.T) {
			s := base()
			if tt.change != nil {
				tt.change(s, s.Manifest.Principal)
			}
			r, err := Check(s, p, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range r.Results {
				switch id := got.Rule.ID; {
				case id == tt.rule && (got.Status != tt.want || !strings.Contains(got.Message, tt.text)):
					t.Errorf("got %s: %s\nwant %s: %s", got.Status, got.Message, tt.want, tt.text)
				case id != tt.rule && got.bad() != slices.Contains(tt.also, id):
					t.Errorf("%s is %s: %s", id, got.Status, got.Message)
				}
			}
		})
	}
}

// TestEveryRule holds that each rule is tested in every way that it can turn out.
func TestEveryRule(t *testing.T) {
	tested := map[string]map[Status]bool{}
	for _, tt := range allCases() {
		if tested[tt.rule] == nil {
			tested[tt.rule] = map[Status]bool{}
		}
		tested[tt.rule][tt.want] = true
	}
	for _, r := range Rules() {
		for _, want := range []Status{Pass, Fail, NotProvable} {
			if got := tested[r.ID][want]; got == cannot(r.ID, want) {
				t.Errorf("rule %s: a case in which it is %s: %v", r.ID, want, got)
			}
		}
		delete(tested, r.ID)
	}
	for id := range tested {
		t.Errorf("there is no rule %s", id)
	}
}

func allCases() []ruleCase {
	all := slices.Concat(guidelineCases, folderCases)
	for _, x := range sets {
		all = append(all, casesOf(x)...)
	}
	return all
}

// never are the rules that cannot turn out so. What the manifest itself says is
// always to be seen.
var never = map[Status][]string{
	Fail: {"cisa-2026/format"},
	NotProvable: {
		"R.same", "R.summed", "R.explained",
		"G1.name", "G1.version", "G1.architecture", "G2.versions", "G2.gaps", "G2.sound", "G3.built", "G4.repository", "G4.tag", "G4.inputs",
		"G4.input-digests", "G5.team", "G6.issues", "G6.security", "G7.licence", "signature",
	},
}

func cannot(id string, s Status) bool {
	_, element, ofSet := strings.Cut(id, "/")
	if _, ok := elements[element]; ofSet && ok && s == NotProvable {
		return !slices.Contains([]string{"format", "syntax", "signature", "dependencies", "coverage"}, element)
	}
	return slices.Contains(never[s], id)
}
