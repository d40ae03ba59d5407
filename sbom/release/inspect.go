package release

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// A State is what a repository says now about a release that a manifest describes.
type State struct {
	// Tag is what [VerifyTag] returns for the tag and the commit of the
	// manifest. It is nil if the manifest names no tag, or no repository at
	// hand has it.
	Tag *sbom.Principal

	// Inputs are the build inputs of the manifest that are files of the
	// repository or of Dir, with the digests that they have now. One that is
	// gone, or cannot be read, has none. It is nil if no repository that the
	// artifact can have been built from is at hand.
	Inputs []sbom.Input

	// Profile is the check profile that the record names for the artifact: a
	// name, or the path of a file, made relative to where the record is.
	Profile string
}

// Inspect looks again at what p, the principal of a manifest, says of its
// repository: whether the tag is good, whether the build inputs are what they were.
// An error means that something that was given cannot be used.
func Inspect(ctx context.Context, o Options, p *sbom.Principal) (*State, error) {
	o.Known, o.Flags = p, sbom.Principal{Tag: p.Tag, Commit: p.Commit}
	g, err := begin(o)
	if errors.Is(err, git.ErrNotFound) && o.Repository == "" {
		return &State{}, nil // the repository at hand does not know the tag
	}
	if err != nil {
		return nil, err
	}
	defer g.close()
	if err := g.useRecord(); err != nil {
		return nil, err
	}
	s := &State{Profile: g.terms.Profile}
	if strings.HasSuffix(s.Profile, ".yaml") || strings.HasSuffix(s.Profile, ".yml") {
		s.Profile = filepath.Join(g.folder, filepath.FromSlash(s.Profile))
	}
	if g.repo == nil {
		return s, nil
	}
	if p.Tag != "" {
		o.Known = nil // whether the work tree was clean is another question
		s.Tag, _, err = VerifyTag(ctx, o)
		if err != nil && !errors.Is(err, git.ErrNotFound) {
			return nil, err // such as keys that cannot be read
		}
	}
	s.Inputs = g.inputsNow(p.Inputs)
	return s, ctx.Err()
}

// inputsNow looks at the files among the inputs.
func (g *gathering) inputsNow(inputs []sbom.Input) []sbom.Input {
	now := []sbom.Input{}
	for _, in := range inputs {
		if !filepath.IsLocal(filepath.FromSlash(in.Name)) || strings.Contains(in.Name, "@sha256:") {
			continue
		}
		sum, err := g.sumNow(in.Name)
		switch {
		case err == nil:
			now = append(now, sbom.Input{Name: in.Name, Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: sum}}})
		case strings.Contains(in.URL, "#") || in.URL == "":
			now = append(now, sbom.Input{Name: in.Name}) // it should be here
		}
	}
	return now
}

// sumNow returns the digest of a file of the work tree, or else of Dir.
func (g *gathering) sumNow(name string) (string, error) {
	var sum string
	err := fs.ErrNotExist
	for _, dir := range []string{g.top, g.Dir} {
		if dir == "" || err == nil {
			continue
		}
		root, openErr := os.OpenRoot(dir)
		if openErr != nil {
			return "", openErr
		}
		sum, err = sumIn(root, name)
		root.Close() // it was only read
	}
	return sum, err
}
