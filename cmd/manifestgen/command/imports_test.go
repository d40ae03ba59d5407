package command_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/imports.txt")

const module = "github.com/manifestgen/manifestgen"

// goList runs go list in the root of the module and returns its lines.
func goList(t *testing.T, dir string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if e, ok := err.(*exec.ExitError); ok {
			detail = string(e.Stderr)
		}
		t.Fatalf("go list %v: %v\n%s", args, err, detail)
	}
	return strings.Fields(string(out))
}

// root is the root of the module, seen from this folder.
const root = "../../.."

// TestImports holds the list of modules that an importer of each public package
// gets into its program.
func TestImports(t *testing.T) {
	var b strings.Builder
	for _, pkg := range goList(t, root, "./...") {
		if strings.Contains(pkg, "/internal/") {
			continue
		}
		modules := goList(t, root, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", pkg)
		slices.Sort(modules)
		modules = slices.DeleteFunc(slices.Compact(modules), func(m string) bool { return m == module })
		name := strings.TrimPrefix(pkg, module+"/")
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(modules, " "))
	}
	compareGolden(t, "testdata/imports.txt", b.String())
}

// TestImporter holds the list of modules that the go command considers for a
// program that uses the library for its main job.
func TestImporter(t *testing.T) {
	dir := t.TempDir()
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"go.mod": fmt.Sprintf("module importer\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, abs),
		"go.sum": string(sums),
		"main.go": fmt.Sprintf("package main\n\nimport (\n\t_ %q\n\t_ %q\n\t_ %q\n)\n\nfunc main() {}\n",
			module+"/sbom/artifact", module+"/catalogers/gobinary", module+"/formats/cyclonedx"),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	linked := goList(t, dir, "-mod=mod", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	slices.Sort(linked)
	linked = slices.DeleteFunc(slices.Compact(linked), func(m string) bool { return m == "importer" || m == module })
	considered := goList(t, dir, "-mod=mod", "-m", "-f", "{{.Path}}", "all")
	considered = slices.DeleteFunc(considered, func(m string) bool { return m == "importer" || m == module })
	compareGolden(t, "testdata/importer.txt", fmt.Sprintf("linked:\n%s\nconsidered:\n%s\n", strings.Join(linked, "\n"), strings.Join(considered, "\n")))
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("imports changed; if that is meant, run make update (-have +new):\n%s", diff)
	}
}

// TestStar holds who may import whom.
func TestStar(t *testing.T) {
	allowed := func(from, to string) bool {
		room := func(p string) string { return strings.SplitN(p, "/", 2)[0] }
		switch {
		case strings.HasPrefix(to, from+"/internal/"), strings.Contains(to, "/internal/") && inside(from, to):
			return true
		case to == "sbom", to == "sbom/policy" && strings.HasPrefix(from, "sbom/policy/"):
			return true
		case room(from) == "cmd", from == "catalogers" && room(to) == "catalogers", from == "formats" && room(to) == "formats":
			return true
		default:
			return false
		}
	}
	for _, line := range strings.Split(strings.Join(goList(t, root, "-f", "{{.ImportPath}}={{join .Imports \",\"}}", "./..."), "\n"), "\n") {
		from, imports, _ := strings.Cut(line, "=")
		from = strings.TrimPrefix(from, module+"/")
		for to := range strings.SplitSeq(imports, ",") {
			to, ours := strings.CutPrefix(to, module+"/")
			if ours && !allowed(from, to) {
				t.Errorf("%s imports %s", from, to)
			}
			if strings.Contains(to, "cyclonedx-go") && !strings.HasPrefix(from, "formats/cyclonedx") || strings.Contains(to, "spdx/tools-golang") && !strings.HasPrefix(from, "formats/spdx") {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}

// inside reports whether the package from may see the internal package to.
func inside(from, to string) bool {
	parent := to[:strings.Index(to, "/internal/")]
	return from == parent || strings.HasPrefix(from, parent+"/")
}
