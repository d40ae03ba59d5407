package python

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/sbom"
)

// The bounds of licence files: the largest that is read, in bytes, how much of its
// text is kept, and how many a distribution may name.
const (
	maxLicenceFile  = 1 << 20
	maxLicenceText  = 16 << 10
	maxLicenceFiles = 64
)

// isLicence reports whether a file of that path in a .dist-info folder may be
// one that License-File names: in the folder licenses since
// https://peps.python.org/pep-0639/, beside METADATA before.
func isLicence(p string) bool {
	if strings.HasPrefix(p, "licenses/") {
		return true
	}
	upper := strings.ToUpper(p)
	for _, word := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT", "AUTHORS"} {
		if strings.HasPrefix(upper, word) {
			return !strings.Contains(p, "/")
		}
	}
	return false
}

// licencePaths returns where the licence files of a distribution may be.
func (p place) licencePaths(names []string) []string {
	var paths []string
	for _, name := range names[:min(len(names), maxLicenceFiles)] {
		for _, folder := range []string{p.unit + "/licenses", p.unit} {
			if inside, ok := dist.Inside(folder, name); ok && isLicence(strings.TrimPrefix(inside, p.unit+"/")) {
				paths = append(paths, p.root()+inside)
			}
		}
	}
	return paths
}

// readLicence reads the text of a licence file. It belongs to the distribution
// that asks for it, see [readMetadata]: one whose licence has an SPDX identifier
// does not.
func readLicence(p place, f *sbom.File) ([]*sbom.Component, error) {
	c := &sbom.Component{Joints: sbom.Joints{Part: true}}
	data, err := licenceText(f)
	if err != nil {
		c.Findings = []sbom.Finding{{Kind: sbom.Gap, Code: "python.licence", Path: f.Path, Detail: err.Error()}}
		return []*sbom.Component{c}, nil
	}
	_, c.LicenseTexts = licenceRef(bounded(string(data), maxLicenceText))
	for i := range c.LicenseTexts {
		c.LicenseTexts[i].Name = path.Base(f.Path)
	}
	return []*sbom.Component{c}, nil
}

// licenceText returns the bytes of a licence file, unless it cannot be one.
func licenceText(f *sbom.File) ([]byte, error) {
	if f.Size > maxLicenceFile {
		return nil, fmt.Errorf("%d bytes, too many for a licence", f.Size)
	}
	data, err := f.Bytes()
	if err == nil && bytes.IndexByte(data, 0) >= 0 {
		err = errors.New("named as a licence, but no text")
	}
	return data, err
}

// bounded returns what can be shown of s, cut to a number of bytes. It says so if
// it is cut.
func bounded(s string, limit int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
	if len(s) <= limit {
		return s
	}
	end := limit
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s\n[cut here: %d of %d bytes, with the SHA-256 %x]", s[:end], end, len(s), sha256.Sum256([]byte(s)))
}
