// Package artifact opens what shall be described: a file, a folder, a container
// file or a container image. It recognises them by content, never by name.
//
// It opens these containers, also compressed (gzip, zstd, xz, bzip2) and nested
// in each other to a bounded depth:
//
//	tar  POSIX.1-2001 (pax), ustar and GNU: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
//	deb  https://manpages.debian.org/stable/dpkg-dev/deb.5.html
//	apk  version 2: https://wiki.alpinelinux.org/wiki/Apk_spec
//	rpm  https://rpm-software-management.github.io/rpm/manual/format_v4.html
//	zip  APPNOTE 6.3: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
//
// It opens container images, which have a tree for each layer: OCI layouts
// (https://github.com/opencontainers/image-spec), as a folder or a tar archive, and
// the archives that "docker save" writes. A layer counts only if it has the digests
// that its image states. An image inside another artifact is not put together: its
// layers are archives like any.
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
//	apk.datahash        the files of an Alpine package are not those that .PKGINFO promises
//	apk.format          an Alpine package has no .PKGINFO where it should be
//	blob.digest         a file of an image does not have the digest that names it; it does not count
//	blob.size           a file of an image does not have the size that is stated; it does not count
//	compress.corrupt    compressed data ends early, fails its checksum or takes too much memory
//	deb.format          a deb lacks a member, or is damaged
//	deb.trailing        there is something behind the last member of a deb
//	deb.unsupported     a member of a deb is compressed by a method that is not read
//	folder.mount        a folder that is another file system was not entered
//	image.ambiguous     a document of an image is not what another says it is, or is two things
//	image.config        the configuration of an image does not fit its layers
//	image.digest        a document of an image states something that is no digest
//	image.document      a document of an image is damaged, or can be read in two ways
//	image.irregular     a file of an image is a link, a folder or a device
//	image.link          links in an archive of images lead in a circle
//	image.missing       a file that a document of an image names is not there
//	image.none          there is no image
//	image.path          a document of an image names a file by a path that leads outside
//	image.platform      an index and a configuration name different platforms
//	image.skipped       an entry of an index is not an image
//	layer.diffid        a layer, expanded, does not have the digest that is stated; it does not count
//	layer.foreign       a layer that is to be fetched from elsewhere, and was not
//	layer.unproved      the digests of a layer were not compared, as was asked for
//	layer.unread        a layer could not be read to its end; it does not count
//	layer.unsupported   a layer is encrypted or of an unknown type
//	layer.whiteout      the name of a whiteout makes no sense
//	limit.document      a document of an image has more than 4 MiB
//	limit.images        an index or an archive has more than 1024 images
//	limit.layers        an image has more than 4096 layers
//	link.dangling       a hard link in a tar archive leads to nothing before it
//	link.unread         the target of a hard link had passed and could not be read again
//	mediatype.mismatch  a layer is compressed otherwise than its media type says
//	rpm.corrupt         the headers of a .rpm file are damaged
//	rpm.payload         the payload of a .rpm file is damaged, or compressed by a method that is not read
//	tar.ambiguous       two headers of one entry state different sizes
//	tar.header          a tar header is damaged; the rest was not read
//	tar.trailing        there are bytes after the end of a tar archive
//	tar.truncated       a tar archive has no end
//	tar.type            an entry of a type that no version of tar defines
//	type.ambiguous      a file is also a zip archive
//	type.mismatch       a file is named like a container and is none
//	zip.ambiguous       a zip archive has more than one directory
//	zip.corrupt         the directory or a member of a zip archive is damaged
//	zip.mismatch        a member's local header differs from the directory
//	zip.overlap         members share bytes; they were not read
//	zip.trailing        there are bytes after the end of a zip archive
//	zip.unsupported     a member is encrypted or compressed by an unusual method
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
	// or "SHA-512". Nil means both; an empty list means none: then the digests
	// of an image's layers are not compared either, which a finding tells, and
	// layers that are not compressed are skipped through by seeking.
	Digests []string

	// Exclude holds paths of files that are not part of a folder artifact
	// although they lie in it, such as an earlier manifest of it.
	Exclude []string

	Limits sbom.Limits
}

// Open opens the artifact that ref names, a path, and returns what it holds: one
// artifact, or one for each platform.
//
// A prefix says what ref must be: "dir:", "file:", "oci:" (a layout, as a folder or
// a tar archive) or "docker-archive:". With "file:" a file is taken as one plain
// file, also if it is a container; with "dir:" a folder as a plain folder. Open reads as much as it
// takes to recognise the artifact and to hash it; its trees are read when they
// are walked. The error is for a person: it names ref and what is wrong with it.
func Open(ctx context.Context, ref string, o Options) ([]*sbom.Artifact, error) {
	o.Limits = o.Limits.WithDefaults()
	kind, path := splitPrefix(ref)
	info, err := os.Stat(path)
	if err != nil {
		return nil, unusable(ref, err)
	}
	var all []*sbom.Artifact
	folder, file := info.IsDir(), info.Mode().IsRegular()
	switch {
	case folder && (kind == kindOCI || kind == "" && isLayout(path)):
		all, err = openLayout(path, o)
	case folder && (kind == "" || kind == kindFolder):
		all, err = openFolder(path, o)
	case file && kind != kindFolder:
		all, err = openFile(ctx, path, kind, o)
	case folder:
		err = errors.New("is a folder, not a file")
	case file:
		err = errors.New("is a file, not a folder")
	default:
		err = errors.New("is neither a file nor a folder")
	}
	if err != nil {
		return nil, unusable(ref, err)
	}
	for _, a := range all {
		a.Path, a.Exclude = absolute(path), nil
		for _, x := range o.Exclude {
			a.Exclude = append(a.Exclude, absolute(x))
		}
	}
	return all, nil
}

// absolute returns path from the root of the file system, if the working folder
// is known.
func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// The prefixes that say what is to be opened.
const (
	kindFolder        = "dir"
	kindFile          = "file"
	kindOCI           = "oci"
	kindDockerArchive = "docker-archive"
)

// splitPrefix cuts one of the prefixes off ref. A name that exists as it is, with
// a colon in it, is that name.
func splitPrefix(ref string) (kind, path string) {
	kind, path, ok := strings.Cut(ref, ":")
	if !ok || kind != kindFolder && kind != kindFile && kind != kindOCI && kind != kindDockerArchive {
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
	return sbom.EntryPath(filepath.Base(absolute(path)))
}
