package text

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/manifestgen/manifestgen/formats/internal/terminal"
	"github.com/manifestgen/manifestgen/sbom"
)

// EncodeTree writes the components of m as a tree: below each component what it
// contains, then, after an arrow, what it depends on. What nothing else leads to
// stands below the principal.
//
// The components below a component are shown once, where it stands highest;
// elsewhere it is marked "(elsewhere)", or "(cycle)" where it stands below itself.
// No line exceeds the width, and there are at most 10,000.
func EncodeTree(w io.Writer, m *sbom.Manifest, o Options) error {
	if m.Principal == nil {
		return errors.New("text: a manifest needs a principal")
	}
	o.Width = cmp.Or(o.Width, 80)
	t := newTree(m)
	t.printer = &printer{bufio.NewWriter(w), o}
	t.printer.line(bold, terminal.Cut(label(&m.Principal.Component), o.Width))
	t.below(0, "", map[int]bool{0: true})
	if t.more > 0 {
		t.printer.line("", fmt.Sprintf("and %d more lines", t.more))
	}
	return t.printer.w.Flush()
}

// A tree is the components by index, the principal first.
type tree struct {
	printer    *printer
	components []*sbom.Component
	children   [][]child
	parent     []int // that the component is shown below
	lines      int
	more       int // lines that are not shown
}

type child struct {
	index   int
	depends bool // the parent depends on it; it does not contain it
}

const maxLines = 10_000

func newTree(m *sbom.Manifest) *tree {
	t := &tree{components: append([]*sbom.Component{&m.Principal.Component}, sorted(m.Components)...)}
	t.children = make([][]child, len(t.components))
	t.parent = make([]int, len(t.components))
	index := make(map[string]int, len(t.components))
	for i, c := range t.components {
		index[c.Ref], t.parent[i] = i, -1
	}
	led := make([]bool, len(t.components)) // something leads there
	for _, e := range m.Edges {
		from, known := index[e.From]
		to, ok := index[e.To]
		if known && ok {
			t.children[from] = append(t.children[from], child{to, e.Kind == sbom.DependsOn})
			led[to] = led[to] || from != to
		}
	}
	for i := range t.children {
		t.children[i] = ordered(t.children[i])
	}
	t.adopt(led)
	return t
}

// ordered returns what is contained before what is needed, both by name, and
// once.
func ordered(list []child) []child {
	slices.SortFunc(list, func(a, b child) int {
		switch {
		case a.depends == b.depends:
			return cmp.Compare(a.index, b.index)
		case b.depends:
			return -1
		}
		return 1
	})
	return slices.Compact(list)
}

// adopt finds the place where each component is shown, and puts those that the
// principal does not lead to below it: first those that nothing leads to.
func (t *tree) adopt(led []bool) {
	t.parent[0] = 0
	t.reach(0)
	for _, any := range []bool{false, true} {
		for i := range t.components {
			if t.parent[i] < 0 && (any || !led[i]) {
				t.children[0] = append(t.children[0], child{index: i})
				t.parent[i] = 0
				t.reach(i)
			}
		}
	}
	t.children[0] = ordered(t.children[0])
}

// reach walks from a component to all that it leads to, the nearest first.
func (t *tree) reach(from int) {
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, c := range t.children[queue[0]] {
			if t.parent[c.index] < 0 {
				t.parent[c.index] = queue[0]
				queue = append(queue, c.index)
			}
		}
	}
}

// minLabel is how many columns are kept for a component, however deep it stands.
const minLabel = 20

const indentColumns = 3 // of one level

// below writes what is below component i. Above holds the components on the way
// there. It calls itself only while there is room in the width.
func (t *tree) below(i int, prefix string, above map[int]bool) {
	shown := map[int]bool{}
	for n, c := range t.children[i] {
		branch, indent := "├─ ", "│  "
		if n == len(t.children[i])-1 {
			branch, indent = "└─ ", "   "
		}
		if c.depends {
			branch += "→ "
		}
		again := shown[c.index] || t.parent[c.index] != i
		deep := len(t.children[c.index]) > 0 && terminal.Columns(prefix)+2*indentColumns+minLabel > t.printer.Width
		t.line(prefix+branch, c.index, note(above[c.index], again, deep))
		if !again && !deep && !above[c.index] {
			above[c.index] = true
			t.below(c.index, prefix+indent, above)
			delete(above, c.index)
		}
		shown[c.index] = true
	}
}

func note(cycle, again, deep bool) string {
	switch {
	case cycle:
		return " (cycle)"
	case again:
		return " (elsewhere)"
	case deep:
		return " (and more below)"
	}
	return ""
}

func (t *tree) line(branch string, i int, note string) {
	if t.lines++; t.lines > maxLines {
		t.more++
		return
	}
	room := max(t.printer.Width-terminal.Columns(branch)-len(note), 1)
	t.printer.line("", terminal.Cut(branch+terminal.Cut(label(t.components[i]), room)+note, t.printer.Width))
}

func label(c *sbom.Component) string {
	wanted := ""
	if c.Wanted {
		wanted = "(wanted)"
	}
	return terminal.Clean(join(" ", c.Name[:min(len(c.Name), maxCell)], c.Version[:min(len(c.Version), maxCell)], wanted))
}
