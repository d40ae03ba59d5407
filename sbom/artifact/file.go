package artifact

import (
	"bytes"
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
)

// errChanged is the error of a file that is another one than it was.
var errChanged = &sbom.Fault{Code: "entry.changed", Err: errors.New("the file changed while it was read")}

// openFile opens a file artifact. If plain is set, it is not looked into.
func openFile(ctx context.Context, name string, plain bool, o Options) (*sbom.Artifact, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	format := formatNone
	if !plain && info.Size() > 0 {
		if format, err = recognise(f, info.Size()); err != nil {
			return nil, err
		}
	}
	a := &sbom.Artifact{Name: baseName(name), Type: sbom.TypeFile, Format: sbom.FormatFile, Modified: info.ModTime()}
	if format != formatNone {
		a.Format = string(format)
	}
	if a.Digests, err = digests(ctx, f, o.Digests); err != nil {
		return nil, err
	}
	a.Trees = []sbom.Tree{&fileTree{path: name, info: info, name: a.Name, format: format, limits: o.Limits}}
	return a, nil
}

// A fileTree is the tree of a file artifact: the one file, or its inside.
type fileTree struct {
	path   string
	info   fs.FileInfo // of the file that was recognised and hashed
	name   string
	format format
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
	c := &section{ReaderAt: f, size: t.info.Size(), close: f.Close}
	defer c.done()
	if err := unchanged(f, t.info); err != nil {
		return err
	}
	w := &walker{ctx: ctx, v: v, limits: t.limits, ledger: newLedger(t.limits), container: string(t.format)}
	if t.format == formatNone {
		w.plain(t.name, t.info, c)
	} else {
		w.artifact(t.name, c, t.info.Size(), t.format)
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

// plain offers a file artifact that is no container. A zip archive behind a
// program is looked into as well.
func (w *walker) plain(name string, info fs.FileInfo, c *section) {
	e := sbom.Entry{Path: name, Mode: info.Mode().Perm(), Size: info.Size()}
	if w.v.Entry(e) {
		w.v.File(e, c)
		c.again()
	}
	if hasZipEnd(c, info.Size()) {
		w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "type.ambiguous", Path: name,
			Detail: "a zip archive stands at the end of the file; it is described as well"})
		w.enter(e, c, formatZip)
	}
}

// artifact walks a container that is the artifact itself. Compressed data that
// is not a tar archive is a container of one file.
func (w *walker) artifact(name string, c *section, size int64, f format) {
	if f != formatCompressed {
		w.inside(c, size, f, true)
		return
	}
	r, isTar, err := w.expand(c)
	switch {
	case isTar:
		w.container = "tar"
		w.tarStream(r, "")
	case err != nil && r == nil:
		w.gap(err, "")
	default:
		w.single(strings.TrimSuffix(name, path.Ext(name)), r)
	}
	if r != nil {
		r.Close() // the data was judged when it was read
	}
}

// single offers the one file that compressed data holds. Its size is known when
// all of it was read, so it is spooled.
func (w *walker) single(name string, r io.Reader) {
	sp := &spool{limit: w.limits.Buffer}
	defer sp.Close()
	size, err := io.Copy(sp, io.LimitReader(r, w.limits.File+1))
	if err != nil {
		w.gap(err, name)
	}
	if size > w.limits.File {
		w.gap(sbom.Faultf("limit.file", "more than %d bytes", w.limits.File), name)
		return
	}
	e := sbom.Entry{Path: name, Mode: 0o644, Size: size}
	w.offer(e, func() (reusable, error) { return &section{ReaderAt: sp, size: size}, nil })
}

// hasZipEnd reports whether the end of a zip archive without a comment stands at
// the end of the file (APPNOTE 4.3.16).
func hasZipEnd(r io.ReaderAt, size int64) bool {
	var end [22]byte
	if size < int64(len(end)) {
		return false
	}
	_, err := r.ReadAt(end[:], size-int64(len(end)))
	return (err == nil || err == io.EOF) && bytes.HasPrefix(end[:], []byte("PK\x05\x06"))
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
