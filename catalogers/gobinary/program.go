package gobinary

import (
	"cmp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/manifestgen/manifestgen/catalogers/gobinary/internal/exe"
	"github.com/manifestgen/manifestgen/sbom"
)

// A program is one executable with its build information.
type program struct {
	entry sbom.Entry
	info  *debug.BuildInfo
	file  *exe.File
}

// components returns the program, first, and all that is linked into it.
func (p *program) components(libraries []string) []*sbom.Component {
	c := &sbom.Component{
		Type:         sbom.TypeApplication,
		Name:         p.name(),
		Architecture: cmp.Or(p.setting("GOARCH"), p.file.Arch),
		OS:           cmp.Or(p.setting("GOOS"), p.file.OS),
		Joints:       sbom.Joints{Key: programKey + p.entry.Path, Is: p.entry.Path, Requires: tokens(p.file.Format, libraries)},
	}
	if c.Architecture != p.file.Arch && p.file.Arch != "" {
		note(c, sbom.Note, "go.arch", "the headers say "+p.file.Arch+", the build information says "+c.Architecture)
	}
	p.identify(c)
	p.judge(c)
	all := []*sbom.Component{c}
	if std := stdlib(p.toolchain()); std != nil {
		all = append(all, std)
	}
	for _, d := range p.info.Deps {
		all = append(all, library(p.entry, d))
	}
	for _, l := range all[1:] {
		c.Includes = append(c.Includes, l.Key)
	}
	return all
}

// programKey begins the key of a program, before its path.
const programKey = "golang:program "

// fileArguments is the main package of a program that was built from a list of
// files.
const fileArguments = "command-line-arguments"

// name returns the import path of the main package, or "" if the build
// information has none.
func (p *program) name() string {
	if p.info.Path == "" || p.info.Path == fileArguments {
		return clean(p.info.Main.Path)
	}
	return clean(p.info.Path)
}

// identify sets version and package URL, and the candidates for the facts of a
// principal.
func (p *program) identify(c *sbom.Component) {
	c.Candidates = append(p.versions(), p.facts())
	for _, source := range []sbom.Source{sbom.FromArtifact, sbom.FromLinker, sbom.FromPseudo} {
		for _, o := range c.Candidates {
			if o.Source == source {
				c.Version = cmp.Or(c.Version, o.Facts.Version)
			}
		}
	}
	main := p.info.Main
	switch {
	case p.isToolchain():
		c.PURL = purl("toolchain", c.Version, p.info.Path)
	case main.Path != "" && module.CheckImportPath(main.Path) != nil:
		note(c, sbom.Note, "go.name", "no module can have the path of the main module")
	case main.Path != "":
		c.PURL = purl(main.Path, moduleVersion(c.Version), strings.Trim(strings.TrimPrefix(p.subpath(), main.Path), "/"))
		c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:go:module", Value: clean(main.Path)})
	}
	if main.Sum != "" {
		c.Properties = append(c.Properties, sum(main.Sum))
	}
}

// subpath returns the import path of the main package, if it is in the main
// module.
func (p *program) subpath() string {
	if strings.HasPrefix(p.info.Path, p.info.Main.Path+"/") {
		return p.info.Path
	}
	return ""
}

// isToolchain reports whether the program is one of the Go distribution, which
// has the distribution's version.
func (p *program) isToolchain() bool {
	return p.info.Main.Path == "" && strings.HasPrefix(p.info.Path, "cmd/")
}

// moduleVersion gives a version that was set by a linker flag the v that module
// versions have.
func moduleVersion(version string) string {
	if !semver.IsValid(version) && semver.IsValid("v"+version) {
		return "v" + version
	}
	return version
}

// versions returns the candidates for the program's version.
func (p *program) versions() []sbom.Candidate {
	var all []sbom.Candidate
	add := func(source sbom.Source, where, version string) {
		all = append(all, sbom.Candidate{Source: source, Where: where,
			Facts: sbom.Principal{Component: sbom.Component{Version: version}}})
	}
	switch v := clean(p.mainVersion()); {
	case p.isToolchain():
		add(sbom.FromArtifact, "version of the Go distribution that it is part of", p.toolchain().version)
	case v == "" || v == devel:
	case module.IsPseudoVersion(strings.TrimSuffix(v, "+dirty")):
		add(sbom.FromPseudo, "main module", v)
	default:
		add(sbom.FromArtifact, "main module", v)
	}
	for _, v := range linkerVersions(p.setting("-ldflags"), p.info.Main.Path) {
		add(sbom.FromLinker, "build setting -ldflags, variable "+v.variable, v.value)
	}
	return all
}

// mainVersion returns the version of the main module. One that a folder replaces has
// none: what was required is not what was built.
func (p *program) mainVersion() string {
	main := p.info.Main
	if r := main.Replace; r != nil && (r.Version == "" || r.Version == devel) {
		return ""
	}
	return main.Version
}

// devel is the version of a module that was built from a folder without a tag.
const devel = "(devel)"

