package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
)

// inside is a visitor that keeps a line for each entry, and the content of each
// file.
type inside struct {
	lines    []string
	contents map[string]string
	findings []sbom.Finding
}

func (l *inside) Entry(e sbom.Entry) bool {
	l.lines = append(l.lines, fmt.Sprintf("%s %s %d %s", e.Container, e.Path, e.Size, e.Link))
	return e.Mode.IsRegular()
}

func (l *inside) File(e sbom.Entry, c sbom.Content) {
	data, err := io.ReadAll(c)
	if err != nil {
		data = []byte(err.Error())
	}
	l.contents[e.Path] = string(data)
}

func (l *inside) Found(f sbom.Finding) { l.findings = append(l.findings, f) }

func list(t testing.TB, ref string) (*sbom.Artifact, *inside) {
	t.Helper()
	all, err := Open(context.Background(), ref, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &inside{contents: map[string]string{}}
	for _, tree := range all[0].Trees {
		if err := tree.Walk(context.Background(), l); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(l.lines)
	return all[0], l
}

// buildDeb makes a deb with dpkg-deb and returns its path.
func buildDeb(t testing.TB, flags string) string {
	needs(t, "dpkg-deb", "dpkg")
	dir := t.TempDir()
	sh(t, dir, `mkdir -p p/DEBIAN p/usr/bin "p/usr/share/doc/größe 1"
		printf 'Package: demo\nVersion: 1.2-3\nArchitecture: all\nMaintainer: Team <team@example.org>\nDescription: x\n' > p/DEBIAN/control
		printf '/etc/demo.conf\n' > p/DEBIAN/conffiles; mkdir p/etc; echo conf > p/etc/demo.conf
		head -c 300000 /dev/urandom > p/usr/bin/demo; ln p/usr/bin/demo p/usr/bin/same; ln -s demo p/usr/bin/link
		echo text > "p/usr/share/doc/größe 1/a.list"; chmod -R go-w,a+rX p
		dpkg-deb --root-owner-group `+flags+` -b p x.deb >/dev/null`)
	return filepath.Join(dir, "x.deb")
}

// TestDeb compares debs in every compression with what dpkg-deb says of them.
func TestDeb(t *testing.T) {
	for _, flags := range []string{"-Zgzip", "-Zxz", "-Zzstd", "-Znone", "-Zxz --no-uniform-compression"} {
		t.Run(flags, func(t *testing.T) {
			ref := buildDeb(t, flags)
			a, got := list(t, ref)
			if a.Format != "deb" || len(got.findings) > 0 {
				t.Errorf("format %s, findings %v", a.Format, got.findings)
			}
			for _, member := range []string{"control", "conffiles"} {
				want, err := exec.Command("dpkg-deb", "-I", ref, member).Output()
				if err != nil {
					t.Fatal(err)
				}
				if got := got.contents["!control/"+member]; got != string(want) {
					t.Errorf("%s: got %q, want %q", member, got, want)
				}
			}
			tarball, err := exec.Command("dpkg-deb", "--fsys-tarfile", ref).Output()
			if err != nil {
				t.Fatal(err)
			}
			checkListing(t, got, tarball, "deb")
		})
	}
}

// checkListing compares the entries that do not stand under !control with those of
// an archive, as another walk of it tells.
func checkListing(t *testing.T, got *inside, archive []byte, container string) {
	t.Helper()
	lines := slices.DeleteFunc(slices.Clone(got.lines), func(s string) bool { return strings.Contains(s, " !control") })
	var want []string
	sizes := map[string]int64{}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		name := strings.TrimSuffix(strings.TrimPrefix(h.Name, "./"), "/")
		if name == "" {
			name = "."
		}
		link := ""
		switch h.Typeflag {
		case tar.TypeLink:
			h.Size = sizes[h.Linkname]
		case tar.TypeSymlink:
			link = h.Linkname
		}
		sizes[h.Name] = h.Size
		want = append(want, fmt.Sprintf("%s %s %d %s", container, name, h.Size, link))
		if h.Typeflag == tar.TypeReg {
			if data, _ := io.ReadAll(r); got.contents[name] != string(data) {
				t.Errorf("%s has another content", name)
			}
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, lines); diff != "" || len(want) == 0 {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if got.contents["usr/bin/same"] != got.contents["usr/bin/demo"] {
		t.Error("a hard link has another content than its target")
	}
}

// arOf makes an ar archive of names and contents.
func arOf(members ...string) []byte {
	b := bytes.NewBufferString(arMagic)
	for i := 0; i < len(members); i += 2 {
		fmt.Fprintf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s", members[i], 0, 0, 0, "100644", len(members[i+1]), members[i+1])
		if len(members[i+1])%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

func TestDebDamaged(t *testing.T) {
	control := string(tarOf(t, file("./control", "Package: x\n")))
	data := string(tarOf(t, file("./usr/a.list", "a")))
	good := []string{"debian-binary", "2.0\n", "control.tar", control, "data.tar", data}
	with := func(at int, members ...string) []byte {
		return arOf(slices.Insert(slices.Clone(good), at, members...)...)
	}
	whole := arOf(good...)
	tests := []struct {
		name, want, codes string
		deb               []byte
	}{
		{"whole", "usr/a.list", "", whole},
		{"names with a slash", "usr/a.list", "", bytes.ReplaceAll(whole, []byte("data.tar "), []byte("data.tar/"))},
		{"a member that does not count", "usr/a.list", "", with(2, "_gpgorigin", "odd")},
		{"a member after the data", "usr/a.list", "note:deb.trailing", with(6, "more", "x")},
		{"a second data.tar", "usr/a.list", "note:deb.trailing", with(6, "data.tar", data)},
		{"a strange member", "", "gap:deb.format", with(2, "more", "x")},
		{"no control.tar", "", "gap:deb.format", arOf("debian-binary", "2.0\n", "data.tar", data)},
		{"data before control", "", "gap:deb.format", arOf("debian-binary", "2.0\n", "data.tar", data, "control.tar", control)},
		{"no data.tar", "", "gap:deb.format", arOf(good[:4]...)},
		{"another version", "", "gap:deb.format", arOf("debian-binary", "3.0\n")},
		{"cut off in a header", "", "gap:deb.format", whole[:len(whole)-len(data)-20]},
		{"cut off in the data", "", "gap:deb.format", whole[:len(whole)-512]},
		{"a longer member than there is", "", "gap:deb.format", bytes.Replace(whole, fmt.Appendf(nil, "%-10d`", len(data)), fmt.Appendf(nil, "%-10d`", 1<<30), 1)},
		{"a negative size", "", "gap:deb.format", bytes.Replace(whole, fmt.Appendf(nil, "%-10d`", len(data)), []byte("-1        `"), 1)},
		{"lzma", "", "gap:deb.unsupported", arOf(append(slices.Clone(good[:4]), "data.tar.lzma", "]\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff")...)},
		{"a damaged archive", "", "gap:tar.header", bytes.Replace(whole, []byte("./usr"), []byte("./USR"), 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for where, inv := range map[string]*sbom.Inventory{
				"":         scanBytes(t, "x.deb", tt.deb, sbom.Limits{}),
				"x.deb!/":  scanBytes(t, "x.tar", tarOf(t, file("x.deb", string(tt.deb))), sbom.Limits{}),
				"x.deb!/.": scanBytes(t, "x.tar.gz", gzipped(t, tarOf(t, file("x.deb", string(tt.deb)))), sbom.Limits{}),
			} {
				want := tt.want
				if want != "" {
					want = strings.TrimSuffix(where, ".") + want
				}
				if got := places(inv); got != want {
					t.Errorf("%s: got %q, want %q", where, got, want)
				}
				if got := codes(inv); got != tt.codes {
					t.Errorf("%s: findings %q, want %q", where, got, tt.codes)
				}
			}
		})
	}
}

// segment makes a gzip member of a part of a tar archive.
func segment(t testing.TB, end bool, entries ...entry) []byte {
	data := tarOf(t, entries...)
	if !end {
		data = data[:len(data)-2*tarBlock]
	}
	return gzipped(t, data)
}

// apkOf makes an Alpine package.
func apkOf(t testing.TB, data []byte) []byte {
	info := fmt.Sprintf("# made by hand\npkgname = demo\npkgver = 1.2-r3\narch = x86_64\ndatahash = %x\n", sha256.Sum256(data))
	return join(
		segment(t, false, file(".SIGN.RSA.key.rsa.pub", "signature")),
		segment(t, false, file(".PKGINFO", info), file(".post-install", "#!/bin/sh\n")),
		data)
}

// TestAPK compares a package with what tar says of it, which reads all segments as
// one archive.
func TestAPK(t *testing.T) {
	data := segment(t, true, dir("usr/"), dir("usr/bin/"), file("usr/bin/demo", strings.Repeat("x", 300_000)), hard("usr/bin/same", "usr/bin/demo"), soft("usr/bin/link", "demo"))
	ref := write(t, filepath.Join(t.TempDir(), "demo.apk"), apkOf(t, data))
	a, got := list(t, ref)
	if a.Format != "apk" || len(got.findings) > 0 {
		t.Errorf("format %s, findings %v", a.Format, got.findings)
	}
	out, err := exec.Command("tar", "tzf", ref).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(strings.ReplaceAll(string(out), "/\n", "\n"))
	for i, name := range want {
		if strings.HasPrefix(name, ".") {
			want[i] = "!control/" + name
		}
	}
	var names []string
	for _, line := range got.lines {
		names = append(names, strings.Fields(line)[1])
	}
	slices.Sort(want)
	slices.Sort(names)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.contents["!control/.PKGINFO"], "pkgname = demo") || len(got.contents["usr/bin/same"]) != 300_000 {
		t.Error("contents differ")
	}
}

func TestAPKDamaged(t *testing.T) {
	data := segment(t, true, file("a.list", "a"), file("b.list", "b"))
	whole := apkOf(t, data)
	other := segment(t, true, file("a.list", "A"))
	signature := segment(t, false, file(".SIGN.RSA.key", "s"))
	tests := []struct {
		name, want, codes string
		apk               []byte
	}{
		{"whole", "a.list b.list", "", whole},
		{"not signed", "a.list b.list", "", whole[len(segment(t, false, file(".SIGN.RSA.key.rsa.pub", "signature"))):]},
		{"other files", "a.list", "gap:apk.datahash", append(slices.Clone(whole[:len(whole)-len(data)]), other...)},
		{"no files", "", "gap:apk.datahash gap:compress.corrupt", whole[:len(whole)-len(data)]},
		{"cut off", "a.list b.list", "gap:apk.datahash gap:compress.corrupt", whole[:len(whole)-4]},
		{"no .PKGINFO", "", "gap:apk.format", signature},
		{"many signatures", "", "gap:apk.format", bytes.Repeat(signature, 100)},
		{"damaged control data", "", "gap:compress.corrupt", join(signature, signature[:20])},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := scanBytes(t, "x.apk", tt.apk, sbom.Limits{})
			if got := places(inv); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := codes(inv); got != tt.codes {
				t.Errorf("findings %q, want %q", got, tt.codes)
			}
			nested := scanBytes(t, "x.tar", tarOf(t, file("x.apk", string(tt.apk))), sbom.Limits{})
			if got := strings.ReplaceAll(places(nested), "x.apk!/", ""); got != tt.want || codes(nested) != tt.codes {
				t.Errorf("in a tar: got %q, %q", got, codes(nested))
			}
		})
	}
}

// FuzzAR holds that members lie one after the other within the archive, and that
// their bytes are those that stand there.
func FuzzAR(f *testing.F) {
	f.Add(arOf("a", "1", "bb/", "22", "c", ""))
	f.Add(arOf("a", "1")[:70])
	f.Add([]byte(arMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := newAR(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		end := int64(len(arMagic))
		for {
			m, err := a.next()
			if err != nil {
				return
			}
			if m.offset < end+arHeaderSize || m.offset > end+arHeaderSize+1 {
				t.Fatalf("a member at %d after %d", m.offset, end)
			}
			end = m.offset + m.size
			content, err := io.ReadAll(&a.data)
			if err != nil || !bytes.Equal(content, data[m.offset:end]) {
				t.Fatalf("member at %d: %v", m.offset, err)
			}
		}
	})
}
