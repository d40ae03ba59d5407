package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// full returns a subject that is as every element asks, in a format that the set
// accepts.
func full(set string) *Subject {
	s := good()
	m := s.Manifest
	m.Created, m.Phase = later, "post-build"
	m.Author = sbom.Party{Name: "The App Team", Contacts: []sbom.Contact{{Email: "app@example.org"}}}
	m.Tools = []sbom.Tool{{Name: "manifestgen", Version: "1.0.0"}}
	m.Principal.Contents, m.Principal.Dependencies = sbom.Complete, sbom.Undetermined
	m.Principal.SupportLevel, m.Principal.SupportEnd = "support", later.AddDate(2, 0, 0)
	m.Principal.Settings = []sbom.Property{{Name: "build.command", Value: "make"}, {Name: "build.builder", Value: "https://example.org/ci"}}
	for _, c := range []*sbom.Component{&m.Principal.Component, m.Components[0]} {
		c.Maker = sbom.Party{Name: "The App Team", URL: "https://example.org/team"}
		c.Digests = []sbom.Digest{{Algorithm: "SHA-256", Value: sumA}, {Algorithm: "SHA-512", Value: sumA + sumA}}
		c.Declared, c.Concluded, c.Copyright = "MIT", "MIT", []string{"(c) the team"}
		c.Links = append(c.Links, sbom.Link{Type: "distribution", URL: "https://example.org/dl"})
		c.Locations = []sbom.Location{{Path: "app"}}
		c.Properties = []sbom.Property{
			{Name: "bsi:component:executable", Value: "executable"}, {Name: "bsi:component:archive", Value: "no archive"}, {Name: "bsi:component:structured", Value: "structured"},
			{Name: "manifestgen:support:level", Value: "support"}, {Name: "cdx:lifecycle:milestone:endOfSupport", Value: "2028-01-01"},
		}
	}
	s.Artifact.Digests = m.Principal.Digests
	s.Document.Signed = SignedGood
	if set == "openchain-telco-1.1" {
		s.Document.Format, s.Document.Version = "SPDX", "2.3"
	}
	return s
}

