package dpkg

import (
	"archive/tar"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// TestBootstrap reads a root file system that mmdebstrap has made, with a package
// of which only the configuration is left, and compares with dpkg-query.
func TestBootstrap(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads a system")
	}
	needTool(t, "mmdebstrap", "mmdebstrap")
	root := filepath.Join(t.TempDir(), "root.tar")
	cmd := exec.Command("mmdebstrap", "--variant=essential", "--include=nano,libstdc++6",
		`--customize-hook=chroot "$1" dpkg --remove nano`, "bookworm", root)
	if out, err := cmd.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Skipf("mmdebstrap: %v", err)
	}
	tree := readTar(t, root)
	checkSystem(t, tree)
	if !strings.Contains(tree.Files[statusFile], "deinstall ok config-files") {
		t.Error("no package is removed; the test shows less than it should")
	}
}

// TestThisMachine does the same with the packages of this machine.
func TestThisMachine(t *testing.T) {
	tree := sbomtest.Tree{Files: map[string]string{}, Links: map[string]string{}}
	for _, pattern := range []string{statusFile, infoFolder + "/*.list", infoFolder + "/*.md5sums", docFolder + "/*", docFolder + "/*/copyright"} {
		names, err := filepath.Glob("/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if target, err := os.Readlink(name); err == nil {
				tree.Links[name[1:]] = target
				continue
			}
			if folder, _ := filepath.EvalSymlinks(filepath.Dir(name)); folder != filepath.Dir(name) {
				continue // a folder that is a link is none to a tree
			}
			if data, err := os.ReadFile(name); err == nil {
				tree.Files[name[1:]] = string(data)
			}
		}
	}
	if tree.Files[statusFile] == "" {
		t.Skip("this machine is not a Debian one")
	}
	for _, c := range checkSystem(t, tree) {
		if _, err := os.Stat("/" + docFolder + "/" + c.Name + "/copyright"); err == nil && c.Declared == "" {
			t.Errorf("%s has no licence", c.Name)
		}
	}
}

// checkSystem scans a system that dpkg has installed: it finds what dpkg-query
// finds, all relations are met, and nothing is damaged. It returns the packages.
func checkSystem(t *testing.T, tree sbomtest.Tree) []*sbom.Component {
	t.Helper()
	needTool(t, "dpkg-query", "dpkg")
	admin := t.TempDir()
	if err := os.WriteFile(admin+"/status", []byte(tree.Files[statusFile]), 0o600); err != nil {
		t.Fatal(err)
	}
	const format = `${db:Status-Status}|${Package}|${Version}|${Architecture}|${source:Package}|${source:Version}\n`
	out, err := exec.Command("dpkg-query", "--admindir="+admin, "-W", "-f", format).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(strings.Fields(string(out)), func(s string) bool {
		return strings.HasPrefix(s, "config-files|") || strings.HasPrefix(s, "not-installed|")
	})
	slices.Sort(want)

	inv := sbomtest.Scan(t, &sbom.Artifact{Format: sbom.FormatFolder, Trees: []sbom.Tree{tree}}, Cataloger{})
	var got []string
	licensed := 0
	for _, c := range inv.Components {
		got = append(got, strings.Join([]string{property(c, "state"), c.Name, c.Version, c.Architecture, property(c, "source"), property(c, "source-version")}, "|"))
		if c.Declared != "" {
			licensed++
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %d packages, want %d\n%q\n%q", len(got), len(want), got, want)
	}
	if len(inv.Findings) != 0 {
		t.Errorf("%d findings, the first: %v", len(inv.Findings), inv.Findings[0])
	}
	t.Logf("%d packages, %d with a licence, %d edges", len(got), licensed, len(inv.Edges))
	return inv.Components
}

// readTar reads those files of a tar archive that the cataloger wants.
func readTar(t *testing.T, name string) sbomtest.Tree {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tree := sbomtest.Tree{Files: map[string]string{}, Links: map[string]string{}}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			return tree
		}
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(h.Name, "./")
		if h.Typeflag == tar.TypeSymlink {
			tree.Links[path] = h.Linkname
		}
		if h.Typeflag != tar.TypeReg || (Cataloger{}).Wants(sbom.Entry{Path: path}) == sbom.No {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		tree.Files[path] = string(data)
	}
}
