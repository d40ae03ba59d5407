package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

// always returns a rule that turns out as it is told.
func always(id string, severity Severity, status Status) Rule {
	return Rule{ID: id, Title: id, Severity: severity, Check: func(*Subject, Params) Result { return Result{Status: status, Message: "told so"} }}
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		name     string
		rule     Rule
		strict   bool
		want     Verdict
		warnings int
	}{
		{"must pass", always("a", Must, Pass), false, Fit, 0},
		{"must fail", always("a", Must, Fail), false, Refused, 0},
		{"must not provable", always("a", Must, NotProvable), false, Refused, 0},
		{"must not applicable", always("a", Must, NotApplicable), false, Fit, 0},
		{"must without a status", always("a", Must, ""), false, Refused, 0},
		{"should fail", always("a", Should, Fail), false, Fit, 1},
		{"should not provable", always("a", Should, NotProvable), false, Fit, 1},
		{"should fail, strict", always("a", Should, Fail), true, Refused, 0},
		{"should pass, strict", always("a", Should, Pass), true, Fit, 0},
		{"may fail", always("a", May, Fail), false, Fit, 0},
		{"may fail, strict", always("a", May, Fail), true, Fit, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Check(good(), Profile{Name: "test", Rules: []Rule{tt.rule}}, Options{Strict: tt.strict})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != tt.want || r.Warnings != tt.warnings || r.Damned {
				t.Errorf("verdict %s, %d warnings, damned %v; want %s, %d", r.Verdict, r.Warnings, r.Damned, tt.want, tt.warnings)
			}
		})
	}
}

// TestSignatureAlways holds that no profile can do without the signature, or tune
// it away.
func TestSignatureAlways(t *testing.T) {
	tuned := signatureRule
	tuned.Severity = May
	tuned.Check = always("", May, Pass).Check
	for _, p := range []Profile{{Name: "empty"}, {Name: "tuned", Rules: []Rule{tuned}}, guidelines()} {
		s := good()
		s.Tag.Signature.Result = "bad"
		r, err := Check(s, p, Options{})
		if err != nil || r.Verdict != Refused || !r.Damned {
			t.Errorf("%s: %+v, %v; want it refused and damned", p.Name, r, err)
		}
		r, err = Check(good(), p, Options{Strict: true})
		if err != nil || r.Verdict != Fit || r.Damned {
			t.Errorf("%s: %+v, %v; want it fit", p.Name, r, err)
		}
	}
}