// elementCases name elements, not rules: every set that has the element is tested.
var elementCases = []ruleCase{
	{"author", nil, Pass, "The App Team", nil},
	{"author", func(s *Subject, p *sbom.Principal) { s.Manifest.Author = sbom.Party{} }, Fail, "who made it", []string{"author-contact"}},
	{"author-contact", nil, Pass, "", nil},
	{"author-contact", func(s *Subject, p *sbom.Principal) { s.Manifest.Author.Contacts = nil }, Fail, "reach", nil},
	{"timestamp", nil, Pass, "2026", nil},
	{"timestamp", func(s *Subject, p *sbom.Principal) { s.Manifest.Created = time.Time{} }, Fail, "when it was made", nil},
	{"timestamp", func(s *Subject, p *sbom.Principal) { s.Manifest.Created = s.Now.Add(time.Hour) }, Fail, "future", nil},
	{"tool", nil, Pass, "manifestgen", nil},
	{"tool", func(s *Subject, p *sbom.Principal) { s.Manifest.Tools = nil }, Fail, "tool", []string{"tool-version"}},
	{"tool-version", nil, Pass, "1.0.0", nil},
	{"tool-version", func(s *Subject, p *sbom.Principal) { s.Manifest.Tools[0].Version = "(devel)" }, Fail, "version of the tool", nil},
	{"context", nil, Pass, "post-build", nil},
	{"context", func(s *Subject, p *sbom.Principal) { s.Manifest.Phase = "" }, Fail, "life cycle", nil},
	{"format", nil, Pass, "", nil},
	{"format", func(s *Subject, p *sbom.Principal) { s.Document.Version = "" }, NotProvable, "not known", nil},
	{"syntax", nil, Pass, "JSON", nil},
	{"syntax", func(s *Subject, p *sbom.Principal) { s.Document.Syntax = "XML" }, Fail, "XML", nil},
	{"syntax", func(s *Subject, p *sbom.Principal) { s.Document.Syntax = "" }, NotProvable, "not known", nil},
	{"id", nil, Pass, "1111", nil},
	{"id", func(s *Subject, p *sbom.Principal) { s.Manifest.ID = "" }, Fail, "serial number", nil},
	{"signature", nil, Pass, "signed", nil},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Document.Signed = SignedNot }, Fail, "not signed", nil},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Document.Signed = SignedPresent }, NotProvable, "not verified", nil},
	{"signature", func(s *Subject, p *sbom.Principal) { s.Document.Signed = SignedUnknown }, NotProvable, "not looked at", nil},
	{"name", nil, Pass, "with a name: all 2", nil},
	{"name", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Name = "" }, Fail, "1 of 2", nil},
	{"version", nil, Pass, "all 2", nil},
	{"version", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Version = "" }, Fail, "example.org/lib (no version)", nil},
	{"version", func(s *Subject, p *sbom.Principal) {
		c := s.Manifest.Components[0]
		c.Version = ""
		s.Manifest.Findings = []sbom.Finding{{Kind: sbom.Unknown, Code: "x", Subject: c.Ref, Detail: "nobody knows"}}
	}, Pass, "all 2", nil},
	{"version-stated", nil, Pass, "all 2", nil},
	{"version-stated", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Version = "" }, Fail, "example.org/lib (no version)", nil},
	{"supplier", nil, Pass, "", nil},
	{"supplier", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Maker = sbom.Party{} }, Fail, "example.org/lib v0.1.0 (no supplier)", nil},
	{"creator-contact", nil, Pass, "", nil},
	{"creator-contact", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Maker.URL = "" }, Fail, "neither", nil},
	{"identifier", nil, Pass, "", nil},
	{"identifier", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].PURL = "" }, Fail, "neither", nil},
	{"hash", nil, Pass, "", nil},
	{"hash", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Digests = nil }, Fail, "no hash", nil},
	{"hash-sha512", nil, Pass, "all 2", nil},
	{"hash-sha512", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Digests = sha256(sumA) }, Fail, "no SHA-512", nil},
	{"licence", nil, Pass, "", nil},
	{"licence", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components[0].Declared, s.Manifest.Components[0].Concluded = "", ""
	}, Fail, "no licence", nil},
	{"licence-concluded", nil, Pass, "", nil},
	{"licence-concluded", func(s *Subject, p *sbom.Principal) { p.Concluded = "NOASSERTION" }, Fail, "no concluded", nil},
	{"licence-declared", nil, Pass, "", nil},
	{"licence-declared", func(s *Subject, p *sbom.Principal) { p.Declared = "not a licence (" }, Fail, "not a licence", nil},
	{"copyright", nil, Pass, "", nil},
	{"copyright", func(s *Subject, p *sbom.Principal) { p.Copyright = nil }, Fail, "no copyright", nil},
	{"download", nil, Pass, "", nil},
	{"download", func(s *Subject, p *sbom.Principal) { p.Links = nil }, Fail, "download", nil},
	{"dependencies", nil, Pass, "all 1", nil},
	{"dependencies", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components[0].Wanted, s.Manifest.Edges = true, nil
	}, Fail, "no relation", nil},
	{"dependencies", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Components, s.Manifest.Edges, p.Contents = nil, nil, sbom.Undetermined
	}, NotProvable, "no components", []string{"coverage"}},
	{"coverage", nil, Pass, "", nil},
	{"coverage", func(s *Subject, p *sbom.Principal) { p.Contents = sbom.Incomplete }, Fail, "incomplete", nil},
	{"coverage", func(s *Subject, p *sbom.Principal) { p.Contents = sbom.Undetermined }, NotProvable, "does not say", nil},
	{"completeness", nil, Pass, "", nil},
	{"completeness", func(s *Subject, p *sbom.Principal) { p.Dependencies = "" }, Fail, "complete", nil},
	{"file-names", nil, Pass, "all 2", nil},
	{"file-names", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Locations = nil }, Fail, "no name of a file", nil},
	{"file-kinds", nil, Pass, "all 2", nil},
	{"file-kinds", func(s *Subject, p *sbom.Principal) { p.Properties = p.Properties[1:] }, Fail, "bsi:component:executable", nil},
	{"no-vulnerabilities", nil, Pass, "", nil},
	{"no-vulnerabilities", func(s *Subject, p *sbom.Principal) {
		s.Manifest.Foreign = []sbom.Foreign{{Standard: "cyclonedx", Field: "vulnerabilities", Value: "[]"}}
	}, Fail, "vulnerabilities", nil},
	{"manufacturer", nil, Pass, "", nil},
	{"manufacturer", func(s *Subject, p *sbom.Principal) { p.Maker.URL = "" }, Fail, "reach", nil},
	{"manufacturer", func(s *Subject, p *sbom.Principal) { p.Maker = sbom.Party{} }, Fail, "does not name", nil},
	{"product", nil, Pass, "", nil},
	{"product", func(s *Subject, p *sbom.Principal) { p.Version = "" }, Fail, "no version", []string{"version"}},
	{"purpose", nil, Pass, "", nil},
	{"purpose", func(s *Subject, p *sbom.Principal) { p.Description = " " }, Fail, "describe", nil},
	{"security-contact", nil, Pass, "", nil},
	{"security-contact", func(s *Subject, p *sbom.Principal) { p.Links = nil }, Fail, "vulnerabilities", nil},
	{"support-level", nil, Pass, "", nil},
	{"support-level", func(s *Subject, p *sbom.Principal) { p.SupportLevel = "noAssertion" }, Fail, "support", nil},
	{"support-end", nil, Pass, "", nil},
	{"support-end", func(s *Subject, p *sbom.Principal) { p.SupportEnd = time.Time{} }, Fail, "when support ends", nil},
	{"support-end", func(s *Subject, p *sbom.Principal) { p.SupportEnd = noon }, Fail, "ended", nil},
	{"components-support", nil, Pass, "", nil},
	{"components-support", func(s *Subject, p *sbom.Principal) { s.Manifest.Components[0].Properties = nil }, Fail, "no level", nil},
	{"components-support", func(s *Subject, p *sbom.Principal) {
		p.SupportEnd = time.Time{}
		p.Properties = nil
	}, Fail, "no end", nil},
	{"subject", nil, Pass, "", nil},
	{"subject", func(s *Subject, p *sbom.Principal) { p.Digests = nil }, Fail, "digest", nil},
	{"builder", nil, Pass, "", nil},
	{"builder", func(s *Subject, p *sbom.Principal) { p.Settings = p.Settings[:1] }, Fail, "which system", nil},
	{"builder", func(s *Subject, p *sbom.Principal) { p.Settings[1].Value = "my laptop" }, Fail, "no URI", nil},
	{"parameters", nil, Pass, "", nil},
	{"parameters", func(s *Subject, p *sbom.Principal) { p.Settings = p.Settings[1:] }, Fail, "command", nil},
	{"parameters", func(s *Subject, p *sbom.Principal) { p.Commit = "" }, Fail, "which source", nil},
}

