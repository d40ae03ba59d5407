package dpkg

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// installedStanza returns a stanza of an installed package, with further fields.
func installedStanza(name, version string, more ...string) string {
	return "Package: " + name + "\nStatus: install ok installed\nArchitecture: amd64\nVersion: " + version + "\n" +
		strings.Join(append(more, ""), "\n") + "\n"
}

const sum = "d41d8cd98f00b204e9800998ecf8427e  "

// small returns the files of a small system.
func small() map[string]string {
	return map[string]string{
		"var/lib/dpkg/status": installedStanza("bash", "5.2.15-2+b7", "Pre-Depends: libc6 (>= 2.36)", "Depends: awk | foo, missing (>= 1)",
			"Source: bash (5.2.15-2)", "Maintainer: Matthias Klose <doko@debian.org>", "Homepage: http://tiswww.case.edu/php/chet/bash/bashtop.html", "Description: shell") +
			installedStanza("libc6", "2.36-9", "Multi-Arch: same", "Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>") +
			installedStanza("mawk", "1.3.4-1", "Provides: awk", "Depends: libc6") +
			"Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\nConffiles:\n /etc/gone 0123\n",
		"var/lib/dpkg/info/bash.list":           "/.\n/bin\n/bin/bash\n",
		"var/lib/dpkg/info/bash.md5sums":        sum + "bin/bash\n",
		"var/lib/dpkg/info/libc6:amd64.list":    "/.\n/lib\n/lib/libc.so.6\n",
		"var/lib/dpkg/info/libc6:amd64.md5sums": sum + "lib/libc.so.6\n",
		"var/lib/dpkg/info/mawk.list":           "/.\n/usr/bin/mawk\n",
		"var/lib/dpkg/info/mawk.md5sums":        sum + "usr/bin/mawk\n",
		"var/lib/dpkg/info/gone.list":           "/.\n/etc\n/etc/gone\n",
		"usr/share/doc/bash/copyright":          format + "\nFiles: *\nLicense: GPL-3+\n",
		"usr/share/doc/libc6/copyright":         "as you like",
	}
}

func with(files map[string]string, path, content string) map[string]string {
	files[path] = content
	return files
}

