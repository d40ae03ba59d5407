package artifact

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"path"
	"strings"
	"sync"

	"github.com/manifestgen/manifestgen/sbom"
)

// A layerTree is one layer of an image: a tar archive, maybe compressed, that is
// a file of the image's layout.
type layerTree struct {
	store    store
	blob     blob
	diff     digest // of the archive as it is when it is not compressed
	ledger   *ledger
	limits   sbom.Limits
	helpers  int   // goroutines beside the one that walks: to inflate it, or to hash it
	unproved bool  // take the bytes as they are
	fault    error // why the layer is not read at all
}

// A blob is a file of an image's layout, and what is said of it.
type blob struct {
	path      string
	size      int64  // -1 if it is not said
	digest    digest // zero if it is not said
	mediaType string // "" if it is not said
}

// Layer implements sbom.Tree.
func (t *layerTree) Layer() string { return t.diff.String() }

// Walk implements sbom.Tree. The blob is read to its end whatever is wanted of
// it, and its digests are compared before anything counts that was in it.
func (t *layerTree) Walk(ctx context.Context, v sbom.Visitor) error {
	defer t.store.walked()
	if t.fault != nil {
		return t.fault
	}
	c, err := t.store.open(t.blob.path)
	if err != nil {
		return err
	}
	if t.blob.size >= 0 && c.size != t.blob.size {
		err = sbom.Faultf("blob.size", "%s has %d bytes, not %d", t.blob.path, c.size, t.blob.size)
	} else {
		err = t.walk(&walker{ctx: ctx, v: v, limits: t.limits, ledger: t.ledger, helpers: t.helpers, layer: true}, c)
	}
	if closing := c.Close(); err == nil {
		err = closing // it tells whether the file has changed meanwhile
	}
	return err
}

// walk walks the layer that c holds.
func (t *layerTree) walk(w *walker, c *section) error {
	p, err := t.pass(w, c)
	if err != nil {
		return err
	}
	defer p.Close()
	t.compareMediaType(w, p.kind)
	w.tar(p.archive, func() (io.ReadCloser, error) {
		again, from := *t, *c
		again.unproved, from.offset = true, 0 // the first pass proves it
		return again.pass(w, &from)
	})
	if t.unproved {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "layer.unproved", Detail: "the digests of the layer were not compared, as was asked for"})
		return nil
	}
	return t.prove(p)
}

// A layerPass is one reading of a layer.
type layerPass struct {
	blob    *hashing // as stored
	archive io.Reader
	diff    *hashing // the archive; the blob itself if that is not compressed
	kind    string   // of compression, "" for none
	decoder io.Closer
}

func (p *layerPass) Read(b []byte) (int, error) { return p.archive.Read(b) }

// Close implements io.Closer.
func (p *layerPass) Close() error {
	if p.decoder != nil {
		p.decoder.Close() // the data is judged when it is read
	}
	p.blob.stop()
	p.diff.stop()
	return nil
}

// pass begins to read a layer. What is not to be proved and not compressed is
// skipped through by seeking.
func (t *layerTree) pass(w *walker, c *section) (*layerPass, error) {
	head := make([]byte, magicSize)
	n, err := c.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, layerFault(err)
	}
	kind, compressed := compressionOf(head[:n])
	if compressed {
		return t.passCompressed(w, c, kind)
	}
	if t.unproved {
		return &layerPass{archive: skipper{c}}, nil
	}
	blob := t.hashing(w, c, t.blob.digest, true)
	diff := blob
	if t.blob.digest != t.diff {
		diff = t.hashing(w, blob, t.diff, true)
	}
	return &layerPass{blob: blob, archive: diff, diff: diff}, nil
}

// passCompressed begins to read a layer that is compressed. If it is long and there
// are helpers, they read the blob and inflate it, another hashes the archive, and
// this goroutine hashes the blob.
func (t *layerTree) passCompressed(w *walker, c *section, kind compression) (*layerPass, error) {
	spread := t.helpers > 0 && isLong(kind, c)
	blob := t.hashing(w, c, t.blob.digest, !spread)
	var in io.Reader = blob
	if spread {
		in = &section{ReaderAt: ending{c, w.ctx}, size: c.size}
	}
	x, err := decompress(kind, nil, in, w)
	if err != nil {
		blob.stop()
		return nil, layerFault(err)
	}
	var archive io.Reader = x
	if spread && blob.hash != nil {
		archive = &pair{Reader: x, blob: blob, buf: make([]byte, bufferSize)}
	}
	diff := t.hashing(w, archive, t.diff, true)
	return &layerPass{blob: blob, archive: diff, diff: diff, kind: kind.name, decoder: x}, nil
}

