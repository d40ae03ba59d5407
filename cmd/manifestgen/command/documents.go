package command

import (
	"bufio"
	"errors"
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
	const enough = 64 << 10
	buffered := bufio.NewReaderSize(r, enough)
	head, err := buffered.Peek(enough)
	if err != nil && err != io.EOF {
		return nil, err
	}
	f, ok := formats.Detect(head)
	if !ok {
		return nil, errors.New("not a document in a format that is known")
	}
	return f.Decode(buffered)
}
