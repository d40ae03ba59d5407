// Package golicense finds the licences of Go modules.
//
// It reads the licence files at the root of each module in a module cache, and
// those next to a go.mod file, and adds what they say to the modules that other
// catalogers have found: a licence expression, the text of what SPDX has no
// name for, copyright notices, and the NOTICE file that some licences demand to
// be passed on. It recognises texts with
// https://github.com/google/licensecheck, which takes a second to get ready
// when the first text is read.
//
// The module cache is either a part of what is scanned, or given as the field
// ModCache: then Supply looks up the modules that others have found. So it does
// in the source folder of a program, Source, with its vendor folder.
//
// What a licence file at the root of a module says is what its authors declare.
// Nothing is concluded: no source file is read, and the licences of parts of a
// module are listed, with their place, as properties. A vendor folder that is a
// part of what is scanned is left out: a path there does not tell the version.
//
// Findings have these codes:
//
//	licence.size    a licence file larger than 1 MiB
//	licence.text    a licence file that is no text
package golicense

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger reads the licence files of Go modules. All that it returns are
// parts. The zero Cataloger is ready to use.
type Cataloger struct {
	// ModCache is the folder that GOMODCACHE names, for Supply.
	ModCache fs.FS

	// Source is a folder with the source of programs that are found
	// elsewhere, for Supply: licences of the main module, and of others in
	// its vendor folder.
	Source fs.FS
}

// maxSize is the size in bytes of the largest licence file that is read.
const maxSize = 1 << 20

// Name returns "golicense".
func (Cataloger) Name() string { return "golicense" }

// Wants reports whether e may be the licence file of a Go module.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	if kindOf(path.Base(e.Path)) == other || e.Size == 0 {
		return sbom.No
	}
	if key, _ := subject(e); key == "" {
		return sbom.No
	}
	return sbom.Yes
}

// Catalog returns the part of a component that f is about.
func (Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	key, inside := subject(f.Entry)
	c := &sbom.Component{Joints: sbom.Joints{Key: key, Part: true}}
	if f.Size > maxSize {
		addGap(c, "licence.size", inside+": too large for a licence")
		return []*sbom.Component{c}, nil
	}
	text, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	describe(c, inside, text)
	return []*sbom.Component{c}, nil
}

// Supply returns what the licence files at the roots of modules say of the
// modules among all, whoever has found them, as one part each. They are looked
// for in ModCache, and in Source; of a program, those of its main module. It
// returns parts and an error if some files cannot be read.
func (c Cataloger) Supply(ctx context.Context, all []*sbom.Component) ([]*sbom.Component, error) {
	folders, err := c.sourceFolders(ctx)
	errs := []error{err}
	var parts []*sbom.Component
	for _, have := range all {
		if err := ctx.Err(); err != nil {
			return parts, err
		}
		fsys, dir := c.folderOf(have, folders)
		if fsys == nil {
			continue
		}
		part := &sbom.Component{Joints: sbom.Joints{Key: have.Key, Part: true}}
		if err := describeFolder(part, fsys, dir); err != nil {
			errs = append(errs, fmt.Errorf("licences of %s: %w", have.Name, err))
		}
		parts = append(parts, part)
	}
	return parts, errors.Join(errs...)
}

// folderOf returns the folder that has the source of a module, or of the main
// module of a program; or nil if there is none.
func (c Cataloger) folderOf(have *sbom.Component, folders map[module.Version]string) (fs.FS, string) {
	if have.Key == "" {
		return nil, ""
	}
	if have.Type == sbom.TypeApplication {
		return c.inSource(folders, module.Version{Path: property(have, "manifestgen:go:module")})
	}
	dir, ok := cacheFolder(have.Key)
	if !ok {
		return nil, ""
	}
	if c.ModCache != nil {
		if _, err := fs.Stat(c.ModCache, dir); err == nil {
			return c.ModCache, dir
		}
	}
	return c.inSource(folders, module.Version{Path: have.Name, Version: have.Version})
}

func (c Cataloger) inSource(folders map[module.Version]string, m module.Version) (fs.FS, string) {
	dir, ok := folders[m]
	if !ok || m.Path == "" {
		return nil, ""
	}
	return c.Source, dir
}

// sourceFolders returns the folders in Source that have the source of a module:
// of main modules, which have no version, and of those in vendor folders, which
// modules.txt lists: https://go.dev/ref/mod#vendoring
func (c Cataloger) sourceFolders(ctx context.Context) (map[module.Version]string, error) {
	folders := map[module.Version]string{}
	if c.Source == nil {
		return folders, nil
	}
	err := fs.WalkDir(c.Source, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && slices.Contains([]string{"vendor", "testdata", ".git", "node_modules"}, d.Name()):
			return fs.SkipDir
		case d.Name() == "go.mod" && d.Type().IsRegular():
			return c.mainFolder(path.Dir(name), folders)
		}
		return nil
	})
	if err != nil {
		return folders, fmt.Errorf("source: %w", err)
	}
	return folders, nil
}

