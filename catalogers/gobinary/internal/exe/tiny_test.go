package exe

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The smallest files of each format that debug/buildinfo reads. The module
// information of all is tinyMod.

const (
	tinyVersion = "go1.26.8"
	tinyMod     = "path\texample.com/app\nmod\texample.com/app\tv1.2.3\t\ndep\texample.com/dep\tv0.1.0\th1:x=\n"
)

// framed puts the marks of the go command around module information.
func framed(mod string) string { return frameStart + mod + frameEnd }

// inlineInfo returns build information as Go 1.18 and later write it.
func inlineInfo(version, mod string) []byte {
	b := append([]byte(infoMagic), 8, 2)
	b = append(b, make([]byte, 16)...)
	b = binary.AppendUvarint(b, uint64(len(version)))
	b = append(b, version...)
	b = binary.AppendUvarint(b, uint64(len(mod)))
	return append(b, mod...)
}

// pointedInfo returns build information as older ones write it, for addr.
func pointedInfo(l layout, addr uint64, version, mod string) []byte {
	size := l.pick(4, 8)
	flags := byte(0)
	if l.order == binary.BigEndian {
		flags = 1
	}
	p := &printer{layout: l, b: append([]byte(infoMagic), byte(size), flags)}
	p.addr(addr+32, addr+32+uint64(2*size))
	p.pad(32)
	text := addr + 32 + uint64(4*size)
	p.addr(text, uint64(len(version)), text+uint64(len(version)), uint64(len(mod)))
	return append(append(p.b, version...), mod...)
}

// A printer writes numbers in a layout.
type printer struct {
	layout
	b []byte
}

func (p *printer) put(s string)   { p.b = append(p.b, s...) }
func (p *printer) pad(to int)     { p.b = append(p.b, make([]byte, max(0, to-len(p.b)))...) }
func (p *printer) name(s string)  { p.put(s + strings.Repeat("\x00", 16-len(s))) }
func (p *printer) name8(s string) { p.put(s + strings.Repeat("\x00", 8-len(s))) }

func (p *printer) u16(list ...int) {
	for _, v := range list {
		p.b = p.order.(binary.AppendByteOrder).AppendUint16(p.b, uint16(v))
	}
}

func (p *printer) u32(list ...int) {
	for _, v := range list {
		p.b = p.order.(binary.AppendByteOrder).AppendUint32(p.b, uint32(v))
	}
}

func (p *printer) u64(list ...int) {
	for _, v := range list {
		p.b = p.order.(binary.AppendByteOrder).AppendUint64(p.b, uint64(v))
	}
}

func (p *printer) addr(list ...uint64) {
	for _, v := range list {
		if p.wide {
			p.u64(int(v))
		} else {
			p.u32(int(v))
		}
	}
}

var (
	little32 = layout{order: binary.LittleEndian}
	little64 = layout{order: binary.LittleEndian, wide: true}
	big32    = layout{order: binary.BigEndian}
	big64    = layout{order: binary.BigEndian, wide: true}
)

// A section of a tiny ELF file.
type tinySection struct {
	name              string
	kind, flags       int
	addr, off, length int
}

const tinyData = 0x100 // where the data of tiny files is, and its address above tinyBase
const tinyBase = 0x10000

// tinyELF returns an ELF file with one writable segment, which holds data. It
// has sections unless stripped.
func tinyELF(l layout, data []byte, stripped bool) []byte {
	return tinyELFSections(l, data, stripped, tinySection{
		name: ".go.buildinfo", kind: 1, flags: 3, addr: tinyBase + tinyData, off: tinyData, length: len(data),
	})
}

