package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

// sniffed is how much of a file is looked at to tell what it is.
const sniffed = 4096

// readManifest reads a manifest, in the format that its content has. The error is
// errNotManifest if the file is something else.
func readManifest(name string) (*sbom.Manifest, formats.Format, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, formats.Format{}, &exitError{exitUnusable, err}
	}
	defer f.Close() // it is only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, formats.Format{}, errNotManifest
	}
	prefix := make([]byte, sniffed)
	n, err := io.ReadFull(f, prefix)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, formats.Format{}, unusable(name, err)
	}
	format, ok := formats.Detect(prefix[:n])
	if !ok {
		return nil, format, errNotManifest
	}
	m, err := format.Decode(io.MultiReader(bytes.NewReader(prefix[:n]), f))
	if err != nil {
		return nil, format, unusable(name, err)
	}
	return m, format, nil
}

var errNotManifest = errors.New("is no manifest in a format that is known here")

// describeOrRead returns the manifest that a file is, or the one that describes
// it.
func (g *generate) describeOrRead(ctx context.Context, ref string) (*sbom.Manifest, error) {
	if info, err := os.Stat(ref); err == nil && info.Mode().IsRegular() {
		m, _, err := readManifest(ref)
		if !errors.Is(err, errNotManifest) {
			return m, err
		}
	}
	p, err := g.plan()
	if err != nil {
		return nil, err
	}
	documents, err := g.describeAll(ctx, ref, p)
	if err != nil {
		return nil, err
	}
	return documents[0].manifest, g.incomplete(documents)
}

// errForeign refuses to write a document of another tool again: what the model
// has no word for would be lost.
var errForeign = errors.New("was not written by manifestgen: to write it again could lose what it says")

func unusable(name string, err error) error {
	var e *exitError
	if errors.As(err, &e) {
		return err
	}
	return &exitError{exitUnusable, fmt.Errorf("%s: %w", name, err)}
}
