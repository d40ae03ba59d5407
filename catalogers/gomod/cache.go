package gomod

import (
	"path"
	"strings"

	"golang.org/x/mod/module"
)

// cacheFile returns where a module cache keeps the go.mod file of m, relative
// to the folder that GOMODCACHE names, https://go.dev/ref/mod#module-cache:
//
//	cache/download/github.com/!burnt!sushi/toml/@v/v1.5.0.mod
func cacheFile(m module.Version) (string, error) {
	p, err := module.EscapePath(m.Path)
	if err != nil {
		return "", err
	}
	v, err := module.EscapeVersion(m.Version)
	if err != nil {
		return "", err
	}
	return path.Join("cache/download", p, "@v", v+".mod"), nil
}

// cacheModule returns the module whose go.mod file a module cache keeps as
// name, and false if name is no such file. The cache may be anywhere.
func cacheModule(name string) (module.Version, bool) {
	dir, file := path.Split(name)
	version, isMod := strings.CutSuffix(file, ".mod")
	escaped, inVersions := strings.CutSuffix(dir, "/@v/")
	i := strings.LastIndex("/"+escaped, "/cache/download/")
	if !isMod || !inVersions || i < 0 {
		return module.Version{}, false
	}
	return unescape(escaped[i+len("cache/download/"):], version)
}

// unescape undoes the escaping of capital letters.
func unescape(p, v string) (module.Version, bool) {
	mp, err := module.UnescapePath(p)
	if err != nil {
		return module.Version{}, false
	}
	mv, err := module.UnescapeVersion(v)
	if err != nil {
		return module.Version{}, false
	}
	return module.Version{Path: mp, Version: mv}, true
}
