package dist

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
)

var headers = []string{
	"", "\n", "Name: a\nVersion: 1\n\nbody: x", "Name: a\r\nVersion: 1\r\n\r\nbody", "Name: a\rVersion: 1\r\rbody: x",
	"Name: a\nVersion: 1", "NAME: a\nversion:1\n",
	"Name:a\nSummary: x\n  y\n\tz\nVersion: 2\n", "Name: a\nLicense: one\n        two\n\n",
	"Name: a\nVersion: 1\n2\nSummary: lost\n", "Name: a\nno field\nVersion: 1\n",
	"Name: a\nName: b\nVersion: 1\n", "Classifier: x\nClassifier: y\nClassifier: z, w: v\n", "Name:\nVersion:  \n",
	"Name : a\nVersion: 1\n", "Summary: ü ✓\nName: a\n",
	"Requires-Dist: a\nRequires-Dist: b (>=1)\nRequires-Dist: c; extra == 'x'\nProvides-Extra: x\n",
	"Name: a\n \nVersion: 1\n\n", "Name: a\n\n\nVersion: 1\n", "Description: long\n  text\nName: a\n",
	"X-Unknown: 1\nName: a\n", "Name: a\nSummary: a: b\n", "Summary:  two  spaces  \nName: a",
	"Name: a\nü: x\nVersion: 1\n",
}

const headerScript = `
import json, sys, email, io
def read(s):
    s = io.StringIO(s, newline=None).read()
    fields = {}
    for k, v in email.message_from_string(s).items():
        if k.lower() != "description": fields.setdefault(k.lower(), []).append(v)
    return fields
print(json.dumps([read(s) for s in json.load(sys.stdin)]))
`

func TestHeaderAgainstPython(t *testing.T) {
	var want []header
	oracle.Ask(t, headerScript, headers, &want)
	for i, in := range headers {
		if got, _ := parseHeader(iotest.OneByteReader(strings.NewReader(in))); !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%q:\ngot  %q\nwant %q", in, got, want[i])
		}
	}
}

