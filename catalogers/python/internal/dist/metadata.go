// Package dist reads the files by which a Python distribution says what it
// is: core metadata, RECORD, WHEEL, direct_url.json and their forerunners in
// .egg-info, and the names of wheels and of these folders.
//
// The formats are those of https://packaging.python.org/specifications/ ;
// each reader names its own. The readers return what they could read beside
// an error for what they could not. They run nothing: a setup.py or an import
// line of a .pth file is text.
package dist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxHeader bounds the header of a METADATA or WHEEL file. Old projects have
// their whole description in it.
const maxHeader = 4 << 20

// maxErrors is how many errors of one file are told; more add nothing.
const maxErrors = 10

// Metadata is core metadata up to version 2.5, less the description:
// https://packaging.python.org/specifications/core-metadata/
type Metadata struct {
	Name, Version, Summary      string
	License, LicenseExpression  string
	Author, AuthorEmail         string
	Maintainer, MaintainerEmail string
	HomePage, DownloadURL       string
	RequiresPython              string
	Classifiers, LicenseFiles   []string
	ProjectURLs                 []string // "label, URL"
	Requires                    []string
}

// ParseMetadata reads METADATA or PKG-INFO up to the empty line before the
// description:
//
//	Metadata-Version: 2.4
//	Name: Foo.Bar
//	Version: 1.0
//	License-Expression: MIT OR Apache-2.0
//	Project-URL: Issues, https://example.org/issues
//	Requires-Dist: requests[socks]>=2 ; python_version < '3'
//
//	The description.
//
// Of a field that may occur once the first counts, as for Python's email
// package; two different names or versions are an error that tells both.
func ParseMetadata(r io.Reader) (Metadata, error) {
	h, err := parseHeader(r)
	m := Metadata{
		Name: h.first("name"), Version: h.first("version"), Summary: oneLine(h.first("summary")),
		License: h.first("license"), LicenseExpression: oneLine(h.first("license-expression")),
		Author: oneLine(h.first("author")), AuthorEmail: oneLine(h.first("author-email")),
		Maintainer: oneLine(h.first("maintainer")), MaintainerEmail: oneLine(h.first("maintainer-email")),
		HomePage: h.first("home-page"), DownloadURL: h.first("download-url"), RequiresPython: h.first("requires-python"),
		Classifiers: h["classifier"], LicenseFiles: h["license-file"], ProjectURLs: h["project-url"],
		Requires: h["requires-dist"],
	}
	for _, once := range []string{"name", "version"} {
		if all := h[once]; len(all) > 1 && all[0] != all[1] {
			err = errors.Join(err, fmt.Errorf("%s is %.80q and %.80q; the first counts", once, all[0], all[1]))
		}
	}
	return m, err
}

// Wheel is a WHEEL file:
// https://packaging.python.org/specifications/binary-distribution-format/
type Wheel struct {
	Generator string
	Tags      []Tag
}

// ParseWheel reads a WHEEL file:
//
//	Wheel-Version: 1.0
//	Generator: bdist_wheel (0.38.4)
//	Root-Is-Purelib: true
//	Tag: py3-none-any
func ParseWheel(r io.Reader) (Wheel, error) {
	h, err := parseHeader(r)
	w := Wheel{Generator: oneLine(h.first("generator"))}
	for _, s := range h["tag"] {
		tags, tagErr := ParseTags(s)
		w.Tags = append(w.Tags, tags...)
		err = errors.Join(err, tagErr)
	}
	return w, err
}

// A header maps field names in lower case to values in the order of the file.
type header map[string][]string

// first returns the first value of a field, as Python's email package does.
func (h header) first(name string) string {
	if all := h[name]; len(all) > 0 {
		return strings.TrimSpace(all[0])
	}
	return ""
}

// oneLine joins the lines of a folded value.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// A headerParser collects fields:
//
//	Name: value
//	Name: value,
//	  continued
//	<empty line, then the description>
//
// A line of any other form ends the header too, as in Python's email package,
// and is an error: fields may have been below it.
type headerParser struct {
	fields header
	name   string
	value  []string // lines
	line   int
	errs   []error
}

// parseHeader reads the fields before the first empty line. Descriptions are
// left out.
func parseHeader(r io.Reader) (header, error) {
	p := headerParser{fields: header{}}
	limited := &io.LimitedReader{R: r, N: maxHeader}
	br := bufio.NewReader(limited)
	for more := true; more; {
		text, err := br.ReadString('\n')
		more = text != "" && p.lines(strings.TrimSuffix(text, "\n")) && err == nil
		if err != nil && err != io.EOF {
			p.fail("%w", err)
		}
	}
	if limited.N == 0 {
		p.fail("header longer than %d bytes", maxHeader)
	}
	p.flush()
	return p.fields, errors.Join(p.errs...)
}

// fail remembers an error at the current line.
func (p *headerParser) fail(format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, fmt.Errorf("line %d: "+format, append([]any{p.line}, args...)...))
	}
}

// lines takes one line, or several that a carriage return alone divides. It
// reports whether the header goes on.
func (p *headerParser) lines(text string) bool {
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r"), "\r") {
		p.line++
		if p.line == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if !p.take(line) {
			return false
		}
	}
	return true
}

// take takes one line and reports whether the header goes on.
func (p *headerParser) take(line string) bool {
	if line == "" {
		return false
	}
	if line[0] == ' ' || line[0] == '\t' {
		if p.name == "" {
			p.fail("continues no field")
		}
		p.value = append(p.value, line)
		return true
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok || strings.IndexFunc(name, notFieldName) >= 0 {
		p.fail("%.80q is no field; what follows was not read", line)
		return false
	}
	p.flush()
	p.name = strings.ToLower(name)
	p.value = append(p.value, strings.TrimLeft(value, " \t"))
	return true
}

// notFieldName reports whether r cannot stand in the name of a field (RFC 5322).
func notFieldName(r rune) bool { return r <= ' ' || r >= 0x7f }

// flush ends the current field.
func (p *headerParser) flush() {
	if p.name != "" && p.name != "description" {
		value := strings.Join(p.value, "\n")
		if !utf8.ValidString(value) {
			p.fail("%s is not UTF-8", p.name)
			value = strings.ToValidUTF8(value, "\ufffd")
		}
		p.fields[p.name] = append(p.fields[p.name], value)
	}
	p.name, p.value = "", p.value[:0]
}
