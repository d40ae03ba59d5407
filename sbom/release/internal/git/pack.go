package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// packedObject looks an object up in every pack. The error is ErrNotFound
// if all packs could be searched and none has it.
func (r *Repository) packedObject(id ID) (kind string, body []byte, err error) {
	r.openPacks()
	errs := []error{r.packsErr}
	for _, p := range r.packs {
		offset, ok, err := p.find(id)
		if err == nil && !ok {
			continue
		}
		if err == nil {
			kind, body, err = p.object(offset, r.limits)
		}
		if err == nil {
			err = r.format.check(id, kind, body)
		}
		if err == nil {
			return kind, body, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
	}
	if err := errors.Join(errs...); err != nil {
		return "", nil, err
	}
	return "", nil, ErrNotFound
}

// openPacks opens the index of every pack. A multi-pack-index repeats them, so
// it is not read.
func (r *Repository) openPacks() {
	if r.packsRead {
		return
	}
	r.packsRead = true
	entries, err := readDir(r.common, "objects/pack")
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	errs := []error{err}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".idx")
		if !ok {
			continue
		}
		if len(r.packs) == r.limits.packs {
			errs = append(errs, fmt.Errorf("more than %d packs: %w", r.limits.packs, ErrLimit))
			break
		}
		p, err := openPack(r.common, "objects/pack/"+name, r.format, &r.meter)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		r.packs = append(r.packs, p)
	}
	r.packsErr = errors.Join(errs...)
}

// A pack is a pack file and its index, which stay on disk.
type pack struct {
	name   string
	format format
	meter  *meter
	count  int64 // objects
	fanout [256]uint32

	idx, data         io.ReaderAt
	idxSize, dataSize int64
	files             []*os.File
}

