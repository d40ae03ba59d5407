package exe

import (
	"bytes"
	"debug/buildinfo"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// result is all that the package says of a file.
type result struct {
	version, mod string
	mark         Mark
	libraries    []string
}

// readAll calls everything there is for each executable in b. The error is
// that of the first executable.
func readAll(b []byte) ([]result, error) { return readSize(b, len(b)) }

// readSize reads b as if it had size bytes.
func readSize(b []byte, size int) (results []result, err error) {
	files, err := Open(bytes.NewReader(b), int64(size))
	for _, f := range files {
		var r result
		var infoErr error
		r.version, r.mod, infoErr = f.BuildInfo()
		r.mark, _ = f.Mark()
		r.libraries, _ = f.Libraries()
		if err == nil {
			err = infoErr
		}
		results = append(results, r)
	}
	return results, err
}

// allocated returns how many bytes do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// checkLaws checks that reading b takes little memory, and gives what
// debug/buildinfo gives, or an error. Two copies of the magic number are left
// out: after an unaligned one, debug/buildinfo computes a wrong offset.
func checkLaws(t *testing.T, b []byte) {
	t.Helper()
	var results []result
	var err error
	limit := uint64(16<<20 + 16*len(b))
	if n := allocated(func() { results, err = readAll(b) }); n > limit {
		t.Errorf("%d bytes allocated for a file of %d, want at most %d", n, len(b), limit)
	}
	if err != nil || bytes.Count(b, []byte(infoMagic)) > 1 && !isFat(b) {
		return
	}
	if results[0].version == "" {
		t.Errorf("no error and no version")
	}
	want, err := buildinfo.Read(bytes.NewReader(b))
	if err != nil {
		return // as of WebAssembly
	}
	got, err := debug.ParseBuildInfo(results[0].mod)
	if err != nil {
		t.Fatal(err)
	}
	got.GoVersion = results[0].version
	if got.String() != want.String() {
		t.Errorf("got build information %q, want %q", got, want)
	}
}

func TestTinyFiles(t *testing.T) {
	for name, b := range tinyFiles() {
		t.Run(name, func(t *testing.T) {
			checkLaws(t, b)
			results, err := readAll(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.version != tinyVersion || r.mod != tinyMod {
					t.Errorf("got %q, %q", r.version, r.mod)
				}
			}
			if _, err := buildinfo.Read(bytes.NewReader(b)); err != nil && name != "wasm" {
				t.Errorf("debug/buildinfo: %v", err)
			}
		})
	}
}

// A file that is cut off gives an error or what the whole file gives, also if
// that is not known before it is read.
func TestTruncated(t *testing.T) {
	for name, b := range tinyFiles() {
		if len(b) > 4096 {
			continue
		}
		for n := range b {
			for _, size := range []int{n, len(b), 1 << 40} {
				results, err := readSize(b[:n], size)
				if err != nil {
					continue
				}
				if r := results[0]; r.version != tinyVersion || r.mod != tinyMod {
					t.Errorf("%s, %d of %d bytes: got %q, %q", name, n, len(b), r.version, r.mod)
				}
			}
		}
	}
}

// Any byte may be wrong.
func TestFlipped(t *testing.T) {
	for name, b := range tinyFiles() {
		if len(b) > 4096 || strings.Contains(name, "be") && testing.Short() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for i := range b {
				for _, v := range []byte{0, 1, 0x7f, 0xff} {
					c := slices.Clone(b)
					c[i] = v
					checkLaws(t, c)
				}
			}
		})
	}
}

// edit returns a copy of b with v at off.
func edit(b []byte, off int, v any) []byte {
	c := slices.Clone(b)
	if _, err := binary.Encode(c[off:], binary.LittleEndian, v); err != nil {
		panic(err)
	}
	return c
}