// mainFolder adds the folder of a main module, and those that are vendored in it.
func (c Cataloger) mainFolder(dir string, folders map[module.Version]string) error {
	data, err := fs.ReadFile(c.Source, path.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	folders[module.Version{Path: modfile.ModulePath(data)}] = dir
	list, err := fs.ReadFile(c.Source, path.Join(dir, "vendor/modules.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(list)) {
		if words := strings.Fields(line); len(words) >= 3 && words[0] == "#" {
			folders[module.Version{Path: words[1], Version: words[2]}] = path.Join(dir, "vendor", words[1])
		}
	}
	return err
}

// property returns the first value of a property.
func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// describeFolder adds to part what the licence files in a folder say. A folder
// that is not there says nothing.
func describeFolder(part *sbom.Component, fsys fs.FS, dir string) error {
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if !e.Type().IsRegular() || kindOf(e.Name()) == other {
			continue
		}
		info, err := e.Info()
		if err == nil && info.Size() > maxSize {
			addGap(part, "licence.size", e.Name()+": too large for a licence")
			continue
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		describe(part, e.Name(), text)
	}
	return errors.Join(errs...)
}

// addGap adds a finding that matters if the component of which c is a part does.
func addGap(c *sbom.Component, code, detail string) {
	c.Findings = append(c.Findings, sbom.Finding{Kind: sbom.Gap, Code: code, Cataloger: "golicense", Detail: detail})
}

// describe adds to c what the file called name, within the module, says.
func describe(c *sbom.Component, name string, text []byte) {
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	if bytes.IndexByte(text, 0) >= 0 {
		addGap(c, "licence.text", name+": named like a licence, but not a text")
		return
	}
	kind := kindOf(path.Base(name))
	atRoot := !strings.Contains(name, "/")
	if atRoot && kind != docs {
		addNotices(c, text)
	}
	switch kind {
	case licence, docs:
		r := read(text)
		if atRoot && kind == licence {
			declare(c, r)
		}
		addProperty(c, "manifestgen:licence:file", name+": "+r.expression)
	case copyright:
		if r := read(text); atRoot && r.texts == nil {
			declare(c, r)
			addProperty(c, "manifestgen:licence:file", name+": "+r.expression)
		}
	case patents:
		addProperty(c, "manifestgen:licence:patents", name)
	case noticeFile:
		if atRoot {
			addProperty(c, "manifestgen:licence:notice", strings.ToValidUTF8(string(text), "\uFFFD"))
		}
	}
}

// declare adds the reading of one more file to what c declares: the files of a
// module hold together.
func declare(c *sbom.Component, r reading) {
	c.LicenseTexts = append(c.LicenseTexts, r.texts...)
	c.Declared = join(c.Declared, r.expression)
}

// join returns an expression for two that hold together.
func join(a, b string) string {
	if a == "" || a == b {
		return b
	}
	if strings.ContainsAny(a+b, "()") || strings.Contains(a+b, " OR ") {
		return "(" + a + ") AND (" + b + ")"
	}
	ids := append(strings.Split(a, " AND "), strings.Split(b, " AND ")...)
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " AND ")
}

func addNotices(c *sbom.Component, text []byte) {
	for _, n := range notices(text) {
		if !slices.Contains(c.Copyright, n) {
			c.Copyright = append(c.Copyright, n)
		}
	}
}

func addProperty(c *sbom.Component, name, value string) {
	c.Properties = append(c.Properties, sbom.Property{Name: name, Value: value})
}

// subject returns the key of the component that e is a licence file of, and the
// path of e within it; or "" if that cannot be told:
//
//	pkg/mod/github.com/!burnt!sushi/toml@v1.5.0/COPYING   golang:github.com/BurntSushi/toml@v1.5.0
//	tools/LICENSE                                         golang:./tools, which is what tools/go.mod describes
func subject(e sbom.Entry) (key, inside string) {
	dir, base := path.Split(e.Inside())
	if strings.Contains(e.Path, "/@v/") {
		return "", "" // in the zip file of a module, which the cache keeps unpacked too
	}
	if strings.Contains(dir, "@v") {
		return cached(e.Inside())
	}
	for element := range strings.SplitSeq(dir, "/") {
		switch element {
		case "vendor", "testdata", "node_modules", "site-packages", "dist-packages", "share":
			return "", "" // of others, and many
		}
	}
	return "golang:./" + path.Dir(e.Path), base
}

// cached returns the key of the module in whose folder of a module cache the
// file name is, and its path in there. The folder of the cache itself may be
// the root, or end in "pkg/mod".
func cached(name string) (key, inside string) {
	if i := strings.LastIndex("/"+name, "/pkg/mod/"); i >= 0 {
		name = name[i+len("pkg/mod/"):]
	}
	before, after, _ := strings.Cut(name, "@")
	escaped, inside, ok := strings.Cut(after, "/")
	if !ok {
		return "", ""
	}
	p, err := module.UnescapePath(before)
	if err != nil {
		return "", ""
	}
	v, err := module.UnescapeVersion(escaped)
	if err != nil || module.CanonicalVersion(v) != v {
		return "", ""
	}
	return "golang:" + p + "@" + v, inside
}

// cacheFolder returns the folder in which a module cache keeps the module that
// key names.
func cacheFolder(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, "golang:")
	p, version, hasVersion := strings.Cut(name, "@")
	if !ok || !hasVersion {
		return "", false
	}
	p, err := module.EscapePath(p)
	if err != nil {
		return "", false
	}
	version, err = module.EscapeVersion(version)
	return p + "@" + version, err == nil && version != ""
}
