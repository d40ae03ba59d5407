package golicense

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/google/licensecheck"

	"github.com/manifestgen/manifestgen/sbom"
)

// A reading is what the text of a licence file says.
type reading struct {
	expression string // SPDX; empty if the text is no licence
	texts      []sbom.LicenseText
}

const (
	minPercent = 75 // of the words that known licences must be, copyright notices apart
	maxForeign = 60 // words in a row that may stand between or around them
)

// read recognises the licences in text. Where the text has more than known
// licences and a few words around them, or has none at all, the expression
// holds a LicenseRef with the whole text.
//
// Several licences in one text hold together, unless the words around them
// leave a choice. A text of the GPL family alone does not say whether later
// versions may be chosen; it is read as if not.
func read(text []byte) reading {
	if x := identifier(text); x != "" {
		return reading{expression: x}
	}
	matches := licensecheck.Scan(text).Match
	foreign := around(text, matches)
	ids, unknown := names(matches, foreign)
	if len(ids) == 0 || tooForeign(foreign) || !covered(text, matches, foreign) {
		unknown = true
	}
	var r reading
	if unknown {
		ref := sbom.LicenseText{ID: refOf(text), Text: strings.ToValidUTF8(string(text), "\uFFFD")}
		ids, r.texts = append(ids, ref.ID), []sbom.LicenseText{ref}
	}
	r.expression = strings.Join(ids, " AND ")
	if !unknown && leavesChoice(foreign) {
		r.expression = strings.Join(ids, " OR ")
	}
	return r
}

// refOf makes the name of a licence that SPDX has none for out of its text, so
// that equal texts have equal names.
func refOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "LicenseRef-text-" + hex.EncodeToString(sum[:8])
}

// names returns the SPDX names of matched licences, sorted, and whether there
// are matches that SPDX has no name for. Links to licences count only where no
// licence is spelled out.
func names(matches []licensecheck.Match, foreign []string) (ids []string, unknown bool) {
	onlyLinks := !slices.ContainsFunc(matches, func(m licensecheck.Match) bool { return !m.IsURL })
	for _, m := range matches {
		if m.IsURL && !onlyLinks {
			continue
		}
		id := m.ID
		if families().MatchString(id) {
			id += "-only"
			if laterVersions(foreign) {
				id = m.ID + "-or-later"
			}
		}
		if ok, _ := spdxexp.ValidateLicenses([]string{id}); !ok {
			unknown = true
			continue
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), unknown
}

// families matches the names that licensecheck gives to texts that are the same
// for "only" and "or later".
var families = pattern(`^(A|L)?GPL-[0-9.]+$|^GFDL-[0-9.]+$`)

// covered reports whether the matches are enough of the text. Links are: the
// text names a licence and does not spell it out.
func covered(text []byte, matches []licensecheck.Match, foreign []string) bool {
	known, others, links := 0, 0, 0
	for _, m := range matches {
		known += len(bytes.Fields(text[m.Start:m.End]))
		if m.IsURL {
			links++
		}
	}
	for _, s := range foreign {
		others += len(strings.Fields(s))
	}
	return links == len(matches) || known*100 >= (known+others)*minPercent
}

// around returns the pieces of text outside the matches, without copyright
// notices.
func around(text []byte, matches []licensecheck.Match) []string {
	var pieces []string
	from := 0
	for _, m := range matches {
		pieces = append(pieces, withoutNotices(text[from:m.Start]))
		from = m.End
	}
	return append(pieces, withoutNotices(text[from:]))
}

func withoutNotices(piece []byte) string {
	var kept []string
	for line := range bytes.Lines(piece) {
		if notice(string(line)) == "" {
			kept = append(kept, string(line))
		}
	}
	return strings.Join(kept, "")
}

func tooForeign(foreign []string) bool {
	return slices.ContainsFunc(foreign, func(s string) bool { return len(strings.Fields(s)) > maxForeign })
}

// leavesChoice reports whether the words around licences say that one of them
// may be chosen.
func leavesChoice(foreign []string) bool {
	return slices.ContainsFunc(foreign, func(s string) bool { return choice().MatchString(flat(s)) })
}

var choice = pattern(`(?i)\bat your option,? under\b|\bunder either of\b|\beither licen[cs]e\b|\byour choice of\b|\bdual[- ]licen[cs]ed\b`)

// laterVersions reports whether the words around licences allow later versions.
func laterVersions(foreign []string) bool {
	return slices.ContainsFunc(foreign, func(s string) bool { return later().MatchString(flat(s)) })
}

var later = pattern(`(?i)\bor (\(at your option\) )?(any )?later\b`)

// flat returns s with each run of white space made one space.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// identifier returns the expression of the first line that declares one by the
// convention of https://spdx.dev/learn/handling-license-info/, or "" if there
// is none, or one that SPDX cannot be asked about.
func identifier(text []byte) string {
	m := declaration().FindSubmatch(text)
	if m == nil {
		return ""
	}
	x := strings.TrimSpace(strings.TrimRight(string(m[1]), " \t*/->`"))
	if ok, _ := spdxexp.ValidateLicenses([]string{x}); !ok || strings.Contains(x, "Ref-") {
		return ""
	}
	return x
}

var declaration = pattern("SPDX-License-Identifier:[ \t]*([^\r\n`]{1,512})")
