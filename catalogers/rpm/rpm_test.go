package rpm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/bdb"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/sqlite"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

func TestWants(t *testing.T) {
	together := sbom.Together("var/lib/rpm/rpmdb.sqlite")
	tests := []struct {
		entry sbom.Entry
		want  sbom.Want
	}{
		{sbom.Entry{Path: "var/lib/rpm/Packages"}, sbom.Yes},
		{sbom.Entry{Path: "usr/lib/sysimage/rpm/Packages.db"}, sbom.Yes},
		{sbom.Entry{Path: "usr/share/rpm/rpmdb.sqlite"}, sbom.Together("usr/share/rpm/rpmdb.sqlite")},
		{sbom.Entry{Path: "a.tar!/usr/share/rpm/rpmdb.sqlite"}, sbom.Together("a.tar!/usr/share/rpm/rpmdb.sqlite")},
		{sbom.Entry{Path: "var/lib/rpm/rpmdb.sqlite"}, together},
		{sbom.Entry{Path: "var/lib/rpm/rpmdb.sqlite-wal", Size: 1}, together},
		{sbom.Entry{Path: "var/lib/rpm/rpmdb.sqlite-journal", Size: 1}, together},
		{sbom.Entry{Path: "var/lib/rpm/rpmdb.sqlite-wal"}, sbom.No},
		{sbom.Entry{Path: "var/lib/rpm/rpmdb.sqlite-shm", Size: 1}, sbom.No},
		{sbom.Entry{Path: "var/lib/rpm/Name"}, sbom.No},
		{sbom.Entry{Path: "srv/root/var/lib/rpm/Packages"}, sbom.No},
		{sbom.Entry{Path: "var/lib/rpmmanifest/container-manifest-2"}, sbom.Yes},
		{sbom.Entry{Path: "a.rpm!/!control/header", Container: "rpm"}, sbom.Yes},
		{sbom.Entry{Path: "a.deb!/!control/header", Container: "deb"}, sbom.No},
	}
	for _, tt := range tests {
		if got := (Cataloger{}).Wants(tt.entry); got != tt.want {
			t.Errorf("Wants(%q) = %q, want %q", tt.entry.Path, got, tt.want)
		}
	}
}

// names returns the names of the components.
func names(inv *sbom.Inventory) (names []string) {
	for _, c := range inv.Components {
		names = append(names, c.Name)
	}
	return sorted(names)
}

// findings returns kind, code and path of the findings.
func findings(inv *sbom.Inventory) (all []string) {
	for _, f := range inv.Findings {
		all = append(all, fmt.Sprint(f.Kind, " ", f.Code, " ", f.Path))
	}
	for _, c := range inv.Components {
		for _, f := range c.Findings {
			all = append(all, fmt.Sprint(f.Kind, " ", f.Code, " ", c.Name))
		}
	}
	return sorted(all)
}

func plain(name string) installed { return installed{name: name, arch: "noarch"} }

