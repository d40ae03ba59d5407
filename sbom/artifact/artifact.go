// Package artifact opens what shall be described: a file, a folder, or a
// container file. It recognises them by content, never by name.
//
// It opens these containers, also compressed (gzip, zstd, xz, bzip2) and nested
// in each other to a bounded depth:
//
//	tar  POSIX.1-2001 (pax), ustar and GNU: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
//	rpm  https://rpm-software-management.github.io/rpm/manual/format_v4.html
//	zip  APPNOTE 6.3: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
//
// A container is never unpacked to disk: its entries are streamed through the
// catalogers. No path inside an artifact becomes a path of this machine.
//
// Inside an artifact a file is looked at for being a container if its name ends
// like one (.tar.gz, .whl ...) or if it has 256 KiB or more; what it is, its
// content decides.
//
// Besides the codes of package sbom, findings have these:
//
//	compress.corrupt  compressed data ends early, fails its checksum or takes too much memory
//	folder.mount      a folder that is another file system was not entered
//	link.dangling     a hard link in a tar archive leads to nothing before it
//	link.unread       the target of a hard link had passed and could not be read again
//	tar.ambiguous     two headers of one entry state different sizes
//	rpm.corrupt          the headers of a .rpm file are damaged
//	rpm.payload          the payload of a .rpm file is damaged, or compressed by a method
//	                     that is not read
//	tar.header        a tar header is damaged; the rest was not read
//	tar.trailing      there are bytes after the end of a tar archive
//	tar.truncated     a tar archive has no end
//	tar.type          an entry of a type that no version of tar defines
//	type.ambiguous    a file is also a zip archive
//	type.mismatch     a file is named like a container and is none
//	zip.ambiguous     a zip archive has more than one directory
//	zip.corrupt       the directory or a member of a zip archive is damaged
//	zip.mismatch      a member's local header differs from the directory
//	zip.overlap       members share bytes; they were not read
//	zip.trailing      there are bytes after the end of a zip archive
//	zip.unsupported   a member is encrypted or compressed by an unusual method
package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Options are settings of Open. The zero value is ready to use.
type Options struct {
	// Digests names the algorithms to hash a file artifact with, "SHA-256"
	// or "SHA-512". Nil means both; an empty list means none.
	Digests []string

	// Exclude holds paths of files that are not part of a folder artifact
	// although they lie in it, such as an earlier manifest of it.
	Exclude []string

	Limits sbom.Limits
}

// Open opens the artifact that ref names, a path, and returns what it holds: one
// artifact, or one for each platform.
//
// The prefix "dir:" or "file:" says what ref must be; a file with the prefix is
// taken as one plain file, also if it is a container. Open reads as much as it
// takes to recognise the artifact and to hash it; its trees are read when they
// are walked. The error is for a person: it names ref and what is wrong with it.
func Open(ctx context.Context, ref string, o Options) ([]*sbom.Artifact, error) {
	o.Limits = o.Limits.WithDefaults()
	kind, path := splitPrefix(ref)
	info, err := os.Stat(path)
	if err != nil {
		return nil, unusable(ref, err)
	}
	var a *sbom.Artifact
	switch {
	case info.IsDir() && kind != "file":
		a, err = openFolder(path, o)
	case info.Mode().IsRegular() && kind != "dir":
		a, err = openFile(ctx, path, kind == "file", o)
	case info.IsDir():
		err = errors.New("is a folder, not a file")
	case info.Mode().IsRegular():
		err = errors.New("is a file, not a folder")
	default:
		err = errors.New("is neither a file nor a folder")
	}
	if err != nil {
		return nil, unusable(ref, err)
	}
	return []*sbom.Artifact{a}, nil
}

// splitPrefix cuts "dir:" or "file:" off ref. A name that exists as it is, with
// a colon in it, is that name.
func splitPrefix(ref string) (kind, path string) {
	kind, path, ok := strings.Cut(ref, ":")
	if !ok || kind != "dir" && kind != "file" {
		return "", ref
	}
	if _, err := os.Lstat(ref); err == nil {
		return "", ref
	}
	return kind, path
}

// unusable makes an error of Open, which says the path once.
func unusable(ref string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("%s: %w", ref, err)
}

// baseName returns the last element of path, also for "." and "/x/..".
func baseName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return cleanName(filepath.Base(path))
}
