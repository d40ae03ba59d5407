package spdx3

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A decoder makes the manifest of one document.
type decoder struct {
	*parser
	*reader
	creationInfo, doc, box *element
	refs                   map[string]string // id of a component -> its ref
	forBuild               map[string]bool   // ids of what is no component, but an input of the build
	m                      *sbom.Manifest
	byRef                  map[string]*sbom.Component
}

// toManifest translates a document.
func toManifest(p *parser) (*sbom.Manifest, error) {
	d := &decoder{parser: p, reader: newReader(len(p.elements)), refs: map[string]string{}}
	d.index()
	d.findHead()
	d.relate(d.relations)
	d.findInputs()
	d.m = d.readHead(d.creationInfo, d.doc, d.box)
	facts.Document.Apply(d.m, properties(d.doc))

	root := d.byID[d.root]
	d.m.Principal, d.m.Findings = facts.Settle(d.statements(facts.RecordMark), d.wholePrincipal(root))
	d.nameless(&d.m.Principal.Component)
	d.noteForeign(&d.m.Principal.Component, root)
	d.readComponents()
	d.readFindings()
	d.m.Edges = d.toEdges()
	d.keepForeign()
	for _, id := range d.invalid {
		d.note("licence.invalid", "%.200s: it is no licence expression, or one without the text of a licence in it; it is kept as it is", id)
	}
	d.m.Findings = append(d.m.Findings, d.notes...)
	return facts.Finish(d.m)
}

// index names all elements. Of two with one id, the first stays.
func (d *decoder) index() {
	kept := d.elements[:0]
	for _, x := range d.elements {
		first := d.byID[x.id()]
		switch {
		case first == nil:
			d.byID[x.id()] = x
			kept = append(kept, x)
		case !sameElement(first, x):
			d.note("id.duplicate", "two elements have the id %.200s; the second is left out: %.2000s", x.id(), x.whole())
		}
	}
	d.elements = kept
}

// findHead finds the document, its SBOM and the root of that, and makes up what
// there is none of.
func (d *decoder) findHead() {
	d.doc = d.first(classDocument)
	d.box = d.sbomOf(d.doc)
	roots := d.roots()
	if len(roots) > 1 {
		d.note("root.several", "the document is about %d things; the first is taken for the principal: %.2000s", len(roots), strings.Join(roots, " "))
	}
	if len(roots) == 0 {
		roots = []string{d.guessRoot()}
	}
	d.root = roots[0]
	if d.doc == nil {
		d.doc = &element{Type: classDocument}
	}
	d.creation = d.doc.Creation
	if d.creation == "" {
		d.creation = d.byID[d.root].Creation
	}
	d.creationInfo = d.byID[d.creation]
	if d.creationInfo == nil || d.creationInfo.Type != classCreation {
		d.creationInfo = &element{Type: classCreation, Node: d.creation}
	}
	if d.box == nil {
		d.box = &element{Type: classSBOM, Creation: d.creation}
	}
	box := *d.box
	box.Roots = roots
	d.box, d.namespace = &box, baseOf(d.doc.ID)
}

func (d *decoder) first(class string) *element {
	for _, x := range d.elements {
		if x.Type == class {
			return x
		}
	}
	return nil
}

// sbomOf returns the SBOM that the document is about, or the first.
func (d *decoder) sbomOf(doc *element) *element {
	if doc == nil {
		return d.first(classSBOM)
	}
	for _, id := range doc.Roots {
		if x := d.byID[id]; x != nil && x.Type == classSBOM {
			return x
		}
	}
	return nil
}

