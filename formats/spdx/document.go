package spdx

// A document is the part of the JSON format that the model has words for:
// https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
type document struct {
	Version       string         `json:"spdxVersion"`
	DataLicense   string         `json:"dataLicense"`
	ID            string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Describes     []string       `json:"documentDescribes,omitempty"` // read only: deprecated
	Packages      []pkg          `json:"packages,omitempty"`
	Licences      []extracted    `json:"hasExtractedLicensingInfos,omitempty"`
	Relationships []relationship `json:"relationships,omitempty"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
	Comment  string   `json:"comment,omitempty"`
}

type pkg struct {
	ID               string       `json:"SPDXID"`
	Name             string       `json:"name"`
	Version          string       `json:"versionInfo,omitempty"`
	FileName         string       `json:"packageFileName,omitempty"`
	Description      string       `json:"description,omitempty"`
	Purpose          string       `json:"primaryPackagePurpose,omitempty"`
	Supplier         string       `json:"supplier,omitempty"`
	Originator       string       `json:"originator,omitempty"`
	DownloadLocation string       `json:"downloadLocation"`
	Homepage         string       `json:"homepage,omitempty"`
	FilesAnalyzed    bool         `json:"filesAnalyzed"`
	Checksums        []checksum   `json:"checksums,omitempty"`
	Concluded        string       `json:"licenseConcluded,omitempty"`
	Declared         string       `json:"licenseDeclared,omitempty"`
	Copyright        string       `json:"copyrightText,omitempty"`
	Attribution      []string     `json:"attributionTexts,omitempty"`
	Built            string       `json:"builtDate,omitempty"`
	Released         string       `json:"releaseDate,omitempty"`
	ValidUntil       string       `json:"validUntilDate,omitempty"`
	ExternalRefs     []external   `json:"externalRefs,omitempty"`
	Annotations      []annotation `json:"annotations,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type external struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
	Comment  string `json:"comment,omitempty"`
}

type annotation struct {
	Annotator string `json:"annotator"`
	Date      string `json:"annotationDate"`
	Type      string `json:"annotationType"`
	Comment   string `json:"comment"`
}

type extracted struct {
	ID   string `json:"licenseId"`
	Name string `json:"name,omitempty"`
	Text string `json:"extractedText"`
}

type relationship struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

// Types of relationships, and what stands for an element in them.
const (
	describes     = "DESCRIBES"
	contains      = "CONTAINS"
	containedBy   = "CONTAINED_BY"
	dependsOn     = "DEPENDS_ON"
	dependencyOf  = "DEPENDENCY_OF"
	generatedFrom = "GENERATED_FROM"
	buildToolOf   = "BUILD_TOOL_OF"
	optionalOf    = "OPTIONAL_COMPONENT_OF"

	none        = "NONE"
	noAssertion = "NOASSERTION"

	documentID = "SPDXRef-DOCUMENT"
)

// namespaces begins the namespaces of our documents; the id and the version of
// the manifest follow.
const namespaces = "https://github.com/manifestgen/manifestgen/spdx/"

// noDate is the date of a document that shall not say when it was made.
const noDate = "1970-01-01T00:00:00Z"
