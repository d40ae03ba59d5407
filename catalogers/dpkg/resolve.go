package dpkg

import (
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Resolve returns an edge from each installed package to what meets each of its
// relations: of alternatives, the first that is met; of one that is met by a
// package of that name, that package, else all that provide it. It also checks
// what the files of the database, which are read apart, say of each other.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	systems := map[string]*system{}
	var order []*system
	for _, c := range mine {
		if c.Is != "" {
			continue // a deb: what it needs is not in it
		}
		root := rootOf(c)
		if systems[root] == nil {
			systems[root] = &system{byName: map[string][]provider{}}
			order = append(order, systems[root])
		}
		systems[root].add(c)
	}
	var edges []sbom.Edge
	var findings []sbom.Finding
	for _, s := range order {
		findings = append(findings, s.check()...)
		for _, c := range s.packages {
			e, f := s.resolve(c)
			edges, findings = append(edges, e...), append(findings, f...)
		}
		if s.work > maxWork {
			findings = append(findings, gap("dpkg.relations", s.packages[0], "the relations of the packages are too many to resolve; edges are missing"))
		}
	}
	return edges, findings
}

// maxWork bounds the relations, alternatives, providers and edges that are looked
// at in one system. One of 10,000 packages has about a tenth of them.
const maxWork = 2_000_000

// rootOf returns what comes before the paths of the root file system that c is
// installed in.
func rootOf(c *sbom.Component) string {
	key := strings.TrimPrefix(c.Key, "deb:")
	return key[:strings.LastIndexByte(key, '/')+1]
}

// A system is the packages of one root file system.
type system struct {
	packages []*sbom.Component
	byName   map[string][]provider
	work     int // what was looked at so far
}

// A provider is a package under a name that it has or provides.
type provider struct {
	*sbom.Component
	version string // under that name; "" if it is provided without one
	real    bool   // it is the package's own name
}

func (s *system) add(c *sbom.Component) {
	s.packages = append(s.packages, c)
	s.byName[c.Name] = append(s.byName[c.Name], provider{c, c.Version, true})
	if p := recordOf(c); p != nil {
		for _, r := range p.provides {
			s.byName[r.name] = append(s.byName[r.name], provider{c, r.version, false})
		}
	}
}

// check finds packages whose files are not in the status file, and packages of
// the status file without files.
func (s *system) check() []sbom.Finding {
	var findings []sbom.Finding
	haveLists := slices.ContainsFunc(s.packages, hasList)
	for _, c := range s.packages {
		switch p := recordOf(c); {
		case p == nil:
			findings = append(findings, gap("dpkg.orphan", c, "there are files of "+c.Name+", but the status file does not have the package"))
		case haveLists && !hasList(c) && p.state != "half-installed":
			findings = append(findings, gap("dpkg.files", c, "there is no list of the files of "+c.Name))
		}
		if entries(c) > 1 {
			findings = append(findings, gap("dpkg.duplicate", c, "more than one file describes "+c.Name))
		}
	}
	return findings
}

// recordOf returns the stanza of c, or nil if only its files are there.
func recordOf(c *sbom.Component) *pkg {
	p, _ := c.Private.(*pkg)
	return p
}

// hasList reports whether a list of files is part of c. It may list none.
func hasList(c *sbom.Component) bool {
	return slices.ContainsFunc(c.Locations, func(l sbom.Location) bool {
		return strings.HasSuffix(l.Path, ".list") || strings.HasSuffix(l.Path, ".md5sums") && strings.Contains(l.Path, statusFolder+"/")
	})
}

func gap(code string, c *sbom.Component, detail string) sbom.Finding {
	f := sbom.Finding{Kind: sbom.Gap, Code: code, Subject: c.Key, Detail: detail}
	if len(c.Locations) > 0 {
		f.Path, f.Layer = c.Locations[0].Path, c.Locations[0].Layer
	}
	return f
}

// entries returns how many control files of status.d describe c.
func entries(c *sbom.Component) int {
	n := 0
	for _, l := range c.Locations {
		if strings.Contains(l.Path, statusFolder+"/") && path.Ext(l.Path) != ".md5sums" {
			n++
		}
	}
	return n
}

// resolve returns the edges of one package, and a finding for each of its
// relations that is not met.
func (s *system) resolve(c *sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	var edges []sbom.Edge
	var findings []sbom.Finding
	p := recordOf(c)
	if p == nil {
		return nil, nil
	}
	for _, group := range slices.Concat(p.preDepends, p.depends) {
		if s.work++; s.work > maxWork {
			break
		}
		met := s.meet(c, group)
		s.work += len(met)
		for _, p := range met {
			edges = append(edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: p.Key})
		}
		if len(met) == 0 {
			findings = append(findings, sbom.Finding{Kind: sbom.Unknown, Code: "dpkg.unmet", Subject: c.Key,
				Detail: c.Name + " needs " + formatRelations([][]relation{group}) + ", which nothing here meets"})
		}
	}
	return edges, findings
}

// meet returns the packages that meet the first alternative that is met.
func (s *system) meet(c *sbom.Component, group []relation) []provider {
	for _, r := range group {
		var named, providing []provider
		s.work += len(s.byName[r.name])
		for _, p := range s.byName[r.name] {
			switch {
			case !p.meets(r) || !r.wantsArch(p.Architecture):
			case p.real:
				named = append(named, p)
			default:
				providing = append(providing, p)
			}
		}
		for _, met := range [][]provider{named, providing} {
			if len(met) > 0 {
				return nearest(c, met)
			}
		}
	}
	return nil
}

// meets reports whether the version fits: one that is provided without a version
// meets relations without a bound only.
func (p provider) meets(r relation) bool {
	return r.op == "" || p.version != "" && r.allows(p.version)
}

// wantsArch reports whether a package of architecture theirs can meet the
// relation of one of architecture ours. Which foreign ones can is not recorded
// with the relation, so all can that are here.
func (r relation) wantsArch(theirs string) bool {
	return r.arch == "" || r.arch == "any" || r.arch == "native" || r.arch == theirs
}

// nearest returns those of the package's own architecture, if there are any, else
// all.
func nearest(c *sbom.Component, met []provider) []provider {
	same := slices.DeleteFunc(slices.Clone(met), func(p provider) bool {
		return p.Architecture != c.Architecture && p.Architecture != "all"
	})
	if len(same) > 0 && c.Architecture != "all" {
		return same
	}
	return met
}
