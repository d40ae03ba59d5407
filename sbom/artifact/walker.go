package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact/internal/zipfile"
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
	helpers   int    // goroutines that may inflate what the walker is for
	layer     bool   // the entries are those of a layer of an image
	endless   bool   // tar archives here are cut off before their end marks
}

// place returns the path of the container itself.
func (w *walker) place() string { return strings.TrimSuffix(strings.TrimSuffix(w.prefix, "/"), "!") }

func (w *walker) gap(err error, place string) {
	if w.ctx.Err() == nil {
		w.v.Found(sbom.GapFrom(ioFault(err), place, ""))
	}
}

// entry completes e, whose path is that within the container.
func (w *walker) entry(e sbom.Entry) sbom.Entry {
	e.Path = w.prefix + e.Path
	e.Container = w.container
	if w.layer {
		return w.whiteout(e)
	}
	return e
}

// clean returns the path of an entry within its container and says so if the
// container calls it something that needed cleaning.
func (w *walker) clean(name string) string {
	p, unclean := cleanPath(name)
	if unclean {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "entry.unclean", Path: w.prefix + p,
			Detail: "the container gives this entry a name that is not a clean relative path"})
	}
	return p
}

// offer tells the visitor of an entry, and opens it if anybody wants its content.
// It reports whether the entry was a container.
func (w *walker) offer(e sbom.Entry, open func() (reusable, error)) bool {
	e = w.entry(e)
	wanted := w.v.Entry(e)
	if !wanted && !mayBeContainer(e) {
		return false
	}
	return w.take(e, wanted, open)
}

// take opens an entry that somebody wants or that may be a container.
func (w *walker) take(e sbom.Entry, wanted bool, open func() (reusable, error)) bool {
	c, err := open()
	if err != nil {
		w.gap(err, e.Path)
		return false
	}
	defer c.done()
	return w.visit(e, c, wanted)
}

