package python

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// outline says what a manifest holds, one fact in each line.
func outline(m *sbom.Manifest) []string {
	var lines []string
	for _, c := range m.Components {
		line := c.Ref
		if c.Wanted {
			line += " wanted"
		}
		lines = append(lines, line)
	}
	for _, e := range m.Edges {
		lines = append(lines, fmt.Sprintf("%s %s %s", e.From, e.Kind, e.To))
	}
	for _, f := range m.Findings {
		if !strings.HasPrefix(f.Code, "principal.") {
			lines = append(lines, fmt.Sprintf("%s %s", f.Kind, f.Code))
		}
	}
	return lines
}

func checkOutline(t *testing.T, m *sbom.Manifest, want ...string) {
	t.Helper()
	if got := outline(m); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		for _, f := range m.Findings {
			t.Logf("%+v", f)
		}
	}
}

const site = "usr/lib/python3.11/site-packages/"

func metadata(name, version, fields string) string {
	return "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n" + fields + "\nText\n"
}

// TestScan scans the files of each archive in testdata/scan and compares what
// is found with its last file, want.
func TestScan(t *testing.T) {
	archives, err := filepath.Glob("testdata/scan/*.txtar")
	check(t, err)
	if len(archives) == 0 {
		t.Fatal("no archives")
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			check(t, err)
			files := map[string]string{}
			for _, f := range a.Files {
				files[f.Name] = string(f.Data)
			}
			want := strings.Split(strings.TrimSpace(files["want"]), "\n")
			delete(files, "want")
			checkScan(t, files, slices.DeleteFunc(want, func(s string) bool { return s == "" })...)
		})
	}
}

// checkScan scans files and compares what is found, and that no secret is in it.
func checkScan(t *testing.T, files map[string]string, want ...string) {
	t.Helper()
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	checkOutline(t, m, want...)
	if text, err := json.Marshal(m); err != nil || strings.Contains(string(text), "canary") {
		t.Errorf("%v, or a secret is in %s", err, text)
	}
}

// What no archive of text can hold.
func TestScanHostile(t *testing.T) {
	fold := " " + strings.Repeat("x", 1000) + "\n"
	tests := []struct {
		name, path, text string
		want             []string
	}{
		{"H122 folding bomb", "a-1.dist-info/METADATA", metadata("a", "1", "Summary: x\n"+strings.Repeat(fold, 5<<10)),
			[]string{"pkg:pypi/a@1", "gap python.metadata"}},
		{"H122 too large", "a-1.dist-info/METADATA", metadata("a", "1", strings.Repeat("x", 65<<20)),
			[]string{"pkg:pypi/a@1", "gap limit.text", "gap python.metadata", "gap python.metadata"}},
		{"H122 not UTF-8", "a-1.dist-info/METADATA", "Name: a\xff\nVersion: 1\n",
			[]string{"pkg:pypi/a@1", "gap python.metadata", "gap python.metadata"}},
		{"H122 escapes", "a-1.dist-info/METADATA", "Name: \x1b[31ma\nVersion: 1\x1b[0m\n",
			[]string{"pkg:pypi/a@1", "gap python.metadata", "gap python.metadata"}},
		{"lock that is not UTF-8", "poetry.lock", "\xff", []string{"gap python.lock"}},
		{"lock cut off", "Pipfile.lock", "{", []string{"gap python.lock"}},
		{"lock of brackets", "uv.lock", "a = " + strings.Repeat("[", 1<<20), []string{"gap python.lock"}},
		{"project of an escape", "pyproject.toml", "[project]\nname='\\u001b'", []string{"gap python.lock"}},
		{"conda of brackets", "conda-meta/a.json", strings.Repeat("[", 1<<20), []string{"gap python.metadata"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkScan(t, map[string]string{tt.path: tt.text}, tt.want...) })
	}
}

