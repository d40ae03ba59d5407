package syft_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/catalogers/syft"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
)

// TestMain makes the test binary both commands, for scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"manifestgen": func() { os.Exit(command.Main(os.Args[1:], command.System(), catalogers.Default()...)) },
		"manifestgen-syft": func() {
			os.Exit(command.Main(os.Args[1:], command.System(), append(catalogers.Default(), syft.Cataloger{})...))
		},
	})
}

// needTool skips the test if the tool is not there; in CI that is a failure.
func needTool(t *testing.T, tool, debian string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not there; it is in the Debian package %s", tool, debian)
		}
		t.Skipf("%s is not there; it is in the Debian package %s", tool, debian)
	}
}

// run runs a tool in dir and returns what it writes to standard output.
func run(t *testing.T, dir, tool string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if e, ok := err.(*exec.ExitError); ok {
			detail = string(e.Stderr)
		}
		t.Fatalf("%s %v: %v\n%s", tool, args, err, detail)
	}
	return string(out)
}
