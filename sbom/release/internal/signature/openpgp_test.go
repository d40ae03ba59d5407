package signature

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// pgpKeys are the keys of TestOpenPGP, by fingerprint.
type pgpKeys struct {
	home                                       *gpgHome
	alice, stranger, absent                    string
	late, ended, lost, replacedLater, replaced string
	weak, short                                string
	signers                                    *Signers
}

// newPGPKeys makes a key for each thing that can be wrong with one. All but
// absent are in git's keyring, all but stranger and absent in the project's list.
func newPGPKeys(t *testing.T) *pgpKeys {
	g := newGPG(t)
	k := &pgpKeys{home: g}
	k.alice = g.key("Alice <alice@example.org>", "ed25519", "never")
	k.stranger = g.key("[GNUPG:] GOODSIG 0 Mallory <m@example.org>", "ed25519", "never")
	k.absent = g.key("Absent <x@example.org>", "ed25519", "never")
	k.late = g.key("Late <late@example.org>", "ed25519", "2024-01-01") // expired since
	k.ended = g.key("Ended <ended@example.org>", "ed25519", "never")
	k.lost = g.key("Lost <lost@example.org>", "ed25519", "never")
	k.replacedLater = g.key("Later <later@example.org>", "ed25519", "never")
	k.replaced = g.key("Earlier <earlier@example.org>", "ed25519", "never")
	k.weak = g.key("Weak <weak@example.org>", "rsa2048", "never")
	k.short = g.key("Short <short@example.org>", "rsa1024", "never")
	g.run("20230102", "", "--batch", "--quick-add-key", k.late, "ed25519", "sign", "2024-01-01")
	return k
}

// spoil ends keys after they have signed.
func (k *pgpKeys) spoil(t *testing.T) {
	g := k.home
	g.run("20230115", "", "--batch", "--quick-set-expire", k.ended, "2023-02-01")
	rev, err := os.ReadFile(g.dir + "/openpgp-revocs.d/" + k.lost + ".rev")
	if err != nil {
		t.Fatal(err)
	}
	g.run("20260101", strings.Replace(string(rev), ":-----BEGIN", "-----BEGIN", 1), "--batch", "--import")
	g.revoke("20240601", "2", k.replacedLater)
	g.revoke("20230601", "2", k.replaced)
	k.signers = new(Signers)
	for _, keys := range [][]string{{k.alice}, {k.late, k.ended, k.lost}, {k.replacedLater, k.replaced, k.weak, k.short}} {
		if err := k.signers.AddKeyring(g.export(keys...)); err != nil {
			t.Fatal(err)
		}
	}
	g.run("20261001", "", "--batch", "--yes", "--delete-secret-and-public-key", k.absent)
}

// sign makes a signed tag; options go to gpg.
func (k *pgpKeys) sign(r *testRepo, name, key, options string, rev string) {
	r.t.Helper()
	r.git("-c", "gpg.program="+k.home.program("--faked-system-time 20231114T221320! "+options),
		"tag", "-u", key+"!", "-m", "message of "+name, name, rev)
}

// signed returns a tag object that Alice signed as it is.
func (k *pgpKeys) signed(payload string, options ...string) string {
	k.home.t.Helper()
	args := append([]string{"--batch", "--armor", "-u", k.alice}, options...)
	return payload + k.home.run("20231114", payload, append(args, "--detach-sign")...)
}

// signTags makes the tags that git and gpg make. It returns the keys of those
// that are named for one.
func (k *pgpKeys) signTags(r *testRepo) map[string]string {
	r.t.Helper()
	signed := map[string]string{"alice": k.alice, "stranger": k.stranger, "absent": k.absent, "late": k.late, "ended": k.ended,
		"lost": k.lost, "later": k.replacedLater, "earlier": k.replaced, "short": k.short}
	for name, key := range signed {
		k.sign(r, name, key, "", "HEAD")
	}
	sub := strings.Split(k.home.run("20230103", "", "--batch", "--with-colons", "--list-keys", k.late), "fpr:")
	k.sign(r, "subkey", strings.Trim(strings.SplitN(sub[2], "\n", 2)[0], ":"), "", "HEAD")
	k.sign(r, "sha1", k.weak, "--digest-algo SHA1", "HEAD")
	k.sign(r, "brief", k.alice, "--default-sig-expire 1d", "HEAD")
	k.sign(r, "two", k.alice, "-u "+k.late, "HEAD")
	k.sign(r, "older", k.alice, "", "HEAD^")
	k.sign(r, "outer", k.alice, "", "alice")
	k.sign(r, "tree", k.alice, "", "HEAD^{tree}")
	r.env = append(r.env, "GIT_COMMITTER_DATE=1600000000 +0000")
	k.sign(r, "past", k.alice, "", "HEAD")
	r.env = append(r.env, "GIT_COMMITTER_DATE=1710000000 +0000")
	k.sign(r, "stale", k.alice, "--default-sig-expire 1d", "HEAD")
	r.env = append(r.env, "GIT_COMMITTER_DATE=1700000000 +0000")
	return signed
}

