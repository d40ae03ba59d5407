package sbom

import "cmp"

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
//  6. A part that no whole has by key or by path is dropped.
func merge(all []found, links links) []found {
	first := map[string]bool{} // keys of wholes that are no fallback
	for _, f := range all {
		first[f.Key] = first[f.Key] || !f.Part && !f.Fallback
	}
	whole := map[string]*Component{}
	var kept []found
	for _, f := range all {
		switch w := whole[f.Key]; {
		case f.Part, f.Key != "" && f.Fallback && first[f.Key]:
		case f.Key == "" || w == nil:
			kept = append(kept, f)
			if f.Key != "" {
				whole[f.Key] = f.Component
			}
		default:
			w.add(f.Component)
		}
	}
	parts := map[string][]*Component{} // without a key, by path
	for _, f := range all {
		switch w := whole[f.Key]; {
		case f.Part && f.Key == "":
			parts[f.path] = append(parts[f.path], f.Component)
		case f.Part && w != nil:
			w.add(f.Component)
		}
	}
	for _, f := range kept {
		for _, p := range f.PartsAt {
			for _, part := range parts[links.resolve(p)] {
				f.add(part)
			}
		}
		f.PartsAt = nil
	}
	return kept
}

// add adds the facts of o to c by the rules of merge.
func (c *Component) add(o *Component) {
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
	if c.Dependencies == "" || o.Dependencies == Complete {
		c.Dependencies = o.Dependencies
	}
	c.Is = cmp.Or(c.Is, o.Is)
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
	}
	c.addLists(o)
}

func (c *Component) addLists(o *Component) {
	same := func(s string) string { return s }
	c.Digests = union(c.Digests, o.Digests, func(d Digest) string { return d.Algorithm })
	c.LicenseTexts = union(c.LicenseTexts, o.LicenseTexts, func(t LicenseText) string { return t.ID })
	c.Copyright = union(c.Copyright, o.Copyright, same)
	c.Links = union(c.Links, o.Links, func(l Link) string { return l.Type + "\x00" + l.URL })
	c.Properties = union(c.Properties, o.Properties, func(p Property) string { return p.Name + "\x00" + p.Value })
	c.Locations = union(c.Locations, o.Locations, func(l Location) string { return l.Layer + "\x00" + l.Path })
	c.FoundBy = union(c.FoundBy, o.FoundBy, same)
	c.DependsOn = union(c.DependsOn, o.DependsOn, same)
	c.Includes = union(c.Includes, o.Includes, same)
	c.Requires = union(c.Requires, o.Requires, same)
	c.Provides = union(c.Provides, o.Provides, same)
	c.Expects = union(c.Expects, o.Expects, same)
	c.PartsAt = append(c.PartsAt, o.PartsAt...)
	if len(c.Owns) == 0 {
		c.Owns = o.Owns
	} else {
		c.Owns = append(c.Owns, o.Owns...)
	}
	c.Candidates = append(c.Candidates, o.Candidates...)
	c.Findings = append(c.Findings, o.Findings...)
}
