package policy

import "slices"

// A set is a standard that says what every manifest must hold at least.
type set struct {
	name, title, standard string
	status                ProfileStatus
	note                  string
	uses                  []use
}

// A use is an element as a standard asks for it.
type use struct {
	element  string
	severity Severity
	clause   string
	values   []string // of the element's parameter, if it has one
}

// sets are the published sets of minimum elements, and those parts of other
// standards that a manifest can show.
var sets = []set{
	{
		name: "ntia-2021", title: "NTIA minimum elements", standard: "The Minimum Elements For a Software Bill of Materials (SBOM), NTIA, 2021-07-12",
		status: Reconstructed,
		note:   "Written after the table of data fields as others quote it. CISA has replaced it in 2026. Of its practices only known unknowns can be judged here.",
		uses: []use{
			{"author", Must, "Data Fields: Author of SBOM Data", nil},
			{"timestamp", Must, "Data Fields: Timestamp", nil},
			{"supplier", Must, "Data Fields: Supplier Name", nil},
			{"name", Must, "Data Fields: Component Name", nil},
			{"version", Must, "Data Fields: Version of the Component", nil},
			{"identifier", Must, "Data Fields: Other Unique Identifiers", nil},
			{"dependencies", Must, "Data Fields: Dependency Relationship", nil},
			{"format", Must, "Automation Support", []string{"CycloneDX 1+", "SPDX 2+"}},
			{"hash", Should, "Recommended Data Fields: Hash of the Component", nil},
			{"completeness", Should, "Practices and Processes: Known Unknowns", nil},
		},
	},
	{
		name: "cisa-2026", title: "CISA minimum elements", standard: "2026 Minimum Elements for a Software Bill of Materials (SBOM), CISA, 2026-07-29",
		status: Reconstructed,
		note:   "Written after what others say of the 17 data fields: their names and their force are to be checked against the text.",
		uses: []use{
			{"author", Must, "SBOM Author", nil},
			{"signature", Must, "SBOM Author Signature", nil},
			{"format", Must, "Data Format Name, Data Format Version", nil},
			{"context", Must, "Generation Context", nil},
			{"timestamp", Must, "Timestamp", nil},
			{"tool", Must, "Tool Name", nil},
			{"tool-version", Must, "Tool Version", nil},
			{"id", Must, "SBOM Version", nil},
			{"name", Must, "Component Name", nil},
			{"version", Must, "Component Version", nil},
			{"supplier", Must, "Component Producer", nil},
			{"identifier", Must, "Component Identifiers", nil},
			{"hash", Must, "Component Hash Value, Component Hash Algorithm", nil},
			{"licence", Must, "Component License", nil},
			{"dependencies", Must, "Dependency Relationship", nil},
			{"completeness", Must, "Practices: unknown information", nil},
			{"coverage", Should, "Practices: coverage", nil},
		},
	},
	{
		name: "bsi-tr-03183-2.1", title: "BSI TR-03183-2", standard: "BSI TR-03183-2, Cyber Resilience Requirements, Part 2: Software Bill of Materials, version 2.1.0",
		note: "What is asked of files is judged of the artifact and of components that are files or have a digest; other components count as logical ones. " +
			"The fields that must be there if they exist (URIs, original licences) are not judged: nothing shows whether they exist.",
		uses: []use{
			{"format", Must, "Formats", []string{"CycloneDX 1.6+", "SPDX 3.0.1+"}},
			{"author-contact", Must, "Required fields: creator of the SBOM", nil},
			{"timestamp", Must, "Required fields: timestamp", nil},
			{"creator-contact", Must, "Required fields: component creator", nil},
			{"name", Must, "Required fields: component name", nil},
			{"version-stated", Must, "Required fields: component version", nil},
			{"file-names", Must, "Required fields: filename of the component", nil},
			{"dependencies", Must, "Required fields: dependencies on other components", nil},
			{"completeness", Must, "Required fields: dependencies, completeness", nil},
			{"coverage", Must, "Level of detail", nil},
			{"licence", Must, "Required fields: distribution licences", nil},
			{"hash-sha512", Must, "Required fields: hash value of the deployable component", nil},
			{"file-kinds", Must, "Required fields: executable, archive and structured property", nil},
			{"no-vulnerabilities", Must, "Vulnerability information", nil},
			{"id", Should, "Additional fields: SBOM-URI", nil},
			{"identifier", Should, "Additional fields: other unique identifiers", nil},
			{"signature", May, "Digital signature", nil},
		},
	},
	{
		name: "openchain-telco-1.1", title: "OpenChain Telco SBOM Guide", standard: "OpenChain Telco SBOM Guide, version 1.1",
		status: Reconstructed,
		note: "Written after the text of version 1.0 and the list of what 1.1 changes. The guide asks that fields for licences, copyright and download location are there, " +
			"even if they say NOASSERTION; the rules about them ask, as a should, that they say something.",
		uses: []use{
			{"format", Must, "3.1", []string{"SPDX 2.2", "SPDX 2.3"}},
			{"syntax", Must, "3.3, 3.4", []string{"JSON", "tag-value"}},
			{"author", Must, "3.5 Creator: Organization", nil},
			{"tool", Must, "3.5 Creator: Tool", nil},
			{"tool-version", Must, "3.5 Creator: Tool", nil},
			{"timestamp", Must, "3.5 Created", nil},
			{"context", Must, "3.5 CreatorComment", nil},
			{"id", Must, "3.2 DocumentNamespace", nil},
			{"name", Must, "3.2 PackageName", nil},
			{"version-stated", Must, "3.2 PackageVersion", nil},
			{"supplier", Must, "3.2 PackageSupplier", nil},
			{"dependencies", Must, "3.2 Relationship", nil},
			{"download", Should, "3.2 PackageDownloadLocation", nil},
			{"licence-concluded", Should, "3.2 PackageLicenseConcluded", nil},
			{"licence-declared", Should, "3.2 PackageLicenseDeclared", nil},
			{"copyright", Should, "3.2 PackageCopyrightText", nil},
			{"hash", Should, "3.2 PackageChecksum", nil},
			{"identifier", Should, "3.2 ExternalRef", nil},
			{"completeness", Must, "3.8 known unknowns", nil},
			{"signature", Should, "3.11", nil},
		},
	},
	{
		name: "eu-cra", title: "EU Cyber Resilience Act", standard: "Regulation (EU) 2024/2847, Annex I part II (1), Annex II",
		status: Reconstructed,
		note:   "Written after copies of Annex II and what others say of Annex I. Only what a manifest can show is judged: most of the regulation is about what a manufacturer does.",
		uses: []use{
			{"manufacturer", Must, "Annex II (1)", nil},
			{"security-contact", Must, "Annex II (2)", nil},
			{"product", Must, "Annex II (3)", nil},
			{"purpose", Must, "Annex II (4)", nil},
			{"support-level", Must, "Annex II (7)", nil},
			{"support-end", Must, "Annex II (7)", nil},
			{"format", Must, "Annex I part II (1)", []string{"CycloneDX 1+", "SPDX 2+"}},
			{"author", Should, "Annex I part II (1)", nil},
			{"timestamp", Should, "Annex I part II (1)", nil},
			{"name", Must, "Annex I part II (1)", nil},
			{"version", Must, "Annex I part II (1)", nil},
			{"dependencies", Must, "Annex I part II (1)", nil},
		},
	},
	{
		name: "fda-2026", title: "FDA premarket cybersecurity", standard: "Cybersecurity in Medical Devices: Quality System Considerations and Content of Premarket Submissions, FDA, 2026-02-03",
		status: Reconstructed,
		note:   "Written after a draft and what others say of the guidance. Known vulnerabilities, and why a date is unknown, are submitted apart and not judged.",
		uses: []use{
			{"author", Must, "SBOM: author", nil},
			{"timestamp", Must, "SBOM: timestamp", nil},
			{"supplier", Must, "SBOM: supplier name", nil},
			{"name", Must, "SBOM: component name", nil},
			{"version", Must, "SBOM: version", nil},
			{"identifier", Must, "SBOM: unique identifiers", nil},
			{"dependencies", Must, "SBOM: dependency relationship", nil},
			{"format", Must, "SBOM: machine-readable", []string{"CycloneDX 1+", "SPDX 2+"}},
			{"components-support", Must, "SBOM: level of support, end-of-support date", nil},
		},
	},
	{
		name: "slsa-build", title: "SLSA build track", standard: "SLSA v1.2, Build L1",
		note: "Judges whether the manifest holds what provenance of Build L1 needs: manifestgen writes it with -o intoto-provenance. " +
			"Levels 2 and 3 are properties of the system that builds, and no manifest shows them. A signed tag gives no level.",
		uses: []use{
			{"subject", Must, "Build L1: Provenance exists: subject", nil},
			{"builder", Must, "Build L1: Provenance exists: runDetails.builder.id", nil},
			{"parameters", Must, "Build L1: Provenance exists: buildDefinition.externalParameters", nil},
		},
	},
}

func (x set) profile() Profile {
	p := Profile{Name: x.name, Title: x.title, Standard: x.standard, Status: x.status, Note: x.note}
	for _, u := range x.uses {
		e := elements[u.element]
		r := Rule{
			ID: x.name + "/" + u.element, Standard: x.standard, Clause: u.clause, Severity: u.severity,
			Title: e.title, Why: e.why, Fix: e.fix, Check: e.check,
		}
		r.Params = cloneParams(e.params)
		if u.values != nil {
			r.Params[0].Values = slices.Clone(u.values)
		}
		p.Rules = append(p.Rules, r)
	}
	return p
}
