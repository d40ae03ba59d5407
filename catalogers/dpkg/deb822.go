package dpkg

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxRecord is the longest stanza that is read, in bytes. A longer one is
// skipped and told as an error; those around it are not touched.
const maxRecord = 16 << 20

// A stanza is a paragraph of a control file, in the format of deb822(5):
//
//	Package: bash             <- field: name, colon, value
//	Depends: base-files,
//	 debianutils (>= 5.6-0.1) <- a line that begins with a blank goes on
//	                          <- an empty line ends the stanza
//
// Field names are compared without regard to case.
type stanza struct {
	line   int // the number of its first line, from 1
	fields []field
}

// A field's value has no blanks around it. Lines after the first keep the
// blank that they begin with.
type field struct {
	name, value string
}

// value returns the value of the named field, or "".
func (s stanza) value(name string) string {
	for _, f := range s.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// stanzas reads r to its end and yields what it holds. A stanza comes with an
// error if lines of it could not be read or a field occurs twice; of two fields
// the first counts. A stanza that is too long comes as an error without
// fields. An error of r is the last that is yielded, with what was read of the
// stanza that it hit.
func stanzas(r io.Reader) iter.Seq2[stanza, error] {
	return func(yield func(stanza, error) bool) {
		records := recordReader{r: bufio.NewReaderSize(r, 4<<10), limit: maxRecord}
		for {
			text, line, err := records.next()
			if err == io.EOF {
				return
			}
			s, bad := parseStanza(string(text), line)
			if !yield(s, errors.Join(bad, err)) {
				return
			}
			if err != nil && !errors.Is(err, errRecordSize) {
				return
			}
		}
	}
}

// A recordReader splits a text at its empty lines.
type recordReader struct {
	r     *bufio.Reader
	limit int
	lines int    // read so far
	text  []byte // of the record at hand
	long  bool   // it is longer than limit, and text is not all of it
}

var errRecordSize = errors.New("record is too long")

// next returns the next record, valid until the next call, and the number of
// its first line. Each of its lines ends in a newline, without a carriage
// return. At the end of the file next returns io.EOF; beside another error is
// what could be read.
func (r *recordReader) next() (text []byte, first int, err error) {
	r.text, r.long = r.text[:0], false
	for {
		blank, err := r.readLine()
		switch {
		case err == io.EOF && first > 0, err == nil && blank && first > 0:
			return r.whole(first)
		case err != nil:
			return r.text, max(first, 1), err
		case first == 0 && !blank:
			first = r.lines
		}
	}
}

func (r *recordReader) whole(first int) ([]byte, int, error) {
	if r.long {
		return nil, first, fmt.Errorf("line %d: %w: more than %d bytes", first, errRecordSize, r.limit)
	}
	return r.text, first, nil
}

// nextLine returns the next line without its end, valid until the next call. A
// line that is longer than the limit is long, and left out.
func (r *recordReader) nextLine() (line []byte, long bool, err error) {
	r.text, r.long = r.text[:0], false
	if _, err := r.readLine(); err != nil {
		return nil, false, err
	}
	if r.long {
		return nil, true, nil
	}
	return bytes.TrimSuffix(r.text, []byte("\n")), false, nil
}

// readLine adds a line to r.text and reports whether it was empty, which adds
// nothing. A line that an error cuts short is left out; the end of the file
// may stand for the last newline.
func (r *recordReader) readLine() (blank bool, err error) {
	start := len(r.text)
	blank = true
	for n := 0; ; {
		chunk, err := r.r.ReadSlice('\n')
		if n == 0 && r.lines == 0 {
			chunk = bytes.TrimPrefix(chunk, byteOrderMark)
		}
		n += len(chunk)
		blank = blank && len(bytes.TrimRight(chunk, "\r\n")) == 0
		r.keep(chunk)
		if err == nil || err == io.EOF && n > 0 {
			break
		}
		if err != bufio.ErrBufferFull {
			r.text = r.text[:min(start, len(r.text))]
			return blank, err
		}
	}
	r.lines++
	if !r.long {
		line := bytes.TrimRight(r.text[start:], "\r\n")
		r.text = r.text[:start+len(line)]
		if !blank {
			r.text = append(r.text, '\n')
		}
	}
	return blank, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (r *recordReader) keep(chunk []byte) {
	r.long = r.long || len(r.text)+len(chunk) > r.limit
	if !r.long {
		r.text = append(r.text, chunk...)
	}
}

// Bounds of one stanza: what is beyond them is not read, and told.
const (
	maxFields   = 500
	maxBadLines = 1000
)

// parseStanza parses the lines of one record, of which the first has the given
// number. The values are substrings of text.
func parseStanza(text string, first int) (stanza, error) {
	s := stanza{line: first}
	var bad complaints
	for line := first; text != "" && len(s.fields) < maxFields && bad.n < maxBadLines; {
		end := fieldEnd(text)
		name, value, colon := strings.Cut(text[:end], ":")
		switch {
		case !colon || !validFieldName(name):
			bad.addf("line %d: no field name", line)
		case s.has(name):
			bad.addf("line %d: field %s occurs again", line, name)
		default:
			s.fields = append(s.fields, field{name, strings.Trim(value, " \t\n")})
		}
		line += strings.Count(text[:end], "\n")
		text = text[end:]
	}
	if text != "" {
		bad.addf("line %d: the rest of a stanza of this many lines is not read", first)
	}
	return s, bad.err()
}

// fieldEnd returns the length of the field that text begins with: its first
// line and those after it that begin with a blank.
func fieldEnd(text string) int {
	for end := 0; ; {
		n := strings.IndexByte(text[end:], '\n')
		if n < 0 {
			return len(text)
		}
		end += n + 1
		if end == len(text) || text[end] != ' ' && text[end] != '\t' {
			return end
		}
	}
}

func (s stanza) has(name string) bool {
	for _, f := range s.fields {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// validFieldName holds names to printable ASCII without blanks and colon, not
// beginning with "#" or "-".
func validFieldName(name string) bool {
	if name == "" || name[0] == '#' || name[0] == '-' {
		return false
	}
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return false
		}
	}
	return true
}

// complaints makes one error of the faults of one place: the first, and how
// many there were.
type complaints struct {
	first error
	n     int
}

func (c *complaints) addf(format string, args ...any) {
	if c.n++; c.first == nil {
		c.first = fmt.Errorf(format, args...)
	}
}

func (c *complaints) err() error {
	if c.n > 1 {
		return fmt.Errorf("%w, and %d more faults", c.first, c.n-1)
	}
	return c.first
}
