package spdx

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A dialect is what a document can hold: one version in one serialisation.
type dialect struct {
	old      bool // 2.2
	tagValue bool
}

// A rule is what the standard says of one key of an object:
// https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
type rule struct {
	key    string
	kind   kind
	tag    string // that stands for it in tag-value, if it is as simple as that
	words  string // that it must be one of; empty if it is free
	inside []rule // of objects
	must   need
}

type kind int

const (
	line   kind = iota // a string of one line
	prose              // a string
	when               // a time
	id                 // an SPDXID
	flag               // a boolean
	number             // an integer
	lines              // a list of strings of one line
	proses             // a list of strings
	one                // an object
	list               // a list of objects
)

// A need says where a key is needed, or may be.
type need int

const (
	may     need = iota
	must         // be there
	must22       // be there in 2.2
	since23      // may be there in 2.3
)

const algorithms22 = "SHA256 SHA1 SHA384 MD2 MD4 SHA512 MD6 MD5 SHA224"

var checksumRules = []rule{
	{key: "algorithm", must: must, words: algorithms22 + " BLAKE3 SHA3-256 SHA3-384 SHA3-512 BLAKE2b-256 BLAKE2b-384 BLAKE2b-512 ADLER32"},
	{key: "checksumValue", must: must},
}

var annotationRules = []rule{
	{key: "annotator", tag: "Annotator", must: must},
	{key: "annotationDate", tag: "AnnotationDate", kind: when, must: must},
	{key: "annotationType", tag: "AnnotationType", must: must, words: "OTHER REVIEW"},
	{key: "comment", tag: "AnnotationComment", kind: prose, must: must},
}

var packageRules = []rule{
	{key: "name", tag: "PackageName", must: must},
	{key: "SPDXID", tag: "SPDXID", kind: id, must: must},
	{key: "versionInfo", tag: "PackageVersion"},
	{key: "packageFileName", tag: "PackageFileName"},
	{key: "supplier", tag: "PackageSupplier"},
	{key: "originator", tag: "PackageOriginator"},
	{key: "downloadLocation", tag: "PackageDownloadLocation", must: must},
	{key: "filesAnalyzed", tag: "FilesAnalyzed", kind: flag},
	{key: "packageVerificationCode", kind: one, inside: []rule{
		{key: "packageVerificationCodeValue", must: must},
		{key: "packageVerificationCodeExcludedFiles", kind: lines},
	}},
	{key: "checksums", kind: list, inside: checksumRules},
	{key: "homepage", tag: "PackageHomePage"},
	{key: "sourceInfo", tag: "PackageSourceInfo", kind: prose},
	{key: "licenseConcluded", tag: "PackageLicenseConcluded", must: must22},
	{key: "licenseInfoFromFiles", tag: "PackageLicenseInfoFromFiles", kind: lines},
	{key: "licenseDeclared", tag: "PackageLicenseDeclared", must: must22},
	{key: "licenseComments", tag: "PackageLicenseComments", kind: prose},
	{key: "copyrightText", tag: "PackageCopyrightText", kind: prose, must: must22},
	{key: "summary", tag: "PackageSummary", kind: prose},
	{key: "description", tag: "PackageDescription", kind: prose},
	{key: "comment", tag: "PackageComment", kind: prose},
	{key: "externalRefs", kind: list, inside: []rule{
		{key: "referenceCategory", must: must, words: "SECURITY PACKAGE-MANAGER PERSISTENT-ID OTHER"},
		{key: "referenceType", must: must},
		{key: "referenceLocator", must: must},
		{key: "comment", kind: prose},
	}},
	{key: "attributionTexts", tag: "PackageAttributionText", kind: proses},
	{key: "primaryPackagePurpose", tag: "PrimaryPackagePurpose", must: since23,
		words: "APPLICATION FRAMEWORK LIBRARY CONTAINER OPERATING_SYSTEM DEVICE FIRMWARE SOURCE ARCHIVE FILE INSTALL OTHER"},
	{key: "releaseDate", tag: "ReleaseDate", kind: when, must: since23},
	{key: "builtDate", tag: "BuiltDate", kind: when, must: since23},
	{key: "validUntilDate", tag: "ValidUntilDate", kind: when, must: since23},
	{key: "hasFiles", kind: lines},
	{key: "annotations", kind: list, inside: annotationRules},
}

