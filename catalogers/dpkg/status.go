package dpkg

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A pkg is what a stanza of the status file, or a control file, says of one
// binary package.
type pkg struct {
	name, version, arch   string
	source, sourceVersion string // name and version if Source does not say
	state                 string // the third word of Status; "" if it has none
	multiArch             string
	maintainer            string
	homepage, bugs        string
	summary               string // the first line of Description
	depends               [][]relation
	preDepends            [][]relation
	provides              []relation
	builtUsing            []relation
	staticBuiltUsing      []relation
}

// The three words of Status, of which the last says what is on disk: dpkg(1),
// "Information about packages".
var (
	wants = []string{"unknown", "install", "hold", "deinstall", "purge"}
	flags = []string{"ok", "reinstreq"}

	// states maps a state to whether files of the package, other than its
	// configuration, are or may be there.
	states = map[string]bool{
		"not-installed":    false,
		"config-files":     false,
		"half-installed":   true,
		"unpacked":         true,
		"half-configured":  true,
		"triggers-awaited": true,
		"triggers-pending": true,
		"installed":        true,
	}
)

// here reports whether files of the package are there. What was wanted does not
// matter, and what has no state is a control file that somebody put there.
func (p *pkg) here() bool {
	there, known := states[p.state]
	return there || !known
}

// parsePackage reads a stanza. It returns nil if the stanza names no package;
// the error tells of that and of every field that is wrong. Of a wrong field
// the package has what could be read.
func parsePackage(s stanza) (*pkg, error) {
	var bad complaints
	complain := func(field string, err error) {
		if err != nil {
			bad.addf("line %d: %s: %w", s.line, field, err)
		}
	}
	p := &pkg{
		name:       strings.Clone(s.value("Package")),
		version:    strings.Clone(s.value("Version")),
		arch:       strings.Clone(s.value("Architecture")),
		multiArch:  strings.Clone(s.value("Multi-Arch")),
		maintainer: oneLine(s.value("Maintainer")),
		homepage:   oneLine(s.value("Homepage")),
		bugs:       oneLine(s.value("Bugs")),
		summary:    firstLine(s.value("Description")),
	}
	if p.name == "" {
		complain("Package", errors.New("a stanza without a name"))
		return nil, bad.err()
	}
	var err error
	p.state, err = parseStatus(s)
	complain(p.name+": Status", err)
	p.check(complain)
	p.source, p.sourceVersion, err = parseSource(s.value("Source"), p)
	complain(p.name+": Source", err)
	p.parseRelations(s, complain)
	return p, bad.err()
}

// parseStatus returns the third word of Status, which a control file outside of
// a status file does not have.
func parseStatus(s stanza) (string, error) {
	if !s.has("Status") {
		return "", nil
	}
	words := strings.Fields(s.value("Status"))
	if len(words) != 3 || !slices.Contains(wants, words[0]) || !slices.Contains(flags, words[1]) {
		return "", fmt.Errorf("%q is not a status", s.value("Status"))
	}
	if _, known := states[words[2]]; !known {
		return "", fmt.Errorf("%q is not a state", words[2])
	}
	return strings.Clone(words[2]), nil
}

// check tells what every package that is here must have and this one has not.
func (p *pkg) check(complain func(string, error)) {
	if !validName(p.name) {
		complain("Package", fmt.Errorf("invalid name %.200q", p.name))
	}
	if !p.here() {
		return
	}
	complain(p.name+": Version", checkVersion(p.version))
	if !validName(p.arch) {
		complain(p.name+": Architecture", fmt.Errorf("invalid name %.200q", p.arch))
	}
}

// parseSource returns the source package that p was built from, which is the
// package's own name and version unless the field says "name" or
// "name (version)".
func parseSource(field string, p *pkg) (name, version string, err error) {
	if field == "" {
		return p.name, p.version, nil
	}
	name, rest, bounded := strings.Cut(field, "(")
	name = strings.TrimSpace(name)
	version, after, closed := strings.Cut(rest, ")")
	version = strings.TrimSpace(version)
	if !bounded {
		version, closed = p.version, true
	}
	if !validName(name) || !closed || strings.TrimSpace(after) != "" || bounded && checkVersion(version) != nil {
		return p.name, p.version, fmt.Errorf("%q is not a source package", field)
	}
	return strings.Clone(name), strings.Clone(version), nil
}

func (p *pkg) parseRelations(s stanza, complain func(string, error)) {
	groups := func(field string) [][]relation {
		g, err := parseRelations(strings.Clone(s.value(field)))
		complain(p.name+": "+field, err)
		return g
	}
	p.depends = groups("Depends")
	p.preDepends = groups("Pre-Depends")
	p.provides = slices.Concat(groups("Provides")...)
	p.builtUsing = slices.Concat(groups("Built-Using")...)
	p.staticBuiltUsing = slices.Concat(groups("Static-Built-Using")...)
}

// infoName returns the name that dpkg gives to the package's files in its info
// folder: those of several architectures may be installed side by side.
func (p *pkg) infoName() string {
	if p.multiArch == "same" {
		return p.name + ":" + p.arch
	}
	return p.name
}

// firstLine returns the first line of a value.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.Clone(strings.TrimSpace(s))
}

// oneLine joins the lines of a folded value.
func oneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return strings.Clone(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// parseMaintainer splits "Name <mail>". The name may be quoted, and may hold
// anything before the last "<".
func parseMaintainer(s string) (name, email string) {
	i := strings.LastIndexByte(s, '<')
	if i < 0 {
		return strings.TrimSpace(s), ""
	}
	name = strings.Trim(strings.TrimSpace(s[:i]), `"`)
	email, _, _ = strings.Cut(s[i+1:], ">")
	return name, strings.TrimSpace(email)
}
