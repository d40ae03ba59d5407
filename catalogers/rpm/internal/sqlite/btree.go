package sqlite

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Types of the pages of a table. Those of an index are 2 and 10.
const (
	pageInterior = 5
	pageLeaf     = 13
)

const maxDepth = 20 // as SQLite has it

// extent is a part of a page that is in use.
type extent struct{ start, end int }

// cell is what a page has for a row, or for a child page.
type cell struct {
	extent
	child   uint32 // in an interior page
	rowid   int64  // in an interior page: the largest of the child
	payload []byte // in a leaf: the part that is in the page
	size    uint64 // in a leaf: of the whole payload
	next    uint32 // in a leaf: the first overflow page, or 0
}

// walk calls row for each row of the table with the given root page, in order.
// What row returns is yielded as an error about its page.
func (r *reader) walk(root uint32, row func(rowid int64, payload []byte) error) {
	r.walkPage(root, math.MinInt64, math.MaxInt64, 0, row)
}

// walkPage walks the tree under page n, whose row ids should be greater than
// low and not greater than high. The page begins with
//
//	0      1            3       5              7             8             12
//	| type | free block | cells | content area | fragments   | right child |
//
// (12 bytes in an interior page, 8 in a leaf), an offset of 2 bytes for each
// cell, unused space, and the content area. Page 1 has the file header before.
func (r *reader) walkPage(n uint32, low, high int64, depth int, row func(int64, []byte) error) {
	if depth > maxDepth {
		r.fail(n, "the tree is deeper than %d pages", maxDepth)
		return
	}
	if depth == len(r.levels) {
		r.levels = append(r.levels, make([]byte, r.pageSize))
	}
	page := r.levels[depth]
	if err := r.readPage(page, n); err != nil {
		r.fail(n, "%w", err)
		return
	}
	cells, right, err := r.readCells(page[:r.usable], n)
	if err != nil {
		r.fail(n, "%w", err)
	}
	for _, c := range cells {
		if r.stopped {
			return
		}
		if c.rowid <= low || c.rowid > high {
			r.fail(n, "row %d is not between %d and %d", c.rowid, low, high)
		}
		if c.child != 0 {
			r.walkPage(c.child, low, c.rowid, depth+1, row)
		} else if err := r.readRow(c, row); err != nil {
			r.fail(n, "%w", err)
		}
		low = c.rowid
	}
	if right != 0 && !r.stopped {
		r.walkPage(right, low, high, depth+1, row)
	}
}

// readCells returns the cells of page n and, of an interior page, the child
// that follows the last cell. It returns an error next to the cells that it
// could read.
func (r *reader) readCells(page []byte, n uint32) (cells []cell, right uint32, first error) {
	head := page
	if n == 1 {
		head = page[fileHeaderSize:]
	}
	headSize := 8
	switch head[0] {
	case pageLeaf:
	case pageInterior:
		headSize = 12
		right = binary.BigEndian.Uint32(head[8:])
	default:
		return nil, 0, fmt.Errorf("its type is %d, not that of a table", head[0])
	}
	count := int(binary.BigEndian.Uint16(head[3:]))
	if headSize+2*count > len(head) {
		return nil, right, fmt.Errorf("%d cells are outside the page", count)
	}
	cells = make([]cell, 0, count)
	for i := range count {
		c, err := r.readCell(page, int(binary.BigEndian.Uint16(head[headSize+2*i:])), head[0])
		if err == nil {
			cells = append(cells, c)
		} else if first == nil {
			first = fmt.Errorf("cell %d %w", i, err)
		}
	}
	if first == nil {
		first = r.checkExtents(page, head, len(page)-len(head)+headSize+2*count, cells)
	}
	return cells, right, first
}

