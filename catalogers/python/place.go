package python

import (
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
	"github.com/manifestgen/manifestgen/sbom"
)

// A place is where a file stands among the files of a distribution.
type place struct {
	entry sbom.Entry
	read  reader // nil if the file is not ours

	// unit is the folder of the distribution's metadata, or the file if it is
	// only one. Like all paths here it is within the innermost container.
	unit string

	// folder is where the distribution is installed: site-packages.
	folder string

	// name and version are what the name of the unit states.
	name, version string

	// project is the folder of a source distribution that the unit is in, as
	// it is in its archive; empty elsewhere.
	project string

	artifact string // the name of the artifact; empty if that does not matter
	decodes  bool   // whether SBOM documents are read
	verifies bool   // whether the digests of all files are known
}

// reader reads one kind of file.
type reader func(place, *sbom.File) ([]*sbom.Component, error)

// readerOf returns how a file of a .dist-info or .egg-info folder is read, or
// nil.
func readerOf(unit, base string) reader {
	switch path.Ext(unit) {
	case ".dist-info":
		switch base {
		case "METADATA":
			return readMetadata
		case "RECORD":
			return readRecord
		case "WHEEL":
			return readWheel
		case "direct_url.json":
			return readOrigin
		case "INSTALLER":
			return readInstaller
		case "REQUESTED":
			return readRequested
		}
	case ".egg-info":
		switch base {
		case "PKG-INFO", "METADATA":
			return readMetadata
		case "requires.txt":
			return readRequires
		case "installed-files.txt":
			return readInstalledFiles
		case "direct_url.json":
			return readOrigin
		}
	}
	return nil
}

// isCandidate reports whether a file of this name may be ours in some folder.
// It spares nearly all files of a tree a closer look.
func isCandidate(base string) bool {
	switch path.Ext(base) {
	case ".egg-info", ".egg-link", ".pth", ".lock", ".toml", ".txt", ".json", ".cfg":
		return true
	case "":
		switch base {
		case "METADATA", "PKG-INFO", "RECORD", "WHEEL", "INSTALLER", "REQUESTED":
			return true
		}
	}
	return false
}

// infoPlace returns the place of a .dist-info folder and the path of e within it,
// and false if e is in none.
func infoPlace(e sbom.Entry) (p place, rest string, ok bool) {
	const suffix = ".dist-info"
	if !strings.Contains(e.Path, suffix+"/") { // as of nearly all, for which this is fast
		return place{}, "", false
	}
	unit, rest, ok := strings.Cut(e.Inside(), suffix+"/")
	if !ok {
		return place{}, "", false
	}
	p = place{entry: e, unit: unit + suffix, folder: path.Dir(unit)}
	p.name, p.version = dist.SplitFolder(path.Base(p.unit))
	return p, rest, true
}

// placeOf finds out what e is, by its path alone.
func placeOf(e sbom.Entry) place {
	if p, rest, ok := infoPlace(e); ok && isLicence(rest) {
		p.read = readLicence
		return p
	}
	if !isCandidate(e.Path[strings.LastIndexByte(e.Path, '/')+1:]) {
		return place{}
	}
	inside := e.Inside()
	base, parent := path.Base(inside), path.Dir(inside)
	p := place{entry: e, unit: parent, folder: path.Dir(parent)}
	switch name := path.Base(parent); {
	case name == "EGG-INFO":
		p.read = readerOf(".egg-info", base)
		p.folder = path.Dir(p.folder)
		if egg := path.Dir(parent); egg != "." {
			p.name, p.version = dist.SplitFolder(path.Base(egg))
		}
	case name == "conda-meta" && path.Ext(base) == ".json":
		p.read = readConda
	case p.isUnit(name, base):
		p.name, p.version = dist.SplitFolder(name)
	case base == "pyvenv.cfg":
		p.read, p.unit, p.folder = readVenv, inside, parent
	case path.Ext(base) == ".egg-info":
		p.read, p.unit, p.folder = readMetadata, inside, parent
		p.name, p.version = dist.SplitFolder(base)
	case path.Ext(base) == ".egg-link" || path.Ext(base) == ".pth" && strings.HasPrefix(base, editablePrefix):
		p.read, p.unit, p.folder = readEditable, inside, parent
	default:
		p.placeSource(base)
	}
	p.findProject()
	return p
}

