// Package dpkg catalogs the packages of Debian and its kin, installed ones and
// deb files.
//
// It reads the status file of dpkg or, in images without dpkg, the files of the
// folder status.d, both in the format of deb-control(5); the lists of files that
// dpkg keeps in its info folder; and usr/share/doc/*/copyright, whose
// machine-readable format is
// https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/. Of a deb
// file it reads the control file and the changelog.
//
// A package is here if the third word of its Status says that its files are:
// one of which only the configuration is left is not.
//
// Redundancy is checked, so that damage is not mistaken for a shorter list:
// whatever has files has a stanza, and the other way round.
//
// It does not read the list of available packages, the diversions, or
// configuration of apt: they say nothing of what is installed.
//
// Codes of its findings:
//
//	dpkg.duplicate  a package is described twice
//	dpkg.empty      a status file without a package
//	dpkg.files      a package without a list of files, where others have one
//	dpkg.orphan     files of a package that the status file does not have
//	dpkg.record     a stanza that cannot be read, or not all of it
//	dpkg.relations  too many relations to resolve
//	dpkg.unmet      a dependency that nothing here meets
//
// Properties of its components:
//
//	manifestgen:deb:state               third word of Status
//	manifestgen:deb:source              source package
//	manifestgen:deb:source-version      its version
//	manifestgen:deb:pre-depends         of a deb file, as it has it
//	manifestgen:deb:depends             likewise
//	manifestgen:deb:built-using         a source package that is part of this one
//	manifestgen:deb:static-built-using  likewise
package dpkg

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/package-url/packageurl-go"
)

// Cataloger reads what dpkg records of packages. The zero Cataloger is ready to
// use.
type Cataloger struct{}

// Name returns "dpkg".
func (Cataloger) Name() string { return "dpkg" }

// Paths within a root file system, and of control data within a deb.
const (
	statusFile   = "var/lib/dpkg/status"
	statusFolder = "var/lib/dpkg/status.d"
	infoFolder   = "var/lib/dpkg/info"
	docFolder    = "usr/share/doc"
	controlFile  = "!control/control"
)

// Wants reports whether e is the status file, a list of files or a copyright
// file of the root file system that e is in, or the control file of a deb.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	if reader(e) == nil {
		return sbom.No
	}
	return sbom.Yes
}

// Catalog returns the packages of a status file or a control file, or the part
// of a package that another file has.
func (Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	read := reader(f.Entry)
	if read == nil {
		return nil, nil
	}
	return read(f)
}

// reader returns the function that reads the file e, or nil if e is none of
// ours.
func reader(e sbom.Entry) func(*sbom.File) ([]*sbom.Component, error) {
	inside := e.Inside()
	folder, base := path.Split(inside)
	switch {
	case inside == statusFile:
		return readStatus
	case folder == statusFolder+"/":
		return statusFolderReader(base)
	case folder == infoFolder+"/" && strings.HasSuffix(base, ".list"):
		return readList
	case folder == infoFolder+"/" && strings.HasSuffix(base, ".md5sums"):
		return readSums
	case base == "copyright" && path.Dir(path.Clean(folder)) == docFolder:
		return readCopyright
	case e.Container == "deb" && inside == controlFile:
		return readControl
	case e.Container == "deb" && path.Dir(path.Clean(folder)) == docFolder && isChangelog(base):
		return readChangelog
	}
	return nil
}

// statusFolderReader returns how to read a file of status.d, by its name. What is
// neither a control file nor a list of sums is a script of the package.
func statusFolderReader(base string) func(*sbom.File) ([]*sbom.Component, error) {
	switch path.Ext(base) {
	case ".md5sums":
		return readStatusSums
	case ".preinst", ".postinst", ".prerm", ".postrm", ".config", ".conffiles", ".triggers", ".shlibs", ".symbols", ".templates", ".list":
		return nil
	}
	return readStatusEntry
}

// readStatus reads the status file.
func readStatus(f *sbom.File) ([]*sbom.Component, error) {
	all, err := readStanzas(f)
	if len(all) == 0 && err == nil {
		err = sbom.Faultf("dpkg.empty", "there is no package in the file")
	}
	return installed(all, f), err
}

// readStatusEntry reads a file of status.d, the control file of one package. There
// is one of each name, so the name is all that the other files need.
func readStatusEntry(f *sbom.File) ([]*sbom.Component, error) {
	components, err := readStatus(f)
	for _, c := range components {
		c.Key = key(f.Entry, c.Name)
	}
	return components, err
}

