package cyclonedx

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Foreign data are what a document has beyond the model. The decoder finds them
// field by field: it asks the encoder what it would write for the component that
// it has just read, and each field that is another one is kept as it is.
//
// The encoder puts such a field back if that is true to the model: if reading it
// gives the facts that the model has now. If not, or if the version at hand does
// not have the field, it is carried along as a property. So an amended fact wins
// over the document that it once came from, and nothing is lost.
const standard = "cyclonedx"

// originField is foreign data of the document: the version of CycloneDX that
// the others were read from. Newer versions have what older ones had.
const originField = "specVersion"

// A part is a field of one of the library's structs.
type part struct {
	key   string // in JSON
	index int
	since cdx.SpecVersion
}

// never is the version that has a field which is not put back: a signature
// does not fit a document that was written anew.
const never = cdx.SpecVersion(1 << 10)

// componentParts are the fields of components that may have something that the
// model has not.
var componentParts = parts(reflect.TypeFor[cdx.Component](), map[cdx.SpecVersion]string{
	cdx.SpecVersion1_2: "mime-type supplier author publisher group scope hashes licenses purl swid modified pedigree externalReferences",
	cdx.SpecVersion1_3: "evidence",
	cdx.SpecVersion1_4: "releaseNotes",
	cdx.SpecVersion1_5: "modelCard data",
	cdx.SpecVersion1_6: "manufacturer authors omniborId swhid cryptoProperties tags",
	cdx.SpecVersion1_7: "isExternal patentAssertions versionRange",
	never:              "signature",
})

// bomParts are such fields of documents. More is kept of annotations,
// dependencies and properties, of which some are ours.
var bomParts = parts(reflect.TypeFor[cdx.BOM](), map[cdx.SpecVersion]string{
	cdx.SpecVersion1_2: "services externalReferences",
	cdx.SpecVersion1_3: "compositions",
	cdx.SpecVersion1_4: "vulnerabilities",
	cdx.SpecVersion1_5: "formulation properties",
	cdx.SpecVersion1_6: "declarations definitions",
	cdx.SpecVersion1_7: "citations",
	never:              "serialNumber signature",
})

// metadataParts are such fields of the metadata.
var metadataParts = parts(reflect.TypeFor[cdx.Metadata](), map[cdx.SpecVersion]string{
	cdx.SpecVersion1_2: "timestamp tools authors manufacture supplier",
	cdx.SpecVersion1_3: "licenses",
	cdx.SpecVersion1_5: "lifecycles",
	cdx.SpecVersion1_6: "manufacturer",
	cdx.SpecVersion1_7: "distributionConstraints",
})

const ofMetadata = "metadata."

// parts returns the fields of t that have the keys of the table.
func parts(t reflect.Type, table map[cdx.SpecVersion]string) []part {
	since := map[string]cdx.SpecVersion{}
	for version, keys := range table {
		for _, key := range strings.Fields(keys) {
			since[key] = version
		}
	}
	var out []part
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if version, ok := since[key]; ok {
			out = append(out, part{key, i, version})
		}
	}
	return out
}

func find(list []part, key string) (part, bool) {
	i := slices.IndexFunc(list, func(p part) bool { return p.key == key })
	if i < 0 {
		return part{}, false
	}
	return list[i], true
}

// foreignFields returns the fields of x that native has not.
func (d dialect) foreignFields(x, native *cdx.Component) []sbom.Foreign {
	return differences(componentParts, "", reflect.ValueOf(x).Elem(), reflect.ValueOf(native).Elem())
}

func differences(list []part, prefix string, x, native reflect.Value) []sbom.Foreign {
	var out []sbom.Foreign
	for _, p := range list {
		field := x.Field(p.index)
		if field.IsZero() || reflect.DeepEqual(field.Interface(), native.Field(p.index).Interface()) {
			continue
		}
		// What cannot be written was not read as it stands: see keepRaw.
		if value, err := marshal(field.Interface()); err == nil {
			out = append(out, sbom.Foreign{Standard: standard, Field: prefix + p.key, Value: string(value)})
		}
	}
	return out
}

