package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// history makes commits over a file that grows, so that packs have deltas of
// deltas of it, and annotated tags.
func history(t *testing.T, format string, commits int) *testRepo {
	r := newRepo(t, "--object-format="+format)
	rnd := rand.New(rand.NewSource(1))
	var text strings.Builder
	for i := range commits {
		for range 50 {
			fmt.Fprintf(&text, "%d\n", rnd.Int63())
		}
		r.commit("a", text.String(), fmt.Sprintf("d%d/b", i), text.String()[i*10:])
		r.git("tag", "-m", fmt.Sprintf("tag %d", i), fmt.Sprintf("v0.%d.0", i))
	}
	return r
}

// compareObjects reads every object that git has, and compares kind and size;
// its content is compared by its name.
func compareObjects(t *testing.T, r *testRepo) {
	t.Helper()
	repo := r.open()
	list := r.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
	for line := range strings.SplitSeq(list, "\n") {
		hex, _, _ := strings.Cut(line, " ")
		id, err := ParseID(hex)
		checkErr(t, err, nil)
		kind, body, err := repo.object(id)
		checkErr(t, err, nil)
		if got := fmt.Sprintf("%s %s %d", hex, kind, len(body)); got != line {
			t.Errorf("got %s, want %s", got, line)
		}
	}
}

// TestObjects reads whole repositories in each way that git stores objects.
func TestObjects(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := history(t, format, 12)
			compareObjects(t, r) // loose
			r.git("repack", "-q", "-d")
			r.commit("a", "another pack")
			r.git("repack", "-q", "-d")
			r.git("multi-pack-index", "write")
			r.commit("a", "loose again")
			compareObjects(t, r)
			r.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f", "--depth=20")
			packs, err := filepath.Glob(filepath.Join(r.dir, ".git/objects/pack/*.idx"))
			if err != nil || len(packs) != 1 {
				t.Fatal(packs, err)
			}
			if out := r.git("verify-pack", "-v", packs[0]); !strings.Contains(out, "chain length = 2") {
				t.Fatal("git made no deltas of deltas")
			}
			compareObjects(t, r) // deltas by name
			r.git("repack", "-q", "-a", "-d", "-f", "--depth=20")
			compareObjects(t, r) // deltas by offset
			r.git("-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-f")
			if format == "sha1" {
				_, _, err := r.open().object(r.id("HEAD"))
				checkErr(t, err, ErrUnsupported)
			}
		})
	}
}

// TestLongOffsets reads an index with 8-byte offsets, which git makes on demand.
func TestLongOffsets(t *testing.T) {
	r := history(t, "sha1", 3)
	r.git("repack", "-q", "-a", "-d")
	packs, _ := filepath.Glob(filepath.Join(r.dir, ".git/objects/pack/*.pack"))
	idx := strings.TrimSuffix(packs[0], ".pack") + ".idx"
	if err := os.Remove(idx); err != nil {
		t.Fatal(err)
	}
	r.git("index-pack", "--index-version=2,0x40", "-o", idx, packs[0])
	repo := r.open()
	repo.openPacks()
	if p := repo.packs[0]; p.idxSize-p.longOffsets()-2*20 < 8 {
		t.Fatal("git wrote no long offsets")
	}
	compareObjects(t, r)
}

