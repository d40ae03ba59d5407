package exe

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// dynamicELF returns an ELF file that needs the names at the offsets in
// strings, which the file ends with.
func dynamicELF(l layout, strings string, offsets ...int) []byte {
	p := &printer{layout: l}
	order := 1
	if l == big32 || l == big64 {
		order = 2
	}
	head, entry := l.pick(52, 64), l.pick(8, 16)
	dynamic := head + 2*l.pick(32, 56)
	length := entry * (len(offsets) + 2)
	end := dynamic + length + len(strings)
	p.put("\x7fELF" + string([]byte{byte(l.pick(1, 2)), byte(order), 1}))
	p.pad(16)
	p.u16(3, 62)
	p.u32(1)
	p.addr(0, uint64(head), 0)
	p.u32(0)
	p.u16(head, l.pick(32, 56), 2, 0, 0, 0)
	for _, s := range []struct{ kind, flags, off, size int }{
		{elfDynamic, 4, dynamic, length}, {elfLoad, 4, 0, end},
	} {
		off, addr, size := uint64(s.off), uint64(tinyBase+s.off), uint64(s.size)
		if l.wide {
			p.u32(s.kind, s.flags)
			p.addr(off, addr, 0, size, size, 1)
		} else {
			p.u32(s.kind)
			p.addr(off, addr, 0, size, size)
			p.u32(s.flags, 1)
		}
	}
	for _, off := range offsets {
		p.addr(elfNeeded, uint64(off))
	}
	p.addr(elfStringTable, uint64(tinyBase+dynamic+length), 0, 0)
	p.put(strings)
	return p.b
}

// dylibMachO returns a Mach-O file with load commands of kind for names.
func dylibMachO(l layout, kinds []int, names ...string) []byte {
	p := &printer{layout: l}
	for i, name := range names {
		size := (12 + len(name) + 8) &^ 7
		end := len(p.b) + size
		p.u32(kinds[i%len(kinds)], size, 12)
		p.put(name)
		p.pad(end)
	}
	commands := p.b
	p.b = nil
	p.u32(l.pick(0xfeedface, 0xfeedfacf), 7, 2, 2, len(names), len(commands), 0)
	if l.wide {
		p.u32(0)
	}
	return append(p.b, commands...)
}

// importPE returns a PE file with imports of the names, and with the last of
// them as one that is resolved when first used.
func importPE(wide bool, names ...string) []byte {
	p := &printer{layout: layout{order: little32.order, wide: wide}}
	imports, last := names[:len(names)-1], names[len(names)-1]
	text := 0x1000 + 20*(len(imports)+1) + 64
	for _, name := range imports {
		p.u32(0, 0, 0, text, 0)
		text += len(name) + 1
	}
	delayed := len(p.b) + 20
	p.pad(delayed)
	p.u32(1, text, 0, 0, 0, 0, 0, 0)
	p.pad(delayed + 64)
	p.put(strings.Join(imports, "\x00") + "\x00" + last + "\x00")
	b := tinyPE(wide, p.b)
	directories := 0x98 + p.pick(96, 112)
	b = edit(b, directories+8, uint32(0x1000))
	return edit(b, directories+8*13, uint32(0x1000+delayed))
}

