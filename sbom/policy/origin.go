package policy

import (
	"net/url"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// This file holds the checks of G4: can it be built again, from what everybody can
// get?

func checkRepository(s *Subject, _ Params) Result {
	p := s.principal()
	if p.Repository == "" {
		return fail("the manifest does not say in which repository the source is")
	}
	if problem := addressProblem(strings.TrimPrefix(p.Repository, "git+"), "https", "http", "git", "ssh", "svn", "hg"); problem != "" {
		return fail("the repository %s: %s", quote(p.Repository), problem).with(said(p, "repository")...)
	}
	return pass("the source is at %s", quote(p.Repository)).with(said(p, "repository")...)
}

// addressProblem says why a text is no URL that others can open, or returns "".
func addressProblem(text string, schemes ...string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || strings.ContainsAny(text, " \t\r\n<>\""):
		return "is no URL"
	case !slices.Contains(schemes, u.Scheme):
		return "is no URL that begins with " + strings.Join(schemes, ", ")
	case u.Scheme == "mailto":
		if name, host, ok := strings.Cut(u.Opaque, "@"); !ok || name == "" || host == "" {
			return "has no address"
		}
		return ""
	case u.Hostname() == "":
		return "has no host"
	case u.User != nil && u.Scheme != "ssh":
		return "holds a user name or password"
	}
	return ""
}

func checkCommit(s *Subject, _ Params) Result {
	p := s.principal()
	switch {
	case p.Commit == "":
		return fail("the manifest does not say from which commit the artifact was built")
	case !isObject(p.Commit):
		return fail("the commit %s is no full object id", quote(p.Commit)).with(said(p, "commit")...)
	}
	own, told := s.own("commit")
	for _, e := range own {
		if e.Value != p.Commit {
			return fail("the manifest says commit %s, and the artifact itself %s", quote(p.Commit), quote(e.Value)).with(e)
		}
	}
	if !told {
		return notProvable("the artifact was not read: whether it was built from commit %s is not known", quote(p.Commit))
	}
	return pass("built from commit %s", quote(p.Commit)).with(said(p, "commit")...)
}

