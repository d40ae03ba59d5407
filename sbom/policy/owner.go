package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/manifestgen/manifestgen/sbom"
)

// This file holds the checks of G5 and G6, and those of G7 that are about words:
// who made it, where to get help, and who promises what.

func checkTeam(s *Subject, _ Params) Result {
	p := s.principal()
	maker, field := p.Maker, "maker"
	if maker.Name == "" {
		maker, field = p.Supplier, "supplier"
	}
	switch {
	case maker.Name == "":
		return fail("the manifest does not name the team that makes the artifact")
	case maker.Person:
		return fail("the manifest names a person, %s, and no team", quote(maker.Name)).with(said(p, field)...)
	}
	return pass("made by %s", quote(maker.Name)).with(said(p, field)...)
}

// A phrase is a text of the manifest in which somebody is named or something
// promised, and where it stands.
type phrase struct {
	field, text string
	source      sbom.Source
	where       string
	identity    bool // it names somebody
}

// phrases returns the texts that say something about the artifact, chosen or not:
// what a label says is published as well. What the licence says, and who holds
// the copyright, is not for the publisher to word.
func (s *Subject) phrases() []phrase {
	p := s.principal()
	var list []phrase
	add := func(field, text string, identity bool) {
		if text != "" {
			list = append(list, phrase{field: field, text: text, identity: identity})
		}
	}
	party := func(field string, x sbom.Party) {
		add(field, x.Name, true)
		for _, c := range x.Contacts {
			add(field+" contact", c.Name, true)
		}
	}
	party("maker", p.Maker)
	party("supplier", p.Supplier)
	party("author of the manifest", s.Manifest.Author)
	add("name", p.Name, false)
	add("description", p.Description, false)
	add("disclaimer", p.Disclaimer, false)
	for _, l := range p.Links {
		add("link "+l.Type, l.Comment, false)
	}
	for _, x := range p.Properties {
		add("property "+x.Name, x.Value, false)
	}
	for _, x := range p.Settings {
		add("setting "+x.Name, x.Value, false)
	}
	for _, e := range p.Evidence {
		identity := e.Field == "maker" || e.Field == "supplier"
		if identity || e.Field == "description" || e.Field == "disclaimer" || e.Field == "name" {
			list = append(list, phrase{e.Field, e.Value, e.Source, e.Where, identity})
		}
	}
	return list
}

// maxPhrase is how much of one text is searched, in bytes. What is longer is no
// text that somebody wrote to be read.
const maxPhrase = 1 << 20

// plain returns a text as a reader sees it: with single spaces, and without
// characters that show nothing.
func plain(text string) string {
	shown := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(shown), " ")
}

// A hit is a place in a phrase that a pattern matches.
type hit struct {
	phrase
	words string
}

// search returns where the patterns for names and those for all texts match, each
// phrase once, and the phrases that are too long to be searched. What a pattern of
// allowed matches is not searched, and a match is no hit if ok says so of the words
// before it.
func search(phrases []phrase, names, texts, allowed []*regexp.Regexp, ok func(before string) bool) (hits []hit, long []phrase) {
	seen := map[string]bool{}
	for _, x := range phrases {
		if len(x.text) > maxPhrase {
			long = append(long, x)
			continue
		}
		text := plain(x.text)
		patterns := texts
		if x.identity {
			patterns = slices.Concat(texts, names)
		}
		words := firstMatch(text, patterns, allowed, ok)
		key := x.field + "\x00" + text
		if words == "" || seen[key] {
			continue
		}
		seen[key] = true
		hits = append(hits, hit{x, words})
	}
	return hits, long
}

func firstMatch(text string, patterns, allowed []*regexp.Regexp, ok func(before string) bool) string {
	for _, a := range allowed {
		text = a.ReplaceAllString(text, "\n") // which no pattern for words takes for a space between two
	}
	for _, p := range patterns {
		for _, m := range p.FindAllStringIndex(text, -1) {
			if m[0] < m[1] && (ok == nil || !ok(text[max(0, m[0]-maxBrief):m[0]])) {
				return text[m[0]:m[1]]
			}
		}
	}
	return ""
}

// judge turns what was found into a result.
func judge(hits []hit, long []phrase, bad, good string) Result {
	var evidence []Evidence
	for _, h := range hits {
		evidence = append(evidence, Evidence{h.field, h.words, h.source, h.where})
	}
	switch {
	case len(hits) > 0:
		more := ""
		if len(hits) > 1 {
			more = fmt.Sprintf(" (and %d more)", len(hits)-1)
		}
		return fail("%s %s: %s%s", brief(hits[0].field), bad, quote(hits[0].words), more).with(evidence...)
	case len(long) > 0:
		return notProvable("%s is too long to be searched: %d bytes", brief(long[0].field), len(long[0].text))
	}
	return pass("%s", good)
}

func checkCommunity(s *Subject, params Params) Result {
	hits, long := search(s.phrases(), params.Patterns("names"), params.Patterns("texts"), params.Patterns("allowed"), nil)
	return judge(hits, long, "says or implies that a community makes the artifact", "nothing says or implies that a community makes the artifact")
}

func checkPromises(s *Subject, params Params) Result {
	hits, long := search(s.phrases(), nil, params.Patterns("texts"), params.Patterns("allowed"), denied)
	return judge(hits, long, "promises support or warranty in the name of others", "nothing promises support or warranty in the name of others")
}

// denied reports whether the words before a promise take it back: "without", "is
// not", "no".
func denied(before string) bool {
	words := strings.Fields(strings.ToLower(before))
	for _, w := range words[max(0, len(words)-maxDenial):] {
		switch strings.Trim(w, ".,;:()'\"") {
		case "no", "not", "without", "never", "neither", "nor", "isn't", "cannot", "disclaims", "disclaim", "disclaimed", "nobody":
			return !strings.ContainsAny(w, ".;:")
		}
	}
	return false
}

// maxDenial is how many words before a promise may stand what takes it back.
const maxDenial = 4

func checkIssues(s *Subject, params Params) Result {
	p := s.principal()
	return s.checkLink(p, params.Texts("types"), "where to report problems")
}

func checkSecurity(s *Subject, params Params) Result {
	p := s.principal()
	return s.checkLink(p, params.Texts("types"), "where to report vulnerabilities")
}

// checkLink asks for a link of one of some types that can be opened.
func (s *Subject) checkLink(p *sbom.Principal, types []string, what string) Result {
	bad := Result{}
	for _, kind := range types {
		for _, l := range p.Links {
			if l.Type != kind {
				continue
			}
			problem := addressProblem(l.URL, "https", "http", "mailto")
			if problem == "" {
				return pass("%s: %s", what, quote(l.URL)).with(Evidence{Field: "link:" + kind, Value: l.URL}).with(said(p, "link:"+kind)...)
			}
			bad = fail("%s: %s %s", what, quote(l.URL), problem).with(said(p, "link:"+kind)...)
		}
	}
	if bad.Status == Fail {
		return bad
	}
	return fail("the manifest does not say %s: it has no link of type %s", what, strings.Join(types, ", "))
}
