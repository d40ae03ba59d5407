package gobinary

import (
	"errors"
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/gobinary/internal/pclntab"
	"github.com/manifestgen/manifestgen/sbom"
)

// addPackages adds to each module the import paths of the packages that are
// linked in, as the function table names them. The first of all is the program;
// its packages are those of the main module.
func (p *program) addPackages(r io.ReaderAt, size int64, all []*sbom.Component) error {
	offset, err := pclntab.Find(r, size)
	var paths []string
	if err == nil {
		paths, err = pclntab.Packages(r, offset, size)
	}
	if errors.Is(err, pclntab.ErrNotFound) {
		note(all[0], sbom.Unknown, "go.packages", "no function table was found: which packages are linked in cannot be told")
		return nil
	}
	owners := p.owners(all)
	for _, path := range paths {
		if c := owners[owner(path, owners)]; c != nil {
			c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:go:package", Value: clean(path)})
		}
	}
	return fault("go.packages", err)
}

// owners returns the components by the module path that packages have as their
// prefix: that of a replaced module is the one it replaces.
func (p *program) owners(all []*sbom.Component) map[string]*sbom.Component {
	owners := map[string]*sbom.Component{}
	if p.info.Main.Path != "" {
		owners[p.info.Main.Path] = all[0]
	}
	libraries := all[len(all)-len(p.info.Deps):]
	for i, d := range p.info.Deps {
		owners[d.Path] = libraries[i]
	}
	return owners
}

// owner returns the longest path in owners that is package path or a folder of
// it, or "": of the standard library, and of package main, there is none.
func owner(path string, owners map[string]*sbom.Component) string {
	for path != "" && owners[path] == nil {
		path = path[:max(0, strings.LastIndexByte(path, '/'))]
	}
	return path
}
