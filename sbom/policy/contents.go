package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// This file holds the checks of G2: a manifest describes the versions of all
// components.

// checkDigests compares the digests of the artifact at hand with those that the
// manifest states.
func checkDigests(s *Subject, _ Params) Result {
	p := s.principal()
	if s.Artifact == nil {
		return notProvable("the artifact is not at hand")
	}
	if len(s.Artifact.Digests) == 0 {
		return notApplicable("the artifact is no single file that has a digest")
	}
	same := 0
	for _, now := range s.Artifact.Digests {
		for _, then := range p.Digests {
			if now.Algorithm != then.Algorithm {
				continue
			}
			if !strings.EqualFold(now.Value, then.Value) {
				return fail("the manifest is of another artifact: its %s differs", brief(now.Algorithm)).with(
					Evidence{Field: "digest", Value: now.Algorithm + ":" + now.Value, Where: s.Artifact.Name},
					Evidence{Field: "digest", Value: then.Algorithm + ":" + then.Value, Where: "the manifest"})
			}
			same++
		}
	}
	if same == 0 {
		return notProvable("the manifest states no digest of the artifact that could be compared")
	}
	return pass("the manifest states the digests of the artifact at hand (%d compared)", same)
}

// checkScan compares the components with those that a scan finds now.
func checkScan(s *Subject, _ Params) Result {
	if s.Fresh == nil {
		return notProvable("the artifact was not scanned again")
	}
	said, found := byIdentity(s.Manifest), byIdentity(s.Fresh)
	t := &tally{}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		here, ok := said[id]
		switch {
		case !ok:
			t.fail(offender(found[id].first), "is in the artifact, and not in the manifest")
		case differ(here.digests, found[id].digests):
			t.fail(offender(here.first), "has another digest in the artifact")
		default:
			t.pass()
		}
	}
	for _, id := range slices.Sorted(maps.Keys(said)) {
		if _, ok := found[id]; !ok {
			t.fail(offender(said[id].first), "is in the manifest, and not in the artifact")
		}
	}
	return t.result("components", "that are in the manifest as they are in the artifact", "that are not the same in the manifest and in the artifact")
}

// copies are the components of one identity: what is there more than once.
type copies struct {
	first   *sbom.Component
	digests []sbom.Digest // of all of them
}

// byIdentity indexes the components of a manifest by what they are, whatever the
// document calls them. The principal may be among them, and is left out: other
// tools repeat it.
func byIdentity(m *sbom.Manifest) map[string]copies {
	index := map[string]copies{}
	self := identity(&m.Principal.Component)
	for _, c := range m.Components {
		id := identity(c)
		if id == self {
			continue
		}
		all, ok := index[id]
		if !ok {
			all.first = c
		}
		all.digests = append(all.digests, c.Digests...)
		index[id] = all
	}
	return index
}

// identity returns the package URL without its qualifiers, in which tools differ,
// else name and version.
func identity(c *sbom.Component) string {
	if c.PURL != "" {
		purl, subpath, _ := strings.Cut(c.PURL, "#")
		purl, _, _ = strings.Cut(purl, "?")
		return strings.ToLower(purl + "#" + subpath)
	}
	return string(c.Type) + ":" + c.Name + "@" + c.Version
}

// differ reports whether there is a digest on either side of whose algorithm the
// other side has only others.
func differ(a, b []sbom.Digest) bool { return hasOther(a, b) || hasOther(b, a) }

func hasOther(a, b []sbom.Digest) bool {
	values := map[sbom.Digest]bool{}
	algorithms := map[string]bool{}
	for _, d := range b {
		algorithms[d.Algorithm] = true
		values[sbom.Digest{Algorithm: d.Algorithm, Value: strings.ToLower(d.Value)}] = true
	}
	return slices.ContainsFunc(a, func(d sbom.Digest) bool {
		return algorithms[d.Algorithm] && !values[sbom.Digest{Algorithm: d.Algorithm, Value: strings.ToLower(d.Value)}]
	})
}

// checkComponents asks for any component at all, or for a reason to believe that
// there are none: the manifest says so, or a scan that knew what the artifact is
// found none.
func checkComponents(s *Subject, _ Params) Result {
	n := len(s.Manifest.Components)
	switch {
	case n > 0:
		return pass("components in the manifest: %d", n)
	case s.principal().Contents == sbom.Complete:
		return pass("the manifest lists no components, and says that this is all there is").with(Evidence{Field: "contents", Value: string(sbom.Complete)})
	case s.Fresh != nil && len(s.Fresh.Components) > 0:
		return fail("the manifest lists no components, and a scan finds %d", len(s.Fresh.Components))
	case s.Fresh != nil && slices.Contains(ownSources, source(s.Fresh.Principal, "name")):
		return pass("the manifest lists no components, and a scan finds none in what it knows").with(said(s.Fresh.Principal, "name")...)
	}
	return notProvable("the manifest lists no components, and does not say that there are none")
}

// checkVersions asks for the version of each component. A file inside that is no
// package has none.
func checkVersions(s *Subject, _ Params) Result {
	unknown := unknowns(s.Manifest)
	t := &tally{}
	for _, c := range s.Manifest.Components {
		if c.Type == sbom.TypeFile && c.PURL == "" {
			continue
		}
		t.judge(c, missing(known(c.Version), cmp.Or(unknown[c.Ref], "no version")))
	}
	if t.total == 0 {
		return notApplicable("the manifest lists no component that could have a version")
	}
	return t.result("components", "with a version", "without a version")
}

// unknowns returns what the manifest says that it does not know, by component.
func unknowns(m *sbom.Manifest) map[string]string {
	said := map[string]string{}
	for _, f := range m.Findings {
		if f.Kind == sbom.Unknown && f.Subject != "" && said[f.Subject] == "" {
			said[f.Subject] = cmp.Or(brief(f.Detail), brief(f.Code), "it is unknown")
		}
	}
	return said
}

// checkGaps asks whether all of the artifact could be read. A tag that is not to
// be believed is a gap as well, and the matter of other rules.
func checkGaps(s *Subject, _ Params) Result {
	t := &tally{}
	for _, f := range s.Manifest.Findings {
		if f.Kind == sbom.Gap && !strings.HasPrefix(f.Code, "tag.") {
			t.fail(Offender{Ref: f.Subject, Name: cmp.Or(f.Path, f.Code), Path: f.Path}, "%s: %s", brief(f.Code), brief(f.Detail))
		}
	}
	switch {
	case t.total > 0:
		return t.result("findings", "", "that say what could not be read or believed")
	case s.principal().Contents == sbom.Incomplete && s.Manifest.Gaps() == 0:
		return fail("the manifest says itself that it is incomplete").with(Evidence{Field: "contents", Value: string(sbom.Incomplete)})
	}
	return pass("the manifest names nothing that could not be read")
}

// checkClosed asks whether the document is sound: every reference leads somewhere,
// every component has a name of its own.
func checkClosed(s *Subject, _ Params) Result {
	if err := s.Manifest.Validate(); err != nil {
		first, _, more := strings.Cut(err.Error(), "\n")
		if more {
			first += " (and more)"
		}
		return fail("the manifest is not sound: %s", brief(first))
	}
	return pass("every reference in the manifest leads somewhere")
}
