package exe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A wasmModule is what the sections of a WebAssembly module say. Go's linker
// writes no build information header into one. But the module information is
// a string of the program, in the marks made for finding it in a core file,
// and the version is in the custom section "producers".
type wasmModule struct {
	goVersion string
	data      area // offset and length of the data section
}

// parseWasm walks over the sections. Each is a byte of type, a LEB128 length
// and as many bytes. See https://webassembly.github.io/spec/core/binary/modules.html.
func (f *File) parseWasm() error {
	const custom, imports, data = 0, 2, 11
	f.Arch, f.named, f.wasm = "wasm", true, new(wasmModule)
	at := uint64(8)
	for n := 0; f.src.left(at) > 0; n++ {
		if n == maxEntries {
			return fmt.Errorf("more than %d sections", maxEntries)
		}
		head, err := f.src.read(at, min(6, f.src.left(at)), "section header")
		if err != nil {
			return err
		}
		size, k := binary.Uvarint(head[1:])
		body := at + 1 + uint64(k)
		if k <= 0 || size > f.src.left(body) {
			return fmt.Errorf("section at %#x: %d bytes, %d left", at, size, f.src.left(at))
		}
		switch head[0] {
		case custom:
			err = f.wasmCustom(body, size)
		case imports:
			err = f.wasmImports(body, size)
		case data:
			f.wasm.data = area{addr: body, size: size}
		}
		if err != nil {
			return fmt.Errorf("section at %#x: %w", at, err)
		}
		at = body + size
	}
	return nil
}

// wasmCustom reads a section that begins with its name.
func (f *File) wasmCustom(at, size uint64) error {
	const limit = 16 << 10 // of a list of producers; they have some 100 bytes
	head, err := f.src.read(at, min(size, 16), "custom section")
	if err != nil {
		return err
	}
	r := wasmReader{b: head}
	switch r.name() {
	case "go:buildid":
		f.goNamed = true
	case "producers":
		b, err := f.src.read(at, min(size, limit), "producers")
		if err != nil {
			return err
		}
		if v := wasmCompiler(b); v != "" {
			f.goNamed, f.wasm.goVersion = true, v
		}
	}
	return nil
}

// wasmCompiler returns the version of Go's compiler in a "producers" section:
// a list of fields, each a name and a list of tools with their versions. See
// https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md.
func wasmCompiler(b []byte) string {
	r := wasmReader{b: b}
	r.name()
	for fields := r.number(); fields > 0 && !r.bad; fields-- {
		r.name()
		for tools := r.number(); tools > 0 && !r.bad; tools-- {
			tool, version := r.name(), r.name()
			if tool == "Go cmd/compile" && !r.bad {
				return version
			}
		}
	}
	return ""
}

// wasmImports finds the system in the module name of the first import.
func (f *File) wasmImports(at, size uint64) error {
	b, err := f.src.read(at, min(size, 64), "imports")
	if err != nil {
		return err
	}
	r := wasmReader{b: b}
	r.number()
	switch r.name() {
	case "gojs", "go":
		f.OS = "js"
	case "wasi_snapshot_preview1":
		f.OS = "wasip1"
	}
	return nil
}

// A wasmReader reads numbers and names from b until one is not whole.
type wasmReader struct {
	b   []byte
	bad bool
}

func (r *wasmReader) number() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *wasmReader) name() string {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return ""
	}
	name := string(r.b[:n])
	r.b = r.b[n:]
	return name
}

// The marks around module information. See
// https://go.dev/src/cmd/go/internal/modload/build.go.
const (
	frameStart = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
	frameEnd   = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"
)

// wasmBuildInfo finds the module information among the data. A program may
// have other programs embedded in it, and then nothing says whose is whose.
func (f *File) wasmBuildInfo() (goVersion, modinfo string, err error) {
	if !f.goNamed {
		return "", "", ErrNoBuildInfo
	}
	data, starts, start := f.wasm.data, 0, uint64(0)
	err = f.src.scan(data.addr, data.size, frameStart, func(at uint64) bool {
		starts, start = starts+1, at
		return starts < 2
	})
	switch {
	case err != nil:
	case starts > 1:
		err = errors.New("several copies of module information")
	case starts == 1:
		modinfo, err = f.wasmModinfo(start, data.addr+data.size)
	}
	if err == nil && f.wasm.goVersion == "" {
		err = errors.New("no Go version: no section \"producers\"")
	}
	return f.wasm.goVersion, modinfo, err
}

// wasmModinfo reads the module information at start, which ends before end.
func (f *File) wasmModinfo(start, end uint64) (string, error) {
	n := uint64(0)
	err := f.src.scan(start, min(end-start, maxString), frameEnd, func(at uint64) bool {
		n = at + frame - start
		return false
	})
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", fmt.Errorf("module information at %#x has no end", start)
	}
	b, err := f.src.read(start, n, "module information")
	if err != nil {
		return "", err
	}
	return unframe(string(b))
}
