package artifact

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/manifestgen/manifestgen/sbom"
)

// A reusable content can be read again from its start after a visit.
type reusable interface {
	sbom.Content

	// reuse makes sure that again works after anybody has read the content.
	reuse()

	// again makes the next Read start at the beginning.
	again()

	// finish reads what nobody has read, if there is a checksum at its end,
	// and returns the error of the content that nobody has seen.
	finish() error

	// done closes the content at the end of a visit, unless somebody keeps it.
	done()
}

// headSize is how much of the start of a stream is held so that it can be
// looked at and then read again.
const headSize = 4 << 10

// A stream is the content of an entry that can be read once, in a pass over its
// container. Its first bytes can be read at random; all of it, after it has been
// spooled.
type stream struct {
	rest  io.Reader // what follows head
	size  int64
	limit int64 // of memory

	head   []byte
	filled bool
	err    error // that rest ended with
	told   bool  // err has been returned to a reader

	offset int64 // of the next Read
	passed int64 // how much of the content has been read from rest
	judged bool  // rest has a checksum, which it compares at its end
	replay bool  // spool rather than lose bytes
	kept   bool
	spool  *spool
}

func newStream(r io.Reader, size, memory int64) *stream {
	return &stream{rest: r, size: size, limit: memory}
}

// fill reads the head and, if that is all, makes sure that it is: a checksum is
// only judged at the end.
func (s *stream) fill() {
	if s.filled {
		return
	}
	s.filled = true
	head := make([]byte, min(s.size, headSize))
	n, err := io.ReadFull(s.rest, head)
	s.head, s.passed = head[:n], int64(n)
	switch {
	case err == io.EOF:
		s.err = io.ErrUnexpectedEOF
	case err != nil:
		s.err = err
	case int64(n) == s.size:
		s.err = atEnd(s.rest)
	}
}

// atEnd reads the end of r. That r does not end here is an error.
func atEnd(r io.Reader) error {
	n, err := io.ReadFull(r, make([]byte, 1))
	if n > 0 {
		return errors.New("longer than its container says")
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// whole reports whether the head is all there is.
func (s *stream) whole() bool { return s.err == nil && int64(len(s.head)) == s.size }

// tell returns the error that the content ends with.
func (s *stream) tell() error {
	s.told = true
	return s.err
}

// Read implements sbom.Content.
func (s *stream) Read(p []byte) (int, error) {
	s.fill()
	if s.replay && s.spool == nil && s.err == nil && !s.whole() && s.offset >= int64(len(s.head)) {
		if err := s.load(); err != nil {
			return 0, s.tell()
		}
	}
	switch {
	case s.spool != nil:
		n, err := s.spool.ReadAt(p, s.offset)
		s.offset += int64(n)
		if n > 0 && err == io.EOF {
			err = nil
		}
		return n, err
	case s.offset < int64(len(s.head)):
		n := copy(p, s.head[s.offset:])
		s.offset += int64(n)
		return n, nil
	case s.err != nil:
		return 0, s.tell()
	case s.whole():
		return 0, io.EOF
	}
	n, err := s.rest.Read(p)
	s.offset += int64(n)
	s.passed += int64(n)
	if err == io.EOF && s.passed < s.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		s.err, s.told = err, true
	}
	return n, err
}

// ReadAt implements sbom.Content. What lies in the head costs nothing; anything
// else spools the whole content.
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	s.fill()
	switch {
	case off < 0:
		return 0, fmt.Errorf("read at %d", off)
	case s.whole() || off+int64(len(p)) <= int64(len(s.head)):
		return readAt(s.head, p, off)
	case s.err != nil:
		return 0, s.tell()
	}
	if err := s.load(); err != nil {
		return 0, s.tell()
	}
	return s.spool.ReadAt(p, off)
}

