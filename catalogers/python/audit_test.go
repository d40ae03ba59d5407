package python

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// audited returns what an audit says of files, less what does not depend on it.
func audited(inv *sbom.Inventory) []string {
	var got []string
	for _, f := range inv.Findings {
		if kind, ok := strings.CutPrefix(f.Code, "python.record."); ok && f.Cataloger != "" {
			got = append(got, kind+" "+f.Subject+": "+f.Detail)
		}
	}
	return got
}

// installed returns the files of distributions, each of the name, a colon and its
// files, in site-packages.
func installed(dists ...string) map[string]string {
	all := map[string]string{}
	for _, d := range dists {
		name, list, _ := strings.Cut(d, ": ")
		files := map[string]string{}
		for _, f := range strings.Fields(list) {
			files[f] = "x = 1\n"
		}
		for p, text := range wheelFiles(name, "1", "py3-none-any", "", files) {
			all[site+p] = text
		}
	}
	return all
}

func TestAudit(t *testing.T) {
	tests := []struct {
		name  string
		dists []string
		edit  map[string]string // path in site-packages -> other content; "-" removes it
		want  []string
	}{
		{"as listed", []string{"a: a.py a/__init__.py a/sub/x.py", "b: b.py"}, nil, nil},
		{"missing", []string{"a: a.py a/__init__.py a/sub/x.py"}, map[string]string{"a.py": "-", "a/sub/x.py": "-"},
			[]string{`missing pypi:a@1: 2 of 5 listed files are not here: "` + site + `a.py", "` + site + `a/sub/x.py"`}},
		{"size", []string{"a: a.py"}, map[string]string{"a.py": "x = 10\n"},
			[]string{`changed pypi:a@1: 1 of 3 listed files are not as listed: "` + site + `a.py" has 7 bytes, not 6`}},
		{"digest of a file that is not read", []string{"a: a.py"}, map[string]string{"a.py": "x = 2\n"}, nil},
		{"digest of a file that is read", []string{"a: a.py"},
			map[string]string{"a-1.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: TEST\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
			[]string{`changed pypi:a@1: 1 of 3 listed files are not as listed: "` + site + `a-1.dist-info/WHEEL" has another digest`}},
		{"extra", []string{"a: a/__init__.py a.libs/x.so", "b: b.py"},
			map[string]string{"a/y.py": "", "a/sub/z.so": "", "a.libs/y.so": "", "b-1.dist-info/entry_points.txt": "", "c/__init__.py": "", "c.py": ""},
			[]string{`extra pypi:a@1: 3 files in its folders are in no list: "` + site + `a.libs/y.so", "` + site + `a/sub/z.so", "` + site + `a/y.py"`,
				`extra pypi:b@1: 1 files in its folders are in no list: "` + site + `b-1.dist-info/entry_points.txt"`}},
		{"what Python and installers write", []string{"a: a/__init__.py"}, map[string]string{"a/__pycache__/x.pyc": "", "a/x.pyc": "",
			"a/__pycache__/y": "", "a-1.dist-info/INSTALLER": "pip", "a-1.dist-info/REQUESTED": "", "a-1.dist-info/RECORD.jws": ""}, nil},
		{"bytecode is not missed", []string{"a: a.py __pycache__/a.cpython-311.pyc"}, map[string]string{"__pycache__/a.cpython-311.pyc": "-"}, nil},
		{"namespace", []string{"a: ns/a/__init__.py", "b: ns/b/x.py"}, map[string]string{"ns/other.py": "", "ns/b/y.py": ""}, nil},
		{"namespace with an __init__ of two", []string{"a: ns/__init__.py", "b: ns/b/x.py"}, map[string]string{"ns/other.py": ""}, nil},
		{"package in a namespace", []string{"a: ns/a/__init__.py", "b: ns/b/x.py"}, map[string]string{"ns/a/sub/y.py": ""},
			[]string{`extra pypi:a@1: 1 files in its folders are in no list: "` + site + `ns/a/sub/y.py"`}},
		{"many", []string{"a: a/__init__.py"}, map[string]string{"a/7": "", "a/6": "", "a/5": "", "a/4": "", "a/3": "", "a/2": "", "a/1": ""},
			[]string{`extra pypi:a@1: 7 files in its folders are in no list: "` + strings.Join([]string{site + `a/1", "` + site +
				`a/2", "` + site + `a/3", "` + site + `a/4", "` + site + `a/5"`}, "") + `, 2 more`}},
		{"a RECORD that cannot be read whole", []string{"a: a/__init__.py"}, map[string]string{"a/x": "", "a-1.dist-info/RECORD": "a/__init__.py,,\n,,,,\n"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := installed(tt.dists...)
			for p, text := range tt.edit {
				files[site+p] = text
			}
			maps.DeleteFunc(files, func(_, text string) bool { return text == "-" })
			if got := audited(sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{})); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// What is as RECORD has it is found to be so, whatever the files are called.
func FuzzAudit(f *testing.F) {
	f.Add("a/__init__.py\na/x!\n!b/c\n%41\n100%\na b,c\n\"q\"", "x")
	f.Add("a/\x1b[1m\na/\xff\n\u202e\nä", "")
	f.Add("a.libs/x\r\na/__pycache__/x.pyc\nRECORD", "")
	f.Fuzz(func(t *testing.T, names, text string) {
		files := map[string]string{}
		for name := range strings.SplitSeq(names, "\n") {
			if clean, ok := dist.Inside(".", name); ok && clean == name && !strings.HasPrefix(name, "a-1.dist-info") {
				files[name] = text
			}
		}
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range wheelFiles("a", "1", "py3-none-any", "", files) {
			w, err := z.Create(name)
			check(t, err)
			_, err = w.Write([]byte(text))
			check(t, err)
		}
		check(t, z.Close())
		artifacts, err := artifact.Open(t.Context(), writeFile(t, t.TempDir(), "a-1-py3-none-any.whl", b.Bytes()), artifact.Options{})
		check(t, err)
		if got := audited(sbomtest.Scan(t, artifacts[0], Cataloger{Verify: true})); len(got) > 0 {
			t.Errorf("got %q", got)
		}
	})
}

// With Verify the digests of all files count.
func TestVerify(t *testing.T) {
	files := installed("a: a/__init__.py a/x.py a/licence.so", "b: b.py")
	files[site+"a/x.py"], files[site+"b.py"], files[site+"extra.py"] = "x = 2\n", "x = 2\n", "x = 2\n"
	want := []string{`changed pypi:a@1: 1 of 5 listed files are not as listed: "` + site + `a/x.py" has another digest`,
		`changed pypi:b@1: 1 of 3 listed files are not as listed: "` + site + `b.py" has another digest`}
	inv := sbomtest.Scan(t, sbomtest.Folder(files), Cataloger{Verify: true})
	if got := audited(inv); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, c := range inv.Components {
		if len(c.Locations) > 3 {
			t.Errorf("%s has locations %v", c.Name, c.Locations)
		}
	}

	wheel := wheelFiles("a", "1", "py3-none-any", "License: House rules\nLicense-File: LICENSE\n",
		map[string]string{"a.py": "x = 1\n", "a-1.dist-info/licenses/LICENSE": "Be kind."})
	wheel["a.py"], wheel["a-1.dist-info/licenses/LICENSE"] = "x = 2\n", "Be rude."
	artifacts, err := artifact.Open(t.Context(), writeZip(t, t.TempDir(), "a-1-py3-none-any.whl", wheel), artifact.Options{})
	check(t, err)
	want = []string{`changed pypi:a@1: 2 of 4 listed files are not as listed: "a-1.dist-info/licenses/LICENSE" has another digest, "a.py" has another digest`}
	inv = sbomtest.Scan(t, artifacts[0], Cataloger{Verify: true})
	if got := audited(inv); !slices.Equal(got, want) || len(inv.Components[0].LicenseTexts) != 2 {
		t.Errorf("got %q, %+v, want %q", got, inv.Components[0].LicenseTexts, want)
	}
}

// A file counts as what the highest layer has of it, by whatever way its folder is
// reached.
func TestAuditOverlay(t *testing.T) {
	files := installed("a: a/__init__.py a/x.py a/y.py")
	files[site+"a-1.dist-info/RECORD"] += "../../../lib64/z,,\n"
	lower := sbomtest.Tree{ID: "1", Files: files}
	upper := sbomtest.Tree{ID: "2", Files: map[string]string{site + "a/x.py": "longer than before", "usr/lib/z": ""}, Removed: []string{site + "a/y.py"},
		Links: map[string]string{"usr/lib64": "lib", site + "a/link": "/etc/passwd"}}
	want := []string{`changed pypi:a@1: 1 of 6 listed files are not as listed: "` + site + `a/x.py" has 18 bytes, not 6`,
		`extra pypi:a@1: 1 files in its folders are in no list: "` + site + `a/link"`,
		`missing pypi:a@1: 1 of 6 listed files are not here: "` + site + `a/y.py"`}
	if got := audited(sbomtest.Scan(t, sbomtest.Image(lower, upper), Cataloger{})); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// All that is in a wheel is in its RECORD.
func TestAuditWheel(t *testing.T) {
	files := wheelFiles("a", "1", "py3-none-any", "", map[string]string{"a.py": "", "gone.py": ""})
	delete(files, "gone.py")
	files["b.py"], files["a-1.dist-info/RECORD.jws"] = "", ""
	dir := t.TempDir()
	m := open(t, writeZip(t, dir, "a-1-py3-none-any.whl", files))
	checkOutline(t, m, "note python.record.extra", "note python.record.missing")
	m = open(t, writeSdist(t, dir, "all.tar.gz", map[string]string{"a-1-py3-none-any.whl": readFile(t, filepath.Join(dir, "a-1-py3-none-any.whl")), "c.py": ""}))
	checkOutline(t, m, "pkg:pypi/a@1", "note python.record.extra", "note python.record.missing")
}

func readFile(t *testing.T, p string) string {
	t.Helper()
	data, err := os.ReadFile(p)
	check(t, err)
	return string(data)
}

// auditScript compares what RECORD says with the files, as importlib.metadata has
// both: sizes, and the digests of metadata.
const auditScript = `
import base64, hashlib, json, os, sys
from importlib import metadata
folder, scanned = json.load(sys.stdin)
out = {"Missing": [], "Changed": []}
for d in metadata.distributions(path=[folder]):
    for f in d.files or []:
        above = os.path.relpath(os.path.join(folder, f), scanned).startswith("..")
        if f.suffix == ".pyc" or above: continue
        try: size = f.locate().stat().st_size
        except FileNotFoundError: out["Missing"].append(str(f)); continue
        changed = f.size is not None and f.size != size
        if f.name in ("METADATA", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json") and f.hash and f.hash.mode == "sha256":
            sum = base64.urlsafe_b64encode(hashlib.sha256(f.locate().read_bytes()).digest()).rstrip(b"=").decode()
            changed = changed or sum != f.hash.value
        if changed: out["Changed"].append(str(f))
print(json.dumps(out))
`

// checkAudit compares the audit of the distributions in folder with what Python says
// of them, as far as they are in the folder that is scanned.
func checkAudit(t *testing.T, folder, scanned string) (findings []string) {
	t.Helper()
	var want struct{ Missing, Changed []string }
	oracle.Ask(t, auditScript, []string{folder, scanned}, &want)
	inv := scanFolder(t, scanned)
	findings = audited(inv)
	for code, files := range map[string][]string{"missing": want.Missing, "changed": want.Changed} {
		n := 0
		for _, f := range findings {
			if kind, detail, _ := strings.Cut(f, ": "); strings.HasPrefix(kind, code) {
				count := 0
				_, err := fmt.Sscan(detail, &count)
				check(t, err)
				n += count
			}
		}
		if n != len(files) {
			t.Errorf("%s: %d are %s, and Python says %d: %q", folder, n, code, len(files), files)
		}
	}
	t.Logf("%s: %d missing, %d changed", folder, len(want.Missing), len(want.Changed))
	return findings
}

// damage removes one file of an installation, makes another longer, and adds one.
func damage(t *testing.T, folder, removed, longer, added string) {
	t.Helper()
	check(t, os.Remove(filepath.Join(folder, removed)))
	data := readFile(t, filepath.Join(folder, longer))
	writeFile(t, folder, longer, append(bytes.Clone([]byte(data)), ' '))
	writeFile(t, folder, added, nil)
}