// hostile are files that lie about themselves.
func hostile() map[string]struct {
	in   []byte
	want string // in the error; empty if there is none
} {
	info := inlineInfo(tinyVersion, framed(tinyMod))
	good := tinyELF(little64, info, false)
	goodPE, goodMachO := tinyPE(true, info), tinyMachO(little64, info, false)
	names := binary.LittleEndian.Uint64(good[40:]) + 2*64 // its section header
	first := binary.LittleEndian.Uint64(good[40:])
	extended := edit(edit(good, 60, uint16(0)), 62, uint16(elfXIndex))
	long := func(n uint64) []byte { // a version of n bytes
		return binary.AppendUvarint(inlineInfo("", "")[:32], n)
	}
	selfPointer := pointedInfo(little64, tinyBase+tinyData, tinyVersion, "")
	binary.LittleEndian.PutUint64(selfPointer[32:], tinyBase+tinyData+32)
	hugePointer := pointedInfo(little64, tinyBase+tinyData, tinyVersion, "")
	binary.LittleEndian.PutUint64(hugePointer[40:], 1<<40)
	type file = struct {
		in   []byte
		want string
	}
	return map[string]file{
		"compressed names":         {edit(good, int(names)+8, uint64(elfCompressed)), "(.shstrtab) are compressed"},
		"names of 2^40 bytes":      {edit(good, int(names)+32, uint64(1<<40)), "(.shstrtab) of 1099511627776 bytes"},
		"names behind the end":     {edit(good, int(names)+24, uint64(1<<40)), "(.shstrtab) at 0x10000000000"},
		"names of another type":    {edit(good, int(names)+4, uint32(8)), "of type 8"},
		"compressed build info":    {edit(good, int(first)+64+8, uint64(elfCompressed)), ".go.buildinfo is compressed"},
		"extended, few sections":   {edit(edit(extended, int(first)+32, uint64(3)), int(first)+40, uint32(2)), ""},
		"extended, 2^32 sections":  {edit(extended, int(first)+32, uint64(1<<32)), "4294967296 entries"},
		"extended, names nowhere":  {edit(edit(extended, int(first)+32, uint64(3)), int(first)+40, uint32(1<<31)), "section 2147483648 of 3"},
		"65535 segments":           {edit(good, 56, uint16(65535)), "program headers at 0x40: 3669960 bytes wanted"},
		"segments of 1 byte":       {edit(good, 54, uint16(1)), "entries of 1 bytes"},
		"sections of 1 byte":       {edit(good, 58, uint16(1)), "entries of 1 bytes"},
		"sections of 65535 bytes":  {edit(edit(good, 58, uint16(65535)), 60, uint16(65535)), "limit is 16777216 bytes"},
		"segments at 2^64-1":       {edit(good, 32, uint64(1<<64-1)), "program headers at 0xffffffffffffffff"},
		"segment at 2^64-1":        {edit(good, 64+8, uint64(1<<64-1)), "left"},
		"segment of 2^64-1 bytes":  {edit(good, 64+32, uint64(1<<64-1)), ""},
		"class 3":                  {edit(good, 4, byte(3)), "class 3"},
		"version of 2^40 bytes":    {tinyELF(little64, long(1<<40), false), "1099511627776 bytes"},
		"version of 2^64-1 bytes":  {tinyELF(little64, long(1<<64-1), false), "18446744073709551615 bytes"},
		"version without a length": {tinyELF(little64, append(long(0)[:32], bytes.Repeat([]byte{0xff}, 11)...), false), "no length"},
		"pointer to itself":        {tinyELF(little64, selfPointer, false), ""},
		"pointer to 2^40 bytes":    {tinyELF(little64, hugePointer, false), "1099511627776 bytes"},
		"pointers of 3 bytes":      {tinyELF(little64, edit(selfPointer, 14, byte(3)), false), "pointers of 3 bytes"},
		"header at the end":        {tinyELF(little64, info[:15], false), "32 bytes wanted"},
		"module info cut off":      {tinyELF(little64, info[:len(info)-1], false), "mapped"},
		"module info unframed":     {tinyELF(little64, inlineInfo(tinyVersion, tinyMod), false), "no frame"},
		"65535 PE sections":        {edit(goodPE, 0x86, uint16(65535)), "2621400 bytes wanted"},
		"COFF strings of 2^32-1":   {edit(edit(edit(goodPE, 0x8c, uint32(0x100)), 0x90, uint32(1)), 0x112, uint32(1<<32-1)), ""},
		"optional header of 1":     {edit(goodPE, 0x94, uint16(1)), "optional header of 1 bytes"},
		"2^32-1 load commands":     {edit(goodMachO, 16, uint32(1<<32-1)), "4294967295 load commands"},
		"load commands of 2^32-1":  {edit(goodMachO, 20, uint32(1<<32-1)), "of 4294967295 bytes"},
		"load command of 0 bytes":  {edit(goodMachO, 36, uint32(0)), "load command 0: 0 bytes"},
		"load command of 2^31":     {edit(goodMachO, 36, uint32(1<<31)), "load command 0: 2147483648 bytes"},
		"2^32-1 Mach-O sections":   {edit(goodMachO, 32+64, uint32(1<<32-1)), "4294967295 sections"},
		"65535 XCOFF sections":     {edit(tinyXCOFF(true, info), 2, uint16(65535)), "4718520 bytes wanted"},
		"segment that wraps":       {edit(edit(edit(good, 64+8, uint64(1<<64-0x10)), 64+16, uint64(tinyBase+tinyData-0x110)), 64+32, uint64(0x1000)), "left"},
		"version of 4097 bytes":    {tinyELF(little64, inlineInfo(strings.Repeat("x", maxVersion+1), ""), false), "limit is 4096"},
		"build info in page zero":  {edit(goodMachO, 32+8, [16]byte([]byte("__PAGEZERO\x00\x00\x00\x00\x00\x00"))), "not in the file"},
		"wasm section of 2^32-1":   {[]byte("\x00asm\x01\x00\x00\x00\x0b\xff\xff\xff\xff\x0f12345678"), "4294967295 bytes"},
		"wasm, two programs":       {tinyWasm(tinyVersion, []byte(framed(tinyMod)+framed(tinyMod))), "several copies"},
		"wasm without an end":      {tinyWasm(tinyVersion, []byte(frameStart+tinyMod)), "has no end"},
	}
}

