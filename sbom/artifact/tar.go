package artifact

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// tarBlock is the unit of a tar archive, and the size of its headers.
const tarBlock = 512

// isTarHeader reports whether block is a tar header: its checksum is the sum of
// its bytes with the checksum's own field taken as spaces.
func isTarHeader(block []byte) bool {
	if len(block) < tarBlock {
		return false
	}
	field := strings.Trim(string(block[148:156]), " \x00")
	want, err := strconv.ParseInt(field, 8, 32)
	if err != nil {
		return false
	}
	sum := int64(0)
	for i, c := range block[:tarBlock] {
		if 148 <= i && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	return sum == want
}

// tar walks an archive whose content can be read again, for hard links.
func (w *walker) tar(c reusable, place string) {
	c.again()
	links := w.passTar(skipper{c, c}, place, nil)
	if len(links) > 0 && w.ctx.Err() == nil {
		c.again()
		w.passTar(skipper{c, c}, place, links)
	}
}

// tarStream walks an archive that can be read once.
func (w *walker) tarStream(r io.Reader, place string) {
	for _, links := range w.passTar(r, place, nil) {
		for _, e := range links {
			w.gap(sbom.Faultf("link.unread", "a hard link whose target was already passed"), e.Path)
		}
	}
}

// A linkTable has, by the name of an entry, the wanted hard links to it.
type linkTable map[string][]sbom.Entry

// passTar reads an archive once. The first pass, without links, offers all
// entries and returns the hard links to serve; the second serves them.
func (w *walker) passTar(r io.Reader, place string, links linkTable) linkTable {
	end := &endWatcher{Reader: r}
	p := &tarPass{walker: w, place: place, serve: links, links: linkTable{}, sizes: map[string]int64{}, alias: map[string]string{}}
	tr := tar.NewReader(end)
	for w.ctx.Err() == nil {
		end.zeros = 0
		h, err := tr.Next()
		if err == io.EOF {
			if links == nil {
				w.tarEnd(end, place)
			}
			break
		}
		if err != nil {
			w.gap(tarFault(err), place)
			break
		}
		p.entry(h, tr)
	}
	return p.links
}

// tarFault gives an error of package tar its code.
func tarFault(err error) error {
	var fault *sbom.Fault
	switch {
	case errors.As(err, &fault):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return sbom.Faultf("tar.truncated", "the archive ends in the middle of an entry")
	case errors.Is(err, tar.ErrHeader):
		return sbom.Faultf("tar.header", "a damaged header; the entries after it were not read")
	default:
		return err
	}
}

// A tarPass is the state of one pass over an archive.
type tarPass struct {
	*walker
	place string
	serve linkTable         // second pass: links to serve
	links linkTable         // first pass: links found
	sizes map[string]int64  // of the regular files so far
	alias map[string]string // hard link -> the entry that has the bytes
}

func (p *tarPass) entry(h *tar.Header, r io.Reader) {
	name, unclean := cleanPath(h.Name)
	if p.serve != nil {
		p.serveLinks(name, h, r)
		return
	}
	if unclean {
		p.v.Found(sbom.Finding{Kind: sbom.Note, Code: "entry.unclean", Path: p.prefix + name,
			Detail: fmt.Sprintf("the archive calls this entry %.200q", h.Name)})
	}
	e := sbom.Entry{Path: name, Mode: h.FileInfo().Mode(), Size: h.Size}
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont:
		e.Mode = e.Mode.Perm()
		p.sizes[name] = h.Size
		p.stream(e, r)
	case tar.TypeLink:
		p.link(e, h)
	case tar.TypeSymlink:
		e.Link, e.Size = h.Linkname, 0
		p.v.Entry(p.walker.entry(e))
	case tar.TypeDir, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		e.Size = 0
		p.v.Entry(p.walker.entry(e))
	case tar.TypeXGlobalHeader:
	default:
		p.v.Found(sbom.Finding{Kind: sbom.Note, Code: "tar.type", Path: p.prefix + name,
			Detail: fmt.Sprintf("an entry of the unknown type %q is passed over", h.Typeflag)})
	}
}

// link offers a hard link, as a file of the size of its target.
func (p *tarPass) link(e sbom.Entry, h *tar.Header) {
	target, _ := cleanPath(h.Linkname)
	if first, ok := p.alias[target]; ok {
		target = first
	}
	size, ok := p.sizes[target]
	e.Mode, e.Size = e.Mode.Perm(), size
	name := e.Path
	e = p.walker.entry(e)
	wanted := p.v.Entry(e)
	switch {
	case ok:
		p.alias[name] = target
		if wanted {
			p.links[target] = append(p.links[target], e)
		}
	case wanted:
		p.gap(sbom.Faultf("link.dangling", "a hard link to %.200q, which is not there", h.Linkname), e.Path)
	}
}

// serveLinks gives the visitor the files that are hard links to this entry.
func (p *tarPass) serveLinks(name string, h *tar.Header, r io.Reader) {
	links := p.serve[name]
	if len(links) == 0 || h.Typeflag == tar.TypeLink {
		return
	}
	delete(p.serve, name)
	s := newStream(metered{r, p.ledger}, h.Size, p.limits.Buffer)
	defer s.done()
	for _, e := range links {
		s.reuse()
		p.v.File(e, s)
		s.again()
	}
}

// tarEnd looks at what follows the last entry: an archive ends with two blocks of
// zeros, and more zeros may follow.
func (w *walker) tarEnd(end *endWatcher, place string) {
	if end.zeros < 2 {
		w.gap(sbom.Faultf("tar.truncated", "the archive has no end mark"), place)
	}
	buf := make([]byte, 32<<10)
	trailing := int64(0)
	for w.ctx.Err() == nil {
		n, err := end.Reader.Read(buf)
		if trailing > 0 || len(bytes.Trim(buf[:n], "\x00")) > 0 {
			trailing += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			w.gap(err, place)
			break
		}
	}
	if trailing > 0 {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "tar.trailing", Path: place,
			Detail: fmt.Sprintf("%d bytes follow the end of the archive and are not part of it", trailing)})
	}
}

// An endWatcher counts how many of the last blocks read were zeros. Package tar
// reads headers a block at a time and says of both a proper end and a missing
// one that it is the end.
type endWatcher struct {
	io.Reader
	zeros int
}

var zeroBlock [tarBlock]byte

func (w *endWatcher) Read(p []byte) (int, error) {
	n, err := io.ReadFull(w.Reader, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	switch {
	case n == tarBlock && bytes.Equal(p[:n], zeroBlock[:]):
		w.zeros++
	case n > 0:
		w.zeros = 0
	}
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Seek lets package tar skip what nobody wants, where the archive allows it.
func (w *endWatcher) Seek(offset int64, whence int) (int64, error) {
	s, ok := w.Reader.(io.Seeker)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return s.Seek(offset, whence)
}

// A skipper reads content in order and skips by not reading, where the content is
// a section.
type skipper struct {
	io.Reader
	content sbom.Content
}

// Seek implements io.Seeker for steps forward.
func (s skipper) Seek(offset int64, whence int) (int64, error) {
	sec, ok := s.content.(*section)
	if !ok || whence != io.SeekCurrent {
		return 0, errors.ErrUnsupported
	}
	sec.offset += offset
	return sec.offset, nil
}