// openPack opens base.idx and base.pack.
func openPack(root *os.Root, base string, f format, m *meter) (*pack, error) {
	idx, idxSize, err := openRegular(root, base+".idx")
	if err != nil {
		return nil, err
	}
	data, dataSize, err := openRegular(root, base+".pack")
	if err != nil {
		idx.Close()
		return nil, err
	}
	p := &pack{name: base, format: f, meter: m, idx: idx, data: data, idxSize: idxSize, dataSize: dataSize,
		files: []*os.File{idx, data}}
	if err := p.readHeaders(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pack) close() error {
	var errs []error
	for _, f := range p.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// An index of version 2 is, with n bytes to a name (gitformat-pack):
//
//	0     ff 't' 'O' 'c', version 2
//	8     fanout: 256 × uint32, objects whose first byte is at most i
//	1032  names: count × n, sorted
//	      CRC-32 of the packed bytes: count × uint32
//	      offsets: count × uint32; the top bit says: index into the next table
//	      offsets of 8 bytes
//	      the pack's checksum: n; the index's own: n
//
// A pack is "PACK", version 2 (or 3), count, the objects and the checksum.
const (
	idxMagic  = "\xfftOc\x00\x00\x00\x02"
	idxHeader = 8 + 256*4
)

// readHeaders checks that the index and the pack belong together and that the
// tables of the index lie in the file.
func (p *pack) readHeaders() error {
	head, err := readAt(p.idx, 0, idxHeader)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if string(head[:8]) != idxMagic {
		return fmt.Errorf("index: not of version 2: %w", ErrUnsupported)
	}
	last := uint32(0)
	for i := range p.fanout {
		p.fanout[i] = binary.BigEndian.Uint32(head[8+4*i:])
		if p.fanout[i] < last {
			return fmt.Errorf("index: fanout %d falls: %w", i, ErrCorrupt)
		}
		last = p.fanout[i]
	}
	p.count = int64(last)
	long := p.idxSize - p.longOffsets() - 2*int64(p.format.size)
	if long < 0 || long%8 != 0 || long/8 > p.count {
		return fmt.Errorf("index: %d objects in %d bytes: %w", p.count, p.idxSize, ErrCorrupt)
	}
	return p.checkPair()
}

// checkPair compares the count and checksum that index and pack both have.
func (p *pack) checkPair() error {
	n := int64(p.format.size)
	head, err := readAt(p.data, 0, 12)
	if err != nil {
		return err
	}
	version := binary.BigEndian.Uint32(head[4:])
	if string(head[:4]) != "PACK" || version != 2 && version != 3 {
		return fmt.Errorf("not a pack of version 2 or 3: %w", ErrUnsupported)
	}
	if got := binary.BigEndian.Uint32(head[8:]); int64(got) != p.count {
		return fmt.Errorf("%d objects, %d in the index: %w", got, p.count, ErrCorrupt)
	}
	if p.dataSize < 12+n {
		return fmt.Errorf("%d bytes: %w", p.dataSize, ErrCorrupt)
	}
	sum, err := readAt(p.data, p.dataSize-n, n)
	if err != nil {
		return err
	}
	want, err := readAt(p.idx, p.idxSize-2*n, n)
	if err != nil {
		return err
	}
	if !bytes.Equal(sum, want) {
		return fmt.Errorf("the index is of another pack: %w", ErrCorrupt)
	}
	return nil
}

func (p *pack) offsets() int64     { return idxHeader + p.count*int64(p.format.size+4) }
func (p *pack) longOffsets() int64 { return p.offsets() + p.count*4 }

// find returns the offset of an object in the pack.
func (p *pack) find(id ID) (offset int64, ok bool, err error) {
	n := int64(p.format.size)
	if int64(id.size) != n {
		return 0, false, nil
	}
	first := id.sum[0]
	lo, hi := int64(0), int64(p.fanout[first])
	if first > 0 {
		lo = int64(p.fanout[first-1])
	}
	for lo < hi {
		if err := p.meter.spend(costProbe); err != nil {
			return 0, false, err
		}
		mid := (lo + hi) / 2
		name, err := readAt(p.idx, idxHeader+mid*n, n)
		if err != nil {
			return 0, false, err
		}
		switch c := bytes.Compare(name, id.bytes()); {
		case c < 0:
			lo = mid + 1
		case c > 0:
			hi = mid
		default:
			offset, err = p.offset(mid)
			return offset, err == nil, err
		}
	}
	return 0, false, nil
}

// offset returns where object i of the index begins in the pack, if entry finds
// that to be in it.
func (p *pack) offset(i int64) (int64, error) {
	b, err := readAt(p.idx, p.offsets()+4*i, 4)
	if err != nil {
		return 0, err
	}
	offset := int64(binary.BigEndian.Uint32(b))
	if offset&(1<<31) != 0 {
		j := offset &^ (1 << 31)
		if j >= (p.idxSize-p.longOffsets()-2*int64(p.format.size))/8 {
			return 0, fmt.Errorf("index: object %d: no long offset %d: %w", i, j, ErrCorrupt)
		}
		if b, err = readAt(p.idx, p.longOffsets()+8*j, 8); err != nil {
			return 0, err
		}
		offset = int64(binary.BigEndian.Uint64(b))
	}
	return offset, nil
}

// end returns where the objects end.
func (p *pack) end() int64 { return p.dataSize - int64(p.format.size) }

// The types of packed objects: four kinds and two deltas.
const (
	typeOffsetDelta = 6
	typeRefDelta    = 7
)

var packKinds = [8]string{1: kindCommit, 2: kindTree, 3: kindBlob, 4: kindTag}

// A packEntry is the header of an object in a pack: its type and inflated
// size, for a delta where its base is, and where its zlib stream begins.
//
//	1ttt ssss  0sss ssss    type, size from its low bits up
type packEntry struct {
	typ        byte
	size       int64
	base, data int64
}

// entry reads the header at offset.
func (p *pack) entry(offset int64) (packEntry, error) {
	var buf [64]byte // a size and an offset of 10 bytes each at most, or a name
	n := min(int64(len(buf)), p.end()-offset)
	if offset < 12 || n <= 0 {
		return packEntry{}, fmt.Errorf("offset %d: outside the pack: %w", offset, ErrCorrupt)
	}
	if _, err := p.data.ReadAt(buf[:n], offset); err != nil && err != io.EOF {
		return packEntry{}, err
	}
	e, used, err := p.parseEntry(buf[:n], offset)
	if err != nil {
		return packEntry{}, fmt.Errorf("offset %d: %w", offset, err)
	}
	e.data = offset + int64(used)
	return e, nil
}

func (p *pack) parseEntry(b []byte, offset int64) (e packEntry, used int, err error) {
	e.typ = b[0] >> 4 & 7
	e.size = int64(b[0] & 15)
	more, used := b[0]&0x80 != 0, 1
	for shift := 4; more; shift += 7 {
		if used == len(b) || shift > 53 {
			return e, 0, fmt.Errorf("its size does not end: %w", ErrCorrupt)
		}
		e.size |= int64(b[used]&0x7f) << shift
		more = b[used]&0x80 != 0
		used++
	}
	b = b[used:]
	switch e.typ {
	case typeOffsetDelta:
		back, n := offsetVarint(b)
		if n == 0 || back <= 0 || back > offset-12 {
			return e, 0, fmt.Errorf("its base is outside the pack: %w", ErrCorrupt)
		}
		e.base = offset - back
		return e, used + n, nil
	case typeRefDelta:
		if len(b) < p.format.size {
			return e, 0, fmt.Errorf("no name of its base: %w", ErrCorrupt)
		}
		base, ok, err := p.find(newID(b[:p.format.size]))
		if err == nil && !ok {
			err = fmt.Errorf("its base is not in the pack: %w", ErrCorrupt)
		}
		e.base = base
		return e, used + p.format.size, err
	}
	if packKinds[e.typ] == "" {
		return e, 0, fmt.Errorf("type %d: %w", e.typ, ErrCorrupt)
	}
	return e, used, nil
}

// offsetVarint reads the distance of a base: 7 bits a byte, high bits first,
// and one added for each byte that follows. It returns n = 0 if b has no end of
// it.
func offsetVarint(b []byte) (v int64, n int) {
	for i, c := range b {
		if i > 8 {
			break
		}
		if i > 0 {
			v++
		}
		v = v<<7 | int64(c&0x7f)
		if c&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}

// object reads the object at offset. It follows the deltas down to an object
// that is whole, then applies them on the way back, and stops at a cycle or
// when the chain, an object or all of them together are over a limit.
func (p *pack) object(offset int64, l limits) (kind string, body []byte, err error) {
	var deltas []packEntry
	seen := map[int64]bool{offset: true}
	e, err := p.entry(offset)
	for err == nil && packKinds[e.typ] == "" {
		if len(deltas) == l.deltas {
			return "", nil, fmt.Errorf("offset %d: more than %d deltas: %w", offset, l.deltas, ErrLimit)
		}
		if seen[e.base] {
			return "", nil, fmt.Errorf("offset %d: the deltas go in a circle: %w", offset, ErrCorrupt)
		}
		seen[e.base] = true
		deltas = append(deltas, e)
		e, err = p.entry(e.base)
	}
	if err != nil {
		return "", nil, err
	}
	if body, err = p.inflate(e, l.object); err != nil {
		return "", nil, err
	}
	work := int64(len(body))
	for i := len(deltas) - 1; i >= 0; i-- {
		delta, err := p.inflate(deltas[i], l.object)
		if err == nil {
			body, err = applyDelta(body, delta, l.object)
		}
		if err == nil {
			err = p.meter.spend(int64(len(body)))
		}
		if err != nil {
			return "", nil, err
		}
		if work += int64(len(delta) + len(body)); work > l.work {
			return "", nil, fmt.Errorf("offset %d: more than %d bytes of deltas: %w", offset, l.work, ErrLimit)
		}
	}
	return packKinds[e.typ], body, nil
}

// inflate reads the zlib stream of an entry. Deflate makes at most 1032 bytes
// of one.
func (p *pack) inflate(e packEntry, max int64) ([]byte, error) {
	if e.size > max {
		return nil, fmt.Errorf("offset %d: %d bytes: %w", e.data, e.size, ErrLimit)
	}
	if err := p.meter.spend(costEntry + e.size); err != nil {
		return nil, err
	}
	left := p.end() - e.data
	if left <= 0 || e.size/1032 > left {
		return nil, fmt.Errorf("offset %d: %d bytes in %d: %w", e.data, e.size, left, ErrCorrupt)
	}
	b, err := inflate(io.NewSectionReader(p.data, e.data, left), e.size)
	if err != nil {
		return nil, fmt.Errorf("offset %d: %w", e.data, err)
	}
	return b, nil
}

// readAt reads n bytes at offset.
func readAt(r io.ReaderAt, offset, n int64) ([]byte, error) {
	b := make([]byte, n)
	if m, err := r.ReadAt(b, offset); int64(m) < n {
		if err == io.EOF {
			err = ErrCorrupt
		}
		return nil, fmt.Errorf("offset %d: %d bytes: %w", offset, n, err)
	}
	return b, nil
}
