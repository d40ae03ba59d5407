// Package git reads the facts of a git repository that a release record
// needs: the commit, its tree, the tags that point at it, whether the work
// tree is clean, and where the repository came from.
//
// It runs no program and obeys no setting. The formats are those of
// https://git-scm.com/docs/gitrepository-layout, gitformat-pack,
// gitformat-index and gitformat-loose (all under https://git-scm.com/docs):
// loose objects, packs of version 2 with their version 2 index, loose and
// packed refs, index files of version 2 to 4, in SHA-1 and SHA-256. Every
// object is hashed when it is read, so that a damaged or forged store gives an
// error and never another object.
//
// Left out on purpose, because each would let a repository send the reader
// elsewhere: alternates, includes, replace refs, grafts, hooks, filters and
// every setting but the three that [Open] needs and the URL of origin. A
// reftable repository is reported with [ErrReftable]. SHA-1 collisions are not
// detected. Links inside the git folder that lead out of it are not followed.
package git

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// These errors say why something could not be read; errors.Is finds them.
var (
	ErrNotRepository = errors.New("not a git repository")
	ErrReftable      = errors.New("refs are kept in a reftable, which is not read")
	ErrUnsupported   = errors.New("not supported")
	ErrUnborn        = errors.New("the branch has no commit yet")
	ErrNotFound      = errors.New("not in the repository")
	ErrCorrupt       = errors.New("corrupt")
	ErrLimit         = errors.New("over a limit")
	ErrBare          = errors.New("the repository has no work tree")
)

// limits are the bounds of everything that is read. Tests lower them.
type limits struct {
	smallFile  int64 // HEAD, .git, commondir, a loose ref
	config     int64 // config
	packedRefs int64 // packed-refs
	index      int64 // index
	indexPaths int64 // the paths of an index, once expanded
	object     int64 // one object, inflated
	work       int64 // all that is inflated to make one object
	total      int64 // what all objects together may cost, see meter
	deltas     int   // the length of a delta chain; git makes at most 4095
	packs      int   // pack files
	refs       int   // tags
	refDepth   int   // folders below refs/tags
	symrefs    int   // symbolic refs that lead to one another
	peel       int   // tags of tags
	files      int   // entries of the work tree that are looked at
	dirDepth   int   // nested folders and submodules of the work tree
	names      int   // paths that Status lists
}

func defaultLimits() limits {
	return limits{
		smallFile:  64 << 10,
		config:     1 << 20,
		packedRefs: 256 << 20,
		index:      512 << 20,
		indexPaths: 512 << 20,
		object:     16 << 20,
		work:       256 << 20,
		total:      16 << 30,
		deltas:     4095,
		packs:      1000,
		refs:       500_000,
		refDepth:   32,
		symrefs:    5,
		peel:       16,
		files:      5_000_000,
		dirDepth:   128,
		names:      1000,
	}
}

// A Repository is an open repository. It keeps its pack files open until
// Close, and must not be used by two goroutines at once.
type Repository struct {
	dir    *os.Root // HEAD and index of this work tree
	common *os.Root // refs, objects and config; dir itself but in linked work trees
	work   *os.Root // nil if the repository is bare

	format format
	config config
	limits limits

	meter     meter
	packs     []*pack // nil until the first object is looked up
	packsRead bool
	packsErr  error // the packs that cannot be used

	packed     map[string]ID // nil until the first ref is looked up
	packedRead bool
	packedErr  error
}

// Open opens the repository whose work tree has its top at dir, or the bare
// repository dir. It does not look in the folders above dir. The caller must
// Close it.
func Open(dir string) (*Repository, error) {
	return open(dir, defaultLimits())
}