// readCell reads the cell at offset off:
//
//	interior  | child, 4 bytes | row id, varint |
//	leaf      | size, varint | row id, varint | payload | first overflow page, 4 bytes |
//
// A leaf cell has an overflow page only if the payload does not fit.
func (r *reader) readCell(page []byte, off int, typ byte) (cell, error) {
	if off >= len(page) {
		return cell{}, errors.New("is outside the page")
	}
	c, b := cell{extent: extent{start: off}}, page[off:]
	if typ == pageInterior {
		if len(b) < 5 {
			return cell{}, errors.New("is outside the page")
		}
		c.child, b = binary.BigEndian.Uint32(b), b[4:]
		if c.child == 0 {
			return cell{}, errors.New("leads to page 0")
		}
	} else {
		size, n := varint(b)
		c.size, b = size, b[n:]
	}
	rowid, n := varint(b)
	if n == 0 {
		return cell{}, errors.New("is outside the page")
	}
	c.rowid, b = int64(rowid), b[n:]
	if typ == pageLeaf {
		local := r.localSize(c.size)
		if local > len(b) || uint64(local) < c.size && local+4 > len(b) {
			return cell{}, errors.New("is outside the page")
		}
		c.payload, b = b[:local], b[local:]
		if uint64(local) < c.size {
			c.next, b = binary.BigEndian.Uint32(b), b[4:]
		}
	}
	c.end = max(len(page)-len(b), off+4) // a freed cell must hold a free block
	return c, nil
}

// localSize returns how much of a payload of the given size a leaf keeps: all
// if it fits, else so much that the last overflow page is full, if that fits.
func (r *reader) localSize(size uint64) int {
	fits := r.usable - 35
	if size <= uint64(fits) {
		return int(size)
	}
	least := (r.usable-12)*32/255 - 23
	if full := least + int((size-uint64(least))%uint64(r.usable-4)); full <= fits {
		return full
	}
	return least
}

// checkExtents verifies that the cells and the free blocks of a page fill its
// content area, which lies behind the offsets of the cells, except for as many
// bytes of fragments as the page says. A cell that is not in the list of cells
// any more leaves a hole.
func (r *reader) checkExtents(page, head []byte, offsetsEnd int, cells []cell) error {
	r.extents = r.extents[:0]
	for _, c := range cells {
		r.extents = append(r.extents, c.extent)
	}
	for off := int(binary.BigEndian.Uint16(head[1:])); off != 0; {
		if off+4 > len(page) {
			return fmt.Errorf("free block at %d is outside the page", off)
		}
		next, size := int(binary.BigEndian.Uint16(page[off:])), int(binary.BigEndian.Uint16(page[off+2:]))
		if size < 4 || next != 0 && next < off+size {
			return fmt.Errorf("free block at %d has %d bytes and leads to %d", off, size, next)
		}
		r.extents = append(r.extents, extent{off, off + size})
		off = next
	}
	slices.SortFunc(r.extents, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	end := int(binary.BigEndian.Uint16(head[5:]))
	if end == 0 {
		end = 1 << 16
	}
	if end < offsetsEnd || end > len(page) {
		return fmt.Errorf("the content area begins at %d", end)
	}
	holes := 0
	for _, e := range append(r.extents, extent{len(page), len(page)}) {
		if e.start < end {
			return fmt.Errorf("two uses of byte %d", e.start)
		}
		holes += e.start - end
		end = e.end
	}
	if fragments := int(head[7]); holes != fragments {
		return fmt.Errorf("%d bytes are not accounted for, but %d should be", holes, fragments)
	}
	return nil
}

// readRow calls row with the whole payload of c. An overflow page holds the
// number of the next one, or 0, in its first 4 bytes.
func (r *reader) readRow(c cell, row func(int64, []byte) error) error {
	if c.size == uint64(len(c.payload)) {
		return row(c.rowid, c.payload)
	}
	if c.size > maxBlob {
		return fmt.Errorf("row %d has %d bytes", c.rowid, c.size)
	}
	r.payload = append(r.payload[:0], c.payload...)
	for n := c.next; n != 0; n = binary.BigEndian.Uint32(r.overflow) {
		if err := r.readPage(r.overflow, n); err != nil {
			return fmt.Errorf("row %d: overflow page %d: %w", c.rowid, n, err)
		}
		left := c.size - uint64(len(r.payload))
		if left == 0 {
			return fmt.Errorf("row %d: overflow page %d is one too many", c.rowid, n)
		}
		r.payload = append(r.payload, r.overflow[4:min(uint64(r.usable), 4+left)]...)
	}
	if uint64(len(r.payload)) != c.size {
		return fmt.Errorf("row %d: %d of %d bytes are there", c.rowid, len(r.payload), c.size)
	}
	return row(c.rowid, r.payload)
}
