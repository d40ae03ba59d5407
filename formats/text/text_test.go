package text

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

func encode(t testing.TB, m *sbom.Manifest, o Options) string {
	t.Helper()
	var buf bytes.Buffer
	if err := Encode(&buf, m, o); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestEncode(t *testing.T) {
	m := formattest.Full()
	m.Principal.Links = m.Principal.Links[:2]
	got := encode(t, m, Options{Width: 60})
	want := `nova 30.1.0
  type         application
  built for    linux/amd64
  package URL  pkg:generic/nova@30.1.0?arch=amd64&os=linux
  file         nova-30.1.0-linux-amd64.tar.gz
  SHA-256      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  SHA-512      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  built        2026-11-20T09:41:00Z
  published    2026-11-20T12:00:00Z
  support      limitedSupport until 2028-04-30T00:00:00Z
  repository   https://example.org/git/nova
  commit       1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b, work tree clean
  tag          30.1.0, signature good openpgp ABCD Ada <ada@example.org>
  toolchain    go1.26.8
  input        Makefile https://example.org/git/nova/Makefile
  input        build.sh
  made by      Nova Release Team, https://example.org/teams/nova, nova@example.org
  supplied by  Ada, https://example.org/ada, Ada ada@example.org +49 30 2
  website      https://example.org/
  bugs         https://bugs.example.org/mod
  licence      BSD-3-Clause
  disclaimer   LICENSE, section 7

1 gap: what is listed here is not all
  io.permission  etc/shadow of sha256:1234: permission deni…

1 unknown: the artifact does not say
  go.edges  the edges are not known

1 note
  principal.conflict  root: two versions

4 components, 2 dependencies
NAME              VERSION           TYPE     LICENCE
golang.org/x/mod  v0.30.0           library  BSD-3-Clause
golang.org/x/mod  v0.30.0 (wanted)  library  BSD-3-Clause
silent            unknown           file
tool              unknown           file
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestEncodeColor(t *testing.T) {
	m := formattest.Full()
	plain, colored := encode(t, m, Options{}), encode(t, m, Options{Color: true})
	if strings.Contains(plain, "\x1b") {
		t.Error("there are colors although none are wanted")
	}
	if !strings.Contains(colored, "\x1b[1;31m1 gap") {
		t.Error("gaps are not red")
	}
	if got := strings.NewReplacer("\x1b[1m", "", "\x1b[1;31m", "", "\x1b[1;33m", "", "\x1b[0m", "").Replace(colored); got != plain {
		t.Error("colors change more than colors")
	}
}

func TestEncodeHostile(t *testing.T) {
	m := formattest.Hostile()
	m.Principal.Name, m.Principal.Version = "::set-output name=a::b", "\x1b]0;title\x07"
	for i, f := range m.Findings {
		m.Findings[i].Kind, m.Findings[i].Code = sbom.Gap, f.Detail
	}
	for _, width := range []int{1, 20, 80, 200} {
		for _, line := range strings.Split(encode(t, m, Options{Width: width}), "\n") {
			if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%.80q has a character that does something", line)
			}
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##vso[") || strings.Contains(line, "##[") {
				t.Errorf("%.80q is a command of a build service", line)
			}
		}
	}
}

func TestTableFits(t *testing.T) {
	m := formattest.Many(50)
	m.Components[3].Name = strings.Repeat("name漢字", 40)
	m.Components[4].Declared = strings.Repeat("MIT OR ", 40) + "MIT"
	for _, width := range []int{30, 60, 80, 133} {
		_, table, ok := strings.Cut(encode(t, m, Options{Width: width}), "NAME")
		if !ok {
			t.Fatal("there is no table")
		}
		for line := range strings.Lines("NAME" + table) {
			if n := terminal.Columns(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns in %d: %q", n, width, line)
			}
		}
	}
}

func TestManyFindings(t *testing.T) {
	m := formattest.Minimal()
	for i := range 25 {
		m.Findings = append(m.Findings, sbom.Finding{Kind: sbom.Gap, Code: fmt.Sprintf("code.%02d", i), Detail: "x"})
	}
	got := encode(t, m, Options{})
	if !strings.Contains(got, "25 gaps") || !strings.Contains(got, "and 5 more") || strings.Contains(got, "code.20") {
		t.Errorf("got:\n%s", got)
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestEncodeErrors(t *testing.T) {
	if err := Encode(fullDisk{}, formattest.Full(), Options{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
	if err := Encode(&bytes.Buffer{}, &sbom.Manifest{}, Options{}); err == nil {
		t.Error("no error for a manifest without a principal")
	}
}
