package release

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// defaultInputs are the files that are build inputs wherever they are found in a
// repository at these paths: what names dependencies, and what builds.
var defaultInputs = []string{
	RecordName,
	"go.mod", "go.sum", "go.work", "go.work.sum", ".goreleaser.y*ml",
	"pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "constraints*.txt", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "tox.ini",
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
	"Cargo.toml", "Cargo.lock", "Gemfile.lock", "composer.lock", "pom.xml", "build.gradle", "build.gradle.kts", "gradle.lockfile", "flake.lock",
	"Makefile", "GNUmakefile", "CMakeLists.txt", "meson.build", "BUILD.bazel", "MODULE.bazel", "MODULE.bazel.lock",
	"Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile", "docker-bake.hcl", "docker-bake.json",
	".github/workflows/*.y*ml", ".gitlab-ci.yml", ".zuul.yaml", "zuul.d/*.yaml", "Jenkinsfile", ".circleci/config.yml",
	"debian/control", "debian/rules", "*.spec",
}

// maxInputs is how many build inputs are listed, and maxSeen how many files are
// looked at for it.
const (
	maxInputs = 1000
	maxSeen   = 200_000
)

// listInputs adds the build inputs that are files: of the repository by the
// rules above and those of the record, and what the flags name; and the base
// images that the Dockerfiles among them name.
func (g *gathering) listInputs() error {
	if err := g.flagInputs(); err != nil {
		return err
	}
	if g.repo == nil {
		return nil
	}
	if g.status == nil {
		g.found(sbom.Unknown, "inputs.unread", "the build inputs are not listed: the repository does not have commit %s checked out", g.commit)
		return nil
	}
	wanted, excluded := defaultInputs, []string(nil)
	if g.terms.Inputs != nil {
		wanted = slices.Concat(wanted, g.terms.Inputs.Paths)
		excluded = g.terms.Inputs.Exclude
	}
	root, err := os.OpenRoot(g.top)
	if err != nil {
		return err
	}
	defer root.Close()
	var facts sbom.Principal
	names := g.choose(root, wanted, excluded)
	for _, name := range names {
		facts.Inputs = append(facts.Inputs, g.input(root, name))
	}
	facts.Inputs = append(facts.Inputs, g.baseImages(root, names)...)
	where := "files of the repository at commit " + g.commit.String()
	g.add(sbom.FromFolder, where, facts)
	return nil
}

// input describes a file of the work tree, with the address of the same bytes in
// the repository if they are those of the commit.
func (g *gathering) input(root *os.Root, name string) sbom.Input {
	in := sbom.Input{Name: name}
	sum, err := sumIn(root, name)
	switch {
	case err != nil:
		g.found(sbom.Note, "inputs.modified", "%s: %v", name, plain(err))
		return in
	case g.changed(name):
		g.found(sbom.Note, "inputs.modified", "%s is not as it is in commit %s", name, g.commit)
	default:
		in.URL = g.address(name)
	}
	in.Digests = []sbom.Digest{{Algorithm: "SHA-256", Value: sum}}
	return in
}

// changed reports whether a file is known to be, or may be, another than in the
// commit.
func (g *gathering) changed(name string) bool {
	if g.status.Staged || g.status.Cut || slices.Contains(g.status.Modified, name) || slices.Contains(g.status.Unmerged, name) {
		return true
	}
	return slices.ContainsFunc(g.status.Untracked, func(u string) bool {
		return u == name || strings.HasSuffix(u, "/") && strings.HasPrefix(name, u)
	})
}

// address returns where to fetch a file of the commit, in the way of SPDX's
// download locations: git+https://example.org/x@COMMIT#path
func (g *gathering) address(name string) string {
	repository := ""
	for _, s := range []sbom.Source{sbom.FromFlag, sbom.FromRecord, sbom.FromFolder} {
		for _, c := range g.candidates {
			if c.Source == s {
				repository = first(repository, c.Facts.Repository)
			}
		}
	}
	if repository == "" {
		return ""
	}
	if !strings.HasPrefix(repository, "git") {
		repository = "git+" + repository
	}
	return repository + "@" + g.commit.String() + "#" + (&url.URL{Path: name}).EscapedPath()
}

// choose returns the regular files below root that a wanted pattern matches and
// no excluded one, sorted.
func (g *gathering) choose(root *os.Root, wanted, excluded []string) []string {
	var names []string
	seen := 0
	walk := func(name string, d fs.DirEntry, err error) error {
		if seen++; seen > maxSeen || len(names) > maxInputs {
			return fs.SkipAll
		}
		switch {
		case err != nil:
			g.found(sbom.Note, "git.unreadable", "%s: %v", name, plain(err))
			return nil
		case d.IsDir() && (name == ".git" || name != "." && !mayHold(wanted, name)):
			return fs.SkipDir
		case d.Type().IsRegular() && matchAny(wanted, name) && !matchAny(excluded, name):
			names = append(names, name)
		}
		return nil
	}
	fs.WalkDir(root.FS(), ".", walk) // walk returns no error
	if seen > maxSeen || len(names) > maxInputs {
		names = names[:min(len(names), maxInputs)]
		g.found(sbom.Note, "inputs.limit", "more than %d build inputs, or more than %d files to look at: the rest is not listed", maxInputs, maxSeen)
	}
	return names
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return matchPath(strings.Split(p, "/"), strings.Split(name, "/"))
	})
}

