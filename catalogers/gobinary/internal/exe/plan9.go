package exe

import "encoding/binary"

// parsePlan9 reads the header of a Plan 9 executable: big-endian 32-bit
// numbers, whatever the processor.
//
//	 0  magic
//	 4  size of the text
//	 8  of the data
//	12  of what is not in the file
//	16  of the symbols
//	20  entry point
//	24  size of two more tables
//	32  text, or with 64 bits 8 bytes more of entry point, then the text
//
// Text, data, symbols and tables follow each other. A file that is too small
// for them only begins like a Plan 9 executable. Addresses are of no use here,
// so offsets stand in for them. See https://9p.io/magic/man2html/6/a.out.
func (f *File) parsePlan9() error {
	if f.src.size < 40 {
		return ErrNotExecutable
	}
	b, err := f.src.read(0, 32, "header")
	if err != nil {
		return err
	}
	u32 := func(at int) uint64 { return uint64(binary.BigEndian.Uint32(b[at:])) }
	text := uint64(32)
	if u32(0)&0x8000 != 0 {
		text = 40
	}
	data := text + u32(4)
	if f.src.left(data) < u32(8)+u32(16)+u32(24)+u32(28) {
		return ErrNotExecutable
	}
	f.OS, f.Arch = "plan9", plan9Arch(b)
	f.segments = []segment{{addr: data, off: data, size: u32(8)}}
	f.info = area{addr: data, size: u32(8)}
	return nil
}

// plan9Arch returns the processor of a Plan 9 magic number, or "".
func plan9Arch(b []byte) string {
	switch binary.BigEndian.Uint32(b) {
	case 0x01eb:
		return "386"
	case 0x0647:
		return "arm"
	case 0x8a97:
		return "amd64"
	}
	return ""
}