// isObject reports whether s is the id of a git object, in SHA-1 or SHA-256.
func isObject(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

func checkClean(s *Subject, _ Params) Result {
	p := s.principal()
	own, _ := s.own("work tree")
	for _, e := range own {
		if e.Value == "dirty" {
			return fail("the artifact itself says that it was built from a work tree with changes that are in no commit").with(e)
		}
	}
	switch p.WorkTree {
	case "clean":
		return pass("built from a work tree that was clean").with(said(p, "work tree")...)
	case "":
		return notProvable("nothing says whether the work tree was clean when the artifact was built")
	}
	return fail("built from a work tree with changes that are in no commit").with(said(p, "work tree")...)
}

func checkTag(s *Subject, _ Params) Result {
	p := s.principal()
	if p.Tag == "" {
		return fail("the manifest does not say which tag the artifact was built from")
	}
	return pass("built from the tag %s", quote(p.Tag)).with(said(p, "tag")...)
}

// unproved are the results of verifying a tag that leave open whether it is signed
// by somebody whom the project trusts.
var unproved = []string{"unknown-key", "unsupported"}

func checkTagSigned(s *Subject, _ Params) Result {
	p, now := s.principal(), s.Tag
	switch {
	case p.Tag == "":
		return notApplicable("the manifest names no tag")
	case now == nil:
		return notProvable("the tag %s was not verified now: the repository was not at hand", quote(p.Tag)).with(stated("tag signature", p.Signature.Result)...)
	case now.Tag != p.Tag:
		return notProvable("the manifest names the tag %s, and %s was verified", quote(p.Tag), quote(now.Tag))
	}
	evidence := Evidence{Field: "tag signature", Value: now.Signature.Result, Where: "refs/tags/" + now.Tag}
	switch {
	case now.Signature.Result == "good":
		evidence.Where += ", signed by " + now.Signature.Signer
		return pass("the tag %s is signed by somebody whom the project trusts", quote(p.Tag)).with(evidence)
	case slices.Contains(unproved, now.Signature.Result):
		return notProvable("the tag %s: %s", quote(p.Tag), why(now.Signature)).with(evidence)
	}
	return fail("the tag %s: %s", quote(p.Tag), why(now.Signature)).with(evidence)
}

func checkTagCommit(s *Subject, _ Params) Result {
	p, now := s.principal(), s.Tag
	switch {
	case p.Tag == "" || p.Commit == "":
		return notApplicable("the manifest names no tag, or no commit")
	case now == nil || now.Tag != p.Tag || now.Commit == "":
		return notProvable("where the tag %s leads was not looked up", quote(p.Tag))
	case now.Commit != p.Commit:
		return fail("the tag %s leads to commit %s, and the manifest says %s", quote(p.Tag), quote(now.Commit), quote(p.Commit)).with(said(p, "commit")...)
	}
	return pass("the tag %s leads to the commit that the manifest names", quote(p.Tag))
}

func checkTagVersion(s *Subject, _ Params) Result {
	p := s.principal()
	if p.Tag == "" || !known(p.Version) {
		return notApplicable("the manifest names no tag, or no version")
	}
	evidence := said(p, "tag", "version")
	version := strings.TrimSuffix(p.Version, "+dirty") // whether the work tree was clean, another rule asks
	if s.Tag != nil && s.Tag.Tag == p.Tag && s.Tag.Version != "" {
		if !sameVersion(version, s.Tag.Version) {
			return fail("the tag %s is of version %s, and the manifest says %s", quote(p.Tag), quote(s.Tag.Version), quote(p.Version)).with(evidence...)
		}
		return pass("the tag %s is of version %s", quote(p.Tag), quote(p.Version)).with(evidence...)
	}
	base := p.Tag[strings.LastIndex(p.Tag, "/")+1:]
	switch {
	case sameVersion(version, base), holdsVersion(base, version):
		return pass("the tag %s names version %s", quote(p.Tag), quote(p.Version)).with(evidence...)
	case !strings.ContainsAny(base, "0123456789"):
		return notProvable("the tag %s does not name a version", quote(p.Tag)).with(evidence...)
	}
	return fail("the tag %s does not name version %s", quote(p.Tag), quote(p.Version)).with(evidence...)
}

func checkInputs(s *Subject, _ Params) Result {
	if n := len(s.principal().Inputs); n > 0 {
		return pass("build inputs in the manifest: %d", n)
	}
	return fail("the manifest lists nothing that is needed to build the artifact again")
}

func checkInputDigests(s *Subject, _ Params) Result {
	t := &tally{}
	for _, in := range s.principal().Inputs {
		if len(in.Digests) == 0 && !holdsDigest(in.Name) && !holdsDigest(in.URL) {
			t.fail(Offender{Name: in.Name}, "no digest")
			continue
		}
		t.pass()
	}
	if t.total == 0 {
		return notApplicable("the manifest lists no build inputs")
	}
	return t.result("build inputs", "with a digest", "without a digest")
}

func holdsDigest(s string) bool {
	return strings.Contains(s, "@sha256:") || strings.Contains(s, "@sha512:")
}

func checkInputPlaces(s *Subject, _ Params) Result {
	p := s.principal()
	t := &tally{}
	fromRepository := p.Repository != "" && p.Commit != ""
	for _, in := range p.Inputs {
		switch {
		case in.URL != "" && strings.Contains(in.URL, ":"), holdsDigest(in.Name):
			t.pass()
		case in.URL != "":
			t.fail(Offender{Name: in.Name}, "%s is no URL", quote(in.URL))
		case fromRepository:
			t.doubt(Offender{Name: in.Name}, "no URL: it is not known to be in the repository as it was used")
		default:
			t.fail(Offender{Name: in.Name}, "no URL")
		}
	}
	if t.total == 0 {
		return notApplicable("the manifest lists no build inputs")
	}
	return t.result("build inputs", "with a place to get them from", "without a place to get them from")
}

// checkInputsNow compares the inputs with what they are now. Those from elsewhere
// that nobody fetched again are what their digest says, wherever they come from.
func checkInputsNow(s *Subject, _ Params) Result {
	p := s.principal()
	if len(p.Inputs) == 0 {
		return notApplicable("the manifest lists no build inputs")
	}
	now := map[string]sbom.Input{}
	for _, in := range s.Inputs {
		now[in.Name] = in
	}
	t := &tally{}
	for _, in := range p.Inputs {
		here, looked := now[in.Name]
		switch {
		case !looked && elsewhere(p, in):
			t.pass()
		case !looked:
			t.doubt(Offender{Name: in.Name}, "was not looked at")
		case len(here.Digests) == 0:
			t.fail(Offender{Name: in.Name}, "is not there, or cannot be read")
		case differ(in.Digests, here.Digests):
			t.fail(Offender{Name: in.Name}, "is not what it was")
		case len(in.Digests) == 0:
			t.doubt(Offender{Name: in.Name}, "the manifest has no digest of it")
		default:
			t.pass()
		}
	}
	return t.result("build inputs", "that are what they were", "that are not what they were")
}

// elsewhere reports whether an input is pinned by a digest and from another place
// than the repository.
func elsewhere(p *sbom.Principal, in sbom.Input) bool {
	if holdsDigest(in.Name) || holdsDigest(in.URL) || strings.HasPrefix(in.URL, "pkg:") {
		return true
	}
	repository := strings.TrimPrefix(p.Repository, "git+")
	inRepository := in.URL == "" || repository != "" && strings.HasPrefix(strings.TrimPrefix(in.URL, "git+"), repository)
	return !inRepository && len(in.Digests) > 0
}
