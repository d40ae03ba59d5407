package apk

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
	"time"
)

// maxRecord is the longest record that is read, in bytes, the list of its files
// included. A longer one is skipped and told as an error; those around it are
// not touched.
const maxRecord = 16 << 20

// A pkg is what the database says of one installed package.
type pkg struct {
	line int // of its first line, from 1

	name, version, arch string
	summary             string
	url                 string
	license             string
	origin              string // the package of the recipe that built it
	maintainer          string
	commit              string // of the repository of recipes
	repository          string // the tag of the repository it is pinned to
	built               time.Time

	depends  []dependency
	provides []dependency
	files    []string // paths without a leading slash
}

// packages reads the database of installed packages, in the format of
// https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2: records
// of lines with a letter, a colon and a value, each ended by an empty line.
//
//	C:Q1...=       checksum of the package
//	P:busybox      name          V:1.36.1-r2  version
//	A:x86_64       architecture  T:           description
//	D:so:libc.so   depends       p:cmd:ls=1   provides
//	F:bin          a folder; the files in it follow
//	M:0:0:755      its owner and mode
//	R:busybox      a file
//	a:0:0:755      its owner and mode
//	Z:Q1...=       its checksum
//
// It yields each package that has a name, with an error if lines of its record
// could not be read. A record without a name or one that is too long is an error
// alone. An error of r is the last that is yielded.
func packages(r io.Reader) iter.Seq2[*pkg, error] {
	return func(yield func(*pkg, error) bool) {
		lines := lineReader{r: bufio.NewReaderSize(r, 8<<10)}
		for {
			p, err := readPackage(&lines)
			if err == io.EOF {
				return
			}
			var broken *readError
			if !yield(p, err) || errors.As(err, &broken) {
				return
			}
		}
	}
}

// A readError is an error of the underlying reader, after which there is no
// more to read.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// A lineReader reads lines of any length, and keeps those that are not longer
// than maxRecord.
type lineReader struct {
	r    *bufio.Reader
	n    int // lines read so far
	line []byte
}

// next returns the next line without its end, valid until the next call, and how
// many bytes of the file it takes up. A longer line than maxRecord is cut
// there. The end of the file may stand for the last newline.
func (l *lineReader) next() (line []byte, size int, err error) {
	l.line = l.line[:0]
	for {
		chunk, err := l.r.ReadSlice('\n')
		size += len(chunk)
		l.line = append(l.line, chunk[:min(len(chunk), maxRecord-len(l.line))]...)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && size == 0:
			return nil, 0, io.EOF
		case err != nil && err != io.EOF:
			return nil, 0, &readError{err}
		}
		l.n++
		return bytes.TrimRight(l.line, "\r\n"), size, nil
	}
}

// readPackage reads one record. At the end of the file it returns io.EOF.
func readPackage(lines *lineReader) (*pkg, error) {
	rec := record{seen: map[byte]bool{}}
	size := 0
	for {
		line, n, err := lines.next()
		switch {
		case err != nil && (err != io.EOF || rec.line > 0):
			if err == io.EOF {
				err = nil
			}
			return rec.finish(size, err)
		case err != nil:
			return nil, err
		case len(line) == 0 && rec.line > 0:
			return rec.finish(size, nil)
		case len(line) == 0:
			continue
		case rec.line == 0:
			rec.line = lines.n
		}
		if size += n; size > maxRecord {
			rec.files, rec.depends, rec.provides = nil, nil, nil // and read on to the end of the record
			continue
		}
		if err := rec.set(line); err != nil {
			rec.complain(fmt.Errorf("line %d: %w", lines.n, err))
		}
	}
}

// A record is a package that is being read.
type record struct {
	pkg
	seen      map[byte]bool // the fields that may occur once
	folder    string
	hasFolder bool
	first     error // what was wrong, and how often
	faults    int
}

func (r *record) complain(err error) {
	if r.faults++; r.first == nil {
		r.first = err
	}
}

