package sbom

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"
)

// choosePrincipal finds the component that the artifact is, if one is, takes it
// out of the list, and decides each field of the principal.
func (a *assembly) choosePrincipal(candidates []Candidate) {
	candidates = append(candidates, a.Artifact.Candidates...)
	joints := Joints{}
	if c := a.takeSelf(); c != nil {
		candidates = append(candidates, selfCandidates(c, a.selfSource())...)
		joints = c.Joints
	} else if c := a.onlyProgram(); c != nil && !a.calledOtherwise(c) {
		facts := Component{Name: c.Name, Version: c.Version, Architecture: c.Architecture, OS: c.OS}
		candidates = append(candidates, Candidate{FromProgram, c.Locations[0].Path, Principal{Component: facts}})
	} else if c := a.operatingSystem("."); c != nil && a.Artifact.Type != TypeContainer {
		facts := Component{Name: c.Name, Version: c.Version, Links: c.Links}
		candidates = append(candidates, Candidate{FromOS, c.Locations[0].Path, Principal{Component: facts}})
	}
	candidates = append(candidates, a.artifactCandidates()...)
	a.principal = choose(candidates)
	a.principal.Joints = joints
	a.finishPURL(candidates)
	a.noteUndecided()
}

// takeSelf removes and returns the component that is the artifact.
func (a *assembly) takeSelf() *Component {
	for i, c := range a.Components {
		if c.Is == "." || a.Artifact.Format == FormatFile && c.Is == a.Artifact.Name {
			a.Components = append(a.Components[:i:i], a.Components[i+1:]...)
			return c
		}
	}
	return nil
}

func (a *assembly) selfSource() Source {
	switch a.Artifact.Format {
	case FormatFile:
		return FromArtifact
	case FormatFolder:
		return FromFolder
	default:
		return FromContainer
	}
}

// selfCandidates makes the candidate that a component is for the principal, less
// what it leaves to candidates of its own.
func selfCandidates(c *Component, source Source) []Candidate {
	facts := *c
	facts.Joints = Joints{}
	for _, o := range c.Candidates {
		if o.Facts.Version != "" {
			facts.Version = ""
		}
	}
	where := ""
	if len(c.Locations) > 0 {
		where = c.Locations[0].Path
	}
	return append([]Candidate{{source, where, Principal{Component: facts}}}, c.Candidates...)
}

// onlyProgram returns the one program inside a container that no package owns.
func (a *assembly) onlyProgram() *Component {
	if a.Artifact.Format == FormatFile || a.Artifact.Format == FormatFolder {
		return nil
	}
	owners := a.owners()
	var only *Component
	for _, c := range a.Components {
		if c.Type != TypeApplication || c.Is == "" || c.Wanted || owners[c] != nil {
			continue
		}
		if only != nil {
			return nil
		}
		only = c
	}
	return only
}

// calledOtherwise reports whether the artifact has a name of its own that is not
// that of c: then the version of c says nothing about it.
func (a *assembly) calledOtherwise(c *Component) bool {
	return slices.ContainsFunc(a.Artifact.Candidates, func(o Candidate) bool {
		name := o.Facts.Name
		return o.Source == FromContainer && name != "" && !strings.EqualFold(path.Base(name), path.Base(c.Name))
	})
}

// keepFacts keeps what programs inside the artifact say of their making as
// properties: only the principal has fields for it.
func (a *assembly) keepFacts() {
	for _, c := range a.Components {
		if len(c.Candidates) == 0 {
			continue
		}
		facts := choose(c.Candidates)
		keep := func(name, value string) {
			if value != "" {
				c.Properties = append(c.Properties, Property{"manifestgen:" + name, value})
			}
		}
		keep("commit", facts.Commit)
		keep("committed", timeText(facts.Committed))
		keep("work-tree", facts.WorkTree)
		keep("toolchain", facts.Toolchain)
		for _, s := range facts.Settings {
			keep("setting:"+s.Name, s.Value)
		}
	}
}

// artifactCandidates says what the artifact's outside tells.
func (a *assembly) artifactCandidates() []Candidate {
	outside := Candidate{Source: FromArtifact, Facts: Principal{FileName: a.Artifact.Name}}
	outside.Facts.Digests = a.Artifact.Digests
	name := Candidate{Source: FromName, Facts: Principal{Component: Component{Name: a.Artifact.Name, Type: a.Artifact.Type}}}
	return []Candidate{outside, name}
}

