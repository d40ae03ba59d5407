// Package formats lists the formats in which a manifest can be written and
// read, and finds them by name, by the name of a file, and by content.
//
// Each format is a package of its own, which may as well be used directly. A
// format translates and decides nothing: what one writes another can write
// again, and nothing is lost on the way. Package loss shows that of a document
// at hand. Formats for people, lists and statements are written only.
package formats

import (
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/formats/intoto"
	"github.com/manifestgen/manifestgen/formats/list"
	"github.com/manifestgen/manifestgen/formats/markdown"
	"github.com/manifestgen/manifestgen/formats/spdx"
	"github.com/manifestgen/manifestgen/formats/spdx3"
	"github.com/manifestgen/manifestgen/formats/text"
	"github.com/manifestgen/manifestgen/sbom"
)

// A Format is a way to write a manifest down.
type Format struct {
	Name     string   // such as "cyclonedx-json"
	Suffixes []string // of the names of files; also whole names, such as "bom.json"
	Versions []string // of the specification, the usual one first; nil if there is one
	Version  string   // that Encode writes

	Decode func(r io.Reader) (*sbom.Manifest, error) // of every version; nil for what is written only

	encode encoder
}

// An encoder writes m in a version of its format.
type encoder func(w io.Writer, m *sbom.Manifest, version string, o Options) error

// Options say how a document is written. The zero value is compact and whole.
type Options struct {
	Indent bool // write lines for people

	// Timeless leaves out when the document was made, so that the same
	// facts give the same bytes. CycloneDX says so by cdx:reproducible;
	// SPDX must have a time and has the beginning of 1970.
	Timeless bool

	Width int  // of the terminal, in columns, for what is made to fit one. Default 80
	Color bool // emphasize with the colors of a terminal
}

// All returns all formats in their usual versions, the usual format first.
func All() []Format {
	all := []Format{
		{Name: "cyclonedx-json", Suffixes: []string{".cdx.json", "bom.json"}, Versions: versions("1.6", cyclonedx.Versions()), Decode: cyclonedx.Decode, encode: encodeCycloneDX(false)},
		{Name: "cyclonedx-xml", Suffixes: []string{".cdx.xml", "bom.xml"}, Versions: versions("1.6", cyclonedx.Versions()), Decode: cyclonedx.Decode, encode: encodeCycloneDX(true)},
		{Name: "spdx-json", Suffixes: []string{".spdx.json"}, Versions: []string{"2.3", "2.2"}, Decode: spdx.Decode, encode: encodeSPDX(spdx.JSON)},
		{Name: "spdx-tag-value", Suffixes: []string{".spdx"}, Versions: []string{"2.3", "2.2"}, Decode: spdx.Decode, encode: encodeSPDX(spdx.TagValue)},
		{Name: "spdx-yaml", Suffixes: []string{".spdx.yaml", ".spdx.yml"}, Versions: []string{"2.3", "2.2"}, Decode: spdx.Decode, encode: encodeSPDX(spdx.YAML)},
		{Name: "spdx3-json", Suffixes: []string{".spdx3.json"}, Version: "3.0.1", Decode: spdx3.Decode, encode: encodeSPDX3},

		{Name: "text", Suffixes: []string{".txt"}, encode: forTerminal(text.Encode)},
		{Name: "tree", Suffixes: []string{".tree.txt"}, encode: forTerminal(text.EncodeTree)},
		{Name: "markdown", Suffixes: []string{".md"}, encode: plain(markdown.Encode)},
		{Name: "csv", Suffixes: []string{".csv"}, encode: plain(list.EncodeCSV)},
		{Name: "purl", Suffixes: []string{".purl"}, encode: plain(list.EncodePURLs)},
		{Name: "intoto-release", Suffixes: []string{".release.intoto.json"}, encode: plain(intoto.EncodeRelease)},
		{Name: "intoto-provenance", Suffixes: []string{".intoto.json"}, encode: plain(intoto.EncodeProvenance)},
	}
	for i, f := range all {
		if len(f.Versions) > 0 {
			all[i].Version = f.Versions[0]
		}
	}
	return all
}

// versions returns the usual version and then the others, the newest first.
func versions(usual string, all []string) []string {
	sorted := []string{usual}
	for _, v := range slices.Backward(all) {
		if v != usual {
			sorted = append(sorted, v)
		}
	}
	return sorted
}

func encodeCycloneDX(xml bool) encoder {
	return func(w io.Writer, m *sbom.Manifest, version string, o Options) error {
		return cyclonedx.Encoder{Version: version, XML: xml, Indent: o.Indent, Timeless: o.Timeless}.Encode(w, m)
	}
}

func encodeSPDX(f spdx.Format) encoder {
	return func(w io.Writer, m *sbom.Manifest, version string, o Options) error {
		return spdx.Encoder{Version: version, Format: f, Indent: o.Indent}.Encode(w, m)
	}
}

func encodeSPDX3(w io.Writer, m *sbom.Manifest, _ string, o Options) error {
	return spdx3.Encoder{Indent: o.Indent}.Encode(w, m)
}

// forTerminal is an encoder that asks how wide the terminal is.
func forTerminal(encode func(io.Writer, *sbom.Manifest, text.Options) error) encoder {
	return func(w io.Writer, m *sbom.Manifest, _ string, o Options) error {
		return encode(w, m, text.Options{Width: o.Width, Color: o.Color})
	}
}

// plain is an encoder without options.
func plain(encode func(io.Writer, *sbom.Manifest) error) encoder {
	return func(w io.Writer, m *sbom.Manifest, _ string, _ Options) error { return encode(w, m) }
}

// Encode writes m to w in the version that f has.
func (f Format) Encode(w io.Writer, m *sbom.Manifest, o Options) error {
	if o.Timeless && !m.Created.IsZero() {
		timeless := *m
		timeless.Created = time.Time{}
		m = &timeless
	}
	return f.encode(w, m, f.Version, o)
}

// in returns the format in one of its versions.
func (f Format) in(version string) (Format, bool) {
	if !slices.Contains(f.Versions, version) {
		return Format{}, false
	}
	f.Version = version
	return f, true
}

// ByName returns the format of that name, or of that name and version, such as
// "cyclonedx-json@1.5".
func ByName(name string) (Format, bool) {
	name, version, versioned := strings.Cut(name, "@")
	for _, f := range All() {
		if f.Name != name {
			continue
		}
		if versioned {
			return f.in(version)
		}
		return f, true
	}
	return Format{}, false
}

// ByFile returns the format that a file of that name has: the one with the
// longest suffix that fits. Upper and lower case are the same; a suffix that
// does not begin with a dot is a whole name, or follows a dot or a hyphen.
func ByFile(name string) (Format, bool) {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	found, length := Format{}, 0
	for _, f := range All() {
		for _, suffix := range f.Suffixes {
			if len(suffix) > length && endsWith(base, suffix) {
				found, length = f, len(suffix)
			}
		}
	}
	return found, length > 0
}

func endsWith(name, suffix string) bool {
	before, ok := strings.CutSuffix(name, suffix)
	return ok && (suffix[0] == '.' || before == "" || strings.HasSuffix(before, ".") || strings.HasSuffix(before, "-"))
}
