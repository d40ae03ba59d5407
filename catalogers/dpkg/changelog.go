package dpkg

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"
)

// isChangelog reports whether a file of a documentation folder may be the
// changelog of the Debian package. In a package that has no other upstream it is
// the second.
func isChangelog(base string) bool {
	return base == "changelog.Debian.gz" || base == "changelog.gz"
}

// parseChangelog returns the date of the first entry of a changelog, compressed
// with gzip, in the format of deb-changelog(5):
//
//	bash (5.2.15-2) unstable; urgency=medium
//
//	  * Change of something.
//
//	 -- Jane Doe <jane@example.org>  Sun, 04 Dec 2022 12:22:34 +0100
//
// A file that does not begin so is the changelog of upstream, and gives the zero
// time.
func parseChangelog(r io.Reader) (time.Time, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return time.Time{}, err
	}
	records := recordReader{r: bufio.NewReader(io.LimitReader(z, maxRecord)), limit: maxPath}
	for first := true; ; first = false {
		line, _, err := records.nextLine()
		switch trailer, isTrailer := strings.CutPrefix(string(line), " -- "); {
		case err == io.EOF, first && !changelogHead.Match(line):
			return time.Time{}, nil
		case err != nil:
			return time.Time{}, err
		case isTrailer:
			return parseTrailer(trailer)
		}
	}
}

var changelogHead = regexp.MustCompile(`^[A-Za-z0-9][-+.A-Za-z0-9]* \([^() \t]+\) `)

func parseTrailer(s string) (time.Time, error) {
	_, date, ok := strings.Cut(s, ">  ")
	if !ok {
		return time.Time{}, errors.New("the changelog entry has no date")
	}
	t, err := time.Parse("Mon, _2 Jan 2006 15:04:05 -0700", strings.TrimSpace(date))
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC(), nil
}