func tinyELFSections(l layout, data []byte, stripped bool, sections ...tinySection) []byte {
	p := &printer{layout: l}
	class, order := l.pick(1, 2), 1
	if l.order == binary.BigEndian {
		order = 2
	}
	names := "\x00"
	sections = append([]tinySection{{}}, sections...)
	nameOff := make([]int, len(sections)+1)
	end := tinyData + len(data)
	for i := range sections {
		nameOff[i] = len(names)
		names += sections[i].name + "\x00"
	}
	nameOff[len(sections)] = len(names)
	names += ".shstrtab\x00"
	sections = append(sections, tinySection{name: ".shstrtab", kind: elfStrings, off: end, length: len(names)})
	shoff, count := (end+len(names)+7)&^7, len(sections)
	if stripped {
		shoff, count = 0, 0
	}

	p.put("\x7fELF" + string([]byte{byte(class), byte(order), 1, 0}))
	p.pad(16)
	p.u16(2, 62)
	p.u32(1)
	p.addr(tinyBase, uint64(l.pick(52, 64)), uint64(shoff))
	p.u32(0)
	p.u16(l.pick(52, 64), l.pick(32, 56), 1, l.pick(40, 64), count, max(count-1, 0))
	if l.wide {
		p.u32(elfLoad, 6)
		p.u64(tinyData, tinyBase+tinyData, 0, len(data), len(data), 16)
	} else {
		p.u32(elfLoad, tinyData, tinyBase+tinyData, 0, len(data), len(data), 6, 16)
	}
	p.pad(tinyData)
	p.b = append(p.b, data...)
	if stripped {
		return p.b
	}
	p.put(names)
	p.pad(shoff)
	for i, s := range sections {
		p.u32(nameOff[i], s.kind)
		p.addr(uint64(s.flags), uint64(s.addr), uint64(s.off), uint64(s.length))
		p.u32(0, 0)
		p.addr(1, 0)
	}
	return p.b
}

// tinyPE returns a PE file with one section of data, at 0x400 and address
// 0x1000 above the image base 0x400000.
func tinyPE(wide bool, data []byte) []byte {
	p := &printer{layout: layout{order: binary.LittleEndian, wide: wide}}
	p.put("MZ")
	p.pad(0x3c)
	p.u32(0x80)
	p.pad(0x80)
	p.put("PE\x00\x00")
	optional := p.pick(96, 112) + 16*8
	p.u16(map[bool]int{false: 0x14c, true: 0x8664}[wide], 1)
	p.u32(0, 0, 0)
	p.u16(optional, 2)
	p.u16(p.pick(0x10b, 0x20b))
	p.pad(0x98 + p.pick(28, 24))
	p.addr(0x400000)
	p.pad(0x98 + 68)
	p.u16(3)
	p.pad(0x98 + p.pick(92, 108))
	p.u32(16)
	p.pad(0x98 + optional)
	p.name8(".data")
	p.u32(len(data), 0x1000, len(data), 0x400, 0, 0, 0, 0xc0000040)
	p.pad(0x400)
	return append(p.b, data...)
}

// tinyMachO returns a Mach-O file with one segment, of data. The segment has
// a section for build information unless stripped.
func tinyMachO(l layout, data []byte, stripped bool) []byte {
	p := &printer{layout: l}
	sections := 1
	if stripped {
		sections = 0
	}
	off := l.pick(28, 32) + l.pick(56, 72) + l.pick(68, 80)*sections
	size := off - l.pick(28, 32)
	data = append(make([]byte, -off&15), data...)
	addr := tinyBase + off
	p.u32(l.pick(0xfeedface, 0xfeedfacf), l.pick(7, 7|machoWide), 3, 2, 1, size, 0)
	if l.wide {
		p.u32(0)
	}
	p.u32(l.pick(machoSegment32, machoSegment64), size)
	p.name("__DATA")
	p.addr(uint64(addr), uint64(len(data)), uint64(off), uint64(len(data)))
	p.u32(3, 3, sections, 0)
	if !stripped {
		p.name("__go_buildinfo")
		p.name("__DATA")
		p.addr(uint64(addr), uint64(len(data)))
		p.u32(off, 0, 0, 0, 0, 0, 0)
		if l.wide {
			p.u32(0)
		}
	}
	return append(p.b, data...)
}

