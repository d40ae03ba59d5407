package signature

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// openPGP checks a detached OpenPGP signature (RFC 9580) made with one of the
// keys of the list.
func (j *judge) openPGP(payload, armored []byte, tagged, now time.Time, signers *Signers) {
	sig, err := readSignature(armored)
	if err != nil {
		result := Bad
		if errors.As(err, new(pgperrors.UnsupportedError)) {
			result = Unsupported
		}
		j.add(result, "%v", err)
		return
	}
	j.Key, j.SignedAt = issuer(sig), sig.CreationTime.UTC()
	key, err := findKey(payload, sig, signers.keyring)
	switch {
	case errors.Is(err, errUnknown):
		j.add(UnknownKey, "key %s is not in the project's list", j.Key)
		return
	case errors.Is(err, errWeak):
		j.add(Unsupported, "%v", err)
		return
	case err != nil:
		j.add(Bad, "%v", err)
		return
	}
	j.Key = strings.ToUpper(hex.EncodeToString(key.PublicKey.Fingerprint))
	j.verified = true
	id := identity(key.Entity)
	if id != nil {
		j.Signer = id.Name
	}
	j.checkTimes(key, id, sig, tagged)
	if !now.IsZero() && sig.SigExpired(now) {
		j.add(Expired, "the signature was not valid at %s", now.UTC().Format(time.RFC3339))
	}
}

// readSignature reads an armored block with one signature over bytes.
func readSignature(armored []byte) (*packet.Signature, error) {
	block, err := armor.Decode(bytes.NewReader(armored))
	if err != nil {
		return nil, fmt.Errorf("armor: %w", err)
	}
	if block.Type != openpgp.SignatureType {
		return nil, pgperrors.UnsupportedError("a " + block.Type)
	}
	body, err := io.ReadAll(block.Body)
	if err != nil {
		return nil, fmt.Errorf("armor: %w", err)
	}
	in := bytes.NewReader(body)
	p, err := packet.Read(in)
	if err != nil {
		return nil, err
	}
	sig, ok := p.(*packet.Signature)
	if !ok {
		return nil, fmt.Errorf("a %T where the signature belongs", p)
	}
	if in.Len() > 0 {
		return nil, errors.New("more than one signature")
	}
	if sig.SigType != packet.SigTypeBinary {
		return nil, pgperrors.UnsupportedError(fmt.Sprintf("signature of type %d", sig.SigType))
	}
	for _, n := range sig.Notations {
		if n.IsCritical {
			return nil, pgperrors.UnsupportedError("critical notation " + n.Name)
		}
	}
	return sig, nil
}

// issuer returns the fingerprint or key ID that a signature names.
func issuer(sig *packet.Signature) string {
	if len(sig.IssuerFingerprint) > 0 {
		return strings.ToUpper(hex.EncodeToString(sig.IssuerFingerprint))
	}
	if sig.IssuerKeyId != nil {
		return fmt.Sprintf("%016X", *sig.IssuerKeyId)
	}
	return ""
}

var (
	errUnknown = errors.New("unknown key")
	errWeak    = errors.New("too weak to prove anything")
)

// findKey returns the key that made the signature. A key ID may be that of
// several keys; the error is that of the last one.
func findKey(payload []byte, sig *packet.Signature, keyring openpgp.EntityList) (*openpgp.Key, error) {
	err := errUnknown
	for _, key := range signingKeys(keyring) {
		if !sig.CheckKeyIdOrFingerprint(key.PublicKey) {
			continue
		}
		if err = checkKey(payload, sig, key); err == nil {
			return &key, nil
		}
	}
	return nil, err
}

// signingKeys lists the primary keys and subkeys of a keyring.
func signingKeys(keyring openpgp.EntityList) []openpgp.Key {
	var keys []openpgp.Key
	for _, e := range keyring {
		keys = append(keys, openpgp.Key{Entity: e, PublicKey: e.PrimaryKey,
			SelfSignature: selfSignature(e), Revocations: e.Revocations})
		for _, s := range e.Subkeys {
			keys = append(keys, openpgp.Key{Entity: e, PublicKey: s.PublicKey,
				SelfSignature: s.Sig, Revocations: s.Revocations})
		}
	}
	return keys
}

// checkKey checks the signature with one key.
func checkKey(payload []byte, sig *packet.Signature, key openpgp.Key) error {
	self := key.SelfSignature
	subkey := key.PublicKey != key.Entity.PrimaryKey
	// A key without flags may do all, but a subkey that may sign must itself
	// have signed that it belongs to its primary key, which the library
	// demands only if the flag is there.
	if self == nil || self.FlagsValid && !self.FlagSign || subkey && !self.FlagsValid {
		return errors.New("the key is not one for signing")
	}
	if err := checkStrength(sig, key.PublicKey); err != nil {
		return err
	}
	h, err := sig.PrepareVerify()
	if err != nil {
		return err
	}
	h.Write(payload)
	return key.PublicKey.VerifySignature(h, sig)
}

