package rpm

import (
	"encoding/base64"
	"encoding/hex"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
)

// signatureKey returns the id of the key that made the signature of a header: 16
// hexadecimal digits, or "" if there is no signature or it does not say.
func signatureKey(h *header.Header) string {
	if packet, err := base64.StdEncoding.DecodeString(h.Text(header.OpenPGP)); err == nil && len(packet) > 0 {
		if id := issuer(packet); id != "" {
			return id
		}
	}
	for _, tag := range []header.Tag{header.RSAHeader, header.DSAHeader, header.SigPGP, header.SigGPG} {
		if id := issuer(h.Binary(tag)); id != "" {
			return id
		}
	}
	return ""
}

// Constants of RFC 9580, https://www.rfc-editor.org/rfc/rfc9580.
const (
	packetSignature      = 2
	subpacketIssuer      = 16
	subpacketFingerprint = 33
	keyIDSize            = 8
)

// issuer returns the id of the key that made the signature packet b. The body of
// a packet of version 3 is
//
//	| 3 | 5 | type | time, 4 bytes | key id, 8 bytes | ...
//
// and of version 4, in whose subpackets the key stands,
//
//	| 4 | type | algorithm | hash | size, 2 bytes | subpackets | size | subpackets | ...
func issuer(b []byte) string {
	b = packetBody(b)
	switch {
	case len(b) >= 15 && b[0] == 3:
		return hex.EncodeToString(b[7:15])
	case len(b) >= 6 && b[0] == 4:
		hashed, rest := sized(b[4:])
		unhashed, _ := sized(rest)
		if id := issuerIn(hashed); id != "" {
			return id
		}
		return issuerIn(unhashed)
	}
	return ""
}

// packetBody returns the body of the signature packet that b begins with, nil if
// it does not. The header of a packet in the old format has a type of four bits
// and the size of the length; that in the new format a type of six bits.
func packetBody(b []byte) []byte {
	if len(b) < 2 || b[0]&0x80 == 0 {
		return nil
	}
	if b[0]&0x40 != 0 {
		if b[0]&0x3f != packetSignature {
			return nil
		}
		body, _ := variable(b[1:])
		return body
	}
	lengthSize := 1 << (b[0] & 3) // 1, 2 or 4; 8 stands for no length
	if b[0]>>2&0xf != packetSignature || lengthSize == 8 || len(b) < 1+lengthSize {
		return nil
	}
	n := 0
	for _, c := range b[1 : 1+lengthSize] {
		n = n<<8 | int(c)
	}
	return b[1+lengthSize:][:min(n, len(b)-1-lengthSize)]
}

// sized returns the bytes after a size of two bytes, and what follows them.
func sized(b []byte) (data, rest []byte) {
	if len(b) < 2 {
		return nil, nil
	}
	n := int(b[0])<<8 | int(b[1])
	b = b[2:]
	n = min(n, len(b))
	return b[:n], b[n:]
}

// variable returns the bytes after a size of one, two or five bytes.
func variable(b []byte) (data, rest []byte) {
	n, size := 0, 1
	switch {
	case len(b) == 0:
		return nil, nil
	case b[0] < 192:
		n = int(b[0])
	case b[0] < 255 && len(b) >= 2:
		n, size = (int(b[0])-192)<<8+int(b[1])+192, 2
	case b[0] == 255 && len(b) >= 5:
		n, size = int(b[1])<<24|int(b[2])<<16|int(b[3])<<8|int(b[4]), 5
	default:
		return nil, nil
	}
	b = b[size:]
	n = min(max(n, 0), len(b))
	return b[:n], b[n:]
}

// issuerIn looks for the issuer in subpackets: the id itself or, of a key of
// version 4, a fingerprint, whose last bytes are the id.
func issuerIn(b []byte) string {
	for len(b) > 0 {
		var sub []byte
		if sub, b = variable(b); len(sub) == 0 {
			return ""
		}
		switch kind, data := sub[0]&0x7f, sub[1:]; {
		case kind == subpacketIssuer && len(data) == keyIDSize:
			return hex.EncodeToString(data)
		case kind == subpacketFingerprint && len(data) == 21 && data[0] == 4:
			return hex.EncodeToString(data[21-keyIDSize:])
		}
	}
	return ""
}
