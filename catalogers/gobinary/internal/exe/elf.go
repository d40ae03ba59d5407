package exe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	elfLoad    = 1 // segment types
	elfDynamic = 2

	elfExec  = 1 // segment flags
	elfWrite = 2

	elfStrings    = 3 // section type
	elfCompressed = 0x800
	elfXIndex     = 0xffff // the index is elsewhere

	elfNeeded      = 1 // tags of the dynamic segment
	elfStringTable = 5
)

// elfHeader is what the reader needs of an ELF header.
//
//	               offset in 32 and 64 bits
//	e_ident         0   0   magic, class, byte order, version, OS
//	e_machine      18  18
//	e_phoff        28  32   program headers: offset,
//	e_shoff        32  40   section headers: offset,
//	e_phentsize    42  54   size of one,
//	e_phnum        44  56   their number
//	e_shentsize    46  58
//	e_shnum        48  60
//	e_shstrndx     50  62   the section that holds the names
//
// See https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html.
type elfHeader struct {
	layout
	phoff, phentsize, phnum uint64
	shoff, shentsize, shnum uint64
	shstrndx                uint64
}

func (f *File) parseELF() error {
	h, err := f.elfHeader()
	if err != nil {
		return err
	}
	if err := f.elfSegments(h); err != nil {
		return err
	}
	return f.elfSections(h)
}

func (f *File) elfHeader() (elfHeader, error) {
	b, err := f.src.read(0, min(64, f.src.size), "header")
	if err != nil {
		return elfHeader{}, err
	}
	l := layout{order: binary.LittleEndian, wide: b[4] == 2}
	if b[5] == 2 {
		l.order = binary.BigEndian
	}
	if b[4] < 1 || b[4] > 2 || b[5] < 1 || b[5] > 2 {
		return elfHeader{}, fmt.Errorf("class %d, byte order %d", b[4], b[5])
	}
	if want := l.pick(52, 64); len(b) < want {
		return elfHeader{}, fmt.Errorf("header of %d bytes, want %d", len(b), want)
	}
	f.Arch = elfArch(l, l.u16(b, 18, 18))
	f.OS = elfOS[b[7]]
	return elfHeader{
		layout: l,
		phoff:  l.addr(b, 28, 32), phentsize: l.u16(b, 42, 54), phnum: l.u16(b, 44, 56),
		shoff: l.addr(b, 32, 40), shentsize: l.u16(b, 46, 58), shnum: l.u16(b, 48, 60),
		shstrndx: l.u16(b, 50, 62),
	}, nil
}

// elfSegments reads the program headers.
//
//	p_type     0   0
//	p_flags   24   4
//	p_offset   4   8
//	p_vaddr    8  16
//	p_filesz  16  32
//	p_memsz   20  40
func (f *File) elfSegments(h elfHeader) error {
	b, err := f.src.table(h.phoff, h.phnum, h.phentsize, uint64(h.pick(32, 56)), "program headers")
	if err != nil {
		return err
	}
	f.segments = make([]segment, 0, h.phnum)
	for ; len(b) > 0; b = b[h.phentsize:] {
		s := segment{addr: h.addr(b, 8, 16), off: h.addr(b, 4, 8), size: h.addr(b, 16, 32)}
		f.segments = append(f.segments, s)
		kind, flags := h.u32(b, 0, 0), h.u32(b, 24, 4)
		if kind == elfLoad && flags&(elfExec|elfWrite) == elfWrite && f.info == (area{}) {
			f.info = area{addr: s.addr, size: h.addr(b, 20, 40)}
		}
		if kind == elfDynamic && f.libraries == nil {
			f.libraries = func() ([]string, error) { return f.elfLibraries(h.layout, s) }
		}
	}
	return nil
}

// elfSections looks for the sections that Go's linker names. A file without
// sections is as good: its segments count.
//
//	sh_name    0   0   offset in the names
//	sh_type    4   4
//	sh_flags   8   8
//	sh_addr   12  16
//	sh_offset 16  24
//	sh_size   20  32
//	sh_link   24  40
func (f *File) elfSections(h elfHeader) error {
	if h.shoff == 0 {
		return nil
	}
	if err := f.elfExtended(&h); err != nil {
		return err
	}
	headers, err := f.src.table(h.shoff, h.shnum, h.shentsize, uint64(h.pick(40, 64)), "section headers")
	if err != nil || h.shstrndx == 0 {
		return err
	}
	if h.shstrndx >= h.shnum {
		return fmt.Errorf("names are in section %d of %d", h.shstrndx, h.shnum)
	}
	strings, err := f.elfNames(h, headers[h.shstrndx*h.shentsize:])
	if err != nil {
		return err
	}
	f.named = true
	for b := headers; len(b) > 0; b = b[h.shentsize:] {
		if err := f.elfSection(h, b, elfName(strings, h.u32(b, 0, 0))); err != nil {
			return err
		}
	}
	return nil
}

