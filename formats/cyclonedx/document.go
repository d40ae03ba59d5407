package cyclonedx

import (
	"encoding/json"
	"reflect"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Some lists of a document are ours and theirs. Of these only what is not ours
// is foreign.
const (
	annotationsField  = "annotations"
	dependenciesField = "dependencies"
	propertiesField   = "metadata.properties"
)

var annotationsPart = parts(reflect.TypeFor[cdx.BOM](), map[cdx.SpecVersion]string{cdx.SpecVersion1_5: annotationsField})

// foreignDocument returns what the document has beyond the model and its
// components. Rest are the properties that mean nothing to us.
func (r *reader) foreignDocument(bom *cdx.BOM, rest []sbom.Property) []sbom.Foreign {
	e := &encoding{dialect: r.dialect, m: r.m}
	e.nameAnew()
	native := e.relations()
	native.Metadata = e.metadata()
	e.scrub(native)
	found := differences(bomParts, "", reflect.ValueOf(bom).Elem(), reflect.ValueOf(native).Elem())
	found = append(found, differences(metadataParts, ofMetadata, reflect.ValueOf(bom.Metadata).Elem(), reflect.ValueOf(native.Metadata).Elem())...)

	theirs := slices.DeleteFunc(slices.Clone(deref(bom.Annotations)), func(a cdx.Annotation) bool {
		_, ours := facts.ParseFinding(a.Text)
		return ours
	})
	rest = slices.DeleteFunc(slices.Clone(rest), func(p sbom.Property) bool {
		_, ours := facts.ParseFinding(p.Value)
		return ours && p.Name == facts.FindingName
	})
	return append(found, slices.Concat(
		foreignList(annotationsField, theirs),
		foreignList(propertiesField, rest),
		foreignList(dependenciesField, r.dangling))...)
}

func foreignList[T any](field string, list []T) []sbom.Foreign {
	value, err := marshal(list)
	if len(list) == 0 || err != nil {
		return nil
	}
	return []sbom.Foreign{{Standard: standard, Field: field, Value: string(value)}}
}

// readEdges reads the dependencies. What leads to something that is no component,
// such as a service, the model has no edge for.
func (r *reader) readEdges(bom *cdx.BOM) {
	lost := 0
	for _, d := range deref(bom.Dependencies) {
		from, left := r.find(d.Ref), cdx.Dependency{Ref: d.Ref, Provides: d.Provides}
		var beyond []string
		for _, needed := range deref(d.Dependencies) {
			if to := r.find(needed); from == nil || to == nil {
				beyond = append(beyond, needed)
			} else {
				r.m.Edges = append(r.m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: from.Ref, To: to.Ref})
			}
		}
		lost += len(beyond)
		left.Dependencies = orNil(beyond)
		saysNothing := from != nil && from.Dependencies == "" && len(deref(d.Dependencies)) == 0
		if beyond != nil || left.Provides != nil || from == nil || saysNothing {
			r.dangling = append(r.dangling, left)
		}
	}
	if lost > 0 {
		r.note(nil, "edge.dangling", "dependencies that lead from or to something that is no component are carried along: %d", lost)
	}
}

// find returns the component with that bom-ref, or nil.
func (r *reader) find(bomRef string) *sbom.Component {
	if ref, ok := r.names[bomRef]; ok {
		bomRef = ref
	}
	return r.byRef[bomRef]
}

// adoptDocument puts foreign data of the document into bom and returns those that
// do not fit.
func (e *encoding) adoptDocument(bom *cdx.BOM) (rest []sbom.Foreign) {
	if !inOrder(e.m.Foreign) {
		return e.m.Foreign
	}
	for _, f := range e.m.Foreign {
		if f.Standard != standard || !e.adoptField(bom, f) {
			rest = append(rest, f)
		}
	}
	return rest
}

func (e *encoding) adoptField(bom *cdx.BOM, f sbom.Foreign) bool {
	switch f.Field {
	case annotationsField:
		return e.adoptAnnotations(bom, f)
	case propertiesField:
		return e.adoptProperties(bom, f)
	case dependenciesField:
		return e.adoptDependencies(bom, f)
	}
	trial := *bom
	md := *bom.Metadata
	trial.Metadata = &md
	set := e.setPart(bomParts, f, "", reflect.ValueOf(&trial).Elem()) ||
		e.setPart(metadataParts, f, ofMetadata, reflect.ValueOf(&md).Elem())
	if !set || !e.agrees(f.Field, bom, &trial) {
		return false
	}
	*bom = trial
	return true
}

// adoptAnnotations appends annotations to ours.
func (e *encoding) adoptAnnotations(bom *cdx.BOM, f sbom.Foreign) bool {
	trial := cdx.BOM{}
	if !e.setPart(annotationsPart, f, "", reflect.ValueOf(&trial).Elem()) || slices.ContainsFunc(deref(trial.Annotations), isBare) {
		return false
	}
	bom.Annotations = orNil(slices.Concat(deref(bom.Annotations), deref(trial.Annotations)))
	return true
}

// isBare reports whether an annotation lacks what the schema wants.
func isBare(a cdx.Annotation) bool {
	return a.Subjects == nil || a.Annotator == nil || a.Timestamp == "" || a.Text == ""
}

