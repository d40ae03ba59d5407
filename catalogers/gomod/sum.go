package gomod

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/module"
)

// A sum is one line of a go.sum file: the hash of the files of a module, or of
// its go.mod file alone. It is a hash of names and hashes, made as
// golang.org/x/mod/sumdb/dirhash says, and so never the digest of a file.
type sum struct {
	mod   module.Version
	goMod bool   // of the go.mod file alone
	hash  string // "h1:" and base64
}

// parseSum reads a go.sum file, https://go.dev/ref/mod#go-sum-files, with an
// error for each line that is none:
//
//	example.com/a v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
//	example.com/a v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
func parseSum(data []byte) ([]sum, []error) {
	var (
		sums []sum
		errs []error
		n    int
	)
	for line := range bytes.Lines(data) {
		n++
		fields := splitLine(string(line), 4)
		if len(fields) == 0 {
			continue
		}
		s, at, err := newSum(fields)
		if err != nil {
			errs = append(errs, &positionError{n, at.column, err})
			continue
		}
		sums = append(sums, s)
	}
	return sums, errs
}

// newSum makes a sum of the fields of a line. With an error comes the field
// that is at fault.
func newSum(fields []field) (s sum, at field, err error) {
	if len(fields) != 3 {
		return sum{}, fields[len(fields)-1], errors.New("want a module path, a version and a hash")
	}
	version, goMod := strings.CutSuffix(fields[1].text, "/go.mod")
	mod := module.Version{Path: fields[0].text, Version: version}
	if err := module.CheckPath(mod.Path); err != nil {
		return sum{}, fields[0], err
	}
	if module.CanonicalVersion(version) != version {
		return sum{}, fields[1], fmt.Errorf("version %q is not canonical", version)
	}
	if kind, hash, _ := strings.Cut(fields[2].text, ":"); kind == "" || hash == "" {
		return sum{}, fields[2], fmt.Errorf("hash %q is not of the form h1:base64", fields[2].text)
	}
	return sum{mod, goMod, fields[2].text}, field{}, nil
}

// A field is a word of a line and the column at which it begins.
type field struct {
	text   string
	column int
}

// splitLine returns the first fields of a line, at most limit.
func splitLine(line string, limit int) []field {
	var fields []field
	column := 1
	for len(fields) < limit {
		word := strings.TrimLeft(line, blanks)
		if word == "" {
			break
		}
		column += len(line) - len(word)
		end := strings.IndexAny(word, blanks)
		if end < 0 {
			end = len(word)
		}
		fields = append(fields, field{word[:end], column})
		column += utf8.RuneCountInString(word[:end])
		line = word[end:]
	}
	return fields
}

const blanks = " \t\r\n"
