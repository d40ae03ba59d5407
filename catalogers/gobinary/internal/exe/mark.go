package exe

import "strings"

// A Mark is a sign of what made a file that has no build information.
type Mark int

// The marks that [File.Mark] tells apart.
const (
	NoMark  Mark = iota
	GoMark       // Go's linker, and the build information was removed
	UPXMark      // the packer UPX: whatever it was, it is compressed
)

// The places that are searched for a mark.
const (
	upxEnds    = 4 << 10  // at both ends of the file
	buildIDEnd = 64 << 10 // from its beginning; it is at the start of the text
	tableEnd   = 64 << 20 // from its beginning; in the read-only data
	tableTries = 4096     // what may look like a table and be none
)

// Mark looks for what Go's linker and UPX leave in a file. It looks at names
// of sections where the format has them, else searches at most the first 64
// MiB. No mark is no proof: marks can be removed.
func (f *File) Mark() (Mark, error) {
	upx, err := f.hasUPX()
	if err != nil {
		return NoMark, err
	}
	if upx {
		return UPXMark, nil
	}
	if f.goNamed {
		return GoMark, nil
	}
	if f.named {
		return NoMark, nil
	}
	id, err := f.contains(0, buildIDEnd, "\xff Go build ID: \"")
	if err == nil && !id {
		id, err = f.hasFunctionTable()
	}
	if err != nil || !id {
		return NoMark, err
	}
	return GoMark, nil
}

// hasUPX looks for the magic number of UPX. It writes one behind the headers,
// and one at the end. See https://github.com/upx/upx/blob/devel/src/conf.h.
func (f *File) hasUPX() (bool, error) {
	ok, err := f.contains(0, upxEnds, "UPX!")
	if ok || err != nil {
		return ok, err
	}
	return f.contains(f.src.size-min(upxEnds, f.src.size), upxEnds, "UPX!")
}

// contains reports whether s is in the n bytes at off, or what there is of
// them.
func (f *File) contains(off, n uint64, s string) (found bool, err error) {
	err = f.src.scan(off, min(n, f.src.left(off)), s, func(uint64) bool {
		found = true
		return false
	})
	return found, err
}

// hasFunctionTable looks for the header of the table that Go's runtime finds
// functions in, as little-endian processors have it.
//
//	0  magic: 0xfffffffb, fa, f0 or f1
//	4  zero
//	6  size of an instruction: 1, 2 or 4
//	7  size of a pointer: 4 or 8
//
// See https://go.dev/src/internal/abi/symtab.go.
func (f *File) hasFunctionTable() (found bool, err error) {
	const align, rest = 4, "\xff\xff\xff\x00\x00"
	var head [8]byte
	var readErr error
	tries := 0
	err = f.src.scan(0, min(tableEnd, f.src.size), rest, func(at uint64) bool {
		if at%align != 1 || f.src.left(at-1) < 8 {
			return true
		}
		readErr = f.src.readInto(head[:], at-1, "function table")
		found = strings.IndexByte("\xfb\xfa\xf0\xf1", head[0]) >= 0 &&
			strings.IndexByte("\x01\x02\x04", head[6]) >= 0 && strings.IndexByte("\x04\x08", head[7]) >= 0
		tries++
		return !found && readErr == nil && tries < tableTries
	})
	if err == nil {
		err = readErr
	}
	return found && err == nil, err
}
