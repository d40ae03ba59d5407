package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/package-url/packageurl-go"
)

// operatingSystem returns the distribution that describes the file system
// inside the container at root, if exactly one does.
func (a *assembly) operatingSystem(root string) *Component {
	var only *Component
	for _, c := range a.Components {
		if c.Type != TypeOperatingSystem || len(c.Locations) == 0 || containerOf(c.Locations[0].Path) != root {
			continue
		}
		if only != nil {
			return nil
		}
		only = c
	}
	return only
}

// bindDistribution gives the package URLs of deb, rpm and apk packages the
// namespace and the distro qualifier of the file system they were found in:
// https://github.com/package-url/purl-spec/tree/main/types
func (a *assembly) bindDistribution() {
	systems := map[string]*Component{}
	for _, c := range a.Components {
		kind, _, _ := strings.Cut(strings.TrimPrefix(c.PURL, "pkg:"), "/")
		if kind != "deb" && kind != "rpm" && kind != "apk" || len(c.Locations) == 0 {
			continue
		}
		root := containerOf(c.Locations[0].Path)
		system, ok := systems[root]
		if !ok {
			system = a.operatingSystem(root)
			systems[root] = system
		}
		if system != nil {
			bind(c, system)
		}
	}
}

func bind(c, system *Component) {
	u, err := packageurl.FromString(c.PURL)
	if err != nil || u.Namespace != "" {
		return
	}
	u.Namespace = strings.ToLower(system.Name)
	distro := system.Name
	if system.Version != "" {
		distro += "-" + system.Version
	}
	u.Qualifiers = append(u.Qualifiers, packageurl.Qualifier{Key: "distro", Value: distro})
	c.PURL = packageurl.NewPackageURL(u.Type, u.Namespace, u.Name, u.Version, u.Qualifiers, u.Subpath).ToString()
}

// qualify adds qualifiers to the package URLs of those that bring some.
func (a *assembly) qualify() {
	for _, c := range a.Components {
		if len(c.Qualifiers) == 0 {
			continue
		}
		u, err := packageurl.FromString(c.PURL)
		if err != nil {
			continue
		}
		values := map[string]int{}
		for _, q := range u.Qualifiers {
			values[q.Key]++
		}
		for _, q := range c.Qualifiers {
			key, _, _ := strings.Cut(q, "=")
			values[key]++
		}
		for _, q := range c.Qualifiers {
			if key, value, _ := strings.Cut(q, "="); values[key] == 1 {
				u.Qualifiers = append(u.Qualifiers, packageurl.Qualifier{Key: key, Value: value})
			}
		}
		c.PURL = packageurl.NewPackageURL(u.Type, u.Namespace, u.Name, u.Version, u.Qualifiers, u.Subpath).ToString()
	}
}

// connect makes edges of the keys and tokens of components, and of the edges
// that resolvers found.
func (a *assembly) connect() {
	a.edges = map[Edge]bool{}
	providers := a.providers()
	for _, c := range a.all() {
		for _, key := range c.DependsOn {
			a.addEdge(DependsOn, c.Ref, a.refs[key])
		}
		for _, token := range c.Expects {
			if len(providers[token]) == 0 {
				a.found(Gap, "expects.unmet", c, "says that there is %s, and nothing here is", token)
			}
		}
		for _, token := range c.Requires {
			found := providers[token]
			if len(found) == 0 {
				a.found(Unknown, "requires.unmet", c, "needs %s, which nothing here is known to provide", token)
			}
			for _, ref := range found {
				a.addEdge(DependsOn, c.Ref, ref)
			}
		}
	}
	for _, e := range a.Inventory.Edges {
		a.addEdge(e.Kind, a.refs[e.From], a.refs[e.To])
	}
	a.include()
}

// include makes edges to what components include, as far as there is no way
// there yet: first to what nothing else needs.
func (a *assembly) include() {
	needs, needed := a.needs()
	for _, c := range a.all() {
		if len(c.Includes) == 0 {
			continue
		}
		reached := map[string]bool{}
		reach(needs, reached, c.Ref)
		for _, alsoNeeded := range []bool{false, true} {
			for _, key := range c.Includes {
				ref := a.refs[key]
				if ref != "" && !reached[ref] && needed[ref] == alsoNeeded {
					a.addEdge(DependsOn, c.Ref, ref)
					reach(needs, reached, ref)
				}
			}
		}
	}
}