func TestFacts(t *testing.T) {
	files := map[string]string{
		site + "a-1.0.dist-info/METADATA": metadata("A", "1.0",
			"Summary: An example\nAuthor-email: Team <team@example.org>\nLicense: BSD\n"+
				"Classifier: License :: OSI Approved :: BSD License\n"+
				"Project-URL: Bug Tracker, https://user:canary@example.org/bugs\n"+
				"Project-URL: Source, https://example.org/a.git\nLicense-File: LICENSE\nRequires-Python: >=3.8\n"),
		site + "a-1.0.dist-info/RECORD":          "a.py,,\na.libs/libz.so,,\n../../../bin/a,,\n",
		site + "a-1.0.dist-info/WHEEL":           "Generator: test\nTag: cp311-cp311-manylinux_2_17_aarch64\n",
		site + "a-1.0.dist-info/INSTALLER":       "pip\n",
		site + "a-1.0.dist-info/REQUESTED":       "",
		site + "a.py":                            "",
		site + "a.libs/libz.so":                  "",
		"usr/bin/a":                              "",
		site + "a-1.0.dist-info/direct_url.json": `{"url":"https://user:canary@example.org/a.git","vcs_info":{"vcs":"git","commit_id":"abc","requested_revision":"v1"}}`,
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{})
	if len(inv.Components) != 1 || len(inv.Findings) != 0 {
		t.Fatalf("got %d components, %v", len(inv.Components), inv.Findings)
	}
	c := inv.Components[0]
	text := fmt.Sprintf("%+v", *c)
	if strings.Contains(text, "canary") {
		t.Errorf("a secret is in %s", text)
	}
	if c.Name != "A" || c.Architecture != "aarch64" || c.OS != "linux" || c.Maker.Name != "Team" ||
		c.Description != "An example" {
		t.Errorf("got %s", text)
	}
	if !strings.HasPrefix(c.Declared, "LicenseRef-python-") || c.LicenseTexts[0].ID != c.Declared ||
		c.LicenseTexts[0].Text != "BSD\nBSD License" {
		t.Errorf("got licence %q, %+v", c.Declared, c.LicenseTexts)
	}
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	if got, want := m.Components[0].PURL, "pkg:pypi/a@1.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git%40abc"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	wantLinks := []sbom.Link{{Type: "issue-tracker", URL: "https://example.org/bugs", Comment: "Bug Tracker"},
		{Type: "vcs", URL: "https://example.org/a.git", Comment: "Source"}}
	if !reflect.DeepEqual(c.Links, wantLinks) {
		t.Errorf("got links %+v", c.Links)
	}
	if want := []string{site + "a.py", site + "a.libs/libz.so", "usr/bin/a"}; !reflect.DeepEqual(c.Owns, want) {
		t.Errorf("got files %q, want %q", c.Owns, want)
	}
	for name, want := range map[string]string{propCommit: "abc", propRevision: "v1", propInstaller: "pip",
		propRequested: "true", propTag: "cp311-cp311-manylinux_2_17_aarch64", propPython: ">=3.8",
		propLicenseFile: "LICENSE"} {
		if got := property(c, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestLicence(t *testing.T) {
	tests := []struct{ name, fields, want, text string }{
		{"expression", "License-Expression: MIT OR Apache-2.0\nLicense: other\n", "MIT OR Apache-2.0", ""},
		{"case", "License-Expression: mit\n", "MIT", ""},
		{"field", "License: Apache-2.0\nClassifier: License :: OSI Approved :: MIT License\n", "Apache-2.0", ""},
		{"classifier", "License: Modified BSD\nClassifier: License :: OSI Approved :: MIT License\n", "MIT", ""},
		{"two classifiers", "Classifier: License :: OSI Approved :: MIT License\n" +
			"Classifier: License :: OSI Approved :: BSD License\n", "LicenseRef", "MIT License\nBSD License"},
		{"unknown", "License: UNKNOWN\n", "", ""},
		{"bad expression", "License-Expression: MIT AND OR\n", "LicenseRef", "MIT AND OR"},
		{"open reference", "License-Expression: LicenseRef-x\n", "LicenseRef", "LicenseRef-x"},
		{"nesting bomb", "License-Expression: " + strings.Repeat("(", 1<<16) + "\n", "LicenseRef",
			strings.Repeat("(", 1<<16)},
		{"text", "License: Permission is\n granted\n", "LicenseRef", "Permission is\n granted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sbomtest.Assemble(t, sbomtest.Folder(map[string]string{site +
				"a-1.dist-info/METADATA": metadata("a", "1", tt.fields)}), Cataloger{})
			c := m.Components[0]
			got, text := c.Declared, ""
			if strings.HasPrefix(got, "LicenseRef-python-") {
				got, text = "LicenseRef", c.LicenseTexts[0].Text
			}
			if got != tt.want || text != tt.text || len(m.Findings) != 2 {
				t.Errorf("got %q, %q, %v, want %q, %q", c.Declared, text, m.Findings, tt.want, tt.text)
			}
		})
	}
}

