package inflate

import (
	"io"
	"sync"
	"sync/atomic"
)

// To decode from the midst of a stream one must know where a block begins and
// what the window is before it.
//
// Where a block begins is guessed: see find.go. A chunk of the stream is used
// only if it begins at the very bit where what is before it ended, so that a
// wrong guess costs time and nothing else.
//
// The window is not known. So the output is of 16 bits at first: a byte, or
// where a match reaches back into the window, a marker that says to which of
// its bytes. Matches copy markers like bytes. When the window has moved on to
// 32 KiB without a marker the rest is decoded to bytes. The markers are
// replaced when all before the chunk is known.
//
// Whatever is between two chunks that can be used is decoded by the one
// decoder that a Reader has anyway. It finds all errors too: of a chunk only
// whole blocks are used, and those before an error.
const marker = 1 << 15

const (
	// maxMemory bounds the output that all chunks of a stream hold.
	maxMemory = 64 << 20

	// maxCores leaves each of their chunks enough of it.
	maxCores = 16

	// maxExpansion is how many times longer than DEFLATE data their output
	// may be: a match of 258 bytes takes two bits.
	maxExpansion = 1032

	// minChunk is how many bytes of the stream a chunk has at least, unless all
	// chunks have fewer: several blocks.
	minChunk = 128 << 10

	// maxWasted is how many more chunks than those used may come to nothing
	// until no more are tried.
	maxWasted = 4
)

// chunkMemory returns what a chunk may hold in markers, and as much in bytes.
// There is one more chunk than cores, the one being read.
func chunkMemory(cores int) int { return maxMemory / (cores + 1) / 2 }

// chunkSize returns into how long chunks to cut a stream. Few data are packed
// to less than a fifth.
func chunkSize(cores int) int { return chunkMemory(cores) / 5 }

// A place is where a block begins. For a stored block that is not the last it
// is the byte where its length is: one cannot see how many of the zeros
// before that are padding.
type place struct {
	bit    int64
	stored bool
}

// A chunk is a part of the stream, first to be decoded and then decoded.
type chunk struct {
	from, to int64 // bits between which its first block begins
	known    bool  // it begins with the first block of all

	ok     bool // it has blocks
	start  place
	end    place // where its last block ends, at or after to
	final  bool  // its last block is that of a member
	marked []uint16
	plain  []byte // what follows marked
	blocks int    // how many were decoded
	good   int    // how much output they have
	failed bool   // there was an error after them

	done   chan struct{} // closed when it is decoded
	cancel atomic.Bool   // it will not be used
}

// A parallel decodes a stream on several cores. A chunk ends where a member does;
// what else is in its part of the stream is decoded between chunks.
type parallel struct {
	d *decoder[byte] // decodes what no chunk has; its window is the current one

	src   io.ReaderAt
	size  int64
	chunk int64 // in bits

	at      place // the end of the output so far, if between blocks
	between bool
	stale   bool // the input of d is not there yet

	next   int64 // where the next chunk is to begin
	queue  []*chunk
	free   []*chunk
	cores  int
	jobs   chan *chunk
	group  sync.WaitGroup
	cur    *chunk // the chunk being read, of which are left
	marked []uint16
	plain  []byte
	bytes  [outSize]byte
	lookup [1 << 16]byte // what the 16 bits of its marked output mean

	used, wasted int // chunks
}

// newParallel returns a parallel that goes on from where d is: at the first
// block of a member, in the first size bytes of src.
func newParallel(d *decoder[byte], src io.ReaderAt, size int64, cores, chunkSize int) *parallel {
	p := &parallel{d: d, src: src, size: size, chunk: int64(chunkSize) * 8, cores: cores}
	p.next = d.bit()
	p.jobs = make(chan *chunk, cores)
	for i := range 1 << 8 {
		p.lookup[i] = byte(i)
	}
	p.group.Add(cores)
	for range cores {
		go p.work()
	}
	p.begin(true)
	return p
}

// begin goes on from where d is, at the first block of a member. It tells whether
// that is known to be where the next chunk begins.
func (p *parallel) begin(known bool) {
	p.at, p.between = p.d.place(), true
	p.schedule(known)
}

