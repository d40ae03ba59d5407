package signature

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Signers are the keys that may sign the tags of a project. The zero Signers
// trusts nobody. Once filled it may be shared.
type Signers struct {
	keyring openpgp.EntityList
	allowed []allowedSigner
	revoked map[string]bool // SSH public keys, in wire format
}

const (
	beginKeys = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	endKeys   = "-----END PGP PUBLIC KEY BLOCK-----"

	maxKeyring = 16 << 20
	maxAllowed = 4 << 20
)

// AddKeyring adds the OpenPGP keys of a file as gpg --export writes it, armored
// (one block or several) or binary. Secret keys are refused. A key that cannot
// be used is an error; the others are added nevertheless. Certifications by
// others count for nothing: to be in the list is to be trusted.
func (s *Signers) AddKeyring(b []byte) (err error) {
	defer recovered("keyring", &err)
	if len(b) > maxKeyring {
		return fmt.Errorf("a keyring of more than %d bytes", maxKeyring)
	}
	if !bytes.Contains(b, []byte("-----BEGIN PGP ")) {
		return s.addKeys(b)
	}
	if bytes.Contains(b, []byte("-----BEGIN PGP PRIVATE KEY BLOCK-----")) {
		return errors.New("the keyring holds secret keys")
	}
	var errs []error
	found := false
	for n := 1; ; n++ {
		start := bytes.Index(b, []byte(beginKeys))
		if start < 0 {
			break
		}
		b = b[start:]
		end := bytes.Index(b, []byte(endKeys))
		if end < 0 {
			errs = append(errs, fmt.Errorf("key block %d has no end", n))
			break
		}
		end += len(endKeys)
		found = true
		if err := s.addArmored(b[:end]); err != nil {
			errs = append(errs, fmt.Errorf("key block %d: %w", n, err))
		}
		b = b[end:]
	}
	if !found {
		errs = append(errs, errors.New("no public key block"))
	}
	return errors.Join(errs...)
}

func (s *Signers) addArmored(b []byte) error {
	block, err := armor.Decode(bytes.NewReader(append(slices.Clip(b), '\n')))
	if err != nil {
		return err
	}
	if block.Type != openpgp.PublicKeyType {
		return fmt.Errorf("a block of type %q", block.Type)
	}
	keys, err := io.ReadAll(block.Body)
	if err != nil {
		return err
	}
	return s.addKeys(keys)
}

// addKeys adds binary keys. The library skips those that it cannot read, so
// they are counted first.
func (s *Signers) addKeys(b []byte) error {
	want, err := countKeys(b)
	if err != nil {
		return err
	}
	list, err := openpgp.ReadKeyRing(bytes.NewReader(b))
	for _, e := range list {
		if e.PrivateKey != nil {
			return errors.New("the keyring holds secret keys")
		}
	}
	s.keyring = append(s.keyring, list...)
	if err == nil && len(list) != want {
		err = fmt.Errorf("%d of %d keys cannot be used", want-len(list), want)
	}
	return err
}

// countKeys counts the public key packets, type 6; those of subkeys are 14.
func countKeys(b []byte) (int, error) {
	n := 0
	packets := packet.NewOpaqueReader(bytes.NewReader(b))
	for {
		p, err := packets.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		if p.Tag == 6 {
			n++
		}
		if p.Tag == 5 || p.Tag == 7 {
			return 0, errors.New("the keyring holds secret keys")
		}
	}
	if n == 0 {
		return 0, errors.New("no public key")
	}
	return n, nil
}

// AddAllowedSigners adds the SSH keys of a file in the format that ssh-keygen(1)
// describes under ALLOWED SIGNERS. Times in it that name no zone are in local,
// or UTC if that is nil; ssh-keygen takes the zone of the machine, which would
// make the same tag good here and bad there. A line that cannot be read is an error; the others are
// added nevertheless.
func (s *Signers) AddAllowedSigners(b []byte, local *time.Location) error {
	if len(b) > maxAllowed {
		return fmt.Errorf("allowed signers of more than %d bytes", maxAllowed)
	}
	list, err := parseAllowedSigners(b, local)
	s.allowed = append(s.allowed, list...)
	return err
}

// recovered turns a panic of a library into an error.
func recovered(what string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: reading broke off: %v", what, p)
	}
}
