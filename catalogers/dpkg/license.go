package dpkg

import (
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

// A node is a licence expression: a leaf with an SPDX id, a LicenseRef or "id
// WITH exception", or several expressions that op joins.
type node struct {
	op    string // "AND" or "OR"; "" for a leaf
	id    string
	known bool // id is not just a name
	kids  []node
}

// String returns the expression in SPDX syntax, with the parentheses it needs.
func (n node) String() string {
	if n.op == "" {
		return n.id
	}
	var b strings.Builder
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteString(" " + n.op + " ")
		}
		if kid.op != "" {
			b.WriteString("(" + kid.String() + ")")
			continue
		}
		b.WriteString(kid.id)
	}
	return b.String()
}

// join joins expressions. It leaves out repetitions and parentheses that are
// not needed.
func join(op string, nodes []node) node {
	var flat []node
	for _, n := range nodes {
		if n.op == op {
			flat = append(flat, n.kids...)
			continue
		}
		flat = append(flat, n)
	}
	seen := map[string]bool{}
	flat = slices.DeleteFunc(flat, func(n node) bool {
		s := n.String()
		again := seen[s]
		seen[s] = true
		return again
	})
	if len(flat) == 1 {
		return flat[0]
	}
	return node{op: op, kids: flat}
}

// An expressionParser parses the first line of License fields:
//
//	list  = or {"," ("and"|"or") or}     the comma binds least
//	or    = and {"or" and}
//	and   = term {"and" term}
//	term  = name ["with" words "exception"]
//
// Names that have no SPDX id become a LicenseRef in refs.
type expressionParser struct {
	texts map[string]string // by name in lower case, as folded values
	refs  []licenseText
	ids   map[string]string // the ids of refs, by name in lower case

	words []string // what is left of the line at hand
	bad   bool     // it is not in the grammar
}

// define remembers the text of a licence. The first text of a name counts.
func (p *expressionParser) define(name, body string) {
	name = strings.ToLower(name)
	if name != "" && p.texts[name] == "" && strings.Trim(body, " \t\n.") != "" {
		p.texts[name] = body
	}
}

// unindent returns a folded value without the blank that each line begins with
// and the dots that stand for empty lines.
func unindent(body string) string {
	var b strings.Builder
	for line := range strings.Lines(body) {
		line = strings.TrimRight(strings.TrimPrefix(line, " "), " \t\n")
		if line == "." {
			line = ""
		}
		b.WriteString(line + "\n")
	}
	return strings.Trim(b.String(), "\n")
}

// maxLine is the longest line that is taken for an expression, not for text.
const maxLine = 4 << 10

// parse returns the expression that a line stands for. A line that is not in
// the grammar is the name of one licence.
func (p *expressionParser) parse(line string) node {
	p.words, p.bad = strings.Fields(strings.ReplaceAll(line, ",", " , ")), false
	if len(line) > maxLine {
		return p.unknown(line)
	}
	n := p.list()
	if p.bad || len(p.words) > 0 {
		return p.unknown(line)
	}
	p.refer(&n)
	return n
}

// refer makes LicenseRefs of the leaves that have no SPDX id.
func (p *expressionParser) refer(n *node) {
	if n.op == "" && !n.known {
		*n = p.unknown(n.id)
	}
	for i := range n.kids {
		p.refer(&n.kids[i])
	}
}

func (p *expressionParser) list() node {
	n := p.or()
	for p.accept(",") {
		switch {
		case p.accept("and"):
			n = join("AND", []node{n, p.or()})
		case p.accept("or"):
			n = join("OR", []node{n, p.or()})
		default:
			p.bad = true
		}
	}
	return n
}

func (p *expressionParser) or() node {
	nodes := []node{p.and()}
	for p.accept("or") {
		nodes = append(nodes, p.and())
	}
	return join("OR", nodes)
}

func (p *expressionParser) and() node {
	nodes := []node{p.term()}
	for p.accept("and") {
		nodes = append(nodes, p.term())
	}
	return join("AND", nodes)
}

func (p *expressionParser) accept(word string) bool {
	if p.bad || len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *expressionParser) term() node {
	if p.bad || len(p.words) == 0 || p.keyword(p.words[0]) {
		p.bad = true
		return node{}
	}
	name := p.words[0]
	p.words = p.words[1:]
	if p.accept("with") {
		return p.exception(name)
	}
	if strings.EqualFold(name, "Perl") {
		return p.parsePerl()
	}
	if id := spdxID(name); id != "" {
		return node{id: id, known: true}
	}
	return node{id: name}
}

func (p *expressionParser) keyword(word string) bool {
	return slices.Contains([]string{",", "and", "or", "with"}, strings.ToLower(word))
}

// parsePerl returns what the name Perl means: the terms of Perl itself.
func (p *expressionParser) parsePerl() node {
	return join("OR", []node{{id: spdxID("GPL-1+"), known: true}, {id: spdxID("Artistic"), known: true}})
}

