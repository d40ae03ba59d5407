package signature

import (
	"bytes"
	"errors"
)

// markers begin a signature, at the start of a line.
var markers = []struct {
	begin, end string
	kind       Kind
}{
	{"-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----", OpenPGP},
	{"-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----", OpenPGP},
	{"-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----", SSH},
	{"-----BEGIN SIGNED MESSAGE-----", "-----END SIGNED MESSAGE-----", X509},
}

// split cuts a tag object, like git, where the last line begins that is a
// marker. What is before is signed, what follows is the signature. Text after
// the end of the signature would be signed by nobody and is an error. Without a
// marker the kind is "".
func split(raw []byte) (payload, armor []byte, kind Kind, err error) {
	at, end := len(raw), ""
	for start := 0; start < len(raw); {
		for _, m := range markers {
			if bytes.HasPrefix(raw[start:], []byte(m.begin)) {
				at, end, kind = start, m.end, m.kind
			}
		}
		n := bytes.IndexByte(raw[start:], '\n')
		if n < 0 {
			break
		}
		start += n + 1
	}
	if kind == "" {
		return raw, nil, "", nil
	}
	payload, armor = raw[:at], raw[at:]
	n := bytes.Index(armor, []byte("\n"+end))
	if n < 0 {
		return payload, armor, kind, errors.New("the signature has no end")
	}
	if len(bytes.TrimSpace(armor[n+1+len(end):])) > 0 {
		return payload, armor, kind, errors.New("there is text after the signature")
	}
	return payload, armor, kind, nil
}
