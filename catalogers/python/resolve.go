package python

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
	"github.com/manifestgen/manifestgen/sbom"
)

// The bounds of resolving, all far beyond what is found in use: extras of one
// distribution, distributions of one name in an environment, folders of a
// system's Python, and requirements that are looked at altogether.
const (
	maxExtras  = 128
	maxTargets = 16
	maxSystem  = 64
	maxWork    = 5_000_000
)

// Resolve finds the distributions that meet the requirements of others in
// the same environment.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	r := newResolver()
	mine, enclosing := enclose(mine)
	for _, c := range mine {
		r.place(c)
		r.parse(c)
	}
	for _, c := range mine {
		r.learnFiles(c)
	}
	r.noteDuplicates()
	r.findSystem()
	queue := slices.Clone(mine)
	for len(queue) > 0 && r.work < maxWork {
		c := queue[0]
		queue = append(queue[1:], r.resolve(c)...)
	}
	if r.work >= maxWork {
		r.findings[sbom.Finding{Kind: sbom.Gap, Code: "python.limit",
			Detail: "too many requirements; not all edges were looked for"}] = true
	}
	for _, c := range mine {
		r.found(c, sbom.Unknown, "python.unmet", "needs what is not here: ", r.unmet[c])
		r.found(c, sbom.Unknown, "python.marker", "it cannot be told whether it needs: ", r.open[c])
	}
	edges := slices.SortedFunc(maps.Keys(r.edges), func(a, b sbom.Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return append(enclosing, edges...), slices.Collect(maps.Keys(r.findings)) // the engine sorts findings
}

// A need is a requirement with the name by which environments know what it
// requires.
type need struct {
	require.Requirement
	member string
}

// names is a set of names.
type names map[string]bool

// A resolver is the state of one call of Resolve.
type resolver struct {
	environments map[string]*environment
	system       map[string][]*environment // by container
	of           map[*sbom.Component][]*environment
	needs        map[*sbom.Component][]need
	extras       map[*sbom.Component][]string // that others ask for, in normal form
	unmet, open  map[*sbom.Component]names
	work         int

	edges    map[sbom.Edge]bool
	findings map[sbom.Finding]bool
}

func newResolver() *resolver {
	return &resolver{
		environments: map[string]*environment{},
		system:       map[string][]*environment{},
		of:           map[*sbom.Component][]*environment{},
		needs:        map[*sbom.Component][]need{},
		extras:       map[*sbom.Component][]string{},
		unmet:        map[*sbom.Component]names{},
		open:         map[*sbom.Component]names{},
		edges:        map[sbom.Edge]bool{},
		findings:     map[sbom.Finding]bool{},
	}
}

// note adds a finding about c.
func (r *resolver) note(c *sbom.Component, kind sbom.FindingKind, code, detail string) {
	r.findings[sbom.Finding{Kind: kind, Code: code, Subject: c.Key, Path: firstPath(c), Detail: detail}] = true
}

// firstPath returns where c was found first, if that is known.
func firstPath(c *sbom.Component) string {
	if len(c.Locations) == 0 {
		return ""
	}
	return c.Locations[0].Path
}

// found adds a finding about names, if there are any.
func (r *resolver) found(c *sbom.Component, kind sbom.FindingKind, code, detail string, about names) {
	if len(about) == 0 {
		return
	}
	listed := slices.Sorted(maps.Keys(about))
	if more := len(listed) - 20; more > 0 {
		listed = append(listed[:20:20], fmt.Sprintf("%d more", more))
	}
	r.note(c, kind, code, detail+strings.Join(listed, ", "))
}

// place puts c into the environments in which it was found.
func (r *resolver) place(c *sbom.Component) {
	name := require.Normalize(c.Name)
	if strings.HasPrefix(c.PURL, "pkg:conda/") {
		name = tokenConda + c.Name
	}
	for _, l := range c.Locations {
		p := placeOf(sbom.Entry{Path: l.Path})
		folder := path.Join(p.root(), p.folder)
		e := r.environments[folder]
		if e == nil {
			e = newEnvironment(folder)
			r.environments[folder] = e
		}
		if n := len(e.members[name]); n > 0 && e.members[name][n-1] == c {
			continue // it is placed one after the other
		}
		r.of[c] = append(r.of[c], e)
		e.members[name] = append(e.members[name], c)
		e.learnTags(c)
		for _, token := range c.Provides {
			e.learnVenv(token)
		}
	}
}

// learnFiles takes from the compiled modules of c what they show of the
// environments that they are in.
func (r *resolver) learnFiles(c *sbom.Component) {
	for _, file := range c.Owns {
		if !strings.HasSuffix(file, ".so") {
			continue
		}
		m := extension.FindStringSubmatch(file)
		if m == nil {
			continue
		}
		for folder := path.Dir(file); ; folder = path.Dir(folder) {
			if e := r.environments[folder]; e != nil {
				e.learnPython(m[1] + "." + m[2])
				e.learnTarget("linux", m[3])
				break
			}
			if folder == "." {
				break
			}
		}
	}
}

// parse reads the requirements of c.
func (r *resolver) parse(c *sbom.Component) {
	for _, token := range c.DependsOn {
		if strings.HasPrefix(token, tokenConda) {
			name := strings.TrimPrefix(token, tokenConda)
			r.needs[c] = append(r.needs[c], need{require.Requirement{Name: name}, token})
		}
		text, ok := strings.CutPrefix(token, tokenRequirement)
		if !ok {
			continue
		}
		req, err := require.Parse(text)
		if err != nil {
			r.note(c, sbom.Gap, "python.metadata", err.Error())
		}
		if req.Name != "" {
			r.needs[c] = append(r.needs[c], need{req, require.Normalize(req.Name)})
		}
	}
}

// resolve makes the edges of c. It returns those of whom c asks for further
// extras: their requirements have to be looked at again.
func (r *resolver) resolve(c *sbom.Component) []*sbom.Component {
	var again []*sbom.Component
	r.unmet[c], r.open[c] = names{}, names{}
	for _, e := range r.of[c] {
		if len(r.needs[c]) == 0 || r.work >= maxWork {
			break
		}
		r.work += len(r.needs[c])
		env := e.markers(r.extras[c])
		for _, n := range r.needs[c] {
			holds := n.Marker.Evaluate(env)
			if holds == require.False {
				continue
			}
			targets := r.targets(e, n.member)
			switch {
			case len(targets) == 0 && holds == require.True:
				r.unmet[c][n.Name] = true
			case holds == require.Unknown && len(targets) > 0 && !targets[0].Wanted:
				r.open[c][n.Name] = true
			default:
				again = append(again, r.connect(c, n, targets)...)
			}
		}
	}
	return again
}

// targets returns the distributions of a name that e sees.
func (r *resolver) targets(e *environment, name string) []*sbom.Component {
	if own := e.members[name]; len(own) > 0 || !e.system && !e.open {
		return own[:min(len(own), maxTargets)]
	}
	for _, o := range r.system[containerPrefix(e.folder)] {
		if there := o.members[name]; len(there) > 0 && e.sees(o) {
			return there[:min(len(there), maxTargets)]
		}
	}
	return nil
}

// connect makes edges from c to targets, and returns those that get a further
// extra by that.
func (r *resolver) connect(c *sbom.Component, n need, targets []*sbom.Component) []*sbom.Component {
	var again []*sbom.Component
	for _, to := range targets {
		r.edges[sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: to.Key}] = true
		v, err := version.Parse(to.Version)
		if err == nil && !to.Wanted && !n.Set.Contains(v) {
			r.note(c, sbom.Note, "python.conflict", fmt.Sprintf("needs %s %s, and %s is here", n.Name, n.Set, to.Version))
		}
		before := len(r.extras[to])
		for _, extra := range n.Extras {
			extra = require.Normalize(extra)
			if !slices.Contains(r.extras[to], extra) && len(r.extras[to]) < maxExtras {
				r.extras[to] = append(r.extras[to], extra)
			}
		}
		if len(r.extras[to]) > before {
			again = append(again, to)
		}
	}
	return again
}

// findSystem finds the folders of the system's Python in each container.
func (r *resolver) findSystem() {
	for _, folder := range slices.Sorted(maps.Keys(r.environments)) {
		e, prefix := r.environments[folder], containerPrefix(folder)
		if e.system && len(r.system[prefix]) < maxSystem {
			r.system[prefix] = append(r.system[prefix], e)
		}
	}
}

// noteDuplicates notes projects that one environment has twice.
func (r *resolver) noteDuplicates() {
	for _, folder := range slices.Sorted(maps.Keys(r.environments)) {
		e := r.environments[folder]
		for _, name := range slices.Sorted(maps.Keys(e.members)) {
			here := slices.DeleteFunc(slices.Clone(e.members[name]), isProject)
			if len(here) < 2 {
				continue
			}
			versions := names{}
			for _, c := range here {
				versions[fmt.Sprintf("%s (%s)", c.Version, firstPath(c))] = true
			}
			r.found(here[0], sbom.Note, "python.duplicate", "it is in one environment more than once: ", versions)
		}
	}
}

// isProject reports whether c is not installed: a project, or what one wants.
func isProject(c *sbom.Component) bool {
	return c.Wanted || strings.HasPrefix(c.Key, "pypi-project:")
}
