package lock

import (
	"maps"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/tree"
)

// pylock reads pylock.toml:
//
//	[[packages]]
//	name = "a"
//	version = "1.0"
//	dependencies = [{name = "b"}]
//	wheels = [{url = "https://host/a-1.0-py3-none-any.whl", hashes = {sha256 = "..."}}]
//
// or with a vcs, archive or directory table for where else it comes from. What
// a package depends on may be left out, so the list is never known to be whole.
// https://packaging.python.org/specifications/pylock-toml/
func pylock(t tree.Table) []Package {
	var all []Package
	for _, t := range t.Tables("packages") {
		p := Package{
			Name: t.Text("name"), Version: t.Text("version"), Marker: t.Text("marker"), Index: dist.CleanURL(t.Text("index")),
			Requires: needs(t.Tables("dependencies")),
			Files:    files(append(single(t, "archive", "sdist"), t.Tables("wheels")...)),
		}
		vcs, archive, folder := t.Table("vcs"), t.Table("archive"), t.Table("directory")
		switch {
		case vcs != nil:
			p.Origin = dist.Origin{URL: dist.CleanURL(vcs.Text("url")), VCS: vcs.Text("type"), Commit: vcs.Text("commit-id"),
				Requested: vcs.Text("requested-revision"), Subdirectory: vcs.Text("subdirectory")}
		case archive != nil:
			p.Origin = dist.Origin{URL: dist.CleanURL(archive.Text("url")), Subdirectory: archive.Text("subdirectory")}
		case folder != nil:
			p.Origin = localFolder(folder.Text("path"), folder.Flag("editable"))
		}
		all = append(all, p)
	}
	return all
}

// localFolder is the origin of a project in a folder.
func localFolder(where string, editable bool) dist.Origin {
	return dist.Origin{Folder: dist.LastName(where), Editable: editable}
}

// needs reads a list of tables such as {name = "a", version = "1"}.
func needs(list []tree.Table) []Need {
	var all []Need
	for _, t := range list {
		all = append(all, Need{t.Text("name"), t.Text("version")})
	}
	return all
}

// poetry reads poetry.lock, whose dependencies are a table of names:
//
//	[package.dependencies]
//	a = ">=1"
//	b = {version = "*", markers = "..."}
//
// https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
func poetry(t tree.Table) []Package {
	older := t.Table("metadata").Table("files") // until version 1.5
	var all []Package
	for _, t := range t.Tables("package") {
		p := Package{Name: t.Text("name"), Version: t.Text("version"), Marker: t.Text("markers"), Groups: t.Texts("groups")}
		if group := t.Text("category"); group != "" {
			p.Groups = []string{group}
		}
		p.Files = files(append(t.Tables("files"), older.Tables(p.Name)...))
		for _, name := range slices.Sorted(maps.Keys(t.Table("dependencies"))) {
			p.Requires = append(p.Requires, Need{Name: name})
		}
		source := t.Table("source")
		switch url := dist.CleanURL(source.Text("url")); source.Text("type") {
		case "git", "hg":
			p.Origin = dist.Origin{URL: url, VCS: source.Text("type"), Commit: source.Text("resolved_reference"),
				Requested: source.Text("reference"), Subdirectory: source.Text("subdirectory")}
		case "url":
			p.Origin = dist.Origin{URL: url}
		case "file", "directory":
			p.Origin = localFolder(source.Text("url"), t.Flag("develop"))
		case "legacy":
			p.Index = url
		}
		all = append(all, p)
	}
	return all
}

// pdm reads pdm.lock, whose dependencies are requirements:
//
//	[[package]]
//	name = "a"
//	version = "1.0"
//	dependencies = ["b>=1; os_name == 'nt'"]
//	files = [{file = "a-1.0-py3-none-any.whl", hash = "sha256:..."}]
//
// https://pdm-project.org/en/latest/usage/lockfile/
func pdm(t tree.Table) []Package {
	var all []Package
	for _, t := range t.Tables("package") {
		p := Package{
			Name: t.Text("name"), Version: t.Text("version"), Marker: t.Text("marker"), Groups: t.Texts("groups"),
			Files: files(t.Tables("files")), Requires: namesOf(t.Texts("dependencies")),
		}
		url := dist.CleanURL(t.Text("url"))
		switch {
		case t.Text("git") != "":
			p.Origin = dist.Origin{URL: dist.CleanURL(t.Text("git")), VCS: "git", Commit: t.Text("revision"),
				Requested: t.Text("ref"), Subdirectory: t.Text("subdirectory")}
		case t.Text("path") != "":
			p.Origin = localFolder(t.Text("path"), t.Flag("editable"))
		case url != "":
			p.Origin = dist.Origin{URL: url, Subdirectory: t.Text("subdirectory")}
		}
		all = append(all, p)
	}
	return all
}

// namesOf returns the projects that requirements name; a Need without a name
// is one that cannot be read.
func namesOf(requirements []string) []Need {
	var all []Need
	for _, s := range requirements {
		r, _ := require.Parse(s)
		all = append(all, Need{Name: r.Name})
	}
	return all
}

// uv reads uv.lock. Its packages name what they need, with a version where
// several are locked; extras and development groups have lists of their own:
//
//	[[package]]
//	name = "a"
//	version = "1.0"
//	source = { registry = "https://host/simple" }
//	dependencies = [{ name = "b", version = "2", marker = "..." }]
//	wheels = [{ url = "https://host/a-1.0-py3-none-any.whl", hash = "sha256:..." }]
//
// The project itself has the source { editable = "." } or { virtual = "." }.
// https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
func uv(t tree.Table) []Package {
	var all []Package
	for _, t := range t.Tables("package") {
		source := t.Table("source")
		p := Package{
			Name: t.Text("name"), Version: t.Text("version"), Requires: needs(t.Tables("dependencies")),
			Files: files(append(single(t, "sdist"), t.Tables("wheels")...)),
			Index: dist.CleanURL(source.Text("registry")),
		}
		for _, list := range []tree.Table{t.Table("optional-dependencies"), t.Table("dev-dependencies")} {
			for _, name := range slices.Sorted(maps.Keys(list)) {
				p.Requires = append(p.Requires, needs(list.Tables(name))...)
			}
		}
		where := source.Text("editable") + source.Text("virtual") + source.Text("directory") + source.Text("path")
		switch git := source.Text("git"); {
		case git != "":
			_, commit, _ := strings.Cut(git, "#")
			p.Origin = dist.Origin{URL: dist.CleanURL(git), VCS: "git", Commit: commit}
		case source.Text("url") != "":
			p.Origin = dist.Origin{URL: dist.CleanURL(source.Text("url")), Subdirectory: source.Text("subdirectory")}
		case where == ".":
			p.Self = true
		case where != "":
			p.Origin = localFolder(where, source.Text("editable") != "")
		}
		all = append(all, p)
	}
	return all
}