// A layer that upgrades a distribution hides the one below, and its parts.
func TestLayers(t *testing.T) {
	lower := sbomtest.Tree{ID: "1", Files: map[string]string{site + "a-1.dist-info/METADATA": metadata("a", "1", ""),
		site + "a-1.dist-info/RECORD": "a.py,,\n"}}
	upper := sbomtest.Tree{ID: "2", Files: map[string]string{site + "a-2.dist-info/METADATA": metadata("a", "2", "")},
		Removed: []string{site + "a-1.dist-info"}}
	checkOutline(t, sbomtest.Assemble(t, sbomtest.Image(lower, upper), Cataloger{}), "pkg:pypi/a@2")
}

func open(t *testing.T, p string) *sbom.Manifest {
	t.Helper()
	artifacts, err := artifact.Open(context.Background(), p, artifact.Options{})
	check(t, err)
	return sbomtest.Assemble(t, artifacts[0], Cataloger{})
}

func TestArtifacts(t *testing.T) {
	dir := t.TempDir()
	wheel := wheelFiles("foo_bar", "1.0", "cp311-cp311-manylinux_2_17_x86_64",
		"Requires-Dist: gone\nProject-URL: Source, https://example.org/foo.git\n", map[string]string{
			"foo/__init__.py": "", "foo/_vendor/six-1.dist-info/METADATA": metadata("six", "1", "")})
	sdist := map[string]string{"foo_bar-1.0/PKG-INFO": metadata("foo_bar", "1.0", ""),
		"foo_bar-1.0/src/foo_bar.egg-info/PKG-INFO":     metadata("foo_bar", "1.0", ""),
		"foo_bar-1.0/src/foo_bar.egg-info/requires.txt": "gone\n",
		"foo_bar-1.0/pyproject.toml":                    "[project]\nname = 'foo-bar'\ndynamic = ['version']\n"}
	installed := map[string]string{}
	for _, name := range []string{"a", "b"} {
		files := wheelFiles(name, "1", "py3-none-any", "", map[string]string{name + "-1.dist-info/INSTALLER": "pip"})
		for p, text := range files {
			installed[p] = text
		}
	}
	tests := []struct {
		name, path, wantPURL, wantArch string
		want                           []string
	}{
		{"wheel", writeZip(t, dir, "foo_bar-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", wheel),
			"pkg:pypi/foo-bar@1.0", "x86_64", []string{"pkg:pypi/six@1", "unknown python.unmet"}},
		{"sdist", writeSdist(t, dir, "foo_bar-1.0.tar.gz", sdist), "pkg:pypi/foo-bar@1.0", "",
			[]string{"unknown python.unmet"}},
		{"egg", writeZip(t, dir, "foo_bar-1.0-py3.11.egg",
			map[string]string{"EGG-INFO/PKG-INFO": metadata("foo_bar", "1.0", ""), "EGG-INFO/requires.txt": "gone\n",
				"foo.py": ""}), "pkg:pypi/foo-bar@1.0", "", []string{"unknown python.unmet"}},
		{"archive of installed distributions", writeZip(t, dir, "lambda.zip", installed), "", "",
			[]string{"pkg:pypi/a@1", "pkg:pypi/b@1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := open(t, tt.path)
			checkOutline(t, m, tt.want...)
			if m.Principal.PURL != tt.wantPURL || m.Principal.Architecture != tt.wantArch {
				t.Errorf("got principal %s, %q, want %s, %q", m.Principal.PURL, m.Principal.Architecture, tt.wantPURL,
					tt.wantArch)
			}
		})
	}
	if m := open(t, tests[0].path); m.Principal.Repository != "https://example.org/foo.git" {
		t.Errorf("got repository %q", m.Principal.Repository)
	}
	t.Run("folder of wheels", func(t *testing.T) {
		m := open(t, dir)
		var refs []string
		for _, c := range m.Components {
			refs = append(refs, c.PURL)
		}
		if want := "pkg:pypi/foo-bar@1.0"; !slices.Contains(refs, want) || len(refs) < 6 {
			t.Errorf("got %q", refs)
		}
	})
}

