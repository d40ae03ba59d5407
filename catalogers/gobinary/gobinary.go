// Package gobinary catalogs Go programs.
//
// It reads the build information that Go's linker leaves in an executable: the
// main package and module, the modules linked in, the toolchain and its
// settings. The format is that of [runtime/debug.BuildInfo]. It looks at every
// regular file of 256 KiB or more, whatever its mode, and reads 16 bytes
// before more.
//
// A program becomes a component of type application, and each module linked
// into it a library, with the key "golang:PATH@VERSION". So does the standard
// library, as "stdlib", the name by which vulnerability databases know it.
//
// What build information does not say, and this package does not guess: which
// module needs which, when the program was built, what C code was linked in.
// The values of -ldflags are read for one thing, a version that the build sets
// in a variable, and are never copied out: they may hold secrets.
//
// Findings have these codes:
//
//	exe.damaged          an executable whose headers cannot be read
//	exe.packed           an executable packed by UPX
//	go.arch              headers and build information name different processors
//	go.buildinfo         damaged build information
//	go.cgo               cgo was enabled: C code may be linked in
//	go.edges             the binary does not say which module needs which
//	go.module.unversioned  a module whose version is not recorded
//	go.name              a module path or version that no module can have
//	go.nobuildinfo       a Go program whose build information was removed
//	go.nomodules         a program built without modules
//	go.packages          the function table is missing or damaged
//	go.replace.local     a module that was replaced by a folder
//	go.toolchain         a toolchain that is no release
package gobinary

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/gobinary/internal/exe"
	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger reads the build information of Go programs. The zero Cataloger is
// ready to use.
type Cataloger struct {
	// Packages also lists the packages that are linked in, as properties
	// "manifestgen:go:package" of their modules. That reads a program up to
	// its function table, which is most of it.
	Packages bool
}

// minSize is the size in bytes from which on a file is looked at. The smallest
// program that Go's linker makes is larger.
const minSize = 256 << 10

// Name returns "gobinary".
func (Cataloger) Name() string { return "gobinary" }

// Wants reports whether e is large enough to be a Go program.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	if e.Mode.IsRegular() && e.Size >= minSize {
		return sbom.Yes
	}
	return sbom.No
}

// Catalog returns the program that f is and the modules linked into it.
func (c Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	parts, err := exe.Open(f, f.Size)
	if errors.Is(err, exe.ErrNotExecutable) {
		return nil, nil
	}
	errs := []error{fault("exe.damaged", err)}
	var found []*sbom.Component
	for _, x := range parts {
		components, err := c.catalog(f, x)
		errs = append(errs, err)
		found = join(found, components)
	}
	return found, errors.Join(errs...)
}

// fault gives err a code, unless it is nil.
func fault(code string, err error) error {
	if err == nil {
		return nil
	}
	return &sbom.Fault{Code: code, Err: err}
}

// catalog returns the components of one executable.
func (c Cataloger) catalog(f *sbom.File, x *exe.File) ([]*sbom.Component, error) {
	version, modinfo, err := x.BuildInfo()
	if errors.Is(err, exe.ErrNoBuildInfo) {
		return nil, unmarked(x)
	}
	if version == "" && modinfo == "" {
		return nil, fault("go.buildinfo", err)
	}
	errs := []error{fault("go.buildinfo", err)}
	info, err := debug.ParseBuildInfo(modinfo)
	if err != nil {
		errs = append(errs, sbom.Faultf("go.buildinfo", "module information: %w", err))
		info = &debug.BuildInfo{}
	}
	info.GoVersion = version
	p := &program{entry: f.Entry, info: info, file: x}
	libraries, err := x.Libraries()
	errs = append(errs, fault("exe.damaged", err))
	all := p.components(libraries)
	if c.Packages {
		errs = append(errs, p.addPackages(f, f.Size, all))
	}
	return all, errors.Join(errs...)
}

// unmarked returns nil for an executable that Go has not made, and an error for
// one whose build information is gone.
func unmarked(x *exe.File) error {
	mark, err := x.Mark()
	switch {
	case err != nil:
		return fault("exe.damaged", err)
	case mark == exe.GoMark:
		return sbom.Faultf("go.nobuildinfo", "a Go program without build information: what it is made of cannot be told")
	case mark == exe.UPXMark:
		return sbom.Faultf("exe.packed", "packed by UPX: what is inside cannot be told; describe the file before it is packed")
	}
	return nil
}

// Resolve adds no edges: a program's are made of what it includes. It says of each
// program for how many of its modules nobody knows what they need.
func (Cataloger) Resolve(mine []*sbom.Component) ([]sbom.Edge, []sbom.Finding) {
	known := map[string]bool{}
	for _, c := range mine {
		known[c.Key] = c.Dependencies == sbom.Complete
	}
	var findings []sbom.Finding
	for _, c := range mine {
		unknown := 0
		for _, key := range c.Includes {
			if !known[key] && !strings.HasPrefix(key, stdlibKey) {
				unknown++
			}
		}
		if unknown > 0 && len(c.Includes) > 2 {
			findings = append(findings, sbom.Finding{Kind: sbom.Unknown, Code: "go.edges", Path: c.Is, Subject: c.Key,
				Detail: fmt.Sprintf("which modules %d of the %d modules need is not recorded; as far as nothing else is known to need a module, the program is listed as needing it", unknown, len(c.Includes)-1)})
		}
	}
	return nil, findings
}

// join adds what was found in a further slice of a fat file: the programs are
// one, for several processors, and modules that they share are one by their key.
func join(have, more []*sbom.Component) []*sbom.Component {
	if len(have) == 0 || len(more) == 0 {
		return append(have, more...)
	}
	program, other := have[0], more[0]
	program.Architecture += "," + other.Architecture
	for _, key := range other.Includes {
		if !slices.Contains(program.Includes, key) {
			program.Includes = append(program.Includes, key)
		}
	}
	return append(have, more[1:]...)
}