func TestCatalog(t *testing.T) {
	db, wal := readFile(t, "internal/sqlite/testdata/packages.sqlite"), readFile(t, "internal/sqlite/testdata/packages.sqlite-wal")
	const (
		sqlitePath = "var/lib/rpm/rpmdb.sqlite"
		ndbPath    = "var/lib/rpm/Packages.db"
		bdbPath    = "usr/share/rpm/Packages"
	)
	oldBDB := string(rpmtest.BDB(binary.LittleEndian, plain("a").blob(), plain("gone").blob()))
	damaged := rpmtest.Header(rpmtest.Tags{header.Name: "damaged"})
	damaged[bytes.Index(damaged, []byte("noarch"))] ^= 1
	ten := []string{"package1", "package10", "package2", "package3", "package4", "package5", "package6", "package7", "package8", "package9"}
	tests := []struct {
		name         string
		files        map[string]string
		want         []string
		wantFindings []string
	}{
		{"with its log", map[string]string{sqlitePath: db, sqlitePath + "-wal": wal}, ten, nil},
		{"empty log", map[string]string{sqlitePath: db, sqlitePath + "-wal": ""}, slices.DeleteFunc(slices.Clone(ten), func(s string) bool {
			return s == "package9" || s == "package10"
		}), nil},
		{"log without database", map[string]string{sqlitePath + "-wal": wal}, nil, []string{"gap group.incomplete " + sqlitePath + "-wal"}},
		{"journal", map[string]string{sqlitePath: db, sqlitePath + "-wal": wal, sqlitePath + "-journal": "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"},
			ten, []string{"gap rpm.database " + sqlitePath}},
		{"journal that is done with", map[string]string{sqlitePath: db, sqlitePath + "-wal": wal, sqlitePath + "-journal": strings.Repeat("\x00", 512)}, ten, nil},
		{"empty database file", map[string]string{sqlitePath: ""}, nil, []string{"gap rpm.database " + sqlitePath}},
		{"no packages", map[string]string{ndbPath: database()}, nil, nil},
		{"two databases", map[string]string{ndbPath: database(plain("a"), plain("b")), bdbPath: oldBDB},
			[]string{"a", "b", "gone"}, []string{"note rpm.multiple " + bdbPath}},
		{"a package twice", map[string]string{ndbPath: database(plain("a"), plain("a"))}, []string{"a"}, []string{"note rpm.duplicate a"}},
		{"two versions of a package", map[string]string{ndbPath: string(rpmtest.NDB(plain("a").blob(),
			rpmtest.Header(rpmtest.Tags{header.Name: "a", header.Version: "9"})))}, []string{"a", "a"}, nil},
		{"no name", map[string]string{ndbPath: database(plain(""), plain("b"))}, []string{"b"}, []string{"gap rpm.header " + ndbPath}},
		{"wrong digest", map[string]string{ndbPath: string(rpmtest.NDB(damaged, plain("b").blob()))},
			[]string{"b", "damaged"}, []string{"gap rpm.header " + ndbPath}},
		{"header of 8 bytes", map[string]string{ndbPath: string(rpmtest.NDB(make([]byte, 8), plain("b").blob()))},
			[]string{"b"}, []string{"gap rpm.header " + ndbPath}},
		{"paths much longer than the header", map[string]string{ndbPath: string(rpmtest.NDB(rpmtest.Header(rpmtest.Tags{
			header.BaseNames: slices.Repeat([]string{"f"}, 1000), header.DirNames: []string{strings.Repeat("d", 4000)},
			header.DirIndexes: make([]uint32, 1000)})))},
			[]string{"a"}, []string{"gap rpm.header " + ndbPath}},
		{"folder index outside", map[string]string{ndbPath: string(rpmtest.NDB(rpmtest.Header(rpmtest.Tags{
			header.BaseNames: []string{"f"}, header.DirNames: []string{"/"}, header.DirIndexes: []uint32{7}})))},
			[]string{"a"}, []string{"gap rpm.header " + ndbPath}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := scanFiles(t, tt.files)
			if got := names(inv); !slices.Equal(got, tt.want) {
				t.Errorf("packages %q, want %q", got, tt.want)
			}
			if got := findings(inv); !slices.Equal(got, tt.wantFindings) {
				t.Errorf("findings %q, want %q", got, tt.wantFindings)
			}
		})
	}
}

// A database and its log may be in different layers, and a layer may replace one.
func TestLayers(t *testing.T) {
	db, wal := readFile(t, "internal/sqlite/testdata/packages.sqlite"), readFile(t, "internal/sqlite/testdata/packages.sqlite-wal")
	const path = "usr/lib/sysimage/rpm/rpmdb.sqlite"
	lower := sbomtest.Tree{ID: "sha256:1", Files: map[string]string{path: db}}
	tests := []struct {
		name  string
		upper sbomtest.Tree
		want  int
	}{
		{"log above", sbomtest.Tree{ID: "sha256:2", Files: map[string]string{path + "-wal": wal}}, 10},
		{"removed", sbomtest.Tree{ID: "sha256:2", Removed: []string{path}}, 0},
		{"something else above", sbomtest.Tree{ID: "sha256:2", Files: map[string]string{"a": "b"}}, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := sbomtest.Scan(t, sbomtest.Image(lower, tt.upper), Cataloger{})
			if len(inv.Components) != tt.want || len(inv.Findings) > 0 {
				t.Errorf("packages %q, findings %q, want %d packages", names(inv), findings(inv), tt.want)
			}
		})
	}
}

