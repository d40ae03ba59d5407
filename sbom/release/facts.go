package release

import (
	"fmt"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// where names the place of a section in the record.
func (g *gathering) where(section string) string {
	return fmt.Sprintf("%s:%d", g.record.file, g.line(section))
}

// fromRecord adds what the record says, each section with its place.
func (g *gathering) fromRecord() error {
	if g.record == nil {
		return nil
	}
	t := g.terms
	say := func(section string, given bool, facts sbom.Principal) {
		if given {
			g.add(sbom.FromRecord, g.where(section), facts)
		}
	}
	say("name", true, sbom.Principal{Component: sbom.Component{Name: g.record.Artifacts[g.entry].Name}})
	say("description", t.Description != "", sbom.Principal{Component: sbom.Component{Description: t.Description}})
	say("team", t.Team != nil, t.Team.facts(g))
	say("support", t.Support != nil, t.Support.facts(g))
	say("licence", t.Licence != "", sbom.Principal{Component: sbom.Component{Declared: t.Licence}})
	say("disclaimer", t.Disclaimer != "", sbom.Principal{Disclaimer: t.Disclaimer})
	say("repository", t.Repository != "", sbom.Principal{Repository: g.clean("repository", t.Repository)})
	say("build", t.Build != nil, t.Build.facts())
	say("inputs", t.Inputs != nil, t.Inputs.facts(g))
	return nil
}

func (t *Team) facts(g *gathering) (facts sbom.Principal) {
	if t == nil {
		return facts
	}
	facts.Maker = sbom.Party{Name: t.Name, URL: g.clean("team.url", t.URL)}
	for _, address := range t.Contacts {
		facts.Maker.Contacts = append(facts.Maker.Contacts, sbom.Contact{Email: address})
	}
	return facts
}

func (s *Support) facts(g *gathering) (facts sbom.Principal) {
	if s == nil {
		return facts
	}
	link := func(kind, key, url string) {
		if url != "" {
			facts.Links = append(facts.Links, sbom.Link{Type: kind, URL: g.clean("support."+key, url)})
		}
	}
	link("issue-tracker", "issues", s.Issues)
	link("security-contact", "security", s.Security)
	link("documentation", "docs", s.Docs)
	link("chat", "chat", s.Chat)
	facts.SupportLevel = s.Level
	if s.End != "" {
		facts.SupportEnd, _ = time.Parse(time.DateOnly, s.End) // the form was checked
	}
	return facts
}

// The names of the settings that say how an artifact is built.
const (
	SettingCommand     = "build.command"
	SettingEnvironment = "build.environment" // names, separated by spaces
	SettingBuilder     = "build.builder"
)

func (b *Build) facts() (facts sbom.Principal) {
	if b == nil {
		return facts
	}
	set := func(name, value string) {
		if value != "" {
			facts.Settings = append(facts.Settings, sbom.Property{Name: name, Value: value})
		}
	}
	set(SettingCommand, b.Command)
	set(SettingEnvironment, strings.Join(b.Environment, " "))
	set(SettingBuilder, b.Builder)
	return facts
}
