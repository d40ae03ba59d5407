package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// A descriptor names a blob:
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	URLs        []string          `json:"urls"`
	Annotations map[string]string `json:"annotations"`
	Platform    platform          `json:"platform"`
}

// An ociDocument is an index or a manifest: the one has manifests, the other a
// configuration and layers.
type ociDocument struct {
	MediaType   string            `json:"mediaType"`
	Manifests   []descriptor      `json:"manifests"`
	Config      *descriptor       `json:"config"`
	Layers      []descriptor      `json:"layers"`
	Annotations map[string]string `json:"annotations"`
}

// The media types of indexes, manifests and configurations.
var (
	indexTypes = []string{
		"application/vnd.oci.image.index.v1+json",
		"application/vnd.docker.distribution.manifest.list.v2+json",
	}
	manifestTypes = []string{
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json",
	}
	configTypes = []string{
		"application/vnd.oci.image.config.v1+json",
		"application/vnd.docker.container.image.v1+json",
	}
)

// blobPath returns where a layout has a blob.
func blobPath(d digest) string { return "blobs/" + d.algorithm + "/" + d.value }

// blobName returns the digest that a blob is called after.
func blobName(name string) (digest, bool) {
	rest, ok := strings.CutPrefix(name, "blobs/")
	if !ok {
		return digest{}, false
	}
	d, err := parseDigest(strings.Replace(rest, "/", ":", 1))
	return d, err == nil
}

func sha256Of(data []byte) digest {
	sum := sha256.Sum256(data)
	return digest{"sha256", hex.EncodeToString(sum[:])}
}

// maxIndexDepth is how deep indexes may be nested.
const maxIndexDepth = 8

// An ociReader collects the images of a layout.
type ociReader struct {
	store    store
	seen     map[digest]bool
	images   []*image
	findings []sbom.Finding
}

// ociImages reads the images of an OCI layout. See
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
func ociImages(s store) ([]*image, []sbom.Finding, error) {
	data, err := readDocument(s, ociIndex)
	if err != nil {
		return nil, nil, err
	}
	r := &ociReader{store: s, seen: map[digest]bool{}}
	doc, err := parseOCI(data, "")
	if err != nil {
		return nil, nil, err
	}
	if !doc.isIndex() {
		return nil, nil, sbom.Faultf("image.document", "%s is not an index", ociIndex)
	}
	err = r.index(doc, "", 1)
	if err == nil && len(r.images) == 0 {
		err = sbom.Faultf("image.none", "the layout has no image%s", r.skipped())
	}
	for _, img := range r.images {
		if img.fault == nil || err != nil {
			return r.images, r.findings, err
		}
	}
	if err == nil {
		err = r.images[0].fault // nothing else is there
	}
	return nil, nil, err
}

// skipped says what the layout has instead of images.
func (r *ociReader) skipped() string {
	if len(r.findings) == 0 {
		return ""
	}
	return ": " + r.findings[0].Detail
}

// parseOCI decodes an index or a manifest and makes sure that it is but one of
// them, and what its descriptor says.
func parseOCI(data []byte, mediaType string) (*ociDocument, error) {
	doc := &ociDocument{}
	if err := parseDocument(data, doc); err != nil {
		return nil, err
	}
	switch {
	case doc.isIndex() && (doc.Layers != nil || doc.Config != nil):
		return nil, sbom.Faultf("image.ambiguous", "a document that is both an index and a manifest")
	case !doc.isIndex() && doc.Config == nil:
		return nil, sbom.Faultf("image.document", "neither an index nor a manifest")
	case mediaType != "" && doc.MediaType != "" && doc.MediaType != mediaType:
		return nil, sbom.Faultf("image.ambiguous", "a document that says it is %.100q, and its descriptor that it is %.100q", doc.MediaType, mediaType)
	case isOneOf(mediaType, indexTypes) != doc.isIndex() && mediaType != "":
		return nil, sbom.Faultf("image.ambiguous", "a document that is not what its descriptor says, %.100q", mediaType)
	}
	return doc, nil
}

func (d *ociDocument) isIndex() bool { return d.Manifests != nil }

func isOneOf(s string, list []string) bool {
	for _, x := range list {
		if s == x {
			return true
		}
	}
	return false
}

// index reads the entries of an index. The reference is what the images in it are
// called if they have no name of their own.
func (r *ociReader) index(doc *ociDocument, reference string, depth int) error {
	if depth > maxIndexDepth {
		return sbom.Faultf("limit.nesting", "indexes nested more than %d deep", maxIndexDepth)
	}
	for _, d := range doc.Manifests {
		if len(r.seen) >= maxImages {
			return sbom.Faultf("limit.images", "more than %d entries of indexes", maxImages)
		}
		if err := r.entry(d, reference, depth); err != nil {
			return err
		}
	}
	return nil
}

