package exe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Load commands. See
// https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h.
const (
	machoSegment32    = 0x1
	machoSegment64    = 0x19
	machoDylib        = 0xc
	machoWeakDylib    = 0x80000018
	machoReexport     = 0x8000001f
	machoLazyDylib    = 0x20
	machoUpwardDylib  = 0x80000023
	machoMinIOS       = 0x25
	machoBuildVersion = 0x32
)

// isMachO reports whether b begins a Mach-O file that is not fat.
func isMachO(b []byte) bool {
	switch binary.BigEndian.Uint32(b) {
	case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe:
		return true
	}
	return false
}

// parseMachO reads the header and the load commands.
//
//	 0  magic
//	 4  processor
//	16  number of load commands
//	20  their length
//	28  or, with 64 bits, 32: load commands
func (f *File) parseMachO() error {
	b, err := f.src.read(0, 28, "header")
	if err != nil {
		return err
	}
	l := layout{order: binary.BigEndian}
	if b[0] != 0xfe {
		l.order = binary.LittleEndian
	}
	l.wide = l.order.Uint32(b)&1 != 0
	f.Arch = machoArch[l.u32(b, 4, 4)]
	f.OS = "darwin"
	f.named = true
	count, size := l.u32(b, 16, 16), uint64(l.u32(b, 20, 20))
	if count > maxEntries || size > maxTable {
		return fmt.Errorf("%d load commands of %d bytes, the limits are %d and %d", count, size, maxEntries, maxTable)
	}
	commands, err := f.src.read(uint64(l.pick(28, 32)), size, "load commands")
	if err != nil {
		return err
	}
	return f.machoCommands(l, count, commands)
}

// machoCommands reads the load commands. Each begins with its type and its
// length, which counts these 8 bytes.
func (f *File) machoCommands(l layout, count uint32, commands []byte) error {
	var libs names
	var libErr error
	data := area{}
	for i := range count {
		if len(commands) < 8 {
			return fmt.Errorf("load command %d: %d bytes left", i, len(commands))
		}
		kind, size := l.u32(commands, 0, 0), l.u32(commands, 4, 4)
		if size < 8 || uint64(size) > uint64(len(commands)) {
			return fmt.Errorf("load command %d: %d bytes, %d left", i, size, len(commands))
		}
		var b []byte
		b, commands = commands[:size], commands[size:]
		var err error
		switch kind {
		case machoSegment32, machoSegment64:
			err = f.machoSegment(layout{l.order, kind == machoSegment64}, b, &data)
		case machoDylib, machoWeakDylib, machoReexport, machoLazyDylib, machoUpwardDylib:
			if e := machoLibrary(l, b, &libs); libErr == nil {
				libErr = e
			}
		case machoMinIOS, machoBuildVersion:
			f.machoPlatform(l, kind, b)
		}
		if err != nil {
			return fmt.Errorf("load command %d: %w", i, err)
		}
	}
	if f.infoName == "" {
		f.info = data
	}
	f.libraries = func() ([]string, error) { return libs.list, libErr }
	return nil
}

// machoSegment reads a segment and its sections. It sets data to the first
// that is writable.
//
//	name        8   8
//	address    24  24
//	size       28  32
//	offset     32  40
//	file size  36  48
//	protection 40  56  highest
//	           44  60  at first
//	sections   48  64  their number
//	           56  72  the first
func (f *File) machoSegment(l layout, b []byte, data *area) error {
	const readWrite = 3
	if len(b) < l.pick(56, 72) {
		return fmt.Errorf("segment of %d bytes", len(b))
	}
	s := segment{addr: l.addr(b, 24, 24), off: l.addr(b, 32, 40), size: l.addr(b, 36, 48)}
	if string(cstring(b[8:24])) != "__PAGEZERO" {
		f.segments = append(f.segments, s)
	}
	prot := l.u32(b, 44, 60) == readWrite && l.u32(b, 40, 56) == readWrite
	if prot && s.addr != 0 && s.size != 0 && *data == (area{}) {
		*data = area{addr: s.addr, size: l.addr(b, 28, 32)}
	}
	return f.machoSections(l, l.u32(b, 48, 64), b[l.pick(56, 72):])
}

// machoSections looks for the sections that Go's linker names.
//
//	name     0   0
//	address 32  32
//	size    36  40
//	        68  80  the next
func (f *File) machoSections(l layout, count uint32, b []byte) error {
	entry := l.pick(68, 80)
	if uint64(count) > uint64(len(b)/entry) {
		return fmt.Errorf("%d sections in %d bytes", count, len(b))
	}
	for ; count > 0; count-- {
		switch name := string(cstring(b[:16])); name {
		case "__gopclntab", "__gosymtab":
			f.goNamed = true
		case "__go_buildinfo":
			f.goNamed = true
			if f.infoName == "" {
				f.infoName = name
				f.info = area{addr: l.addr(b, 32, 32), size: l.addr(b, 36, 40)}
			}
		}
		b = b[entry:]
	}
	return nil
}

