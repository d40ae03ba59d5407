package formats

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf16"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

// ErrUnknown means that something is no document in a format that can be read.
var ErrUnknown = errors.New("not a document in a format that is known")

// sniffed is how much of a document is looked at before it is read.
const sniffed = 64 << 10

// Decode reads a document in whatever format its content shows, and returns that
// too. It also reads what documents come wrapped in: the answer of GitHub's
// dependency graph, what docker prints of an image, and in-toto statements, bare,
// in an envelope or in a bundle of sigstore. Nobody's signature is verified.
func Decode(r io.Reader) (*sbom.Manifest, Format, error) {
	buffered := bufio.NewReaderSize(r, sniffed)
	head, err := buffered.Peek(sniffed)
	if err != nil && err != io.EOF {
		return nil, Format{}, err
	}
	if f, ok := Detect(head); ok {
		if bytes.HasPrefix(head, mark) {
			buffered.Discard(len(mark)) // they are in the buffer
		}
		m, err := f.Decode(buffered)
		return m, f, err
	}
	if !mayHide(head) {
		return nil, Format{}, ErrUnknown
	}
	data, err := io.ReadAll(facts.Limit(buffered, 0))
	if err != nil {
		return nil, Format{}, err
	}
	return decodeWrapped(fromUTF16(data), maxWrappings)
}

// mayHide reports whether something that begins so may turn out to be a document
// when it is read whole.
func mayHide(head []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, mark), " \t\r\n")
	return bytes.HasPrefix(text, []byte("{")) || byteOrder(head) != nil
}

// byteOrder returns the byte order of a text in UTF-16, as the shell of Windows
// writes it into files, or nil.
func byteOrder(text []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		return binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		return binary.BigEndian
	}
	return nil
}

func fromUTF16(text []byte) []byte {
	order := byteOrder(text)
	if order == nil {
		return bytes.TrimPrefix(text, mark)
	}
	units := make([]uint16, 0, len(text)/2)
	for text = text[2:]; len(text) >= 2; text = text[2:] {
		units = append(units, order.Uint16(text))
	}
	return []byte(string(utf16.Decode(units)))
}

// maxWrappings is how deep a document may be wrapped: the deepest is a document
// in a statement in an envelope in a bundle.
const maxWrappings = 4

// A wrapping is an object with a document in one of its fields.
type wrapping struct {
	SBOM      json.RawMessage `json:"sbom"`         // https://docs.github.com/rest/dependency-graph/sboms
	SPDX      json.RawMessage `json:"SPDX"`         // docker buildx imagetools inspect --format '{{json .SBOM}}'
	Predicate json.RawMessage `json:"predicate"`    // https://github.com/in-toto/attestation
	Envelope  json.RawMessage `json:"dsseEnvelope"` // https://docs.sigstore.dev/about/bundle/
	Payload   string          `json:"payload"`      // https://github.com/secure-systems-lab/dsse, in base64
}

// decodeWrapped decodes a document of which all is there. It calls itself at most
// depth times.
func decodeWrapped(data []byte, depth int) (*sbom.Manifest, Format, error) {
	if f, ok := Detect(data); ok {
		m, err := f.Decode(bytes.NewReader(data))
		return m, f, err
	}
	var w wrapping
	if depth == 0 || json.Unmarshal(data, &w) != nil {
		return nil, Format{}, ErrUnknown
	}
	for _, inside := range [][]byte{w.SBOM, w.SPDX, w.Predicate, w.Envelope, fromBase64(w.Payload)} {
		if len(inside) > 0 {
			return decodeWrapped(inside, depth-1)
		}
	}
	return nil, Format{}, ErrUnknown
}

func fromBase64(s string) []byte {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		if data, err := encoding.DecodeString(s); err == nil {
			return data
		}
	}
	return nil
}
