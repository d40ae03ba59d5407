// Package release gathers what is known of a release beyond the artifact: from a
// release record, from the git repository that it was built from, from the
// signature of the release tag, and from the person who runs the tool.
//
// [Gather] returns candidates for the facts of a principal; [sbom.Assemble]
// decides among them. The record is manifestgen.yaml, read by [ParseRecord]. It is
// used when it is given, or found at the top of the repository, and one of its
// artifacts is the one at hand: a record never renames a stranger's artifact.
//
// The repository is used if the artifact can have been built from it: if it was
// given, or if its HEAD or a tag is the commit that the artifact says it was
// built from. Git is not run, no setting is obeyed, and nothing is fetched.
//
// # Whom to believe
//
// What the record says comes from [sbom.FromRecord]. A version that is read from
// a tag comes from [sbom.FromTag] only if the tag's signature is good; then it
// beats what the artifact says of itself. A tag that is not signed, or not by
// somebody whom the project trusts, is no more than what stands in a folder that
// somebody checked out, like all else that git tells: [sbom.FromFolder], which
// what the artifact itself says beats.
//
// Trust in a tag is trust in who wrote the record, or the flags, that name the
// keys: the record is read as it is in the work tree.
//
// # Base images
//
// The images that FROM and COPY --from name in a Dockerfile among the build inputs
// are build inputs too: those of a build that is given no arguments. What RUN
// --mount takes files from, and the image of a syntax directive, is not listed.
//
// # Findings
//
// Findings have these codes:
//
//	commit.absent        the commit is not in the repository that was given
//	commit.malformed     the artifact names a commit by what is no full object id
//	date.future          the artifact says it was built in the future
//	date.order           the dates of commit, build and publication are not in order
//	git.unreadable       the repository, or something in it, cannot be read
//	inputs.image         a base image that a Dockerfile names cannot be made out
//	inputs.limit         there are more build inputs than are listed
//	inputs.modified      a build input is not as it is in the commit
//	inputs.unpinned      a Dockerfile names base images without their digests
//	inputs.unread        build inputs are not listed: another commit is checked out
//	record.unmatched     none of the record's artifacts is this one, though it was built here
//	signers.damaged      a key of those that may sign tags cannot be read
//	tag.moved            the tag of the version leads to another commit
//	tag.unverified       a tag was named, and there is no repository to look it up
//	url.secret           a user name, password or token was taken out of a URL
//
// and these for a tag that is not good; the first four are gaps:
//
//	tag.bad              the signature is not of this tag, or cannot be read
//	tag.ref-mismatch     the tag object has another name than the ref
//	tag.commit-mismatch  the tag does not lead to the commit of the artifact
//	tag.revoked          the key was revoked
//	tag.expired          the key was not valid when the tag was made
//	tag.unknown-key      the key is not in the project's list
//	tag.unsupported      a kind of signature that is not verified
//	tag.unsigned         an annotated tag without a signature
//	tag.lightweight      a ref without a tag object
//	tag.dirty            built from a work tree that was not clean
package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// Options say what Gather is about and where it looks. Paths are those of the
// operating system.
type Options struct {
	// Known is what the artifact says of itself: [sbom.Inventory.Known].
	Known *sbom.Principal

	// Flags is what the person who runs the tool says. Its Tag and Commit
	// also say what is looked up in the repository.
	Flags sbom.Principal

	// Record is the path of a release record. If it is empty, the record at
	// the top of the repository is used, if there is one.
	Record string

	// Repository is a folder of the repository that the artifact was built
	// from. If it is empty, the repository that holds the record is
	// considered, and then the one around Dir.
	Repository string

	// Dir is the folder to which Inputs are relative, and where a repository
	// is looked for. If it is empty, none is looked for.
	Dir string

	// TagPattern, Keyrings and AllowedSigners stand in for the keys tag and
	// signers of the record: see [Terms].
	TagPattern     string
	Keyrings       []string
	AllowedSigners []string

	// Inputs are paths of further build inputs.
	Inputs []string

	// Now, if it is not zero, is what dates are compared with.
	Now time.Time
}

