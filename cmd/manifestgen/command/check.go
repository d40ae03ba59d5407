package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/policy"
	"github.com/manifestgen/manifestgen/sbom/policy/profile"
	"github.com/manifestgen/manifestgen/sbom/policy/report"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// check is the verb that judges whether an artifact may be published.
type check struct {
	generate // how the artifact is read again

	manifest string
	profiles []string
	strict   bool
	list     bool
	all      bool
	reports  []string
}

const checkHelp = `Check says whether a release may be published. It reads the artifact again, and
its manifest, the git tag and the release record, and judges them by rules.

  manifestgen check dist/app                       with its manifest, dist/app.cdx.json
  manifestgen check dist/app --manifest sbom.json
  manifestgen check dist/                          a release: every file, and what holds them together
  manifestgen check dist/app.cdx.json              a manifest alone: much is not provable then
  manifestgen check dist/app --profile cisa-2026 -o report.sarif -o text
  manifestgen check --list                         the profiles and their rules

A must that fails, or is not provable, makes the release unfit; a should is a
warning, unless --strict. The profile is that of the release record, or
release-guidelines.

Exit status: 0 fit to publish, 4 not fit, 5 not fit because a signature is bad,
6 artifact or manifest unusable, 2 wrong use.`

func newCheck(p Process, all []sbom.Cataloger) *cobra.Command {
	k := &check{generate: generate{process: p, catalogers: all}}
	c := &cobra.Command{
		Use: "check ARTIFACT|FOLDER|MANIFEST", Short: "Say whether a release may be published", Long: checkHelp,
		Args: func(c *cobra.Command, args []string) error {
			if k.list {
				return noArgs(c, args)
			}
			return oneArtifact(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if k.list {
				return k.listRules()
			}
			return k.run(c.Context(), args[0])
		},
	}
	f := c.Flags()
	f.StringVarP(&k.manifest, "manifest", "m", "", "the manifest of the artifact, a `FILE`; without it, the one beside the artifact that has its name")
	f.StringArrayVar(&k.profiles, "profile", nil, "judge by the profile with this `NAME`, or in this file; may be repeated")
	f.BoolVar(&k.strict, "strict", false, "a should is as good as a must")
	f.BoolVar(&k.list, "list", false, "explain every rule")
	f.BoolVar(&k.all, "all", false, "report what is in order too")
	f.StringArrayVarP(&k.reports, "output", "o", nil, "write the report to `FILE`, whose suffix names the format, to FORMAT=FILE, or as FORMAT to standard output; may be repeated\nformats: "+strings.Join(reportNames(), ", "))
	f.StringVar(&k.platform, "platform", "", "of several platforms check `OS/ARCH`")
	f.StringSliceVar(&k.only, "catalogers", nil, "use only the catalogers with these `NAMES`")
	f.StringSliceVar(&k.with, "with", nil, "use the catalogers with these `NAMES` too, as for the manifest")
	f.StringVar(&k.digests, "digests", "sha256,sha512", "hash a file artifact with these `ALGORITHMS`, or none")
	grouped(f)(groupTrust, k.facts.addTrust(f))
	f.StringVar(&k.facts.tagPattern, "tag-pattern", "", "how tags name versions, such as v{version}: a `TEXT`")
	k.golang.addFlags(f)
	return c
}

// run judges an artifact, or a release, and writes the reports.
func (k *check) run(ctx context.Context, ref string) error {
	outputs, err := parseReports(k.reports)
	if err != nil {
		return err
	}
	p, err := k.plan()
	if err != nil {
		return err
	}
	judge := k.checkArtifact
	if info, err := os.Stat(ref); err == nil && info.IsDir() && k.manifest == "" {
		judge = k.checkRelease
	}
	reports, err := judge(ctx, ref, p)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	if err := k.write(outputs, reports); err != nil {
		return err
	}
	return verdict(reports)
}

// verdict returns the error that the reports end the command with.
func verdict(reports []*policy.Report) error {
	var worst error
	for _, r := range reports {
		switch {
		case r.Damned:
			return &exitError{exitSignature, errNothing}
		case r.Verdict != policy.Fit:
			worst = &exitError{exitCheck, errNothing}
		}
	}
	return worst
}

// checkArtifact judges one artifact with its manifest, or a manifest alone.
func (k *check) checkArtifact(ctx context.Context, ref string, p plan) ([]*policy.Report, error) {
	name := cmp.Or(k.manifest, ref)
	m, document, err := k.readDocument(name)
	switch {
	case k.manifest != "" && err != nil:
		return nil, unusable(name, err)
	case errors.Is(err, errNotManifest): // ref is the artifact
		if name = sidecarOf(ref); name == "" {
			return nil, usage("%s: there is no manifest beside it: write one with manifestgen %[1]s -o %[1]s.cdx.json, or name it with --manifest", ref)
		}
		if m, document, err = k.readDocument(name); err != nil {
			return nil, unusable(name, err)
		}
	case err != nil:
		return nil, unusable(name, err)
	case k.manifest == "":
		ref = "" // it is a manifest alone
	}
	s := &policy.Subject{Manifest: m, Document: document}
	if ref != "" {
		if err := k.readArtifact(ctx, ref, p, s); err != nil {
			return nil, err
		}
	}
	return k.judge(ctx, p, s)
}

// sidecarOf returns the manifest that lies beside an artifact, or "".
func sidecarOf(ref string) string {
	for _, f := range formats.All() {
		for _, suffix := range f.Suffixes {
			if f.Decode == nil || !strings.HasPrefix(suffix, ".") {
				continue
			}
			if info, err := os.Stat(ref + suffix); err == nil && info.Mode().IsRegular() {
				return ref + suffix
			}
		}
	}
	return ""
}

// readDocument reads a manifest, with what is known of its file.
func (k *check) readDocument(name string) (*sbom.Manifest, policy.Document, error) {
	m, format, err := readManifest(name)
	if err != nil {
		return nil, policy.Document{}, err
	}
	d := policy.Document{Name: filepath.Base(name), Version: format.Version, ID: m.ID, Signed: policy.SignedNot}
	standard, syntax, _ := strings.Cut(format.Name, "-")
	d.Format = map[string]string{"cyclonedx": "CycloneDX", "spdx": "SPDX", "spdx3": "SPDX"}[standard]
	d.Syntax = map[string]string{"json": "JSON", "xml": "XML", "yaml": "YAML"}[syntax]
	d.Syntax = cmp.Or(d.Syntax, syntax)
	for _, suffix := range []string{".sig", ".asc", ".sigstore.json", ".sigstore", ".bundle", ".minisig", ".p7s"} {
		if _, err := os.Stat(name + suffix); err == nil {
			d.Signed = policy.SignedPresent
		}
	}
	return m, d, nil
}

// readArtifact reads the artifact again, as it is now.
func (k *check) readArtifact(ctx context.Context, ref string, p plan, s *policy.Subject) error {
	defer k.progress(ref)()
	artifacts, err := artifact.Open(ctx, ref, artifact.Options{Digests: p.digests})
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	a, err := described(artifacts, k.platform, s.Manifest)
	if err != nil {
		return err
	}
	inventory, err := sbom.Scan(ctx, a, p.catalogers, sbom.Limits{})
	if err != nil {
		return err
	}
	s.Fresh, err = sbom.Assemble(inventory, k.documentOptions(p))
	s.Artifact = &policy.Artifact{Name: a.Name, Digests: a.Digests}
	if info, statErr := os.Stat(ref); statErr == nil && info.Mode().IsRegular() {
		s.Artifact.Size = info.Size()
	}
	return err
}

// described returns the one of several platforms that the manifest describes.
func described(all []*sbom.Artifact, platform string, m *sbom.Manifest) (*sbom.Artifact, error) {
	if len(all) == 1 || platform != "" {
		chosen, err := choosePlatforms(all, platform, nil)
		if err != nil {
			return nil, err
		}
		return chosen[0], nil
	}
	for _, a := range all {
		for _, d := range a.Digests {
			for _, stated := range m.Principal.Digests {
				if d == stated {
					return a, nil
				}
			}
		}
	}
	return nil, usage("the manifest is of none of the platforms %s: choose one with --platform", platforms(all))
}

// judge applies the profiles to a subject.
func (k *check) judge(ctx context.Context, p plan, s *policy.Subject) ([]*policy.Report, error) {
	state, err := release.Inspect(ctx, p.release, s.Manifest.Principal)
	if err != nil {
		return nil, usage("%w", err)
	}
	s.Tag, s.Inputs, s.Now = state.Tag, state.Inputs, k.process.Now()
	names := k.profiles
	if len(names) == 0 {
		names = []string{cmp.Or(state.Profile, policy.Default)}
	}
	var reports []*policy.Report
	for _, name := range names {
		rules, err := profileByName(name)
		if err != nil {
			return nil, err
		}
		r, err := policy.Check(s, rules, policy.Options{Strict: k.strict})
		if err != nil {
			return nil, usage("%w", err)
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// profileByName returns a built-in profile, or the one in a file.
func profileByName(name string) (policy.Profile, error) {
	if p, ok := policy.ByName(name); ok {
		return p, nil
	}
	if f, err := os.Open(name); err == nil {
		defer f.Close() // it is only read
		p, err := profile.Parse(name, f)
		if err != nil {
			return p, usage("%w", err)
		}
		return p, nil
	}
	var known []string
	for _, p := range policy.Profiles() {
		known = append(known, p.Name)
	}
	return policy.Profile{}, usage("there is no profile and no file %q; there is %s", name, strings.Join(known, ", "))
}

// listRules prints the profiles with their rules.
func (k *check) listRules() error {
	var b bytes.Buffer
	for _, p := range policy.Profiles() {
		fmt.Fprintf(&b, "%s: %s\n  %s\n", p.Name, p.Title, p.Standard)
		if p.Status != "" {
			fmt.Fprintf(&b, "  %s: %s\n", p.Status, p.Note)
		}
		for _, r := range p.Rules {
			fmt.Fprintf(&b, "\n  %s %s: %s\n      why  %s\n      fix  %s\n", r.ID, r.Severity, r.Title, r.Why, r.Fix)
			for _, param := range r.Params {
				fmt.Fprintf(&b, "      %s: %s\n", param.Name, param.About)
			}
		}
		b.WriteByte('\n')
	}
	return written(b.WriteTo(k.process.Stdout))
}

// A reportOutput is where a report goes, and how it is written.
type reportOutput struct {
	format report.Format
	path   string // empty for standard output
}

func reportNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// parseReports reads the values of -o.
func parseReports(values []string) ([]reportOutput, error) {
	if len(values) == 0 {
		return []reportOutput{{format: report.Formats()[0]}}, nil
	}
	var outputs []reportOutput
	seen := map[string]bool{}
	for _, value := range values {
		o, ok := parseReport(value)
		if !ok {
			return nil, usage("-o %s: the name does not say which format; use FORMAT=FILE with one of %s", value, strings.Join(reportNames(), ", "))
		}
		if seen[o.path] {
			return nil, usage("-o %s: two reports cannot go to one place", value)
		}
		seen[o.path] = true
		outputs = append(outputs, o)
	}
	return outputs, nil
}

func parseReport(value string) (reportOutput, bool) {
	name, path, hasPath := strings.Cut(value, "=")
	for _, f := range report.Formats() {
		if f.Name == name && (path != "") == hasPath {
			return reportOutput{f, path}, true
		}
	}
	for _, f := range report.Formats() {
		for _, suffix := range f.Suffixes {
			if strings.HasSuffix(value, suffix) {
				return reportOutput{f, value}, true
			}
		}
	}
	return reportOutput{}, false
}

// write writes the reports to files, all or none, and then to standard output.
func (k *check) write(outputs []reportOutput, reports []*policy.Report) error {
	o := report.Options{Version: version(), Now: k.process.Now(), All: k.all}
	var files pendingFiles
	defer files.discard()
	for _, out := range outputs {
		if out.path == "" {
			continue
		}
		if err := files.prepare(out.path, func(w io.Writer) error { return out.format.Write(w, reports, o) }); err != nil {
			return err
		}
	}
	if err := files.commit(); err != nil {
		return err
	}
	o.Color = width(k.process.Stdout) > 0 && k.process.Getenv("NO_COLOR") == ""
	for _, out := range outputs {
		if out.path != "" {
			continue
		}
		if err := out.format.Write(k.process.Stdout, reports, o); err != nil {
			return outputError("standard output", err)
		}
	}
	return nil
}
