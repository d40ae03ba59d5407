package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/policy"
	"github.com/manifestgen/manifestgen/sbom/policy/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample returns two reports with a result of every kind, and with texts that a
// hostile artifact may bring.
func sample() []*policy.Report {
	rule := func(id string, s policy.Severity) policy.Rule {
		return policy.Rule{ID: id, Standard: "Release guidelines", Clause: "5", Severity: s,
			Title: "The owner is a named team", Why: "Users must know whom to ask.", Fix: "Set team.name in manifestgen.yaml."}
	}
	bad := &policy.Report{
		Subject: policy.About{Name: "nova", Version: "v1.2.3", Architecture: "amd64", File: "dist/nova (1)", Verified: true,
			Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: strings.Repeat("ab", 32)}, {Algorithm: "SHA3-256", Value: strings.Repeat("cd", 32)}}},
		Profile: policy.Profile{Name: "cisa-2026", Title: "Minimum elements", Status: policy.Reconstructed, Note: "The text was not at hand."},
		Verdict: policy.Refused, Warnings: 1, Damned: true,
		Results: []policy.Result{
			{Rule: rule("G5.team", policy.Must), Status: policy.Fail, Message: "2 of 3 components have no version: a\x1b[2J (none), <b>|x (none)", Total: 3, Failed: 25,
				Offenders: []policy.Offender{{Ref: "pkg:golang/a", Name: "a\x1b[2J", Path: "usr/bin/a", Status: policy.Fail, Problem: "has none"}, {Name: "<b>|x", Status: policy.Fail, Problem: "none"}},
				Evidence:  []policy.Evidence{{Field: "maker", Value: "the \u202ex community", Source: sbom.FromRecord, Where: "manifestgen.yaml:3"}}},
			{Rule: rule("G4.tag", policy.Must), Status: policy.NotProvable, Message: "no repository was at hand"},
			{Rule: rule("G3.built", policy.Should), Status: policy.Fail, Message: "nothing says when it was built"},
			{Rule: rule("G3.published", policy.May), Status: policy.NotProvable, Message: "not yet"},
			{Rule: rule("G1.name", policy.Must), Status: policy.Pass, Message: "it is nova"},
			{Rule: rule("G1.platform", policy.Must), Status: policy.NotApplicable, Message: "it has no platform"},
		},
	}
	good := &policy.Report{Subject: policy.About{Name: "lib", File: "lib.whl", Verified: true, Digests: bad.Subject.Digests[:1]},
		Profile: policy.Profile{Name: "release-guidelines", Title: "Guidelines"}, Verdict: policy.Fit, Results: bad.Results[4:]}
	return []*policy.Report{bad, good}
}

var options = report.Options{Version: "1.0.0", Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}