func TestHostile(t *testing.T) {
	for name, tt := range hostile() {
		t.Run(name, func(t *testing.T) {
			checkLaws(t, tt.in)
			var err error
			if n := allocated(func() { _, err = readAll(tt.in) }); n > 1<<20 {
				t.Errorf("%d bytes allocated", n)
			}
			checkErr(t, err, tt.want)
		})
	}
}

// checkErr checks that err contains want, or is nil if want is empty.
func checkErr(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestFat(t *testing.T) {
	info := inlineInfo(tinyVersion, framed(tinyMod))
	slice := tinyMachO(little64, info, false)
	good := tinyFat(slice, slice)
	put := func(b []byte, off int, v uint32) []byte {
		c := slices.Clone(b)
		binary.BigEndian.PutUint32(c[off:], v)
		return c
	}
	tests := []struct {
		name    string
		in      []byte
		files   int
		wantErr string
	}{
		{"two", good, 2, ""},
		{"none", put(good, 4, 0), 0, "0 architectures"},
		{"17", put(good, 4, 17), 0, "17 architectures"},
		{"2^32-1", put(good, 4, 0xfffffffe), 0, "4294967294 architectures"},
		{"overlapping", put(good, 28+8, 0x210), 1, "architecture 1: " + fmt.Sprint(len(slice)) + " bytes at 0x210 overlap"},
		{"itself", put(put(good, 8+8, 0), 8+12, uint32(len(good))), 1, "architecture 0"},
		{"behind the end", put(good, 28+8, 1<<31), 1, "architecture 1"},
		{"longer than the file", put(good, 28+12, 1<<32-1), 1, "architecture 1"},
		{"nested", tinyFat(slice, good), 1, "not a Mach-O file"},
		{"broken slice", tinyFat(slice, slice[:40]), 1, "load commands"},
		{"static library", tinyFat(append([]byte("!<arch>\n"), slice...)), 0, ErrNotExecutable.Error()},
		{"static library and program", tinyFat(append([]byte("!<arch>\n"), slice...), slice), 1, ""},
		{"Java class", append([]byte("\xca\xfe\xba\xbe\x00\x00\x00\x3d"), make([]byte, 99)...), 0, ErrNotExecutable.Error()},
		{"Java preview", append([]byte("\xca\xfe\xba\xbe\xff\xff\x00\x3d"), make([]byte, 99)...), 0, ErrNotExecutable.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := Open(bytes.NewReader(tt.in), int64(len(tt.in)))
			checkErr(t, err, tt.wantErr)
			if len(files) != tt.files {
				t.Fatalf("got %d files, want %d", len(files), tt.files)
			}
			for _, f := range files {
				if v, mod, err := f.BuildInfo(); v != tinyVersion || mod != tinyMod || err != nil {
					t.Errorf("got %q, %q, %v", v, mod, err)
				}
			}
		})
	}
}

