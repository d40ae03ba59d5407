package git

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// A format is one of the two hash functions that name objects.
type format struct {
	name string
	size int // bytes of an ID
	new  func() hash.Hash
}

var (
	sha1Format   = format{"sha1", sha1.Size, sha1.New}
	sha256Format = format{"sha256", sha256.Size, sha256.New}
)

// An ID is the name of an object. IDs are comparable; the zero ID names
// nothing.
type ID struct {
	size uint8
	sum  [32]byte
}

// ParseID reads an ID of 40 or 64 hexadecimal digits. The ID of all zeros,
// which git uses for "nothing", is refused.
func ParseID(s string) (ID, error) {
	if len(s) != 2*sha1.Size && len(s) != 2*sha256.Size {
		return ID{}, fmt.Errorf("an object name of %d digits", len(s))
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return ID{}, fmt.Errorf("object name: %w", err)
	}
	id := newID(b)
	if id == newID(make([]byte, len(b))) {
		return ID{}, fmt.Errorf("object name of zeros")
	}
	return id, nil
}

// newID returns the ID with the bytes b, of which there are 20 or 32.
func newID(b []byte) ID {
	id := ID{size: uint8(len(b))}
	copy(id.sum[:], b)
	return id
}

// String returns the ID in lower-case hexadecimal, or "" for the zero ID.
func (id ID) String() string { return hex.EncodeToString(id.bytes()) }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id.size == 0 }

func (id ID) bytes() []byte { return id.sum[:id.size] }

// parse reads an ID of this format.
func (f format) parse(s string) (ID, error) {
	if len(s) != 2*f.size {
		return ID{}, fmt.Errorf("an object name of %d digits in a %s repository", len(s), f.name)
	}
	return ParseID(s)
}

// hash returns the ID of an object.
func (f format) hash(kind string, body []byte) ID {
	h := f.new()
	fmt.Fprintf(h, "%s %d\x00", kind, len(body))
	h.Write(body)
	return newID(h.Sum(nil))
}
