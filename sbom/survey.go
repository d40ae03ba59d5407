package sbom

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"
)

// survey adds what a surveyor finds to what was found file by file.
func (s *scan) survey(ctx context.Context, inv *Inventory, from Surveyor, own []found) []found {
	survey, err := callSurvey(ctx, from, inv.Artifact)
	if ctx.Err() != nil {
		return own
	}
	gap := func(err error) {
		f := GapFrom(err, "", "")
		f.Cataloger = from.Name()
		inv.Findings = append(inv.Findings, f)
	}
	for _, e := range leaves(err) {
		if e != nil {
			gap(e)
		}
	}
	if survey == nil {
		return own
	}
	if n := len(survey.Components); n > s.limits.Components {
		gap(Faultf("limit.components", "more than %d components; they are left out", s.limits.Components))
		survey.Components = nil
	}
	j := newJoiner(own)
	all := append(own[:len(own):len(own)], j.join(merge(surveyed(survey, from), inv.links), from)...)
	j.translate(inv, survey, from)
	return all
}

// callSurvey calls Survey and makes a panic an error.
func callSurvey(ctx context.Context, from Surveyor, a *Artifact) (survey *Inventory, err error) {
	defer func() {
		if r := recover(); r != nil {
			survey, err = nil, Faultf("cataloger.panic", "panic: %v", r)
		}
	}()
	return from.Survey(ctx, a)
}

// surveyed returns the components of a survey, in a stable order.
func surveyed(survey *Inventory, from Surveyor) []found {
	var all []found
	for _, c := range survey.Components {
		if c == nil {
			continue
		}
		if len(c.FoundBy) == 0 {
			c.FoundBy = []string{from.Name()}
		}
		f := found{Component: c, by: from}
		if len(c.Locations) > 0 {
			f.path = c.Locations[0].Path
		}
		all = append(all, f)
	}
	slices.SortStableFunc(all, compareFound)
	return all
}

// A joiner finds, for what a surveyor found, the same thing among what others
// found, its own.
type joiner struct {
	byKey   map[string]*Component
	byName  map[string][]*Component // by identity.name and by name
	ids     map[*Component]identity
	taken   map[*Component]bool
	renamed map[string]string // key in the survey -> key here
}

func newJoiner(own []found) *joiner {
	j := &joiner{map[string]*Component{}, map[string][]*Component{}, map[*Component]identity{}, map[*Component]bool{}, map[string]string{}}
	for _, f := range own {
		id := identify(f.Component)
		j.ids[f.Component] = id
		j.byName[id.name] = append(j.byName[id.name], f.Component)
		if name := strings.ToLower(f.Name); name != id.name {
			j.byName[name] = append(j.byName[name], f.Component)
		}
		if f.Key != "" {
			j.byKey[f.Key] = f.Component
		}
	}
	return j
}

// join joins each of theirs with the own component that is the same, if there is
// one, and returns the others.
func (j *joiner) join(theirs []found, from Surveyor) (others []found) {
	var unknown []found
	for _, f := range theirs {
		if own := j.same(f.Component); own != nil {
			j.add(own, f.Component, from)
			continue
		}
		unknown = append(unknown, f)
	}
	for _, f := range unknown {
		if own := j.there(f.Component); own != nil {
			j.add(own, f.Component, from)
			continue
		}
		others = append(others, f)
	}
	return others
}

// same returns the own component with the key, or else with the identity of c: that
// in the same place, or else the first.
func (j *joiner) same(c *Component) *Component {
	if own := j.byKey[c.Key]; c.Key != "" && own != nil {
		return own
	}
	id := identify(c)
	if id.kind == "" {
		return nil
	}
	var same []*Component
	for _, own := range j.byName[id.name] {
		if j.ids[own].is(id) {
			same = append(same, own)
		}
	}
	for _, own := range same {
		if sharePlace(own, c) {
			return own
		}
	}
	if len(same) == 0 {
		return nil
	}
	return same[0]
}

