package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

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
		fix:    "Write the manifest in an accepted format: manifestgen convert, or -o with another suffix.",
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

// each makes a check of every component and the principal. Problem returns what is
// wrong with one, or "".
func each(good, bad string, problem func(*Subject, *sbom.Component) string) func(*Subject, Params) Result {
	return func(s *Subject, _ Params) Result {
		t := &tally{}
		for _, c := range s.all() {
			t.judge(c, problem(s, c))
		}
		return t.result("components", good, bad)
	}
}

// eachFile makes a check of the principal and of every component that is a file.
func eachFile(good, bad string, problem func(*sbom.Component) string) func(*Subject, Params) Result {
	return func(s *Subject, _ Params) Result {
		t := &tally{}
		for i, c := range s.all() {
			if i > 0 && c.Type != sbom.TypeFile && len(c.Digests) == 0 {
				continue
			}
			if i == 0 && s.principal().FileName != "" && len(c.Locations) == 0 {
				own := *c
				own.Locations = []sbom.Location{{Path: s.principal().FileName}}
				c = &own
			}
			t.judge(c, problem(c))
		}
		return t.result("files", good, bad)
	}
}

func (t *tally) judge(c *sbom.Component, problem string) {
	if problem != "" {
		t.fail(offender(c), "%s", problem)
		return
	}
	t.pass()
}

// all returns the principal and the components.
func (s *Subject) all() []*sbom.Component {
	return append([]*sbom.Component{&s.principal().Component}, s.Manifest.Components...)
}

// missing returns the problem unless ok.
func missing(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

func checkAuthor(s *Subject, _ Params) Result {
	a := s.Manifest.Author
	if !known(a.Name) && !reachable(a) {
		return fail("the manifest does not say who made it")
	}
	return pass("the manifest was made by %s", quote(a.Name))
}

func checkAuthorContact(s *Subject, _ Params) Result {
	if !reachable(s.Manifest.Author) {
		return fail("the manifest does not say how to reach who made it").with(stated("author", s.Manifest.Author.Name)...)
	}
	return pass("the author of the manifest can be reached").with(stated("author", s.Manifest.Author.Name)...)
}

// reachable reports whether there is an address or a URL of a party.
func reachable(p sbom.Party) bool {
	return addressProblem(p.URL, "https", "http") == "" || slices.ContainsFunc(p.Contacts, func(c sbom.Contact) bool {
		name, host, ok := strings.Cut(c.Email, "@")
		return ok && name != "" && host != ""
	})
}

func checkCreated(s *Subject, _ Params) Result {
	if s.Manifest.Created.IsZero() {
		return fail("the manifest does not say when it was made")
	}
	if !s.Now.IsZero() && s.Manifest.Created.After(s.Now) {
		return fail("the manifest says that it was made %s, which is in the future", moment(s.Manifest.Created))
	}
	return pass("the manifest was made %s", moment(s.Manifest.Created))
}

func checkTool(s *Subject, _ Params) Result {
	for _, t := range s.Manifest.Tools {
		if known(t.Name) {
			return pass("the manifest was made with %s", quote(t.Name))
		}
	}
	return fail("the manifest does not name the tool that made it")
}

func checkToolVersion(s *Subject, _ Params) Result {
	for _, t := range s.Manifest.Tools {
		if known(t.Name) && known(t.Version) {
			return pass("the manifest was made with version %s of %s", quote(t.Version), quote(t.Name))
		}
	}
	return fail("the manifest does not state the version of the tool that made it")
}

func checkContext(s *Subject, _ Params) Result {
	if !known(s.Manifest.Phase) {
		return fail("the manifest does not say at which point of the life cycle it was made")
	}
	return pass("the manifest is of the phase %s", quote(s.Manifest.Phase))
}

// checkFormat compares the format with those that are accepted; with none, any
// that is known will do.
func checkFormat(s *Subject, params Params) Result {
	d := s.Document
	if d.Format == "" || d.Version == "" {
		return notProvable("the format of the document is not known")
	}
	accepted := params.Texts("accepted")
	for _, a := range accepted {
		name, version, _ := strings.Cut(a, " ")
		if strings.EqualFold(name, d.Format) && acceptsVersion(version, d.Version) {
			return pass("the document is %s %s", brief(d.Format), brief(d.Version))
		}
	}
	if len(accepted) == 0 {
		return pass("the document is %s %s", brief(d.Format), brief(d.Version))
	}
	return fail("the document is %s %s, and must be one of %s", brief(d.Format), brief(d.Version), strings.Join(accepted, ", "))
}

// acceptsVersion reports whether a version is the one that is wanted, a minor one
// of it, or, if + follows what is wanted, a later one.
func acceptsVersion(wanted, version string) bool {
	if least, later := strings.CutSuffix(wanted, "+"); later {
		return compareVersions(version, least) >= 0
	}
	return version == wanted || strings.HasPrefix(version, wanted+".")
}

// compareVersions compares versions of specifications: numbers with points between
// them.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		n, m := 0, 0
		if i < len(x) {
			n, _ = strconv.Atoi(x[i])
		}
		if i < len(y) {
			m, _ = strconv.Atoi(y[i])
		}
		if n != m {
			return n - m
		}
	}
	return 0
}

