package facts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/manifestgen/manifestgen/sbom"
)

// Marks begin the texts that formats carry where only free text is allowed.
const (
	RecordMark     = "manifestgen/1 "
	FindingMark    = "manifestgen/finding "
	PropertiesMark = "manifestgen/properties "
	DocumentMark   = "manifestgen/document "
)

// A record is the principal, whole, next to a digest of what the document it
// stands in says of the principal elsewhere.
type record struct {
	SHA256    string          `json:"sha256"`
	Principal *sbom.Principal `json:"principal"`
}

// SealRecord returns the record of p. Native is the principal as a reader
// decodes it from the document without the record: if somebody edits the
// document later, that changes, and the record is no longer believed.
//
// The record is one line of ASCII, so no spelling of any format can break it.
//
// The error is that of a time that JSON cannot hold.
func SealRecord(p, native *sbom.Principal) (string, error) {
	b, err := json.Marshal(record{digest(native), p})
	return RecordMark + string(escape(b)), err
}

// OpenRecord returns the principal of a record if it belongs to the document
// whose other fields say native. Otherwise the error says why not. A record may
// add to what the fields say, and contradict nothing: else people and machines
// would read different things in one document.
func OpenRecord(text string, native *sbom.Principal) (*sbom.Principal, error) {
	body, ok := strings.CutPrefix(text, RecordMark)
	if !ok {
		return nil, errors.New("the record of the principal is of another version")
	}
	var r record
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return nil, fmt.Errorf("the record of the principal cannot be read: %w", err)
	}
	if r.Principal == nil || r.SHA256 != digest(native) {
		return nil, errors.New("the record of the principal does not fit the document, which was edited after it was made")
	}
	if len(MissingFromPrincipal(r.Principal, native)) > 0 {
		return nil, errors.New("the record of the principal contradicts the document")
	}
	return r.Principal, nil
}

// Settle returns the principal of a document: that of the record, if there is
// one that fits, else native. Where a record does not fit, a finding says so.
func Settle(records []string, native *sbom.Principal) (*sbom.Principal, []sbom.Finding) {
	if len(records) == 0 {
		return native, nil
	}
	p, err := OpenRecord(records[0], native)
	if err == nil && len(records) > 1 {
		err = fmt.Errorf("the document has %d records of the principal", len(records))
	}
	if err != nil {
		return native, []sbom.Finding{{Kind: sbom.Note, Code: "payload.mismatch", Subject: native.Ref,
			Detail: err.Error() + "; it is left aside"}}
	}
	return p, nil
}

func digest(p *sbom.Principal) string {
	sum := sha256.Sum256(Canonical(p))
	return hex.EncodeToString(sum[:])
}

// FindingText returns f as one line that begins with [FindingMark].
func FindingText(f sbom.Finding) string { return FindingMark + string(Canonical(f)) }

// ParseFinding reads what [FindingText] writes. It reports false if text is
// something else.
func ParseFinding(text string) (sbom.Finding, bool) {
	var f sbom.Finding
	body, ok := strings.CutPrefix(text, FindingMark)
	ok = ok && json.Unmarshal([]byte(body), &f) == nil
	return f, ok
}

// Canonical returns v as JSON in one line of ASCII: fields in the order of their
// struct, and every character escaped that HTML, XML or a terminal might take
// for its own. It panics if v has a type that JSON cannot hold.
func Canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return escape(b)
}

// escape escapes what is not printable ASCII. In JSON that stands in strings
// only.
func escape(b []byte) []byte {
	if !bytes.ContainsFunc(b, needsEscape) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/4)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case !needsEscape(r):
			out = append(out, b[:size]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		b = b[size:]
	}
	return out
}

func needsEscape(r rune) bool { return r > 0x7e }
