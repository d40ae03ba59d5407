package rpm

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Resolve returns an edge from each installed package to each one that meets one
// of its requirements, with the rules of rpm for versions and expressions. Of
// several that provide a name, the one that is called so counts, and of those
// the one of the same architecture.
//
// It also says where there are two databases.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	systems := map[string]*system{}
	var order []*system
	for _, c := range mine {
		if c.Is != "" || c.Type == typeKey {
			continue // what a package file needs is not in it
		}
		root := rootOf(c)
		if systems[root] == nil {
			systems[root] = &system{root: root, byName: map[string][]provider{}, owners: map[string][]*sbom.Component{}}
			order = append(order, systems[root])
		}
		systems[root].packages = append(systems[root].packages, c)
	}
	var edges []sbom.Edge
	var findings []sbom.Finding
	for _, s := range order {
		s.index()
		for _, c := range s.packages {
			e, f := s.resolve(c)
			edges, findings = append(edges, e...), append(findings, f...)
		}
		findings = append(findings, s.second()...)
	}
	return edges, findings
}

// rootOf returns what stands before the paths of the file system that c is in.
func rootOf(c *sbom.Component) string {
	if i := strings.LastIndex(c.Key, "!/"); i >= 0 {
		return strings.TrimPrefix(c.Key[:i+2], "rpm:")
	}
	return ""
}

// A system is the packages of one root file system.
type system struct {
	root     string
	packages []*sbom.Component
	needs    map[*sbom.Component][]need
	byName   map[string][]provider        // names that somebody requires
	owners   map[string][]*sbom.Component // paths that somebody requires
}

// A need is a requirement and what it means; err if that is not clear.
type need struct {
	rich
	text string
	err  error
}

// A provider is a package with a version of a name that it provides.
type provider struct {
	*sbom.Component
	dependency
}

// index finds out who provides what is required.
func (s *system) index() {
	s.needs = map[*sbom.Component][]need{}
	for _, c := range s.packages {
		for _, token := range c.DependsOn {
			text, ok := strings.CutPrefix(token, needsPrefix)
			if !ok {
				continue
			}
			r, err := parseRich(text)
			s.needs[c] = append(s.needs[c], need{r, text, err})
			s.want(r)
		}
	}
	for _, c := range s.packages {
		for _, token := range c.Provides {
			d := parseDependency(strings.TrimPrefix(token, providesPrefix))
			if _, wanted := s.byName[d.name]; wanted {
				s.byName[d.name] = append(s.byName[d.name], provider{c, d})
			}
		}
		if len(s.owners) == 0 {
			continue
		}
		for _, file := range c.Owns {
			if _, wanted := s.owners[file]; wanted {
				s.owners[file] = append(s.owners[file], c)
			}
		}
	}
}

// want notes the names and paths in r.
func (s *system) want(r rich) {
	for _, arg := range r.args {
		s.want(arg)
	}
	if r.name == "" {
		return
	}
	s.byName[r.name] = nil
	for _, file := range s.places(r.name) {
		s.owners[file] = nil
	}
}

// places returns the paths that a file may have: where bin is a link to usr/bin,
// a package owns the file there.
func (s *system) places(name string) []string {
	file, ok := strings.CutPrefix(name, "/")
	if !ok {
		return nil
	}
	places := []string{s.root + file}
	if top, _, _ := strings.Cut(file, "/"); slices.Contains([]string{"bin", "sbin", "lib", "lib64"}, top) {
		places = append(places, s.root+"usr/"+file)
	}
	return places
}

// resolve returns the edges of one package, and a finding for each requirement
// that is not met.
func (s *system) resolve(c *sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	var edges []sbom.Edge
	var findings []sbom.Finding
	seen := map[string]bool{c.Key: true}
	for _, n := range s.needs[c] {
		found, met := s.meet(c, n.rich)
		for _, p := range found {
			if !seen[p.Key] {
				seen[p.Key] = true
				edges = append(edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: p.Key})
			}
		}
		detail := ""
		if n.err != nil {
			detail = fmt.Sprintf("%s needs %s: %v", c.Name, n.text, n.err)
		} else if !met {
			detail = fmt.Sprintf("%s needs %s, which nothing here meets", c.Name, n.text)
		}
		if detail != "" {
			findings = append(findings, sbom.Finding{Kind: sbom.Unknown, Code: "rpm.unmet", Subject: c.Key, Detail: detail})
		}
	}
	return edges, findings
}

