package jar

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

const (
	manifestPath = "META-INF/MANIFEST.MF"
	text         = "Manifest-Version: 1.0\r\nCreated-By: 21 (x)\r\nImplementation-Title: The Demo\r\n" +
		"Implementation-Version: 1.2\r\nImplementation-Vendor: Example Team\r\nBundle-License: Apache-2.0;link=x\r\n\r\n"
)

func pomPath(artifact string) string {
	return "META-INF/maven/org.example/" + artifact + "/pom.properties"
}

func pom(artifact, version string) string {
	return "#Created by Apache Maven\ngroupId=org.example\nartifactId=" + artifact + "\nversion=" + version + "\n"
}

func TestWants(t *testing.T) {
	tests := []struct {
		path, container string
		want            sbom.Want
	}{
		{manifestPath, "zip", sbom.Yes},
		{"lib/a.jar!/" + manifestPath, "zip", sbom.Yes},
		{pomPath("demo"), "zip", sbom.Yes},
		{manifestPath, "", sbom.No},
		{manifestPath, "tar", sbom.No},
		{"BOOT-INF/" + manifestPath, "zip", sbom.No},
		{"META-INF/maven/pom.properties", "zip", sbom.No},
		{"META-INF/maven/a/b/c/pom.properties", "zip", sbom.No},
	}
	for _, tt := range tests {
		if got := (Cataloger{}).Wants(sbom.Entry{Path: tt.path, Container: tt.container}); got != tt.want {
			t.Errorf("Wants(%q in %q) = %q, want %q", tt.path, tt.container, got, tt.want)
		}
	}
}

// TestIdentity has archives in a folder, whose file names are known, and archives that
// are the artifact.
func TestIdentity(t *testing.T) {
	plain := "Manifest-Version: 1.0\n"
	tests := []struct {
		name, root string
		files      map[string]string
		want       string // the archive
		libraries  string
	}{
		{"manifest only", "a-1.jar", map[string]string{manifestPath: text}, "library The Demo 1.2 ", ""},
		{"manifest that names nothing", "a-1.jar", map[string]string{manifestPath: plain}, "library a-1  ", ""},
		{"pom alone", "demo-1.0.jar", map[string]string{pomPath("demo"): pom("demo", "1.0")},
			"library demo 1.0 pkg:maven/org.example/demo@1.0", ""},
		{"both", "demo-1.0-all.jar", map[string]string{manifestPath: text + "x", pomPath("demo"): pom("demo", "1.0")},
			"library demo 1.0 pkg:maven/org.example/demo@1.0", ""},
		{"program", "demo.jar", map[string]string{manifestPath: plain + "Main-Class: a.B\n", pomPath("demo"): pom("demo", "1.0")},
			"application demo 1.0 pkg:maven/org.example/demo@1.0", ""},
		{"shaded", "demo-core-1.0.jar", map[string]string{manifestPath: plain, pomPath("demo"): pom("demo", "1.0"), pomPath("demo-core"): pom("demo-core", "1.0")},
			"library demo-core 1.0 pkg:maven/org.example/demo-core@1.0", "demo@1.0"},
		{"shaded, called otherwise", "app.jar", map[string]string{manifestPath: text, pomPath("a"): pom("a", "1.2"), pomPath("b"): pom("b", "1.2")},
			"library The Demo 1.2 ", "a@1.2 b@1.2"},
		{"called otherwise, without a manifest", "app.jar", map[string]string{pomPath("a"): pom("a", "1"), pomPath("b"): pom("b", "2")},
			"library app  ", "a@1 b@2"},
		{"another version than the manifest", "app.jar", map[string]string{manifestPath: text, pomPath("a"): pom("a", "7")},
			"library The Demo 1.2 ", "a@7"},
		{"the only one", "app.jar", map[string]string{manifestPath: plain, pomPath("a"): pom("a", "7")},
			"library a 7 pkg:maven/org.example/a@7", "a@7"},
		{"agrees with the manifest", "app.jar", map[string]string{
			manifestPath: plain + "Bundle-SymbolicName: org.example.a;singleton:=true\nBundle-Version: 7.0.SNAPSHOT\n",
			pomPath("a"): pom("a", "7.0-SNAPSHOT"), pomPath("b"): pom("b", "7.0-SNAPSHOT")},
			"library a 7.0-SNAPSHOT pkg:maven/org.example/a@7.0-SNAPSHOT", "a@7.0-SNAPSHOT b@7.0-SNAPSHOT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for p, s := range tt.files {
				files["opt/"+tt.root+"!/"+p] = s
			}
			inv := sbomtest.Scan(t, sbomtest.Image(sbomtest.Tree{Files: files, Container: "zip"}), Cataloger{})
			if got, libraries := describe(inv.Components, "opt/"+tt.root); got != tt.want || libraries != tt.libraries {
				t.Errorf("got %q with %q, want %q with %q", got, libraries, tt.want, tt.libraries)
			}
			if len(inv.Findings) > 0 {
				t.Errorf("findings: %v", inv.Findings)
			}
		})
	}
}