func write(t *testing.T, format string, reports []*policy.Report, o report.Options) []byte {
	t.Helper()
	for _, f := range report.Formats() {
		if f.Name == format {
			var b bytes.Buffer
			if err := f.Write(&b, reports, o); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("no format %s", format)
	return nil
}

// TestGolden compares with files that were looked at.
func TestGolden(t *testing.T) {
	for _, f := range report.Formats() {
		got, file := write(t, f.Name, sample(), options), filepath.Join("testdata", "sample"+f.Suffixes[0])
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(got), string(want)); d != "" {
			t.Errorf("%s: got (-) is not want (+):\n%s", file, d)
		}
	}
}

func TestNothingSteersATerminal(t *testing.T) {
	for _, f := range []string{"text", "markdown", "junit"} {
		if got := write(t, f, sample(), options); bytes.ContainsAny(got, "\x1b\u202e") {
			t.Errorf("%s: %q", f, got)
		}
	}
	o := options
	o.Color = true
	if got := write(t, "text", sample(), o); !bytes.Contains(got, []byte("\x1b[31mFAIL")) || bytes.Contains(got, []byte("\x1b[2J")) {
		t.Errorf("%q", got)
	}
}

func TestAllListsWhatIsInOrder(t *testing.T) {
	o := options
	o.All = true
	for _, f := range []string{"text", "markdown"} {
		if got := write(t, f, sample(), options); bytes.Contains(got, []byte("it is nova")) {
			t.Errorf("%s: lists what is in order without being asked", f)
		}
		if got := write(t, f, sample(), o); !bytes.Contains(got, []byte("it is nova")) {
			t.Errorf("%s: does not list what is in order", f)
		}
	}
}

// TestMachinesSeeTheVerdict holds that what fails for people fails for machines.
func TestMachinesSeeTheVerdict(t *testing.T) {
	var log struct {
		Runs []struct {
			Results []struct{ Kind, Level string }
		}
	}
	if err := json.Unmarshal(write(t, "sarif", sample(), options), &log); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, r := range log.Runs[0].Results {
		count[r.Kind+" "+r.Level]++
	}
	want := map[string]int{"fail error": 2, "fail warning": 1, "fail note": 1, "pass none": 1, "notApplicable none": 1}
	if d := cmp.Diff(count, want); d != "" {
		t.Errorf("sarif: got (-) is not want (+):\n%s", d)
	}
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal(write(t, "junit", sample(), options), &suites); err != nil || suites.Failures != 2 || suites.Tests != 8 {
		t.Errorf("junit: %+v, %v", suites, err)
	}
	var first struct {
		Predicate struct{ VerificationResult string }
	}
	if err := json.NewDecoder(bytes.NewReader(write(t, "vsa", sample(), options))).Decode(&first); err != nil || first.Predicate.VerificationResult != "FAILED" {
		t.Errorf("vsa: %+v, %v", first, err)
	}
}

func TestNoSummaryWithoutTheArtifact(t *testing.T) {
	reports := sample()[1:]
	reports[0].Subject.Verified = false
	for _, f := range report.Formats() {
		if err := f.Write(new(bytes.Buffer), reports, options); (err != nil) != (f.Name == "vsa") {
			t.Errorf("%s: error %v", f.Name, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrors(t *testing.T) {
	for _, f := range report.Formats() {
		if err := f.Write(full{}, sample(), options); err == nil {
			t.Errorf("%s: no error on a full device", f.Name)
		}
		if err := f.Write(new(bytes.Buffer), nil, options); err != nil {
			t.Errorf("%s: %v without reports", f.Name, err)
		}
	}
}

// tool runs a program that others wrote, or skips.
func tool(t *testing.T, hint, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: %s", name, hint)
		}
		t.Skipf("%s is missing: %s", name, hint)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil && strings.Contains(string(out), "No module named") && os.Getenv("CI") != "true" {
		t.Skipf("%s; %s", strings.TrimSpace(string(out)), hint)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// TestJUnitByOthers has a library for these files read ours.
func TestJUnitByOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "check.xml")
	if err := os.WriteFile(file, write(t, "junit", sample(), options), 0o666); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, junitparser
x = junitparser.JUnitXml.fromfile(sys.argv[1])
print(x.tests, x.failures, [(s.tests, s.failures, s.skipped, sum(len(c.result) for c in s)) for s in x])`
	got := tool(t, "apt-get install -y python3-junitparser", "/usr/bin/python3", "-c", script, file)
	if want := "8 2 [(6, 2, 1, 3), (2, 0, 1, 1)]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSARIFByOthers has the validator of the people who wrote the format read ours,
// and a file that is broken, to see that it looks.
func TestSARIFByOthers(t *testing.T) {
	validator := os.Getenv("MANIFESTGEN_SARIF")
	if _, err := os.Stat(validator); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("MANIFESTGEN_SARIF=%q: %v", validator, err)
		}
		t.Skip("not validated: run `make sarif`")
	}
	good := write(t, "sarif", sample(), options)
	for name, data := range map[string][]byte{"good": good, "broken": bytes.Replace(good, []byte(`"ruleIndex": 0`), []byte(`"ruleIndex": 99`), 1)} {
		file := filepath.Join(t.TempDir(), "check.sarif")
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(validator, "validate", file)
		cmd.Env = append(os.Environ(), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if found := bytes.Contains(out, []byte(": error ")); found != (name == "broken") {
			t.Errorf("the validator says of the %s file:\n%s", name, out)
		}
	}
}
