package signature

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// A sample is a tag signed by keys made for the test, without any tool.
type sample struct {
	signers *Signers
	commit  git.ID
	payload string
	raw     map[Kind]string
}

func newSample(t testing.TB) *sample {
	commit, err := git.ParseID(strings.Repeat("12", 20))
	if err != nil {
		t.Fatal(err)
	}
	s := &sample{signers: new(Signers), commit: commit, raw: map[Kind]string{}}
	s.payload = "object " + commit.String() + "\ntype commit\ntag v1\ntagger T <t@example.org> 1700000000 +0000\n\nmessage\n"

	config := &packet.Config{Time: func() time.Time { return tagged }, Algorithm: packet.PubKeyAlgoEdDSA}
	entity, err := openpgp.NewEntity("T", "", "t@example.org", config)
	if err != nil {
		t.Fatal(err)
	}
	var armored, keys bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&armored, entity, strings.NewReader(s.payload), config); err != nil {
		t.Fatal(err)
	}
	s.raw[OpenPGP] = s.payload + armored.String() + "\n"
	if err := entity.Serialize(&keys); err != nil {
		t.Fatal(err)
	}
	if err := s.signers.AddKeyring(keys.Bytes()); err != nil {
		t.Fatal(err)
	}

	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := sshsig.Sign(strings.NewReader(s.payload), signer, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	s.raw[SSH] = s.payload + string(sshsig.Armor(sig))
	line := "t@example.org " + string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	if err := s.signers.AddAllowedSigners([]byte(line), nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// tag returns a tag with raw bytes that say what s.payload says: whoever reads
// something else from them has been checked by package git.
func (s *sample) tag(raw string) *git.Tag {
	id, _ := git.ParseID(strings.Repeat("ab", 20))
	o := &git.TagObject{ID: id, Object: s.commit, Type: "commit", Name: "v1",
		Tagger: "T", Email: "t@example.org", Time: tagged, Raw: []byte(raw)}
	return &git.Tag{Name: "v1", Target: id, Objects: []*git.TagObject{o}, Commit: s.commit}
}

// TestFlippedTags changes each bit of signed tags. None is then Good, unless
// what is signed is the same and only the armor is written in another way.
func TestFlippedTags(t *testing.T) {
	s := newSample(t)
	for kind, raw := range s.raw {
		rec := Verify(s.tag(raw), Expected{Commit: s.commit}, s.signers)
		if rec.Result != Good || rec.Kind != kind || rec.Reason != "" {
			t.Fatalf("%s: got %+v", kind, rec)
		}
		armor := strings.Index(raw, "-----BEGIN")
		for i := range len(raw) * 8 {
			b := []byte(raw)
			b[i/8] ^= 1 << (i % 8)
			rec := Verify(s.tag(string(b)), Expected{Commit: s.commit}, s.signers)
			if rec.Result == Good && i/8 < armor || rec.Result == "" {
				t.Errorf("%s: byte %d: got %+v", kind, i/8, rec)
			}
		}
	}
}

// TestPanic has keys of a kind that makes the library, or us, panic.
func TestPanic(t *testing.T) {
	s := newSample(t)
	broken := []*Signers{
		nil,
		{keyring: openpgp.EntityList{nil}},
		{keyring: openpgp.EntityList{{}}},
		{allowed: []allowedSigner{{}}},
	}
	for i, signers := range broken {
		for kind, raw := range s.raw {
			rec := Verify(s.tag(raw), Expected{Commit: s.commit}, signers)
			if rec.Result != Bad && rec.Result != UnknownKey || rec.Reason == "" {
				t.Errorf("%d, %s: got %+v", i, kind, rec)
			}
		}
	}
	if rec := Verify(nil, Expected{Commit: s.commit}, s.signers); rec.Result != Bad {
		t.Errorf("no tag: got %+v", rec)
	}
	if rec := Verify(&git.Tag{Objects: []*git.TagObject{nil}}, Expected{Commit: s.commit}, s.signers); rec.Result != Bad || !strings.Contains(rec.Reason, "broke off") {
		t.Errorf("no object: got %+v", rec)
	}
	var err error
	func() {
		defer recovered("x", &err)
		panic("y")
	}()
	if err == nil || err.Error() != "x: reading broke off: y" {
		t.Errorf("got %v", err)
	}
}

// TestKeyFlags has keys that may not sign.
func TestKeyFlags(t *testing.T) {
	s := newSample(t)
	self := identity(s.signers.keyring[0]).SelfSignature
	verify := func() Record {
		return Verify(s.tag(s.raw[OpenPGP]), Expected{Commit: s.commit}, s.signers)
	}
	self.FlagSign = false
	if rec := verify(); rec.Result != Bad || !strings.Contains(rec.Reason, "not one for signing") {
		t.Errorf("a key that may not sign: got %+v", rec)
	}
	self.FlagsValid = false
	if rec := verify(); rec.Result != Good {
		t.Errorf("a key without flags: got %+v", rec)
	}
	// As a subkey of another key, which it has not signed.
	e := s.signers.keyring[0]
	stolen := openpgp.Subkey{PublicKey: e.PrimaryKey, Sig: self}
	s.signers.keyring = openpgp.EntityList{{PrimaryKey: e.Subkeys[0].PublicKey, Identities: e.Identities, Subkeys: []openpgp.Subkey{stolen}}}
	if rec := verify(); rec.Result != Bad || !strings.Contains(rec.Reason, "not one for signing") {
		t.Errorf("a subkey without flags: got %+v", rec)
	}
}

// TestKeyTimes moves the life of a key around the signature and the tagger.
func TestKeyTimes(t *testing.T) {
	tests := []struct {
		name    string
		created time.Duration // before the signature
		life    time.Duration // 0 for ever
		tagger  time.Duration // before the signature
		want    Result
	}{
		{"for ever", time.Hour, 0, 0, Good},
		{"long enough", time.Hour, 2 * time.Hour, 0, Good},
		{"to the second", time.Hour, time.Hour, 0, Good},
		{"a second too short", time.Hour, time.Hour - time.Second, 0, Expired},
		{"over before the signature, not before the tagger", 2 * time.Hour, time.Hour, 90 * time.Minute, Expired},
		{"over before the tagger, not before the signature", time.Hour, 2 * time.Hour, -2 * time.Hour, Expired},
		{"tagger before the key", time.Hour, 0, 2 * time.Hour, Expired},
		{"signature before the key", -time.Second, 0, -time.Hour, Bad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSample(t)
			e := s.signers.keyring[0]
			e.PrimaryKey.CreationTime = tagged.Add(-tt.created)
			life := uint32(tt.life / time.Second)
			identity(e).SelfSignature.KeyLifetimeSecs = &life
			tag := s.tag(s.raw[OpenPGP])
			tag.Objects[0].Time = tagged.Add(-tt.tagger)
			if rec := Verify(tag, Expected{Commit: s.commit}, s.signers); rec.Result != tt.want {
				t.Errorf("got %+v, want %s", rec, tt.want)
			}
		})
	}
}

// TestNothingVerified holds that to find no fault is not enough.
func TestNothingVerified(t *testing.T) {
	rec := Record{}
	j := judge{Record: &rec}
	j.close()
	if rec.Result != Bad || rec.Reason == "" {
		t.Errorf("got %+v", rec)
	}
}

// TestChain has tags whose parts do not belong to each other, which package git
// would not return.
func TestChain(t *testing.T) {
	s := newSample(t)
	other, _ := git.ParseID(strings.Repeat("cd", 20))
	tests := []struct {
		name  string
		spoil func(*git.Tag)
		want  Result
	}{
		{"as it is", func(*git.Tag) {}, Good},
		{"another target", func(tag *git.Tag) { tag.Target = other }, CommitMismatch},
		{"another object", func(tag *git.Tag) { tag.Objects[0].Object = other }, CommitMismatch},
		{"another commit", func(tag *git.Tag) { tag.Commit = other }, CommitMismatch},
		{"no commit", func(tag *git.Tag) { tag.Commit = git.ID{} }, CommitMismatch},
		{"another name", func(tag *git.Tag) { tag.Name = "v2" }, RefMismatch},
		{"a folder of modules", func(tag *git.Tag) { tag.Name = "cmd/x/v1" }, RefMismatch},
		{"lightweight", func(tag *git.Tag) { tag.Objects, tag.Target = nil, tag.Commit }, Lightweight},
		{"lightweight, elsewhere", func(tag *git.Tag) { tag.Objects = nil }, CommitMismatch},
		{"no time", func(tag *git.Tag) { tag.Objects[0].Time = time.Time{} }, Unsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tag := s.tag(s.raw[SSH])
			tt.spoil(tag)
			if rec := Verify(tag, Expected{Commit: s.commit}, s.signers); rec.Result != tt.want {
				t.Errorf("got %+v, want %s", rec, tt.want)
			}
		})
	}
}

