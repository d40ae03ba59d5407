package dist

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// maxRow bounds one row of a RECORD, in bytes.
const maxRow = 64 << 10

// A Row is one file of a RECORD.
type Row struct {
	Path      string // as written: relative to the folder that the .dist-info is in
	Algorithm string // such as "sha256"; empty if no digest is given
	Digest    string // lower-case hexadecimal
	Size      int64  // -1 if not given
}

// maxRows is how many rows of a RECORD are read, far more than any has.
const maxRows = 500_000

// ParseRecord reads a RECORD file and calls yield for each row that can be
// read: https://packaging.python.org/specifications/recording-installed-packages/
//
//	PATH,ALGORITHM=DIGEST,SIZE
//
// It is CSV in the dialect of Python's csv module: fields in double quotes
// may hold commas, line ends and doubled quotes.
func ParseRecord(r io.Reader, yield func(Row)) error {
	c := csvReader{r: bufio.NewReaderSize(r, 16<<10), line: 1}
	var errs []error
	fail := func(err error) {
		if len(errs) < maxErrors {
			errs = append(errs, err)
		}
	}
	for rows := 0; ; {
		start := c.line
		fields, err := c.row()
		switch {
		case err == io.EOF:
			return errors.Join(errs...)
		case errors.Is(err, errRow):
			fail(fmt.Errorf("line %d: %w", start, err))
			continue
		case err != nil:
			fail(err)
			return errors.Join(errs...)
		}
		if len(fields) == 1 && fields[0] == "" {
			continue
		}
		row, err := newRow(fields)
		if err != nil {
			fail(fmt.Errorf("line %d: %w", start, err))
		}
		if row.Path == "" {
			continue
		}
		if rows++; rows > maxRows {
			fail(fmt.Errorf("line %d: more than %d rows; the rest was not read", start, maxRows))
			return errors.Join(errs...)
		}
		yield(row)
	}
}

// newRow makes a row of its fields. A path with a digest or size that cannot
// be read is returned beside the error.
func newRow(fields []string) (Row, error) {
	row := Row{Path: fields[0], Size: -1}
	if row.Path == "" || len(fields) > 3 || strings.ContainsRune(row.Path, 0) {
		return Row{}, fmt.Errorf("%d fields, the path is %.80q", len(fields), row.Path)
	}
	var err error
	if len(fields) > 1 && fields[1] != "" {
		algorithm, value, _ := strings.Cut(fields[1], "=")
		digest, ok := decodeDigest(strings.TrimRight(value, "="))
		if !ok || algorithm == "" {
			err = fmt.Errorf("digest %.80q", fields[1])
		} else {
			row.Algorithm, row.Digest = strings.ToLower(algorithm), digest
		}
	}
	if len(fields) > 2 && fields[2] != "" {
		n, bad := strconv.ParseInt(fields[2], 10, 64)
		if bad != nil || n < 0 {
			return row, errors.Join(err, fmt.Errorf("size %.80q", fields[2]))
		}
		row.Size = n
	}
	return row, err
}

// maxDigest is the length in bytes of the longest digest.
const maxDigest = 64

// decodeDigest returns in hexadecimal what is in URL-safe base64 in a RECORD.
func decodeDigest(value string) (string, bool) {
	if value == "" || base64.RawURLEncoding.DecodedLen(len(value)) > maxDigest {
		return "", false
	}
	var sum [maxDigest]byte
	var text [2 * maxDigest]byte
	n, err := base64.RawURLEncoding.Decode(sum[:], []byte(value))
	return string(hex.AppendEncode(text[:0], sum[:n])), err == nil
}

// A csvReader reads rows of fields. It is as lenient as Python's csv module,
// so that both see the same paths.
type csvReader struct {
	r     *bufio.Reader
	line  int
	plain []string // of plainRow, used again
}

// errRow is for a row that is lost while the next can be read.
var errRow = errors.New("row cannot be read")

// plainRow returns the fields of the next row, which are valid until the next call,
// or nil if the row is none of the usual ones without quotes in a line that is in
// the buffer.
func (c *csvReader) plainRow() []string {
	buffered, _ := c.r.Peek(c.r.Buffered()) // there are as many
	line, _, ok := bytes.Cut(buffered, []byte("\n"))
	if !ok || bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return nil
	}
	c.plain = c.plain[:0]
	for field := range strings.SplitSeq(string(line), ",") {
		c.plain = append(c.plain, field)
	}
	c.r.Discard(len(line) + 1) // they were peeked at
	c.line++
	return c.plain
}

// row returns the fields of the next row, or io.EOF.
func (c *csvReader) row() ([]string, error) {
	if fields := c.plainRow(); fields != nil {
		return fields, nil
	}
	var fields []string
	var field strings.Builder
	quoted, closed, size := false, false, 0
	for {
		b, err := c.r.ReadByte()
		if err == io.EOF && size > 0 {
			return c.end(append(fields, field.String()), quoted, size)
		}
		if err != nil {
			return nil, err
		}
		size++
		if b == '\n' {
			c.line++
		}
		switch {
		case size > maxRow && b != '\n':
			// Lost; go on to the end of the line.
		case quoted && b == '"':
			quoted, closed = false, true
		case quoted && size <= maxRow:
			field.WriteByte(b)
		case b == '"' && closed: // a doubled quote
			field.WriteByte(b)
			quoted, closed = true, false
		case b == '"' && field.Len() == 0:
			quoted = true
		case b == '\n' || b == '\r':
			if b == '\r' {
				c.passNewline()
			}
			return c.end(append(fields, field.String()), false, size)
		case b == ',':
			fields = append(fields, field.String())
			field.Reset()
			closed = false
		default:
			field.WriteByte(b)
			closed = false
		}
	}
}

// passNewline passes the second half of a CR LF.
func (c *csvReader) passNewline() {
	if next, err := c.r.Peek(1); err == nil && next[0] == '\n' {
		c.r.ReadByte() // it was peeked at
	}
	c.line++
}

// end returns the fields of a row that has ended, unless the row is lost.
func (c *csvReader) end(fields []string, open bool, size int) ([]string, error) {
	if size > maxRow {
		return nil, fmt.Errorf("%w: longer than %d bytes", errRow, maxRow)
	}
	if open {
		return nil, fmt.Errorf("%w: quote without end", errRow)
	}
	return fields, nil
}

// Inside returns the path within the tree that a row's path means, where
// folder is the one that the .dist-info is in; ok is false if it leads
// outside the tree or is absolute. Scripts are usually outside the folder:
// ../../../bin/pip.
func Inside(folder, p string) (inside string, ok bool) {
	drive := len(p) > 1 && p[1] == ':'
	if p == "" || p[0] == '/' || drive || strings.ContainsAny(p, "\\\x00") {
		return "", false
	}
	if path.Clean(p) == p && folder != "." && p[0] != '.' {
		return folder + "/" + p, true // as nearly all are
	}
	inside = path.Join(folder, p)
	if inside == "." || inside == ".." || strings.HasPrefix(inside, "../") {
		return "", false
	}
	return inside, true
}

// Climbs returns how many folders up p leads before it leads down, or -1 if it is
// absolute or no path.
func Climbs(p string) int {
	up, rest := 0, path.Clean(p)
	for strings.HasPrefix(rest, "../") {
		rest = rest[len("../"):]
		up++
	}
	if _, ok := Inside(".", rest); !ok {
		return -1
	}
	return up
}