// entry reads an entry of an index: an image, or another index.
func (r *ociReader) entry(d descriptor, reference string, depth int) error {
	id, err := parseDigest(d.Digest)
	if err != nil {
		return err
	}
	if r.seen[id] {
		return nil
	}
	r.seen[id] = true
	switch {
	case d.Annotations["vnd.docker.reference.type"] != "":
		r.skip(fmt.Sprintf("%s is an attestation, not an image", id))
		return nil
	case !isOneOf(d.MediaType, indexTypes) && !isOneOf(d.MediaType, manifestTypes):
		r.skip(fmt.Sprintf("%s is not an image but %.100q", id, d.MediaType))
		return nil
	}
	if name := referenceOf(d.Annotations); name != "" {
		reference = name
	}
	img := &image{reference: reference, where: ociIndex + " annotations", manifest: id, platform: d.Platform}
	doc, err := r.manifest(d, id)
	switch {
	case err != nil:
		r.broken(img, err)
	case doc.isIndex():
		return r.index(doc, reference, depth+1)
	case !isOneOf(doc.Config.MediaType, configTypes):
		r.skip(fmt.Sprintf("%s is not an image but has a configuration of the type %.100q", id, doc.Config.MediaType))
	default:
		r.image(img, doc)
	}
	return nil
}

// manifest reads the manifest or the index that an entry names.
func (r *ociReader) manifest(d descriptor, id digest) (*ociDocument, error) {
	data, err := r.document(d, id)
	if err != nil {
		return nil, err
	}
	return parseOCI(data, d.MediaType)
}

// broken adds an image that cannot be read.
func (r *ociReader) broken(img *image, err error) {
	img.fault, img.layers = err, nil
	img.findings = append(img.findings, sbom.GapFrom(err, "", ""))
	r.images = append(r.images, img)
}

func (r *ociReader) skip(detail string) {
	r.findings = append(r.findings, sbom.Finding{Kind: sbom.Note, Code: "image.skipped", Detail: detail})
}

// document reads a blob that is a document and compares it with its descriptor.
func (r *ociReader) document(d descriptor, id digest) ([]byte, error) {
	name := blobPath(id)
	data, err := readDocument(r.store, name)
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) != d.Size:
		return nil, sbom.Faultf("blob.size", "%s has %d bytes, not %d", name, len(data), d.Size)
	case !id.matches(data):
		return nil, sbom.Faultf("blob.digest", "%s does not have the digest that it is called after", name)
	}
	return data, nil
}

// image adds the image of a manifest.
func (r *ociReader) image(img *image, doc *ociDocument) {
	img.annotations = doc.Annotations
	err := r.layers(img, doc.Layers)
	var data []byte
	if err == nil {
		img.configBlob, err = parseDigest(doc.Config.Digest)
	}
	if err == nil {
		data, err = r.document(*doc.Config, img.configBlob)
	}
	if err == nil {
		err = img.configure(data)
	}
	if err != nil {
		r.broken(img, err)
		return
	}
	r.images = append(r.images, img)
}

func (r *ociReader) layers(img *image, list []descriptor) error {
	for _, d := range list {
		l, err := r.layer(d)
		if err != nil {
			return err
		}
		img.layers = append(img.layers, l)
	}
	return nil
}

// layer finds a layer. What its manifest says of addresses where it may be
// fetched is not followed.
func (r *ociReader) layer(d descriptor) (l layer, err error) {
	id, err := parseDigest(d.Digest)
	if err != nil {
		return l, err
	}
	l.blob = blob{path: blobPath(id), size: d.Size, digest: id, mediaType: d.MediaType}
	_, known := layerCompression(d.MediaType)
	missing := check(r.store, l.blob.path)
	switch {
	case !known:
		l.fault = sbom.Faultf("layer.unsupported", "a layer of the type %.100q, which is not read", d.MediaType)
	case missing == nil:
	case isForeign(d):
		l.fault = sbom.Faultf("layer.foreign", "a layer that is not in the image; it is not fetched from where the manifest says")
	default:
		l.fault = missing
	}
	return l, nil
}

func isForeign(d descriptor) bool {
	return len(d.URLs) > 0 || strings.Contains(d.MediaType, ".nondistributable.") || strings.Contains(d.MediaType, ".foreign.")
}

// referenceOf returns the name that an image is stored by. The name that the
// specification has is often but a tag.
func referenceOf(annotations map[string]string) string {
	if name := annotations["io.containerd.image.name"]; name != "" {
		return name
	}
	if name := annotations["org.opencontainers.image.ref.name"]; strings.ContainsAny(name, "/:") {
		return name
	}
	return ""
}
