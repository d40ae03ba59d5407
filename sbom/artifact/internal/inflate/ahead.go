package inflate

import "io"

// aheadBuffers is how many buffers an ahead has at most: one is being filled, one
// read, and the others wait for either. Some data is decoded faster than hashed,
// and some slower; the more buffers, the less does either side wait.
const aheadBuffers = 16

// An ahead decodes a stream on a goroutine of its own, so that nothing else takes
// the time of its core.
type ahead struct {
	pieces chan piece
	used   []*buffer[byte]    // the last is being read
	free   chan *buffer[byte] // are to be filled
	quit   chan struct{}
}

// A piece is some of the output.
type piece struct {
	data []byte
	out  *buffer[byte] // where data is
	err  error         // what comes after data; io.EOF for the end of a member
	end  memberEnd     // if it is that
}

// newAhead returns an ahead that goes on from where d is: at the first block of a
// member. It has d for itself until it is stopped.
func newAhead(d *decoder[byte]) *ahead {
	a := &ahead{
		pieces: make(chan piece, aheadBuffers),
		free:   make(chan *buffer[byte], aheadBuffers),
		quit:   make(chan struct{}),
	}
	go a.work(d)
	return a
}

// work decodes until there is no more or a is stopped. All pieces have room in the
// channel, as each has a buffer.
func (a *ahead) work(d *decoder[byte]) {
	defer close(a.pieces)
	for buffers := 1; ; {
		p := piece{out: d.out}
		p.data, p.err = d.next()
		if p.err == io.EOF {
			p.end = d.endMember()
		}
		a.pieces <- p
		if p.err != nil && (p.err != io.EOF || p.end.next != nil) {
			return
		}
		if buffers < aheadBuffers && len(a.free) == 0 {
			buffers++
			a.free <- new(buffer[byte])
		}
		select {
		case <-a.quit:
			return
		case out := <-a.free:
			d.moveTo(out)
		}
	}
}

// next returns the next piece, the data of which is valid until the following
// call. It must not be called after the last.
//
// Buffers are given back several at once, or before it waits, so that the other side
// need not be woken for each of them.
func (a *ahead) next() piece {
	if len(a.used) >= aheadBuffers/4 || len(a.pieces) == 0 {
		for _, b := range a.used {
			a.free <- b
		}
		a.used = a.used[:0]
	}
	p := <-a.pieces
	a.used = append(a.used, p.out)
	return p
}

// stop ends the goroutine and waits for it.
func (a *ahead) stop() {
	close(a.quit)
	for range a.pieces {
	}
}
