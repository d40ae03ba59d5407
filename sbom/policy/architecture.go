package policy

import (
	"slices"
	"strings"
)

// anyArchitecture is the form of what runs everywhere.
const anyArchitecture = "any"

// architectures has the names that ecosystems give to one architecture, the first
// as Go spells it.
var architectures = [][]string{
	{anyArchitecture, "all", "noarch", "none-any"},
	{"amd64", "x86_64", "x86-64", "x64", "em64t"},
	{"arm64", "aarch64", "arm64v8", "armv8", "arm64e"},
	{"386", "i386", "i486", "i586", "i686", "x86", "ia32"},
	{"arm", "armhf", "armel", "armhfp", "armv5", "armv6", "armv6l", "armv6hl", "armv7", "armv7l", "armv7hl", "armv7a", "arm32v7"},
	{"ppc64le", "ppc64el", "powerpc64le"},
	{"ppc64", "powerpc64"},
	{"mipsle", "mipsel"},
	{"mips64le", "mips64el"},
	{"loong64", "loongarch64"},
	{"riscv64", "riscv64gc"},
	{"s390x"},
	{"wasm", "wasm32"},
}

// architectureForm returns Go's name of an architecture, without the variant of
// "arm64/v8", and else the name as it is, in lower case.
func architectureForm(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), "/")
	for _, names := range architectures {
		if slices.Contains(names, name) {
			return names[0]
		}
	}
	return name
}

// sameArchitecture reports whether two lists of architectures, separated by
// commas, are of the same ones.
func sameArchitecture(a, b string) bool {
	return slices.Equal(architectureForms(a), architectureForms(b))
}

func architectureForms(list string) []string {
	var forms []string
	for name := range strings.SplitSeq(list, ",") {
		forms = append(forms, architectureForm(name))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// holdsArchitecture reports whether a name of a file has each of a list of
// architectures in it, by any of its names.
func holdsArchitecture(file, list string) bool {
	file = strings.ToLower(file)
	for _, form := range architectureForms(list) {
		names := []string{form}
		for _, group := range architectures {
			if group[0] == form {
				names = group
			}
		}
		if !slices.ContainsFunc(names, func(name string) bool { return holds(file, name) }) {
			return false
		}
	}
	return true
}