// TestUnreadablePacks has a pack that is broken, one that is alone and an object
// that is damaged, next to whole copies.
func TestUnreadablePacks(t *testing.T) {
	r := newRepo(t)
	id := r.commit("a", "1")
	loose := filepath.Join(r.dir, ".git/objects", id.String()[:2], id.String()[2:])
	whole, err := os.ReadFile(loose)
	checkErr(t, err, nil)
	r.write(".git/objects/pack/pack-x.idx", "nonsense")
	r.write(".git/objects/pack/pack-x.pack", "nonsense")
	r.write(".git/objects/pack/pack-y.idx", "alone")
	repo := r.open()
	_, err = repo.Commit(id)
	checkErr(t, err, nil)
	missing, _ := ParseID(strings.Repeat("12", 20))
	_, err = repo.Commit(missing)
	if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "pack-x") || !strings.Contains(err.Error(), "pack-y") {
		t.Errorf("unreadable packs, and the error is %v", err)
	}
	os.Remove(filepath.Join(r.dir, ".git/objects/pack/pack-x.idx"))
	os.Remove(filepath.Join(r.dir, ".git/objects/pack/pack-y.idx"))
	_, err = r.open().Commit(missing)
	checkErr(t, err, ErrNotFound)

	r.git("repack", "-q", "-a")
	os.Chmod(loose, 0o644)
	for _, broken := range [][]byte{nil, []byte("x"), whole[:len(whole)/2], append(slices.Clone(whole), 0)} {
		r.write(".git/objects/"+id.String()[:2]+"/"+id.String()[2:], string(broken))
		_, err = r.open().Commit(id) // in the pack
		checkErr(t, err, nil)
	}
	os.RemoveAll(filepath.Join(r.dir, ".git/objects/pack"))
	_, err = r.open().Commit(id)
	checkErr(t, err, ErrCorrupt)
}

// deflate returns the zlib stream of b.
func deflate(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// TestLoose has loose objects whose streams are wrong.
func TestLoose(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want error
	}{
		{"whole", deflate([]byte("blob 2\x00hi")), nil},
		{"empty", deflate([]byte("blob 0\x00")), nil},
		{"no stream", nil, ErrCorrupt},
		{"not zlib", []byte("blob 2\x00hi"), ErrCorrupt},
		{"bytes after", append(deflate([]byte("blob 2\x00hi")), 'x'), ErrCorrupt},
		{"no header", deflate([]byte("hi")), ErrCorrupt},
		{"long header", deflate([]byte(strings.Repeat("b", 40) + " 2\x00hi")), ErrCorrupt},
		{"other kind", deflate([]byte("note 2\x00hi")), ErrCorrupt},
		{"size too small", deflate([]byte("blob 1\x00hi")), ErrCorrupt},
		{"size too large", deflate([]byte("blob 3\x00hi")), ErrCorrupt},
		{"size with zeros", deflate([]byte("blob 02\x00hi")), ErrCorrupt},
		{"size negative", deflate([]byte("blob -2\x00hi")), ErrCorrupt},
		{"bomb", deflate(append([]byte("blob 1048576\x00"), make([]byte, 1<<20)...)), ErrLimit},
		{"cut off", deflate([]byte("blob 2\x00hi"))[:8], ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := parseLoose(tt.in, 1<<16)
			checkErr(t, err, tt.want)
		})
	}
}

// FuzzLoose holds that an object is as long as its header says.
func FuzzLoose(f *testing.F) {
	f.Add(deflate([]byte("blob 2\x00hi")))
	f.Add(deflate([]byte("tag 0\x00")))
	f.Fuzz(func(t *testing.T, in []byte) {
		kind, body, err := parseLoose(in, 1<<16)
		if err != nil {
			return
		}
		again, body2, err := parseLoose(deflate(fmt.Appendf(nil, "%s %d\x00%s", kind, len(body), body)), 1<<16)
		if err != nil || again != kind || !bytes.Equal(body, body2) {
			t.Errorf("%s %q: %v", kind, body, err)
		}
	})
}

// A packBuilder writes packs that git would not.
type packBuilder struct {
	data    bytes.Buffer
	names   []ID
	offsets []int64
}

func newPackBuilder() *packBuilder {
	b := new(packBuilder)
	b.data.WriteString("PACK\x00\x00\x00\x02....")
	return b
}

// add writes an object; base is what stands between its header and its stream.
func (b *packBuilder) add(id ID, typ byte, size int, base, body []byte) int64 {
	offset := int64(b.data.Len())
	c, n := typ<<4|byte(size&15), size>>4
	for n > 0 {
		b.data.WriteByte(c | 0x80)
		c, n = byte(n&0x7f), n>>7
	}
	b.data.WriteByte(c)
	b.data.Write(base)
	b.data.Write(deflate(body))
	b.names, b.offsets = append(b.names, id), append(b.offsets, offset)
	return offset
}