var fileRules = []rule{
	{key: "fileName", tag: "FileName", must: must},
	{key: "SPDXID", tag: "SPDXID", kind: id, must: must},
	{key: "fileTypes", tag: "FileType", kind: lines, words: "SOURCE BINARY ARCHIVE APPLICATION AUDIO IMAGE TEXT VIDEO DOCUMENTATION SPDX OTHER"},
	{key: "checksums", kind: list, inside: checksumRules, must: must},
	{key: "licenseConcluded", tag: "LicenseConcluded", must: must22},
	{key: "licenseInfoInFiles", tag: "LicenseInfoInFile", kind: lines, must: must22},
	{key: "licenseComments", tag: "LicenseComments", kind: prose},
	{key: "copyrightText", tag: "FileCopyrightText", kind: prose, must: must22},
	{key: "comment", tag: "FileComment", kind: prose},
	{key: "noticeText", tag: "FileNotice", kind: prose},
	{key: "fileContributors", tag: "FileContributor", kind: lines},
	{key: "attributionTexts", tag: "FileAttributionText", kind: proses},
	{key: "fileDependencies", tag: "FileDependency", kind: lines},
	{key: "annotations", kind: list, inside: annotationRules},
}

var pointerRules = []rule{
	{key: "reference", kind: id},
	{key: "offset", kind: number},
	{key: "lineNumber", kind: number},
}

var snippetRules = []rule{
	{key: "SPDXID", tag: "SnippetSPDXID", kind: id, must: must},
	{key: "snippetFromFile", tag: "SnippetFromFileSPDXID", kind: id, must: must},
	{key: "ranges", kind: list, must: must, inside: []rule{
		{key: "startPointer", kind: one, inside: pointerRules, must: must},
		{key: "endPointer", kind: one, inside: pointerRules, must: must},
	}},
	{key: "licenseConcluded", tag: "SnippetLicenseConcluded", must: must22},
	{key: "licenseInfoInSnippets", tag: "LicenseInfoInSnippet", kind: lines},
	{key: "licenseComments", tag: "SnippetLicenseComments", kind: prose},
	{key: "copyrightText", tag: "SnippetCopyrightText", kind: prose, must: must22},
	{key: "comment", tag: "SnippetComment", kind: prose},
	{key: "name", tag: "SnippetName", must: must},
	{key: "attributionTexts", tag: "SnippetAttributionText", kind: proses},
	{key: "annotations", kind: list, inside: annotationRules},
}

var licenceRules = []rule{
	{key: "licenseId", tag: "LicenseID", must: must},
	{key: "extractedText", tag: "ExtractedText", kind: prose, must: must},
	{key: "name", tag: "LicenseName"},
	{key: "seeAlsos", tag: "LicenseCrossReference", kind: lines},
	{key: "comment", tag: "LicenseComment", kind: prose},
	{key: "crossRefs", kind: list, inside: []rule{
		{key: "url", must: must}, {key: "isLive", kind: flag}, {key: "isValid", kind: flag}, {key: "isWayBackLink", kind: flag},
		{key: "match"}, {key: "order", kind: number}, {key: "timestamp"},
	}},
}

var relationshipRules = []rule{
	{key: "spdxElementId", must: must},
	{key: "relationshipType", must: must, words: relationshipTypes22 + " REQUIREMENT_DESCRIPTION_FOR SPECIFICATION_FOR"},
	{key: "relatedSpdxElement", must: must},
	{key: "comment", tag: "RelationshipComment", kind: prose},
}

const relationshipTypes22 = "VARIANT_OF COPY_OF PATCH_FOR TEST_DEPENDENCY_OF CONTAINED_BY DATA_FILE_OF OPTIONAL_COMPONENT_OF ANCESTOR_OF GENERATES " +
	"CONTAINS OPTIONAL_DEPENDENCY_OF FILE_ADDED DEV_DEPENDENCY_OF DEPENDENCY_OF BUILD_DEPENDENCY_OF DESCRIBES PREREQUISITE_FOR HAS_PREREQUISITE " +
	"PROVIDED_DEPENDENCY_OF DYNAMIC_LINK DESCRIBED_BY METAFILE_OF DEPENDENCY_MANIFEST_OF PATCH_APPLIED RUNTIME_DEPENDENCY_OF TEST_OF TEST_TOOL_OF " +
	"DEPENDS_ON FILE_MODIFIED DISTRIBUTION_ARTIFACT AMENDS DOCUMENTATION_OF GENERATED_FROM STATIC_LINK OTHER BUILD_TOOL_OF TEST_CASE_OF PACKAGE_OF " +
	"DESCENDANT_OF FILE_DELETED EXPANDED_FROM_ARCHIVE DEV_TOOL_OF EXAMPLE_OF"

