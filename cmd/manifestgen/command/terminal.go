package command

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/manifestgen/manifestgen/formats/text"
	"github.com/manifestgen/manifestgen/sbom"
)

// summarize prints what a person wants to see first.
func summarize(w io.Writer, m *sbom.Manifest, columns int, color bool) error {
	return text.Encode(w, m, text.Options{Width: columns, Color: color})
}

// explain prints for each field of the principal the chosen value, where it comes
// from, and the candidates that lost.
func explain(w io.Writer, m *sbom.Manifest) error {
	var b strings.Builder
	last := ""
	for _, e := range m.Principal.Evidence {
		if e.Field != last {
			fmt.Fprintf(&b, "%s: %s\n    from %s\n", e.Field, printable(e.Value), from(e))
		} else {
			fmt.Fprintf(&b, "    not %s, from %s\n", printable(e.Value), from(e))
		}
		last = e.Field
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func from(e sbom.Evidence) string {
	if e.Where == "" {
		return string(e.Source)
	}
	return fmt.Sprintf("%s: %s", e.Source, printable(e.Where))
}

// printable replaces what a terminal might obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// patience is how long nothing is said.
const patience = 2 * time.Second

// progress tells on a terminal that work goes on, from when it takes long until
// the returned function is called.
func (g *generate) progress(ref string) (done func()) {
	if g.quiet || width(g.process.Stderr) == 0 {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		g.tick(ref, stop)
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// tick tells every second how long it has been, and wipes that at the end.
func (g *generate) tick(ref string, stop <-chan struct{}) {
	start, told := time.Now(), false
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			if told {
				fmt.Fprint(g.process.Stderr, "\r\x1b[K")
			}
			return
		case now := <-ticker.C:
			if since := now.Sub(start); since >= patience {
				told = true
				fmt.Fprintf(g.process.Stderr, "\r\x1b[Kmanifestgen: reading %s, %d s ", printable(ref), int(since.Seconds()))
			}
		}
	}
}
