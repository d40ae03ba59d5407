package jar

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSize is how much of a file is read, in bytes. The main section of a manifest
// must end within.
const maxSize = 1 << 20

// A manifest is the main section of a MANIFEST.MF, by names in lower case.
type manifest map[string]string

// get returns the first of the named headers that has a value.
func (m manifest) get(names ...string) string {
	for _, name := range names {
		if v := m[strings.ToLower(name)]; v != "" {
			return v
		}
	}
	return ""
}

// parseManifest reads the main section of a manifest. Lines end in CR, LF or both,
// and a line of more than 72 bytes goes on after a line end and a space, even
// within a character:
//
//	Manifest-Version: 1.0
//	Implementation-Title: a title that is so long that it does not fit
//	  on one line
//	                            an empty line ends the section
//	Name: com/example/          others are about single files
//
// Of a header that occurs twice the last counts. Lines that are not in the format
// are left out and told in the error.
func parseManifest(r io.Reader) (manifest, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, err
	}
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	m, read := manifest{}, len(b)
	var faults faults
	for n := 1; len(b) > 0; {
		var line []byte
		first := n
		if line, b = cutLine(b); len(line) == 0 {
			return m, faults.err()
		}
		n++
		joined := bytes.Clone(line)
		for len(b) > 0 && b[0] == ' ' {
			line, b = cutLine(b[1:])
			joined = append(joined, line...)
			n++
		}
		if len(b) == 0 && read > maxSize {
			break
		}
		faults.add(first, m.header(joined))
	}
	if read > maxSize {
		return m, fmt.Errorf("the main section has more than %d bytes", maxSize)
	}
	return m, faults.err()
}

// cutLine returns the first line of b, which ends in CR LF, CR or LF, and what
// follows it.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return b, nil
	}
	line, rest = b[:i], b[i+1:]
	if b[i] == '\r' && len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return line, rest
}

// header adds one header, all its lines joined.
func (m manifest) header(line []byte) error {
	name, value, ok := strings.Cut(string(line), ": ")
	if !ok {
		name, ok = strings.CutSuffix(name, ":")
	}
	if !ok || !validHeader(name) {
		return fmt.Errorf("%.80q is not a header", line)
	}
	if value = strings.TrimSpace(value); !isText(value) {
		return fmt.Errorf("%s: not UTF-8 text", name)
	}
	key := strings.ToLower(name)
	old, again := m[key]
	m[key] = value
	if again && old != value {
		return fmt.Errorf("%s: %.80q replaces %.80q", name, value, old)
	}
	return nil
}

func validHeader(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '-' && c != '_') {
			return false
		}
	}
	return s != "" && len(s) <= 70
}

// isText reports whether s is UTF-8 without control characters.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// faults keeps the first of several faults, and counts them.
type faults struct {
	first error
	n     int
}

func (f *faults) add(line int, err error) {
	if err == nil {
		return
	}
	if f.n++; f.n == 1 {
		f.first = fmt.Errorf("line %d: %w", line, err)
	}
}

func (f *faults) err() error {
	if f.n > 1 {
		return fmt.Errorf("%w, and %d more faults", f.first, f.n-1)
	}
	return f.first
}
