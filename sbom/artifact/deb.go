package artifact

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// debMagic is how a deb begins: an ar archive whose first member is called
// debian-binary.
const debMagic = arMagic + "debian-binary"

// controlFolder is the reserved path under which control data of a container
// stands.
const controlFolder = "!control/"

// deb walks a Debian package: an ar archive of
//
//	debian-binary  "2.0\n"
//	control.tar    with gzip, xz, zstd or nothing: the entries under !control
//	data.tar       the files of the package
//
// in this order. Members whose names begin with an underscore are no part of it,
// nor is what follows. See https://manpages.debian.org/stable/dpkg-dev/deb.5.html
func (w *walker) deb(c reusable, size int64) {
	a, err := newAR(inOrder(c), size)
	if err != nil {
		w.gap(coded("deb.format", err), w.place())
		return
	}
	for _, step := range []func(*arReader, reusable) error{(*debWalk)(w).version, (*debWalk)(w).control, (*debWalk)(w).data} {
		if err := step(a, c); err != nil {
			w.gap(coded("deb.format", err), w.place())
			return
		}
	}
	if m, err := a.next(); err != io.EOF {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "deb.trailing", Path: w.place(),
			Detail: fmt.Sprintf("%d bytes follow data.tar and are not part of the package", size-m.offset+arHeaderSize)})
	}
}

// A debWalk has the steps of walking a deb.
type debWalk walker

// member returns the next member that counts, whose name begins with prefix.
func (w *debWalk) member(a *arReader, prefix string) (arMember, error) {
	for {
		m, err := a.next()
		switch {
		case err == io.EOF:
			return m, fmt.Errorf("%s is not there", prefix)
		case err != nil:
			return m, err
		case strings.HasPrefix(m.name, "_"):
		case strings.HasPrefix(m.name, prefix):
			return m, nil
		default:
			return m, fmt.Errorf("%.16q where %s should be", m.name, prefix)
		}
	}
}

func (w *debWalk) version(a *arReader, _ reusable) error {
	m, err := w.member(a, "debian-binary")
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(&a.data, 64))
	if err == nil && !strings.HasPrefix(string(text), "2.") {
		err = fmt.Errorf("%s: version %.16q of the format, not 2", m.name, text)
	}
	return err
}

func (w *debWalk) control(a *arReader, c reusable) error {
	inner := *(*walker)(w)
	inner.prefix += controlFolder
	return w.archive(&inner, a, c, "control.tar")
}

func (w *debWalk) data(a *arReader, c reusable) error {
	return w.archive((*walker)(w), a, c, "data.tar")
}

// archive has inner walk the member that is called name, and then by how it is
// compressed.
func (w *debWalk) archive(inner *walker, a *arReader, c reusable, name string) error {
	m, err := w.member(a, name)
	if err != nil {
		return err
	}
	r, err := w.expandMember(m, &a.data)
	if err != nil {
		return err
	}
	defer r.Close() // the data is judged when it is read
	inner.tar(r, func() (io.ReadCloser, error) {
		c.again()
		all := inOrder(c)
		if err := discardN(all, m.offset); err != nil {
			return nil, err
		}
		return w.expandMember(m, io.LimitReader(all, m.size))
	})
	return nil
}

// expandMember opens the archive that a member is. Its content tells how it is
// compressed.
func (w *debWalk) expandMember(m arMember, r io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(r, bufferSize)
	head, err := buffered.Peek(magicSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	kind, compressed := compressionOf(head)
	switch {
	case compressed:
		return decompress(kind, nil, buffered, (*walker)(w))
	case path.Ext(m.name) == ".tar":
		return io.NopCloser(buffered), nil
	}
	return nil, sbom.Faultf("deb.unsupported", "%s is compressed by a method that is not read", m.name)
}
