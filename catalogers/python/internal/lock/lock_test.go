package lock

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
)

func checkErr(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func checkPackages(t *testing.T, got, want []Package) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing %+v", want[i])
		case i >= len(want):
			t.Errorf("unwanted %+v", got[i])
		case !reflect.DeepEqual(got[i], want[i]):
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

// abc is a digest; its bytes do not matter.
var abc = strings.Repeat("ab", 32)

func sha(s string) []Hash { return []Hash{{"sha256", s}} }

const requirementsText = `# comment
a==1.0 --hash=sha256:HASH \
    --hash sha256:HASH
B_b >= 1 , < 2  # comment
c [x,y] == 1.* ; python_version < "3"
d
	# a comment ends no continuation but its own
e \
==2
--index-url https://user:canary@example.org/simple
--no-binary :all:
-i https://user:canary@example.org/simple
f @ https://user:canary@example.org/f-1.zip ; os_name == "nt"
`

func TestRequirements(t *testing.T) {
	tests := []struct {
		name, in string
		want     []Package
		wantErr  string
	}{
		{"plain", strings.ReplaceAll(requirementsText, "HASH", abc), []Package{
			{Name: "a", Version: "1.0", Files: []File{{Hashes: sha(abc)}, {Hashes: sha(abc)}}},
			{Name: "B_b", Spec: ">=1,<2"},
			{Name: "c", Spec: "==1.*", Marker: `python_version < "3"`},
			{Name: "d"},
			{Name: "e", Version: "2"},
			{Name: "f", Version: "1", Marker: `os_name == "nt"`,
				Origin: dist.Origin{URL: "https://example.org/f-1.zip"}},
		}, ""},
		{"URLs", "-e git+https://user:canary@example.org/g.git@v1#egg=g[x]&subdirectory=sub\n" +
			"https://example.org/h-1.0-py3-none-any.whl#sha256=" + abc +
			"\nhttps://example.org/i-2.0.tar.gz?canary=1\n", []Package{
			{Name: "g", Origin: dist.Origin{URL: "https://example.org/g.git", VCS: "git", Requested: "v1",
				Subdirectory: "sub", Editable: true}},
			{Name: "h", Version: "1.0", Origin: dist.Origin{URL: "https://example.org/h-1.0-py3-none-any.whl"},
				Files: []File{{Hashes: sha(abc)}}},
			{Name: "i", Version: "2.0", Origin: dist.Origin{URL: "https://example.org/i-2.0.tar.gz"}},
		}, ""},
		{"paths", "-e .\n.[x]\n./sub/proj\n-e ../canary/other[x]\n./dist/j-1.0-py3-none-any.whl\n/abs/k\n", []Package{
			{Name: "proj", Origin: dist.Origin{Folder: "proj"}},
			{Name: "other", Origin: dist.Origin{Folder: "other", Editable: true}},
			{Name: "j", Version: "1.0", Origin: dist.Origin{Folder: "j-1.0-py3-none-any.whl"}},
			{Name: "k", Origin: dist.Origin{Folder: "k"}},
		}, ""},
		{"damaged", "a==1\n!!!\nb==\nhttps://example.org/\nc==1",
			[]Package{{Name: "a", Version: "1"}, {Name: "b"}, {Name: "c", Version: "1"}}, "line 2"},
		{"damaged, all lines", "\n!\nb==\n\nhttps://example.org/", []Package{{Name: "b"}},
			"line 5: a URL that names no project"},
		{"CRLF and BOM", "\ufeffa==1\r\nb==2\\\r\n --hash=sha256:" + abc + "\r\n",
			[]Package{{Name: "a", Version: "1"}, {Name: "b", Version: "2", Files: []File{{Hashes: sha(abc)}}}}, ""},
		{"bad hash", "a==1 --hash=sha256:x --hash=" + strings.Repeat("a", 300) + ":ab",
			[]Package{{Name: "a", Version: "1", Files: []File{{}, {}}}}, ""},
		{"no end", `a==1 \`, []Package{{Name: "a", Version: "1"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read("requirements.txt", []byte(tt.in))
			checkErr(t, err, tt.wantErr)
			checkPackages(t, got.Packages, tt.want)
		})
	}
}

func TestIncludes(t *testing.T) {
	got, err := Read("requirements.txt", []byte("-r base.txt\n--requirement ../../etc/passwd\n--requirement=x.txt\n"+
		"-c constraints.txt\n-ry.txt\n"))
	if want := []string{"base.txt", "../../etc/passwd", "x.txt", "y.txt"}; err != nil ||
		!reflect.DeepEqual(got.Includes, want) || got.Packages != nil {
		t.Errorf("got %+v, %v, want %q", got, err, want)
	}
}

const requirementsScript = `
import json, sys, tempfile
from pip._internal.req.req_file import parse_requirements
from pip._internal.network.session import PipSession
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name
with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
    f.write(json.load(sys.stdin)); f.flush()
    got = []
    for p in parse_requirements(f.name, session=PipSession()):
        hashes = (p.options or {}).get("hashes", {}).get("sha256", [])
        got.append([canonicalize_name(Requirement(p.requirement).name)] + hashes)
print(json.dumps(got))
`

func TestRequirementsAgainstPip(t *testing.T) {
	in := strings.ReplaceAll(requirementsText, "HASH", abc)
	var want [][]string
	oracle.Ask(t, requirementsScript, in, &want)
	l, err := Read("requirements.txt", []byte(in))
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, p := range l.Packages {
		row := []string{require.Normalize(p.Name)}
		for _, f := range p.Files {
			row = append(row, f.Hashes[0].Value)
		}
		got = append(got, row)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLocks(t *testing.T) {
	tests := []struct {
		name, base, in string
		want           []Package
		wantErr        string
	}{
		{"pylock", "pylock.dev.toml", `
lock-version = "1.0"
[[packages]]
name = "a"
version = "1.0"
index = "https://user:canary@example.org/simple"
marker = "os_name == 'nt'"
dependencies = [{name = "b", version = "2"}, {name = "c"}]
sdist = {name = "a-1.0.tar.gz", url = "https://example.org/a-1.0.tar.gz", hashes = {sha256 = "AB"}}
[[packages.wheels]]
url = "https://example.org/a-1.0-py3-none-any.whl"
hashes = {sha256 = "ab", sha512 = "cd"}
[[packages]]
name = "g"
vcs = {type = "git", url = "https://user:canary@example.org/g", commit-id = "abc", requested-revision = "main"}
[[packages]]
name = "l"
directory = {path = "../canary/l", editable = true}
[[packages]]
name = "z"
archive = {url = "https://example.org/z.zip", hashes = {sha256 = "ab"}}
`, []Package{
			{Name: "a", Version: "1.0", Index: "https://example.org/simple", Marker: "os_name == 'nt'",
				Requires: []Need{{"b", "2"}, {"c", ""}}, Files: []File{
					{Name: "a-1.0.tar.gz", URL: "https://example.org/a-1.0.tar.gz", Hashes: sha("ab")},
					{Name: "a-1.0-py3-none-any.whl", URL: "https://example.org/a-1.0-py3-none-any.whl",
						Hashes: []Hash{{"sha256", "ab"}, {"sha512", "cd"}}}}},
			{Name: "g", Origin: dist.Origin{URL: "https://example.org/g", VCS: "git", Commit: "abc",
				Requested: "main"}},
			{Name: "l", Origin: dist.Origin{Folder: "l", Editable: true}},
			{Name: "z", Origin: dist.Origin{URL: "https://example.org/z.zip"},
				Files: []File{{Name: "z.zip", URL: "https://example.org/z.zip", Hashes: sha("ab")}}},
		}, ""},
		{"poetry", "poetry.lock", `
[[package]]
name = "a"
version = "1.0"
groups = ["main"]
markers = "os_name == 'nt'"
files = [{file = "a-1.0.whl", hash = "sha256:ab"}]
[package.dependencies]
b = ">=1"
c = {version = "*", markers = "extra == 'x'"}
[package.source]
type = "legacy"
url = "https://user:canary@example.org/simple"
[[package]]
name = "g"
version = "2"
category = "dev"
[package.source]
type = "git"
url = "https://user:canary@example.org/g"
reference = "main"
resolved_reference = "abc"
[[package]]
name = "l"
version = "0"
develop = true
[package.source]
type = "directory"
url = "../l"
[metadata.files]
g = [{file = "g-2.whl", hash = "sha256:cd"}]
`, []Package{
			{Name: "a", Version: "1.0", Groups: []string{"main"}, Marker: "os_name == 'nt'",
				Index: "https://example.org/simple", Requires: []Need{{Name: "b"}, {Name: "c"}},
				Files: []File{{Name: "a-1.0.whl", Hashes: sha("ab")}}},
			{Name: "g", Version: "2", Groups: []string{"dev"},
				Origin: dist.Origin{URL: "https://example.org/g", VCS: "git", Commit: "abc", Requested: "main"},
				Files:  []File{{Name: "g-2.whl", Hashes: sha("cd")}}},
			{Name: "l", Version: "0", Origin: dist.Origin{Folder: "l", Editable: true}},
		}, ""},
		{"pdm", "pdm.lock", `
[[package]]
name = "a"
version = "1.0"
groups = ["default"]
dependencies = ["B_b>=1; os_name == 'nt'", "c", "!!!"]
files = [{file = "a-1.0.whl", hash = "sha256:ab"}, {url = "https://example.org/a-1.0.tar.gz", hash = "sha256:cd"}]
[[package]]
name = "g"
version = "2"
git = "https://user:canary@example.org/g"
ref = "main"
revision = "abc"
[[package]]
name = "l"
version = "0"
path = "./l"
editable = true
[[package]]
name = "u"
version = "0"
url = "https://example.org/u.zip"
`, []Package{
			{Name: "a", Version: "1.0", Groups: []string{"default"}, Requires: []Need{{Name: "B_b"}, {Name: "c"}, {}},
				Files: []File{{Name: "a-1.0.whl", Hashes: sha("ab")},
					{Name: "a-1.0.tar.gz", URL: "https://example.org/a-1.0.tar.gz", Hashes: sha("cd")}}},
			{Name: "g", Version: "2", Origin: dist.Origin{URL: "https://example.org/g", VCS: "git", Commit: "abc",
				Requested: "main"}},
			{Name: "l", Version: "0", Origin: dist.Origin{Folder: "l", Editable: true}},
			{Name: "u", Version: "0", Origin: dist.Origin{URL: "https://example.org/u.zip"}},
		}, ""},
		{"uv", "uv.lock", `
version = 1
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://user:canary@example.org/simple" }
dependencies = [{ name = "b", version = "2" }, { name = "c", marker = "os_name == 'nt'" }]
sdist = { url = "https://example.org/a-1.0.tar.gz", hash = "sha256:ab", size = 1 }
wheels = [{ url = "https://example.org/a-1.0-py3-none-any.whl", hash = "sha256:cd", size = 1 }]
[package.optional-dependencies]
x = [{ name = "d" }]
[[package]]
name = "g"
version = "2"
source = { git = "https://user:canary@example.org/g?rev=main#abc" }
[[package]]
name = "l"
version = "0"
source = { editable = "packages/l" }
[[package]]
name = "self"
version = "0"
source = { virtual = "." }
[package.dev-dependencies]
dev = [{ name = "e" }]
[[package]]
version = "3"
`, []Package{
			{Name: "a", Version: "1.0", Index: "https://example.org/simple",
				Requires: []Need{{"b", "2"}, {"c", ""}, {"d", ""}}, Files: []File{
					{Name: "a-1.0.tar.gz", URL: "https://example.org/a-1.0.tar.gz", Hashes: sha("ab")},
					{Name: "a-1.0-py3-none-any.whl", URL: "https://example.org/a-1.0-py3-none-any.whl",
						Hashes: sha("cd")}}},
			{Name: "g", Version: "2", Origin: dist.Origin{URL: "https://example.org/g", VCS: "git", Commit: "abc"}},
			{Name: "l", Version: "0", Origin: dist.Origin{Folder: "l", Editable: true}},
			{Name: "self", Version: "0", Self: true, Requires: []Need{{"e", ""}}},
		}, "1 packages without a name"},
		{"pipenv", "Pipfile.lock", `{
"_meta": {"hash": {"sha256": "x"}, "sources": [{"url": "https://user:canary@example.org/simple"}]},
"default": {"a": {"version": "==1.0", "hashes": ["sha256:ab"], "markers": "os_name == 'nt'"}, "g": {"git": "https://user:canary@example.org/g", "ref": "abc"}},
"develop": {"b": {"version": "*"}, "c": {"version": ">=1"}, "f": {"file": "https://example.org/f.zip"}, "l": {"path": "./l", "editable": true}}
}`, []Package{
			{Name: "a", Version: "1.0", Groups: []string{"default"}, Marker: "os_name == 'nt'",
				Files: []File{{Hashes: sha("ab")}}},
			{Name: "g", Groups: []string{"default"}, Origin: dist.Origin{URL: "https://example.org/g", VCS: "git",
				Commit: "abc"}},
			{Name: "b", Groups: []string{"develop"}},
			{Name: "c", Groups: []string{"develop"}, Spec: ">=1"},
			{Name: "f", Groups: []string{"develop"}, Origin: dist.Origin{URL: "https://example.org/f.zip"}},
			{Name: "l", Groups: []string{"develop"}, Origin: dist.Origin{Folder: "l", Editable: true}},
		}, ""},
		{"wrong types", "uv.lock", "package = [1, {name = \"a\", version = 1, dependencies = \"b\", wheels = {}}]\n",
			[]Package{{Name: "a"}}, ""},
		{"no TOML", "uv.lock", "[[package", nil, "TOML line 1"},
		{"no JSON", "Pipfile.lock", "{", nil, "unexpected EOF"},
		{"other", "other", "{", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(tt.base, []byte(tt.in))
			checkErr(t, err, tt.wantErr)
			checkPackages(t, got.Packages, tt.want)
		})
	}
}

func TestReadProject(t *testing.T) {
	got, err := ReadProject([]byte(`
[build-system]
requires = ["setuptools>=61"]
[project]
name = "Foo"
version = "1.0"
description = "d"
requires-python = ">=3.8"
license = "MIT"
license-files = ["LICENSE"]
dependencies = ["a>=1", "b"]
authors = [{name = "Team", email = "team@example.org"}, {name = "Other"}]
classifiers = ["License :: OSI Approved :: MIT License"]
[project.urls]
Issues = "https://example.org/issues"
[project.optional-dependencies]
x = ["c"]
[dependency-groups]
test = ["pytest", {include-group = "x"}]
[tool.poetry]
name = "not this"
[tool.poetry.dependencies]
python = "^3.8"
d = "^1"
[tool.poetry.dev-dependencies]
e = "*"
[tool.poetry.group.docs.dependencies]
f = "*"
`))
	want := Project{
		Metadata: dist.Metadata{
			Name: "Foo", Version: "1.0", Summary: "d", RequiresPython: ">=3.8", LicenseExpression: "MIT",
			LicenseFiles: []string{"LICENSE"}, Author: "Team", AuthorEmail: "team@example.org",
			Classifiers: []string{"License :: OSI Approved :: MIT License"}, Requires: []string{"a>=1", "b", "d"},
			ProjectURLs: []string{"Issues, https://example.org/issues"},
		},
		Groups: map[string][]string{"x": {"c"}, "test": {"pytest"}, "dev": {"e"}, "docs": {"f"}},
		Build:  []string{"setuptools>=61"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	got, err = ReadProject([]byte("[tool.poetry]\nname = \"p\"\nversion = \"2\"\nlicense = \"MIT\"\n" +
		"repository = \"https://example.org/p\"\n"))
	if err != nil || got.Name != "p" || got.Version != "2" || got.License != "MIT" ||
		fmt.Sprint(got.ProjectURLs) != "[Repository, https://example.org/p]" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := ReadProject([]byte("[tool.black]\n")); err != nil || got.Name != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ReadProject([]byte("[")); err == nil {
		t.Error("broken TOML is read")
	}
}

// The law: every package has a name, no URL holds a user or token, and
// nothing that one file wants is lost when an empty line is put before it.
func FuzzRead(f *testing.F) {
	f.Add("requirements.txt", requirementsText)
	f.Add("Pipfile.lock", `{"default":{"a":{"version":"==1"}}}`)
	f.Add("uv.lock", "[[package]]\nname='a'\nsource={git='https://a:b@c/d?e#f'}")
	f.Add("poetry.lock", "[[package]]\nname='a'\n[package.dependencies]\nb='*'")
	f.Add("pdm.lock", "[[package]]\nname='a'\ndependencies=['b']")
	f.Add("pylock.toml", "[[packages]]\nname='a'\nvcs={url='x'}")
	f.Fuzz(func(t *testing.T, base, in string) {
		got, err := Read(base, []byte(in))
		for _, p := range got.Packages {
			if p.Name == "" && base != "Pipfile.lock" || p.Origin.URL != dist.CleanURL(p.Origin.URL) ||
				p.Index != dist.CleanURL(p.Index) {
				t.Errorf("%+v", p)
			}
		}
		again, err2 := Read(base, []byte("\n"+in))
		if !strings.HasPrefix(in, "\ufeff") && (!reflect.DeepEqual(got, again) || (err == nil) != (err2 == nil)) {
			t.Errorf("got %+v, %v; after an empty line %+v, %v", got, err, again, err2)
		}
	})
}

// The law: a project has a name if the file gives it one as text.
func FuzzReadProject(f *testing.F) {
	f.Add("[project]\nname = 'a'\n")
	f.Add("[tool.poetry]\nname = 'a'\n")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ReadProject([]byte(in))
		if err != nil && got.Name != "" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
