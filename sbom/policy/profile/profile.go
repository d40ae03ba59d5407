// Package profile reads profiles of rules that projects write themselves: files in
// YAML that pick rules of the built-in profiles, tune them, and add rules of their
// own.
//
//	version: 1
//	name: nova-release
//	title: What the Nova team asks of its releases
//	extends: [release-guidelines]     # all rules of these profiles
//	rules:
//	  - id: G3.built                  # a rule that is there: tuned
//	    severity: must
//	  - id: G5.community
//	    params: {allowed: ["(?i)community edition"]}
//	  - id: G6.security
//	    drop: true
//	  - id: N1.no-copyleft            # a rule of one's own
//	    severity: must
//	    title: No component is under the AGPL
//	    why: We cannot keep its terms.
//	    fix: Replace the component.
//	    each: components
//	    where: not component.wanted
//	    expression: not (component.declared contains "AGPL")
//
// A rule of a built-in profile that is not extended may be picked by its id alone.
//
// # Expressions
//
// Expressions are those of https://expr-lang.org, less what could cost more than
// the manifest is long: no variables, no joining of texts, no clock; calls that
// take a function may be nested twice. They are checked when the profile is read.
// With each: components, an expression is asked of every component, as component,
// for which the expression where holds. If the expression provable is false, the
// result is that the rule is not provable.
//
// These names are known, with their parts:
//
//	principal   the principal: all parts of a component, and fileName, published,
//	            supportEnd, repository, commit, committed, tag, signature (result,
//	            kind, signer), workTree, inputs (name, url, digests), toolchain,
//	            settings, disclaimer, supportLevel
//	components  the components: name, version, type, description, purl, cpe,
//	            architecture, os, digests, declared, concluded, copyright, maker
//	            and supplier (name, person, url, emails), built, links (type, url),
//	            properties, paths, foundBy, wanted, contents, dependencies
//	findings    the findings: kind, code, path, subject, detail
//	document    the document: name, format, version, syntax, created, author, tools,
//	            phase
//	now         the time of the check
//
// Times that are not known are year 1; digests, properties and settings are maps
// by name.
package profile

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/manifestgen/manifestgen/sbom/internal/plainyaml"
	"github.com/manifestgen/manifestgen/sbom/policy"
)