// An ending ReaderAt ends with its context.
type ending struct {
	io.ReaderAt
	ctx context.Context
}

func (e ending) ReadAt(p []byte, off int64) (int, error) {
	if err := context.Cause(e.ctx); err != nil {
		return 0, err
	}
	return e.ReaderAt.ReadAt(p, off)
}

// A pair reads an archive and now and then a piece of the blob that it comes from,
// so that the blob is hashed by the time that the archive ends.
type pair struct {
	io.Reader
	blob *hashing
	buf  []byte
	due  int // bytes of the blob
}

func (p *pair) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if p.due += n; p.due >= bufferSize {
		p.due = 0
		p.blob.Read(p.buf) // what is wrong with it is met again at the end
	}
	return n, err
}

// A hashing reader hashes what is read of it, and ends with the walk.
type hashing struct {
	io.Reader
	ctx    context.Context
	hash   hasher // nil if nothing is to be compared
	buffer []byte // to skip with
	offset int64
}

// A hasher is a hash.Hash or a sideHash.
type hasher interface {
	io.Writer
	Sum([]byte) []byte
}

// hashing returns a reader of r that makes sure of its digest, if there is one to
// compare: beside the reader if that is asked for and there are helpers.
func (t *layerTree) hashing(w *walker, r io.Reader, d digest, beside bool) *hashing {
	h := &hashing{Reader: r, ctx: w.ctx}
	if t.unproved || d.value == "" {
		return h
	}
	hash := d.new()
	h.hash = hash
	if beside && t.helpers > 0 {
		h.hash = newSideHash(hash)
	}
	return h
}

func (h *hashing) Read(p []byte) (int, error) {
	if err := context.Cause(h.ctx); err != nil {
		return 0, err
	}
	n, err := h.Reader.Read(p)
	if h.hash != nil && n > 0 {
		h.hash.Write(p[:n])
	}
	h.offset += int64(n)
	return n, err
}

// Seek implements io.Seeker for steps forward, by reading: in longer pieces than
// others would.
func (h *hashing) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekCurrent {
		return 0, errors.ErrUnsupported
	}
	if h.buffer == nil {
		h.buffer = make([]byte, bufferSize)
	}
	for offset > 0 {
		n, err := h.Read(h.buffer[:min(offset, bufferSize)])
		offset -= int64(n)
		if err == io.EOF {
			return h.offset + min(offset, math.MaxInt64-h.offset), nil // what is read there tells
		}
		if err != nil {
			return h.offset, err
		}
	}
	return h.offset, nil
}

// rest reads what is left of h.
func (h *hashing) rest() error {
	// Without its other methods io.Discard takes pieces as long as the buffer.
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, h, make([]byte, bufferSize))
	return err
}

// is reports whether all that was read has the digest d, if any is given.
func (h *hashing) is(d digest) bool {
	return h.hash == nil || hex.EncodeToString(h.hash.Sum(nil)) == d.value
}

// stop ends the goroutine, if there is one.
func (h *hashing) stop() {
	if h != nil && h.hash != nil {
		h.hash.Sum(nil)
	}
}

// A sideHash hashes copies of what it is given on a goroutine of its own, in
// pieces long enough to be worth handing over.
type sideHash struct {
	hash hash.Hash
	next []byte      // being gathered
	full chan []byte // to be hashed
	free chan []byte // hashed
	done bool        // full is closed and all of it hashed
	busy sync.WaitGroup
}

const (
	sideBuffers    = 4 // that may wait to be hashed
	sideBufferSize = 256 << 10
)

func newSideHash(h hash.Hash) *sideHash {
	s := &sideHash{hash: h, full: make(chan []byte, sideBuffers), free: make(chan []byte, sideBuffers)}
	for range sideBuffers - 1 {
		s.free <- nil
	}
	s.busy.Go(func() {
		for b := range s.full {
			s.hash.Write(b)
			s.free <- b[:0]
		}
	})
	return s
}