// adoptProperties appends properties to those of the metadata, unless one of them
// would be taken for ours.
func (e *encoding) adoptProperties(bom *cdx.BOM, f sbom.Foreign) bool {
	var list []sbom.Property
	if json.Unmarshal([]byte(f.Value), &list) != nil || len(foreignList(propertiesField, list)) == 0 || foreignList(propertiesField, list)[0] != f {
		return false
	}
	for _, p := range list {
		_, finding := facts.ParseFinding(p.Value)
		if facts.Document.Reserves(p.Name) || p.Name == reproducible && e.timeless || finding || p.Name == escaped {
			return false
		}
	}
	addProperties(&bom.Metadata.Properties, list...)
	return true
}

// adoptDependencies adds what is foreign to our list, unless it would give the
// model other edges.
func (e *encoding) adoptDependencies(bom *cdx.BOM, f sbom.Foreign) bool {
	var list []cdx.Dependency
	if json.Unmarshal([]byte(f.Value), &list) != nil || len(list) == 0 || foreignList(dependenciesField, list)[0] != f {
		return false
	}
	known := map[string]bool{}
	for _, c := range all(e.m) {
		known[e.ref(c.Ref)] = true
	}
	for _, d := range list {
		if d.Ref == "" || d.Provides != nil && !e.has(cdx.SpecVersion1_6) || !e.isClean(d.Ref) || slices.ContainsFunc(deref(d.Provides), e.unclean) {
			return false
		}
		for _, to := range deref(d.Dependencies) {
			if known[d.Ref] && known[to] || !e.isClean(to) {
				return false
			}
		}
	}
	bom.Dependencies = orNil(join(deref(bom.Dependencies), list))
	return true
}

func (d dialect) unclean(s string) bool { return !d.isClean(s) }

// join adds to each entry of ours what theirs has for it.
func join(ours, theirs []cdx.Dependency) []cdx.Dependency {
	at := make(map[string]int, len(ours))
	for i, d := range ours {
		at[d.Ref] = i
	}
	for _, d := range theirs {
		i, ok := at[d.Ref]
		if !ok {
			i = len(ours)
			at[d.Ref] = i
			ours = append(ours, cdx.Dependency{Ref: d.Ref, Dependencies: &[]string{}})
		}
		needs := slices.Concat(deref(ours[i].Dependencies), deref(d.Dependencies))
		if needs == nil {
			needs = []string{}
		}
		ours[i].Dependencies = &needs
		if d.Provides != nil {
			ours[i].Provides = d.Provides
		}
	}
	return ours
}

// agrees reports whether a document with the foreign field still says what the
// model says.
func (e *encoding) agrees(field string, bom, trial *cdx.BOM) bool {
	switch field {
	case "serialNumber":
		return false
	case "externalReferences":
		return e.fitLinks(trial.ExternalReferences)
	case "services":
		return !slices.ContainsFunc(deref(trial.Services), func(s cdx.Service) bool {
			return s.Name == "" || s.Data != nil && e.xml // which the library does not write as the schemas want it
		})
	case "compositions":
		unknown := func(c cdx.Composition) bool { return !e.knows(aggregateWords, string(c.Aggregate)) }
		return !slices.ContainsFunc(deref(trial.Compositions), unknown) && e.sameCompleteness(trial)
	case "formulation":
		return e.lacksOfBuild(trial) <= e.lacksOfBuild(bom)
	case "metadata.manufacture":
		mine := e.has(cdx.SpecVersion1_6) && !e.m.Principal.Maker.IsZero() || e.m.Principal.Maker.Person
		p := sbom.Principal{Component: e.m.Principal.Component}
		p.Maker = toParty(trial.Metadata.Manufacture)
		return mine || facts.Component.Lacks(&e.m.Principal.Component, &p.Component) == 0
	case "metadata.licenses":
		return e.fitLicences(trial.Metadata.Licenses)
	case "metadata.timestamp":
		if toTime(trial.Metadata.Timestamp).IsZero() {
			return false
		}
	}
	before, after := &sbom.Manifest{}, &sbom.Manifest{}
	toHead(bom, before)
	toHead(trial, after)
	return facts.Document.Lacks(e.m, after) <= facts.Document.Lacks(e.m, before)
}

func (e *encoding) sameCompleteness(bom *cdx.BOM) bool {
	said := toCompleteness(bom)
	for _, c := range all(e.m) {
		contents, dependencies := said.of(e.ref(c.Ref))
		if contents != heldByComposition(c.Contents) || dependencies != heldByComposition(c.Dependencies) {
			return false
		}
	}
	return true
}

// lacksOfBuild counts the facts of the build that the document does not say.
func (e *encoding) lacksOfBuild(bom *cdx.BOM) int {
	back := *e.m.Principal
	back.Inputs, back.Settings, back.Toolchain = nil, nil, ""
	back.Built = toTime("")
	toBuild(bom, &back)
	return facts.Principal.Lacks(e.m.Principal, &back) + facts.Component.Lacks(&e.m.Principal.Component, &back.Component)
}

// readOrigin adds the version of the document to its foreign data, if there are
// any anywhere and it is not known where they are from.
func (r *reader) readOrigin() {
	known := slices.ContainsFunc(r.m.Foreign, func(f sbom.Foreign) bool { return f.Standard == standard && f.Field == originField })
	if known || !r.hasForeign {
		return
	}
	value := sbom.Foreign{Standard: standard, Field: originField, Value: `"` + r.version.String() + `"`}
	r.m.Foreign = merge(r.m.Foreign, []sbom.Foreign{value})
}