// forgeTags makes tags that git would not, out of those that it made.
func (k *pgpKeys) forgeTags(r *testRepo) {
	r.t.Helper()
	alice := r.raw("alice")
	r.git("tag", "light", "HEAD")
	r.git("tag", "-m", "not signed", "unsigned", "HEAD")
	r.git("update-ref", "refs/tags/v9.9", r.git("rev-parse", "alice"))
	r.replace("tampered", strings.Replace(alice, "message of", "message on", 1))
	other := r.raw("unsigned")
	r.replace("unsigned2", strings.Replace(other, "tag unsigned", "tag unsigned2", 1)+alice[strings.Index(alice, "-----BEGIN"):])
	r.replace("appended", strings.Replace(alice, "tag alice", "tag appended", 1)+"more text\n")
	r.replace("alice-appended", alice+"more text\n")
	r.replace("cut", strings.Replace(alice[:len(alice)-20], "tag alice", "tag cut", 1))
	r.replace("header", strings.Replace(alice, "\n\n", "\ngpgsig-sha256 unsigned text\n\n", 1))
	commit := "object " + r.git("rev-parse", "HEAD") + "\ntype commit\n"
	const tagger = "tagger C <c@example.org> 1700000000 +0000\n\nmessage\n"
	r.replace("twice", k.signed(commit+"tag twice\ntag v2\n"+tagger))
	r.replace("objects", k.signed("object "+r.git("rev-parse", "HEAD^")+"\n"+commit+"tag objects\n"+tagger))
	r.replace("textmode", k.signed(commit+"tag textmode\n"+tagger, "--textmode"))
	r.replace("taggerless", k.signed(commit+"tag taggerless\n\nmessage\n"))
	r.replace("notation", k.signed(commit+"tag notation\n"+tagger, "--sig-notation", "!x@example.org=y"))
	r.replace("x509", commit+"tag x509\n"+tagger+"-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----\n")
	r.replace("message", strings.ReplaceAll(strings.Replace(alice, "tag alice", "tag message", 1), "PGP SIGNATURE", "PGP MESSAGE"))
	r.git("tag", "-m", "not signed", "replaced", "HEAD")
	r.git("update-ref", "refs/replace/"+r.git("rev-parse", "replaced"), r.git("rev-parse", "alice"))
}

// TestOpenPGP reaches every result with real keys, and compares with git
// verify-tag. Where git is not as strict, weaker says how; where it is stricter
// than our reading of "valid at tagging time", stricter does.
func TestOpenPGP(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) { testOpenPGP(t, format) })
	}
}

