// Package gomod catalogs Go modules by their source: what a module requires, and
// which versions that comes to.
//
// It reads go.mod, go.sum and go.work files and vendor/modules.txt, as
// https://go.dev/ref/mod describes them, and the go.mod files that a module
// cache keeps. It never runs the go command and needs no network.
//
// The module of a folder with a go.mod file is a component with the key
// "golang:./FOLDER": its version is not in the file. At the root of a source
// folder it is the principal's candidate. Each module that is required is a
// component with the key "golang:PATH@VERSION", as package gobinary names it,
// and Wanted, unless it is there in a vendor folder. Where a module is replaced,
// the component is the replacement, and a property names what it replaces. A
// replacement by a folder has the key of that folder and no version.
//
// The property "manifestgen:go:selection" tells what is only required from what
// is built:
//
//	built         minimal version selection comes to this version
//	required      go.mod requires it; as go.mod files of dependencies are not at
//	              hand, a higher version may be built
//	superseded    go.mod requires it, and a higher version is built
//	vendored      packages of it are in the vendor folder
//
// A go.mod file of Go 1.17 or later names every module that is built, in its
// version; see https://go.dev/ref/mod#graph-pruning. Modules of the module graph
// that it does not name provide no package and are left out. For an older one,
// modules that only dependencies require are listed when ModCache has the
// go.mod files. go.sum adds the hashes of modules, never a module.
//
// Left out are the go.mod files in folders that the go command leaves out
// (testdata, those that begin with a dot or an underscore), in vendor folders,
// and in the folders of a module cache. Replacements in go.work are listed as a
// property and not followed.
//
// Findings have these codes:
//
//	gomod.deprecated     the module's authors say that it is deprecated
//	gomod.edges          what some modules require is not known
//	gomod.replace.local  a module that is replaced by a folder: it has no version
//	gomod.syntax         a line that cannot be read; the others were
//	gomod.unlisted       there may be modules that go.mod does not name
//	gomod.workspace      go.work makes a build use another version
package gomod

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger reads the files of Go modules. The zero Cataloger is ready to use.
type Cataloger struct {
	// ModCache is the folder that GOMODCACHE names. If it is not nil, the
	// versions that a module requires are found with the go.mod files of
	// its dependencies, and so is what these require; see also Supply.
	ModCache fs.FS

	// Source is a folder with the source of programs that are found
	// elsewhere: see Supply. It is not part of what is cataloged.
	Source fs.FS

	// Packages also lists the packages of each vendored module, as the
	// property "manifestgen:go:package".
	Packages bool
}

// Name returns "gomod".
func (Cataloger) Name() string { return "gomod" }

// Wants reports whether e is a file of a Go module's source or a go.mod file of
// a module cache.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	if _, ok := cacheModule(e.Path); ok || isSource(e.Path) {
		return sbom.Yes
	}
	return sbom.No
}

// isSource reports whether name is one of the files that describe a module,
// outside of the folders that the go command leaves out.
func isSource(name string) bool {
	dir, base := path.Split(name)
	switch base {
	case "modules.txt":
		vendor := strings.TrimSuffix("/"+dir, "/vendor/")
		return vendor != "/"+dir && !isLeftOut(vendor)
	case "go.mod", "go.sum", "go.work", "go.work.sum":
		return !isLeftOut(dir)
	}
	return false
}

// isLeftOut reports whether dir is in a folder whose modules are not those of a
// source tree.
func isLeftOut(dir string) bool {
	for element := range strings.SplitSeq(dir, "/") {
		switch {
		case element == "vendor" || element == "testdata" || strings.Contains(element, "@v"):
			return true
		case strings.HasPrefix(element, "_") || strings.HasPrefix(element, "."):
			return true
		}
	}
	return false
}

// Catalog returns what f says of modules.
func (c Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	if m, ok := cacheModule(f.Path); ok {
		return cachedMod(m, data), nil
	}
	switch path.Base(f.Path) {
	case "go.mod":
		return c.mainModule(f.Entry, data)
	case "go.work":
		return workspaceFile(f.Entry, data)
	case "modules.txt":
		return c.vendored(f.Entry, data)
	default:
		return sums(data)
	}
}

