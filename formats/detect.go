package formats

import (
	"bytes"
	"encoding/xml"
	"strings"
)

var mark = []byte("\xef\xbb\xbf") // that some systems begin files in UTF-8 with

// Detect returns the format of a document that begins with prefix, in the version
// that the document has, if that is known. A few hundred bytes are enough for
// documents that say what they are before anything else; give more if there may
// be others.
func Detect(prefix []byte) (Format, bool) {
	text := bytes.TrimLeft(bytes.TrimPrefix(prefix, mark), " \t\r\n")
	var name, version string
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		name, version = detectJSON(text)
	case bytes.HasPrefix(text, []byte("<")):
		name, version = detectXML(text)
	default:
		name, version = detectLines(text)
	}
	f, ok := ByName(name)
	if in, known := f.in(version); ok && known {
		return in, true
	}
	return f, ok
}

// detectJSON looks for the keys that only one format has at its top. The first
// that stands there tells.
func detectJSON(text []byte) (name, version string) {
	topKeys(text, func(key string, value []byte) bool {
		switch {
		case key == "specVersion":
			version = stringAt(value)
		case key == "spdxVersion":
			version = strings.TrimPrefix(stringAt(value), "SPDX-")
		}
		if name == "" {
			name = formatOfKey(key, value)
		}
		return name == "" || version == ""
	})
	return name, version
}

func formatOfKey(key string, value []byte) string {
	switch {
	case key == "bomFormat":
		return "cyclonedx-json"
	case key == "spdxVersion", key == "SPDXID":
		return "spdx-json"
	case key == "@context" && bytes.Contains(value[:min(len(value), 512)], []byte("spdx.org/rdf/3")):
		return "spdx3-json"
	}
	return ""
}

// topKeys calls visit for each key of the object that b begins with, and with
// what follows its colon, until visit returns false. It reads no further than
// the object is in order.
func topKeys(b []byte, visit func(key string, value []byte) bool) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return
			}
		case '"':
			end := stringEnd(b, i)
			rest, ok := bytes.CutPrefix(bytes.TrimLeft(b[min(end+1, len(b)):], " \t\r\n"), []byte(":"))
			if depth == 1 && ok && !visit(string(b[i+1:end]), bytes.TrimLeft(rest, " \t\r\n")) {
				return
			}
			i = end
		}
	}
}

// stringAt returns the string that b begins with, if it has no escapes.
func stringAt(b []byte) string {
	if len(b) == 0 || b[0] != '"' {
		return ""
	}
	return string(b[1:stringEnd(b, 0)])
}

// stringEnd returns where the closing quote of the string at i is, or the end of b.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return min(i, len(b))
}

// detectXML looks at the first element. The namespace of CycloneDX ends in the
// version: http://cyclonedx.org/schema/bom/1.6
func detectXML(text []byte) (name, version string) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	for {
		token, err := d.Token()
		if err != nil {
			return "", ""
		}
		if e, ok := token.(xml.StartElement); ok {
			version, ok := strings.CutPrefix(e.Name.Space, "http://cyclonedx.org/schema/bom/")
			if !ok || e.Name.Local != "bom" {
				return "", ""
			}
			return "cyclonedx-xml", version
		}
	}
}

// lineFormats are the keys that one format alone has at the beginning of a line.
// The version follows where the key is that of the version.
var lineFormats = []struct{ key, format string }{
	{"SPDXVersion:", "spdx-tag-value"},
	{"DocumentNamespace:", "spdx-tag-value"},
	{"spdxVersion:", "spdx-yaml"},
	{`"spdxVersion":`, "spdx-yaml"},
	{"documentNamespace:", "spdx-yaml"},
	{`"documentNamespace":`, "spdx-yaml"},
}

func detectLines(text []byte) (name, version string) {
	for line := range strings.Lines(string(text)) {
		for _, l := range lineFormats {
			value, ok := strings.CutPrefix(line, l.key)
			if ok && strings.HasSuffix(line, "\n") {
				_, version, _ = strings.Cut(strings.Trim(value, " \t\r\n\"'"), "SPDX-")
				return l.format, version
			}
		}
	}
	return "", ""
}
