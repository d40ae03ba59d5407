package artifact

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact/internal/cpio"
)

// A .rpm file is described at
// https://rpm-software-management.github.io/rpm/manual/format_v4.html:
//
//	| lead, 96 bytes | signature header | zeros to a multiple of 8 | header | payload |
//
// and both headers are
//
//	0       4          8           12          16
//	| magic | reserved | entries n | data size | n * 16 bytes of index | data |
const (
	rpmLead      = "\xed\xab\xee\xdb"
	rpmLeadSize  = 96
	rpmMagic     = "\x8e\xad\xe8\x01"
	rpmIntroSize = 16
	maxRPMHeader = 64 << 20 // the largest that are known have 20 MiB
)

// rpm walks a .rpm file. All that stands before the payload is its control data,
// an entry called !control/header.
func (w *walker) rpm(c reusable, size int64) {
	w.container = "rpm"
	start, err := rpmPayload(c, size)
	if err != nil {
		w.gap(&sbom.Fault{Code: "rpm.corrupt", Err: err}, w.place())
		return
	}
	header := sbom.Entry{Path: "!control/header", Mode: 0o644, Size: start}
	w.offer(header, func() (reusable, error) {
		return &section{ReaderAt: io.NewSectionReader(c, 0, start), size: start}, nil
	})
	w.rpmFiles(io.NewSectionReader(c, start, size-start))
}

// rpmPayload returns where the payload of a .rpm file begins.
func rpmPayload(r io.ReaderAt, size int64) (int64, error) {
	end, err := rpmHeaderEnd(r, rpmLeadSize, size)
	if err != nil {
		return 0, fmt.Errorf("rpm: signature header: %w", err)
	}
	if end, err = rpmHeaderEnd(r, (end+7)&^7, size); err != nil {
		return 0, fmt.Errorf("rpm: header: %w", err)
	}
	return end, nil
}

// rpmHeaderEnd returns where the header at off ends.
func rpmHeaderEnd(r io.ReaderAt, off, size int64) (int64, error) {
	var intro [rpmIntroSize]byte
	if off > size-rpmIntroSize {
		return 0, io.ErrUnexpectedEOF
	}
	if _, err := r.ReadAt(intro[:], off); err != nil && err != io.EOF {
		return 0, err
	}
	if !bytes.HasPrefix(intro[:], []byte(rpmMagic)) {
		return 0, fmt.Errorf("offset %d: magic number %x", off, intro[:4])
	}
	n := int64(binary.BigEndian.Uint32(intro[8:]))*16 + int64(binary.BigEndian.Uint32(intro[12:]))
	if left := size - off - rpmIntroSize; n > left || n > maxRPMHeader {
		return 0, fmt.Errorf("offset %d: %d bytes of header, %d bytes left", off, n, left)
	}
	return off + rpmIntroSize + n, nil
}

// rpmFiles walks the payload, a cpio archive that is compressed as a rule.
func (w *walker) rpmFiles(payload *io.SectionReader) {
	head := make([]byte, magicSize)
	n, _ := payload.ReadAt(head, 0) // what is missing will be missed
	if bytes.HasPrefix(head, []byte("07070")) {
		w.cpio(payload)
		return
	}
	if _, ok := compressionOf(head[:n]); !ok {
		w.gap(sbom.Faultf("rpm.payload", "the payload is compressed in a way that is not read; its first bytes are %x", head[:n]), w.place())
		return
	}
	r, err := w.expand(payload)
	if err != nil {
		w.gap(err, w.place())
		return
	}
	defer r.Close() // the data is judged when it is read
	w.cpio(r)
}

// cpio walks a cpio archive. Of the names of a hard-linked file all but the last
// come without content.
func (w *walker) cpio(r io.Reader) {
	archive := cpio.NewReader(r, nil)
	waiting := map[uint32][]sbom.Entry{} // names of hard-linked files, by inode
	for w.ctx.Err() == nil {
		f, err := archive.Next()
		if err == io.EOF {
			w.drain(r)
			break
		}
		if err != nil {
			w.gap(&sbom.Fault{Code: "rpm.payload", Err: err}, w.place())
			break
		}
		e := sbom.Entry{Path: w.clean(f.Name), Mode: unixMode(f.Mode), Size: f.Size}
		switch {
		case e.Mode.Type() == fs.ModeSymlink:
			w.cpioLink(e, archive)
		case !e.Mode.IsRegular():
			e.Size = 0
			w.v.Entry(w.entry(e))
		case f.Links > 1 && f.Size == 0:
			waiting[f.Inode] = append(waiting[f.Inode], e)
		default:
			w.cpioFile(append(waiting[f.Inode], e), f.Size, archive)
			delete(waiting, f.Inode)
		}
	}
	for _, empty := range waiting {
		w.cpioFile(empty, 0, bytes.NewReader(nil))
	}
}

// drain reads what follows the last file, so that a checksum at the end is
// compared.
func (w *walker) drain(r io.Reader) {
	if _, err := io.Copy(io.Discard, r); err != nil {
		w.gap(err, w.place())
	}
}

// cpioLink offers a symbolic link, whose target is its content.
func (w *walker) cpioLink(e sbom.Entry, r io.Reader) {
	target, err := io.ReadAll(io.LimitReader(r, int64(w.limits.Path)))
	e.Link, e.Size = string(target), 0
	if err != nil {
		return // the next header tells
	}
	w.v.Entry(w.entry(e))
}

// cpioFile offers a file under all its names.
func (w *walker) cpioFile(names []sbom.Entry, size int64, r io.Reader) {
	s := newStream(metered{r, w}, size, w.limits.Buffer)
	defer s.done()
	for _, e := range names {
		e.Size = size
		e = w.entry(e)
		if len(names) > 1 {
			s.reuse()
		}
		w.visit(e, s, w.v.Entry(e))
	}
}

// unixMode makes a mode of st_mode, as struct stat has it.
func unixMode(mode uint32) fs.FileMode {
	perm := fs.FileMode(mode) & fs.ModePerm
	switch mode & 0o170000 {
	case 0o100000:
		return perm
	case 0o040000:
		return fs.ModeDir | perm
	case 0o120000:
		return fs.ModeSymlink | perm
	default:
		return fs.ModeIrregular | perm
	}
}
