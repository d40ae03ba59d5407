package spdx3

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// graphField is the field of foreign data that is an element of its own.
const graphField = "@graph"

// idField is the field of foreign data that is the id that an element had.
const idField = "spdxId"

func foreignField(field string, value json.RawMessage) sbom.Foreign {
	return sbom.Foreign{Standard: standard, Field: field, Value: string(value)}
}

// withField returns list with f in it, in order. What is there stays.
func withField(list []sbom.Foreign, f sbom.Foreign) []sbom.Foreign {
	if f.Field == "" || slices.ContainsFunc(list, func(x sbom.Foreign) bool { return x.Standard == standard && x.Field == f.Field }) {
		return list
	}
	list = append(slices.Clip(list), f)
	slices.SortFunc(list, compareForeign)
	return list
}

func compareForeign(a, b sbom.Foreign) int {
	if c := strings.Compare(a.Field, b.Field); c != 0 {
		return c
	}
	return strings.Compare(a.Value, b.Value)
}

// withID returns list with the id of an element in it, unless that is "".
func withID(list []sbom.Foreign, id string) []sbom.Foreign {
	if id == "" {
		return list
	}
	return withField(list, foreignField(idField, canonical(id)))
}

// ownID returns the id that a component had in a document that it was read from.
func ownID(list []sbom.Foreign) (string, bool) {
	for _, f := range list {
		if f.Standard == standard && f.Field == idField {
			return toIRI(f.Value)
		}
	}
	return "", false
}

// foreignID returns the id that the element of a class had that there is one of.
func foreignID(list []sbom.Foreign, class string) (string, bool) {
	for _, f := range list {
		var x struct {
			ID json.RawMessage `json:"spdxId"`
		}
		if f.Standard == standard && f.Field == class && json.Unmarshal([]byte(f.Value), &x) == nil {
			return toIRI(string(x.ID))
		}
	}
	return "", false
}

func toIRI(value string) (string, bool) {
	var id string
	if json.Unmarshal([]byte(value), &id) != nil || !isIRI(id) {
		return "", false
	}
	return id, true
}

// isIRI reports whether an element may have that id.
func isIRI(id string) bool {
	return strings.Index(id, ":") > 0 && !strings.HasPrefix(id, "_:") && !strings.HasSuffix(id, ":") && facts.IsReference(id)
}

// componentKeys are the keys of components that the model has words for.
var componentKeys = strings.Fields("builtTime description extension externalIdentifier externalRef name originatedBy releaseTime " +
	"software_attributionText software_copyrightText software_downloadLocation software_homePage software_packageUrl " +
	"software_packageVersion software_primaryPurpose suppliedBy supportLevel validUntilTime verifiedUsing creationInfo")

// otherKeys are the keys of components that it has none for.
var otherKeys = strings.Fields("comment summary standardName software_additionalPurpose software_contentIdentifier")

// packageKeys are keys that files have not, and fileKeys those that packages
// have not.
var (
	packageKeys = strings.Fields("software_downloadLocation software_homePage software_packageUrl software_packageVersion software_sourceInfo")
	fileKeys    = strings.Fields("contentType software_fileKind")
)

// isLegal reports whether a component of that class may have a key.
func isLegal(class, key string) bool {
	switch {
	case slices.Contains(otherKeys, key):
		return true
	case slices.Contains(fileKeys, key):
		return class == classFile
	case slices.Contains(packageKeys, key):
		return class != classFile
	case strings.HasPrefix(key, "ai_"):
		return class == "ai_AIPackage"
	case strings.HasPrefix(key, "dataset_"):
		return class == "dataset_DatasetPackage"
	}
	return slices.Contains(componentKeys, key)
}

