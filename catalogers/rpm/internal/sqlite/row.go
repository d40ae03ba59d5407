package sqlite

import (
	"errors"
)

// column is one value of a row: its serial type and its bytes.
//
//	0      NULL
//	1-6    integer of 1, 2, 3, 4, 6 or 8 bytes, big-endian
//	7      floating-point number
//	8, 9   the integers 0 and 1, in no bytes
//	12+2n  blob of n bytes
//	13+2n  text of n bytes
type column struct {
	typ  uint64
	data []byte
}

func (c column) isBlob() bool { return c.typ >= 12 && c.typ%2 == 0 }

// integer returns the value of an integer column, 0 for a column of another type.
func (c column) integer() int64 {
	if c.typ == 9 {
		return 1
	}
	if c.typ < 1 || c.typ > 6 {
		return 0
	}
	v := int64(int8(c.data[0]))
	for _, b := range c.data[1:] {
		v = v<<8 | int64(b)
	}
	return v
}

// maxColumns is more than any table has that this package reads.
const maxColumns = 8

// parseRow splits a row, which is a record:
//
//	| size of the header, varint | serial types, varints | values |
func parseRow(b []byte) ([]column, error) {
	size, n := varint(b)
	if n == 0 || size < uint64(n) || size > uint64(len(b)) {
		return nil, errors.New("a row has no header")
	}
	types, values := b[n:size], b[size:]
	columns := make([]column, 0, maxColumns)
	for len(types) > 0 {
		typ, n := varint(types)
		length := serialSize(typ)
		if n == 0 || length > uint64(len(values)) || len(columns) == maxColumns {
			return nil, errors.New("a row does not hold what its header says")
		}
		columns = append(columns, column{typ, values[:length]})
		types, values = types[n:], values[length:]
	}
	if len(values) > 0 {
		return nil, errors.New("a row holds more than its header says")
	}
	return columns, nil
}

// serialSize returns the size of a value with the given serial type.
func serialSize(typ uint64) uint64 {
	if typ >= 12 {
		return (typ - 12) / 2
	}
	return [12]uint64{1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8}[typ]
}

// varint decodes a number of 1 to 9 bytes, the high ones first: 7 bits of each,
// save all 8 of the ninth, while the top bit is set. It returns the number and
// its size, 0 if b is too short.
func varint(b []byte) (uint64, int) {
	var v uint64
	for i, c := range b[:min(len(b), 9)] {
		if i == 8 {
			return v<<8 | uint64(c), 9
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
