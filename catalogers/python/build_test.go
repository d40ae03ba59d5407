package python

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
)

// wheelFiles returns the files of a wheel: the given ones, METADATA with the
// further fields, WHEEL and RECORD.
func wheelFiles(name, version, tag, fields string, files map[string]string) map[string]string {
	all := maps.Clone(files)
	if all == nil {
		all = map[string]string{}
	}
	info := name + "-" + version + ".dist-info/"
	all[info+"METADATA"] = "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n" + fields +
		"\nThe description.\n"
	all[info+"WHEEL"] = fmt.Sprintf("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: %t\nTag: %s\n",
		strings.HasSuffix(tag, "-any"), tag)
	all[info+"RECORD"] = record(all, info+"RECORD")
	return all
}

func record(files map[string]string, self string) string {
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256([]byte(files[p]))
		quoted := p
		if strings.ContainsAny(p, ",\"\r\n") {
			quoted = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
		fmt.Fprintf(&b, "%s,sha256=%s,%d\n", quoted, base64.RawURLEncoding.EncodeToString(sum[:]), len(files[p]))
	}
	return b.String() + self + ",,\n"
}

// writeZip writes a zip archive of files to folder/base and returns its path.
func writeZip(t testing.TB, folder, base string, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(p)
		check(t, err)
		_, err = w.Write([]byte(files[p]))
		check(t, err)
	}
	check(t, z.Close())
	return writeFile(t, folder, base, b.Bytes())
}

