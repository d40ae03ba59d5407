package command

import (
	"strings"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/intoto"
)

// statementSuffix ends the names of files with in-toto statements.
const statementSuffix = ".intoto.json"

// statements are what can be written and not read: a statement holds a small
// part of a manifest.
var statements = []formats.Format{
	{Name: "intoto-release", Suffixes: []string{".release" + statementSuffix}, Encode: intoto.EncodeRelease},
	{Name: "intoto-provenance", Suffixes: []string{statementSuffix}, Encode: intoto.EncodeProvenance},
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
