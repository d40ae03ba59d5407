package command

import (
	"io"

	"github.com/manifestgen/manifestgen/catalogers/python"
	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

// readDocuments gives the catalogers that meet SBOM documents a decoder, and says
// whether those that know the digests of files shall compare them all.
func readDocuments(all []sbom.Cataloger, verify bool) []sbom.Cataloger {
	var configured []sbom.Cataloger
	for _, c := range all {
		if p, ok := c.(python.Cataloger); ok {
			p.Decode, p.Verify = decode, p.Verify || verify
			c = p
		}
		configured = append(configured, c)
	}
	return configured
}

// decode reads a document in whatever format its content shows.
func decode(r io.Reader) (*sbom.Manifest, error) {
	m, _, err := formats.Decode(r)
	return m, err
}
