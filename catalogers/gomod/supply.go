package gomod

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// Supply returns what Source and ModCache know of the modules among all, whoever
// has found them, as parts: above all, what each one requires. A program gets
// the requirements of its main module.
//
// The modules are those of one artifact, and their versions are taken to be
// selected already: a requirement of a module is one of the version that is
// there, or of its replacement. Where that is not one version, and none is the
// one required, nothing is said.
//
// It reads one file for each module. A module whose go.mod file is not at hand
// has no part. Supply returns parts and an error if some files cannot be read.
func (c Cataloger) Supply(ctx context.Context, all []*sbom.Component) ([]*sbom.Component, error) {
	built := buildList(all)
	mains, err := c.sourceMods(ctx)
	errs := []error{err}
	var parts []*sbom.Component
	for _, have := range all {
		if err := ctx.Err(); err != nil {
			return parts, err
		}
		part, err := c.supplyOne(have, mains)
		errs = append(errs, err)
		if part != nil {
			part.Key, part.Part = have.Key, true
			part.DependsOn = built.choose(part.DependsOn)
			parts = append(parts, part)
		}
	}
	return parts, errors.Join(errs...)
}

// supplyOne returns what the go.mod file of a module says, or of the main module
// of a program, or nil.
func (c Cataloger) supplyOne(have *sbom.Component, mains map[string][]byte) (*sbom.Component, error) {
	if have.Key == "" {
		return nil, nil
	}
	if have.Type == sbom.TypeApplication {
		data, ok := mains[property(have, "module")]
		if !ok {
			return nil, nil
		}
		return required(data), nil
	}
	m, ok := keyModule(have.Key)
	if !ok || c.ModCache == nil {
		return nil, nil
	}
	data, err := c.readCached(m)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("module cache: %v: %w", m, err)
	}
	return required(data), nil
}

// sourceMods returns the go.mod files in Source by the path of their module.
func (c Cataloger) sourceMods(ctx context.Context) (map[string][]byte, error) {
	mods := map[string][]byte{}
	if c.Source == nil {
		return mods, nil
	}
	err := fs.WalkDir(c.Source, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && name != "." && isLeftOut(name):
			return fs.SkipDir
		case d.Name() != "go.mod" || !d.Type().IsRegular():
			return nil
		}
		data, err := readLimited(c.Source, name)
		if p := modfile.ModulePath(data); p != "" {
			mods[p] = data
		}
		return err
	})
	if err != nil {
		return mods, fmt.Errorf("source: %w", err)
	}
	return mods, nil
}

// A list has, by the path that a module is required by, the keys of those that
// are built.
type list map[string][]string

// buildList returns the modules among all. A replaced module is required by the
// path that it had.
func buildList(all []*sbom.Component) list {
	built := list{}
	for _, c := range all {
		m, ok := keyModule(c.Key)
		if replaced, had := replacedModule(c); had {
			m, ok = replaced, true
		}
		if ok && !c.Wanted {
			built[m.Path] = append(built[m.Path], c.Key)
		}
	}
	return built
}

// replacedModule returns the module that c stands for, if it is a replacement.
func replacedModule(c *sbom.Component) (module.Version, bool) {
	return keyModule(keyPrefix + property(c, "replaces"))
}

// choose returns, for keys of what is required, those of what is built.
func (l list) choose(required []string) []string {
	var chosen []string
	for _, k := range required {
		m, _ := keyModule(k)
		switch built := l[m.Path]; {
		case len(built) == 1:
			chosen = append(chosen, built[0])
		case slices.Contains(built, k):
			chosen = append(chosen, k)
		}
	}
	return chosen
}

// readCached returns the go.mod file of m in the module cache.
func (c Cataloger) readCached(m module.Version) ([]byte, error) {
	name, err := cacheFile(m)
	if err != nil {
		return nil, fs.ErrNotExist // no module has this path
	}
	return readLimited(c.ModCache, name)
}

// readLimited reads a go.mod file.
func readLimited(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCached {
		return nil, fmt.Errorf("%s: %d bytes are too many", path.Base(name), info.Size())
	}
	return fs.ReadFile(fsys, name)
}

// maxCached is the size in bytes of the largest go.mod file that is read from a
// module cache. The go command itself allows 16 MiB.
const maxCached = 16 << 20
