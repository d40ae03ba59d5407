package git

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"syscall"
)

// A Head is what is checked out.
type Head struct {
	Branch string // "refs/heads/main", or "" if HEAD is detached
	Commit ID
}

// Head returns what is checked out. On a branch without a commit the error is
// [ErrUnborn] and Branch is set.
func (r *Repository) Head() (Head, error) {
	b, err := readFile(r.dir, "HEAD", r.limits.smallFile)
	if err != nil {
		return Head{}, err
	}
	id, branch, err := parseRef(b, r.format)
	if err != nil {
		return Head{}, fmt.Errorf("HEAD: %w", err)
	}
	if branch == "" {
		return Head{Commit: id}, nil
	}
	id, err = r.resolve(branch)
	if errors.Is(err, ErrNotFound) {
		return Head{Branch: branch}, fmt.Errorf("%s: %w", branch, ErrUnborn)
	}
	return Head{Branch: branch, Commit: id}, err
}

// resolve returns the object that a ref names. A loose ref hides a packed one.
func (r *Repository) resolve(name string) (ID, error) {
	start := name
	for range r.limits.symrefs {
		if err := checkRefName(name); err != nil {
			return ID{}, err
		}
		b, err := r.looseRef(name)
		if errors.Is(err, fs.ErrNotExist) {
			return r.packedRef(name)
		}
		if err != nil {
			return ID{}, err
		}
		id, next, err := parseRef(b, r.format)
		if err != nil {
			return ID{}, fmt.Errorf("%s: %w", name, err)
		}
		if next == "" {
			return id, nil
		}
		name = next
	}
	return ID{}, fmt.Errorf("%s: symbolic refs: %w", start, ErrLimit)
}

// looseRef reads the file of a ref. The error is fs.ErrNotExist if there is none.
func (r *Repository) looseRef(name string) ([]byte, error) {
	fi, err := r.common.Lstat(name)
	if errors.Is(err, syscall.ENOTDIR) { // refs/tags/a is a file, and a/b is wanted
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	if fi.IsDir() {
		return nil, fs.ErrNotExist
	}
	b, err := readFile(r.common, name, r.limits.smallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: a link to nothing: %w", name, ErrCorrupt)
	}
	return b, err
}

func (r *Repository) packedRef(name string) (ID, error) {
	if err := r.readPackedRefs(); err != nil {
		return ID{}, err
	}
	id, ok := r.packed[name]
	if !ok {
		return ID{}, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return id, nil
}

func (r *Repository) readPackedRefs() error {
	if r.packedRead {
		return r.packedErr
	}
	r.packedRead = true
	b, err := readFile(r.common, "packed-refs", r.limits.packedRefs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		r.packed, err = parsePackedRefs(b, r.format)
	}
	if err != nil {
		r.packedErr = fmt.Errorf("packed-refs: %w", err)
	}
	return r.packedErr
}

// parseRef reads the content of a loose ref or HEAD: an object name or
// "ref: " and the name of another ref.
func parseRef(b []byte, f format) (id ID, next string, err error) {
	s := strings.TrimRight(string(b), " \t\r\n")
	if name, ok := strings.CutPrefix(s, "ref:"); ok {
		name = strings.TrimLeft(name, " \t")
		return ID{}, name, checkRefName(name)
	}
	id, err = f.parse(s)
	if err != nil {
		return ID{}, "", fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	return id, "", nil
}

// parsePackedRefs reads a packed-refs file:
//
//	# pack-refs with: peeled fully-peeled sorted
//	<object name> SP <ref name> LF
//	^<object name> LF                            what the tag above peels to
//
// The peeled names are checked for form only: what a tag peels to is read from
// the tag.
func parsePackedRefs(b []byte, f format) (map[string]ID, error) {
	refs := map[string]ID{}
	peelable := false
	for n := 1; len(b) > 0; n++ {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("line %d: no line feed: %w", n, ErrCorrupt)
		}
		b = rest
		if n == 1 && bytes.HasPrefix(line, []byte("#")) {
			continue
		}
		var err error
		if bytes.HasPrefix(line, []byte("^")) {
			if !peelable {
				return nil, fmt.Errorf("line %d: a peeled name without a ref: %w", n, ErrCorrupt)
			}
			peelable = false
			_, err = f.parse(string(line[1:]))
		} else {
			peelable = true
			err = addPackedRef(refs, string(line), f)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %w", n, err, ErrCorrupt)
		}
	}
	return refs, nil
}

func addPackedRef(refs map[string]ID, line string, f format) error {
	hex, name, ok := strings.Cut(line, " ")
	if !ok {
		return errors.New("no ref name")
	}
	id, err := f.parse(hex)
	if err != nil {
		return err
	}
	if err := checkRefName(name); err != nil {
		return err
	}
	if _, twice := refs[name]; twice {
		return fmt.Errorf("%q is there twice", name)
	}
	refs[name] = id
	return nil
}

// tagRefs returns the full names of the refs below refs/tags, sorted. What
// cannot be listed is in the error, next to the names that can.
func (r *Repository) tagRefs() ([]string, error) {
	names := map[string]bool{}
	err := r.readPackedRefs()
	for name := range r.packed {
		if strings.HasPrefix(name, tagPrefix) {
			names[name] = true
		}
	}
	err = errors.Join(err, r.walkRefs("refs/tags", 0, names))
	if len(names) > r.limits.refs {
		return nil, fmt.Errorf("more than %d tags: %w", r.limits.refs, ErrLimit)
	}
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, name)
	}
	sort.Strings(list)
	return list, err
}

// walkRefs adds the loose refs below dir to names.
func (r *Repository) walkRefs(dir string, depth int, names map[string]bool) error {
	if depth > r.limits.refDepth {
		return fmt.Errorf("%s: nested too deep: %w", dir, ErrLimit)
	}
	entries, err := readDir(r.common, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case len(names) > r.limits.refs:
			return nil // tagRefs reports it
		case e.IsDir():
			errs = append(errs, r.walkRefs(name, depth+1, names))
		case strings.HasSuffix(name, ".lock"): // a ref that is being written
		default:
			if err := checkRefName(name); err != nil {
				errs = append(errs, err)
				continue
			}
			names[name] = true
		}
	}
	return errors.Join(errs...)
}

// readDir lists a folder, sorted by name.
func readDir(root *os.Root, name string) ([]fs.DirEntry, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	return entries, err
}

// checkRefName applies the rules of https://git-scm.com/docs/git-check-ref-format
// to a full name, so that a name is also a safe path below the git folder.
func checkRefName(name string) error {
	bad := func(why string) error { return fmt.Errorf("ref name %q: %s: %w", name, why, ErrCorrupt) }
	if !strings.HasPrefix(name, "refs/") {
		return bad("does not begin with refs/")
	}
	if len(name) > 4096 {
		return fmt.Errorf("a ref name of %d bytes: %w", len(name), ErrLimit)
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`~^:?*[\`, c) >= 0 {
			return bad("a forbidden character")
		}
	}
	if strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return bad(".. or @{ in it, or a dot at the end")
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return bad("an empty part, or one that begins with . or ends in .lock")
		}
	}
	return nil
}
