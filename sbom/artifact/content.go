package artifact

import (
	"fmt"
	"io"
	"os"
)

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
	err    error // of filling head

	offset int64 // of the next Read
	replay bool  // spool rather than lose bytes
	kept   bool
	spool  *spool
}

func newStream(r io.Reader, size, memory int64) *stream {
	return &stream{rest: r, size: size, limit: memory}
}

// fill reads the head.
func (s *stream) fill() {
	if s.filled {
		return
	}
	s.filled = true
	head := make([]byte, min(s.size, headSize))
	n, err := io.ReadFull(s.rest, head)
	s.head = head[:n]
	if err != nil && err != io.EOF {
		s.err = err
	}
}

// Read implements sbom.Content.
func (s *stream) Read(p []byte) (int, error) {
	s.fill()
	if s.replay && s.spool == nil && s.err == nil && s.offset >= int64(len(s.head)) {
		if err := s.load(); err != nil {
			return 0, err
		}
	}
	if s.spool != nil {
		n, err := s.spool.ReadAt(p, s.offset)
		s.offset += int64(n)
		return n, err
	}
	if s.offset < int64(len(s.head)) {
		n := copy(p, s.head[s.offset:])
		s.offset += int64(n)
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.rest.Read(p)
	s.offset += int64(n)
	if err == io.EOF && s.offset < s.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// ReadAt implements sbom.Content. What lies in the head costs nothing; anything
// else spools the whole content.
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	s.fill()
	if off >= 0 && off+int64(len(p)) <= int64(len(s.head)) {
		return copy(p, s.head[off:]), nil
	}
	if s.err != nil {
		return 0, s.err
	}
	if err := s.load(); err != nil {
		return 0, err
	}
	return s.spool.ReadAt(p, off)
}

// load spools what has not been read yet, and the head.
func (s *stream) load() error {
	if s.spool != nil {
		return nil
	}
	if s.offset > int64(len(s.head)) {
		return fmt.Errorf("read at random after %d bytes were read in order", s.offset)
	}
	sp := &spool{limit: s.limit}
	if _, err := sp.Write(s.head); err != nil {
		return err
	}
	n, err := io.Copy(sp, s.rest)
	if err == nil && int64(len(s.head))+n < s.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		sp.Close()
		s.err = err
		return err
	}
	s.spool = sp
	return nil
}

// reuse implements reusable: from now on nothing that is read is lost.
func (s *stream) reuse() { s.replay = true }

// again implements reusable. Without reuse it is of use only before the end of
// the head has been passed.
func (s *stream) again() { s.offset = 0 }

// Keep implements sbom.Content.
func (s *stream) Keep() error {
	s.fill()
	if s.err != nil {
		return s.err
	}
	s.kept = true
	return s.load()
}

// Close implements sbom.Content.
func (s *stream) Close() error {
	if s.spool == nil {
		return nil
	}
	return s.spool.Close()
}

// done closes the stream at the end of a visit, unless somebody keeps it.
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
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) > s.limit {
		if err := s.toDisk(); err != nil {
			return 0, err
		}
	}
	s.size += int64(len(p))
	if s.file != nil {
		return s.file.Write(p)
	}
	s.memory = append(s.memory, p...)
	return len(p), nil
}

func (s *spool) toDisk() error {
	f, err := os.CreateTemp("", "manifestgen-*")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.file = f
	if err := unlink(f.Name()); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	_, err = f.Write(s.memory)
	s.memory = nil
	return err
}

func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off < 0 || off >= int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(p, s.memory[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *spool) Close() error {
	s.memory = nil
	if s.file == nil {
		return nil
	}
	name := s.file.Name()
	err := s.file.Close()
	discard(name)
	return err
}

// A section is content that can be read at random: a file on disk, or a stored
// part of one.
type section struct {
	io.ReaderAt
	size   int64
	offset int64
	kept   bool
	close  func() error // may be nil
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

// Keep implements sbom.Content.
func (s *section) Keep() error {
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

// done closes the section at the end of a visit, unless somebody keeps it.
func (s *section) done() {
	if !s.kept {
		s.Close() // nothing was written to it
	}
}

var (
	_ reusable = (*stream)(nil)
	_ reusable = (*section)(nil)
)
