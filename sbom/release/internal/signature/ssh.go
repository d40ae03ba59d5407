package signature

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// namespace is what git signs in, so that signatures of files or mails, made
// with the same key, are not those of tags.
const namespace = "git"

// ssh checks a signature of ssh-keygen -Y sign:
// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig.
// It holds its public key and no time, so the tagger's time is taken.
func (j *judge) ssh(payload, armored []byte, o *git.TagObject, signers *Signers) {
	j.SignedAt = o.Time.UTC()
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		j.add(Bad, "%v", err)
		return
	}
	j.Key = ssh.FingerprintSHA256(sig.PublicKey)
	if err := checkSSHKey(sig.PublicKey); err != nil {
		j.add(Unsupported, "%v", err)
		return
	}
	err = sshsig.Verify(bytes.NewReader(payload), sig, sig.PublicKey, sig.HashAlgorithm, namespace)
	if err != nil {
		j.add(Bad, "%v", err)
		return
	}
	j.verified = true
	wire := string(sig.PublicKey.Marshal())
	if signers.revoked[wire] {
		j.add(Revoked, "key %s was revoked", j.Key)
	}
	j.allowed(wire, o, signers.allowed)
}

// checkSSHKey refuses keys that cannot be judged here.
func checkSSHKey(key ssh.PublicKey) error {
	if _, is := key.(*ssh.Certificate); is {
		return errors.New("signed with a certificate, which is not verified")
	}
	c, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return nil
	}
	if k, is := c.CryptoPublicKey().(*rsa.PublicKey); is && k.N.BitLen() < 2040 {
		return fmt.Errorf("RSA key of %d bits: %w", k.N.BitLen(), errWeak)
	}
	if key.Type() == "ssh-dss" {
		return fmt.Errorf("DSA key: %w", errWeak)
	}
	return nil
}

// allowed looks for a line that trusts the key for tags at the time of this
// one. Lines are alternatives: one that has expired does not spoil another.
func (j *judge) allowed(wire string, o *git.TagObject, lines []allowedSigner) {
	var late *allowedSigner
	for i, a := range lines {
		if a.authority || string(a.key.Marshal()) != wire {
			continue
		}
		if a.namespaces != "" && !matchList(a.namespaces, namespace) {
			continue
		}
		if a.validAt(o.Time) {
			j.Signer = principal(a, o.Email)
			return
		}
		late = &lines[i]
	}
	if late == nil {
		j.add(UnknownKey, "key %s is not in the project's list", j.Key)
		return
	}
	j.Signer = principal(*late, o.Email)
	j.add(Expired, "key %s was not valid at %s", j.Key, o.Time.UTC().Format(time.RFC3339))
}

// principal returns the tagger's address if it is one of the principals, else
// the principals as the line has them: the key is theirs, whoever tagged.
func principal(a allowedSigner, email string) string {
	if email != "" && matchList(a.principals, email) {
		return email
	}
	return a.principals
}

// AddRevokedKeys adds SSH keys whose signatures are Revoked, whenever they were
// made: a file with a public key on each line, as git's gpg.ssh.revocationFile.
// Binary key revocation lists are an error.
func (s *Signers) AddRevokedKeys(b []byte) error {
	if len(b) > maxAllowed {
		return fmt.Errorf("revoked keys of more than %d bytes", maxAllowed)
	}
	if bytes.HasPrefix(b, []byte("SSHKRL\n\x00")) {
		return errors.New("revoked keys: a binary revocation list, which is not read")
	}
	var errs []error
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := parseKey(line)
		if err != nil {
			errs = append(errs, fmt.Errorf("revoked keys: line %d: %w", n+1, err))
			continue
		}
		if s.revoked == nil {
			s.revoked = map[string]bool{}
		}
		s.revoked[string(key.Marshal())] = true
	}
	return errors.Join(errs...)
}
