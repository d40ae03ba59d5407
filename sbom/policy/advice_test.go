package policy_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
	"github.com/manifestgen/manifestgen/sbom/policy"
)

// TestAdvice holds that every rule says what is asked, why and what to do, and
// that each flag in its advice is one of the command.
func TestAdvice(t *testing.T) {
	var help bytes.Buffer
	process := command.Process{Stdout: &help, Stderr: &help, Getenv: func(string) string { return "" }, Now: time.Now}
	for _, verb := range []string{"generate", "stamp"} {
		if status := command.Main([]string{verb, "--help"}, process); status != 0 {
			t.Fatalf("%s --help: status %d", verb, status)
		}
	}
	flag := regexp.MustCompile(`--[a-z][a-z-]*`)
	for _, r := range policy.Rules() {
		if r.Standard == "" || r.Why == "" || !strings.HasSuffix(r.Why, ".") || !strings.HasSuffix(r.Fix, ".") || strings.HasSuffix(r.Title, ".") {
			t.Errorf("rule %s: its words are %q, %q, %q", r.ID, r.Title, r.Why, r.Fix)
		}
		for _, f := range flag.FindAllString(r.Fix, -1) {
			if !strings.Contains(help.String(), f+" ") {
				t.Errorf("rule %s: there is no flag %s", r.ID, f)
			}
		}
	}
}
