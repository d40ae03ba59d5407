// Package sbomtest helps to test catalogers: it makes trees of files in memory
// and runs the whole engine over them.
package sbomtest

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

// A Tree is a tree in memory. The zero Tree is empty.
type Tree struct {
	ID      string            // the layer's diff id, if it shall be a layer
	Files   map[string]string // path -> content
	Links   map[string]string // path -> target of a symbolic link
	Removed []string          // whiteouts
	Opaque  []string          // opaque folders
	Folders []string          // folders that have an entry of their own

	// Container is what Entry.Container says of all entries.
	Container string

	// Err, if not nil, is what reading the content of any file ends with.
	Err error
}

// Layer implements sbom.Tree.
func (t Tree) Layer() string { return t.ID }

// Walk implements sbom.Tree.
func (t Tree) Walk(ctx context.Context, v sbom.Visitor) error {
	for _, p := range t.Opaque {
		v.Entry(sbom.Entry{Path: p, Opaque: true})
	}
	for _, p := range t.Removed {
		v.Entry(sbom.Entry{Path: p, Whiteout: true})
	}
	for _, p := range t.Folders {
		v.Entry(sbom.Entry{Path: p, Mode: fs.ModeDir | 0o755})
	}
	for _, p := range slices.Sorted(maps.Keys(t.Links)) {
		v.Entry(sbom.Entry{Path: p, Mode: fs.ModeSymlink | 0o777, Link: t.Links[p]})
	}
	for _, p := range slices.Sorted(maps.Keys(t.Files)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		data := t.Files[p]
		e := sbom.Entry{Path: p, Mode: 0o644, Size: int64(len(data)), Container: t.Container}
		if v.Entry(e) {
			v.File(e, &content{Reader: bytes.NewReader([]byte(data)), err: t.Err})
		}
	}
	return nil
}

// content is the bytes of a file in memory, which may end with an error.
type content struct {
	*bytes.Reader
	err error
}

func (c *content) Read(p []byte) (int, error) { return c.end(c.Reader.Read(p)) }

func (c *content) ReadAt(p []byte, off int64) (int, error) { return c.end(c.Reader.ReadAt(p, off)) }

func (c *content) end(n int, err error) (int, error) {
	if err == io.EOF && c.err != nil {
		return n, c.err
	}
	return n, err
}

func (*content) Keep() error { return nil }

func (*content) Close() error { return nil }

// Folder returns an artifact that is a folder with the given files.
func Folder(files map[string]string) *sbom.Artifact {
	return &sbom.Artifact{Name: "test", Type: sbom.TypeFile, Format: sbom.FormatFolder, Trees: []sbom.Tree{Tree{Files: files}}}
}

// Image returns an artifact with the given trees as layers, the lowest first.
func Image(layers ...Tree) *sbom.Artifact {
	a := &sbom.Artifact{Name: "test", Type: sbom.TypeContainer, Format: "oci"}
	for _, l := range layers {
		a.Trees = append(a.Trees, l)
	}
	return a
}

// Scan scans the artifact and fails the test if that fails as a whole.
func Scan(t testing.TB, a *sbom.Artifact, catalogers ...sbom.Cataloger) *sbom.Inventory {
	t.Helper()
	inv, err := sbom.Scan(context.Background(), a, catalogers, sbom.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// Assemble scans the artifact and assembles its manifest, and fails the test if
// either fails.
func Assemble(t testing.TB, a *sbom.Artifact, catalogers ...sbom.Cataloger) *sbom.Manifest {
	t.Helper()
	m, err := sbom.Assemble(Scan(t, a, catalogers...), sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
