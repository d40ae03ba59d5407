// Package osrelease catalogs the operating system of a root file system.
//
// It reads etc/os-release and usr/lib/os-release, in the format of
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html. If both
// are there the first alone counts. Usually it is a symbolic link to the second,
// and is not read.
//
// It does not read files of single distributions, such as etc/debian_version.
//
// The component is named by ID, and its version is VERSION_ID. A system without
// VERSION_ID, as a rolling release is, has no version.
//
// Systems that are known to be made of deb, rpm or apk packages expect that their
// database is there: to remove it must not make a manifest shorter without a word.
//
// Codes of its findings:
//
//	osrelease.line  a line that is not an assignment, or assigns anew
//	osrelease.two   both files are there and say different things
//
// Properties of its component, from the variables of the same name:
//
//	manifestgen:os:{pretty-name,id-like,codename,variant-id,build-id,image-id,image-version,support-end}
package osrelease

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger finds the operating system. The zero Cataloger is ready to use.
type Cataloger struct{}

// Name returns "osrelease".
func (Cataloger) Name() string { return "osrelease" }

// Wants reports whether e is one of the two files at the root of a file system.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	switch e.Inside() {
	case "etc/os-release", "usr/lib/os-release":
		return sbom.Yes
	}
	return sbom.No
}

// Catalog returns the operating system that f names. The second file is also a
// part of it, so that Resolve can compare.
func (Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	rel, err := parse(f)
	err = asFault(err)
	if len(rel) == 0 {
		return nil, err
	}
	c := rel.component()
	c.Key = "os:" + f.Root()
	if f.Container != "deb" && f.Container != "rpm" && f.Container != "apk" { // a package is no system
		c.Expects = rel.packages()
	}
	if f.Inside() == "etc/os-release" {
		return []*sbom.Component{c}, err
	}
	c.Fallback = true
	part := &sbom.Component{Joints: sbom.Joints{Key: c.Key, Part: true, Private: second{said(c), f.Path}}}
	return []*sbom.Component{c, part}, err
}

// second is what the second file says, and its path.
type second struct{ said, path string }

// said returns the facts of a component that rel has made.
func said(c *sbom.Component) string {
	return fmt.Sprintf("%q", []any{c.Name, c.Version, c.Description, c.CPE, c.Maker, c.Links, c.Properties})
}

func asFault(err error) error {
	var fault *sbom.Fault
	var pathErr *fs.PathError
	if err == nil || errors.As(err, &fault) || errors.As(err, &pathErr) {
		return err
	}
	return &sbom.Fault{Code: "osrelease.line", Err: err}
}

// Resolve finds no edges. It says where the two files differ.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	var findings []sbom.Finding
	for _, c := range mine {
		if other, ok := c.Private.(second); ok && other.said != said(c) {
			findings = append(findings, sbom.Finding{Kind: sbom.Note, Code: "osrelease.two", Subject: c.Key,
				Path: c.Locations[0].Path, Layer: c.Locations[0].Layer,
				Detail: "there is also " + other.path + ", which says something else and does not count"})
		}
	}
	return nil, findings
}

// component makes the component that rel names. The specification says which
// names a system without any has.
func (rel release) component() *sbom.Component {
	c := &sbom.Component{
		Type:        sbom.TypeOperatingSystem,
		Name:        cmp.Or(rel["ID"], "linux"),
		Version:     rel["VERSION_ID"],
		Description: cmp.Or(rel["PRETTY_NAME"], rel["NAME"]),
		CPE:         cpe(rel["CPE_NAME"]),
		Maker:       sbom.Party{Name: rel["VENDOR_NAME"], URL: cleanURL(rel["VENDOR_URL"])},
	}
	for _, l := range []struct{ kind, variable string }{
		{"website", "HOME_URL"}, {"documentation", "DOCUMENTATION_URL"},
		{"support", "SUPPORT_URL"}, {"issue-tracker", "BUG_REPORT_URL"},
	} {
		if u := cleanURL(rel[l.variable]); u != "" {
			c.Links = append(c.Links, sbom.Link{Type: l.kind, URL: u})
		}
	}
	for _, p := range []struct{ name, variable string }{
		{"pretty-name", "PRETTY_NAME"}, {"id-like", "ID_LIKE"}, {"codename", "VERSION_CODENAME"},
		{"variant-id", "VARIANT_ID"}, {"build-id", "BUILD_ID"}, {"image-id", "IMAGE_ID"},
		{"image-version", "IMAGE_VERSION"}, {"support-end", "SUPPORT_END"},
	} {
		if v := rel[p.variable]; v != "" {
			c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:os:" + p.name, Value: v})
		}
	}
	return c
}

// packages returns the token that the packages of such a system provide, if it is
// known which it has. What ID does not say, ID_LIKE may.
func (rel release) packages() []string {
	for _, id := range append([]string{rel["ID"]}, strings.Fields(rel["ID_LIKE"])...) {
		if kind := kinds[id]; kind != "" {
			return []string{"packages:" + kind}
		}
	}
	return nil
}

// kinds are the kinds of packages that distributions have, by ID.
var kinds = map[string]string{
	"debian": "deb", "ubuntu": "deb",
	"alpine": "apk", "chainguard": "apk", "wolfi": "apk",
	"almalinux": "rpm", "amzn": "rpm", "azurelinux": "rpm", "centos": "rpm", "fedora": "rpm", "mageia": "rpm",
	"mariner": "rpm", "ol": "rpm", "openEuler": "rpm", "opensuse": "rpm", "photon": "rpm", "rhel": "rpm",
	"rocky": "rpm", "sles": "rpm", "suse": "rpm",
}

// cpe returns s if it is a CPE name, of whichever binding.
func cpe(s string) string {
	if strings.HasPrefix(s, "cpe:/") || strings.HasPrefix(s, "cpe:2.3:") {
		return s
	}
	return ""
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