// syntax joins errors, each with the code of a line that cannot be read.
func syntax(errs []error) error {
	faults := make([]error, len(errs))
	for i, err := range errs {
		faults[i] = &sbom.Fault{Code: "gomod.syntax", Err: err}
	}
	return errors.Join(faults...)
}

// cachedMod returns what the go.mod file of m in a module cache says, as a part
// of m. What is wrong with it matters only if m does.
func cachedMod(m module.Version, data []byte) []*sbom.Component {
	c := required(data)
	c.Key, c.Part = key(m), true
	return []*sbom.Component{c}
}

// required returns what a go.mod file requires, as a part without a key.
func required(data []byte) *sbom.Component {
	file, errs := parseRequiredMod(data)
	c := &sbom.Component{Dependencies: sbom.Complete}
	for _, r := range file.Require {
		c.DependsOn = append(c.DependsOn, key(r.Mod))
	}
	if file.Go != nil {
		addProperty(c, "version", file.Go.Version)
	}
	for _, err := range errs {
		c.Dependencies = sbom.Incomplete
		addFinding(c, sbom.Gap, "gomod.syntax", "go.mod: "+err.Error())
	}
	return c
}

// sums returns the hashes of a go.sum file as parts of modules.
func sums(data []byte) ([]*sbom.Component, error) {
	list, errs := parseSum(data)
	var all []*sbom.Component
	for _, s := range list {
		if s.goMod {
			continue
		}
		c := &sbom.Component{Joints: sbom.Joints{Key: key(s.mod), Part: true}}
		addProperty(c, "sum", s.hash)
		all = append(all, c)
	}
	return all, syntax(errs)
}

// workspaceFile returns the component of a go.work file.
func workspaceFile(e sbom.Entry, data []byte) ([]*sbom.Component, error) {
	file, errs := parseWork(data)
	c := &sbom.Component{Type: sbom.TypeFile, Name: workName, Joints: sbom.Joints{Is: e.Path}}
	c.Key = folderKey(e.Path) + "/" + workName
	if file.Go != nil {
		addProperty(c, "version", file.Go.Version)
	}
	for _, u := range file.Use {
		c.DependsOn = append(c.DependsOn, folderKey(path.Join(path.Dir(e.Path), u.Path, "go.mod")))
	}
	for _, r := range file.Replace {
		addProperty(c, "replace", replacementText(r))
	}
	return []*sbom.Component{c}, syntax(errs)
}

// workName is the name of the files that make a workspace.
const workName = "go.work"

// vendored returns the modules of a vendor/modules.txt file that packages were
// copied from, and those that are only required.
func (c Cataloger) vendored(e sbom.Entry, data []byte) ([]*sbom.Component, error) {
	list, errs := parseVendorList(data)
	dir := path.Dir(path.Dir(e.Path))
	var all []*sbom.Component
	for _, v := range list.modules {
		if v.mod.Version == "" || len(v.packages) == 0 && !v.explicit {
			continue
		}
		m := library(dir, v.mod, v.replace)
		m.Wanted = len(v.packages) == 0
		if m.Wanted {
			addProperty(m, "selection", "required")
		} else {
			addProperty(m, "selection", "vendored")
		}
		if v.goVersion != "" {
			addProperty(m, "version", v.goVersion)
		}
		if c.Packages {
			for _, p := range v.packages {
				addProperty(m, "package", p)
			}
		}
		all = append(all, m)
	}
	return all, syntax(errs)
}

// source returns where the go.mod files of dependencies come from.
func (c Cataloger) source() source {
	return func(m module.Version) (*modfile.File, error) {
		if c.ModCache == nil || m.Version == "" {
			return nil, fs.ErrNotExist
		}
		data, err := c.readCached(m)
		if err != nil {
			return nil, err
		}
		f, errs := parseRequiredMod(data)
		return f, errors.Join(errs...)
	}
}
