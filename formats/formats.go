// Package formats lists the formats in which a manifest can be written and
// read, and finds them by name, by the name of a file, and by content.
//
// Each format is a package of its own, which may as well be used directly. A
// format translates and decides nothing: what one writes another can write
// again, and nothing is lost on the way.
package formats

import (
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/formats/spdx"
	"github.com/manifestgen/manifestgen/sbom"
)

// A Format is a way to write a manifest down.
type Format struct {
	Name     string   // such as "cyclonedx-json"
	Suffixes []string // of the names of files; also whole names, such as "bom.json"
	Versions []string // of the specification, the usual one first; nil if there is one
	Version  string   // that Encode writes

	Encode func(w io.Writer, m *sbom.Manifest, o Options) error
	Decode func(r io.Reader) (*sbom.Manifest, error) // of every version; nil for what only people read

	key string // the key that every document has at its top
}

// Options say how a document is written. The zero value is compact and whole.
type Options struct {
	Indent bool // write lines for people
}

// All returns all formats in their usual versions, the usual format first.
func All() []Format {
	return []Format{
		{Name: "cyclonedx-json", Suffixes: []string{".cdx.json", "bom.json"}, Encode: encodeCycloneDX, Decode: cyclonedx.Decode, key: "bomFormat"},
		{Name: "spdx-json", Suffixes: []string{".spdx.json"}, Encode: encodeSPDX, Decode: spdx.Decode, key: "spdxVersion"},
	}
}

func encodeCycloneDX(w io.Writer, m *sbom.Manifest, o Options) error {
	return cyclonedx.Encoder{Indent: o.Indent}.Encode(w, m)
}

func encodeSPDX(w io.Writer, m *sbom.Manifest, o Options) error {
	return spdx.Encoder{Indent: o.Indent}.Encode(w, m)
}

// ByName returns the format of that name.
func ByName(name string) (Format, bool) {
	return first(func(f Format) bool { return f.Name == name })
}

// ByFile returns the format that a file of that name has. Upper and lower case
// are the same; a suffix that does not begin with a dot is a whole name, or
// follows a dot or a hyphen.
func ByFile(name string) (Format, bool) {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	return first(func(f Format) bool {
		for _, suffix := range f.Suffixes {
			before, ok := strings.CutSuffix(base, suffix)
			if ok && (suffix[0] == '.' || before == "" || strings.HasSuffix(before, ".") || strings.HasSuffix(before, "-")) {
				return true
			}
		}
		return false
	})
}

// Detect returns the format of a document that begins with prefix. A few hundred
// bytes are enough for documents that say what they are before anything else;
// give more if there may be others.
func Detect(prefix []byte) (Format, bool) {
	found, at := Format{}, -1
	for _, f := range All() {
		if i := keyAt(prefix, f.key); i >= 0 && (at < 0 || i < at) {
			found, at = f, i
		}
	}
	return found, at >= 0
}

func first(is func(Format) bool) (Format, bool) {
	for _, f := range All() {
		if is(f) {
			return f, true
		}
	}
	return Format{}, false
}

// keyAt returns where the object in b has key as one of its own keys, or -1. It
// reads no further than the object is in order.
func keyAt(b []byte, key string) int {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := stringEnd(b, i)
			if depth == 1 && string(b[i+1:end]) == key && bytes.HasPrefix(bytes.TrimSpace(b[min(end+1, len(b)):]), []byte(":")) {
				return i
			}
			i = end
		case ' ', '\t', '\r', '\n', ':', ',':
		default:
			if depth == 0 {
				return -1 // not an object
			}
		}
	}
	return -1
}

// stringEnd returns where the closing quote of the string at i is, or the end of b.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return min(i, len(b))
}
