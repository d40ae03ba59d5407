package text

import (
	"cmp"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

const gap = 2 // columns between two cells

// components writes the table of components, sorted by name.
func (p *printer) components(m *sbom.Manifest) {
	p.line("", "")
	edges := 0
	for _, e := range m.Edges {
		if e.Kind == sbom.DependsOn {
			edges++
		}
	}
	p.line(bold, count(len(m.Components), "component", "components")+", "+count(edges, "dependency", "dependencies"))
	if len(m.Components) == 0 {
		return
	}
	rows := [][]string{{"NAME", "VERSION", "TYPE", "LICENCE"}}
	for _, c := range sorted(m.Components) {
		rows = append(rows, row(c))
	}
	widths := fit(rows, p.Width)
	for i, r := range rows {
		color := ""
		if i == 0 {
			color = bold
		}
		p.line(color, p.row(r, widths))
	}
}

func sorted(components []*sbom.Component) []*sbom.Component {
	return slices.SortedFunc(slices.Values(components), func(a, b *sbom.Component) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Ref, b.Ref))
	})
}

// maxCell is how much of a value is looked at for a cell, in bytes.
const maxCell = 1024

func row(c *sbom.Component) []string {
	version := cmp.Or(c.Version, "unknown")
	if c.Wanted {
		version += " (wanted)"
	}
	cells := []string{c.Name, version, string(c.Type), cmp.Or(c.Concluded, c.Declared)}
	for i, s := range cells {
		cells[i] = terminal.Clean(s[:min(len(s), maxCell)])
	}
	return cells
}

func (p *printer) row(cells []string, widths []int) string {
	var b strings.Builder
	for i, s := range cells {
		s = terminal.Cut(s, widths[i])
		b.WriteString(s)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-terminal.Columns(s)+gap))
		}
	}
	return b.String()
}

// minCell is how narrow a column becomes before lines grow over the width.
const minCell = 4

// fit returns the widths of the columns: as wide as their cells, or, if that is
// too wide altogether, the widest ones narrower.
func fit(rows [][]string, width int) []int {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, s := range r {
			widths[i] = max(widths[i], terminal.Columns(s))
		}
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > width; total-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= minCell {
			break
		}
		widths[widest]--
	}
	return widths
}
