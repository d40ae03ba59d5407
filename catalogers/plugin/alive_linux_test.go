package plugin_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/plugin"
)

// alive reports whether a process runs: one that has ended and that nobody has
// asked about does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func TestMemory(t *testing.T) {
	hungry := "x=$(head -c 300000000 /dev/zero | tr '\\0' x) || exit 9; echo ${#x} >&2"
	c := program(t, hungry, writes(""))
	c.Limits = plugin.Limits{Memory: 64 << 20}
	if _, err := c.Survey(context.Background(), folder); code(err) != "plugin.failed" {
		t.Errorf("got %v, want code plugin.failed", err)
	}
}
