package command

import (
	"io"

	"github.com/manifestgen/manifestgen/catalogers/python"
	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

// readDocuments gives the catalogers that meet SBOM documents a decoder.
func readDocuments(all []sbom.Cataloger) []sbom.Cataloger {
	var configured []sbom.Cataloger
	for _, c := range all {
		if _, ok := c.(python.Cataloger); ok {
			c = python.Cataloger{Decode: decode}
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
