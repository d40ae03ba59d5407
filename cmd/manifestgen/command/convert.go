package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/formats/loss"
	"github.com/manifestgen/manifestgen/sbom"
)

// convert is the verb that writes what one document says as others.
type convert struct {
	process Process
	outputs []string
	loss    string
	strict  bool
	quiet   bool
	writing writing
}

const convertHelp = `Convert reads a manifest in any format, by whichever tool it was made, and writes
it in others. What the format of an output has no field for is carried along as
properties or annotations. Each output is read again and compared with what was
read first, so it is known what could not be carried; --loss tells it.

  manifestgen convert app.cdx.json -o app.spdx.json -o app.spdx3.json
  manifestgen convert app.spdx.json -o cyclonedx-json@1.4=app.cdx.json --loss loss.txt
  docker buildx imagetools inspect IMAGE --format '{{json .SBOM}}' | manifestgen convert - -o text

The document stays the same one: it keeps its serial number, its time and the tools
that made it.`

func newConvert(p Process) *cobra.Command {
	x := &convert{process: p}
	c := &cobra.Command{
		Use: "convert MANIFEST -o OUTPUT", Short: "Write a manifest in other formats", Long: convertHelp,
		Args: exactly(1, "which manifest?"),
		RunE: func(_ *cobra.Command, args []string) error { return x.run(args[0]) },
	}
	f := c.Flags()
	f.StringArrayVarP(&x.outputs, "output", "o", nil, outputHelp())
	f.StringVar(&x.loss, "loss", "", "tell what could not be carried in `FILE`: as JSON if it is called .json, else for people; - is standard output")
	f.BoolVar(&x.strict, "strict", false, "write nothing if something cannot be carried, and end with status 4")
	f.BoolVarP(&x.quiet, "quiet", "q", false, "print errors only")
	x.writing.add(f)
	return c
}

// A conversion is one output, and what it lacks.
type conversion struct {
	output output
	file   string // empty for standard output
	data   []byte
	loss   *loss.Report // nil if the output cannot be read again
}