func open(dir string, l limits) (*Repository, error) {
	r := &Repository{limits: l, meter: meter{max: l.total}}
	if err := r.openRoots(dir); err != nil {
		r.Close()
		return nil, err
	}
	if err := r.readConfig(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// openRoots opens the two or three folders that a repository consists of.
func (r *Repository) openRoots(dir string) error {
	gitDir, bare, err := locate(dir, r.limits)
	if err != nil {
		return err
	}
	if r.dir, err = os.OpenRoot(gitDir); err != nil {
		return err
	}
	common, err := commonDir(r.dir, gitDir, r.limits)
	if err != nil {
		return err
	}
	if r.common, err = os.OpenRoot(common); err != nil {
		return err
	}
	if !isGitDir(r.dir, r.common) {
		return fmt.Errorf("%s: %w", dir, ErrNotRepository)
	}
	if !bare {
		r.work, err = os.OpenRoot(dir)
	}
	return err
}

// locate finds the git folder that belongs to dir: dir/.git, the folder that
// the file dir/.git names (linked work trees and submodules), or dir itself.
func locate(dir string, l limits) (gitDir string, bare bool, err error) {
	dot := filepath.Join(dir, ".git")
	fi, err := os.Stat(dot)
	if errors.Is(err, fs.ErrNotExist) {
		return dir, true, nil
	}
	if err != nil {
		return "", false, err
	}
	if fi.IsDir() {
		return dot, false, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", false, err
	}
	defer root.Close()
	b, err := readFile(root, ".git", l.smallFile)
	if err != nil {
		return "", false, err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(b), "\r\n"), "gitdir: ")
	if !ok || target == "" || strings.ContainsAny(target, "\n\x00") {
		return "", false, fmt.Errorf("%s: no \"gitdir: \" line: %w", dot, ErrCorrupt)
	}
	return resolvePath(dir, target), false, nil
}

// commonDir returns the folder with the refs and objects. A linked work tree
// names it in the file commondir; https://git-scm.com/docs/gitrepository-layout
func commonDir(root *os.Root, gitDir string, l limits) (string, error) {
	b, err := readFile(root, "commondir", l.smallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return gitDir, nil
	}
	if err != nil {
		return "", err
	}
	target := strings.TrimRight(string(b), "\r\n")
	if target == "" || strings.ContainsAny(target, "\n\x00") {
		return "", fmt.Errorf("%s: commondir: %w", gitDir, ErrCorrupt)
	}
	return resolvePath(gitDir, target), nil
}

func resolvePath(base, target string) string {
	target = filepath.FromSlash(target)
	if filepath.IsAbs(target) {
		return target
	}
	return filepath.Join(base, target)
}

// isGitDir reports whether the folders have what git itself asks for: HEAD,
// objects and refs.
func isGitDir(dir, common *os.Root) bool {
	head, err := dir.Lstat("HEAD")
	if err != nil || head.IsDir() {
		return false
	}
	for _, name := range []string{"objects", "refs"} {
		fi, err := common.Stat(name)
		if err != nil || !fi.IsDir() {
			return false
		}
	}
	return true
}

// Close closes the folders and packs. It is safe to call it more than once.
func (r *Repository) Close() error {
	var errs []error
	for _, p := range r.packs {
		errs = append(errs, p.close())
	}
	r.packs = nil
	for _, root := range []*os.Root{r.dir, r.common, r.work} {
		if root != nil {
			errs = append(errs, root.Close())
		}
	}
	return errors.Join(errs...)
}

// Bare reports whether the repository has no work tree.
func (r *Repository) Bare() bool { return r.work == nil }

// ObjectFormat returns the name of the hash function: "sha1" or "sha256".
func (r *Repository) ObjectFormat() string { return r.format.name }

// readFile reads a regular file of at most max bytes. It looks before it
// opens, because to open a FIFO would wait for a writer.
func readFile(root *os.Root, name string, max int64) ([]byte, error) {
	f, _, err := openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("%s: more than %d bytes: %w", name, max, ErrLimit)
	}
	return b, nil
}

// openRegular opens a regular file and returns its size.
func openRegular(root *os.Root, name string) (*os.File, int64, error) {
	fi, err := root.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	if !fi.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: not a regular file: %w", name, ErrCorrupt)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, 0, err
	}
	fi, err = f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, fi.Size(), nil
}
