package command

import (
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/manifestgen/manifestgen/catalogers/gobinary"
	"github.com/manifestgen/manifestgen/catalogers/golicense"
	"github.com/manifestgen/manifestgen/catalogers/gomod"
	"github.com/manifestgen/manifestgen/sbom"
)

// golang has the flags that say more about Go programs than they say themselves.
type golang struct {
	source   string
	modCache string
	packages bool
}

func (g *golang) addFlags(f *pflag.FlagSet) {
	f.StringVar(&g.source, "source", "", "`FOLDER` with the source of a Go program: adds what its modules require, and licences")
	f.StringVar(&g.modCache, "modcache", "", "Go module cache, the `FOLDER` that \"go env GOMODCACHE\" names: adds what modules require, and licences")
	f.BoolVar(&g.packages, "packages", false, "list the packages that are linked into a Go program, by module")
}

// configure gives the Go catalogers among all what the flags say. The one for
// licences is added if there is a place to look for them.
func (g *golang) configure(all []sbom.Cataloger) ([]sbom.Cataloger, error) {
	source, err := folder("--source", g.source)
	if err != nil {
		return nil, err
	}
	modCache, err := folder("--modcache", g.modCache)
	if err != nil {
		return nil, err
	}
	var configured []sbom.Cataloger
	for _, c := range all {
		switch c.(type) {
		case gobinary.Cataloger:
			c = gobinary.Cataloger{Packages: g.packages}
		case gomod.Cataloger:
			c = gomod.Cataloger{Source: source, ModCache: modCache, Packages: g.packages}
		}
		configured = append(configured, c)
	}
	if source != nil || modCache != nil {
		configured = append(configured, golicense.Cataloger{Source: source, ModCache: modCache})
	}
	return configured, nil
}

// folder returns the folder that a flag names, or nil if it names none.
func folder(flag, path string) (fs.FS, error) {
	if path == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil, usage("%s %s: no such folder", flag, path)
	}
	return os.DirFS(path), nil
}