// Of many errors the first are listed, and the rest is counted.
func TestManyErrors(t *testing.T) {
	var blobs [][]byte
	for range 3 * maxErrors {
		blobs = append(blobs, []byte("no header"))
	}
	inv := scanFiles(t, map[string]string{"var/lib/rpm/Packages.db": string(rpmtest.NDB(blobs...))})
	if len(inv.Findings) != maxErrors+1 || !strings.Contains(fmt.Sprint(inv.Findings), fmt.Sprint(2*maxErrors, " errors more")) {
		t.Errorf("%d findings", len(inv.Findings))
	}
}

// TestFlippedByte changes bytes of databases that rpm and db_load have written,
// at places spread over the whole file.
func TestFlippedByte(t *testing.T) {
	root := rpmtest.Install(t, buildAll(t)...)
	db := filepath.Join(root, rpmtest.Database)
	blobs := sqliteBlobs(t, db)
	for name, tt := range map[string]struct {
		file string
		read func(io.ReaderAt, int64) iter.Seq2[[]byte, error]
	}{
		"sqlite": {readFile(t, db, sqliteFile), func(r io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
			return sqlite.Blobs(sqlite.File{ReaderAt: r, Size: size}, sqlite.File{})
		}},
		"Berkeley DB": {readFile(t, loadBDB(t, blobs, false), bdbFile), bdb.Blobs},
	} {
		t.Run(name, func(t *testing.T) {
			rpmtest.FlipBytes(t, []byte(tt.file), 61, tt.read)
		})
	}
}

func TestTrustedKey(t *testing.T) {
	key := rpmtest.Header(rpmtest.Tags{header.Name: keyName, header.Version: "fd431d51", header.Release: "4ae0493b",
		header.Summary: "Example <security@example.org> public key", header.Packager: "Example <security@example.org>"})
	m := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{"var/lib/rpm/Packages.db": string(rpmtest.NDB(key))}), Cataloger{})
	c := m.Components[0]
	if c.Type != typeKey || c.PURL != "" || property(c, "trusted-key") != "fd431d51" || c.Maker.Contacts[0].Email != "security@example.org" {
		t.Errorf("got %+v", c)
	}
}

