package lock

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
)

// maxErrors is how many errors of one file are told.
const maxErrors = 10

// requirements reads the format of pip's requirements.txt:
// https://pip.pypa.io/en/stable/reference/requirements-file-format/
//
//	NAME SPECIFIERS ; MARKER --hash=sha256:... \
//	    --hash=sha256:...   # comment
//	-r other.txt
//	-e git+https://host/path@revision#egg=NAME
//	https://host/NAME-1.0-py3-none-any.whl
//
// The project itself (".") and options for the installer are left out.
func requirements(data []byte) (Lock, error) {
	var l Lock
	var errs []error
	var logical strings.Builder
	number, start := 0, 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff") + "\n\n") {
		number++
		if logical.Len() == 0 {
			start = number
		}
		text, folded := strings.CutSuffix(strings.TrimRight(line, "\r\n"), `\`)
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		if !comment {
			logical.WriteString(text)
		}
		if folded && !comment {
			continue
		}
		if err := l.addLine(logical.String()); err != nil && len(errs) < maxErrors {
			errs = append(errs, fmt.Errorf("line %d: %w", start, err))
		}
		logical.Reset()
	}
	return l, errors.Join(errs...)
}

// addLine adds what one line wants, after folded lines were joined.
func (l *Lock) addLine(line string) error {
	line, _, _ = strings.Cut(strings.ReplaceAll(line, "\t", " "), " #")
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	if line[0] == '-' {
		return l.addOption(line)
	}
	text, options := line, ""
	if i := strings.Index(line, " --"); i >= 0 {
		text, options = strings.TrimSpace(line[:i]), line[i:]
	}
	p, err := newWanted(text, false)
	if p.Name == "" {
		return err
	}
	words := strings.Fields(strings.ReplaceAll(options, "=", " "))
	for i := 0; i+1 < len(words); i++ {
		if words[i] == "--hash" {
			p.Files = append(p.Files, File{Hashes: newHash(words[i+1])})
		}
	}
	l.Packages = append(l.Packages, p)
	return err
}

// addOption adds what a line of an option wants. Options that choose
// indexes and such are passed over.
func (l *Lock) addOption(line string) error {
	end := strings.IndexAny(line, " =")
	if end < 0 && len(line) > 2 && line[1] != '-' {
		end = 2 // -rother.txt
	}
	if end < 0 {
		return nil
	}
	option, value := line[:end], strings.Trim(line[end:], " =")
	switch option {
	case "-r", "--requirement":
		l.Includes = append(l.Includes, value)
	case "-e", "--editable":
		p, err := newWanted(value, true)
		if p.Name == "" {
			return err
		}
		l.Packages = append(l.Packages, p)
		return err
	}
	return nil
}

// Wanted reads one requirement.
func Wanted(text string) (Package, error) { return newWanted(text, false) }

// newWanted reads a requirement, a URL or a path. It returns a Package
// without a name and no error for the project itself.
func newWanted(text string, editable bool) (Package, error) {
	isURL := strings.Contains(text, "://") && !strings.Contains(text, "@ ")
	if name := wheelOf(text); name.Name != "" && !isURL {
		return Package{Name: name.Name, Version: name.Version, Origin: dist.Origin{Folder: dist.LastName(text)}}, nil
	}
	switch {
	case isURL:
		return fromURL(text, editable)
	case editable || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/"):
		return fromPath(text, editable), nil
	}
	r, err := require.Parse(text)
	p := Package{Name: r.Name}
	if r.URL != "" {
		p, _ = fromURL(r.URL, false)
		p.Name = r.Name
	}
	if _, marker, ok := strings.Cut(text, ";"); ok {
		p.Marker = strings.TrimSpace(marker)
	}
	if exact, ok := r.Set.Exact(); ok {
		p.Version = exact
		return p, err
	}
	p.Spec = r.Set.String()
	return p, err
}

// wheelOf returns the parts of the wheel name that a path or URL ends in.
func wheelOf(where string) dist.WheelName {
	where, _, _ = strings.Cut(where, "#")
	where, _, _ = strings.Cut(where, "?")
	w, _ := dist.ParseWheelName(path.Base(where))
	return w
}

// fromURL reads a URL: of a repository if its scheme says so, else of an
// archive. The name is in the fragment, or in the name of a wheel or source
// archive.
func fromURL(text string, editable bool) (Package, error) {
	where, fragment, _ := strings.Cut(text, "#")
	p := Package{Origin: dist.Origin{URL: dist.CleanURL(where), Editable: editable}}
	for _, field := range strings.Split(fragment, "&") {
		switch key, value, _ := strings.Cut(strings.TrimSpace(field), "="); key {
		case "egg":
			p.Name, _, _ = strings.Cut(value, "[")
		case "subdirectory":
			p.Origin.Subdirectory = value
		case "sha256", "sha384", "sha512":
			p.Files = append(p.Files, File{Hashes: newHash(key + ":" + value)})
		}
	}
	if vcs, _, ok := strings.Cut(p.Origin.URL, "+"); ok {
		p.Origin.VCS, p.Origin.URL = vcs, strings.TrimPrefix(p.Origin.URL, vcs+"+")
		if i := strings.LastIndexByte(p.Origin.URL, '@'); i >= 0 {
			p.Origin.URL, p.Origin.Requested = p.Origin.URL[:i], p.Origin.URL[i+1:]
		}
	} else if p.Name == "" {
		w := wheelOf(where)
		p.Name, p.Version = w.Name, w.Version
		if p.Name == "" {
			p.Name, p.Version = archiveOf(where)
		}
	}
	if !require.ValidName(p.Name) {
		return Package{}, errors.New("a URL that names no project")
	}
	return p, nil
}

// archiveOf returns the name and version that the name of a source archive
// states.
func archiveOf(where string) (name, version string) {
	base, _, _ := strings.Cut(path.Base(where), "?")
	for _, suffix := range []string{".tar.gz", ".tgz", ".zip", ".tar.bz2"} {
		if stem, ok := strings.CutSuffix(base, suffix); ok {
			return dist.SplitStem(stem)
		}
	}
	return "", ""
}

// fromPath reads the path of a project folder, which may end in extras.
func fromPath(text string, editable bool) Package {
	where, _, _ := strings.Cut(text, "[")
	o := localFolder(strings.TrimSpace(where), editable)
	if !require.ValidName(o.Folder) {
		return Package{}
	}
	return Package{Name: o.Folder, Origin: o}
}
