package artifact

import (
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// cleanPath makes the path of an entry of the name that a container gives it:
// relative, without "." and "..", each element cleaned. It reports whether the
// name led outside or is not in clean form.
func cleanPath(name string) (path string, unclean bool) {
	if name == "." || name == "./" {
		return ".", false
	}
	unclean = name == "" || name[0] == '/'
	var clean []string
	for element := range strings.SplitSeq(name, "/") {
		switch element {
		case "", ".":
		case "..":
			unclean = true
			clean = clean[:max(0, len(clean)-1)]
		default:
			clean = append(clean, sbom.EntryPath(element))
		}
	}
	if len(clean) == 0 {
		return ".", true
	}
	return strings.Join(clean, "/"), unclean
}