// marshal returns x as compact JSON. It escapes nothing that it need not.
func marshal(x any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(x)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// familiar reports whether x has certainly nothing that is foreign. It is for the
// most usual components.
func (d dialect) familiar(x *cdx.Component) bool {
	rest := *x
	rest.BOMRef, rest.Type, rest.Name, rest.Version, rest.Description, rest.PackageURL, rest.CPE, rest.Copyright = "", "", "", "", "", "", "", ""
	rest.Properties, rest.Components = nil, nil
	if usualLicence(x.Licenses) && d.has(cdx.SpecVersion1_6) {
		rest.Licenses = nil
	}
	if usualEvidence(x.Evidence) {
		rest.Evidence = nil
	}
	return rest == cdx.Component{}
}

func usualLicence(list *cdx.Licenses) bool {
	if list == nil || len(*list) != 1 {
		return false
	}
	l := &(*list)[0]
	return l.License == nil && l.Expression != "" && l.ExpressionDetails == nil && l.BOMRef == "" && l.Licensing == nil && l.Properties == nil &&
		l.Acknowledgement != nil && *l.Acknowledgement == cdx.LicenseAcknowledgementDeclared
}

func usualEvidence(e *cdx.Evidence) bool {
	if e == nil || e.Occurrences == nil || e.Identity != nil || e.Callstack != nil || e.Licenses != nil || e.Copyright != nil {
		return false
	}
	for i := range *e.Occurrences {
		o := &(*e.Occurrences)[i]
		if o.BOMRef != "" || o.Location == "" || o.Line != nil || o.Offset != nil || o.Symbol != "" || o.AdditionalContext != "" {
			return false
		}
	}
	return true
}

// merge adds what was found to what properties carried, in order.
func merge(carried, found []sbom.Foreign) []sbom.Foreign {
	if len(found) == 0 {
		return carried
	}
	all := append(slices.Clip(carried), found...)
	slices.SortFunc(all, compareForeign)
	return slices.Compact(all)
}

func compareForeign(a, b sbom.Foreign) int {
	return cmp.Or(cmp.Compare(a.Standard, b.Standard), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value))
}

// inOrder reports whether the list is as merge makes it, and has no field twice.
func inOrder(list []sbom.Foreign) bool {
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		if compareForeign(a, b) >= 0 || a.Standard == b.Standard && a.Field == b.Field {
			return false
		}
	}
	return true
}

// originOf returns the version that the foreign data of m are from.
func originOf(m *sbom.Manifest) cdx.SpecVersion {
	for _, f := range m.Foreign {
		if f.Standard != standard || f.Field != originField {
			continue
		}
		var name string
		if json.Unmarshal([]byte(f.Value), &name) == nil {
			if v, err := versionOf(name); err == nil {
				return v
			}
		}
	}
	return cdx.SpecVersion1_7
}

// faulty are the fields that the library does not write as the schemas of XML
// want them.
var faulty = []string{
	"modelCard", "data", "declarations", "definitions", "citations", "isExternal", "versionRange", "patentAssertions",
	"cryptoProperties",
}

// takes reports whether the dialect has room for the field, and for a value of
// it that is of another version.
func (e *encoding) takes(p part, f sbom.Foreign) bool {
	simple := strings.HasPrefix(f.Value, `"`) || f.Value == "true" || f.Value == "false"
	if e.xml && slices.Contains(faulty, p.key) {
		return false
	}
	return e.has(p.since) && (e.has(e.origin) || simple)
}

// adopt puts foreign fields into out, which is what the model alone gives, and
// returns those that do not fit. What it puts there a decoder finds again.
func (e *encoding) adopt(out *cdx.Component, c *sbom.Component) (rest []sbom.Foreign) {
	if !inOrder(c.Foreign) {
		return c.Foreign
	}
	native := *out
	adopted, rest := e.adoptAll(out, c)
	if adopted == nil {
		adopted, rest = e.adoptSome(out, c)
	}
	if !slices.Equal(merge(nil, e.foreignFields(out, &native)), adopted) {
		*out, rest = native, c.Foreign
	}
	return rest
}

// adoptAll adopts all fields that there is room for, if together they agree with
// the model: licences and their evidence often do so only together.
func (e *encoding) adoptAll(out *cdx.Component, c *sbom.Component) (adopted, rest []sbom.Foreign) {
	trial := *out
	for _, f := range c.Foreign {
		if e.setField(&trial, f, c) {
			adopted = append(adopted, f)
		} else {
			rest = append(rest, f)
		}
	}
	if adopted == nil || e.lacks(&trial, c) > e.lacks(out, c) {
		return nil, c.Foreign
	}
	*out = trial
	return adopted, rest
}

// adoptSome adopts the fields that agree with the model one by one.
func (e *encoding) adoptSome(out *cdx.Component, c *sbom.Component) (adopted, rest []sbom.Foreign) {
	lacking := e.lacks(out, c)
	for _, f := range c.Foreign {
		trial := *out
		if e.setField(&trial, f, c) && e.lacks(&trial, c) <= lacking {
			*out, lacking, adopted = trial, e.lacks(&trial, c), append(adopted, f)
		} else {
			rest = append(rest, f)
		}
	}
	return adopted, rest
}

// lacks counts the facts about c that x does not say.
func (e *encoding) lacks(x *cdx.Component, c *sbom.Component) int {
	back := e.licences.toComponent(x)
	return facts.Component.Lacks(c, &back)
}

// setField sets the foreign field f, if there is room for it.
func (e *encoding) setField(x *cdx.Component, f sbom.Foreign, c *sbom.Component) bool {
	trial := *x
	if !e.setPart(componentParts, f, "", reflect.ValueOf(&trial).Elem()) || !e.fits(f.Field, &trial, c) {
		return false
	}
	if onlyTexts := f.Field == "licenses" && x.Evidence != nil && x.Evidence.Licenses != nil && x.Evidence.Occurrences == nil; onlyTexts {
		trial.Evidence = nil // the texts stand where they stood
	}
	*x = trial
	return true
}

