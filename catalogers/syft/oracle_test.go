package syft_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/catalogers/syft"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// TestOracle compares what our catalogers and those of syft find in real
// artifacts, each for itself. Every difference is in testdata/ledger.txt, by
// class, with its reason; one that is not fails, and so does a line of the ledger
// that nothing is left of. Then it has both look at once: what ours find stands.
func TestOracle(t *testing.T) {
	ledger := readLedger(t)
	home, made := t.TempDir(), map[string]sample{}
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			dir := filepath.Join(home, in.name)
			write(t, home, map[string]string{in.name + "/.made": ""})
			truth := in.make(t, dir, made)
			made[in.name] = sample{dir, truth}
			ours := describe(t, dir, catalogers.Default()...)
			own, their := entries(ours), entries(describe(t, dir, syft.Cataloger{}))
			if len(own) == 0 {
				t.Fatal("nothing is found")
			}
			differences := compare(own, their, truth)
			t.Logf("%d of ours, %d of syft's, %d differences", len(own), len(their), len(differences))
			ledger.explain(t, in.name, differences)
			checkStands(t, dir, ours)
		})
	}
}

// A sample is a real artifact, and what the ecosystem's own tool says is in it, as
// "type/name version"; nil if there is no such tool.
type sample struct {
	dir   string
	truth map[string]bool
}

// An input makes a sample in dir, perhaps of those that were made before.
type input struct {
	name string
	make func(t *testing.T, dir string, made map[string]sample) (truth map[string]bool)
}

