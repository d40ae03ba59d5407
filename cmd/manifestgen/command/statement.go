package command

import (
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/intoto"
	"github.com/manifestgen/manifestgen/sbom"
)

// statementSuffix ends the names of files with in-toto statements.
const statementSuffix = ".intoto.json"

// statements are what can be written and not read: a statement holds a small
// part of a manifest.
var statements = []formats.Format{
	{Name: "intoto-release", Suffixes: []string{".release" + statementSuffix}, Encode: statement(intoto.EncodeRelease)},
	{Name: "intoto-provenance", Suffixes: []string{statementSuffix}, Encode: statement(intoto.EncodeProvenance)},
}

// statement is an Encode without options.
func statement(encode func(io.Writer, *sbom.Manifest) error) func(io.Writer, *sbom.Manifest, formats.Options) error {
	return func(w io.Writer, m *sbom.Manifest, _ formats.Options) error { return encode(w, m) }
}

// outputByName returns the format or statement of that name.
func outputByName(name string) (formats.Format, bool) {
	for _, s := range statements {
		if s.Name == name {
			return s, true
		}
	}
	return formats.ByName(name)
}

// outputByFile returns the format or statement that a file of that name has.
func outputByFile(name string) (formats.Format, bool) {
	for _, s := range statements {
		if strings.HasSuffix(strings.ToLower(name), s.Suffixes[0]) {
			return s, true
		}
	}
	return formats.ByFile(name)
}