// Write implements io.Writer.
func (s *sideHash) Write(p []byte) (int, error) {
	if len(s.next)+len(p) > sideBufferSize {
		s.full <- s.next
		s.next = <-s.free
	}
	s.next = append(s.next, p...)
	return len(p), nil
}

// Sum waits for all that was written, ends the goroutine, and appends the hash
// to b.
func (s *sideHash) Sum(b []byte) []byte {
	if !s.done {
		s.done = true
		s.full <- s.next
		close(s.full)
		s.busy.Wait()
	}
	return s.hash.Sum(b)
}

// prove reads what is left of a layer and compares its digests.
func (t *layerTree) prove(p *layerPass) error {
	expanding := p.diff.rest()
	if p.blob.hash != nil {
		if err := p.blob.rest(); err != nil {
			return layerFault(err)
		}
	}
	switch {
	case !p.blob.is(t.blob.digest):
		return sbom.Faultf("blob.digest", "%s does not have the digest %s; nothing of it counts", t.blob.path, t.blob.digest)
	case expanding != nil:
		return layerFault(expanding)
	case !p.diff.is(t.diff):
		return sbom.Faultf("layer.diffid", "%s, expanded, does not have the digest %s that the configuration promises; nothing of it counts", t.blob.path, t.diff)
	}
	return nil
}

// layerFault says that a layer was not read to its end.
func layerFault(err error) error {
	return sbom.Faultf("layer.unread", "nothing of the layer counts, as it could not be read to its end: %w", withoutPath(err))
}

// layerCompressions has, by the end of a layer's media type, how it is
// compressed: https://github.com/opencontainers/image-spec/blob/main/media-types.md
var layerCompressions = map[string]string{
	"tar": "", "tar+gzip": "gzip", "tar.gzip": "gzip", "tar+zstd": "zstd",
}

// layerCompression returns the compression that a media type of a layer tells.
func layerCompression(mediaType string) (kind string, ok bool) {
	for _, prefix := range []string{
		"application/vnd.oci.image.layer.v1.",
		"application/vnd.oci.image.layer.nondistributable.v1.",
		"application/vnd.docker.image.rootfs.diff.",
		"application/vnd.docker.image.rootfs.foreign.diff.",
	} {
		if suffix, found := strings.CutPrefix(mediaType, prefix); found {
			kind, ok = layerCompressions[suffix]
			return kind, ok
		}
	}
	return "", false
}

// compareMediaType reports a layer that is compressed otherwise than its media
// type tells. It is read as what it is.
func (t *layerTree) compareMediaType(w *walker, kind string) {
	said, ok := layerCompression(t.blob.mediaType)
	if !ok || said == kind {
		return
	}
	w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "mediatype.mismatch",
		Detail: fmt.Sprintf("the layer has the media type %s, and its content is another: %s", t.blob.mediaType, orPlain(kind))})
}

func orPlain(kind string) string {
	if kind == "" {
		return "not compressed"
	}
	return kind
}

// The names that take away what lower layers have:
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const (
	whiteoutMark = ".wh."         // .wh.x removes x
	opaqueMark   = ".wh..wh..opq" // removes all that lower layers have in its folder
	reservedMark = ".wh..wh."     // other names of the file system that invented them
)

// whiteout makes e, an entry of a layer, one that removes others, if its name says
// so. Its type and its content do not matter.
func (w *walker) whiteout(e sbom.Entry) sbom.Entry {
	dir, base := path.Split(e.Path)
	name, ok := strings.CutPrefix(base, whiteoutMark)
	if !ok {
		return e
	}
	folder := path.Clean(dir)
	switch {
	case base == opaqueMark:
		return sbom.Entry{Path: folder, Opaque: true}
	case strings.HasPrefix(base, reservedMark):
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "layer.whiteout", Path: e.Path,
			Detail: "a reserved name that the image specification does not define; it removes nothing"})
		return e
	case name == "" || name == "." || name == "..":
		w.gap(sbom.Faultf("layer.whiteout", "a whiteout of no file; some programs take it for the folder"), e.Path)
		return e
	}
	if name[0] == '!' {
		name = "%21" + name[1:] // as sbom.EntryPath spells it at the start of a name
	}
	return sbom.Entry{Path: path.Join(folder, name), Whiteout: true}
}
