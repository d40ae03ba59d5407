package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// indexName is what the manifest of a release as a whole is called, before its
// suffix.
const indexName = "release"

// isManifestName reports whether a file is called like a manifest.
func isManifestName(name string) bool {
	f, ok := formats.ByFile(name)
	return ok && f.Decode != nil
}

// describeFolder describes every artifact in the folder of a release. The names of
// the documents are the paths of the artifacts.
func (g *generate) describeFolder(ctx context.Context, dir string, p plan) ([]*document, error) {
	for _, o := range p.outputs {
		if !o.folder {
			return nil, usage("--release writes a document for each artifact: -o must be a folder")
		}
	}
	if len(p.outputs) == 0 {
		return nil, usage("--release writes a document for each artifact: give a folder by -o")
	}
	files, err := release.Files(ctx, dir, isManifestName)
	if err != nil {
		return nil, &exitError{exitUnusable, err}
	}
	var documents []*document
	for _, f := range files {
		if f.Kind != release.ArtifactFile {
			continue
		}
		if f.Path == indexName {
			return nil, usage("%s: a file of this name would have its document where the index goes: call it otherwise, as manifestgen name does", f.Path)
		}
		artifacts, err := artifact.Open(ctx, filepath.Join(dir, filepath.FromSlash(f.Path)), artifact.Options{Digests: p.digests})
		if err != nil {
			return nil, &exitError{exitUnusable, err}
		}
		for _, a := range artifacts {
			m, err := g.describe(ctx, a, p)
			if err != nil {
				return nil, err
			}
			documents = append(documents, &document{artifact: a, manifest: m, path: f.Path})
		}
	}
	return documents, nil
}

// isPlain reports whether nothing was found in a file, and nothing says what it
// is: release notes, an installation script.
func (d *document) isPlain() bool {
	if len(d.manifest.Components) > 0 || d.artifact.Format != sbom.FormatFile {
		return false
	}
	for _, e := range d.manifest.Principal.Evidence {
		if e.Field == "name" {
			return e.Source == sbom.FromName
		}
	}
	return true
}

// writeFolder writes the documents of a release and its index. A plain file has no
// document of its own: the index has its name and its digests.
func (g *generate) writeFolder(dir string, documents []*document, p plan) error {
	var files pendingFiles
	defer files.discard()
	var members []release.Member
	for _, d := range documents {
		member := release.Member{Path: d.path, Manifest: d.manifest}
		for _, o := range p.outputs {
			if d.isPlain() {
				continue
			}
			file, link, err := g.prepareMember(d, o)
			if err != nil {
				return err
			}
			files, member.Documents = append(files, file), append(member.Documents, link)
		}
		members = append(members, member)
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	index, err := release.Index(filepath.Base(whole), members, g.documentOptions(p))
	if err != nil {
		return err
	}
	for _, o := range p.outputs {
		name := filepath.Join(o.path, indexName+o.format.Suffixes[0])
		if err := files.prepare(name, func(w io.Writer) error { _, err := g.writing.encode(w, o, name, index); return err }); err != nil {
			return err
		}
	}
	return files.commit()
}

// prepareMember writes the document of one artifact, and returns a link to it.
func (g *generate) prepareMember(d *document, o output) (*pending, sbom.Link, error) {
	var b bytes.Buffer
	name := o.fileFor(d)
	m, err := g.writing.encode(&b, o, name, d.manifest)
	if err != nil {
		return nil, sbom.Link{}, outputError(d.path, err)
	}
	sum := sha256.Sum256(b.Bytes())
	if err := o.makeFolderOf(name); err != nil {
		return nil, sbom.Link{}, err
	}
	relative, err := filepath.Rel(o.path, name)
	if err != nil {
		return nil, sbom.Link{}, err
	}
	link := sbom.Link{Type: "bom", URL: documentURL(m, o.format, filepath.ToSlash(relative)), Comment: filepath.ToSlash(relative),
		Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: hex.EncodeToString(sum[:])}}}
	file, err := prepare(name, func(w io.Writer) error { _, err := b.WriteTo(w); return err })
	return file, link, err
}

// documentURL returns how a document is referred to from another one: by a BOM-Link
// (https://cyclonedx.org/capabilities/bomlink/) or by its place.
func documentURL(m *sbom.Manifest, f formats.Format, relative string) string {
	if strings.HasPrefix(f.Name, "cyclonedx") {
		return fmt.Sprintf("urn:cdx:%s/%d#%s", m.ID, m.Version, url.PathEscape(m.Principal.Ref))
	}
	return (&url.URL{Path: path.Join(".", relative)}).String()
}
