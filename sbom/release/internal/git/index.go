package git

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The modes of index and tree entries, and the mask of their type.
const (
	modeTree       = 0o040000
	modeFile       = 0o100644
	modeExecutable = 0o100755
	modeLink       = 0o120000
	modeSubmodule  = 0o160000
	modeType       = 0o170000
)

// An indexEntry is a tracked file.
type indexEntry struct {
	path    string
	mode    uint32
	id      ID
	size    uint32 // of the file in the work tree, its low 32 bits
	seconds uint32 // when that file was last changed
	nanos   uint32
	stage   int  // 1 to 3 in a merge that is not resolved
	absent  bool // outside the sparse checkout
	intent  bool // git add --intent-to-add: not yet in the tree
}

// An index file is (https://git-scm.com/docs/index-format):
//
//	"DIRC", version 2 to 4, number of entries
//	entries, sorted by path
//	extensions: four letters, size, data
//	checksum of all that, or zeros
//
// An entry begins with ten uint32: ctime, its nanoseconds, mtime, its
// nanoseconds, device, inode, mode, user, group, size; then follow
// the object name, 16 bits of flags and, in version 3, maybe 16 more.
//
//	flags: 1 assume-valid, 1 extended, 2 stage, 12 length of the path
//	more:  1 reserved, 1 skip-worktree, 1 intent-to-add, 13 unused
func parseIndex(b []byte, f format, l limits) ([]indexEntry, error) {
	if len(b) < 12+f.size || string(b[:4]) != "DIRC" {
		return nil, fmt.Errorf("no header: %w", ErrCorrupt)
	}
	p := indexParser{format: f, b: b[:len(b)-f.size], at: 12}
	if sum := b[len(b)-f.size:]; !bytes.Equal(sum, make([]byte, f.size)) {
		h := f.new()
		h.Write(p.b)
		if !bytes.Equal(sum, h.Sum(nil)) {
			return nil, fmt.Errorf("its checksum is wrong: %w", ErrCorrupt)
		}
	}
	p.version = binary.BigEndian.Uint32(b[4:])
	if p.version < 2 || p.version > 4 {
		return nil, fmt.Errorf("version %d: %w", p.version, ErrUnsupported)
	}
	count := int64(binary.BigEndian.Uint32(b[8:]))
	if count > int64(len(p.b)-p.at)/int64(42+f.size) {
		return nil, fmt.Errorf("%d entries in %d bytes: %w", count, len(b), ErrCorrupt)
	}
	entries := make([]indexEntry, 0, count)
	for range count {
		e, err := p.entry()
		if err != nil {
			return nil, err
		}
		if p.paths += int64(len(e.path)); p.paths > l.indexPaths {
			return nil, fmt.Errorf("more than %d bytes of paths: %w", l.indexPaths, ErrLimit)
		}
		if n := len(entries); n > 0 && !entries[n-1].before(e) {
			return nil, p.fail("%q is out of order", e.path)
		}
		entries = append(entries, e)
	}
	return entries, p.extensions()
}

func (e indexEntry) before(f indexEntry) bool {
	return e.path < f.path || e.path == f.path && e.stage < f.stage
}

// maxPath bounds a path, and with it how deep folders nest. Systems that git runs
// on have no longer ones.
const maxPath = 4096

type indexParser struct {
	format   format
	b        []byte // without the checksum
	at       int
	version  uint32
	previous string // path
	paths    int64  // bytes of all paths
}

func (p *indexParser) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d: %s: %w", p.at, fmt.Sprintf(format, args...), ErrCorrupt)
}

func (p *indexParser) entry() (indexEntry, error) {
	start, fixed := p.at, 42+p.format.size
	if len(p.b)-start < fixed {
		return indexEntry{}, p.fail("an entry is cut off")
	}
	b := p.b[start:]
	e := indexEntry{
		seconds: binary.BigEndian.Uint32(b[8:]),
		nanos:   binary.BigEndian.Uint32(b[12:]),
		mode:    binary.BigEndian.Uint32(b[24:]),
		size:    binary.BigEndian.Uint32(b[36:]),
		id:      newID(b[40 : 40+p.format.size]),
	}
	flags := binary.BigEndian.Uint16(b[fixed-2:])
	e.stage = int(flags >> 12 & 3)
	p.at += fixed
	if flags&0x4000 != 0 {
		if p.version < 3 || len(b) < fixed+2 {
			return indexEntry{}, p.fail("extended flags")
		}
		more := binary.BigEndian.Uint16(b[fixed:])
		e.absent, e.intent = more&0x4000 != 0, more&0x2000 != 0
		p.at += 2
	}
	var err error
	if e.path, err = p.path(start); err != nil {
		return indexEntry{}, err
	}
	p.previous = e.path
	if len(e.path) < 0xfff && int(flags&0xfff) != len(e.path) {
		return indexEntry{}, p.fail("%q has not the length that its flags say", e.path)
	}
	return e, p.checkMode(e)
}