// elfExtended finds the number of sections, and the section of names, of a
// file that has too many for its header: they are in the first section.
func (f *File) elfExtended(h *elfHeader) error {
	if h.shnum != 0 && h.shstrndx != elfXIndex {
		return nil
	}
	first, err := f.src.read(h.shoff, uint64(h.pick(40, 64)), "first section header")
	if err != nil {
		return err
	}
	if h.shnum == 0 {
		h.shnum = h.addr(first, 20, 32)
	}
	if h.shstrndx == elfXIndex {
		h.shstrndx = uint64(h.u32(first, 24, 40))
	}
	return nil
}

// elfNames reads the section of names. It is never compressed in an honest
// file, and inflating it would let 200 KB ask for a gigabyte.
func (f *File) elfNames(h elfHeader, header []byte) ([]byte, error) {
	if kind := h.u32(header, 4, 4); kind != elfStrings {
		return nil, fmt.Errorf("section names (.shstrtab) are of type %d", kind)
	}
	if h.addr(header, 8, 8)&elfCompressed != 0 {
		return nil, errors.New("section names (.shstrtab) are compressed")
	}
	size := h.addr(header, 20, 32)
	if size > maxTable {
		return nil, fmt.Errorf("section names (.shstrtab) of %d bytes, the limit is %d", size, maxTable)
	}
	return f.src.read(h.addr(header, 16, 24), size, "section names (.shstrtab)")
}

// elfName returns the name at off, cut where it is longer than any that
// matters here.
func elfName(strings []byte, off uint32) []byte {
	if uint64(off) >= uint64(len(strings)) {
		return nil
	}
	b := strings[off:]
	return cstring(b[:min(len(b), 32)])
}

func (f *File) elfSection(h elfHeader, header, name []byte) error {
	switch string(name) {
	case ".gopclntab", ".gosymtab", ".note.go.buildid", ".data.rel.ro.gopclntab":
		f.goNamed = true
	case ".go.buildinfo":
		f.goNamed = true
		if h.addr(header, 8, 8)&elfCompressed != 0 {
			return fmt.Errorf("section %s is compressed", name)
		}
		if f.infoName == "" {
			f.infoName = string(name)
			f.info = area{addr: h.addr(header, 12, 16), size: h.addr(header, 20, 32)}
		}
	}
	return nil
}

// elfLibraries reads the names that a dynamic segment needs. It is a list of
// tags with values: DT_NEEDED has an offset in the strings whose address is
// the value of DT_STRTAB, which may come later.
func (f *File) elfLibraries(l layout, dynamic segment) ([]string, error) {
	entry := uint64(l.pick(8, 16))
	b, err := f.src.table(dynamic.off, dynamic.size/entry, entry, entry, "dynamic segment")
	if err != nil {
		return nil, err
	}
	var needed []uint64
	var strings uint64
	for ; len(b) > 0; b = b[entry:] {
		value := l.addr(b, 4, 8)
		switch l.addr(b, 0, 0) {
		case 0:
			return f.elfNeeded(strings, needed)
		case elfNeeded:
			needed = append(needed, value)
		case elfStringTable:
			strings = value
		}
	}
	return f.elfNeeded(strings, needed)
}

func (f *File) elfNeeded(strings uint64, offsets []uint64) ([]string, error) {
	if len(offsets) > maxNames {
		return nil, fmt.Errorf("%d names, the limit is %d", len(offsets), maxNames)
	}
	var libs names
	for _, off := range offsets {
		name, err := f.readName(strings + off)
		if err != nil {
			return libs.list, err
		}
		if err := libs.add(name); err != nil {
			return libs.list, err
		}
	}
	return libs.list, nil
}

// elfOS has the systems that put their number into the header. Linux, and
// others that do not, write 0.
var elfOS = map[byte]string{2: "netbsd", 3: "linux", 6: "solaris", 9: "freebsd", 12: "openbsd"}

// elfArch names a machine. See
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html#machine and the psABI of
// each for those that came later.
func elfArch(l layout, machine uint64) string {
	little := l.order == binary.LittleEndian
	for _, a := range elfArches {
		if a.machine == machine && a.wide == l.wide && a.little == little {
			return a.name
		}
	}
	return ""
}

var elfArches = []struct {
	machine      uint64
	wide, little bool
	name         string
}{
	{3, false, true, "386"},
	{8, false, false, "mips"},
	{8, false, true, "mipsle"},
	{8, true, false, "mips64"},
	{8, true, true, "mips64le"},
	{20, false, false, "ppc"},
	{21, true, false, "ppc64"},
	{21, true, true, "ppc64le"},
	{22, false, false, "s390"},
	{22, true, false, "s390x"},
	{40, false, true, "arm"},
	{40, false, false, "armbe"},
	{43, true, false, "sparc64"},
	{62, true, true, "amd64"},
	{183, true, true, "arm64"},
	{183, true, false, "arm64be"},
	{243, false, true, "riscv"},
	{243, true, true, "riscv64"},
	{258, true, true, "loong64"},
}