func TestAbout(t *testing.T) {
	s := good()
	r, err := Check(s, guidelines(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Subject; a.Name != "example.org/team/app" || a.Version != "v1.2.3" || a.File != "app_1.2.3_linux_amd64" || !a.Verified || a.Digests[0].Value != sumA {
		t.Errorf("about %+v", a)
	}
	if r.Profile.Name != Default || r.Profile.Rules != nil || r.Count(Pass) == 0 || r.Count(Fail) != 0 {
		t.Errorf("profile %+v, %d pass, %d fail", r.Profile, r.Count(Pass), r.Count(Fail))
	}
}

func TestNothingAtHand(t *testing.T) {
	for _, s := range []*Subject{nil, {}, {Manifest: &sbom.Manifest{Components: []*sbom.Component{nil}}}, {Manifest: &sbom.Manifest{}, Fresh: &sbom.Manifest{}, Artifact: &Artifact{}, Tag: &sbom.Principal{}}} {
		for _, p := range Profiles() {
			r, err := Check(s, p, Options{})
			if err != nil || r.Verdict != Refused {
				t.Errorf("%s: %+v, %v; want it refused", p.Name, r, err)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	ok := always("a", Must, Pass)
	tests := []struct {
		name  string
		rules []Rule
		want  string
	}{
		{"twice", []Rule{ok, ok}, "rule a: is in the profile twice"},
		{"no check", []Rule{{ID: "a", Title: "a", Severity: Must}}, "nothing to check with"},
		{"no id", []Rule{{Title: "a", Severity: Must, Check: ok.Check}}, "no id"},
		{"severity", []Rule{{ID: "a", Title: "a", Severity: "error", Check: ok.Check}}, `severity "error"`},
		{"parameter", []Rule{{ID: "a", Title: "a", Severity: May, Check: ok.Check, Params: []Param{{Name: "n", Kind: Number, Values: []string{"-1"}}}}}, "n[0]"},
		{"kind", []Rule{{ID: "a", Title: "a", Severity: May, Check: ok.Check, Params: []Param{{Name: "n", Kind: "?", Values: []string{"1"}}}}}, "unknown kind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Check(good(), Profile{Name: "test", Rules: tt.rules}, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "profile test: ") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWith(t *testing.T) {
	var rule Rule
	for _, r := range Rules() {
		if r.ID == "G5.community" {
			rule = r
		}
	}
	s := good()
	s.Manifest.Principal.Description = "by the App community"
	allowed, err := rule.With("allowed", "the App community")
	if err != nil {
		t.Fatal(err)
	}
	if before, after := rule.Check(s, rule.Params), allowed.Check(s, allowed.Params); before.Status != Fail || after.Status != Pass {
		t.Errorf("without the parameter %s, with it %s", before.Status, after.Status)
	}
	tests := []struct {
		name, param, value string
		want               string
		offset             int
	}{
		{"no such parameter", "pattern", "x", "it has names, texts, allowed", 0},
		{"not closed", "texts", "ok(x", `texts[0]: character 1: missing closing ): "ok(x"`, 0},
		{"in the middle", "texts", "äb[z-a]c", `character 4: invalid character class range: "z-a"`, 4},
		{"look behind", "texts", "x(?<!y)", "character 2: invalid", 1},
		{"empty", "texts", "", "is empty", 0},
		{"repeats", "texts", "(x{1000}){1000}", "invalid repeat count", 9},
		{"long", "texts", strings.Repeat("x", maxValue+1), "more than the limit", maxValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rule.With(tt.param, tt.value)
			var fault *ParamError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || fault.Offset != tt.offset {
				t.Errorf("got %v at %+v, want %s", err, fault, tt.want)
			}
		})
	}
}

// TestHostilePattern matches the pattern that is deadly elsewhere against names
// of a mebibyte: hostile input H154.
func TestHostilePattern(t *testing.T) {
	p := guidelines()
	for i, r := range p.Rules {
		for _, param := range r.Params {
			if param.Kind == Pattern {
				var err error
				if p.Rules[i], err = p.Rules[i].With(param.Name, "(a+)+$", "((a*)*b)*c"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	s := good()
	long := strings.Repeat("a", 1<<20) + "!"
	m := s.Manifest.Principal
	m.Name, m.Maker.Name, m.Description, m.Declared, m.Tag, m.Version = long, long[:maxPhrase], long, long, long, long
	r, err := Check(s, p, Options{})
	if err != nil || r.Verdict != Refused {
		t.Fatalf("%v, %v", r, err)
	}
	checkReport(t, r)
}

// Limits of a report, whatever it is about. A message quotes a few values, each of
// whose bytes may be written as four.
const (
	maxMessage = 4 << 10
	maxReport  = 2 << 20
)

// checkReport holds the laws of reports.
func checkReport(t *testing.T, r *Report) {
	t.Helper()
	want := Fit
	for _, x := range r.Results {
		refuses := x.Rule.Severity == Must || r.Strict && x.Rule.Severity == Should
		if refuses && (x.Status == Fail || x.Status == NotProvable) {
			want = Refused
		}
		if x.Message == "" || len(x.Message) > maxMessage || len(x.Evidence) > maxEvidence || len(x.Offenders) > maxOffenders {
			t.Errorf("%s: a message of %d bytes, %d evidence, %d offenders", x.Rule.ID, len(x.Message), len(x.Evidence), len(x.Offenders))
		}
		if x.Failed+x.Unproven > x.Total || x.Status == Pass && x.Failed+x.Unproven > 0 || len(x.Offenders) > x.Failed+x.Unproven {
			t.Errorf("%s: %s, with %d + %d of %d", x.Rule.ID, x.Status, x.Failed, x.Unproven, x.Total)
		}
		switch x.Status {
		case Pass, Fail, NotProvable, NotApplicable:
		default:
			t.Errorf("%s: status %q", x.Rule.ID, x.Status)
		}
	}
	if r.Verdict != want || r.Damned && want != Refused {
		t.Errorf("verdict %s, damned %v, want %s", r.Verdict, r.Damned, want)
	}
	if text, err := json.Marshal(r); err != nil || len(text) > maxReport {
		t.Errorf("a report of %d bytes, %v", len(text), err)
	}
}

// FuzzCheck judges any manifest: one that is given as the model spells it, or in
// any format. The laws are those of checkReport; the same subject gives the same
// report, and is as it was.
func FuzzCheck(f *testing.F) {
	for _, name := range []string{"full.cdx.json", "full.spdx.json"} {
		text, err := os.ReadFile("../../formats/testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, true)
	}
	for _, s := range []*Subject{good(), full("")} {
		text, err := json.Marshal(s.Manifest)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, false)
	}
	f.Add([]byte(`{"components":[null,{}],"principal":{"declared":"MIT AND","evidence":[{}],"built":"0001-01-01T00:00:00Z"}}`), true)
	f.Fuzz(func(t *testing.T, text []byte, strict bool) {
		m := decode(text)
		if m == nil {
			return
		}
		before, err := json.Marshal(m)
		if err != nil {
			return // a time that JSON cannot spell
		}
		p := Profile{Name: "everything", Rules: Rules()}
		for _, s := range []*Subject{{Manifest: m}, {Manifest: m, Fresh: m, Tag: m.Principal, Artifact: &Artifact{Name: "a_1.2_amd64"}, Now: later}} {
			r, err := Check(s, p, Options{Strict: strict})
			if err != nil {
				t.Fatal(err)
			}
			checkReport(t, r)
			again, _ := Check(s, p, Options{Strict: strict})
			x, _ := json.Marshal(r)
			y, _ := json.Marshal(again)
			if !bytes.Equal(x, y) {
				t.Errorf("one subject, two reports:\n%s\n%s", x, y)
			}
		}
		if after, _ := json.Marshal(m); !bytes.Equal(before, after) {
			t.Errorf("the manifest was changed:\n%s\n%s", before, after)
		}
	})
}

// decode returns the manifest that a text is in some format, or nil.
func decode(text []byte) *sbom.Manifest {
	if f, ok := formats.Detect(text); ok {
		if m, err := f.Decode(bytes.NewReader(text)); err == nil {
			return m
		}
	}
	m := &sbom.Manifest{}
	if json.Unmarshal(text, m) != nil {
		return nil
	}
	return m
}
