package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/manifestgen/manifestgen/sbom"
)

// A store holds the files of an image's layout. Its methods may be called from
// several goroutines at once.
type store interface {
	// open opens a regular file. The errors are Faults.
	open(name string) (*section, error)

	// walked is told that one of the trees made of the store was walked.
	walked()
}

// check reports why a file cannot be opened, if it cannot.
func check(s store, name string) error {
	c, err := s.open(name)
	if err == nil {
		c.Close() // nothing was read
	}
	return err
}

// errMissing is the error of a file that a document names and that is not there.
func errMissing(name string) error {
	return sbom.Faultf("image.missing", "%.200q is not there", name)
}

// A folderStore is a layout that is a folder of this machine.
type folderStore string

func (s folderStore) walked() {}

// open follows no links: none belongs into a layout, and one could lead to a file
// that is not the image's.
func (s folderStore) open(name string) (*section, error) {
	root, err := os.OpenRoot(string(s))
	if err != nil {
		return nil, imageFault(name, err)
	}
	defer root.Close()
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(dir); err == nil && !info.IsDir() {
			return nil, sbom.Faultf("image.irregular", "%.200q is not a folder", dir)
		}
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, imageFault(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, sbom.Faultf("image.irregular", "%.200q is not a regular file", name)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|noFollow|noWait, 0)
	if err != nil {
		return nil, imageFault(name, err)
	}
	return fileSection(f, info, 0, info.Size())
}

func imageFault(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errMissing(name)
	}
	if hasCode(err) {
		return &sbom.Fault{Code: sbom.GapFrom(err, "", "").Code, Err: fmt.Errorf("%s: %w", name, withoutPath(err))}
	}
	return sbom.Faultf(codeIO, "%s: %w", name, withoutPath(err))
}

// fileSection returns a part of a file that was listed as info. Closing it tells
// whether the file has changed.
func fileSection(f *os.File, info fs.FileInfo, offset, size int64) (*section, error) {
	if err := unchanged(f, info); err != nil {
		f.Close() // the error is that it changed
		return nil, errChanged
	}
	return &section{
		ReaderAt: io.NewSectionReader(&disk{f}, offset, size), size: size,
		close: func() error {
			defer f.Close()
			return unchanged(f, info)
		},
	}, nil
}

// A tarStore is a layout in a tar archive, which may be compressed: then the
// whole archive stands in a temporary file until all its trees were walked.
type tarStore struct {
	path    string
	info    fs.FileInfo
	limits  sbom.Limits
	members map[string]member

	compressed bool
	mu         sync.Mutex
	expanded   *spool // of a compressed archive
	users      int    // sections of expanded that are open
	trees      int    // that were made of the store
	left       int    // of those, how many have not been walked
}

// A member is a file of a tar archive.
type member struct {
	offset, size int64
	link         string // where a link leads, by its full name
}

// maxHops is how many links may lead from one to the next.
const maxHops = 8

// find follows links within the archive: some programs write a layer that several
// images have once.
func (s *tarStore) find(name string) (member, error) {
	for range maxHops {
		m, ok := s.members[name]
		switch {
		case !ok:
			return m, errMissing(name)
		case m.link == "":
			return m, nil
		}
		name = m.link
	}
	return member{}, sbom.Faultf("image.link", "%.200q: more than %d links, one after the other", name, maxHops)
}

// has reports whether there is a member of that name, wherever it may lead.
func (s *tarStore) has(name string) bool {
	_, ok := s.members[name]
	return ok
}

func (s *tarStore) open(name string) (*section, error) {
	m, err := s.find(name)
	if err != nil {
		return nil, err
	}
	if s.compressed {
		return s.openExpanded(m)
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, imageFault(name, err)
	}
	return fileSection(f, s.info, m.offset, m.size)
}

// openExpanded opens a part of the temporary file, which is made again if it has
// been given up.
func (s *tarStore) openExpanded(m member) (*section, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expanded == nil {
		if err := s.expand(); err != nil {
			return nil, err
		}
	}
	s.users++
	part := io.NewSectionReader(s.expanded, m.offset, m.size)
	return &section{ReaderAt: part, size: m.size, close: func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.users--
		return nil
	}}, nil
}

// expand makes the temporary file.
func (s *tarStore) expand() error {
	f, err := os.Open(s.path)
	if err != nil {
		return imageFault("the archive", err)
	}
	defer f.Close()
	if err := unchanged(f, s.info); err != nil {
		return errChanged
	}
	w := &walker{ctx: context.Background(), limits: s.limits, ledger: newLedger(s.limits)}
	x, err := w.expand(io.NewSectionReader(&disk{f}, 0, s.info.Size()))
	if err != nil {
		return err
	}
	defer x.Close() // the data is judged when it is read
	sp := &spool{limit: s.limits.Buffer}
	if _, err := io.Copy(sp, x); err != nil {
		sp.Close() // its bytes are given up
		return err
	}
	s.expanded, s.left = sp, s.trees
	return nil
}

func (s *tarStore) walked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left <= 0 && s.users == 0 {
		s.discard()
	}
}

