package gomod

import (
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// An edge says that a module requires another, both in the versions that are
// built.
type edge struct {
	from, to module.Version
	indirect bool // needed only for what the direct requirements need
}

// edges returns what the modules of a build list require of each other, without
// requirements of versions that are excluded, and for each module whose go.mod file is not at hand the reason. The versions of
// list are what minimal version selection came to, as a binary names them: so
// a requirement of any version of a module is one of the version in list, and
// a requirement of a module that is not in list is left out, because nothing
// of that module was built in.
func edges(list []module.Version, excluded map[module.Version]bool, load source) ([]edge, map[module.Version]error) {
	built := make(map[string]module.Version, len(list))
	for _, m := range list {
		built[m.Path] = m
	}
	var all []edge
	unknown := map[module.Version]error{}
	for _, m := range list {
		f, err := load(m)
		if err != nil {
			unknown[m] = err
			continue
		}
		all = append(all, edgesFrom(m, f, built, excluded)...)
	}
	return all, unknown
}

// edgesFrom returns the edges that the go.mod file f of m stands for, one to
// each module.
func edgesFrom(m module.Version, f *modfile.File, built map[string]module.Version, excluded map[module.Version]bool) []edge {
	var list []edge
	seen := make(map[string]bool, len(f.Require))
	for _, r := range f.Require {
		to, ok := built[r.Mod.Path]
		if !ok || to == m || seen[to.Path] || excluded[r.Mod] {
			continue
		}
		seen[to.Path] = true
		list = append(list, edge{m, to, r.Indirect})
	}
	return list
}
