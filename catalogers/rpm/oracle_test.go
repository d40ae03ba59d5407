package rpm

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// The packages that the tests install. The first has all that can be said of a
// package; the second next to nothing; the third requirements of all kinds.
var specs = []string{`
%define disturl obs://build.example.org/full
Name: full
Epoch: 2
Version: 1.0
Release: 3.el8
Summary: A package with äll fields
License: GPLv2+ and (MIT or BSD)
Vendor: Example Distribution <https://example.org/>
Packager: Build Team <build@example.org>
Distribution: Example OS
Group: System/Base
URL: https://user:secret@example.org/full
BugURL: https://bugs.example.org/
VCS: git:https://example.org/full.git#0123456789012345678901234567890123456789
ModularityLabel: stream:1:2:abc
Provides: virtual = 1.2
Provides: other
Provides: both = 1
Provides: pair = 1, twin = 1
Requires(pre): /usr/share/files/plain
%description
%install
mkdir -p %{buildroot}/usr/share/full %{buildroot}/usr/bin
echo a > "%{buildroot}/usr/share/full/with blank"
echo b > %{buildroot}/usr/bin/full
ln -s full %{buildroot}/usr/bin/link
mkdir -p %{buildroot}/etc
echo c > %{buildroot}/etc/full.conf
%files
%dir /usr/share/full
"/usr/share/full/with blank"
/usr/bin/full
/usr/bin/link
%ghost /var/log/full.log
%config /etc/full.conf
`, `
Name: bare
Version: 1~rc1^git5
Release: 1
Summary: Bare
License: Freely redistributable
BuildArch: noarch
%description
%files
`, `
Name: files
Version: 0.9
Release: 1
Epoch: 0
Summary: Requirements of all kinds
License: MIT
BuildArch: noarch
Provides: pair = 1
Requires: full
Requires: full >= 2:1.0
Requires: full >= 1.0
Requires: full < 2:1.0
Requires: full = 2:1.0-3.el8
Requires: full = 2:1.0-4
Requires: full > 2:1.0-3
Requires: virtual >= 1.2, virtual < 1.2, virtual = 1.2-9
Requires: other >= 17
Requires: missing
Requires: bare < 1, bare > 1~rc1, bare >= 1~rc1
Requires: /usr/bin/full, /usr/bin/none
Requires: (full and bare), (full and missing), (missing or bare), (missing or gone)
Requires: (missing if gone), (missing if full), (missing if gone else bare), (bare if full else missing)
Requires: (gone or (bare unless missing)), (gone or (missing unless full)), (gone or (missing unless full else bare)), (gone or (missing unless gone))
Requires: (pair with twin), (pair without twin), (pair = 1 with twin >= 2), (virtual with gone)
Requires: ((full >= 2:1.0 and bare) or missing), (full and (bare if missing))
Recommends: recommended
%description
%install
mkdir -p %{buildroot}/usr/share/files
echo p > %{buildroot}/usr/share/files/plain
%files
/usr/share/files
`}

// buildAll builds the packages of specs, without the source packages.
func buildAll(t *testing.T) (files []string) {
	t.Helper()
	for _, spec := range specs {
		for _, f := range rpmtest.Build(t, spec) {
			if !strings.HasSuffix(f, ".src.rpm") {
				files = append(files, f)
			}
		}
	}
	return files
}

// query is the format for rpm -qa that prints what fields prints of a component.
const query = `%{NAME}|%{EVR}|%{ARCH}|%{SUMMARY}|%{LICENSE}|%{VENDOR}|%{PACKAGER}|%{URL}|%{BUGURL}|%{VCS}|%{MODULARITYLABEL}|` +
	`%{BUILDTIME}|%{BUILDHOST}|%{SOURCERPM}|%{DISTRIBUTION}|%{DISTURL}|%{OS}|` +
	`[%{REQUIRENEVRS}\t]|[%{PROVIDENEVRS}\t]|[%{FILEMODES:perms}%{FILENAMES}\t]`