func checkSyntax(s *Subject, params Params) Result {
	if s.Document.Syntax == "" {
		return notProvable("the syntax of the document is not known")
	}
	for _, a := range params.Texts("accepted") {
		if strings.EqualFold(a, s.Document.Syntax) {
			return pass("the document is written in %s", a)
		}
	}
	return fail("the document is written in %s, and must be in %s", brief(s.Document.Syntax), strings.Join(params.Texts("accepted"), " or "))
}

func checkDocumentID(s *Subject, _ Params) Result {
	for _, id := range []string{s.Document.ID, s.Manifest.ID} {
		if id != "" {
			return pass("the document is called %s", quote(id))
		}
	}
	return fail("the document has neither a serial number nor a namespace")
}

func checkDocumentSigned(s *Subject, _ Params) Result {
	switch s.Document.Signed {
	case SignedGood:
		return pass("the manifest is signed by somebody who is trusted")
	case SignedNot:
		return fail("the manifest is not signed")
	case SignedBad:
		return fail("the signature of the manifest is bad")
	case SignedPresent:
		return notProvable("the manifest is signed, and the signature was not verified")
	}
	return notProvable("whether the manifest is signed was not looked at")
}

func checkVersionOrUnknown(s *Subject, _ Params) Result {
	unknown := unknowns(s.Manifest)
	t := &tally{}
	for _, c := range s.all() {
		t.judge(c, missing(known(c.Version) || unknown[c.Ref] != "", "no version"))
	}
	return t.result("components", "with a version, or said to have none that is known", "without a version that is stated or said to be unknown")
}

func hasDigest(c *sbom.Component, algorithm string) bool {
	return slices.ContainsFunc(c.Digests, func(d sbom.Digest) bool { return d.Algorithm == algorithm })
}

func licenceProblem(s *Subject, c *sbom.Component) string {
	return s.expressionProblem(licence(c), "no licence")
}

func (s *Subject) expressionProblem(expression, none string) string {
	if !known(expression) {
		return none
	}
	if _, err := s.licences(expression); err != nil {
		return fmt.Sprintf("licence %s: %s", quote(expression), brief(err.Error()))
	}
	return ""
}

func downloadProblem(_ *Subject, c *sbom.Component) string {
	for _, l := range c.Links {
		switch l.Type {
		case "distribution", "source-distribution", "vcs":
			return ""
		}
	}
	return "no place to download it from"
}

func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func kindProblem(c *sbom.Component) string {
	for _, p := range []struct{ name, yes, no string }{
		{"executable", "executable", "non-executable"}, {"archive", "archive", "no archive"}, {"structured", "structured", "unstructured"},
	} {
		if v := property(c, "bsi:component:"+p.name); v != p.yes && v != p.no {
			return "no property bsi:component:" + p.name
		}
	}
	return ""
}

// checkRelations asks that every component is in the artifact, or that edges lead
// to it from there. One that nothing else contains is in the artifact: see
// sbom.Edge.
func checkRelations(s *Subject, _ Params) Result {
	m := s.Manifest
	if len(m.Components) == 0 {
		if s.principal().Contents == sbom.Complete {
			return pass("the manifest lists no components, and says that this is all there is")
		}
		return notProvable("the manifest lists no components, and does not say that there are none")
	}
	reached := reachedFrom(m)
	t := &tally{}
	for _, c := range m.Components {
		t.judge(c, missing(reached[c.Ref], "no relation leads to it"))
	}
	return t.result("components", "that are related to the artifact", "that are not related to the artifact")
}

// reachedFrom returns the refs of the components that the artifact holds, and of
// those that edges lead to from there.
func reachedFrom(m *sbom.Manifest) map[string]bool {
	next := map[string][]string{}
	contained := map[string]bool{}
	for _, e := range m.Edges {
		next[e.From] = append(next[e.From], e.To)
		contained[e.To] = contained[e.To] || e.Kind == sbom.Contains
	}
	todo := []string{m.Principal.Ref}
	for _, c := range m.Components {
		if !c.Wanted && !contained[c.Ref] {
			todo = append(todo, c.Ref)
		}
	}
	reached := map[string]bool{}
	for len(todo) > 0 {
		ref := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !reached[ref] {
			reached[ref] = true
			todo = append(todo, next[ref]...)
		}
	}
	return reached
}