// H023: of two METADATA in a wheel the last one counts, as for Python. The other
// version is named.
func TestTwoMetadata(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, version := range []string{"1.0", "6.6.6"} {
		w, err := z.Create("p-1.0.dist-info/METADATA")
		check(t, err)
		_, err = io.WriteString(w, metadata("p", version, ""))
		check(t, err)
	}
	w, err := z.Create("p-1.0.dist-info/RECORD")
	check(t, err)
	_, err = io.WriteString(w, "p-1.0.dist-info/METADATA,,\n")
	check(t, err)
	check(t, z.Close())
	p := writeFile(t, t.TempDir(), "p-1.0-py3-none-any.whl", b.Bytes())

	var want string
	oracle.Ask(t, "import json, sys, zipfile, email\nz = zipfile.ZipFile(json.load(sys.stdin))\n"+
		"print(json.dumps(email.message_from_bytes(z.read('p-1.0.dist-info/METADATA'))['Version']))", p, &want)
	m := open(t, p)
	if m.Principal.Version != want {
		t.Errorf("got version %q, want %q", m.Principal.Version, want)
	}
	codes, named := map[string]bool{}, false
	for _, f := range m.Findings {
		codes[f.Code] = true
		named = named || f.Code == "entry.duplicate" && strings.Contains(f.Detail, "p 1.0")
	}
	if !named || !codes["python.name"] {
		t.Errorf("got findings %v", m.Findings)
	}
}

// H127: a wheel in a wheel in an archive in a layer.
func TestNestedWheels(t *testing.T) {
	dir := t.TempDir()
	read := func(p string) string {
		data, err := os.ReadFile(p)
		check(t, err)
		return string(data)
	}
	inner := read(writeZip(t, dir, "inner-1-py3-none-any.whl", wheelFiles("inner", "1", "py3-none-any", "", nil)))
	outer := read(writeZip(t, dir, "outer-1-py3-none-any.whl",
		wheelFiles("outer", "1", "py3-none-any", "", map[string]string{"outer/inner-1-py3-none-any.whl": inner})))
	m := open(t, writeSdist(t, dir, "all.tar.gz", map[string]string{"opt/outer-1-py3-none-any.whl": outer}))
	checkOutline(t, m, "pkg:pypi/inner@1", "pkg:pypi/outer@1", "pkg:pypi/outer@1 contains pkg:pypi/inner@1")
	for _, c := range m.Components {
		if want := "opt/outer-1-py3-none-any.whl!/outer"; c.Name == "inner" &&
			!strings.HasPrefix(c.Locations[0].Path, want) {
			t.Errorf("got location %v", c.Locations)
		}
	}
}