// matchPath matches a path part by part; ** stands for any number of parts.
func matchPath(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			rest := slices.IndexFunc(pattern, func(s string) bool { return s != "**" })
			if rest < 0 {
				return len(name) > 0
			}
			for i := range name {
				if matchPath(pattern[rest:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, _ := path.Match(pattern[0], name[0]); !ok { // patterns were checked
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}

// mayHold reports whether a folder may hold what a pattern matches.
func mayHold(patterns []string, dir string) bool {
	parts := strings.Split(dir, "/")
	return slices.ContainsFunc(patterns, func(p string) bool {
		for i, part := range strings.Split(p, "/") {
			if part == "**" || i == len(parts) {
				return true
			}
			if ok, _ := path.Match(part, parts[i]); !ok {
				return false
			}
		}
		return false
	})
}

func sumIn(root *os.Root, name string) (string, error) {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return "", err
	}
	return sumOf(f)
}

// sumOf returns the SHA-256 of a regular file, and closes it.
func sumOf(f *os.File) (string, error) {
	defer f.Close() // it is only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("is no regular file")
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// flagInputs adds the inputs that flags name: files, "URL@sha256:HEX", and images
// "NAME@sha256:HEX".
func (g *gathering) flagInputs() error {
	var facts sbom.Principal
	for _, name := range g.Inputs {
		in, err := g.flagInput(name)
		if err != nil {
			if strings.Contains(name, "://") {
				return fmt.Errorf("input: %w", err)
			}
			return fmt.Errorf("input %s: %w", name, err)
		}
		facts.Inputs = append(facts.Inputs, in)
	}
	if len(facts.Inputs) > 0 {
		g.add(sbom.FromFlag, "command line", facts)
	}
	return nil
}

func (g *gathering) flagInput(name string) (sbom.Input, error) {
	if address, sum, _ := strings.Cut(name, "@sha256:"); strings.Contains(address, "://") {
		clean := g.clean("an input", address)
		if clean == "" || !forms["sha256"].fits(sum) {
			return sbom.Input{}, errors.New("want URL@sha256:DIGEST") // what was given may be a secret
		}
		return urlInput(clean, clean, sum), nil
	}
	if forms["image"].fits(name) {
		return imageInput(name), nil
	}
	file := name
	if !filepath.IsAbs(name) {
		file = filepath.Join(g.Dir, name)
	}
	if rel, ok := g.inside(file); ok && g.status != nil {
		root, err := os.OpenRoot(g.top)
		if err != nil {
			return sbom.Input{}, plain(err)
		}
		defer root.Close()
		if _, err := root.Stat(rel); err != nil {
			return sbom.Input{}, plain(err)
		}
		return g.input(root, rel), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return sbom.Input{}, plain(err)
	}
	sum, err := sumOf(f)
	return sbom.Input{Name: filepath.Base(file), Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: sum}}}, err
}

// inside returns the path of a file in the work tree, if it lies there.
func (g *gathering) inside(file string) (string, bool) {
	abs, err := filepath.Abs(file)
	if err != nil || g.top == "" {
		return "", false
	}
	rel, err := filepath.Rel(g.top, abs)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

func urlInput(name, address, sum string) sbom.Input {
	return sbom.Input{Name: name, URL: address, Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: sum}}}
}

// imageInput describes a base image, which may lack a digest. Its URL is a package
// URL, which says the same to every tool:
// https://github.com/package-url/purl-spec/blob/main/types/oci-definition.json
func imageInput(ref string) sbom.Input {
	name, sum, pinned := strings.Cut(ref, "@sha256:")
	repository, tag := name, ""
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		repository, tag = name[:i], name[i+1:]
	}
	q := packageurl.Qualifiers{{Key: "repository_url", Value: repository}}
	if tag != "" {
		q = append(q, packageurl.Qualifier{Key: "tag", Value: tag})
	}
	purl := packageurl.NewPackageURL("oci", "", strings.ToLower(path.Base(repository)), "", q, "")
	if !pinned {
		return sbom.Input{Name: name, URL: purl.ToString()}
	}
	purl.Version = "sha256:" + sum
	return urlInput(name, purl.ToString(), sum)
}

// facts returns the inputs that a record states with their digests.
func (in *Inputs) facts(g *gathering) (facts sbom.Principal) {
	if in == nil {
		return facts
	}
	for _, u := range in.URLs {
		address := g.clean("inputs.urls", u.URL)
		facts.Inputs = append(facts.Inputs, urlInput(first(u.Name, address), address, u.SHA256))
	}
	for _, image := range in.Images {
		facts.Inputs = append(facts.Inputs, imageInput(image))
	}
	return facts
}