// stop ends the goroutines and waits for them.
func (p *parallel) stop() {
	for _, c := range p.queue {
		c.cancel.Store(true)
	}
	p.queue = nil
	close(p.jobs)
	p.group.Wait()
}

// schedule keeps the queue full, unless too many chunks came to nothing.
func (p *parallel) schedule(known bool) {
	for len(p.queue) < p.cores && p.next < p.size*8 && p.wasted <= p.used+maxWasted {
		c := &chunk{from: p.next, known: known, done: make(chan struct{})}
		c.to = p.next + p.width()
		c.marked, c.plain = p.buffers()
		p.next, known = c.to, false
		p.queue = append(p.queue, c)
		p.jobs <- c
	}
}

// width returns how many bits the next chunk has: fewer near the end of the stream,
// so that no core is idle for long when it comes.
func (p *parallel) width() int64 {
	left := p.size*8 - p.next
	return min(p.chunk, max(left/int64(2*p.cores), minChunk*8))
}

// buffers returns the buffers of a chunk that is no more needed, or new ones.
// They never grow: a chunk ends early when one of them is full. What is never
// used of them costs nothing but addresses.
func (p *parallel) buffers() ([]uint16, []byte) {
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c.marked[:0], c.plain[:0]
	}
	n := chunkMemory(p.cores)
	if p.size < maxMemory/maxExpansion {
		n = min(n, 4*outSize+maxExpansion*int(p.size))
	}
	return make([]uint16, 0, n/2), make([]byte, 0, n)
}

// drop takes the first chunk from the queue.
func (p *parallel) drop() *chunk {
	c := p.queue[0]
	p.queue = p.queue[1:]
	return c
}

// read returns the next piece of the output, as decoder.next does.
func (p *parallel) read() ([]byte, error) {
	for {
		if p.cur == nil && p.between {
			p.match()
		}
		if p.cur == nil {
			return p.readBetween()
		}
		if b := p.piece(); len(b) > 0 {
			p.d.remember(b)
			return b, nil
		}
		c := p.cur
		p.free = append(p.free, c)
		p.cur, p.at, p.stale = nil, c.end, true
		if c.final {
			p.resume()
			return nil, io.EOF
		}
		p.schedule(false)
	}
}

// readBetween decodes a piece that is in no chunk, at most to the end of the
// block.
func (p *parallel) readBetween() ([]byte, error) {
	p.resume()
	p.d.slide()
	start := p.d.o
	for p.d.err == nil && p.d.o < fullOutput {
		p.d.step()
		if p.between = p.d.state == betweenBlocks && !p.d.final; p.between {
			p.at = p.d.place()
			break
		}
	}
	return p.d.out[start:p.d.o], p.d.err
}

// resume moves the input of d to where the output is.
func (p *parallel) resume() {
	if !p.stale {
		return
	}
	p.stale = false
	p.d.seek(p.src, p.size, p.at.bit)
	if p.at.stored {
		p.d.readStored()
	}
}

// match makes that chunk current that begins where the output ends, if there
// is one. It waits for chunks that are not decoded yet.
func (p *parallel) match() {
	for len(p.queue) > 0 && p.queue[0].from <= p.at.bit {
		c := p.queue[0]
		if p.at.bit >= c.to {
			c.cancel.Store(true)
		}
		<-c.done
		if c.ok && c.start.bit > p.at.bit {
			return
		}
		p.drop()
		if c.ok && c.start == p.at && p.translate(c) {
			p.cur, p.marked, p.plain = c, c.marked, c.plain
			p.used++
			p.schedule(false)
			return
		}
		p.wasted++
		p.free = append(p.free, c)
		p.schedule(false)
	}
}

// translate prepares lookup for c. It reports whether the window has all that
// the markers of c refer to.
func (p *parallel) translate(c *chunk) bool {
	w := p.d.out[max(0, p.d.o-windowSize):p.d.o]
	if missing := uint16(windowSize - len(w)); missing > 0 {
		for _, v := range c.marked {
			if v >= marker && v-marker < missing {
				return false
			}
		}
	}
	copy(p.lookup[1<<16-len(w):], w)
	return true
}

// piece returns the next piece of the current chunk.
func (p *parallel) piece() []byte {
	if n := min(len(p.marked), len(p.bytes)); n > 0 {
		for i, v := range p.marked[:n] {
			p.bytes[i] = p.lookup[v]
		}
		p.marked = p.marked[n:]
		return p.bytes[:n]
	}
	b := p.plain
	p.plain = nil
	return b
}