func TestWants(t *testing.T) {
	tests := []struct {
		path, container string
		want            sbom.Want
	}{
		{"a/METADATA", "", sbom.No}, {"a.dist-info/METADATA", "", sbom.Yes},
		{"a.dist-info/sub/METADATA", "", sbom.No}, {"a.dist-info/LICENSE", "", sbom.Yes},
		{"a.dist-info/licenses/x/y", "", sbom.Yes}, {"a.dist-info/copying.txt", "", sbom.Yes}, {"a.dist-info/x/LICENSE", "", sbom.No},
		{"a/LICENSE", "", sbom.No}, {"a/pyvenv.cfg", "", sbom.Yes}, {"a/setup.cfg", "", sbom.No},
		{"a.dist-info/RECORD", "", sbom.Yes},
		{"a.egg-info/PKG-INFO", "", sbom.Yes}, {"a.egg-info/METADATA", "", sbom.Yes}, {"a.egg-info", "", sbom.Yes},
		{"a.egg/EGG-INFO/PKG-INFO", "", sbom.Yes}, {"a.egg-link", "", sbom.Yes},
		{"__editable__.a-1.pth", "", sbom.Yes}, {"a.pth", "", sbom.No}, {"conda-meta/a.json", "", sbom.Yes},
		{"x/a.json", "", sbom.No}, {"conda-meta/history", "", sbom.No},
		{"a-1/PKG-INFO", "", sbom.No}, {"x!/a-1/PKG-INFO", "tar", sbom.Yes}, {"x!/b/a-1/PKG-INFO", "tar", sbom.No},
		{"requirements.txt", "", sbom.Yes}, {"requirements-dev.txt", "", sbom.Yes},
		{"dev-requirements.txt", "", sbom.Yes}, {"requirements/x.txt", "", sbom.Yes}, {"x.txt", "", sbom.No},
		{"constraints.txt", "", sbom.No},
		{"a/pylock.toml", "", sbom.Yes}, {"pylock.dev.toml", "", sbom.Yes}, {"pylock.dev.json", "", sbom.No},
		{"uv.lock", "", sbom.Yes}, {"Cargo.lock", "", sbom.No}, {"pyproject.toml", "", sbom.Yes},
		{"Cargo.toml", "", sbom.No},
		{"lib/site-packages/a/pyproject.toml", "", sbom.No}, {"dist-packages/a/uv.lock", "", sbom.No},
		{"setup.py", "", sbom.No}, {"", "", sbom.No}, {"METADATA", "", sbom.No}, {"a!/METADATA", "zip", sbom.No},
	}
	for _, tt := range tests {
		if got := (Cataloger{}).Wants(sbom.Entry{Path: tt.path, Container: tt.container}); got != tt.want {
			t.Errorf("%s in %q: got %q, want %q", tt.path, tt.container, got, tt.want)
		}
	}
}

// Requirements that multiply do not make resolving endless.
func TestWorkIsBounded(t *testing.T) {
	files := map[string]string{site + "a-1.egg-info": metadata("a", "1",
		strings.Repeat("Requires-Dist: b\n", 200_000))}
	for i := range 200 {
		files[fmt.Sprintf("x%d/a-1.egg-info", i)] = metadata("a", "1", "")
	}
	inv := sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{})
	if len(inv.Components) != 1 || !slices.ContainsFunc(inv.Findings,
		func(f sbom.Finding) bool { return f.Code == "python.limit" }) {
		t.Errorf("got %d components, %d findings", len(inv.Components), len(inv.Findings))
	}
}

