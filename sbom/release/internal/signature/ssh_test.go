package signature

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sshKeys are keys made by ssh-keygen in one folder.
type sshKeys struct {
	t   *testing.T
	dir string
}

func newSSH(t *testing.T) *sshKeys {
	t.Helper()
	needTool(t, "ssh-keygen", "openssh-client")
	return &sshKeys{t, t.TempDir()}
}

func (k *sshKeys) run(env []string, input string, args ...string) (string, error) {
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Dir, cmd.Stdin = k.dir, strings.NewReader(input)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (k *sshKeys) must(args ...string) {
	k.t.Helper()
	if out, err := k.run(nil, "", args...); err != nil {
		k.t.Fatalf("ssh-keygen %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// key makes a key pair and returns the public key: "type base64".
func (k *sshKeys) key(name, kind, bits string) string {
	k.t.Helper()
	k.must("-q", "-t", kind, "-b", bits, "-N", "", "-C", "comment", "-f", name)
	fields := strings.Fields(k.read(name + ".pub"))
	return fields[0] + " " + fields[1]
}

func (k *sshKeys) path(name string) string { return filepath.Join(k.dir, name) }

func (k *sshKeys) read(name string) string {
	k.t.Helper()
	b, err := os.ReadFile(k.path(name))
	if err != nil {
		k.t.Fatal(err)
	}
	return string(b)
}

func (k *sshKeys) write(name, content string) string {
	k.t.Helper()
	if err := os.WriteFile(k.path(name), []byte(content), 0o600); err != nil {
		k.t.Fatal(err)
	}
	return k.path(name)
}

func TestSSH(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) { testSSH(t, format) })
	}
}

func testSSH(t *testing.T, format string) {
	k := newSSH(t)
	r := newRepo(t, format, nil)
	keys := map[string]string{
		"ed25519": k.key("ed25519", "ed25519", "256"), "ecdsa": k.key("ecdsa", "ecdsa", "256"),
		"rsa": k.key("rsa", "rsa", "2048"), "short": k.key("short", "rsa", "1024"),
		"stranger": k.key("stranger", "ed25519", "256"), "ca": k.key("ca", "ed25519", "256"),
		"certified": k.key("certified", "ed25519", "256"),
	}
	k.must("-q", "-s", "ca", "-I", "id", "-n", "c@example.org", "certified.pub")
	sign := func(tag, key string) {
		t.Helper()
		r.git("-c", "gpg.format=ssh", "-c", "user.signingkey="+k.path(key), "tag", "-s", "-m", "message", tag, "HEAD")
	}
	for name := range keys {
		sign(name, name)
	}
	sign("certificate", "certified-cert.pub")
	raw := r.raw("ed25519")
	r.replace("tampered", strings.Replace(raw, "message", "massage", 1))
	payload := strings.Replace(raw[:strings.Index(raw, "-----BEGIN")], "tag ed25519", "tag file", 1)
	k.write("payload", payload)
	k.must("-Y", "sign", "-n", "file", "-f", "ed25519", "payload")
	r.replace("file", payload+k.read("payload.sig"))
	r.replace("broken", strings.Replace(raw, "SSH SIGNATURE-----\nU1", "SSH SIGNATURE-----\nX1", 1))

	const who = "c@example.org "
	ed := keys["ed25519"]
	tests := []struct {
		name, tag, allowed, revoked string
		result                      Result
		signer                      string
		weaker, stricter            string
	}{
		{name: "ed25519", tag: "ed25519", allowed: who + ed, result: Good, signer: "c@example.org"},
		{name: "ecdsa", tag: "ecdsa", allowed: who + keys["ecdsa"], result: Good, signer: "c@example.org"},
		{name: "rsa", tag: "rsa", allowed: who + keys["rsa"], result: Good, signer: "c@example.org"},
		{name: "glob", tag: "ed25519", allowed: "*@example.org,!x@example.org " + ed, result: Good, signer: "c@example.org"},
		{name: "another's key", tag: "ed25519", allowed: "boss@example.org " + ed, result: Good, signer: "boss@example.org"},
		{name: "second line", tag: "ed25519", allowed: who + keys["rsa"] + "\n" + who + `valid-before="20200101" ` + ed + "\n" + who + ed, result: Good, signer: "c@example.org"},
		{name: "namespace", tag: "ed25519", allowed: who + `namespaces="file,g?t" ` + ed, result: Good, signer: "c@example.org"},
		{name: "until later", tag: "ed25519", allowed: who + `valid-after="20230101Z",valid-before="20240101Z" ` + ed, result: Good, signer: "c@example.org"},
		{name: "stranger", tag: "stranger", allowed: who + ed, result: UnknownKey},
		{name: "no list", tag: "ed25519", allowed: "", result: UnknownKey},
		{name: "other namespaces", tag: "ed25519", allowed: who + `namespaces="file,!git,*" ` + ed, result: UnknownKey},
		{name: "authority", tag: "ed25519", allowed: who + "cert-authority " + ed, result: UnknownKey},
		{name: "expired", tag: "ed25519", allowed: who + `valid-before="20230101Z" ` + ed, result: Expired, signer: "c@example.org"},
		{name: "not yet", tag: "ed25519", allowed: who + `valid-after="20240101Z" ` + ed, result: Expired, signer: "c@example.org"},
		{name: "revoked", tag: "ed25519", allowed: who + ed, revoked: "# lost\n" + ed + " comment\n", result: Revoked, signer: "c@example.org"},
		{name: "another revoked", tag: "ed25519", allowed: who + ed, revoked: keys["rsa"], result: Good, signer: "c@example.org"},
		{name: "tampered", tag: "tampered", allowed: who + ed, result: Bad},
		{name: "broken", tag: "broken", allowed: who + ed, result: Bad},
		{name: "signed as a file", tag: "file", allowed: who + ed, result: Bad},
		{name: "short key", tag: "short", allowed: who + keys["short"], result: Unsupported, weaker: "ssh-keygen takes RSA keys of 1024 bits"},
		{name: "certificate", tag: "certificate", allowed: who + "cert-authority " + keys["ca"], result: Unsupported, weaker: "ssh-keygen verifies certificates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := new(Signers)
			if err := s.AddAllowedSigners([]byte(tt.allowed), nil); err != nil {
				t.Fatal(err)
			}
			if err := s.AddRevokedKeys([]byte(tt.revoked)); err != nil {
				t.Fatal(err)
			}
			rec := Verify(r.tag(tt.tag), Expected{Commit: r.id("HEAD")}, s)
			if rec.Kind != SSH || rec.Signer != tt.signer || !rec.SignedAt.Equal(tagged) {
				t.Errorf("got %+v", rec)
			}
			if rec.Result != tt.result {
				t.Errorf("got %+v, want %s", rec, tt.result)
			}
			if rec.Key != "" {
				out, _ := k.run(nil, "", "-l", "-f", tt.tag+".pub")
				if k.exists(tt.tag+".pub") && !strings.Contains(out, rec.Key) {
					t.Errorf("got key %s, want %s", rec.Key, out)
				}
			}
			args := []string{"-c", "gpg.ssh.allowedSignersFile=" + k.write("allowed", tt.allowed)}
			if tt.revoked != "" {
				args = append(args, "-c", "gpg.ssh.revocationFile="+k.write("revoked", tt.revoked))
			}
			out, err := r.try(append(args, "verify-tag", "--raw", tt.tag)...)
			compareGit(t, rec, err == nil, tt.weaker, tt.stricter, out)
		})
	}
}