// open finishes the pack and returns it with its index.
func (b *packBuilder) open() (*pack, error) {
	data := slices.Clone(b.data.Bytes())
	binary.BigEndian.PutUint32(data[8:], uint32(len(b.names)))
	sum := sha1.Sum(data)
	data = append(data, sum[:]...)
	return openBytes(b.index(sum[:]), data)
}

func (b *packBuilder) index(packSum []byte) []byte {
	order := make([]int, len(b.names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return bytes.Compare(b.names[i].bytes(), b.names[j].bytes()) })
	out := []byte(idxMagic)
	for i := range 256 {
		n := uint32(0)
		for _, id := range b.names {
			if int(id.sum[0]) <= i {
				n++
			}
		}
		out = binary.BigEndian.AppendUint32(out, n)
	}
	for _, i := range order {
		out = append(out, b.names[i].bytes()...)
	}
	for range order {
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(nil))
	}
	for _, i := range order {
		out = binary.BigEndian.AppendUint32(out, uint32(b.offsets[i]))
	}
	out = append(out, packSum...)
	sum := sha1.Sum(out)
	return append(out, sum[:]...)
}

// openBytes opens an index and a pack that are in memory.
func openBytes(idx, data []byte) (*pack, error) {
	p := &pack{name: "pack", format: sha1Format, meter: &meter{max: 1 << 40}, idx: bytes.NewReader(idx), data: bytes.NewReader(data),
		idxSize: int64(len(idx)), dataSize: int64(len(data))}
	return p, p.readHeaders()
}

// fakeID returns one of many names.
func fakeID(n int) ID {
	sum := sha1.Sum(fmt.Append(nil, n))
	return newID(sum[:])
}

// read looks up an object as a Repository does.
func (p *pack) read(id ID, l limits) (string, []byte, error) {
	offset, ok, err := p.find(id)
	if err == nil && !ok {
		err = ErrNotFound
	}
	if err != nil {
		return "", nil, err
	}
	return p.object(offset, l)
}

