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

// phrases returns the texts that say something about the artifact, in the manifest
// and in the artifact itself, chosen or not: what a label says is published as
// well. What the licence says, and who holds the copyright, is not for the
// publisher to word.
func (s *Subject) phrases() []phrase {
	list := partyPhrases("author of the manifest", s.Manifest.Author)
	list = append(list, principalPhrases(s.principal())...)
	if s.Fresh != nil {
		list = append(list, principalPhrases(s.Fresh.Principal)...)
	}
	return slices.DeleteFunc(list, func(x phrase) bool { return x.text == "" })
}

func partyPhrases(field string, p sbom.Party) []phrase {
	list := []phrase{{field: field, text: p.Name, identity: true}}
	for _, c := range p.Contacts {
		list = append(list, phrase{field: field + " contact", text: c.Name, identity: true})
	}
	return list
}

func principalPhrases(p *sbom.Principal) []phrase {
	var list []phrase
	for _, e := range p.Evidence { // first: it says where the text is from
		switch e.Field {
		case "maker", "supplier":
			list = append(list, phrase{e.Field, e.Value, e.Source, e.Where, true})
		case "name", "description", "disclaimer":
			list = append(list, phrase{e.Field, e.Value, e.Source, e.Where, false})
		}
	}
	add := func(field, text string) { list = append(list, phrase{field: field, text: text}) }
	add("name", p.Name)
	add("description", p.Description)
	add("disclaimer", p.Disclaimer)
	for _, l := range p.Links {
		add("link "+l.Type, l.Comment)
	}
	for _, x := range slices.Concat(p.Properties, p.Settings) {
		add("property "+x.Name, x.Value)
	}
	return slices.Concat(list, partyPhrases("maker", p.Maker), partyPhrases("supplier", p.Supplier))
}

// maxPhrase is how long a text may be to be searched, in bytes. What is longer is
// no text that somebody wrote to be read.
const maxPhrase = 64 << 10

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

// A search says what is looked for in phrases.
type search struct {
	names   []*regexp.Regexp // in those that name somebody
	texts   []*regexp.Regexp // in all
	allowed []*regexp.Regexp // what they match is not looked at

	// harmless reports whether words that match mean something else, by what
	// stands before them.
	harmless func(before, words string) bool
}

// run returns where something was found, each phrase once, and the phrases that
// are too long to be looked at.
func (q search) run(phrases []phrase) (hits []hit, long []phrase) {
	seen := map[string]bool{}
	for _, x := range phrases {
		if len(x.text) > maxPhrase {
			long = append(long, x)
			continue
		}
		text := plain(x.text)
		words := q.find(text, x.identity)
		key := x.field + "\x00" + text
		if words == "" || seen[key] {
			continue
		}
		seen[key] = true
		hits = append(hits, hit{x, words})
	}
	return hits, long
}

func (q search) find(text string, identity bool) string {
	for _, a := range q.allowed {
		text = a.ReplaceAllLiteralString(text, ".") // so that nothing is found across it
	}
	patterns := q.texts
	if identity {
		patterns = slices.Concat(q.texts, q.names)
	}
	for _, p := range patterns {
		for _, m := range p.FindAllStringIndex(text, -1) {
			before := text[max(0, m[0]-maxBrief):m[0]]
			if words := text[m[0]:m[1]]; words != "" && !q.harmless(before, words) {
				return words
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
	q := search{params.Patterns("names"), params.Patterns("texts"), params.Patterns("allowed"), served}
	hits, long := q.run(s.phrases())
	return judge(hits, long, "says or implies that a community makes the artifact", "nothing says or implies that a community makes the artifact")
}

// served reports whether a community is spoken of as those whom the artifact is
// for, and not as those who make it: "a tool for the Go community".
func served(before, words string) bool {
	if i := strings.LastIndex(strings.ToLower(words), "the "); i > 0 {
		before += words[:i]
	}
	switch word, _ := lastWord(before); word {
	case "for", "to", "with", "in", "within", "among", "across", "help", "helps", "serve", "serves":
		return true
	}
	return false
}

func checkPromises(s *Subject, params Params) Result {
	q := search{nil, params.Patterns("texts"), params.Patterns("allowed"), denied}
	hits, long := q.run(s.phrases())
	return judge(hits, long, "promises support or warranty in the name of others", "nothing promises support or warranty in the name of others")
}

// denied reports whether the words before a promise, in the same sentence, take it
// back: "without", "is not".
func denied(before, _ string) bool {
	for range maxDenial {
		word, rest := lastWord(before)
		switch word {
		case "no", "not", "without", "never", "neither", "nor", "isn't", "cannot", "nobody", "disclaim", "disclaims", "disclaimed":
			return true
		}
		if word == "" || strings.ContainsAny(word[len(word)-1:], ".;:!?") {
			return false
		}
		before = rest
	}
	return false
}

// maxDenial is how many words before a promise are looked at.
const maxDenial = 5

// lastWord returns the last word of a text, in lower case, and the text before it.
func lastWord(text string) (word, rest string) {
	text = strings.TrimRight(text, " ")
	i := strings.LastIndex(text, " ")
	return strings.ToLower(text[i+1:]), text[:i+1]
}

func checkIssues(s *Subject, params Params) Result {
	return checkLink(s.principal(), params.Texts("types"), "where to report problems")
}

func checkSecurity(s *Subject, params Params) Result {
	return checkLink(s.principal(), params.Texts("types"), "where to report vulnerabilities")
}

// checkLink asks for a link of one of some types that can be opened.
func checkLink(p *sbom.Principal, types []string, what string) Result {
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
