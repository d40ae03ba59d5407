package profile

import (
	"time"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/policy"
)

// A view is a subject as expressions see it.
type view struct {
	Principal  principal   `expr:"principal"`
	Components []component `expr:"components"`
	Findings   []finding   `expr:"findings"`
	Document   document    `expr:"document"`
	Now        time.Time   `expr:"now"`
}

// A componentView is a view for an expression that is asked of one component.
type componentView struct {
	view
	Component component `expr:"component"`
}

type component struct {
	Name         string            `expr:"name"`
	Version      string            `expr:"version"`
	Type         string            `expr:"type"`
	Description  string            `expr:"description"`
	PURL         string            `expr:"purl"`
	CPE          string            `expr:"cpe"`
	Architecture string            `expr:"architecture"`
	OS           string            `expr:"os"`
	Digests      map[string]string `expr:"digests"`
	Declared     string            `expr:"declared"`
	Concluded    string            `expr:"concluded"`
	Copyright    []string          `expr:"copyright"`
	Maker        party             `expr:"maker"`
	Supplier     party             `expr:"supplier"`
	Built        time.Time         `expr:"built"`
	Links        []link            `expr:"links"`
	Properties   map[string]string `expr:"properties"`
	Paths        []string          `expr:"paths"`
	FoundBy      []string          `expr:"foundBy"`
	Wanted       bool              `expr:"wanted"`
	Contents     string            `expr:"contents"`
	Dependencies string            `expr:"dependencies"`
}

type principal struct {
	component
	FileName     string            `expr:"fileName"`
	Published    time.Time         `expr:"published"`
	SupportEnd   time.Time         `expr:"supportEnd"`
	Repository   string            `expr:"repository"`
	Commit       string            `expr:"commit"`
	Committed    time.Time         `expr:"committed"`
	Tag          string            `expr:"tag"`
	Signature    signature         `expr:"signature"`
	WorkTree     string            `expr:"workTree"`
	Inputs       []input           `expr:"inputs"`
	Toolchain    string            `expr:"toolchain"`
	Settings     map[string]string `expr:"settings"`
	Disclaimer   string            `expr:"disclaimer"`
	SupportLevel string            `expr:"supportLevel"`
}

type (
	party struct {
		Name   string   `expr:"name"`
		Person bool     `expr:"person"`
		URL    string   `expr:"url"`
		Emails []string `expr:"emails"`
	}
	link struct {
		Type string `expr:"type"`
		URL  string `expr:"url"`
	}
	signature struct {
		Result string `expr:"result"`
		Kind   string `expr:"kind"`
		Signer string `expr:"signer"`
	}
	input struct {
		Name    string            `expr:"name"`
		URL     string            `expr:"url"`
		Digests map[string]string `expr:"digests"`
	}
	finding struct {
		Kind    string `expr:"kind"`
		Code    string `expr:"code"`
		Path    string `expr:"path"`
		Subject string `expr:"subject"`
		Detail  string `expr:"detail"`
	}
	document struct {
		Name    string    `expr:"name"`
		Format  string    `expr:"format"`
		Version string    `expr:"version"`
		Syntax  string    `expr:"syntax"`
		Created time.Time `expr:"created"`
		Author  party     `expr:"author"`
		Tools   []string  `expr:"tools"`
		Phase   string    `expr:"phase"`
	}
)

func viewOf(s *policy.Subject) view {
	m := s.Manifest
	v := view{Principal: principalOf(m.Principal), Now: s.Now, Document: document{
		Name: s.Document.Name, Format: s.Document.Format, Version: s.Document.Version, Syntax: s.Document.Syntax,
		Created: m.Created, Author: partyOf(m.Author), Phase: m.Phase,
	}}
	for _, t := range m.Tools {
		v.Document.Tools = append(v.Document.Tools, t.Name+" "+t.Version)
	}
	for _, c := range m.Components {
		v.Components = append(v.Components, componentOf(c))
	}
	for _, f := range m.Findings {
		v.Findings = append(v.Findings, finding{string(f.Kind), f.Code, f.Path, f.Subject, f.Detail})
	}
	return v
}

// length returns the length of the longest list in the view.
func (v *view) length() int {
	n := max(len(v.Components), len(v.Findings), v.Principal.length(), len(v.Principal.Inputs), len(v.Principal.Settings), len(v.Document.Tools))
	for i := range v.Components {
		n = max(n, v.Components[i].length())
	}
	return n
}

func (c *component) length() int {
	return max(len(c.Digests), len(c.Copyright), len(c.Links), len(c.Properties), len(c.Paths), len(c.FoundBy), len(c.Maker.Emails), len(c.Supplier.Emails))
}

func principalOf(p *sbom.Principal) principal {
	out := principal{
		component: componentOf(&p.Component),
		FileName:  p.FileName, Published: p.Published, SupportEnd: p.SupportEnd,
		Repository: p.Repository, Commit: p.Commit, Committed: p.Committed, Tag: p.Tag,
		Signature: signature{p.Signature.Result, p.Signature.Kind, p.Signature.Signer},
		WorkTree:  p.WorkTree, Toolchain: p.Toolchain, Settings: propertiesOf(p.Settings),
		Disclaimer: p.Disclaimer, SupportLevel: p.SupportLevel,
	}
	for _, in := range p.Inputs {
		out.Inputs = append(out.Inputs, input{in.Name, in.URL, digestsOf(in.Digests)})
	}
	return out
}

func componentOf(c *sbom.Component) component {
	out := component{
		Name: c.Name, Version: c.Version, Type: string(c.Type), Description: c.Description, PURL: c.PURL, CPE: c.CPE,
		Architecture: c.Architecture, OS: c.OS, Digests: digestsOf(c.Digests), Declared: c.Declared, Concluded: c.Concluded, Copyright: c.Copyright,
		Maker: partyOf(c.Maker), Supplier: partyOf(c.Supplier), Built: c.Built, Properties: propertiesOf(c.Properties),
		FoundBy: c.FoundBy, Wanted: c.Wanted, Contents: string(c.Contents), Dependencies: string(c.Dependencies),
	}
	for _, l := range c.Links {
		out.Links = append(out.Links, link{l.Type, l.URL})
	}
	for _, l := range c.Locations {
		out.Paths = append(out.Paths, l.Path)
	}
	return out
}

func partyOf(p sbom.Party) party {
	out := party{Name: p.Name, Person: p.Person, URL: p.URL}
	for _, c := range p.Contacts {
		if c.Email != "" {
			out.Emails = append(out.Emails, c.Email)
		}
	}
	return out
}

func digestsOf(list []sbom.Digest) map[string]string {
	digests := make(map[string]string, len(list))
	for _, d := range list {
		digests[d.Algorithm] = d.Value
	}
	return digests
}

// propertiesOf returns properties by name; of several with one name the first.
func propertiesOf(list []sbom.Property) map[string]string {
	properties := make(map[string]string, len(list))
	for _, p := range list {
		if _, ok := properties[p.Name]; !ok {
			properties[p.Name] = p.Value
		}
	}
	return properties
}
