package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Folder is the name of the profile for all that is published together.
const Folder = "release-folder"

// folderProfile returns the rules about the files of a release: what is published
// together must fit together.
func folderProfile() Profile {
	const standard = "manifestgen: the files of a release"
	p := Profile{Name: Folder, Title: "The files of a release fit together", Standard: standard, Rules: []Rule{
		{ID: "R.readable", Severity: Must, Check: checkReadable,
			Title: "Every manifest and every list of checksums can be read",
			Why:   "What users cannot read tells them nothing.",
			Fix:   "Make the file that is named again."},
		{ID: "R.covered", Severity: Must, Check: checkCovered,
			Title: "A manifest describes every file that is published",
			Why:   "A file that nobody accounts for may be anything.",
			Fix:   "Describe all files with manifestgen --release FOLDER -o FOLDER, or take the file out of the folder."},
		{ID: "R.current", Severity: Must, Check: checkCurrent,
			Title: "Every manifest is of a file that is published",
			Why:   "A manifest of another build misleads those who rely on it.",
			Fix:   "Make the manifest again, after the last step that changes the file, or take it out of the folder."},
		{ID: "R.same", Severity: Must, Check: checkSame,
			Title: "The manifests of one file say the same",
			Why:   "Users read one of them, and must not miss what the other says.",
			Fix:   "Make them in one run: give -o several times, or use manifestgen convert."},
		{ID: "R.sums", Severity: Must, Check: checkSums,
			Title: "Every checksum is that of its file",
			Why:   "Users who compare it will think that they were attacked.",
			Fix:   "Make the list of checksums after the last step that changes a file."},
		{ID: "R.summed", Severity: Should, Check: checkSummed,
			Title: "Every file that is published is in the list of checksums",
			Why:   "What is not in the list cannot be compared with it.",
			Fix:   "Make the list of checksums over all files: artifacts and manifests."},
		{ID: "R.links", Severity: Must, Check: checkLinks,
			Title: "The index leads to the manifests as they are",
			Why:   "Tools follow the index and compare the digests in it.",
			Fix:   "Make index and manifests in one run of manifestgen --release."},
		{ID: "R.agree", Severity: Must, Check: checkAgree,
			Title: "The artifacts agree on version, tag and commit",
			Why:   "A release is one version; a part of another one was left over or built from elsewhere.",
			Fix:   "Build all artifacts again from one tag, into an empty folder."},
		{ID: "R.explained", Severity: Must, Check: checkExplained,
			Title: "Every signature and statement is of a file that is published",
			Why:   "What belongs to nothing was left over, or what it belongs to is missing.",
			Fix:   "Take it out of the folder, or publish the file that it is of."},
	}}
	for i := range p.Rules {
		p.Rules[i].Standard = standard
	}
	return p
}

func fileOffender(path string) Offender { return Offender{Name: path, Path: path} }

// files returns the files of a kind.
func (s *Subject) files(kind FileKind) []File {
	if s.Release == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Release.Files), func(f File) bool { return f.Kind != kind })
}

func checkReadable(s *Subject, _ Params) Result {
	if s.Release == nil {
		return notProvable("the files of the release are not at hand")
	}
	t := &tally{}
	for _, f := range s.Release.Files {
		switch problem, broken := s.Release.Broken[f.Path]; {
		case broken:
			t.fail(fileOffender(f.Path), "%s", brief(problem))
		case f.Kind == ManifestFile || f.Kind == ChecksumFile:
			t.pass()
		}
	}
	if t.total == 0 {
		return notApplicable("there is no manifest and no list of checksums")
	}
	return t.result("files", "that can be read", "that cannot be read")
}

// checkCovered asks of each artifact for a manifest of its digests, or for an
// index that lists it with its digests.
func checkCovered(s *Subject, _ Params) Result {
	artifacts := s.files(ArtifactFile)
	switch {
	case s.Release == nil:
		return notProvable("the files of the release are not at hand")
	case len(artifacts) == 0:
		return fail("there is nothing to publish")
	}
	described := map[sbom.Digest]bool{}
	for _, m := range s.files(ManifestFile) {
		if m.Manifest == nil {
			continue
		}
		for _, c := range append([]*sbom.Component{&m.Manifest.Principal.Component}, m.Manifest.Components...) {
			if c == nil || c != &m.Manifest.Principal.Component && !isIndex(m.Manifest) {
				continue
			}
			for _, d := range c.Digests {
				described[d] = true
			}
		}
	}
	t := &tally{}
	for _, f := range artifacts {
		switch {
		case len(f.Digests) == 0:
			t.doubt(fileOffender(f.Path), "it could not be read")
		case slices.ContainsFunc(f.Digests, func(d sbom.Digest) bool { return described[d] }):
			t.pass()
		default:
			t.fail(fileOffender(f.Path), "no manifest has its digest")
		}
	}
	return t.result("files", "with a manifest", "without a manifest")
}

