package cyclonedx

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Not every dialect holds every text: XML has no room for most control
// characters, and version 1.2 for line ends. Where such a character would stand
// in a field, the field has U+FFFD instead, so that people see something, and the
// fact is a property as well. Where it would stand in a property, the property
// is spelled in JSON, as the value of one that is called
//
//	manifestgen:escaped
//
// Version 1.2 has no properties either. There each is an external reference of
// type "other" with the value as comment and the name in the URL:
//
//	manifestgen:property:NAME
const (
	escaped = "manifestgen:escaped"
	carrier = "manifestgen:property:"
)

// reproducible is the property of a document that leaves out its time.
const reproducible = "cdx:reproducible"

// holdsAll reports whether every text can be written as it is.
func (d dialect) holdsAll() bool { return !d.xml && d.has(cdx.SpecVersion1_3) }

// holds reports whether the character may occur in texts.
func (d dialect) holds(r rune) bool {
	if !d.has(cdx.SpecVersion1_3) && (r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029') {
		return false
	}
	return !d.xml || r >= ' ' && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r'
}

// clean returns s without what the dialect cannot hold.
func (d dialect) clean(s string) string {
	return strings.Map(func(r rune) rune {
		if d.holds(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

func (d dialect) isClean(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !d.holds(r) })
}

// scrub cleans all texts that x points to.
func (d dialect) scrub(x any) {
	if !d.holdsAll() {
		d.scrubValue(reflect.ValueOf(x).Elem())
	}
}

// scrubValue goes no deeper than what is written of the model: four lists.
func (d dialect) scrubValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if !d.isClean(v.String()) {
			v.SetString(d.clean(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			d.scrubValue(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.scrubValue(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			d.scrubValue(v.Field(i))
		}
	}
}

// nameAnew finds bom-refs for the components whose refs the dialect cannot hold.
func (e *encoding) nameAnew() {
	if e.holdsAll() {
		return
	}
	taken := map[string]bool{}
	for _, c := range all(e.m) {
		taken[c.Ref] = true
	}
	e.refs = map[string]string{}
	for _, c := range all(e.m) {
		if e.isClean(c.Ref) {
			continue
		}
		ref := unused(e.clean(c.Ref), func(ref string) bool { return taken[ref] })
		taken[ref], e.refs[c.Ref] = true, ref
	}
}

// unused returns base, with a number if it is taken.
func unused(base string, taken func(string) bool) string {
	ref := base
	for n := 2; taken(ref); n++ {
		ref = fmt.Sprintf("%s~%d", base, n)
	}
	return ref
}

// ref returns the bom-ref of a component.
func (e *encoding) ref(ref string) string {
	if other, ok := e.refs[ref]; ok {
		return other
	}
	return ref
}

func (d dialect) reservedInComponent(name string) bool {
	return facts.ReservedInComponent(name) || name == escaped && !d.holdsAll()
}

func (d dialect) reservedInPrincipal(name string) bool {
	return facts.ReservedInPrincipal(name) || name == escaped && !d.holdsAll()
}

// isCarrier reports whether a link with that URL would be taken for a property.
func (d dialect) isCarrier(url string) bool {
	return !d.has(cdx.SpecVersion1_3) && strings.HasPrefix(url, carrier)
}

// pack writes the properties of c as the dialect can hold them.
func (d dialect) pack(c *cdx.Component) {
	if !d.holdsAll() {
		c.Properties, c.ExternalReferences = d.packed(c.Properties, c.ExternalReferences)
	}
}

// packDocument does so with the properties of the metadata. The document has
// references of its own.
func (d dialect) packDocument(bom *cdx.BOM) {
	if !d.holdsAll() {
		bom.Metadata.Properties, bom.ExternalReferences = d.packed(bom.Metadata.Properties, bom.ExternalReferences)
	}
}

func (d dialect) packed(properties *[]cdx.Property, links *[]cdx.ExternalReference) (*[]cdx.Property, *[]cdx.ExternalReference) {
	var kept []cdx.Property
	carriers := deref(links)
	for _, p := range deref(properties) {
		if !d.isClean(p.Name) || !d.isClean(p.Value) {
			p = cdx.Property{Name: escaped, Value: string(facts.Canonical(sbom.Property(p)))}
		}
		if d.has(cdx.SpecVersion1_3) {
			kept = append(kept, p)
			continue
		}
		carriers = append(carriers, cdx.ExternalReference{Type: cdx.ERTypeOther, URL: carrier + url.PathEscape(p.Name), Comment: p.Value})
	}
	return orNil(kept), orNil(carriers)
}

// unpack undoes pack.
func (d dialect) unpack(c *cdx.Component) {
	if !d.holdsAll() {
		c.Properties, c.ExternalReferences = d.unpacked(c.Properties, c.ExternalReferences)
	}
}

func (d dialect) unpackDocument(bom *cdx.BOM) {
	if !d.holdsAll() {
		bom.Metadata.Properties, bom.ExternalReferences = d.unpacked(bom.Metadata.Properties, bom.ExternalReferences)
	}
}

func (d dialect) unpacked(properties *[]cdx.Property, links *[]cdx.ExternalReference) (*[]cdx.Property, *[]cdx.ExternalReference) {
	found := deref(properties)
	var kept []cdx.ExternalReference
	for _, l := range deref(links) {
		name, err := url.PathUnescape(strings.TrimPrefix(l.URL, carrier))
		if !d.isCarrier(l.URL) || err != nil || l.Type != cdx.ERTypeOther {
			kept = append(kept, l)
			continue
		}
		found = append(found, cdx.Property{Name: name, Value: l.Comment})
	}
	for i, p := range found {
		var plain sbom.Property
		if p.Name == escaped && json.Unmarshal([]byte(p.Value), &plain) == nil {
			found[i] = cdx.Property(plain)
		}
	}
	return orNil(found), orNil(kept)
}
