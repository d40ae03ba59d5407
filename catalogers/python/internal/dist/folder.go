package dist

import (
	"path"
	"regexp"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
)

// eggTail matches what may follow the version in the name of an egg: the
// version of Python and the platform.
var eggTail = regexp.MustCompile(`-py[0-9]+(?:\.[0-9]+)*(?:-.+)?$`)

// SplitFolder returns the name and version that the name of a folder or file
// states: NAME-VERSION.dist-info, NAME[-VERSION[-pyX.Y[-PLATFORM]]].egg-info
// or .egg. What it does not state is empty.
func SplitFolder(base string) (name, ver string) {
	stem := strings.TrimSuffix(base, path.Ext(base))
	if path.Ext(base) != ".dist-info" {
		stem = eggTail.ReplaceAllString(stem, "")
	}
	return SplitStem(stem)
}

// SplitStem returns the name and version of NAME-VERSION, as in the name of a
// source distribution without its suffix. The version begins after the last
// hyphen, or after the one before, if that makes it valid: 1.0-1.
func SplitStem(stem string) (name, ver string) {
	dash := strings.LastIndexByte(stem, '-')
	if dash < 0 {
		if !require.ValidName(stem) {
			return "", ""
		}
		return stem, ""
	}
	name, ver = stem[:dash], stem[dash+1:]
	if earlier := strings.LastIndexByte(name, '-'); earlier > 0 {
		if _, err := version.Parse(stem[earlier+1:]); err == nil {
			name, ver = stem[:earlier], stem[earlier+1:]
		}
	}
	if !require.ValidName(name) {
		return "", ""
	}
	return name, strings.ReplaceAll(ver, "_", "-")
}
