package rpm

import (
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/sbom"
)

// installed is a package in short: "a" provides itself and the words of
// provides, and needs what requires says.
type installed struct {
	name, arch         string
	provides, requires []string
	files              []string
}

// blob makes a header of it.
func (p installed) blob() []byte {
	tags := rpmtest.Tags{header.Name: p.name, header.Arch: p.arch, header.SourceRPM: "x.src.rpm"}
	lists := func(all []string, names, flags, versions header.Tag) {
		var n, v []string
		var f []uint32
		for _, s := range all {
			d := parseDependency(s)
			n, f, v = append(n, d.name), append(f, d.sense), append(v, d.version)
		}
		if len(all) > 0 {
			tags[names], tags[flags], tags[versions] = n, f, v
		}
	}
	lists(append([]string{p.name + " = 1-2"}, p.provides...), header.ProvideName, header.ProvideFlags, header.ProvideVersion)
	lists(p.requires, header.RequireName, header.RequireFlags, header.RequireVersion)
	if len(p.files) > 0 {
		tags[header.BaseNames], tags[header.DirNames] = p.files, []string{"/"}
		tags[header.DirIndexes] = make([]uint32, len(p.files))
	}
	return rpmtest.Header(tags)
}

func database(all ...installed) string {
	var blobs [][]byte
	for _, p := range all {
		blobs = append(blobs, p.blob())
	}
	return string(rpmtest.NDB(blobs...))
}

// edges returns the edges as "a>b", without what all keys have in common.
func edges(inv *sbom.Inventory) []string {
	var all []string
	for _, e := range inv.Edges {
		short := strings.NewReplacer("rpm:", "", "-1-2", "", ".noarch", "")
		all = append(all, short.Replace(e.From)+">"+short.Replace(e.To))
	}
	return sorted(all)
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name string
		in   []installed
		want []string
	}{
		{"own name", []installed{{name: "a", arch: "noarch", requires: []string{"a", "b"}}, {name: "b", arch: "noarch"}}, []string{"a>b"}},
		{"twice, by name and by file", []installed{{name: "a", arch: "noarch", requires: []string{"b", "/usr/bin/b", "b >= 1"}},
			{name: "b", arch: "noarch", files: []string{"usr/bin/b"}}}, []string{"a>b"}},
		{"the name itself before others that provide it", []installed{{name: "a", arch: "noarch", requires: []string{"b"}},
			{name: "b", arch: "noarch"}, {name: "c", arch: "noarch", provides: []string{"b"}}}, []string{"a>b"}},
		{"all that provide it", []installed{{name: "a", arch: "noarch", requires: []string{"v"}},
			{name: "b", arch: "noarch", provides: []string{"v"}}, {name: "c", arch: "noarch", provides: []string{"v"}}}, []string{"a>b", "a>c"}},
		{"of the same architecture", []installed{{name: "a", arch: "i686", requires: []string{"b"}},
			{name: "b", arch: "x86_64"}, {name: "b", arch: "i686"}}, []string{"a.i686>b.i686"}},
		{"the version that fits", []installed{{name: "a", arch: "noarch", requires: []string{"v >= 2"}},
			{name: "b", arch: "noarch", provides: []string{"v = 1"}}, {name: "c", arch: "noarch", provides: []string{"v = 2"}}}, []string{"a>c"}},
		{"a file in bin that is in usr/bin", []installed{{name: "a", arch: "noarch", requires: []string{"/bin/b"}},
			{name: "b", arch: "noarch", files: []string{"usr/bin/b"}}}, []string{"a>b"}},
		{"a file where it is said to be", []installed{{name: "a", arch: "noarch", requires: []string{"/bin/b"}},
			{name: "b", arch: "noarch", files: []string{"usr/bin/b"}}, {name: "c", arch: "noarch", files: []string{"bin/b"}}}, []string{"a>c"}},
		{"the first of alternatives that is met", []installed{{name: "a", arch: "noarch", requires: []string{"(x or b or c)"}},
			{name: "b", arch: "noarch"}, {name: "c", arch: "noarch"}}, []string{"a>b"}},
		{"all of an expression", []installed{{name: "a", arch: "noarch", requires: []string{"(b and (c if b else x))"}},
			{name: "b", arch: "noarch"}, {name: "c", arch: "noarch"}}, []string{"a>b", "a>c"}},
		{"one package for both", []installed{{name: "a", arch: "noarch", requires: []string{"(v with (w or x))"}},
			{name: "b", arch: "noarch", provides: []string{"v"}}, {name: "c", arch: "noarch", provides: []string{"v", "w"}}}, []string{"a>c"}},
		{"what rpm must be able to do", []installed{{name: "a", arch: "noarch", requires: []string{"rpmlib(X) <= 1"}}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := scanFiles(t, map[string]string{"var/lib/rpm/Packages.db": database(tt.in...)})
			if got := edges(inv); !slices.Equal(got, tt.want) {
				t.Errorf("edges %q, want %q", got, tt.want)
			}
			for _, f := range inv.Findings {
				t.Errorf("finding %+v", f)
			}
		})
	}
}

func TestResolveFindings(t *testing.T) {
	inv := scanFiles(t, map[string]string{"var/lib/rpm/Packages.db": database(
		installed{name: "a", arch: "noarch", requires: []string{"missing >= 1", "(b and", "b < 1"}}, installed{name: "b", arch: "noarch"})})
	var got []string
	for _, f := range inv.Findings {
		got = append(got, string(f.Kind)+" "+f.Subject+" "+f.Detail)
	}
	want := []string{
		"unknown rpm:a-1-2.noarch a needs (b and: an expression is too deep or has no end",
		"unknown rpm:a-1-2.noarch a needs b < 1, which nothing here meets",
		"unknown rpm:a-1-2.noarch a needs missing >= 1, which nothing here meets",
	}
	if !slices.Equal(sorted(got), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// File systems inside containers do not see each other's packages.
func TestResolveApart(t *testing.T) {
	inv := scanFiles(t, map[string]string{
		"x.tar!/var/lib/rpm/Packages.db": database(installed{name: "a", arch: "noarch", requires: []string{"b", "/f"}},
			installed{name: "c", arch: "noarch", files: []string{"f"}}),
		"var/lib/rpm/Packages.db": database(installed{name: "b", arch: "noarch"}),
	})
	if got, want := edges(inv), []string{"x.tar!/a>x.tar!/c"}; !slices.Equal(got, want) {
		t.Errorf("edges %q, want %q", got, want)
	}
	if len(inv.Findings) != 1 || inv.Findings[0].Detail != "a needs b, which nothing here meets" {
		t.Errorf("findings %+v", inv.Findings)
	}
}
