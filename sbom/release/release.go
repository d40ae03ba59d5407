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
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
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

// open opens the repository and finds out whether it is the artifact's.
func (g *gathering) open() error {
	g.top = g.findTop()
	if g.top == "" || !g.explicit && g.Flags.Commit == "" && g.Known.Commit == "" {
		return nil // nothing says that the artifact was built from it
	}
	repo, err := git.Open(g.top)
	if err != nil {
		if g.explicit {
			return fmt.Errorf("%s: %w", g.Repository, err)
		}
		g.found(sbom.Note, "git.unreadable", "the repository around the current folder: %v", plain(err))
		return nil
	}
	g.repo = repo
	bound, err := g.bind()
	if !bound {
		g.repo = nil
		err = errors.Join(err, repo.Close())
	}
	return err
}

// findTop returns the top of the repository to look at.
func (g *gathering) findTop() string {
	if g.explicit {
		return cmp.Or(topOf(g.Repository), g.Repository) // a bare repository has no top
	}
	if g.Record != "" {
		if top := topOf(filepath.Dir(g.Record)); top != "" {
			return top
		}
	}
	if g.Dir == "" {
		return ""
	}
	return topOf(g.Dir)
}

// topOf returns the innermost folder around dir that is the top of a work tree.
func topOf(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// bind decides which commit of the repository the artifact was built from, and
// whether one was.
func (g *gathering) bind() (bool, error) {
	head, err := g.repo.Head()
	if err != nil && !errors.Is(err, git.ErrUnborn) {
		g.found(sbom.Note, "git.unreadable", "HEAD: %v", plain(err))
	}
	g.head = head.Commit
	switch {
	case g.Flags.Commit != "":
		if g.commit, err = git.ParseID(g.Flags.Commit); err != nil {
			return false, fmt.Errorf("commit %.100q: want a full object id, in hexadecimal", g.Flags.Commit)
		}
	case g.Known.Commit != "":
		if g.commit, err = git.ParseID(g.Known.Commit); err != nil {
			g.found(sbom.Note, "commit.malformed", "the artifact says that it was built from commit %.100q, which is no full object id", g.Known.Commit)
			return false, nil
		}
	default:
		return g.assumeCommit()
	}
	return g.holds()
}

// assumeCommit takes the commit of the tag that was named, or what is checked
// out, for an artifact that does not say what it was built from. Of a tag that
// cannot be read, fromTag will tell.
func (g *gathering) assumeCommit() (bool, error) {
	g.commit = g.head
	if g.Flags.Tag != "" {
		tag, err := g.repo.Tag(g.Flags.Tag)
		switch {
		case errors.Is(err, git.ErrNotFound):
			return false, fmt.Errorf("tag %q: %w", g.Flags.Tag, git.ErrNotFound)
		case err == nil:
			g.commit = tag.Commit
		}
	}
	return !g.commit.IsZero(), nil
}

// holds reports whether the commit is one that this repository may have been
// used to build from.
func (g *gathering) holds() (bool, error) {
	if g.commit == g.head {
		return true, nil
	}
	if g.explicit {
		_, err := g.repo.Commit(g.commit)
		if err == nil {
			return true, nil
		}
		code, detail := "git.unreadable", plain(err)
		if errors.Is(err, git.ErrNotFound) {
			code, detail = "commit.absent", errors.New("the repository that was given does not have it")
		}
		g.found(sbom.Note, code, "commit %s: %v", g.commit, detail)
		return false, nil
	}
	tags, err := g.repo.TagsAt(g.commit)
	if err != nil && len(tags) > 0 {
		g.found(sbom.Note, "git.unreadable", "tags: %v", plain(err))
	}
	return len(tags) > 0, nil
}

// plain returns an error without paths of this machine.
func plain(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("%s: %w", pathErr.Op, pathErr.Err)
	}
	return err
}

// fromGit adds what the repository says of the commit.
func (g *gathering) fromGit() error {
	if g.repo == nil {
		return nil
	}
	facts := sbom.Principal{Commit: g.commit.String()}
	if c, err := g.repo.Commit(g.commit); err == nil {
		facts.Committed = c.Time.UTC().Truncate(time.Second)
	} else {
		g.found(sbom.Note, "git.unreadable", "commit %s: %v", g.commit, plain(err))
	}
	url, err := g.repo.RemoteURL()
	if err != nil {
		g.found(sbom.Note, "git.unreadable", "%v", plain(err))
	}
	if host, path, ok := strings.Cut(url, ":"); ok && !strings.Contains(url, "://") {
		url = "ssh://" + host + "/" + strings.TrimPrefix(path, "/") // git also takes host:path
	}
	facts.Repository = url
	if err := g.readStatus(); err != nil {
		g.found(sbom.Note, "git.unreadable", "the work tree: %v", plain(err))
	} else if g.status != nil && g.Known.WorkTree == "" {
		facts.WorkTree = map[bool]string{true: "dirty", false: "clean"}[g.status.Dirty()]
	}
	g.add(sbom.FromFolder, "git repository, as it is now", facts)
	return nil
}

