package require

import (
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/version"
)

// maxRequirement bounds the text of one requirement.
const maxRequirement = 1 << 20

// A Requirement says that another project is needed.
type Requirement struct {
	Name   string   // as written
	Extras []string // as written
	Set    version.Set
	URL    string // where to get it; may hold secrets
	Marker Marker // when it is needed; the zero Marker is always
}

// Parse reads one requirement:
//
//	NAME [EXTRA,...] (SPECIFIERS) ; MARKER
//	NAME [EXTRA,...] @ URL ; MARKER
//
// All but the name may be missing; the parentheses too. If the name can be
// read but not the rest, Parse returns both a Requirement with the name and
// an error.
func Parse(s string) (Requirement, error) {
	if len(s) > maxRequirement {
		return Requirement{}, fmt.Errorf("requirement of %d bytes", len(s))
	}
	rest := strings.TrimSpace(s)
	end := strings.IndexFunc(rest, func(r rune) bool { return r >= 0x80 || !isNameByte(byte(r)) })
	if end < 0 {
		end = len(rest)
	}
	r := Requirement{Name: rest[:end]}
	if !ValidName(r.Name) {
		return Requirement{}, fmt.Errorf("requirement %.80q has no name", s)
	}
	if err := r.parseRest(strings.TrimSpace(rest[end:])); err != nil {
		return Requirement{Name: r.Name}, fmt.Errorf("requirement %.80q: %w", s, err)
	}
	return r, nil
}

// isNameByte reports whether c can stand in a name, though not at its ends.
func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.", c) >= 0
}

// parseRest reads what follows the name.
func (r *Requirement) parseRest(s string) error {
	if inside, ok := strings.CutPrefix(s, "["); ok {
		list, rest, closed := strings.Cut(inside, "]")
		if !closed {
			return fmt.Errorf("extras without ]")
		}
		if err := r.parseExtras(list); err != nil {
			return err
		}
		s = strings.TrimSpace(rest)
	}
	if where, ok := strings.CutPrefix(s, "@"); ok {
		return r.parseURL(strings.TrimSpace(where))
	}
	specs, marker, marked := strings.Cut(s, ";")
	if err := r.parseSet(strings.TrimSpace(specs)); err != nil {
		return err
	}
	return r.parseMarker(marker, marked)
}

func (r *Requirement) parseExtras(list string) error {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	for _, extra := range strings.Split(list, ",") {
		extra = strings.TrimSpace(extra)
		if !ValidName(extra) {
			return fmt.Errorf("extra %.80q", extra)
		}
		r.Extras = append(r.Extras, extra)
	}
	return nil
}

// parseURL reads the URL, which goes up to a space, and the marker.
func (r *Requirement) parseURL(s string) error {
	end := strings.IndexAny(s, " \t\r\n")
	if end < 0 {
		end = len(s)
	}
	r.URL = s[:end]
	if r.URL == "" {
		return fmt.Errorf("@ without a URL")
	}
	marker, marked := strings.CutPrefix(strings.TrimSpace(s[end:]), ";")
	if !marked && marker != "" {
		return fmt.Errorf("%.80q after the URL", marker)
	}
	return r.parseMarker(marker, marked)
}

func (r *Requirement) parseSet(s string) error {
	if inside, ok := strings.CutPrefix(s, "("); ok {
		if s, ok = strings.CutSuffix(inside, ")"); !ok {
			return fmt.Errorf("versions without )")
		}
	}
	set, err := version.ParseSet(s)
	r.Set = set
	return err
}

func (r *Requirement) parseMarker(s string, marked bool) error {
	if !marked {
		return nil
	}
	m, err := ParseMarker(s)
	r.Marker = m
	return err
}
