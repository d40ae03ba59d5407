package spdx3

import (
	"unicode/utf8"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
)

// This file writes elements in the canonical serialization, the keys in the
// order of their names, several times as fast as encoding/json. A test compares
// the two.

// An object is the JSON object that is being written.
type object struct {
	b    []byte
	more bool // there is a key already
}

func (o *object) begin() {
	o.b = append(o.b, '{')
	o.more = false
}

func (o *object) end() {
	o.b = append(o.b, '}')
	o.more = true
}

// key begins a key, whose name needs no escape.
func (o *object) key(name string) {
	if o.more {
		o.b = append(o.b, ',')
	}
	o.more = true
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

// must writes a text, text one that is not empty.
func (o *object) must(name, value string) {
	o.key(name)
	o.b = appendText(o.b, value)
}

func (o *object) text(name, value string) {
	if value != "" {
		o.must(name, value)
	}
}

func (o *object) texts(name string, values []string) {
	if len(values) > 0 {
		o.mustTexts(name, values)
	}
}

func (o *object) mustTexts(name string, values []string) {
	o.key(name)
	o.b = append(o.b, '[')
	for i, v := range values {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendText(o.b, v)
	}
	o.b = append(o.b, ']')
}

// appendEach writes a list of objects.
func appendEach[T any](o *object, name string, values []T, write func(*object, *T)) {
	if len(values) == 0 {
		return
	}
	o.key(name)
	o.b = append(o.b, '[')
	for i := range values {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.begin()
		write(o, &values[i])
		o.end()
	}
	o.b = append(o.b, ']')
}

// appendElement appends e, without what is extra.
func appendElement(b []byte, e *element) []byte {
	o := object{b: b}
	o.begin()
	o.text("@id", e.Node)
	o.text("annotationType", e.AnnotationType)
	o.text("build_buildEndTime", e.BuildEnd)
	o.text("build_buildType", e.BuildType)
	o.texts("build_configSourceUri", e.ConfigSource)
	appendEach(&o, "build_parameter", e.Parameters, writeEntry)
	o.text("builtTime", e.Built)
	o.text("created", e.Created)
	o.texts("createdBy", e.CreatedBy)
	o.texts("createdUsing", e.CreatedUsing)
	o.text("creationInfo", e.Creation)
	o.text("dataLicense", e.DataLicense)
	o.text("description", e.Description)
	o.texts("element", e.Elements)
	appendEach(&o, "extension", e.Extensions, writeExtension)
	appendEach(&o, "externalIdentifier", e.Identifiers, writeIdentifier)
	appendEach(&o, "externalRef", e.Refs, writeRef)
	o.text("name", e.Name)
	o.texts("originatedBy", e.OriginatedBy)
	o.texts("profileConformance", e.Profiles)
	o.text("releaseTime", e.Released)
	o.texts("rootElement", e.Roots)
	appendEach(&o, "simplelicensing_customIdToUri", e.CustomIDs, writeEntry)
	o.text("simplelicensing_licenseExpression", e.Expression)
	if e.LicenseText != nil {
		o.must("simplelicensing_licenseText", *e.LicenseText)
	}
	o.texts("software_attributionText", e.Attribution)
	o.text("software_copyrightText", e.Copyright)
	o.text("software_downloadLocation", e.Download)
	o.text("software_homePage", e.HomePage)
	o.text("software_packageUrl", e.PURL)
	o.text("software_packageVersion", e.Version)
	o.text("software_primaryPurpose", e.Purpose)
	o.texts("software_sbomType", e.SBOMTypes)
	o.text("spdxId", e.ID)
	o.text("specVersion", e.SpecVersion)
	o.text("statement", e.Statement)
	o.text("subject", e.Subject)
	o.text("suppliedBy", e.SuppliedBy)
	o.texts("supportLevel", e.SupportLevel)
	o.must("type", e.Type)
	o.text("validUntilTime", e.ValidUntil)
	appendEach(&o, "verifiedUsing", e.Hashes, writeHash)
	o.end()
	return o.b
}

// appendRelationship appends r, without what is extra.
func appendRelationship(b []byte, r *relationship) []byte {
	o := object{b: b}
	o.begin()
	o.text("completeness", r.Completeness)
	o.text("creationInfo", r.Creation)
	o.must("from", r.From)
	o.must("relationshipType", r.Kind)
	o.text("scope", r.Scope)
	o.must("spdxId", r.ID)
	o.mustTexts("to", r.To)
	o.must("type", r.Type)
	o.end()
	return o.b
}

func writeHash(o *object, h *hash) {
	o.text("@id", h.Node)
	o.must("algorithm", h.Algorithm)
	o.text("comment", h.Comment)
	o.must("hashValue", h.Value)
	o.texts("packageVerificationCodeExcludedFile", h.Excluded)
	o.must("type", h.Type)
}

func writeRef(o *object, r *externalRef) {
	o.text("@id", r.Node)
	o.text("comment", r.Comment)
	o.text("contentType", r.ContentType)
	o.text("externalRefType", r.Kind)
	o.texts("locator", r.Locators)
	o.must("type", r.Type)
}

func writeIdentifier(o *object, id *identifier) {
	o.text("@id", id.Node)
	o.text("comment", id.Comment)
	o.must("externalIdentifierType", id.Kind)
	o.must("identifier", id.Value)
	o.texts("identifierLocator", id.Locators)
	o.text("issuingAuthority", id.Authority)
	o.must("type", id.Type)
}

func writeEntry(o *object, e *entry) {
	o.text("@id", e.Node)
	o.must("key", e.Key)
	o.must("type", e.Type)
	o.must("value", e.Value)
}

func writeExtension(o *object, x *extension) {
	o.text("@id", x.Node)
	appendEach(o, "extension_cdxProperty", x.Properties, writeProperty)
	o.must("type", x.Type)
}

func writeProperty(o *object, p *property) {
	o.text("@id", p.Node)
	o.must("extension_cdxPropName", p.Name)
	o.must("extension_cdxPropValue", p.Value)
	o.must("type", p.Type)
}

// appendText appends a string. Bytes that are not UTF-8 become U+FFFD.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := facts.ASCII(s, 0); i < len(s); i = facts.ASCII(s, i) {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendEscape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, s[start:i]...), "\ufffd"...)
			start = i + 1
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	const short, hex = "\b\t\n\f\r\"\\", "0123456789abcdef"
	for i := range len(short) {
		if short[i] == c {
			return append(b, '\\', `btnfr"\`[i])
		}
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