// exception parses what follows "name with": some words, of which the last is or
// ends in "exception".
func (p *expressionParser) exception(name string) node {
	i := slices.IndexFunc(p.words, func(w string) bool {
		return strings.HasSuffix(strings.ToLower(w), "exception") || p.keyword(w)
	})
	if i < 0 || p.keyword(p.words[i]) {
		p.bad = true
		return node{}
	}
	words := strings.Join(p.words[:i+1], " ")
	p.words = p.words[i+1:]
	id, exception := spdxID(name), spdxException(words)
	if id == "" || exception == "" {
		return node{id: name + " with " + words}
	}
	return node{id: id + " WITH " + exception, known: true}
}

// unknown returns a LicenseRef for a name without an SPDX id. Its text is the
// one that the file gives; if it gives none, the name is all there is.
func (p *expressionParser) unknown(name string) node {
	lower := strings.ToLower(name)
	if id, ok := p.ids[lower]; ok {
		return node{id: id, known: true}
	}
	text := unindent(p.texts[lower])
	if text == "" {
		text = name
	}
	t := newLicenseText(name, text)
	if !slices.ContainsFunc(p.refs, func(o licenseText) bool { return o.id == t.id }) {
		p.refs = append(p.refs, t)
	}
	if p.ids == nil {
		p.ids = map[string]string{}
	}
	p.ids[lower] = t.id
	return node{id: t.id, known: true}
}

// spdxID returns the SPDX id of a short name, or "" if it has none. Short names
// are compared without regard to case, and "2" is the same version as "2.0".
func spdxID(name string) string {
	if id, ok := shortNames[strings.ToLower(name)]; ok {
		return id
	}
	if gnu, id := gnuLicense(name); gnu {
		return id
	}
	base := strings.TrimSuffix(name, "+")
	for _, candidate := range []string{base, base + ".0"} {
		if ok, id := spdxexp.ActiveLicense(candidate); ok {
			return id + name[len(base):]
		}
	}
	return ""
}

// shortNames holds the short names that SPDX spells otherwise. The common
// licence Artistic is the one that Perl 5 has.
var shortNames = map[string]string{
	"artistic": "Artistic-1.0-Perl",
	"cc0":      "CC0-1.0",
	"expat":    "MIT",
	"python":   "Python-2.0",
	"zope-1.1": "ZPL-1.1",
	"zope-2.0": "ZPL-2.0",
	"zope-2.1": "ZPL-2.1",
}

// gnuLicense reports whether name is one of the GNU licences, which say in
// their names whether later versions may be used, and returns its id. The id
// is "" if there is no such version, or none is said.
func gnuLicense(name string) (gnu bool, id string) {
	upper := strings.ToUpper(name)
	for _, family := range gnuFamilies {
		version, ok := strings.CutPrefix(upper, family.prefix)
		if !ok {
			continue
		}
		version, later := cutSuffixes(strings.TrimLeft(version, "-V"))
		if !strings.Contains(version, ".") {
			version += ".0"
		}
		id := family.id + "-" + version + family.suffix + later
		if known, canonical := spdxexp.ActiveLicense(id); known {
			return true, canonical
		}
		return version == ".0" || isDigit(version[0]), ""
	}
	return false, ""
}

// gnuFamilies is in an order in which no prefix hides a longer one.
var gnuFamilies = []struct{ prefix, id, suffix string }{
	{"AGPL", "AGPL", ""},
	{"LGPL", "LGPL", ""},
	{"GPL", "GPL", ""},
	{"GFDL-NIV", "GFDL", "-no-invariants"},
	{"GFDL", "GFDL", ""},
}

func cutSuffixes(version string) (number, later string) {
	for _, s := range []string{"+", "-OR-LATER"} {
		if number, ok := strings.CutSuffix(version, s); ok {
			return number, "-or-later"
		}
	}
	return strings.TrimSuffix(version, "-ONLY"), "-only"
}

// spdxException returns the SPDX id of an exception, or "". Those whose name
// stands for several texts, as "OpenSSL exception" does, have none.
func spdxException(words string) string {
	name := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(words), "exception"), " "))
	return exceptions[strings.Trim(name, " -")]
}

var exceptions = map[string]string{
	"bison":              "Bison-exception-2.2",
	"bison-2.2":          "Bison-exception-2.2",
	"classpath":          "Classpath-exception-2.0",
	"classpath-2.0":      "Classpath-exception-2.0",
	"font":               "Font-exception-2.0",
	"gcc-runtime-3.1":    "GCC-exception-3.1",
	"gcc runtime":        "GCC-exception-3.1",
	"libtool":            "Libtool-exception",
	"linux-syscall-note": "Linux-syscall-note",
	"llvm":               "LLVM-exception",
	"texinfo":            "Texinfo-exception",
}
