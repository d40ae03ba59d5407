package jar

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Supply gives the archives that their file name did not identify a name and a
// version, and says where two pom.properties fit one file name.
func (Cataloger) Supply(_ context.Context, all []*sbom.Component) ([]*sbom.Component, error) {
	inside := map[string][]*sbom.Component{} // libraries by the root of their archive
	for _, c := range all {
		if _, ok := c.Private.(gav); ok && c.Is == "" {
			for _, root := range pomRoots(c) {
				inside[root] = append(inside[root], c)
			}
		}
	}
	var parts []*sbom.Component
	for _, c := range all {
		if c.Is == "" || c.Key != keyOf(c.Is) {
			continue
		}
		if c.Name == "" {
			parts = append(parts, identify(c, inside[c.Is]))
		} else if len(pomRoots(c)) > 1 {
			parts = append(parts, &sbom.Component{Joints: sbom.Joints{Key: c.Key, Findings: []sbom.Finding{{
				Kind: sbom.Gap, Code: "jar.pom", Cataloger: "jar",
				Detail: "more than one pom.properties fits the name of the archive; the others are not listed"}}}})
		}
	}
	return parts, nil
}

// pomRoots returns the root of the archive of each pom.properties that c was found
// in. The rest of what c says is from manifests.
func pomRoots(c *sbom.Component) []string {
	var roots []string
	for _, l := range c.Locations {
		if e := (sbom.Entry{Path: l.Path}); isPOM(e.Inside()) {
			roots = append(roots, e.Root())
		}
	}
	return roots
}

// identify returns a part that names the archive: after one of the libraries in it
// if that is the archive itself, else after its manifest. An archive that nothing
// names is called after its file, which Assemble does for the artifact.
func identify(archive *sbom.Component, libraries []*sbom.Component) *sbom.Component {
	said, _ := archive.Private.(identity)
	if l := itself(said, libraries); l != nil {
		return &sbom.Component{Name: l.Name, Version: l.Version, PURL: l.PURL, Joints: sbom.Joints{Key: archive.Key}}
	}
	name := said.name
	if archive.Is != "." {
		name = cmp.Or(name, stem(archive.Is))
	}
	return &sbom.Component{Name: name, Version: said.version, Joints: sbom.Joints{Key: archive.Key}}
}

// itself returns the library that is the archive, or nil if that cannot be told.
func itself(said identity, libraries []*sbom.Component) *sbom.Component {
	libraries = slices.Clone(libraries)
	if len(libraries) == 1 {
		if l := libraries[0]; said.version == "" || sameVersion(said.version, l.Version) {
			return l
		}
		return nil
	}
	libraries = slices.DeleteFunc(libraries, func(l *sbom.Component) bool {
		return !sameVersion(said.version, l.Version) || !said.calls(l.Private.(gav))
	})
	if len(libraries) != 1 {
		return nil
	}
	return libraries[0]
}

// sameVersion reports whether a manifest has the version of Maven v. OSGi puts a
// dot before a qualifier, where Maven has a dash.
func sameVersion(said, v string) bool {
	return said != "" && strings.ReplaceAll(said, "-", ".") == strings.ReplaceAll(v, "-", ".")
}

// calls reports whether the name is that of g: the artifact, or with its group.
func (said identity) calls(g gav) bool {
	return said.name == g.artifact || said.name == g.group+"."+g.artifact || said.name == g.group+":"+g.artifact
}
