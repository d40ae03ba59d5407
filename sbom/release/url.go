package release

import (
	"net/url"
	"strings"
)

// CleanURL returns s without what could be a secret: user names and passwords,
// and the parameters of its query that are called like tokens, keys or
// signatures. Of what is no URL it returns nothing. It reports whether it took
// something out.
func CleanURL(s string) (clean string, secret bool) {
	if s == "" {
		return "", false
	}
	if address, ok := secureShell(s); ok {
		s = address
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque == "" && u.Host == "" || u.Scheme == "" {
		return "", true
	}
	secret = u.User != nil
	u.User = nil
	query, dropped := cleanQuery(u.RawQuery)
	u.RawQuery = query
	if fragment, cut := cleanQuery(u.Fragment); cut {
		u.Fragment, u.RawFragment, dropped = fragment, "", true
	}
	if u.Scheme != "mailto" && strings.Contains(u.Host+u.Opaque, "@") {
		return "", true
	}
	return u.String(), secret || dropped
}

// secureShell makes a URL of an address as ssh has them: "git@example.org:x/y".
// The user of such an address is an account of the service and no secret.
func secureShell(s string) (address string, ok bool) {
	host, path, ok := strings.Cut(s, ":")
	user, name, hasUser := strings.Cut(host, "@")
	if !ok || !hasUser || strings.ContainsAny(host, "/?#") || user == "" || name == "" ||
		path == "" || strings.HasPrefix(path, "/") || strings.ContainsAny(path, "@?# \t\n:") {
		return "", false
	}
	return "ssh://" + name + "/" + path, true
}

// secretWords are in the names of parameters that hold secrets.
var secretWords = []string{"token", "secret", "passw", "pwd", "auth", "signature", "credential", "apikey", "api_key", "api-key", "private", "session"}

// secretNames are the names of such parameters that are too short to look for.
var secretNames = map[string]bool{"key": true, "sig": true, "pat": true, "code": true, "jwt": true}

// cleanQuery leaves the parameters of a query as they are spelt, and in their
// order, but for those that hold secrets.
func cleanQuery(query string) (clean string, dropped bool) {
	if query == "" {
		return "", false
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, hasValue := strings.Cut(pair, "=")
		if hasValue && isSecret(name) {
			dropped = true
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&"), dropped
}

func isSecret(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.ToLower(name)
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return secretNames[name]
}
