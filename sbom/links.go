package sbom

import (
	"path"
	"strings"
)

// links are the symbolic links of an artifact: their paths and targets.
type links map[string]string

// maxLinks is how many links are followed, as in Linux.
const maxLinks = 40

// resolve follows the links among the folders of a path, so that bin/x is
// usr/bin/x where bin is a link to usr/bin. Links lead nowhere outside of the
// container that they are in.
func (l links) resolve(p string) string {
	root := ""
	if i := strings.LastIndex(p, containerMark); i > 0 {
		root, p = p[:i+len(containerMark)], p[i+len(containerMark):]
	}
	for range maxLinks {
		next := l.follow(root, p)
		if next == p {
			break
		}
		p = next
	}
	return root + p
}

// follow follows the first link on the way to p, which is below root.
func (l links) follow(root, p string) string {
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		target, ok := l[root+p[:i]]
		if !ok {
			continue
		}
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", parent(p[:i]), target)
		}
		return strings.TrimLeft(path.Clean(target)+p[i:], "/")
	}
	return p
}
