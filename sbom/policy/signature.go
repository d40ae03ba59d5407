package policy

import (
	"slices"

	"github.com/manifestgen/manifestgen/sbom"
)

// signatureRule is in every profile and cannot be tuned: what a signature disowns
// is not published.
var signatureRule = Rule{
	ID: "signature", Standard: "manifestgen", Severity: Must,
	Title: "No signature says that something is wrong",
	Why: "A signature that is bad, of another commit, or made with a key that was revoked is worse than none: " +
		"somebody may have put another thing in the place of the release.",
	Fix:   "Find out how the tag or the manifest came to be. Do not publish before that is clear; then make a new tag, and the manifest again.",
	Check: checkSignature,
}

// damning are the results of verifying a tag that say that something is wrong with
// it, and not only that not enough is known: see the finding codes of package
// release.
var damning = []string{"bad", "ref-mismatch", "commit-mismatch", "revoked"}

func checkSignature(s *Subject, _ Params) Result {
	if s.Document.Signed == SignedBad {
		return fail("the signature of the manifest is bad").with(Evidence{Field: "signature", Value: "bad", Where: s.Document.Name})
	}
	p, now := s.principal(), s.Tag
	if now != nil {
		if now.Commit != "" && p.Commit != "" && now.Commit != p.Commit {
			return fail("the tag %s is of another commit than the manifest", quote(now.Tag)).with(
				Evidence{Field: "commit", Value: now.Commit, Where: "refs/tags/" + now.Tag}, Evidence{Field: "commit", Value: p.Commit})
		}
		return s.judgeSignature(now, "refs/tags/"+now.Tag)
	}
	return s.judgeSignature(p, "the manifest")
}

func (s *Subject) judgeSignature(p *sbom.Principal, where string) Result {
	sig := p.Signature
	evidence := Evidence{Field: "tag signature", Value: sig.Result, Where: where}
	switch {
	case slices.Contains(damning, sig.Result):
		return fail("the tag %s: %s", quote(p.Tag), why(sig)).with(evidence)
	case sig.Result == "" && s.Document.Signed != SignedGood:
		return notApplicable("no signature was verified")
	}
	return pass("no signature is bad").with(evidence)
}

// why says why the signature of a tag is as it is.
func why(sig sbom.Signature) string {
	if sig.Reason != "" {
		return sig.Result + ", " + brief(sig.Reason)
	}
	return sig.Result
}
