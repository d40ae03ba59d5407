package dist

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// ParseRequiresTxt reads the requires.txt of an .egg-info folder, the place of
// requirements before Requires-Dist, and returns requirements in the form of
// that:
//
//	requirement
//	[extra]
//	requirement
//	[extra:marker]
//	requirement
//
// https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html
func ParseRequiresTxt(data []byte) []string {
	var all []string
	condition := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			condition = sectionCondition(strings.TrimSuffix(line[1:], "]"))
		case condition == "":
			all = append(all, line)
		default:
			all = append(all, line+" ; "+condition) // a URL needs the space
		}
	}
	return all
}

// sectionCondition returns the marker of a section "extra:marker".
func sectionCondition(section string) string {
	extra, marker, _ := strings.Cut(section, ":")
	switch {
	case extra == "":
		return marker
	case marker == "":
		return fmt.Sprintf("extra == %q", extra)
	}
	return fmt.Sprintf("(%s) and extra == %q", marker, extra)
}

// ParseEggLink reads an .egg-link, which older tools leave for a project that
// is installed from its source folder. It returns the base name of that
// folder: the path is one of the machine that it was installed on.
func ParseEggLink(data []byte) (string, error) {
	first, _, _ := strings.Cut(string(data), "\n")
	folder := strings.TrimSpace(first)
	if folder == "" || !utf8.ValidString(folder) {
		return "", fmt.Errorf("%.80q is no path", first)
	}
	return LastName(folder), nil
}

// ParsePTH returns the base names of the folders that a .pth file adds to the
// path of Python. Lines that begin with import are programs, and are not
// looked at: https://docs.python.org/3/library/site.html
func ParsePTH(data []byte) []string {
	var folders []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		program := strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t")
		if line != "" && line[0] != '#' && !program && utf8.ValidString(line) {
			folders = append(folders, LastName(line))
		}
	}
	return folders
}

// LastName returns the last name of a path of any system.
func LastName(p string) string {
	return path.Base(strings.ReplaceAll(strings.TrimRight(p, `/\`), `\`, "/"))
}
