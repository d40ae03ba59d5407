// Package apk catalogs the packages of Alpine Linux and its kin, installed ones
// and apk files.
//
// It reads the database of installed packages, lib/apk/db/installed or
// usr/lib/apk/db/installed, in the format of
// https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2, and the
// .PKGINFO of an apk file:
// https://wiki.alpinelinux.org/wiki/Apk_spec#PKGINFO_Format.
//
// Whether a version fits a bound is not judged: apk does not install what does
// not fit. It does not read etc/apk/world, which says what was wanted, nor the
// indexes of repositories, which say what could be had.
//
// Codes of its findings:
//
//	apk.dependencies  too many dependencies to resolve
//	apk.duplicate     two records have the same name
//	apk.empty         a database without a package
//	apk.record        a record that cannot be read, or not all of it
//	apk.unmet         a dependency that nothing here provides
//
// Properties of its components:
//
//	manifestgen:apk:origin      the package whose recipe built it
//	manifestgen:apk:commit      of the repository of recipes
//	manifestgen:apk:repository  tag of the repository it is pinned to
//	manifestgen:apk:depends     of an apk file, as it has it
package apk

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/package-url/packageurl-go"
)

// Cataloger reads what apk records of packages. The zero Cataloger is ready to
// use.
type Cataloger struct{}

// Name returns "apk".
func (Cataloger) Name() string { return "apk" }

// Wants reports whether e is the database of the root file system that e is in,
// or the control file of an apk.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	switch inside := e.Inside(); {
	case isDatabase(inside), isPackageInfo(e):
		return sbom.Yes
	}
	return sbom.No
}

func isDatabase(inside string) bool {
	return inside == "lib/apk/db/installed" || inside == "usr/lib/apk/db/installed"
}

func isPackageInfo(e sbom.Entry) bool {
	return e.Container == "apk" && e.Inside() == "!control/.PKGINFO"
}

// Catalog returns the packages of a database, or the one that an apk is.
func (Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	switch {
	case isDatabase(f.Inside()):
		return readDatabase(f)
	case isPackageInfo(f.Entry):
		return readPackageInfo(f)
	}
	return nil, nil
}

// maxFaults bounds how many faults of one file are told.
const maxFaults = 1000

func readDatabase(f *sbom.File) ([]*sbom.Component, error) {
	var components []*sbom.Component
	var errs []error
	seen := map[string]bool{}
	for p, err := range packages(f) {
		if err != nil && len(errs) < maxFaults {
			errs = append(errs, asFault(err))
		}
		switch {
		case p == nil:
		case seen[p.name]:
			errs = append(errs, sbom.Faultf("apk.duplicate", "line %d: package %s occurs again", p.line, p.name))
		default:
			seen[p.name] = true
			c := p.component(f.Entry)
			c.Dependencies, c.Private = sbom.Complete, p
			components = append(components, c)
		}
	}
	if len(components) > 0 {
		components[0].Provides = append(components[0].Provides, "packages:apk") // which os-release may expect
	}
	if len(components) == 0 && len(errs) == 0 {
		errs = append(errs, sbom.Faultf("apk.empty", "there is no package in the database"))
	}
	return components, errors.Join(errs...)
}

func readPackageInfo(f *sbom.File) ([]*sbom.Component, error) {
	b, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	p, err := parsePackageInfo(bytes.NewReader(b))
	if p == nil {
		return nil, asFault(err)
	}
	c := p.component(f.Entry)
	c.Is = f.Root()
	if len(p.depends) > 0 {
		c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:apk:depends", Value: formatDependencies(p.depends)})
	}
	return []*sbom.Component{c}, asFault(err)
}

// asFault gives err the code of a fault of the file, if it is one: an error of
// reading has its own.
func asFault(err error) error {
	var fault *sbom.Fault
	var pathErr *fs.PathError
	if err == nil || errors.As(err, &fault) || errors.As(err, &pathErr) {
		return err
	}
	return &sbom.Fault{Code: "apk.record", Err: err}
}

// prefix returns what comes before the paths of the root file system that e is
// in.
func prefix(e sbom.Entry) string { return strings.TrimSuffix(e.Path, e.Inside()) }

// component makes the component that p describes.
func (p *pkg) component(e sbom.Entry) *sbom.Component {
	c := &sbom.Component{
		Type:         sbom.TypeLibrary,
		Name:         p.name,
		Version:      p.version,
		Description:  p.summary,
		PURL:         p.purl(),
		Architecture: p.arch,
		Maker:        parseMaintainer(p.maintainer),
		Built:        p.built,
		Properties:   p.properties(),
		Joints:       sbom.Joints{Key: "apk:" + prefix(e) + p.name},
	}
	if u := cleanURL(p.url); u != "" {
		c.Links = []sbom.Link{{Type: "website", URL: u}}
	}
	expression, refs := parseLicense(p.license)
	c.Declared = expression
	for _, r := range refs {
		c.LicenseTexts = append(c.LicenseTexts, sbom.LicenseText{ID: r.id, Name: r.name, Text: r.name})
	}
	for _, d := range p.provides {
		if strings.Contains(d.name, ":") { // what others than packages may require, such as "so:libc.so.6"
			c.Provides = append(c.Provides, d.name)
		}
	}
	c.Owns = p.files
	if prefix := prefix(e); prefix != "" {
		for i := range c.Owns {
			c.Owns[i] = prefix + c.Owns[i]
		}
	}
	return c
}

// purl returns the package URL, less what depends on the distribution:
// https://github.com/package-url/purl-spec/blob/main/types-doc/apk-definition.md
func (p *pkg) purl() string {
	qualifiers := packageurl.Qualifiers{{Key: "arch", Value: p.arch}}
	return packageurl.NewPackageURL("apk", "", strings.ToLower(p.name), p.version, qualifiers, "").ToString()
}

func (p *pkg) properties() []sbom.Property {
	var list []sbom.Property
	for _, v := range []struct{ name, value string }{
		{"origin", p.origin}, {"commit", p.commit}, {"repository", p.repository},
	} {
		if v.value != "" {
			list = append(list, sbom.Property{Name: "manifestgen:apk:" + v.name, Value: v.value})
		}
	}
	return list
}

// parseMaintainer splits "Name <mail>". Maintainers of packages are persons; a
// name without an address is not known to be one.
func parseMaintainer(s string) sbom.Party {
	name, rest, ok := strings.Cut(s, "<")
	party := sbom.Party{Name: strings.TrimSpace(name), Person: ok}
	if email, _, _ := strings.Cut(rest, ">"); strings.Contains(email, "@") {
		party.Contacts = []sbom.Contact{{Email: strings.TrimSpace(email)}}
	}
	if party.Name == "" {
		return sbom.Party{}
	}
	return party
}

// cleanURL returns an absolute URL without user and password, or "".
func cleanURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" {
		return ""
	}
	u.User = nil
	return u.String()
}
