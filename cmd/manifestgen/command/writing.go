package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

// writing are the flags that say how documents are written.
type writing struct {
	indent       bool
	reproducible bool
	detail       string
	maxSize      string

	stdout io.Writer         // of the process
	color  bool              // it may have colors, if it is a terminal
	tell   func(text string) // tells a person something
}

// The values of --detail.
const (
	detailFiles    = "files"
	detailPackages = "packages"
)

func (x *writing) add(f *pflag.FlagSet) {
	f.BoolVar(&x.indent, "indent", false, "write documents with a line for each value; without it they are compact")
	f.BoolVar(&x.reproducible, "reproducible", false, "leave out when the document was made")
	f.StringVar(&x.detail, "detail", detailFiles, "write all `DETAIL` that is known, files, or leave out files that are neither programs nor packages: packages")
	f.StringVar(&x.maxSize, "max-size", "", "write documents of at most `SIZE`, such as 16MiB: with --detail packages if they are larger, else not at all")
}

// plan finds what is wrong with the flags, and remembers where to write.
func (x *writing) plan(p Process, quiet bool) error {
	x.stdout, x.color = p.Stdout, p.Getenv("NO_COLOR") == ""
	x.tell = func(text string) {
		if !quiet {
			fmt.Fprintf(p.Stderr, "manifestgen: %s\n", printable(text))
		}
	}
	if x.detail != "" && x.detail != detailFiles && x.detail != detailPackages {
		return usage("--detail %s: not files or packages", x.detail)
	}
	if x.maxSize != "" && x.limit() == 0 {
		return usage("--max-size %s: not a size such as 16MiB or 500kB", x.maxSize)
	}
	return nil
}

// options returns how an output is written: what goes to a terminal fits it.
func (x *writing) options(o output) formats.Options {
	options := formats.Options{Indent: x.indent, Timeless: x.reproducible}
	if o.path == "" {
		options.Width = width(x.stdout)
		options.Color = x.color && options.Width > 0
	}
	return options
}

// units are those of sizes, the longer names first.
var units = []struct {
	name  string
	bytes float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"b", 1}, {"", 1},
}

// limit returns the bytes that a document may have, or 0 if there is no limit or
// it cannot be read.
func (x *writing) limit() int64 {
	for _, u := range units {
		number, ok := strings.CutSuffix(strings.ToLower(x.maxSize), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if n *= u.bytes; err != nil || !(n >= 1 && n < math.MaxInt64) {
			return 0
		}
		return int64(n)
	}
	return 0
}

// encode writes m to w, with as much detail as is wanted and there is room for,
// and returns what it has written: m or a smaller manifest. Name is what the
// output is called.
func (x *writing) encode(w io.Writer, o output, name string, m *sbom.Manifest) (*sbom.Manifest, error) {
	if x.detail != detailPackages {
		err := x.encodeWithin(w, o, m)
		if !errors.Is(err, errTooLarge) {
			return m, err
		}
	}
	small, err := sbom.WithoutFiles(m)
	if err != nil {
		return nil, err
	}
	err = x.encodeWithin(w, o, small)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, fmt.Errorf("is larger than --max-size %s, even with --detail packages", x.maxSize)
	case err == nil && x.detail != detailPackages:
		x.tell(fmt.Sprintf("%s: is written with --detail packages, to stay below --max-size %s", name, x.maxSize))
	}
	return small, err
}

var errTooLarge = errors.New("the document is too large")

// encodeWithin writes m to w, or nothing and errTooLarge.
func (x *writing) encodeWithin(w io.Writer, o output, m *sbom.Manifest) error {
	if x.maxSize == "" {
		return o.format.Encode(w, m, x.options(o))
	}
	b := &boundedBuffer{left: x.limit()}
	if err := o.format.Encode(b, m, x.options(o)); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// A boundedBuffer takes no more bytes than are left.
type boundedBuffer struct {
	bytes.Buffer
	left int64
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errTooLarge
	}
	return b.Buffer.Write(p)
}
