package command

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// generate is the verb that writes manifests.
type generate struct {
	process    Process
	catalogers []sbom.Cataloger

	outputs         []string
	platform        string
	only            []string
	with            []string
	digests         string
	timeout         time.Duration
	explain         bool
	quiet           bool
	allowIncomplete bool
	indent          bool
	release         bool
	verifyFiles     bool
	facts           factFlags
	golang          golang
}

func newGenerate(p Process, all []sbom.Cataloger) *cobra.Command {
	g := &generate{process: p, catalogers: all}
	c := &cobra.Command{
		Use:   "generate ARTIFACT",
		Short: "Write the manifest of an artifact (the verb may be left out)",
		Args:  oneArtifact,
		RunE:  func(c *cobra.Command, args []string) error { return g.run(c.Context(), args[0]) },
	}
	f := c.Flags()
	f.StringArrayVarP(&g.outputs, "output", "o", nil, "write to `FILE`, whose suffix names the format, to FORMAT=FILE, or as FORMAT to standard output; may be repeated\nformats: "+strings.Join(formatNames(), ", "))
	f.StringVar(&g.platform, "platform", "", "of several platforms describe `OS/ARCH`")
	f.StringSliceVar(&g.only, "catalogers", nil, "use only the catalogers with these `NAMES`")
	f.StringSliceVar(&g.with, "with", nil, "use the catalogers with these `NAMES` too, which are programs of their own: manifestgen-cataloger-NAME")
	f.StringVar(&g.digests, "digests", "sha256,sha512", "hash a file artifact with these `ALGORITHMS`, or none")
	f.DurationVar(&g.timeout, "timeout", 0, "stop after `TIME`, such as 5m")
	f.BoolVar(&g.explain, "explain", false, "print, for each fact about the artifact, where it comes from and what else was said")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "print errors only")
	f.BoolVar(&g.allowIncomplete, "allow-incomplete", false, "end with status 0 although there are gaps")
	f.BoolVar(&g.release, "release", false, "the artifact is a folder with all files of a release: describe each, and the release as a whole")
	f.BoolVar(&g.verifyFiles, "verify-files", false, "read all files of Python distributions, and compare their digests with those of RECORD")
	f.BoolVar(&g.indent, "indent", false, "write documents with a line for each value; without it they are compact")
	g.facts.add(f)
	g.golang.addFlags(f)
	return c
}

func formatNames() []string {
	var names []string
	for _, f := range slices.Concat(formats.All(), statements) {
		names = append(names, f.Name)
	}
	return names
}

func oneArtifact(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return usage("which artifact? give a file or a folder; see manifestgen --help")
	default:
		return usage("one artifact at a time: %d were given", len(args))
	}
}

// A plan is what the flags of generate come to.
type plan struct {
	outputs    []output
	catalogers []sbom.Cataloger
	digests    []string
	created    time.Time
	release    release.Options // without what the artifact says
}

// plan reads the flags. Whatever is wrong with them is found before any work.
func (g *generate) plan() (p plan, err error) {
	if p.outputs, err = parseOutputs(g.outputs); err != nil {
		return p, err
	}
	if p.digests, err = parseDigests(g.digests); err != nil {
		return p, err
	}
	if p.created, err = g.created(); err != nil {
		return p, err
	}
	if p.release, err = g.facts.options(g.process.Now()); err != nil {
		return p, err
	}
	p.catalogers = g.catalogers
	if len(g.only) > 0 {
		if p.catalogers, err = catalogers.ByName(g.catalogers, g.only...); err != nil {
			return p, usage("%v", err)
		}
	}
	if p.catalogers, err = with(p.catalogers, g.catalogers, g.with, g.process); err != nil {
		return p, err
	}
	p.catalogers, err = g.golang.configure(readDocuments(p.catalogers, g.verifyFiles))
	return p, err
}

func (g *generate) run(ctx context.Context, ref string) error {
	p, err := g.plan()
	if err != nil {
		return err
	}
	if g.timeout > 0 {
		var cancel context.CancelFunc
		late := &exitError{exitTimeout, fmt.Errorf("%s: not done after %v; nothing was written", ref, g.timeout)}
		ctx, cancel = context.WithTimeoutCause(ctx, g.timeout, late)
		defer cancel()
	}
	describe, write := g.describeAll, g.write
	if g.release {
		describe, write = g.describeFolder, g.writeFolder
	}
	documents, err := describe(ctx, ref, p)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	if err := write(ref, documents, p); err != nil {
		return err
	}
	return g.incomplete(documents)
}

// describeAll makes the manifests of all artifacts that ref holds and that are
// wanted.
func (g *generate) describeAll(ctx context.Context, ref string, p plan) ([]*document, error) {
	defer g.progress(ref)()
	artifacts, err := artifact.Open(ctx, ref, artifact.Options{Digests: p.digests, Exclude: paths(p.outputs)})
	if err != nil {
		return nil, &exitError{exitUnusable, err}
	}
	if artifacts, err = choosePlatforms(artifacts, g.platform, p.outputs); err != nil {
		return nil, err
	}
	var documents []*document
	for _, a := range artifacts {
		m, err := g.describe(ctx, a, p)
		if err != nil {
			return nil, err
		}
		documents = append(documents, &document{artifact: a, manifest: m})
	}
	return documents, nil
}

