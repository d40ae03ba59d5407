package git

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// config is what is kept of a repository's config file.
type config struct {
	version      string // core.repositoryformatversion
	objectFormat string // extensions.objectformat
	refStorage   string // extensions.refstorage
	unknown      string // the first extension that this package does not know
	remote       string // the first remote.origin.url
}

// knownExtensions do not change how what this package reads is laid out. The
// others would: https://git-scm.com/docs/git-config#Documentation/git-config.txt-extensions
var knownExtensions = map[string]bool{
	"noop": true, "noop-v1": true, "partialclone": true, "preciousobjects": true,
	"worktreeconfig": true, "relativeworktrees": true, "compatobjectformat": true,
	"objectformat": true, "refstorage": true, "submodulepathconfig": true,
}

// readConfig reads the config file and decides whether the repository can be
// read at all.
func (r *Repository) readConfig() error {
	b, err := readFile(r.common, "config", r.limits.config)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	c, err := parseConfig(b)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	r.config = c
	if c.version != "" && c.version != "0" && c.version != "1" {
		return fmt.Errorf("config: repository format %q: %w", c.version, ErrUnsupported)
	}
	if c.version == "1" && c.unknown != "" {
		return fmt.Errorf("config: extension %q: %w", c.unknown, ErrUnsupported)
	}
	switch c.objectFormat {
	case "", "sha1":
		r.format = sha1Format
	case "sha256":
		r.format = sha256Format
	default:
		return fmt.Errorf("config: object format %q: %w", c.objectFormat, ErrUnsupported)
	}
	switch c.refStorage {
	case "", "files":
	case "reftable":
		return ErrReftable
	default:
		return fmt.Errorf("config: ref storage %q: %w", c.refStorage, ErrUnsupported)
	}
	if _, err := r.common.Lstat("reftable/tables.list"); err == nil {
		return ErrReftable
	}
	return nil
}

// set keeps a variable if it is one of ours. As in git the last value of a
// variable counts, but a remote's first URL is the one to fetch from.
func (c *config) set(section, sub, key, value string) {
	switch {
	case section == "core" && sub == "" && key == "repositoryformatversion":
		c.version = value
	case section == "extensions" && sub == "" && key == "objectformat":
		c.objectFormat = strings.ToLower(value)
	case section == "extensions" && sub == "" && key == "refstorage":
		// The value may be a URI: reftable://path.
		kind, _, _ := strings.Cut(value, ":")
		c.refStorage = strings.ToLower(kind)
	case section == "extensions" && sub == "" && !knownExtensions[key]:
		if c.unknown == "" {
			c.unknown = key
		}
	case section == "remote" && sub == "origin" && key == "url":
		if c.remote == "" {
			c.remote = value
		}
	}
}

// parseConfig reads the syntax of https://git-scm.com/docs/git-config#_syntax.
// It follows no include. The error names the line, never its text, which may
// hold a password.
func parseConfig(b []byte) (config, error) {
	p := configParser{in: strings.TrimPrefix(string(b), "\ufeff"), line: 1}
	for p.in != "" {
		if err := p.item(); err != nil {
			return config{}, fmt.Errorf("line %d: %w: %w", p.line, err, ErrCorrupt)
		}
	}
	return p.config, nil
}

type configParser struct {
	config       config
	in           string // what is left
	line         int
	section, sub string
	inSection    bool
}

// next takes one byte; a line may end in CR LF. It returns a line feed at the
// end of the file.
func (p *configParser) next() byte {
	if p.in == "" {
		return '\n'
	}
	if strings.HasPrefix(p.in, "\r\n") {
		p.in = p.in[1:]
	}
	c := p.in[0]
	p.in = p.in[1:]
	if c == '\n' {
		p.line++
	}
	return c
}

func (p *configParser) skipLine() {
	for p.next() != '\n' {
	}
}