// readStatus compares the work tree with the commit, if that is checked out.
func (g *gathering) readStatus() (err error) {
	if g.repo.Bare() || g.commit != g.head {
		return nil
	}
	status, err := g.repo.Status()
	if err == nil {
		g.status = status
	}
	return err
}

// dirty reports whether the work tree was not clean: at the time of the build as
// far as the artifact knows, else now.
func (g *gathering) dirty() bool {
	if known := cmp.Or(g.Flags.WorkTree, g.Known.WorkTree); known != "" {
		return known == "dirty"
	}
	return g.status != nil && g.status.Dirty()
}

// useRecord reads the record and finds the artifact in it.
func (g *gathering) useRecord() error {
	file := g.Record
	if file == "" {
		if g.top == "" {
			return nil
		}
		file = filepath.Join(g.top, RecordName)
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			return nil
		}
	}
	record, err := readRecord(file)
	if err != nil {
		return err
	}
	g.entry = g.match(record)
	if g.entry < 0 {
		return g.unmatched(record, file)
	}
	g.record, g.folder = record, filepath.Dir(file)
	g.terms, g.line = record.terms(g.entry)
	return nil
}

func readRecord(file string) (*Record, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it is only read
	return ParseRecord(file, f)
}

// unmatched is what comes of a record that is not about the artifact.
func (g *gathering) unmatched(record *Record, file string) error {
	var names []string
	for _, a := range record.Artifacts {
		names = append(names, a.Name)
	}
	list := strings.Join(names, ", ")
	if g.Record != "" {
		return fmt.Errorf("%s: none of its artifacts (%s) is this one (%s); see the key match", file, list, g.describe())
	}
	if g.repo != nil {
		g.found(sbom.Note, "record.unmatched", "built from this repository, but none of the artifacts of its record (%s) is this one", list)
	}
	return nil
}

// describe says of the artifact what a record could match.
func (g *gathering) describe() string {
	said := []string{"name " + g.Known.Name}
	if m := g.module(); m != "" {
		said = append(said, "module "+m)
	}
	return strings.Join(append(said, "file "+g.Known.FileName), ", ")
}

// module returns the path of the main module of a Go program.
func (g *gathering) module() string {
	for _, p := range g.Known.Properties {
		if p.Name == "manifestgen:go:module" {
			return p.Value
		}
	}
	return ""
}

// ownName returns the name that the artifact has by itself, and not by the name
// of its file.
func (g *gathering) ownName() string {
	for _, e := range g.Known.Evidence {
		if e.Field == "name" {
			if e.Source == sbom.FromName {
				return ""
			}
			return e.Value
		}
	}
	return g.Known.Name
}

// match returns the index of the artifact at hand in the record, or -1. An entry
// that says how it is recognised comes first; then one that the artifact calls
// itself, or that a flag calls it; then the only entry there is, if it says
// nothing else, for what was built from this repository, or for what has no
// name at all and the record was given for it.
func (g *gathering) match(r *Record) int {
	for i, a := range r.Artifacts {
		if a.Match != nil && g.fits(a.Match) {
			return i
		}
	}
	for i, a := range r.Artifacts {
		if a.Match == nil && (a.Name == g.ownName() || a.Name == g.Flags.Name) {
			return i
		}
	}
	nameless := g.Record != "" && g.ownName() == ""
	if len(r.Artifacts) == 1 && r.Artifacts[0].Match == nil && (g.builtHere() || nameless) {
		return 0
	}
	return -1
}

// builtHere reports whether the artifact itself says that it was built from a
// commit of the repository that holds the record.
func (g *gathering) builtHere() bool {
	return g.repo != nil && g.Known.Commit == g.commit.String() && (g.Record == "" || topOf(filepath.Dir(g.Record)) == g.top)
}

func (g *gathering) fits(m *Match) bool {
	module := g.module()
	if m.Module != "" && m.Module != module && (module == "" || m.Module != g.ownName()) {
		return false
	}
	if m.Package != "" && m.Package != g.ownName() {
		return false
	}
	if m.File != "" {
		ok, _ := path.Match(m.File, g.Known.FileName) // the pattern was checked
		return ok
	}
	return true
}

// where names the place of a section in the record.
func (g *gathering) where(section string) string {
	return fmt.Sprintf("%s:%d", g.record.file, g.line(section))
}

