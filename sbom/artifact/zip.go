package artifact

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact/internal/zipfile"
)

// zip walks a zip archive.
func (w *walker) zip(c reusable, size int64) {
	a, err := zipfile.Open(c, size, int(min(w.limits.Entries, 1<<31-1)))
	if err != nil {
		w.gap(zipFault(err), w.place())
	}
	if a == nil {
		return
	}
	if a.Trailing > 0 {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "zip.trailing", Path: w.place(),
			Detail: fmt.Sprintf("%d bytes follow the archive and are not part of it", a.Trailing)})
	}
	for _, m := range a.Members {
		if w.ctx.Err() != nil {
			return
		}
		w.member(a, m)
	}
}

// zipFault gives an error of package zipfile its code.
func zipFault(err error) error {
	if err = ioFault(err); hasCode(err) {
		return err
	}
	code := "zip.corrupt"
	switch {
	case errors.Is(err, zipfile.ErrAmbiguous):
		code = "zip.ambiguous"
	case errors.Is(err, zipfile.ErrUnsupported):
		code = "zip.unsupported"
	case errors.Is(err, zipfile.ErrMismatch):
		code = "zip.mismatch"
	}
	return &sbom.Fault{Code: code, Err: err}
}

// member offers one member of an archive.
func (w *walker) member(a *zipfile.Archive, m *zipfile.Member) {
	e := sbom.Entry{Path: w.clean(m.Name), Mode: m.Mode, Size: m.Size}
	place := w.prefix + e.Path
	if m.Overlaps {
		w.gap(sbom.Faultf("zip.overlap", "the member shares bytes with another; it was not read"), place)
		return
	}
	data, err := a.Data(m)
	if err != nil {
		w.gap(zipFault(err), place)
	}
	switch {
	case data == nil:
	case m.Mode.IsDir():
		if e.Size = 0; m.Size > 0 {
			w.gap(sbom.Faultf("zip.mismatch", "a folder of %d bytes", m.Size), place)
		}
		w.v.Entry(w.entry(e))
	case m.Mode.Type() == fs.ModeSymlink:
		e.Size = 0
		if e.Link, err = w.target(m, data); err != nil {
			w.gap(zipFault(err), place)
		}
		w.v.Entry(w.entry(e))
	default:
		w.offer(e, func() (reusable, error) { return w.content(m, data) })
	}
}

// content opens a member. Stored bytes can be read where they are, once their
// checksum has been found right.
func (w *walker) content(m *zipfile.Member, data *io.SectionReader) (reusable, error) {
	r, err := m.Read(data)
	if err != nil {
		return nil, zipFault(err)
	}
	r = zipErrors{metered{r, w}}
	if m.Method != zipfile.Store || m.Size < largeEnough {
		s := newStream(r, m.Size, w.limits.Buffer)
		s.judged = true
		return s, nil
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	return &section{ReaderAt: data, size: m.Size, memory: w.limits.Buffer}, nil
}

// target returns the target of a symbolic link.
func (w *walker) target(m *zipfile.Member, data *io.SectionReader) (string, error) {
	if m.Size > int64(w.limits.Path) {
		return "", sbom.Faultf("limit.path", "a symbolic link of %d bytes", m.Size)
	}
	r, err := m.Read(data)
	if err != nil {
		return "", err
	}
	target, err := io.ReadAll(r)
	return string(target), err
}

// zipErrors gives errors of reading a member their code.
type zipErrors struct {
	io.Reader
}

func (z zipErrors) Read(p []byte) (int, error) {
	n, err := z.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = zipFault(err)
	}
	return n, err
}
