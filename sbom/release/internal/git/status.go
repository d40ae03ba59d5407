package git

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
)

// A Status compares the commit that is checked out, the index and the work
// tree.
//
// A file is compared by what the index recorded of it (size, time, type and
// executable bit) and, where that differs or is too fresh to be trusted, by its
// bytes. Filters, conversions of line endings and core.fileMode are settings
// and not applied: a file that they concern, and that was touched since, is
// Modified. Files marked
// assume-unchanged are compared all the same. A submodule is Modified if
// another commit is checked out in it or if it is itself not clean.
//
// Untracked lists what no index entry is or lies in, with a whole new folder as
// one entry ("dir/"), as git status does; but ignore rules are settings too, so
// ignored files are among them.
type Status struct {
	Staged    bool     // the index is not the tree of the commit
	Unmerged  []string // paths of a merge that is not resolved
	Modified  []string // tracked files that are changed or missing
	Untracked []string
	Cut       bool // a list has more entries than the 1000 that it is kept to
}

// Dirty reports whether tracked files differ from the commit. It does not count
// untracked files; the go command sets vcs.modified for those, too, that are not
// ignored.
func (s *Status) Dirty() bool { return s.Staged || len(s.Unmerged)+len(s.Modified) > 0 }

// Status reads the whole index and looks at every file of the work tree. If
// something could not be looked at, there is an error, and the Status next to
// it says what was found in the rest.
func (r *Repository) Status() (*Status, error) {
	return r.status(r.limits.dirDepth)
}

func (r *Repository) status(depth int) (*Status, error) {
	if r.work == nil {
		return nil, ErrBare
	}
	w := &walker{r: r, depth: depth, dirs: map[string]bool{}, tracked: map[string]bool{}}
	entries, err := w.readIndex()
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := w.compareHead(entries); err != nil {
		w.errs = append(w.errs, err)
	}
	for _, e := range entries {
		w.compare(e)
	}
	w.leave()
	w.untracked(".", 0)
	return &w.Status, errors.Join(w.errs...)
}

// A walker makes one Status.
type walker struct {
	Status
	r       *Repository
	depth   int             // how much deeper submodules may nest
	written int64           // when the index was written, in seconds
	nanos   int             // and the rest of it
	dirs    map[string]bool // whether a path is a folder, and no link to one
	dir     string          // the folder of the file that was compared last
	root    *os.Root        // that folder, opened; nil if it is none
	tracked map[string]bool // paths in the index, and their folders
	seen    int
	errs    []error
}

// add appends to a list until it is full.
func (w *walker) add(list *[]string, path string) {
	if len(*list) >= w.r.limits.names {
		w.Cut = true
		return
	}
	*list = append(*list, path)
}

// fail records what could not be looked at. A million times the same trouble is
// not worth a million errors.
func (w *walker) fail(path string, err error) {
	if len(w.errs) < w.r.limits.names {
		w.errs = append(w.errs, fmt.Errorf("%s: %w", path, err))
	}
}

// readIndex reads the index and notes when it was written. Without the file,
// nothing is tracked.
func (w *walker) readIndex() ([]indexEntry, error) {
	fi, err := w.r.dir.Stat("index")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w.written, w.nanos = fi.ModTime().Unix(), fi.ModTime().Nanosecond()
	b, err := readFile(w.r.dir, "index", w.r.limits.index)
	if err != nil {
		return nil, err
	}
	return parseIndex(b, w.r.format, w.r.limits)
}

// compareHead sets Staged and Unmerged.
func (w *walker) compareHead(entries []indexEntry) error {
	for _, e := range entries {
		if e.stage > 0 && (len(w.Unmerged) == 0 || w.Unmerged[len(w.Unmerged)-1] != e.path) {
			w.add(&w.Unmerged, e.path)
		}
	}
	head, err := w.r.Head()
	if errors.Is(err, ErrUnborn) {
		w.Staged = len(entries) > 0
		return nil
	}
	if err != nil {
		return err
	}
	c, err := w.r.Commit(head.Commit)
	if err != nil {
		return err
	}
	w.Staged = len(w.Unmerged) == 0 && treeID(entries, w.r.format) != c.Tree
	return nil
}

// compare compares a tracked file with the work tree.
func (w *walker) compare(e indexEntry) {
	w.track(e.path)
	if e.stage > 0 || e.mode == modeTree {
		return
	}
	same, err := w.same(e)
	if err != nil {
		w.fail(e.path, err)
		return
	}
	if !same {
		w.add(&w.Modified, e.path)
	}
}

// track notes a path and the folders above it.
func (w *walker) track(p string) {
	p = strings.TrimSuffix(p, "/")
	for p != "." && !w.tracked[p] {
		w.tracked[p] = true
		p = path.Dir(p)
	}
}

// same reports whether a file is what the index says.
func (w *walker) same(e indexEntry) (bool, error) {
	missing := e.absent || e.mode&modeType == modeSubmodule
	root, err := w.enter(path.Dir(e.path))
	if root == nil {
		return missing, err
	}
	name := path.Base(e.path)
	fi, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return missing, nil
	}
	if err != nil {
		return false, err
	}
	switch e.mode & modeType {
	case modeSubmodule:
		return w.sameSubmodule(e, fi)
	case modeLink:
		if fi.Mode().Type() != fs.ModeSymlink {
			return false, nil
		}
		target, err := root.Readlink(name)
		return err == nil && w.r.format.hash(kindBlob, []byte(target)) == e.id, err
	}
	if !fi.Mode().IsRegular() {
		return false, nil
	}
	// Windows has no executable bit.
	if runtime.GOOS != "windows" && (fi.Mode()&0o100 != 0) != (e.mode&0o100 != 0) {
		return false, nil
	}
	if w.unchanged(e, fi) {
		return true, nil
	}
	return w.sameBytes(e, root)
}

