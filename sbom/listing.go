package sbom

import (
	"encoding/binary"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// Files are the files of an artifact that can be seen, for an [Auditor]. They are
// what the trees list, read or not.
type Files struct {
	trees  []*treeScan
	links  links
	unread map[string]bool // paths of gaps; "." if anything may be missing
}

// newFiles returns the files of a scan whose walks have ended.
func (s *scan) newFiles(links links) *Files {
	f := &Files{trees: s.trees, links: links, unread: map[string]bool{}}
	for _, t := range s.trees {
		f.unread["."] = f.unread["."] || t.unlisted > 0
		for _, finding := range t.findings {
			if finding.Kind == Gap {
				f.unread[path.Clean(finding.Path)] = true
			}
		}
	}
	return f
}

// All yields each file, symbolic link and the like, but no folders: an Entry with
// its Path, the Size of a regular file, and of its Mode whether it is one. The
// order may be another in each run. Of a name that a tree has more than once the
// one that counts is yielded last.
func (f *Files) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i, t := range f.trees {
			sight := sight{above: f.trees[i+1:]}
			for e := range t.listing.all() {
				if sight.reaches(e.Path) && !yield(e) {
					return
				}
			}
		}
	}
}

// Resolve returns path with the symbolic links among its folders followed, within
// its container. The last name of it is not followed.
func (f *Files) Resolve(path string) string { return f.links.resolve(path) }

// Unread reports whether there is a gap at path or above it, so that a file that
// All does not yield may be there all the same.
func (f *Files) Unread(path string) bool {
	if len(path) > f.trees[0].limits.Path {
		return true
	}
	for {
		if f.unread[path] || path == "." {
			return f.unread[path]
		}
		path = strings.TrimSuffix(parent(path), "!")
	}
}

// A sight finds out what can be seen through the trees above. What was found out
// of a folder is kept for the next path.
type sight struct {
	above  []*treeScan
	folder string
	hidden bool
}

func (s *sight) reaches(path string) bool {
	if len(s.above) == 0 {
		return true
	}
	path, _, _ = strings.Cut(path, containerMark)
	if folder := parent(path); folder != s.folder {
		s.folder, s.hidden = folder, false
		for _, t := range s.above {
			s.hidden = s.hidden || t.names.hidesFolder(folder)
		}
	}
	if s.hidden {
		return false
	}
	for _, t := range s.above {
		if t.names.replaces(path) {
			return false
		}
	}
	return true
}

// A listing remembers the files of a tree in few bytes each. For every file it
// has:
//
//	uvarint  bytes of the path that are those of the path before
//	uvarint  length of the rest of the path
//	...      the rest
//	uvarint  1 + size of a regular file, 0 for anything else
type listing struct {
	data []byte
	last string
}

func (l *listing) add(e Entry) {
	shared := 0
	for shared < min(len(e.Path), len(l.last)) && e.Path[shared] == l.last[shared] {
		shared++
	}
	l.last = e.Path
	l.data = binary.AppendUvarint(l.data, uint64(shared))
	l.data = binary.AppendUvarint(l.data, uint64(len(e.Path)-shared))
	l.data = append(l.data, e.Path[shared:]...)
	size := uint64(0)
	if e.Mode.IsRegular() {
		size = 1 + uint64(max(0, e.Size))
	}
	l.data = binary.AppendUvarint(l.data, size)
}

// all yields the entries in the order in which they were added.
func (l *listing) all() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		rest, path := l.data, []byte(nil)
		next := func() uint64 {
			n, length := binary.Uvarint(rest)
			rest = rest[length:]
			return n
		}
		for len(rest) > 0 {
			path = path[:next()]
			n := next()
			path, rest = append(path, rest[:n]...), rest[n:]
			e := Entry{Path: string(path), Mode: fs.ModeIrregular}
			if size := next(); size > 0 {
				e.Size, e.Mode = int64(size-1), 0
			}
			if !yield(e) {
				return
			}
		}
	}
}