// wantFields makes of a line of rpm's what fields should print.
func wantFields(line string) string {
	f := strings.Split(line, "|")
	if f[0] == keyName {
		return keyName + "|" + f[1] + "|" + f[3]
	}
	for i := range f {
		if f[i] == "(none)" {
			f[i] = ""
		}
	}
	list := func(s string, keep func(string) string) string {
		var kept []string
		for _, item := range strings.Split(strings.TrimSuffix(s, "\t"), "\t") {
			if item = keep(item); item != "" && !slices.Contains(kept, item) {
				kept = append(kept, item)
			}
		}
		return strings.Join(kept, ",")
	}
	requires := list(f[17], func(s string) string {
		if strings.HasPrefix(s, "rpmlib(") {
			return ""
		}
		return s
	})
	provides := list(f[18], func(s string) string { return s })
	files := list(f[19], func(s string) string {
		if s == "" || s[0] == 'd' {
			return ""
		}
		return strings.TrimPrefix(s[len("-rwxr-xr-x"):], "/")
	})
	return strings.Join([]string{f[0], f[1], f[2], f[3], parseLicence(f[4]).expression, fmt.Sprint(maker(f[5], f[6])), f[6],
		cleanURL(f[7]), cleanURL(f[8]), vcsURL(f[9]), f[10], f[11], hostClass(f[12]), f[13], f[14], f[15], f[16], requires, provides, files}, "|")
}

func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == propertyPrefix+name {
			return p.Value
		}
	}
	return ""
}

func link(c *sbom.Component, kind string) string {
	for _, l := range c.Links {
		if l.Type == kind {
			return l.URL
		}
	}
	return ""
}

// fields returns all that the cataloger says of a component.
func fields(c *sbom.Component) string {
	if c.Type == typeKey {
		return keyName + "|" + c.Version + "|" + c.Description
	}
	tokens := func(all []string, prefix string) string {
		var names []string
		for _, token := range all {
			if name, ok := strings.CutPrefix(token, prefix); ok { // others are for others
				names = append(names, name)
			}
		}
		return strings.Join(names, ",")
	}
	modularity := property(c, "modularity")
	if modularity == "none" {
		modularity = ""
	}
	return strings.Join([]string{c.Name, c.Version, c.Architecture, c.Description, c.Declared, fmt.Sprint(c.Maker), property(c, "packager"),
		link(c, "website"), link(c, "issue-tracker"), link(c, "vcs"), modularity, fmt.Sprint(c.Built.Unix()), property(c, "build-host"),
		property(c, "source-rpm"), property(c, "distribution"), property(c, "dist-url"), c.OS,
		tokens(c.DependsOn, needsPrefix), tokens(c.Provides, providesPrefix), strings.Join(c.Owns, ",")}, "|")
}

// scanFiles scans a root file system with the given files.
func scanFiles(t *testing.T, files map[string]string) *sbom.Inventory {
	t.Helper()
	return sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{})
}

func readFile(t *testing.T, elements ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sqliteBlobs returns the headers of a database as sqlite3 finds them.
func sqliteBlobs(t *testing.T, db string) (blobs [][]byte) {
	t.Helper()
	tool := rpmtest.Tool(t, "sqlite3", "sqlite3")
	out := rpmtest.Run(t, tool, filepath.Join(db, sqliteFile), "SELECT hex(blob) FROM Packages ORDER BY hnum")
	for line := range strings.Lines(string(out)) {
		blob, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, blob)
	}
	return blobs
}

