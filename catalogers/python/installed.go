package python

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
	"github.com/manifestgen/manifestgen/sbom"
)

// The loose ends that Resolve ties up are tokens among the joints of a
// component, which no manifest shows:
//
//	DependsOn "pep508:REQUIREMENT"
//	DependsOn "conda-name:NAME"
//	Provides  "file:PATH=DIGEST"   a file that was read
//	Provides  "venv:FOLDER=TEXT"   a virtual environment, with its pyvenv.cfg
const (
	tokenRequirement = "pep508:"
	tokenConda       = "conda-name:"
	tokenFile        = "file:"
	tokenVenv        = "venv:"
)

// part returns a component for facts about the distribution of p.
func (p place) part() *sbom.Component {
	return &sbom.Component{Joints: sbom.Joints{Key: p.key(), Part: true}}
}

// withFallback returns a part and, for the case that there is no METADATA, a
// component with the name and version that the name of the folder states.
func (p place) withFallback(part *sbom.Component) []*sbom.Component {
	if p.name == "" || p.version == "" || p.project != "" {
		return []*sbom.Component{part}
	}
	c := newComponent(p.name, p.version)
	c.Key, c.Is, c.Fallback, c.PartsAt = p.key(), p.self(), true, p.venvPaths()
	addProperty(c, propConfidence, "low")
	c.Findings = []sbom.Finding{{Kind: sbom.Gap, Code: "python.metadata",
		Detail: "no METADATA was read; name and version are those in the name of the folder"}}
	return []*sbom.Component{part, c}
}

// source says what the metadata is for a principal.
func (p place) source() sbom.Source {
	if p.entry.Container != "" {
		return sbom.FromContainer
	}
	return sbom.FromFolder
}

// readMetadata reads METADATA or PKG-INFO. What it cannot say, the name of
// its folder says instead.
func readMetadata(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, readErr := f.Bytes()
	m, err := dist.ParseMetadata(bytes.NewReader(data))
	err = errors.Join(readErr, err)
	name, ver := strings.TrimSpace(m.Name), strings.TrimSpace(m.Version)
	confidence := ""
	if !require.ValidName(name) {
		err = errors.Join(err, fmt.Errorf("%.80q is no name of a project", name))
		name, confidence = p.name, "low"
	}
	if !isWord(ver) {
		err = errors.Join(err, fmt.Errorf("%.80q is no version", ver))
		ver, confidence = p.version, "low"
	}
	if name == "" {
		return nil, fault("python.metadata", err)
	}
	c := newComponent(name, ver)
	c.Key, c.Is, c.PartsAt = p.key(), p.self(), p.venvPaths()
	describe(c, m, p.source(), f.Path)
	if c.Declared == "" || len(c.LicenseTexts) > 0 { // what SPDX has no name for
		c.PartsAt = append(c.PartsAt, p.licencePaths(m.LicenseFiles)...)
	}
	for _, r := range m.Requires {
		c.DependsOn = append(c.DependsOn, tokenRequirement+oneLine(r))
	}
	c.Findings = append(c.Findings, p.disagreement(name, ver)...)
	c.Dependencies = sbom.Undetermined
	if len(m.Requires) == 0 && path.Ext(p.unit) == ".dist-info" { // others have requires.txt
		c.Dependencies = sbom.Complete
	}
	if err != nil {
		c.Dependencies = sbom.Incomplete
	}
	addProperty(c, propConfidence, confidence)
	p.addToken(c, data, readErr)
	return []*sbom.Component{c}, fault("python.metadata", err)
}