var documentRules = []rule{
	{key: "dataLicense", tag: "DataLicense", must: must, words: "CC0-1.0"},
	{key: "SPDXID", tag: "SPDXID", must: must, words: documentID},
	{key: "name", tag: "DocumentName", must: must},
	{key: "documentNamespace", tag: "DocumentNamespace", must: must},
	{key: "externalDocumentRefs", kind: list, inside: []rule{
		{key: "externalDocumentId", must: must},
		{key: "spdxDocument", must: must},
		{key: "checksum", kind: one, inside: checksumRules, must: must},
	}},
	{key: "comment", tag: "DocumentComment", kind: prose},
	{key: "creationInfo.licenseListVersion", tag: "LicenseListVersion"},
	{key: "creationInfo.creators", tag: "Creator", kind: lines, must: must},
	{key: "creationInfo.created", tag: "Created", kind: when, must: must},
	{key: "creationInfo.comment", tag: "CreatorComment", kind: prose},
	{key: "documentDescribes", kind: lines},
	{key: "files", kind: list, inside: fileRules},
	{key: "snippets", kind: list, inside: snippetRules},
	{key: "hasExtractedLicensingInfos", kind: list, inside: licenceRules},
	{key: "relationships", kind: list, inside: relationshipRules},
	{key: "annotations", kind: list, inside: annotationRules},
	{key: "revieweds", kind: list, inside: reviewRules},
}

var reviewRules = []rule{
	{key: "reviewer", tag: "Reviewer"},
	{key: "reviewDate", tag: "ReviewDate", kind: when, must: must},
	{key: "comment", tag: "ReviewComment", kind: prose},
}

func ruleOf(rules []rule, key string) *rule {
	for i := range rules {
		if rules[i].key == key {
			return &rules[i]
		}
	}
	return nil
}

// legalMember reports whether a value may stand under its key. Null stands for
// a key that is left out.
func (d dialect) legalMember(rules []rule, key, value string) bool {
	rule := ruleOf(rules, key)
	if rule == nil || rule.must == since23 && d.old {
		return false
	}
	if value == "null" {
		return !d.needs(rule)
	}
	r := &reader{s: value}
	ok := d.legal(rule, r)
	r.end()
	return ok && r.err == nil
}

func (d dialect) needs(rule *rule) bool { return rule.must == must || rule.must == must22 && d.old }

// legalObject reads an object and reports whether it is as the rules say.
func (d dialect) legalObject(rules []rule, r *reader) bool {
	if r.peek() != '{' {
		r.value()
		return false
	}
	ok := true
	seen := map[string]bool{}
	r.object(func(key string) {
		rule := ruleOf(rules, key)
		if rule == nil || seen[key] || rule.must == since23 && d.old {
			ok = false
			r.value()
			return
		}
		seen[key] = true
		ok = d.legal(rule, r) && ok
	})
	return ok && !slices.ContainsFunc(rules, func(x rule) bool { return d.needs(&x) && !seen[x.key] })
}

// legal reads a value and reports whether it is as the rule says.
func (d dialect) legal(rule *rule, r *reader) bool {
	switch rule.kind {
	case one:
		return d.legalObject(rule.inside, r)
	case list, lines, proses:
		return d.legalList(rule, r)
	case flag:
		v := r.value()
		return v == "true" || v == "false"
	case number:
		v := r.value()
		return v != "" && len(v) < 16 && strings.Trim(v, "0123456789") == ""
	default:
		if r.peek() != '"' {
			r.value()
			return false
		}
		return d.legalText(rule, r.text())
	}
}

func (d dialect) legalList(rule *rule, r *reader) bool {
	if r.peek() != '[' {
		r.value()
		return false
	}
	ok, n := true, 0
	r.array(func() {
		n++
		switch {
		case rule.kind == list:
			ok = d.legalObject(rule.inside, r) && ok
		case r.peek() != '"':
			ok = false
			r.value()
		default:
			ok = d.legalText(rule, r.text()) && ok
		}
	})
	return ok && (n > 0 || !d.needs(rule) && !d.tagValue)
}

var (
	idForm   = regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`)
	timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`)
)

func (d dialect) legalText(rule *rule, s string) bool {
	words := rule.words
	if d.old && rule.key == "algorithm" {
		words = algorithms22
	}
	if d.old && rule.key == "relationshipType" {
		words = relationshipTypes22
	}
	switch {
	case words != "" && !slices.Contains(strings.Fields(words), s),
		rule.kind == id && !idForm.MatchString(s),
		rule.kind == when && !timeForm.MatchString(s):
		return false
	}
	return !d.tagValue || d.fits(rule.kind, s)
}

// fits reports whether tag-value can hold s as it is: there is no way to write
// the end of a text in a text, and lines lose the spaces around them.
func (d dialect) fits(k kind, s string) bool {
	if strings.Contains(s, "</text>") || strings.Contains(s, "\r") || !utf8.ValidString(s) {
		return false
	}
	if k == prose || k == proses {
		return true
	}
	return s != "" && s == strings.TrimSpace(s) && !strings.Contains(s, "\n") && !strings.Contains(s, "<text>")
}
