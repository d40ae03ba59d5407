package formats_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
	"github.com/manifestgen/manifestgen/formats/loss"
)

// node returns a command that runs a script with arguments, in the folder where
// testdata/prepare has installed what others wrote.
func node(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir, err := filepath.Abs("../build/node")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := exec.LookPath("node")
	if missing == nil {
		_, missing = os.Stat(filepath.Join(dir, "complete"))
	}
	if missing != nil {
		const how = "run formats/testdata/prepare, which needs npm: %v"
		if os.Getenv("CI") == "true" {
			t.Fatalf(how, missing)
		}
		t.Skipf(how, missing)
	}
	cmd := exec.Command("node", args...)
	cmd.Dir = dir
	return cmd
}

// TestOthersValidate shows what is written to validators that others wrote.
func TestOthersValidate(t *testing.T) {
	script, err := filepath.Abs("testdata/oracle.mjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{script, "node_modules"}
	for _, f := range documents() {
		if f.Name != "cyclonedx-json" && f.Name != "spdx3-json" {
			continue
		}
		for name, m := range formattest.Fixtures() {
			if name == "many" {
				continue // the same five thousand times, which takes minutes
			}
			file := filepath.Join(dir, nameOf(f)+"-"+name+".json")
			if err := os.WriteFile(file, encode(t, f, m), 0o644); err != nil {
				t.Fatal(err)
			}
			args = append(args, file)
		}
	}
	out, err := node(t, args...).CombinedOutput()
	if want := fmt.Sprintf("%d documents\n", len(args)-2); err != nil || string(out) != want {
		t.Errorf("error %v, output:\n%.6000s", err, out)
	}
}

// foreign returns documents in the shape that other tools write, made by hand.
func foreign(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"cyclonedx/testdata/*.*", "spdx/testdata/*.*", "spdx3/testdata/*.*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// cdxgen returns what cdxgen says of a small project: in CycloneDX, and that in
// SPDX 3.
func cdxgen(t *testing.T) map[string][]byte {
	t.Helper()
	project, out := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"package.json": `{"name": "demo", "version": "1.0.0", "license": "MIT", "dependencies": {"left-pad": "1.3.0"}}`,
		"package-lock.json": `{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "packages": {
			"": {"name": "demo", "version": "1.0.0", "license": "MIT", "dependencies": {"left-pad": "1.3.0"}},
			"node_modules/left-pad": {"version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
				"integrity": "sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA==", "license": "WTFPL"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(project, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cdx, spdx3 := filepath.Join(out, "cdxgen.cdx.json"), filepath.Join(out, "cdxgen.spdx3.json")
	for _, args := range [][]string{
		{"node_modules/@cyclonedx/cdxgen/bin/cdxgen.js", "-t", "js", "--no-install-deps", "--no-recurse", "-o", cdx, project},
		{"node_modules/@cyclonedx/cdxgen/bin/convert.js", "-i", cdx, "-o", spdx3},
	} {
		if text, err := node(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, text)
		}
	}
	all := map[string][]byte{}
	for _, file := range []string{cdx, spdx3} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = data
	}
	return all
}

func TestForeign(t *testing.T) {
	for name, data := range foreign(t) {
		t.Run(name, func(t *testing.T) { checkForeign(t, data, slices.Contains(odd, name)) })
	}
}

// odd are documents with faults, or in another serialization, which are not
// written again as they were.
var odd = []string{"odd.spdx.json", "nested.spdx3.json"}

func TestForeignCdxgen(t *testing.T) {
	for name, data := range cdxgen(t) {
		t.Run(name, func(t *testing.T) { checkForeign(t, data, false) })
	}
}

// checkForeign reads a document of another tool, and takes it through all formats
// and back: nothing may be lost, neither of the model nor of what it has no word
// for, except in an odd document.
func checkForeign(t *testing.T, data []byte, odd bool) {
	m, own, err := formats.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Components) == 0 {
		t.Error("no components")
	}
	back := m
	for _, f := range append(documents(), own) {
		back = decode(t, f, encode(t, f, back))
		if r := loss.Compare(m, back); r.Losses != nil {
			t.Fatalf("%s: %.2000v", nameOf(f), r.Losses)
		}
	}
	if odd || !isJSON(bytes.TrimSpace(data)) {
		return
	}
	losses, err := loss.CompareJSON(unwrapped(data), encode(t, own, back))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range losses {
		if strings.Contains(l.Field, "/signature/") || strings.Contains(l.In, "#Relationship-") {
			continue // fits no document that is written anew, and is carried along; relations of SPDX 3 get new ids
		}
		t.Errorf("lost: %s = %.300s", l.Field, l.In)
	}
}

// unwrapped returns the document in a document.
func unwrapped(data []byte) []byte {
	var w struct{ SBOM, Predicate json.RawMessage }
	if json.Unmarshal(data, &w) == nil && len(w.SBOM)+len(w.Predicate) > 0 {
		return slices.Concat(w.SBOM, w.Predicate)
	}
	return data
}
