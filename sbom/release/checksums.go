package release

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// A Checksum is one line of a list of checksums: the digest that a file should
// have.
type Checksum struct {
	Line   int    // from 1
	Path   string // slash-separated, relative to the folder of the list
	Digest sbom.Digest
}

// maxChecksums is the size of the longest list of checksums that is read.
const maxChecksums = 16 << 20

// ParseChecksums reads a list of checksums as sha256sum and its relatives write
// it, or, with --tag, as BSD does:
//
//	e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  app.tar.gz
//	SHA256 (app.tar.gz) = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
//
// See https://www.gnu.org/software/coreutils/manual/html_node/md5sum-invocation.html.
// Which function it is follows from the length of the digest. The lines that can
// be read are returned also if others cannot; the error names those.
func ParseChecksums(r io.Reader) ([]Checksum, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxChecksums+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxChecksums {
		return nil, fmt.Errorf("longer than %d bytes", maxChecksums)
	}
	var sums []Checksum
	var errs []error
	n := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		n++
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sum, err := parseChecksum(line)
		if err != nil {
			if len(errs) < maxErrors {
				errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			}
			continue
		}
		sum.Line = n
		sums = append(sums, sum)
	}
	return sums, errors.Join(errs...)
}

// parseChecksum reads one line. A backslash before it says that the name is
// escaped.
func parseChecksum(line string) (Checksum, error) {
	line, escaped := strings.CutPrefix(line, `\`)
	digest, name, ok := strings.Cut(line, " ")
	if ok && isHexadecimal(digest) {
		name = strings.TrimPrefix(strings.TrimPrefix(name, " "), "*")
	} else if name, digest, ok = tagged(line); !ok {
		return Checksum{}, errors.New("not a digest and a name")
	}
	if escaped {
		name = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(name)
	}
	algorithm, ok := algorithms[len(digest)]
	if !ok {
		return Checksum{}, fmt.Errorf("a digest of %d digits", len(digest))
	}
	clean := path.Clean(name)
	if name == "" || path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") {
		return Checksum{}, fmt.Errorf("the name %q does not stay in the folder of the list", name)
	}
	return Checksum{Path: clean, Digest: sbom.Digest{Algorithm: algorithm, Value: strings.ToLower(digest)}}, nil
}

// tagged reads "SHA256 (NAME) = DIGEST".
func tagged(line string) (name, digest string, ok bool) {
	_, rest, ok := strings.Cut(line, " (")
	at := strings.LastIndex(rest, ") = ")
	if !ok || at < 0 || !isHexadecimal(rest[at+4:]) {
		return "", "", false
	}
	return rest[:at], rest[at+4:], true
}

func isHexadecimal(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && s != ""
}

// algorithms are the hash functions that lists of checksums are made with, by the
// number of hexadecimal digits.
var algorithms = map[int]string{32: "MD5", 40: "SHA-1", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}