// describe returns the component that is the archive at root, and the others.
func describe(all []*sbom.Component, root string) (archive, libraries string) {
	var others []string
	for _, c := range all {
		if c.Is != root {
			others = append(others, c.Name+"@"+c.Version)
			continue
		}
		archive += fmt.Sprint(c.Type, " ", c.Name, " ", c.Version, " ", c.PURL)
	}
	slices.Sort(others)
	return archive, strings.Join(others, " ")
}

func TestFacts(t *testing.T) {
	files := map[string]string{"demo.jar!/" + manifestPath: text, "demo.jar!/" + pomPath("demo"): pom("demo", "1.0")}
	c := sbomtest.Scan(t, sbomtest.Image(sbomtest.Tree{Files: files, Container: "zip"}), Cataloger{}).Components[0]
	if c.Maker.Name != "Example Team" || c.Declared != "Apache-2.0" || len(c.Locations) != 2 {
		t.Errorf("got %+v", c)
	}
	if len(c.Properties) != 1 || c.Properties[0] != (sbom.Property{Name: "manifestgen:jar:created-by", Value: "21 (x)"}) {
		t.Errorf("properties: %v", c.Properties)
	}
}

func TestLicense(t *testing.T) {
	for in, want := range map[string]string{
		"MIT OR Apache-2.0": "MIT OR Apache-2.0", `"Apache-2.0";link="https://x"`: "Apache-2.0",
		"https://www.apache.org/licenses/LICENSE-2.0.txt": "", "Apache License": "", "MIT AND (": "", "LicenseRef-x": "", "": "",
	} {
		if got := license(in); got != want {
			t.Errorf("license(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDamaged(t *testing.T) {
	const jar = "demo-1.0.jar!/"
	tests := []struct {
		name  string
		files map[string]string
		code  string
		want  string // the archive
	}{
		{"manifest", map[string]string{manifestPath: text[:len(text)-2] + "broken\r\n"}, "jar.manifest", "library The Demo 1.2 "},
		{"manifest of zeros", map[string]string{manifestPath: strings.Repeat("\x00", 99)}, "jar.manifest", "library demo-1.0  "},
		{"pom", map[string]string{manifestPath: text, pomPath("demo"): "version=\\u1"}, "jar.pom", "library The Demo 1.2 "},
		{"pom without a group", map[string]string{manifestPath: text, pomPath("demo"): "artifactId=demo\nversion=1.0"}, "jar.pom", "library The Demo 1.2 "},
		{"pom without a version", map[string]string{pomPath("demo"): pom("demo", "${revision}")}, "jar.pom", "library demo  pkg:maven/org.example/demo"},
		{"empty pom", map[string]string{manifestPath: text, pomPath("demo"): ""}, "jar.pom", "library The Demo 1.2 "},
		{"two fit", map[string]string{pomPath("demo"): pom("demo", "1.0"), pomPath("x"): pom("demo", "1.0")}, "jar.pom",
			"library demo 1.0 pkg:maven/org.example/demo@1.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for p, s := range tt.files {
				files[jar+p] = s
			}
			m := sbomtest.Assemble(t, sbomtest.Image(sbomtest.Tree{Files: files, Container: "zip"}), Cataloger{})
			if got, _ := describe(m.Components, "demo-1.0.jar"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if !slices.ContainsFunc(m.Findings, func(f sbom.Finding) bool { return f.Kind == sbom.Gap && f.Code == tt.code }) {
				t.Errorf("no gap %s: %v", tt.code, m.Findings)
			}
		})
	}
}

// TestRealJar opens what the jar tool makes, alone and in a folder.
func TestRealJar(t *testing.T) {
	needs(t, "jar", "default-jdk-headless")
	dir := t.TempDir()
	write(t, dir, "in/Main.class", "x")
	write(t, dir, "in/"+pomPath("demo"), pom("demo", "1.0"))
	title := strings.Repeat("Long title ", 12) + "é"
	add := write(t, dir, "add.txt", "Implementation-Title: "+fold(title)+"\nImplementation-Vendor: Team\n")
	write(t, dir, "out/lib/x", "")
	for _, name := range []string{"out/lib/demo-1.0.jar", "out/renamed.jar"} {
		c := exec.Command("jar", "--create", "--file", dir+"/"+name, "--manifest", add, "--main-class", "Main", "-C", dir+"/in", ".")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	const purl = "pkg:maven/org.example/demo@1.0"
	m := open(t, dir+"/out")
	var named int
	for _, c := range m.Components {
		if c.Is != "" && c.PURL == purl && c.Type == sbom.TypeApplication && c.Maker.Name == "Team" {
			named++
		}
	}
	if named != 2 {
		t.Errorf("in a folder: %d archives are %s, want 2", named, purl)
	}
	p := open(t, dir+"/out/renamed.jar").Principal
	if p.PURL != purl || p.Name != "demo" || p.Version != "1.0" || p.Maker.Name != "Team" || p.Type != sbom.TypeApplication {
		t.Errorf("alone: got %+v", p.Component)
	}
}

// fold breaks a header value into lines, as the jar tool wants its input.
func fold(s string) string { return s[:40] + "\n " + s[40:80] + "\n " + s[80:] }

func open(t *testing.T, path string) *sbom.Manifest {
	t.Helper()
	all, err := artifact.Open(context.Background(), path, artifact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sbomtest.Assemble(t, all[0], Cataloger{})
}
