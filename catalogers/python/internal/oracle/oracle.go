// Package oracle asks Python what is true, for the tests of the packages
// around it.
package oracle

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Ask runs script with python3, gives it the JSON of in on its standard
// input, and decodes the JSON that it prints into out. The test is skipped
// where python3 or a module that the script imports is missing; with CI=true
// that is a failure.
func Ask(t testing.TB, script string, in, out any) {
	t.Helper()
	give, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", script)
	cmd.Stdin = bytes.NewReader(give)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	got, err := cmd.Output()
	if err != nil && (stderr.Len() == 0 || bytes.Contains(stderr.Bytes(), []byte("ModuleNotFoundError"))) {
		Missing(t, "python3 with pip (Debian: python3 python3-pip python3-venv): %v\n%s", err, &stderr)
	}
	if err != nil {
		t.Fatalf("python3: %v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(got, out); err != nil {
		t.Fatalf("python3 printed %q: %v", got, err)
	}
}

// Missing skips the test, or fails it with CI=true.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("missing: "+format, args...)
	}
	t.Skipf("missing: "+format, args...)
}
