package dist

import (
	"strings"
	"unicode"
)

// labelTypes maps the normal form of labels to the type of link that they
// mean, in the words of CycloneDX. The labels are those of
// https://packaging.python.org/specifications/well-known-project-urls/ and
// others that are common.
var labelTypes = map[string]string{
	"homepage": "website", "home": "website", "website": "website",
	"source": "vcs", "repository": "vcs", "sourcecode": "vcs", "github": "vcs", "gitlab": "vcs", "code": "vcs", "sources": "vcs",
	"download": "distribution", "downloads": "distribution", "pypi": "distribution",
	"changelog": "release-notes", "changes": "release-notes", "releasenotes": "release-notes", "whatsnew": "release-notes", "history": "release-notes",
	"documentation": "documentation", "docs": "documentation",
	"issues": "issue-tracker", "bugs": "issue-tracker", "issue": "issue-tracker", "tracker": "issue-tracker", "issuetracker": "issue-tracker",
	"bugtracker": "issue-tracker", "bugreports": "issue-tracker", "issuestracker": "issue-tracker",
	"chat": "chat", "discord": "chat", "gitter": "chat", "mailinglist": "mailing-list", "support": "support", "help": "support",
	"funding": "other", "sponsor": "other", "donate": "other", "donation": "other", "security": "security-contact", "twitter": "social",
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
		if url = CleanURL(url); url == "" {
			return
		}
		kind := labelTypes[normalizeLabel(label)]
		if kind == "" {
			kind = "other"
		}
		links = append(links, Link{kind, label, url})
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
