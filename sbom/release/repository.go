package release

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

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
