package formats_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/formats/loss"
)

func TestDetect(t *testing.T) {
	tests := map[string]string{
		`{"bomFormat":"CycloneDX"`: "cyclonedx-json", "\xef\xbb\xbf{ \"$schema\": \"x\",\n\"bomFormat\" : \"": "cyclonedx-json",
		`{"spdxVersion":"SPDX-2.3"`: "spdx-json", `{"name":"bomFormat","spdxVersion":"SPDX-2.3"}`: "spdx-json",
		`{"SPDXID":"SPDXRef-DOCUMENT","annotations":[`: "spdx-json",
		`{"a":{"bomFormat":1},"spdxVersion":""`:        "spdx-json", `{"a\"bomFormat":1,`: "", `"bomFormat":`: "", "": "", "{": "", `{"bomFormat`: "", `{"bomFormat"`: "",
		"<bom bomFormat": "", "x{\"bomFormat\":": "", `{"a\`: "", `{}{"bomFormat":1`: "", `{"@context":"https://example.org"`: "",
		"<bom xmlns=\"https://example.org/\">": "", "<!-- x --><x:boom xmlns:x=\"http://cyclonedx.org/schema/bom/1.4\">": "",
		"SPDXVersion": "", "# SPDXVersion: x\n": "", "\x00\xff\x7fELF": "", "spdxVersion": "",
	}
	for prefix, want := range tests {
		if f, ok := formats.Detect([]byte(prefix)); f.Name != want || ok != (want != "") {
			t.Errorf("Detect(%q) = %q, want %q", prefix, f.Name, want)
		}
	}
}

// TestDetectWritten shows each document to Detect, whole and its beginning.
func TestDetectWritten(t *testing.T) {
	for _, f := range documents() {
		data := encode(t, f, formattest.Release())
		for _, prefix := range [][]byte{data, data[:512], append([]byte("\xef\xbb\xbf\n"), data...)} {
			if got, _ := formats.Detect(prefix); nameOf(got) != nameOf(f) {
				t.Errorf("Detect takes %s for %q", nameOf(f), nameOf(got))
			}
		}
	}
}

// TestDecode reads documents as they come: with a mark, in UTF-16, with their
// keys in another order, and wrapped in others.
func TestDecode(t *testing.T) {
	m := formattest.Full()
	for _, f := range documents() {
		data := encode(t, f, m)
		wrappings := map[string][]byte{"bare": data, "marked": append([]byte("\xef\xbb\xbf"), data...)}
		if bytes.HasPrefix(data, []byte("{")) {
			statement := wrap("_type", `"https://in-toto.io/Statement/v0.1"`, "predicate", string(data))
			envelope := wrap("payloadType", `"application/vnd.in-toto+json"`, "payload", `"`+base64.StdEncoding.EncodeToString(statement)+`"`)
			wrappings["GitHub"] = wrap("sbom", string(data))
			wrappings["docker"] = wrap("SPDX", string(data))
			wrappings["statement"] = statement
			wrappings["envelope"] = envelope
			wrappings["bundle"] = wrap("mediaType", `"application/vnd.dev.sigstore.bundle.v0.3+json"`, "dsseEnvelope", string(envelope))
			wrappings["UTF-16LE"] = utf16Of(data, binary.LittleEndian)
			wrappings["UTF-16BE"] = utf16Of(data, binary.BigEndian)
			wrappings["late"] = late(data)
		}
		for name, wrapped := range wrappings {
			got, format, err := formats.Decode(bytes.NewReader(wrapped))
			if err != nil {
				t.Errorf("%s, %s: %v", nameOf(f), name, err)
				continue
			}
			if nameOf(format) != nameOf(f) {
				t.Errorf("%s, %s: it is taken for %s", nameOf(f), name, nameOf(format))
			}
			if r := loss.Compare(m, got); r.Losses != nil {
				t.Errorf("%s, %s: %.1000v", nameOf(f), name, r.Losses)
			}
		}
	}
}

// wrap returns an object of keys and values in JSON.
func wrap(pairs ...string) []byte {
	var fields []string
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, `"`+pairs[i]+`": `+pairs[i+1])
	}
	return []byte("{" + strings.Join(fields, ", ") + "}")
}

func utf16Of(data []byte, order binary.AppendByteOrder) []byte {
	out := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(string(data))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// late puts so much before the keys of an object that its beginning tells nothing.
func late(data []byte) []byte {
	return append([]byte("{"+strings.Repeat(" ", 70_000)), bytes.TrimPrefix(data, []byte("{"))...)
}

func TestDecodeUnknown(t *testing.T) {
	nested := json.RawMessage(`{"bomFormat":"CycloneDX"}`)
	for range 10 {
		nested = wrap("predicate", string(nested))
	}
	for _, in := range []string{"", "{}", "[]", "{", "text", "<html>", `{"payload":"***"}`, `{"payload":3}`, `{"sbom":null}`, `{"sbom":[]}`, "\xff\xfe", "\xff\xfe{", string(nested)} {
		if m, _, err := formats.Decode(strings.NewReader(in)); !errors.Is(err, formats.ErrUnknown) {
			t.Errorf("Decode(%.40q) = %v, %v", in, m, err)
		}
	}
	if _, f, err := formats.Decode(strings.NewReader(`{"sbom":{"bomFormat":"CycloneDX","specVersion":"9.9"}}`)); err == nil || errors.Is(err, formats.ErrUnknown) || f.Name != "cyclonedx-json" {
		t.Errorf("a damaged document: format %q, error %v", f.Name, err)
	}
}

// FuzzDecode states that what decodes can be written again in the same format,
// and then says the same.
func FuzzDecode(f *testing.F) {
	for _, format := range documents() {
		f.Add(encode(f, format, formattest.Release()))
	}
	f.Add(wrap("payload", `"`+base64.StdEncoding.EncodeToString(encode(f, documents()[0], formattest.Minimal()))+`"`))
	f.Add(utf16Of(encode(f, documents()[0], formattest.Minimal()), binary.LittleEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, format, err := formats.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		if r := loss.Compare(m, decode(t, format, encode(t, format, m))); r.Losses != nil {
			t.Errorf("%s: %.1000v", nameOf(format), r.Losses)
		}
	})
}