// formatCases are the formats that each set accepts and refuses.
var formatCases = []struct{ set, format, version string }{
	{"ntia-2021", "SPDX", "1.2"}, {"eu-cra", "CycloneDX", "0.9"}, {"fda-2026", "SPDX", "1.0"},
	{"bsi-tr-03183-2.1", "CycloneDX", "1.5"}, {"bsi-tr-03183-2.1", "SPDX", "2.3"}, {"bsi-tr-03183-2.1", "SPDX", "3.0"},
	{"openchain-telco-1.1", "SPDX", "3.0.1"}, {"openchain-telco-1.1", "CycloneDX", "1.6"}, {"openchain-telco-1.1", "SPDX", "2.1"},
}

// TestSets makes one defect after another in what every set that asks for it
// takes for whole.
func TestSets(t *testing.T) {
	for _, x := range sets {
		t.Run(x.name, func(t *testing.T) {
			testCases(t, x.profile(), func() *Subject { return full(x.name) }, casesOf(x))
		})
	}
}

// casesOf returns the cases of a set's elements, with the ids of its rules.
func casesOf(x set) []ruleCase {
	var cases []ruleCase
	for _, c := range elementCases {
		if !slices.ContainsFunc(x.uses, func(u use) bool { return u.element == c.rule }) {
			continue
		}
		also := c.also
		c.rule, c.also = x.name+"/"+c.rule, nil
		for _, a := range also {
			c.also = append(c.also, x.name+"/"+a)
		}
		cases = append(cases, c)
	}
	for _, f := range formatCases {
		if f.set == x.name {
			change := func(s *Subject, _ *sbom.Principal) { s.Document.Format, s.Document.Version = f.format, f.version }
			cases = append(cases, ruleCase{x.name + "/format", change, Fail, f.format + " " + f.version, nil})
		}
	}
	return cases
}

// TestElements holds that every element is used, and every use is of an element
// that has the parameter it sets.
func TestElements(t *testing.T) {
	used := map[string]bool{}
	for _, x := range sets {
		for _, u := range x.uses {
			e, ok := elements[u.element]
			if !ok || u.values != nil && len(e.params) != 1 {
				t.Errorf("%s: no element %s, or it has no parameter", x.name, u.element)
			}
			used[u.element] = true
		}
	}
	for name := range elements {
		if !used[name] {
			t.Errorf("element %s is not used", name)
		}
	}
}

// TestReconstructed holds that a profile says what it was made from, and that one
// whose standard was not read says so.
func TestReconstructed(t *testing.T) {
	read := []string{Default, Folder, "bsi-tr-03183-2.1", "slsa-build"}
	for _, p := range Profiles() {
		if p.Standard == "" || p.Title == "" {
			t.Errorf("profile %s does not say what it is", p.Name)
		}
		if (p.Status == "") != slices.Contains(read, p.Name) || p.Status == Reconstructed && !strings.Contains(p.Note, "Written after") {
			t.Errorf("profile %s: status %q, note %q", p.Name, p.Status, p.Note)
		}
	}
}
