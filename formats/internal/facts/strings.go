package facts

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/manifestgen/manifestgen/sbom"
)

// IsReference reports whether s can stand where a format wants a URL.
func IsReference(s string) bool {
	bad := func(r rune) bool {
		return r == unicode.ReplacementChar || strings.ContainsRune("<>\"{}|\\^`", r) || !unicode.IsGraphic(r) || unicode.IsSpace(r)
	}
	if s == "" || strings.ContainsFunc(s, bad) {
		return false
	}
	_, err := url.Parse(s)
	return err == nil
}

// IsLocator reports whether s can stand where a format wants a word: it has no
// spaces and no control characters.
func IsLocator(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
}

var email = regexp.MustCompile(`^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)

// IsEmail reports whether s can stand where a format wants an address.
func IsEmail(s string) bool {
	return len(s) < 200 && strings.Index(s, "@") <= 64 && email.MatchString(s)
}

// hexLengths are the lengths of hexadecimal digests, by algorithm.
var hexLengths = map[string]int{
	"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128,
	"SHA3-256": 64, "SHA3-384": 96, "SHA3-512": 128,
	"BLAKE2b-256": 64, "BLAKE2b-384": 96, "BLAKE2b-512": 128, "BLAKE3": 64,
}

// ValidDigests returns the digests that a format can hold. Those of components
// are valid in every valid manifest; those of links and inputs are not checked
// there.
func ValidDigests(digests []sbom.Digest) []sbom.Digest {
	return slices.DeleteFunc(slices.Clone(digests), func(d sbom.Digest) bool {
		return len(d.Value) != hexLengths[d.Algorithm] || strings.Trim(d.Value, "0123456789abcdef") != "" || d.Value == ""
	})
}

// IDString returns s with everything replaced that may not stand in the id of
// an SPDX element or licence: only ASCII letters, digits, "." and "-" may.
func IDString(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, s)
}