// loadBDB makes a Berkeley DB database of headers in a new folder. Keys are
// numbers from 1 in the byte order of the database; 0 has rpm's counter.
func loadBDB(t *testing.T, blobs [][]byte, bigEndian bool) string {
	t.Helper()
	tool := rpmtest.Tool(t, "db5.3_load", "db5.3-util")
	var text strings.Builder
	write := func(v []byte) {
		for _, c := range v {
			fmt.Fprintf(&text, "\\%02x", c)
		}
		text.WriteByte('\n')
	}
	number := func(n int) []byte {
		if bigEndian {
			return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		}
		return []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
	}
	write(number(0))
	write(number(len(blobs)))
	for i, blob := range blobs {
		write(number(i + 1))
		write(blob)
	}
	dir := t.TempDir()
	order := "db_lorder=1234"
	if bigEndian {
		order = "db_lorder=4321"
	}
	cmd := exec.Command(tool, "-c", order, "-c", "db_pagesize=4096", "-t", "hash", "-T", filepath.Join(dir, bdbFile))
	cmd.Stdin = strings.NewReader(text.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// TestFields compares every field of every package with what rpm prints, for
// databases in all formats.
func TestFields(t *testing.T) {
	root := rpmtest.Install(t, buildAll(t)...)
	importKey(t, root)
	db := filepath.Join(root, rpmtest.Database)
	blobs := sqliteBlobs(t, db)
	want := rpmtest.Query(t, db, query)
	little, big := loadBDB(t, blobs, false), loadBDB(t, blobs, true)
	if got := rpmtest.Query(t, little, query, "--define", "_db_backend bdb_ro"); !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("rpm finds other packages in the Berkeley DB than in SQLite: %q, %q", got, want)
	}
	for i := range want {
		want[i] = wantFields(want[i])
	}
	if len(want) != len(specs)+1 {
		t.Fatalf("rpm finds %d packages", len(want))
	}
	for name, files := range map[string]map[string]string{
		"sqlite":                {"var/lib/rpm/rpmdb.sqlite": readFile(t, db, sqliteFile)},
		"Berkeley DB":           {"usr/share/rpm/Packages": readFile(t, little, bdbFile)},
		"big-endian BerkeleyDB": {"var/lib/rpm/Packages": readFile(t, big, bdbFile)},
		"ndb":                   {"usr/lib/sysimage/rpm/Packages.db": string(rpmtest.NDB(blobs...))},
	} {
		t.Run(name, func(t *testing.T) {
			inv := scanFiles(t, files)
			var got []string
			for _, c := range inv.Components {
				got = append(got, fields(c))
			}
			compareLines(t, sorted(got), sorted(want))
			for _, f := range inv.Findings {
				if f.Kind == sbom.Gap {
					t.Errorf("a gap: %+v", f)
				}
			}
		})
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("got\n%s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("want\n%s", line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d packages, want %d", len(got), len(want))
	}
}

// gpg makes a key in a new folder.
func gpg(t *testing.T) (home string) {
	t.Helper()
	tool := rpmtest.Tool(t, "gpg", "gnupg")
	home, err := os.MkdirTemp("", "gpg") // a short name: gpg has a socket in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if agent, err := exec.LookPath("gpgconf"); err == nil {
			rpmtest.Run(t, agent, "--homedir", home, "--kill", "all")
		}
		os.RemoveAll(home)
	})
	rpmtest.Run(t, tool, "--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
		"--quick-gen-key", "Example Signer <sign@example.org>", "rsa2048", "sign", "never")
	return home
}

// importKey makes rpm trust a new key.
func importKey(t *testing.T, root string) {
	t.Helper()
	home := gpg(t)
	key := filepath.Join(root, "key.asc")
	armor := rpmtest.Run(t, "gpg", "--homedir", home, "--armor", "--export")
	if err := os.WriteFile(key, armor, 0o644); err != nil {
		t.Fatal(err)
	}
	rpmtest.Run(t, rpmtest.Tool(t, "rpmkeys", "rpm"), "--dbpath", filepath.Join(root, rpmtest.Database), "--import", key)
}

// TestUnmet compares the requirements that are not met with those that rpm finds
// when it verifies the packages, some of them twice.
func TestUnmet(t *testing.T) {
	root := rpmtest.Install(t, buildAll(t)...)
	var want []string
	out := rpmtest.Output(t, rpmtest.Tool(t, "rpm", "rpm"), "--dbpath", filepath.Join(root, rpmtest.Database), "-V", "--nofiles",
		"--nosignature", "--nodigest", "full", "bare", "files")
	for line := range strings.Lines(string(out)) {
		if what, _, ok := strings.Cut(strings.TrimSpace(line), " is needed by "); ok {
			want = append(want, what)
		}
	}
	if len(want) < 10 {
		t.Fatalf("rpm finds %d unmet requirements: %s", len(want), out)
	}
	inv := scanFiles(t, map[string]string{"var/lib/rpm/rpmdb.sqlite": readFile(t, root, rpmtest.Database, sqliteFile)})
	var got []string
	for _, f := range inv.Findings {
		if f.Code == "rpm.unmet" {
			_, what, _ := strings.Cut(strings.TrimSuffix(f.Detail, ", which nothing here meets"), " needs ")
			got = append(got, what)
		}
	}
	compareLines(t, slices.Compact(sorted(got)), slices.Compact(sorted(want)))
}

