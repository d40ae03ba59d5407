package dpkg

import (
	"bufio"
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
	var paths []string
	err := lines(r, func(line string) error {
		switch {
		case line == "/." || line == "/":
			return nil
		case !strings.HasPrefix(line, "/") || path.Clean(line) != line:
			return fmt.Errorf("%.200q is not an absolute path", line)
		}
		paths = append(paths, line[1:])
		return nil
	})
	return paths, err
}

// parseSums reads an info/*.md5sums file, in the format of md5sum(1), and returns
// the paths in it without a leading slash:
//
//	d41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x/copyright
//
// A line that begins with a backslash has backslashes and newlines of the name
// escaped. Folders, links and configuration files are not listed.
func parseSums(r io.Reader) ([]string, error) {
	var paths []string
	err := lines(r, func(line string) error {
		digest, name, ok := strings.Cut(strings.TrimPrefix(line, `\`), " ")
		if line[0] == '\\' {
			name = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(name)
		}
		if sum, err := hex.DecodeString(digest); !ok || err != nil || len(sum) != md5.Size {
			return fmt.Errorf("%.200q is not an MD5 sum and a name", line)
		}
		name = strings.TrimPrefix(strings.TrimLeft(name, " *"), "./")
		name = strings.TrimPrefix(name, "/")
		if name == "" || path.Clean("/"+name) != "/"+name {
			return fmt.Errorf("%.200q is not a clean path", name)
		}
		paths = append(paths, name)
		return nil
	})
	return paths, err
}

// maxPath is the longest line of a list; the longest path of a file is 4096.
const maxPath = 64 << 10

// lines calls do for each line of r that is not empty. The error tells of the
// first line that do has refused, and of how many there were.
func lines(r io.Reader, do func(line string) error) error {
	records := recordReader{r: bufio.NewReaderSize(r, 8<<10), limit: maxPath}
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
		case line != "":
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