// setPart sets the field of to that f is a value of. It reports false if there is
// none, or if the value would come back as another one.
func (e *encoding) setPart(list []part, f sbom.Foreign, prefix string, to reflect.Value) bool {
	key, ok := strings.CutPrefix(f.Field, prefix)
	p, known := find(list, key)
	if !ok || !known || f.Standard != standard || !e.takes(p, f) {
		return false
	}
	value := reflect.New(to.Type().Field(p.index).Type)
	if json.Unmarshal([]byte(f.Value), value.Interface()) != nil {
		return false
	}
	if reflect.DeepEqual(value.Elem().Interface(), to.Field(p.index).Interface()) {
		return false // it is what the model says, and nobody would find it again
	}
	again, err := marshal(value.Elem().Interface())
	if err != nil || string(again) != f.Value || !e.survives(to.Type(), p, value.Elem()) {
		return false
	}
	to.Field(p.index).Set(value.Elem())
	return true
}

// survives reports whether a value comes back from XML.
func (e *encoding) survives(holder reflect.Type, p part, value reflect.Value) bool {
	if e.holdsAll() {
		return true
	}
	text, _ := marshal(value.Interface())
	var decoded any
	if json.Unmarshal(text, &decoded) != nil || !e.cleanAll(decoded) {
		return false
	}
	if !e.xml {
		return true
	}
	x := reflect.New(holder)
	x.Elem().Field(p.index).Set(value)
	b, err := xml.Marshal(x.Interface())
	if err != nil {
		return false
	}
	back := reflect.New(holder)
	return xml.Unmarshal(b, back.Interface()) == nil && reflect.DeepEqual(back.Elem().Field(p.index).Interface(), value.Interface())
}

// cleanAll reports whether the dialect holds all strings of a JSON value.
func (d dialect) cleanAll(x any) bool {
	switch x := x.(type) {
	case string:
		return d.isClean(x)
	case []any:
		return !slices.ContainsFunc(x, func(e any) bool { return !d.cleanAll(e) })
	case map[string]any:
		for _, value := range x {
			if !d.cleanAll(value) {
				return false
			}
		}
	}
	return true
}

// fits reports whether a foreign field that was set in x is as the schema wants
// it, as far as tools are known to get it wrong.
func (e *encoding) fits(field string, x *cdx.Component, c *sbom.Component) bool {
	switch field {
	case "group":
		name, ok := strings.CutPrefix(c.Name, x.Group+"/")
		x.Name = name
		return ok && name != ""
	case "author": // XML has one or the other
		return !e.xml || x.Authors == nil && x.Manufacturer == nil
	case "hashes":
		return e.fitHashes(x.Hashes)
	case "licenses":
		return e.fitLicences(x.Licenses)
	case "evidence":
		return e.fitEvidence(x.Evidence)
	case "scope":
		return slices.Contains([]cdx.Scope{cdx.ScopeExcluded, cdx.ScopeOptional, cdx.ScopeRequired}, x.Scope)
	case "externalReferences":
		return e.fitLinks(x.ExternalReferences)
	case "purl":
		return false // the model would have it if it were one
	}
	return true
}

func (e *encoding) fitEvidence(v *cdx.Evidence) bool {
	if v == nil {
		return true
	}
	if v.Identity != nil && v.Identity.Identities != nil && !e.xml && !e.has(cdx.SpecVersion1_6) {
		return false // there is one identity at most
	}
	more := func(o cdx.EvidenceOccurrence) bool {
		return o != cdx.EvidenceOccurrence{BOMRef: o.BOMRef, Location: o.Location}
	}
	return e.fitLicences(v.Licenses) && !(e.xml && slices.ContainsFunc(deref(v.Occurrences), more))
}

func (e *encoding) fitHashes(list *[]cdx.Hash) bool {
	return !slices.ContainsFunc(deref(list), func(h cdx.Hash) bool {
		d := sbom.Digest{Algorithm: string(h.Algorithm), Value: strings.ToLower(h.Value)}
		return len(facts.ValidDigests([]sbom.Digest{d})) == 0
	})
}

func (e *encoding) fitLinks(list *[]cdx.ExternalReference) bool {
	return !slices.ContainsFunc(deref(list), func(r cdx.ExternalReference) bool {
		return e.isCarrier(r.URL) || !e.isReference(r.URL) && (e.xml || r.URL != "") || !e.knows(linkTypes, string(r.Type)) || !e.fitHashes(r.Hashes)
	})
}

// fitLicences reports whether the list is one that the version allows, with ids
// that the schemas know.
func (e *encoding) fitLicences(list *cdx.Licenses) bool {
	if list == nil {
		return true
	}
	expressions := 0
	for _, l := range *list {
		if l.License == nil {
			expressions++
		} else if l.License.ID != "" && !listed(l.License.ID) {
			return false
		}
	}
	loose := e.has(cdx.SpecVersion1_7) || !e.xml && !e.has(cdx.SpecVersion1_5)
	return expressions == 0 || len(*list) == 1 || loose
}
