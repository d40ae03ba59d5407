// Package list writes the components of a manifest as lists, for spreadsheets and
// scripts: [EncodeCSV] a table, [EncodePURLs] package URLs. Nothing reads them
// back; most of a manifest has no place in them.
//
// Characters that a terminal might obey are escaped, as in Go.
package list

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

var errPrincipal = errors.New("list: a manifest needs a principal")

// header names the columns of the table. New ones will follow at the end.
var header = []string{
	"role", "name", "version", "type", "purl", "architecture", "licence", "maker", "supplier",
	"SHA-256", "SHA-512", "location", "ref",
}

// EncodeCSV writes a table of all components by RFC 4180, with a header. The role
// of the first line is "principal"; that of the others is "component", or
// "wanted" for what a file asks for and nothing shows to be here.
//
// A cell that a spreadsheet would take for a formula begins with an apostrophe.
func EncodeCSV(w io.Writer, m *sbom.Manifest) error {
	if m.Principal == nil {
		return errPrincipal
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{header, row("principal", &m.Principal.Component)}
	for _, x := range sorted(m.Components) {
		role := "component"
		if x.Wanted {
			role = "wanted"
		}
		rows = append(rows, row(role, x))
	}
	return c.WriteAll(rows)
}

func sorted(components []*sbom.Component) []*sbom.Component {
	return slices.SortedFunc(slices.Values(components), func(a, b *sbom.Component) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Ref, b.Ref))
	})
}

func row(role string, c *sbom.Component) []string {
	location := ""
	if len(c.Locations) > 0 {
		location = c.Locations[0].Path
	}
	cells := []string{
		role, c.Name, c.Version, string(c.Type), c.PURL, c.Architecture, cmp.Or(c.Concluded, c.Declared),
		c.Maker.Name, c.Supplier.Name, digest(c, "SHA-256"), digest(c, "SHA-512"), location, c.Ref,
	}
	for i, s := range cells {
		cells[i] = guarded(terminal.Clean(s))
	}
	return cells
}

func digest(c *sbom.Component, algorithm string) string {
	for _, d := range c.Digests {
		if d.Algorithm == algorithm {
			return d.Value
		}
	}
	return ""
}

// guarded returns s such that no spreadsheet computes it:
// https://owasp.org/www-community/attacks/CSV_Injection
func guarded(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " "))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// EncodePURLs writes the package URLs of the principal and of all components that
// are here, one a line, sorted, without repetitions. What has no package URL has
// no line.
func EncodePURLs(w io.Writer, m *sbom.Manifest) error {
	if m.Principal == nil {
		return errPrincipal
	}
	purls := []string{m.Principal.PURL}
	for _, c := range m.Components {
		if !c.Wanted {
			purls = append(purls, c.PURL)
		}
	}
	slices.Sort(purls)
	b := bufio.NewWriter(w)
	for _, purl := range slices.Compact(purls) {
		if purl != "" {
			b.WriteString(terminal.Clean(purl) + "\n")
		}
	}
	return b.Flush()
}