func (k *sshKeys) exists(name string) bool {
	_, err := os.Stat(k.path(name))
	return err == nil
}

// TestAllowedSigners gives lines to ssh-keygen -Y verify and to us, at a time
// and in a zone.
func TestAllowedSigners(t *testing.T) {
	k := newSSH(t)
	key, other := k.key("key", "ed25519", "256"), k.key("other", "ed25519", "256")
	k.write("data", "data")
	k.must("-Y", "sign", "-n", "git", "-f", "key", "data")
	const me = "me@example.org"
	tests := []struct {
		name, line string
		at         string // YYYYMMDDhhmmss in UTC
		zone       string
		ok, bad    bool
		note       string // why ssh-keygen says otherwise
	}{
		{name: "plain", line: me + " " + key, ok: true},
		{name: "comment and blanks", line: "  \t" + me + "  \t " + key + " a comment with = and \"", ok: true},
		{name: "several principals", line: "you@example.org," + me + " " + key, ok: true},
		{name: "quoted principals", line: `"you@example.org,` + me + `" ` + key, ok: true},
		{name: "glob", line: "*@example.??? " + key, ok: true},
		{name: "other principal", line: "you@example.org " + key},
		{name: "not me", line: "!" + me + ",*@example.org " + key},
		{name: "not me, behind", line: "*@example.org,!" + me + " " + key},
		{name: "another key", line: me + " " + other},
		{name: "options in capitals", line: me + ` NameSpaces="git",VALID-AFTER="20200101" ` + key, ok: true},
		{name: "namespace", line: me + ` namespaces="git" ` + key, ok: true},
		{name: "namespace glob", line: me + ` namespaces="a,*i*" ` + key, ok: true},
		{name: "other namespace", line: me + ` namespaces="file" ` + key},
		{name: "authority", line: me + ` cert-authority ` + key},
		{name: "unknown option", line: me + ` no-touch-required ` + key, bad: true},
		{name: "option without quotes", line: me + ` namespaces=git ` + key, bad: true},
		{name: "option without end", line: me + ` namespaces="git ` + key, bad: true},
		{name: "namespaces twice", line: me + ` namespaces="git",namespaces="git" ` + key, bad: true},
		{name: "valid-after twice", line: me + ` valid-after="20200101",valid-after="20200101" ` + key, bad: true},
		{name: "comma at the end", line: me + ` namespaces="git", ` + key, bad: true},
		{name: "no comma", line: me + ` namespaces="git"valid-after="20200101" ` + key, bad: true},
		{name: "day after", line: me + ` valid-after="20230101Z" ` + key, at: "20230101000000", ok: true},
		{name: "a second before", line: me + ` valid-after="20230101Z" ` + key, at: "20221231235959"},
		{name: "last second", line: me + ` valid-before="20230101Z" ` + key, at: "20230101000000", ok: true},
		{name: "a second late", line: me + ` valid-before="20230101Z" ` + key, at: "20230101000001"},
		{name: "minutes", line: me + ` valid-after="202301011230Z",valid-before="20230101123130Z" ` + key, at: "20230101123130", ok: true},
		{name: "minutes, late", line: me + ` valid-after="202301011230Z",valid-before="20230101123130Z" ` + key, at: "20230101123131"},
		{name: "local time", line: me + ` valid-after="202301011230" ` + key, at: "20230101173000", zone: "America/New_York", ok: true},
		{name: "local time, early", line: me + ` valid-after="202301011230" ` + key, at: "20230101172959", zone: "America/New_York"},
		{name: "local summer time", line: me + ` valid-after="202307011230" ` + key, at: "20230701163000", zone: "America/New_York", ok: true,
			note: "it takes every local time for one of the winter"},
		{name: "UTC, elsewhere", line: me + ` valid-after="202301011230Z" ` + key, at: "20230101123000", zone: "Asia/Tokyo", ok: true},
		{name: "window the wrong way round", line: me + ` valid-after="20230101",valid-before="20220101" ` + key, bad: true},
		{name: "month 13", line: me + ` valid-after="20231301" ` + key, bad: true},
		{name: "short date", line: me + ` valid-after="2023" ` + key, bad: true},
		{name: "words", line: me + ` valid-before="tomorrow" ` + key, bad: true},
		{name: "no key", line: me, bad: true},
		{name: "no principals", line: key, bad: true},
		{name: "not base64", line: me + " ssh-ed25519 AAAA?", bad: true},
		{name: "another type", line: me + " ssh-rsa " + strings.Fields(key)[1], bad: true},
		{name: "quotes without end", line: `"` + me + " " + key, bad: true},
		{name: "comment", line: "# " + me + " " + key},
		{name: "empty", line: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.at == "" {
				tt.at = "20231114221320"
			}
			if tt.zone == "" {
				tt.zone = "UTC"
			}
			at, err := time.Parse("20060102150405", tt.at)
			if err != nil {
				t.Fatal(err)
			}
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			list, err := parseAllowedSigners([]byte(tt.line+"\n"), zone)
			if (err != nil) != tt.bad || err != nil && !strings.Contains(err.Error(), "line 1") {
				t.Errorf("got error %v", err)
			}
			ok := false
			for _, a := range list {
				ok = ok || !a.authority && string(a.key.Marshal()) == wire(t, key) && matchList(a.principals, me) &&
					(a.namespaces == "" || matchList(a.namespaces, namespace)) && a.validAt(at)
			}
			if ok != tt.ok {
				t.Errorf("got %v, want %v", ok, tt.ok)
			}
			out, err := k.run([]string{"TZ=" + posixZones[tt.zone]}, "data", "-Y", "verify", "-n", "git", "-I", me,
				"-f", k.write("allowed", tt.line+"\n"), "-s", "data.sig", "-Overify-time="+tt.at+"Z")
			if ((err == nil) != tt.ok) != (tt.note != "") {
				t.Errorf("ssh-keygen says %v: %s", err, out)
			}
		})
	}
}

