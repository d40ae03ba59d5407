package dist

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
)

// maxTags bounds how many tags a compressed set may stand for.
const maxTags = 1024

// A Tag says which interpreters a wheel runs on:
// https://packaging.python.org/specifications/platform-compatibility-tags/
type Tag struct {
	Python, ABI, Platform string // "cp311", "cp311", "manylinux_2_17_x86_64"
}

// String returns the form that WHEEL files have.
func (t Tag) String() string { return t.Python + "-" + t.ABI + "-" + t.Platform }

// ParseTags reads a set of tags such as py2.py3-none-any.
func ParseTags(s string) ([]Tag, error) {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(s)), "-")
	if len(parts) != 3 || strings.ContainsFunc(s, notTag) || slices.Contains(parts, "") {
		return nil, fmt.Errorf("%.80q is not a wheel tag", s)
	}
	pythons, abis, platforms := strings.Split(parts[0], "."), strings.Split(parts[1], "."), strings.Split(parts[2], ".")
	if len(pythons)*len(abis)*len(platforms) > maxTags {
		return nil, fmt.Errorf("%.80q stands for more than %d wheel tags", s, maxTags)
	}
	var tags []Tag
	for _, python := range pythons {
		for _, abi := range abis {
			for _, platform := range platforms {
				tags = append(tags, Tag{python, abi, platform})
			}
		}
	}
	return tags, nil
}

// notTag reports whether r cannot stand in a set of tags.
func notTag(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !letter && !(r >= '0' && r <= '9') && !strings.ContainsRune("._- ", r)
}

// A WheelName is the file name of a wheel.
type WheelName struct {
	Name, Version string
	Tags          []Tag
}

// ParseWheelName reads NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl.
func ParseWheelName(s string) (WheelName, error) {
	base, ok := strings.CutSuffix(s, ".whl")
	parts := strings.Split(base, "-")
	if !ok || len(parts) < 5 || len(parts) > 6 || !require.ValidName(parts[0]) || parts[1] == "" {
		return WheelName{}, fmt.Errorf("%.80q is not the name of a wheel", s)
	}
	w := WheelName{Name: parts[0], Version: parts[1]}
	if len(parts) == 6 && (parts[2] == "" || parts[2][0] < '0' || parts[2][0] > '9') {
		return WheelName{}, fmt.Errorf("%.80q has a build number that does not begin with a digit", s)
	}
	var err error
	w.Tags, err = ParseTags(strings.Join(parts[len(parts)-3:], "-"))
	return w, err
}

// platformForm takes a platform tag apart: system, version, machine.
var platformForm = regexp.MustCompile(`^(manylinux_[0-9]+_[0-9]+|manylinux(?:1|2010|2014)|musllinux_[0-9]+_[0-9]+|linux` +
	`|macosx_[0-9]+_[0-9]+|android_[0-9]+|ios_[0-9]+_[0-9]+|win` +
	`|emscripten_[0-9]+_[0-9]+_[0-9]+|pyodide_[0-9]+_[0-9]+)_?(.*)$`)

// systems gives the operating system, in the words of Go, for what platform
// tags begin with.
var systems = []struct{ prefix, os string }{
	{"manylinux", "linux"}, {"musllinux", "linux"}, {"linux", "linux"}, {"macosx", "darwin"}, {"android", "android"},
	{"ios", "ios"}, {"win", "windows"}, {"emscripten", "emscripten"}, {"pyodide", "emscripten"},
}

// Target returns the operating system and the machine that the tags name:
// "linux" and "x86_64", or "" and "any". Several are joined by commas; a
// platform that is not known is left out.
func Target(tags []Tag) (os, machine string) {
	var all, machines []string
	add := func(list []string, s string) []string {
		if s == "" || slices.Contains(list, s) {
			return list
		}
		return append(list, s)
	}
	for _, t := range tags {
		os, machine := t.target()
		all, machines = add(all, os), add(machines, machine)
	}
	slices.Sort(all)
	slices.Sort(machines)
	return strings.Join(all, ","), strings.Join(machines, ",")
}

// target takes a platform tag apart:
//
//	manylinux_2_17_x86_64   system, version of glibc, machine
//	macosx_10_9_universal2  system, version, machine
//	win32                   system and machine
func (t Tag) target() (os, machine string) {
	if t.Platform == "any" {
		return "", "any"
	}
	m := platformForm.FindStringSubmatch(t.Platform)
	if m == nil {
		return "", ""
	}
	for _, s := range systems {
		if strings.HasPrefix(m[1], s.prefix) {
			os = s.os
			break
		}
	}
	switch {
	case os == "windows" && m[2] == "32":
		return os, "x86"
	case os == "ios":
		arch, _, _ := strings.Cut(m[2], "_iphone")
		return os, arch
	}
	return os, m[2]
}
