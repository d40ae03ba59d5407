package artifact

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
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
		err = t.walk(&walker{ctx: ctx, v: v, limits: t.limits, ledger: t.ledger, layer: true}, c)
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
		again := *c
		again.offset = 0
		second, err := t.pass(w, &again)
		return second, err
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
	close   func()
}

func (p *layerPass) Read(b []byte) (int, error) { return p.archive.Read(b) }

// Close implements io.Closer.
func (p *layerPass) Close() error {
	p.close()
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
	p := &layerPass{kind: kind.name, close: func() {}}
	if t.unproved && !compressed {
		p.archive = skipper{c}
		return p, nil
	}
	p.blob = t.hashing(w, c, t.blob.digest)
	if !compressed {
		p.diff = t.hashing(w, p.blob, t.diff)
		if t.blob.digest == t.diff {
			p.diff = p.blob // one hash is enough
		}
		p.archive = p.diff
		return p, nil
	}
	x, err := decompress(kind, nil, p.blob, w)
	if err != nil {
		p.blob.stop()
		return nil, layerFault(err)
	}
	p.diff = t.hashing(w, x, t.diff)
	p.archive, p.close = p.diff, func() { x.Close() } // the data is judged when it is read
	return p, nil
}

// A hashing reader hashes what is read of it, on a goroutine beside the reader,
// and ends with the walk.
type hashing struct {
	io.Reader
	ctx  context.Context
	hash *sideHash // nil if nothing is to be compared
}

func (t *layerTree) hashing(w *walker, r io.Reader, d digest) *hashing {
	h := &hashing{Reader: r, ctx: w.ctx}
	if !t.unproved && d.value != "" {
		h.hash = newSideHash(d.new())
	}
	return h
}

func (h *hashing) Read(p []byte) (int, error) {
	if err := context.Cause(h.ctx); err != nil {
		return 0, err
	}
	n, err := h.Reader.Read(p)
	if h.hash != nil && n > 0 {
		h.hash.write(p[:n])
	}
	return n, err
}

// is reports whether all that was read has the digest d, if any is given.
func (h *hashing) is(d digest) bool {
	return h.hash == nil || hex.EncodeToString(h.hash.sum()) == d.value
}

// stop ends the goroutine.
func (h *hashing) stop() {
	if h != nil && h.hash != nil {
		h.hash.sum()
	}
}

// A sideHash hashes copies of what it is given on a goroutine of its own.
type sideHash struct {
	hash hash.Hash
	full chan []byte // to be hashed
	free chan []byte // hashed
	done bool        // full is closed and all of it hashed
	busy sync.WaitGroup
}

// sideBuffers is how many buffers may wait to be hashed.
const sideBuffers = 8

func newSideHash(h hash.Hash) *sideHash {
	s := &sideHash{hash: h, full: make(chan []byte, sideBuffers), free: make(chan []byte, sideBuffers)}
	for range sideBuffers {
		s.free <- nil
	}
	s.busy.Go(func() {
		for b := range s.full {
			s.hash.Write(b)
			s.free <- b
		}
	})
	return s
}

func (s *sideHash) write(p []byte) {
	s.full <- append((<-s.free)[:0], p...)
}

// sum waits for all that was written and returns its hash.
func (s *sideHash) sum() []byte {
	if !s.done {
		s.done = true
		close(s.full)
		s.busy.Wait()
	}
	return s.hash.Sum(nil)
}

// prove reads what is left of a layer and compares its digests.
func (t *layerTree) prove(p *layerPass) error {
	_, expanding := io.Copy(io.Discard, p.diff)
	if _, err := io.Copy(io.Discard, p.blob); err != nil {
		return layerFault(err)
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
