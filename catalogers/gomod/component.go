package gomod

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/package-url/packageurl-go"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/sbom"
)

// key returns the key of a module version.
func key(m module.Version) string { return keyPrefix + m.Path + "@" + m.Version }

// keyPrefix begins the keys of modules, as package gobinary spells them too.
const keyPrefix = "golang:"

// folderKey returns the key of the module whose go.mod file is called name.
func folderKey(name string) string { return "golang:./" + path.Dir(name) }

// library returns the component of a module that is required in the go.mod file
// of the folder dir: the module itself, or its replacement if that is not zero.
func library(dir string, m, replacement module.Version) *sbom.Component {
	c := &sbom.Component{Type: sbom.TypeLibrary, Name: m.Path, Version: m.Version}
	c.Key = key(m)
	if replacement.Path != "" {
		addProperty(c, "replaces", m.String())
		c.Name, c.Version, c.Key = replacement.Path, replacement.Version, key(replacement)
	}
	if replacement.Path != "" && replacement.Version == "" {
		c.Name = m.Path
		c.Key = "golang:" + replacement.Path
		if !path.IsAbs(replacement.Path) {
			c.Key = folderKey(path.Join(dir, replacement.Path, "go.mod"))
		}
		addFinding(c, sbom.Unknown, "gomod.replace.local", "replaced by a folder: its version is not recorded")
	}
	c.PURL = purl(c.Name, c.Version)
	return c
}

// purl returns the package URL of a Go module, in the case of its path.
func purl(p, version string) string {
	namespace, name := path.Split(p)
	return packageurl.NewPackageURL("golang", strings.TrimSuffix(namespace, "/"), name, version, nil, "").ToString()
}

func addProperty(c *sbom.Component, name, value string) {
	c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:go:" + name, Value: value})
}

func addFinding(c *sbom.Component, kind sbom.FindingKind, code, detail string) {
	c.Findings = append(c.Findings, sbom.Finding{Kind: kind, Code: code, Cataloger: "gomod", Detail: detail})
}

// replacementText returns a replacement as go.mod has it, without a path that
// only the machine of its author has.
func replacementText(r *modfile.Replace) string {
	to := r.New.String()
	if r.New.Version == "" && (path.IsAbs(to) || strings.ContainsAny(to, `:\`)) {
		to = "a folder elsewhere"
	}
	return r.Old.String() + " => " + to
}

// mainModule returns the module that the go.mod file e describes, first, and
// those that it requires.
func (c Cataloger) mainModule(e sbom.Entry, data []byte) ([]*sbom.Component, error) {
	file, errs := parseMod(data)
	s := newSelection(mainModule{path.Dir(e.Path), file}, mainComponent(e, file), c.source())
	if file.Module == nil && len(errs) == 0 {
		errs = append(errs, &positionError{1, 1, errors.New("no module statement")})
	}
	all := s.components()
	if len(errs) > 0 {
		all[0].Dependencies = sbom.Incomplete
	}
	return all, syntax(errs)
}

// mainComponent returns the component of a module by its own go.mod file.
func mainComponent(e sbom.Entry, f *modfile.File) *sbom.Component {
	c := &sbom.Component{Type: sbom.TypeLibrary}
	c.Key = folderKey(e.Path)
	if e.Container == "" {
		c.Is = path.Dir(e.Path)
	}
	if f.Module != nil {
		c.Name = f.Module.Mod.Path
		c.PURL = purl(c.Name, "")
		if f.Module.Deprecated != "" {
			addFinding(c, sbom.Note, "gomod.deprecated", f.Module.Deprecated)
		}
	}
	if f.Go != nil {
		addProperty(c, "version", f.Go.Version)
	}
	if f.Toolchain != nil {
		addProperty(c, "toolchain", f.Toolchain.Name)
	}
	for _, d := range f.Godebug {
		addProperty(c, "godebug", d.Key+"="+d.Value)
	}
	for _, t := range f.Tool {
		addProperty(c, "tool", t.Path)
	}
	for _, x := range f.Exclude {
		addProperty(c, "exclude", x.Mod.String())
	}
	for _, r := range f.Replace {
		addProperty(c, "replace", replacementText(r))
	}
	for _, r := range f.Retract {
		addProperty(c, "retract", fmt.Sprintf("[%s, %s]", r.Low, r.High))
	}
	return c
}
