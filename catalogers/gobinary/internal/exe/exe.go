// Package exe reads just enough of an executable to say which Go program it
// is: the build information that Go's linker leaves in it, the processor it is
// for, and the shared libraries it asks for.
//
// It reads ELF, PE, Mach-O (also fat), XCOFF, Plan 9 and WebAssembly files,
// and trusts none of them: every length is checked against what is left,
// every table has a limit, nothing is ever inflated, and a search holds one
// window of the file at a time. Where [debug/buildinfo] succeeds, this
// package gives the same strings or says why not.
//
// It leaves out symbols, relocations and debugging data.
package exe

import (
	"errors"
	"fmt"
	"io"
)

// ErrNotExecutable means that a file is in none of the formats that this
// package reads.
var ErrNotExecutable = errors.New("not an executable")

// ErrNoBuildInfo means that an executable carries no Go build information.
// See [File.Mark] for what it may be instead.
var ErrNoBuildInfo = errors.New("no Go build information")

// A Format is a kind of executable.
type Format string

// The formats that Open knows.
const (
	ELF   Format = "elf"
	MachO Format = "macho"
	PE    Format = "pe"
	Plan9 Format = "plan9"
	Wasm  Format = "wasm"
	XCOFF Format = "xcoff"
)

// The limits of every format. Executables stay far below them.
const (
	maxEntries = 65535    // sections, segments, load commands: of each
	maxTable   = 16 << 20 // bytes of one index or string table
	maxString  = 16 << 20 // bytes of module information
	maxVersion = 4 << 10  // bytes of a Go version
	maxNames   = 1024     // shared libraries
	maxName    = 1024     // bytes of a library's name
	maxArches  = 16       // slices of a fat Mach-O file
)

// A File is one executable: a whole file, or one slice of a fat Mach-O file.
// It reads from the io.ReaderAt given to Open for as long as it is used. Its
// methods may be called from several goroutines if that reader allows it.
type File struct {
	Format Format
	Arch   string // as GOARCH has it; empty if Go has no word for it
	OS     string // as GOOS has it; empty where the format does not tell

	src      source
	segments []segment // what the file maps to addresses; the first that holds an address counts
	info     area      // where build information has to be
	infoName string    // the section made for it, empty if info is a data segment
	named    bool      // the file has names of sections, so that Go's would show
	goNamed  bool      // and among them are Go's

	wasm      *wasmModule
	libraries func() ([]string, error) // nil if the format has none
}

// Open reads the headers of the executable that is the size bytes of r. The
// result is one File, or for a fat Mach-O file one per architecture in the
// order of the file. It reads 16 bytes first, and if they belong to no format
// it returns ErrNotExecutable. An error beside Files means that other slices
// of a fat file could not be read.
func Open(r io.ReaderAt, size int64) ([]*File, error) {
	src := source{r: r, size: uint64(max(size, 0))}
	if src.size < 16 {
		return nil, ErrNotExecutable
	}
	magic, err := src.read(0, 16, "magic number")
	if err != nil {
		return nil, err
	}
	if isFat(magic) {
		return openFat(src)
	}
	f, err := open(src, magic)
	if err != nil {
		return nil, err
	}
	return []*File{f}, nil
}

// open reads the headers of a file that begins with the 16 bytes magic.
func open(src source, magic []byte) (*File, error) {
	format, parse := formatOf(magic)
	if parse == nil {
		return nil, ErrNotExecutable
	}
	f := &File{Format: format, src: src}
	switch err := parse(f); {
	case errors.Is(err, ErrNotExecutable):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s: %w", format, err)
	}
	return f, nil
}

// formatOf recognises all formats but fat Mach-O.
func formatOf(magic []byte) (Format, func(*File) error) {
	switch {
	case string(magic[:4]) == "\x7fELF":
		return ELF, (*File).parseELF
	case string(magic[:2]) == "MZ":
		return PE, (*File).parsePE
	case isMachO(magic):
		return MachO, (*File).parseMachO
	case string(magic[:2]) == xcoff32Magic || string(magic[:2]) == xcoff64Magic:
		return XCOFF, (*File).parseXCOFF
	case string(magic[:8]) == "\x00asm\x01\x00\x00\x00":
		return Wasm, (*File).parseWasm
	case plan9Arch(magic) != "":
		return Plan9, (*File).parsePlan9
	}
	return "", nil
}

// Libraries returns the shared libraries that the file asks the loader for,
// in the order of the file, each once. Of a static executable there are none.
// Names read before an error come with it.
func (f *File) Libraries() ([]string, error) {
	if f.libraries == nil {
		return nil, nil
	}
	names, err := f.libraries()
	if err != nil {
		err = fmt.Errorf("%s: libraries: %w", f.Format, err)
	}
	return names, err
}

// names collects the names of libraries, each once.
type names struct {
	list []string
	seen map[string]bool
}

// add appends name unless it is there already or empty.
func (n *names) add(name string) error {
	if name == "" || n.seen[name] {
		return nil
	}
	if len(n.list) == maxNames {
		return fmt.Errorf("more than %d names", maxNames)
	}
	if n.seen == nil {
		n.seen = make(map[string]bool)
	}
	n.seen[name] = true
	n.list = append(n.list, name)
	return nil
}