func TestParseMetadata(t *testing.T) {
	in := "\ufeffMetadata-Version: 2.4\nName: Foo.Bar\nVersion: 1.0\nSummary: one\n two\nLicense-Expression: MIT OR\n" +
		" Apache-2.0\nLicense-File: LICENSE\n" +
		"Project-URL: Bug Tracker, https://user:token@example.org/bugs?key=1\nRequires-Dist: a\nRequires-Dist: b\n" +
		"Author-email: A <a@example.org>\n\nName: not this"
	want := Metadata{
		Name: "Foo.Bar", Version: "1.0", Summary: "one two", LicenseExpression: "MIT OR Apache-2.0",
		LicenseFiles: []string{"LICENSE"},
		ProjectURLs:  []string{"Bug Tracker, https://user:token@example.org/bugs?key=1"}, Requires: []string{"a", "b"},
		AuthorEmail: "A <a@example.org>",
	}
	got, err := ParseMetadata(strings.NewReader(in))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, want := got.Links(), []Link{{"issue-tracker", "Bug Tracker",
		"https://example.org/bugs"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDamagedMetadata(t *testing.T) {
	tests := []struct{ name, in, wantName, wantErr string }{
		{"version of two lines", "Name: a\nVersion: 1\n2\n", "a", `line 3: "2" is no field`},
		{"two names", "Name: a\nName: b\n\n", "a", `name is "a" and "b"`},
		{"same name twice", "Name: a\nName: a\n\n", "a", ""},
		{"not UTF-8", "Name: a\nSummary: \xff\n\n", "a", "summary is not UTF-8"},
		{"folding bomb", "Name: a\nSummary: x\n" + strings.Repeat(" "+strings.Repeat("x", 98)+"\n", maxHeader/100+1),
			"a", "header longer than"},
		{"line bomb", "Name: a\nSummary: " + strings.Repeat("x", maxHeader), "a", "header longer than"},
		{"field bomb", "Name: a\n" + strings.Repeat("X: "+strings.Repeat("x", 96)+"\n", maxHeader/100+1), "a",
			"header longer than"},
		{"continues nothing", " x\nName: a\n", "a", "line 1: continues no field"},
		{"empty", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseMetadata(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if got.Name != tt.wantName {
				t.Errorf("got name %q, want %q", got.Name, tt.wantName)
			}
		})
	}
	_, err := ParseMetadata(io.MultiReader(strings.NewReader("Name: a\n"), iotest.ErrReader(errors.New("torn"))))
	checkErr(t, err, "torn")
}

func checkErr(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestParseWheel(t *testing.T) {
	got, err := ParseWheel(strings.NewReader("Wheel-Version: 1.0\nGenerator: bdist_wheel (0.38)\n" +
		"Root-Is-Purelib: false\nTag: cp39-abi3-linux_x86_64\nTag: broken\n"))
	want := Wheel{Generator: "bdist_wheel (0.38)", Tags: []Tag{{"cp39", "abi3", "linux_x86_64"}}}
	checkErr(t, err, `"broken" is not a wheel tag`)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

var records = []string{
	"", "a.py,sha256=LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564,3\n", "a.py,,\nb.py,,\n", "a.py\nb.py,\n",
	"\"a,b.py\",,\n", "\"a\nb.py\",,\nc.py,,\n", "\"a\"\"b.py\",,\n",
	"a\"b.py,,\n", "\"a\"b.py,,\n", "a.py,,\r\nb.py,,\r\n", "a.py,,\rb.py,,", "\n\na.py,,\n\n", "a.py,,", "\"a.py\"",
	" a.py,,\n", "ü.py,,\n", "\"a\r\nb.py\",,\n", "a.py,\"\",\"\"\n", "\"\"\"a\"\"\",,\n",
}

const recordScript = `
import json, sys, csv, io
def read(s):
    return [row[0] for row in csv.reader(io.StringIO(s, newline="")) if row and row[0]]
print(json.dumps([read(s) for s in json.load(sys.stdin)]))
`

func TestRecordAgainstPython(t *testing.T) {
	var want [][]string
	oracle.Ask(t, recordScript, records, &want)
	for i, in := range records {
		got := []string{}
		err := ParseRecord(iotest.HalfReader(strings.NewReader(in)), func(r Row) { got = append(got, r.Path) })
		if err != nil || !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%q:\ngot  %q, %v\nwant %q", in, got, err, want[i])
		}
	}
}

func TestParseRecord(t *testing.T) {
	const sum = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	good := Row{Path: "a", Algorithm: "sha256", Digest: sum, Size: 3}
	tests := []struct {
		name, in string
		want     []Row
		wantErr  string
	}{
		{"good", "a,sha256=LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564,3\n", []Row{good}, ""},
		{"padded digest", "a,sha256=LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564=,3\n", []Row{good}, ""},
		{"bad digest", "a,sha256=?,3\nb,,\n", []Row{{Path: "a", Size: 3}, {Path: "b", Size: -1}},
			`line 1: digest "sha256=?"`},
		{"bad size", "b,,\na,,-1\n", []Row{{Path: "b", Size: -1}, {Path: "a", Size: -1}}, `line 2: size "-1"`},
		{"huge size", "a,,99999999999999999999\n", []Row{{Path: "a", Size: -1}}, "size"},
		{"four fields", "a,,,x\nb,,\n", []Row{{Path: "b", Size: -1}}, "line 1: 4 fields"},
		{"no path", ",,\nb,,\n", []Row{{Path: "b", Size: -1}}, `the path is ""`},
		{"NUL", "a\x00,,\n", nil, `the path is "a\x00"`},
		{"quote without end", "b,,\n\"a,,\nc,,\n", []Row{{Path: "b", Size: -1}},
			"line 2: row cannot be read: quote without end"},
		{"long row", strings.Repeat("x", 1<<17) + ",,\nb,,\n", []Row{{Path: "b", Size: -1}},
			"line 1: row cannot be read: longer than"},
		{"many bad rows", strings.Repeat(",,\n", 1<<16) + "b,,\n", []Row{{Path: "b", Size: -1}}, "line 10: 3 fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []Row
			checkErr(t, ParseRecord(strings.NewReader(tt.in), func(r Row) { got = append(got, r) }), tt.wantErr)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	n := 0
	err := ParseRecord(strings.NewReader(strings.Repeat("a/b.py,,\n", 2*maxRows)), func(Row) { n++ })
	checkErr(t, err, "line 500001")
	if n != maxRows {
		t.Errorf("%d rows were read, want %d", n, maxRows)
	}
}

func TestInside(t *testing.T) {
	tests := []struct{ folder, path, want string }{
		{"usr/lib/python3/site-packages", "a/b.py", "usr/lib/python3/site-packages/a/b.py"},
		{"usr/lib/python3/site-packages", "../../../bin/pip", "usr/bin/pip"},
		{"usr/lib", "../../../bin/pip", ""},
		{".", "./a//b", "a/b"}, {".", "../x", ""}, {".", "..", ""}, {".", ".", ""}, {"a", "..", ""},
		{".", "/etc/passwd", ""}, {".", `..\x`, ""}, {".", "C:x", ""}, {".", "C:/x", ""}, {".", "", ""},
		{".", "a/../../x", ""}, {".", "...", "..."}, {".", "..a", "..a"},
	}
	for _, tt := range tests {
		if got, ok := Inside(tt.folder, tt.path); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q in %q: got %q, %t, want %q", tt.path, tt.folder, got, ok, tt.want)
		}
	}
}

func TestClimbs(t *testing.T) {
	for p, want := range map[string]int{"a": 0, "a/../b": 0, "../../../bin/pip": 3, "a/../../x": 1, "./../x": 1, "..": -1,
		"../..": -1, "/x": -1, "../C:/x": -1, `..\x`: -1, "": -1, "../a\x00": -1, "...": 0} {
		if got := Climbs(p); got != want {
			t.Errorf("%q: got %d, want %d", p, got, want)
		}
	}
}

func TestParseOrigin(t *testing.T) {
	tests := []struct {
		name, in string
		want     Origin
		wantErr  string
	}{
		{"git", `{"url":"https://user:canary@example.org/a.git","vcs_info":{"vcs":"git","commit_id":"abc","requested_revision":"v1"},"subdirectory":"sub"}`,
			Origin{URL: "https://example.org/a.git", VCS: "git", Commit: "abc", Requested: "v1", Subdirectory: "sub",
				Hashes: nil}, ""},
		{"ssh", `{"url":"ssh://git@example.org/a.git","vcs_info":{"vcs":"git","commit_id":"abc"}}`,
			Origin{URL: "ssh://example.org/a.git", VCS: "git", Commit: "abc"}, ""},
		{"variables", `{"url":"https://${USER}:${CANARY}@example.org/a.zip","archive_info":{}}`,
			Origin{URL: "https://example.org/a.zip", Hashes: map[string]string{}}, ""},
		{"archive", `{"url":"https://example.org/a.whl?canary=1#canary","archive_info":{"hash":"sha256=AB","hashes":{"sha256":"ab","sha512":"cd"}}}`,
			Origin{URL: "https://example.org/a.whl", Hashes: map[string]string{"sha256": "ab", "sha512": "cd"}}, ""},
		{"folder", `{"url":"file:///home/canary/src/proj/","dir_info":{"editable":true}}`,
			Origin{Folder: "proj", Editable: true}, ""},
		{"none", `{"url":"https://example.org/a"}`, Origin{URL: "https://example.org/a"}, "it has 0 of"},
		{"two", `{"url":"https://example.org/a","dir_info":{},"archive_info":{}}`,
			Origin{Folder: "a", Hashes: map[string]string{}}, "it has 2 of"},
		{"no commit", `{"url":"https://example.org/a","vcs_info":{"vcs":"git"}}`,
			Origin{URL: "https://example.org/a", VCS: "git"}, "no vcs and commit_id"},
		{"no url", `{"dir_info":{}}`, Origin{}, "no url"},
		{"other case", `{"URL":"https://example.org/a","dir_info":{}}`, Origin{}, "no url"},
		{"twice", `{"url":"https://example.org/a","url":"https://example.org/b","dir_info":{}}`, Origin{}, "twice"},
		{"cut", `{"url":`, Origin{}, "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseOrigin([]byte(tt.in))
			checkErr(t, err, tt.wantErr)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseVenv(t *testing.T) {
	tests := []struct {
		name, in string
		want     Venv
	}{
		{"venv", "home = /canary/bin\ninclude-system-site-packages = false\nversion = 3.11.2\nexecutable = /canary/bin/python3.11\n",
			Venv{Version: "3.11.2"}},
		{"virtualenv", "implementation = CPython\nversion_info = 3.11.2.final.0\ninclude-system-site-packages = TRUE\nversion = 20.1\n",
			Venv{Version: "3.11.2", Implementation: "CPython", System: true}},
		{"other spelling", " Version=3.9.1rc1 \r\nno sign\n= 3\nimplementation = x y\n", Venv{Version: "3.9.1"}},
		{"nothing", "", Venv{}},
		{"not UTF-8", "version = \xff\nimplementation = \x1b[31m\n", Venv{}},
	}
	for _, tt := range tests {
		if got := ParseVenv([]byte(tt.in)); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestSource(t *testing.T) {
	tests := []struct {
		origin Origin
		want   string
	}{
		{Origin{URL: "https://example.org/a.git", VCS: "git", Commit: "abc", Subdirectory: "sub"}, "git+https://example.org/a.git@abc#sub"},
		{Origin{URL: "git+ssh://example.org/a", VCS: "git", Commit: "abc"}, "git+ssh://example.org/a@abc"},
		{Origin{URL: "git://example.org/a", VCS: "git", Commit: "abc"}, "git://example.org/a@abc"},
		{Origin{URL: "https://example.org/a", VCS: "hg"}, "hg+https://example.org/a"},
		{Origin{URL: "https://example.org/a", VCS: "cvs", Commit: "abc"}, ""},
		{Origin{URL: "https://example.org/a.whl"}, ""}, {Origin{VCS: "git", Commit: "abc"}, ""}, {Origin{}, ""},
	}
	for _, tt := range tests {
		if got := tt.origin.Source(); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.origin, got, tt.want)
		}
	}
}

func TestCleanURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.org":                              "https://example.org",
		"HTTPS://user@example.org:8080/a/b#c":              "https://example.org:8080/a/b",
		"git+https://user:canary@example.org/a@v1#egg=a":   "git+https://example.org/a@v1",
		"git+ssh://git@example.org/a@feature/x":            "git+ssh://example.org/a@feature/x",
		"git@example.org:a/b.git":                          "ssh://example.org/a/b.git",
		"https://conda.example.org/t/canary/main/noarch/x": "https://conda.example.org/main/noarch/x",
		"https://conda.example.org/x/t/tk-canary/main":     "https://conda.example.org/x/main",
		"https://user:can/ary@example.org/x":               "",
		"https://a@b:canary@example.org/x":                 "https://example.org/x",
		"https://user:p ss@example.org/x":                  "https://example.org/x",
		"file:///home/canary":                              "",
		"git+file:///home/canary":                          "",
		"https://":                                         "",
		"javascript:alert(1)":                              "",
		"https://example.org/\x1b[31m":                     "",
		"https://example.org/<script>":                     "",
		"/home/canary":                                     "",
		"UNKNOWN":                                          "",
		"":                                                 "",
		"https://[::1]:80/x":                               "https://[::1]:80/x",
		" https://example.org/x ":                          "https://example.org/x",
		"https://example.org?canary=1":                     "https://example.org",
		"1http://example.org":                              "",
		"https://example.org/a/@canary/b":                  "",
		"https://example.org/" + strings.Repeat("t/x/", 2): "https://example.org/t/x/",
	} {
		if got := CleanURL(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

var wheelNames = []string{
	"pip-23.0.1-py3-none-any.whl", "a_b-1.0-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
	"a-1-py2.py3-none-any.whl", "A.b-1.0.post1-cp39-abi3-macosx_10_9_universal2.whl",
	"a-1-py3-none.whl", "a-1-x-py3-none-any.whl", "a-1-py3-none-any.zip", "a.whl", "a-1-1-1-py3-none-any.whl",
}

const wheelScript = `
import json, sys
from pip._vendor.packaging.utils import parse_wheel_filename, InvalidWheelFilename
def read(s):
    try: name, version, build, tags = parse_wheel_filename(s)
    except InvalidWheelFilename: return None
    return sorted(map(str, tags))
print(json.dumps([read(s) for s in json.load(sys.stdin)]))
`

func TestWheelNameAgainstPackaging(t *testing.T) {
	var want [][]string
	oracle.Ask(t, wheelScript, wheelNames, &want)
	for i, in := range wheelNames {
		w, err := ParseWheelName(in)
		var got []string
		for _, tag := range w.Tags {
			got = append(got, tag.String())
		}
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if (err != nil) != (want[i] == nil) || !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%s: got %q, %v, want %q", in, got, err, want[i])
		}
	}
}

func TestTarget(t *testing.T) {
	tests := []struct{ tags, os, machine string }{
		{"py3-none-any", "", "any"}, {"cp311-cp311-linux_x86_64", "linux", "x86_64"},
		{"cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64", "linux", "aarch64"},
		{"cp311-cp311-manylinux1_i686", "linux", "i686"}, {"cp311-cp311-manylinux2010_x86_64", "linux", "x86_64"},
		{"cp311-cp311-musllinux_1_1_armv7l", "linux", "armv7l"},
		{"cp311-cp311-macosx_10_9_universal2", "darwin", "universal2"},
		{"cp311-cp311-macosx_10_9_x86_64.macosx_11_0_arm64", "darwin", "arm64,x86_64"},
		{"cp311-cp311-win_amd64", "windows", "amd64"}, {"cp311-cp311-win32", "windows", "x86"},
		{"cp311-cp311-win_arm64", "windows", "arm64"},
		{"cp313-cp313-android_21_arm64_v8a", "android", "arm64_v8a"},
		{"cp313-cp313-ios_13_0_arm64_iphonesimulator", "ios", "arm64"},
		{"cp312-cp312-pyodide_2024_0_wasm32", "emscripten", "wasm32"},
		{"cp312-cp312-emscripten_3_1_58_wasm32", "emscripten", "wasm32"},
		{"cp311-cp311-plan9_mips", "", ""}, {"py3-none-manylinux2014_ppc64le.musllinux_1_2_ppc64le.win_amd64",
			"linux,windows", "amd64,ppc64le"},
	}
	for _, tt := range tests {
		tags, err := ParseTags(tt.tags)
		os, machine := Target(tags)
		if err != nil || os != tt.os || machine != tt.machine {
			t.Errorf("%s: got %q, %q, %v, want %q, %q", tt.tags, os, machine, err, tt.os, tt.machine)
		}
	}
	many := strings.Repeat("a.", 100) + "a"
	if tags, err := ParseTags(many + "-" + many + "-" + many); err == nil || tags != nil {
		t.Errorf("a million tags are read: %d, %v", len(tags), err)
	}
}

func TestSplitFolder(t *testing.T) {
	tests := []struct{ in, name, version string }{
		{"PyYAML-6.0.dist-info", "PyYAML", "6.0"}, {"a_b-1.0+x_1.dist-info", "a_b", "1.0+x-1"},
		{"setuptools-66.1.1.egg-info", "setuptools", "66.1.1"}, {"cryptography.egg-info", "cryptography", ""},
		{"a-1.0-py3.11.egg-info", "a", "1.0"}, {"a-1.0-py3.8-linux-x86_64.egg", "a", "1.0"},
		{"a-b-1.0.dist-info", "a-b", "1.0"}, {"a-1.0-1.egg-info", "a", "1.0-1"},
		{"lazr.uri-1.0.6.egg-info", "lazr.uri", "1.0.6"},
		{"-1.0.dist-info", "", ""}, {"\x1b[31m-1.dist-info", "", ""}, {".dist-info", "", ""},
		{"a-weird.dist-info", "a", "weird"},
	}
	for _, tt := range tests {
		if name, version := SplitFolder(tt.in); name != tt.name || version != tt.version {
			t.Errorf("%q: got %q, %q, want %q, %q", tt.in, name, version, tt.name, tt.version)
		}
	}
}

func TestLicenceClassifiers(t *testing.T) {
	said, ids := LicenceClassifiers([]string{"License :: OSI Approved", "License :: OSI Approved :: MIT License",
		"License :: OSI Approved :: BSD License", "License :: Other/Proprietary License", "Topic :: X"})
	if !reflect.DeepEqual(said, []string{"MIT License", "BSD License", "Other/Proprietary License"}) ||
		!reflect.DeepEqual(ids, []string{"MIT"}) {
		t.Errorf("got %q, %q", said, ids)
	}
}

func TestNormalizeLabel(t *testing.T) {
	for in, want := range map[string]string{"Home-Page": "homepage", "Bug Tracker": "bugtracker",
		"What's New?": "whatsnew", "source_code": "sourcecode", "Ä$b": "äb"} {
		if got := normalizeLabel(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

const requiresScript = `
import json, sys
from importlib.metadata import Distribution
print(json.dumps([list(Distribution._deps_from_requires_text(s)) for s in json.load(sys.stdin)]))
`

func TestRequiresTxtAgainstPython(t *testing.T) {
	in := []string{"", "a\nb>=1\n", "a\n\n[x]\nb\n", "\n[:python_version < '3']\nb\n",
		"[x:os_name == 'nt']\nb\nc\n[y]\nd\n", "[x]\nb @ https://example.org/b\n"}
	var want [][]string
	oracle.Ask(t, requiresScript, in, &want)
	plain := strings.NewReplacer(" ", "", "'", `"`)
	for i, s := range in {
		got := ParseRequiresTxt([]byte(s))
		if plain.Replace(strings.Join(got, "\n")) != plain.Replace(strings.Join(want[i], "\n")) {
			t.Errorf("%q: got %q, want %q", s, got, want[i])
		}
	}
}

func TestEditable(t *testing.T) {
	if got, err := ParseEggLink([]byte("/home/canary/proj\n../\n")); got != "proj" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := ParseEggLink([]byte(`C:\canary\proj` + "\r\n.")); got != "proj" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := ParseEggLink([]byte("\n")); got != "" || err == nil {
		t.Errorf("got %q, %v", got, err)
	}
	got := ParsePTH([]byte("import os; os.system('canary')\n# x\n/home/canary/proj/src\n\nimport\tx\n" +
		"C:\\canary\\y\r\n"))
	if want := []string{"src", "y"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseConda(t *testing.T) {
	got, err := ParseConda([]byte(`{"name":"a","version":"1","build":"py311_0","channel":"https://conda.example.org/t/canary/main","url":"https://conda.example.org/t/canary/main/noarch/a.conda",
		"subdir":"noarch","license":"MIT","sha256":"ab","fn":"a.conda","depends":["python >=3"],"files":["x"],"build_number":0}`))
	want := Conda{Name: "a", Version: "1", Build: "py311_0", Channel: "https://conda.example.org/main",
		URL: "https://conda.example.org/main/noarch/a.conda", Subdir: "noarch",
		License: "MIT", SHA256: "ab", Depends: []string{"python >=3"}, Files: []string{"x"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ParseConda([]byte(`{"name":"a"}`)); err == nil {
		t.Error("a package without version is read")
	}
}

// The law: a header reads the same in one piece and byte by byte, and no
// value that it gives is without a name or not UTF-8.
func FuzzHeader(f *testing.F) {
	for _, h := range headers {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := parseHeader(strings.NewReader(in))
		again, err2 := parseHeader(iotest.OneByteReader(strings.NewReader(in)))
		if !reflect.DeepEqual(got, again) || (err == nil) != (err2 == nil) {
			t.Errorf("got %q, %v and %q, %v", got, err, again, err2)
		}
		for name, values := range got {
			if name != strings.ToValidUTF8(strings.ToLower(name), "") ||
				!reflect.DeepEqual(values[0], strings.ToValidUTF8(values[0], "")) {
				t.Errorf("%q: %q", name, values)
			}
		}
	})
}

// The law: no row that is read leads outside, and rows before the last line
// do not change when a row is added.
func FuzzRecord(f *testing.F) {
	for _, r := range records {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, in string) {
		read := func(s string) (rows []Row, err error) {
			err = ParseRecord(strings.NewReader(s), func(r Row) { rows = append(rows, r) })
			return
		}
		rows, err := read(in)
		for _, r := range rows {
			if p, ok := Inside("a/b", r.Path); ok && (p == ".." || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "../")) {
				t.Errorf("%q leads to %q", r.Path, p)
			}
		}
		if more, _ := read(in + "\nlast,,\n"); err == nil &&
			!reflect.DeepEqual(more, append(rows, Row{Path: "last", Size: -1})) {
			t.Errorf("got %v, then with a row more %v", rows, more)
		}
	})
}

// The law: a clean URL is clean already, and holds no user, query or fragment.
func FuzzCleanURL(f *testing.F) {
	f.Add("https://user:pass@example.org/x?y#z")
	f.Add("git@example.org:x")
	f.Fuzz(func(t *testing.T, in string) {
		got := CleanURL(in)
		if again := CleanURL(got); again != got {
			t.Errorf("%q becomes %q, then %q", in, got, again)
		}
		_, rest, _ := strings.Cut(got, "://")
		authority, _, _ := strings.Cut(rest, "/")
		if strings.ContainsAny(authority, "@ ") || strings.ContainsAny(got, "?#") {
			t.Errorf("%q becomes %q", in, got)
		}
	})
}

// The law: an origin never holds what CleanURL would take out.
func FuzzOrigin(f *testing.F) {
	f.Add([]byte(`{"url":"https://a:b@example.org/x","vcs_info":{"vcs":"git","commit_id":"1"}}`))
	f.Add([]byte(`{"url":"file:///a/b","dir_info":{"editable":true}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := ParseOrigin(in)
		if o.URL != CleanURL(o.URL) || strings.Contains(o.Folder, "/") && o.Folder != "/" {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

// The law: the tags of a wheel name are those of its last three parts.
func FuzzWheelName(f *testing.F) {
	for _, n := range wheelNames {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, in string) {
		w, err := ParseWheelName(in)
		if err != nil {
			return
		}
		parts := strings.Split(strings.TrimSuffix(in, ".whl"), "-")
		tags, err := ParseTags(strings.Join(parts[len(parts)-3:], "-"))
		if err != nil || !reflect.DeepEqual(tags, w.Tags) || w.Name == "" || w.Version == "" {
			t.Errorf("%+v, %v, %v", w, tags, err)
		}
	})
}
