package lock

import (
	"maps"
	"slices"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/tree"
)

// A Project is what a pyproject.toml says of its project:
// https://packaging.python.org/specifications/pyproject-toml/
type Project struct {
	dist.Metadata                     // as far as the file states it
	Groups        map[string][]string // dependency groups and extras: requirements
	Build         []string            // what the build needs
}

// ReadProject reads a pyproject.toml. Without a project table, of PEP 621 or
// of poetry, the Project has no name.
func ReadProject(data []byte) (Project, error) {
	t, err := tree.TOML(data)
	if err != nil {
		return Project{}, err
	}
	p := Project{Groups: map[string][]string{}, Build: t.Table("build-system").Texts("requires")}
	p.readProject(t.Table("project"))
	groups := t.Table("dependency-groups")
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		p.Groups[name] = append(p.Groups[name], groups.Texts(name)...)
	}
	p.readPoetry(t.Table("tool").Table("poetry"))
	return p, nil
}

// readProject reads the project table of PEP 621. Its licence is an expression as
// text, or, before PEP 639, a table with the text or the name of a file.
func (p *Project) readProject(t tree.Table) {
	p.Name, p.Version, p.Summary = t.Text("name"), t.Text("version"), t.Text("description")
	p.RequiresPython, p.Requires = t.Text("requires-python"), t.Texts("dependencies")
	p.Classifiers = t.Texts("classifiers")
	p.LicenseExpression, p.License = t.Text("license"), t.Table("license").Text("text")
	p.LicenseFiles = t.Texts("license-files")
	for _, label := range slices.Sorted(maps.Keys(t.Table("urls"))) {
		p.ProjectURLs = append(p.ProjectURLs, label+", "+t.Table("urls").Text(label))
	}
	for _, author := range t.Tables("authors") {
		if p.Author == "" && p.AuthorEmail == "" {
			p.Author, p.AuthorEmail = author.Text("name"), author.Text("email")
		}
	}
	extras := t.Table("optional-dependencies")
	for _, name := range slices.Sorted(maps.Keys(extras)) {
		p.Groups[name] = append(p.Groups[name], extras.Texts(name)...)
	}
}

// readPoetry reads what poetry had before there was a project table. Its
// version constraints have a grammar of their own; the names are enough.
func (p *Project) readPoetry(t tree.Table) {
	if p.Name == "" {
		p.Name, p.Version, p.Summary, p.License = t.Text("name"), t.Text("version"), t.Text("description"), t.Text("license")
		p.HomePage = t.Text("homepage")
		if url := t.Text("repository"); url != "" {
			p.ProjectURLs = append(p.ProjectURLs, "Repository, "+url)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Table("dependencies"))) {
		if name != "python" {
			p.Requires = append(p.Requires, name)
		}
	}
	if old := t.Table("dev-dependencies"); old != nil {
		p.Groups["dev"] = append(p.Groups["dev"], slices.Sorted(maps.Keys(old))...)
	}
	groups := t.Table("group")
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		names := groups.Table(group).Table("dependencies")
		p.Groups[group] = append(p.Groups[group], slices.Sorted(maps.Keys(names))...)
	}
}
