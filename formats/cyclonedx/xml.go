package cyclonedx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/manifestgen/manifestgen/sbom"
)

const namespaces = "http://cyclonedx.org/schema/bom/"

// maxDepth is how deep the elements of a document may be nested.
const maxDepth = 1000

// writeXML writes bom with the components that come.
func writeXML(w io.Writer, bom *cdx.BOM, components func(func(*cdx.Component) bool), indent bool) error {
	var list []cdx.Component
	components(func(c *cdx.Component) bool {
		list = append(list, *c)
		return true
	})
	bom.Components = orNil(list)
	var buf bytes.Buffer // so that nothing is written if something is wrong
	if err := cdx.NewBOMEncoder(&buf, cdx.BOMFileFormatXML).SetPretty(indent).Encode(bom); err != nil {
		return err
	}
	buf.WriteByte('\n')
	_, err := buf.WriteTo(w)
	return err
}

// isXML reports whether data is XML: it begins with "<".
func isXML(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("<"))
}

// readXML reads the document in data.
func (r *reader) readXML(data []byte) (*sbom.Manifest, error) {
	r.xml = true
	if err := r.inspect(data); err != nil {
		return nil, err
	}
	bom := &cdx.BOM{}
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatXML).Decode(bom); err != nil {
		return nil, err
	}
	for i := range deref(bom.Components) {
		r.addTop(&(*bom.Components)[i], nil)
	}
	return r.finish(bom, nil)
}

// inspect goes through the document once before the library does: it finds the
// version, refuses what no document has (a document type, which is where
// entities come from, and more than one root) and counts the elements of other
// namespaces, which the library passes over.
func (r *reader) inspect(data []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(data))
	depth, roots := 0, 0
	var others []string
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.Directive:
			return fmt.Errorf("byte %d: a document type is not read", dec.InputOffset())
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fmt.Errorf("byte %d: elements are nested deeper than %d", dec.InputOffset(), maxDepth)
			}
			if depth == 1 {
				if roots++; roots > 1 {
					return fmt.Errorf("byte %d: there is more after the document", dec.InputOffset())
				}
				if err := r.begin(t.Name); err != nil {
					return err
				}
			}
			if t.Name.Space != r.namespace() {
				others = append(others, t.Name.Local)
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.Trim(t, " \t\r\n\ufeff")) > 0 {
				return fmt.Errorf("byte %d: there is text outside of the document", dec.InputOffset())
			}
		}
	}
	if roots == 0 || depth != 0 {
		return io.ErrUnexpectedEOF
	}
	if len(others) > 0 {
		slices.Sort(others)
		r.note(nil, "field.dropped", "%d elements that are not CycloneDX are left out: %.200s", len(others), strings.Join(slices.Compact(others), ", "))
	}
	return nil
}

// begin reads the version from the namespace of the root.
func (r *reader) begin(root xml.Name) error {
	name, ok := strings.CutPrefix(root.Space, namespaces)
	if !ok || root.Local != "bom" {
		return fmt.Errorf("the document is %.50q of %.100q, not bom of CycloneDX", root.Local, root.Space)
	}
	var err error
	r.version, err = versionOf(name)
	return err
}
