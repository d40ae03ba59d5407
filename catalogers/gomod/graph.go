package gomod

import (
	"cmp"
	"go/version"
	"path"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A source returns the go.mod file of a module version, or of a folder if the
// version is empty. Its error says why the file is not at hand.
type source func(module.Version) (*modfile.File, error)

// A mainModule is a go.mod file that is not a dependency's, and its folder.
type mainModule struct {
	dir  string
	file *modfile.File
}

// version returns the module without a version: it is the one at hand.
func (m mainModule) version() module.Version {
	if m.file.Module == nil {
		return module.Version{}
	}
	return module.Version{Path: m.file.Module.Mod.Path}
}

// A workspace is what decides which versions are built: one main module, or
// the main modules that a go.work file uses.
type workspace struct {
	mains  []mainModule
	byFile bool // there is a go.work file
}

// A graph is the module graph of a workspace, in the sense of
// https://go.dev/ref/mod#glos-module-graph. Main modules are in it without a
// version, replaced modules under the names they are required by.
type graph struct {
	mains    []module.Version
	requires map[module.Version][]module.Version // of all that were read
	selected map[string]string                   // module path to version
	missing  map[module.Version]error            // not read: versions may be too low
	excluded map[module.Version]bool             // by a main module: nobody requires them
}

// buildList returns the version that is built of each module in the graph, the
// main modules first and then by path.
func (g *graph) buildList() []module.Version {
	list := slices.Clone(g.mains)
	for p, v := range g.selected {
		if v != "" {
			list = append(list, module.Version{Path: p, Version: v})
		}
	}
	slices.SortFunc(list[len(g.mains):], compareModules)
	return list
}

func compareModules(a, b module.Version) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), semver.Compare(a.Version, b.Version), cmp.Compare(a.Version, b.Version))
}

// require records what m requires and raises the selected versions. It returns
// the paths whose version it raised.
func (g *graph) require(m module.Version, reqs []module.Version) (raised []string) {
	g.requires[m] = reqs
	for _, r := range reqs {
		v, ok := g.selected[r.Path]
		if ok && (v == "" || semver.Compare(v, r.Version) >= 0) {
			continue
		}
		g.selected[r.Path] = r.Version
		raised = append(raised, r.Path)
	}
	return raised
}

// A pruning says how much of a module's requirements belongs to the graph,
// https://go.dev/ref/mod#graph-pruning.
type pruning int

const (
	pruned   pruning = iota // what it names: its go.mod file names all that its packages need
	unpruned                // and all that those require in turn
	expanded                // what it names, and what those need: the main modules of a workspace
)

func pruningOf(f *modfile.File) pruning {
	if f.Go != nil && version.Compare("go"+f.Go.Version, "go1.17") >= 0 {
		return pruned
	}
	return unpruned
}

// A loader builds a graph. It reads each go.mod file once.
type loader struct {
	*graph
	load     source
	replaced replacements
	files    map[module.Version]*modfile.File
	seen     map[visit]bool
	todo     []visit

	// Of a workspace with several main modules:
	raised     []string                // paths whose version went up since it was last emptied
	requiredBy map[string][]string     // path to paths of expanded modules
	watched    map[module.Version]bool // modules that are in requiredBy
}

type visit struct {
	mod     module.Version
	pruning pruning
}

// loadGraph builds the module graph of w, with the go.mod files that load
// returns, as the go command does. It does not change the requirements of a
// main module that are lower than those of its dependencies, as the go command
// might, but the versions it selects are the same.
func loadGraph(w workspace, load source) *graph {
	l := &loader{
		graph: &graph{
			requires: map[module.Version][]module.Version{},
			selected: map[string]string{},
			missing:  map[module.Version]error{},
			excluded: map[module.Version]bool{},
		},
		load:     load,
		replaced: w.replacements(),
		files:    map[module.Version]*modfile.File{},
		seen:     map[visit]bool{},

		requiredBy: map[string][]string{},
		watched:    map[module.Version]bool{},
	}
	for _, m := range w.mains {
		v := m.version()
		l.mains = append(l.mains, v)
		l.selected[v.Path] = ""
		for _, x := range m.file.Exclude {
			l.excluded[x.Mod] = true
		}
	}
	if !w.byFile && len(w.mains) == 1 {
		l.loadMain(w.mains[0])
		return l.graph
	}
	l.loadWorkspace(w.mains)
	return l.graph
}

// loadMain loads the graph of a main module by itself.
func (l *loader) loadMain(m mainModule) {
	roots := l.requirements(m.file)
	l.require(m.version(), roots)
	for _, r := range roots {
		l.visit(r, pruningOf(m.file))
	}
	l.run()
}

