package profile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/policy"
	"github.com/manifestgen/manifestgen/sbom/policy/profile"
)

const whole = `version: 1
name: nova-release
title: What the Nova team asks
extends: [release-guidelines]
rules:
  - id: G3.built
    severity: must
    why: We say so.
  - id: G5.community
    params: {allowed: ["(?i)community edition"]}
  - id: G6.security
    drop: true
  - id: R.sums
  - id: N1.copyleft
    severity: should
    title: No component is under the AGPL
    why: We cannot keep its terms.
    fix: Replace it.
    each: components
    where: not component.wanted
    expression: not (component.declared contains "AGPL")
`

func TestParse(t *testing.T) {
	p, err := profile.Parse("p.yaml", strings.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	base, _ := policy.ByName("release-guidelines")
	if p.Name != "nova-release" || len(p.Rules) != len(base.Rules)+1 {
		t.Errorf("%s has %d rules, want one more than %d", p.Name, len(p.Rules), len(base.Rules))
	}
	at := func(id string) policy.Rule {
		i := slices.IndexFunc(p.Rules, func(r policy.Rule) bool { return r.ID == id })
		if i < 0 {
			t.Fatalf("no rule %s", id)
		}
		return p.Rules[i]
	}
	if r := at("G3.built"); r.Severity != policy.Must || r.Why != "We say so." || r.Fix == "" {
		t.Errorf("G3.built is not tuned: %+v", r)
	}
	if r := at("N1.copyleft"); r.Severity != policy.Should || r.Check == nil {
		t.Errorf("N1.copyleft: %+v", r)
	}
	if slices.ContainsFunc(p.Rules, func(r policy.Rule) bool { return r.ID == "G6.security" }) {
		t.Error("G6.security is not dropped")
	}
	at("R.sums")
	if again, _ := policy.ByName("release-guidelines"); again.Rules[slices.IndexFunc(again.Rules, func(r policy.Rule) bool { return r.ID == "G3.built" })].Severity != policy.Should {
		t.Error("the built-in profile was changed")
	}
}

const head = "version: 1\nname: x\nrules:\n"

const own = head + "  - id: N1\n    title: t\n    fix: f\n"

func TestFaults(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"no YAML", "a: [", "p.yaml:1:"},
		{"an alias bomb", "a: &a [x]\nb: [*a, *a]\n", "p.yaml:1:4: anchors"},
		{"too long", "# " + strings.Repeat("x", 1<<20), "longer than 1 MiB"},
		{"an unknown key", "version: 1\ncolour: red\n", "p.yaml:2:1: unknown field"},
		{"a key twice", "version: 1\nversion: 1\n", "p.yaml:2:1"},
		{"another version", "version: 2\nname: x\nextends: [release-guidelines]\n", "p.yaml:1:10: version 2: want version: 1"},
		{"no name", "version: 1\nextends: [release-guidelines]\n", "it has no name"},
		{"no rules", "version: 1\nname: x\n", "it has no rules"},
		{"an unknown profile", "version: 1\nname: x\nextends: [none]\n", `p.yaml:3:11: there is no profile "none"`},
		{"an unknown rule", head + "  - id: G9.none\n", "p.yaml:4:9: there is no rule G9.none"},
		{"a rule twice", head + "  - id: G1.name\n  - id: G1.name\n", "p.yaml:5:9: rule G1.name is here twice"},
		{"no id", head + "  - severity: must\n", "the rule has no id"},
		{"a rule to drop that is not there", head + "  - {id: G1.name, drop: true}\n", "is not in the profile"},
		{"a severity", head + "  - {id: G1.name, severity: shall}\n", `severity "shall": want must, should or may`},
		{"a parameter", head + "  - {id: G1.name, params: {x: [y]}}\n", "no parameter of that name"},
		{"a pattern", head + "  - {id: G5.community, params: {allowed: ['(']}}\n", "G5.community: allowed[0]"},
		{"a rule of one's own with a known id", head + "  - {id: G1.name, expression: 'true'}\n", "choose another id"},
		{"without a title", head + "  - {id: N1, fix: f, expression: 'true'}\n", "needs a title"},
		{"with parameters", own + "    expression: 'true'\n    params: {a: [b]}\n", "has no parameters"},
		{"each of what", own + "    each: files\n    expression: 'true'\n", `each "files": want components`},
		{"where without each", own + "    where: 'true'\n    expression: 'true'\n", "where is for rules"},
		{"an expression that ends", own + "    expression: principal.version ==\n", "p.yaml:7:17: expression: 1:20"},
		{"an unknown part", own + "    expression: principal.versoin == ''\n", "1:11: "},
		{"a type", own + "    expression: principal.version == 1\n", "mismatched types"},
		{"no condition", own + "    expression: principal.version\n", "expected bool"},
		{"component without each", own + "    expression: component.version == ''\n", "unknown name component"},
		{"too long an expression", own + "    expression: '" + strings.Repeat(" ", 4097) + "true'\n", "longer than 4096 bytes"},
		{"too many nodes", own + "    expression: " + strings.Repeat("not ", 600) + "true\n", "maximum"},
		{"a variable", own + "    expression: let a = 1; a == 1\n", "there are no variables"},
		{"joined texts", own + "    expression: principal.name + principal.name == ''\n", "texts cannot be joined"},
		{"a range", own + "    expression: all(1..1000000000, true)\n", "there are no ranges"},
		{"a function that is not there", own + "    expression: len(repeat('x', 1000000000)) > 0\n", "unknown name repeat"},
		{"a clock", own + "    expression: now() > principal.built\n", "not callable"},
		{"a pattern that is made", own + "    expression: principal.name matches principal.version\n", "must be written out"},
		{"a pattern that is none", own + "    expression: principal.name matches '('\n", "1:"},
		{"nested too deep", own + "    expression: all(components, all(components, all(components, true)))\n", "nested 3 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := profile.Parse("p.yaml", strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			var at *profile.Error
			if !errors.As(err, &at) || at.File != "p.yaml" {
				t.Errorf("%T: no place", err)
			}
		})
	}
}

