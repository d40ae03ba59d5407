package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
	"github.com/manifestgen/manifestgen/sbom/release/internal/signature"
)

// fromTag adds what the release tag says: the one that was named, or the best of
// those that lead to the commit.
func (g *gathering) fromTag() error {
	if g.repo == nil {
		if g.Flags.Tag != "" {
			g.found(sbom.Note, "tag.unverified", "the tag %s was not looked up: there is no repository that holds the commit of the artifact", g.Flags.Tag)
		}
		return nil
	}
	signers, err := g.signers()
	if err != nil {
		return err
	}
	g.checkMoved()
	candidates, err := g.tags()
	if err != nil || len(candidates) == 0 {
		return err
	}
	want := signature.Expected{Commit: g.commit, Dirty: g.dirty(), Now: g.Now}
	chosen, record := candidates[0], signature.Record{}
	for i, c := range candidates {
		r := signature.Verify(c.tag, want, signers)
		if i == 0 || r.Result == signature.Good {
			chosen, record = c, r
		}
		if r.Result == signature.Good {
			break
		}
	}
	g.tag = chosen.tag
	g.judge(chosen, record)
	return nil
}

// A namedTag is a tag with the version that it names, if it names one. The tag
// is nil if it cannot be read.
type namedTag struct {
	name, version string
	tag           *git.Tag
}

// judge adds the candidate that a tag is, and a finding unless it is good.
func (g *gathering) judge(t namedTag, r signature.Record) {
	facts := sbom.Principal{Tag: t.name, Signature: sbom.Signature{
		Result: string(r.Result), Kind: string(r.Kind), KeyID: r.Key, Signer: r.Signer, Signed: r.SignedAt.UTC(), Reason: r.Reason,
	}}
	if r.SignedAt.IsZero() {
		facts.Signature.Signed = r.SignedAt
	}
	facts.Version = t.version
	if r.Result == signature.Good {
		facts.Commit = g.commit.String()
		g.add(sbom.FromTag, "refs/tags/"+t.name, facts)
		return
	}
	if Damning(string(r.Result)) {
		facts.Version = ""
	}
	g.add(sbom.FromFolder, "refs/tags/"+t.name+", which is not verified: "+string(r.Result), facts)
	kind := sbom.Note
	if Damning(string(r.Result)) {
		kind = sbom.Gap
	}
	g.found(kind, "tag."+string(r.Result), "tag %s: %s", t.name, r.Reason)
}

// Damning reports whether the result of verifying a tag says that something is
// wrong with the tag, and not only that not enough is known.
func Damning(result string) bool {
	switch signature.Result(result) {
	case signature.Bad, signature.RefMismatch, signature.CommitMismatch, signature.Revoked:
		return true
	}
	return false
}

// tags returns the tags to choose from, the best first.
func (g *gathering) tags() ([]namedTag, error) {
	rule := g.rule()
	if name := g.Flags.Tag; name != "" {
		tag, err := g.repo.Tag(name)
		if errors.Is(err, git.ErrNotFound) {
			return nil, fmt.Errorf("tag %q: %w", name, git.ErrNotFound)
		}
		if err != nil {
			g.found(sbom.Note, "git.unreadable", "tag %s: %v", name, plain(err))
		}
		return []namedTag{{name, rule.version(name), tag}}, nil
	}
	all, err := g.repo.TagsAt(g.commit)
	if err != nil {
		g.found(sbom.Note, "git.unreadable", "tags: %v", plain(err))
	}
	return rule.choose(all), nil
}

// A tagRule says which version a tag names.
type tagRule struct {
	pattern string // with {version} in it, or ""
	prefix  string // of the tags of a module in a folder, if there is no pattern
}

func (g *gathering) rule() tagRule {
	return tagRule{first(g.TagPattern, g.terms.Tag), g.modulePrefix()}
}

const versionMark = "{version}"

// version returns the version that a tag of that name names, or "".
func (r tagRule) version(name string) string {
	if r.pattern == "" {
		if v := git.Versions([]*git.Tag{{Name: name}}, r.prefix); len(v) > 0 {
			return v[0].Text
		}
		return ""
	}
	before, after, _ := strings.Cut(r.pattern, versionMark)
	rest, ok := strings.CutPrefix(name, before)
	if !ok {
		return ""
	}
	if rest, ok = strings.CutSuffix(rest, after); !ok {
		return ""
	}
	return rest
}

// choose returns the tags that name versions, the best first.
func (r tagRule) choose(tags []*git.Tag) []namedTag {
	var named []namedTag
	if r.pattern == "" {
		for _, v := range git.Versions(tags, r.prefix) {
			named = append(named, namedTag{v.Tag.Name, v.Text, v.Tag})
		}
		return named
	}
	var plain []*git.Tag
	byVersion := map[string]*git.Tag{}
	for _, t := range tags {
		if v := r.version(t.Name); v != "" {
			byVersion[v] = t
			c := *t
			c.Name = v
			plain = append(plain, &c)
		}
	}
	for _, v := range git.Versions(plain, "") {
		t := byVersion[v.Text]
		named = append(named, namedTag{t.Name, v.Text, t})
		delete(byVersion, v.Text)
	}
	for _, t := range tags { // what the pattern takes for a version, though it looks like none
		if v := r.version(t.Name); byVersion[v] == t {
			named = append(named, namedTag{t.Name, v, t})
		}
	}
	return named
}

