package spdx3

import (
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