// path reads a path and its NUL. Before version 4, NULs fill the entry up to
// a multiple of eight bytes; in version 4 a number says how much of the path
// before is to be cut off first.
func (p *indexParser) path(start int) (string, error) {
	keep := ""
	if p.version == 4 {
		cut, n := offsetVarint(p.b[p.at:])
		if n == 0 || cut > int64(len(p.previous)) {
			return "", p.fail("a path that shares too much")
		}
		keep = p.previous[:len(p.previous)-int(cut)]
		p.at += n
	}
	n := bytes.IndexByte(p.b[p.at:], 0)
	if n < 0 || n+len(keep) > maxPath {
		return "", p.fail("a path without an end")
	}
	path := keep + string(p.b[p.at:p.at+n])
	p.at += n + 1
	if p.version < 4 {
		end := start + (p.at-1-start)&^7 + 8
		if end > len(p.b) || len(bytes.Trim(p.b[p.at:end], "\x00")) > 0 {
			return "", p.fail("bad padding")
		}
		p.at = end
	}
	return path, checkPath(strings.TrimSuffix(path, "/"))
}

func (p *indexParser) checkMode(e indexEntry) error {
	switch e.mode & modeType {
	case modeFile & modeType, modeLink, modeSubmodule:
		if !strings.HasSuffix(e.path, "/") {
			return nil
		}
	case modeTree: // a folder of a sparse index
		if strings.HasSuffix(e.path, "/") && e.absent {
			return nil
		}
	}
	return p.fail("%q has mode %o", e.path, e.mode)
}

// checkPath refuses what would lead out of the work tree or into a git folder.
func checkPath(path string) error {
	for _, part := range strings.Split(path, "/") {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return fmt.Errorf("path %q: %w", path, ErrCorrupt)
		}
	}
	return nil
}

// extensions checks that what follows the entries may be ignored: such
// extensions begin with a capital, and sdir only announces folders.
func (p *indexParser) extensions() error {
	for p.at < len(p.b) {
		if len(p.b)-p.at < 8 {
			return p.fail("an extension is cut off")
		}
		name := string(p.b[p.at : p.at+4])
		size := int64(binary.BigEndian.Uint32(p.b[p.at+4:]))
		if size > int64(len(p.b)-p.at-8) {
			return p.fail("extension %q of %d bytes", name, size)
		}
		if (name[0] < 'A' || name[0] > 'Z') && name != "sdir" {
			return fmt.Errorf("extension %q: %w", name, ErrUnsupported)
		}
		p.at += 8 + int(size)
	}
	return nil
}

// treeID returns the name of the tree that a commit of the index would have.
// It needs no object. A tree is "<mode> <name>\0<object name>" for each entry.
func treeID(entries []indexEntry, f format) ID {
	id, _ := subtreeID(entries, "", f)
	return id
}

// subtreeID returns the tree of the entries below the folder prefix, and how
// many of the entries these are. Its depth is that of a path.
func subtreeID(entries []indexEntry, prefix string, f format) (ID, int) {
	var tree bytes.Buffer
	i := 0
	for i < len(entries) && strings.HasPrefix(entries[i].path, prefix) {
		e := entries[i]
		name, rest, nested := strings.Cut(e.path[len(prefix):], "/")
		id, mode, n := e.id, e.mode, 1
		if nested && rest != "" {
			id, n = subtreeID(entries[i:], prefix+name+"/", f)
			mode = modeTree
		}
		i += n
		if e.intent && !nested || nested && id.IsZero() {
			continue // not in the tree; git writes no empty folders
		}
		fmt.Fprintf(&tree, "%o %s\x00", mode, name)
		tree.Write(id.bytes())
	}
	if prefix != "" && tree.Len() == 0 {
		return ID{}, i
	}
	return f.hash(kindTree, tree.Bytes()), i
}