// names returns the tags by which a version could be tagged.
func (r tagRule) names(version string) []string {
	if r.pattern != "" {
		bare := strings.TrimPrefix(version, "v")
		return []string{strings.Replace(r.pattern, versionMark, version, 1), strings.Replace(r.pattern, versionMark, bare, 1)}
	}
	return []string{r.prefix + version}
}

// modulePrefix returns the folder of the artifact's Go module in the repository,
// with a slash, or "" if that is the top: https://go.dev/ref/mod#vcs-version
func (g *gathering) modulePrefix() string {
	artifact := g.module()
	if artifact == "" || g.top == "" || g.repo == nil || g.repo.Bare() {
		return ""
	}
	root, err := os.OpenRoot(g.top)
	if err != nil {
		return ""
	}
	defer root.Close()
	top, err := readIn(root, "go.mod", 1<<20)
	if err != nil {
		return ""
	}
	sub, ok := strings.CutPrefix(artifact, modfile.ModulePath(top)+"/")
	if !ok || !strings.Contains(artifact, "/") {
		return ""
	}
	for _, dir := range []string{sub, withoutMajor(sub)} {
		if nested, err := readIn(root, path.Join(dir, "go.mod"), 1<<20); err == nil && modfile.ModulePath(nested) == artifact {
			return withoutMajor(dir) + "/"
		}
	}
	return ""
}

// withoutMajor cuts the major version off the path of a module.
func withoutMajor(p string) string {
	if prefix, _, ok := module.SplitPathVersion("example.org/" + p); ok {
		return strings.TrimPrefix(prefix, "example.org/")
	}
	return p
}

// checkMoved finds out whether the version that the artifact has by itself is
// now the tag of another commit.
func (g *gathering) checkMoved() {
	if g.Known.Version == "" || g.Known.Commit == "" {
		return
	}
	for _, name := range g.rule().names(g.Known.Version) {
		tag, err := g.repo.Tag(name)
		if err == nil && tag.Commit != g.commit {
			g.found(sbom.Note, "tag.moved", "the artifact is version %s, built from commit %s; the tag %s leads to %s",
				g.Known.Version, g.commit, name, first(tag.Commit.String(), "no commit"))
			return
		}
	}
}

// maxKeys is the size in bytes of the largest file of keys that is read.
const maxKeys = 16 << 20

// signers reads the keys that may sign tags: those that flags name, else those
// that the record names.
func (g *gathering) signers() (*signature.Signers, error) {
	s := &signature.Signers{}
	open := func(name string) ([]byte, error) { return readFile(name, maxKeys) }
	keyrings, allowed := g.Keyrings, g.AllowedSigners
	if len(keyrings)+len(allowed) == 0 && g.terms.Signers != nil {
		root, err := os.OpenRoot(g.folder)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		open = func(name string) ([]byte, error) { return readIn(root, name, maxKeys) }
		keyrings, allowed = g.terms.Signers.OpenPGP, g.terms.Signers.SSH
	}
	add := func(files []string, to func([]byte) error) error {
		for _, name := range files {
			data, err := open(name)
			if err != nil {
				return fmt.Errorf("keys that may sign tags: %s: %w", name, plain(err))
			}
			if err := to(data); err != nil {
				g.found(sbom.Note, "signers.damaged", "%s: %v", path.Base(filepath.ToSlash(name)), err)
			}
		}
		return nil
	}
	return s, errors.Join(add(keyrings, s.AddKeyring),
		add(allowed, func(b []byte) error { return s.AddAllowedSigners(b, nil) }))
}

func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return readAll(f, limit)
}

// readIn reads a file inside root; links that lead out of it are an error.
func readIn(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	return readAll(f, limit)
}

func readAll(f *os.File, limit int64) ([]byte, error) {
	defer f.Close() // it is only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errors.New("is no regular file"))
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return data, err
}

// VerifyTag verifies one tag, o.Flags.Tag, of a repository: that it is good for
// the commit of o.Flags, or for the one it leads to if there is none. It returns
// what it found out with the commit and the version, and findings as [Gather].
// The artifact of o is not needed.
func VerifyTag(ctx context.Context, o Options) (*sbom.Principal, []sbom.Finding, error) {
	if o.Repository == "" {
		o.Repository = first(o.Dir, ".")
	}
	g, err := begin(o)
	if err != nil {
		return nil, nil, err
	}
	defer g.close()
	if g.repo == nil {
		return nil, g.findings, fmt.Errorf("commit %s: not in the repository", g.Flags.Commit)
	}
	if err := errors.Join(ctx.Err(), g.firstTerms(), g.fromTag()); err != nil {
		return nil, nil, err
	}
	p := g.candidates[len(g.candidates)-1].Facts
	p.Commit = ""
	if g.tag != nil {
		p.Commit = g.tag.Commit.String()
	}
	return &p, g.findings, nil
}

// firstTerms takes the signers and the tag pattern of the record, whose artifacts
// are of no concern if they agree on them.
func (g *gathering) firstTerms() error {
	file := g.Record
	if file == "" {
		file = filepath.Join(g.top, RecordName)
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			return nil
		}
	}
	record, err := readRecord(file)
	if err != nil {
		return err
	}
	g.folder = filepath.Dir(file)
	for i := range record.Artifacts {
		terms, _ := record.terms(i)
		if i == 0 || (tagRule{pattern: terms.Tag}).version(g.Flags.Tag) != "" && terms.Tag != "" {
			g.terms.Tag, g.terms.Signers = terms.Tag, terms.Signers
		}
	}
	return nil
}
