// Package rpm catalogs rpm packages, installed ones and .rpm files.
//
// It reads the database of installed packages in the three formats that rpm has
// had: SQLite (rpmdb.sqlite, with its write-ahead log), ndb (Packages.db) and
// Berkeley DB (Packages), in the three folders where distributions keep it; the
// list container-manifest-2, which Mariner's images without rpm have instead;
// and what stands before the payload of a .rpm file. The formats are described
// at https://rpm-software-management.github.io/rpm/manual/ and in the packages
// in folder internal.
//
// Whatever redundancy there is is checked, so that damage is not mistaken for a
// shorter list: digests of headers, checksums of logs and blobs, the accounts
// of pages, the index of names. A damaged package costs that package only, and
// one whose digest is wrong is listed beside the error.
//
// It does not read rpm's other indexes, its transaction history, or what dnf
// and zypper know of repositories.
//
// A key that rpm keeps among the packages, as gpg-pubkey, is not a package: it
// is a component of type cryptographic-asset without a package URL.
//
// Codes of its findings:
//
//	rpm.database   a part of a database cannot be read or believed
//	rpm.duplicate  a database holds a package twice
//	rpm.file       a part of a .rpm file cannot be read or believed
//	rpm.header     a part of a header cannot be read or believed
//	rpm.manifest   a line of container-manifest-2 is not as it should be
//	rpm.multiple   there is a second database, of an older format; what only it has
//	               is left out
//	rpm.unmet      a requirement that nothing here meets
//
// Properties of its components:
//
//	manifestgen:rpm:build-host     domain of the machine that built it, or "local"
//	manifestgen:rpm:distribution   as the header has it
//	manifestgen:rpm:dist-url       as the header has it
//	manifestgen:rpm:modularity     label of the module; "none" if the header has an empty one
//	manifestgen:rpm:packager       as the header has it
//	manifestgen:rpm:signature-key  id of the key that signed the header
//	manifestgen:rpm:source-rpm     name of the source package's file
//	manifestgen:rpm:trusted-key    id of a key whose signatures the system accepts
package rpm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/bdb"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/ndb"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/sqlite"
	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger reads what rpm records of packages. The zero Cataloger is ready to
// use.
type Cataloger struct{}

// Name returns "rpm".
func (Cataloger) Name() string { return "rpm" }

// Files of a root file system. The database is in one of three folders: the
// second is where it has moved to in Fedora and SUSE, the third where
// rpm-ostree keeps it.
const (
	sqliteFile   = "rpmdb.sqlite"
	walSuffix    = "-wal"
	journal      = "-journal"
	ndbFile      = "Packages.db"
	bdbFile      = "Packages"
	manifestFile = "var/lib/rpmmanifest/container-manifest-2"
	headerFile   = "!control/header"
)

func isDatabaseFolder(folder string) bool {
	return folder == "var/lib/rpm/" || folder == "usr/lib/sysimage/rpm/" || folder == "usr/share/rpm/"
}

// Wants reports whether e is a database of the root file system that e is in, or
// the control data of a .rpm file. An SQLite database needs its log.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	inside := e.Inside()
	if inside == manifestFile || isPackageFile(e) {
		return sbom.Yes
	}
	folder, base := path.Split(inside)
	if !isDatabaseFolder(folder) {
		return sbom.No
	}
	switch base {
	case ndbFile, bdbFile:
		return sbom.Yes
	case sqliteFile:
		return sbom.Together(e.Path)
	case sqliteFile + walSuffix, sqliteFile + journal:
		if e.Size > 0 {
			return sbom.Together(strings.TrimSuffix(strings.TrimSuffix(e.Path, walSuffix), journal))
		}
	}
	return sbom.No
}

func isPackageFile(e sbom.Entry) bool {
	return e.Container == "rpm" && e.Inside() == headerFile
}

// Catalog returns the packages of a database, or the package of a .rpm file.
func (Cataloger) Catalog(ctx context.Context, f *sbom.File) ([]*sbom.Component, error) {
	if isPackageFile(f.Entry) {
		return readPackageFile(f)
	}
	switch path.Base(f.Path) {
	case path.Base(manifestFile):
		return readManifest(f)
	case sqliteFile:
		components, err := readDatabase(ctx, f, sqlite.Blobs(sqlite.File{ReaderAt: f, Size: f.Size}, logOf(f)))
		return components, errors.Join(checkJournal(f.With(journal)), err)
	case ndbFile:
		return readDatabase(ctx, f, ndb.Blobs(f, f.Size))
	}
	return readDatabase(ctx, f, bdb.Blobs(f, f.Size))
}

