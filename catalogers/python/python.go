// Package python catalogs Python distributions: those that are installed,
// those that are packed as wheel, egg or source distribution, and those that
// a project wants.
//
// What is here it reads from the metadata that installers and build tools
// leave (https://packaging.python.org/specifications/):
//
//	NAME-VERSION.dist-info/   METADATA, RECORD, WHEEL, direct_url.json, INSTALLER, REQUESTED
//	NAME.egg-info             as folder with PKG-INFO, requires.txt, installed-files.txt, or as file
//	NAME.egg                  as folder or archive, with EGG-INFO
//	NAME-VERSION/PKG-INFO     in the archive of a source distribution
//	NAME.egg-link, __editable__.NAME-VERSION.pth
//	conda-meta/NAME-VERSION-BUILD.json
//	pyvenv.cfg                of a virtual environment, for all that is in it
//
// What is wanted it reads from pyproject.toml, requirements.txt, pylock.toml,
// poetry.lock, pdm.lock, uv.lock and Pipfile.lock. Such components are
// Wanted, and their file is not read inside site-packages, where it is left
// over.
//
// A distribution has the key "pypi:NAME@VERSION" with the normal forms of
// both, so the same one in two environments, or in a lock file and installed,
// is one component with several locations. Requirements become edges within
// each environment, with markers evaluated for what the environment shows of
// itself: the version of Python in its path or its pyvenv.cfg, the platform in the
// tags of its wheels.
//
// Nothing is executed: setup.py, sitecustomize.py and the import lines of
// .pth files are not looked at. Bundled libraries and compiled extensions are
// files of their distribution, by its RECORD.
//
// SBOM documents in .dist-info/sboms (PEP 770) are read with the decoder that is
// given; what they list is contained in the distribution.
//
// Where a distribution states no licence that SPDX has a name for, the texts of the
// files that License-File names are added, each cut to 16 KiB.
//
// RECORD is compared with the files that are there: whether each is, and has the
// size that RECORD says. Digests are compared of metadata, which is read anyway,
// or of all files. A file that no RECORD lists is extra if it is in a .dist-info
// folder, among the bundled libraries of a distribution, in a wheel, or in a
// package: a folder with an __init__ and with files of one distribution only. In
// other folders, as of namespace packages, anybody may put files. Bytecode is
// neither missed nor extra. What is found is noted, with the number of files and
// the first by name: an image may well hold a part of a distribution.
//
// Findings have these codes:
//
//	python.conflict        a requirement excludes the version that is there
//	python.duplicate       a project is installed twice in one environment
//	python.include         a requirements file reads another, which is not read
//	python.licence         a licence file that is too large, or no text
//	python.limit           more requirements than are resolved
//	python.lock            a lock or project file that cannot be read, or a part of it
//	python.marker          markers that the environment leaves open
//	python.metadata        metadata that cannot be read, or a part of it
//	python.name            metadata and the name of its folder disagree
//	python.origin          a direct_url.json that cannot be read
//	python.record          a RECORD that cannot be read, or a part of it
//	python.record.changed  files have another size than RECORD says, or another digest
//	python.record.extra    files in folders of a distribution that no RECORD lists
//	python.record.missing  files that RECORD lists are not there
//	python.record.outside  RECORD lists paths outside of the tree; that is no gap if
//	                       they may be above a folder that was scanned alone
//	python.sboms           an SBOM document in a .dist-info that cannot be read, or
//	                       is not, for want of a decoder
//	python.unmet           requirements that nothing here meets
package python

import (
	"context"
	"errors"
	"io"

	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger reads Python distributions and what projects want. The zero
// Cataloger is ready to use.
type Cataloger struct {
	// Decode reads the SBOM documents that distributions bring. If it is
	// nil, that there are any is a gap.
	Decode func(io.Reader) (*sbom.Manifest, error)

	// Verify has the SHA-256 digests in RECORD compared for all files in
	// site-packages, dist-packages and zip archives, and not only for
	// metadata. Each of these files is read then, and so all distributions
	// have the texts of their licence files.
	Verify bool
}

// Name returns "python".
func (Cataloger) Name() string { return "python" }

// Wants reports whether e is a file of the metadata of a distribution, or a
// file that says what is wanted.
func (c Cataloger) Wants(e sbom.Entry) sbom.Want {
	if _, ok := documentPlace(e); ok && c.Decode != nil || placeOf(e).read != nil || c.Verify && isVerifiable(e) {
		return sbom.Yes
	}
	return sbom.No
}

// Catalog returns the distribution that f describes, whole or as a part, or
// the projects that it wants.
func (c Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	if !c.Verify || !isVerifiable(f.Entry) {
		return c.read(f)
	}
	part, err := digestPart(f)
	if err != nil {
		return nil, err
	}
	components, err := c.read(f)
	return append(components, part), err
}

// read reads f as what it is by its path.
func (c Cataloger) read(f *sbom.File) ([]*sbom.Component, error) {
	if p, ok := documentPlace(f.Entry); ok && c.Decode != nil {
		return c.readDocument(p, f)
	}
	p := placeOf(f.Entry)
	if p.read == nil {
		return nil, nil
	}
	p.artifact, p.decodes, p.verifies = f.Artifact, c.Decode != nil, c.Verify
	return p.read(p, f)
}

// fault gives err a code, unless it is nil. Of joined errors each gets it; an
// error with a code of its own, as for a limit, keeps that.
func fault(code string, err error) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, fault(code, e))
		}
		return errors.Join(all...)
	}
	var own *sbom.Fault
	if errors.As(err, &own) {
		return err
	}
	return &sbom.Fault{Code: code, Err: err}
}