func TestPURL(t *testing.T) {
	for _, tt := range []struct {
		name, evr, arch, want string
	}{
		{"bash", "5.1-2.el9", "x86_64", "pkg:rpm/bash@5.1-2.el9?arch=x86_64"},
		{"libstdc++", "1:2~rc1^git+1-3", "x86_64", "pkg:rpm/libstdc%2B%2B@2~rc1%5Egit%2B1-3?arch=x86_64&epoch=1"},
		{"Mixed", "0:1-2", "", "pkg:rpm/Mixed@1-2"},
	} {
		if got := purl(tt.name, parseVersion(tt.evr), tt.arch); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestDistribution(t *testing.T) {
	files := map[string]string{"var/lib/rpm/Packages.db": database(plain("a")), "etc/os": ""}
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{}, fakeOS{})
	if got, want := m.Components[len(m.Components)-1].PURL, "pkg:rpm/example/a@1-2?arch=noarch&distro=example-9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestModularity(t *testing.T) {
	for name, tt := range map[string]struct {
		tags rpmtest.Tags
		want string
	}{
		"absent": {nil, ""},
		"empty":  {rpmtest.Tags{header.ModularityLabel: ""}, "none"},
		"set":    {rpmtest.Tags{header.ModularityLabel: "perl:5.26:8020:abc"}, "perl:5.26:8020:abc"},
	} {
		h, err := header.Parse(rpmtest.Header(tt.tags))
		if err != nil {
			t.Fatal(err)
		}
		c, err := newReader(sbom.Entry{}).component(h, "noarch")
		if err != nil || property(c, "modularity") != tt.want {
			t.Errorf("%s: got %q, %v, want %q", name, property(c, "modularity"), err, tt.want)
		}
	}
}

func TestHostClass(t *testing.T) {
	for host, want := range map[string]string{
		"": "", "localhost": "local", "localhost.localdomain": "local", "builder": "local", "10.0.0.1": "local", "fe80::1": "local",
		"x86-01.bsys.centos.org": "centos.org", "centos.org": "centos.org", "b.example.org.": "example.org",
	} {
		if got := hostClass(host); got != want {
			t.Errorf("hostClass(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestMaker(t *testing.T) {
	mail := []sbom.Contact{{Email: "build@example.org"}}
	for _, tt := range []struct {
		vendor, packager string
		want             sbom.Party
	}{
		{"", "", sbom.Party{}},
		{"Example, Inc.", "", sbom.Party{Name: "Example, Inc."}},
		{"SUSE LLC <https://www.suse.com/>", "https://bugs.example.org", sbom.Party{Name: "SUSE LLC", URL: "https://www.suse.com/"}},
		{"Example", "Build Team <build@example.org>", sbom.Party{Name: "Example", Contacts: []sbom.Contact{{Name: "Build Team", Email: "build@example.org"}}}},
		{"", "Ann Other <build@example.org>", sbom.Party{Name: "Ann Other", Person: true, Contacts: mail}},
		{"", "Example Project <build@example.org>", sbom.Party{Name: "Example Project", Contacts: mail}},
		{"", "https://user:secret@example.org/", sbom.Party{URL: "https://example.org/"}},
	} {
		if got := maker(tt.vendor, tt.packager); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("maker(%q, %q) = %+v, want %+v", tt.vendor, tt.packager, got, tt.want)
		}
	}
}

func TestURLs(t *testing.T) {
	for s, want := range map[string]string{
		"":                          "",
		"https://example.org/a.git": "https://example.org/a.git",
		"git:https://u:token@example.org/a.git#c": "https://example.org/a.git#c",
		"git+ssh://git@example.org/a.git":         "git+ssh://example.org/a.git",
		"git@example.org:a.git":                   "",
		"/local/path":                             "",
	} {
		if got := vcsURL(s); got != want {
			t.Errorf("vcsURL(%q) = %q, want %q", s, got, want)
		}
	}
}

func FuzzCatalog(f *testing.F) {
	f.Add(plain("a").blob())
	f.Add(rpmtest.Header(rpmtest.Tags{header.License: "GPLv2+ and (MIT or BSD)", header.RequireName: []string{"(a if b)"}}))
	f.Fuzz(func(t *testing.T, blob []byte) {
		c, err := newReader(sbom.Entry{Path: "var/lib/rpm/Packages"}).installed(bytes.Clone(blob))
		if c == nil && err == nil {
			t.Fatal("neither a component nor an error")
		}
		if c != nil && c.Name == "" {
			t.Error("a component without a name")
		}
		if c != nil {
			Cataloger{}.Resolve([]*sbom.Component{c})
		}
	})
}

// fakeOS finds an operating system wherever there is a file etc/os.
type fakeOS struct{}

func (fakeOS) Name() string { return "fakeos" }

func (fakeOS) Wants(e sbom.Entry) sbom.Want {
	if e.Path == "etc/os" {
		return sbom.Yes
	}
	return sbom.No
}

func (fakeOS) Catalog(context.Context, *sbom.File) ([]*sbom.Component, error) {
	return []*sbom.Component{{Type: sbom.TypeOperatingSystem, Name: "example", Version: "9"}}, nil
}

// TestNewestFormat holds that the database in the newest format counts.
func TestNewestFormat(t *testing.T) {
	const ndbPath, bdbPath = "var/lib/rpm/" + ndbFile, "var/lib/rpm/" + bdbFile
	plain := func(name string) []byte { return rpmtest.Header(rpmtest.Tags{header.Name: name}) }
	files := map[string]string{
		ndbPath: string(rpmtest.NDB(plain("a"), plain("b"))),
		bdbPath: string(rpmtest.BDB(binary.LittleEndian, plain("a"), plain("gone"))),
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	var got []string
	for _, c := range m.Components {
		got = append(got, c.Name)
	}
	slices.Sort(got)
	if want := []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("packages %q, want %q", got, want)
	}
	delete(files, ndbPath)
	if m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{}); len(m.Components) != 2 {
		t.Errorf("alone, the old one has %d packages, want 2", len(m.Components))
	}
}
