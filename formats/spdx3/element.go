package spdx3

import "github.com/manifestgen/manifestgen/sbom"

// An element is any object of a graph, with the keys that the model has words
// for, in the order of their names:
// https://spdx.org/rdf/3.0.1/spdx-context.jsonld
type element struct {
	Node           string         `json:"@id,omitempty"` // of what is not an Element, such as CreationInfo
	AnnotationType string         `json:"annotationType,omitempty"`
	BuildEnd       string         `json:"build_buildEndTime,omitempty"`
	BuildType      string         `json:"build_buildType,omitempty"`
	ConfigSource   []string       `json:"build_configSourceUri,omitempty"`
	Parameters     []entry        `json:"build_parameter,omitempty"`
	Built          string         `json:"builtTime,omitempty"`
	Created        string         `json:"created,omitempty"`
	CreatedBy      []string       `json:"createdBy,omitempty"`
	CreatedUsing   []string       `json:"createdUsing,omitempty"`
	Creation       string         `json:"creationInfo,omitempty"`
	DataLicense    string         `json:"dataLicense,omitempty"`
	Description    string         `json:"description,omitempty"`
	Elements       []string       `json:"element,omitempty"`
	Extensions     []extension    `json:"extension,omitempty"`
	Identifiers    []identifier   `json:"externalIdentifier,omitempty"`
	Refs           []externalRef  `json:"externalRef,omitempty"`
	Name           string         `json:"name,omitempty"`
	OriginatedBy   []string       `json:"originatedBy,omitempty"`
	Profiles       []string       `json:"profileConformance,omitempty"`
	Released       string         `json:"releaseTime,omitempty"`
	Roots          []string       `json:"rootElement,omitempty"`
	CustomIDs      []entry        `json:"simplelicensing_customIdToUri,omitempty"`
	Expression     string         `json:"simplelicensing_licenseExpression,omitempty"`
	LicenseText    *string        `json:"simplelicensing_licenseText,omitempty"`
	Attribution    []string       `json:"software_attributionText,omitempty"`
	Copyright      string         `json:"software_copyrightText,omitempty"`
	Download       string         `json:"software_downloadLocation,omitempty"`
	HomePage       string         `json:"software_homePage,omitempty"`
	PURL           string         `json:"software_packageUrl,omitempty"`
	Version        string         `json:"software_packageVersion,omitempty"`
	Purpose        string         `json:"software_primaryPurpose,omitempty"`
	SBOMTypes      []string       `json:"software_sbomType,omitempty"`
	ID             string         `json:"spdxId,omitempty"`
	SpecVersion    string         `json:"specVersion,omitempty"`
	Statement      string         `json:"statement,omitempty"`
	Subject        string         `json:"subject,omitempty"`
	SuppliedBy     string         `json:"suppliedBy,omitempty"`
	SupportLevel   []string       `json:"supportLevel,omitempty"`
	Type           string         `json:"type"`
	ValidUntil     string         `json:"validUntilTime,omitempty"`
	Hashes         []hash         `json:"verifiedUsing,omitempty"`
	Extra          []sbom.Foreign `json:"-"` // keys that are not above, or values that do not fit
}

// A relationship is an element that relates others. It is not part of element
// because most of a graph are relationships.
type relationship struct {
	Completeness string         `json:"completeness,omitempty"`
	Creation     string         `json:"creationInfo,omitempty"`
	From         string         `json:"from"`
	Kind         string         `json:"relationshipType"`
	Scope        string         `json:"scope,omitempty"`
	ID           string         `json:"spdxId"`
	To           []string       `json:"to"`
	Type         string         `json:"type"`
	Extra        []sbom.Foreign `json:"-"`
}

// A row is what an object of a graph is read into: its type tells which part is
// used.
type row struct {
	element
	Completeness string   `json:"completeness"`
	From         string   `json:"from"`
	Kind         string   `json:"relationshipType"`
	Scope        string   `json:"scope"`
	To           []string `json:"to"`
}

type hash struct {
	Node      string   `json:"@id,omitempty"`
	Algorithm string   `json:"algorithm"`
	Comment   string   `json:"comment,omitempty"`
	Value     string   `json:"hashValue"`
	Excluded  []string `json:"packageVerificationCodeExcludedFile,omitempty"`
	Type      string   `json:"type"`
}

type externalRef struct {
	Node        string   `json:"@id,omitempty"`
	Comment     string   `json:"comment,omitempty"`
	ContentType string   `json:"contentType,omitempty"`
	Kind        string   `json:"externalRefType,omitempty"`
	Locators    []string `json:"locator,omitempty"`
	Type        string   `json:"type"`
}

type identifier struct {
	Node      string   `json:"@id,omitempty"`
	Comment   string   `json:"comment,omitempty"`
	Kind      string   `json:"externalIdentifierType"`
	Value     string   `json:"identifier"`
	Locators  []string `json:"identifierLocator,omitempty"`
	Authority string   `json:"issuingAuthority,omitempty"`
	Type      string   `json:"type"`
}

type entry struct {
	Node  string `json:"@id,omitempty"`
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

type extension struct {
	Node       string     `json:"@id,omitempty"`
	Properties []property `json:"extension_cdxProperty"`
	Type       string     `json:"type"`
}

type property struct {
	Node  string `json:"@id,omitempty"`
	Name  string `json:"extension_cdxPropName"`
	Value string `json:"extension_cdxPropValue"`
	Type  string `json:"type"`
}

// Classes of elements, and of what elements are made of.
const (
	classCreation     = "CreationInfo"
	classDocument     = "SpdxDocument"
	classSBOM         = "software_Sbom"
	classPackage      = "software_Package"
	classFile         = "software_File"
	classOrganization = "Organization"
	classPerson       = "Person"
	classTool         = "Tool"
	classSoftware     = "SoftwareAgent"
	classExpression   = "simplelicensing_LicenseExpression"
	classText         = "simplelicensing_SimpleLicensingText"
	classBuild        = "build_Build"
	classAnnotation   = "Annotation"
	classRelationship = "Relationship"
	classScoped       = "LifecycleScopedRelationship"

	classHash       = "Hash"
	classRef        = "ExternalRef"
	classIdentifier = "ExternalIdentifier"
	classEntry      = "DictionaryEntry"
	classProperties = "extension_CdxPropertiesExtension"
	classProperty   = "extension_CdxPropertyEntry"
)

// Types of relationships that the model has words for.
const (
	contains    = "contains"
	dependsOn   = "dependsOn"
	declared    = "hasDeclaredLicense"
	concluded   = "hasConcludedLicense"
	optional    = "hasOptionalComponent"
	distributed = "hasDistributionArtifact"
	hasInput    = "hasInput"
	hasOutput   = "hasOutput"
	usesTool    = "usesTool"
	buildScope  = "build"
)

// Elements that stand for nothing, and for what is not known.
const (
	noneElement = "NoneElement"
	noAssertion = "NoAssertionElement"
)

const contextURL = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"

// namespaces begins the ids of our elements; the id and the version of the
// manifest follow.
const namespaces = "https://github.com/manifestgen/manifestgen/spdx3/"

// noDate is the date of a document that shall not say when it was made.
const noDate = "1970-01-01T00:00:00Z"

// isComponent reports whether elements of a class are components. Packages of
// models and data are packages with more keys.
func isComponent(class string) bool {
	switch class {
	case classPackage, classFile, "ai_AIPackage", "dataset_DatasetPackage":
		return true
	}
	return false
}

// isAgent reports whether elements of a class can make or supply something.
func isAgent(class string) bool {
	return class == classOrganization || class == classPerson || class == "Agent"
}
