package artifact

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
)

const rpmSpec = `
Name: alpha
Version: 1.0
Release: 1
Summary: A package
License: MIT
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}/usr/share/alpha
cd %{buildroot}/usr/share/alpha
for i in 1 2 3; do echo content $i > file$i.list; done
ln file1.list hard1.list; ln file1.list hard2.list
: > empty1.list; ln empty1.list empty2.list
ln -s file2.list soft.list
%files
/usr/share/alpha
`

// buildRPM builds a package with the payload compressed in the given way.
func buildRPM(t *testing.T, payload string) []byte {
	t.Helper()
	needs(t, "rpmbuild", "rpm")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "alpha.spec"), []byte(rpmSpec))
	sh(t, dir, `rpmbuild -bb --define "_topdir $PWD" --define "_binary_payload `+payload+`" alpha.spec >/dev/null 2>&1`)
	data, err := os.ReadFile(filepath.Join(dir, "RPMS/noarch/alpha-1.0-1.noarch.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRPM holds that the files of a package are those that rpm lists, hard links
// included, in every compression that is read.
func TestRPM(t *testing.T) {
	for _, payload := range []string{"w9.gzdio", "w9.bzdio", "w6.xzdio", "w3.zstdio", "w.ufdio"} {
		t.Run(payload, func(t *testing.T) {
			data := buildRPM(t, payload)
			path := write(t, filepath.Join(t.TempDir(), "alpha"), data)
			listed, err := exec.Command("rpm", "-qpl", path).Output()
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, name := range strings.Fields(string(listed)) {
				if strings.HasSuffix(name, ".list") && !strings.Contains(name, "soft") {
					want = append(want, strings.TrimPrefix(name, "/"))
				}
			}
			slices.Sort(want)
			for _, how := range []string{"in order", "at random", "together"} {
				inv := scan(t, path, Options{}, lists{how})
				if got := places(inv); got != strings.Join(want, " ") || codes(inv) != "" {
					t.Errorf("%s: got %s and %s, want %s", how, got, codes(inv), want)
				}
				content := []byte("content 1\n")
				for _, c := range inv.Components {
					base := filepath.Base(c.Locations[0].Path)
					if strings.HasPrefix(base, "hard") && c.Name != nameOf(base, content) {
						t.Errorf("%s: %s has other content", how, base)
					}
				}
			}
		})
	}
}

// headers is a cataloger of control data.
type headers struct{ lists }

func (headers) Wants(e sbom.Entry) sbom.Want {
	if e.Inside() == "!control/header" && e.Container == "rpm" {
		return sbom.Yes
	}
	return sbom.No
}

// TestRPMControl holds that the control data is all that stands before the
// payload, also in a container.
func TestRPMControl(t *testing.T) {
	data := buildRPM(t, "w9.gzdio")
	payload := bytes.LastIndex(data, []byte("\x1f\x8b\x08"))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pool/alpha.rpm"), data)
	inv := scan(t, dir, Options{}, headers{lists{"in order"}})
	if got, want := names(inv), []string{nameOf("header", data[:payload])}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := places(inv), "pool/alpha.rpm!/!control/header"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRPMDamage holds that a damaged package is never a smaller one.
func TestRPMDamage(t *testing.T) {
	data := buildRPM(t, "w9.gzdio")
	path := filepath.Join(t.TempDir(), "alpha.rpm")
	whole := scan(t, write(t, path, data), Options{}, lists{"in order"})
	for cut := 4; cut < len(data); cut += 7 {
		inv := scan(t, write(t, path, data[:cut]), Options{}, lists{"in order"})
		if !hasGap(inv) {
			t.Fatalf("cut at %d of %d: no gap", cut, len(data))
		}
	}
	payload := bytes.LastIndex(data, []byte("\x1f\x8b\x08"))
	for at := payload; at < len(data); at++ {
		damaged := bytes.Clone(data)
		damaged[at] ^= 0x10
		inv := scan(t, write(t, path, damaged), Options{}, lists{"in order"})
		if !hasGap(inv) && fmt.Sprint(names(inv)) != fmt.Sprint(names(whole)) {
			t.Fatalf("byte %d of %d flipped: other files and no gap", at, len(data))
		}
	}
	lzma := bytes.Replace(data, []byte("\x1f\x8b\x08"), []byte("\x5d\x00\x00"), -1)
	if got := codes(scan(t, write(t, path, lzma), Options{}, lists{"in order"})); got != "gap:rpm.payload" {
		t.Errorf("another compression: %s", got)
	}
}