// readAt reads from b as an io.ReaderAt does.
func readAt(b, p []byte, off int64) (int, error) {
	n := copy(p, b[min(off, int64(len(b))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// load spools what has not been read yet, and the head.
func (s *stream) load() error {
	if s.spool != nil || s.err != nil {
		return s.err
	}
	if s.passed > int64(len(s.head)) {
		s.err = fmt.Errorf("read at random after %d bytes were read in order", s.passed)
		return s.err
	}
	sp := &spool{limit: s.limit}
	sp.expect(s.size)
	if _, s.err = sp.Write(s.head); s.err == nil && !s.whole() {
		_, s.err = io.Copy(sp, s.rest)
	}
	if s.err == nil && sp.size < s.size {
		s.err = io.ErrUnexpectedEOF
	}
	if s.err != nil {
		sp.Close() // its bytes are given up
		return s.err
	}
	s.spool = sp
	return nil
}

// reuse implements reusable.
func (s *stream) reuse() { s.replay = true }

// again implements reusable. Without reuse it is of use only before the end of
// the head has been passed.
func (s *stream) again() { s.offset = 0 }

// finish implements reusable.
func (s *stream) finish() error {
	s.fill()
	if s.judged && s.err == nil && s.spool == nil && !s.whole() {
		n, err := io.Copy(io.Discard, s.rest)
		if s.passed += n; s.passed < s.size && err == nil {
			err = io.ErrUnexpectedEOF
		}
		s.err = err
	}
	if s.told {
		return nil
	}
	return s.tell()
}

// Keep implements sbom.Content.
func (s *stream) Keep() error {
	s.fill()
	if err := s.load(); err != nil {
		return s.tell()
	}
	s.kept = true
	return nil
}

// Close implements sbom.Content.
func (s *stream) Close() error {
	if s.spool == nil {
		return nil
	}
	return s.spool.Close()
}

// done implements reusable.
func (s *stream) done() {
	if !s.kept {
		s.Close() // a temporary file, at most
	}
}

// A spool holds bytes in memory and, from a limit on, in a temporary file that
// has no name any more.
type spool struct {
	limit  int64
	memory []byte
	file   *os.File
	size   int64
	closed bool
}

// maxGrant is how much memory a spool takes on the word of a container.
const maxGrant = 1 << 20

// expect makes room for bytes that are said to come.
func (s *spool) expect(size int64) {
	if size <= s.limit {
		s.memory = make([]byte, 0, min(size, maxGrant))
	}
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) > s.limit {
		if err := s.toDisk(); err != nil {
			return 0, &sbom.Fault{Code: codeIO, Err: fmt.Errorf("temporary file: %w", withoutPath(err))}
		}
	}
	if s.file == nil {
		s.memory = append(s.memory, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, ioFault(err)
}

func (s *spool) toDisk() error {
	f, err := os.CreateTemp("", "manifestgen-*")
	if err != nil {
		return err
	}
	s.file = f
	if err := unlink(f.Name()); err != nil {
		return err
	}
	_, err = f.Write(s.memory)
	s.memory = nil
	return err
}

func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case s.closed:
		return 0, os.ErrClosed
	case off < 0:
		return 0, fmt.Errorf("read at %d", off)
	case s.file == nil:
		return readAt(s.memory, p, off)
	}
	n, err := s.file.ReadAt(p, off)
	return n, ioFault(err)
}

func (s *spool) Close() error {
	if s.closed {
		return nil
	}
	s.memory, s.closed = nil, true
	if s.file == nil {
		return nil
	}
	name := s.file.Name()
	err := s.file.Close()
	discard(name)
	return err
}

// A section is content that can be read at random: a file on disk, or a stored
// part of a container.
type section struct {
	io.ReaderAt
	size   int64
	offset int64
	memory int64 // as of a stream, for Keep
	kept   bool
	close  func() error // nil if the bytes are the container's
}

// Read implements sbom.Content.
func (s *section) Read(p []byte) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, s.offset)
	s.offset += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// reuse implements reusable.
func (s *section) reuse() {}

// again implements reusable.
func (s *section) again() { s.offset = 0 }

// finish implements reusable.
func (s *section) finish() error { return nil }

// Keep implements sbom.Content. Bytes of a container are copied: they go when the
// visit of the container ends.
func (s *section) Keep() error {
	if s.close == nil {
		sp := &spool{limit: s.memory}
		if _, err := io.Copy(sp, io.NewSectionReader(s.ReaderAt, 0, s.size)); err != nil {
			sp.Close() // its bytes are given up
			return err
		}
		s.ReaderAt, s.close = sp, sp.Close
	}
	s.kept = true
	return nil
}

// Close implements sbom.Content.
func (s *section) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// done implements reusable.
func (s *section) done() {
	if !s.kept {
		s.Close() // nothing was written to it
	}
}

// codeIO is the code of what this machine, not the artifact, is to blame for.
const codeIO = "io.error"

// ioFault gives an error of reading or writing a file its code. Those that tell
// permission and absence have one.
func ioFault(err error) error {
	var pathErr *fs.PathError
	switch {
	case err == nil, err == io.EOF, hasCode(err):
		return err
	case errors.As(err, &pathErr):
		return &sbom.Fault{Code: codeIO, Err: err}
	}
	return err
}

// hasCode reports whether a finding of err gets a code of its own.
func hasCode(err error) bool {
	var fault *sbom.Fault
	return errors.As(err, &fault) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)
}

// withoutPath takes the path of this machine out of err.
func withoutPath(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

var (
	_ reusable = (*stream)(nil)
	_ reusable = (*section)(nil)
)