func checkCoverage(s *Subject, _ Params) Result {
	p := s.principal()
	evidence := stated("contents", string(p.Contents))
	switch {
	case p.Contents == sbom.Incomplete || s.Manifest.Gaps() > 0:
		return fail("the manifest says that it is incomplete").with(evidence...)
	case p.Contents == sbom.Complete:
		return pass("the manifest says that it lists every component").with(evidence...)
	}
	return notProvable("the manifest does not say that it lists every component").with(evidence...)
}

func checkCompleteness(s *Subject, _ Params) Result {
	p := s.principal()
	if p.Contents == "" || p.Dependencies == "" {
		return fail("the manifest does not say whether its list of components, and that of dependencies, is complete")
	}
	return pass("the list of components is %s, that of dependencies %s", brief(string(p.Contents)), brief(string(p.Dependencies)))
}

func checkNoVulnerabilities(s *Subject, _ Params) Result {
	for _, f := range s.Manifest.Foreign {
		if strings.Contains(strings.ToLower(f.Field), "vulnerabilit") {
			return fail("the document has a field %s", quote(f.Field)).with(Evidence{Field: f.Field, Value: f.Value, Where: s.Document.Name})
		}
	}
	return pass("the document has no field for vulnerabilities")
}

func checkManufacturer(s *Subject, _ Params) Result {
	maker := s.principal().Maker
	if maker.Name == "" {
		maker = s.principal().Supplier
	}
	switch {
	case !known(maker.Name):
		return fail("the manifest does not name the manufacturer")
	case !reachable(maker):
		return fail("the manifest does not say how to reach the manufacturer, %s", quote(maker.Name))
	}
	return pass("the manufacturer is %s", quote(maker.Name)).with(said(s.principal(), "maker", "supplier")...)
}

func checkProduct(s *Subject, _ Params) Result {
	p := s.principal()
	if !known(p.Name) || !known(p.Version) {
		return fail("the product has no name, or no version").with(stated("name", p.Name)...)
	}
	return pass("the product is %s %s", quote(p.Name), quote(p.Version))
}

func checkPurpose(s *Subject, _ Params) Result {
	if d := s.principal().Description; strings.TrimSpace(d) != "" {
		return pass("the product is described").with(Evidence{Field: "description", Value: d})
	}
	return fail("the manifest does not describe the product")
}

func checkSupportLevel(s *Subject, _ Params) Result {
	if level := s.principal().SupportLevel; known(level) {
		return pass("the support is %s", quote(level)).with(said(s.principal(), "support level")...)
	}
	return fail("the manifest does not say what support there is")
}

func checkSupportEnd(s *Subject, _ Params) Result {
	end := s.principal().SupportEnd
	switch {
	case end.IsZero():
		return fail("the manifest does not say when support ends")
	case !s.Now.IsZero() && end.Before(s.Now):
		return fail("support ended %s", day(end)).with(said(s.principal(), "support end")...)
	}
	return pass("support ends %s", day(end)).with(said(s.principal(), "support end")...)
}

func checkComponentsSupport(s *Subject, _ Params) Result {
	p := s.principal()
	t := &tally{}
	for i, c := range s.all() {
		level, end := property(c, "manifestgen:support:level"), property(c, "cdx:lifecycle:milestone:endOfSupport")
		if i == 0 && p.SupportLevel != "" {
			level = p.SupportLevel
		}
		if i == 0 && !p.SupportEnd.IsZero() {
			end = day(p.SupportEnd)
		}
		switch {
		case !known(level):
			t.fail(offender(c), "no level of support")
		case end == "":
			t.fail(offender(c), "no end of support")
		default:
			t.pass()
		}
	}
	return t.result("components", "with a level and an end of support", "without a level or an end of support")
}

func checkSubjectDigest(s *Subject, _ Params) Result {
	c := &s.principal().Component
	if hasDigest(c, "SHA-256") || hasDigest(c, "SHA-512") {
		return pass("the artifact is identified by a digest")
	}
	return fail("the manifest states neither a SHA-256 nor a SHA-512 digest of the artifact")
}

func setting(p *sbom.Principal, name string) string {
	for _, x := range p.Settings {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}

func checkBuilder(s *Subject, _ Params) Result {
	builder := setting(s.principal(), "build.builder")
	if builder == "" {
		return fail("the manifest does not say which system built the artifact")
	}
	if scheme, rest, ok := strings.Cut(builder, ":"); !ok || scheme == "" || rest == "" || strings.ContainsAny(builder, " \t\r\n") {
		return fail("the builder %s is no URI", quote(builder))
	}
	return pass("the artifact was built by %s", quote(builder))
}

func checkParameters(s *Subject, _ Params) Result {
	p := s.principal()
	switch {
	case p.Repository == "" || p.Commit == "":
		return fail("the manifest does not say which source the build was given: its repository and commit")
	case setting(p, "build.command") == "":
		return fail("the manifest does not say by which command the artifact was built")
	}
	return pass("the build was given commit %s of %s", quote(p.Commit), quote(p.Repository)).with(
		Evidence{Field: "build.command", Value: setting(p, "build.command")})
}
