package artifact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// The names of files that tell what a folder or an archive is.
const (
	ociLayout      = "oci-layout"
	ociIndex       = "index.json"
	dockerManifest = "manifest.json"
)

// The formats of images.
const (
	formatOCI    = "oci"
	formatDocker = "docker"
)

// An image is a container image for one platform.
type image struct {
	reference   string // such as "ghcr.io/owner/name:1.2", "" if nobody says
	where       string // who says
	manifest    digest // zero in a docker archive
	config      config
	configBlob  digest
	platform    platform
	annotations map[string]string
	layers      []layer // the lowest first
	findings    []sbom.Finding
	fault       error // why nothing of it can be read
}

// A layer is one of an image, and why it cannot be read, if that is known.
type layer struct {
	blob  blob
	diff  digest
	fault error
}

// A platform is what an image runs on.
type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
	OSVersion    string `json:"os.version"`
}

// String returns "linux/arm64/v8", or "" if it is not known.
func (p platform) String() string {
	if p.OS == "" || p.Architecture == "" {
		return ""
	}
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return cleanPlatform(s)
}

// cleanPlatform keeps a platform, which becomes a part of file names, to what
// platforms are made of.
func cleanPlatform(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("/._-", r):
			return r
		}
		return '_'
	}, s)
}

// A config is what is of use of an image's configuration. Environment, arguments
// and history can hold secrets and are not read. See
// https://github.com/opencontainers/image-spec/blob/main/config.md
type config struct {
	platform
	Created string `json:"created"`
	Config  struct {
		Labels map[string]string
	} `json:"config"`
	RootFS struct {
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

// maxLayers is how many layers an image may have.
const maxLayers = 4096

// configure reads the configuration of an image and gives the layers their diff
// ids.
func (img *image) configure(data []byte) error {
	if err := parseDocument(data, &img.config); err != nil {
		return err
	}
	ids := img.config.RootFS.DiffIDs
	if len(ids) != len(img.layers) {
		return sbom.Faultf("image.config", "the configuration has diff ids of %d layers, and there are %d", len(ids), len(img.layers))
	}
	if len(ids) > maxLayers {
		return sbom.Faultf("limit.layers", "%d layers, more than the limit of %d", len(ids), maxLayers)
	}
	for i, id := range ids {
		diff, err := parseDigest(id)
		if err != nil {
			return err
		}
		img.layers[i].diff = diff
	}
	stated := img.platform
	img.platform = img.config.platform
	if stated == (platform{}) {
		return nil
	}
	if img.platform.OS == stated.OS && img.platform.Architecture == stated.Architecture {
		img.platform.Variant = cmp.Or(img.platform.Variant, stated.Variant)
	} else {
		img.note("image.platform", fmt.Sprintf("the index says %s, the configuration %s; the latter counts", stated, img.platform))
	}
	return nil
}

func (img *image) note(code, detail string) {
	img.findings = append(img.findings, sbom.Finding{Kind: sbom.Note, Code: code, Detail: detail})
}

// artifacts makes an artifact of each image.
func artifacts(images []*image, s store, a sbom.Artifact, o Options) []*sbom.Artifact {
	seen := map[string]int{}
	for _, img := range images {
		seen[img.platform.String()]++
	}
	var all []*sbom.Artifact
	for _, img := range images {
		one := a
		one.Platform = img.platform.String()
		if seen[one.Platform] > 1 {
			one.Platform = strings.TrimPrefix(one.Platform+"@"+cmp.Or(img.manifest, img.configBlob).value[:12], "@")
		}
		if len(images) > 1 {
			one.Digests = nil // they are those of a file that has all of them
		}
		one.Findings = append(slices.Clone(a.Findings), img.findings...)
		one.Candidates = img.candidates()
		one.Trees = img.trees(s, o)
		all = append(all, &one)
	}
	if s, ok := s.(*tarStore); ok {
		for _, a := range all {
			s.trees += len(a.Trees)
		}
		s.left = s.trees
	}
	return all
}

// trees returns the layers of an image. One that occurs again further up is left
// out: all that it does is done again there.
func (img *image) trees(s store, o Options) []sbom.Tree {
	l := newLedger(o.Limits)
	last := map[digest]int{}
	size := 0.0
	for i, layer := range img.layers {
		last[layer.diff] = i
		size += float64(max(0, layer.blob.size))
	}
	unproved := o.Digests != nil && len(o.Digests) == 0
	var trees []sbom.Tree
	for i, layer := range img.layers {
		if last[layer.diff] == i {
			trees = append(trees, &layerTree{store: s, blob: layer.blob, diff: layer.diff, fault: layer.fault,
				ledger: l, limits: o.Limits, helpers: layer.helpers(size, unproved), unproved: unproved})
		}
	}
	return trees
}

// helpers returns how many goroutines may help with a layer of an image whose layers
// have size bytes in all: its share of the cores, rounded, for layers are read side
// by side. One core is left for the digests. If there is but one, nobody helps.
func (l layer) helpers(size float64, unproved bool) int {
	if allHelpers() == 0 {
		return 0
	}
	share := 1.0
	if l.blob.size > 0 {
		share = float64(allHelpers()) * float64(l.blob.size) / size
	}
	if unproved {
		return int(share + 0.5)
	}
	return max(1, int(share-0.5))
}

// candidates returns what an image says of itself.
func (img *image) candidates() []sbom.Candidate {
	var facts sbom.Principal
	facts.Type = sbom.TypeContainer
	facts.Architecture, facts.OS = img.platform.Architecture, img.platform.OS
	facts.Built = created(img.config.Created)
	if len(img.layers) == 0 && img.fault == nil {
		facts.Contents = sbom.Complete
	}
	add := func(name, value string) {
		if value != "" {
			facts.Properties = append(facts.Properties, sbom.Property{Name: "manifestgen:image:" + name, Value: value})
		}
	}
	add("manifest-digest", img.manifest.String())
	add("config-digest", img.configBlob.String())
	add("platform", img.platform.String())
	add("os-version", img.config.OSVersion)
	all := []sbom.Candidate{{Source: sbom.FromContainer, Where: "image configuration", Facts: facts}}
	if c, ok := img.named(); ok {
		all = append(all, c)
	}
	for _, key := range factKeys {
		if c, ok := labelCandidate(key, img.annotations[key]); ok {
			c.Source, c.Where = sbom.FromContainer, "annotation "+key
			all = append(all, c)
		}
		if c, ok := labelCandidate(key, img.config.Config.Labels[key]); ok {
			c.Source, c.Where = sbom.FromLabel, "label "+key+", may be inherited from the base"
			all = append(all, c)
		}
	}
	return all
}

// reference is what names of images look like, without a digest:
// https://github.com/distribution/reference/blob/main/reference.go
var reference = regexp.MustCompile(`^((?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?$`)

// named returns the name by which the image was stored. See
// https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md
func (img *image) named() (c sbom.Candidate, ok bool) {
	text, _, _ := strings.Cut(img.reference, "@")
	parts := reference.FindStringSubmatch(text)
	if parts == nil || len(text) > 512 {
		return c, false
	}
	repository, tag := parts[1], parts[2]
	var qualifiers packageurl.Qualifiers
	add := func(key, value string) {
		if value != "" {
			qualifiers = append(qualifiers, packageurl.Qualifier{Key: key, Value: value})
		}
	}
	add("arch", img.platform.Architecture)
	if host, _, nested := strings.Cut(repository, "/"); nested && (strings.ContainsAny(host, ".:") || host == "localhost") {
		add("repository_url", repository)
	}
	add("tag", tag)
	c = sbom.Candidate{Source: sbom.FromContainer, Where: img.where}
	c.Facts.Name = repository
	c.Facts.PURL = packageurl.NewPackageURL("oci", "", strings.ToLower(path.Base(repository)), img.manifest.String(), qualifiers, "").ToString()
	return c, true
}

// oldest is before the first images. Programs that build the same image twice put
// times like 1970 or 1980 where that of the build would stand.
var oldest = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)

// created reads the time at which an image was built, and returns zero if it is
// none.
func created(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Before(oldest) || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// labelPrefix begins the keys that are read; of others only that of the maintainer
// is, which came before them. See
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const labelPrefix = "org.opencontainers.image."

var factKeys = []string{
	labelPrefix + "title", labelPrefix + "version", labelPrefix + "description", labelPrefix + "licenses",
	labelPrefix + "vendor", labelPrefix + "authors", "maintainer", labelPrefix + "revision", labelPrefix + "source", labelPrefix + "url",
	labelPrefix + "documentation", labelPrefix + "base.name", labelPrefix + "base.digest",
}

// maxLabel is how long a label may be that is taken over.
const maxLabel = 4096

// labelCandidate returns what one label says.
func labelCandidate(key, value string) (c sbom.Candidate, ok bool) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > maxLabel {
		return c, false
	}
	f := &c.Facts
	switch strings.TrimPrefix(key, labelPrefix) {
	case "title":
		f.Name = value
	case "version":
		f.Version = value
	case "description":
		f.Description = value
	case "licenses":
		f.Declared = value
	case "vendor":
		f.Supplier.Name = value
	case "authors", "maintainer":
		f.Maker = maker(value)
	case "revision":
		if isLowerHex(value) && (len(value) == 40 || len(value) == 64) {
			f.Commit = value
		}
		return c, f.Commit != ""
	case "source":
		f.Repository = cleanURL(value)
		return c, f.Repository != ""
	case "url":
		return c, addLink(f, "website", value)
	case "documentation":
		return c, addLink(f, "documentation", value)
	case "base.name", "base.digest":
		f.Properties = []sbom.Property{{Name: "manifestgen:image:" + strings.Replace(strings.TrimPrefix(key, labelPrefix), ".", "-", 1), Value: value}}
	}
	return c, true
}

// maker reads "NAME <ADDRESS>", or a name alone.
func maker(s string) sbom.Party {
	name, address, ok := strings.Cut(s, "<")
	address, ok2 := strings.CutSuffix(address, ">")
	if name = strings.TrimSpace(name); !ok || !ok2 || name == "" || strings.ContainsAny(address, "<>, ") {
		return sbom.Party{Name: s}
	}
	return sbom.Party{Name: name, Contacts: []sbom.Contact{{Email: address}}}
}

// cleanURL returns an address on the web without what may be secret in it: user,
// password and query. Of anything else it returns "".
func cleanURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "git" && u.Scheme != "ssh" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// addLink adds a link to f and reports whether it is one.
func addLink(f *sbom.Principal, kind, address string) bool {
	clean := cleanURL(address)
	if clean != "" {
		f.Links = []sbom.Link{{Type: kind, URL: clean}}
	}
	return clean != ""
}

// openLayout opens a folder that is an OCI layout.
func openLayout(name string, o Options) ([]*sbom.Artifact, error) {
	if !isLayout(name) {
		return nil, errors.New("is not an OCI layout: oci-layout or index.json is not there")
	}
	s := folderStore(name)
	a := sbom.Artifact{Name: baseName(name), Type: sbom.TypeContainer, Format: formatOCI}
	images, notes, err := ociImages(s)
	if err != nil {
		return nil, err
	}
	a.Findings = notes
	return artifacts(images, s, a, o), nil
}

// isLayout reports whether a folder is an OCI layout.
func isLayout(name string) bool {
	s := folderStore(name)
	return check(s, ociLayout) == nil && check(s, ociIndex) == nil
}

// openArchive opens the images in a tar archive, and returns nil if it is none of
// images. Of the same images written in both formats the one counts that has more
// digests.
func openArchive(ctx context.Context, f *os.File, info fs.FileInfo, kind string, a sbom.Artifact, o Options) ([]*sbom.Artifact, error) {
	s, findings := indexTar(ctx, f, info, kind != "", o.Limits)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var images []*image
	var notes []sbom.Finding
	var err error
	switch {
	case s != nil && kind != kindDockerArchive && s.has(ociIndex) && s.has(ociLayout):
		a.Format = formatOCI
		images, notes, err = ociImages(s)
	case s != nil && kind != kindOCI && s.has(dockerManifest) && (kind != "" || isDocker(s)):
		a.Format = formatDocker
		images, err = dockerImages(s)
	case kind != "":
		err = errors.New("is not an archive of images of that kind")
	}
	if err != nil || images == nil {
		if s != nil {
			s.discard()
		}
		return nil, err
	}
	a.Type = sbom.TypeContainer
	a.Findings = append(findings, notes...)
	return artifacts(images, s, a, o), nil
}
