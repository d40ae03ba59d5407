// Package pclntab tells which packages were linked into a Go program.
//
// It reads the names in the function table that the linker writes for stack
// traces and that stripping does not remove, in the layouts of Go 1.16 to 1.26:
// https://go.dev/src/internal/abi/symtab.go and
// https://go.dev/src/runtime/symtab.go (type pcHeader).
//
// The names are those of all functions of which the program has code, also of
// those that were inlined everywhere. A package without any, such as one that
// only declares constants, leaves no name. A function that one package defines
// in the name of another, by go:linkname, counts for the other: the runtime does
// so for os/signal and runtime/debug.
//
// It does not read the layouts before Go 1.16, nor anything but names.
package pclntab

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// ErrNotFound means that there is no function table of a known layout.
var ErrNotFound = errors.New("no function table of Go 1.16 or later")

// Packages returns the import paths of the packages that have functions in the
// table that begins at offset, sorted. Those of the standard library are among
// them, and that of the program itself is "main". The table must be within the
// first size bytes of r. If an error comes with paths, it is about the rest of
// the table.
func Packages(r io.ReaderAt, offset, size int64) ([]string, error) {
	h, err := readHeader(r, offset, size)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	names := bufio.NewReaderSize(io.NewSectionReader(r, offset+h.names, h.end-h.names), 64<<10)
	for {
		name, err := names.ReadSlice(0)
		if p := packageOf(string(bytes.TrimSuffix(name, []byte{0}))); p != "" && err != io.EOF {
			found[p] = true
		}
		for err == bufio.ErrBufferFull { // what follows is no longer the package
			_, err = names.ReadSlice(0)
		}
		if err == io.EOF && len(name) == 0 {
			return slices.Sorted(maps.Keys(found)), nil
		}
		if err != nil {
			return slices.Sorted(maps.Keys(found)), fmt.Errorf("function names: %w", noEOF(err))
		}
	}
}

// noEOF returns err, or io.ErrUnexpectedEOF for io.EOF.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A header is what the beginning of a table says about its names: they are
// from byte names to byte end of the table.
type header struct {
	names, end int64
}

// The first four bytes of a table, in the byte order of the program.
const (
	magic116 = 0xfffffffa
	magic118 = 0xfffffff0
	magic120 = 0xfffffff1
)

// maxHeader is the size of the longest header.
const maxHeader = 8 + 8*8

// readHeader reads the header of the table at offset:
//
//	0  magic
//	4  0, 0
//	6  size of the smallest instruction: 1, 2 or 4
//	7  size of a word: 4 or 8; what follows are words
//	   number of functions
//	   number of files
//	   start of the text (not in Go 1.16 and 1.17; always 0 from Go 1.26 on)
//	   offsets from the start of the table, ascending: of function names,
//	   compilation units, file names, program counters, functions
//
// The names are NUL-terminated and lie between their offset and the next.
func readHeader(r io.ReaderAt, offset, size int64) (header, error) {
	if offset < 0 || offset > size {
		return header{}, fmt.Errorf("function table at %#x, but there are %#x bytes", offset, size)
	}
	b := make([]byte, min(maxHeader, size-offset))
	if _, err := r.ReadAt(b, offset); err != nil && err != io.EOF {
		return header{}, err
	}
	return parseHeader(b, size-offset)
}

// parseHeader reads b, the beginning of a table that is at most size bytes.
func parseHeader(b []byte, size int64) (header, error) {
	order, first := byteOrder(b)
	if order == nil {
		return header{}, ErrNotFound
	}
	word := int(b[7])
	if len(b) < 8+(first+5)*word {
		return header{}, fmt.Errorf("function table: header of %d bytes is cut off", len(b))
	}
	at := func(i int) uint64 {
		if word == 4 {
			return uint64(order.Uint32(b[8+i*4:]))
		}
		return order.Uint64(b[8+i*8:])
	}
	end := uint64(8 + (first+5)*word)
	for i := first; i < first+5; i++ {
		if at(i) < end || at(i) > uint64(size) {
			return header{}, fmt.Errorf("function table: part %d at %#x is not between %#x and %#x", i-first, at(i), end, size)
		}
		end = at(i)
	}
	return header{int64(at(first)), int64(at(first + 1))}, nil
}

// byteOrder returns the byte order of the header b, or nil if it is none, and
// which word is the offset of the names.
func byteOrder(b []byte) (binary.ByteOrder, int) {
	if len(b) < 8 || b[4] != 0 || b[5] != 0 ||
		b[6] != 1 && b[6] != 2 && b[6] != 4 || b[7] != 4 && b[7] != 8 {
		return nil, 0
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(b) {
		case magic116:
			return order, 2
		case magic118, magic120:
			return order, 3
		}
	}
	return nil, 0
}

// Find returns the offset of the first function table within the first size
// bytes of r, for programs whose format has no section for it. It reads all of
// them at most, holds a small window, and gives ErrNotFound if there is none.
func Find(r io.ReaderAt, size int64) (int64, error) {
	const step = 256 << 10
	buf := make([]byte, step+maxHeader)
	for base := int64(0); base < size; base += step {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-base)], base)
		if err != nil && err != io.EOF {
			return 0, err
		}
		window := buf[:n]
		for i := 0; i < min(step, n); i += 4 { // a table is aligned to a word
			if order, _ := byteOrder(window[i:]); order == nil {
				continue
			}
			if _, err := parseHeader(window[i:], size-base-int64(i)); err == nil {
				return base + int64(i), nil
			}
		}
	}
	return 0, ErrNotFound
}

// packageOf returns the import path of the package that declares the function
// name, or "" if none does: an assembler routine, a function that the compiler
// made for a type.
//
//	gopkg.in/yaml%2ev3.(*Decoder).Decode     gopkg.in/yaml.v3
//	slices.SortFunc[go.shape.[]string]       slices
//	type:.eq.net.OpError                     none
//
// Dots after the last slash of a path are escaped, so the first dot there ends
// the path.
func packageOf(name string) string {
	if i := strings.IndexAny(name, "[({ <\""); i >= 0 {
		name = name[:i]
	}
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "type..") || strings.HasPrefix(name, "go:") {
		return ""
	}
	last := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[last:], '.')
	if dot <= 0 {
		return ""
	}
	switch p := name[:last+dot]; p {
	case "go", "type", "__x86":
		return "" // no packages: names that compiler and linker make
	default:
		return unescape(p)
	}
}

// unescape replaces each percent sign and two hexadecimal digits by the byte
// they stand for. It returns "" if p is not escaped that way.
func unescape(p string) string {
	if !strings.Contains(p, "%") {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] != '%' {
			b.WriteByte(p[i])
			continue
		}
		var c byte
		if _, err := fmt.Sscanf(p[i:min(i+3, len(p))], "%%%02x", &c); err != nil {
			return ""
		}
		b.WriteByte(c)
		i += 2
	}
	return b.String()
}