// fromRecord adds what the record says, each section with its place.
func (g *gathering) fromRecord() error {
	if g.record == nil {
		return nil
	}
	t := g.terms
	say := func(section string, given bool, facts sbom.Principal) {
		if given {
			g.add(sbom.FromRecord, g.where(section), facts)
		}
	}
	say("name", true, sbom.Principal{Component: sbom.Component{Name: g.record.Artifacts[g.entry].Name}})
	say("description", t.Description != "", sbom.Principal{Component: sbom.Component{Description: t.Description}})
	say("team", t.Team != nil, t.Team.facts(g))
	say("support", t.Support != nil, t.Support.facts(g))
	say("licence", t.Licence != "", sbom.Principal{Component: sbom.Component{Declared: t.Licence}})
	say("disclaimer", t.Disclaimer != "", sbom.Principal{Disclaimer: t.Disclaimer})
	say("repository", t.Repository != "", sbom.Principal{Repository: g.clean("repository", t.Repository)})
	say("build", t.Build != nil, t.Build.facts())
	say("inputs", t.Inputs != nil, t.Inputs.facts(g))
	return nil
}

func (t *Team) facts(g *gathering) (facts sbom.Principal) {
	if t == nil {
		return facts
	}
	facts.Maker = sbom.Party{Name: t.Name, URL: g.clean("team.url", t.URL)}
	for _, address := range t.Contacts {
		facts.Maker.Contacts = append(facts.Maker.Contacts, sbom.Contact{Email: address})
	}
	return facts
}

func (s *Support) facts(g *gathering) (facts sbom.Principal) {
	if s == nil {
		return facts
	}
	link := func(kind, key, url string) {
		if url != "" {
			facts.Links = append(facts.Links, sbom.Link{Type: kind, URL: g.clean("support."+key, url)})
		}
	}
	link("issue-tracker", "issues", s.Issues)
	link("security-contact", "security", s.Security)
	link("documentation", "docs", s.Docs)
	link("chat", "chat", s.Chat)
	facts.SupportLevel = s.Level
	if s.End != "" {
		facts.SupportEnd, _ = time.Parse(time.DateOnly, s.End) // the form was checked
	}
	return facts
}

// The names of the settings that say how an artifact is built.
const (
	SettingCommand     = "build.command"
	SettingEnvironment = "build.environment" // names, separated by spaces
	SettingBuilder     = "build.builder"
)

func (b *Build) facts() (facts sbom.Principal) {
	if b == nil {
		return facts
	}
	set := func(name, value string) {
		if value != "" {
			facts.Settings = append(facts.Settings, sbom.Property{Name: name, Value: value})
		}
	}
	set(SettingCommand, b.Command)
	set(SettingEnvironment, strings.Join(b.Environment, " "))
	set(SettingBuilder, b.Builder)
	return facts
}

// checkFlags refuses flags that contradict each other or the clock, and takes
// secrets out of their URLs.
func (g *gathering) checkFlags() error {
	f := &g.Flags
	if strings.ContainsAny(f.Commit+f.Tag, " \t\n") {
		return fmt.Errorf("commit %q, tag %q: want an object id and the name of a tag", f.Commit, f.Tag)
	}
	future := func(what string, t time.Time) error {
		if g.Now.IsZero() || !t.After(g.Now) {
			return nil
		}
		return fmt.Errorf("%s %s: is in the future", what, t.Format(time.RFC3339))
	}
	if err := errors.Join(future("built", f.Built), future("published", f.Published)); err != nil {
		return err
	}
	if !f.Built.IsZero() && !f.Published.IsZero() && f.Published.Before(f.Built) {
		return fmt.Errorf("published %s: is before it was built, %s", f.Published.Format(time.RFC3339), f.Built.Format(time.RFC3339))
	}
	if err := checkForms(f); err != nil {
		return err
	}
	return g.cleanFlags()
}

// cleanFlags takes secrets out of the URLs that flags give.
func (g *gathering) cleanFlags() error {
	f := &g.Flags
	f.Links = slices.Clone(f.Links)
	type address struct {
		what string
		url  *string
	}
	all := []address{{"repository", &f.Repository}, {"team", &f.Maker.URL}}
	for i := range f.Links {
		all = append(all, address{f.Links[i].Type, &f.Links[i].URL})
	}
	for _, a := range all {
		given := *a.url
		*a.url = g.clean(a.what, given)
		if given != "" && *a.url == "" {
			return fmt.Errorf("%s: want a URL such as https://example.org/x", a.what) // what was given may be a secret
		}
	}
	return nil
}

// checkForms holds flags to the forms that a record has.
func checkForms(f *sbom.Principal) error {
	fits := func(is, value string) error {
		if value == "" || forms[is].fits(value) {
			return nil
		}
		return fmt.Errorf("%.100q: want %s", value, forms[is].want)
	}
	err := fits(levels, f.SupportLevel)
	for _, c := range f.Maker.Contacts {
		err = errors.Join(err, fits("email", c.Email))
	}
	for _, s := range f.Settings {
		if s.Name == SettingEnvironment {
			for name := range strings.FieldsSeq(s.Value) {
				if !forms["variable"].fits(name) {
					return errors.New("build environment: want names of environment variables, without values") // what was given may be a secret
				}
			}
		}
	}
	return err
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