// writeSdist writes a tar.gz archive of files.
func writeSdist(t testing.TB, folder, base string, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	w := tar.NewWriter(gz)
	for _, p := range slices.Sorted(maps.Keys(files)) {
		check(t, w.WriteHeader(&tar.Header{Name: p, Mode: 0o644, Size: int64(len(files[p])), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(files[p]))
		check(t, err)
	}
	check(t, w.Close())
	check(t, gz.Close())
	return writeFile(t, folder, base, b.Bytes())
}

func writeFile(t testing.TB, folder, base string, data []byte) string {
	t.Helper()
	p := filepath.Join(folder, filepath.FromSlash(base))
	check(t, os.MkdirAll(filepath.Dir(p), 0o755))
	check(t, os.WriteFile(p, data, 0o644))
	return p
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program that the test may miss.
func run(t *testing.T, folder, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PIP_NO_INDEX=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a",
		"GIT_COMMITTER_EMAIL=a@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		oracle.Missing(t, "%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// An environment built with venv and pip, of wheels that the test writes, one
// from a git repository, and one that is editable.
func TestBuiltEnvironmentAgainstPip(t *testing.T) {
	dir := t.TempDir()
	tag := "cp311-cp311-linux_x86_64"
	oracle.Ask(t, "import json\nfrom pip._vendor.packaging.tags import sys_tags\n"+
		"print(json.dumps(str(next(t for t in sys_tags() if t.platform.startswith('linux')))))", nil, &tag)
	wheels := []string{
		writeZip(t, dir, "top-1.0-py3-none-any.whl", wheelFiles("top", "1.0", "py3-none-any",
			"Requires-Dist: Mid.Dle (>=1)\nRequires-Dist: leaf[x] ; sys_platform == 'linux'\n"+
				"Requires-Dist: never ; sys_platform == 'win32'\nRequires-Dist: other ; python_version < '3'\n"+
				"Requires-Dist: gone\nProvides-Extra: y\nRequires-Dist: other ; extra == 'y'\n",
			map[string]string{"top.py": ""})),
		writeZip(t, dir, "Mid_Dle-1!1.5.post2-py3-none-any.whl",
			wheelFiles("Mid_Dle", "1!1.5.post2", "py3-none-any",
				"License-Expression: MIT OR Apache-2.0\nRequires-Dist: comp (<2,>=1.0a1)\n",
				map[string]string{"mid/__init__.py": "", "mid/a,b.txt": ""})),
		writeZip(t, dir, "leaf-0.1-py3-none-any.whl", wheelFiles("leaf", "0.1", "py3-none-any",
			"Provides-Extra: x\nRequires-Dist: other ; extra == 'x'\nRequires-Dist: top ; extra == 'z'\n",
			map[string]string{"leaf.py": ""})),
		writeZip(t, dir, "other-3-py3-none-any.whl", wheelFiles("other", "3", "py3-none-any",
			"Requires-Dist: leaf ; implementation_name == 'cpython' and platform_machine != 'sparc'\n",
			map[string]string{"other.py": ""})),
		writeZip(t, dir, "comp-1.0-"+tag+".whl", wheelFiles("comp", "1.0", tag, "",
			map[string]string{"comp.so": "\x7fELF", "comp.libs/libz-1.so": "\x7fELF"})),
	}
	run(t, dir, "python3", "-m", "venv", "env")
	pip := filepath.Join(dir, "env", "bin", "pip")
	run(t, dir, pip, append([]string{"install", "--no-deps", "--no-index"}, wheels...)...)
	run(t, dir, pip, "install", "--no-deps", "--no-index", "direct @ file://"+writeZip(t, dir, "direct-2.0-py3-none-any.whl",
		wheelFiles("direct", "2.0", "py3-none-any", "License: House rules\n  of ours\nClassifier: License :: OSI Approved :: MIT License\n"+
			"Classifier: License :: Other/Proprietary License\n", nil)))
	writeFile(t, dir, "proj/pyproject.toml", []byte("[build-system]\nrequires = []\nbuild-backend = \"backend\"\n"+
		"backend-path = [\".\"]\n"))
	writeFile(t, dir, "proj/backend.py", []byte(backend))
	writeFile(t, dir, "proj/proj.py", nil)
	run(t, filepath.Join(dir, "proj"), "git", "init", "-q")
	run(t, filepath.Join(dir, "proj"), "git", "add", ".")
	run(t, filepath.Join(dir, "proj"), "git", "commit", "-qm", "first")
	run(t, dir, pip, "install", "--no-deps", "--no-build-isolation", "git+file://"+filepath.Join(dir, "proj"))
	folders, err := filepath.Glob(filepath.Join(dir, "env/lib/python3*/site-packages"))
	check(t, err)

	var want []truth
	oracle.Ask(t, inspectScript, folders, &want)
	checkTruth(t, scanFolder(t, folders[0]), want[0])
	if len(want[0].Edges) < 5 {
		t.Errorf("the environment has only the edges %v", want[0].Edges)
	}

	run(t, dir, pip, "install", "--no-deps", "--no-build-isolation", "-e", filepath.Join(dir, "proj"))
	oracle.Ask(t, inspectScript, folders, &want)
	inv := scanFolder(t, folders[0])
	checkTruth(t, inv, want[0])
	for _, c := range inv.Components {
		if c.Name == "Proj-E" && property(c, propEditable) != "true" {
			t.Errorf("an editable install does not say so: %+v", c)
		}
	}

	if got := checkAudit(t, folders[0], filepath.Join(dir, "env")); len(got) > 0 {
		t.Errorf("a new environment is found to be %q", got)
	}
	damage(t, folders[0], "mid/a,b.txt", "top.py", "mid/new.py")
	if got := checkAudit(t, folders[0], filepath.Join(dir, "env")); len(got) != 3 {
		t.Errorf("a damaged environment is found to be %q", got)
	}
}

// backend is a build backend that needs nothing but Python.
const backend = `
import zipfile
def build(folder, files):
    name = "proj_e-1.0-py3-none-any.whl"
    info = "proj_e-1.0.dist-info/"
    files.update({info + "METADATA": "Metadata-Version: 2.1\nName: Proj-E\nVersion: 1.0\nRequires-Dist: top\n",
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"})
    with zipfile.ZipFile(folder + "/" + name, "w") as z:
        for path, text in files.items(): z.writestr(path, text)
        z.writestr(info + "RECORD", "".join(p + ",,\n" for p in files) + info + "RECORD,,\n")
    return name
def build_wheel(folder, config_settings=None, metadata_directory=None):
    return build(folder, {"proj.py": ""})
def build_editable(folder, config_settings=None, metadata_directory=None):
    return build(folder, {"__editable__.proj_e-1.0.pth": "/nowhere\n"})
`
