package release

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// useRecord reads the record and finds the artifact in it.
func (g *gathering) useRecord() error {
	file := g.Record
	if file == "" {
		if g.top == "" {
			return nil
		}
		file = filepath.Join(g.top, RecordName)
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			return nil
		}
	}
	record, err := readRecord(file)
	if err != nil {
		return err
	}
	g.entry = g.match(record)
	if g.entry < 0 {
		return g.unmatched(record, file)
	}
	g.record, g.folder = record, filepath.Dir(file)
	g.terms, g.line = record.terms(g.entry)
	return nil
}

func readRecord(file string) (*Record, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it is only read
	return ParseRecord(file, f)
}

// unmatched is what comes of a record that is not about the artifact.
func (g *gathering) unmatched(record *Record, file string) error {
	var names []string
	for _, a := range record.Artifacts {
		names = append(names, a.Name)
	}
	list := strings.Join(names, ", ")
	if g.Record != "" {
		return fmt.Errorf("%s: none of its artifacts (%s) is this one (%s); see the key match", file, list, g.describe())
	}
	if g.repo != nil {
		g.found(sbom.Note, "record.unmatched", "built from this repository, but none of the artifacts of its record (%s) is this one", list)
	}
	return nil
}

// describe says of the artifact what a record could match.
func (g *gathering) describe() string {
	said := []string{"name " + g.Known.Name}
	if m := g.module(); m != "" {
		said = append(said, "module "+m)
	}
	return strings.Join(append(said, "file "+g.Known.FileName), ", ")
}

// module returns the path of the main module of a Go program.
func (g *gathering) module() string {
	for _, p := range g.Known.Properties {
		if p.Name == "manifestgen:go:module" {
			return p.Value
		}
	}
	return ""
}

// ownName returns the name that the artifact has by itself, and not by the name
// of its file.
func (g *gathering) ownName() string {
	for _, e := range g.Known.Evidence {
		if e.Field == "name" {
			if e.Source == sbom.FromName {
				return ""
			}
			return e.Value
		}
	}
	return g.Known.Name
}

// match returns the index of the artifact at hand in the record, or -1. An entry
// that says how it is recognised comes first; then one that the artifact calls
// itself, or that a flag calls it; then the only entry there is, if it says
// nothing else, for what was built from this repository, or for what has no
// name at all and the record was given for it.
func (g *gathering) match(r *Record) int {
	for i, a := range r.Artifacts {
		if a.Match != nil && g.fits(a.Match) {
			return i
		}
	}
	for i, a := range r.Artifacts {
		if a.Match == nil && (a.Name == g.ownName() || a.Name == g.Flags.Name) {
			return i
		}
	}
	nameless := g.Record != "" && g.ownName() == ""
	if len(r.Artifacts) == 1 && r.Artifacts[0].Match == nil && (g.builtHere() || nameless) {
		return 0
	}
	return -1
}

// builtHere reports whether the artifact itself says that it was built from a
// commit of the repository that holds the record.
func (g *gathering) builtHere() bool {
	return g.repo != nil && g.Known.Commit == g.commit.String() && (g.Record == "" || topOf(filepath.Dir(g.Record)) == g.top)
}

func (g *gathering) fits(m *Match) bool {
	module := g.module()
	if m.Module != "" && m.Module != module && (module == "" || m.Module != g.ownName()) {
		return false
	}
	if m.Package != "" && m.Package != g.ownName() {
		return false
	}
	if m.File != "" {
		ok, _ := path.Match(m.File, g.Known.FileName) // the pattern was checked
		return ok
	}
	return true
}
