package exe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	infoMagic = "\xff Go buildinf:"
	infoAlign = 16
	infoTries = 64 // broken copies looked at before a search is given up
)

// BuildInfo returns the Go version and the module information that Go's
// linker has left in the file, the latter in the form that
// [runtime/debug.ParseBuildInfo] reads. A program built without modules has
// none. An error beside a version means that the module information is
// damaged. WebAssembly files carry the same strings elsewhere and may lack
// the version; then it is missing and the error says so.
func (f *File) BuildInfo() (goVersion, modinfo string, err error) {
	if f.wasm != nil {
		goVersion, modinfo, err = f.wasmBuildInfo()
	} else {
		goVersion, modinfo, err = f.findBuildInfo()
	}
	if err != nil && err != ErrNoBuildInfo {
		err = fmt.Errorf("%s: build information: %w", f.Format, err)
	}
	return goVersion, modinfo, err
}

// findBuildInfo searches the area of build information for the first header
// that can be read. Bytes that look like a header but cannot be one are damage
// in the section made for them, and anybody's data elsewhere. Data that is cut
// off may have held one, unless the sections have names and none is Go's: a
// file of debugging data alone describes segments that it does not have.
func (f *File) findBuildInfo() (goVersion, modinfo string, err error) {
	start, off, n, err := f.infoBytes()
	if err != nil {
		return "", "", err
	}
	found, tries := ErrNoBuildInfo, 0
	if left := f.src.left(off); n > left {
		if f.goNamed || !f.named {
			found = fmt.Errorf("data at %#x: %d bytes, %d left", off, n, left)
		}
		n = left
	}
	err = f.src.scan(off, n, infoMagic, func(at uint64) bool {
		addr := start + (at - off)
		if addr%infoAlign != 0 {
			return true
		}
		var e error
		goVersion, modinfo, e = f.readInfo(addr)
		if e == nil || goVersion != "" || errors.As(e, new(readError)) {
			found = e
			return false
		}
		if tries++; tries == 1 && f.infoName != "" {
			found = e
		}
		return tries < infoTries
	})
	if err == nil {
		err = found
	}
	return goVersion, modinfo, err
}

// infoBytes returns the address, offset and length of the bytes to search.
func (f *File) infoBytes() (start, off, n uint64, err error) {
	start = (f.info.addr + infoAlign - 1) &^ (infoAlign - 1)
	skip := start - f.info.addr
	if f.info.size <= skip {
		return 0, 0, 0, ErrNoBuildInfo
	}
	off, n = f.mapped(start)
	n = min(n, f.info.size-skip)
	if n == 0 && f.infoName != "" {
		return 0, 0, 0, fmt.Errorf("section %s is at address %#x, which is not in the file", f.infoName, start)
	}
	return start, off, n, nil
}

// readInfo reads the build information whose header is at addr. The linker of
// Go 1.18 and later writes
//
//	offset  size
//	0       14    "\xff Go buildinf:"
//	14      1     size of a pointer
//	15      1     flags: 1 big-endian, 2 the strings follow
//	16      16    zero
//	32            varint length and bytes of the version, then of the module information
//
// Older ones leave flag 2 unset, and at 16 are two pointers to Go strings.
// See https://go.dev/src/debug/buildinfo/buildinfo.go.
func (f *File) readInfo(addr uint64) (goVersion, modinfo string, err error) {
	header, err := f.readAddr(addr, 32, "header")
	if err != nil {
		return "", "", err
	}
	if header[15]&2 != 0 {
		goVersion, modinfo, err = f.inlineStrings(addr + 32)
	} else {
		goVersion, modinfo, err = f.pointedStrings(header)
	}
	if err != nil {
		return goVersion, "", err
	}
	if goVersion == "" {
		return "", "", errors.New("empty Go version")
	}
	modinfo, err = unframe(modinfo)
	return goVersion, modinfo, err
}

// inlineStrings reads the two strings that begin at addr.
func (f *File) inlineStrings(addr uint64) (goVersion, modinfo string, err error) {
	goVersion, addr, err = f.inlineString(addr, maxVersion, "Go version")
	if err != nil {
		return "", "", err
	}
	modinfo, _, err = f.inlineString(addr, maxString, "module information")
	return goVersion, modinfo, err
}

// inlineString reads the string at addr and returns the address behind it.
func (f *File) inlineString(addr, limit uint64, what string) (string, uint64, error) {
	_, left := f.mapped(addr)
	b, err := f.readAddr(addr, min(left, binary.MaxVarintLen64), what)
	if err != nil {
		return "", 0, err
	}
	length, n := binary.Uvarint(b)
	if n <= 0 {
		return "", 0, fmt.Errorf("%s at address %#x: no length", what, addr)
	}
	s, err := f.readString(addr+uint64(n), length, limit, what)
	return s, addr + uint64(n) + length, err
}

// readString reads a string of n bytes, at most limit.
func (f *File) readString(addr, n, limit uint64, what string) (string, error) {
	if n == 0 {
		return "", nil
	}
	if n > limit {
		return "", fmt.Errorf("%s at address %#x: %d bytes, the limit is %d", what, addr, n, limit)
	}
	b, err := f.readAddr(addr, n, what)
	return string(b), err
}

// pointedStrings reads the two strings that a header of before Go 1.18 points
// to.
func (f *File) pointedStrings(header []byte) (goVersion, modinfo string, err error) {
	size := int(header[14])
	if size != 4 && size != 8 {
		return "", "", fmt.Errorf("pointers of %d bytes", size)
	}
	l := layout{order: binary.LittleEndian, wide: size == 8}
	if header[15]&1 != 0 {
		l.order = binary.BigEndian
	}
	goVersion, err = f.goString(l, l.addr(header[16:], 0, 0), maxVersion, "Go version")
	if err != nil {
		return "", "", err
	}
	modinfo, err = f.goString(l, l.addr(header[16+size:], 0, 0), maxString, "module information")
	return goVersion, modinfo, err
}

// goString reads the string whose pointer and length are at addr. A variable
// that was never set lies in memory that is not in the file, and is empty.
func (f *File) goString(l layout, addr, limit uint64, what string) (string, error) {
	size := uint64(l.pick(4, 8))
	if _, left := f.mapped(addr); left < 2*size {
		return "", nil
	}
	b, err := f.readAddr(addr, 2*size, what)
	if err != nil {
		return "", err
	}
	return f.readString(l.addr(b, 0, 0), l.addr(b, 4, 8), limit, what)
}

// frame is the length of the marks that the go command puts at both ends of
// module information, so that it can be found in a core file.
const frame = 16

// unframe takes the marks from module information. What is inside ends with a
// newline.
func unframe(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if len(s) <= 2*frame || s[len(s)-frame-1] != '\n' {
		return "", fmt.Errorf("module information of %d bytes has no frame", len(s))
	}
	return s[frame : len(s)-frame], nil
}