func TestSourceFolder(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "pyproject.toml", []byte("[project]\nname = 'Foo'\ndynamic = ['version']\n"+
		"dependencies = ['b>=1', 'c']\nlicense = 'MIT'\n[project.urls]\nIssues = 'https://example.org/i'\n"+
		"[build-system]\nrequires = ['hatchling==1.0']\n[dependency-groups]\ntest = ['pytest']\n"))
	writeFile(t, dir, "uv.lock", []byte("[[package]]\nname = 'foo'\nversion = '2.0'\nsource = {editable = '.'}\n"+
		"[[package]]\nname = 'b'\nversion = '1.5'\n"))
	m := open(t, dir)
	checkOutline(t, m, "pkg:pypi/b wanted", "pkg:pypi/b@1.5 wanted", "pkg:pypi/c wanted",
		"pkg:pypi/hatchling@1.0 wanted", "pkg:pypi/pytest wanted",
		"pkg:pypi/foo@2.0 depends-on pkg:pypi/b", "pkg:pypi/foo@2.0 depends-on pkg:pypi/b@1.5",
		"pkg:pypi/foo@2.0 depends-on pkg:pypi/c")
	if m.Principal.Name != "Foo" || m.Principal.Version != "2.0" || m.Principal.Declared != "MIT" ||
		m.Principal.Links[0].Type != "issue-tracker" {
		t.Errorf("got principal %+v", m.Principal.Component)
	}
}

// The wheels that Debian ships are what their names say.
func TestDebianWheels(t *testing.T) {
	wheels, err := filepath.Glob("/usr/share/python-wheels/*.whl")
	check(t, err)
	if len(wheels) == 0 {
		oracle.Missing(t, "wheels (Debian: python3-pip-whl python3-setuptools-whl)")
	}
	for _, p := range wheels {
		m := open(t, p)
		parts := strings.Split(filepath.Base(p), "-")
		if m.Principal.Name != parts[0] || m.Principal.Version != parts[1] || m.Principal.Architecture != "any" ||
			m.Gaps() > 0 {
			t.Errorf("%s: got %s %s for %s, findings %v", p, m.Principal.Name, m.Principal.Version,
				m.Principal.Architecture, m.Findings)
		}
	}
}

// The law: a component has a key, a name unless it is a part, and no secret
// part of a URL; the cataloger wants what it reads.
func FuzzCatalog(f *testing.F) {
	for _, p := range []string{"a-1.dist-info/METADATA", "a-1.dist-info/RECORD", "a-1.dist-info/WHEEL",
		"a-1.dist-info/direct_url.json", "a.egg-info/PKG-INFO", "a.egg-info/requires.txt", "a-1.egg-info",
		"x.zip!/EGG-INFO/PKG-INFO", "x.tar!/a-1/PKG-INFO", "a.egg-link", "__editable__.a-1.pth", "conda-meta/a.json",
		"requirements.txt", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml",
		"pyproject.toml", "lib/python3.11/site-packages/a-1.dist-info/METADATA", "pyvenv.cfg", "a-1.dist-info/LICENSE"} {
		f.Add(p, metadata("a", "1", "Requires-Dist: b\n"))
		f.Add(p, `{"name":"a","version":"1","url":"https://u:p@h/x","vcs_info":{"vcs":"git","commit_id":"1"}}`)
		f.Add(p, "[project]\nname='a'\n[[package]]\nname='a'\nversion='1'\n")
	}
	f.Fuzz(func(t *testing.T, p, text string) {
		if !slices.Contains([]string{p, "./" + p}, filepath.ToSlash(filepath.Clean(p))) ||
			strings.HasPrefix(p, "/") || strings.HasPrefix(p, "..") {
			return
		}
		tree := sbomtest.Tree{Files: map[string]string{p: text}}
		if strings.Contains(p, "!/") {
			tree.Container = "zip"
		}
		inv := sbomtest.Scan(t, sbomtest.Image(tree), Cataloger{})
		for _, c := range inv.Components {
			if c.Key == "" || c.Name == "" {
				t.Errorf("%+v", c)
			}
		}
		for _, finding := range inv.Findings {
			if finding.Code == "cataloger.panic" || finding.Code == "cataloger.error" {
				t.Errorf("%+v", finding)
			}
		}
		if _, err := sbom.Assemble(inv, sbom.Options{}); err != nil {
			t.Error(err)
		}
	})
}
