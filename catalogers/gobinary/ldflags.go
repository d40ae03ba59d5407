package gobinary

import (
	"regexp"
	"strings"
)

// A linkerVersion is a version that the build has set in a variable.
type linkerVersion struct {
	variable, value string
}

// versionNames are the variables that are taken for the program's version, in
// lower case.
var versionNames = map[string]bool{
	"version": true, "appversion": true, "buildversion": true, "gitversion": true,
	"releaseversion": true, "semver": true, "gittag": true,
}

// versionText is what a version looks like. Anything else that a variable of
// such a name is set to is not looked at twice.
var versionText = regexp.MustCompile(`^v?[0-9]{1,9}(\.[0-9]{1,9}){1,3}([-+][0-9A-Za-z.+-]{1,40})?$`)

// linkerVersions returns the versions that the flags set in variables of package
// main or of the main module. See "go doc cmd/link", flag -X.
func linkerVersions(flags, mainModule string) []linkerVersion {
	var found []linkerVersion
	words := splitFlags(flags)
	for i, word := range words {
		definition, ok := strings.CutPrefix(strings.TrimPrefix(word, "-"), "-X=")
		if !ok {
			definition, ok = strings.CutPrefix(word, "-X=")
		}
		if (word == "-X" || word == "--X") && i+1 < len(words) {
			definition, ok = words[i+1], true
		}
		variable, value, _ := strings.Cut(definition, "=")
		if ok && isVersionVariable(variable, mainModule) && versionText.MatchString(value) {
			found = append(found, linkerVersion{clean(variable), value})
		}
	}
	return found
}

func isVersionVariable(variable, mainModule string) bool {
	dot := strings.LastIndexByte(variable, '.')
	if dot < 0 || !versionNames[strings.ToLower(variable[dot+1:])] {
		return false
	}
	pkg := variable[:dot]
	return pkg == "main" || mainModule != "" && (pkg == mainModule || strings.HasPrefix(pkg, mainModule+"/"))
}

// splitFlags splits flags as the go command does: at spaces, with quotes around
// whole words.
func splitFlags(flags string) []string {
	var words []string
	for {
		flags = strings.TrimLeft(flags, " \t\n\r")
		if flags == "" {
			return words
		}
		if quote := flags[0]; quote == '\'' || quote == '"' {
			word, rest, _ := strings.Cut(flags[1:], string(quote))
			words, flags = append(words, word), rest
			continue
		}
		end := strings.IndexAny(flags, " \t\n\r")
		if end < 0 {
			end = len(flags)
		}
		words, flags = append(words, flags[:end]), flags[end:]
	}
}