// posixZones are rules that the C library knows without its time zone files.
var posixZones = map[string]string{"UTC": "UTC0", "America/New_York": "EST5EDT,M3.2.0,M11.1.0", "Asia/Tokyo": "JST-9"}

func wire(t *testing.T, key string) string {
	t.Helper()
	k, err := parseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(k.Marshal())
}

// TestAllowedSignersKeepsTheRest has a broken line among good ones.
func TestAllowedSignersKeepsTheRest(t *testing.T) {
	k := newSSH(t)
	a, b := k.key("a", "ed25519", "256"), k.key("b", "ed25519", "256")
	s := new(Signers)
	err := s.AddAllowedSigners([]byte("a "+a+"\r\nbroken\n\n# x\nb "+b), nil)
	if err == nil || !strings.Contains(err.Error(), "line 2") || len(s.allowed) != 2 {
		t.Errorf("got %d signers and error %v", len(s.allowed), err)
	}
	if err := s.AddAllowedSigners(make([]byte, maxAllowed+1), nil); err == nil {
		t.Error("a large file: no error")
	}
	err = s.AddRevokedKeys([]byte("nonsense\n" + a))
	if err == nil || !strings.Contains(err.Error(), "line 1") || len(s.revoked) != 1 {
		t.Errorf("got %d revoked and error %v", len(s.revoked), err)
	}
	k.must("-q", "-k", "-f", "krl", "a.pub")
	if err := s.AddRevokedKeys([]byte(k.read("krl"))); err == nil || !strings.Contains(err.Error(), "binary") {
		t.Errorf("got %v", err)
	}
	if err := s.AddRevokedKeys(make([]byte, maxAllowed+1)); err == nil {
		t.Error("a large file: no error")
	}
}

