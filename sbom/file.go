package sbom

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"
)

// An Artifact is a thing that is published: a file, a folder, an archive, a
// package, an image for one platform. Package sbom/artifact makes them.
type Artifact struct {
	Name     string // its base name; never a path of this machine
	Type     Type   // what it is if nothing inside says better
	Platform string // "linux/arm64/v8", for one image of several
	Digests  []Digest
	Modified time.Time // of a file, as its file system says

	// Format is FormatFile for one plain file: then its only tree has one
	// entry, called Name. It is FormatFolder for a folder, else the format
	// of the container: "tar", "zip", "deb" ...
	Format string

	// Trees hold the content, the lowest layer first. All but images have
	// one.
	Trees []Tree

	// Path is where the artifact lies on this machine, and Exclude holds the
	// paths of files that are not part of it although they lie in it. Both are
	// absolute, for a [Surveyor], and in no document. An artifact that lies in
	// no such place has none.
	Path    string
	Exclude []string

	Candidates []Candidate // principal facts that the container states
	Findings   []Finding   // about opening it
}

// The formats of artifacts that are no containers.
const (
	FormatFile   = "file"
	FormatFolder = "folder"
)

// A Tree is a set of entries: a folder, an archive, one layer of an image.
type Tree interface {
	// Layer returns the diff id of a layer, and "" for other trees.
	Layer() string

	// Walk tells v every entry of the tree, and gives it the files that it
	// wants. What cannot be read is told v as a finding. An error that is a
	// [Fault] says that nothing of the tree is to be believed: it is not what
	// it was when it was listed, or not what its digest promises. What was
	// found in it is dropped then.
	Walk(ctx context.Context, v Visitor) error
}

// A Visitor is told what a tree holds. Its methods may be called from several
// goroutines at once.
type Visitor interface {
	// Entry is told of an entry and reports whether its content is wanted.
	Entry(Entry) bool

	// File is given the content of a wanted entry. It is valid until File
	// returns, unless [Content.Keep] was called.
	File(Entry, Content)

	// Found is told of trouble.
	Found(Finding)
}

// An Entry is what a tree says of a file before the file is opened.
type Entry struct {
	// Path is relative, slash-separated and clean. A file b inside the
	// container a.tar is "a.tar!/b". Control data of a container (the
	// control file of a deb, the header of an rpm) is under "!control". Bytes
	// that are not printable UTF-8, and each "!" at the end or start of a name,
	// are written as percent and two hexadecimal digits.
	Path string

	Mode fs.FileMode // type and permission bits
	Size int64       // of a regular file
	Link string      // the target of a symbolic link, as stored

	// Container is the format of the innermost container that the entry
	// is in: "tar", "zip", "deb", "rpm", "apk", or "" in a folder.
	Container string

	// Whiteout says that this layer removes Path from those below; Opaque
	// that it removes everything that those below have in the folder Path.
	Whiteout, Opaque bool
}

// Root returns the path of the innermost container that e is in, or "." if that
// is the artifact itself.
func (e Entry) Root() string { return containerOf(e.Path) }

// Inside returns the path of e within its innermost container.
func (e Entry) Inside() string {
	if i := strings.LastIndex(e.Path, containerMark); i > 0 {
		return e.Path[i+len(containerMark):]
	}
	return e.Path
}

// containerMark ends the path of a container within a longer path.
const containerMark = "!/"

func containerOf(path string) string {
	if i := strings.LastIndex(path, containerMark); i > 0 {
		return path[:i]
	}
	return "."
}

// Content is the bytes of a file. Read is for one pass from the start and may
// not be mixed with ReadAt, which a stream can only serve by keeping the bytes.
type Content interface {
	io.Reader
	io.ReaderAt

	// Keep makes the content outlive the visit. The one who keeps closes.
	Keep() error
	io.Closer
}

// A File is an entry with its content, as a cataloger gets it. It is not for
// several goroutines.
type File struct {
	Entry

	// Artifact is the base name of the artifact: a file's own name, where
	// Entry.Root is ".".
	Artifact string

	content Content
	shared  bool // another cataloger reads the content too
	offset  int64
	limits  Limits
	ctx     context.Context
	others  map[string]*File
	err     error // the first error of content that is not io.EOF
}

// Read reads on from where the last Read ended.
func (f *File) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	if !f.shared {
		return f.note(f.content.Read(p))
	}
	n, err := f.content.ReadAt(p, f.offset)
	f.offset += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return f.note(n, err)
}

// ReadAt reads from the given offset, whatever Read has done. Use one or the
// other: a file of a stream is kept whole for ReadAt.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	f.shared = true
	return f.note(f.content.ReadAt(p, off))
}

// Bytes returns the whole content. A file that is longer than [Limits.Text] is
// a Fault with code "limit.text".
func (f *File) Bytes() ([]byte, error) {
	if f.Size > f.limits.Text {
		return nil, Faultf("limit.text", "%d bytes, more than the limit of %d", f.Size, f.limits.Text)
	}
	b := make([]byte, 0, min(f.Size, 1<<20)+bytesSlack)
	for {
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		case int64(len(b)) > f.limits.Text:
			return nil, Faultf("limit.text", "more than the limit of %d bytes", f.limits.Text)
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

// bytesSlack lets Bytes see the end of a file without growing its buffer.
const bytesSlack = 512

// With returns the file of the same group whose path is that of f with suffix,
// or nil if there is none. See [Together].
func (f *File) With(suffix string) *File { return f.others[f.Path+suffix] }

// note remembers an error of the content, so that a cataloger that drops it does
// not make the manifest lie.
func (f *File) note(n int, err error) (int, error) {
	if err != nil && err != io.EOF && f.err == nil && !errors.Is(err, context.Canceled) {
		f.err = err
	}
	return n, err
}
