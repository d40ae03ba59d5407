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
	var open []string // the elements around
	var others []string
	for roots := 0; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && roots == 1 {
			break
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.Directive:
			return fmt.Errorf("byte %d: a document type is not read", dec.InputOffset())
		case xml.StartElement:
			if len(open) == 0 {
				roots++
				err = r.begin(t.Name)
			}
			if roots > 1 || len(open) == maxDepth {
				err = errors.New("there is more than one document, or elements are nested too deep")
			}
			if r.isOther(t.Name, open) {
				others = append(others, t.Name.Local)
			}
			open = append(open, t.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 && len(bytes.Trim(t, " \t\r\n\ufeff")) > 0 {
				err = errors.New("there is text outside of the document")
			}
		}
		if err != nil {
			return fmt.Errorf("byte %d: %w", dec.InputOffset(), err)
		}
	}
	if len(others) > 0 {
		slices.Sort(others)
		r.note(nil, "field.dropped", "%d elements that are not read are left out: %.200s", len(others), strings.Join(slices.Compact(others), ", "))
	}
	return nil
}

// isOther reports whether the library passes over an element: one of another
// namespace, a signature, or more about an occurrence than its place.
func (r *reader) isOther(name xml.Name, open []string) bool {
	inOccurrence := len(open) > 0 && open[len(open)-1] == "occurrence"
	return name.Space != r.namespace() || inOccurrence && name.Local != "location"
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