func TestLibraries(t *testing.T) {
	distinct := make([]int, maxNames+1) // more names than allowed, each the end of another
	for i := range distinct {
		distinct[i] = i
	}
	ends := strings.Repeat("x", len(distinct)) + "\x00"
	repeated := make([]int, maxNames)
	dylibs := []int{machoDylib, machoWeakDylib, machoReexport, machoLazyDylib, machoUpwardDylib}
	endless := tinyPE(true, bytes.Repeat([]byte{8}, 0x10000)) // every entry has a name
	endless = edit(endless, 0x98+112+8, uint32(0x1000))
	tests := []struct {
		name    string
		in      []byte
		want    []string
		wantErr string
	}{
		{"ELF 32", dynamicELF(little32, "\x00a\x00b\x00", 3, 1), []string{"b", "a"}, ""},
		{"ELF 64", dynamicELF(little64, "\x00a\x00b\x00", 3, 1), []string{"b", "a"}, ""},
		{"ELF big 64", dynamicELF(big64, "\x00a\x00b\x00", 1, 3), []string{"a", "b"}, ""},
		{"ELF repeated", dynamicELF(little64, "a\x00b\x00", 0, 2, 0), []string{"a", "b"}, ""},
		{"ELF cut off", edit(dynamicELF(little64, "a\x00", 0), 64+56+32, uint64(1<<40)), []string{"a"}, ""},
		{"ELF outside", dynamicELF(little64, "a\x00", 0, 1<<40), []string{"a"}, "name at address 0x100000100f0 has no end"},
		{"ELF without an end", dynamicELF(little64, "a\x00b", 0, 2), []string{"a"}, "has no end in 1 bytes"},
		{"ELF too long", dynamicELF(little64, strings.Repeat("x", maxName+1)+"\x00", 0), nil, "has no end in 1025 bytes"},
		{"ELF most", dynamicELF(little64, "x\x00", repeated...), []string{"x"}, ""},
		{"ELF too many", dynamicELF(little64, ends, distinct...), nil, "1025 names, the limit is 1024"},
		{"Mach-O", dylibMachO(little64, dylibs, "a", "b", "c", "a", "e"), []string{"a", "b", "c", "e"}, ""},
		{"Mach-O big", dylibMachO(big32, dylibs, "a", "b"), []string{"a", "b"}, ""},
		{"Mach-O, name outside", edit(dylibMachO(little64, dylibs, "a", "b"), 40, uint32(24)), []string{"b"}, "name at 24"},
		{"Mach-O, short command", edit(dylibMachO(little64, dylibs, "aaa"), 36, uint32(8)), nil, "command of 8 bytes"},
		{"Mach-O too long", dylibMachO(little64, dylibs, strings.Repeat("x", maxName+1)), nil, "name of 1025 bytes"},
		{"Mach-O too many", dylibMachO(little64, dylibs, numbered(maxNames+1)...), numbered(maxNames), "more than 1024 names"},
		{"PE 32", importPE(false, "a.dll", "b.dll", "a.dll", "late.dll"), []string{"a.dll", "b.dll", "late.dll"}, ""},
		{"PE 64", importPE(true, "a.dll", "late.dll"), []string{"a.dll", "late.dll"}, ""},
		{"PE endless", endless, nil, "name at address 0x8480808"},
		{"PE outside", edit(importPE(true, "a.dll", "b.dll"), 0x98+112+8, uint32(1<<31)), nil, "import directory at address 0x80400000"},
		{"PE too many", importPE(true, numbered(maxNames+1)...), numbered(maxNames), "no end after 1024 entries"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := open1(t, tt.in).Libraries()
			checkErr(t, err, tt.wantErr)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// numbered returns n names.
func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, "lib"+string(rune('\u0100'+i)))
	}
	return names
}

func TestApplePlatforms(t *testing.T) {
	tests := []struct {
		in   []byte
		want string
	}{
		{dylibMachO(little64, []int{machoDylib}, "a"), "darwin"},
		{dylibMachO(little64, []int{machoMinIOS}, "a"), "ios"},
		{edit(dylibMachO(little64, []int{machoBuildVersion}, "a"), 40, uint32(1)), "darwin"},
		{edit(dylibMachO(little64, []int{machoBuildVersion}, "a"), 40, uint32(2)), "ios"},
		{edit(dylibMachO(little64, []int{machoBuildVersion}, "a"), 40, uint32(7)), "ios"},
	}
	for i, tt := range tests {
		if f := open1(t, tt.in); f.OS != tt.want {
			t.Errorf("%d: got %q, want %q", i, f.OS, tt.want)
		}
	}
}
