package artifact

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact/internal/zipfile"
)

// errChanged is the error of a file that is another one than it was.
var errChanged = &sbom.Fault{Code: "entry.changed", Err: errors.New("the file changed while it was read")}

// openFile opens a file artifact. With the kind "file" it is not looked into.
func openFile(ctx context.Context, name string, kind string, o Options) ([]*sbom.Artifact, error) {
	plain := kind == kindFile
	f, err := os.OpenFile(name, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	a := &sbom.Artifact{Name: baseName(name), Type: sbom.TypeFile, Format: sbom.FormatFile, Modified: info.ModTime()}
	format := formatNone
	if !plain && info.Size() > 0 {
		if format, err = recognise(f, info.Size(), isNamedContainer(a.Name)); err != nil {
			return nil, err
		}
		a.Format = formatName(f, info.Size(), format)
	}
	if a.Digests, err = digests(ctx, f, o.Digests); err != nil {
		return nil, err
	}
	if a.Format == string(formatTar) || !plain && kind != "" {
		if images, err := openArchive(ctx, f, info, kind, *a, o); err != nil || images != nil {
			return images, err
		}
	}
	a.Trees = []sbom.Tree{&fileTree{path: name, info: info, name: a.Name, format: format, plain: plain, limits: o.Limits}}
	return []*sbom.Artifact{a}, nil
}

// formatName names the format of a file artifact. Compressed data is called after
// what is in it, if that is an archive.
func formatName(f *os.File, size int64, kind format) string {
	switch kind {
	case formatNone:
		return sbom.FormatFile
	case formatCompressed:
		limits := sbom.Limits{}.WithDefaults()
		w := &walker{ctx: context.Background(), limits: limits, ledger: newLedger(limits)}
		x, err := w.expand(io.NewSectionReader(f, 0, size))
		if err != nil {
			return string(kind) // Walk tells
		}
		defer x.Close()
		if isTar, _ := x.isTar(); !isTar {
			return x.kind
		}
		if x.isAPK() {
			return formatAPK
		}
		return string(formatTar)
	}
	return string(kind)
}

// A fileTree is the tree of a file artifact: the one file, or its inside.
type fileTree struct {
	path   string
	info   fs.FileInfo // of the file that was recognised and hashed
	name   string
	format format
	plain  bool // not to be looked into
	limits sbom.Limits
}

// Layer implements sbom.Tree.
func (t *fileTree) Layer() string { return "" }

// Walk implements sbom.Tree.
func (t *fileTree) Walk(ctx context.Context, v sbom.Visitor) error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	c := &section{ReaderAt: &disk{f}, size: t.info.Size(), close: f.Close}
	if t.format == formatNone {
		c.ReaderAt = &watched{f, t.info}
	}
	defer c.done()
	if err := unchanged(f, t.info); err != nil {
		return err
	}
	w := &walker{ctx: ctx, v: v, limits: t.limits, ledger: newLedger(t.limits), helpers: allHelpers()}
	switch {
	case t.plain:
		w.plain(t.name, t.info, c)
	case t.format == formatNone:
		w.plain(t.name, t.info, c)
		named := isNamedContainer(t.name) || hasSuffix(t.name, compressedSuffixes)
		w.checkName(sbom.Entry{Path: t.name}, c, t.format, named)
	case t.format == formatCompressed:
		w.compressedFile(t.name, c)
	default:
		w.inside(c, c.size, t.format)
	}
	if !t.plain && t.format != formatZip {
		w.zipBehind(t.name, c)
	}
	if err := unchanged(f, t.info); err != nil {
		return err
	}
	return ctx.Err()
}

// unchanged reports whether f is the file that info describes, as it was.
func unchanged(f *os.File, info fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(info, now) || info.Size() != now.Size() || !info.ModTime().Equal(now.ModTime()) {
		return errChanged
	}
	return nil
}

// A disk reads a file of this machine.
type disk struct {
	file *os.File
}

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.file.ReadAt(p, off)
	return n, ioFault(err)
}

// A watched file says so if it has changed since it was listed.
type watched struct {
	file *os.File
	info fs.FileInfo
}

