package command

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

// A document is a manifest with the artifact that it describes.
type document struct {
	artifact *sbom.Artifact
	manifest *sbom.Manifest
	path     string // of the artifact in the folder of a release
}

// An output is where a manifest goes, and how it is written.
type output struct {
	format formats.Format
	path   string // empty for standard output
	folder bool   // path is a folder, for one file per artifact
}

// platformMark stands for the platform in the name of an output.
const platformMark = "{platform}"

// forMany reports whether the output has room for several platforms.
func (o output) forMany() bool { return o.folder || strings.Contains(o.path, platformMark) }

// parseOutputs reads the values of -o.
func parseOutputs(values []string) ([]output, error) {
	var outputs []output
	seen := map[string]bool{}
	for _, value := range values {
		o, err := parseOutput(value)
		if err != nil {
			return nil, err
		}
		place := o.path
		if o.folder {
			place = filepath.Join(o.path, o.format.Suffixes[0]) // a folder has room for several formats
		}
		if seen[place] {
			return nil, usage("-o %s: two outputs cannot go to one place", value)
		}
		seen[place] = true
		outputs = append(outputs, o)
	}
	return outputs, nil
}

func parseOutput(value string) (output, error) {
	if f, ok := outputByName(value); ok {
		return output{format: f}, nil
	}
	if name, path, ok := strings.Cut(value, "="); ok {
		if f, known := outputByName(name); known && path != "" {
			return output{format: f, path: path, folder: isFolder(path)}, nil
		}
	}
	if value == "" {
		return output{}, usage("-o needs a file, a folder or a format")
	}
	if isFolder(value) {
		f, _ := formats.ByName(defaultFormat)
		return output{format: f, path: value, folder: true}, nil
	}
	if f, ok := outputByFile(value); ok {
		return output{format: f, path: value}, nil
	}
	return output{}, usage("-o %s: the name does not say which format; use a suffix such as .cdx.json or .spdx.json, or FORMAT=FILE with one of %s",
		value, strings.Join(formatNames(), ", "))
}

// defaultFormat is written into folders and pipes.
const defaultFormat = "cyclonedx-json"

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || strings.HasSuffix(path, "/")
}

// paths returns the files that outputs name, as far as that is known.
func paths(outputs []output) []string {
	var all []string
	for _, o := range outputs {
		if o.path != "" && !o.folder {
			all = append(all, o.path)
		}
	}
	return all
}

// fileFor returns the path to which the output writes d.
func (o output) fileFor(d *document) string {
	platform := strings.ReplaceAll(d.artifact.Platform, "/", "-")
	if !o.folder {
		return strings.ReplaceAll(o.path, platformMark, platform)
	}
	name := cmp.Or(filepath.FromSlash(d.path), d.artifact.Name)
	if platform != "" {
		name += "-" + platform
	}
	return filepath.Join(o.path, name+o.format.Suffixes[0])
}

// makeFolderOf creates the folder of a file of an output that is a folder.
func (o output) makeFolderOf(name string) error {
	if !o.folder {
		return nil
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return outputError(dir, err)
	}
	return nil
}

// write writes all documents to all outputs: first whole into temporary files,
// then, when nothing has failed, under their names. So an older file of that
// name is whole as long as the new one is not.
func (g *generate) write(_ string, documents []*document, p plan) error {
	var files []*pending
	defer func() {
		for _, f := range files {
			f.discard()
		}
	}()
	for _, o := range p.outputs {
		for _, d := range documents {
			if o.path == "" {
				continue
			}
			name := o.fileFor(d)
			if err := o.makeFolderOf(name); err != nil {
				return err
			}
			f, err := prepare(name, func(w io.Writer) error { return o.format.Encode(w, d.manifest, g.options()) })
			if err != nil {
				return err
			}
			files = append(files, f)
		}
	}
	for _, f := range files {
		if err := f.commit(); err != nil {
			return err
		}
	}
	return g.print(documents, p.outputs)
}

func (g *generate) options() formats.Options { return formats.Options{Indent: g.indent} }

// print writes what goes to standard output.
func (g *generate) print(documents []*document, outputs []output) error {
	w := bufio.NewWriterSize(g.process.Stdout, 64<<10)
	for _, d := range documents {
		if err := g.printOne(w, d, outputs); err != nil {
			return outputError("standard output", err)
		}
	}
	if err := w.Flush(); err != nil {
		return outputError("standard output", err)
	}
	return nil
}

func (g *generate) printOne(w io.Writer, d *document, outputs []output) error {
	for _, o := range outputs {
		if o.path == "" {
			if err := o.format.Encode(w, d.manifest, g.options()); err != nil {
				return err
			}
		}
	}
	columns := width(g.process.Stdout)
	switch {
	case g.explain:
		return explain(w, d.manifest)
	case len(outputs) > 0:
		return nil
	case columns > 0:
		return summarize(w, d.manifest, columns, g.process.Getenv("NO_COLOR") == "")
	default:
		f, _ := formats.ByName(defaultFormat)
		return f.Encode(w, d.manifest, g.options())
	}
}

func outputError(name string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return &exitError{exitOutput, fmt.Errorf("%s: %w", name, err)}
}

// A pending file is written and waits for its name.
type pending struct {
	name string // as the user gave it
	temp string // empty once it has its name, or if it was written in place
	path string // name with symbolic links followed
}

// prepare writes a file beside the one that it shall replace. What is no regular
// file, such as a device or a pipe, cannot be replaced and is written at once.
func prepare(name string, encode func(io.Writer) error) (*pending, error) {
	path := name
	if real, err := filepath.EvalSymlinks(name); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, outputError(name, errors.New("is a folder"))
	}
	if err == nil && !info.Mode().IsRegular() {
		return &pending{name: name}, writeInPlace(name, path, encode)
	}
	temp, err := writeTemp(path, info, encode)
	if err != nil {
		return nil, outputError(name, err)
	}
	return &pending{name: name, temp: temp, path: path}, nil
}

func writeInPlace(name, path string, encode func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return outputError(name, err)
	}
	w := bufio.NewWriterSize(f, 64<<10)
	if err := errors.Join(encode(w), w.Flush(), f.Close()); err != nil {
		return outputError(name, err)
	}
	return nil
}

// writeTemp writes a new file in the folder of path, down to the disk, with the
// permissions of the file that it shall replace, if there is one.
func writeTemp(path string, old fs.FileInfo, encode func(io.Writer) error) (temp string, err error) {
	f, err := createTemp(path)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) // the error is why there is nothing to keep
		}
	}()
	w := bufio.NewWriterSize(f, 64<<10)
	err = encode(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil && old != nil {
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// createTemp creates a file with a name of its own beside path.
func createTemp(path string) (*os.File, error) {
	for n := 0; ; n++ {
		name := fmt.Sprintf(".%s.%d-%d.tmp", filepath.Base(path), os.Getpid(), n)
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) || n == 100 {
			return f, err
		}
	}
}

// commit gives the file its name.
func (p *pending) commit() error {
	if p.temp == "" {
		return nil
	}
	if err := os.Rename(p.temp, p.path); err != nil {
		return outputError(p.name, err)
	}
	p.temp = ""
	if dir, err := os.Open(filepath.Dir(p.path)); err == nil {
		dir.Sync() // not every file system can; the file itself is on disk
		dir.Close()
	}
	return nil
}

// discard removes a file that did not get its name.
func (p *pending) discard() {
	if p.temp != "" {
		os.Remove(p.temp) // nothing more can be done about it
	}
}
