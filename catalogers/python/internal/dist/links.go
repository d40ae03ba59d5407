package dist

import (
	"slices"
	"strings"
	"unicode"
)

// labelTypes gives the type of link, in the words of CycloneDX, that labels in
// their normal form mean. The labels are those of
// https://packaging.python.org/specifications/well-known-project-urls/ and
// others that are common.
var labelTypes = []struct{ kind, labels string }{
	{"website", "homepage home website"},
	{"vcs", "source repository sourcecode github gitlab code sources"},
	{"distribution", "download downloads pypi"},
	{"release-notes", "changelog changes releasenotes whatsnew history"},
	{"documentation", "documentation docs"},
	{"issue-tracker", "issues bugs issue tracker issuetracker bugtracker bugreports issuestracker"},
	{"chat", "chat discord gitter"},
	{"mailing-list", "mailinglist"},
	{"support", "support help"},
	{"security-contact", "security"},
	{"social", "twitter"},
}

// labelType returns the type of link that a label means.
func labelType(label string) string {
	normal := normalizeLabel(label)
	for _, t := range labelTypes {
		if slices.Contains(strings.Fields(t.labels), normal) {
			return t.kind
		}
	}
	return "other"
}

// A Link is a URL with what it is for.
type Link struct {
	Type  string // as CycloneDX names it; "other" if the label is not known
	Label string // as written
	URL   string
}

// normalizeLabel returns the form in which labels of project URLs are
// compared: without punctuation and space, in lower case.
func normalizeLabel(label string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, label)
}

// Links returns the links that the metadata states, with URLs cleaned by
// [CleanURL]. Those that are no URL are left out.
func (m Metadata) Links() []Link {
	var links []Link
	add := func(label, url string) {
		if url = CleanURL(url); url != "" {
			links = append(links, Link{labelType(label), label, url})
		}
	}
	add("Homepage", m.HomePage)
	add("Download", m.DownloadURL)
	for _, s := range m.ProjectURLs {
		if label, url, ok := strings.Cut(s, ","); ok {
			add(strings.TrimSpace(label), url)
		}
	}
	return links
}