// Fat files with 64-bit offsets are not read by debug/macho.
func TestFat64(t *testing.T) {
	slice := tinyMachO(little64, inlineInfo(tinyVersion, framed(tinyMod)), false)
	p := &printer{layout: big64}
	p.u32(0xcafebabf, 1, 7|machoWide, 3)
	p.u64(0x100, len(slice), 0)
	p.pad(0x100)
	b := append(p.b, slice...)
	results, err := readAll(b)
	if err != nil || results[0].version != tinyVersion {
		t.Errorf("got %v, %v", results, err)
	}
}

// Only data counts, only what is aligned, and there only what is whole.
func TestCopies(t *testing.T) {
	info := inlineInfo(tinyVersion, framed(tinyMod))
	aligned := slices.Clone(info)
	aligned = append(aligned, make([]byte, -len(aligned)&15)...)
	other := inlineInfo("go1.1", framed("path\tother\n"))
	broken := slices.Concat([]byte(infoMagic), []byte{8, 2}, make([]byte, 16), bytes.Repeat([]byte{0xff}, 16))
	text := edit(tinyELF(little64, info, true), 64+4, uint32(5))
	foreign := tinyELFSections(little64, make([]byte, 64), false, tinySection{name: ".data", kind: 1})
	behind := tinyELFSections(little64, append(make([]byte, 64), info...), false,
		tinySection{name: ".go.buildinfo", kind: 1, addr: tinyBase + tinyData, off: tinyData, length: 64})
	second := slices.Clone(tinyELF(little64, append(make([]byte, 64), info...), true))
	copy(second[64+56:], second[64:64+56])
	second = edit(second, 64+56+16, uint64(2*tinyBase))
	second = edit(edit(edit(second, 56, uint16(2)), 64+32, uint64(64)), 64+40, uint64(64))
	const peData = 0x98 + 112 + 16*8 // the header of the section
	cut := func(b []byte) []byte { return edit(edit(b, 64+32, uint64(1<<40)), 64+40, uint64(1<<40)) }
	tests := []struct {
		name    string
		in      []byte
		version string
		wantErr string
	}{
		{"first of two", tinyELF(little64, append(aligned, other...), true), tinyVersion, ""},
		{"broken one first", tinyELF(little64, append(broken, info...), true), tinyVersion, ""},
		{"unaligned one first", tinyELF(little64, slices.Concat([]byte("x"+infoMagic+" "), info), true), tinyVersion, ""},
		{"unaligned", tinyELF(little64, append([]byte("x"), info...), true), "", ErrNoBuildInfo.Error()},
		{"broken, in a data segment", tinyELF(little64, broken, true), "", ErrNoBuildInfo.Error()},
		{"broken, in its section", tinyELF(little64, broken, false), "", "no length"},
		{"more broken ones than tried", tinyELF(little64, append(bytes.Repeat(broken, infoTries), info...), true), "", ErrNoBuildInfo.Error()},
		{"in the second data segment", second, "", ErrNoBuildInfo.Error()},
		{"behind its section", behind, "", ErrNoBuildInfo.Error()},
		{"in PE data of another alignment", edit(tinyPE(true, info), peData+36, uint32(0xc0600040)), tinyVersion, ""},
		{"in PE data that is not in the file", edit(edit(edit(tinyPE(true, info), peData+20, uint32(0)), peData+8, uint32(2000)), peData+16, uint32(2000)), "", ErrNoBuildInfo.Error()},
		{"in Mach-O text", edit(tinyMachO(little64, info, true), 32+60, uint32(5)), "", ErrNoBuildInfo.Error()},
		{"in the text", text, "", ErrNoBuildInfo.Error()},
		{"cut off", cut(tinyELF(little64, make([]byte, 64), true)), "", "data at 0x100: 1099511627776 bytes, 64 left"},
		{"cut off behind it", cut(tinyELF(little64, info, true)), tinyVersion, ""},
		{"cut off, not Go", cut(foreign), "", ErrNoBuildInfo.Error()},
		{"in a text file", []byte("we look for " + infoMagic), "", ErrNotExecutable.Error()},
		{"no modules", tinyELF(little64, inlineInfo(tinyVersion, ""), false), tinyVersion, ""},
		{"no version", tinyELF(little64, inlineInfo("", framed(tinyMod)), false), "", "empty Go version"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, err := readAll(tt.in)
			checkErr(t, err, tt.wantErr)
			if len(results) > 0 && results[0].version != tt.version {
				t.Errorf("got %q, want %q", results[0].version, tt.version)
			}
		})
	}
}