// many is a spec file of 200 packages, each of which requires the next.
const many = `
Name: many
Version: 1
Release: 1
Summary: Many packages
License: MIT
BuildArch: noarch
AutoReqProv: no
%description
%{lua:for i=1,200 do
print("%package -n p"..i.."\nSummary: Package "..i.."\nAutoReqProv: no\nRequires: p"..(i%200+1).." = 1-1\n"..
"%description -n p"..i.."\n"..string.rep("text ", i*10).."\n%files -n p"..i.."\n/usr/share/p/"..i.."\n")
end}
%install
mkdir -p %{buildroot}/usr/share/p
for i in $(seq 200); do echo $i > %{buildroot}/usr/share/p/$i; done
`

// TestMany reads databases of so many packages that all formats need trees,
// chains and pages of slots, in the order in which rpm has changed them: some are
// removed again, others are installed in their place.
func TestMany(t *testing.T) {
	var files []string
	for _, f := range rpmtest.Build(t, many) {
		if !strings.HasSuffix(f, ".src.rpm") {
			files = append(files, f)
		}
	}
	root := rpmtest.Install(t, files...)
	db := filepath.Join(root, rpmtest.Database)
	erase := []string{"--dbpath", filepath.Join(root, rpmtest.Database), "-e", "--nodeps", "--justdb"}
	for i := 3; i < 200; i += 3 {
		erase = append(erase, fmt.Sprint("p", i))
	}
	rpmtest.Run(t, "rpm", erase...)
	rpmtest.Run(t, "rpm", append([]string{"--dbpath", filepath.Join(root, rpmtest.Database), "-i", "--nodeps", "--justdb",
		"--nosignature", "--force-debian", "--replacepkgs"}, files[:90]...)...)
	blobs := sqliteBlobs(t, db)
	want := rpmtest.Query(t, db, query)
	for i := range want {
		want[i] = wantFields(want[i])
	}
	for path, content := range map[string]string{
		"var/lib/rpm/rpmdb.sqlite": readFile(t, db, sqliteFile),
		"var/lib/rpm/Packages":     readFile(t, loadBDB(t, blobs, true), bdbFile),
		"var/lib/rpm/Packages.db":  string(rpmtest.NDB(blobs...)),
	} {
		inv := scanFiles(t, map[string]string{path: content})
		var got []string
		for _, c := range inv.Components {
			got = append(got, fields(c))
		}
		compareLines(t, sorted(got), sorted(want))
		for _, f := range inv.Findings {
			if f.Kind == sbom.Gap {
				t.Errorf("%s: a gap: %+v", path, f)
			}
		}
	}
}

// TestLogOfRPM reads a database while rpm's changes are still in the log, because
// a reader keeps rpm from writing them back.
func TestLogOfRPM(t *testing.T) {
	tool := rpmtest.Tool(t, "sqlite3", "sqlite3")
	files := buildAll(t)
	root := rpmtest.Install(t, files[0])
	db := filepath.Join(root, rpmtest.Database, sqliteFile)
	finish := holdOpen(t, tool, db)
	install := exec.Command("rpm", append([]string{"--dbpath", filepath.Join(root, rpmtest.Database), "-i", "--nodeps", "--justdb",
		"--nosignature", "--force-debian"}, files[1:]...)...)
	if err := install.Start(); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintln(len(files))
	for range 600 {
		if string(rpmtest.Run(t, tool, db, "SELECT count(*) FROM Packages")) == want {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	content, log := readFile(t, db), readFile(t, db+walSuffix)
	finish()
	if err := install.Wait(); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		log  string
		want int
	}{{"", 1}, {log, len(files)}} {
		inv := scanFiles(t, map[string]string{"var/lib/rpm/rpmdb.sqlite": content, "var/lib/rpm/rpmdb.sqlite-wal": tt.log})
		if len(inv.Components) != tt.want {
			t.Errorf("a log of %d bytes: packages %q, want %d", len(tt.log), names(inv), tt.want)
		}
	}
}

// holdOpen begins to read a database and returns how to end.
func holdOpen(t *testing.T, tool, db string) (finish func()) {
	t.Helper()
	reader := exec.Command(tool, db)
	in, err := reader.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := reader.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "BEGIN;\nSELECT count(*) FROM Packages;\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return func() {
		in.Close()
		if err := reader.Wait(); err != nil {
			t.Error(err)
		}
	}
}
