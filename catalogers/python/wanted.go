package python

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/lock"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/sbom"
)

// readLock reads what a lock file or requirements.txt wants.
func readLock(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	if err != nil {
		return nil, fault("python.lock", err)
	}
	l, err := lock.Read(path.Base(f.Path), data)
	errs := []error{fault("python.lock", err)}
	for _, name := range l.Includes {
		errs = append(errs, p.checkInclude(name))
	}
	locked := p.lockedKeys(l)
	var found []*sbom.Component
	for _, w := range l.Packages {
		if !require.ValidName(w.Name) || w.Version != "" && !isWord(w.Version) {
			errs = append(errs, sbom.Faultf("python.lock", "%.80q %.80q is no name and version", w.Name, w.Version))
			continue
		}
		c := p.wanted(w)
		needs, all := locked.keys(w.Requires)
		c.DependsOn = needs
		if l.Whole && all {
			c.Dependencies = sbom.Complete
		}
		found = append(found, c)
	}
	return found, errors.Join(errs...)
}

// lockedKeys maps what packages need to the keys of locked packages: by normal
// name and version, and by name alone.
type lockedKeys map[lock.Need][]string

// lockedKeys returns the keys of all packages of a lock. One name may have several
// versions, for different markers.
func (p place) lockedKeys(l lock.Lock) lockedKeys {
	locked := lockedKeys{}
	for _, w := range l.Packages {
		name, key := require.Normalize(w.Name), p.wantedKey(w.Name, w.Version)
		for _, need := range []lock.Need{{Name: name}, {Name: name, Version: w.Version}} {
			if !slices.Contains(locked[need], key) && len(locked[need]) < maxTargets {
				locked[need] = append(locked[need], key)
			}
		}
	}
	return locked
}

// keys returns the keys of the packages that are needed, and whether all are
// locked.
func (locked lockedKeys) keys(needs []lock.Need) (keys []string, all bool) {
	all = true
	for _, need := range needs {
		need.Name = require.Normalize(need.Name)
		all = all && len(locked[need]) > 0
		keys = append(keys, locked[need]...)
	}
	return keys, all
}

// checkInclude returns an error if a requirements file reads another one that
// is outside of the artifact, or that this package does not take for one.
func (p place) checkInclude(name string) error {
	inside, ok := dist.Inside(p.folder, name)
	if !ok {
		return sbom.Faultf("python.include", "it reads %.200q, which is outside and was not read", name)
	}
	if !isLock(path.Base(inside), path.Base(path.Dir(inside))) {
		return sbom.Faultf("python.include", "it reads %.200q, which was not read as a requirements file", name)
	}
	return nil
}

// wantedKey is the key of a wanted project. One without version is the same
// wherever it is wanted.
func (p place) wantedKey(name, ver string) string {
	if ver == "" {
		return "pypi:" + p.root() + require.Normalize(name)
	}
	return keyOf(p.root(), name, ver)
}

// wanted returns the component for a wanted project.
func (p place) wanted(w lock.Package) *sbom.Component {
	c := newComponent(w.Name, w.Version)
	c.Key, c.Wanted = p.wantedKey(w.Name, w.Version), true
	if w.Self {
		c.Key, c.Wanted, c.Part = "pypi-project:"+p.root()+p.folder, false, true
		return c
	}
	addProperty(c, propSpec, w.Spec)
	addProperty(c, propMarker, w.Marker)
	for _, group := range w.Groups {
		addProperty(c, propGroup, group)
	}
	addProperty(c, propIndex, w.Index)
	addOrigin(c, w.Origin)
	for _, file := range w.Files {
		addFile(c, file)
	}
	c.Dependencies = sbom.Undetermined
	return c
}

// addFile adds one of the files that an installer may take: a link if its URL
// is known, else properties.
func addFile(c *sbom.Component, f lock.File) {
	link := sbom.Link{Type: "distribution", URL: f.URL}
	for _, h := range f.Hashes {
		link.Digests = append(link.Digests, digest(h.Algorithm, h.Value)...)
		if f.URL == "" {
			addProperty(c, propHash, strings.TrimSpace(f.Name+" "+h.Algorithm+":"+h.Value))
		}
	}
	if f.URL != "" {
		c.Links = append(c.Links, link)
	}
}

// readProject reads a pyproject.toml: the project that its folder is, and
// what that wants. Without a name in it there is no project, and what the
// build needs is left to those that use it.
func readProject(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	if err != nil {
		return nil, fault("python.lock", err)
	}
	project, err := lock.ReadProject(data)
	if err != nil || project.Name == "" {
		return nil, fault("python.lock", err)
	}
	if !require.ValidName(project.Name) || project.Version != "" && !isWord(project.Version) {
		return nil, sbom.Faultf("python.lock", "%.80q %.80q is no name and version", project.Name, project.Version)
	}
	c := newComponent(project.Name, project.Version)
	c.Key = "pypi-project:" + p.root() + p.folder
	c.Is = p.root() + p.folder
	if p.entry.Root() != "." && p.folder == "." {
		c.Is = p.entry.Root()
	}
	describe(c, project.Metadata, p.source(), f.Path)
	c.Dependencies = sbom.Undetermined
	found, err := p.wantedBy(c, project)
	return append([]*sbom.Component{c}, found...), fault("python.lock", err)
}

// wantedBy returns the projects that c wants, by group, and lets c depend on
// those of them that it needs to run.
func (p place) wantedBy(c *sbom.Component, project lock.Project) ([]*sbom.Component, error) {
	var found []*sbom.Component
	var errs []error
	want := func(group string, requirements []string) {
		for _, text := range requirements {
			w, err := lock.Wanted(text)
			errs = append(errs, err)
			if !require.ValidName(w.Name) {
				continue
			}
			if group != "" {
				w.Groups = []string{group}
			}
			found = append(found, p.wanted(w))
		}
	}
	want("", project.Requires)
	want("build-system", project.Build)
	for _, group := range slices.Sorted(maps.Keys(project.Groups)) {
		want(group, project.Groups[group])
	}
	for _, text := range project.Requires {
		c.DependsOn = append(c.DependsOn, tokenRequirement+oneLine(text))
	}
	return found, errors.Join(errs...)
}