func TestWants(t *testing.T) {
	tests := []struct {
		path, container string
		want            sbom.Want
	}{
		{"var/lib/dpkg/status", "", sbom.Yes},
		{"var/lib/dpkg/status-old", "", sbom.No},
		{"var/lib/dpkg/available", "", sbom.No},
		{"var/lib/dpkg/status.d/base", "", sbom.Yes},
		{"var/lib/dpkg/status.d/base.md5sums", "", sbom.Yes},
		{"var/lib/dpkg/status.d/base.postinst", "", sbom.No},
		{"var/lib/dpkg/info/bash.list", "", sbom.Yes},
		{"var/lib/dpkg/info/libc6:amd64.md5sums", "", sbom.Yes},
		{"var/lib/dpkg/info/bash.postinst", "", sbom.No},
		{"usr/share/doc/bash/copyright", "", sbom.Yes},
		{"usr/share/doc/bash/more/copyright", "", sbom.No},
		{"usr/share/doc/copyright", "", sbom.No},
		{"usr/share/doc/bash/changelog.Debian.gz", "", sbom.No},
		{"root.tar!/var/lib/dpkg/status", "tar", sbom.Yes},
		{"srv/var/lib/dpkg/status", "", sbom.No},
		{"a.deb!/!control/control", "deb", sbom.Yes},
		{"!control/control", "deb", sbom.Yes},
		{"!control/control", "", sbom.No},
		{"a.deb!/usr/share/doc/a/changelog.Debian.gz", "deb", sbom.Yes},
	}
	for _, tt := range tests {
		if got := (Cataloger{}).Wants(sbom.Entry{Path: tt.path, Container: tt.container}); got != tt.want {
			t.Errorf("Wants(%q) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestManifest(t *testing.T) {
	m := sbomtest.Assemble(t, sbomtest.Folder(small()), Cataloger{})
	var names []string
	for _, c := range m.Components {
		names = append(names, c.PURL+" "+property(c, "state"))
	}
	want := []string{"pkg:deb/bash@5.2.15-2%2Bb7?arch=amd64 installed", "pkg:deb/libc6@2.36-9?arch=amd64 installed", "pkg:deb/mawk@1.3.4-1?arch=amd64 installed"}
	if !slices.Equal(names, want) {
		t.Fatalf("got %q, want %q", names, want)
	}
	bash, libc, mawk := m.Components[0], m.Components[1], m.Components[2]
	edges := []sbom.Edge{
		{Kind: sbom.DependsOn, From: bash.Ref, To: libc.Ref},
		{Kind: sbom.DependsOn, From: bash.Ref, To: mawk.Ref},
		{Kind: sbom.DependsOn, From: mawk.Ref, To: libc.Ref},
	}
	if !slices.Equal(m.Edges, edges) {
		t.Errorf("edges: got %v, want %v", m.Edges, edges)
	}
	if got := details(m.Findings, "dpkg.unmet"); got != "bash needs missing (>= 1), which nothing here meets" || m.Gaps() != 0 {
		t.Errorf("findings: %v", m.Findings)
	}
	if property(bash, "source") != "bash" || property(bash, "source-version") != "5.2.15-2" || bash.Description != "shell" {
		t.Errorf("bash: got %+v", bash)
	}
	if !bash.Maker.Person || libc.Maker.Person || bash.Maker.Contacts[0].Email != "doko@debian.org" {
		t.Errorf("makers: got %+v and %+v", bash.Maker, libc.Maker)
	}
	if bash.Declared != "GPL-3.0-or-later" || libc.LicenseTexts[0].Text != "as you like" || libc.Declared != libc.LicenseTexts[0].ID {
		t.Errorf("licences: got %q and %q", bash.Declared, libc.Declared)
	}
	if libc.Owns != nil {
		t.Errorf("a manifest still holds the files of libc6: %q", libc.Owns)
	}
}

// property returns the value of one of our properties.
func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == "manifestgen:deb:"+name {
			return p.Value
		}
	}
	return ""
}

func details(findings []sbom.Finding, code string) string {
	var all []string
	for _, f := range findings {
		if f.Code == code {
			all = append(all, f.Detail)
		}
	}
	return strings.Join(all, "; ")
}

// TestDocumentLinks has packages whose documentation folder is a link to that of
// another package, in the root file system and in one inside a container.
func TestDocumentLinks(t *testing.T) {
	for _, root := range []string{"", "root.tar!/"} {
		tree := sbomtest.Tree{
			Files: map[string]string{
				root + statusFile: installedStanza("a", "1") + installedStanza("b", "1") +
					installedStanza("c", "1") + installedStanza("c-common", "1") + installedStanza("d", "1"),
				root + "usr/share/doc/a/copyright": format + "License: MIT\n",
				root + "usr/share/doc/c/copyright": format + "License: ISC\n",
			},
			Links: map[string]string{root + "usr/share/doc/b": "a", root + "usr/share/doc/c-common": "../doc/b", root + "usr/share/doc/d": "d"},
		}
		inv := sbomtest.Scan(t, sbomtest.Image(tree), Cataloger{})
		var got []string
		for _, c := range inv.Components {
			got = append(got, c.Name+" "+c.Declared)
		}
		if want := []string{"a MIT", "b MIT", "c ISC", "c-common MIT", "d "}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", root, got, want)
		}
	}
}

// TestGaps damages a small system: each damage is a gap with its code.
func TestGaps(t *testing.T) {
	status := small()["var/lib/dpkg/status"]
	empty := small()
	for path := range empty {
		if strings.Contains(path, "/info/") {
			delete(empty, path)
		}
	}
	tests := []struct {
		name  string
		files map[string]string
		code  string
		want  string
	}{
		{"no stanza", with(small(), statusFile, strings.Replace(status, "Package: bash", "Package: bbsh", 1)), "dpkg.orphan",
			"there are files of bash, but the status file does not have the package"},
		{"no list", with(small(), statusFile, status+"\n"+installedStanza("new", "1")), "dpkg.files", "there is no list of the files of new"},
		{"list cut to nothing", with(small(), "var/lib/dpkg/info/mawk.list", ""), "dpkg.files", "there is no list of the files of mawk"},
		{"twice", with(small(), statusFile, status+"\n"+installedStanza("bash", "1")), "dpkg.duplicate", "line 33: package bash occurs again"},
		{"empty", with(empty, statusFile, ""), "dpkg.empty", "there is no package in the file"},
		{"empty, with files", with(small(), statusFile, ""), "dpkg.empty", "there is no package in the file"},
		{"broken record", with(small(), statusFile, strings.Replace(status, "Version: 1.3", "Version 1.3", 1)), "dpkg.record",
			"line 19: mawk: Version: no version; line 22: no field name"},
		{"name in a list", with(small(), "var/lib/dpkg/info/bash.list", "/bin/a\nb\n"), "dpkg.record", `line 2: "b" is not an absolute path`},
		{"name of a list", with(small(), "var/lib/dpkg/info/a b.list", "/bin/a\n"), "dpkg.record", "the name is not that of a package"},
		{"status.d", map[string]string{"var/lib/dpkg/status.d/a": installedStanza("x", "1"), "var/lib/dpkg/status.d/b": installedStanza("x", "1")},
			"dpkg.duplicate", "more than one file describes x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := sbomtest.Scan(t, sbomtest.Folder(tt.files), Cataloger{})
			if got := details(inv.Findings, tt.code); got != tt.want {
				t.Errorf("got %q, want %q among %v", got, tt.want, inv.Findings)
			}
			if !slices.ContainsFunc(inv.Findings, isGap) {
				t.Error("no gap")
			}
		})
	}
}

