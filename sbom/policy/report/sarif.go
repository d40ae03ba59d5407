package report

import (
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom/policy"
)

// The part of SARIF 2.1.0 that is written:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  sarifAutomation   `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful bool   `json:"executionSuccessful"`
		End        string `json:"endTimeUtc,omitempty"`
	}
	sarifRule struct {
		ID         string         `json:"id"`
		Short      sarifText      `json:"shortDescription"`
		Full       sarifText      `json:"fullDescription"`
		Help       sarifText      `json:"help"`
		Default    sarifLevel     `json:"defaultConfiguration"`
		Properties map[string]any `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifResult struct {
		RuleID     string            `json:"ruleId"`
		RuleIndex  int               `json:"ruleIndex"`
		Kind       string            `json:"kind"`
		Level      string            `json:"level"`
		Message    sarifText         `json:"message"`
		Locations  []sarifLocation   `json:"locations"`
		Prints     map[string]string `json:"partialFingerprints"`
		Properties map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifURI    `json:"artifactLocation"`
		Region   sarifRegion `json:"region"`
	}
	sarifURI struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	home        = "https://github.com/manifestgen/manifestgen"
)

// writeSARIF writes a run for each report.
func writeSARIF(w io.Writer, reports []*policy.Report, o Options) error {
	log := sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{}}
	for _, r := range reports {
		log.Runs = append(log.Runs, sarifRunOf(r, o))
	}
	return encode(w, log)
}

func sarifRunOf(r *policy.Report, o Options) sarifRun {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "manifestgen", Version: o.Version, URI: home, Rules: []sarifRule{}}},
		Automation:  sarifAutomation{"manifestgen/" + r.Profile.Name + "/" + place(r) + "/"},
		Invocations: []sarifInvocation{{Successful: true, End: instant(o.Now)}},
		Results:     []sarifResult{},
		Properties:  map[string]any{"profile": r.Profile.Name, "profileStatus": r.Profile.Status, "verdict": r.Verdict},
	}
	for i, result := range r.Results {
		rule := result.Rule
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, Short: sarifText{rule.Title}, Full: sarifText{rule.Why}, Help: sarifText{rule.Fix},
			Default:    sarifLevel{levels[rule.Severity]},
			Properties: map[string]any{"standard": rule.Standard, "clause": rule.Clause, "severity": rule.Severity},
		})
		run.Results = append(run.Results, sarifResultOf(i, result, r))
	}
	return run
}

// levels are the words of SARIF for severities.
var levels = map[policy.Severity]string{policy.Must: "error", policy.Should: "warning", policy.May: "note"}

// sarifResultOf translates a result. SARIF knows a level only of a failure, and
// viewers show nothing else: what is not provable and fails the release is one.
func sarifResultOf(i int, result policy.Result, r *policy.Report) sarifResult {
	out := sarifResult{
		RuleID: result.Rule.ID, RuleIndex: i, Kind: "fail", Level: levels[result.Rule.Severity], Message: sarifText{problem(result)},
		Locations:  []sarifLocation{{Physical: sarifPhysical{sarifURI{relativeURI(place(r))}, sarifRegion{1}}}},
		Prints:     map[string]string{"manifestgen/v1": result.Rule.ID + ":" + place(r)},
		Properties: map[string]any{"status": result.Status},
	}
	switch rankOf(result, r.Strict) {
	case failure:
		out.Level = "error"
	case kept:
		out.Kind, out.Level = "pass", "none"
	case beside:
		out.Kind, out.Level = "notApplicable", "none"
	}
	for _, o := range result.Offenders {
		if o.Ref != "" {
			out.Locations[0].Logical = append(out.Locations[0].Logical, sarifLogical{o.Ref, "module"})
		}
	}
	return out
}

// relativeURI makes a relative reference of a path.
func relativeURI(name string) string {
	return (&url.URL{Path: strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")}).EscapedPath()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
