package cyclonedx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A dialect is one way to spell a document.
type dialect struct {
	version cdx.SpecVersion
	xml     bool
}

// Versions lists the versions of CycloneDX that are written and read.
func Versions() []string {
	return []string{"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"}
}

const defaultVersion = "1.6"

// versionOf returns the version of that name.
func versionOf(name string) (cdx.SpecVersion, error) {
	i := slices.Index(Versions(), name)
	if i < 0 {
		return 0, fmt.Errorf("version %.20q of CycloneDX is not known, only %s", name, strings.Join(Versions(), ", "))
	}
	return cdx.SpecVersion1_2 + cdx.SpecVersion(i), nil
}

// has reports whether the dialect has what came with version v.
func (d dialect) has(v cdx.SpecVersion) bool { return d.version >= v }

// schemaURL names the schema of a JSON document. Older versions have no place
// for it.
func (d dialect) schemaURL() string {
	if !d.has(cdx.SpecVersion1_4) || d.xml {
		return ""
	}
	return "http://cyclonedx.org/schema/bom-" + d.version.String() + ".schema.json"
}

// namespace names the schema of an XML document.
func (d dialect) namespace() string { return namespaces + d.version.String() }

// A vintage is a list of words and the version that they came with.
type vintage struct {
	since cdx.SpecVersion
	words []string
}

// componentTypes are the types of components.
var componentTypes = []vintage{
	{cdx.SpecVersion1_2, []string{"application", "framework", "library", "container", "operating-system", "device", "firmware", "file"}},
	{cdx.SpecVersion1_5, []string{"platform", "device-driver", "machine-learning-model", "data"}},
	{cdx.SpecVersion1_6, []string{"cryptographic-asset"}},
}

// linkTypes are the types of external references.
var linkTypes = []vintage{
	{cdx.SpecVersion1_2, []string{
		"vcs", "issue-tracker", "website", "advisories", "bom", "mailing-list", "social", "chat", "documentation", "support",
		"distribution", "license", "build-meta", "build-system", "other",
	}},
	{cdx.SpecVersion1_4, []string{"release-notes"}},
	{cdx.SpecVersion1_5, []string{
		"distribution-intake", "security-contact", "model-card", "log", "configuration", "evidence", "formulation",
		"attestation", "threat-model", "adversary-model", "risk-assessment", "vulnerability-assertion",
		"exploitability-statement", "pentest-report", "static-analysis-report", "dynamic-analysis-report",
		"runtime-analysis-report", "component-analysis-report", "maturity-report", "certification-report",
		"codified-infrastructure", "quality-metrics", "poam",
	}},
	{cdx.SpecVersion1_6, []string{"source-distribution", "electronic-signature", "digital-signature", "rfc-9116"}},
	{cdx.SpecVersion1_7, []string{"patent", "patent-family", "patent-assertion", "citation"}},
}

// aggregateWords are what compositions say of lists.
var aggregateWords = []vintage{
	{cdx.SpecVersion1_3, []string{
		"complete", "incomplete", "incomplete_first_party_only", "incomplete_third_party_only", "unknown", "not_specified",
	}},
	{cdx.SpecVersion1_5, []string{
		"incomplete_first_party_proprietary_only", "incomplete_first_party_opensource_only",
		"incomplete_third_party_proprietary_only", "incomplete_third_party_opensource_only",
	}},
}

// knows reports whether the dialect has the word.
func (d dialect) knows(list []vintage, word string) bool {
	return slices.ContainsFunc(list, func(v vintage) bool { return d.has(v.since) && slices.Contains(v.words, word) })
}

func (d dialect) fromType(t sbom.Type) cdx.ComponentType {
	if d.knows(componentTypes, string(t)) {
		return cdx.ComponentType(t)
	}
	return cdx.ComponentTypeLibrary
}

// isReference reports whether s can stand where the schema wants a URL. Those of
// XML are stricter.
func (d dialect) isReference(s string) bool {
	return facts.IsReference(s) && !(d.xml && (strings.ContainsAny(s, "[]") || strings.Count(s, "#") > 1))
}

// cpes is the pattern that the schemas of XML have for CPE names.
var cpes = regexp.MustCompile(`^(?:([c][pP][eE]:/[AHOaho]?(:[A-Za-z0-9\._\-~%]*){0,6})|(cpe:2\.3:[aho\*\-](:(((\?*|\*?)([a-zA-Z0-9\-\._]|(\\[\\\*\?!"#$%&'\(\)\+,/:;<=>@\[\]\^` + "`" + `\{\|}~]))+(\?*|\*?))|[\*\-])){5}(:(([a-zA-Z]{2,3}(-([a-zA-Z]{2}|[0-9]{3}))?)|[\*\-]))(:(((\?*|\*?)([a-zA-Z0-9\-\._]|(\\[\\\*\?!"#$%&'\(\)\+,/:;<=>@\[\]\^` + "`" + `\{\|}~]))+(\?*|\*?))|[\*\-])){4}))$`)

func (d dialect) fromCPE(cpe string) string {
	if d.xml && !cpes.MatchString(cpe) {
		return ""
	}
	return cpe
}
