package command_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// elements are what tools that grade manifests look for, and where each standard
// has a field of its own for it; nowhere, where it has none. A way leads through
// keys; of a list it takes every entry, or with [key=value] those that are so, or
// with [^text] those that begin so.
var elements = []struct{ element, cyclonedx, spdx, spdx3 string }{
	{"author", "metadata/manufacturer/name", "creationInfo/creators[^Organization:]", "@graph[type=Organization]/name"},
	{"contact of the author", "metadata/manufacturer/contact/email", "creationInfo/creators[^Organization: Nova Release Team (nova@example.org)]", "@graph[type=Organization]/externalIdentifier[externalIdentifierType=email]/identifier"},
	{"time", "metadata/timestamp", "creationInfo/created", "@graph[type=CreationInfo]/created"},
	{"tool", "metadata/tools/components/name", "creationInfo/creators[^Tool: manifestgen]", "@graph[type=Tool]/name"},
	{"generation context", "metadata/lifecycles/phase", "creationInfo/comment", "@graph[type=software_Sbom]/software_sbomType"},
	{"identity of the document", "serialNumber", "documentNamespace", "@graph[type=SpdxDocument]/spdxId"},
	{"completeness", "compositions/aggregate", "relationships[relatedSpdxElement=NOASSERTION]/relationshipType", "@graph[type=Relationship]/completeness"},
	{"name", "metadata/component/name", "packages/name", "@graph[type=software_Package]/name"},
	{"version", "metadata/component/version", "packages/versionInfo", "@graph[type=software_Package]/software_packageVersion"},
	{"producer", "metadata/component/manufacturer/name", "packages/originator", "@graph[type=software_Package]/originatedBy"},
	{"licence", "metadata/component/licenses/expression", "packages/licenseDeclared", "@graph[relationshipType=hasDeclaredLicense]/to"},
	{"identifier", "metadata/component/purl", "packages/externalRefs[referenceType=purl]/referenceLocator", "@graph[type=software_Package]/software_packageUrl"},
	{"SHA-512", "metadata/component/hashes[alg=SHA-512]/content", "packages/checksums[algorithm=SHA512]/checksumValue", "@graph[type=software_Package]/verifiedUsing[algorithm=sha512]/hashValue"},
	{"file name", "", "packages/packageFileName", "@graph[type=software_File]/name"},
	{"source", "metadata/component/externalReferences[type=vcs]/url", "packages/externalRefs[referenceType=vcs]/referenceLocator", "@graph[type=software_Package]/externalRef[externalRefType=vcs]/locator"},
	{"commit", "metadata/component/pedigree/commits/uid", "packages/externalRefs[referenceType=gitoid]/referenceLocator", "@graph[type=build_Build]/build_configSourceUri"},
	{"bug tracker", "metadata/component/externalReferences[type=issue-tracker]/url", "packages/externalRefs[referenceType=issueTracker]/referenceLocator", "@graph[type=software_Package]/externalRef[externalRefType=issueTracker]/locator"},
	{"security contact", "metadata/component/externalReferences[type=security-contact]/url", "packages/externalRefs[referenceType=securityContact]/referenceLocator", "@graph[type=software_Package]/externalRef/locator"},
	{"time of build", "formulation/workflows/timeEnd", "packages/builtDate", "@graph[type=software_Package]/builtTime"},
	{"time of release", "", "packages/releaseDate", "@graph[type=software_Package]/releaseTime"},
	{"end of support", "", "packages/validUntilDate", "@graph[type=software_Package]/validUntilTime"},
	{"support level", "", "", "@graph[type=software_Package]/supportLevel"},
	{"build inputs", "formulation/components/name", "relationships[relationshipType=GENERATED_FROM]/relatedSpdxElement", "@graph[relationshipType=hasInput]/to"},
	{"toolchain", "formulation/workflows/resourceReferences/ref", "relationships[relationshipType=BUILD_TOOL_OF]/spdxElementId", "@graph[relationshipType=usesTool]/to"},
	{"components", "components/name", "relationships[relationshipType=CONTAINS]/relatedSpdxElement", "@graph[relationshipType=contains]/to"},
	{"dependencies", "dependencies/dependsOn", "relationships[relationshipType=DEPENDS_ON]/relatedSpdxElement", "@graph[relationshipType=dependsOn]/to"},
}

// TestCoverage writes the manifest of a release in each standard and counts the
// elements that stand in fields of their own, as tools that know nothing of us
// read them.
func TestCoverage(t *testing.T) {
	p := newProject(t)
	p.tagSSH("v1.2.3")
	p.build()
	out := t.TempDir()
	args := []string{p.app, "--built", "now", "--published", "now"}
	suffixes := []string{".cdx.json", ".spdx.json", ".spdx3.json"}
	for _, suffix := range suffixes {
		args = append(args, "-o", filepath.Join(out, "nova"+suffix))
	}
	if _, stderr, status := p.manifestgen(args...); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for i, suffix := range suffixes {
		data, err := os.ReadFile(filepath.Join(out, "nova"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		there, all := 0, 0
		for _, e := range elements {
			way := []string{e.cyclonedx, e.spdx, e.spdx3}[i]
			if way == "" {
				continue
			}
			if all++; len(find(doc, strings.Split(way, "/"))) > 0 {
				there++
			} else {
				t.Errorf("%s: %s is not at %s", suffix, e.element, way)
			}
		}
		t.Logf("%s: %d of %d elements", suffix, there, all)
	}
}

// find returns the values at the end of a way, without empty ones.
func find(x any, way []string) []any {
	if list, ok := x.([]any); ok {
		var all []any
		for _, e := range list {
			all = append(all, find(e, way)...)
		}
		return all
	}
	if len(way) == 0 {
		if x == nil || x == "" || x == "NOASSERTION" {
			return nil
		}
		return []any{x}
	}
	object, _ := x.(map[string]any)
	key, condition, filtered := strings.Cut(strings.TrimSuffix(way[0], "]"), "[")
	value := object[key]
	if list, ok := value.([]any); ok && filtered {
		value = slices.DeleteFunc(slices.Clone(list), func(e any) bool { return !meets(e, condition) })
	}
	return find(value, way[1:])
}

// meets reports whether x is an object with key=value, or a text that begins with
// what follows "^".
func meets(x any, condition string) bool {
	if prefix, ok := strings.CutPrefix(condition, "^"); ok {
		text, _ := x.(string)
		return strings.HasPrefix(text, prefix)
	}
	key, value, _ := strings.Cut(condition, "=")
	object, _ := x.(map[string]any)
	return object[key] == value
}
