package release

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// A FileKind says what a file in the folder of a release is for.
type FileKind string

const (
	ArtifactFile  FileKind = "artifact"  // what is published
	ManifestFile  FileKind = "manifest"  // what is in an artifact
	ChecksumFile  FileKind = "checksums" // digests of files
	SignatureFile FileKind = "signature" // of another file, or a certificate for one
	StatementFile FileKind = "statement" // an attestation about an artifact
)

// A File is a file in the folder of a release.
type File struct {
	Path string // slash-separated, relative to the folder
	Kind FileKind

	// Of is the path of the file that this one is about, where its name says
	// so and that file is there: "app" of "app.cdx.json".
	Of string
}

// maxFiles is how many files the folder of a release may have.
const maxFiles = 100_000

// Files lists the files in a folder of a release, sorted by path, and says by their
// names what they are. IsManifest says whether a name is that of a manifest.
// Symbolic links, and what is no regular file, are listed as artifacts: whatever
// is shipped must be accounted for.
func Files(ctx context.Context, dir string, isManifest func(name string) bool) ([]File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() // it is only read
	var files []File
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if len(files) == maxFiles {
			return fmt.Errorf("%s: more than %d files", dir, maxFiles)
		}
		files = append(files, File{Path: name, Kind: kindOf(path.Base(name), isManifest)})
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	relate(files)
	return files, nil
}

// kindOf tells the kind of a file from its name.
func kindOf(name string, isManifest func(string) bool) FileKind {
	name = strings.ToLower(name)
	switch {
	case hasAnySuffix(name, ".intoto.json", ".intoto.jsonl", ".provenance", ".att"):
		return StatementFile
	case hasAnySuffix(name, ".asc", ".sig", ".minisig", ".sigstore", ".sigstore.json", ".bundle", ".pem", ".crt", ".p7s"):
		return SignatureFile
	case isManifest(name):
		return ManifestFile
	case hasAnySuffix(name, "sums", "sums.txt", "checksums.txt", ".md5", ".sha1", ".sha256", ".sha384", ".sha512", ".sha256sum", ".sha512sum"):
		return ChecksumFile
	default:
		return ArtifactFile
	}
}

func hasAnySuffix(s string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

// relate finds the file that each other one is about: the longest beginning of its
// name, up to a dot, that is a file too.
func relate(files []File) {
	there := make(map[string]bool, len(files))
	for _, f := range files {
		there[f.Path] = true
	}
	for i, f := range files {
		if f.Kind == ArtifactFile {
			continue
		}
		for name := f.Path; ; {
			at := strings.LastIndexByte(name, '.')
			if at <= strings.LastIndexByte(name, '/') {
				break
			}
			if name = name[:at]; there[name] {
				files[i].Of = name
				break
			}
		}
	}
}