// readStanzas reads all packages of f. Each fault is an error of its own.
func readStanzas(f *sbom.File) ([]*pkg, error) {
	var all []*pkg
	var errs []error
	fault := func(err error) {
		if err != nil && len(errs) < maxFaults {
			errs = append(errs, asFault(err))
		}
	}
	seen := map[string]bool{}
	for s, err := range stanzas(f) {
		fault(err)
		if len(s.fields) == 0 {
			continue
		}
		p, err := parsePackage(s)
		fault(err)
		switch {
		case p == nil:
		case seen[p.infoName()]:
			errs = append(errs, sbom.Faultf("dpkg.duplicate", "line %d: package %s occurs again", s.line, p.infoName()))
		default:
			seen[p.infoName()] = true
			all = append(all, p)
		}
	}
	return all, errors.Join(errs...)
}

// asFault gives err the code of a fault of the file, if it is one: an error of
// reading has its own.
func asFault(err error) error {
	var fault *sbom.Fault
	var pathErr *fs.PathError
	if err == nil || errors.As(err, &fault) || errors.As(err, &pathErr) {
		return err
	}
	return &sbom.Fault{Code: "dpkg.record", Err: err}
}

// maxFaults bounds how many faults of one file are told.
const maxFaults = 1000

// installed makes components of the packages that are here.
func installed(all []*pkg, f *sbom.File) []*sbom.Component {
	var components []*sbom.Component
	for _, p := range all {
		if p.here() {
			c := p.component(f.Entry)
			c.Dependencies, c.Private = sbom.Complete, p
			components = append(components, c)
		}
	}
	if len(components) > 0 {
		components[0].Provides = []string{"packages:deb"} // which os-release may expect
	}
	return components
}

// readControl reads the control file of a deb: the component is the deb itself.
func readControl(f *sbom.File) ([]*sbom.Component, error) {
	all, err := readStanzas(f)
	if len(all) != 1 {
		return nil, errors.Join(err, sbom.Faultf("dpkg.record", "%d packages in a control file", len(all)))
	}
	p := all[0]
	c := p.component(f.Entry)
	c.Is = f.Root()
	for _, l := range []struct {
		name   string
		groups [][]relation
	}{{"pre-depends", p.preDepends}, {"depends", p.depends}} {
		if len(l.groups) > 0 {
			c.Properties = append(c.Properties, sbom.Property{Name: "manifestgen:deb:" + l.name, Value: formatRelations(l.groups)})
		}
	}
	return []*sbom.Component{c}, err
}

// readList reads which files a package owns. Every list of dpkg's has a line, if
// only for the root folder: without one it is as good as no list.
func readList(f *sbom.File) ([]*sbom.Component, error) {
	if f.Size == 0 {
		return nil, nil
	}
	infoName := infoNameOf(path.Base(f.Path))
	if infoName == "" {
		return nil, sbom.Faultf("dpkg.record", "the name is not that of a package")
	}
	paths, err := parseList(f)
	return filesPart(f, infoName, paths), asFault(err)
}

// readStatusSums reads the sums of a package in status.d, which has no other list
// of files. The folder has the control file of the package under the same name.
func readStatusSums(f *sbom.File) ([]*sbom.Component, error) {
	name := statusDirName(strings.TrimSuffix(path.Base(f.Path), ".md5sums"))
	paths, err := parseSums(f)
	return filesPart(f, name, paths), asFault(err)
}

// filesPart returns the files of a package as a part of it.
func filesPart(f *sbom.File, infoName string, paths []string) []*sbom.Component {
	if prefix := prefix(f.Entry); prefix != "" {
		for i := range paths {
			paths[i] = prefix + paths[i]
		}
	}
	return []*sbom.Component{{Joints: sbom.Joints{Key: key(f.Entry, infoName), Part: true, Owns: paths}}}
}

// readSums reads the sums of a package's files. They are kept as long as the
// package is here: so this is a package of which the status file tells more. If
// it does not, Resolve says so.
func readSums(f *sbom.File) ([]*sbom.Component, error) {
	infoName := infoNameOf(path.Base(f.Path))
	if infoName == "" {
		return nil, sbom.Faultf("dpkg.record", "the name is not that of a package")
	}
	err := lines(f, func(line []byte) error {
		_, err := parseSum(line)
		return err
	})
	name, _, _ := strings.Cut(infoName, ":")
	return []*sbom.Component{{Type: sbom.TypeLibrary, Name: name, Joints: sbom.Joints{Key: key(f.Entry, infoName)}}}, asFault(err)
}