// TestSeverity has tags with several faults: the gravest is the result, and all
// are in the reason.
func TestSeverity(t *testing.T) {
	s := newSample(t)
	other, _ := git.ParseID(strings.Repeat("cd", 20))
	tag := s.tag(strings.Replace(s.raw[SSH], "message", "massage", 1))
	tag.Name = "v2"
	rec := Verify(tag, Expected{Commit: other, Dirty: true}, s.signers)
	if rec.Result != Bad || strings.Count(rec.Reason, ";") != 3 {
		t.Errorf("got %+v", rec)
	}
	tag = s.tag(s.raw[SSH])
	tag.Name = "v2"
	for _, tt := range []struct {
		commit  git.ID
		signers *Signers
		want    Result
	}{
		{other, new(Signers), RefMismatch},
		{s.commit, new(Signers), RefMismatch},
	} {
		if rec := Verify(tag, Expected{Commit: tt.commit}, tt.signers); rec.Result != tt.want {
			t.Errorf("got %+v, want %s", rec, tt.want)
		}
	}
	if rec := Verify(s.tag(s.raw[SSH]), Expected{Commit: s.commit, Dirty: true}, new(Signers)); rec.Result != UnknownKey {
		t.Errorf("got %+v", rec)
	}
	for _, r := range []Result{Bad, RefMismatch, CommitMismatch, Revoked, Expired, UnknownKey, Unsupported, Unsigned, Lightweight, Dirty} {
		if severity[r] == 0 {
			t.Errorf("%s has no severity", r)
		}
	}
}