// visit gives the content to the visitor, if wanted, and looks into it, if it is
// a container. It reports whether it is.
func (w *walker) visit(e sbom.Entry, c reusable, wanted bool) bool {
	format := formatNone
	if mayBeContainer(e) {
		var err error
		named := isNamedContainer(e.Path)
		if format, err = recognise(c, e.Size, named); err != nil {
			w.gap(err, e.Path)
			return false
		}
		w.checkName(e, c, format, named)
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
	if wanted && e.Size <= w.limits.File {
		if err := c.finish(); err != nil {
			w.gap(err, e.Path)
		}
	}
	return format != formatNone
}

// checkName reports a file that has the name of a container and is none: it may
// be a damaged one. A tar archive may be nothing but its end.
func (w *walker) checkName(e sbom.Entry, c io.ReaderAt, f format, named bool) {
	if f != formatNone || !named {
		return
	}
	var head [tarBlock]byte
	if n, _ := c.ReadAt(head[:], 0); n == tarBlock && head == zeroBlock && strings.HasSuffix(e.Path, ".tar") {
		return
	}
	w.gap(sbom.Faultf("type.mismatch", "named like a container, and not one that can be recognised"), e.Path)
}

// enter walks the container that c is.
func (w *walker) enter(e sbom.Entry, c reusable, f format) {
	if w.depth >= w.limits.Nesting {
		w.gap(sbom.Faultf("limit.nesting", "a container nested %d deep is not opened", w.depth+1), e.Path)
		return
	}
	if _, ok := c.(*stream); ok && e.Size > w.limits.File {
		w.gap(sbom.Faultf("limit.file", "a container of %d bytes within another, more than the limit of %d", e.Size, w.limits.File), e.Path)
		return
	}
	inner := *w
	inner.depth++
	inner.prefix = e.Path + "!/"
	inner.layer, inner.endless = false, false
	inner.inside(c, e.Size, f)
}

// inside walks the entries of the container that c is.
func (w *walker) inside(c reusable, size int64, f format) {
	c.again()
	switch f {
	case formatTar:
		w.container = "tar"
		again := func() (io.ReadCloser, error) {
			c.again()
			return io.NopCloser(inOrder(c)), nil
		}
		w.tar(inOrder(c), again)
	case formatZip:
		w.container = "zip"
		w.zip(c, size)
	case formatDeb:
		w.container = "deb"
		w.deb(c, size)
	case formatRPM:
		w.rpm(c, size)
	case formatCompressed:
		w.compressed(c)
	}
}

// inOrder returns a reader of c that skips by seeking where it can.
func inOrder(c reusable) io.Reader {
	if s, ok := c.(*section); ok {
		return skipper{s}
	}
	return c
}

// compressed walks the tar archive inside compressed data. Other compressed
// data is a file like any, unless its name promises an archive.
func (w *walker) compressed(c reusable) {
	r, err := w.expand(c)
	if err != nil {
		w.gap(err, w.place())
		return
	}
	defer r.Close() // the data is judged when it is read
	isTar, err := r.isTar()
	switch {
	case isTar:
		w.compressedTar(r, c)
	case err != nil:
		w.gap(err, w.place())
	case isNamedContainer(w.place()):
		w.gap(sbom.Faultf("type.mismatch", "named like an archive, and none is in the compressed data"), w.place())
	}
}

// compressedTar walks the archive that r is, the expanded bytes of c.
func (w *walker) compressedTar(r *expanded, c reusable) {
	if r.isAPK() {
		c.again()
		w.apk(c)
		return
	}
	w.container = "tar"
	w.tar(r, func() (io.ReadCloser, error) {
		c.again()
		return w.expand(c)
	})
}

// expand opens compressed data.
func (w *walker) expand(c io.Reader) (*expanded, error) {
	head := make([]byte, magicSize)
	n, err := io.ReadFull(c, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	kind, ok := compressionOf(head[:n])
	if !ok {
		return nil, sbom.Faultf("compress.corrupt", "not compressed data")
	}
	return decompress(kind, head[:n], c, w)
}

// A format is a kind of file that Open can look into.
type format string

// To read another format of container, add it here, to recognise, and to
// walker.inside.
const (
	formatNone       format = ""
	formatTar        format = "tar"
	formatZip        format = "zip"
	formatDeb        format = "deb"
	formatRPM        format = "rpm"
	formatCompressed format = "compressed" // with something inside
)

// recognise tells the format of content by its first bytes. A zip archive can
// stand behind something else, so the last bytes are looked at as well if there
// is reason to: the name of a container, or a script's first line. (It would
// take reading all of every program in a stream to find one behind those.)
func recognise(c io.ReaderAt, size int64, named bool) (format, error) {
	head := make([]byte, min(size, tarBlock))
	if n, err := c.ReadAt(head, 0); n < len(head) {
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
	case bytes.HasPrefix(head, []byte(debMagic)):
		return formatDeb, nil
	case bytes.HasPrefix(head, []byte(rpmLead)):
		return formatRPM, nil
	case isTarHeader(head):
		return formatTar, nil
	case (named || bytes.HasPrefix(head, []byte("#!"))) && zipfile.EndsWith(c, size):
		return formatZip, nil
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
	".zip", ".whl", ".egg", ".jar", ".war", ".ear", ".pyz", ".pex",
	".deb", ".udeb", ".apk", ".rpm",
}

// largeEnough is the size from which on a file is looked at whatever its name.
const largeEnough = 256 << 10

func mayBeContainer(e sbom.Entry) bool {
	return e.Mode.Type() == 0 && !e.Whiteout && !e.Opaque && e.Size > 0 &&
		(e.Size >= largeEnough || isNamedContainer(e.Path))
}

func isNamedContainer(p string) bool { return hasSuffix(p, containerSuffixes) }

// compressedSuffixes are names that compressed files usually have. Inside an
// artifact many are no container; one that is the artifact is.
var compressedSuffixes = []string{".gz", ".zst", ".xz", ".bz2"}

func hasSuffix(p string, suffixes []string) bool {
	name := path.Base(p)
	if !strings.Contains(name, ".") {
		return false
	}
	name = strings.ToLower(name)
	for _, suffix := range suffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
