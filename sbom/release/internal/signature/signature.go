// Package signature says whether a git tag is a signed statement, by somebody
// whom the project trusts, about the commit that an artifact was built from.
//
// It verifies OpenPGP and SSH signatures over the raw tag object, offline, with
// keys that the caller gives: https://git-scm.com/docs/gitformat-signature.
// X.509 signatures (gitsign) are recognised and not verified.
//
// Good is more than git verify-tag asks for. The tag object must carry the name
// of its ref, lead to the expected commit and say nothing outside of what is
// signed, and the key must be in the project's list and have been valid when
// the tag was made. No clock is read: a key that expired since is of no
// concern, and a key that is revoked as compromised, or without a reason, never
// was valid.
package signature

import (
	"fmt"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// A Result is the outcome of [Verify].
type Result string

// The results. Only Good means that the tag may be relied on. Of several that
// apply, Verify gives the first of this list after Good.
const (
	Good           Result = "good"
	Bad            Result = "bad"             // the signature is not of this tag, or cannot be read
	RefMismatch    Result = "ref-mismatch"    // the tag object has another name than the ref
	CommitMismatch Result = "commit-mismatch" // the tag does not lead to the expected commit
	Revoked        Result = "revoked"         // the key was revoked
	Expired        Result = "expired"         // the key was not valid when the tag was made
	UnknownKey     Result = "unknown-key"     // the key is not in the list
	Unsupported    Result = "unsupported"     // a signature that this package does not verify
	Unsigned       Result = "unsigned"        // an annotated tag without a signature
	Lightweight    Result = "lightweight"     // a ref without a tag object
	Dirty          Result = "dirty"           // the work tree was not clean
)

// A Kind is a kind of signature.
type Kind string

// The kinds of signatures that git makes.
const (
	OpenPGP Kind = "openpgp"
	SSH     Kind = "ssh"
	X509    Kind = "x509"
)

// A Record is what Verify found out. Its texts come from the tag and the key:
// they are to be escaped where they are shown.
type Record struct {
	Result   Result
	Kind     Kind      // "" if there is no signature
	Key      string    // fingerprint: hexadecimal for OpenPGP, SHA256:... for SSH
	Signer   string    // the user ID or principal in the project's list; "" if the key is not in it
	SignedAt time.Time // of the signature (OpenPGP) or the tagger (SSH); unproven unless Good
	Reason   string    // all that stands against the tag, "" if it is Good
}

// Expected is what the caller knows of the artifact.
type Expected struct {
	Commit git.ID // that it was built from; without it no tag is Good
	Dirty  bool   // whether it was built from a work tree that was not clean

	// Now, if it is not zero, refuses tags from the future and signatures
	// whose own validity, which few have, is over.
	Now time.Time
}

// Verify judges a tag. A nil tag, which is to stand for one that package git
// could not read, is Bad. Verify does not panic, whatever a library does: a
// panic is a Bad result.
func Verify(tag *git.Tag, want Expected, signers *Signers) (rec Record) {
	defer func() {
		if p := recover(); p != nil {
			rec = Record{Result: Bad, Kind: rec.Kind, Reason: fmt.Sprintf("verification broke off: %v", p)}
		}
	}()
	if tag == nil || signers == nil {
		return Record{Result: Bad, Reason: "no tag or no list of signers was given"}
	}
	j := judge{Record: &rec}
	j.names(tag, want)
	j.signature(tag, want, signers)
	if want.Dirty {
		j.add(Dirty, "the work tree was not clean")
	}
	j.close()
	return rec
}

// severity orders results: a lower one hides a higher one.
var severity = map[Result]int{
	Bad: 1, RefMismatch: 2, CommitMismatch: 3, Revoked: 4, Expired: 5, UnknownKey: 6,
	Unsupported: 7, Unsigned: 8, Lightweight: 9, Dirty: 10,
}

// A judge collects what stands against a tag.
type judge struct {
	*Record
	reasons  []string
	verified bool // a signature was checked and is the signer's own
}

func (j *judge) add(r Result, format string, args ...any) {
	if j.Result == "" || severity[r] < severity[j.Result] {
		j.Result = r
	}
	j.reasons = append(j.reasons, fmt.Sprintf(format, args...))
}

// close makes the record Good if a signature was verified and nothing was
// added. Not to have found fault is not enough.
func (j *judge) close() {
	switch {
	case j.Result == "" && j.verified:
		j.Result = Good
	case j.Result == "":
		j.add(Bad, "nothing was verified")
	}
	j.Reason = strings.Join(j.reasons, "; ")
}

// names checks what the tag says of itself: its name, and where it leads.
func (j *judge) names(tag *git.Tag, want Expected) {
	switch {
	case want.Commit.IsZero():
		j.add(CommitMismatch, "the commit of the artifact is not known")
	case tag.Commit.IsZero():
		j.add(CommitMismatch, "the tag does not lead to a commit")
	case tag.Commit != want.Commit:
		j.add(CommitMismatch, "the tag leads to commit %v, not %v", tag.Commit, want.Commit)
	}
	if len(tag.Objects) == 0 {
		if tag.Target != tag.Commit {
			j.add(CommitMismatch, "the ref does not hold the commit")
		}
		return
	}
	if name := tag.Objects[0].Name; name != tag.Name {
		j.add(RefMismatch, "the ref is %q, the tag object %q", tag.Name, name)
	}
	next := tag.Target
	for _, o := range tag.Objects {
		if o.ID != next {
			j.add(CommitMismatch, "tag object %v is not what precedes it points at", o.ID)
		}
		next = o.Object
	}
	if next != tag.Commit {
		j.add(CommitMismatch, "the tag object points at %v", next)
	}
}

// signature checks the signature of the outermost tag object, which by its
// object names vouches for those within.
func (j *judge) signature(tag *git.Tag, want Expected, signers *Signers) {
	if len(tag.Objects) == 0 {
		j.add(Lightweight, "a lightweight tag cannot be signed")
		return
	}
	o := tag.Objects[0]
	if !want.Now.IsZero() && o.Time.After(want.Now) {
		j.add(Bad, "tagged in the future, at %s", o.Time.UTC().Format(time.RFC3339))
	}
	payload, armor, kind, err := split(o.Raw)
	j.Kind = kind
	switch {
	case err != nil:
		j.add(Bad, "%v", err)
	case kind == "":
		j.add(Unsigned, "the tag is not signed")
	case len(o.Extra) > 0:
		j.add(Unsupported, "the tag object has a header %q, which no signature covers for sure", o.Extra[0])
	case o.Time.IsZero():
		j.add(Unsupported, "the tag has no tagger, and so no time")
	case kind == OpenPGP:
		j.openPGP(payload, armor, o.Time, want.Now, signers)
	case kind == SSH:
		j.ssh(payload, armor, o, signers)
	default:
		j.add(Unsupported, "an X.509 signature, which is not verified")
	}
}
