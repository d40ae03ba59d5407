package artifact

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// tarBlock is the unit of a tar archive, and the size of its headers.
const tarBlock = 512

// isTarHeader reports whether block is a tar header: its checksum is the sum of
// its bytes with the checksum's own field taken as spaces. Some old programs
// took the bytes to be signed.
func isTarHeader(block []byte) bool {
	if len(block) < tarBlock {
		return false
	}
	want, ok := octal(block[148:156])
	if !ok {
		return false
	}
	unsigned, signed := int64(0), int64(0)
	for i, c := range block[:tarBlock] {
		if 148 <= i && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return unsigned == want || signed == want
}

// octal reads a number of a tar header.
func octal(field []byte) (int64, bool) {
	n, err := strconv.ParseInt(strings.Trim(string(field), " \x00"), 8, 64)
	return n, err == nil
}

// tar walks the archive that r is. The function again opens it once more: for
// hard links to what has passed by the time it is known that they are wanted.
func (w *walker) tar(r io.Reader, again func() (io.ReadCloser, error)) {
	links := w.passTar(r, nil)
	if len(links) == 0 || w.ctx.Err() != nil {
		return
	}
	second, err := again()
	if err != nil {
		w.gap(err, w.place())
		return
	}
	defer second.Close()
	for _, unserved := range w.passTar(second, links) {
		for _, l := range unserved {
			w.gap(sbom.Faultf("link.unread", "the target of the hard link could not be read again"), l.Path)
		}
	}
}

// A linkTable has, by the number of an entry, the hard links to it whose bytes
// are needed.
type linkTable map[uint32][]hardLink

// A hardLink is an entry that has the bytes of an earlier one.
type hardLink struct {
	sbom.Entry        // completed
	name       string // within the archive
	number     uint32
	wanted     bool
}

// passTar reads an archive once. The first pass, without links, offers all
// entries and returns the hard links to serve; the second serves them and
// returns those that it could not.
func (w *walker) passTar(r io.Reader, serve linkTable) linkTable {
	blocks := &blockReader{Reader: r}
	p := &tarPass{walker: w, blocks: blocks, serve: serve, links: linkTable{}, names: map[string]bound{}, targets: map[uint32]string{}}
	tr := tar.NewReader(blocks)
	for w.ctx.Err() == nil && (serve == nil || len(serve) > 0) {
		blocks.zeros = 0
		h, err := tr.Next()
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			if serve == nil {
				w.tarEnd(blocks, err)
			}
			break
		}
		if p.number++; serve != nil {
			p.serveLinks(h, tr)
		} else {
			p.entry(h, tr)
		}
	}
	if serve != nil {
		return serve
	}
	return p.current()
}

// A tarPass is the state of one pass over an archive.
type tarPass struct {
	*walker
	blocks  *blockReader
	number  uint32            // of this entry, from 1
	names   map[string]bound  // what each name stands for so far
	targets map[uint32]string // of symbolic links, by number
	links   linkTable         // first pass: links found
	serve   linkTable         // second pass: links to serve
}

// A bound is what a name of an archive stands for: a later entry of the name
// takes it over, and hard links stay with what they were made of.
type bound struct {
	size      int64
	by        uint32 // the entry that gave the name
	bytes     uint32 // the entry that has the bytes of a regular file, or 0
	link      uint32 // the entry that is the symbolic link, or 0
	container bool   // it was looked into
}

// entry offers the entry of h.
func (p *tarPass) entry(h *tar.Header, r io.Reader) {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return
	}
	name := p.clean(h.Name)
	e := sbom.Entry{Path: name, Mode: h.FileInfo().Mode()}
	b := bound{by: p.number}
	switch h.Typeflag {
	case tar.TypeLink:
		p.names[name] = p.link(e, h)
		return
	case tar.TypeSymlink:
		e.Link = h.Linkname
		p.targets[p.number] = h.Linkname
		b.link = p.number
		p.v.Entry(p.walker.entry(e))
	case tar.TypeDir, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		p.v.Entry(p.walker.entry(e))
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont:
		b = p.file(e, h, r)
	default:
		p.v.Found(sbom.Finding{Kind: sbom.Note, Code: "tar.type", Path: p.prefix + name,
			Detail: fmt.Sprintf("an entry of the unknown type %q is taken for a file", h.Typeflag)})
		b = p.file(e, h, r)
	}
	p.names[name] = b
}

// file offers a regular file.
func (p *tarPass) file(e sbom.Entry, h *tar.Header, r io.Reader) bound {
	p.compareSizes(e, h)
	e.Mode, e.Size = e.Mode.Perm(), h.Size
	entered := p.offer(e, func() (reusable, error) { return p.content(h, r), nil })
	return bound{size: h.Size, by: p.number, bytes: p.number, container: entered}
}

// content returns the bytes of an entry. Those of a sparse file are not in the
// archive, so they count as expanded.
func (p *tarPass) content(h *tar.Header, r io.Reader) *stream {
	r = tarErrors{r, p.blocks}
	if isSparse(h) {
		r = metered{r, p.walker}
	}
	return newStream(r, h.Size, p.limits.Buffer)
}

