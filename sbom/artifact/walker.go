package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// A walker tells a visitor the entries of one container, and opens the
// containers among them with walkers of their own.
type walker struct {
	ctx       context.Context
	v         sbom.Visitor
	limits    sbom.Limits
	ledger    *ledger
	depth     int    // how many containers below the artifact this one is
	prefix    string // of paths: "" or "a.tar!/"
	container string // the format, for Entry.Container
}

// place returns the path of the container itself.
func (w *walker) place() string { return strings.TrimSuffix(w.prefix, "!/") }

func (w *walker) gap(err error, place string) {
	if w.ctx.Err() == nil {
		w.v.Found(sbom.GapFrom(err, place, ""))
	}
}

// entry completes e, whose path is that within the container.
func (w *walker) entry(e sbom.Entry) sbom.Entry {
	e.Path = w.prefix + e.Path
	e.Container = w.container
	return e
}

// stream offers an entry whose content can only be read now.
func (w *walker) stream(e sbom.Entry, r io.Reader) {
	w.offer(e, func() (reusable, error) {
		return newStream(metered{r, w.ledger}, e.Size, w.limits.Buffer), nil
	})
}

// offer tells the visitor of an entry and opens it if anybody wants its content.
func (w *walker) offer(e sbom.Entry, open func() (reusable, error)) {
	e = w.entry(e)
	wanted := w.v.Entry(e)
	if !wanted && !mayBeContainer(e) {
		return
	}
	c, err := open()
	if err != nil {
		w.gap(err, e.Path)
		return
	}
	defer c.done()
	w.visit(e, c, wanted)
}

// A reusable content can be read again from its start after a visit.
type reusable interface {
	sbom.Content

	// reuse makes sure that again works after anybody has read the content.
	reuse()

	// again makes the next Read start at the beginning.
	again()

	// done closes the content at the end of a visit, unless somebody keeps it.
	done()
}

// visit gives the content to the visitor, if wanted, and looks into it, if it is
// a container.
func (w *walker) visit(e sbom.Entry, c reusable, wanted bool) {
	format := formatNone
	if mayBeContainer(e) {
		var err error
		if format, err = recognise(c, e.Size); err != nil {
			w.gap(err, e.Path)
			return
		}
	}
	if format != formatNone {
		c.reuse()
	}
	if wanted {
		w.v.File(e, c)
		c.again()
	}
	if format != formatNone {
		w.enter(e, c, format)
	}
}

// enter walks the container that c is.
func (w *walker) enter(e sbom.Entry, c reusable, f format) {
	if w.depth >= w.limits.Nesting {
		w.gap(sbom.Faultf("limit.nesting", "a container nested %d deep is not opened", w.depth+1), e.Path)
		return
	}
	inner := *w
	inner.depth++
	inner.prefix = e.Path + "!/"
	inner.container = string(f)
	inner.inside(c, e.Size, f, isNamedContainer(e.Path))
}

// inside walks the entries of the container that c is. Compressed data that
// turns out not to be a tar archive is no trouble, unless it was sure to be one.
func (w *walker) inside(c reusable, size int64, f format, sure bool) {
	switch f {
	case formatTar:
		w.container = "tar"
		w.tar(c, w.place())
	case formatZip:
		w.zip(c, size)
	case formatCompressed:
		w.compressed(c, sure)
	}
}

// compressed walks the tar archive inside compressed data.
func (w *walker) compressed(c reusable, sure bool) {
	r, isTar, err := w.expand(c)
	if isTar {
		w.container = "tar"
		w.tarStream(r, w.place())
	} else if err != nil && sure {
		w.gap(err, w.place())
	}
	if r != nil {
		r.Close() // the data was judged when it was read
	}
}

// expand opens compressed data and looks whether a tar archive is inside.
func (w *walker) expand(c io.Reader) (r *expanded, isTar bool, err error) {
	head := make([]byte, 8)
	n, err := io.ReadFull(c, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, false, err
	}
	kind, ok := compressionOf(head[:n])
	if !ok {
		return nil, false, sbom.Faultf("compress.corrupt", "not compressed data")
	}
	buffered, closer, err := decompress(kind, io.MultiReader(bytes.NewReader(head[:n]), c), w.ledger)
	if err != nil {
		return nil, false, err
	}
	r = &expanded{buffered, closer}
	first, err := buffered.Peek(tarBlock)
	if isTarHeader(first) {
		return r, true, nil
	}
	if err == io.EOF {
		err = nil
	}
	return r, false, err
}

// expanded is decompressed data that can be looked at before it is read.
type expanded struct {
	peeker
	io.Closer
}

type peeker interface {
	io.Reader
	Peek(int) ([]byte, error)
}

// A format is a kind of file that Open can look into.
type format string

const (
	formatNone       format = ""
	formatTar        format = "tar"
	formatZip        format = "zip"
	formatCompressed format = "compressed" // with something inside
)

// recognise tells the format of content by its first bytes, and its last ones if
// it may be a zip archive behind something else.
func recognise(c io.ReaderAt, size int64) (format, error) {
	head := make([]byte, min(size, tarBlock))
	if n, err := c.ReadAt(head, 0); err != nil && !(err == io.EOF && n == len(head)) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return formatNone, err
	}
	_, compressed := compressionOf(head)
	switch {
	case compressed:
		return formatCompressed, nil
	case isZipStart(head):
		return formatZip, nil
	case isTarHeader(head):
		return formatTar, nil
	}
	return formatNone, nil
}

// isZipStart reports whether head is that of a zip archive, maybe an empty one
// (APPNOTE 4.3.7 and 4.3.16).
func isZipStart(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// containerSuffixes are names that containers usually have.
var containerSuffixes = []string{
	".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tbz",
	".zip", ".whl", ".egg", ".jar", ".war", ".ear",
}

// largeEnough is the size from which on a file is looked at whatever its name.
const largeEnough = 256 << 10

func mayBeContainer(e sbom.Entry) bool {
	return e.Mode.Type() == 0 && !e.Whiteout && !e.Opaque && e.Size > 0 &&
		(e.Size >= largeEnough || isNamedContainer(e.Path))
}

func isNamedContainer(p string) bool {
	name := strings.ToLower(path.Base(p))
	if !strings.Contains(name, ".") {
		return false
	}
	for _, suffix := range containerSuffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