// tinyFat returns a fat file of slices.
func tinyFat(slices ...[]byte) []byte {
	p := &printer{layout: big32}
	p.u32(0xcafebabe, len(slices))
	off := 0x200
	for i, s := range slices {
		p.u32(7+i, 3, off, len(s), 0)
		off += (len(s) + 15) &^ 15
	}
	off = 0x200
	for _, s := range slices {
		p.pad(off)
		p.b = append(p.b, s...)
		off += (len(s) + 15) &^ 15
	}
	return p.b
}

// tinyXCOFF returns an XCOFF file with one section, of data, and one symbol.
func tinyXCOFF(wide bool, data []byte) []byte {
	p := &printer{layout: layout{order: binary.BigEndian, wide: wide}}
	symbols := tinyData + len(data)
	p.u16(p.pick(0x1df, 0x1f7), 1)
	p.u32(0)
	if wide {
		p.u64(symbols)
		p.u16(0, 2)
		p.u32(1)
	} else {
		p.u32(symbols, 1)
		p.u16(0, 2)
	}
	p.name8(".data")
	p.addr(tinyBase, tinyBase, uint64(len(data)), tinyData, 0, 0)
	if wide {
		p.u32(0, 0)
	} else {
		p.u16(0, 0)
	}
	p.u32(xcoffData)
	p.pad(tinyData)
	p.b = append(p.b, data...)
	p.pad(len(p.b) + 18)
	p.u32(4)
	return p.b
}

// tinyPlan9 returns a Plan 9 file with 24 bytes of text.
func tinyPlan9(data []byte) []byte {
	p := &printer{layout: big32}
	p.u32(0x8a97, 24, len(data), 0, 0, 0, 0, 0)
	p.pad(64)
	return append(p.b, data...)
}

// tinyWasm returns a module with a list of producers and a data section.
func tinyWasm(version string, data []byte) []byte {
	field := func(s string) string { return string(rune(len(s))) + s }
	producers := field("producers") + "\x01" + field("processed-by") + "\x01" + field("Go cmd/compile") + field(version)
	b := []byte("\x00asm\x01\x00\x00\x00" + "\x02" + field("\x01"+field("gojs")+field("x")+"\x00\x00"))
	b = append(b, 11)
	b = binary.AppendUvarint(b, uint64(len(data)))
	b = append(b, data...)
	if version == "" {
		return b
	}
	return append(b, "\x00"+field(producers)...)
}

// tinyFiles returns a file of each format and layout with build information.
func tinyFiles() map[string][]byte {
	info := inlineInfo(tinyVersion, framed(tinyMod))
	files := map[string][]byte{
		"pe 32":     tinyPE(false, info),
		"pe 64":     tinyPE(true, info),
		"pe old":    tinyPE(true, pointedInfo(little64, 0x401000, tinyVersion, framed(tinyMod))),
		"xcoff 32":  tinyXCOFF(false, info),
		"xcoff 64":  tinyXCOFF(true, info),
		"xcoff old": tinyXCOFF(true, pointedInfo(big64, tinyBase, tinyVersion, framed(tinyMod))),
		"plan9":     tinyPlan9(info),
		"wasm":      tinyWasm(tinyVersion, []byte("data"+framed(tinyMod)+"data")),
		"fat":       tinyFat(tinyMachO(little32, info, false), tinyMachO(little64, info, true)),
		"late":      tinyELF(little64, append(bytes.Repeat([]byte("0123456789abcdef"), 70_000), info...), true),
	}
	for name, l := range map[string]layout{"le32": little32, "le64": little64, "be32": big32, "be64": big64} {
		old := pointedInfo(l, tinyBase+tinyData, tinyVersion, framed(tinyMod))
		files["elf "+name] = tinyELF(l, info, false)
		files["elf stripped "+name] = tinyELF(l, info, true)
		files["elf old "+name] = tinyELF(l, old, false)
		files["elf old stripped "+name] = tinyELF(l, old, true)
		files["macho "+name] = tinyMachO(l, info, false)
		files["macho stripped "+name] = tinyMachO(l, info, true)
	}
	return files
}
