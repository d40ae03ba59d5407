package python

import (
	"errors"
	"path"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/sbom"
)

// readConda reads what conda says of a package in an environment, which is
// the folder that conda-meta is in.
func readConda(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	if err != nil {
		return nil, fault("python.metadata", err)
	}
	m, err := dist.ParseConda(data)
	if !isWord(m.Name) || !isWord(m.Version) {
		return nil, fault("python.metadata", err)
	}
	c := &sbom.Component{Type: sbom.TypeLibrary, Name: m.Name, Version: m.Version, PURL: condaPURL(m)}
	c.Key = "conda:" + p.root() + m.Name + "@" + m.Version + ":" + m.Build
	c.OS, c.Architecture = condaTarget(m.Subdir)
	if c.Declared = validExpression(m.License); c.Declared == "" {
		c.Declared, c.LicenseTexts = licenceRef(m.License)
	}
	if m.URL != "" {
		digests := append(digest("md5", m.MD5), digest("sha256", m.SHA256)...)
		c.Links = []sbom.Link{{Type: "distribution", URL: m.URL, Digests: digests}}
	}
	if m.Requested != "" {
		addProperty(c, propRequested, "true")
	}
	c.Dependencies = sbom.Undetermined
	for _, d := range m.Depends {
		name, _, _ := strings.Cut(strings.TrimSpace(d), " ")
		if !strings.HasPrefix(name, "__") { // such as __glibc: what the machine must have
			c.DependsOn = append(c.DependsOn, tokenConda+name)
		}
	}
	list := fileList{place: p, folder: p.folder}
	for _, file := range m.Files {
		list.add(file)
	}
	return []*sbom.Component{c}, fault("python.metadata", errors.Join(err, list.give(c)))
}

// condaPURL returns the package URL:
// https://github.com/package-url/purl-spec/blob/main/types-doc/conda-definition.md
func condaPURL(m dist.Conda) string {
	var q packageurl.Qualifiers
	for _, pair := range [][2]string{{"build", m.Build}, {"channel", path.Base(m.Channel)}, {"subdir", m.Subdir}} {
		if pair[1] != "" && pair[1] != "." {
			q = append(q, packageurl.Qualifier{Key: pair[0], Value: pair[1]})
		}
	}
	return packageurl.NewPackageURL("conda", "", m.Name, m.Version, q, "").ToString()
}

// condaTarget returns system and machine of a platform such as linux-64.
func condaTarget(subdir string) (os, machine string) {
	if subdir == "noarch" {
		return "", "any"
	}
	system, machine, _ := strings.Cut(subdir, "-")
	names := map[string]string{"linux": "linux", "osx": "darwin", "win": "windows", "emscripten": "emscripten"}
	words := map[string]string{"64": "x86_64", "32": "x86"}
	if word, ok := words[machine]; ok {
		machine = word
	}
	return names[system], machine
}
