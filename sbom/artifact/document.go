package artifact

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"unicode"

	"github.com/manifestgen/manifestgen/sbom"
)

// A digest names a blob by its hash. See
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
type digest struct {
	algorithm, value string
}

// String returns "sha256:9f86...".
func (d digest) String() string {
	if d.value == "" {
		return ""
	}
	return d.algorithm + ":" + d.value
}

func (d digest) new() hash.Hash {
	if d.algorithm == "sha512" {
		return sha512.New()
	}
	return sha256.New()
}

func (d digest) matches(data []byte) bool {
	h := d.new()
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil)) == d.value
}

// parseDigest reads a digest of one of the two algorithms that are in use. It can
// be used as a path.
func parseDigest(s string) (digest, error) {
	algorithm, value, _ := strings.Cut(s, ":")
	size := map[string]int{"sha256": 64, "sha512": 128}[algorithm]
	if size == 0 || len(value) != size || !isLowerHex(value) {
		return digest{}, sbom.Faultf("image.digest", "%.200q is not a digest", s)
	}
	return digest{algorithm, value}, nil
}

func isLowerHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// maxDocument is how long a manifest, an index or a configuration may be. See
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
const maxDocument = 4 << 20

// readDocument reads a JSON document of an image.
func readDocument(s store, name string) ([]byte, error) {
	c, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer c.Close() // what was read is compared or parsed
	if c.size > maxDocument {
		return nil, sbom.Faultf("limit.document", "%s has %d bytes, more than the limit of %d", name, c.size, maxDocument)
	}
	data := make([]byte, c.size)
	if _, err := io.ReadFull(c, data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, withoutPath(err))
	}
	return data, nil
}

// parseDocument decodes a JSON document into the struct that v points to. It
// refuses one that different programs read differently, because a key occurs twice
// or in two spellings that some take for the same.
func parseDocument(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := checkKeys(d, "", 0); err != nil {
		return sbom.Faultf("image.document", "at byte %d: %w", d.InputOffset(), err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return sbom.Faultf("image.document", "%w", err)
	}
	return nil
}

// maxDepth is how deep a document may be nested.
const maxDepth = 64

// freeKeys name the objects whose keys anybody may choose. In them spelling
// matters to all.
var freeKeys = map[string]bool{"annotations": true, "Labels": true, "ExposedPorts": true, "Volumes": true}

// checkKeys reads the next value and checks the keys of the objects in it. The
// value stands in an object under key.
func checkKeys(d *json.Decoder, key string, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return errors.New("nested too deep")
	}
	seen := map[string]bool{}
	for err == nil && d.More() {
		name := ""
		if delim == '{' {
			name, err = checkKey(d, seen, freeKeys[key])
		}
		if err == nil {
			err = checkKeys(d, name, depth+1)
		}
	}
	if err != nil {
		return err
	}
	_, err = d.Token() // that which closes
	return err
}

// checkKey reads the next key of an object of which the keys that were seen are
// known.
func checkKey(d *json.Decoder, seen map[string]bool, free bool) (string, error) {
	token, err := d.Token()
	if err != nil {
		return "", err
	}
	name, _ := token.(string) // it is: the decoder makes sure
	folded := name
	if !free {
		folded = fold(name)
	}
	if seen[folded] {
		return "", fmt.Errorf("the key %.100q occurs twice", name)
	}
	seen[folded] = true
	return name, nil
}

// fold returns s as package encoding/json compares keys: without regard to case.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}