func TestSplit(t *testing.T) {
	const ssh, sshEnd = "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n"
	const pgp, pgpEnd = "-----BEGIN PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----\n"
	tests := []struct {
		name, in, payload string
		kind              Kind
		wantErr           bool
	}{
		{"none", "text\n", "text\n", "", false},
		{"empty", "", "", "", false},
		{"ssh", "text\n" + ssh + "x\n" + sshEnd, "text\n", SSH, false},
		{"pgp", "text\n" + pgp + "x\n" + pgpEnd, "text\n", OpenPGP, false},
		{"x509", "text\n-----BEGIN SIGNED MESSAGE-----\nx\n-----END SIGNED MESSAGE-----\n", "text\n", X509, false},
		{"the last counts", pgp + "x\n" + pgpEnd + ssh + "x\n" + sshEnd, pgp + "x\n" + pgpEnd, SSH, false},
		{"not at the start of a line", "text " + ssh + "x\n" + sshEnd, "text " + ssh + "x\n" + sshEnd, "", false},
		{"text after", ssh + "x\n" + sshEnd + "y\n", "", SSH, true},
		{"no end", ssh + "x\n", "", SSH, true},
		{"end of another", ssh + "x\n" + pgpEnd, "", SSH, true},
		{"nothing but a marker", "-----BEGIN SSH SIGNATURE-----", "", SSH, true},
		{"blank lines after", ssh + "x\n" + sshEnd + "\n \n", "", SSH, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload, armor, kind, err := split([]byte(tt.in))
			if string(payload) != tt.payload || kind != tt.kind || (err != nil) != tt.wantErr {
				t.Errorf("got %q, %q, %v", payload, kind, err)
			}
			if string(payload)+string(armor) != tt.in {
				t.Errorf("the parts are %q and %q", payload, armor)
			}
		})
	}
}

// FuzzVerify holds that nothing but the payload that was signed is Good, and
// that a result has a reason.
func FuzzVerify(f *testing.F) {
	s := newSample(f)
	for _, raw := range s.raw {
		f.Add(raw)
		f.Add(strings.Replace(raw, "message", "massage", 1))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		rec := Verify(s.tag(raw), Expected{Commit: s.commit}, s.signers)
		payload, _, _, _ := split([]byte(raw))
		if rec.Result == Good && string(payload) != s.payload {
			t.Errorf("%q is good", raw)
		}
		if (rec.Result == Good) != (rec.Reason == "") || rec.Result == "" || strings.Contains(rec.Reason, "broke off") {
			t.Errorf("%q: got %+v", raw, rec)
		}
	})
}

// FuzzKeyring holds that keys or an error come out of a keyring.
func FuzzKeyring(f *testing.F) {
	s := newSample(f)
	var keys bytes.Buffer
	if err := s.signers.keyring[0].Serialize(&keys); err != nil {
		f.Fatal(err)
	}
	f.Add(keys.Bytes())
	f.Add([]byte(beginKeys + "\n\nmDMEZV\n" + endKeys))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := new(Signers)
		err := s.AddKeyring(in)
		if err == nil && len(s.keyring) == 0 {
			t.Error("no keys and no error")
		}
		for _, e := range s.keyring {
			if e.PrivateKey != nil {
				t.Error("a secret key")
			}
		}
		for _, key := range signingKeys(s.keyring) {
			if key.PublicKey == nil {
				t.Error("a key without a key")
			}
		}
	})
}
