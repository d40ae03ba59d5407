package sbom

import (
	"maps"
	"slices"
	"time"
)

// Amend returns a new version of the same document, to whose principal the
// candidates were added. What m says of the principal competes with them as it
// did when m was made, by the sources in its evidence; of equal sources the new
// candidate wins. What has no evidence gives way to any candidate.
//
// Components, edges and refs stay, and so does the ID. Of o, Created is used, and
// Tools are added. M is not changed.
func Amend(m *Manifest, o Options, candidates ...Candidate) (*Manifest, error) {
	amended := *m
	old := m.Principal
	all := append(slices.Clone(candidates), old.candidates()...)
	p := choose(all)
	p.Ref, p.Wanted, p.Joints = old.Ref, old.Wanted, old.Joints
	p.keepEvidence(old, choose(candidates))
	a := &assembly{Inventory: &Inventory{}, principal: p}
	if p.Version != old.Version {
		a.finishPURL(all)
	}
	amended.Principal = p
	amended.Findings = amendFindings(m.Findings, p)
	amended.Version++
	if !o.Created.IsZero() {
		amended.Created = o.Created.UTC().Truncate(time.Second)
	}
	for _, t := range o.Tools {
		if !slices.Contains(amended.Tools, t) {
			amended.Tools = append(slices.Clip(amended.Tools), t)
		}
	}
	return &amended, amended.Validate()
}

// candidates returns candidates that would make p again: one for each source in
// its evidence, and one for what has none.
func (p *Principal) candidates() []Candidate {
	rest := Candidate{Facts: *p}
	rest.Facts.Links, rest.Facts.Evidence, rest.Facts.Joints = nil, nil, Joints{}
	bySource := map[Source]*Candidate{"": &rest}
	at := func(source Source) *Candidate {
		if bySource[source] == nil {
			bySource[source] = &Candidate{Source: source}
		}
		return bySource[source]
	}
	zero := &Principal{}
	for _, f := range principalFields {
		if source := p.source(f.name); source != "" {
			f.copy(&at(source).Facts, p)
			f.copy(&rest.Facts, zero)
		}
	}
	for _, l := range p.Links {
		facts := &at(p.source("link:" + l.Type)).Facts
		facts.Links = append(facts.Links, l)
	}
	var all []Candidate
	for _, source := range append(slices.Clone(sourceOrder), "") {
		if c := bySource[source]; c != nil {
			all = append(all, *c)
			delete(bySource, source)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) { // of a document that others made
		all = append(all, *bySource[source])
	}
	return all
}

// keepEvidence gives p the evidence of the principal it was made from, and that
// of what was added to it. Before the evidence of a field is only what was added
// and chosen.
func (p *Principal) keepEvidence(old, added *Principal) {
	chosen := p.Evidence
	p.Evidence = nil
	isFirst := func(e Evidence) bool { // whether e is why the field has its value
		i := slices.IndexFunc(chosen, func(c Evidence) bool { return c.Field == e.Field })
		return i >= 0 && chosen[i] == e
	}
	for _, e := range old.Evidence {
		for _, n := range added.Evidence {
			if n.Field == e.Field && isFirst(n) {
				p.addEvidence(n)
			}
		}
		p.addEvidence(e)
	}
	for _, n := range added.Evidence {
		p.addEvidence(n)
	}
}

// amendFindings returns the findings without those that are no longer so.
func amendFindings(findings []Finding, p *Principal) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool {
		switch f.Code {
		case "principal.version":
			return p.Version != ""
		case "principal.architecture":
			return p.Architecture != ""
		case "principal.name":
			return p.source("name") != FromName
		}
		return false
	})
}
