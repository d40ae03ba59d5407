package cyclonedx

import (
	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
)

// This file writes the most usual components as encoding/json does, several times
// as fast. A test compares the two.

// An object is the JSON object that is being written.
type object struct {
	b    []byte
	more bool // there is a member already
}

// key begins a member. Its name needs no escape.
func (o *object) key(name string) {
	if o.more {
		o.b = append(o.b, ',')
	}
	o.more = true
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) must(name, value string) {
	o.key(name)
	o.b = facts.AppendString(o.b, value)
}

func (o *object) text(name, value string) {
	if value != "" {
		o.must(name, value)
	}
}

// objects writes a list of objects, unless there is no list.
func objects[T any](o *object, name string, list *[]T, write func(*object, *T)) {
	if list == nil {
		return
	}
	o.key(name)
	o.b = append(o.b, '[')
	for i := range *list {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = append(o.b, '{')
		o.more = false
		write(o, &(*list)[i])
		o.b = append(o.b, '}')
	}
	o.b = append(o.b, ']')
	o.more = true
}

// appendComponent appends c to b. It reports false if c has a field that it does
// not know.
func appendComponent(b []byte, c *cdx.Component) ([]byte, bool) {
	if !isSimple(c) {
		return b, false
	}
	o := object{b: append(b, '{')}
	o.text("bom-ref", c.BOMRef)
	o.must("type", string(c.Type))
	o.must("name", c.Name)
	o.text("version", c.Version)
	o.text("description", c.Description)
	o.text("scope", string(c.Scope))
	objects(&o, "hashes", c.Hashes, func(o *object, h *cdx.Hash) {
		o.must("alg", string(h.Algorithm))
		o.must("content", h.Value)
	})
	objects(&o, "licenses", (*[]cdx.LicenseChoice)(c.Licenses), func(o *object, l *cdx.LicenseChoice) {
		o.text("expression", l.Expression)
		o.must("acknowledgement", string(*l.Acknowledgement))
	})
	o.text("copyright", c.Copyright)
	o.text("cpe", c.CPE)
	o.text("purl", c.PackageURL)
	objects(&o, "properties", c.Properties, func(o *object, p *cdx.Property) {
		o.must("name", p.Name)
		o.must("value", p.Value)
	})
	if c.Evidence != nil {
		o.key("evidence")
		o.b = append(o.b, '{')
		o.more = false
		objects(&o, "occurrences", c.Evidence.Occurrences, func(o *object, at *cdx.EvidenceOccurrence) {
			o.text("location", at.Location)
			o.text("additionalContext", at.AdditionalContext)
		})
		o.b = append(o.b, '}')
	}
	return append(o.b, '}'), true
}

// isSimple reports whether c has only fields that appendComponent writes.
func isSimple(c *cdx.Component) bool {
	rest := *c
	rest.BOMRef, rest.Type, rest.Name, rest.Version, rest.Description, rest.Scope = "", "", "", "", "", ""
	rest.Copyright, rest.CPE, rest.PackageURL, rest.Hashes, rest.Properties = "", "", "", nil, nil
	if usualLicence(c.Licenses) {
		rest.Licenses = nil
	}
	if isSimpleEvidence(c.Evidence) {
		rest.Evidence = nil
	}
	return rest == cdx.Component{}
}

func isSimpleEvidence(e *cdx.Evidence) bool {
	if e == nil || e.Occurrences == nil || *e != (cdx.Evidence{Occurrences: e.Occurrences}) {
		return false
	}
	for _, o := range *e.Occurrences {
		if o != (cdx.EvidenceOccurrence{Location: o.Location, AdditionalContext: o.AdditionalContext}) {
			return false
		}
	}
	return true
}