// TestCraftedPacks has packs whose checksums are right and whose content is not.
func TestCraftedPacks(t *testing.T) {
	a, b, c := fakeID(1), fakeID(2), fakeID(3)
	small := limits{object: 1 << 16, work: 1 << 18, deltas: 10}
	same := []byte{2, 2, 2, 'h', 'i'} // a delta from any two bytes to "hi"
	tests := []struct {
		name  string
		build func(p *packBuilder)
		want  error
	}{
		{"whole", func(p *packBuilder) { p.add(a, 3, 2, nil, []byte("hi")) }, nil},
		{"delta by name", func(p *packBuilder) {
			p.add(a, 7, 5, b.bytes(), same)
			p.add(b, 3, 2, nil, []byte("ho"))
		}, nil},
		{"delta by offset", func(p *packBuilder) {
			back := p.add(b, 3, 2, nil, []byte("ho"))
			p.add(a, 6, 5, []byte{byte(int64(p.data.Len()) - back)}, same)
		}, nil},
		{"delta of itself", func(p *packBuilder) { p.add(a, 7, 5, a.bytes(), same) }, ErrCorrupt},
		{"three deltas in a circle", func(p *packBuilder) {
			p.add(a, 7, 5, b.bytes(), same)
			p.add(b, 7, 5, c.bytes(), same)
			p.add(c, 7, 5, a.bytes(), same)
		}, ErrCorrupt},
		{"base missing", func(p *packBuilder) { p.add(a, 7, 5, b.bytes(), same) }, ErrCorrupt},
		{"base at itself", func(p *packBuilder) { p.add(a, 6, 5, []byte{0}, same) }, ErrCorrupt},
		{"base before the pack", func(p *packBuilder) { p.add(a, 6, 5, []byte{100}, same) }, ErrCorrupt},
		{"base offset without end", func(p *packBuilder) {
			p.add(a, 6, 5, bytes.Repeat([]byte{0xff}, 20), same)
		}, ErrCorrupt},
		{"many deltas", func(p *packBuilder) {
			p.add(fakeID(100), 3, 2, nil, []byte("ho"))
			for i := range 11 {
				p.add(fakeID(101+i), 7, 5, fakeID(100+i).bytes(), same)
			}
			p.add(a, 7, 5, fakeID(111).bytes(), same)
		}, ErrLimit},
		{"reserved type", func(p *packBuilder) { p.add(a, 5, 2, nil, []byte("hi")) }, ErrCorrupt},
		{"type zero", func(p *packBuilder) { p.add(a, 0, 2, nil, []byte("hi")) }, ErrCorrupt},
		{"too small", func(p *packBuilder) { p.add(a, 3, 1, nil, []byte("hi")) }, ErrCorrupt},
		{"too large", func(p *packBuilder) { p.add(a, 3, 3, nil, []byte("hi")) }, ErrCorrupt},
		{"size of terabytes", func(p *packBuilder) { p.add(a, 3, 1<<40, nil, []byte("hi")) }, ErrLimit},
		{"size that the rest cannot hold", func(p *packBuilder) { p.add(a, 3, 60000, nil, []byte("hi")) }, ErrCorrupt},
		{"size without end", func(p *packBuilder) {
			p.data.Write(bytes.Repeat([]byte{0xff}, 20))
			p.names, p.offsets = append(p.names, a), append(p.offsets, 12)
		}, ErrCorrupt},
		{"offset outside", func(p *packBuilder) {
			p.add(a, 3, 2, nil, []byte("hi"))
			p.offsets[0] = 1 << 20
		}, ErrCorrupt},
		{"offset in the header", func(p *packBuilder) {
			p.add(a, 3, 2, nil, []byte("hi"))
			p.offsets[0] = 4
		}, ErrCorrupt},
		{"no such long offset", func(p *packBuilder) {
			p.add(a, 3, 2, nil, []byte("hi"))
			p.offsets[0] = 1<<31 | 7
		}, ErrCorrupt},
		{"deltas that grow", func(p *packBuilder) {
			p.add(fakeID(100), 3, 60000, nil, make([]byte, 60000))
			grow := append([]byte{0xe0, 0xd4, 3, 0xe0, 0xd4, 3}, 0xb0, 0x60, 0xea)
			for i := range 8 {
				p.add(fakeID(101+i), 7, len(grow), fakeID(100+i).bytes(), grow)
			}
			p.add(a, 7, len(grow), fakeID(108).bytes(), grow)
		}, ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			builder := newPackBuilder()
			tt.build(builder)
			p, err := builder.open()
			checkErr(t, err, nil)
			_, body, err := p.read(a, small)
			checkErr(t, err, tt.want)
			if err == nil && string(body) != "hi" {
				t.Errorf("got %q", body)
			}
		})
	}
}

// TestPackHeaders has indexes and packs that do not fit each other.
func TestPackHeaders(t *testing.T) {
	good := newPackBuilder()
	for i := range 3 {
		good.add(fakeID(i), 3, 2, nil, []byte("hi"))
	}
	data := slices.Clone(good.data.Bytes())
	data[11], data[10], data[9], data[8] = 3, 0, 0, 0
	sum := sha1.Sum(data)
	data = append(data, sum[:]...)
	idx := good.index(sum[:])
	if _, err := openBytes(idx, data); err != nil {
		t.Fatal(err)
	}
	set := func(b []byte, at int, v byte) []byte {
		b = slices.Clone(b)
		b[at] = v
		return b
	}
	tests := []struct {
		name      string
		idx, data []byte
		want      error
	}{
		{"empty index", nil, data, ErrCorrupt},
		{"empty pack", idx, nil, ErrCorrupt},
		{"index cut off", idx[:len(idx)-1], data, ErrCorrupt},
		{"index too long", append(slices.Clone(idx), 1), data, ErrCorrupt},
		{"index of version 1", idx[8:], data, ErrUnsupported},
		{"index of version 3", set(idx, 7, 3), data, ErrUnsupported},
		{"2^31 objects", set(idx, 8+255*4, 0x80), data, ErrCorrupt},
		{"fanout falls", set(idx, 8+3, 200), data, ErrCorrupt},
		{"another count", idx, set(data, 11, 4), ErrCorrupt},
		{"another pack", idx, set(data, len(data)-1, data[len(data)-1]^1), ErrCorrupt},
		{"pack of version 4", idx, set(data, 7, 4), ErrUnsupported},
		{"no pack", idx, set(data, 0, 'K'), ErrUnsupported},
		{"only a header", idx, data[:12], ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openBytes(tt.idx, tt.data)
			checkErr(t, err, tt.want)
		})
	}
}

