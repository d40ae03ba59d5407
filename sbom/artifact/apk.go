package artifact

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/manifestgen/manifestgen/sbom"
)

// formatAPK is the format of a package of Alpine Linux.
const formatAPK = "apk"

// isAPK reports whether the data is that of an Alpine package: it begins with a
// signature, or with .PKGINFO if it is not signed.
func (x *expanded) isAPK() bool {
	head, _ := x.Peek(tarBlock)
	return x.kind == "gzip" && isTarHeader(head) &&
		(bytes.HasPrefix(head, []byte(".SIGN.")) || bytes.HasPrefix(head, []byte(".PKGINFO\x00")))
}

// maxSegments is how many segments may stand before that of the files.
const maxSegments = 16

// maxControl is how long a segment of control data may be when it is expanded.
const maxControl = 16 << 20

// apk walks an Alpine package, which is several gzip members one after the other,
// each a part of one tar archive:
//
//	signatures, of the control segment (none or more)
//	control     .PKGINFO and scripts: the entries under !control
//	data        the files of the package, to the end; .PKGINFO has its SHA-256
//
// Only the last one has the end mark of an archive. See
// https://wiki.alpinelinux.org/wiki/Apk_spec
func (w *walker) apk(c reusable) {
	w.container = formatAPK
	all := &counter{Reader: inOrder(c)}
	in := bufio.NewReaderSize(all, bufferSize)
	info, err := w.apkControl(in)
	if err != nil {
		w.gap(coded("apk.format", err), w.place())
		return
	}
	start := all.n - int64(in.Buffered())
	sum := sha256.New()
	w.apkData(io.TeeReader(in, sum), c, start)
	if _, err := io.Copy(sum, in); err != nil {
		w.gap(err, w.place())
	}
	if want := dataHash(info); want != "" && want != hex.EncodeToString(sum.Sum(nil)) {
		w.gap(sbom.Faultf("apk.datahash", "the files do not have the digest that .PKGINFO states"), w.place())
	}
}

// apkData walks the files of a package, which begin at start.
func (w *walker) apkData(r io.Reader, c reusable, start int64) {
	x, err := w.expand(r)
	if err != nil {
		w.gap(err, w.place())
		return
	}
	defer x.Close() // the data is judged when it is read
	w.tar(x, func() (io.ReadCloser, error) {
		c.again()
		again := inOrder(c)
		if err := discardN(again, start); err != nil {
			return nil, err
		}
		return w.expand(again)
	})
}

// apkControl walks the segments before that of the files, and returns .PKGINFO,
// which is in the last of them.
func (w *walker) apkControl(in *bufio.Reader) (info []byte, err error) {
	control := *w
	control.prefix += controlFolder
	control.endless = true
	for range maxSegments {
		segment, err := w.apkSegment(in)
		if err != nil {
			return nil, err
		}
		control.tar(bytes.NewReader(segment), func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(segment)), nil
		})
		if info := pkgInfo(segment); info != nil {
			return info, nil
		}
	}
	return nil, errors.New(".PKGINFO is not where it should be")
}

// apkSegment expands one gzip member.
func (w *walker) apkSegment(in *bufio.Reader) ([]byte, error) {
	z, err := gzip.NewReader(in)
	if err == io.EOF {
		return nil, errors.New(".PKGINFO is not there")
	}
	if err != nil {
		return nil, corruptFault("gzip", err)
	}
	defer z.Close() // the data is judged when it is read
	z.Multistream(false)
	segment, err := io.ReadAll(io.LimitReader(corrupt{metered{z, w}, "gzip"}, maxControl+1))
	if err == nil && len(segment) > maxControl {
		err = sbom.Faultf("limit.text", "control data of more than %d bytes", maxControl)
	}
	return segment, err
}

// pkgInfo returns the content of .PKGINFO, or nil if it is not in the segment.
func pkgInfo(segment []byte) []byte {
	for r := tar.NewReader(bytes.NewReader(segment)); ; {
		h, err := r.Next()
		if err != nil && h == nil {
			return nil
		}
		if h.Name == ".PKGINFO" {
			data, _ := io.ReadAll(r) // of bytes in memory; the walk tells if they end early
			return append([]byte{}, data...)
		}
	}
}

// dataHash returns the value of the line "datahash = ..." of .PKGINFO.
func dataHash(info []byte) string {
	for line := range strings.Lines(string(info)) {
		if key, value, _ := strings.Cut(line, "="); strings.TrimSpace(key) == "datahash" {
			return strings.ToLower(strings.TrimSpace(value))
		}
	}
	return ""
}

// A counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
