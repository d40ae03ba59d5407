package gomod

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A vendored is a module in a vendor/modules.txt file.
type vendored struct {
	mod       module.Version // no version: of a replacement for every version
	replace   module.Version // what stands in its place; no version: a folder
	explicit  bool           // named in the go.mod file of a main module
	goVersion string         // the go statement of its go.mod file
	packages  []string       // that the build of the main modules needs
	line      int
}

// A vendorList is what a vendor/modules.txt file says.
type vendorList struct {
	workspace bool // made by "go work vendor"
	modules   []vendored
}

// parseVendorList reads a vendor/modules.txt file as the go command does,
// https://go.dev/ref/mod#vendoring, but says with line and column what it
// does not understand:
//
//	## workspace
//	# example.com/a v1.0.0 => example.com/b v1.2.0
//	## explicit; go 1.25
//	example.com/a
//	example.com/a/sub
//	# example.com/c v1.0.0 => ../c
//	# example.com/d => ../d
//
// A module without packages is there for its replacement or because go.mod
// requires it; it contributes nothing to the build.
func parseVendorList(data []byte) (*vendorList, []error) {
	var (
		list vendorList
		errs []error
		n    int
	)
	for line := range bytes.Lines(data) {
		n++
		if at, err := list.add(string(line), n); err != nil {
			errs = append(errs, &positionError{n, at.column, err})
		}
	}
	return &list, errs
}

// add takes the next line, number n. With an error comes the field at fault.
func (l *vendorList) add(line string, n int) (field, error) {
	fields := splitLine(line, 7)
	switch {
	case len(fields) == 0:
		return field{}, nil
	case fields[0].text == "##":
		return l.annotate(line, fields)
	case fields[0].text == "#":
		v, at, err := newVendored(fields[1:])
		v.line = n
		l.modules = append(l.modules, v) // also if bad: the packages below are not of the one above
		return at, err
	case len(l.modules) == 0:
		return fields[0], errors.New("a package before the first module")
	case len(fields) > 1:
		return fields[1], errors.New("text after the path of a package")
	}
	if err := module.CheckImportPath(fields[0].text); err != nil {
		return fields[0], err
	}
	m := &l.modules[len(l.modules)-1]
	m.packages = append(m.packages, fields[0].text)
	return field{}, nil
}

// annotate takes a line that begins with "##". What it does not know there is
// reserved for later versions of Go and no error.
func (l *vendorList) annotate(line string, fields []field) (field, error) {
	if len(l.modules) == 0 {
		if len(fields) == 2 && fields[1].text == "workspace" {
			l.workspace = true
			return field{}, nil
		}
		return fields[0], errors.New("an annotation before the first module")
	}
	m := &l.modules[len(l.modules)-1]
	_, rest, _ := strings.Cut(line, "##")
	for entry := range strings.SplitSeq(rest, ";") {
		entry = strings.TrimSpace(entry)
		if entry == "explicit" {
			m.explicit = true
		}
		if version, ok := strings.CutPrefix(entry, "go "); ok {
			m.goVersion = strings.TrimSpace(version)
		}
	}
	return field{}, nil
}

// newVendored reads the fields after "#": PATH [VERSION] [=> PATH [VERSION]].
// With an error comes the field at fault.
func newVendored(fields []field) (v vendored, at field, err error) {
	if len(fields) < 2 {
		return v, field{column: 1}, errors.New("want # and a module path and a version")
	}
	path, rest := fields[0], fields[1:]
	if err := module.CheckPath(path.text); err != nil {
		return v, path, err
	}
	mod := module.Version{Path: path.text}
	if rest[0].text != "=>" {
		if !semver.IsValid(rest[0].text) {
			return v, rest[0], fmt.Errorf("%q is no version", rest[0].text)
		}
		mod.Version, rest = rest[0].text, rest[1:]
	}
	if len(rest) == 0 {
		return vendored{mod: mod}, field{}, nil
	}
	replace, at, err := newReplacement(rest)
	if err != nil {
		return v, at, err
	}
	return vendored{mod: mod, replace: replace}, field{}, nil
}

// newReplacement reads => PATH [VERSION].
func newReplacement(fields []field) (module.Version, field, error) {
	var m module.Version
	if fields[0].text != "=>" || len(fields) < 2 || len(fields) > 3 {
		return m, fields[0], errors.New("want => and a module path and a version, or a folder")
	}
	m.Path = fields[1].text
	if len(fields) == 2 {
		return m, field{}, nil
	}
	m.Version = fields[2].text
	if !semver.IsValid(m.Version) {
		return m, fields[2], fmt.Errorf("%q is no version", m.Version)
	}
	return m, field{}, nil
}
