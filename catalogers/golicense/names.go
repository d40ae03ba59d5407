package golicense

import (
	"path"
	"strings"
)

// A kind is what a file is by its name.
type kind int

const (
	other      kind = iota
	licence         // of the module
	docs            // of its documentation
	copyright       // who owns it, and sometimes a licence too
	noticeFile      // what has to be passed on
	patents         // a grant that goes with the licence
)

// kindOf returns what a file called name is:
//
//	LICENSE  LICENCE.md  License-MIT  COPYING.LESSER  MIT-LICENSE.txt  UNLICENSE
//	LICENSE.docs
//	COPYRIGHT
//	NOTICE  NOTICE.txt
//	PATENTS
//
// Names of programs, such as license.go, and names that go on otherwise, such
// as LICENSES-CHECKED.csv, are none.
func kindOf(name string) kind {
	name = strings.ToLower(name)
	if programs[path.Ext(name)] {
		return other
	}
	stem, rest := name, ""
	if i := strings.IndexAny(name, ".-_"); i >= 0 {
		stem, rest = name[:i], name[i:]
	}
	switch stem {
	case "license", "licence", "copying", "unlicense", "unlicence", "licenses", "licences":
		if strings.HasPrefix(rest, ".docs") || strings.HasPrefix(rest, "-docs") {
			return docs
		}
		return licence
	case "copyright", "copyrights":
		return copyright
	case "notice", "notices":
		return noticeFile
	case "patents":
		return patents
	}
	if prefix, _, _ := strings.Cut(strings.TrimLeft(rest, "-_"), "."); prefix == "license" || prefix == "licence" {
		return licence // MIT-LICENSE
	}
	return other
}

// programs are the suffixes of files that are about licences and no licences.
var programs = map[string]bool{
	".go": true, ".sh": true, ".py": true, ".js": true, ".ts": true, ".json": true, ".yaml": true, ".yml": true,
	".toml": true, ".csv": true, ".tmpl": true, ".tpl": true, ".html": true, ".xml": true, ".svg": true, ".png": true,
	".c": true, ".h": true, ".rb": true, ".pl": true, ".java": true, ".lre": true, ".golden": true, ".gz": true, ".zip": true,
}
