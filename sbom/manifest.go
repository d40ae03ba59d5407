package sbom

import (
	"cmp"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"hash"
	"time"
)

// A Manifest is the whole account of one artifact. [Assemble] makes it and
// formats write and read it. Nobody changes one: its slices and components may
// be shared.
type Manifest struct {
	ID      string    `json:"id"`               // UUID, made from the content
	Version int       `json:"version"`          // raised by each later change of the same document
	Created time.Time `json:"created,omitzero"` // of the document; zero if it shall not say
	Tools   []Tool    `json:"tools,omitempty"`  // that made the document
	Author  Party     `json:"author,omitzero"`  // who made the document
	Phase   string    `json:"phase,omitempty"`  // of the life cycle: "build", "post-build" ...

	Principal  *Principal   `json:"principal"`
	Components []*Component `json:"components,omitempty"` // sorted by Ref, without the principal
	Edges      []Edge       `json:"edges,omitempty"`      // sorted; From and To are refs
	Findings   []Finding    `json:"findings,omitempty"`   // sorted; Subject is a ref

	Foreign []Foreign `json:"foreign,omitempty"` // of the document as a whole
}

// A Tool is a program that took part in making a document.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// An Edge is a relation between two components.
//
// That the principal contains a component needs no edge: it contains each one
// that is not Wanted and that no edge puts into another container.
type Edge struct {
	Kind EdgeKind `json:"kind"`
	From string   `json:"from"`
	To   string   `json:"to"`
}

// An EdgeKind says how the From of an edge relates to its To.
type EdgeKind string

const (
	DependsOn EdgeKind = "depends-on"
	Contains  EdgeKind = "contains"
)

func compareEdges(a, b Edge) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.To, b.To))
}

// Gaps returns how many findings are gaps. A manifest without gaps is complete as
// far as its artifact can tell.
func (m *Manifest) Gaps() int {
	n := 0
	for _, f := range m.Findings {
		if f.Kind == Gap {
			n++
		}
	}
	return n
}

// contentID returns the name-based UUID (version 5, RFC 9562) of what the
// manifest says, whenever and by whichever tool it is said.
func (m *Manifest) contentID() (string, error) {
	said := Manifest{Principal: m.Principal, Components: m.Components, Edges: m.Edges, Findings: m.Findings, Foreign: m.Foreign}
	h := sha1.New()
	h.Write([]byte("https://github.com/manifestgen/manifestgen"))
	if err := json.NewEncoder(h).Encode(said); err != nil {
		return "", fmt.Errorf("identify the manifest: %w", err)
	}
	return uuid5(h), nil
}

func uuid5(h hash.Hash) string {
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
