package gobinary

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// purl returns the package URL of a Go module. The path keeps its case: a module
// whose path is folded cannot be found any more. An empty version is left out.
func purl(path, version, subpath string) string {
	namespace, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		namespace, name = path[:i], path[i+1:]
	}
	return packageurl.NewPackageURL("golang", namespace, name, version, nil, subpath).ToString()
}

// clean makes text printable: a control character, or a byte that is no UTF-8,
// becomes U+FFFD. Build information is whatever somebody has put there.
func clean(s string) string {
	ok := func(r rune) bool { return unicode.IsPrint(r) && r != utf8.RuneError }
	if strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// A toolchain is a Go version taken apart.
type toolchain struct {
	version     string // of the release, such as "1.26.8"; empty for a development version
	vendor      string // what a distributor has added
	experiments string // comma-separated
	raw         string
}

// toolchain takes the Go version apart. Releases are "go1.26.8"; distributors and
// experiments add to that:
//
//	go1.26.8 X:jsonv2
//	go1.26.8-X:boringcrypto
//	go1.26.5 (Red Hat 1.26.5-1.el9)
//	devel go1.27-1a2b3c4d Tue Jan 2 15:04:05 2026 +0000
func (p *program) toolchain() toolchain {
	t := toolchain{raw: p.info.GoVersion}
	release, ok := strings.CutPrefix(p.info.GoVersion, "go")
	if !ok {
		return t
	}
	end := strings.IndexAny(release, " -+")
	if end < 0 {
		end = len(release)
	}
	t.version = release[:end]
	rest := strings.TrimLeft(release[end:], " -+")
	for rest != "" {
		word, more, _ := strings.Cut(rest, " ")
		if x, ok := strings.CutPrefix(word, "X:"); ok {
			t.experiments, rest = x, more
			continue
		}
		t.vendor, rest = strings.Trim(rest, "()"), ""
	}
	if t.version == "" || strings.Trim(t.version, "0123456789.abcdefghijklmnopqrstuvwxyz") != "" {
		t.version = ""
	}
	return t
}

// text returns the release with what a distributor has added, without
// experiments, which are a setting.
func (t toolchain) text() string {
	switch {
	case t.version == "":
		return t.raw
	case t.vendor != "":
		return "go" + t.version + " (" + t.vendor + ")"
	default:
		return "go" + t.version
	}
}

// stdlib returns the component of the standard library, or nil if its version is
// not known.
func stdlib(t toolchain) *sbom.Component {
	if t.version == "" {
		return nil
	}
	return &sbom.Component{
		Type: sbom.TypeLibrary, Name: "stdlib", Version: t.version, PURL: purl("stdlib", t.version, ""),
		Declared: "BSD-3-Clause", Dependencies: sbom.Complete,
		Joints: sbom.Joints{Key: stdlibKey + t.version},
	}
}

// stdlibKey begins the key of the standard library, before its version.
const stdlibKey = "golang:stdlib@"
