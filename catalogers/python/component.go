package python

import (
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/sbom"
)

// The names of properties. Those of CycloneDX are in
// https://github.com/CycloneDX/cyclonedx-property-taxonomy/blob/main/cdx/python.md
const (
	propCommit       = "cdx:python:package:source:vcs:commit_id"
	propRevision     = "cdx:python:package:source:vcs:requested_revision"
	propSubdirectory = "cdx:python:package:source:subdirectory"
	propEditable     = "cdx:python:package:source:local:editable"
	propFolder       = "manifestgen:python:source:folder"
	propTag          = "manifestgen:python:tag"
	propGenerator    = "manifestgen:python:generator"
	propInstaller    = "manifestgen:python:installer"
	propRequested    = "manifestgen:python:requested"
	propPython       = "manifestgen:python:requires-python"
	propLicenseFile  = "manifestgen:python:license-file"
	propEnvironment  = "manifestgen:python:environment"
	propSystem       = "manifestgen:python:environment:system-site-packages"
	propConfidence   = "manifestgen:python:confidence"
	propSpec         = "manifestgen:python:specifier"
	propMarker       = "manifestgen:python:marker"
	propGroup        = "manifestgen:python:group"
	propIndex        = "manifestgen:python:index"
	propHash         = "manifestgen:python:hash"
)

// newComponent returns a component for a distribution.
func newComponent(name, ver string) *sbom.Component {
	return &sbom.Component{Type: sbom.TypeLibrary, Name: name, Version: ver, PURL: purlOf(name, ver)}
}

// purlOf returns the package URL: https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
func purlOf(name, ver string) string {
	if ver != "" {
		ver = normalVersion(ver)
	}
	return packageurl.NewPackageURL("pypi", "", require.Normalize(name), ver, nil, "").ToString()
}

// addProperty adds a property unless its value is empty.
func addProperty(c *sbom.Component, name, value string) {
	if value != "" {
		c.Properties = append(c.Properties, sbom.Property{Name: name, Value: value})
	}
}

// describe adds to c what metadata says beyond name and version.
func describe(c *sbom.Component, m dist.Metadata, source sbom.Source, where string) {
	c.Description = known(m.Summary)
	c.Maker = party(m)
	for _, l := range m.Links() {
		c.Links = append(c.Links, sbom.Link{Type: l.Type, URL: l.URL, Comment: l.Label})
		if l.Type == "vcs" && len(c.Candidates) == 0 {
			facts := sbom.Principal{Repository: l.URL}
			c.Candidates = []sbom.Candidate{{Source: source, Where: where, Facts: facts}}
		}
	}
	c.Declared, c.LicenseTexts = licence(m)
	addProperty(c, propPython, m.RequiresPython)
	for _, name := range m.LicenseFiles {
		addProperty(c, propLicenseFile, name)
	}
}

// known returns s, or "" for the word that old tools write for nothing.
func known(s string) string {
	if s == "UNKNOWN" {
		return ""
	}
	return s
}

// party returns the author, or else the maintainer. Their names may be in the
// field of the address: "Team <team@example.org>".
func party(m dist.Metadata) sbom.Party {
	for _, who := range []struct{ name, email string }{{m.Author, m.AuthorEmail}, {m.Maintainer, m.MaintainerEmail}} {
		p := sbom.Party{Name: known(who.name)}
		addresses, _ := mail.ParseAddressList(known(who.email)) // what is no address is no contact
		for _, a := range addresses {
			if p.Name == "" {
				p.Name = a.Name
			}
			p.Contacts = append(p.Contacts, sbom.Contact{Name: a.Name, Email: a.Address})
		}
		if !p.IsZero() {
			return p
		}
	}
	return sbom.Party{}
}

// licence returns the licence expression that metadata states: its
// License-Expression; else its License, if that is an expression; else its
// one classifier, if that names one licence. What is said in other words is
// the text of a LicenseRef.
func licence(m dist.Metadata) (string, []sbom.LicenseText) {
	field := strings.TrimSpace(known(m.License))
	for _, s := range []string{m.LicenseExpression, field} {
		if expression := validExpression(s); expression != "" {
			return expression, nil
		}
	}
	said, ids := dist.LicenceClassifiers(m.Classifiers)
	if len(said) == 1 && len(ids) == 1 {
		return ids[0], nil
	}
	for _, s := range []string{field, m.LicenseExpression} {
		if s != "" {
			said = append([]string{s}, said...)
		}
	}
	return licenceRef(strings.Join(said, "\n"))
}

// maxExpression and maxNesting bound what is tried as a licence expression.
const (
	maxExpression = 1024
	maxNesting    = 32
)

// validExpression returns s if it is a licence expression of identifiers on
// the SPDX list, in their spelling if it is only one.
func validExpression(s string) string {
	tooMuch := len(s) > maxExpression || strings.Count(s, "(") > maxNesting
	if s == "" || tooMuch || strings.ContainsAny(s, "\n:") || strings.Contains(s, "Ref-") {
		return ""
	}
	ids, err := spdxexp.ExtractLicenses(s)
	switch {
	case err != nil || len(ids) == 0:
		return ""
	case len(ids) == 1 && strings.EqualFold(ids[0], s):
		return ids[0]
	}
	return s
}

// licenceRef returns an expression for a licence that is known by a text only.
func licenceRef(text string) (string, []sbom.LicenseText) {
	if text == "" {
		return "", nil
	}
	sum := sha256.Sum256([]byte(text))
	id := "LicenseRef-python-" + hex.EncodeToString(sum[:6])
	name, _, _ := strings.Cut(text, "\n")
	if len(name) > 80 {
		name = ""
	}
	return id, []sbom.LicenseText{{ID: id, Name: name, Text: text}}
}

// addOrigin adds where a distribution comes from, if not from an index.
func addOrigin(c *sbom.Component, o dist.Origin) {
	addProperty(c, propCommit, o.Commit)
	addProperty(c, propRevision, o.Requested)
	addProperty(c, propSubdirectory, o.Subdirectory)
	addProperty(c, propFolder, o.Folder)
	if o.Editable {
		addProperty(c, propEditable, "true")
	}
	algorithms := []string{"md5", "sha1", "sha256", "sha384", "sha512"}
	if o.URL == "" { // a local file, at most
		for _, algorithm := range algorithms {
			for _, d := range digest(algorithm, o.Hashes[algorithm]) {
				addProperty(c, propHash, algorithm+":"+d.Value)
			}
		}
		return
	}
	link := sbom.Link{Type: "distribution", URL: o.URL, Comment: "installed from"}
	if o.VCS != "" {
		link.Type = "vcs"
	}
	if source := o.Source(); source != "" {
		c.Qualifiers = []string{"vcs_url=" + source}
	}
	for _, algorithm := range algorithms {
		link.Digests = append(link.Digests, digest(algorithm, o.Hashes[algorithm])...)
	}
	c.Links = append(c.Links, link)
}

// digestNames are the names that digests have in a manifest, with the length
// of their hexadecimal form.
var digestNames = map[string]struct {
	name   string
	length int
}{
	"md5": {"MD5", 32}, "sha1": {"SHA-1", 40},
	"sha256": {"SHA-256", 64}, "sha384": {"SHA-384", 96}, "sha512": {"SHA-512", 128},
}

// digest returns the digest, or nothing if it is none.
func digest(algorithm, value string) []sbom.Digest {
	d, ok := digestNames[algorithm]
	if !ok || len(value) != d.length || strings.Trim(value, "0123456789abcdef") != "" {
		return nil
	}
	return []sbom.Digest{{Algorithm: d.name, Value: value}}
}
