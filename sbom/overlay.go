package sbom

import (
	"io/fs"
	"strings"
)

// names is what one tree says about paths, as far as it hides what lower trees
// have. The rules are those of the OCI image specification:
// https://github.com/opencontainers/image-spec/blob/main/layer.md
type names struct {
	isFolder map[string]bool // every entry of the tree; true for folders
	whiteout map[string]bool
	opaque   map[string]bool
}

func newNames() *names {
	return &names{map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func (n *names) add(e Entry) {
	switch {
	case e.Container != "":
		// The inside of a container is hidden with the container.
	case e.Whiteout:
		n.whiteout[e.Path] = true
	case e.Opaque:
		n.opaque[e.Path] = true
	default:
		n.isFolder[e.Path] = e.Mode.Type() == fs.ModeDir
	}
}

// hides reports whether a file at path in a lower tree cannot be seen through
// this one. It does not matter in which order the tree listed its entries.
func (n *names) hides(path string) bool {
	path, _, _ = strings.Cut(path, containerMark)
	return n.replaces(path) || n.hidesFolder(parent(path))
}

// replaces reports whether an entry of this tree takes the place of path, which
// is in no container.
func (n *names) replaces(path string) bool {
	_, replaced := n.isFolder[path]
	return replaced || n.whiteout[path] || n.opaque[path]
}

// hidesFolder reports whether nothing in folder can be seen through this tree.
func (n *names) hidesFolder(folder string) bool {
	for ; ; folder = parent(folder) {
		isFolder, listed := n.isFolder[folder]
		if n.whiteout[folder] || n.opaque[folder] || listed && !isFolder {
			return true
		}
		if folder == "." {
			return false
		}
	}
}

// parent returns the folder that path is in; that of a top-level name is ".".
func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "."
}

// visible reports whether a file at path in tree i can be seen through all
// trees above it.
func visible(above []*treeScan, path string) bool {
	for _, t := range above {
		if t.names.hides(path) {
			return false
		}
	}
	return true
}