// readCopyright reads a licence, as a part of those packages that name the file.
func readCopyright(f *sbom.File) ([]*sbom.Component, error) {
	b, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	l, err := parseCopyright(string(b))
	if err != nil || l.expression == "" {
		return nil, asFault(err)
	}
	part := &sbom.Component{Declared: l.expression, Joints: sbom.Joints{Part: true}}
	for _, t := range l.texts {
		part.LicenseTexts = append(part.LicenseTexts, sbom.LicenseText{ID: t.id, Name: t.name, Text: t.text})
	}
	return []*sbom.Component{part}, nil
}

// readChangelog reads the date of a deb's newest changelog entry.
func readChangelog(f *sbom.File) ([]*sbom.Component, error) {
	built, err := parseChangelog(f)
	if err != nil || built.IsZero() {
		return nil, asFault(err)
	}
	return []*sbom.Component{{Built: built, Joints: sbom.Joints{Part: true}}}, nil
}

// key returns the key of a package in the root file system that e is in.
func key(e sbom.Entry, infoName string) string {
	return "deb:" + prefix(e) + infoName
}

// prefix returns what comes before the paths of the root file system that e is
// in.
func prefix(e sbom.Entry) string { return strings.TrimSuffix(e.Path, e.Inside()) }

// component makes the component that p describes.
func (p *pkg) component(e sbom.Entry) *sbom.Component {
	c := &sbom.Component{
		Type:         sbom.TypeLibrary,
		Name:         p.name,
		Version:      p.version,
		Description:  p.summary,
		PURL:         p.purl(),
		Architecture: p.arch,
		Maker:        p.maker(),
		Properties:   p.properties(),
		Joints:       sbom.Joints{Key: key(e, p.infoName()), PartsAt: p.documents(e)},
	}
	for _, l := range []struct{ kind, url string }{{"website", p.homepage}, {"issue-tracker", p.bugs}} {
		if u := cleanURL(l.url); u != "" {
			c.Links = append(c.Links, sbom.Link{Type: l.kind, URL: u})
		}
	}
	return c
}

// documents returns where the files are that say more of p. In a deb that has no
// other upstream than Debian, the changelog has the second name.
func (p *pkg) documents(e sbom.Entry) []string {
	folder := prefix(e) + docFolder + "/" + p.name + "/"
	if e.Container != "deb" {
		return []string{folder + "copyright"}
	}
	return []string{folder + "copyright", folder + "changelog.Debian.gz", folder + "changelog.gz"}
}

// purl returns the package URL, less what depends on the distribution:
// https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md
func (p *pkg) purl() string {
	qualifiers := packageurl.Qualifiers{{Key: "arch", Value: p.arch}}
	return packageurl.NewPackageURL("deb", "", strings.ToLower(p.name), p.version, qualifiers, "").ToString()
}

func (p *pkg) maker() sbom.Party {
	name, email := parseMaintainer(p.maintainer)
	party := sbom.Party{Name: name, Person: !isTeam(name, email)}
	if name == "" {
		return sbom.Party{}
	}
	if email != "" {
		party.Contacts = []sbom.Contact{{Email: email}}
	}
	return party
}

// isTeam guesses from the words of a name, or a mailing list, that a maintainer
// is not a person.
func isTeam(name, email string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) })
	_, domain, _ := strings.Cut(email, "@")
	return strings.Contains(domain, "lists.") || slices.ContainsFunc(words, func(w string) bool { return teamWords[w] })
}

var teamWords = map[string]bool{
	"team": true, "teams": true, "maintainer": true, "maintainers": true, "developer": true, "developers": true,
	"group": true, "packagers": true, "packaging": true, "project": true, "debian": true, "ubuntu": true,
	"inc": true, "ltd": true, "llc": true, "gmbh": true, "corporation": true,
}

func (p *pkg) properties() []sbom.Property {
	var list []sbom.Property
	add := func(name, value string) {
		if value != "" {
			list = append(list, sbom.Property{Name: "manifestgen:deb:" + name, Value: value})
		}
	}
	add("state", p.state)
	add("source", p.source)
	add("source-version", p.sourceVersion)
	for _, r := range p.builtUsing {
		add("built-using", r.String())
	}
	for _, r := range p.staticBuiltUsing {
		add("static-built-using", r.String())
	}
	return list
}

// cleanURL returns an absolute URL without user and password, or "".
func cleanURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" {
		return ""
	}
	u.User = nil
	return u.String()
}
