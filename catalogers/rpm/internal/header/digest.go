package header

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
)

// magic begins a header in a file and is part of what the digests cover:
// three bytes of magic, version 1, four reserved bytes.
var magic = [8]byte{0x8e, 0xad, 0xe8, 1}

// Verify compares the region of h with the best header digest that from
// holds: SHA3-256, SHA-256 or SHA-1. In a database from is h itself, in a
// .rpm file it is the signature header. It reports whether there was a digest
// to compare with: packages of before 2003 have none.
func (h *Header) Verify(from *Header) (bool, error) {
	sum, want := from.digest()
	if sum == nil {
		return false, nil
	}
	if h.regionEntries == 0 {
		return false, fmt.Errorf("a header digest but no region that it covers")
	}
	sum.Write(magic[:])
	var size [8]byte
	binary.BigEndian.PutUint32(size[:], uint32(h.regionEntries))
	binary.BigEndian.PutUint32(size[4:], uint32(h.regionData))
	sum.Write(size[:])
	sum.Write(h.index[:h.regionEntries*entrySize])
	sum.Write(h.data[:h.regionData])
	got := hex.AppendEncode(nil, sum.Sum(nil))
	if !bytes.Equal(got, want) {
		return false, fmt.Errorf("header digest is %s, should be %s", got, want)
	}
	return true, nil
}

// digest returns the best digest that h holds and a hash to check it with,
// nil if it holds none.
func (h *Header) digest() (hash.Hash, []byte) {
	for _, d := range []struct {
		tag Tag
		sum func() hash.Hash
	}{
		{SHA3Header, func() hash.Hash { return sha3.New256() }},
		{SHA256Header, sha256.New},
		{SHA1Header, sha1.New},
	} {
		if _, v, ok := h.find(d.tag); ok {
			return d.sum(), bytes.TrimRight(v, "\x00")
		}
	}
	return nil, nil
}