// needs returns what each component needs by the edges so far, and which are
// needed by any.
func (a *assembly) needs() (needs map[string][]string, needed map[string]bool) {
	needs, needed = map[string][]string{}, map[string]bool{}
	for e := range a.edges {
		if e.Kind == DependsOn {
			needs[e.From] = append(needs[e.From], e.To)
			needed[e.To] = true
		}
	}
	return needs, needed
}

// reach marks all that can be reached from ref.
func reach(needs map[string][]string, reached map[string]bool, ref string) {
	todo := []string{ref}
	for len(todo) > 0 {
		ref, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if !reached[ref] {
			reached[ref] = true
			todo = append(todo, needs[ref]...)
		}
	}
}

// addEdge adds an edge unless an end is missing or both are the same.
func (a *assembly) addEdge(kind EdgeKind, from, to string) {
	if from != "" && to != "" && from != to {
		a.edges[Edge{kind, from, to}] = true
	}
}

// providers returns who provides each token that somebody requires. A shared
// library is also provided by the package that owns a file of its name.
func (a *assembly) providers() map[string][]string {
	wanted := map[string]bool{}
	for _, c := range a.all() {
		for _, token := range append(c.Requires[:len(c.Requires):len(c.Requires)], c.Expects...) {
			wanted[token] = true
		}
	}
	providers := map[string][]string{}
	if len(wanted) == 0 {
		return providers
	}
	for _, c := range a.all() {
		seen := map[string]bool{}
		provide := func(token string) {
			if wanted[token] && !seen[token] {
				seen[token] = true
				providers[token] = append(providers[token], c.Ref)
			}
		}
		for _, token := range c.Provides {
			provide(token)
		}
		for _, file := range c.Owns {
			provide("so:" + path.Base(file))
		}
	}
	return providers
}

// contain makes an edge from each package to the components that are files of
// it, and from each container to what was found in it.
func (a *assembly) contain() {
	for c, owner := range a.owners() {
		a.addEdge(Contains, owner.Ref, c.Ref)
	}
	containers := map[string]string{}
	for _, c := range a.Components {
		if c.Is != "" {
			containers[c.Is] = c.Ref
		}
	}
	for _, c := range a.Components {
		for _, l := range c.Locations {
			root := containerOf(l.Path)
			if root == c.Is {
				root = containerOf(root)
			}
			a.addEdge(Contains, containers[root], c.Ref)
		}
	}
}

// owners returns, for components that are files, the package whose file list
// names the file. A package whose database is in an earlier layer than the file
// cannot vouch for it, and the component says so.
func (a *assembly) owners() map[*Component]*Component {
	files := map[string]*Component{} // path -> the component that is this file
	bases := map[string]bool{}
	for _, c := range a.Components {
		if c.Is != "" && c.Is != "." && len(c.Owns) == 0 {
			files[c.Is] = c
			bases[path.Base(c.Is)] = true
		}
	}
	owners := map[*Component]*Component{}
	if len(files) == 0 {
		return owners
	}
	for _, owner := range a.Components {
		for _, owned := range owner.Owns {
			if !bases[path.Base(owned)] {
				continue
			}
			c := files[a.links.resolve(owned)]
			if c != nil && c != owner && owners[c] == nil && a.vouches(owner, c) {
				owners[c] = owner
			}
		}
	}
	return owners
}

func (a *assembly) vouches(owner, c *Component) bool {
	if len(owner.Locations) == 0 || len(c.Locations) == 0 {
		return false
	}
	if a.layerIndex(c.Locations[0].Layer) <= a.layerIndex(owner.Locations[0].Layer) {
		return true
	}
	unverified := Finding{Kind: Note, Code: "owner.unverified",
		Detail: "the package " + owner.Name + " lists this file, but a later layer has replaced it"}
	if !containsFinding(c.Findings, unverified) {
		c.Findings = append(c.Findings, unverified)
	}
	return false
}

func containsFinding(all []Finding, f Finding) bool {
	for _, g := range all {
		if g == f {
			return true
		}
	}
	return false
}

// layerIndex returns the position of a layer; of a layer that occurs more than
// once, the last.
func (a *assembly) layerIndex(layer string) int {
	for i := len(a.Artifact.Trees) - 1; i >= 0; i-- {
		if a.Artifact.Trees[i].Layer() == layer {
			return i
		}
	}
	return -1
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}
