package sbom

import (
	"cmp"
	"slices"
)

// merge joins the components that have the same key, in the given order, by
// these rules:
//
//  1. A Fallback is dropped where a component of its key is none.
//  2. The first that is not a part is the whole; others that are not parts, and
//     then parts, are added to it.
//  3. A field that the whole lacks is taken from what is added; one that it
//     has stays.
//  4. Lists are united, in order, without repetition. One that knows all
//     dependencies makes them known.
//  5. A whole that is here (not Wanted) makes the component one that is here.
//  6. The component yields only to what all wholes yield to.
//  7. A part that no whole has by key or by path is dropped.
func merge(all []found, links links) []found {
	kept, whole := wholes(all)
	further := map[*Component][]*Component{} // what is added to each whole
	parts := map[string][]*Component{}       // without a key, by path
	for _, f := range all {
		switch w := whole[f.Key]; {
		case f.Part && f.Key == "":
			parts[f.path] = append(parts[f.path], f.Component)
		case f.Key != "" && w != nil && w != f.Component && !f.Part && !f.Fallback:
			further[w] = append(further[w], f.Component)
		}
	}
	for _, f := range all {
		if w := whole[f.Key]; f.Part && f.Key != "" && w != nil {
			further[w] = append(further[w], f.Component)
		}
	}
	for _, f := range kept {
		others := further[f.Component]
		paths := slices.Clone(f.PartsAt)
		for _, o := range others {
			paths = append(paths, o.PartsAt...)
		}
		for _, p := range paths {
			others = append(others, parts[links.resolve(p)]...)
		}
		f.add(others)
		f.PartsAt = nil
	}
	return kept
}

// wholes returns the components that are no parts, one of each key, and these by
// key.
func wholes(all []found) (kept []found, whole map[string]*Component) {
	sure := map[string]bool{} // keys of which one is no fallback
	for _, f := range all {
		sure[f.Key] = sure[f.Key] || !f.Part && !f.Fallback
	}
	whole = map[string]*Component{}
	for _, f := range all {
		switch {
		case f.Part, f.Key != "" && f.Fallback && sure[f.Key]:
		case f.Key == "" || whole[f.Key] == nil:
			kept = append(kept, f)
			if f.Key != "" {
				whole[f.Key] = f.Component
			}
		}
	}
	return kept, whole
}

// add adds the facts of others to c by the rules of merge.
func (c *Component) add(others []*Component) {
	if len(others) == 0 {
		return
	}
	for _, o := range others {
		c.fill(o)
	}
	c.addLists(others)
}

// fill takes from o the fields that c lacks.
func (c *Component) fill(o *Component) {
	c.Type = cmp.Or(c.Type, o.Type)
	c.Name = cmp.Or(c.Name, o.Name)
	c.Version = cmp.Or(c.Version, o.Version)
	c.Description = cmp.Or(c.Description, o.Description)
	c.PURL = cmp.Or(c.PURL, o.PURL)
	c.CPE = cmp.Or(c.CPE, o.CPE)
	c.Architecture = cmp.Or(c.Architecture, o.Architecture)
	c.OS = cmp.Or(c.OS, o.OS)
	c.Declared = cmp.Or(c.Declared, o.Declared)
	c.Concluded = cmp.Or(c.Concluded, o.Concluded)
	c.Contents = cmp.Or(c.Contents, o.Contents)
	c.Is = cmp.Or(c.Is, o.Is)
	if c.Dependencies == "" || o.Dependencies == Complete {
		c.Dependencies = o.Dependencies
	}
	if c.Private == nil {
		c.Private = o.Private
	}
	if c.Maker.IsZero() {
		c.Maker = o.Maker
	}
	if c.Supplier.IsZero() {
		c.Supplier = o.Supplier
	}
	if c.Built.IsZero() {
		c.Built = o.Built
	}
	if !o.Part {
		c.Wanted = c.Wanted && o.Wanted
		c.YieldsTo = slices.DeleteFunc(slices.Clone(c.YieldsTo), func(token string) bool { return !slices.Contains(o.YieldsTo, token) })
	}
}

// addLists unites the lists of c with those of others.
func (c *Component) addLists(others []*Component) {
	same := func(s string) string { return s }
	all := append([]*Component{c}, others...)
	c.Digests = unite(all, func(o *Component) []Digest { return o.Digests }, func(d Digest) string { return d.Algorithm })
	c.LicenseTexts = unite(all, func(o *Component) []LicenseText { return o.LicenseTexts }, func(t LicenseText) string { return t.ID })
	c.Copyright = unite(all, func(o *Component) []string { return o.Copyright }, same)
	c.Links = unite(all, func(o *Component) []Link { return o.Links }, func(l Link) string { return l.Type + "\x00" + l.URL })
	c.Properties = unite(all, func(o *Component) []Property { return o.Properties }, func(p Property) string { return p.Name + "\x00" + p.Value })
	c.Foreign = unite(all, func(o *Component) []Foreign { return o.Foreign }, func(f Foreign) string { return f.Standard + "\x00" + f.Field })
	c.Locations = unite(all, func(o *Component) []Location { return o.Locations }, func(l Location) string { return l.Layer + "\x00" + l.Path })
	c.FoundBy = unite(all, func(o *Component) []string { return o.FoundBy }, same)
	c.Qualifiers = unite(all, func(o *Component) []string { return o.Qualifiers }, same)
	c.DependsOn = unite(all, func(o *Component) []string { return o.DependsOn }, same)
	c.Includes = unite(all, func(o *Component) []string { return o.Includes }, same)
	c.Requires = unite(all, func(o *Component) []string { return o.Requires }, same)
	c.Provides = unite(all, func(o *Component) []string { return o.Provides }, same)
	c.Expects = unite(all, func(o *Component) []string { return o.Expects }, same)
	for _, o := range others {
		c.Owns = append(c.Owns[:len(c.Owns):len(c.Owns)], o.Owns...)
		c.Listed = append(c.Listed[:len(c.Listed):len(c.Listed)], o.Listed...)
		c.Candidates = append(c.Candidates, o.Candidates...)
		c.Findings = append(c.Findings, o.Findings...)
	}
}

// unite returns the elements of a list of all components, in order, one of each
// key.
func unite[T any](all []*Component, list func(*Component) []T, key func(T) string) []T {
	united := list(all[0])
	size, others := len(united), false
	for _, c := range all[1:] {
		size += len(list(c))
		others = others || len(list(c)) > 0
	}
	if !others {
		return united
	}
	seen := make(map[string]bool, size)
	united = make([]T, 0, size)
	for _, c := range all {
		for _, x := range list(c) {
			if k := key(x); !seen[k] {
				seen[k] = true
				united = append(united, x)
			}
		}
	}
	return united
}
