package lock

import (
	"maps"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/tree"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
)

// pipfile reads Pipfile.lock: one object per group, of projects by name.
//
//	{"_meta": {...},
//	 "default": {"a": {"version": "==1.0", "hashes": ["sha256:..."], "markers": "..."}},
//	 "develop": {"b": {"git": "https://host/b.git", "ref": "COMMIT"}}}
//
// https://pipenv.pypa.io/en/latest/pipfile.html
func pipfile(t tree.Table) Lock {
	var l Lock
	for _, group := range slices.Sorted(maps.Keys(t)) {
		if group == "_meta" {
			continue
		}
		projects := t.Table(group)
		for _, name := range slices.Sorted(maps.Keys(projects)) {
			l.Packages = append(l.Packages, pipfilePackage(name, group, projects.Table(name)))
		}
	}
	return l
}

// pipfilePackage reads one project of a group.
func pipfilePackage(name, group string, t tree.Table) Package {
	p := Package{Name: name, Marker: t.Text("markers"), Groups: []string{group}}
	p.Version, p.Spec = pin(t.Text("version"))
	for _, s := range t.Texts("hashes") {
		p.Files = append(p.Files, File{Hashes: newHash(s)})
	}
	switch file := dist.CleanURL(t.Text("file")); {
	case t.Text("git") != "":
		p.Origin = dist.Origin{URL: dist.CleanURL(t.Text("git")), VCS: "git", Commit: t.Text("ref"),
			Subdirectory: t.Text("subdirectory")}
	case t.Text("path") != "":
		p.Origin = localFolder(t.Text("path"), t.Flag("editable"))
	case file != "":
		p.Origin = dist.Origin{URL: file}
	}
	return p
}

// pin returns the one version that specifiers allow, or else the specifiers.
func pin(specifiers string) (exact, spec string) {
	spec = strings.TrimSpace(specifiers)
	if set, err := version.ParseSet(spec); err == nil {
		if exact, ok := set.Exact(); ok {
			return exact, ""
		}
	}
	if spec == "*" {
		return "", ""
	}
	return "", spec
}
