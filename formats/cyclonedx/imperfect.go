package cyclonedx

import (
	"bytes"
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// repair takes out of c what no manifest may have. The document's own words
// stay as foreign data.
func (r *reader) repair(c *sbom.Component) {
	if c.Name == "" {
		c.Name = path.Base("/" + c.PURL)
		if c.Name == "/" {
			c.Name = "unnamed"
		}
		r.note(c, "component.unnamed", "the component has no name")
	}
	if valid := facts.ValidDigests(c.Digests); len(valid) < len(c.Digests) {
		c.Digests = valid
		r.note(c, "digest.invalid", "a digest is of an unknown kind or of the wrong length; it is left aside")
	}
	if !r.careful {
		return
	}
	if !isValid(sbom.Component{Ref: "a", Name: "a", PURL: c.PURL}) {
		r.note(c, "purl.invalid", "%.200q is no package URL; it is left aside", c.PURL)
		c.PURL = ""
	}
	for _, expression := range []*string{&c.Declared, &c.Concluded} {
		if *expression != "" && !isValid(sbom.Component{Ref: "a", Name: "a", Declared: *expression, LicenseTexts: c.LicenseTexts}) {
			r.note(c, "licence.invalid", "%.200q is no licence expression; it is left aside", *expression)
			*expression = ""
		}
	}
}

// keepRaw keeps the fields of a component that did not fit into x, as they
// stand in raw.
func (r *reader) keepRaw(c *sbom.Component, x *cdx.Component, raw json.RawMessage) {
	kept := odd(raw, reflect.ValueOf(x).Elem(), "", "components")
	if len(kept) == 0 {
		return
	}
	r.noteFields(c, kept)
	c.Foreign = replace(c.Foreign, kept)
}

// noteFields says which fields the library cannot read. That it cannot read
// signatures is no fault of the document.
func (r *reader) noteFields(about *sbom.Component, kept []sbom.Foreign) {
	if len(kept) == 1 && kept[0].Field == "signature" {
		return
	}
	r.note(about, "field.unknown", "what CycloneDX does not have is carried along: %.200s", fieldNames(kept))
}

func fieldNames(list []sbom.Foreign) string {
	var names []string
	for _, f := range list {
		names = append(names, f.Field)
	}
	return strings.Join(names, ", ")
}

// replace puts kept in place of what was found under the same names.
func replace(found, kept []sbom.Foreign) []sbom.Foreign {
	found = slices.DeleteFunc(slices.Clone(found), func(f sbom.Foreign) bool {
		return slices.ContainsFunc(kept, func(k sbom.Foreign) bool { return k.Standard == f.Standard && k.Field == f.Field })
	})
	return merge(found, kept)
}

// odd returns the fields of the object raw that x, which was decoded from it,
// does not say.
func odd(raw json.RawMessage, x reflect.Value, prefix string, except ...string) []sbom.Foreign {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	known := map[string]int{}
	for i := range x.NumField() {
		key, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
		known[key] = i
	}
	var out []sbom.Foreign
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(except, key) {
			continue
		}
		if i, ok := known[key]; ok && key != "-" && sameJSON(fields[key], x.Field(i)) {
			continue
		}
		out = append(out, asItStands(prefix+key, fields[key])...)
	}
	return out
}

// asItStands returns raw as foreign data.
func asItStands(field string, raw json.RawMessage) []sbom.Foreign {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return nil
	}
	value := strings.ToValidUTF8(compact.String(), "\ufffd")
	return []sbom.Foreign{{Standard: standard, Field: strings.ToValidUTF8(field, "\ufffd"), Value: value}}
}

// sameJSON reports whether the value was decoded from raw without loss.
func sameJSON(raw json.RawMessage, value reflect.Value) bool {
	written, err := marshal(value.Interface())
	if err != nil {
		return false
	}
	var a, b any
	if json.Unmarshal(raw, &a) != nil || json.Unmarshal(written, &b) != nil {
		return false
	}
	return reflect.DeepEqual(bare(a), bare(b))
}

// bare returns x without the members and elements that say nothing: the library
// leaves them out.
func bare(x any) any {
	switch x := x.(type) {
	case map[string]any:
		for key, value := range x {
			if value = bare(value); value == nil {
				delete(x, key)
			} else {
				x[key] = value
			}
		}
		if len(x) == 0 {
			return nil
		}
	case []any:
		if len(x) == 0 {
			return nil
		}
		for i := range x {
			x[i] = bare(x[i])
		}
	case string:
		if x == "" {
			return nil
		}
	case bool:
		if !x {
			return nil
		}
	}
	return x
}

// elements returns the elements of the list that is the member key of the object
// raw, if there are n.
func elements(raw json.RawMessage, key string, n int) func(i int) json.RawMessage {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	if raw == nil || json.Unmarshal(raw, &object) != nil || json.Unmarshal(object[key], &list) != nil || len(list) != n {
		return func(int) json.RawMessage { return nil }
	}
	return func(i int) json.RawMessage { return list[i] }
}