// finish returns what was read; err is that of the reader.
func (r *record) finish(size int, err error) (*pkg, error) {
	if size > maxRecord {
		tooLong := fmt.Errorf("line %d: package %q: a record of more than %d bytes", r.line, r.name, maxRecord)
		return nil, errors.Join(tooLong, err)
	}
	for _, must := range []struct{ field, value string }{{"name", r.name}, {"version", r.version}, {"architecture", r.arch}} {
		if must.value == "" {
			r.complain(fmt.Errorf("line %d: package %q has no %s", r.line, r.name, must.field))
		}
	}
	if r.faults > 1 {
		r.first = fmt.Errorf("%w, and %d more faults in the record", r.first, r.faults-1)
	}
	if r.name == "" {
		return nil, errors.Join(r.first, err)
	}
	return &r.pkg, errors.Join(r.first, err)
}

// set takes in one line. As in apk, an unknown lower-case letter is a field that
// may be ignored, and an unknown upper-case letter is not.
func (r *record) set(line []byte) error {
	if len(line) < 2 || line[1] != ':' {
		return fmt.Errorf("%.80q is not a field", line)
	}
	letter, value := line[0], string(line[2:])
	if strings.IndexByte("FMRaZ", letter) >= 0 {
		return r.setFile(letter, value)
	}
	if r.seen[letter] {
		return fmt.Errorf("field %c occurs again", letter)
	}
	r.seen[letter] = true
	return r.setField(letter, value)
}

func (r *record) setField(letter byte, value string) (err error) {
	switch letter {
	case 'P':
		r.name = value
		return checkName(value)
	case 'V':
		r.version = value
		return checkVersion(value)
	case 'A':
		r.arch = value
	case 'T':
		r.summary = value
	case 'U':
		r.url = value
	case 'L':
		r.license = value
	case 'o':
		r.origin = value
	case 'm':
		r.maintainer = value
	case 'c':
		r.commit = value
	case 's':
		r.repository = value
	case 't':
		r.built, err = parseTime(value)
	case 'D':
		r.depends, err = parseDependencies(value)
	case 'p':
		r.provides, err = parseDependencies(value)
	case 'C':
		err = checkChecksum(value)
	case 'S', 'I': // sizes of the package and of its files
		_, err = strconv.ParseUint(value, 10, 64)
	default:
		if letter < 'a' || 'z' < letter {
			return fmt.Errorf("unknown field %q", letter)
		}
	}
	return err
}

// setFile takes in a line of the list of files.
func (r *record) setFile(letter byte, value string) error {
	switch {
	case letter == 'F':
		r.folder, r.hasFolder = value, true
		if value != "" && (path.Clean("/"+value) != "/"+value || value[0] == '/') {
			r.hasFolder = false
			return fmt.Errorf("%.80q is not a clean path", value)
		}
	case !r.hasFolder:
		return fmt.Errorf("field %c without a folder", letter)
	case letter == 'M':
	case letter == 'R':
		if value == "" || value == "." || value == ".." || strings.Contains(value, "/") {
			return fmt.Errorf("%.80q is not the name of a file", value)
		}
		r.files = append(r.files, path.Join(r.folder, value))
	case len(r.files) == 0:
		return fmt.Errorf("field %c without a file", letter)
	case letter == 'Z':
		return checkChecksum(value)
	}
	return nil
}

// checkChecksum holds s to "Q1" and a SHA-1 in base64, "Q2" and a SHA-256, or, of
// old, an MD5 in hexadecimal.
func checkChecksum(s string) error {
	decode, digits, size := hex.DecodeString, s, 16
	switch {
	case strings.HasPrefix(s, "Q1"):
		decode, digits, size = base64.StdEncoding.DecodeString, s[2:], 20
	case strings.HasPrefix(s, "Q2"):
		decode, digits, size = base64.StdEncoding.DecodeString, s[2:], 32
	}
	if digest, err := decode(digits); err != nil || len(digest) != size {
		return fmt.Errorf("%.80q is not a checksum", s)
	}
	return nil
}

// parseTime parses seconds since 1970. Zero is what is written for "unknown".
func parseTime(s string) (time.Time, error) {
	seconds, err := strconv.ParseInt(s, 10, 64)
	if err != nil || seconds < 0 || seconds > maxTime {
		return time.Time{}, fmt.Errorf("%.80q is not a time", s)
	}
	if seconds == 0 {
		return time.Time{}, nil
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// maxTime is the end of the year 9999, the last that documents can hold.
const maxTime = 253402300799
