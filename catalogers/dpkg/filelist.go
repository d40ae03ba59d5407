package dpkg

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// parseList reads an info/*.list file: the absolute path of each file and folder
// of a package, one to a line. It returns the paths without the leading slash,
// and leaves out the root folder and, with an error, what is not a clean
// absolute path. A name with a newline in it cannot be told from two names, of
// which the second is then wrong.
func parseList(r io.Reader) ([]string, error) {
	var paths pathList
	err := lines(r, func(line []byte) error {
		p, absolute := bytes.CutPrefix(line, []byte("/"))
		switch {
		case absolute && (len(p) == 0 || string(p) == "."):
			return nil
		case !absolute || !clean(p):
			return fmt.Errorf("%.200q is not an absolute path", line)
		}
		paths.add(p)
		return nil
	})
	return paths.strings(), err
}

// parseSums reads an info/*.md5sums file, in the format of md5sum(1), and returns
// the paths in it without a leading slash:
//
//	d41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x/copyright
//
// A line that begins with a backslash has backslashes and newlines of the name
// escaped. Folders, links and configuration files are not listed.
func parseSums(r io.Reader) ([]string, error) {
	var paths pathList
	err := lines(r, func(line []byte) error {
		p, err := parseSum(line)
		if err == nil {
			paths.add(p)
		}
		return err
	})
	return paths.strings(), err
}

// parseSum returns the path in a line of sums.
func parseSum(line []byte) ([]byte, error) {
	unescaped, escaped := bytes.CutPrefix(line, []byte(`\`))
	digest, name, ok := bytes.Cut(unescaped, []byte(" "))
	var sum [md5.Size]byte
	if !ok || len(digest) != hex.EncodedLen(len(sum)) {
		return nil, fmt.Errorf("%.200q is not an MD5 sum and a name", line)
	}
	if _, err := hex.Decode(sum[:], digest); err != nil {
		return nil, fmt.Errorf("%.200q is not an MD5 sum and a name", line)
	}
	if escaped {
		name = []byte(strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(string(name)))
	}
	name = bytes.TrimPrefix(bytes.TrimLeft(name, " *"), []byte("./"))
	name = bytes.TrimPrefix(name, []byte("/"))
	if !clean(name) {
		return nil, fmt.Errorf("%.200q is not a clean path", name)
	}
	return name, nil
}

// clean reports whether p is a path of names only.
func clean(p []byte) bool {
	for name := range bytes.SplitSeq(p, []byte("/")) {
		if len(name) == 0 || string(name) == "." || string(name) == ".." {
			return false
		}
	}
	return true
}

// A pathList collects the paths of one list in one piece of memory: a system has
// hundreds of thousands.
type pathList struct {
	text []byte
	ends []int
}

func (l *pathList) add(p []byte) {
	l.text = append(l.text, p...)
	l.ends = append(l.ends, len(l.text))
}

func (l *pathList) strings() []string {
	text, start := string(l.text), 0
	paths := make([]string, len(l.ends))
	for i, end := range l.ends {
		paths[i] = text[start:end]
		start = end
	}
	return paths
}

// maxPath is the longest line of a list; the longest path of a file is 4096.
const maxPath = 64 << 10

// lines calls do for each line of r that is not empty. The line is valid until do
// returns. The error tells of the first line that do has refused, and of how many
// there were.
func lines(r io.Reader, do func(line []byte) error) error {
	records := recordReader{r: bufio.NewReaderSize(r, 4<<10), limit: maxPath}
	var bad complaints
	for {
		line, long, err := records.nextLine()
		switch {
		case err == io.EOF:
			return bad.err()
		case err != nil:
			return errors.Join(bad.err(), err)
		case long:
			bad.addf("line %d: more than %d bytes", records.lines, maxPath)
		case len(line) > 0:
			if err := do(line); err != nil {
				bad.addf("line %d: %w", records.lines, err)
			}
		}
	}
}

// infoNameOf returns the name of a package, as infoName gives it, of which base is
// a file in the info folder, such as "libc6:amd64.md5sums". It is "" if base is
// no such name.
func infoNameOf(base string) string {
	infoName := strings.TrimSuffix(base, path.Ext(base))
	name, arch, qualified := strings.Cut(infoName, ":")
	if !validName(name) || qualified && !validName(arch) {
		return ""
	}
	return infoName
}

// statusDirName returns the package that a file in the status.d folder is about.
// Its name is that of the package, or the base64 encoding of it, as some image
// builders write names that have a plus sign.
func statusDirName(base string) string {
	if !strings.ContainsFunc(base, isUpperOrPad) && validName(base) {
		return base
	}
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(base, "="))
	if err == nil && validName(string(decoded)) {
		return string(decoded)
	}
	return base
}

func isUpperOrPad(r rune) bool { return r == '=' || 'A' <= r && r <= 'Z' }
