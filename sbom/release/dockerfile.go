package release

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Bounds of a Dockerfile.
const (
	maxDockerfile      = 1 << 20 // bytes
	maxDockerfileLines = 10_000
	maxImages          = 256
	maxFaults          = 10   // that are told one by one, as are images without a digest
	maxValue           = 4096 // bytes of a value after substitution: each may name another twice
	maxDefaults        = 8    // how deep ${a:-${b:-...}} may go
)

// baseImages returns the base images of the Dockerfiles among the names, but for
// those that a flag or the record names already.
func (g *gathering) baseImages(root *os.Root, names []string) (inputs []sbom.Input) {
	seen := map[string]bool{}
	for _, c := range g.candidates {
		for _, in := range c.Facts.Inputs {
			seen[in.URL] = true
		}
	}
	for _, name := range names {
		if !isDockerfile(name) {
			continue
		}
		for _, ref := range g.imagesOf(root, name) {
			in := imageInput(ref)
			in.Name = "base image " + in.Name
			if seen[in.URL] {
				continue
			}
			if len(inputs) == maxInputs {
				g.found(sbom.Note, "inputs.limit", "more than %d base images: the rest is not listed", maxInputs)
				return inputs
			}
			seen[in.URL] = true
			inputs = append(inputs, in)
		}
	}
	return inputs
}

// isDockerfile reports whether a build input is a Dockerfile, by its name.
func isDockerfile(name string) bool {
	base := path.Base(name)
	if kind, _, _ := strings.Cut(base, "."); kind == "Dockerfile" || kind == "Containerfile" {
		return !strings.HasSuffix(base, ".dockerignore")
	}
	return strings.HasSuffix(base, ".Dockerfile") || strings.HasSuffix(base, ".Containerfile")
}

// imagesOf returns the base images of a Dockerfile of the work tree.
func (g *gathering) imagesOf(root *os.Root, name string) []string {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		g.found(sbom.Note, "inputs.image", "%s: %v", name, plain(err))
		return nil
	}
	defer f.Close() // it is only read
	images, err := parseDockerfile(f)
	if err != nil {
		g.found(sbom.Note, "inputs.image", "%s: %s", name, strings.ReplaceAll(plain(err).Error(), "\n", "; "))
	}
	var loose []string
	for _, ref := range images {
		if !strings.Contains(ref, "@") {
			loose = append(loose, ref)
		}
	}
	if len(loose) > 0 {
		list := strings.Join(loose[:min(len(loose), maxFaults)], ", ")
		if more := len(loose) - maxFaults; more > 0 {
			list += fmt.Sprintf(" and %d more", more)
		}
		g.found(sbom.Note, "inputs.unpinned", "%s: base images without a digest: %s", name, list)
	}
	return images
}

// A dockerfile is what is known of one so far.
type dockerfile struct {
	lines  []string
	next   int    // index of the line to read next
	line   int    // number of the line in which the instruction at hand begins
	escape string // one character

	args     map[string]string // global ones whose value is known
	begun    bool              // there was a FROM
	stages   map[string]bool   // by name, in lower case
	images   []imageUse
	faults   []error
	unlisted int // faults beyond maxFaults
}

// An imageUse is where FROM, or else COPY, names an image.
type imageUse struct {
	ref    string
	line   int
	copied bool
}

// parseDockerfile returns the images that a Dockerfile is based on or copies
// files from, in order, each once, as the build takes them that is given no
// arguments: https://docs.docker.com/reference/dockerfile/
//
// It knows the instructions FROM, COPY and the ARG before the first FROM, and
// here-documents, to leave them out. An error says, with the line, what it could
// not make out; it tells names of variables, and no values, which may be secrets.
func parseDockerfile(r io.Reader) ([]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDockerfile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxDockerfile {
		return nil, fmt.Errorf("more than %d bytes: not read", maxDockerfile)
	}
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if len(lines) > maxDockerfileLines {
		return nil, fmt.Errorf("more than %d lines: not read", maxDockerfileLines)
	}
	d := &dockerfile{lines: lines, escape: `\`, args: map[string]string{}, stages: map[string]bool{}}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, "\r")
	}
	d.directives()
	for {
		instruction, ok := d.instruction()
		if !ok {
			break
		}
		d.obey(instruction)
	}
	if !d.begun && len(d.faults) == 0 {
		d.fault("no FROM")
	}
	return d.list()
}

// list returns the images that are no stages. COPY, unlike FROM, may also name a
// stage that comes later.
func (d *dockerfile) list() (refs []string, err error) {
	seen := map[string]bool{}
	for _, use := range d.images {
		if seen[use.ref] || use.ref == "scratch" || use.copied && d.isStage(use.ref) {
			continue
		}
		if len(use.ref) > maxReference || !reference.MatchString(use.ref) {
			d.line = use.line
			d.fault("want an image such as example.org/base:1@sha256:...") // what is there may be a secret
			continue
		}
		if len(refs) == maxImages {
			d.faults = append(d.faults, fmt.Errorf("more than %d images: the rest is not listed", maxImages))
			break
		}
		seen[use.ref] = true
		refs = append(refs, use.ref)
	}
	if d.unlisted > 0 {
		d.faults = append(d.faults, fmt.Errorf("and %d more like these", d.unlisted))
	}
	return refs, errors.Join(d.faults...)
}

func (d *dockerfile) fault(format string, args ...any) {
	if len(d.faults) == maxFaults {
		d.unlisted++
		return
	}
	d.faults = append(d.faults, fmt.Errorf("line %d: %s", max(d.line, 1), fmt.Sprintf(format, args...)))
}

var directive = regexp.MustCompile(`^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$`)

// directives reads the parser directives, which are the first lines. The first
// line that is none ends them.
func (d *dockerfile) directives() {
	for i, line := range d.lines {
		m := directive.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			return
		}
		switch strings.ToLower(m[1]) {
		case "escape":
			if m[2] != `\` && m[2] != "`" {
				d.line = i + 1
				d.fault("the escape character is neither \\ nor `")
				return
			}
			d.escape = m[2]
		case "syntax", "check":
		default:
			return
		}
	}
}