// remember makes b, which was decoded elsewhere, the end of the window.
func (d *decoder[T]) remember(b []T) {
	b = b[max(0, len(b)-windowSize):]
	keep := min(d.o, windowSize-len(b))
	copy(d.out[:], d.out[d.o-keep:d.o])
	d.o = keep + copy(d.out[keep:], b)
}

// A worker decodes chunks.
type worker struct {
	*parallel
	marked decoder[uint16]
	plain  decoder[byte]
}

func (p *parallel) work() {
	defer p.group.Done()
	w := &worker{parallel: p}
	w.marked.out, w.plain.out = new(buffer[uint16]), new(buffer[byte])
	for c := range p.jobs {
		w.decode(c)
		close(c.done)
	}
}

// decode finds where c begins and decodes it.
func (w *worker) decode(c *chunk) {
	if c.known {
		w.plain.seek(w.src, w.size, c.from)
		w.plain.o = 0
		c.start = w.plain.place()
		w.decodePlain(c)
		c.ok = c.keep(1)
		return
	}
	for _, find := range []func(*input, int64) (place, bool){findStored, findDynamic} {
		at := c.from
		for range maxGuesses {
			var ok bool
			w.marked.seek(w.src, w.size, at)
			c.start, ok = find(&w.marked.input, c.to)
			if !ok || c.cancel.Load() {
				break
			}
			w.decodeMarked(c)
			far := len(c.marked)+len(c.plain) > maxGuess
			if c.ok = c.keep(2); c.ok || far || c.cancel.Load() {
				return
			}
			at = c.start.bit + 1
		}
	}
}

// decodeMarked decodes c, after the header of its first block.
func (w *worker) decodeMarked(c *chunk) {
	d := &w.marked
	for i := range windowSize {
		d.out[i] = marker | uint16(i)
	}
	d.o = windowSize
	looked := 0 // for markers, so often that it costs little
	for more := true; more; {
		d.slide()
		start := d.o
		d.step()
		c.marked = append(c.marked, d.out[start:d.o]...)
		more = c.more(&d.input)
		if len(c.marked)-looked < windowSize {
			continue
		}
		looked = len(c.marked)
		if more && w.unmark() {
			w.decodePlain(c)
			return
		}
	}
}

// unmark moves on to the plain decoder if the window has no marker.
func (w *worker) unmark() bool {
	window := w.marked.out[w.marked.o-windowSize : w.marked.o]
	for i := len(window) - 1; i >= 0; i-- {
		if window[i] >= marker {
			return false
		}
		w.plain.out[i] = byte(window[i])
	}
	w.plain.o = windowSize
	w.plain.input = w.marked.input
	return true
}

// decodePlain decodes c or the rest of it.
func (w *worker) decodePlain(c *chunk) {
	d := &w.plain
	for more := true; more; {
		d.slide()
		start := d.o
		d.step()
		c.plain = append(c.plain, d.out[start:d.o]...)
		more = c.more(&d.input)
	}
}

// more takes note of how far d has come, and reports whether to go on.
func (c *chunk) more(d *input) bool {
	if d.err != nil {
		c.failed = true
		return false
	}
	if d.state == betweenBlocks {
		c.blocks++
		c.good = len(c.marked) + len(c.plain)
		if d.final {
			c.final = true
			c.end = place{d.bit(), false}
			return false
		}
		if c.end = d.place(); c.end.bit >= c.to {
			return false
		}
	}
	full := len(c.marked) > cap(c.marked)-outSize || len(c.plain) > cap(c.plain)-outSize
	return !full && !c.cancel.Load()
}

// keep cuts c down to its whole blocks. It reports whether they are enough to
// believe it: so many if an error follows, or one.
func (c *chunk) keep(enough int) bool {
	if c.blocks == 0 || c.failed && c.blocks < enough {
		c.marked, c.plain = c.marked[:0], c.plain[:0]
		c.blocks, c.good, c.failed = 0, 0, false
		return false
	}
	n := min(c.good, len(c.marked))
	c.marked, c.plain = c.marked[:n], c.plain[:c.good-n]
	return true
}
