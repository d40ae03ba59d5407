package cyclonedx

import (
	"fmt"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// build writes how the principal was built: one formula with the inputs and
// the toolchain as components, and one workflow that takes them and gives the
// principal.
func (e *encoding) build() *[]cdx.Formula {
	p := e.m.Principal
	if len(p.Inputs) == 0 && len(p.Settings) == 0 && p.Toolchain == "" && p.Built.IsZero() {
		return nil
	}
	name := freeName(e.m)
	flow := cdx.Workflow{
		BOMRef: name, UID: name, TaskTypes: &[]cdx.TaskType{cdx.TaskTypeBuild},
		Outputs: &[]cdx.TaskOutput{{Type: cdx.TaskOutputTypeArtifact, Resource: &cdx.ResourceReferenceChoice{Ref: e.ref(p.Ref)}}},
	}
	if !p.Built.IsZero() {
		flow.TimeEnd = p.Built.UTC().Format(time.RFC3339)
	}
	var components []cdx.Component
	var inputs []cdx.TaskInput
	for i, in := range p.Inputs {
		c := e.fromInput(in, fmt.Sprintf("%s:input:%d", name, i+1))
		components = append(components, c)
		inputs = append(inputs, cdx.TaskInput{Resource: &cdx.ResourceReferenceChoice{Ref: c.BOMRef}})
	}
	if parameters := fromSettings(p.Settings); parameters != nil {
		inputs = append(inputs, cdx.TaskInput{Parameters: parameters})
	}
	if p.Toolchain != "" {
		c := cdx.Component{Type: cdx.ComponentTypeApplication, BOMRef: name + ":toolchain", Name: p.Toolchain}
		components = append(components, c)
		flow.ResourceReferences = &[]cdx.ResourceReferenceChoice{{Ref: c.BOMRef}}
	}
	flow.Inputs = orNil(inputs)
	return &[]cdx.Formula{{Components: orNil(components), Workflows: &[]cdx.Workflow{flow}}}
}

// freeName returns a beginning for the names of what takes part in the build,
// such that no component is called so.
func freeName(m *sbom.Manifest) string {
	name := "build"
	for taken := true; taken; {
		taken = slices.ContainsFunc(all(m), func(c *sbom.Component) bool {
			return c.Ref == name || strings.HasPrefix(c.Ref, name+":")
		})
		if taken {
			name += "~"
		}
	}
	return name
}

func (d dialect) fromInput(in sbom.Input, ref string) cdx.Component {
	c := cdx.Component{Type: cdx.ComponentTypeFile, BOMRef: ref, Name: in.Name, Hashes: fromDigests(facts.ValidDigests(in.Digests))}
	if d.isReference(in.URL) {
		c.ExternalReferences = &[]cdx.ExternalReference{{Type: cdx.ERTypeDistribution, URL: in.URL}}
	}
	return c
}

// fromSettings returns nothing if a setting is repeated: the schema wants the
// list to be a set.
func fromSettings(settings []sbom.Property) *[]cdx.Parameter {
	for i, s := range settings {
		if slices.Contains(settings[:i], s) {
			return nil
		}
	}
	return each(settings, func(s sbom.Property) cdx.Parameter { return cdx.Parameter{Name: s.Name, Value: s.Value} })
}

// toBuild reads the first workflow of the formulation that builds.
func toBuild(bom *cdx.BOM, p *sbom.Principal) {
	for _, f := range deref(bom.Formulation) {
		for _, w := range deref(f.Workflows) {
			if slices.Contains(deref(w.TaskTypes), cdx.TaskTypeBuild) {
				toWorkflow(deref(f.Components), w, p)
				return
			}
		}
	}
}

func toWorkflow(components []cdx.Component, w cdx.Workflow, p *sbom.Principal) {
	byRef := map[string]cdx.Component{}
	for _, c := range components {
		byRef[c.BOMRef] = c
	}
	p.Built = toTime(w.TimeEnd)
	for _, r := range deref(w.ResourceReferences) {
		p.Toolchain = byRef[r.Ref].Name
	}
	for _, in := range deref(w.Inputs) {
		for _, s := range deref(in.Parameters) {
			p.Settings = append(p.Settings, sbom.Property{Name: s.Name, Value: s.Value})
		}
		if in.Resource == nil {
			continue
		}
		if c, ok := byRef[in.Resource.Ref]; ok {
			p.Inputs = append(p.Inputs, toInput(c))
		}
	}
}

func toInput(c cdx.Component) sbom.Input {
	in := sbom.Input{Name: c.Name, Digests: toDigests(c.Hashes)}
	for _, r := range deref(c.ExternalReferences) {
		in.URL = r.URL
	}
	return in
}
