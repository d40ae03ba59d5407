package git

import (
	"fmt"
	"net/url"
	"strings"
)

// RemoteURL returns the URL of the remote named origin without what could be a
// secret: user names, passwords, queries and fragments. It returns "" if there
// is no such remote, or if it is a path on this machine, which would tell
// nobody else anything. The error never holds any part of the URL.
func (r *Repository) RemoteURL() (string, error) {
	if r.config.remote == "" {
		return "", nil
	}
	return cleanURL(r.config.remote)
}

// remoteSchemes are the transports of https://git-scm.com/docs/git-clone#_git_urls.
// Others are remote helpers, which are programs to be run.
var remoteSchemes = map[string]bool{
	"https": true, "http": true, "ssh": true, "git": true, "ftp": true, "ftps": true,
	"git+ssh": true, "ssh+git": true, "git+https": true, "git+http": true,
}

func cleanURL(s string) (string, error) {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7f {
			return "", fmt.Errorf("the URL of origin has a space or a control character: %w", ErrCorrupt)
		}
	}
	scheme, _, isURL := strings.Cut(s, "://")
	if !isURL {
		return cleanPath(s)
	}
	scheme = strings.ToLower(scheme)
	if scheme == "file" {
		return "", nil
	}
	if !remoteSchemes[scheme] {
		return "", fmt.Errorf("the URL of origin has an unknown scheme: %w", ErrUnsupported)
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || strings.Contains(u.Host, "@") {
		return "", fmt.Errorf("the URL of origin is malformed: %w", ErrCorrupt)
	}
	clean := url.URL{Scheme: scheme, Host: strings.ToLower(u.Host), Path: u.Path, RawPath: u.RawPath}
	return clean.String(), nil
}

// cleanPath treats what is no URL: "user@host:path" as ssh has it, which needs
// no slash before the first colon, "helper::address" or a local path.
func cleanPath(s string) (string, error) {
	host, path, ok := strings.Cut(s, ":")
	if !ok || strings.Contains(host, "/") || len(host) < 2 || strings.Contains(host, `\`) {
		return "", nil // a path; one letter is a drive
	}
	if strings.HasPrefix(path, ":") {
		return "", fmt.Errorf("the URL of origin names a remote helper: %w", ErrUnsupported)
	}
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	if host == "" || path == "" || strings.ContainsAny(path, "@?#") {
		// What precedes an @ would be a password: "user:password@host".
		return "", fmt.Errorf("the URL of origin is malformed: %w", ErrCorrupt)
	}
	return strings.ToLower(host) + ":" + path, nil
}