// describe returns the manifest of an artifact by the given catalogers alone.
func describe(t *testing.T, path string, catalogers ...sbom.Cataloger) *sbom.Manifest {
	t.Helper()
	all, err := artifact.Open(context.Background(), path, artifact.Options{Digests: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d artifacts", len(all))
	}
	inv, err := sbom.Scan(context.Background(), all[0], catalogers, sbom.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sbom.Assemble(inv, sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// compared are the types of package URLs of what both read.
var compared = []string{"golang", "deb", "rpm", "apk", "pypi", "maven"}

// An entry is a component as it is compared.
type entry struct {
	id      string              // type and name, such as "golang/golang.org/x/mod"
	version string              // of the package URL
	facts   map[string]string   // of which there is one
	lists   map[string][]string // of which there are several; edges are ids
}

// entries returns the components of the types that are compared.
func entries(m *sbom.Manifest) []entry {
	var all []entry
	var refs []string
	ids := map[string]string{} // by ref
	for _, c := range append([]*sbom.Component{&m.Principal.Component}, m.Components...) {
		u, err := packageurl.FromString(c.PURL)
		if c.PURL == "" || err != nil || !slices.Contains(compared, u.Type) {
			continue
		}
		purl, qualifiers, _ := strings.Cut(c.PURL, "?")
		e := entry{id: u.Type + "/" + u.Name, version: u.Version,
			facts: map[string]string{"name": c.Name, "spelling": c.Version, "purl": purl},
			lists: map[string][]string{"qualifier": strings.FieldsFunc(qualifiers, func(r rune) bool { return r == '&' }),
				"licence": licences(cmp.Or(c.Declared, c.Concluded))}}
		if u.Type == "golang" {
			e.id = u.Type + "/" + strings.TrimPrefix(u.Namespace+"/"+u.Name, "/")
		}
		ids[c.Ref] = e.id
		all, refs = append(all, e), append(refs, c.Ref)
	}
	for i, e := range all {
		for _, x := range m.Edges {
			if x.Kind == sbom.DependsOn && x.From == refs[i] && ids[x.To] != "" {
				e.lists["edge"] = append(e.lists["edge"], ids[x.To])
			}
		}
	}
	return all
}

var operator = regexp.MustCompile(`\s+(?:AND|OR)\s+|[()]`)

// licences returns the licences in an expression, with one word for all that SPDX has no
// name for, and "OR" if there is a choice.
func licences(expression string) []string {
	var all []string
	for _, name := range operator.Split(expression, -1) {
		if strings.HasPrefix(name, "LicenseRef-") {
			name = "text"
		}
		if name != "" {
			all = append(all, name)
		}
	}
	if strings.Contains(expression, " OR ") {
		all = append(all, "OR")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A difference is one between ours and theirs.
type difference struct {
	field, id    string
	ours, theirs string
	right        string // who is, by the ecosystem's own tool; "" if it does not say
}

func (d difference) String() string {
	return fmt.Sprintf("%s | %s | %s | %s | %s", d.field, d.id, d.ours, d.theirs, d.right)
}

// compare returns how two lists of components differ: in what there is, and, where
// both have the same version, in what they say of it.
func compare(ours, theirs []entry, truth map[string]bool) []difference {
	own, their := byID(ours), byID(theirs)
	var all []difference
	for _, id := range slices.Sorted(maps.Keys(union(own, their))) {
		onlyOurs, onlyTheirs := versions(own[id], their[id]), versions(their[id], own[id])
		switch {
		case len(onlyOurs) == 1 && len(onlyTheirs) == 1:
			all = append(all, judge(difference{field: "version", id: id, ours: onlyOurs[0], theirs: onlyTheirs[0]}, truth))
		default:
			for _, v := range onlyOurs {
				all = append(all, judge(difference{field: "presence", id: id, ours: cmp.Or(v, "?")}, truth))
			}
			for _, v := range onlyTheirs {
				all = append(all, judge(difference{field: "presence", id: id, theirs: cmp.Or(v, "?")}, truth))
			}
		}
		all = append(all, compareFacts(own[id], their[id])...)
	}
	return slices.CompactFunc(all, func(a, b difference) bool { return a == b })
}

func byID(list []entry) map[string][]entry {
	all := map[string][]entry{}
	for _, e := range list {
		all[e.id] = append(all[e.id], e)
	}
	return all
}

func union(a, b map[string][]entry) map[string][]entry {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// versions returns the versions that are in one list and not in another.
func versions(in, notIn []entry) []string {
	var all []string
	for _, e := range in {
		if !slices.ContainsFunc(notIn, func(o entry) bool { return o.version == e.version }) && !slices.Contains(all, e.version) {
			all = append(all, e.version)
		}
	}
	return all
}

// judge asks the ecosystem's own tool.
func judge(d difference, truth map[string]bool) difference {
	if truth == nil {
		return d
	}
	ours, theirs := truth[d.id+" "+d.ours], truth[d.id+" "+d.theirs]
	switch {
	case ours && !theirs, d.ours == "" && !theirs:
		d.right = "ours"
	case theirs && !ours, d.theirs == "" && !ours:
		d.right = "syft"
	default:
		d.right = "neither"
	}
	return d
}

// compareFacts compares what is said of the same versions.
func compareFacts(ours, theirs []entry) []difference {
	var all []difference
	for _, o := range ours {
		i := slices.IndexFunc(theirs, func(e entry) bool { return e.version == o.version })
		if i < 0 {
			continue
		}
		for _, field := range []string{"name", "spelling", "purl"} {
			if o.facts[field] != theirs[i].facts[field] {
				all = append(all, difference{field: field, id: o.id, ours: o.facts[field], theirs: theirs[i].facts[field]})
			}
		}
		for _, field := range []string{"qualifier", "licence", "edge"} {
			for _, x := range without(o.lists[field], theirs[i].lists[field]) {
				all = append(all, difference{field: field, id: o.id, ours: x})
			}
			for _, x := range without(theirs[i].lists[field], o.lists[field]) {
				all = append(all, difference{field: field, id: o.id, theirs: x})
			}
		}
	}
	return all
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return slices.Contains(other, x) })
}

// A class is a line of the ledger: differences that have one reason.
type class struct {
	line             int
	input            *regexp.Regexp
	field            string
	id, ours, theirs *regexp.Regexp
	right            string
}

type ledger struct{ classes []*class }

// readLedger reads testdata/ledger.txt: six columns and a reason.
func readLedger(t *testing.T) *ledger {
	t.Helper()
	data, err := os.ReadFile("testdata/ledger.txt")
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{}
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 7 || f[6] == "" {
			t.Fatalf("ledger.txt:%d: %d columns, want 7", i+1, len(f))
		}
		pattern := func(s string) *regexp.Regexp { return regexp.MustCompile("^(?:" + strings.TrimSpace(s) + ")$") }
		l.classes = append(l.classes, &class{line: i + 1, input: pattern(f[0]), field: strings.TrimSpace(f[1]),
			id: pattern(f[2]), ours: pattern(f[3]), theirs: pattern(f[4]), right: strings.TrimSpace(f[5])})
	}
	return l
}

// explain fails for each difference that no class explains, and for each class of
// the input that explains none.
func (l *ledger) explain(t *testing.T, input string, differences []difference) {
	t.Helper()
	used := map[*class]int{}
	shown := 0
	for _, d := range differences {
		c := l.find(input, d)
		if c != nil {
			used[c]++
			continue
		}
		if shown++; shown <= 400 {
			t.Errorf("not in the ledger: %s | %s", input, d)
		}
	}
	if shown > 400 {
		t.Errorf("and %d more", shown-400)
	}
	for _, c := range l.classes {
		if !c.input.MatchString(input) {
			continue
		}
		if used[c] == 0 {
			t.Errorf("ledger.txt:%d explains nothing in %s", c.line, input)
		}
		t.Logf("ledger.txt:%d explains %d", c.line, used[c])
	}
}

func (l *ledger) find(input string, d difference) *class {
	for _, c := range l.classes {
		if c.input.MatchString(input) && c.field == d.field && c.id.MatchString(d.id) && c.ours.MatchString(d.ours) &&
			c.theirs.MatchString(d.theirs) && (d.right == "" || c.right == d.right) {
			return c
		}
	}
	return nil
}
