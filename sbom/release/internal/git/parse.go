package git

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Commit is what a commit object says, without its message.
type Commit struct {
	ID      ID
	Tree    ID
	Parents []ID
	Time    time.Time // the committer's, in the committer's zone
}

// A TagObject is an annotated tag.
type TagObject struct {
	ID     ID
	Object ID     // what it points at
	Type   string // the kind of Object: "commit", "tree", "blob" or "tag"
	Name   string // the name that the tagger gave it, to be compared with the ref

	Tagger string    // name, "" in tags of before 2005
	Email  string    // without the angle brackets
	Time   time.Time // when it was tagged, in the tagger's zone; zero if there is no tagger
	Extra  []string  // names of the other headers, none of which git tag writes

	Raw []byte // the whole object: what a signature is over, and the signature
}

// Commit reads a commit.
func (r *Repository) Commit(id ID) (*Commit, error) {
	kind, body, err := r.object(id)
	if err != nil {
		return nil, err
	}
	if kind != kindCommit {
		return nil, fmt.Errorf("object %v: a %s, not a commit", id, kind)
	}
	c, err := parseCommit(body, r.format)
	if err != nil {
		return nil, fmt.Errorf("commit %v: %w", id, err)
	}
	c.ID = id
	return c, nil
}

// parseCommit reads the headers of a commit, which come in this order:
//
//	tree <object name>
//	parent <object name>         none or more
//	author <name> <email> <time> <zone>
//	committer <name> <email> <time> <zone>
func parseCommit(b []byte, f format) (*Commit, error) {
	h, err := readHeaders(b)
	if err != nil {
		return nil, err
	}
	c := new(Commit)
	if c.Tree, err = h.id("tree", f); err != nil {
		return nil, err
	}
	for h.peek() == "parent" {
		id, err := h.id("parent", f)
		if err != nil {
			return nil, err
		}
		c.Parents = append(c.Parents, id)
	}
	if _, err = h.take("author"); err != nil {
		return nil, err
	}
	line, err := h.take("committer")
	if err != nil {
		return nil, err
	}
	if _, _, c.Time, err = parseSignature(line); err != nil {
		return nil, fmt.Errorf("committer: %w", err)
	}
	return c, nil
}

// parseTag reads the headers of a tag object, which come in this order, each
// once, so that no two readers can disagree about it:
//
//	object <object name>
//	type <kind>
//	tag <name>
//	tagger <name> <email> <time> <zone>     missing in very old tags
func parseTag(b []byte, f format) (*TagObject, error) {
	h, err := readHeaders(b)
	if err != nil {
		return nil, err
	}
	t := &TagObject{Raw: b}
	if t.Object, err = h.id("object", f); err != nil {
		return nil, err
	}
	if t.Type, err = h.take("type"); err != nil {
		return nil, err
	}
	switch t.Type {
	case kindCommit, kindTree, kindBlob, kindTag:
	default:
		return nil, fmt.Errorf("type %q: %w", t.Type, ErrCorrupt)
	}
	if t.Name, err = h.take("tag"); err != nil {
		return nil, err
	}
	if err := checkRefName(tagPrefix + t.Name); err != nil {
		return nil, err
	}
	if h.peek() == "tagger" {
		line, _ := h.take("tagger")
		if t.Tagger, t.Email, t.Time, err = parseSignature(line); err != nil {
			return nil, fmt.Errorf("tagger: %w", err)
		}
	}
	for _, x := range h.left {
		switch x.name {
		case "object", "type", "tag", "tagger":
			return nil, fmt.Errorf("a second %s, or one out of place: %w", x.name, ErrCorrupt)
		}
		t.Extra = append(t.Extra, x.name)
	}
	return t, nil
}

// headers are the lines of a commit or tag before the first empty one.
type headers struct{ left []header }

type header struct{ name, value string }

// readHeaders reads "name SP value" lines; a line that begins with a space
// continues the one before.
func readHeaders(b []byte) (*headers, error) {
	h := new(headers)
	for n := 1; ; n++ {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("header line %d: no line feed: %w", n, ErrCorrupt)
		}
		b = rest
		if len(line) == 0 {
			return h, nil
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return nil, fmt.Errorf("header line %d: a NUL: %w", n, ErrCorrupt)
		}
		if line[0] == ' ' {
			if len(h.left) == 0 {
				return nil, fmt.Errorf("header line %d: continues nothing: %w", n, ErrCorrupt)
			}
			continue // of no header that is read here
		}
		name, value, ok := strings.Cut(string(line), " ")
		if !ok {
			return nil, fmt.Errorf("header line %d: no value: %w", n, ErrCorrupt)
		}
		h.left = append(h.left, header{name, value})
		if len(b) == 0 {
			// An object without a message may end after its headers.
			return h, nil
		}
	}
}

// peek returns the name of the next header.
func (h *headers) peek() string {
	if len(h.left) == 0 {
		return ""
	}
	return h.left[0].name
}

// take returns the value of the next header, which must have that name.
func (h *headers) take(name string) (string, error) {
	if h.peek() != name {
		return "", fmt.Errorf("no %s where it belongs: %w", name, ErrCorrupt)
	}
	v := h.left[0].value
	h.left = h.left[1:]
	return v, nil
}

func (h *headers) id(name string, f format) (ID, error) {
	v, err := h.take(name)
	if err != nil {
		return ID{}, err
	}
	id, err := f.parse(v)
	if err != nil {
		return ID{}, fmt.Errorf("%s: %w: %w", name, err, ErrCorrupt)
	}
	return id, nil
}

// parseSignature reads "A U Thor <author@example.com> 1234567890 +0100".
func parseSignature(s string) (name, email string, when time.Time, err error) {
	open, end := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>')
	if open < 0 || end < open {
		return "", "", when, fmt.Errorf("no <email>: %w", ErrCorrupt)
	}
	name, email = strings.TrimSpace(s[:open]), s[open+1:end]
	seconds, zone, ok := strings.Cut(strings.TrimPrefix(s[end+1:], " "), " ")
	if !ok {
		return "", "", when, fmt.Errorf("no time and zone: %w", ErrCorrupt)
	}
	when, err = parseTime(seconds, zone)
	if err != nil {
		return "", "", when, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	return name, email, when, nil
}

// parseTime reads seconds since 1970 and a zone of the form +hhmm.
func parseTime(seconds, zone string) (time.Time, error) {
	const year10000 = 253402300800
	n, err := strconv.ParseUint(seconds, 10, 63)
	if err != nil || n >= year10000 {
		return time.Time{}, fmt.Errorf("time %q", seconds)
	}
	if len(zone) != 5 || zone[0] != '+' && zone[0] != '-' {
		return time.Time{}, fmt.Errorf("zone %q", zone)
	}
	hhmm, err := strconv.ParseUint(zone[1:], 10, 16)
	if err != nil || hhmm%100 > 59 {
		return time.Time{}, errors.Join(fmt.Errorf("zone %q", zone), err)
	}
	offset := int(hhmm/100*3600 + hhmm%100*60)
	if zone[0] == '-' {
		offset = -offset
	}
	loc := time.UTC
	if offset != 0 {
		loc = time.FixedZone("", offset)
	}
	return time.Unix(int64(n), 0).In(loc), nil
}