func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.file.ReadAt(p, off)
	if changed := unchanged(w.file, w.info); changed != nil {
		return n, changed
	}
	return n, ioFault(err)
}

// plain offers a file artifact that is no container.
func (w *walker) plain(name string, info fs.FileInfo, c *section) {
	e := sbom.Entry{Path: name, Mode: info.Mode().Perm(), Size: c.size}
	if w.v.Entry(e) {
		w.v.File(e, c)
	}
}

// zipBehind looks into a zip archive that stands behind something else, such as a
// program that unpacks it.
func (w *walker) zipBehind(name string, c *section) {
	if w.ctx.Err() != nil || !zipfile.EndsWith(c, c.size) {
		return
	}
	w.prefix = ""
	w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "type.ambiguous", Path: name,
		Detail: "a zip archive stands at the end of the file; it is described as well"})
	w.enter(sbom.Entry{Path: name, Size: c.size}, c, formatZip)
}

// compressedFile walks compressed data that is the artifact itself. If it is not
// a tar archive, it is a container of one file.
func (w *walker) compressedFile(name string, c *section) {
	r, err := w.expand(c)
	if err != nil {
		w.gap(err, "")
		return
	}
	defer r.Close() // the data is judged when it is read
	isTar, err := r.isTar()
	if isTar {
		w.compressedTar(r, c)
		return
	}
	if err == nil && isNamedContainer(name) {
		w.gap(sbom.Faultf("type.mismatch", "named like an archive, and none is in the compressed data"), "")
	}
	w.container = r.kind
	w.single(strings.TrimSuffix(name, path.Ext(name)), r)
}

// single offers the one file that compressed data holds. Its size is known when
// all of it was read, so it is spooled.
func (w *walker) single(name string, r io.Reader) {
	sp := &spool{limit: w.limits.Buffer}
	size, err := io.Copy(sp, io.LimitReader(r, w.limits.File+1))
	if err != nil {
		w.gap(err, name)
	}
	if size > w.limits.File {
		w.gap(sbom.Faultf("limit.file", "more than the limit of %d bytes", w.limits.File), name)
		sp.Close() // its bytes are given up
		return
	}
	c := &section{ReaderAt: sp, size: size, close: sp.Close}
	defer c.done()
	w.offer(sbom.Entry{Path: name, Mode: 0o644, Size: size}, func() (reusable, error) { return c, nil })
}

// hashes are the functions that a file artifact can be hashed with.
var hashes = map[string]func() hash.Hash{
	"SHA-256": sha256.New,
	"SHA-512": sha512.New,
}

// digests hashes r with each algorithm at once, on one read.
func digests(ctx context.Context, r io.Reader, algorithms []string) ([]sbom.Digest, error) {
	if algorithms == nil {
		algorithms = []string{"SHA-256", "SHA-512"}
	}
	if len(algorithms) == 0 {
		return nil, nil
	}
	sums := make([]hash.Hash, len(algorithms))
	for i, name := range algorithms {
		if hashes[name] == nil {
			return nil, fmt.Errorf("digest algorithm %q is not one of SHA-256 and SHA-512", name)
		}
		sums[i] = hashes[name]()
	}
	if err := hashAll(ctx, r, sums); err != nil {
		return nil, err
	}
	out := make([]sbom.Digest, len(sums))
	for i, name := range algorithms {
		out[i] = sbom.Digest{Algorithm: name, Value: hex.EncodeToString(sums[i].Sum(nil))}
	}
	return out, nil
}

// hashAll reads r once, in turns into two buffers: while each hash takes in the
// one, the other is filled.
func hashAll(ctx context.Context, r io.Reader, sums []hash.Hash) error {
	var buffers [2][]byte
	for i := range buffers {
		buffers[i] = make([]byte, 256<<10)
	}
	var busy sync.WaitGroup
	for turn := 0; ; turn ^= 1 {
		n, err := io.ReadFull(r, buffers[turn])
		busy.Wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, h := range sums {
			busy.Go(func() { h.Write(buffers[turn][:n]) })
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			busy.Wait()
			return nil
		}
		if err != nil {
			busy.Wait()
			return err
		}
	}
}