// enter opens the folder dir. Files come sorted, so that most of them are in the
// folder of the one before. It returns nil if dir is not there.
func (w *walker) enter(dir string) (*os.Root, error) {
	if dir == w.dir {
		return w.root, nil
	}
	w.leave()
	if !w.realDir(dir) {
		w.dir = dir
		return nil, nil
	}
	root, err := w.r.work.OpenRoot(dir)
	if err == nil {
		w.dir, w.root = dir, root
	}
	return root, err
}

func (w *walker) leave() {
	if w.root != nil {
		w.root.Close()
	}
	w.dir, w.root = "", nil
}

// realDir reports whether dir and the folders above it are folders and not
// links to some.
func (w *walker) realDir(dir string) bool {
	if dir == "." {
		return true
	}
	is, known := w.dirs[dir]
	if !known {
		if is = w.realDir(path.Dir(dir)); is {
			fi, err := w.r.work.Lstat(dir)
			is = err == nil && fi.IsDir()
		}
		w.dirs[dir] = is
	}
	return is
}

// unchanged reports whether the file was surely not written since the index
// recorded it. One written in the same instant as the index, or later, may have
// been: https://git-scm.com/docs/racy-git
func (w *walker) unchanged(e indexEntry, fi fs.FileInfo) bool {
	t := fi.ModTime()
	if e.intent || uint32(fi.Size()) != e.size || uint32(t.Unix()) != e.seconds {
		return false
	}
	if e.nanos != 0 && uint32(t.Nanosecond()) != e.nanos {
		return false
	}
	return t.Unix() < w.written || e.nanos != 0 && t.Unix() == w.written && t.Nanosecond() < w.nanos
}

// sameBytes hashes a file as a blob.
func (w *walker) sameBytes(e indexEntry, root *os.Root) (bool, error) {
	f, size, err := openRegular(root, path.Base(e.path))
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := w.r.format.new()
	fmt.Fprintf(h, "blob %d\x00", size)
	// One byte more would show that the file grew meanwhile.
	n, err := io.Copy(h, io.LimitReader(f, size+1))
	if err != nil {
		return false, err
	}
	return n == size && !e.intent && newID(h.Sum(nil)) == e.id, nil
}

// sameSubmodule compares what is checked out in a submodule. A folder that is
// empty or has no repository is one that was never checked out.
func (w *walker) sameSubmodule(e indexEntry, fi fs.FileInfo) (bool, error) {
	if !fi.IsDir() {
		return false, nil
	}
	if _, err := w.r.work.Lstat(path.Join(e.path, ".git")); err != nil {
		return errors.Is(err, fs.ErrNotExist), nil
	}
	if w.depth == 0 {
		return false, fmt.Errorf("submodules: %w", ErrLimit)
	}
	sub, err := open(path.Join(w.r.work.Name(), e.path), w.r.limits)
	if err != nil {
		return false, err
	}
	defer sub.Close()
	head, err := sub.Head()
	if err != nil || head.Commit != e.id {
		return false, err
	}
	s, err := sub.status(w.depth - 1)
	if err != nil {
		return false, err
	}
	for _, p := range s.Untracked {
		w.add(&w.Untracked, path.Join(e.path, p))
	}
	return !s.Dirty(), nil
}

// untracked lists what the folder dir of the work tree has and the index has not.
func (w *walker) untracked(dir string, depth int) {
	if depth > w.r.limits.dirDepth {
		w.fail(dir, fmt.Errorf("nested too deep: %w", ErrLimit))
		return
	}
	entries, err := readDir(w.r.work, dir)
	if err != nil {
		w.fail(dir, err)
	}
	for _, e := range entries {
		if e.Name() == ".git" {
			continue
		}
		name := path.Join(dir, e.Name())
		if w.seen++; w.seen > w.r.limits.files {
			w.fail(name, fmt.Errorf("more than %d files: %w", w.r.limits.files, ErrLimit))
			return
		}
		switch {
		case !e.IsDir():
			if !w.tracked[name] {
				w.add(&w.Untracked, name)
			}
		case w.tracked[name]:
			if !isSubmodule(w.r.work, name) {
				w.untracked(name, depth+1)
			}
		case w.hasFile(name, depth+1):
			w.add(&w.Untracked, name+"/")
		}
	}
}

func isSubmodule(work *os.Root, dir string) bool {
	_, err := work.Lstat(path.Join(dir, ".git"))
	return err == nil
}

// hasFile reports whether a folder holds more than empty folders.
func (w *walker) hasFile(dir string, depth int) bool {
	if w.seen++; w.seen > w.r.limits.files || depth > w.r.limits.dirDepth {
		w.fail(dir, ErrLimit)
		return true
	}
	entries, err := readDir(w.r.work, dir)
	if err != nil {
		w.fail(dir, err)
		return true
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == ".git" || w.hasFile(path.Join(dir, e.Name()), depth+1) {
			return true
		}
	}
	return false
}
