package exe

import (
	"encoding/binary"
	"fmt"
)

// parsePE reads the headers of a PE file.
//
//	offset 0x3c of the file: offset of
//	  0  "PE\0\0"
//	  4  machine
//	  6  number of sections
//	 20  size of the optional header
//	 24  optional header, then the section headers
//
// A file that begins like one but has no "PE\0\0" is a DOS program. See
// https://learn.microsoft.com/windows/win32/debug/pe-format.
func (f *File) parsePE() error {
	if f.src.size < 64 {
		return ErrNotExecutable
	}
	dos, err := f.src.read(0, 64, "DOS header")
	if err != nil {
		return err
	}
	at := uint64(binary.LittleEndian.Uint32(dos[0x3c:]))
	if f.src.left(at) < 24 {
		return ErrNotExecutable
	}
	b, err := f.src.read(at, 24, "header")
	if err != nil {
		return err
	}
	if string(b[:4]) != "PE\x00\x00" {
		return ErrNotExecutable
	}
	f.Arch = peArch[binary.LittleEndian.Uint16(b[4:])]
	optional := uint64(binary.LittleEndian.Uint16(b[20:]))
	base, err := f.peOptional(at+24, optional)
	if err != nil {
		return err
	}
	sections := uint64(binary.LittleEndian.Uint16(b[6:]))
	return f.peSections(at+24+optional, sections, base)
}

// peOptional reads the optional header, which every executable has. It
// returns the address at which the file wants to be loaded.
//
//	magic            0    0   0x10b for 32 bits, 0x20b for 64
//	image base      28   24
//	subsystem       68   68
//	directories     92  108   their number
//	                96  112   address and size of each
func (f *File) peOptional(at, size uint64) (base uint64, err error) {
	if size == 0 {
		return 0, nil
	}
	b, err := f.src.read(at, size, "optional header")
	if err != nil {
		return 0, err
	}
	if size < 2 {
		return 0, fmt.Errorf("optional header of %d bytes", size)
	}
	l := layout{order: binary.LittleEndian}
	switch magic := l.u16(b, 0, 0); magic {
	case 0x10b:
	case 0x20b:
		l.wide = true
	default:
		return 0, fmt.Errorf("optional header of type %#x", magic)
	}
	if len(b) < l.pick(96, 112) {
		return 0, fmt.Errorf("optional header of %d bytes, want %d", len(b), l.pick(96, 112))
	}
	if subsystem := l.u16(b, 68, 68); subsystem < 10 || subsystem > 13 { // those are EFI
		f.OS = "windows"
	}
	base = l.addr(b, 28, 24)
	directories := b[l.pick(96, 112):]
	n := min(uint64(l.u32(b, 92, 108)), uint64(len(directories)/8))
	f.libraries = func() ([]string, error) { return f.peLibraries(base, directories[:8*n]) }
	return base, nil
}

// peSections reads the section headers, 40 bytes each.
//
//	 0  name
//	 8  size in memory
//	12  address, relative to the image base
//	16  size in the file
//	20  offset
//	36  characteristics
//
// Build information is in the first section of initialised, writable data.
func (f *File) peSections(at, count, base uint64) error {
	const (
		alignment = 0x00600000 // of 32 bytes, what old linkers write
		data      = 0xc0000040 // initialised, readable, writable
	)
	headers, err := f.src.table(at, count, 40, 40, "section headers")
	if err != nil {
		return err
	}
	f.segments = make([]segment, 0, count)
	for b := headers; len(b) > 0; b = b[40:] {
		u32 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(b[at:])) }
		s := segment{addr: base + u32(12), off: u32(20), size: u32(16)}
		if s.off == 0 {
			continue // all zero, nothing in the file
		}
		f.segments = append(f.segments, s)
		if u32(36)&^alignment == data && u32(12) != 0 && s.size != 0 && f.info == (area{}) {
			f.info = area{addr: s.addr, size: u32(8)}
		}
	}
	return nil
}

// peLibraries reads the names of the import directory, and of the directory of
// imports that are resolved when first used.
func (f *File) peLibraries(base uint64, directories []byte) ([]string, error) {
	var libs names
	for _, d := range []struct {
		index, entry, name int // which directory, bytes of an entry, where in it the name's address is
	}{{1, 20, 12}, {13, 32, 4}} {
		if len(directories) < 8*(d.index+1) {
			break
		}
		at := uint64(binary.LittleEndian.Uint32(directories[8*d.index:]))
		if at == 0 {
			continue
		}
		if err := f.peImports(base, at, d.entry, d.name, &libs); err != nil {
			return libs.list, err
		}
	}
	return libs.list, nil
}

// peImports reads one directory, which ends with an entry that has no name.
func (f *File) peImports(base, at uint64, entry, name int, libs *names) error {
	for range maxNames {
		b, err := f.readAddr(base+at, uint64(entry), "import directory")
		if err != nil {
			return err
		}
		to := uint64(binary.LittleEndian.Uint32(b[name:]))
		if to == 0 {
			return nil
		}
		lib, err := f.readName(base + to)
		if err != nil {
			return err
		}
		if err := libs.add(lib); err != nil {
			return err
		}
		at += uint64(entry)
	}
	return fmt.Errorf("import directory: no end after %d entries", maxNames)
}

var peArch = map[uint16]string{
	0x014c: "386",
	0x01c4: "arm",
	0x5032: "riscv",
	0x5064: "riscv64",
	0x6264: "loong64",
	0x8664: "amd64",
	0xaa64: "arm64",
}
