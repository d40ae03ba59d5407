package spdx3

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// This file reads JSON-LD that is not as we write it: elements in elements,
// blank nodes that others refer to, prefixes, other names of the same keys, one
// value where a list is expected.

// nodes are the classes of objects that are no elements and stand within them.
// A CreationInfo is one that others refer to.
var nodes = strings.Fields("ai_EnergyConsumption ai_EnergyConsumptionDescription DictionaryEntry ExternalIdentifier ExternalMap ExternalRef " +
	"NamespaceMap PackageVerificationCode PositiveIntegerRange extension_CdxPropertyEntry extension_CdxPropertiesExtension " +
	"software_ContentIdentifier Hash")

// isNode reports whether objects of a class are no elements.
func isNode(class string) bool {
	return class == classCreation || slices.Contains(nodes, class) || strings.HasPrefix(class, "extension_")
}

// lists are the keys that may have several values; of the others, those in
// singles have one.
var (
	lists = strings.Fields("build_configSourceUri build_configSourceDigest build_configSourceEntrypoint build_parameter build_environment " +
		"createdBy createdUsing element extension externalIdentifier externalRef originatedBy profileConformance rootElement " +
		"simplelicensing_customIdToUri software_attributionText software_sbomType supportLevel to verifiedUsing locator " +
		"identifierLocator extension_cdxProperty import namespaceMap standardName software_additionalPurpose software_contentIdentifier")
	singles = strings.Fields("suppliedBy creationInfo from subject dataLicense name software_primaryPurpose software_packageVersion " +
		"software_packageUrl software_homePage software_downloadLocation software_copyrightText description " +
		"simplelicensing_licenseExpression relationshipType completeness builtTime releaseTime validUntilTime")
)

// references are the keys whose values are ids of elements.
var references = strings.Fields("spdxId @id from to element rootElement suppliedBy originatedBy createdBy createdUsing creationInfo " +
	"subject dataLicense security_assessedElement software_snippetFromFile externalSpdxId definingArtifact expandedlicensing_member")

// readOdd reads the objects that were kept.
func (p *parser) readOdd() error {
	var flat []map[string]any
	f := &flattener{prefixes: p.prefixes, inline: map[string]map[string]any{}, used: map[string]bool{}}
	for _, object := range p.odd {
		root, err := f.object(object, 0)
		if err != nil {
			return err
		}
		f.out = append(f.out, root)
	}
	flat, p.odd = f.out, nil
	for _, object := range flat {
		if id, _ := object["@id"].(string); id != "" && isInline(object) {
			f.inline[id] = object
		}
	}
	for _, object := range flat {
		f.resolve(object)
	}
	for _, object := range flat {
		if id, _ := object["@id"].(string); f.used[id] && isInline(object) {
			continue
		}
		p.takeOdd(object)
	}
	return nil
}

func isInline(object map[string]any) bool {
	class, _ := object["type"].(string)
	return class != classCreation && isNode(class)
}

// takeOdd adds an object to the graph.
func (p *parser) takeOdd(object map[string]any) {
	values := make(map[string]json.RawMessage, len(object))
	for key, v := range object {
		if v != nil {
			values[key] = canonical(v)
		}
	}
	var x row
	unread := x.putAll(values)
	if x.id() == "" {
		name := fmt.Sprintf("_:%s", shortHash(string(canonical(values))))
		if isNode(x.Type) {
			x.Node = name
		} else {
			x.ID = name
		}
	}
	if unread != nil {
		p.note("field.unread", "%.200s: what %s says cannot be read; it is kept as it is", x.id(), strings.Join(unread, ", "))
	}
	if !p.take(&x) {
		p.stray(&x, values)
	}
}

// stray adds an object that has keys that do not belong to its class: whatever
// they say, they are kept.
func (p *parser) stray(x *row, values map[string]json.RawMessage) {
	var plain row
	plain.Type, plain.ID, plain.Node, plain.Creation = x.Type, x.ID, x.Node, x.Creation
	if plain.ID == "" && plain.Node != "" {
		plain.ID, plain.Node = plain.Node, ""
	}
	e := plain.element
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch key {
		case "type", "spdxId", "@id", "creationInfo":
			continue
		}
		keep := isComponent(e.Type) && slices.Contains(componentKeys, key)
		if !keep || !plain.put(key, values[key]) {
			if keep {
				continue
			}
			plain.Extra = append(plain.Extra, foreignField(key, values[key]))
		}
	}
	e = plain.element
	if e.Type == "" {
		p.note("element.unread", "%.200s: it has no type; it is kept as it is", e.id())
	}
	p.elements = append(p.elements, &e)
}

// A flattener makes objects flat: what they contain are values only.
type flattener struct {
	prefixes map[string]string
	inline   map[string]map[string]any // objects that may stand in others, by id
	used     map[string]bool
	out      []map[string]any
}

