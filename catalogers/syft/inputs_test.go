package syft_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// inputs are the artifacts of TestOracle.
var inputs = []input{
	{"go", goPrograms},
	{"deb", debianRoot},
	{"rpm", rpmDatabase},
	{"apk", apkDatabase},
	{"python", pythonEnvironment},
	{"wheels", wheels},
	{"jars", jars},
	{"image", imageOfAll},
}

// goPrograms makes a folder with the programs of the Go distribution, the plain
// command, and small ones with modules that are replaced, or need nothing.
func goPrograms(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	distribution := strings.TrimSpace(run(t, ".", "go", "env", "GOROOT"))
	for _, name := range []string{"go", "gofmt"} {
		copyFile(t, filepath.Join(distribution, "bin", name), filepath.Join(dir, name))
	}
	run(t, ".", "go", "build", "-o", filepath.Join(dir, "manifestgen"), "github.com/manifestgen/manifestgen/cmd/manifestgen")
	source := t.TempDir()
	write(t, source, map[string]string{
		"go.mod":       "module example.org/Big/replaced/v2\n\ngo 1.26.0\n\nrequire example.org/lib v1.2.3\n\nreplace example.org/lib v1.2.3 => ./lib\n",
		"main.go":      "package main\n\nimport \"example.org/lib\"\n\nfunc main() { lib.F() }\n",
		"lib/go.mod":   "module example.org/lib\n\ngo 1.26.0\n",
		"lib/lib.go":   "package lib\n\nfunc F() {}\n",
		"tool/main.go": "package main\n\nfunc main() {}\n",
	})
	run(t, source, "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "replaced"), ".")
	run(t, source, "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "tool"), "./tool")
	return goTruth(t, dir)
}

// goTruth returns what the go command says of the programs in dir.
func goTruth(t *testing.T, dir string) map[string]bool {
	t.Helper()
	truth := map[string]bool{}
	for line := range strings.Lines(run(t, dir, "go", "version", "-m", dir)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && strings.HasSuffix(f[0], ":"):
			truth["golang/stdlib "+strings.TrimPrefix(f[1], "go")] = true
		case len(f) == 2 && f[0] == "path" && strings.HasPrefix(f[1], "cmd/"):
			truth["golang/toolchain "+strings.TrimPrefix(runtime.Version(), "go")] = true // a program of the distribution
		case len(f) >= 3 && (f[0] == "mod" || f[0] == "dep" || f[0] == "=>") && f[2] != "(devel)":
			truth["golang/"+f[1]+" "+f[2]] = true
		}
	}
	return truth
}

// debianRoot makes the root file system of a small Debian, with a package of
// which only the configuration is left.
func debianRoot(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	run(t, dir, "tar", "-x", "--exclude=./dev", "-f", makeDebian(t, dir))
	truth := map[string]bool{}
	for line := range strings.Lines(run(t, dir, "dpkg-query", "--admindir="+dir+"/var/lib/dpkg", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n")) {
		if f := strings.Fields(line); f[2] == "installed" {
			truth["deb/"+f[0]+" "+f[1]] = true
		}
	}
	return truth
}

// debianTar returns where the archive of the system in dir is.
func debianTar(dir string) string { return dir + ".tar" }

// makeDebian makes an archive of a small Debian beside dir.
func makeDebian(t *testing.T, dir string) string {
	t.Helper()
	needTool(t, "mmdebstrap", "mmdebstrap")
	needTool(t, "dpkg-query", "dpkg")
	file := debianTar(dir)
	cmd := exec.Command("mmdebstrap", "--variant=essential", "--include=nano,libstdc++6", `--customize-hook=chroot "$1" dpkg --remove nano`, "bookworm", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Skipf("mmdebstrap: %v", err)
	}
	return file
}

// rpmDatabase makes a root file system with a database that rpm has made.
func rpmDatabase(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	needTool(t, "rpmbuild", "rpm")
	for i, spec := range rpmSpecs {
		build := t.TempDir()
		write(t, build, map[string]string{"x.spec": spec})
		run(t, build, "rpmbuild", "-bb", "--quiet", "--define", "_topdir "+build, "x.spec")
		files, err := filepath.Glob(build + "/RPMS/*/*.rpm")
		if err != nil || len(files) != 1 {
			t.Fatalf("spec %d: %v, %v", i, files, err)
		}
		run(t, dir, "rpm", "--root", dir, "--dbpath", "/usr/lib/sysimage/rpm", "-i", "--nodeps", "--ignorearch", files[0])
	}
	write(t, dir, map[string]string{"etc/os-release": "ID=fedora\nVERSION_ID=43\nNAME=Fedora\n"})
	truth := map[string]bool{}
	for line := range strings.Lines(run(t, dir, "rpm", "--root", dir, "--dbpath", "/usr/lib/sysimage/rpm", "-qa", "--qf", "rpm/%{NAME} %{VERSION}-%{RELEASE}\n")) {
		truth[strings.TrimSpace(line)] = true
	}
	return truth
}

var rpmSpecs = []string{`
Name: full
Epoch: 2
Version: 1.0
Release: 3.el8
Summary: A package
License: GPLv2+ and (MIT or BSD)
Vendor: Example Distribution
URL: https://example.org/full
ModularityLabel: stream:1:2:abc
Provides: virtual = 1.2
%description
%install
mkdir -p %{buildroot}/usr/bin
echo b > %{buildroot}/usr/bin/full
%files
/usr/bin/full
`, `
Name: bare
Version: 1~rc1^git5
Release: 1
Summary: Bare
License: Freely redistributable
BuildArch: noarch
%description
%files
`, `
Name: needs
Version: 0.9
Release: 1
Summary: Requirements
License: Apache-2.0 OR MIT
BuildArch: noarch
Requires: full >= 2:1.0
Requires: virtual >= 1.2
Requires: /usr/bin/full
Requires: (bare or missing)
Requires: bare < 1
%description
%files
`}

// apkDatabase makes a root file system with a database as apk writes it.
func apkDatabase(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	write(t, dir, map[string]string{
		"etc/os-release":     "ID=alpine\nVERSION_ID=3.20.3\nNAME=\"Alpine Linux\"\n",
		"etc/alpine-release": "3.20.3\n",
		"lib/apk/db/installed": `C:Q1bVMnq2q7vGdrTLf3g0dVq1sXOWk=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Natanael Copa <ncopa@alpinelinux.org>
t:1710437911
c:0a4e26ad1bd1ef8c2a2fc30e2b0c4ac5e0ca4d5e
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1/T1ETCJBCAlAwuSVjUZIz1mJSPs=

C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:zlib
V:1.3.1-r1
A:x86_64
S:54253
I:110592
T:A compression/decompression Library
U:https://zlib.net/
L:Zlib
o:zlib
t:1706018332
D:so:libc.musl-x86_64.so.1
p:so:libz.so.1=1.3.1
F:lib
R:libz.so.1.3.1
a:0:0:755
Z:Q1HVjBEBTvQ9oZ2RvvMOvEmQWXSFs=

C:Q1UlwX9rjbXcD2R0cGuOUwWsdmXtM=
P:busybox
V:1.36.1-r29
A:x86_64
S:510030
I:950272
T:Size optimized toolbox
U:https://busybox.net/
L:GPL-2.0-only AND bzip2-1.0.6
o:busybox
t:1716538245
D:so:libc.musl-x86_64.so.1 !conflicting
p:/bin/sh cmd:busybox=1.36.1-r29
F:bin
R:busybox
a:0:0:755
Z:Q1MC8L2m1P5RnmAxTBB4RTTyEEOOA=

`,
	})
	return nil
}

// pythonEnvironment makes a virtual environment with distributions that pip has
// installed.
func pythonEnvironment(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	needTool(t, "python3", "python3")
	run(t, dir, "python3", "-m", "venv", "venv")
	python := filepath.Join(dir, "venv/bin/python3")
	for _, wheel := range makeWheels(t) {
		run(t, dir, python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel)
	}
	var list []struct{ Name, Version string }
	if err := json.Unmarshal([]byte(run(t, dir, python, "-m", "pip", "list", "--format", "json")), &list); err != nil {
		t.Fatal(err)
	}
	truth := map[string]bool{}
	for _, d := range list {
		truth["pypi/"+normal(d.Name)+" "+d.Version] = true
	}
	return truth
}

// normal returns the normal form of the name of a project.
func normal(name string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
}

// makeWheels makes wheels of small projects:
// https://packaging.python.org/specifications/binary-distribution-format/
func makeWheels(t *testing.T) []string {
	t.Helper()
	out := t.TempDir()
	var files []string
	for name, metadata := range pythonProjects {
		info := name + ".dist-info/"
		module := strings.SplitN(name, "-", 2)[0] + ".py"
		data := archive(t, map[string]string{
			module:            "",
			info + "METADATA": metadata,
			info + "WHEEL":    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
			info + "RECORD":   module + ",,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n",
		})
		write(t, out, map[string]string{name + "-py3-none-any.whl": data})
		files = append(files, filepath.Join(out, name+"-py3-none-any.whl"))
	}
	return files
}

var pythonProjects = map[string]string{
	"base_lib-1.0": `Metadata-Version: 2.1
Name: Base.Lib
Version: 1.0
License: MIT
`,
	"app-2.0.post1": `Metadata-Version: 2.4
Name: app
Version: 2.0.post1
License-Expression: Apache-2.0 OR MIT
Requires-Dist: base-lib>=1
Requires-Dist: pip ; python_version < "3"
Requires-Dist: setuptools (>=1)
Requires-Dist: absent ; extra == "none"
Provides-Extra: more
Requires-Dist: pip ; extra == "more"
`,
	"classified-0.1": `Metadata-Version: 2.1
Name: classified
Version: 0.1
Classifier: License :: OSI Approved :: BSD License
Requires-Dist: app[more]
`,
}

// wheels makes a folder of wheels.
func wheels(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	needTool(t, "python3", "python3")
	for _, w := range makeWheels(t) {
		copyFile(t, w, filepath.Join(dir, filepath.Base(w)))
	}
	return map[string]bool{"pypi/base-lib 1.0": true, "pypi/app 2.0.post1": true, "pypi/classified 0.1": true}
}

// imageOfAll makes an OCI layout: a Debian, above it a Python environment and
// programs, above that a layer that removes two programs.
func imageOfAll(t *testing.T, dir string, made map[string]sample) map[string]bool {
	truth := map[string]bool{}
	for _, name := range []string{"deb", "go", "python"} {
		if made[name].dir == "" {
			t.Skipf("there is no sample %s", name)
		}
	}
	base, err := os.ReadFile(debianTar(made["deb"].dir))
	if err != nil {
		t.Fatal(err)
	}
	programs := made["go"].dir
	middle := tarOf(t, map[string]string{"opt/go": programs, "opt/python": made["python"].dir})
	var gone []string
	for _, name := range []string{"gofmt", "manifestgen"} {
		gone = append(gone, "opt/go/.wh."+name)
		if err := os.Remove(filepath.Join(programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, more := range []map[string]bool{made["deb"].truth, made["python"].truth, goTruth(t, programs)} {
		maps.Copy(truth, more)
	}
	writeLayout(t, dir, [][]byte{base, middle, whiteouts(t, gone...)})
	return truth
}

// tarOf makes a tar archive of folders, by the names that they have in it.
func tarOf(t *testing.T, folders map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			inside := name + strings.TrimPrefix(path, folder)
			if err := w.WriteHeader(&tar.Header{Name: inside, Mode: 0o755, Size: int64(len(data))}); err != nil {
				return err
			}
			_, err = w.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func whiteouts(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeLayout writes an OCI layout with one image:
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
func writeLayout(t *testing.T, dir string, layers [][]byte) {
	t.Helper()
	type object = map[string]any
	blob := func(mediaType string, data []byte) object {
		sum := sha256.Sum256(data)
		digest := hex.EncodeToString(sum[:])
		write(t, dir, map[string]string{"blobs/sha256/" + digest: string(data)})
		return object{"mediaType": mediaType, "digest": "sha256:" + digest, "size": len(data)}
	}
	document := func(mediaType string, v any) object {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return blob(mediaType, data)
	}
	var descriptors, diffs []any
	for _, l := range layers {
		d := blob("application/vnd.oci.image.layer.v1.tar", l)
		descriptors, diffs = append(descriptors, d), append(diffs, d["digest"])
	}
	config := document("application/vnd.oci.image.config.v1+json", object{
		"architecture": "amd64", "os": "linux", "rootfs": object{"type": "layers", "diff_ids": diffs}})
	manifest := document("application/vnd.oci.image.manifest.v1+json", object{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": descriptors})
	index, err := json.Marshal(object{"schemaVersion": 2, "manifests": []any{manifest}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"index.json": string(index), "oci-layout": `{"imageLayoutVersion":"1.0.0"}`})
}

// write writes files below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
}
