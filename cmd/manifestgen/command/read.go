package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

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
	m, format, err := readFrom(f)
	if err != nil && !errors.Is(err, errNotManifest) {
		err = unusable(name, err)
	}
	return m, format, err
}

func readFrom(r io.Reader) (*sbom.Manifest, formats.Format, error) {
	m, format, err := formats.Decode(r)
	if errors.Is(err, formats.ErrUnknown) {
		err = errNotManifest
	}
	return m, format, err
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

func unusable(name string, err error) error {
	var e *exitError
	if errors.As(err, &e) {
		return err
	}
	return &exitError{exitUnusable, fmt.Errorf("%s: %w", name, err)}
}
