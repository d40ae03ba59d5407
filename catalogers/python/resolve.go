package python

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
	"github.com/manifestgen/manifestgen/sbom"
)

// maxExtras bounds how many extras of one distribution are followed.
const maxExtras = 128

// Resolve finds the distributions that meet the requirements of others in
// the same environment, and compares RECORD with what was read.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	r := &resolver{
		environments: map[string]*environment{}, of: map[*sbom.Component][]*environment{},
		needs: map[*sbom.Component][]require.Requirement{}, extras: map[*sbom.Component][]string{},
		unmet: map[*sbom.Component][]string{}, open: map[*sbom.Component][]string{},
		edges: map[sbom.Edge]bool{}, findings: map[sbom.Finding]bool{},
	}
	for _, c := range mine {
		r.place(c)
		r.checkMetadata(c)
		r.parse(c)
		r.compareRecord(c)
	}
	r.noteDuplicates()
	queue := slices.Clone(mine)
	for len(queue) > 0 {
		c := queue[0]
		queue = append(queue[1:], r.resolve(c)...)
	}
	for _, c := range mine {
		r.found(c, sbom.Unknown, "python.unmet", "needs what is not here: ", r.unmet[c])
		r.found(c, sbom.Unknown, "python.marker", "it cannot be told whether it needs: ", r.open[c])
	}
	return slices.Collect(maps.Keys(r.edges)), slices.Collect(maps.Keys(r.findings)) // Assemble sorts
}

// A resolver is the state of one call of Resolve.
type resolver struct {
	environments map[string]*environment
	of           map[*sbom.Component][]*environment
	needs        map[*sbom.Component][]require.Requirement
	extras       map[*sbom.Component][]string // that others ask for, in normal form
	unmet, open  map[*sbom.Component][]string // names

	edges    map[sbom.Edge]bool
	findings map[sbom.Finding]bool
}

func (r *resolver) note(c *sbom.Component, kind sbom.FindingKind, code, detail string) {
	r.findings[sbom.Finding{Kind: kind, Code: code, Subject: c.Key, Path: c.Locations[0].Path, Detail: detail}] = true
}

// found adds a finding about names, if there are any.
func (r *resolver) found(c *sbom.Component, kind sbom.FindingKind, code, detail string, names []string) {
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if more := len(names) - 20; more > 0 {
		names = append(names[:20:20], fmt.Sprintf("%d more", more))
	}
	r.note(c, kind, code, detail+strings.Join(names, ", "))
}

// place puts c into the environments in which it was found.
func (r *resolver) place(c *sbom.Component) {
	name := require.Normalize(c.Name)
	if strings.HasPrefix(c.PURL, "pkg:conda/") {
		name = "conda:" + c.Name
	}
	for _, l := range c.Locations {
		p := placeOf(sbom.Entry{Path: l.Path})
		folder := p.root() + p.folder
		e := r.environments[folder]
		if e == nil {
			e = newEnvironment(folder)
			r.environments[folder] = e
		}
		if slices.Contains(r.of[c], e) {
			continue
		}
		r.of[c] = append(r.of[c], e)
		e.members[name] = append(e.members[name], c)
		e.learn(c)
	}
}

// checkMetadata says that all that is known of c is the name of its folder.
func (r *resolver) checkMetadata(c *sbom.Component) {
	described := slices.ContainsFunc(c.Locations, func(l sbom.Location) bool {
		base := path.Base(l.Path)
		return base == "METADATA" || base == "PKG-INFO" || base == "pyproject.toml" || path.Ext(base) == ".egg-info" || path.Ext(base) == ".egg-link"
	})
	if !described && !c.Wanted && strings.HasPrefix(c.PURL, "pkg:pypi/") {
		r.note(c, sbom.Gap, "python.metadata", "no METADATA was read; name and version are those in the name of its folder")
	}
}

// parse reads the requirements of c.
func (r *resolver) parse(c *sbom.Component) {
	for _, token := range c.DependsOn {
		if name, ok := strings.CutPrefix(token, tokenConda); ok && !strings.HasPrefix(name, "__") {
			r.needs[c] = append(r.needs[c], require.Requirement{Name: tokenConda + name})
		}
		text, ok := strings.CutPrefix(token, tokenRequirement)
		if !ok {
			continue
		}
		need, err := require.Parse(text)
		if err != nil {
			r.note(c, sbom.Gap, "python.metadata", err.Error())
		}
		if need.Name != "" {
			r.needs[c] = append(r.needs[c], need)
		}
	}
}

