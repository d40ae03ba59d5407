package git

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// The kinds of objects, as object headers spell them.
const (
	kindCommit = "commit"
	kindTree   = "tree"
	kindBlob   = "blob"
	kindTag    = "tag"
)

// object reads an object and checks that its bytes have the name id. Every
// copy is tried, packed ones first, until one is whole.
func (r *Repository) object(id ID) (kind string, body []byte, err error) {
	kind, body, packErr := r.packedObject(id)
	if packErr == nil {
		return kind, body, nil
	}
	kind, body, looseErr := r.looseObject(id)
	if looseErr == nil {
		return kind, body, nil
	}
	if !errors.Is(looseErr, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("object %v: %w", id, looseErr)
	}
	if errors.Is(packErr, ErrNotFound) {
		if _, err := r.common.Lstat("objects/info/alternates"); err == nil {
			packErr = fmt.Errorf("%w, which borrows objects from another that is not read", packErr)
		}
	}
	return "", nil, fmt.Errorf("object %v: %w", id, packErr)
}

// A meter bounds what all reads of a Repository cost together, in bytes that
// are inflated. A small repository can name the same costly object a million
// times.
type meter struct{ spent, max int64 }

// The costs of what is slow without inflating much.
const (
	costProbe = 64   // reading one name in an index
	costEntry = 1024 // beginning a zlib stream
)

func (m *meter) spend(n int64) error {
	if m.spent += n; m.spent > m.max {
		return fmt.Errorf("reading objects for more than %d bytes: %w", m.max, ErrLimit)
	}
	return nil
}

// check returns an error if kind and body do not have the name id.
func (f format) check(id ID, kind string, body []byte) error {
	if got := f.hash(kind, body); got != id {
		return fmt.Errorf("its content has the name %v: %w", got, ErrCorrupt)
	}
	return nil
}

// looseObject reads objects/12/3456..., a zlib stream of
// "<kind> <size>\0<body>". The error is fs.ErrNotExist if there is none.
func (r *Repository) looseObject(id ID) (kind string, body []byte, err error) {
	hex := id.String()
	if id.size != uint8(r.format.size) {
		return "", nil, fs.ErrNotExist
	}
	name := "objects/" + hex[:2] + "/" + hex[2:]
	b, err := readFile(r.common, name, r.limits.object+1<<16)
	if err != nil {
		return "", nil, err
	}
	if kind, body, err = parseLoose(b, r.limits.object); err != nil {
		return "", nil, fmt.Errorf("loose: %w", err)
	}
	if err := r.meter.spend(costEntry + int64(len(body))); err != nil {
		return "", nil, err
	}
	return kind, body, r.format.check(id, kind, body)
}

// parseLoose inflates a loose object of at most max bytes.
func parseLoose(b []byte, max int64) (kind string, body []byte, err error) {
	in := bytes.NewReader(b)
	z, err := zlib.NewReader(in)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	const maxHeader = 32
	all, err := io.ReadAll(io.LimitReader(z, max+maxHeader+1))
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	if int64(len(all)) > max+maxHeader {
		return "", nil, fmt.Errorf("more than %d bytes: %w", max, ErrLimit)
	}
	if in.Len() > 0 {
		return "", nil, fmt.Errorf("%d bytes after the end: %w", in.Len(), ErrCorrupt)
	}
	header, body, ok := bytes.Cut(all, []byte{0})
	if !ok || len(header) > maxHeader {
		return "", nil, fmt.Errorf("no header: %w", ErrCorrupt)
	}
	kind, size, _ := strings.Cut(string(header), " ")
	switch kind {
	case kindCommit, kindTree, kindBlob, kindTag:
	default:
		return "", nil, fmt.Errorf("object of kind %q: %w", kind, ErrCorrupt)
	}
	if size != strconv.Itoa(len(body)) {
		return "", nil, fmt.Errorf("header says %q bytes of %d: %w", size, len(body), ErrCorrupt)
	}
	return kind, body, nil
}

// inflate reads exactly size bytes of a zlib stream.
func inflate(in io.Reader, size int64) ([]byte, error) {
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	b, err := io.ReadAll(io.LimitReader(z, size+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	if int64(len(b)) != size {
		return nil, fmt.Errorf("not the %d bytes that it says: %w", size, ErrCorrupt)
	}
	return b, nil
}
