package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
)

// TestMain makes the test binary the command itself, for scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"manifestgen": func() { os.Exit(command.Main(os.Args[1:], command.System(), catalogers.Default()...)) },
	})
}

// TestScript runs the scripts: each could stand in the documentation.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// A real Go program to describe, and where programs are.
			gofmt, err := exec.LookPath("gofmt")
			if err != nil {
				return err
			}
			return os.Symlink(gofmt, filepath.Join(env.WorkDir, "gofmt"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
		},
		Condition: func(cond string) (bool, error) { return cond == "full" && canFill(), nil },
	})
}

// status runs a command and checks its exit status: status 3 manifestgen x.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: status N command [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := err.(*exec.ExitError); ok {
		got = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// canFill reports whether there is a device that is always full.
func canFill() bool {
	_, err := os.Stat("/dev/full")
	return err == nil
}

// readTool returns a program of the Go distribution.
func readTool(t testing.TB, name string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
