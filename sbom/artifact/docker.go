package artifact

import (
	"bytes"

	"github.com/manifestgen/manifestgen/sbom"
)

// A dockerImage is an element of the manifest.json of a docker archive. There is
// no specification but what programs write and read:
// https://github.com/moby/moby/blob/master/image/tarexport/tarexport.go
type dockerImage struct {
	Config   string   // the name of the configuration in the archive
	RepoTags []string // such as "debian:12"
	Layers   []string // names of tar archives, the lowest first
}

// isDocker reports whether the archive's manifest.json is that of images: other
// things have files of that name too.
func isDocker(s store) bool {
	data, err := readDocument(s, dockerManifest)
	return err != nil || bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) &&
		bytes.Contains(data, []byte(`"Config"`)) && bytes.Contains(data, []byte(`"Layers"`))
}

// maxImages is how many images an archive, or an index, may have.
const maxImages = 1024

// dockerImages reads the images of a docker archive.
func dockerImages(s store) ([]*image, error) {
	data, err := readDocument(s, dockerManifest)
	if err != nil {
		return nil, err
	}
	var list []dockerImage
	if err := parseDocument(data, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, sbom.Faultf("image.none", "%s lists no image", dockerManifest)
	}
	if len(list) > maxImages {
		return nil, sbom.Faultf("limit.images", "%d images, more than the limit of %d", len(list), maxImages)
	}
	var images []*image
	seen := map[digest]bool{}
	for _, d := range list {
		img, err := d.image(s)
		if err != nil {
			return nil, err
		}
		if !seen[img.configBlob] {
			images = append(images, img)
		}
		seen[img.configBlob] = true
	}
	return images, nil
}

func (d dockerImage) image(s store) (*image, error) {
	img := &image{where: dockerManifest + " RepoTags"}
	if len(d.RepoTags) > 0 {
		img.reference = d.RepoTags[0]
	}
	for _, name := range d.Layers {
		l, err := dockerLayer(s, name)
		if err != nil {
			return nil, err
		}
		img.layers = append(img.layers, l)
	}
	clean, unclean := cleanPath(d.Config)
	if unclean {
		return nil, sbom.Faultf("image.path", "%.200q is not the name of a member", d.Config)
	}
	data, err := readDocument(s, clean)
	if err != nil {
		return nil, err
	}
	img.configBlob = sha256Of(data)
	if name := hexName(clean); name != "" && name != img.configBlob.value {
		return nil, sbom.Faultf("blob.digest", "%s does not have the digest that it is called after", clean)
	}
	return img, img.configure(data)
}

// dockerLayer finds a layer in the archive. The names of some are digests of what
// they are, of others of what they were before they were compressed or have
// nothing to do with them; only a blob's name tells.
func dockerLayer(s store, name string) (l layer, err error) {
	clean, unclean := cleanPath(name)
	if unclean {
		return l, sbom.Faultf("image.path", "%.200q is not the name of a member", name)
	}
	l.blob = blob{path: clean, size: -1}
	if value, ok := blobName(clean); ok {
		l.blob.digest = value
	}
	l.fault = check(s, clean)
	return l, nil
}