// logOf returns the write-ahead log of the database f, which may be empty.
func logOf(f *sbom.File) sqlite.File {
	if wal := f.With(walSuffix); wal != nil {
		return sqlite.File{ReaderAt: wal, Size: wal.Size}
	}
	return sqlite.File{}
}

// checkJournal returns an error if a rollback journal, which rpm does not use, says
// that the database was left in the middle of a change.
func checkJournal(f *sbom.File) error {
	if f == nil {
		return nil
	}
	const hot = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	head := make([]byte, len(hot))
	if _, err := f.ReadAt(head, 0); err != nil || string(head) == hot {
		return sbom.Faultf("rpm.database", "there is a rollback journal, so the database was left in the middle of a change")
	}
	return nil
}

// maxPackages is how many packages one database may have: ten times what all of
// Fedora has.
const maxPackages = 500_000

// maxErrors is how many errors of one database are listed; more are counted.
const maxErrors = 100

// trouble collects errors.
type trouble struct {
	errs []error
	more int
}

func (t *trouble) add(code string, err error) {
	switch {
	case err == nil:
	case len(t.errs) == maxErrors:
		t.more++
	default:
		t.errs = append(t.errs, fault(code, err))
	}
}

func (t *trouble) err() error {
	if t.more > 0 {
		t.errs = append(t.errs, sbom.Faultf("rpm.database", "%d errors more", t.more))
	}
	return errors.Join(t.errs...)
}

// fault gives err the code, unless it has one or it is one of reading the file.
func fault(code string, err error) error {
	var known *sbom.Fault
	var pathErr *fs.PathError
	if errors.As(err, &known) || errors.As(err, &pathErr) {
		return err
	}
	return &sbom.Fault{Code: code, Err: err}
}

// readDatabase makes components of the headers in blobs.
func readDatabase(ctx context.Context, f *sbom.File, blobs iter.Seq2[[]byte, error]) ([]*sbom.Component, error) {
	var components []*sbom.Component
	var wrong trouble
	r := newReader(f.Entry)
	seen := map[string]bool{}
	n := 0
	for blob, err := range blobs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wrong.add("rpm.database", err)
		if blob == nil {
			continue
		}
		if len(components) == maxPackages {
			wrong.add("rpm.database", fmt.Errorf("more than %d packages; the rest was not read", maxPackages))
			break
		}
		n++
		c, err := r.installed(blob)
		if err != nil {
			wrong.add("rpm.header", fmt.Errorf("package %s: %w", describe(c, n), err))
		}
		if c == nil {
			continue
		}
		if seen[c.Key] {
			c.Findings = append(c.Findings, sbom.Finding{Kind: sbom.Note, Code: "rpm.duplicate",
				Detail: "the database holds the package more than once"})
		}
		seen[c.Key] = true
		components = append(components, c)
	}
	announce(components)
	rank(components, f.Entry)
	return components, wrong.err()
}

// rank makes the packages of a database give way to those of one in a newer
// format: a system that was moved to it keeps the old one for a while.
func rank(components []*sbom.Component, e sbom.Entry) {
	token := func(format string) string { return "rpm-database " + e.Root() + " " + format }
	age := slices.Index(formats, path.Base(e.Path))
	for i, c := range components {
		for _, newer := range formats[:max(0, age)] {
			c.YieldsTo = append(c.YieldsTo, token(newer))
		}
		if i == 0 {
			c.Provides = append(c.Provides, token(path.Base(e.Path)))
		}
	}
}

// announce says that there is a database of packages, which os-release may
// expect.
func announce(components []*sbom.Component) {
	if len(components) > 0 {
		components[0].Provides = append(components[0].Provides, "packages:rpm")
	}
}

// describe names a package in an error: the n-th of a database.
func describe(c *sbom.Component, n int) string {
	if c != nil {
		return c.Name + " " + c.Version
	}
	return fmt.Sprint("number ", n)
}
