package rpmtest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// deadline is how long a tool may take: rpm hangs on some damaged databases.
const deadline = 2 * time.Minute

// Run runs a tool and returns its output. It fails the test if the tool fails.
func Run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := run(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Output runs a tool that may fail and returns its output.
func Output(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, _ := run(name, args...)
	return out
}

func run(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SOURCE_DATE_EPOCH=1700000000")
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s %s: %v: %s", name, strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes(), nil
}

// Build builds the packages of a spec file, source packages too, and returns
// their paths. Options are for rpmbuild.
func Build(t testing.TB, spec string, options ...string) (files []string) {
	t.Helper()
	tool := Tool(t, "rpmbuild", "rpm")
	dir := t.TempDir()
	file := filepath.Join(dir, "test.spec")
	if err := os.WriteFile(file, []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-ba", "--define", "_topdir " + dir, "--define", "_buildhost host.example.org",
		"--define", "use_source_date_epoch_as_buildtime 1", "--define", "debug_package %{nil}"}
	Run(t, tool, append(append(args, options...), file)...)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".rpm") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Database is the folder of the database below the root of Install.
const Database = "var/lib/rpm"

// Install installs packages into an empty root, which it returns, without what
// they require.
func Install(t testing.TB, files ...string) string {
	t.Helper()
	tool := Tool(t, "rpm", "rpm")
	root := t.TempDir()
	Run(t, tool, append([]string{"--dbpath", filepath.Join(root, Database), "-i", "--nodeps", "--justdb", "--ignorearch",
		"--nosignature", "--force-debian"}, files...)...)
	return root
}

// Query returns a line for each package in a database, with the given query
// format. Options come first.
func Query(t testing.TB, db, format string, options ...string) []string {
	t.Helper()
	tool := Tool(t, "rpm", "rpm")
	out := Run(t, tool, append(options, "--dbpath", db, "--nosignature", "--nodigest", "-qa", "--qf", format+"\\n")...)
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}
