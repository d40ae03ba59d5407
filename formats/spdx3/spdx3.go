// Package spdx3 writes and reads manifests as SPDX 3.0.1 in JSON-LD.
package spdx3

import (
	"fmt"
	"io"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// Encode writes m to w as an [Encoder] without options does.
func Encode(w io.Writer, m *sbom.Manifest) error { return Encoder{}.Encode(w, m) }

// An Encoder writes documents. The zero Encoder is ready to use.
type Encoder struct {
	Indent bool // write lines for people; default is the canonical serialization
}

// Encode writes m to w. It writes nothing if m is not valid, by
// [sbom.Manifest.Validate], or has a time after the year 9999. Equal manifests
// give equal bytes. Bytes that are not UTF-8 become U+FFFD.
func (e Encoder) Encode(w io.Writer, m *sbom.Manifest) error {
	ordered, err := facts.Prepare(m)
	if err != nil {
		return fmt.Errorf("spdx3: %w", err)
	}
	g, err := fromManifest(ordered)
	if err != nil {
		return fmt.Errorf("spdx3: %w", err)
	}
	if err := g.write(w, e.Indent); err != nil {
		return fmt.Errorf("spdx3: %w", err)
	}
	return nil
}

// Decode reads a document as a [Decoder] without options does.
func Decode(r io.Reader) (*sbom.Manifest, error) { return Decoder{}.Decode(r) }

// A Decoder reads documents. The zero Decoder is ready to use.
type Decoder struct {
	// Limit is how many bytes a document may have. Default 1 GiB.
	Limit int64
}

// Decode reads one document. It refuses what is no JSON object, breaks off, goes
// on after its end, is not SPDX 3, is longer than the limit, or is nested more
// than 100 deep. Everything else is read as far as it can be, with findings
// about the rest.
func (d Decoder) Decode(r io.Reader) (*sbom.Manifest, error) {
	data, err := io.ReadAll(facts.Limit(r, d.Limit))
	if err != nil {
		return nil, fmt.Errorf("spdx3: %w", err)
	}
	p, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("spdx3: %w", err)
	}
	m, err := toManifest(p)
	if err != nil {
		return nil, fmt.Errorf("spdx3: %w", err)
	}
	return m, nil
}