// TestFlippedBytes changes each byte of a pack and its index, one at a time. An
// object is then read as it was or there is an error.
func TestFlippedBytes(t *testing.T) {
	r := newRepo(t)
	long := strings.Repeat("a line that repeats\n", 20)
	r.commit("a", long)
	r.commit("a", long+"more\n")
	r.git("tag", "-m", "m", "v1")
	for _, option := range []string{"true", "false"} {
		r.git("-c", "repack.useDeltaBaseOffset="+option, "repack", "-q", "-a", "-d", "-f")
		packs, _ := filepath.Glob(filepath.Join(r.dir, ".git/objects/pack/*.pack"))
		data, err := os.ReadFile(packs[0])
		checkErr(t, err, nil)
		idx, err := os.ReadFile(strings.TrimSuffix(packs[0], ".pack") + ".idx")
		checkErr(t, err, nil)
		if out := r.git("verify-pack", "-v", packs[0]); !strings.Contains(out, "chain length = 1") {
			t.Fatalf("no delta in %s", out)
		}
		want := map[ID]string{}
		for hex := range strings.SplitSeq(r.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)"), "\n") {
			id, _ := ParseID(hex)
			want[id] = ""
		}
		if errs := readAll(t, idx, data, want); errs != 0 {
			t.Fatalf("%d errors in a whole pack", errs)
		}
		seen := 0
		for _, file := range [][]byte{idx, data} {
			for i := range file {
				for _, bits := range []byte{0xff, 0x01, 0x80} {
					file[i] ^= bits
					seen += readAll(t, idx, data, want)
					file[i] ^= bits
				}
			}
		}
		if seen < len(data) {
			t.Errorf("only %d errors for %d bytes", seen, len(idx)+len(data))
		}
	}
}

// readAll reads every object of want through the checks of a Repository and
// counts the errors. Content that has not its name fails the test.
func readAll(t *testing.T, idx, data []byte, want map[ID]string) (errs int) {
	t.Helper()
	p, err := openBytes(idx, data)
	if err != nil {
		return len(want)
	}
	repo := &Repository{format: sha1Format, packs: []*pack{p}, packsRead: true, limits: defaultLimits()}
	for id := range want {
		kind, body, err := repo.packedObject(id)
		if err != nil {
			errs++
			continue
		}
		if sha1Format.hash(kind, body) != id {
			t.Fatalf("object %v is %s %q", id, kind, body)
		}
	}
	return errs
}

// TestMeter reads one object again and again.
func TestMeter(t *testing.T) {
	r := newRepo(t)
	id := r.commit("a", "1")
	for _, state := range []string{"loose", "packed"} {
		l := defaultLimits()
		l.total = 10 * (costEntry + 1000)
		repo, err := open(r.dir, l)
		checkErr(t, err, nil)
		defer repo.Close()
		for range 5 {
			_, err = repo.Commit(id)
			checkErr(t, err, nil)
		}
		for range 20 {
			_, err = repo.Commit(id)
		}
		if checkErr(t, err, ErrLimit); repo.meter.spent < l.total {
			t.Errorf("%s: got %d", state, repo.meter.spent)
		}
		r.git("repack", "-q", "-a", "-d")
	}
}

