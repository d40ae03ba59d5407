package git

import "fmt"

// applyDelta makes an object from its base. A delta is (gitformat-pack):
//
//	the size of the base, the size of the result    7 bits a byte, low first
//	1sss oooo  offset and size bytes that the bits name: copy from the base
//	0nnn nnnn  n bytes: insert them
//	0000 0000  reserved
func applyDelta(base, delta []byte, max int64) ([]byte, error) {
	d := deltaReader{in: delta}
	if size, err := d.size(); err != nil || size != int64(len(base)) {
		return nil, d.fail("it is for a base of %d bytes, not %d", size, len(base))
	}
	size, err := d.size()
	if err != nil {
		return nil, err
	}
	if size > max {
		return nil, fmt.Errorf("delta to %d bytes: %w", size, ErrLimit)
	}
	// A copy makes 16 MiB of seven bytes, so size is no more than a hint.
	out := make([]byte, 0, min(size, int64(len(base)+len(delta))))
	for d.at < len(d.in) {
		part, err := d.op(base)
		if err != nil {
			return nil, err
		}
		if int64(len(out)+len(part)) > size {
			return nil, d.fail("more than the %d bytes that it says", size)
		}
		out = append(out, part...)
	}
	if int64(len(out)) != size {
		return nil, d.fail("%d bytes, not the %d that it says", len(out), size)
	}
	return out, nil
}

type deltaReader struct {
	in []byte
	at int
}

func (d *deltaReader) fail(format string, args ...any) error {
	return fmt.Errorf("delta: byte %d: %s: %w", d.at, fmt.Sprintf(format, args...), ErrCorrupt)
}

// size reads one of the two sizes at the head.
func (d *deltaReader) size() (int64, error) {
	n := int64(0)
	for shift := 0; shift <= 56; shift += 7 {
		if d.at == len(d.in) {
			return 0, d.fail("it ends in a size")
		}
		c := d.in[d.at]
		d.at++
		n |= int64(c&0x7f) << shift
		if c&0x80 == 0 {
			return n, nil
		}
	}
	return 0, d.fail("a size of more than 63 bits")
}

// op returns the bytes that the next instruction adds.
func (d *deltaReader) op(base []byte) ([]byte, error) {
	c := d.in[d.at]
	d.at++
	if c == 0 {
		return nil, d.fail("a reserved instruction")
	}
	if c&0x80 != 0 {
		return d.copy(c, base)
	}
	n := int(c)
	if n > len(d.in)-d.at {
		return nil, d.fail("%d bytes to insert, %d left", n, len(d.in)-d.at)
	}
	d.at += n
	return d.in[d.at-n : d.at], nil
}

func (d *deltaReader) copy(c byte, base []byte) ([]byte, error) {
	var v [7]int // 4 bytes of offset, 3 of size
	for i := range v {
		if c&(1<<i) == 0 {
			continue
		}
		if d.at == len(d.in) {
			return nil, d.fail("it ends in a copy")
		}
		v[i] = int(d.in[d.at])
		d.at++
	}
	offset := int64(v[0]) | int64(v[1])<<8 | int64(v[2])<<16 | int64(v[3])<<24
	size := int64(v[4]) | int64(v[5])<<8 | int64(v[6])<<16
	if size == 0 {
		size = 0x10000
	}
	if offset+size > int64(len(base)) {
		return nil, d.fail("copies %d bytes at %d of %d", size, offset, len(base))
	}
	return base[offset : offset+size], nil
}