// isIndex reports whether a manifest describes a release as a whole: it is of no
// file, and lists files that have documents of their own.
func isIndex(m *sbom.Manifest) bool {
	return len(m.Principal.Digests) == 0 && slices.ContainsFunc(m.Components, func(c *sbom.Component) bool {
		return c != nil && slices.ContainsFunc(c.Links, func(l sbom.Link) bool { return l.Type == "bom" })
	})
}

// checkCurrent asks of each manifest for a file that has its digests.
func checkCurrent(s *Subject, _ Params) Result {
	here := map[sbom.Digest]bool{}
	for _, f := range s.files(ArtifactFile) {
		for _, d := range f.Digests {
			here[d] = true
		}
	}
	t := &tally{}
	for _, f := range s.files(ManifestFile) {
		switch m := f.Manifest; {
		case m == nil || isIndex(m):
		case len(m.Principal.Digests) == 0:
			t.doubt(fileOffender(f.Path), "it states no digest of what it describes")
		case slices.ContainsFunc(m.Principal.Digests, func(d sbom.Digest) bool { return here[d] }):
			t.pass()
		default:
			t.fail(fileOffender(f.Path), "no file has the digest that it states")
		}
	}
	if t.total == 0 {
		return notApplicable("there is no manifest of a file")
	}
	return t.result("manifests", "of files that are published", "of no file that is published")
}

// checkSame compares the manifests of each file with each other.
func checkSame(s *Subject, _ Params) Result {
	first := map[string]File{}
	t := &tally{}
	for _, f := range s.files(ManifestFile) {
		if f.Manifest == nil || f.Of == "" {
			continue
		}
		other, ok := first[f.Of]
		if !ok {
			first[f.Of] = f
			continue
		}
		if difference := differenceOf(f.Manifest, other.Manifest); difference != "" {
			t.fail(fileOffender(f.Path), "unlike %s %s", other.Path, difference)
			continue
		}
		t.pass()
	}
	if t.total == 0 {
		return notApplicable("no file has several manifests")
	}
	return t.result("further manifests", "that say the same as the first of their file", "that say otherwise than the first of their file")
}

