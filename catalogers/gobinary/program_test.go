package gobinary

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/manifestgen/manifestgen/catalogers/gobinary/internal/exe"
	"github.com/manifestgen/manifestgen/sbom"
)

// fromText returns the components of a program with the given build information.
func fromText(t testing.TB, version, modinfo string) []*sbom.Component {
	info, err := debug.ParseBuildInfo(modinfo)
	if err != nil {
		t.Skip(err)
	}
	info.GoVersion = version
	p := &program{entry: sbom.Entry{Path: "prog"}, info: info, file: &exe.File{Format: exe.ELF, Arch: "amd64"}}
	return p.components(nil)
}

func TestToolchain(t *testing.T) {
	tests := []struct {
		in, version, experiments, text string
	}{
		{"go1.26.8", "1.26.8", "", "go1.26.8"},
		{"go1.27rc1", "1.27rc1", "", "go1.27rc1"},
		{"go1.26.8 X:jsonv2,synctest", "1.26.8", "jsonv2,synctest", "go1.26.8"},
		{"go1.24.4-X:boringcrypto", "1.24.4", "boringcrypto", "go1.24.4"},
		{"go1.26.5 (Red Hat 1.26.5-1.el9)", "1.26.5", "", "go1.26.5 (Red Hat 1.26.5-1.el9)"},
		{"go1.22.4-google", "1.22.4", "", "go1.22.4 (google)"},
		{"go1.25.1 X:a (Red Hat 1)", "1.25.1", "a", "go1.25.1 (Red Hat 1)"},
		{"devel go1.27-1a2b3c4d Tue Jan 2 15:04:05 2026 +0000", "", "", "devel go1.27-1a2b3c4d Tue Jan 2 15:04:05 2026 +0000"},
		{"go", "", "", "go"},
		{"", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got := (&program{info: &debug.BuildInfo{GoVersion: tt.in}}).toolchain()
			if got.version != tt.version || got.experiments != tt.experiments || got.text() != tt.text {
				t.Errorf("got %q %q %q, want %q %q %q", got.version, got.experiments, got.text(), tt.version, tt.experiments, tt.text)
			}
		})
	}
}

func TestLinkerVersions(t *testing.T) {
	const module = "example.com/app"
	tests := []struct {
		name, flags, want string
	}{
		{"none", "-s -w", ""},
		{"two words", "-s -X main.version=1.2.3 -w", "1.2.3"},
		{"one word", "-X=main.Version=v1.2.3", "v1.2.3"},
		{"two dashes", "--X main.version=1.2.3", "1.2.3"},
		{"quoted", `-X 'main.version=1.2.3' "-X=main.gitVersion=v1.2.3+k0s"`, "1.2.3 v1.2.3+k0s"},
		{"in a package of the module", "-X example.com/app/internal/build.Version=4.5", "4.5"},
		{"in another module", "-X example.com/application.Version=4.5 -X k8s.io/api.version=v1.0.0", ""},
		{"another variable", "-X main.apiKey=1.2.3", ""},
		{"a secret", "-X main.version=SECRET123", ""},
		{"a long one", "-X main.version=1.2.3-" + strings.Repeat("a", 60), ""},
		{"nothing after", "-X", ""},
		{"an open quote", `-X 'main.version=1.2.3`, "1.2.3"},
		{"no package", "-X version=1.2.3", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, v := range linkerVersions(tt.flags, module) {
				got = append(got, v.value)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

// TestHostileNames holds that no control character and no markup of build
// information becomes part of an identity.
func TestHostileNames(t *testing.T) {
	bad := "evil\x1b]52;c;x\a/<script>"
	all := fromText(t, "go1.26.8", "path\texample.com/a\nmod\texample.com/a\tv1.0.0\t\ndep\t"+bad+"\tv1.0.0\x1b[2J\t\n")
	c := all[len(all)-1]
	if c.PURL != "" || strings.ContainsFunc(c.Name+c.Version, unicode.IsControl) {
		t.Errorf("%q %q %q", c.Name, c.Version, c.PURL)
	}
	if !slices.ContainsFunc(c.Findings, func(f sbom.Finding) bool { return f.Code == "go.name" }) {
		t.Errorf("findings %+v", c.Findings)
	}
}

func TestUnversionedModule(t *testing.T) {
	all := fromText(t, "go1.26.8", "path\texample.com/a\nmod\texample.com/a\t(devel)\t\ndep\texample.com/b\t(devel)\t\n")
	if program := all[0]; program.Version != "" || program.PURL != "pkg:golang/example.com/a" {
		t.Errorf("program %q %s", program.Version, program.PURL)
	}
	if b := all[len(all)-1]; b.Version != "" || b.PURL != "pkg:golang/example.com/b" {
		t.Errorf("module %q %s", b.Version, b.PURL)
	}
}

// TestSettingsAreListed holds that a setting that is not allow-listed does not
// come out.
func TestSettingsAreListed(t *testing.T) {
	text := "path\texample.com/a\n"
	for _, s := range []string{"-ldflags=-X main.token=T", "-gcflags=-trimpath=/home/me", "-pgo=/home/me/x.pgo", "CGO_CFLAGS=-I/home/me",
		"CGO_LDFLAGS=-L/home/me", "-asmflags=x", "GOAMD64=v3", "-tags=netgo", "GOFIPS140=v1.0.0", "vcs=git"} {
		text += "build\t" + s + "\n"
	}
	var got []string
	for _, c := range fromText(t, "go1.26.8 X:jsonv2", text)[0].Candidates {
		for _, s := range c.Facts.Settings {
			got = append(got, s.Name+"="+s.Value)
		}
	}
	if want := "GOAMD64=v3 -tags=netgo GOFIPS140=v1.0.0 vcs=git GOEXPERIMENT=jsonv2"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestManyModules holds that each of 20,000 modules comes out once.
func TestManyModules(t *testing.T) {
	var b strings.Builder
	b.WriteString("path\texample.com/a\nmod\texample.com/a\tv1.0.0\t\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "dep\texample.com/m%d\tv1.0.%d\th1:x\n", i, i)
	}
	all := fromText(t, "go1.26.8", b.String())
	if len(all) != 20_002 || len(all[0].Includes) != 20_001 {
		t.Errorf("%d components, %d edges", len(all), len(all[0].Includes))
	}
}

func FuzzComponents(f *testing.F) {
	f.Add("go1.26.8", "path\texample.com/a\nmod\texample.com/a\tv1.0.0\t\ndep\texample.com/b\tv1.0.0\th1:x\n=>\t./local\t(devel)\t\n")
	f.Add("devel +1", "path\tcommand-line-arguments\ndep\texample.com/b\t(devel)\t\nbuild\t-ldflags=\"-X main.version=1.0.0\"\n")
	f.Add("go1 X:", "mod\t\x1b\t\x00\t\n")
	f.Fuzz(func(t *testing.T, version, modinfo string) {
		all := fromText(t, version, modinfo)
		for _, c := range all {
			for _, s := range []string{c.Name, c.Version, c.PURL, c.Ref} {
				if strings.ContainsFunc(s, unicode.IsControl) {
					t.Errorf("a control character in %q", s)
				}
			}
		}
		for _, key := range all[0].Includes {
			if key == "" {
				t.Error("an edge to nothing")
			}
		}
	})
}
