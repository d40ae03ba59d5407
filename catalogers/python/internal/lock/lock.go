// Package lock reads the files by which a Python project says what it wants:
// requirements.txt, pylock.toml, the lock files of poetry, pdm, uv and
// pipenv, and pyproject.toml.
//
// What is wanted need not be there. No file that another one names is
// opened, and nothing is looked up.
package lock

import (
	"fmt"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/tree"
)

// A Lock is what one file wants.
type Lock struct {
	Packages []Package
	Includes []string // other files that it reads, as written
	Whole    bool     // what each package needs is all there, if it is needed
}

// A Package is a project that is wanted.
type Package struct {
	Name     string
	Version  string // empty if the file leaves it open
	Spec     string // what it says instead: ">=1,<2"
	Marker   string // when it is wanted, as written; empty is always
	Groups   []string
	Requires []Need
	Files    []File
	Origin   dist.Origin // where it comes from, if not from an index
	Index    string      // the URL of the index, if stated
	Self     bool        // it is the project that the file belongs to
}

// A Need is a project that another one needs. The version is that of the
// locked package, where the file says it.
type Need struct {
	Name, Version string
}

// A File is one file of a package, of which an installer takes one.
type File struct {
	Name, URL string
	Hashes    []Hash
}

// A Hash is the digest of a file.
type Hash struct {
	Algorithm, Value string // "sha256" and lower-case hexadecimal
}

// newHash reads sha256:VALUE, or with an equals sign.
func newHash(s string) []Hash {
	end := strings.IndexAny(s, ":=")
	if end < 0 || len(s) > 256 || strings.Trim(s[end+1:], "0123456789abcdefABCDEF") != "" {
		return nil
	}
	return []Hash{{strings.ToLower(s[:end]), strings.ToLower(s[end+1:])}}
}

// Read reads the lock file or project file of the given base name. Files that
// are neither give a Lock without packages.
func Read(base string, data []byte) (Lock, error) {
	switch {
	case base == "poetry.lock":
		return fromTOML(data, poetry, true)
	case base == "pdm.lock":
		return fromTOML(data, pdm, true)
	case base == "uv.lock":
		return fromTOML(data, uv, true)
	case base == "Pipfile.lock":
		t, err := tree.JSON(data)
		if err != nil {
			return Lock{}, err
		}
		return pipfile(t), nil
	case strings.HasPrefix(base, "pylock.") && path.Ext(base) == ".toml":
		return fromTOML(data, pylock, false)
	case path.Ext(base) == ".txt":
		return requirements(data)
	}
	return Lock{}, nil
}

// fromTOML reads the packages of a TOML file. One without a name is left out
// and said in the error.
func fromTOML(data []byte, read func(tree.Table) []Package, whole bool) (Lock, error) {
	t, err := tree.TOML(data)
	if err != nil {
		return Lock{}, err
	}
	l := Lock{Whole: whole}
	unnamed := 0
	for _, p := range read(t) {
		if p.Name == "" {
			unnamed++
			continue
		}
		l.Packages = append(l.Packages, p)
	}
	if unnamed > 0 {
		err = fmt.Errorf("%d packages without a name are left out", unnamed)
	}
	return l, err
}

// files reads a list of tables such as {name = "", url = "", hash = ""} or
// with hashes = {sha256 = ""}.
func files(list []tree.Table) []File {
	var all []File
	for _, t := range list {
		f := File{Name: t.Text("name") + t.Text("file"), URL: dist.CleanURL(t.Text("url")), Hashes: newHash(t.Text("hash"))}
		for _, algorithm := range []string{"sha256", "sha384", "sha512"} {
			f.Hashes = append(f.Hashes, newHash(algorithm+":"+t.Table("hashes").Text(algorithm))...)
		}
		if f.Name == "" && f.URL != "" {
			f.Name = path.Base(f.URL)
		}
		f.Hashes = nonEmpty(f.Hashes)
		all = append(all, f)
	}
	return all
}

// nonEmpty drops the hashes that a table did not have.
func nonEmpty(hashes []Hash) []Hash {
	var kept []Hash
	for _, h := range hashes {
		if h.Value != "" {
			kept = append(kept, h)
		}
	}
	return kept
}

// single returns the tables that a package holds under the keys, as a list.
func single(t tree.Table, keys ...string) []tree.Table {
	var all []tree.Table
	for _, key := range keys {
		if sub := t.Table(key); len(sub) > 0 {
			all = append(all, sub)
		}
	}
	return all
}