// item reads a blank, a comment, a section header or a variable.
func (p *configParser) item() error {
	switch c := p.in[0]; {
	case c == ' ' || c == '\t' || c == '\n' || strings.HasPrefix(p.in, "\r\n"):
		p.next()
		return nil
	case c == '#' || c == ';':
		p.skipLine()
		return nil
	case c == '[':
		p.next()
		return p.header()
	case isAlpha(c):
		return p.variable()
	}
	return errors.New("neither a section nor a variable")
}

// header reads what follows "[": name], name "sub"] or name.sub].
func (p *configParser) header() error {
	name := p.take(func(c byte) bool { return isAlpha(c) || isDigit(c) || c == '-' || c == '.' })
	if name == "" {
		return errors.New("no section name")
	}
	p.inSection, p.sub = true, ""
	p.section, p.sub, _ = strings.Cut(strings.ToLower(name), ".")
	c := p.next()
	if c == ' ' || c == '\t' {
		p.take(isBlank)
		if p.next() != '"' {
			return errors.New("no quoted subsection")
		}
		sub, err := p.subsection()
		if err != nil {
			return err
		}
		p.sub = sub
		c = p.next()
	}
	if c != ']' {
		return errors.New("the section header is not closed")
	}
	return nil
}

// subsection reads up to the closing quote. A backslash keeps the byte that
// follows it.
func (p *configParser) subsection() (string, error) {
	var s strings.Builder
	for {
		c := p.next()
		switch c {
		case '"':
			return s.String(), nil
		case '\\':
			c = p.next()
		}
		if c == '\n' {
			return "", errors.New("the subsection is not closed")
		}
		s.WriteByte(c)
	}
}

// variable reads "key", or "key = value" with its continuation lines.
func (p *configParser) variable() error {
	key := p.take(func(c byte) bool { return isAlpha(c) || isDigit(c) || c == '-' })
	if !p.inSection {
		return errors.New("a variable outside a section")
	}
	p.take(isBlank)
	value := "true"
	switch c := p.next(); c {
	case '\n':
	case '#', ';':
		p.skipLine()
	case '=':
		v, err := p.value()
		if err != nil {
			return err
		}
		value = v
	default:
		return errors.New("no = after the name of a variable")
	}
	p.config.set(p.section, p.sub, strings.ToLower(key), value)
	return nil
}

// value reads to the end of the line. Blanks at both ends are dropped unless
// they are quoted.
func (p *configParser) value() (string, error) {
	var s strings.Builder
	keep := 0 // the length of s without the blanks at its end
	quoted := false
	for {
		c := p.next()
		switch {
		case c == '\n' && quoted:
			return "", errors.New("the quote is not closed")
		case c == '\n':
			return s.String()[:keep], nil
		case c == '"':
			quoted = !quoted
			keep = s.Len()
			continue
		case (c == '#' || c == ';') && !quoted:
			p.skipLine()
			return s.String()[:keep], nil
		case isBlank(c) && !quoted:
			if keep > 0 {
				s.WriteByte(c)
			}
			continue
		case c == '\\':
			e, skip, err := p.escape()
			if err != nil {
				return "", err
			}
			if skip {
				continue
			}
			c = e
		}
		s.WriteByte(c)
		keep = s.Len()
	}
}

// escape reads what follows a backslash. A line feed there continues the value.
func (p *configParser) escape() (c byte, skip bool, err error) {
	if p.in == "" {
		return 0, false, errors.New("a backslash at the end")
	}
	switch c := p.next(); c {
	case '\n':
		return 0, true, nil
	case 'n':
		return '\n', false, nil
	case 't':
		return '\t', false, nil
	case 'b':
		return '\b', false, nil
	case '"', '\\':
		return c, false, nil
	}
	return 0, false, errors.New("an unknown escape")
}

// take returns the longest prefix whose bytes are all ok.
func (p *configParser) take(ok func(byte) bool) string {
	n := 0
	for n < len(p.in) && ok(p.in[n]) {
		n++
	}
	s := p.in[:n]
	p.in = p.in[n:]
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
