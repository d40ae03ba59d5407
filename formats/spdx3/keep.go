package spdx3

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A keeper finds the elements that the model does not hold.
type keeper struct {
	elements map[*element]bool
	related  map[int]bool // index of relationships
	ids      map[string]bool
}

// keepForeign keeps what the model does not hold: whole elements, and whatever
// they refer to by its id.
func (d *decoder) keepForeign() {
	k := keeper{map[*element]bool{}, map[int]bool{}, map[string]bool{}}
	out := d.headForeign(d.m.Principal.Name, d.creationInfo, d.doc, d.box)
	for i := range d.relations {
		if !d.isHeld(&d.relations[i]) {
			k.related[i] = true
			k.ids[d.relations[i].Creation] = true
		}
	}
	for _, x := range d.elements {
		if !d.isComponentOrHead(x) && !d.isHeldElement(x) {
			k.elements[x] = true
		}
	}
	d.keepReferenced(&k, out)
	d.pin(&k)
	if saysForeign(properties(d.doc), "manifestgen:document:foreign") {
		return
	}
	for x := range k.elements {
		out = append(out, foreignField(graphField, x.whole()))
	}
	for i := range k.related {
		r := &d.relations[i]
		out = append(out, foreignField(graphField, r.whole()))
	}
	slices.SortFunc(out, compareForeign)
	d.m.Foreign = out
}

func (d *decoder) isComponentOrHead(x *element) bool {
	return x == d.doc || x.ID != "" && x.ID == d.box.ID || x == d.creationInfo || x.ID == d.root || d.isPart(x)
}

// isHeldElement reports whether the model holds all of an element that is no
// component.
func (d *decoder) isHeldElement(x *element) bool {
	switch x.Type {
	case classAnnotation:
		_, ok := toFinding(x)
		ok = ok || x.Subject == d.root && strings.HasPrefix(x.Statement, facts.RecordMark)
		return ok && d.only(x, &element{Type: classAnnotation, AnnotationType: "other", Subject: x.Subject, Statement: x.Statement})
	case classFile, classPackage:
		return x == d.artifact || d.forBuild[x.ID]
	case classBuild:
		return x == d.built && d.only(x, fromBuild(d.m.Principal))
	}
	return (d.used[x.ID] || x.ID == d.namespace+"#"+sharedName(x)) && d.isPlain(x)
}

// isHeld reports whether the model holds all of a relationship.
func (d *decoder) isHeld(r *relationship) bool {
	if r.Creation != d.creation || len(r.Extra) > 0 {
		return false
	}
	if d.built != nil && r.From == d.built.ID {
		return r.Type == classScoped && r.Scope == buildScope && r.Completeness == "" && d.isHeldBuild(r)
	}
	if r.Type != classRelationship || r.Scope != "" {
		return false
	}
	_, known := toWord(completenesses, r.Completeness)
	from, ok := d.refs[r.From]
	switch r.Kind {
	case contains, dependsOn:
		return ok && (known || r.Completeness == "") && d.leadsToComponents(r)
	case declared, concluded:
		return ok && r.Completeness == "" && len(r.To) == 1 && d.isPlain(d.byID[r.To[0]])
	case optional:
		return from == d.m.Principal.Ref && r.Completeness == "" && d.areComponents(r.To)
	case distributed:
		return d.artifact != nil && r.From == d.root && r.Completeness == "" && slices.Equal(r.To, []string{d.artifact.ID})
	}
	return false
}

func (d *decoder) isHeldBuild(r *relationship) bool {
	switch r.Kind {
	case hasOutput:
		return slices.Equal(r.To, []string{d.root})
	case usesTool:
		return d.toolchain != nil && slices.Equal(r.To, []string{d.toolchain.ID})
	case hasInput:
		return !slices.ContainsFunc(r.To, func(id string) bool { return !slices.Contains(d.inputs, d.byID[id]) })
	}
	return false
}

// leadsToComponents reports whether a relationship leads to components only, or
// says as a whole that there are none.
func (d *decoder) leadsToComponents(r *relationship) bool {
	if len(r.To) == 1 && isNothing(r.To[0]) {
		return r.Completeness != ""
	}
	return d.areComponents(r.To)
}

func (d *decoder) areComponents(ids []string) bool {
	for _, id := range ids {
		if _, ok := d.refs[id]; !ok {
			return false
		}
	}
	return true
}

// keepReferenced keeps the elements that those that are kept refer to, and notes
// the ids of all that they name.
func (d *decoder) keepReferenced(k *keeper, head []sbom.Foreign) {
	if len(k.elements) == 0 && len(k.related) == 0 && !d.hasForeignComponents() {
		return
	}
	relations := map[string]int{}
	for i := range d.relations {
		relations[d.relations[i].ID] = i
	}
	var work []json.RawMessage
	for x := range k.elements {
		work = append(work, x.whole())
	}
	for i := range k.related {
		work = append(work, d.relations[i].whole())
	}
	for _, f := range head {
		work = append(work, json.RawMessage(f.Value))
	}
	for _, c := range append([]*sbom.Component{&d.m.Principal.Component}, d.m.Components...) {
		for _, f := range c.Foreign {
			work = append(work, json.RawMessage(f.Value))
		}
	}
	for len(work) > 0 {
		next := work[len(work)-1]
		work = work[:len(work)-1]
		for _, id := range stringsIn(next) {
			if k.ids[id] {
				continue
			}
			k.ids[id] = true
			if x := d.byID[id]; x != nil && !d.isComponentOrHead(x) && !k.elements[x] && isForeign(x) {
				k.elements[x] = true
				work = append(work, x.whole())
			}
			if i, ok := relations[id]; ok && !k.related[i] {
				k.related[i] = true
				work = append(work, d.relations[i].whole())
			}
		}
	}
}

func (d *decoder) hasForeignComponents() bool {
	has := func(c *sbom.Component) bool {
		return slices.ContainsFunc(c.Foreign, func(f sbom.Foreign) bool { return f.Standard == standard && f.Field != idField })
	}
	return has(&d.m.Principal.Component) || slices.ContainsFunc(d.m.Components, has)
}

// stringsIn returns all strings in a value that may be ids.
func stringsIn(value json.RawMessage) []string {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return nil
	}
	var out []string
	var visit func(any)
	visit = func(v any) {
		switch x := v.(type) {
		case string:
			if strings.Contains(x, ":") {
				out = append(out, x)
			}
		case []any:
			for _, y := range x {
				visit(y)
			}
		case map[string]any:
			for _, y := range x {
				visit(y)
			}
		}
	}
	visit(v)
	return out
}

// pin keeps the ids of components that are named by what is kept.
func (d *decoder) pin(k *keeper) {
	if len(k.ids) == 0 {
		return
	}
	for id := range k.ids {
		if ref, ok := d.refs[id]; ok && isIRI(id) {
			c := d.componentOf(ref)
			c.Foreign = withID(c.Foreign, id)
		}
	}
}