// there returns the own component of the name of c that was found in the same place
// and is not the same as anything else: the one or the other does not know the
// version, or another package URL.
func (j *joiner) there(c *Component) *Component {
	id, name := identify(c), strings.ToLower(c.Name)
	for _, own := range j.byName[id.name] {
		if !j.taken[own] && j.ids[own].mayBe(id) && sharePlace(own, c) {
			return own
		}
	}
	for _, own := range j.byName[name] {
		o := j.ids[own]
		if !j.taken[own] && strings.ToLower(own.Name) == name && agree(o.kind, id.kind) && agree(o.arch, id.arch) && sharePlace(own, c) {
			return own
		}
	}
	return nil
}

// sharePlace reports whether c was found where own was, or in the file that own is.
func sharePlace(own, c *Component) bool {
	return slices.ContainsFunc(own.Locations, func(l Location) bool {
		return slices.Contains(c.Locations, l) || own.Is != "" && slices.Contains(c.Locations, Location{Path: own.Is, Layer: l.Layer})
	})
}

// add adds what is said of c to own, less what own settles: what it is, its licence, if
// it says one, and whether all about it is known. Another package URL is kept as a
// property.
func (j *joiner) add(own, c *Component, from Surveyor) {
	j.taken[own] = true
	own.Key = cmp.Or(own.Key, c.Key)
	j.renamed[c.Key] = own.Key
	part := *c
	part.Joints = Joints{Part: true, Findings: slices.Clone(c.Findings)}
	said, known := identify(c), j.ids[own]
	if said.version != "" && said.version != known.version {
		part.Findings = append(part.Findings, Finding{Kind: Note, Code: "survey.version", Cataloger: from.Name(),
			Detail: fmt.Sprintf("%s says that the version is %s", from.Name(), said.version)})
	}
	if c.PURL != "" && !known.is(said) {
		part.Properties = append(slices.Clone(part.Properties), Property{"manifestgen:purl:candidate", c.PURL})
	}
	part.Version, part.PURL, part.Contents, part.Dependencies = "", "", "", ""
	if own.Declared != "" || own.Concluded != "" {
		part.Declared, part.Concluded, part.LicenseTexts = "", "", nil
	}
	own.add([]*Component{&part})
}

// translate adds edges and findings of a survey, with keys as they are here.
func (j *joiner) translate(inv, survey *Inventory, from Surveyor) {
	here := func(key string) (string, bool) {
		own, ok := j.renamed[key]
		if ok {
			return own, true
		}
		return key, false
	}
	for _, e := range survey.Edges {
		var ownFrom, ownTo bool
		e.From, ownFrom = here(e.From)
		e.To, ownTo = here(e.To)
		if !ownFrom || !ownTo {
			inv.Edges = append(inv.Edges, e)
		}
	}
	for _, f := range survey.Findings {
		f.Subject, _ = here(f.Subject)
		f.Cataloger = cmp.Or(f.Cataloger, from.Name())
		inv.Findings = append(inv.Findings, f)
	}
}

// An identity is what a package URL says that a component is. The name alone
// identifies a component without one. Letters are folded.
type identity struct {
	kind, namespace, name, version, arch, subpath string
}

func identify(c *Component) identity {
	u, err := packageurl.FromString(c.PURL)
	if c.PURL == "" || err != nil {
		return identity{name: strings.ToLower(c.Name), version: c.Version}
	}
	return identity{
		kind: u.Type, namespace: strings.ToLower(u.Namespace), name: strings.ToLower(u.Name), version: u.Version,
		arch: u.Qualifiers.Map()["arch"], subpath: u.Subpath,
	}
}

// is reports whether both are the same, as far as both say what they are: the
// namespace of a system package is not known before the distribution is.
func (a identity) is(b identity) bool {
	return a.kind != "" && a.version == b.version && a.mayBe(b)
}

// mayBe is like is for components of which one does not know all.
func (a identity) mayBe(b identity) bool {
	return a.name == b.name && agree(a.kind, b.kind) && agree(a.namespace, b.namespace) && agree(a.arch, b.arch) && agree(a.subpath, b.subpath)
}

func agree(a, b string) bool { return a == "" || b == "" || a == b }
