package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/loss"
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
number and all that it says, also if another tool made it.

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
	m, format, err := s.read(name)
	if err != nil {
		return unusable(name, err)
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

// read reads the manifest to add to. One of another tool must be such that nothing
// is lost when it is written again.
func (s *stamp) read(name string) (*sbom.Manifest, formats.Format, error) {
	m, format, err := readManifest(name)
	if err != nil {
		return nil, format, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, format, err
	}
	if _, ok := formats.Detect(data); !ok {
		return nil, format, errors.New("stands in another document, which would no longer be what it says it is; take it out first, with convert")
	}
	if slices.ContainsFunc(m.Tools, func(t sbom.Tool) bool { return t.Name == "manifestgen" }) {
		return m, format, nil
	}
	return m, format, checkRewrite(data, m, format)
}

// checkRewrite returns an error if a document of another tool would lose something
// when it is written again.
func checkRewrite(data []byte, m *sbom.Manifest, format formats.Format) error {
	var b bytes.Buffer
	if err := format.Encode(&b, m, formats.Options{}); err != nil {
		return err
	}
	back, err := format.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		return err
	}
	losses := loss.Compare(m, back).Losses
	if json.Valid(data) {
		more, err := loss.CompareJSON(data, b.Bytes())
		if err != nil {
			return err
		}
		losses = append(losses, more...)
	}
	for _, f := range m.Findings {
		if f.Code == "field.dropped" { // all that other spellings than JSON can lose
			losses = append(losses, loss.Loss{Field: f.Detail})
		}
	}
	if len(losses) > 0 {
		return fmt.Errorf("was written by another tool, and to write it again would lose %s %s", brief(losses[0].Field, ""), brief(losses[0].In, ""))
	}
	return nil
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
