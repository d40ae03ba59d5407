package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfig reads files and compares with git config.
func TestConfig(t *testing.T) {
	tests := []struct {
		name, in string
		url      string
		bad      bool
	}{
		{"usual", "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://example.org/x\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n", "https://example.org/x", false},
		{"another remote", "[remote \"Origin\"]\nurl = u\n", "", false},
		{"case", "[REMOTE \"origin\"]\nURL=u\n", "u", false},
		{"old form", "[remote.ORIGIN]\nurl = u\n", "u", false},
		{"quotes", "[remote \"origin\"]\nurl = \" a \" b \"#\" ; c\n", " a  b #", false},
		{"escapes", "[remote \"origin\"]\nurl = a\\\\b\\\"c\\td # x\n", "a\\b\"c\td", false},
		{"continued", "[remote \"origin\"]\nurl = a\\\n  b\n", "a  b", false},
		{"on the header's line", "[remote \"origin\"] url = u\n", "u", false},
		{"escaped section", "[remote \"ori\\gin\"]\nurl = u\n", "u", false},
		{"CR LF", "[remote \"origin\"]\r\nurl = u\r\n", "u", false},
		{"byte order mark", "\ufeff[remote \"origin\"]\nurl = u", "u", false},
		{"no value", "[remote \"origin\"]\nfoo\nurl = u\n", "u", false},
		{"comments", "# a\n; b\n[remote \"origin\"] # c\nurl = u;d\n", "u", false},
		{"blanks inside", "[remote \"origin\"]\nurl =   a  b   \n", "a  b", false},
		{"empty", "", "", false},
		{"section not closed", "[remote \"origin\"\nurl = u\n", "", true},
		{"subsection not closed", "[remote \"origin]\nurl = u\n", "", true},
		{"quote not closed", "[remote \"origin\"]\nurl = \"u\n", "", true},
		{"unknown escape", "[remote \"origin\"]\nurl = a\\x\n", "", true},
		{"no section", "url = u\n", "", true},
		{"no =", "[remote \"origin\"]\nurl u\n", "", true},
		{"strange line", "[remote \"origin\"]\n= u\n", "", true},
		{"strange section", "[re mote]\nurl = u\n", "", true},
		{"empty section", "[]\nurl = u\n", "", true},
	}
	r := newRepo(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseConfig([]byte(tt.in))
			if (err != nil) != tt.bad {
				t.Fatalf("got error %v", err)
			}
			if c.remote != tt.url {
				t.Errorf("got %q, want %q", c.remote, tt.url)
			}
			file := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(file, []byte(tt.in), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := r.try("config", "-z", "-f", file, "--get", "remote.origin.url")
			if refused := err != nil && out != ""; refused != tt.bad && tt.name != "no section" {
				// git takes a variable outside a section for one of no use.
				t.Errorf("git says %q, %v", out, err)
			}
			if got := strings.TrimSuffix(out, "\x00"); !tt.bad && got != tt.url {
				t.Errorf("git says %q, want %q", got, tt.url)
			}
		})
	}
}

// FuzzConfig holds that a file says the same with a comment behind it, and that
// an error repeats none of it.
func FuzzConfig(f *testing.F) {
	f.Add("[remote \"origin\"]\n\turl = https://secretsecret@example.org\n")
	f.Add("[core]\nx = \"a\\\n b\"\n[extensions]\nobjectformat = sha256")
	f.Add("[remote \"origin\"]\nurl = secretsecret\\")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := parseConfig([]byte(in))
		if err != nil {
			if strings.Contains(err.Error(), "secretsecret") {
				t.Errorf("the error is %v", err)
			}
			return
		}
		again, err := parseConfig([]byte(in + "\n# comment\n"))
		if err != nil || again != c {
			t.Errorf("got %+v, %v, want %+v", again, err, c)
		}
	})
}

func TestCleanURL(t *testing.T) {
	tests := []struct {
		in, want string
		bad      bool
	}{
		{"https://example.org/a/b.git", "https://example.org/a/b.git", false},
		{"https://user:secret@Example.org:8443/a.git", "https://example.org:8443/a.git", false},
		{"https://secret@example.org/a?token=secret#secret", "https://example.org/a", false},
		{"HTTPS://secret:x-oauth-basic@github.com/a/b", "https://github.com/a/b", false},
		{"https://us%65r:s%40ecret@example.org/a%20b", "https://example.org/a%20b", false},
		{"ssh://git@example.org:22/a.git", "ssh://example.org:22/a.git", false},
		{"git+ssh://git@example.org/a.git", "git+ssh://example.org/a.git", false},
		{"git@github.com:a/b.git", "github.com:a/b.git", false},
		{"example.org:a.git", "example.org:a.git", false},
		{"user:secret@example.org:a.git", "", true},
		{"user:secret@example.org", "", true},
		{"https://a@b@example.org/x", "https://example.org/x", false},
		{"https:///a", "", true},
		{"https://secret", "https://secret", false},
		{"https://user:secret@/a", "", true},
		{"https://user:secret@exa mple.org/a", "", true},
		{"https://user:secret@[::1/a", "", true},
		{"https://user:sec%zzret@example.org/a", "", true},
		{"https:/user:secret@example.org/a", "", true},
		{"https://example.org/\x1b[2J", "", true},
		{"ext::sh -c touch% x", "", true},
		{"ext::sh", "", true},
		{"javascript://secret/a", "", true},
		{"file:///home/me/x", "", false},
		{"/home/me/x", "", false},
		{"../x", "", false},
		{"./a:b", "", false},
		{`C:\x`, "", false},
		{"C:/x", "", false},
		{"", "", false},
	}
	for _, tt := range tests {
		got, err := cleanURL(tt.in)
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error is %v", tt.in, err)
		}
	}
}

// FuzzCleanURL puts a password where one may be and holds that it is nowhere in
// what comes out.
func FuzzCleanURL(f *testing.F) {
	f.Add("https://", "user:", "@example.org/a")
	f.Add("", "git:", "@example.org:a.git")
	f.Add("ssh://", "", "@@example.org")
	f.Add("", "", "@example.org:a.git")
	f.Fuzz(func(t *testing.T, scheme, user, rest string) {
		const secret = "hunter2"
		// In a path there may be anything; the password must be before the host.
		if scheme != "" && !remoteSchemes[strings.TrimSuffix(strings.ToLower(scheme), "://")] ||
			strings.ContainsAny(user, `/?#\@`) || !strings.HasPrefix(rest, "@") {
			return
		}
		got, err := cleanURL(scheme + user + secret + rest)
		if strings.Contains(got, secret) || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %q, %v", scheme+user+secret+rest, got, err)
		}
	})
}

func TestRemoteURL(t *testing.T) {
	r := newRepo(t)
	if url, err := r.open().RemoteURL(); url != "" || err != nil {
		t.Errorf("got %q, %v", url, err)
	}
	r.git("remote", "add", "origin", "https://user:secret@example.org/a.git")
	r.git("remote", "set-url", "--add", "origin", "https://other.example/a.git")
	if url, err := r.open().RemoteURL(); url != "https://example.org/a.git" || err != nil {
		t.Errorf("got %q, %v", url, err)
	}
}