// describe makes the manifest of one artifact.
func (g *generate) describe(ctx context.Context, a *sbom.Artifact, p plan) (*sbom.Manifest, error) {
	inventory, err := sbom.Scan(ctx, a, p.catalogers, sbom.Limits{})
	if err != nil {
		return nil, err
	}
	o := p.release
	o.Known = inventory.Known()
	if g.facts.built == "mtime" {
		if o.Flags.Built = a.Modified.UTC().Truncate(time.Second); a.Modified.IsZero() {
			return nil, usage("--built mtime: the artifact is not a file")
		}
	}
	candidates, findings, err := release.Gather(ctx, o)
	if err != nil {
		return nil, usage("%w", err)
	}
	inventory.Findings = append(inventory.Findings, findings...)
	options := g.documentOptions(p)
	options.Author = publisher(candidates)
	return sbom.Assemble(inventory, options, candidates...)
}

// publisher returns the team that has the document made: the one that the flags or
// the record name. What the artifact says of its maker is no word on that.
func publisher(candidates []sbom.Candidate) sbom.Party {
	for _, source := range []sbom.Source{sbom.FromFlag, sbom.FromRecord} {
		for _, c := range candidates {
			if c.Source == source && c.Facts.Maker.Name != "" {
				return c.Facts.Maker
			}
		}
	}
	return sbom.Party{}
}

// documentOptions say what a document says of itself.
func (g *generate) documentOptions(p plan) sbom.Options {
	return sbom.Options{Created: p.created, Tools: []sbom.Tool{{Name: "manifestgen", Version: version()}}, Phase: "post-build"}
}

// parseDigests reads the value of --digests.
func parseDigests(list string) ([]string, error) {
	known := map[string]string{"sha256": "SHA-256", "sha512": "SHA-512"}
	algorithms := []string{}
	if list == "none" {
		return algorithms, nil
	}
	for name := range strings.SplitSeq(strings.ToLower(list), ",") {
		algorithm, ok := known[strings.ReplaceAll(name, "-", "")]
		if !ok {
			return nil, usage("--digests %s: not sha256, sha512 or none", list)
		}
		if !slices.Contains(algorithms, algorithm) {
			algorithms = append(algorithms, algorithm)
		}
	}
	return algorithms, nil
}

// created returns the time of the document: SOURCE_DATE_EPOCH if that is set,
// else now. See https://reproducible-builds.org/specs/source-date-epoch/.
func (g *generate) created() (time.Time, error) {
	epoch := g.process.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return g.process.Now(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 || seconds > maxEpoch {
		return time.Time{}, usage("SOURCE_DATE_EPOCH=%q: not a number of seconds since 1970", epoch)
	}
	return time.Unix(seconds, 0), nil
}

// maxEpoch is the last second of the year 9999, which RFC 3339 can still write.
const maxEpoch = 253402300799

// choosePlatforms returns the artifacts to describe: that of the wanted platform,
// or all if the outputs have room for all.
func choosePlatforms(all []*sbom.Artifact, want string, outputs []output) ([]*sbom.Artifact, error) {
	if want != "" {
		for _, a := range all {
			if a.Platform == want {
				return []*sbom.Artifact{a}, nil
			}
		}
		return nil, usage("--platform %s: there is %s", want, platforms(all))
	}
	if len(all) == 1 || len(outputs) > 0 && !slices.ContainsFunc(outputs, func(o output) bool { return !o.forMany() }) {
		return all, nil
	}
	return nil, usage("there are several platforms: %s; choose one with --platform, or put {platform} into the name of each output", platforms(all))
}

func platforms(all []*sbom.Artifact) string {
	var names []string
	for _, a := range all {
		if a.Platform != "" {
			names = append(names, a.Platform)
		}
	}
	if len(names) == 0 {
		return "only one platform, and the artifact does not say which"
	}
	return strings.Join(names, ", ")
}

// shownGaps is how many gaps are listed on standard error; the documents have
// all.
const shownGaps = 10

// incomplete tells the gaps and returns the error that they, or a signature that
// is bad, end the command with.
func (g *generate) incomplete(documents []*document) error {
	gaps := 0
	var bad error
	for _, d := range documents {
		gaps += d.manifest.Gaps()
		if release.Damning(d.manifest.Principal.Signature.Result) {
			bad = &exitError{exitSignature, errNothing}
		}
	}
	if gaps == 0 {
		return nil
	}
	if !g.quiet {
		g.tellGaps(documents, gaps)
	}
	if bad != nil || g.allowIncomplete {
		return bad
	}
	return &exitError{exitIncomplete, errNothing}
}

func (g *generate) tellGaps(documents []*document, gaps int) {
	told := 0
	for _, d := range documents {
		for _, f := range d.manifest.Findings {
			if f.Kind != sbom.Gap || told == shownGaps {
				continue
			}
			told++
			fmt.Fprintf(g.process.Stderr, "manifestgen: incomplete: %s\n", printable(gapText(f)))
		}
	}
	if gaps > told {
		fmt.Fprintf(g.process.Stderr, "manifestgen: incomplete: and %d more gaps; the document lists them\n", gaps-told)
	}
}

func gapText(f sbom.Finding) string {
	if f.Path == "" || f.Path == "." {
		return fmt.Sprintf("%s (%s)", f.Detail, f.Code)
	}
	return fmt.Sprintf("%s: %s (%s)", f.Path, f.Detail, f.Code)
}