func testOpenPGP(t *testing.T, format string) {
	k := newPGPKeys(t)
	r := newRepo(t, format, k.home.env())
	signed := k.signTags(r)
	k.spoil(t)
	k.forgeTags(r)

	head := r.id("HEAD")
	tests := []struct {
		tag              string
		want             Expected
		result           Result
		reason           string
		weaker, stricter string
	}{
		{tag: "alice", want: Expected{Commit: head}, result: Good},
		{tag: "alice", want: Expected{Commit: head, Now: tagged}, result: Good},
		{tag: "subkey", want: Expected{Commit: head}, result: Good, stricter: "git has its key expired since"},
		{tag: "outer", want: Expected{Commit: head}, result: Good},
		{tag: "late", want: Expected{Commit: head}, result: Good, stricter: "git has its key expired since"},
		{tag: "later", want: Expected{Commit: head}, result: Good, stricter: "git has its key superseded since"},
		{tag: "tampered", want: Expected{Commit: head}, result: Bad},
		{tag: "unsigned2", want: Expected{Commit: head}, result: Bad},
		{tag: "cut", want: Expected{Commit: head}, result: Bad, reason: "no end"},
		{tag: "appended", want: Expected{Commit: head}, result: Bad},
		{tag: "alice-appended", want: Expected{Commit: head}, result: Bad, reason: "text after", weaker: "gpg stops at the end of the armor"},
		{tag: "two", want: Expected{Commit: head}, result: Bad, reason: "more than one"},
		{tag: "twice", want: Expected{Commit: head}, result: Bad, weaker: "git reads the first header"},
		{tag: "objects", want: Expected{Commit: head}, result: Bad, weaker: "git does not parse what it verifies"},
		{tag: "textmode", want: Expected{Commit: head}, result: Unsupported, weaker: "gpg takes signatures over text, which ignore line ends"},
		{tag: "taggerless", want: Expected{Commit: head}, result: Unsupported},
		{tag: "notation", want: Expected{Commit: head}, result: Unsupported, reason: "x@example.org"},
		{tag: "x509", want: Expected{Commit: head}, result: Unsupported, reason: "X.509"},
		{tag: "stranger", want: Expected{Commit: head}, result: UnknownKey, weaker: "git takes every key in the keyring"},
		{tag: "absent", want: Expected{Commit: head}, result: UnknownKey},
		{tag: "ended", want: Expected{Commit: head}, result: Expired},
		{tag: "past", want: Expected{Commit: head}, result: Expired, weaker: "git does not look at the tagger's time"},
		{tag: "lost", want: Expected{Commit: head}, result: Revoked},
		{tag: "earlier", want: Expected{Commit: head}, result: Revoked},
		{tag: "stale", want: Expected{Commit: head}, result: Expired},
		{tag: "brief", want: Expected{Commit: head}, result: Good, stricter: "git has the signature expired since"},
		{tag: "brief", want: Expected{Commit: head, Now: tagged.AddDate(1, 0, 0)}, result: Expired},
		{tag: "alice", want: Expected{Commit: head, Now: tagged.AddDate(0, 0, -1)}, result: Bad, reason: "future", weaker: "git does not look at the tagger's time"},
		{tag: "sha1", want: Expected{Commit: head}, result: Unsupported, reason: "too weak", weaker: "gpg takes SHA-1"},
		{tag: "short", want: Expected{Commit: head}, result: Unsupported, reason: "too weak", weaker: "gpg takes short keys"},
		{tag: "header", want: Expected{Commit: head}, result: RefMismatch, reason: "gpgsig-sha256", weaker: "git drops the header before it verifies"},
		{tag: "message", want: Expected{Commit: head}, result: Unsupported, reason: "PGP MESSAGE"},
		{tag: "v9.9", want: Expected{Commit: head}, result: RefMismatch, reason: `"alice"`, weaker: "git does not compare names"},
		{tag: "older", want: Expected{Commit: head}, result: CommitMismatch, weaker: "git knows of no artifact"},
		{tag: "tree", want: Expected{Commit: head}, result: CommitMismatch, weaker: "git knows of no artifact"},
		{tag: "alice", want: Expected{}, result: CommitMismatch, weaker: "git knows of no artifact"},
		{tag: "alice", want: Expected{Commit: head, Dirty: true}, result: Dirty, weaker: "git knows of no artifact"},
		{tag: "unsigned", want: Expected{Commit: head}, result: Unsigned},
		{tag: "replaced", want: Expected{Commit: head}, result: Unsigned, weaker: "git obeys refs/replace"},
		{tag: "light", want: Expected{Commit: head}, result: Lightweight},
		{tag: "light", want: Expected{Commit: r.id("HEAD^")}, result: CommitMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.tag+" "+string(tt.result), func(t *testing.T) {
			rec := Verify(r.tag(tt.tag), tt.want, k.signers)
			if rec.Result != tt.result || !strings.Contains(rec.Reason, tt.reason) {
				t.Errorf("got %+v, want %s", rec, tt.result)
			}
			if (rec.Result == Good) != (rec.Reason == "") {
				t.Errorf("%s because of %q", rec.Result, rec.Reason)
			}
			if key := signed[tt.tag]; key != "" && (rec.Key != key || rec.Kind != OpenPGP || !rec.SignedAt.Equal(tagged)) {
				t.Errorf("got %+v, want key %s", rec, key)
			}
			out, err := r.try("-c", "gpg.program="+k.home.program(""), "verify-tag", "--raw", tt.tag)
			compareGit(t, rec, err == nil, tt.weaker, tt.stricter, out)
		})
	}
	if rec := Verify(r.tag("alice"), Expected{Commit: head}, k.signers); rec.Signer != "Alice <alice@example.org>" {
		t.Errorf("got signer %q", rec.Signer)
	}
	if rec := Verify(r.tag("alice"), Expected{Commit: head}, new(Signers)); rec.Result != UnknownKey || rec.Signer != "" {
		t.Errorf("without a list: %+v", rec)
	}
}

// compareGit holds that git agrees, or that the test says why not.
func compareGit(t *testing.T, rec Record, gitGood bool, weaker, stricter, out string) {
	t.Helper()
	if want := gitGood && rec.Result != Good; want != (weaker != "") {
		t.Errorf("%s, and git says good: %v; weaker: %q\n%s", rec.Result, gitGood, weaker, out)
	}
	if want := !gitGood && rec.Result == Good; want != (stricter != "") {
		t.Errorf("%s, and git says good: %v; stricter: %q\n%s", rec.Result, gitGood, stricter, out)
	}
}

