package sbom

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Options are what Assemble must be told because the library has no clock and
// no name of its own. The zero value makes a document that says neither when nor
// by what it was made.
type Options struct {
	Created time.Time // of the document; truncated to seconds
	Tools   []Tool    // that make the document
	Author  Party     // who makes the document
	Phase   string    // of the life cycle in which it is made
	Limits  Limits
}

// Assemble makes the manifest of what was found in an artifact and of what
// others say of its principal.
//
// It binds system packages to their distribution, chooses the principal and the
// value of each of its fields, names every component, turns keys, tokens and
// owned files into edges, and sorts everything. It takes over the components of
// inv. The error is that of [Manifest.Validate].
func Assemble(inv *Inventory, o Options, candidates ...Candidate) (*Manifest, error) {
	a := &assembly{Inventory: inv, limits: o.Limits.WithDefaults()}
	a.yield()
	a.bindDistribution()
	a.qualify()
	a.addContainers()
	a.choosePrincipal(candidates)
	a.keepFacts()
	a.repair()
	a.makeRefs()
	a.connect()
	a.contain()
	a.release()
	m := &Manifest{
		Version: 1, Created: o.Created.UTC().Truncate(time.Second), Tools: o.Tools, Author: o.Author, Phase: o.Phase,
		Principal: a.principal, Components: a.Components, Edges: a.sortedEdges(), Findings: a.sortedFindings(),
	}
	if m.Gaps() > 0 {
		m.Principal.Contents = Incomplete
	}
	slices.SortFunc(m.Components, func(x, y *Component) int { return strings.Compare(x.Ref, y.Ref) })
	var err error
	if m.ID, err = m.contentID(); err != nil {
		return nil, err
	}
	return m, m.Validate()
}

// release lets go of what has served its purpose: the file lists of packages are
// most of what a scan of a system holds.
func (a *assembly) release() {
	for _, c := range a.all() {
		c.Owns, c.Listed, c.Private = nil, nil, nil
	}
	a.links = nil
}

// An assembly is the state of one call of Assemble.
type assembly struct {
	*Inventory
	limits    Limits
	principal *Principal
	edges     map[Edge]bool
	refs      map[string]string // key -> ref
}

func (a *assembly) found(kind FindingKind, code string, c *Component, format string, args ...any) {
	f := Finding{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
	if c != nil {
		c.Findings = append(c.Findings, f)
		return
	}
	a.Findings = append(a.Findings, f)
}

// yield leaves out the components that yield to what others provide.
func (a *assembly) yield() {
	provided := map[string]bool{}
	for _, c := range a.Components {
		for _, token := range c.YieldsTo {
			provided[token] = false
		}
	}
	if len(provided) == 0 {
		return
	}
	for _, c := range a.Components {
		for _, token := range c.Provides {
			if _, wanted := provided[token]; wanted {
				provided[token] = true
			}
		}
	}
	a.Components = slices.DeleteFunc(a.Components, func(c *Component) bool {
		return slices.ContainsFunc(c.YieldsTo, func(token string) bool { return provided[token] })
	})
}

// addContainers adds a component for each container inside the artifact that no
// component describes: what is in it must be in something.
func (a *assembly) addContainers() {
	described := map[string]bool{".": true}
	for _, c := range a.Components {
		if c.Is != "" {
			described[c.Is] = true
		}
	}
	for _, c := range slices.Clone(a.Components) {
		for _, l := range c.Locations {
			for root := containerOf(l.Path); !described[root]; root = containerOf(root) {
				described[root] = true
				a.Components = append(a.Components, &Component{
					Type: TypeFile, Name: path.Base(root), Locations: []Location{{Path: root, Layer: l.Layer}},
					Contents: Undetermined, Joints: Joints{Is: root},
				})
			}
		}
	}
}

// all returns the components and the principal.
func (a *assembly) all() []*Component {
	return append(slices.Clone(a.Components), &a.principal.Component)
}

// makeRefs names every component: by its package URL where that is unique, else
// with a mark made of its first location.
func (a *assembly) makeRefs() {
	slices.SortStableFunc(a.Components, compareIdentity)
	taken := map[string]bool{}
	name := func(c *Component, base string) {
		c.Ref = base
		if taken[c.Ref] && len(c.Locations) > 0 {
			c.Ref = base + "~" + shortHash(c.Locations[0].Layer+"\x00"+c.Locations[0].Path)
		}
		for n := 2; taken[c.Ref]; n++ {
			c.Ref = fmt.Sprintf("%s~%d", base, n)
		}
		taken[c.Ref] = true
	}
	name(&a.principal.Component, refBase(&a.principal.Component))
	for _, c := range a.Components {
		name(c, refBase(c))
	}
	a.refs = map[string]string{}
	for _, c := range a.all() {
		if c.Key != "" {
			a.refs[c.Key] = c.Ref
		}
	}
}

func refBase(c *Component) string {
	if c.PURL != "" {
		return c.PURL
	}
	base := string(c.Type) + ":" + c.Name
	if c.Version != "" {
		base += "@" + c.Version
	}
	return base
}

func compareIdentity(x, y *Component) int {
	if n := strings.Compare(refBase(x), refBase(y)); n != 0 {
		return n
	}
	return slices.CompareFunc(x.Locations, y.Locations, func(l, m Location) int {
		return strings.Compare(l.Layer+"\x00"+l.Path, m.Layer+"\x00"+m.Path)
	})
}

func (a *assembly) sortedEdges() []Edge {
	edges := make([]Edge, 0, len(a.edges))
	for e := range a.edges {
		edges = append(edges, e)
	}
	slices.SortFunc(edges, compareEdges)
	return edges
}

// sortedFindings gathers the findings of the scan and of the components, with
// refs for keys.
func (a *assembly) sortedFindings() []Finding {
	all := slices.Clone(a.Findings)
	for i, f := range all {
		all[i].Subject = a.refs[f.Subject] // of what was found about nothing here, nothing is the subject
	}
	for _, c := range a.all() {
		for _, f := range c.Findings {
			f.Subject = c.Ref
			if f.Path == "" && len(c.Locations) > 0 {
				f.Path, f.Layer = c.Locations[0].Path, c.Locations[0].Layer
			}
			all = append(all, f)
		}
	}
	slices.SortFunc(all, compareFindings)
	all = slices.Compact(all)
	if over := len(all) - a.limits.Findings; over > 0 {
		all = append(all[:a.limits.Findings], Finding{Kind: Gap, Code: "limit.findings",
			Detail: fmt.Sprintf("%d further findings are not listed", over)})
		slices.SortFunc(all, compareFindings)
	}
	return all
}