// discard gives the temporary file up.
func (s *tarStore) discard() {
	if s.expanded != nil {
		s.expanded.Close() // nothing more will be read of it
		s.expanded = nil
	}
}

// maxMembers is how many members an archive of images may have.
const maxMembers = 1 << 16

// indexTar lists the members of an archive, and returns nil if it is none of
// images: it stops at the first name that none of those has, unless sure is set.
// The findings are about the archive.
func indexTar(ctx context.Context, f *os.File, info fs.FileInfo, sure bool, limits sbom.Limits) (*tarStore, []sbom.Finding) {
	s := &tarStore{path: f.Name(), info: info, limits: limits, members: map[string]member{}}
	findings := &collector{}
	w := &walker{ctx: ctx, v: findings, limits: limits, ledger: newLedger(limits), helpers: allHelpers()}
	r, position, err := s.inOrder(w, f)
	if err != nil {
		return nil, nil
	}
	defer r.Close() // the data is judged when it is read
	if s.list(w, r, position, sure) && (s.has(dockerManifest) || s.has(ociLayout) && s.has(ociIndex)) {
		return s, findings.all
	}
	s.discard()
	return nil, nil
}

// inOrder opens the archive for the first reading, and tells how far that is. What
// is expanded is kept on the way.
func (s *tarStore) inOrder(w *walker, f *os.File) (io.ReadCloser, func() int64, error) {
	whole := &section{ReaderAt: &disk{f}, size: s.info.Size()}
	head := make([]byte, magicSize)
	n, _ := f.ReadAt(head, 0) // what cannot be read is met again
	if _, s.compressed = compressionOf(head[:n]); !s.compressed {
		return skippingFile{skipper{whole}}, func() int64 { return whole.offset }, nil
	}
	x, err := w.expand(whole)
	if err != nil {
		return nil, nil, err
	}
	s.expanded = &spool{limit: s.limits.Buffer}
	kept := struct {
		io.Reader
		io.Closer
	}{io.TeeReader(x, s.expanded), x}
	return kept, func() int64 { return s.expanded.size }, nil
}

// A skippingFile is closed by the one who opened the file.
type skippingFile struct{ skipper }

func (skippingFile) Close() error { return nil }

// list reads the headers of an archive. It reports whether the archive may be one
// of images.
func (s *tarStore) list(w *walker, r io.Reader, position func() int64, sure bool) bool {
	blocks := &blockReader{Reader: r}
	tr := tar.NewReader(blocks)
	for w.ctx.Err() == nil {
		blocks.zeros = 0
		h, err := tr.Next()
		if err != nil && h == nil {
			w.tarEnd(blocks, err)
			return true
		}
		name, _ := cleanPath(h.Name)
		if !sure && !isLayoutName(name, h.Typeflag == tar.TypeDir) || len(s.members) >= maxMembers {
			return false
		}
		s.add(w, h, name, position())
	}
	return false
}

// add notes a member. Of several of one name the last counts, as when they are
// unpacked.
func (s *tarStore) add(w *walker, h *tar.Header, name string, offset int64) {
	m := member{offset: offset, size: h.Size}
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeCont:
		if isSparse(h) {
			return
		}
	case tar.TypeSymlink:
		target := path.Join(path.Dir(name), h.Linkname)
		if path.IsAbs(h.Linkname) || target == ".." || strings.HasPrefix(target, "../") {
			return
		}
		m.link, _ = cleanPath(target)
	case tar.TypeLink:
		m.link, _ = cleanPath(h.Linkname)
	default:
		return
	}
	if _, ok := s.members[name]; ok {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "entry.duplicate", Path: name,
			Detail: "the archive has more than one file of that name; the last one counts"})
	}
	s.members[name] = m
}

// A collector is a visitor that wants nothing and keeps the findings.
type collector struct {
	all []sbom.Finding
}

func (*collector) Entry(sbom.Entry) bool         { return false }
func (*collector) File(sbom.Entry, sbom.Content) {}
func (c *collector) Found(f sbom.Finding)        { c.all = append(c.all, f) }

// isLayoutName reports whether archives of images have members of that name: those
// of an OCI layout; manifest.json and repositories; folders and files that are
// called after a digest; and layers and configurations, called as one likes, at
// the top or in a folder.
func isLayoutName(name string, folder bool) bool {
	first, rest, nested := strings.Cut(name, "/")
	switch first {
	case ".", "blobs", ociLayout, ociIndex, dockerManifest, "repositories":
		return true
	}
	if rest == "layer.tar" || rest == "json" || rest == "VERSION" || hexName(first) != "" {
		return true
	}
	return !nested && (folder || hasSuffix(first, []string{".json", ".tar", ".tar.gz", ".tgz"}) || isLowerHex(first))
}

// hexName returns the SHA-256 that a file is called after, if it is.
func hexName(name string) string {
	name = strings.TrimPrefix(path.Base(name), "sha256:")
	name, _, _ = strings.Cut(name, ".")
	if len(name) == 64 && isLowerHex(name) {
		return name
	}
	return ""
}