func (x *convert) run(name string) error {
	outputs, err := x.plan()
	if err != nil {
		return err
	}
	m, format, err := x.read(name)
	if err != nil {
		return unusable(name, err)
	}
	var all []conversion
	for _, o := range outputs {
		c, err := x.convert(o, name, m)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	lost := slices.ContainsFunc(all, func(c conversion) bool { return c.loss != nil && len(c.loss.Losses) > 0 })
	if lost && x.loss == "" && !x.quiet {
		x.summarize(all)
	}
	if lost && x.strict {
		if err := x.write(name, format, all, nil); err != nil {
			return err
		}
		return &exitError{exitCheck, fmt.Errorf("%s: cannot be carried whole, so nothing was written; --loss tells why", name)}
	}
	return x.write(name, format, all, all)
}

// plan reads the flags.
func (x *convert) plan() ([]output, error) {
	outputs, err := parseOutputs(x.outputs)
	if err != nil {
		return nil, err
	}
	if len(outputs) == 0 {
		return nil, usage("convert into what? give -o; see manifestgen convert --help")
	}
	if x.loss == "-" && slices.ContainsFunc(outputs, func(o output) bool { return o.path == "" }) {
		return nil, usage("--loss -: an output goes to standard output already")
	}
	return outputs, x.writing.plan(x.process, x.quiet)
}

// read reads a file, or standard input if it is called "-".
func (x *convert) read(name string) (*sbom.Manifest, formats.Format, error) {
	if name == "-" {
		return readFrom(x.process.Stdin)
	}
	return readManifest(name)
}

// convert makes one output and compares it with what it was made of.
func (x *convert) convert(o output, name string, m *sbom.Manifest) (conversion, error) {
	c := conversion{output: o, file: o.path}
	if o.path != "" {
		c.file = o.fileFor(&document{artifact: artifactOf(name, o, m.Principal)})
	}
	var b bytes.Buffer
	if _, err := x.writing.encode(&b, o, c.name(), m); err != nil {
		return c, outputError(c.name(), err)
	}
	c.data = b.Bytes()
	if o.format.Decode == nil {
		return c, nil
	}
	back, err := o.format.Decode(bytes.NewReader(c.data))
	if err != nil {
		return c, fmt.Errorf("%s: cannot read what was made: %w", c.name(), err)
	}
	report := loss.Compare(m, back)
	c.loss = &report
	return c, nil
}

func (c conversion) name() string {
	if c.file == "" {
		return stdoutName
	}
	return c.file
}

// artifactOf returns what an output is named after: the document, without its
// suffix, and the platform if the output has room for it.
func artifactOf(name string, o output, p *sbom.Principal) *sbom.Artifact {
	a := &sbom.Artifact{Name: filepath.Base(name)}
	if f, ok := formats.ByFile(a.Name); ok {
		for _, suffix := range f.Suffixes {
			if len(a.Name) > len(suffix) && strings.EqualFold(a.Name[len(a.Name)-len(suffix):], suffix) {
				a.Name = a.Name[:len(a.Name)-len(suffix)]
				break
			}
		}
	}
	if !o.folder && p.Architecture != "" {
		a.Platform = fileSafe(strings.Trim(p.OS+"-"+p.Architecture, "-"))
	}
	return a
}

// write writes the report of all conversions and the documents of some: all files
// or none.
func (x *convert) write(name string, from formats.Format, all, documents []conversion) error {
	var files pendingFiles
	defer files.discard()
	for _, c := range documents {
		if c.file == "" {
			continue
		}
		if err := c.output.makeFolderOf(c.file); err != nil {
			return err
		}
		if err := files.prepare(c.file, func(w io.Writer) error { _, err := w.Write(c.data); return err }); err != nil {
			return err
		}
	}
	report := x.report(name, from, all)
	if x.loss != "" && x.loss != "-" {
		if err := files.prepare(x.loss, func(w io.Writer) error { return report.write(w, x.loss) }); err != nil {
			return err
		}
	}
	if err := files.commit(); err != nil {
		return err
	}
	if x.loss == "-" {
		return written(0, report.write(x.process.Stdout, x.loss))
	}
	for _, c := range documents {
		if c.file == "" {
			if _, err := x.process.Stdout.Write(c.data); err != nil {
				return outputError(c.name(), err)
			}
		}
	}
	return nil
}

// summarize tells in a line for each output how much of it was lost.
func (x *convert) summarize(all []conversion) {
	for _, c := range all {
		if c.loss == nil || len(c.loss.Losses) == 0 {
			continue
		}
		fields := map[string]int{}
		var order []string
		for _, l := range c.loss.Losses {
			if fields[l.Field]++; fields[l.Field] == 1 {
				order = append(order, l.Field)
			}
		}
		for i, f := range order {
			order[i] = fmt.Sprintf("%s %d", f, fields[f])
		}
		x.writing.tell(fmt.Sprintf("%s: not as it was read: %s; --loss FILE lists them", c.name(), strings.Join(order, ", ")))
	}
}

// A lossReport says what all outputs lack.
type lossReport struct {
	From lossDocument   `json:"from"`
	To   []lossDocument `json:"to"`
}

type lossDocument struct {
	File    string `json:"file"`
	Format  string `json:"format"`
	Version string `json:"version,omitempty"`

	*loss.Report // nil of the document that was read, and of what cannot be read again
}

func (x *convert) report(name string, from formats.Format, all []conversion) lossReport {
	r := lossReport{From: lossDocument{name, from.Name, from.Version, nil}}
	for _, c := range all {
		r.To = append(r.To, lossDocument{c.name(), c.output.format.Name, c.output.format.Version, c.loss})
	}
	return r
}

func (r lossReport) write(w io.Writer, name string) error {
	if strings.HasSuffix(strings.ToLower(name), ".json") {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	var b strings.Builder
	for _, d := range r.To {
		fmt.Fprintf(&b, "%s (%s) to %s (%s)\n", printable(r.From.File), r.From.kind(), printable(d.File), d.kind())
		d.writeText(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d lossDocument) kind() string { return strings.TrimSpace(d.Format + " " + d.Version) }

// shownLosses is how many losses of one output are listed for people.
const shownLosses = 100

func (d lossDocument) writeText(b *strings.Builder) {
	if d.Report == nil {
		b.WriteString("  not compared: it cannot be read again\n")
		return
	}
	fmt.Fprintf(b, "  %-18s %8s %8s\n", "", "in", "out")
	for _, c := range d.Counts {
		fmt.Fprintf(b, "  %-18s %8d %8d\n", c.What, c.In, c.Out)
	}
	if len(d.Losses) == 0 {
		b.WriteString("  lost: nothing\n")
	}
	for _, l := range d.Losses[:min(len(d.Losses), shownLosses)] {
		fmt.Fprintf(b, "  lost: %s: %s: %s, now %s\n", brief(l.Ref, "the document"), l.Field, brief(l.In, "nothing"), brief(l.Out, "nothing"))
	}
	if more := len(d.Losses) - shownLosses; more > 0 {
		fmt.Fprintf(b, "  lost: and %d more; a report called .json lists all\n", more)
	}
}

// brief returns the beginning of s, or what an empty one stands for.
func brief(s, empty string) string {
	const longest = 200
	switch {
	case s == "":
		return empty
	case len(s) > longest:
		return printable(strings.ToValidUTF8(s[:longest], "")) + "…"
	}
	return printable(s)
}