// facts returns what the build information says of a principal beside its
// version.
func (p *program) facts() sbom.Candidate {
	facts := sbom.Principal{
		Commit:    clean(p.setting("vcs.revision")),
		Toolchain: clean(p.toolchain().text()),
		Settings:  p.settings(),
	}
	if t, err := time.Parse(time.RFC3339, p.setting("vcs.time")); err == nil {
		facts.Committed = t.UTC().Truncate(time.Second)
	}
	switch modified := p.setting("vcs.modified"); {
	case modified == "true" || strings.HasSuffix(p.info.Main.Version, "dirty"):
		facts.WorkTree = "dirty"
	case modified == "false":
		facts.WorkTree = "clean"
	}
	return sbom.Candidate{Source: sbom.FromArtifact, Where: "Go build information", Facts: facts}
}

// judge says what is not known of the program.
func (p *program) judge(c *sbom.Component) {
	c.Contents, c.Dependencies = sbom.Complete, sbom.Complete
	undetermined := func(code, detail string) {
		c.Contents, c.Dependencies = sbom.Undetermined, sbom.Undetermined
		note(c, sbom.Unknown, code, detail)
	}
	if p.info.Main.Path == "" && len(p.info.Deps) == 0 {
		undetermined("go.nomodules", "built without modules: what else is linked in is not recorded")
	}
	if p.setting("CGO_ENABLED") != "0" {
		undetermined("go.cgo", "cgo was not switched off: C code that may be linked in is not recorded")
	}
	if p.toolchain().version == "" {
		note(c, sbom.Unknown, "go.toolchain", "built with "+clean(p.info.GoVersion)+", which is no release of Go")
	}
}

// library returns the component of a module that is linked in.
func library(e sbom.Entry, d *debug.Module) *sbom.Component {
	m := d
	if d.Replace != nil {
		m = d.Replace
	}
	c := &sbom.Component{Type: sbom.TypeLibrary, Name: clean(m.Path), Version: clean(m.Version), Dependencies: sbom.Undetermined}
	c.Key = "golang:" + m.Path + "@" + m.Version
	if d.Replace != nil {
		c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:go:replaces", Value: clean(d.Path + "@" + d.Version)})
	}
	if m.Sum != "" {
		c.Properties = append(c.Properties, sum(m.Sum))
	}
	switch {
	case d.Replace != nil && (m.Version == "" || m.Version == devel):
		// The replacement is a path of the machine that built it.
		c.Name, c.Version, c.Key = clean(d.Path), "", "golang:"+d.Path+"@replaced in "+e.Path
		note(c, sbom.Unknown, "go.replace.local", "replaced by a folder: neither its version nor its content is recorded")
		return c
	case m.Version == "" || m.Version == devel:
		c.Version, c.Key = "", "golang:"+m.Path+"@built in "+e.Path
		note(c, sbom.Unknown, "go.module.unversioned", "built from a folder: its version is not recorded")
	}
	if err := module.CheckImportPath(m.Path); err != nil {
		note(c, sbom.Note, "go.name", "no module can have this path")
		return c
	}
	c.PURL = purl(m.Path, c.Version, "")
	return c
}

// note adds a finding to c.
func note(c *sbom.Component, kind sbom.FindingKind, code, detail string) {
	c.Findings = append(c.Findings, sbom.Finding{Kind: kind, Code: code, Detail: detail, Cataloger: "gobinary"})
}

// sum is the property for a module's checksum. It is a hash of a list of hashes
// and not the digest of any file: https://go.dev/ref/mod#go-sum-files
func sum(h1 string) sbom.Property {
	return sbom.Property{Name: "manifestgen:go:sum", Value: clean(h1)}
}

// setting returns the value of a build setting, or "".
func (p *program) setting(key string) string {
	for _, s := range p.info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// publicSettings are the build settings that are copied out beside those that
// begin with GO. Paths, and flags that may hold secrets, are not among them.
var publicSettings = []string{
	"-asan", "-buildmode", "-compiler", "-cover", "-msan", "-race", "-tags", "-trimpath",
	"CGO_ENABLED", "DefaultGODEBUG", "vcs",
}

// settings returns the allow-listed build settings, experiments of the toolchain
// included.
func (p *program) settings() []sbom.Property {
	var public []sbom.Property
	for _, s := range p.info.Settings {
		if strings.HasPrefix(s.Key, "GO") && s.Key != "GOROOT" || slices.Contains(publicSettings, s.Key) {
			public = append(public, sbom.Property{Name: clean(s.Key), Value: clean(s.Value)})
		}
	}
	if x := p.toolchain().experiments; x != "" && p.setting("GOEXPERIMENT") == "" {
		public = append(public, sbom.Property{Name: "GOEXPERIMENT", Value: clean(x)})
	}
	return public
}

// tokens makes tokens of the names of shared libraries.
func tokens(format exe.Format, libraries []string) []string {
	kind := map[exe.Format]string{exe.PE: "dll:", exe.MachO: "dylib:"}[format]
	var all []string
	for _, l := range libraries {
		all = append(all, cmp.Or(kind, "so:")+clean(l))
	}
	return all
}