// foreignFields returns what a component has beyond the model: keys that are
// not known, keys that are not wholly understood, and a class or a CreationInfo
// of its own.
func (r *reader) foreignFields(e *element, c *sbom.Component, odd []string) []sbom.Foreign {
	usual := classOf(c)
	if e.ID == r.root {
		usual = classPackage
	}
	if len(e.Extra) == 0 && len(odd) == 0 && e.Type == usual && e.Creation == r.creation {
		return nil
	}
	var out []sbom.Foreign
	for _, f := range e.Extra {
		out = withField(out, f)
	}
	for _, key := range odd {
		out = withField(out, e.foreign(key))
	}
	if e.Type != usual {
		out = withField(out, foreignField("type", canonical(e.Type)))
	}
	if e.Creation != r.creation {
		out = withField(out, foreignField("creationInfo", canonical(e.Creation)))
	}
	return out
}

// withForeign returns plain, the element of c, with what c has beyond the model,
// as far as the element then still says the same.
func (e *encoder) withForeign(c *sbom.Component, plain *element) *element {
	var fields []sbom.Foreign
	for _, f := range c.Foreign {
		if f.Standard == standard && f.Field != idField {
			fields = append(fields, f)
		}
	}
	if fields == nil {
		return plain
	}
	e.checked = false
	defer func() { e.checked = true }()
	want := e.readAny(plain)
	if x, ok := e.apply(c, plain, fields, want); ok {
		return x
	}
	best, accepted := plain, fields[:0:0]
	for _, f := range fields {
		if x, ok := e.apply(c, plain, append(accepted, f), want); ok {
			best, accepted = x, append(accepted, f)
		}
	}
	return best
}

// readAny reads a component or the principal, without what is foreign.
func (e *encoder) readAny(x *element) *sbom.Principal {
	p := &sbom.Principal{}
	if x.ID == e.root {
		p = e.readPrincipal(x)
	} else {
		p.Component = e.readComponent(x)
	}
	p.Foreign = nil
	return p
}

// apply writes fields into the element of c. It reports false if the element may
// not have them, or no longer says what is wanted.
func (e *encoder) apply(c *sbom.Component, plain *element, fields []sbom.Foreign, want *sbom.Principal) (*element, bool) {
	x := row{element: *plain}
	for _, f := range fields {
		if f.Field == "type" {
			var class string
			if json.Unmarshal([]byte(f.Value), &class) != nil || !isComponent(class) {
				return nil, false
			}
			x.element = *e.fields(c, class)
			if x.ID == e.root {
				e.principalFields(&x.element)
			}
		}
	}
	for _, f := range fields {
		if f.Field != "type" && !x.putForeign(f) {
			return nil, false
		}
	}
	if x.Creation != e.creation && e.byID[x.Creation] == nil {
		return nil, false
	}
	return &x.element, len(facts.MissingFromPrincipal(want, e.readAny(&x.element))) == 0
}

// putForeign sets a key that a decoded document had. It reports false if that
// cannot be.
func (x *row) putForeign(f sbom.Foreign) bool {
	value, ok := canonicalText(f.Value)
	if !ok || string(value) == "null" || !isLegal(x.Type, f.Field) || hasField(x.Extra, f.Field) {
		return false
	}
	if f.Field == extensionKey {
		before := len(x.Extensions)
		return x.putExtensions(value) == nil && len(x.Extensions) == before && hasField(x.Extra, extensionKey)
	}
	return x.put(f.Field, value) && (!hasField(x.Extra, f.Field) || !slices.Contains(componentKeys, f.Field) && hasShape(f.Field, value))
}

// hasShape reports whether a value is of the kind that its key has.
func hasShape(key string, value json.RawMessage) bool {
	switch {
	case slices.Contains(lists, key):
		return value[0] == '['
	case strings.HasPrefix(key, "ai_") || strings.HasPrefix(key, "dataset_"):
		return true
	default:
		return value[0] == '"'
	}
}

func hasField(list []sbom.Foreign, field string) bool {
	return slices.ContainsFunc(list, func(f sbom.Foreign) bool { return f.Field == field })
}