// differenceOf says in what two manifests differ: in the principal, or in the
// components that they list.
func differenceOf(a, b *sbom.Manifest) string {
	p, q := a.Principal, b.Principal
	if p.Name != q.Name || p.Version != q.Version || p.Architecture != q.Architecture {
		return "it describes " + brief(offender(&p.Component).Name) + " and not " + brief(offender(&q.Component).Name)
	}
	x, y := byIdentity(soundManifest(a)), byIdentity(soundManifest(b))
	for _, id := range slices.Sorted(maps.Keys(x)) {
		if _, ok := y[id]; !ok {
			return "it lists " + brief(offender(x[id].first).Name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(y)) {
		if _, ok := x[id]; !ok {
			return "it does not list " + brief(offender(y[id].first).Name)
		}
	}
	return ""
}

// checkSums compares lists of checksums with the files.
func checkSums(s *Subject, _ Params) Result {
	if s.Release == nil || len(s.Release.Sums) == 0 {
		return notApplicable("there is no list of checksums")
	}
	files := map[string]File{}
	for _, f := range s.Release.Files {
		files[f.Path] = f
	}
	t := &tally{}
	for _, sum := range s.Release.Sums {
		f, ok := files[sum.Path]
		i := slices.IndexFunc(f.Digests, func(d sbom.Digest) bool { return d.Algorithm == sum.Digest.Algorithm })
		switch {
		case !ok:
			t.fail(fileOffender(sum.Path), "%s line %d: there is no such file", brief(sum.File), sum.Line)
		case i < 0:
			t.doubt(fileOffender(sum.Path), "%s line %d: %s was not compared", brief(sum.File), sum.Line, brief(sum.Digest.Algorithm))
		case !strings.EqualFold(f.Digests[i].Value, sum.Digest.Value):
			t.fail(fileOffender(sum.Path), "%s line %d: the file has another %s", brief(sum.File), sum.Line, brief(sum.Digest.Algorithm))
		default:
			t.pass()
		}
	}
	return t.result("checksums", "of the files as they are", "of other files than these")
}

func checkSummed(s *Subject, _ Params) Result {
	if s.Release == nil || len(s.files(ChecksumFile)) == 0 {
		return notApplicable("there is no list of checksums")
	}
	listed := map[string]bool{}
	for _, sum := range s.Release.Sums {
		listed[sum.Path] = true
	}
	t := &tally{}
	for _, f := range s.Release.Files {
		switch {
		case f.Kind != ArtifactFile && f.Kind != ManifestFile:
		case listed[f.Path]:
			t.pass()
		default:
			t.fail(fileOffender(f.Path), "in no list")
		}
	}
	return t.result("files", "with a checksum", "without a checksum")
}

// checkLinks follows the links of an index to documents. They name a document by
// its path, in the comment where the URL is a BOM-Link.
func checkLinks(s *Subject, _ Params) Result {
	files := map[string]File{}
	for _, f := range s.files(ManifestFile) {
		files[f.Path] = f
	}
	t := &tally{}
	for _, index := range s.files(ManifestFile) {
		if index.Manifest == nil || !isIndex(index.Manifest) {
			continue
		}
		for _, c := range index.Manifest.Components {
			if c == nil {
				continue
			}
			for _, l := range c.Links {
				if l.Type == "bom" {
					t.follow(l, files)
				}
			}
		}
	}
	if t.total == 0 {
		return notApplicable("there is no index that leads to manifests")
	}
	return t.result("links", "to manifests as they are", "to no manifest as it is")
}

func (t *tally) follow(l sbom.Link, files map[string]File) {
	path := cmp.Or(l.Comment, l.URL)
	f, ok := files[path]
	switch {
	case !ok:
		t.fail(fileOffender(path), "there is no such manifest")
	case differ(l.Digests, f.Digests):
		t.fail(fileOffender(path), "it has another digest")
	case len(l.Digests) == 0:
		t.doubt(fileOffender(path), "the index has no digest of it")
	default:
		t.pass()
	}
}

// checkAgree compares what the manifests of all artifacts say of version, tag and
// commit with what most of them say.
func checkAgree(s *Subject, _ Params) Result {
	var manifests []File
	for _, f := range s.files(ManifestFile) {
		if f.Manifest != nil && f.Of != "" && !isIndex(f.Manifest) {
			manifests = append(manifests, f)
		}
	}
	if len(manifests) < 2 {
		return notApplicable("there are not two manifests that could differ")
	}
	t := &tally{}
	for _, field := range []struct {
		name string
		of   func(*sbom.Principal) string
	}{
		{"version", func(p *sbom.Principal) string { return versionForm(p.Version) }},
		{"tag", func(p *sbom.Principal) string { return p.Tag }},
		{"commit", func(p *sbom.Principal) string { return p.Commit }},
	} {
		usual := mostCommon(manifests, field.of)
		for _, f := range manifests {
			value := field.of(f.Manifest.Principal)
			switch {
			case value == usual:
				t.pass()
			case value == "":
				t.doubt(fileOffender(f.Path), "it says no %s, and others say %s", field.name, brief(usual))
			default:
				t.fail(fileOffender(f.Path), "%s %s, and others say %s", field.name, brief(value), brief(usual))
			}
		}
	}
	return t.result("statements of manifests", "that agree", "that do not agree")
}

// mostCommon returns the value that most manifests state, the first of equals.
func mostCommon(manifests []File, of func(*sbom.Principal) string) string {
	count := map[string]int{}
	best := ""
	for _, f := range manifests {
		if value := of(f.Manifest.Principal); value != "" {
			count[value]++
		}
	}
	for _, value := range slices.Sorted(maps.Keys(count)) {
		if count[value] > count[best] {
			best = value
		}
	}
	return best
}

func checkExplained(s *Subject, _ Params) Result {
	t := &tally{}
	for _, f := range append(s.files(SignatureFile), s.files(StatementFile)...) {
		if f.Of == "" {
			t.fail(fileOffender(f.Path), "there is no file of which it could be")
			continue
		}
		t.pass()
	}
	if t.total == 0 {
		return notApplicable("there is no signature and no statement")
	}
	return t.result("signatures and statements", "of files that are published", "of no file that is published")
}