// finishPURL makes the version of the package URL the one that was chosen, unless
// who gave the URL also gave the version: some ecosystems spell it in two ways. In
// that of an image a digest stands where others have a version. It makes a generic
// URL for a principal that only people have named.
func (a *assembly) finishPURL(candidates []Candidate) {
	p := a.principal
	if p.PURL == "" {
		if p.source("name") != FromName {
			p.PURL = packageurl.NewPackageURL("generic", "", p.Name, p.Version, nil, "").ToString()
		}
		return
	}
	u, err := packageurl.FromString(p.PURL)
	agree := u.Version != "" && slices.ContainsFunc(candidates, func(c Candidate) bool { return c.Facts.PURL == p.PURL && c.Facts.Version == p.Version })
	if err != nil || agree || u.Version == p.Version || u.Type == packageurl.TypeOCI {
		return
	}
	version := p.Version
	if strings.HasPrefix(u.Version, "v") && version != "" && !strings.HasPrefix(version, "v") {
		version = "v" + version // as the ecosystem spells it
	}
	p.PURL = withVersion(p.PURL, u.Version, version)
}

// withVersion replaces the version of a package URL and leaves the rest as it is
// spelt: parsing and writing it again would fold the case of Go module paths.
func withVersion(purl, old, version string) string {
	escape := func(v string) string {
		if v == "" {
			return ""
		}
		u := packageurl.NewPackageURL("generic", "", "x", v, nil, "").ToString()
		return strings.TrimPrefix(u, "pkg:generic/x")
	}
	if old != "" {
		return strings.Replace(purl, escape(old), escape(version), 1)
	}
	end := strings.IndexAny(purl, "?#")
	if end < 0 {
		end = len(purl)
	}
	return purl[:end] + escape(version) + purl[end:]
}

// source returns where the chosen value of a field comes from.
func (p *Principal) source(field string) Source {
	for _, e := range p.Evidence {
		if e.Field == field {
			return e.Source
		}
	}
	return ""
}

// noteUndecided says what nobody knows of the principal and where candidates
// disagree.
func (a *assembly) noteUndecided() {
	p := a.principal
	if p.source("name") == FromName {
		a.found(Unknown, "principal.name", &p.Component, "nothing in the artifact says what it is; it is called after its file")
	}
	if p.Version == "" {
		a.found(Unknown, "principal.version", &p.Component, "nothing says which version this is")
	}
	if p.Architecture == "" && a.Artifact.Format != FormatFolder {
		a.found(Unknown, "principal.architecture", &p.Component, "nothing says for which architecture this is built")
	}
	if p.Contents == "" {
		p.Contents = Undetermined
	}
	for _, field := range []string{"name", "version", "architecture", "built", "commit", "tag", "repository"} {
		if detail := p.conflict(field); detail != "" {
			a.found(Note, "principal.conflict", &p.Component, "%s", detail)
		}
	}
}

// conflict returns a sentence about candidates that say otherwise than the
// chosen one, or "".
func (p *Principal) conflict(field string) string {
	var said []string
	chosen := ""
	for _, e := range p.Evidence {
		switch {
		case e.Field != field || e.Source == FromName:
		case chosen == "":
			chosen = e.Value
			said = append(said, fmt.Sprintf("%s: %s (%s)", field, e.Value, e.Source))
		case !same(field, e.Value, chosen):
			said = append(said, fmt.Sprintf("%s (%s)", e.Value, e.Source))
		}
	}
	if len(said) < 2 {
		return ""
	}
	return said[0] + ", but also " + strings.Join(said[1:], ", ")
}

// same reports whether two values of a field mean the same although they may be
// spelt differently: a version with and without its v, the name of a module and
// the last part of it, a repository however it is reached.
func same(field, a, b string) bool {
	switch field {
	case "name":
		return a == b || a == path.Base(b) || path.Base(a) == b
	case "repository":
		return place(a) == place(b)
	default:
		return strings.TrimPrefix(a, "v") == strings.TrimPrefix(b, "v")
	}
}

func place(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	return strings.TrimSuffix(strings.TrimSuffix(url, "/"), ".git")
}
