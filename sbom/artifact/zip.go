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
	w.container = "zip"
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
	code := "zip.corrupt"
	switch {
	case errors.Is(err, zipfile.ErrAmbiguous):
		code = "zip.ambiguous"
	case errors.Is(err, zipfile.ErrUnsupported):
		code = "zip.unsupported"
	case errors.Is(err, zipfile.ErrMismatch):
		code = "zip.mismatch"
	}
	return sbom.Faultf(code, "zip: %w", err)
}

// member offers one member of an archive.
func (w *walker) member(a *zipfile.Archive, m *zipfile.Member) {
	name, unclean := cleanPath(m.Name)
	place := w.prefix + name
	if unclean {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "entry.unclean", Path: place,
			Detail: fmt.Sprintf("the archive calls this entry %.200q", m.Name)})
	}
	e := sbom.Entry{Path: name, Mode: m.Mode}
	if m.Overlaps {
		w.gap(sbom.Faultf("zip.overlap", "the member shares bytes with another; it was not read"), place)
		return
	}
	if m.Mode.IsDir() {
		w.v.Entry(w.entry(e))
		return
	}
	data, err := a.Data(m)
	if err != nil {
		w.gap(zipFault(err), place)
	}
	if data == nil {
		return
	}
	if m.Mode.Type() == fs.ModeSymlink {
		e.Link = w.target(m, data)
		w.v.Entry(w.entry(e))
		return
	}
	e.Size = m.Size
	w.offer(e, func() (reusable, error) { return w.content(m, data) })
}

// content opens a member. Stored bytes can be read where they are.
func (w *walker) content(m *zipfile.Member, data *io.SectionReader) (reusable, error) {
	if m.Method == zipfile.Store && !m.Encrypted && m.Compressed == m.Size && m.Size >= largeEnough {
		return &section{ReaderAt: data, size: m.Size}, nil
	}
	r, err := m.Read(data)
	if err != nil {
		return nil, zipFault(err)
	}
	return newStream(metered{zipErrors{r}, w.ledger}, m.Size, w.limits.Buffer), nil
}

// target returns the target of a symbolic link, or "" if it cannot be read: a
// link is never followed out of the archive.
func (w *walker) target(m *zipfile.Member, data *io.SectionReader) string {
	r, err := m.Read(data)
	if err != nil {
		return ""
	}
	target, _ := io.ReadAll(io.LimitReader(r, int64(w.limits.Path)))
	return string(target)
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