// editablePrefix begins the name of the .pth file of an editable install.
const editablePrefix = "__editable__."

// isUnit reports whether a file is one of a folder of metadata, and if so sets
// how it is read.
func (p *place) isUnit(name, base string) bool {
	p.read = readerOf(name, base)
	return p.read != nil
}

// placeSource places the files of a project that is not installed.
func (p *place) placeSource(base string) {
	p.folder = p.unit
	switch {
	case base == "PKG-INFO" && p.entry.Container != "" && !strings.Contains(p.unit, "/") && p.unit != ".":
		p.read = readMetadata
		p.name, p.version = dist.SplitStem(p.unit)
	case isLeftOver(p.unit):
	case base == "pyproject.toml":
		p.read = readProject
	case isLock(base, path.Base(p.unit)):
		p.read = readLock
	}
}

// isLeftOver reports whether folder is inside one where distributions are
// installed.
func isLeftOver(folder string) bool {
	for part := range strings.SplitSeq(folder, "/") {
		if part == "site-packages" || part == "dist-packages" {
			return true
		}
	}
	return false
}

// isLock reports whether a file of that name in a folder of that name is a
// lock file or requirements file.
func isLock(base, folder string) bool {
	switch base {
	case "poetry.lock", "pdm.lock", "uv.lock", "Pipfile.lock", "pylock.toml":
		return true
	}
	stem, text := strings.CutSuffix(base, ".txt")
	if text {
		return folder == "requirements" || strings.HasPrefix(stem, "requirements") || strings.HasSuffix(stem, "requirements")
	}
	return strings.HasPrefix(base, "pylock.") && path.Ext(base) == ".toml"
}

// findProject finds the source distribution that p is in, if its unit is of
// the same name: NAME-1.0/NAME.egg-info or NAME-1.0/src/NAME.egg-info.
func (p *place) findProject() {
	first, _, deeper := strings.Cut(p.entry.Inside(), "/")
	built := path.Ext(p.unit) == ".dist-info" || path.Base(p.unit) == "EGG-INFO"
	if p.read == nil || p.entry.Container == "" || !deeper || built {
		return
	}
	name, ver := dist.SplitStem(first)
	if _, err := version.Parse(ver); err != nil || p.name != "" && require.Normalize(p.name) != require.Normalize(name) {
		return
	}
	p.project = first
	p.name, p.version = name, ver
}

// root returns the path of the container that the place is in, as a prefix
// of paths.
func (p place) root() string {
	if root := p.entry.Root(); root != "." {
		return root + "!/"
	}
	return ""
}

// key returns the key of the distribution, which all files of its unit share.
func (p place) key() string {
	switch {
	case p.project != "":
		return "pypi-project:" + p.root() + p.project
	case p.name != "" && p.version != "" && path.Base(p.unit) != "EGG-INFO":
		return keyOf(p.root(), p.name, p.version)
	}
	return "pypi-folder:" + p.root() + p.unit
}

// keyOf returns the key of a distribution within a container.
func keyOf(root, name, ver string) string {
	return "pypi:" + root + require.Normalize(name) + "@" + normalVersion(ver)
}

// normalVersion returns the normal form of a version, or, if it is none, what
// is written.
func normalVersion(s string) string {
	v, err := version.Parse(s)
	if err != nil {
		return s
	}
	return v.String()
}

// self returns the container that the distribution is, as far as the path
// tells: the metadata is at the top of a .whl or of an egg, or one folder
// below the top of a source distribution. See also [readRecord].
func (p place) self() string {
	container := p.entry.Root()
	if container == "." && p.entry.Container == "zip" {
		container = p.artifact
	}
	wheel := p.folder == "." && path.Ext(p.unit) == ".dist-info" && path.Ext(container) == ".whl"
	egg := p.entry.Container == "zip" && p.unit == "EGG-INFO"
	sdist := p.project != "" && p.unit == p.project
	if wheel || egg || sdist {
		return p.entry.Root()
	}
	return ""
}