// TestRevokedSubkey revokes and expires only the subkey that signed.
func TestRevokedSubkey(t *testing.T) {
	g := newGPG(t)
	k := &pgpKeys{home: g}
	key := g.key("Sub <sub@example.org>", "ed25519", "never")
	g.run("20230101", "", "--batch", "--quick-add-key", key, "ed25519", "sign", "never")
	list := strings.Split(g.run("20230103", "", "--batch", "--with-colons", "--list-keys", key), "fpr:")
	sub := strings.Trim(strings.SplitN(list[2], "\n", 2)[0], ":")
	r := newRepo(t, "sha1", g.env())
	k.sign(r, "v1", sub, "", "HEAD")
	verify := func() Record {
		t.Helper()
		s := new(Signers)
		if err := s.AddKeyring(g.export(key)); err != nil {
			t.Fatal(err)
		}
		return Verify(r.tag("v1"), Expected{Commit: r.id("HEAD")}, s)
	}
	if rec := verify(); rec.Result != Good || rec.Key != sub {
		t.Errorf("got %+v", rec)
	}
	g.run("20230115", "", "--batch", "--quick-set-expire", key, "2023-02-01", "*")
	if rec := verify(); rec.Result != Expired {
		t.Errorf("expired: got %+v", rec)
	}
	g.run("20230116", "key 1\nrevkey\ny\n1\n\ny\nsave\n", "--command-fd", "0", "--edit-key", key)
	if rec := verify(); rec.Result != Revoked || !strings.Contains(rec.Reason, "not valid") {
		t.Errorf("revoked: got %+v", rec)
	}
}

func TestAddKeyring(t *testing.T) {
	g := newGPG(t)
	a := g.key("A <a@example.org>", "ed25519", "never")
	b := g.key("B <b@example.org>", "rsa2048", "never")
	one, two := g.export(a), g.export(b)
	binary := []byte(g.run("20261001", "", "--batch", "--export", a, b))
	nameless := []byte(g.run("20261001", "", "--batch", "--export", "--export-filter", "keep-uid=uid=nobody", a))
	keybox, err := os.ReadFile(g.dir + "/pubring.kbx")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		in      []byte
		keys    int
		wantErr string
	}{
		{"one block", one, 1, ""},
		{"one block of two keys", g.export(a, b), 2, ""},
		{"two blocks", append(append([]byte("# text\n"), one...), two...), 2, ""},
		{"without a line feed at the end", []byte(strings.TrimSpace(string(one))), 1, ""},
		{"binary", binary, 2, ""},
		{"secret, armored", []byte(g.run("20261001", "", "--batch", "--armor", "--export-secret-keys", a)), 0, "secret"},
		{"secret, binary", []byte(g.run("20261001", "", "--batch", "--export-secret-keys", a)), 0, "secret"},
		{"empty", nil, 0, "no public key"},
		{"text", []byte("hello"), 0, ""},
		{"block without end", one[:100], 0, "no end"},
		{"broken block, then a good one", append([]byte(beginKeys+"\n\nAAAA\n"+endKeys+"\n"), two...), 1, "block 1"},
		{"cut off", binary[:len(binary)-10], 1, ""},
		{"no user ID", nameless, 0, ""},
		{"no user ID, then a good one", append(slices.Clone(nameless), binary...), 2, "1 of 3"},
		{"keybox", keybox, 0, ""},
		{"large", make([]byte, maxKeyring+1), 0, "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := new(Signers)
			err := s.AddKeyring(tt.in)
			if len(s.keyring) > tt.keys || err == nil && len(s.keyring) != tt.keys {
				t.Errorf("got %d keys, want %d (%v)", len(s.keyring), tt.keys, err)
			}
			if (err == nil) != (tt.keys > 0 && tt.wantErr == "" && tt.name != "cut off") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("got error %v, want %q", err, tt.wantErr)
			}
		})
	}
}

// TestIdentity holds that which user ID is shown does not depend on chance.
func TestIdentity(t *testing.T) {
	g := newGPG(t)
	key := g.key("B <b@example.org>", "ed25519", "never")
	g.run("20230101", "", "--batch", "--quick-add-uid", key, "A <a@example.org>")
	s := new(Signers)
	if err := s.AddKeyring(g.export(key)); err != nil {
		t.Fatal(err)
	}
	first := identity(s.keyring[0]).Name
	for range 50 {
		if got := identity(s.keyring[0]).Name; got != first {
			t.Fatalf("got %s, then %s", first, got)
		}
	}
	g.run("20230601", "", "--batch", "--quick-revoke-uid", key, first)
	s = new(Signers)
	if err := s.AddKeyring(g.export(key)); err != nil {
		t.Fatal(err)
	}
	if got := identity(s.keyring[0]); got == nil || got.Name == first {
		t.Errorf("got the revoked user ID %+v", got)
	}
	if time.Until(tagged) > 0 {
		t.Error("the clock of this machine is before the tests' tags")
	}
}
