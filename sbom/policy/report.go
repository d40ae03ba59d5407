package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/manifestgen/manifestgen/sbom"
)

// A Status says what became of one rule.
type Status string

const (
	// Pass: it was looked at, and it is as the rule asks.
	Pass Status = "pass"

	// Fail: it was looked at, and it is not.
	Fail Status = "fail"

	// NotProvable: what it takes to tell was not at hand, or is not to be
	// believed. A must that is not provable fails the release as well: to
	// publish is to promise.
	NotProvable Status = "not-provable"

	// NotApplicable: the rule is about something that this release does not
	// have.
	NotApplicable Status = "not-applicable"
)

// A Result is what one rule says of one subject.
type Result struct {
	Rule    Rule   `json:"rule"` // as the profile has it
	Status  Status `json:"status"`
	Message string `json:"message"` // what was found, in a sentence

	// Evidence is what the result rests on: the values that were judged, and
	// where they stand. Long values are cut.
	Evidence []Evidence `json:"evidence,omitempty"`

	// Of a rule about each of many things, such as components, Total is how
	// many it was about, Failed how many of them failed, and Unproven of how
	// many it cannot be said. Offenders are the first of these, with an upper
	// bound; a failure comes before what is not provable.
	Total     int        `json:"total,omitempty"`
	Failed    int        `json:"failed,omitempty"`
	Unproven  int        `json:"unproven,omitempty"`
	Offenders []Offender `json:"offenders,omitempty"`
}

// An Evidence is one value that was judged.
type Evidence struct {
	Field  string      `json:"field"` // such as "version", as in [sbom.Evidence], or "label ..."
	Value  string      `json:"value"`
	Source sbom.Source `json:"source,omitempty"` // who said so, if the manifest tells
	Where  string      `json:"where,omitempty"`  // "manifestgen.yaml:12", or a path in the artifact
}

// An Offender is one of many things that is not as the rule asks.
type Offender struct {
	Ref     string `json:"ref,omitempty"`  // of the component
	Name    string `json:"name"`           // for a person: "libfoo 1.2", a path
	Path    string `json:"path,omitempty"` // where it is, in the artifact
	Status  Status `json:"status"`         // Fail or NotProvable
	Problem string `json:"problem"`
}

// A Report is what a profile says of a subject.
type Report struct {
	Subject  About    `json:"subject"`
	Profile  Profile  `json:"profile"` // without its rules: each result has its own
	Strict   bool     `json:"strict,omitempty"`
	Results  []Result `json:"results"` // in the order of the profile
	Verdict  Verdict  `json:"verdict"`
	Warnings int      `json:"warnings"` // results that warn and do not fail the release

	// Damned is set where a signature was verified and says that something is
	// wrong: it is bad, of something else, or its key was revoked. The verdict
	// is Refused then, whatever the profile says.
	Damned bool `json:"damned,omitempty"`
}

// A Verdict answers the one question: may this be published?
type Verdict string

const (
	Fit     Verdict = "fit"
	Refused Verdict = "refused"
)

// About says what a report is about.
type About struct {
	Name         string        `json:"name"`
	Version      string        `json:"version,omitempty"`
	Architecture string        `json:"architecture,omitempty"`
	File         string        `json:"file,omitempty"`     // the artifact
	Digests      []sbom.Digest `json:"digests,omitempty"`  // of the artifact at hand, else those that the manifest states
	Verified     bool          `json:"verified,omitempty"` // the digests are of the artifact at hand
	Manifest     string        `json:"manifest,omitempty"` // ID of the manifest
	Document     Document      `json:"document,omitzero"`
}

// Options say how a profile is applied.
type Options struct {
	Strict bool // a should is as good as a must
}

// Check judges a subject by the rules of a profile, and by one rule that no
// profile can do without: that no signature is bad. The error is of the profile;
// whatever the subject is like, there is a report about it.
func Check(s *Subject, p Profile, o Options) (*Report, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s = s.sound()
	r := &Report{Subject: about(s), Profile: p, Strict: o.Strict, Verdict: Fit}
	rules := p.Rules
	r.Profile.Rules = nil
	rules = slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.ID == signatureRule.ID })
	for _, rule := range append(rules, signatureRule) {
		result := rule.Check(s, rule.Params)
		result.Rule = rule
		r.Results = append(r.Results, result)
		switch {
		case result.Fails(o.Strict):
			r.Verdict = Refused
		case result.Warns(o.Strict):
			r.Warnings++
		}
		r.Damned = r.Damned || rule.ID == signatureRule.ID && result.Status == Fail
	}
	return r, nil
}

// Fails reports whether the result alone makes the release unfit to publish.
func (r Result) Fails(strict bool) bool {
	return r.bad() && (r.Rule.Severity == Must || strict && r.Rule.Severity == Should)
}

// Warns reports whether the result is bad without making the release unfit.
func (r Result) Warns(strict bool) bool {
	return r.bad() && r.Rule.Severity == Should && !strict
}

// bad reports whether the rule was neither kept nor beside the point. What has no
// known status is not kept.
func (r Result) bad() bool { return r.Status != Pass && r.Status != NotApplicable }

// Count returns how many results have that status.
func (r *Report) Count(s Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Status == s {
			n++
		}
	}
	return n
}

func about(s *Subject) About {
	p := s.principal()
	a := About{
		Name: brief(p.Name), Version: brief(p.Version), Architecture: brief(p.Architecture), File: brief(p.FileName),
		Manifest: brief(s.Manifest.ID), Document: s.Document,
	}
	a.Document.ID = brief(a.Document.ID)
	digests := p.Digests
	if s.Artifact != nil {
		a.File, digests, a.Verified = brief(s.Artifact.Name), s.Artifact.Digests, len(s.Artifact.Digests) > 0
	}
	for _, d := range digests[:min(len(digests), maxEvidence)] {
		a.Digests = append(a.Digests, sbom.Digest{Algorithm: brief(d.Algorithm), Value: brief(d.Value)})
	}
	return a
}

// Validate reports what would keep the engine from using the profile: rules of one
// name, or without a check, parameters that cannot be used.
func (p Profile) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for _, r := range p.Rules {
		if seen[r.ID] {
			errs = append(errs, fmt.Errorf("rule %s: is in the profile twice", r.ID))
		}
		seen[r.ID] = true
		errs = append(errs, r.validate())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return nil
}