// Gather returns what is known of the release, and what deserves to be known
// about that. An error means that something that was given cannot be used.
func Gather(ctx context.Context, o Options) ([]sbom.Candidate, []sbom.Finding, error) {
	g, err := begin(o)
	if err != nil {
		return nil, nil, err
	}
	defer g.close()
	steps := []func() error{g.useRecord, g.fromRecord, g.fromGit, g.fromTag, g.listInputs, g.checkDates}
	for _, step := range steps {
		if err := errors.Join(ctx.Err(), step()); err != nil {
			return nil, nil, err
		}
	}
	return g.candidates, g.findings, nil
}

// A gathering is the state of one call of Gather.
type gathering struct {
	Options

	top      string          // of the work tree at hand, "" if there is none
	repo     *git.Repository // nil unless the artifact can have been built from it
	commit   git.ID          // that it was built from
	head     git.ID
	status   *git.Status // nil if another commit is checked out
	tag      *git.Tag
	terms    Terms // of the record, if it is about this artifact
	folder   string
	record   *Record
	entry    int // in record.Artifacts; -1 if none is this one
	line     func(section string) int
	explicit bool // Repository was given

	candidates []sbom.Candidate
	findings   []sbom.Finding
}

// begin checks the flags, and opens the repository.
func begin(o Options) (*gathering, error) {
	if o.Known == nil {
		o.Known = &sbom.Principal{}
	}
	o.Flags.Tag = strings.TrimPrefix(o.Flags.Tag, "refs/tags/")
	g := &gathering{Options: o, entry: -1, explicit: o.Repository != ""}
	if err := g.checkFlags(); err != nil {
		return nil, err
	}
	if o.TagPattern != "" && !forms["tag"].fits(o.TagPattern) {
		return nil, fmt.Errorf("tag pattern %q: want %s", o.TagPattern, forms["tag"].want)
	}
	if err := g.open(); err != nil {
		g.close()
		return nil, err
	}
	g.candidates = append(g.candidates, sbom.Candidate{Source: sbom.FromFlag, Where: "command line", Facts: g.Flags})
	return g, nil
}

func (g *gathering) close() {
	if g.repo != nil {
		g.repo.Close() // it was only read
	}
}

func (g *gathering) found(kind sbom.FindingKind, code, format string, args ...any) {
	g.findings = append(g.findings, sbom.Finding{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)})
}

func (g *gathering) add(source sbom.Source, where string, facts sbom.Principal) {
	g.candidates = append(g.candidates, sbom.Candidate{Source: source, Where: where, Facts: facts})
}

// checkDates finds dates of different sources that cannot be.
func (g *gathering) checkDates() error {
	if !g.Now.IsZero() && g.Known.Built.After(g.Now) {
		g.found(sbom.Note, "date.future", "the artifact says that it was built at %s, which is in the future", g.Known.Built.UTC().Format(time.RFC3339))
	}
	built, published, committed := g.Flags.Built, g.Flags.Published, g.Known.Committed
	if built.IsZero() {
		built = g.Known.Built
	}
	for _, c := range g.candidates {
		if committed.IsZero() {
			committed = c.Facts.Committed
		}
	}
	before := func(a time.Time, what string, b time.Time, than string) {
		if !a.IsZero() && !b.IsZero() && a.Before(b) {
			g.found(sbom.Note, "date.order", "%s at %s, which is before it was %s, at %s", what, a.UTC().Format(time.RFC3339), than, b.UTC().Format(time.RFC3339))
		}
	}
	before(built, "built", committed, "committed")
	before(published, "published", built, "built")
	return nil
}

// clean takes secrets out of a URL, and says so.
func (g *gathering) clean(what, url string) string {
	clean, secret := CleanURL(url)
	if secret {
		g.found(sbom.Note, "url.secret", "%s: a user name, password or token in the URL was left out", what)
	}
	return clean
}
