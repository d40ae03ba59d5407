package policy

import "github.com/manifestgen/manifestgen/sbom"

// An element is something that several standards ask of a manifest. The rules of
// the sets are made of elements.
type element struct {
	title, why, fix string
	params          []Param
	check           func(*Subject, Params) Result
}

// elements are the elements by name. A name is the end of the ids of its rules.
var elements = map[string]element{
	"author": {
		title: "The manifest names its author",
		why:   "Readers need to know whom to ask, and whom to believe.",
		fix:   "Say who makes the document: the field Author of sbom.Options, CycloneDX metadata.manufacturer, SPDX Creator: Organization.",
		check: checkAuthor,
	},
	"author-contact": {
		title: "The manifest says how to reach its author: by electronic mail, or else a URL",
		why:   "Errors in a manifest need somebody who can be told.",
		fix:   "Give the author of the document an address: the field Author of sbom.Options.",
		check: checkAuthorContact,
	},
	"timestamp": {
		title: "The manifest says when it was made",
		why:   "Of two manifests the later one counts.",
		fix:   "Make the manifest with a tool that states the time; manifestgen does, by the clock or SOURCE_DATE_EPOCH.",
		check: checkCreated,
	},
	"tool": {
		title: "The manifest names the tool that made it",
		why:   "What a tool can find, and what it overlooks, depends on the tool.",
		fix:   "Make the manifest with a tool that names itself; manifestgen does.",
		check: checkTool,
	},
	"tool-version": {
		title: "The manifest states the version of the tool that made it",
		why:   "What a tool overlooks depends on its version.",
		fix:   "Use a release of the tool: one that was built from a folder does not know its version.",
		check: checkToolVersion,
	},
	"context": {
		title: "The manifest says at which point of the life cycle it was made",
		why:   "A list made of source code and one made of the artifact are not of the same things.",
		fix:   "Make the manifest with a tool that says so; manifestgen does.",
		check: checkContext,
	},
	"format": {
		title:  "The manifest is in a format that is accepted",
		why:    "Those who get it read it by programs.",
		fix:    "Write the manifest in an accepted format: -o with another suffix.",
		params: []Param{{"accepted", Text, "the formats: a name, a space, a version, and + if later ones will do", nil}},
		check:  checkFormat,
	},
	"syntax": {
		title:  "The manifest is in a syntax that is accepted",
		why:    "Those who get it read it by programs.",
		fix:    "Write the manifest as JSON: -o with the suffix .json.",
		params: []Param{{"accepted", Text, "the syntaxes", nil}},
		check:  checkSyntax,
	},
	"id": {
		title: "The document has a name of its own: a serial number or a namespace",
		why:   "Others refer to it, and tell one version from the next.",
		fix:   "Make the manifest with a tool that numbers its documents; manifestgen does.",
		check: checkDocumentID,
	},
	"signature": {
		title: "The manifest is signed",
		why:   "Without a signature anybody on the way can change it.",
		fix:   "Sign the file of the manifest, beside it, and have the signature verified.",
		check: checkDocumentSigned,
	},
	"name": {
		title: "Every component has a name", why: "A component is looked up by its name.",
		fix: "Make the manifest again; a component without a name is a fault of the tool.",
		check: each("with a name", "without a name", func(_ *Subject, c *sbom.Component) string {
			return missing(known(c.Name), "no name")
		}),
	},
	"version": {
		title: "Every component has a version, or is said to have none that is known",
		why:   "Faults are announced for versions.",
		fix:   "Give the components that are named a version, or have the manifest say that it is unknown.",
		check: checkVersionOrUnknown,
	},
	"version-stated": {
		title: "Every component has a version", why: "Faults are announced for versions.",
		fix: "Give the components that are named a version.",
		check: each("with a version", "without a version", func(_ *Subject, c *sbom.Component) string {
			return missing(known(c.Version) || c.Type == sbom.TypeFile && c.PURL == "" && !c.Built.IsZero(), "no version")
		}),
	},
	"supplier": {
		title: "Every component has a supplier or a maker", why: "Somebody has to be asked for a repair.",
		fix: "Name the team with --team; for components, use packages whose metadata name who made them.",
		check: each("with a supplier", "without a supplier", func(_ *Subject, c *sbom.Component) string {
			return missing(known(c.Supplier.Name) || known(c.Maker.Name), "no supplier")
		}),
	},
	"creator-contact": {
		title: "Every component says how to reach its maker: by electronic mail, or else a URL",
		why:   "Somebody has to be asked for a repair.",
		fix:   "Give --contact or --team-url for the artifact; for components, use packages whose metadata hold an address.",
		check: each("with an address of their maker", "without an address of their maker", func(_ *Subject, c *sbom.Component) string {
			return missing(reachable(c.Maker) || reachable(c.Supplier), "neither an address nor a URL of its maker")
		}),
	},
	"identifier": {
		title: "Every component has an identifier: a package URL or a CPE",
		why:   "Names alone are ambiguous: databases are searched by identifiers.",
		fix:   "Make the manifest with a tool that knows the ecosystem of the components that are named.",
		check: each("with an identifier", "without an identifier", func(_ *Subject, c *sbom.Component) string {
			return missing(c.PURL != "" || c.CPE != "", "neither a package URL nor a CPE")
		}),
	},
	"hash": {
		title: "Every component has a cryptographic hash, with its algorithm",
		why:   "A hash tells whether a file is the one that is meant.",
		fix:   "Do not give --digests none; for components, no manifest has a hash of what is no file in the artifact.",
		check: each("with a hash", "without a hash", func(_ *Subject, c *sbom.Component) string {
			return missing(len(c.Digests) > 0, "no hash")
		}),
	},
	"hash-sha512": {
		title: "The artifact, and every file that is a component, has a SHA-512 hash",
		why:   "A hash tells whether a file is the one that is meant.",
		fix:   "Give --digests sha256,sha512, which is the default.",
		check: eachFile("with a SHA-512 hash", "without a SHA-512 hash", func(c *sbom.Component) string {
			return missing(hasDigest(c, "SHA-512"), "no SHA-512 hash")
		}),
	},
	"licence": {
		title: "Every component has a licence", why: "Who passes it on needs to know on what terms.",
		fix:   "Say that of the artifact with --licence; for components, see --modcache and --source, or use packages that state theirs.",
		check: each("with a licence", "without a licence", licenceProblem),
	},
	"licence-concluded": {
		title: "Every component has a concluded licence", why: "What is declared is not always so: somebody should have looked.",
		fix: "Say it with a tool that concludes licences; manifestgen states what is declared.",
		check: each("with a concluded licence", "without a concluded licence", func(s *Subject, c *sbom.Component) string {
			return s.expressionProblem(c.Concluded, "no concluded licence")
		}),
	},
	"licence-declared": {
		title: "Every component has a declared licence", why: "Who passes it on needs to know on what terms.",
		fix: "Say that of the artifact with --licence; for components, see --modcache and --source, or use packages that state theirs.",
		check: each("with a declared licence", "without a declared licence", func(s *Subject, c *sbom.Component) string {
			return s.expressionProblem(c.Declared, "no declared licence")
		}),
	},
	"copyright": {
		title: "Every component has a copyright notice", why: "Licences ask that notices are passed on.",
		fix: "Use packages that carry their notices; see --modcache and --source for Go.",
		check: each("with a copyright notice", "without a copyright notice", func(_ *Subject, c *sbom.Component) string {
			return missing(len(c.Copyright) > 0, "no copyright notice")
		}),
	},
	"download": {
		title: "Every component says where it can be had", why: "Who wants to repair it needs to get it.",
		fix:   "Say that of the artifact with manifestgen stamp --url; for components, use packages that state it.",
		check: each("with a place to get them from", "without a place to get them from", downloadProblem),
	},
	"dependencies": {
		title: "The manifest relates every component to the artifact", why: "A fault in a component matters where it is used.",
		fix:   "Make the manifest with a tool that finds relations; give --source or --modcache for Go.",
		check: checkRelations,
	},
	"coverage": {
		title: "The manifest says that it lists every component, also those of components",
		why:   "A list that may be short hides faults.",
		fix:   "Build in a way that leaves nothing unknown, and repair what the findings of the manifest name.",
		check: checkCoverage,
	},
	"completeness": {
		title: "The manifest says what it does not know", why: "What is not listed must not be taken for absent.",
		fix:   "Make the manifest with a tool that states completeness; manifestgen does.",
		check: checkCompleteness,
	},
	"file-names": {
		title: "The artifact, and every file that is a component, states the name of the file", why: "Files are found by their names.",
		fix: "Make the manifest from the file under the name that it is published under.",
		check: eachFile("with a name", "without a name", func(c *sbom.Component) string {
			return missing(property(c, "bsi:component:filename") != "" || len(c.Locations) > 0, "no name of a file")
		}),
	},
	"file-kinds": {
		title: "The artifact, and every file that is a component, says whether it is executable, an archive, structured",
		why:   "It tells what can be in the file that was not looked at.",
		fix:   "Add the properties bsi:component:executable, bsi:component:archive and bsi:component:structured.",
		check: eachFile("with properties that say of which kind they are", "without properties that say of which kind they are", kindProblem),
	},
	"no-vulnerabilities": {
		title: "The manifest holds no information on vulnerabilities",
		why:   "What is known of vulnerabilities changes by the day, and the manifest does not.",
		fix:   "Publish it in a document of its own, such as CSAF or VEX.",
		check: checkNoVulnerabilities,
	},
	"manufacturer": {
		title: "The manifest names the manufacturer, and how to reach it", why: "Users turn to the manufacturer.",
		fix:   "Say it with --team, and --contact or --team-url.",
		check: checkManufacturer,
	},
	"product": {
		title: "The product can be identified: it has a name and a version", why: "Notices are about products in versions.",
		fix:   "Say it with --name and --artifact-version.",
		check: checkProduct,
	},
	"purpose": {
		title: "The manifest describes the product", why: "Users need to know what it is for.",
		fix:   "Say it with --description, in the words of its intended purpose.",
		check: checkPurpose,
	},
	"security-contact": {
		title: "There is a contact to report vulnerabilities to", why: "Who finds one should reach who can repair it.",
		fix:    "Say it with --security.",
		params: []Param{{"types", Text, "the types of links that will do", []string{"security-contact", "rfc-9116"}}},
		check:  checkSecurity,
	},
	"support-level": {
		title: "The manifest says what support there is", why: "Users plan by it.",
		fix:   "Say it with --support-level.",
		check: checkSupportLevel,
	},
	"support-end": {
		title: "The manifest says when support ends", why: "Users plan by it.",
		fix:   "Say it with --support-end.",
		check: checkSupportEnd,
	},
	"components-support": {
		title: "Every component says what support it has, and until when",
		why:   "A component that nobody maintains is a risk of its own.",
		fix: "Say that of the artifact with --support-level and --support-end; add the properties manifestgen:support:level and " +
			"cdx:lifecycle:milestone:endOfSupport to the others.",
		check: checkComponentsSupport,
	},
	"subject": {
		title: "The artifact is identified by a digest", why: "Provenance is of these very bytes.",
		fix:   "Do not give --digests none.",
		check: checkSubjectDigest,
	},
	"builder": {
		title: "The system that built the artifact is named by a URI", why: "Trust in a build is trust in who built.",
		fix:   "Say it with --builder, or in the record under build: builder.",
		check: checkBuilder,
	},
	"parameters": {
		title: "What the build was given is stated: the source, and the command", why: "It is what a build again begins with.",
		fix:   "Say it with --repo and --build-command, or in the record under build: command.",
		check: checkParameters,
	},
}