// loadWorkspace loads the graph of several main modules. One may raise what
// another requires, and then the go.mod file of neither need name all that is
// built. So the modules that were raised are expanded as main modules are,
// until the selected versions no longer change.
func (l *loader) loadWorkspace(mains []mainModule) {
	expanding := map[string]bool{}         // paths of expanded modules
	dirty := make([]string, 0, len(mains)) // their paths to look at again
	for _, m := range mains {
		l.files[m.version()] = m.file
		expanding[m.version().Path] = true
		dirty = append(dirty, m.version().Path)
	}
	for len(dirty) > 0 {
		for _, m := range l.toExpand(dirty) {
			expanding[m.Path] = true
			l.raised = append(l.raised, m.Path)
			l.visit(m, expanded)
		}
		l.run()
		dirty = nil
		for _, p := range l.raised {
			if expanding[p] {
				dirty = append(dirty, p)
			}
			dirty = append(dirty, l.requiredBy[p]...)
		}
		l.raised = nil
		slices.Sort(dirty)
		dirty = slices.Compact(dirty)
	}
}

// toExpand returns the modules among paths and their requirements that have to
// be expanded and are not.
func (l *loader) toExpand(paths []string) []module.Version {
	var list []module.Version
	for _, p := range paths {
		m := module.Version{Path: p, Version: l.selected[p]}
		if !l.seen[visit{m, expanded}] {
			list = append(list, m)
			continue
		}
		l.watch(m)
		for _, r := range l.requires[m] {
			s := module.Version{Path: r.Path, Version: l.selected[r.Path]}
			if s.Version != "" && semver.Compare(s.Version, r.Version) > 0 && !l.seen[visit{s, expanded}] {
				list = append(list, s)
			}
		}
	}
	return list
}

// watch notes what the expanded module m requires.
func (l *loader) watch(m module.Version) {
	if l.watched[m] {
		return
	}
	l.watched[m] = true
	for _, r := range l.requires[m] {
		l.requiredBy[r.Path] = append(l.requiredBy[r.Path], m.Path)
	}
}

// visit puts m on the list of what run has to read.
func (l *loader) visit(m module.Version, p pruning) {
	v := visit{m, p}
	if !l.seen[v] {
		l.seen[v] = true
		l.todo = append(l.todo, v)
	}
}

// run reads what was put on the list and what that requires.
func (l *loader) run() {
	for len(l.todo) > 0 {
		v := l.todo[len(l.todo)-1]
		l.todo = l.todo[:len(l.todo)-1]
		f := l.file(v.mod)
		if f == nil {
			continue
		}
		next := pruningOf(f)
		if v.pruning == pruned && next == pruned {
			continue
		}
		if v.pruning == unpruned {
			next = unpruned
		}
		for _, r := range l.requires[v.mod] {
			l.visit(r, next)
		}
	}
}

// file returns the go.mod file of m, or nil if it is missing, and adds its
// requirements to the graph when it reads it first.
func (l *loader) file(m module.Version) *modfile.File {
	if _, ok := l.missing[m]; ok {
		return nil
	}
	f := l.files[m]
	if f == nil {
		var err error
		if f, err = l.load(l.replaced.of(m)); err != nil {
			l.missing[m] = err
			return nil
		}
		l.files[m] = f
	}
	if _, ok := l.requires[m]; !ok {
		l.raised = append(l.raised, l.require(m, l.requirements(f))...)
	}
	return f
}

// requirements returns what f requires, without what is excluded.
func (l *loader) requirements(f *modfile.File) []module.Version {
	list := make([]module.Version, 0, len(f.Require))
	for _, r := range f.Require {
		if !l.excluded[r.Mod] {
			list = append(list, r.Mod)
		}
	}
	return list
}

// A replacements maps a module, with or without a version, to what is built in
// its place. A replacement without a version is a folder.
type replacements map[module.Version]module.Version

// of returns what is built for m, which may be m itself.
func (r replacements) of(m module.Version) module.Version {
	if m.Version == "" {
		return m
	}
	for _, old := range []module.Version{m, {Path: m.Path}} {
		if n, ok := r[old]; ok {
			return n
		}
	}
	return m
}

// replacements returns those of the main modules. Their folders are relative to
// where the folders of w are. Of main modules that contradict each other, which
// the go command refuses to build, the first counts.
func (w workspace) replacements() replacements {
	table := replacements{}
	for _, m := range w.mains {
		for _, x := range m.file.Replace {
			if _, ok := table[x.Old]; ok {
				continue
			}
			n := x.New
			if n.Version == "" && !path.IsAbs(n.Path) {
				n.Path = path.Join(m.dir, n.Path)
			}
			table[x.Old] = n
		}
	}
	return table
}