// TestNoFiles has a package without files, which dpkg allows.
func TestNoFiles(t *testing.T) {
	inv := sbomtest.Scan(t, sbomtest.Folder(with(small(), "var/lib/dpkg/info/mawk.list", "/.\n")), Cataloger{})
	if slices.ContainsFunc(inv.Findings, isGap) {
		t.Errorf("findings: %v", inv.Findings)
	}
}

func isGap(f sbom.Finding) bool { return f.Kind == sbom.Gap }

// TestStatusFolder has the folder of an image without dpkg, where names may be
// encoded and there is no list but the sums.
func TestStatusFolder(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("libstdc++6"))
	control := func(name string) string {
		return "Package: " + name + "\nVersion: 1\nArchitecture: amd64\nMulti-Arch: same\n"
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{
		"var/lib/dpkg/status.d/" + encoded:              control("libstdc++6"),
		"var/lib/dpkg/status.d/" + encoded + ".md5sums": sum + "usr/lib/libstdc++.so.6\n",
		"var/lib/dpkg/status.d/tzdata":                  control("tzdata"),
		"var/lib/dpkg/status.d/tzdata.md5sums":          sum + "usr/share/zoneinfo/UTC\n",
		"usr/share/doc/libstdc++6/copyright":            "as you like",
	}), Cataloger{})
	if len(inv.Components) != 2 || len(inv.Findings) != 0 {
		t.Fatalf("got %d components, %v", len(inv.Components), inv.Findings)
	}
	for i, want := range []string{"libstdc++6 usr/lib/libstdc++.so.6 true", "tzdata usr/share/zoneinfo/UTC false"} {
		c := inv.Components[i]
		if got := fmt.Sprint(c.Name, " ", strings.Join(c.Owns, " "), " ", c.Declared != ""); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestManyStatusFiles(t *testing.T) {
	n := 50_000
	if testing.Short() {
		n = 5_000
	}
	files := map[string]string{}
	for i := range n {
		name := fmt.Sprintf("p%d", i)
		files["var/lib/dpkg/status.d/"+name] = "Package: " + name + "\nVersion: 1\nArchitecture: all\n"
		files["var/lib/dpkg/status.d/"+name+".md5sums"] = sum + "usr/share/" + name + "\n"
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{})
	if len(inv.Components) != n || len(inv.Findings) != 0 {
		t.Errorf("got %d components and findings %v", len(inv.Components), inv.Findings)
	}
}

// TestLayers upgrades and removes packages in a second layer.
func TestLayers(t *testing.T) {
	upper := sbomtest.Tree{
		ID: "sha256:upper",
		Files: map[string]string{
			"var/lib/dpkg/status":            installedStanza("bash", "5.3-1") + installedStanza("libc6", "2.36-9", "Multi-Arch: same"),
			"var/lib/dpkg/info/bash.list":    "/.\n/bin/bash\n",
			"var/lib/dpkg/info/bash.md5sums": sum + "bin/bash\n",
		},
		Removed: []string{"var/lib/dpkg/info/mawk.list", "var/lib/dpkg/info/mawk.md5sums", "var/lib/dpkg/info/gone.list"},
	}
	inv := sbomtest.Scan(t, sbomtest.Image(sbomtest.Tree{ID: "sha256:lower", Files: small()}, upper), Cataloger{})
	var got []string
	for _, c := range inv.Components {
		got = append(got, c.Name+" "+c.Version+" "+c.Locations[0].Layer)
	}
	// The layer of a package is that in which it was installed.
	if want := []string{"bash 5.3-1 sha256:upper", "libc6 2.36-9 sha256:lower"}; !slices.Equal(got, want) || slices.ContainsFunc(inv.Findings, isGap) {
		t.Errorf("got %q with %v, want %q", got, inv.Findings, want)
	}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name, field string
		others      []string // stanzas
		want        string   // the packages that a depends on
	}{
		{"name", "Depends: b", []string{installedStanza("b", "1")}, "b"},
		{"version fits", "Depends: b (>= 1)", []string{installedStanza("b", "1")}, "b"},
		{"version does not", "Depends: b (>> 1)", []string{installedStanza("b", "1")}, ""},
		{"first alternative that is met", "Depends: x | c | b", []string{installedStanza("b", "1"), installedStanza("c", "1")}, "c"},
		{"all groups", "Depends: b, c", []string{installedStanza("b", "1"), installedStanza("c", "1")}, "b c"},
		{"provided", "Depends: v", []string{installedStanza("b", "1", "Provides: u, v")}, "b"},
		{"provided by two", "Depends: v", []string{installedStanza("b", "1", "Provides: v"), installedStanza("c", "1", "Provides: v")}, "b c"},
		{"real before provided", "Depends: b", []string{installedStanza("b", "1"), installedStanza("c", "1", "Provides: b")}, "b"},
		{"provided without version", "Depends: v (>= 1)", []string{installedStanza("b", "9", "Provides: v")}, ""},
		{"provided with version", "Depends: v (>= 2)", []string{installedStanza("b", "1", "Provides: v (= 2)")}, "b"},
		{"any architecture", "Depends: b:any", []string{installedStanza("b", "1", "Multi-Arch: allowed")}, "b"},
		{"another architecture", "Depends: b:i386", []string{installedStanza("b", "1")}, ""},
		{"only the configuration is left", "Depends: b", []string{strings.Replace(installedStanza("b", "1"), "install ok installed", "deinstall ok config-files", 1)}, ""},
		{"own architecture first", "Depends: b", []string{installedStanza("b", "1", "Multi-Arch: same"),
			strings.Replace(installedStanza("b", "1", "Multi-Arch: same"), "amd64", "i386", 1)}, "b:amd64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status := installedStanza("a", "1", tt.field) + strings.Join(tt.others, "")
			inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{statusFile: status}), Cataloger{})
			var got []string
			for _, e := range inv.Edges {
				if e.From == "deb:a" {
					got = append(got, strings.TrimPrefix(e.To, "deb:"))
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
			if unmet := details(inv.Findings, "dpkg.unmet"); (unmet != "") != (tt.want == "") {
				t.Errorf("findings %v", inv.Findings)
			}
		})
	}
}