// FuzzPack holds that what comes out of a pack has its name.
func FuzzPack(f *testing.F) {
	b := newPackBuilder()
	body := []byte("hi")
	b.add(sha1Format.hash(kindBlob, body), 3, 2, nil, body)
	b.add(sha1Format.hash(kindBlob, []byte("ho")), 7, 5, b.names[0].bytes(), []byte{2, 2, 2, 'h', 'o'})
	data := slices.Clone(b.data.Bytes())
	binary.BigEndian.PutUint32(data[8:], 2)
	sum := sha1.Sum(data)
	f.Add(b.index(sum[:]), append(data, sum[:]...))
	f.Fuzz(func(t *testing.T, idx, data []byte) {
		want := map[ID]string{}
		for _, id := range b.names {
			want[id] = ""
		}
		readAll(t, idx, data, want)
		p, err := openBytes(idx, data)
		if err != nil {
			return
		}
		for i := range min(p.count, 20) {
			offset, err := p.offset(i)
			if err != nil {
				continue
			}
			if _, err := p.entry(offset); err == nil && (offset < 12 || offset >= p.end()) {
				t.Errorf("object %d is at %d of %d", i, offset, p.dataSize)
			}
		}
		for offset := range min(p.dataSize, 100) {
			_, body, err := p.object(offset, limits{object: 1 << 16, work: 1 << 20, deltas: 50})
			if err == nil && len(body) > 1<<16 {
				t.Errorf("%d bytes", len(body))
			}
		}
	})
}

func TestApplyDelta(t *testing.T) {
	base := []byte("0123456789")
	tests := []struct {
		name, delta, want string
		wantErr           error
	}{
		{"insert", "\x0a\x02\x02hi", "hi", nil},
		{"copy", "\x0a\x04\x91\x02\x04", "2345", nil},
		{"copy from 0", "\x0a\x04\x90\x04", "0123", nil},
		{"both", "\x0a\x05\x90\x04\x01x", "0123x", nil},
		{"to nothing", "\x0a\x00", "", nil},
		{"other base", "\x0b\x02\x02hi", "", ErrCorrupt},
		{"too short", "\x0a\x03\x02hi", "", ErrCorrupt},
		{"too long", "\x0a\x01\x02hi", "", ErrCorrupt},
		{"reserved", "\x0a\x02\x00hi", "", ErrCorrupt},
		{"insert cut off", "\x0a\x05\x05hi", "", ErrCorrupt},
		{"copy cut off", "\x0a\x05\x91\x02", "", ErrCorrupt},
		{"copy beyond", "\x0a\x05\x91\x08\x05", "", ErrCorrupt},
		{"copy of 64 KiB", "\x0a\x80\x80\x04\x80", "", ErrCorrupt},
		{"copy far out", "\x0a\x01\xff\xff\xff\xff\xff\xff\xff\xff", "", ErrCorrupt},
		{"result too large", "\x0a\xff\xff\xff\x7f\x90\x04", "", ErrLimit},
		{"size without end", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "", ErrCorrupt},
		{"empty", "", "", ErrCorrupt},
		{"one size", "\x0a", "", ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := applyDelta(base, []byte(tt.delta), 1<<20)
			checkErr(t, err, tt.wantErr)
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzApplyDelta holds that a result has the size that the delta says, and that
// its bytes are in the base or in the delta.
func FuzzApplyDelta(f *testing.F) {
	f.Add([]byte("0123456789"), []byte("\x0a\x05\x90\x04\x01x"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		out, err := applyDelta(base, delta, 1<<16)
		if err != nil {
			return
		}
		d := deltaReader{in: delta}
		d.size()
		if size, _ := d.size(); int64(len(out)) != size || size > 1<<16 {
			t.Errorf("%d bytes, not %d", len(out), size)
		}
		var have [256]bool
		for _, c := range append(slices.Clone(base), delta...) {
			have[c] = true
		}
		for _, c := range out {
			if !have[c] {
				t.Errorf("byte %#x is from nowhere", c)
			}
		}
	})
}