// roots returns the components that the document is about: those of its SBOM,
// else its own, else those that relationships say it describes.
func (d *decoder) roots() []string {
	var out []string
	add := func(ids []string) {
		for _, id := range ids {
			if x := d.byID[id]; x != nil && isComponent(x.Type) && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	if d.box != nil {
		add(d.box.Roots)
	}
	if d.doc != nil && len(out) == 0 {
		add(d.doc.Roots)
	}
	for _, r := range d.relations {
		if x := d.byID[r.From]; r.Kind == "describes" && len(out) == 0 && x != nil && x.Type == classDocument {
			add(r.To)
		}
	}
	return out
}

// guessRoot returns the first component that nothing contains or needs, else the
// first. If there is none, the document is the principal.
func (d *decoder) guessRoot() string {
	below := map[string]bool{}
	for _, r := range d.relations {
		if edgeKind(r.Kind) != "" {
			for _, to := range r.To {
				below[to] = true
			}
		}
	}
	guess := ""
	for _, x := range d.elements {
		if isComponent(x.Type) && (guess == "" || below[guess] && !below[x.ID]) {
			guess = x.ID
		}
	}
	if guess != "" {
		d.note("root.guessed", "the document does not say what it is about; %.200s is taken for the principal", guess)
		return guess
	}
	d.note("root.missing", "the document is about no package or file; the document itself is taken for the principal")
	made := &element{Type: classPackage, ID: "_:principal"}
	if d.doc != nil {
		made.Name, made.Creation = d.doc.Name, d.doc.Creation
	}
	if made.Name == "" {
		made.Name = "unknown"
	}
	d.byID[made.ID] = made
	return made.ID
}

// nameless names a component after what else is known of it.
func (d *decoder) nameless(c *sbom.Component) {
	if c.Name != "" {
		return
	}
	c.Name = c.PURL
	if c.Name == "" {
		c.Name = c.Ref
	}
	d.noteAbout(c, "name.missing", "it has no name, and is called after its id")
}

// isPart reports whether an element is a component other than the principal.
func (d *decoder) isPart(x *element) bool {
	return isComponent(x.Type) && x.ID != d.root && x != d.artifact && !d.forBuild[x.ID]
}

// findInputs finds the inputs of the build that are nothing else: those that no
// relationship puts among the components.
func (d *decoder) findInputs() {
	d.forBuild = map[string]bool{}
	for _, x := range d.inputs {
		d.forBuild[x.ID] = true
	}
	if len(d.inputs) == 0 {
		return
	}
	for i := range d.relations {
		r := &d.relations[i]
		if edgeKind(r.Kind) == "" {
			continue
		}
		delete(d.forBuild, r.From)
		for _, to := range r.To {
			delete(d.forBuild, to)
		}
	}
}

// readComponents reads all components.
func (d *decoder) readComponents() {
	n := 0
	for _, x := range d.elements {
		if d.isPart(x) {
			n++
		}
	}
	d.refs = make(map[string]string, n+1)
	d.refs[d.root] = d.m.Principal.Ref
	d.m.Components = make([]*sbom.Component, 0, n)
	taken := make(map[string]bool, n+1)
	taken[d.m.Principal.Ref] = true
	others := d.elements[:0]
	for i, x := range d.elements {
		d.elements[i] = nil
		if !d.isPart(x) {
			others = append(others, x)
			continue
		}
		delete(d.byID, x.ID) // it is not needed any more, and most of the document
		c := d.wholeComponent(x)
		for taken[c.Ref] {
			next := x.ID
			if c.Ref == x.ID || taken[next] {
				next = c.Ref + "~"
			}
			c.Ref = next
		}
		d.nameless(c)
		d.noteForeign(c, x)
		d.refs[x.ID], taken[c.Ref] = c.Ref, true
		d.m.Components = append(d.m.Components, c)
	}
	d.elements = others
}

// noteForeign says what of a component is not valid and was left aside.
func (d *decoder) noteForeign(c *sbom.Component, x *element) {
	if x.PURL != "" && c.PURL == "" {
		d.noteAbout(c, "purl.invalid", "the package URL %.200q is not valid; it is kept as it is", x.PURL)
	}
	for _, h := range x.Hashes {
		model, ok := toWord(algorithms, h.Algorithm)
		digest := sbom.Digest{Algorithm: model, Value: strings.ToLower(h.Value)}
		if ok && h.Type == classHash && len(facts.ValidDigests([]sbom.Digest{digest})) == 0 {
			d.noteAbout(c, "digest.invalid", "%.200q is no %s digest; it is kept as it is", h.Value, model)
		}
	}
}

func (d *decoder) noteAbout(c *sbom.Component, code, format string, args ...any) {
	d.note(code, format, args...)
	d.notes[len(d.notes)-1].Subject = c.Ref
}

// statements returns the annotations of the principal that begin with mark.
func (d *decoder) statements(mark string) []string {
	var out []string
	for _, x := range d.elements {
		if x.Type == classAnnotation && x.Subject == d.root && strings.HasPrefix(x.Statement, mark) {
			out = append(out, x.Statement)
		}
	}
	return out
}

func (d *decoder) readFindings() {
	for _, x := range d.elements {
		if f, ok := toFinding(x); ok {
			d.m.Findings = append(d.m.Findings, f)
		}
	}
}

func toFinding(x *element) (sbom.Finding, bool) {
	if x.Type != classAnnotation {
		return sbom.Finding{}, false
	}
	return facts.ParseFinding(x.Statement)
}

// toEdges reads the edges between components.
func (d *decoder) toEdges() []sbom.Edge {
	n := 0
	for i := range d.relations {
		if edgeKind(d.relations[i].Kind) != "" {
			n += len(d.relations[i].To)
		}
	}
	edges := make([]sbom.Edge, 0, n)
	for i := range d.relations {
		r := &d.relations[i]
		kind := edgeKind(r.Kind)
		from, ok := d.refs[r.From]
		if kind == "" || !ok {
			continue
		}
		for _, to := range r.To {
			if ref, ok := d.refs[to]; ok {
				edges = append(edges, sbom.Edge{Kind: kind, From: from, To: ref})
			}
		}
	}
	return edges
}

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

func (d *decoder) componentOf(ref string) *sbom.Component {
	if ref == d.m.Principal.Ref {
		return &d.m.Principal.Component
	}
	if d.byRef == nil {
		d.byRef = make(map[string]*sbom.Component, len(d.m.Components))
		for _, c := range d.m.Components {
			d.byRef[c.Ref] = c
		}
	}
	return d.byRef[ref]
}
