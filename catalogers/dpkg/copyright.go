package dpkg

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A license is what a copyright file says of a package as a whole.
type license struct {
	expression string // an SPDX licence expression, or "" if nothing is said
	texts      []licenseText
}

// A licenseText is what one LicenseRef of an expression stands for.
type licenseText struct {
	id, name, text string
}

const (
	maxCopyright   = 16 << 20 // bytes of a copyright file
	maxLicenseText = 16 << 10 // bytes of one text that are kept
	maxExpression  = 32 << 10 // bytes of an expression
	maxParens      = 60       // pairs of parentheses in one
	maxRefs        = 500      // LicenseRefs in one
)

// parseCopyright reads usr/share/doc/PACKAGE/copyright. Most are in the
// machine-readable format, which names the licence of each file:
// https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
// The package's licence is that of the header, or of all files together.
//
// In another file the only words with a fixed meaning are references to the
// common licences. The licence is a LicenseRef for the text of the file, and
// the licence that it refers to, if that is one. Of several it is not known
// whether all of them hold or one may be chosen.
func parseCopyright(text string) (license, error) {
	if len(text) > maxCopyright {
		return license{}, fmt.Errorf("more than %d bytes", maxCopyright)
	}
	if l, err := parseMachineReadable(text); err == nil {
		return l, nil
	}
	return parseFreeForm(text), nil
}

var errFreeForm = errors.New("not in the machine-readable format")

// parseMachineReadable reads a copyright file of three kinds of stanzas:
//
//	Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
//	License: GPL-2+       <- may be left out
//
//	Files: *
//	Copyright: 2019 Jane Doe
//	License: GPL-2+ and Example
//
//	License: Example
//	 The text of the licence, with a dot for
//	 .
//	 an empty line.
//
// A file with a fault is not half believed: it is not in the format.
func parseMachineReadable(text string) (license, error) {
	var header string
	var files []string
	terms := expressionParser{texts: map[string]string{}}
	first := true
	for s, err := range stanzas(strings.NewReader(withoutComments(text))) {
		if err != nil || first && !hasFormat(s) {
			return license{}, errFreeForm
		}
		name, body, _ := strings.Cut(s.value("License"), "\n")
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case first:
			header = name
		case s.has("Files"):
			files = append(files, name)
		}
		terms.define(name, body)
		first = false
	}
	if header != "" {
		files = []string{header}
	}
	var all []node
	for _, name := range dedupe(files) {
		all = append(all, terms.parse(name))
		if len(terms.refs) > maxRefs {
			return license{}, errFreeForm
		}
	}
	expression := join("AND", all).String()
	if expression == "" || len(expression) > maxExpression || strings.Count(expression, "(") > maxParens {
		return license{}, errFreeForm
	}
	return license{expression, terms.refs}, nil
}

func hasFormat(s stanza) bool {
	format := strings.ToLower(s.value("Format") + s.value("Format-Specification"))
	return strings.Contains(format, "copyright-format") || strings.Contains(format, "dep5")
}

// withoutComments drops lines that begin with "#". The format has none, but
// many files do.
func withoutComments(text string) string {
	if !strings.HasPrefix(text, "#") && !strings.Contains(text, "\n#") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// dedupe returns the strings of list, each once, in order.
func dedupe(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

const commonLicenses = "/usr/share/common-licenses/"

// parseFreeForm looks for references to the common licences in text.
func parseFreeForm(text string) license {
	if strings.TrimSpace(text) == "" {
		return license{}
	}
	t := newLicenseText("", text)
	l := license{t.id, []licenseText{t}}
	if refs := commonReferences(text); len(refs) == 1 {
		if id := commonID(refs[0], text); id != "" {
			l.expression = id + " AND " + t.id
		}
	}
	return l
}

// commonID returns the SPDX id of a common licence, to which text refers, or "".
func commonID(name, text string) string {
	if gnu, _ := gnuLicense(name); gnu && strings.Contains(strings.Join(strings.Fields(text), " "), "later version") {
		name += "+"
	}
	return spdxID(name)
}

// commonReferences returns the names of the common licences that text refers
// to, each once.
func commonReferences(text string) []string {
	var names []string
	for {
		_, after, ok := strings.Cut(text, commonLicenses)
		if !ok {
			return dedupe(names)
		}
		end := strings.IndexFunc(after, notIn(".-+"))
		if end < 0 {
			end = len(after)
		}
		names = append(names, strings.TrimRight(after[:end], ".-"))
		text = after
	}
}

// newLicenseText makes a LicenseRef out of the text alone: packages use one name
// for different texts, and different names for one. So equal ids have equal texts,
// and the other way round.
func newLicenseText(name, text string) licenseText {
	text = bounded(readable(text), maxLicenseText)
	sum := sha256.Sum256([]byte(text))
	return licenseText{
		id:   fmt.Sprintf("LicenseRef-text-%x", sum[:8]),
		name: strings.Clone(readable(name)),
		text: text,
	}
}

// readable makes s UTF-8 without control characters other than newline and tab,
// which a document could not hold.
func readable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// bounded cuts s to at most limit bytes and says so. What it returns is no part of
// s.
func bounded(s string, limit int) string {
	if len(s) <= limit {
		return strings.Clone(s)
	}
	end := limit
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s\n[cut here: %d of %d bytes, with the SHA-256 %x]", s[:end], end, len(s), sha256.Sum256([]byte(s)))
}