// checkStrength refuses digests with known collisions and keys that are small.
func checkStrength(sig *packet.Signature, key *packet.PublicKey) error {
	switch sig.Hash {
	case crypto.MD5, crypto.SHA1, crypto.RIPEMD160:
		return fmt.Errorf("digest %v: %w", sig.Hash, errWeak)
	}
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly:
		if bits, err := key.BitLength(); err != nil || bits < 2040 {
			return fmt.Errorf("RSA key of %d bits: %w", bits, errWeak)
		}
	case packet.PubKeyAlgoDSA:
		return fmt.Errorf("DSA key: %w", errWeak)
	}
	return nil
}

// checkTimes checks that the key, and the primary key that it belongs to, were
// valid when the signature was made and when the tagger says.
func (j *judge) checkTimes(key *openpgp.Key, id *openpgp.Identity, sig *packet.Signature, tagged time.Time) {
	primary := selfSignature(key.Entity)
	if sig.CreationTime.Before(key.PublicKey.CreationTime) {
		j.add(Bad, "the signature is older than its key")
		return
	}
	if revoked(key.Entity.Revocations, sig.CreationTime, tagged) || revoked(key.Revocations, sig.CreationTime, tagged) {
		j.add(Revoked, "key %s was revoked", j.Key)
	}
	if key.Entity.PrimaryKey.Version < 6 && id == nil {
		j.add(Revoked, "no user ID of key %s is left", j.Key)
	}
	for _, t := range []time.Time{sig.CreationTime, tagged} {
		if primary == nil || key.Entity.PrimaryKey.KeyExpired(primary, t) || expired(primary, t) ||
			key.PublicKey.KeyExpired(key.SelfSignature, t) || expired(key.SelfSignature, t) || expired(sig, t) {
			j.add(Expired, "key %s was not valid at %s", j.Key, t.UTC().Format(time.RFC3339))
			return
		}
	}
}

// expired reports whether a signature had a lifetime and that was over at t.
// Self-signatures made after t count: they are how a key is extended.
func expired(sig *packet.Signature, t time.Time) bool {
	if sig.SigLifetimeSecs == nil || *sig.SigLifetimeSecs == 0 {
		return false
	}
	return t.After(sig.CreationTime.Add(time.Duration(*sig.SigLifetimeSecs) * time.Second))
}

// revoked reports whether a revocation counts. One because the key is
// superseded or retired spares what was signed before it; any other says that
// the key may have been in wrong hands, which may then have made the signature
// look as old as they liked. See RFC 9580, section 5.2.3.31.
func revoked(revocations []*packet.Signature, times ...time.Time) bool {
	for _, r := range revocations {
		if r.RevocationReason == nil {
			return true
		}
		if *r.RevocationReason != packet.KeySuperseded && *r.RevocationReason != packet.KeyRetired {
			return true
		}
		for _, t := range times {
			if !t.Before(r.CreationTime) {
				return true
			}
		}
	}
	return false
}

// selfSignature returns the signature with the properties of a primary key.
func selfSignature(e *openpgp.Entity) *packet.Signature {
	if e.PrimaryKey.Version >= 6 {
		return e.SelfSignature
	}
	if id := identity(e); id != nil {
		return id.SelfSignature
	}
	// Every user ID is revoked; the key still has its lifetime.
	var last *packet.Signature
	for _, id := range e.Identities {
		if s := id.SelfSignature; s != nil && (last == nil || s.CreationTime.After(last.CreationTime)) {
			last = s
		}
	}
	return last
}

// identity returns the user ID to show for a key: of those that are not revoked
// one marked as primary, then the one signed last, then the first by name. The
// choice does not depend on the order of the map. It returns nil if there is
// none.
func identity(e *openpgp.Entity) *openpgp.Identity {
	var best *openpgp.Identity
	for _, id := range e.Identities {
		if id.SelfSignature == nil || withdrawn(id) {
			continue
		}
		if best == nil || preferred(id, best) {
			best = id
		}
	}
	return best
}

// withdrawn reports whether a user ID was revoked and not signed anew since.
func withdrawn(id *openpgp.Identity) bool {
	for _, r := range id.Revocations {
		if !r.CreationTime.Before(id.SelfSignature.CreationTime) {
			return true
		}
	}
	return false
}

func preferred(a, b *openpgp.Identity) bool {
	x, y := a.SelfSignature, b.SelfSignature
	px, py := x.IsPrimaryId != nil && *x.IsPrimaryId, y.IsPrimaryId != nil && *y.IsPrimaryId
	if px != py {
		return px
	}
	if !x.CreationTime.Equal(y.CreationTime) {
		return x.CreationTime.After(y.CreationTime)
	}
	return a.Name < b.Name
}