// resolve makes the edges of c. It returns those of whom c asks for further
// extras: their requirements have to be looked at again.
func (r *resolver) resolve(c *sbom.Component) []*sbom.Component {
	var again []*sbom.Component
	r.unmet[c], r.open[c] = nil, nil
	for _, e := range r.of[c] {
		if len(r.needs[c]) == 0 {
			break
		}
		env := e.markers(r.extras[c])
		for _, need := range r.needs[c] {
			holds := need.Marker.Evaluate(env)
			if holds == require.False {
				continue
			}
			targets := r.targets(e, need.Name)
			switch {
			case len(targets) == 0 && holds == require.True:
				r.unmet[c] = append(r.unmet[c], strings.TrimPrefix(need.Name, tokenConda))
			case holds == require.Unknown && len(targets) > 0 && !targets[0].Wanted:
				r.open[c] = append(r.open[c], need.Name)
			default:
				again = append(again, r.connect(c, need, targets)...)
			}
		}
	}
	return again
}

// targets returns the distributions of a name that e sees.
func (r *resolver) targets(e *environment, name string) []*sbom.Component {
	conda, ok := strings.CutPrefix(name, tokenConda)
	if ok {
		return e.members["conda:"+conda]
	}
	name = require.Normalize(name)
	if own := e.members[name]; len(own) > 0 || !e.system {
		return own
	}
	for _, folder := range slices.Sorted(maps.Keys(r.environments)) {
		if o := r.environments[folder]; e.sees(o) && len(o.members[name]) > 0 {
			return o.members[name]
		}
	}
	return nil
}

// connect makes edges from c to targets, and returns those that get a further
// extra by that.
func (r *resolver) connect(c *sbom.Component, need require.Requirement, targets []*sbom.Component) []*sbom.Component {
	var again []*sbom.Component
	for _, to := range targets {
		r.edges[sbom.Edge{Kind: sbom.DependsOn, From: c.Key, To: to.Key}] = true
		v, err := version.Parse(to.Version)
		if err == nil && !to.Wanted && !need.Set.Contains(v) {
			r.note(c, sbom.Note, "python.conflict", fmt.Sprintf("needs %s %s, and %s is here", need.Name, need.Set, to.Version))
		}
		before := len(r.extras[to])
		for _, extra := range need.Extras {
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

// noteDuplicates notes projects that one environment has twice.
func (r *resolver) noteDuplicates() {
	for _, folder := range slices.Sorted(maps.Keys(r.environments)) {
		e := r.environments[folder]
		for _, name := range slices.Sorted(maps.Keys(e.members)) {
			here := slices.DeleteFunc(slices.Clone(e.members[name]), func(c *sbom.Component) bool { return c.Wanted })
			if len(here) < 2 {
				continue
			}
			var versions []string
			for _, c := range here {
				versions = append(versions, fmt.Sprintf("%s (%s)", c.Version, c.Locations[0].Path))
			}
			r.found(here[0], sbom.Note, "python.duplicate", "it is in one environment more than once: ", versions)
		}
	}
}

// compareRecord compares what RECORD says of metadata files with what was
// read.
func (r *resolver) compareRecord(c *sbom.Component) {
	read, listed := map[string]string{}, map[string]string{}
	for _, token := range c.Provides {
		for prefix, to := range map[string]map[string]string{tokenFile: read, tokenRecord: listed} {
			if text, ok := strings.CutPrefix(token, prefix); ok {
				i := strings.LastIndexByte(text, '=')
				to[text[:i]] = text[i+1:]
			}
		}
	}
	for file, digest := range listed {
		got, ok := read[file]
		here := slices.ContainsFunc(c.Locations, func(l sbom.Location) bool { return l.Path == file })
		f := sbom.Finding{Kind: sbom.Note, Subject: c.Key, Path: file}
		switch {
		case !ok && !here:
			f.Code, f.Detail = "python.record.missing", "RECORD lists a file that is not here"
		case ok && got != digest:
			f.Code, f.Detail = "python.record.changed", "the file is not as RECORD has it"
		default:
			continue
		}
		r.findings[f] = true
	}
}
