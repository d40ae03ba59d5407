package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// This file holds the checks of elements: what a document says, whether or not it
// is so.

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