// TestManyProviders has packages that all provide what all need.
func TestManyProviders(t *testing.T) {
	var status strings.Builder
	for i := range 3_000 {
		status.WriteString(installedStanza(fmt.Sprintf("p%d", i), "1", "Provides: v", "Depends: v"))
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{statusFile: status.String()}), Cataloger{})
	if got := details(inv.Findings, "dpkg.relations"); got == "" || len(inv.Edges) > maxWork {
		t.Errorf("%d edges, findings %v", len(inv.Edges), inv.Findings)
	}
}

func TestPackageFile(t *testing.T) {
	var changelog bytes.Buffer
	z := gzip.NewWriter(&changelog)
	fmt.Fprint(z, "hello (2.10-3) unstable; urgency=medium\n\n  * New.\n\n -- Jane Doe <jane@example.org>  Mon, 26 Dec 2022 16:30:00 +0100\n\nhello (2.10-2) unstable; urgency=low\n\n -- X <x@y>  Mon, 26 Dec 2011 16:30:00 +0100\n")
	z.Close()
	files := map[string]string{
		"!control/control": "Package: hello\nVersion: 2.10-3\nArchitecture: amd64\nMaintainer: Example Team <team@example.org>\n" +
			"Depends: libc6\nHomepage: https://example.org/\nBugs: https://u:p@example.org/bugs\nDescription: greets\n",
		"usr/share/doc/hello/copyright":           format + "\nFiles: *\nLicense: GPL-3+\n",
		"usr/share/doc/hello/changelog.Debian.gz": changelog.String(),
	}
	a := &sbom.Artifact{Name: "hello.deb", Format: "deb", Type: sbom.TypeFile, Trees: []sbom.Tree{sbomtest.Tree{Files: files, Container: "deb"}}}
	m := sbomtest.Assemble(t, a, Cataloger{})
	p := m.Principal
	got := fmt.Sprint(p.PURL, " ", p.Declared, " ", p.Built.Format("2006-01-02T15:04:05Z07:00"), " ", p.Maker.Name, " ", p.Links)
	want := "pkg:deb/hello@2.10-3?arch=amd64 GPL-3.0-or-later 2022-12-26T15:30:00Z Example Team [{website https://example.org/  []} {issue-tracker https://example.org/bugs  []}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(m.Components) != 0 || len(m.Findings) != 0 {
		t.Errorf("components %v, findings %v", m.Components, m.Findings)
	}
}