// An Error is a fault of a profile, with its place.
type Error struct {
	File         string // as it was given to Parse
	Line, Column int    // from 1; 0 if the fault is of the file as a whole
	Problem      string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// file is a profile as people write it.
type file struct {
	Version int      `yaml:"version"`
	Name    string   `yaml:"name"`
	Title   string   `yaml:"title"`
	Note    string   `yaml:"note"`
	Extends []string `yaml:"extends"`
	Rules   []rule   `yaml:"rules"`
}

// rule is a rule as people write it.
type rule struct {
	ID         string              `yaml:"id"`
	Drop       bool                `yaml:"drop"`
	Severity   string              `yaml:"severity"`
	Params     map[string][]string `yaml:"params"`
	Standard   string              `yaml:"standard"`
	Clause     string              `yaml:"clause"`
	Title      string              `yaml:"title"`
	Why        string              `yaml:"why"`
	Fix        string              `yaml:"fix"`
	Each       string              `yaml:"each"`
	Where      string              `yaml:"where"`
	Provable   string              `yaml:"provable"`
	Expression string              `yaml:"expression"`
}

// Parse reads a profile. The name is for messages. It is strict: what is unknown,
// occurs twice or cannot be used is an error; errors come joined, each an [Error].
func Parse(name string, r io.Reader) (policy.Profile, error) {
	data, err := io.ReadAll(io.LimitReader(r, plainyaml.MaxLength+1))
	if err != nil {
		return policy.Profile{}, err
	}
	p := &profileParser{name: name}
	if p.root, err = plainyaml.Parse(data); err != nil {
		return policy.Profile{}, p.syntax(err)
	}
	var f file
	if err := yaml.NodeToValue(p.root, &f, yaml.Strict()); err != nil {
		return policy.Profile{}, p.syntax(plainyaml.Syntax(err))
	}
	made := p.make(&f)
	if len(p.errs) == 0 {
		if err := made.Validate(); err != nil {
			p.fault("$", "%v", err)
		}
	}
	return made, errors.Join(p.errs...)
}

// A profileParser makes a profile of a file.
type profileParser struct {
	name string
	root ast.Node
	errs []error
}

// maxErrors is how many faults of a profile are told.
const maxErrors = 20

// fault notes a fault of the value at a path such as "$.rules[0].id".
func (p *profileParser) fault(at, format string, args ...any) {
	if len(p.errs) == maxErrors {
		return
	}
	e := &Error{File: p.name, Problem: fmt.Sprintf(format, args...)}
	if path, err := yaml.PathString(at); err == nil {
		if n, err := path.FilterNode(p.root); err == nil && n != nil {
			place := plainyaml.ErrorAt(n.GetToken(), "")
			e.Line, e.Column = place.Line, place.Column
		}
	}
	p.errs = append(p.errs, e)
}

func (p *profileParser) syntax(err error) error {
	var at *plainyaml.Error
	if errors.As(err, &at) {
		return &Error{p.name, at.Line, at.Column, at.Problem}
	}
	return &Error{File: p.name, Problem: err.Error()}
}

func (p *profileParser) make(f *file) policy.Profile {
	if f.Version != 1 {
		p.fault("$.version", "version %d: want version: 1", f.Version)
	}
	if f.Name == "" {
		p.fault("$", "it has no name")
	}
	made := policy.Profile{Name: f.Name, Title: f.Title, Note: f.Note, Standard: "the profile " + f.Name}
	for i, name := range f.Extends {
		base, ok := policy.ByName(name)
		if !ok {
			p.fault(fmt.Sprintf("$.extends[%d]", i), "there is no profile %q", name)
		}
		if base.Status == policy.Reconstructed {
			made.Status, made.Note = base.Status, base.Note
		}
		made.Rules = addMissing(made.Rules, base.Rules)
	}
	seen := map[string]bool{}
	for i, r := range f.Rules {
		at := fmt.Sprintf("$.rules[%d]", i)
		if seen[r.ID] {
			p.fault(at+".id", "rule %s is here twice", r.ID)
			continue
		}
		seen[r.ID] = true
		made.Rules = p.apply(made.Rules, r, at)
	}
	if len(made.Rules) == 0 && len(p.errs) == 0 {
		p.fault("$", "it has no rules: name profiles under extends, or rules")
	}
	return made
}

// addMissing appends the rules that are not there yet.
func addMissing(rules, more []policy.Rule) []policy.Rule {
	for _, r := range more {
		if indexOf(rules, r.ID) < 0 {
			rules = append(rules, r)
		}
	}
	return rules
}

func indexOf(rules []policy.Rule, id string) int {
	return slices.IndexFunc(rules, func(r policy.Rule) bool { return r.ID == id })
}

// apply changes the rules by what stands at a path of the file.
func (p *profileParser) apply(rules []policy.Rule, r rule, at string) []policy.Rule {
	i := indexOf(rules, r.ID)
	known := policy.Rules()
	k := indexOf(known, r.ID)
	switch {
	case r.ID == "":
		p.fault(at, "the rule has no id")
	case r.Drop:
		if i < 0 {
			p.fault(at+".id", "rule %s is not in the profile", r.ID)
			return rules
		}
		return slices.Delete(rules, i, i+1)
	case r.Expression != "":
		if i >= 0 || k >= 0 {
			p.fault(at+".id", "rule %s is there already: choose another id for a rule of your own", r.ID)
			return rules
		}
		return append(rules, p.own(r, at))
	case i >= 0:
		rules[i] = p.tune(rules[i], r, at)
	case k >= 0:
		return append(rules, p.tune(known[k], r, at))
	default:
		p.fault(at+".id", "there is no rule %s; a rule of your own needs an expression", r.ID)
	}
	return rules
}

// tune returns a rule that is there with what the file says of it.
func (p *profileParser) tune(made policy.Rule, r rule, at string) policy.Rule {
	if r.Each != "" || r.Where != "" || r.Provable != "" {
		p.fault(at, "each, where and provable are for rules with an expression")
	}
	for _, field := range []struct {
		name     string
		from, to *string
	}{
		{"title", &r.Title, &made.Title}, {"why", &r.Why, &made.Why}, {"fix", &r.Fix, &made.Fix},
		{"standard", &r.Standard, &made.Standard}, {"clause", &r.Clause, &made.Clause},
	} {
		if *field.from != "" {
			*field.to = *field.from
		}
	}
	if r.Severity != "" {
		made.Severity = p.severity(r, at)
	}
	for name, values := range r.Params {
		tuned, err := made.With(name, values...)
		if err != nil {
			p.fault(at+".params", "%v", err)
			continue
		}
		made = tuned
	}
	return made
}

func (p *profileParser) severity(r rule, at string) policy.Severity {
	s := policy.Severity(r.Severity)
	if s != policy.Must && s != policy.Should && s != policy.May {
		p.fault(at+".severity", "severity %q: want must, should or may", r.Severity)
	}
	return s
}

// own returns a rule that the file makes of expressions.
func (p *profileParser) own(r rule, at string) policy.Rule {
	made := policy.Rule{ID: r.ID, Standard: r.Standard, Clause: r.Clause, Title: r.Title, Why: r.Why, Fix: r.Fix, Severity: policy.Must}
	if made.Standard == "" {
		made.Standard = "the project itself"
	}
	if r.Severity != "" {
		made.Severity = p.severity(r, at)
	}
	if r.Title == "" || r.Fix == "" {
		p.fault(at, "rule %s needs a title, and a fix that says what to do", r.ID)
	}
	if len(r.Params) > 0 {
		p.fault(at+".params", "a rule with an expression has no parameters")
	}
	if r.Each != "" && r.Each != "components" {
		p.fault(at+".each", "each %q: want components", r.Each)
	}
	if r.Where != "" && r.Each == "" {
		p.fault(at+".where", "where is for rules that ask each of the components")
	}
	c := &check{title: r.Title, each: r.Each != ""}
	for _, e := range []struct {
		name, text string
		to         *condition
	}{{"expression", r.Expression, &c.holds}, {"where", r.Where, &c.where}, {"provable", r.Provable, &c.provable}} {
		if e.text == "" {
			continue
		}
		var err error
		if *e.to, err = compile(e.text, c.each && e.name != "provable"); err != nil {
			p.fault(at+"."+e.name, "%s: %v", e.name, err)
		}
		made.Params = append(made.Params, policy.Param{Name: e.name, Kind: policy.Text, About: "what is asked", Values: []string{e.text}})
	}
	made.Check = c.judge
	return made
}
