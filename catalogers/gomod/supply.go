package gomod

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// Supply returns what ModCache knows of the modules among keys, whoever has
// found them, as parts: above all, which of them each one requires. The keys
// are those of one artifact, such as the modules that a Go program names, and
// their versions are taken to be selected already: a requirement of a module is
// one of the version among keys. Where that is not one version, and none is the
// one required, nothing is said.
//
// It reads one file for each key. A module whose go.mod file is not in the cache
// has no part. Supply returns parts and an error if some files cannot be read.
func (c Cataloger) Supply(ctx context.Context, keys []string) ([]*sbom.Component, error) {
	if c.ModCache == nil {
		return nil, nil
	}
	byPath := map[string][]string{}
	for _, k := range keys {
		if m, ok := keyModule(k); ok {
			byPath[m.Path] = append(byPath[m.Path], k)
		}
	}
	var parts []*sbom.Component
	var errs []error
	for _, k := range keys {
		m, ok := keyModule(k)
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return parts, err
		}
		data, err := c.readCached(m)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("module cache: %v: %w", m, err))
			continue
		}
		for _, part := range cachedMod(m, data) {
			part.FoundBy = []string{c.Name()}
			selectVersions(part, byPath)
			parts = append(parts, part)
		}
	}
	return parts, errors.Join(errs...)
}

// selectVersions replaces the keys that part requires by those in byPath.
func selectVersions(part *sbom.Component, byPath map[string][]string) {
	var selected []string
	for _, k := range part.DependsOn {
		m, _ := keyModule(k)
		switch built := byPath[m.Path]; len(built) {
		case 0:
		case 1:
			selected = append(selected, built[0])
		default:
			selected = append(selected, k)
		}
	}
	part.DependsOn = selected
}

// readCached returns the go.mod file of m in the module cache.
func (c Cataloger) readCached(m module.Version) ([]byte, error) {
	name, err := cacheFile(m)
	if err != nil {
		return nil, fs.ErrNotExist // no module has this path
	}
	info, err := fs.Stat(c.ModCache, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCached {
		return nil, fmt.Errorf("%s: %d bytes are too many", name, info.Size())
	}
	return fs.ReadFile(c.ModCache, name)
}

// maxCached is the size in bytes of the largest go.mod file that is read from a
// module cache. The go command itself allows 16 MiB.
const maxCached = 16 << 20