// TestFlippedByte changes each byte of the status file of a small system in
// several ways: no package is lost without a gap.
func TestFlippedByte(t *testing.T) {
	files := small()
	status := files[statusFile]
	delete(files, "usr/share/doc/libc6/copyright")
	for i := 0; i < len(status); i += stride() {
		for _, c := range flips(status[i]) {
			files[statusFile] = status[:i] + string([]byte{c}) + status[i+1:]
			inv := sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{})
			packages := 0
			for _, c := range inv.Components {
				if c.PURL != "" {
					packages++
				}
			}
			if packages < 3 && !slices.ContainsFunc(inv.Findings, isGap) {
				t.Errorf("byte %d, %q, is %q: %d packages and no gap", i, status[i], c, packages)
			}
		}
	}
}

// stride is how far apart the bytes are that are changed.
func stride() int {
	if testing.Short() {
		return 7
	}
	return 1
}

func flips(c byte) []byte {
	all := []byte{'\n', '\r', ' ', ':', '#'}
	for bit := range 8 {
		all = append(all, c^1<<bit)
	}
	return slices.DeleteFunc(all, func(d byte) bool { return c == d })
}

// TestOddVersion has a version with the escape sequence of a terminal: it is kept
// as it is, escaped in the package URL, and told.
func TestOddVersion(t *testing.T) {
	m := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{statusFile: installedStanza("a", "1;\x1b[2J")}), Cataloger{})
	c := m.Components[0]
	if c.Version != "1;\x1b[2J" || c.PURL != "pkg:deb/a@1%3B%1B%5B2J?arch=amd64" || m.Gaps() != 1 {
		t.Errorf("got %q, %q, %v", c.Version, c.PURL, m.Findings)
	}
}

func TestIsTeam(t *testing.T) {
	for maintainer, want := range map[string]bool{
		"Matthias Klose <doko@debian.org>":                     false,
		"Vincent Debianski <v@example.org>":                    false,
		"Debian GCC Maintainers <debian-gcc@lists.debian.org>": true,
		"OpenSSL <pkg@alioth-lists.debian.net>":                true,
		"Google Cloud SDK Team":                                true,
		"Example, Inc. <help@example.org>":                     true,
	} {
		if got := isTeam(parseMaintainer(maintainer)); got != want {
			t.Errorf("%s: got %v", maintainer, got)
		}
	}
}

// TestFlippedByteFolder does as TestFlippedByte for a file of status.d.
func TestFlippedByteFolder(t *testing.T) {
	control := small()[statusFile]
	control = control[:strings.Index(control, "\n\n")+1]
	for i := range len(control) {
		for _, c := range flips(control[i]) {
			changed := control[:i] + string([]byte{c}) + control[i+1:]
			inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{statusFolder + "/bash": changed}), Cataloger{})
			if len(inv.Components) != 1 && !slices.ContainsFunc(inv.Findings, isGap) {
				t.Errorf("byte %d, %q, is %q: %d packages and no gap", i, control[i], c, len(inv.Components))
			}
		}
	}
}

// TestFlippedByteLarge changes bytes of the status file of this machine at random
// positions. What a byte can do ends at the next empty line, so the file is read
// as that stanza with its neighbours.
func TestFlippedByteLarge(t *testing.T) {
	status, err := os.ReadFile("/var/lib/dpkg/status")
	if err != nil {
		t.Skip("this machine is not a Debian one")
	}
	positions := 100_000
	if testing.Short() {
		positions = 5_000
	}
	records := strings.SplitAfter(string(status), "\n\n")
	random := rand.New(rand.NewPCG(5, 6))
	for range positions {
		first := random.IntN(len(records) - 2)
		window := strings.Join(records[first:first+3], "")
		at, c := random.IntN(len(window)), byte(random.IntN(256))
		if random.IntN(4) == 0 {
			c = flips(window[at])[random.IntN(5)]
		}
		changed := window[:at] + string([]byte{c}) + window[at+1:]
		before, _ := countPackages(window)
		if after, err := countPackages(changed); after < before && err == nil {
			t.Errorf("stanza %d, byte %d is %q: %d packages of %d and no error", first, at, c, after, before)
		}
	}
}

func countPackages(status string) (n int, err error) {
	var errs []error
	seen := map[string]bool{}
	for s, err := range stanzas(strings.NewReader(status)) {
		p, bad := parsePackage(s)
		errs = append(errs, err, bad)
		if p != nil && p.here() {
			if seen[p.infoName()] {
				errs = append(errs, errors.New("occurs again"))
			}
			seen[p.infoName()] = true
		}
	}
	return len(seen), errors.Join(errs...)
}
