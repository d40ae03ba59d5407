package gomod

import (
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// A selection is what minimal version selection makes of one main module.
type selection struct {
	main     mainModule
	load     source
	graph    *graph
	replaced replacements

	component *sbom.Component   // of the main module
	list      []module.Version  // what is required; parallel to required
	required  []*sbom.Component // their components
	found     map[module.Version]*sbom.Component
}

func newSelection(main mainModule, c *sbom.Component, load source) *selection {
	w := workspace{mains: []mainModule{main}}
	return &selection{
		main:      main,
		load:      load,
		graph:     loadGraph(w, load),
		replaced:  w.replacements(),
		component: c,
		found:     map[module.Version]*sbom.Component{main.version(): c},
	}
}

// components returns the main module, what is built of what it requires, and
// what it requires and is not built, in this order.
func (s *selection) components() []*sbom.Component {
	listed := map[string]*modfile.Require{}
	for _, r := range s.main.file.Require {
		if !s.graph.excluded[r.Mod] {
			listed[r.Mod.Path] = r
		}
	}
	for _, m := range s.graph.buildList() {
		if m.Version != "" && (listed[m.Path] != nil || s.namesNotAll()) {
			s.add(m, s.howBuilt(), listed[m.Path])
		}
	}
	s.connect()
	s.addSuperseded()
	s.judge()
	return append([]*sbom.Component{s.component}, s.required...)
}

// namesNotAll reports whether the main module's go.mod file may leave out
// modules that are built.
func (s *selection) namesNotAll() bool { return pruningOf(s.main.file) == unpruned }

// uncertain reports whether there may be more modules and higher versions than
// the go.mod files at hand tell.
func (s *selection) uncertain() bool { return s.namesNotAll() && len(s.graph.missing) > 0 }

// howBuilt returns the value of the property "selection" for the build list.
func (s *selection) howBuilt() string {
	if s.uncertain() {
		return "required"
	}
	return "built"
}

// add adds the component of m. R is the statement that requires it in the main
// module, or nil.
func (s *selection) add(m module.Version, how string, r *modfile.Require) {
	n := s.replaced.of(m)
	if n == m {
		n = module.Version{}
	}
	c := library(".", m, n)
	c.Wanted = true
	addProperty(c, "selection", how)
	if r != nil && r.Indirect {
		addProperty(c, "indirect", "true")
	}
	s.found[m] = c
	s.list, s.required = append(s.list, m), append(s.required, c)
}

// connect adds to each component what it requires.
func (s *selection) connect() {
	list := append([]module.Version{s.main.version()}, s.list...)
	all, unknown := edges(list, s.graph.excluded, func(m module.Version) (*modfile.File, error) {
		if m == s.main.version() {
			return s.main.file, nil
		}
		return s.load(s.replaced.of(m))
	})
	for _, e := range all {
		from, to := s.found[e.from], s.found[e.to]
		from.DependsOn = append(from.DependsOn, to.Key)
	}
	for i, m := range s.list {
		if _, ok := unknown[m]; !ok {
			s.required[i].Dependencies = sbom.Complete
		}
	}
}

// addSuperseded adds the versions that the main module requires and that are
// not built, nor replaced by what is built.
func (s *selection) addSuperseded() {
	for _, r := range s.main.file.Require {
		built := module.Version{Path: r.Mod.Path, Version: s.graph.selected[r.Mod.Path]}
		if built.Version == "" || s.found[r.Mod] != nil || s.graph.excluded[r.Mod] {
			continue
		}
		if s.replaced.of(built) != s.replaced.of(r.Mod) {
			s.add(r.Mod, "superseded", r)
		}
	}
}

// judge says what is not known of the main module.
func (s *selection) judge() {
	s.component.Dependencies = sbom.Complete
	if s.uncertain() {
		s.component.Dependencies = sbom.Undetermined
		addFinding(s.component, sbom.Unknown, "gomod.unlisted",
			"a go.mod file before Go 1.17 does not name all modules, and those of its dependencies are not all at hand")
	}
}