// object flattens an object. Elements in it are added to the others.
func (f *flattener) object(object map[string]any, depth int) (map[string]any, error) {
	if depth > maxNesting {
		return nil, errors.New("its objects are nested too deep")
	}
	out := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		key := keyOf(name)
		v, err := f.value(key, object[name], depth+1)
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	class, ok := out["type"].(string)
	if list, isList := out["type"].([]any); isList && len(list) == 1 {
		class, ok = list[0].(string)
	}
	if ok {
		class = shortTerm(class)
		out["type"] = class
	}
	if id, ok := out["@id"].(string); ok && class != "" && !isNode(class) {
		delete(out, "@id")
		if out["spdxId"] == nil {
			out["spdxId"] = id
		}
	}
	return out, nil
}

func keyOf(name string) string {
	if name == "@type" {
		return "type"
	}
	return shortTerm(name)
}

// value flattens the value of a key.
func (f *flattener) value(key string, v any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errors.New("its objects are nested too deep")
	}
	switch x := v.(type) {
	case map[string]any:
		return f.inner(key, x, depth)
	case []any:
		return f.list(key, x, depth)
	case string:
		if slices.Contains(references, key) {
			v = f.expand(x)
		}
	}
	if v != nil && slices.Contains(lists, key) {
		return []any{v}, nil
	}
	return v, nil
}

func (f *flattener) list(key string, list []any, depth int) (any, error) {
	out := make([]any, 0, len(list))
	for _, y := range list {
		if y == nil {
			continue
		}
		v, err := f.value("", y, depth+1)
		if s, ok := v.(string); ok && slices.Contains(references, key) {
			v = f.expand(s)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if len(out) == 1 && slices.Contains(singles, key) {
		return out[0], nil
	}
	return out, nil
}

// inner flattens an object within another. In the place of an element stands its
// id.
func (f *flattener) inner(key string, object map[string]any, depth int) (any, error) {
	out, err := f.object(object, depth)
	if err != nil {
		return nil, err
	}
	var v any = out
	class, _ := out["type"].(string)
	if id, ok := reference(out); ok {
		v = id
	} else if key == "creationInfo" || class == classCreation || isElement(class) || out["spdxId"] != nil {
		v = f.hoist(out, class)
	}
	if slices.Contains(lists, key) {
		return []any{v}, nil
	}
	return v, nil
}

// isElement reports whether objects of a class are elements.
func isElement(class string) bool {
	return isComponent(class) || class == classDocument || slices.Contains(classes, class)
}

// reference reports whether an object is nothing but an id.
func reference(object map[string]any) (string, bool) {
	for _, key := range []string{"@id", "spdxId"} {
		if id, ok := object[key].(string); ok && len(object) == 1 {
			return id, true
		}
	}
	return "", false
}

// hoist adds an element to the graph and returns its id. One that has none gets
// one made of what it says.
func (f *flattener) hoist(object map[string]any, class string) string {
	key := "spdxId"
	if object[key] == nil && (class == classCreation || class == "") {
		key = "@id"
		object["type"] = classCreation
	}
	id, ok := object[key].(string)
	if !ok {
		id = "_:" + shortHash(string(canonical(object)))
		object[key] = id
	}
	f.out = append(f.out, object)
	return id
}

// resolve puts objects in the place of their ids.
func (f *flattener) resolve(object map[string]any) {
	for key, v := range object {
		list, ok := v.([]any)
		if !ok || slices.Contains(references, key) {
			continue
		}
		for i, y := range list {
			id, _ := y.(string)
			if inner := f.inline[id]; inner != nil && f.inline[id]["@id"] != object["@id"] {
				list[i] = inner
				f.used[id] = true
			}
		}
	}
}

// expand replaces a prefix that the context explains.
func (f *flattener) expand(id string) string {
	prefix, rest, ok := strings.Cut(id, ":")
	if base := f.prefixes[prefix]; ok && base != "" && !strings.HasPrefix(rest, "//") {
		return base + rest
	}
	return id
}

// prefixesOf returns the prefixes that a context explains.
func prefixesOf(context any) map[string]string {
	var out map[string]string
	list, _ := context.([]any)
	for _, x := range append(list, context) {
		object, _ := x.(map[string]any)
		for prefix, base := range object {
			if s, ok := base.(string); ok && !strings.HasPrefix(prefix, "@") {
				if out == nil {
					out = map[string]string{}
				}
				out[prefix] = s
			}
		}
	}
	return out
}

// terms begins the full names of classes, keys and individuals.
var terms = regexp.MustCompile(`^https://spdx\.org/rdf/3[^/]*/terms/(\w+)/(?:\w+/)?(\w+)$`)

// shortTerm returns the name that the context has for a term.
func shortTerm(s string) string {
	if !strings.HasPrefix(s, "https://spdx.org/rdf/") {
		return s
	}
	m := terms.FindStringSubmatch(s)
	switch {
	case m == nil:
		return s
	case m[1] == "Core":
		return m[2]
	default:
		return strings.ToLower(m[1]) + "_" + m[2]
	}
}
