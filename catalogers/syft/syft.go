// Package syft offers the catalogers of syft, which reads dozens of ecosystems:
// https://github.com/anchore/syft
//
// It is a module of its own, because syft brings hundreds of others. It reads
// the whole artifact by itself, as a [sbom.Surveyor]; what the catalogers of
// manifestgen find stands, and is joined with what syft says of it.
//
// A component says which of syft's catalogers found it: "syft:rust-cargo-lock-cataloger".
// What syft found in a lock file or another file that says what is asked for is
// Wanted. The CPEs are candidates, most of them guessed, and properties called
// syft:cpe23. Nothing is fetched: syft is told to look up nothing on the network.
//
// What is left out: files that are no packages, with their digests and licences,
// and the metadata that syft has for each ecosystem, but for the digests of Java
// archives.
//
// Syft unpacks images and archives into the folder for temporary files, and a
// crafted artifact can end the process, since a panic in one of its goroutines
// cannot be caught. Called by the command as a program of its own, as --with syft
// does, it costs no more than what syft would have found.
//
// Findings have these codes:
//
//	syft.failed  syft could not read the artifact, or a cataloger of it failed
//	syft.unread  a file that a cataloger of syft could not read
package syft

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/anchore/stereoscope/pkg/image"
	"github.com/anchore/syft/syft"
	"github.com/anchore/syft/syft/cataloging"
	"github.com/anchore/syft/syft/source"
	_ "modernc.org/sqlite" // with which syft reads rpm databases

	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger surveys artifacts with syft. The zero Cataloger uses the catalogers
// that syft has for the kind of artifact.
type Cataloger struct {
	// Select chooses among the catalogers of syft by their names and tags, such
	// as "rust-cargo-lock-cataloger", "java", "installed". Those of that name or
	// tag replace the usual ones; "+NAME" adds one to these, "-NAME" or "-TAG"
	// takes away. See https://github.com/anchore/syft/wiki/package-cataloger-selection
	Select []string
}

// Name returns "syft".
func (Cataloger) Name() string { return "syft" }

// Wants returns [sbom.No]: syft reads the artifact by itself.
func (Cataloger) Wants(sbom.Entry) sbom.Want { return sbom.No }

// Catalog returns nothing, since nothing is wanted.
func (Cataloger) Catalog(context.Context, *sbom.File) ([]*sbom.Component, error) { return nil, nil }

// Survey returns what syft finds in a.
func (c Cataloger) Survey(ctx context.Context, a *sbom.Artifact) (inv *sbom.Inventory, err error) {
	src, err := open(ctx, a)
	if err != nil {
		return nil, &sbom.Fault{Code: "syft.failed", Err: err}
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	found, err := syft.CreateSBOM(ctx, src, c.config())
	if err != nil {
		return nil, &sbom.Fault{Code: "syft.failed", Err: err}
	}
	return translate(found), nil
}

// config keeps syft to packages.
func (c Cataloger) config() *syft.CreateSBOMConfig {
	return syft.DefaultCreateSBOMConfig().
		WithoutFiles().
		WithCatalogerSelection(c.selection()).
		WithUnknownsConfig(cataloging.UnknownsConfig{RemoveWhenPackagesDefined: true})
}

func (c Cataloger) selection() cataloging.SelectionRequest {
	r := cataloging.NewSelectionRequest()
	for _, word := range c.Select {
		if strings.HasPrefix(word, "+") || strings.HasPrefix(word, "-") {
			r = r.WithExpression(word)
		} else {
			r = r.WithDefaults(word)
		}
	}
	return r
}

// open gives the artifact to that of syft's readers that is for its kind: left to
// itself, syft would also look for an image of that name on the network.
func open(ctx context.Context, a *sbom.Artifact) (source.Source, error) {
	if a.Path == "" {
		return nil, errors.New("syft reads artifacts from their place on this machine, and this one has none")
	}
	o := syft.DefaultGetSourceConfig().WithSources(reader(a))
	if a.Platform != "" {
		platform, err := image.NewPlatform(a.Platform)
		if err != nil {
			return nil, err
		}
		o = o.WithPlatform(platform)
	}
	return syft.GetSource(ctx, a.Path, o.WithExcludeConfig(source.ExcludeConfig{Paths: excluded(a)}))
}

// reader returns the name of syft's reader for the kind of artifact.
func reader(a *sbom.Artifact) string {
	info, err := os.Stat(a.Path)
	folder := err == nil && info.IsDir()
	switch {
	case a.Format == "docker":
		return "docker-archive"
	case a.Format == "oci" && folder:
		return "oci-dir"
	case a.Format == "oci":
		return "oci-archive"
	case folder:
		return "dir"
	default:
		return "file"
	}
}

// excluded returns the patterns of what is not part of a.
func excluded(a *sbom.Artifact) []string {
	var patterns []string
	for _, x := range a.Exclude {
		inside, err := filepath.Rel(a.Path, x)
		if err == nil && filepath.IsLocal(inside) {
			patterns = append(patterns, "./"+literal.Replace(filepath.ToSlash(inside)))
		}
	}
	return patterns
}

// literal quotes what has a meaning in patterns.
var literal = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)