// 20,000 dependencies are an honest program.
func TestManyDependencies(t *testing.T) {
	var mod strings.Builder
	mod.WriteString("path\tx\n")
	for i := range 20_000 {
		fmt.Fprintf(&mod, "dep\texample.com/some/long/path/of/a/module/%d\tv1.2.3-0.20260102030405-abcdefabcdef\th1:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr=\n", i)
	}
	b := tinyELF(little64, inlineInfo(tinyVersion, framed(mod.String())), false)
	checkLaws(t, b)
	results, err := readAll(b)
	if err != nil || results[0].mod != mod.String() {
		t.Errorf("got %d bytes, %v, want %d", len(results[0].mod), err, mod.Len())
	}

	for mod.Len() <= maxString {
		mod.WriteString(mod.String())
	}
	b = tinyELF(little64, inlineInfo(tinyVersion, framed(mod.String())), false)
	results, err = readAll(b)
	checkErr(t, err, "the limit is 16777216")
	if results[0].version != tinyVersion {
		t.Errorf("got version %q beside the error", results[0].version)
	}
}

func TestMark(t *testing.T) {
	empty := make([]byte, 128)
	word := "\x03\xff\xff\xff\x00\x00\x01\x08"                                                       // another magic number
	table := append(bytes.Repeat([]byte{1}, firstWindow-260), "\xf1\xff\xff\xff\x00\x00\x01\x08"...) // across two windows
	tests := []struct {
		name string
		in   []byte
		want Mark
	}{
		{"nothing", tinyELF(little64, empty, false)[:0x100+128], NoMark},
		{"Go's section", tinyELF(little64, empty, false), GoMark},
		{"no sections", tinyELF(little64, empty, true), NoMark},
		{"build ID among other sections", tinyELFSections(little64, []byte("\xff Go build ID: \"abc"), false), NoMark},
		{"build ID", tinyELF(little64, append(empty, "\xff Go build ID: \"abc"...), true), GoMark},
		{"function table", tinyELF(little64, table, true), GoMark},
		{"unaligned table", tinyELF(little64, append([]byte("x"), table[firstWindow-260:]...), true), NoMark},
		{"no table", tinyELF(little64, []byte(word), true), NoMark},
		{"table behind what is tried", tinyELF(little64, append(bytes.Repeat([]byte(word), tableTries), table...), true), NoMark},
		{"UPX at the head", tinyELF(little64, append(empty, "UPX!"...), true), UPXMark},
		{"UPX at the tail", append(tinyPE(true, make([]byte, 20_000)), "UPX!\x00\x00"...), UPXMark},
		{"UPX inside", tinyPE(true, append(append(make([]byte, 10_000), "UPX!"...), make([]byte, 10_000)...)), NoMark},
		{"compiler of wasm", tinyWasm(tinyVersion, empty), GoMark},
		{"wasm", tinyWasm("", empty), NoMark},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "nothing" { // no sections, as good as cut off
				tt.in = edit(edit(tt.in, 40, uint64(0)), 60, uint32(0))
			}
			files, err := Open(bytes.NewReader(tt.in), int64(len(tt.in)))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := files[0].Mark(); got != tt.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// A counter counts the bytes read through it.
type counter struct {
	io.ReaderAt
	n int
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	c.n += len(b)
	return c.ReaderAt.ReadAt(b, off)
}

func TestNotExecutable(t *testing.T) {
	long := bytes.Repeat([]byte("#!/bin/sh\n"), 100_000)
	for _, in := range []string{"", "MZ", string(long), "\x7fELG" + string(long), "\x00asm\x0d\x00\x01\x00" + string(long)} {
		c := &counter{ReaderAt: strings.NewReader(in)}
		if _, err := Open(c, int64(len(in))); err != ErrNotExecutable {
			t.Errorf("%.20q: got %v", in, err)
		}
		if c.n > 16 {
			t.Errorf("%.20q: %d bytes read", in, c.n)
		}
	}
	for name, in := range map[string]string{
		"DOS":   "MZ" + strings.Repeat("\x00", 200),
		"XCOFF": "\x01\xdf" + strings.Repeat("\x01", 200),
		"zeros": "\x01\xf7" + strings.Repeat("\x00", 200),
		"Plan9": "\x00\x00\x01\xeb" + strings.Repeat("\xff", 200),
	} {
		if _, err := Open(strings.NewReader(in), int64(len(in))); err != ErrNotExecutable {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A reader that fails is an error, never an empty result.
func TestReaderFails(t *testing.T) {
	broken := errors.New("broken disk")
	for name, b := range tinyFiles() {
		for calls := range 50 {
			r := &failing{ReaderAt: bytes.NewReader(b), left: calls, err: broken}
			files, err := Open(r, int64(len(b)))
			for _, f := range files {
				_, _, infoErr := f.BuildInfo()
				err = errors.Join(err, infoErr)
			}
			if r.failed != errors.Is(err, broken) {
				t.Fatalf("%s, call %d: got %v", name, calls, err)
			}
			if !r.failed {
				break
			}
		}
	}
}

// failing fails after left calls.
type failing struct {
	io.ReaderAt
	left   int
	err    error
	failed bool
}

func (r *failing) ReadAt(b []byte, off int64) (int, error) {
	if r.left == 0 {
		r.failed = true
		return 0, r.err
	}
	r.left--
	return r.ReaderAt.ReadAt(b, off)
}

// FuzzOpen holds the laws of checkLaws for any input.
func FuzzOpen(f *testing.F) {
	for _, b := range tinyFiles() {
		if len(b) < 4096 {
			f.Add(b)
		}
	}
	for _, tt := range hostile() {
		f.Add(tt.in)
	}
	f.Fuzz(checkLaws)
}
