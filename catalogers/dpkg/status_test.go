package dpkg

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func parseOne(t *testing.T, in string) (*pkg, error) {
	t.Helper()
	for s, err := range stanzas(strings.NewReader(in)) {
		if err != nil {
			t.Fatal(err)
		}
		return parsePackage(s)
	}
	t.Fatal("no stanza")
	return nil, nil
}

func TestParsePackage(t *testing.T) {
	p, err := parseOne(t, `Package: libexample1
Status: hold reinstreq triggers-pending
Maintainer: "Jane Q. Doe <x>" <jane@example.org>
Architecture: i386
Multi-Arch: same
Source: example (1:2.0-1)
Version: 1:2.0-1+b1
Provides: libexample, libexample-api (= 2)
Depends: libc6 (>= 2.36), foo | bar
Pre-Depends: init-system-helpers
Built-Using: golang-1.19 (= 1.19.8-2), gcc-12 (= 12.2.0-14)
Static-Built-Using: rustc (= 1.63.0)
Homepage: https://example.org/
Bugs: mailto:bugs@example.org
Description: example library
 Long text.
`)
	if err != nil {
		t.Fatal(err)
	}
	name, mail := parseMaintainer(p.maintainer)
	got := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s", p.infoName(), p.version, p.arch, p.source, p.sourceVersion,
		p.state, p.homepage, p.bugs, p.summary, name, mail)
	want := "libexample1:i386|1:2.0-1+b1|i386|example|1:2.0-1|triggers-pending|https://example.org/|mailto:bugs@example.org|example library|Jane Q. Doe <x>|jane@example.org"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	relations := fmt.Sprint(formatRelations(p.depends), "|", formatRelations(p.preDepends), "|", p.provides, "|", p.builtUsing, "|", p.staticBuiltUsing)
	want = "libc6 (>= 2.36), foo | bar|init-system-helpers|[libexample libexample-api (= 2)]|[golang-1.19 (= 1.19.8-2) gcc-12 (= 12.2.0-14)]|[rustc (= 1.63.0)]"
	if relations != want {
		t.Errorf("got  %s\nwant %s", relations, want)
	}
}

func TestStatus(t *testing.T) {
	tests := []struct {
		field   string
		here    bool
		wantErr string
	}{
		{"Status: install ok installed", true, ""},
		{"Status: deinstall ok installed", true, ""}, // still on disk
		{"Status: purge ok installed", true, ""},
		{"Status: hold ok installed", true, ""},
		{"Status: install reinstreq half-installed", true, ""},
		{"Status: install ok unpacked", true, ""},
		{"Status: install ok half-configured", true, ""},
		{"Status: install ok triggers-awaited", true, ""},
		{"Status: install ok triggers-pending", true, ""},
		{"Status: deinstall ok config-files", false, ""},
		{"Status: install ok config-files", false, ""},
		{"Status: purge ok not-installed", false, ""},
		{"Section: none", true, ""}, // as in images without dpkg
		{"Status: install ok instaled", true, `"instaled" is not a state`},
		{"Status: install ok", true, `"install ok" is not a status`},
		{"Status: deinstall bad config-files", true, "is not a status"},
		{"Status:", true, "is not a status"},
	}
	for _, tt := range tests {
		p, err := parseOne(t, "Package: a\nVersion: 1\nArchitecture: all\n"+tt.field+"\n")
		checkErr(t, err, tt.wantErr)
		if p == nil || p.here() != tt.here {
			t.Errorf("%s: got %+v, want here = %v", tt.field, p, tt.here)
		}
	}
}

func TestPackageFaults(t *testing.T) {
	tests := []struct {
		in, wantErr string
		lost        bool
	}{
		{in: "Version: 1\n", wantErr: "a stanza without a name", lost: true},
		{in: "Package: a\nArchitecture: all\n", wantErr: "a: Version: no version"},
		{in: "Package: a\nVersion: 1\n", wantErr: "a: Architecture: invalid name"},
		{in: "Package: a b\nVersion: 1\nArchitecture: all\n", wantErr: `invalid name "a b"`},
		{in: "Package: a\nVersion: 1;2\nArchitecture: all\n", wantErr: `version "1;2": invalid character`},
		{in: "Package: a\nVersion: 1\nArchitecture: all\nSource: b (\n", wantErr: "is not a source package"},
		{in: "Package: a\nVersion: 1\nArchitecture: all\nDepends: ;\nSource: ()\n", wantErr: "line 1: a: Source: \"()\" is not a source package, and 1 more"},
		{in: "Package: a\nStatus: deinstall ok config-files\n"},
	}
	for _, tt := range tests {
		p, err := parseOne(t, tt.in)
		checkErr(t, err, tt.wantErr)
		if (p == nil) != tt.lost {
			t.Errorf("%q: got %v", tt.in, p)
		}
	}
}

// TestDpkgQuery compares with dpkg-query on the status file of this machine.
func TestDpkgQuery(t *testing.T) {
	needTool(t, "dpkg-query", "dpkg")
	status, err := os.ReadFile("/var/lib/dpkg/status")
	if err != nil {
		t.Skip("this machine is not a Debian one")
	}
	admin := t.TempDir()
	if err := os.WriteFile(admin+"/status", status, 0o600); err != nil {
		t.Fatal(err)
	}
	compareWithDpkg(t, admin, status)
}

// compareWithDpkg compares what we read in the status file with what dpkg-query
// does, for all packages but those that are not installed at all.
func compareWithDpkg(t *testing.T, admin string, status []byte) {
	t.Helper()
	const format = `${Package}|${Version}|${Architecture}|${db:Status-Status}|${source:Package}|${source:Version}\n`
	out, err := exec.Command("dpkg-query", "--admindir="+admin, "-W", "-f", format).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for s, err := range stanzas(bytes.NewReader(status)) {
		if err != nil {
			t.Error(err)
		}
		p, err := parsePackage(s)
		if err != nil {
			t.Error(err)
		}
		got = append(got, strings.Join([]string{p.name, p.version, p.arch, p.state, p.source, p.sourceVersion}, "|"))
	}
	want := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %d packages, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("got %s, want %s", got[i], want[i])
		}
	}
	t.Logf("%d packages", len(got))
}

// FuzzParsePackage holds parsePackage to this: a package without an error has a
// name, and if it is here a version that can be compared.
func FuzzParsePackage(f *testing.F) {
	f.Add([]byte("Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nSource: b (2)\nDepends: c | d"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for s, err := range stanzas(bytes.NewReader(in)) {
			p, bad := parsePackage(s)
			if err != nil || bad != nil {
				continue
			}
			if p.name == "" || p.here() && (checkVersion(p.version) != nil || p.arch == "") {
				t.Errorf("got %+v without an error", p)
			}
		}
	})
}