// machoLibrary reads the name in a command that loads a library. Its offset
// is at 8.
func machoLibrary(l layout, b []byte, libs *names) error {
	if len(b) < 12 {
		return fmt.Errorf("command of %d bytes", len(b))
	}
	at := l.u32(b, 8, 8)
	if uint64(at) >= uint64(len(b)) {
		return fmt.Errorf("name at %d of a command of %d bytes", at, len(b))
	}
	name := cstring(b[at:])
	if len(name) > maxName {
		return fmt.Errorf("name of %d bytes, the limit is %d", len(name), maxName)
	}
	return libs.add(string(name))
}

// machoPlatform tells iOS and its simulator from macOS.
func (f *File) machoPlatform(l layout, kind uint32, b []byte) {
	const iOS, simulator = 2, 7
	if kind == machoBuildVersion {
		if len(b) < 12 {
			return
		}
		if p := l.u32(b, 8, 8); p != iOS && p != simulator {
			return
		}
	}
	f.OS = "ios"
}

const machoWide = 1 << 24

var machoArch = map[uint32]string{
	7:              "386",
	7 | machoWide:  "amd64",
	12:             "arm",
	12 | machoWide: "arm64",
	18:             "ppc",
	18 | machoWide: "ppc64",
}

// isFat reports whether b begins a fat Mach-O file, which is a list of
// Mach-O files for several processors. A Java class begins alike: there,
// the number of slices is the version of the class format, from 45 on, with
// 0xffff before it in a preview.
func isFat(b []byte) bool {
	magic := binary.BigEndian.Uint32(b)
	minor, major := binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	java := magic == 0xcafebabe && (minor <= 3 || minor == 0xffff) && major >= 45 && major < 128
	return (magic == 0xcafebabe || magic == 0xcafebabf) && !java
}

// openFat opens each slice of a fat file.
//
//	         32  64 bits of offset and size
//	0  magic, number of slices
//	8  processor  0   0
//	   offset     8   8
//	   size      12  16
//	             20  32  the next
//
// Slices may not overlap: each byte of the file is read once. Those that are
// archives, of a fat static library, are passed over.
func openFat(src source) ([]*File, error) {
	head, err := src.read(0, 8, "fat header")
	if err != nil {
		return nil, err
	}
	l := layout{order: binary.BigEndian, wide: head[3] == 0xbf}
	count := uint64(l.u32(head, 4, 4))
	if count == 0 || count > maxArches {
		return nil, fmt.Errorf("fat macho: %d architectures, the limit is %d", count, maxArches)
	}
	entry := uint64(l.pick(20, 32))
	b, err := src.table(8, count, entry, entry, "architectures")
	if err != nil {
		return nil, fmt.Errorf("fat macho: %w", err)
	}
	var files []*File
	var errs []error
	parts := []source{{off: 0, size: 8 + count*entry}}
	for i := range count {
		part := source{r: src.r, off: l.addr(b[i*entry:], 8, 8), size: l.addr(b[i*entry:], 12, 16)}
		f, err := openSlice(src, part, parts)
		if err == ErrNotExecutable {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("fat macho: architecture %d: %w", i, err))
			continue
		}
		parts = append(parts, part)
		files = append(files, f)
	}
	if len(files)+len(errs) == 0 {
		return nil, ErrNotExecutable
	}
	return files, errors.Join(errs...)
}

// openSlice opens one slice of src, which overlaps none of taken.
func openSlice(src, part source, taken []source) (*File, error) {
	if part.size > src.left(part.off) || part.size < 16 {
		return nil, fmt.Errorf("%d bytes at %#x, %d left", part.size, part.off, src.left(part.off))
	}
	for _, t := range taken {
		if part.off < t.off+t.size && t.off < part.off+part.size {
			return nil, fmt.Errorf("%d bytes at %#x overlap what is before", part.size, part.off)
		}
	}
	magic, err := part.read(0, 16, "magic number")
	if err != nil {
		return nil, err
	}
	if string(magic[:8]) == "!<arch>\n" {
		return nil, ErrNotExecutable
	}
	if !isMachO(magic) {
		return nil, fmt.Errorf("%d bytes at %#x are not a Mach-O file", part.size, part.off)
	}
	return open(part, magic)
}
