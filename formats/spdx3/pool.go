package spdx3

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A pool holds the elements of a decoded document that are written again, as far
// as they still say what the manifest says.
type pool struct {
	graph
	saying   map[string]string                     // what a shared element says -> its id
	edges    map[[3]string]bool                    // from, kind, to
	licences map[[2]string]bool                    // from, kind
	overlays map[string]map[string]json.RawMessage // class -> keys of the one element of that class
}

// says reports whether an edge is written already.
func (p *pool) says(from, kind, to string) bool { return p.edges[[3]string{from, kind, to}] }

// licensed reports whether the licence of an element is written already.
func (p *pool) licensed(id, kind string) bool { return p.licences[[2]string{id, kind}] }

// addForeign fills the pool, and what the encoder knows of it.
func (e *encoder) addForeign() {
	p := &pool{saying: map[string]string{}, edges: map[[3]string]bool{}, licences: map[[2]string]bool{}, overlays: map[string]map[string]json.RawMessage{}}
	e.foreign, e.creation = p, "_:creationinfo"
	taken := e.taken
	var relations []relationship
	for _, f := range e.m.Foreign {
		switch {
		case f.Standard != standard:
		case f.Field == graphField:
			x, r := parseOne(f.Value)
			switch {
			case x != nil && !taken[x.id()] && isForeign(x):
				taken[x.id()] = true
				p.elements = append(p.elements, x)
			case r != nil && !taken[r.ID] && isIRI(r.ID):
				taken[r.ID] = true
				relations = append(relations, *r)
			}
		case f.Field == classDocument || f.Field == classSBOM || f.Field == classCreation:
			e.addOverlay(f)
		}
	}
	if node, ok := nodeOf(p.overlays[classCreation]); ok {
		e.creation = node
	}
	for taken[e.creation] {
		e.creation += "~"
	}
	e.useForeign()
	e.acceptRelations(relations)
}

// addOverlay remembers keys of an element that there is one of.
func (e *encoder) addOverlay(f sbom.Foreign) {
	var keys map[string]json.RawMessage
	if json.Unmarshal([]byte(f.Value), &keys) == nil && e.foreign.overlays[f.Field] == nil {
		e.foreign.overlays[f.Field] = keys
	}
}

func nodeOf(keys map[string]json.RawMessage) (string, bool) {
	var node string
	ok := json.Unmarshal(keys["@id"], &node) == nil && (isIRI(node) || strings.HasPrefix(node, "_:") && facts.IsLocator(node[2:]))
	return node, ok
}

// parseOne reads an element. It returns nothing if value is none, or is more
// than one.
func parseOne(value string) (*element, *relationship) {
	p := &parser{}
	if p.keep([]byte(value)) != nil || p.readOdd() != nil || len(p.notes) > 0 || len(p.elements)+len(p.relations) != 1 {
		return nil, nil
	}
	if len(p.relations) == 1 {
		return nil, &p.relations[0]
	}
	return p.elements[0], nil
}

// classes are the classes of elements that the model has no word for, or that
// may say more than the model can:
// https://spdx.github.io/spdx-spec/v3.0.1/
var classes = strings.Fields("Agent Annotation Bom Bundle IndividualElement LifecycleScopedRelationship Organization Person Relationship " +
	"SoftwareAgent Tool build_Build CreationInfo expandedlicensing_ConjunctiveLicenseSet expandedlicensing_CustomLicense " +
	"expandedlicensing_CustomLicenseAddition expandedlicensing_DisjunctiveLicenseSet expandedlicensing_IndividualLicensingInfo " +
	"expandedlicensing_ListedLicense expandedlicensing_ListedLicenseException expandedlicensing_OrLaterOperator " +
	"expandedlicensing_WithAdditionOperator security_CvssV2VulnAssessmentRelationship security_CvssV3VulnAssessmentRelationship " +
	"security_CvssV4VulnAssessmentRelationship security_EpssVulnAssessmentRelationship " +
	"security_ExploitCatalogVulnAssessmentRelationship security_SsvcVulnAssessmentRelationship security_Vulnerability " +
	"security_VexAffectedVulnAssessmentRelationship security_VexFixedVulnAssessmentRelationship " +
	"security_VexNotAffectedVulnAssessmentRelationship security_VexUnderInvestigationVulnAssessmentRelationship " +
	"simplelicensing_LicenseExpression simplelicensing_SimpleLicensingText software_Sbom software_Snippet")

// isForeign reports whether an element may be written beside ours: it has a
// class and an id, and it is nothing that a decoder would take for a fact.
func isForeign(x *element) bool {
	if x.Type == classCreation {
		return x.Node != "" && x.ID == ""
	}
	ours := x.Type == classAnnotation && isMarked(x.Statement) || x.Type == classBuild && x.BuildType == buildType
	return !ours && isIRI(x.ID) && slices.Contains(classes, x.Type)
}

// isMarked reports whether a text is one of ours.
func isMarked(s string) bool {
	return strings.HasPrefix(s, facts.RecordMark) || strings.HasPrefix(s, facts.FindingMark)
}

// useForeign lets elements refer to those of the pool that say what ours would,
// and more.
func (e *encoder) useForeign() {
	slices.SortFunc(e.foreign.elements, func(a, b *element) int { return strings.Compare(a.id(), b.id()) })
	for _, x := range e.foreign.elements {
		e.byID[x.id()] = x
	}
	for _, x := range e.foreign.elements {
		shared := x.Type == classExpression || x.Type == classText || x.Type == classTool || x.Type == classSoftware || isAgent(x.Type)
		if !shared || e.isPlain(x) {
			continue
		}
		if key := saying(x); e.foreign.saying[key] == "" {
			e.foreign.saying[key] = x.ID
		}
	}
}

