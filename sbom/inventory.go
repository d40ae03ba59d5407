package sbom

import (
	"cmp"
	"context"
	"slices"
)

// An Inventory is what a scan found in one artifact: input for [Assemble].
type Inventory struct {
	Artifact   *Artifact
	Components []*Component // parts merged, in a stable order
	Edges      []Edge       // by key
	Findings   []Finding

	links links // that can be seen
}

// inventory merges parts, adds what suppliers and surveyors say, lets catalogers
// resolve their edges and audit their files, and sorts.
func (s *scan) inventory(ctx context.Context, a *Artifact) *Inventory {
	inv := &Inventory{Artifact: a, Findings: slices.Clone(a.Findings), links: links{}}
	var all []found
	for _, t := range s.trees {
		all = append(all, t.found...)
		inv.Findings = append(inv.Findings, t.findings...)
		if t.unlisted > 0 {
			inv.Findings = append(inv.Findings, GapFrom(Faultf("limit.findings", "%d further findings are not listed", t.unlisted), "", t.tree.Layer()))
		}
		for path, target := range t.links {
			inv.links[path] = target
		}
	}
	slices.SortStableFunc(all, compareFound)
	merged := merge(all, inv.links)
	for _, c := range s.catalogers {
		if supplier, ok := c.(Supplier); ok {
			merged = supply(ctx, inv, supplier, merged)
		}
	}
	for _, c := range s.catalogers {
		if surveyor, ok := c.(Surveyor); ok {
			merged = s.survey(ctx, inv, surveyor, merged)
		}
	}
	for _, c := range s.catalogers {
		if r, ok := c.(Resolver); ok {
			s.resolve(inv, r, merged)
		}
	}
	for _, c := range s.catalogers {
		if auditor, ok := c.(Auditor); ok {
			s.audit(inv, auditor, merged)
		}
	}
	for _, f := range merged {
		inv.Components = append(inv.Components, f.Component)
	}
	slices.SortFunc(inv.Findings, compareFindings)
	return inv
}

// supply merges what a supplier says of all into them.
func supply(ctx context.Context, inv *Inventory, from Supplier, all []found) (merged []found) {
	defer func() {
		if p := recover(); p != nil {
			inv.Findings = append(inv.Findings, panicFinding(from, p))
			merged = all
		}
	}()
	var components []*Component
	for _, f := range all {
		components = append(components, f.Component)
	}
	parts, err := from.Supply(ctx, components)
	for _, e := range leaves(err) {
		if e != nil && ctx.Err() == nil {
			gap := GapFrom(e, "", "")
			gap.Cataloger = from.Name()
			inv.Findings = append(inv.Findings, gap)
		}
	}
	for _, p := range parts {
		p.Part = true
		if len(p.FoundBy) == 0 {
			p.FoundBy = []string{from.Name()}
		}
		all = append(all, found{Component: p, by: from})
	}
	return merge(all, inv.links)
}

func (s *scan) resolve(inv *Inventory, r Resolver, all []found) {
	s.ask(inv, r, all, func(mine []*Component) []Finding {
		edges, findings := r.Resolve(mine)
		inv.Edges = append(inv.Edges, edges...)
		return findings
	})
}

func (s *scan) audit(inv *Inventory, a Auditor, all []found) {
	s.ask(inv, a, all, func(mine []*Component) []Finding {
		if len(mine) == 0 {
			return nil
		}
		return a.Audit(mine, s.newFiles(inv.links))
	})
}

// ask calls do with the components that c has found and records the findings. A
// panic is one.
func (s *scan) ask(inv *Inventory, c Cataloger, all []found, do func(mine []*Component) []Finding) {
	var mine []*Component
	for _, f := range all {
		if slices.Contains(f.FoundBy, c.Name()) {
			mine = append(mine, f.Component)
		}
	}
	defer func() {
		if p := recover(); p != nil {
			inv.Findings = append(inv.Findings, panicFinding(c, p))
		}
	}()
	findings := do(mine)
	for i := range findings {
		findings[i].Cataloger = cmp.Or(findings[i].Cataloger, c.Name())
	}
	inv.Findings = append(inv.Findings, findings...)
}

func audits(c Cataloger) bool {
	_, ok := c.(Auditor)
	return ok
}

func compareFound(a, b found) int {
	return cmp.Or(
		cmp.Compare(a.path, b.path), cmp.Compare(a.by.Name(), b.by.Name()),
		cmp.Compare(a.Key, b.Key), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.PURL, b.PURL))
}
