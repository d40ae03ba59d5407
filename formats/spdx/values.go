package spdx

import (
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/sbom"
)

func toExternal(r external, c *sbom.Component) {
	switch {
	case r.Type == "purl" && c.PURL == "":
		c.PURL = r.Locator
	case r.Type == "cpe23Type" || r.Type == "cpe22Type":
		if c.CPE == "" {
			c.CPE = r.Locator
		}
	case r.Category == "OTHER":
		c.Links = append(c.Links, sbom.Link{Type: toLinkType(r.Type), URL: r.Locator, Comment: r.Comment})
	}
}

// addLink adds a link that a field of its own states, unless it is there.
func addLink(c *sbom.Component, kind, url string) {
	there := slices.ContainsFunc(c.Links, func(l sbom.Link) bool { return l.Type == kind && l.URL == url })
	if orNothing(url) != "" && !there {
		c.Links = append(c.Links, sbom.Link{Type: kind, URL: url})
	}
}

// toLinkType writes "issueTracker" as "issue-tracker".
func toLinkType(t string) string {
	var b strings.Builder
	for _, r := range t {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func toType(purpose string) sbom.Type {
	purpose = strings.ReplaceAll(purpose, "-", "_")
	for _, p := range purposes {
		if p.format == purpose {
			return p.model
		}
	}
	if purpose == "OTHER" {
		return ""
	}
	return sbom.TypeFile // SOURCE, ARCHIVE, INSTALL
}

func toDigests(checksums []checksum) []sbom.Digest {
	var out []sbom.Digest
	for _, c := range checksums {
		d := sbom.Digest{Algorithm: c.Algorithm, Value: strings.ToLower(c.Value)}
		for _, a := range algorithms {
			if a.format == c.Algorithm {
				d.Algorithm = a.model
			}
		}
		out = append(out, d)
	}
	return out
}

// toParty reads "Organization: NAME (ADDRESS)" or the same of a person.
func toParty(s string) sbom.Party {
	kind, name, ok := strings.Cut(s, ":")
	if !ok || kind != "Organization" && kind != "Person" {
		return sbom.Party{}
	}
	p := sbom.Party{Name: strings.TrimPrefix(name, " "), Person: kind == "Person"}
	if i := strings.LastIndex(p.Name, " ("); i >= 0 && strings.HasSuffix(p.Name, ")") {
		if address := p.Name[i+2 : len(p.Name)-1]; address != "" {
			p.Contacts = []sbom.Contact{{Email: address}}
		}
		p.Name = p.Name[:i]
	}
	return p
}

func orNothing(s string) string {
	if s == none || s == noAssertion {
		return ""
	}
	return s
}

// toTime reads a time. One that cannot be read is not said.
func toTime(s string) time.Time {
	t, err := facts.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// What annotations that we wrote say.
type said struct {
	properties, document []sbom.Property
	findings             []sbom.Finding
	records              []string
	foreign              []annotation // that others wrote
}

// said returns what the annotations of p say.
func (p *pkg) said() (out said) {
	for _, a := range p.Annotations {
		text := a.Comment
		switch {
		case strings.HasPrefix(text, facts.RecordMark):
			out.records = append(out.records, text)
			continue
		case strings.HasPrefix(text, facts.PropertiesMark):
			if list, ok := toProperties(text[len(facts.PropertiesMark):]); ok {
				out.properties = append(out.properties, list...)
				continue
			}
		case strings.HasPrefix(text, facts.DocumentMark):
			if list, ok := toProperties(text[len(facts.DocumentMark):]); ok {
				out.document = append(out.document, list...)
				continue
			}
		case strings.HasPrefix(text, facts.FindingMark):
			if f, ok := facts.ParseFinding(text); ok {
				out.findings = append(out.findings, f)
				continue
			}
		}
		out.foreign = append(out.foreign, a)
	}
	p.heard, p.others = true, out.foreign
	return out
}

// toProperties reads a list of properties.
func toProperties(text string) (list []sbom.Property, ok bool) {
	r := &reader{s: text}
	odd := false
	r.array(func() {
		var p sbom.Property
		r.object(func(key string) {
			switch {
			case key == "name" && r.peek() == '"':
				p.Name = r.text()
			case key == "value" && r.peek() == '"':
				p.Value = r.text()
			default:
				odd = true
				r.value()
			}
		})
		list = append(list, p)
	})
	r.end()
	return list, !odd && r.err == nil
}