// instruction returns the next instruction on one line, without the comments and
// empty lines in it, and skips the here-documents that follow it.
func (d *dockerfile) instruction() (string, bool) {
	var b strings.Builder
	begun := false
	for d.next < len(d.lines) {
		line := d.lines[d.next]
		d.next++
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if !begun {
			begun, d.line = true, d.next
		}
		part, more := d.continued(line)
		b.WriteString(part)
		if !more {
			break
		}
	}
	text := strings.TrimSpace(b.String())
	d.skipHeredocs(text)
	return text, begun
}

// continued cuts the escape character off a line that ends in one, and not in two.
func (d *dockerfile) continued(line string) (string, bool) {
	part, ok := strings.CutSuffix(strings.TrimRight(line, " \t"), d.escape)
	if !ok || strings.HasSuffix(part, d.escape) {
		return line, false
	}
	return part, true
}

var heredoc = regexp.MustCompile(`^[0-9]*<<(-?)([^<]+)$`)

// skipHeredocs skips the here-documents that an instruction begins.
func (d *dockerfile) skipHeredocs(instruction string) {
	words := d.words(instruction)
	if len(words) == 0 || !slices.Contains([]string{"RUN", "COPY", "ADD", "ONBUILD"}, strings.ToUpper(words[0])) {
		return
	}
	for _, word := range words[1:] {
		m := heredoc.FindStringSubmatch(word)
		if m == nil {
			continue
		}
		end := strings.NewReplacer(`"`, "", `'`, "").Replace(m[2])
		i := slices.IndexFunc(d.lines[d.next:], func(line string) bool {
			if m[1] != "" {
				line = strings.TrimLeft(line, "\t")
			}
			return line == end
		})
		if i < 0 {
			d.fault("a here-document has no end")
			d.next = len(d.lines)
			return
		}
		d.next += i + 1
	}
}

// words splits a text at blanks outside of quotes; quotes and escapes stay.
func (d *dockerfile) words(text string) (words []string) {
	start, quote := -1, byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		blank := c == ' ' || c == '\t'
		if blank && quote == 0 {
			if start >= 0 {
				words = append(words, text[start:i])
			}
			start = -1
			continue
		}
		if start < 0 {
			start = i
		}
		switch {
		case c == d.escape[0] && quote != '\'':
			i++ // whatever comes next is no quote
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	if start >= 0 {
		words = append(words, text[start:])
	}
	return words
}

func (d *dockerfile) obey(instruction string) {
	keyword, rest := instruction, ""
	if i := strings.IndexAny(instruction, " \t"); i >= 0 {
		keyword, rest = instruction[:i], instruction[i+1:]
	}
	switch strings.ToUpper(keyword) {
	case "FROM":
		d.from(strings.Fields(rest))
	case "COPY":
		d.copyFrom(d.words(rest))
	case "ARG":
		if !d.begun {
			d.arg(d.words(rest))
		}
	}
}

// from reads what follows FROM: [--platform=PLATFORM] IMAGE [AS STAGE]
func (d *dockerfile) from(words []string) {
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	d.begun = true
	switch {
	case len(words) == 3 && strings.EqualFold(words[1], "AS"):
		defer func() { d.stages[strings.ToLower(words[2])] = true }() // it is not its own base
	case len(words) != 1:
		d.fault("want FROM IMAGE [AS STAGE]")
		return
	}
	ref, err := d.expand(words[0], 0)
	if err != nil {
		d.fault("the image: %v", err)
		return
	}
	if !d.isStage(ref) {
		d.images = append(d.images, imageUse{ref, d.line, false})
	}
}

// copyFrom reads the flag --from=IMAGE of COPY, in which no variable is replaced.
func (d *dockerfile) copyFrom(words []string) {
	for _, word := range words {
		flag, value, _ := strings.Cut(word, "=")
		if !strings.HasPrefix(flag, "--") {
			return
		}
		if flag != "--from" {
			continue
		}
		if strings.Contains(value, "$") {
			d.fault("COPY --from with a variable, which the build does not replace there")
			return
		}
		ref, err := d.expand(value, 0)
		if err != nil {
			d.fault("COPY --from: %v", err)
			return
		}
		if _, err := strconv.Atoi(ref); err != nil { // a number is that of a stage
			d.images = append(d.images, imageUse{ref, d.line, true})
		}
	}
}

func (d *dockerfile) isStage(name string) bool {
	return d.stages[strings.ToLower(name)]
}

// reference is that of an image: [HOST[:PORT]/]PATH[:TAG][@sha256:DIGEST], see
// https://pkg.go.dev/github.com/distribution/reference
var reference = regexp.MustCompile(`^([A-Za-z0-9.-]+(:[0-9]+)?/|\[[0-9A-Fa-f:]+\](:[0-9]+)?/)?` +

	`[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)*` +
	`(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`)

const maxReference = 512 // bytes: a name has up to 255, a tag up to 128

var (
	bareVariable = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)`)
	braceStart   = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(:?[-+])?`)
)
