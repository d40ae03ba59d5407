package command

import (
	"bytes"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// stamp is the verb that adds to a manifest what is known only once the artifact
// is published.
type stamp struct {
	process   Process
	published string
	urls      []string
	output    string
}

const stampHelp = `Stamp adds to a manifest when its artifact was published, and where it can be
fetched. The document stays the same one, in its next version: it keeps its serial
number and all that it says.

  manifestgen stamp app.cdx.json --published now --url https://example.org/dl/app
  manifestgen stamp app.cdx.json --published 2026-11-20 -o released/app.cdx.json`

func newStamp(p Process) *cobra.Command {
	s := &stamp{process: p}
	c := &cobra.Command{
		Use: "stamp MANIFEST", Short: "Add the date of publication and URLs to a manifest", Long: stampHelp,
		Args: exactly(1, "which manifest?"),
		RunE: func(_ *cobra.Command, args []string) error { return s.run(args[0]) },
	}
	f := c.Flags()
	f.StringVar(&s.published, "published", "", "when the artifact was published: a `TIME`, or now")
	f.StringArrayVar(&s.urls, "url", nil, "a `URL` to fetch the artifact from; may be repeated")
	f.StringVarP(&s.output, "output", "o", "", "write to `FILE`; without it, over the manifest")
	return c
}

func (s *stamp) run(name string) error {
	facts, err := s.facts()
	if err != nil {
		return err
	}
	m, format, err := readManifest(name)
	if err != nil {
		return unusable(name, err)
	}
	if !slices.ContainsFunc(m.Tools, func(t sbom.Tool) bool { return t.Name == "manifestgen" }) {
		return unusable(name, errForeign)
	}
	if built := m.Principal.Built; !facts.Published.IsZero() && facts.Published.Before(built) {
		return usage("--published %s: is before it was built, %s", s.published, built.UTC().Format("2006-01-02T15:04:05Z"))
	}
	created, err := (&generate{process: s.process}).created()
	if err != nil {
		return err
	}
	o := sbom.Options{Created: created, Tools: []sbom.Tool{{Name: "manifestgen", Version: version()}}}
	m, err = sbom.Amend(m, o, sbom.Candidate{Source: sbom.FromFlag, Where: "command line of stamp", Facts: facts})
	if err != nil {
		return unusable(name, err)
	}
	var b bytes.Buffer
	if err := format.Encode(&b, m, formats.Options{}); err != nil {
		return unusable(name, err)
	}
	if s.output == "" {
		s.output = name
	}
	file, err := prepare(s.output, func(w io.Writer) error { _, err := b.WriteTo(w); return err })
	if err != nil {
		return err
	}
	defer file.discard()
	return file.commit()
}

// facts reads the flags.
func (s *stamp) facts() (p sbom.Principal, err error) {
	now := s.process.Now()
	if p.Published, err = parseTime("published", s.published, now); err != nil {
		return p, err
	}
	if p.Published.After(now) {
		return p, usage("--published %s: is in the future", s.published)
	}
	for _, u := range s.urls {
		clean, _ := release.CleanURL(u)
		if clean == "" {
			return p, usage("--url: not a URL such as https://example.org/x")
		}
		p.Links = append(p.Links, sbom.Link{Type: "distribution", URL: clean})
	}
	if p.Published.IsZero() && len(p.Links) == 0 {
		return p, usage("nothing to add: give --published or --url")
	}
	return p, nil
}