// meet returns the packages that meet r, and whether r is met: some expressions
// are met by nothing at all.
func (s *system) meet(c *sbom.Component, r rich) (found []*sbom.Component, met bool) {
	switch r.op {
	case "":
		found = prefer(c, r.name, s.provide(r.dependency))
		return found, len(found) > 0
	case "and":
		for _, arg := range r.args {
			more, ok := s.meet(c, arg)
			if !ok {
				return nil, false
			}
			found = append(found, more...)
		}
		return found, true
	case "or":
		for _, arg := range r.args {
			if found, met = s.meet(c, arg); met {
				return found, true
			}
		}
		return nil, false
	case "with", "without":
		found = s.meetTogether(r)
		return found, len(found) > 0
	}
	return s.meetIf(c, r)
}

// meetIf meets "a if b else c", in which a must be met if b is; and "a unless b
// else c", in which a must be met if b is not. Without an else the first is then
// met by nothing, and the second, which only stands beside "or", is not met.
func (s *system) meetIf(c *sbom.Component, r rich) ([]*sbom.Component, bool) {
	if _, condition := s.meet(c, r.args[1]); condition == (r.op == "if") {
		return s.meet(c, r.args[0])
	}
	if len(r.args) > 2 {
		return s.meet(c, r.args[2])
	}
	return nil, r.op == "if"
}

// meetTogether returns the packages that provide all of "a with b", or the first
// of "a without b" and not the second, or one of the alternatives within them.
func (s *system) meetTogether(r rich) []*sbom.Component {
	if r.op == "" {
		return s.provide(r.dependency)
	}
	found := slices.Clone(s.meetTogether(r.args[0]))
	for _, arg := range r.args[1:] {
		others := s.meetTogether(arg)
		if r.op == "or" {
			found = append(found, others...)
			continue
		}
		found = slices.DeleteFunc(found, func(p *sbom.Component) bool {
			return slices.Contains(others, p) == (r.op == "without")
		})
	}
	return found
}

// provide returns the packages that meet one requirement: that provide the name
// or, if none does, own the file.
func (s *system) provide(d dependency) []*sbom.Component {
	var all []*sbom.Component
	for _, p := range s.byName[d.name] {
		if d.overlaps(p.dependency) && !slices.Contains(all, p.Component) {
			all = append(all, p.Component)
		}
	}
	for _, file := range s.places(d.name) {
		if len(all) == 0 {
			all = append(all, s.owners[file]...)
		}
	}
	return all
}

// prefer returns those of all that are called name, if there are any, and of
// those the ones of the architecture of c.
func prefer(c *sbom.Component, name string, all []*sbom.Component) []*sbom.Component {
	only := func(keep func(*sbom.Component) bool) {
		var kept []*sbom.Component
		for _, p := range all {
			if keep(p) {
				kept = append(kept, p)
			}
		}
		if len(kept) > 0 {
			all = kept
		}
	}
	only(func(p *sbom.Component) bool { return p.Name == name })
	only(func(p *sbom.Component) bool { return p.Architecture == c.Architecture })
	return all
}

// formats are the names of the databases, the newest format first.
var formats = []string{sqliteFile, ndbFile, bdbFile}

// second returns a finding for each database but the one in the newest format.
func (s *system) second() []sbom.Finding {
	only := map[string]int{} // database -> packages that are in no other
	layers := map[string]string{}
	for _, c := range s.packages {
		for _, l := range c.Locations {
			layers[l.Path] = l.Layer
			if len(c.Locations) == 1 {
				only[l.Path]++
			}
		}
	}
	databases := slices.SortedFunc(func(yield func(string) bool) {
		for p := range layers {
			if slices.Contains(formats, path.Base(p)) && !yield(p) {
				return
			}
		}
	}, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(formats, path.Base(a)), slices.Index(formats, path.Base(b))), cmp.Compare(a, b))
	})
	var findings []sbom.Finding
	for _, p := range databases[min(1, len(databases)):] {
		findings = append(findings, sbom.Finding{Kind: sbom.Note, Code: "rpm.multiple", Path: p, Layer: layers[p],
			Detail: fmt.Sprintf("there is also %s, in a newer format; %d packages are in this one only, and are left out",
				databases[0], only[p])})
	}
	return findings
}