func TestMatchPattern(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"a*b", "ab", true}, {"a*b", "axbxb", true},
		{"a*b", "axbx", false}, {"?", "", false}, {"?", "a", true}, {"**a", "ba", true}, {"a?", "a", false},
		{strings.Repeat("*a", 50) + "b", strings.Repeat("a", 5000), false},
	}
	for _, tt := range tests {
		if got := matchPattern(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%.20q, %.20q: got %v", tt.pattern, tt.s, got)
		}
	}
}

// FuzzMatchPattern compares with the definition, which is slow.
func FuzzMatchPattern(f *testing.F) {
	f.Add("a*b?", "axbc")
	var match func(p, s string) bool
	match = func(p, s string) bool {
		switch {
		case p == "":
			return s == ""
		case p[0] == '*':
			return match(p[1:], s) || s != "" && match(p, s[1:])
		}
		return s != "" && (p[0] == '?' || p[0] == s[0]) && match(p[1:], s[1:])
	}
	f.Fuzz(func(t *testing.T, p, s string) {
		if len(p) > 8 || len(s) > 12 {
			return
		}
		if got, want := matchPattern(p, s), match(p, s); got != want {
			t.Errorf("%q, %q: got %v, want %v", p, s, got, want)
		}
	})
}

// FuzzAllowedSigners holds that every line is a signer, a comment, empty or an
// error, and that the lines do not depend on each other.
func FuzzAllowedSigners(f *testing.F) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkGeSoJ6xqCQ4vCU4JnFbiwoAWqvoTYHLVLCEmqXlPU"
	f.Add("a@b " + key + "\n# x\n")
	f.Add("a,\"b\" namespaces=\"git\\\"\",valid-after=\"20230101Z\" " + key)
	f.Add("\"a b\" cert-authority,valid-before=\"20230101\" " + key + " comment\nx")
	f.Fuzz(func(t *testing.T, in string) {
		list, err := parseAllowedSigners([]byte(in), nil)
		good, bad := 0, 0
		for line := range strings.SplitSeq(in, "\n") {
			one, lineErr := parseAllowedSigners([]byte(line), nil)
			good += len(one)
			if lineErr != nil {
				bad++
			}
			s := strings.Trim(line, " \t\r")
			if len(one) == 0 && lineErr == nil && s != "" && s[0] != '#' {
				t.Errorf("line %q is lost", line)
			}
		}
		if len(list) != good || (err != nil) != (bad > 0) {
			t.Errorf("%d signers (%v) of %d lines", len(list), err, good)
		}
		for _, a := range list {
			if a.key == nil || a.principals == "" || !a.after.IsZero() && !a.before.IsZero() && !a.after.Before(a.before) {
				t.Errorf("%+v", a)
			}
		}
	})
}
