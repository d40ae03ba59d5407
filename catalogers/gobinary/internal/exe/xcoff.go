package exe

import (
	"encoding/binary"
	"slices"
)

const (
	xcoff32Magic = "\x01\xdf"
	xcoff64Magic = "\x01\xf7"

	xcoffData = 0x40 // section type
)

// xcoffOptional has the sizes of the optional header that exist: none, of an
// object file, of a program with 32 and with 64 bits.
var xcoffOptional = []uint64{0, 28, 72, 110, 120}

// parseXCOFF reads the headers of an AIX executable.
//
//	number of sections         2    2
//	size of optional header   16   16
//	optional header           20   24
//	then section headers of   40   72 bytes:
//	  address                 12   16
//	  size                    16   24
//	  offset                  20   32
//	  type                    36   64
//
// The magic number has only two bytes, so a file that has no sections, or an
// optional header of a size that does not exist, is taken for something else.
// See https://www.ibm.com/docs/en/aix/7.3?topic=formats-xcoff-object-file-format.
func (f *File) parseXCOFF() error {
	l := layout{order: binary.BigEndian}
	b, err := f.src.read(0, min(24, f.src.size), "header")
	if err != nil {
		return err
	}
	l.wide = string(b[:2]) == xcoff64Magic
	if len(b) < 20 {
		return ErrNotExecutable
	}
	count, optional := l.u16(b, 2, 2), l.u16(b, 16, 16)
	if count == 0 || !slices.Contains(xcoffOptional, optional) {
		return ErrNotExecutable
	}
	f.OS, f.Arch = "aix", []string{"ppc", "ppc64"}[l.pick(0, 1)]
	entry := uint64(l.pick(40, 72))
	b, err = f.src.table(uint64(l.pick(20, 24))+optional, count, entry, entry, "section headers")
	if err != nil {
		return err
	}
	for ; len(b) > 0; b = b[entry:] {
		s := segment{addr: l.addr(b, 12, 16), off: l.addr(b, 20, 32), size: l.addr(b, 16, 24)}
		if s.off == 0 {
			continue // all zero, nothing in the file
		}
		f.segments = append(f.segments, s)
		if l.u32(b, 36, 64) == xcoffData && f.info == (area{}) {
			f.info = area{addr: s.addr, size: s.size}
		}
	}
	return nil
}
