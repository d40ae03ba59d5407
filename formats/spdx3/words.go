package spdx3

import (
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// A word is one thing in our words and in those of the format.
type word struct{ model, format string }

func fromWord(words []word, model string) (string, bool) {
	for _, w := range words {
		if w.model == model {
			return w.format, true
		}
	}
	return "", false
}

func toWord(words []word, format string) (string, bool) {
	for _, w := range words {
		if w.format == format {
			return w.model, true
		}
	}
	return "", false
}

// purposes are the types of components:
// https://spdx.github.io/spdx-spec/v3.0.1/model/Software/Vocabularies/SoftwarePurpose/
var purposes = []word{
	{"application", "application"}, {"framework", "framework"}, {"library", "library"}, {"container", "container"},
	{"platform", "platform"}, {"operating-system", "operatingSystem"}, {"device", "device"}, {"device-driver", "deviceDriver"},
	{"firmware", "firmware"}, {"file", "file"}, {"machine-learning-model", "model"}, {"data", "data"},
}

// toType reads a purpose. It reports false if the type says less.
func toType(e *element) (sbom.Type, bool) {
	if model, ok := toWord(purposes, e.Purpose); ok {
		return sbom.Type(model), true
	}
	switch e.Purpose {
	case "":
		return classType(e.Type), true
	case "executable":
		return sbom.TypeApplication, false
	case "module":
		return sbom.TypeLibrary, false
	case "other":
		return "", false
	default:
		return sbom.TypeFile, false // archive, source, manifest ...
	}
}

// classType returns the type of a component that has no purpose.
func classType(class string) sbom.Type {
	switch class {
	case classFile:
		return sbom.TypeFile
	case "ai_AIPackage":
		return "machine-learning-model"
	case "dataset_DatasetPackage":
		return "data"
	}
	return ""
}

// fromType returns the purpose of a component, which none is needed for if the
// class of its element says it.
func fromType(t sbom.Type, class string) string {
	if t == classType(class) {
		return ""
	}
	purpose, _ := fromWord(purposes, string(t))
	return purpose
}

// algorithms are the hash functions:
// https://spdx.github.io/spdx-spec/v3.0.1/model/Core/Vocabularies/HashAlgorithm/
var algorithms = []word{
	{"SHA-256", "sha256"}, {"SHA-512", "sha512"}, {"SHA-1", "sha1"}, {"MD5", "md5"}, {"SHA-384", "sha384"},
	{"SHA3-256", "sha3_256"}, {"SHA3-384", "sha3_384"}, {"SHA3-512", "sha3_512"},
	{"BLAKE2b-256", "blake2b256"}, {"BLAKE2b-384", "blake2b384"}, {"BLAKE2b-512", "blake2b512"}, {"BLAKE3", "blake3"},
}

func fromDigests(digests []sbom.Digest) []hash {
	var out []hash
	for _, d := range digests {
		if algorithm, ok := fromWord(algorithms, d.Algorithm); ok {
			out = append(out, hash{Algorithm: algorithm, Value: d.Value, Type: classHash})
		}
	}
	return out
}

// toDigests reads hashes. It reports false if they say more than digests can.
func toDigests(hashes []hash) ([]sbom.Digest, bool) {
	if len(hashes) == 0 {
		return nil, true
	}
	out, whole := make([]sbom.Digest, 0, len(hashes)), true
	for _, h := range hashes {
		algorithm, ok := toWord(algorithms, h.Algorithm)
		d := sbom.Digest{Algorithm: algorithm, Value: strings.ToLower(h.Value)}
		if !ok || h.Type != classHash || len(facts.ValidDigests([]sbom.Digest{d})) == 0 {
			whole = false
			continue
		}
		whole = whole && h.Comment == "" && h.Node == "" && h.Excluded == nil
		out = append(out, d)
	}
	return out, whole
}

// phases are the types of SBOMs:
// https://spdx.github.io/spdx-spec/v3.0.1/model/Software/Vocabularies/SbomType/
var phases = []word{
	{"design", "design"}, {"pre-build", "source"}, {"build", "build"}, {"post-build", "analyzed"},
	{"operations", "deployed"}, {"discovery", "runtime"},
}

// linkTypes are the types of links that the format does not spell as ours in
// camel case: https://spdx.github.io/spdx-spec/v3.0.1/model/Core/Vocabularies/ExternalRefType/
var linkTypes = []word{
	{"website", "altWebPage"}, {"distribution", "altDownloadLocation"}, {"advisories", "securityAdvisory"},
	{"social", "socialMedia"}, {"source-distribution", "sourceArtifact"},
	{"attestation", "secureSoftwareAttestation"}, {"exploitability-statement", "vulnerabilityExploitabilityAssessment"},
	{"pentest-report", "securityPenTestReport"}, {"threat-model", "securityThreatModel"},
	{"adversary-model", "securityAdversaryModel"}, {"vulnerability-assertion", "vulnerabilityDisclosureReport"},
}

// refTypes are the other types of references.
var refTypes = strings.Fields("binaryArtifact bower buildMeta buildSystem certificationReport chat componentAnalysisReport cwe documentation " +
	"dynamicAnalysisReport eolNotice exportControlAssessment funding issueTracker license mailingList mavenCentral metrics npm nuget " +
	"other privacyAssessment productMetadata purchaseOrder qualityAssessmentReport releaseHistory releaseNotes riskAssessment " +
	"runtimeAnalysisReport securityFix securityOther securityPolicy staticAnalysisReport support vcs")

func fromLinkType(t string) string {
	if format, ok := fromWord(linkTypes, t); ok {
		return format
	}
	if camel := camelCase(t); slices.Contains(refTypes, camel) {
		return camel
	}
	return "other"
}

// toLinkType reads a type of references. It reports false if it is none.
func toLinkType(kind string) (string, bool) {
	if model, ok := toWord(linkTypes, kind); ok {
		return model, true
	}
	if slices.Contains(refTypes, kind) {
		return hyphens(kind), true
	}
	return "other", false
}

// camelCase writes "issue-tracker" as "issueTracker".
func camelCase(s string) string {
	if !strings.Contains(s, "-") {
		return s
	}
	var b strings.Builder
	for i, part := range strings.Split(s, "-") {
		if i > 0 && part != "" {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		b.WriteString(part)
	}
	return b.String()
}

// hyphens writes "issueTracker" as "issue-tracker".
func hyphens(s string) string {
	var b strings.Builder
	for _, r := range s {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// supportLevels are https://spdx.github.io/spdx-spec/v3.0.1/model/Core/Vocabularies/SupportType/
var supportLevels = strings.Fields("deployed development endOfSupport limitedSupport noAssertion noSupport support")

// isWord reports whether a text of the format only says that nothing is said.
func isWord(s string) bool { return s == "NOASSERTION" || s == "NONE" }
