package dist

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/tree"
)

// An Origin is where a distribution was installed from, if not from an index:
// https://packaging.python.org/specifications/direct-url/
type Origin struct {
	URL          string // without user, query and fragment; empty for a folder
	Subdirectory string
	VCS          string // git, hg, bzr or svn
	Commit       string
	Requested    string            // the revision that was asked for: a branch, tag or commit
	Hashes       map[string]string // of the archive: algorithm -> hexadecimal
	Folder       string            // base name of the local folder
	Editable     bool
}

// ParseOrigin reads a direct_url.json file, which has one of three forms:
//
//	{"url": "https://host/path.git", "vcs_info": {"vcs": "git", "commit_id": "...", "requested_revision": "v1"}}
//	{"url": "https://host/a-1.0.zip", "archive_info": {"hashes": {"sha256": "..."}}}
//	{"url": "file:///home/user/project", "dir_info": {"editable": true}}
//
// Each may have a "subdirectory". Of the path of a folder only the last name
// is kept: the rest is about another machine.
func ParseOrigin(data []byte) (Origin, error) {
	t, err := tree.JSON(data)
	if err != nil {
		return Origin{}, err
	}
	url, ok := t["url"].(string)
	if !ok {
		return Origin{}, errors.New("it has no url")
	}
	o := Origin{URL: CleanURL(url), Subdirectory: t.Text("subdirectory")}
	kinds := 0
	for _, kind := range []string{"vcs_info", "archive_info", "dir_info"} {
		info, ok := t[kind].(tree.Table)
		if !ok {
			continue
		}
		kinds++
		switch kind {
		case "vcs_info":
			o.VCS, o.Commit, o.Requested = info.Text("vcs"), info.Text("commit_id"), info.Text("requested_revision")
		case "archive_info":
			o.Hashes = archiveHashes(info)
		case "dir_info":
			o.URL, o.Folder, o.Editable = "", path.Base(strings.TrimRight(url, "/")), info.Flag("editable")
		}
	}
	if kinds != 1 {
		return o, fmt.Errorf("it has %d of vcs_info, archive_info and dir_info, not one", kinds)
	}
	if o.VCS == "" && t["vcs_info"] != nil || o.Commit == "" && o.VCS != "" {
		return o, errors.New("its vcs_info has no vcs and commit_id")
	}
	return o, nil
}

// Source returns what was installed from version control as one URL, in the form
// that package URLs have for it:
// https://spdx.github.io/spdx-spec/v2.3/package-information/#77-package-download-location-field
//
//	git+https://host/path.git@COMMIT#SUBDIRECTORY
//
// It is empty for what was not.
func (o Origin) Source() string {
	source := o.URL
	if source == "" || !slices.Contains([]string{"git", "hg", "bzr", "svn"}, o.VCS) {
		return ""
	}
	if scheme, _, _ := strings.Cut(source, "://"); !strings.Contains(scheme, "+") && scheme != o.VCS {
		source = o.VCS + "+" + source
	}
	if o.Commit != "" {
		source += "@" + o.Commit
	}
	if o.Subdirectory != "" {
		source += "#" + o.Subdirectory
	}
	return source
}

// archiveHashes returns the hashes table, or the one hash of the older form
// "sha256=...".
func archiveHashes(info tree.Table) map[string]string {
	hashes := map[string]string{}
	if algorithm, value, ok := strings.Cut(info.Text("hash"), "="); ok {
		hashes[algorithm] = strings.ToLower(value)
	}
	for algorithm, v := range info.Table("hashes") {
		if value, ok := v.(string); ok {
			hashes[algorithm] = strings.ToLower(value)
		}
	}
	return hashes
}

// CleanURL returns a URL without what may be secret: user and password, query
// and fragment, and the /t/TOKEN of conda channels. A URL of a local file, or
// text that is no URL, becomes empty. The short form of SSH,
// git@host:path, becomes ssh://host/path.
func CleanURL(s string) string {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(s), "://")
	if !ok {
		_, short, at := strings.Cut(scheme, "@")
		host, where, colon := strings.Cut(short, ":")
		if !at || !colon || strings.ContainsAny(host, "/@ ") || host == "" {
			return ""
		}
		scheme, rest = "ssh", host+"/"+where
	}
	scheme = strings.ToLower(scheme)
	if strings.HasSuffix(scheme, "file") || !isScheme(scheme) {
		return ""
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	authority, where, slash := strings.Cut(rest, "/")
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	_, port, _ := strings.Cut(authority, ":")
	odd := strings.Trim(port, "0123456789") != "" && authority[0] != '[' // a password with a slash in it
	revision := strings.ContainsRune(scheme, '+')                        // git+https://host/path@v1
	odd = odd || !revision && strings.ContainsRune(where, '@')
	if authority == "" || odd || strings.ContainsFunc(authority+where, notURL) {
		return ""
	}
	if slash {
		authority += "/"
	}
	return scheme + "://" + authority + withoutToken(where)
}

// withoutToken drops t/TOKEN from a path, as conda channels have it.
func withoutToken(where string) string {
	segments := strings.Split(where, "/")
	for i := 0; i+1 < len(segments); i++ {
		if segments[i] == "t" && (i == 0 || strings.HasPrefix(segments[i+1], "tk-")) {
			segments = slices.Delete(segments, i, i+2)
		}
	}
	return strings.Join(segments, "/")
}

// isScheme reports whether s is the scheme of a URL in lower case (RFC 3986).
func isScheme(s string) bool {
	for i, r := range s {
		if letter := r >= 'a' && r <= 'z'; !letter && (i == 0 || !strings.ContainsRune("+-.0123456789", r)) {
			return false
		}
	}
	return s != ""
}

// notURL reports whether r cannot stand in a URL.
func notURL(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{}|", r) }