// manifest is what expressions are asked of.
func manifest() *sbom.Manifest {
	lib := func(name, version, licence string) *sbom.Component {
		return &sbom.Component{Ref: name, Name: name, Version: version, Declared: licence, Type: sbom.TypeLibrary,
			Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: "ab"}}, Locations: []sbom.Location{{Path: "lib/" + name}}}
	}
	return &sbom.Manifest{
		Created: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Tools: []sbom.Tool{{Name: "manifestgen", Version: "1"}},
		Principal: &sbom.Principal{
			Component: sbom.Component{Name: "nova", Version: "1.2.3", Maker: sbom.Party{Name: "Nova", Contacts: []sbom.Contact{{Email: "a@example.org"}}}},
			Tag:       "v1.2.3", Signature: sbom.Signature{Result: "good"}, Published: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
			Settings: []sbom.Property{{Name: "CGO_ENABLED", Value: "0"}}, Inputs: []sbom.Input{{Name: "go.mod"}},
		},
		Components: []*sbom.Component{lib("a", "1", "MIT"), lib("b", "", "AGPL-3.0-only"), {Ref: "c", Name: "c", Wanted: true, Declared: "AGPL-3.0-only"}},
		Findings:   []sbom.Finding{{Kind: sbom.Unknown, Code: "go.cgo"}},
	}
}

func judge(t *testing.T, lines ...string) policy.Result {
	t.Helper()
	p, err := profile.Parse("p.yaml", strings.NewReader(own+"    "+strings.Join(lines, "\n    ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := &policy.Subject{Manifest: manifest(), Document: policy.Document{Format: "SPDX", Version: "2.3"}, Now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	r, err := policy.Check(s, p, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Results[0]
}

func TestExpressions(t *testing.T) {
	tests := []struct {
		lines string
		want  policy.Status
	}{
		{`expression: principal.name == "nova" and hasPrefix(principal.tag, "v")`, policy.Pass},
		{`expression: principal.signature.result != "good"`, policy.Fail},
		{`expression: any(components, .version == "")`, policy.Pass},
		{`expression: len(components) == 3 and count(components, .wanted) == 1`, policy.Pass},
		{`expression: principal.settings["CGO_ENABLED"] == "0"`, policy.Pass},
		{`expression: now - principal.published > duration("12h")`, policy.Pass},
		{`expression: principal.published < date("2020-01-01")`, policy.Fail},
		{`expression: document.format == "SPDX" and "manifestgen 1" in document.tools`, policy.Pass},
		{`expression: all(components, any(components, .name != ""))`, policy.Pass},
		{`expression: principal.name matches "^n.va$"`, policy.Pass},
		{`expression: principal.maker.emails[0] == "a@example.org"`, policy.Pass},
		{`expression: principal.maker.emails[7] == ""`, policy.NotProvable},
		{"expression: 'false'\n    provable: len(principal.inputs) > 5", policy.NotProvable},
		{"expression: component.version != ''\n    each: components", policy.Fail},
		{"expression: component.version != ''\n    each: components\n    where: component.type == 'none'", policy.NotApplicable},
		{"expression: \"'lib/a' in component.paths\"\n    each: components\n    where: component.name == 'a'", policy.Pass},
		{"expression: component.copyright[3] == ''\n    each: components", policy.NotProvable},
	}
	for _, tt := range tests {
		t.Run(tt.lines, func(t *testing.T) {
			if got := judge(t, tt.lines); got.Status != tt.want {
				t.Errorf("%s (%s), want %s", got.Status, got.Message, tt.want)
			}
		})
	}
	r := judge(t, "expression: not (component.declared contains 'AGPL')", "each: components", "where: not component.wanted")
	if r.Failed != 1 || r.Total != 2 || len(r.Offenders) != 1 || r.Offenders[0].Name != "b" || r.Offenders[0].Path != "lib/b" {
		t.Errorf("got %+v", r)
	}
}

// TestCost asks what takes the square of the components of a manifest that is too
// long for it.
func TestCost(t *testing.T) {
	p, err := profile.Parse("p.yaml", strings.NewReader(own+"    expression: all(components, any(components, .name == 'zzz'))\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := manifest()
	for i := range 100_000 {
		m.Components = append(m.Components, &sbom.Component{Ref: fmt.Sprint("c", i), Name: "x"})
	}
	r, err := policy.Check(&policy.Subject{Manifest: m}, p, policy.Options{})
	if err != nil || r.Results[0].Status != policy.NotProvable || !strings.Contains(r.Results[0].Message, "too long") || r.Verdict != policy.Refused {
		t.Errorf("got %+v, %v", r.Results[0], err)
	}
}

// FuzzParse holds that a profile is read and can be used, or is refused with the
// name of the file.
func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add(own + "    expression: all(components, .name matches '(a+)+$')\n")
	f.Add(own + "    each: components\n    expression: component.digests['SHA-256'] == principal.settings['x']\n")
	f.Fuzz(func(t *testing.T, in string) {
		p, err := profile.Parse("p.yaml", strings.NewReader(in))
		if err != nil {
			if !strings.Contains(err.Error(), "p.yaml") {
				t.Errorf("error %v", err)
			}
			return
		}
		if _, err := policy.Check(&policy.Subject{Manifest: manifest()}, p, policy.Options{}); err != nil {
			t.Errorf("a profile that was read cannot be used: %v", err)
		}
	})
}