// isWord reports whether s may stand as a version or the like: old projects
// have versions in forms of their own.
func isWord(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// oneLine joins the lines of a folded value.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// disagreement notes that what metadata says differs from the name of the
// folder.
func (p place) disagreement(name, ver string) []sbom.Finding {
	sameName := p.name == "" || require.Normalize(p.name) == require.Normalize(name)
	if sameName && (p.version == "" || sameVersion(p.version, ver)) {
		return nil
	}
	return []sbom.Finding{{Kind: sbom.Note, Code: "python.name",
		Detail: fmt.Sprintf("metadata says %q %q, the name of its folder %q %q", name, ver, p.name, p.version)}}
}

// sameVersion reports whether two texts are spellings of one version.
func sameVersion(a, b string) bool {
	v, err := version.Parse(a)
	w, err2 := version.Parse(b)
	if err != nil || err2 != nil {
		return a == b
	}
	return v.Compare(w) == 0
}

// addToken says which bytes the file of p has, if all could be read.
func (p place) addToken(c *sbom.Component, data []byte, err error) {
	if err == nil {
		sum := sha256.Sum256(data)
		c.Provides = append(c.Provides, tokenFile+p.entry.Path+"="+hex.EncodeToString(sum[:]))
	}
}

// A fileList collects the files of a distribution, as paths in the tree.
type fileList struct {
	place
	folder  string // that paths are relative to
	depth   int    // of that folder in an installation
	files   []string
	listed  []sbom.ListedFile
	outside offenders // paths that lead outside of the tree
	above   offenders // of the installation, above the folder that is scanned
}

// installDepth is how deep site-packages is in an installation:
// lib/python3.11/site-packages.
const installDepth = 3

// add adds a file of which nothing is known but its path.
func (l *fileList) add(p string) { l.addRow(dist.Row{Path: p, Size: -1}) }

// addRow adds a file and returns its path within the container, or "" if that leads
// outside. A folder that is scanned may be a part of an installation, of which the
// rest is above it: what may be there is no worse than not looked at.
func (l *fileList) addRow(r dist.Row) string {
	inside, ok := dist.Inside(l.folder, r.Path)
	if !ok {
		up := dist.Climbs(r.Path)
		switch above := l.entry.Container == "" && up > 0 && up <= l.depth; {
		case !above:
			l.outside.add(r.Path, "")
		case !isByproduct(r.Path):
			l.above.add(r.Path, "")
		}
		return ""
	}
	file := l.root() + sbom.EntryPath(inside)
	l.files = append(l.files, file)
	if isByproduct(file) {
		return inside
	}
	listed := sbom.ListedFile{Path: file, Size: r.Size}
	isRead := l.verifies || path.Dir(inside) == l.unit && readerOf(l.unit, path.Base(inside)) != nil
	if isRead && r.Algorithm == "sha256" {
		listed.Digest = r.Digest
	}
	l.listed = append(l.listed, listed)
	return inside
}

// give gives the files to c, with what is to be said of the others.
func (l *fileList) give(c *sbom.Component) error {
	c.Owns, c.Listed = l.files, l.listed
	if l.verifies {
		c.PartsAt = l.files // see digestPart
	}
	if l.above.count > 0 {
		c.Findings = append(c.Findings, sbom.Finding{Kind: sbom.Unknown, Code: "python.record.outside",
			Detail: fmt.Sprintf("%d listed files are above the folder that was scanned: %s", l.above.count, l.above.names())})
	}
	if l.outside.count > 0 {
		return sbom.Faultf("python.record.outside", "%d listed paths lead outside: %s", l.outside.count, l.outside.names())
	}
	return nil
}

// readRecord reads the list of the files of a distribution.
//
// It also tells whether a zip archive is a wheel: an archive of installed
// distributions looks the same, but what an installer has installed has
// itself in its list as INSTALLER.
func readRecord(p place, f *sbom.File) ([]*sbom.Component, error) {
	c := p.part()
	list := fileList{place: p, folder: p.folder, depth: installDepth}
	installed, documents := false, false
	err := dist.ParseRecord(f, func(r dist.Row) {
		inside := list.addRow(r)
		installed = installed || inside == p.unit+"/INSTALLER"
		documents = documents || strings.HasPrefix(inside, p.unit+"/sboms/")
	})
	err = errors.Join(err, list.give(c))
	if documents && !p.decodes {
		c.Findings = append(c.Findings, sbom.Finding{Kind: sbom.Gap, Code: "python.sboms",
			Detail: "it brings SBOM documents of what is bundled in it; they were not read"})
	}
	if p.entry.Container == "zip" && p.entry.Root() == "." && p.folder == "." && !installed {
		c.Is = "."
	}
	return p.withFallback(c), fault("python.record", err)
}

// readInstalledFiles reads the list of files in an .egg-info folder: one path
// in each line, relative to that folder.
func readInstalledFiles(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	c := p.part()
	list := fileList{place: p, folder: p.unit, depth: installDepth + 1}
	for line := range strings.Lines(string(data)) {
		list.add(strings.TrimSpace(line))
	}
	return p.withFallback(c), fault("python.record", errors.Join(err, list.give(c)))
}

// readWheel reads for which platform a distribution was built.
func readWheel(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	w, parseErr := dist.ParseWheel(bytes.NewReader(data))
	c := p.part()
	c.OS, c.Architecture = dist.Target(w.Tags)
	for _, tag := range w.Tags {
		addProperty(c, propTag, tag.String())
	}
	addProperty(c, propGenerator, w.Generator)
	p.addToken(c, data, err)
	return p.withFallback(c), fault("python.metadata", errors.Join(err, parseErr))
}

// readOrigin reads from where a distribution was installed.
func readOrigin(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	if err != nil {
		return nil, fault("python.origin", err)
	}
	o, err := dist.ParseOrigin(data)
	c := p.part()
	addOrigin(c, o)
	p.addToken(c, data, nil)
	return p.withFallback(c), fault("python.origin", err)
}

// readInstaller reads the name of the tool that installed a distribution.
func readInstaller(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	c := p.part()
	if tool := strings.TrimSpace(string(data)); isWord(tool) {
		addProperty(c, propInstaller, tool)
	}
	p.addToken(c, data, err)
	return p.withFallback(c), fault("python.metadata", err)
}

// readRequested reads the marker file of a distribution that was asked for by
// name, and not for another's sake.
func readRequested(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	c := p.part()
	addProperty(c, propRequested, "true")
	p.addToken(c, data, err)
	return p.withFallback(c), fault("python.metadata", err)
}

// readRequires reads the requirements of a distribution whose metadata is
// older than Requires-Dist.
func readRequires(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	c := p.part()
	for _, r := range dist.ParseRequiresTxt(data) {
		c.DependsOn = append(c.DependsOn, tokenRequirement+oneLine(r))
	}
	return p.withFallback(c), fault("python.metadata", err)
}

// readEditable reads an .egg-link file or the .pth file of an editable
// install. The former is all there is of its distribution here.
func readEditable(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	base := path.Base(p.unit)
	if stem, ok := strings.CutPrefix(strings.TrimSuffix(base, ".pth"), editablePrefix); ok {
		p.name, p.version = dist.SplitStem(stem)
		c := p.part()
		addProperty(c, propEditable, "true")
		for _, folder := range dist.ParsePTH(data) {
			addProperty(c, propFolder, folder)
		}
		return []*sbom.Component{c}, fault("python.metadata", err)
	}
	name := strings.TrimSuffix(base, ".egg-link")
	folder, parseErr := dist.ParseEggLink(data)
	if err = errors.Join(err, parseErr); !require.ValidName(name) {
		return nil, fault("python.metadata", errors.Join(err, fmt.Errorf("%.80q is no name of a project", name)))
	}
	c := newComponent(name, "")
	c.Key = p.key()
	addOrigin(c, dist.Origin{Folder: folder, Editable: true})
	return []*sbom.Component{c}, fault("python.metadata", err)
}