func isSparse(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// compareSizes reports an entry of which the extended header says another size
// than the plain one, although that could have said it too. POSIX has the
// extended one count; a reader that follows the other sees other entries.
func (p *tarPass) compareSizes(e sbom.Entry, h *tar.Header) {
	const maxPlain = 1<<33 - 1 // 11 octal digits
	if h.PAXRecords["size"] == "" || h.Size > maxPlain || isSparse(h) {
		return
	}
	if plain, ok := octal(p.blocks.last[124:136]); !ok || plain != h.Size {
		p.v.Found(sbom.Finding{Kind: sbom.Note, Code: "tar.ambiguous", Path: p.prefix + e.Path,
			Detail: fmt.Sprintf("the extended header says %d bytes, the plain header something else", h.Size)})
	}
}

// link offers a hard link: a file of the size of its target, or the symbolic link
// that its target is.
func (p *tarPass) link(e sbom.Entry, h *tar.Header) bound {
	target, _ := cleanPath(h.Linkname)
	b := p.names[target]
	b.by = p.number
	name := e.Path
	if b.link != 0 {
		e.Mode, e.Link = fs.ModeSymlink|e.Mode.Perm(), p.targets[b.link]
		p.v.Entry(p.walker.entry(e))
		return b
	}
	e.Mode, e.Size = e.Mode.Perm(), b.size
	e = p.walker.entry(e)
	wanted := p.v.Entry(e)
	switch {
	case b.bytes != 0 && (wanted || b.container || b.size > 0 && isNamedContainer(name)):
		p.links[b.bytes] = append(p.links[b.bytes], hardLink{e, name, p.number, wanted})
	case b.bytes == 0 && (wanted || isNamedContainer(name)):
		p.gap(sbom.Faultf("link.dangling", "a hard link to %.200q, which is no file before it", h.Linkname), e.Path)
	}
	return b
}

// current returns the links found whose names no later entry took over.
func (p *tarPass) current() linkTable {
	for number, links := range p.links {
		links = slices.DeleteFunc(links, func(l hardLink) bool { return p.names[l.name].by != l.number })
		if len(links) == 0 {
			delete(p.links, number)
		} else {
			p.links[number] = links
		}
	}
	return p.links
}

// serveLinks visits the files that are hard links to this entry.
func (p *tarPass) serveLinks(h *tar.Header, r io.Reader) {
	links := p.serve[p.number]
	if len(links) == 0 {
		return
	}
	delete(p.serve, p.number)
	c := p.content(h, r)
	defer c.done()
	for _, l := range links {
		if len(links) > 1 {
			c.reuse()
		}
		p.visit(l.Entry, c, l.wanted)
		c.again()
	}
}

// tarEnd judges the end of a pass and looks at what follows it: an archive ends
// with two blocks of zeros, and more zeros may follow.
func (w *walker) tarEnd(r *blockReader, err error) {
	if err != io.EOF {
		w.gap(r.fault(err), w.place())
		return
	}
	if r.zeros < 2 && !w.endless {
		w.gap(sbom.Faultf("tar.truncated", "the archive has no end mark"), w.place())
	}
	buf := make([]byte, 32<<10)
	trailing := int64(0)
	for w.ctx.Err() == nil {
		n, err := r.Reader.Read(buf)
		if trailing > 0 || len(bytes.Trim(buf[:n], "\x00")) > 0 {
			trailing += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			w.gap(err, w.place())
			break
		}
	}
	if trailing > 0 {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "tar.trailing", Path: w.place(),
			Detail: fmt.Sprintf("%d bytes follow the end of the archive and are not part of it", trailing)})
	}
}

// A blockReader remembers what package tar does not tell: the last block that was
// read, which is a header after Next; how many of the last blocks were zeros,
// since it says of both a proper end and a missing one that it is the end; and
// the error of the reader below.
type blockReader struct {
	io.Reader
	last  [tarBlock]byte
	zeros int
	err   error
}

var zeroBlock [tarBlock]byte

func (r *blockReader) Read(p []byte) (int, error) {
	n, err := io.ReadFull(r.Reader, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	switch {
	case n == tarBlock && bytes.Equal(p[:n], zeroBlock[:]):
		r.zeros++
	case n == tarBlock:
		copy(r.last[:], p)
		r.zeros = 0
	case n > 0:
		r.zeros = 0
	}
	if err != nil && err != io.EOF {
		r.err = err
	}
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Seek lets package tar skip what nobody wants, where the archive allows it.
func (r *blockReader) Seek(offset int64, whence int) (int64, error) {
	s, ok := r.Reader.(io.Seeker)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	n, err := s.Seek(offset, whence)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		r.err = err
	}
	return n, err
}

// fault gives an error of package tar its code. An error of the reader below is
// returned as it was.
func (r *blockReader) fault(err error) error {
	switch {
	case r.err != nil:
		return r.err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return sbom.Faultf("tar.truncated", "the archive ends in the middle of an entry")
	default:
		return sbom.Faultf("tar.header", "a damaged header (%w); the entries after it were not read", err)
	}
}

// tarErrors gives the errors of reading an entry their code.
type tarErrors struct {
	io.Reader
	blocks *blockReader
}

func (t tarErrors) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = t.blocks.fault(err)
	}
	return n, err
}

// A skipper reads a section in order and skips by not reading.
type skipper struct {
	*section
}

// Seek implements io.Seeker for steps forward.
func (s skipper) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekCurrent {
		return 0, errors.ErrUnsupported
	}
	s.offset += min(offset, math.MaxInt64-s.offset) // what is read there tells
	return s.offset, nil
}
