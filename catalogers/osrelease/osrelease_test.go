package osrelease

import (
	"fmt"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

const debian = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://user:secret@www.debian.org/"
BUG_REPORT_URL="https://bugs.debian.org/"
CPE_NAME="cpe:/o:debian:debian_linux:12"
`

func TestWants(t *testing.T) {
	tests := []struct {
		path string
		want sbom.Want
	}{
		{"etc/os-release", sbom.Yes},
		{"usr/lib/os-release", sbom.Yes},
		{"root.tar!/etc/os-release", sbom.Yes},
		{"srv/etc/os-release", sbom.No},
		{"usr/lib/os-release/x", sbom.No},
	}
	for _, tt := range tests {
		if got := (Cataloger{}).Wants(sbom.Entry{Path: tt.path}); got != tt.want {
			t.Errorf("Wants(%q) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestCatalog(t *testing.T) {
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"usr/lib/os-release": debian}), Cataloger{})
	if len(inv.Components) != 1 || len(inv.Findings) != 0 {
		t.Fatalf("got %d components and findings %v", len(inv.Components), inv.Findings)
	}
	c := inv.Components[0]
	if c.Type != sbom.TypeOperatingSystem || c.Name != "debian" || c.Version != "12" || c.CPE != "cpe:/o:debian:debian_linux:12" {
		t.Errorf("got %+v", c)
	}
	want := []sbom.Link{{Type: "website", URL: "https://www.debian.org/"}, {Type: "issue-tracker", URL: "https://bugs.debian.org/"}}
	if len(c.Links) != 2 || c.Links[0].URL != want[0].URL || c.Links[1].URL != want[1].URL {
		t.Errorf("links: got %v, want %v", c.Links, want)
	}
}

func TestPrecedence(t *testing.T) {
	tests := []struct {
		name, etc string
		want      string // name, version and links
		two       bool
	}{
		{"the first alone counts", "ID=derived\nVERSION_ID=7\n", "derived 7 0", true},
		{"both say the same", "# a copy\n" + debian, "debian 12 2", false},
		{"the first says nothing", "# empty\n", "debian 12 2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"etc/os-release": tt.etc, "usr/lib/os-release": debian}), Cataloger{})
			if len(inv.Components) != 1 {
				t.Fatalf("got %d components", len(inv.Components))
			}
			c := inv.Components[0]
			if got := fmt.Sprint(c.Name, " ", c.Version, " ", len(c.Links)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if two := len(inv.Findings) == 1 && inv.Findings[0].Code == "osrelease.two"; two != tt.two || len(inv.Findings) > 1 {
				t.Errorf("findings: %v", inv.Findings)
			}
		})
	}
}

// TestExpects has systems whose package database was removed: it is a gap. That
// those with one have none is tested where the packages are read.
func TestExpects(t *testing.T) {
	tests := []struct {
		name, release, container string
		want                     string
	}{
		{"by ID", "ID=debian\n", "", "packages:deb"},
		{"ID counts first", "ID=fedora\nID_LIKE=debian\n", "", "packages:rpm"},
		{"by ID_LIKE", "ID=rhubarb\nID_LIKE=\"unknown suse fedora\"\n", "tar", "packages:rpm"},
		{"alpine", "ID=alpine\n", "", "packages:apk"},
		{"other packages", "ID=arch\n", "", ""},
		{"no ID", "NAME=x\n", "", ""},
		{"the package that has the file", "ID=debian\n", "deb", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := sbomtest.Image(sbomtest.Tree{Files: map[string]string{"usr/lib/os-release": tt.release}, Container: tt.container})
			m := sbomtest.Assemble(t, a, Cataloger{})
			got := ""
			for _, f := range m.Findings {
				if f.Kind == sbom.Gap && f.Code == "expects.unmet" {
					got += f.Detail
				}
			}
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDefaultsAndFaults(t *testing.T) {
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"etc/os-release": "NAME='My Linux'\nVERSION_ID=$(id)\n"}), Cataloger{})
	if c := inv.Components[0]; c.Name != "linux" || c.Version != "" || c.Description != "My Linux" {
		t.Errorf("got %+v", c)
	}
	if len(inv.Findings) != 1 || inv.Findings[0].Code != "osrelease.line" || !strings.Contains(inv.Findings[0].Detail, "line 2: VERSION_ID") {
		t.Errorf("findings: %v", inv.Findings)
	}
}

// TestFlippedByte changes each byte of a file: it is still one system, or there
// is a gap.
func TestFlippedByte(t *testing.T) {
	for i := range len(debian) {
		for _, c := range []byte{debian[i] ^ 1, debian[i] ^ 0x80, '\n', ' ', '='} {
			text := debian[:i] + string([]byte{c}) + debian[i+1:]
			inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{"etc/os-release": text}), Cataloger{})
			if len(inv.Components) != 1 && len(inv.Findings) == 0 {
				t.Errorf("byte %d is %q: %d components and no finding", i, c, len(inv.Components))
			}
		}
	}
}