// acceptRelations puts relationships into the pool that say nothing that the
// manifest does not.
func (e *encoder) acceptRelations(relations []relationship) {
	if len(relations) == 0 {
		return
	}
	facts := e.said()
	for _, r := range relations {
		if r.Kind != declared && r.Kind != concluded && facts.has(&r) {
			e.foreign.relations = append(e.foreign.relations, r)
			for _, to := range r.To {
				e.foreign.edges[[3]string{r.From, r.Kind, to}] = r.Kind == contains || r.Kind == dependsOn
			}
		}
	}
	e.acceptLicences(relations)
}

// sayings are what relationships may say.
type sayings struct {
	refs  map[string]*sbom.Component // by id
	edges map[sbom.Edge]bool
	root  string
}

func (e *encoder) said() sayings {
	s := sayings{map[string]*sbom.Component{}, map[sbom.Edge]bool{}, e.root}
	for _, c := range e.all() {
		s.refs[e.ids[c.Ref]] = c
	}
	for _, edge := range e.m.Edges {
		s.edges[edge] = true
	}
	for ref, ok := range facts.Implied(e.m) {
		if ok {
			s.edges[sbom.Edge{Kind: sbom.Contains, From: e.m.Principal.Ref, To: ref}] = true
		}
	}
	return s
}

// has reports whether the manifest says what a relationship does.
func (s sayings) has(r *relationship) bool {
	for _, to := range r.To {
		from, to := s.refs[r.From], s.refs[to]
		if from == nil || to == nil {
			continue
		}
		kind := edgeKind(r.Kind)
		if kind != "" && !s.edges[sbom.Edge{Kind: kind, From: from.Ref, To: to.Ref}] {
			return false
		}
		if r.Kind == optional && r.From == s.root && !to.Wanted {
			return false
		}
	}
	return true
}

func edgeKind(kind string) sbom.EdgeKind {
	switch kind {
	case contains:
		return sbom.Contains
	case dependsOn:
		return sbom.DependsOn
	}
	return ""
}

// acceptLicences accepts the licences of a component all together, if they are
// what the manifest says.
func (e *encoder) acceptLicences(relations []relationship) {
	ids := map[[2]string][]string{}
	for _, r := range relations {
		if r.Kind == declared || r.Kind == concluded {
			key := [2]string{r.From, r.Kind}
			ids[key] = append(ids[key], r.To...)
		}
	}
	for _, c := range e.all() {
		for kind, want := range map[string]string{declared: c.Declared, concluded: c.Concluded} {
			key := [2]string{e.ids[c.Ref], kind}
			if to, ok := ids[key]; ok {
				e.foreign.licences[key] = e.expression(to, &sbom.Component{}) == want
			}
		}
	}
	for _, r := range relations {
		if r.Kind != declared && r.Kind != concluded {
			continue
		}
		if ok, known := e.foreign.licences[[2]string{r.From, r.Kind}]; ok || !known {
			e.foreign.relations = append(e.foreign.relations, r)
		}
	}
}

// adopt writes the pool.
func (e *encoder) adopt() {
	e.elements = append(e.elements, e.foreign.elements...)
	e.relations = append(e.relations, e.foreign.relations...)
}

// overlayKeys are the keys that an element may take over from the document that
// it was read from.
var overlayKeys = map[string][]string{
	classDocument: strings.Fields("comment dataLicense description extension externalIdentifier externalRef import name namespaceMap " +
		"profileConformance spdxId summary verifiedUsing"),
	classSBOM: strings.Fields("comment context description extension externalIdentifier externalRef name profileConformance rootElement " +
		"software_sbomType spdxId summary verifiedUsing"),
	classCreation: strings.Fields("@id comment createdBy createdUsing"),
}

// overlay sets the keys of an element that there is one of, as far as the
// document then says the same of itself.
func (e *encoder) overlay(creation, doc, box *element) {
	for _, x := range []*element{creation, doc, box} {
		keys := e.foreign.overlays[x.Type]
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			before, try := *x, row{element: *x}
			value, ok := canonicalText(string(keys[key]))
			if !ok || !slices.Contains(overlayKeys[x.Type], key) || !try.putOverlay(key, value) {
				continue
			}
			want := e.readHead(creation, doc, box)
			*x = try.element
			if !e.isSame(want, e.readHead(creation, doc, box)) {
				*x = before
			}
		}
	}
}

// putOverlay sets a key. It reports false if its value does not fit.
func (x *row) putOverlay(key string, value json.RawMessage) bool {
	switch key {
	case "profileConformance":
		var more []string
		if json.Unmarshal(value, &more) != nil {
			return false
		}
		x.Profiles = union(x.Profiles, more)
		return true
	case idField:
		id, ok := toIRI(string(value))
		x.ID = id
		return ok
	case "@id":
		return true // e.creation is that already
	case extensionKey:
		before := len(x.Extensions)
		return x.putExtensions(value) == nil && len(x.Extensions) == before
	}
	return x.put(key, value) && (!hasField(x.Extra, key) || hasShape(key, value))
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clip(a), s)
		}
	}
	return a
}

// isSame reports whether two readings of the document's head are alike.
func (e *encoder) isSame(a, b *sbom.Manifest) bool {
	return len(facts.Document.Missing(a, b)) == 0 && a.Principal.Ref == b.Principal.Ref
}
