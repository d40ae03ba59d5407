package python

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
)

// Audit compares the lists of files that distributions have with the files that
// are there.
func (Cataloger) Audit(mine []*sbom.Component, files *sbom.Files) []sbom.Finding {
	a := &audit{files: files, there: map[string]int64{}, folders: map[string]*folder{}, reports: map[*sbom.Component]*report{}}
	for _, c := range mine {
		a.expect(c)
	}
	if len(a.there) == 0 {
		return nil
	}
	for e := range files.All() {
		a.see(e)
	}
	var findings []sbom.Finding
	for _, c := range mine {
		a.compare(c)
		findings = append(findings, a.reports[c].findings(c)...)
	}
	return findings
}

// An audit is the state of one call of Audit.
type audit struct {
	files    *sbom.Files
	there    map[string]int64 // listed path -> size of what is there, or one of those below
	folders  map[string]*folder
	reports  map[*sbom.Component]*report
	resolved [2]string // the last folder that was resolved, and what it is
	looked   string    // the last folder whose owner was looked for
	owner    *sbom.Component
}

// What there is of a listed file if it is not a size.
const (
	absent   = -1
	notPlain = -2 // a symbolic link or the like
)

// A folder is one that has listed files in it, or below it.
type folder struct {
	of     *sbom.Component // who lists them; nil if several do
	closed bool            // that it has what is not listed is worth a word
}

// A report collects what is wrong with the files of one distribution.
type report struct {
	listed                  int
	missing, changed, extra offenders
}

// expect takes note of the files that c lists and of the folders that they are in.
func (a *audit) expect(c *sbom.Component) {
	a.reports[c] = &report{listed: len(c.Listed)}
	sites := a.sites(c)
	last := ""
	for _, f := range c.Listed {
		p := a.resolve(f.Path)
		a.there[p] = absent
		dir := parent(p)
		if isInit := strings.HasPrefix(p[len(dir):], "/__init__."); dir != last || isInit {
			last = dir
			a.enter(c, sites, dir, isInit)
		}
	}
}

// sites returns the folders in which c is installed with a RECORD that could be read,
// the longest first.
func (a *audit) sites(c *sbom.Component) []string {
	var sites []string
	for _, l := range c.Locations {
		if path.Base(l.Path) != "RECORD" || a.files.Unread(l.Path) {
			continue
		}
		p := placeOf(sbom.Entry{Path: l.Path})
		site := path.Join(p.root(), p.folder)
		sites = append(sites, site)
		if c.Is != "" && c.Is == p.entry.Root() {
			a.folders[site] = &folder{of: c, closed: true} // all of a wheel is the distribution's
		}
	}
	slices.SortFunc(sites, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return sites
}

// enter says of dir and the folders above it, up to a site, that c has files
// there. A folder is closed to others if it is a package, or holds metadata or
// bundled libraries; a folder without __init__ may be a namespace, to which
// anybody may add.
func (a *audit) enter(c *sbom.Component, sites []string, dir string, isInit bool) {
	i := slices.IndexFunc(sites, func(site string) bool { return site == "." || site == dir || strings.HasPrefix(dir, site+"/") })
	if i < 0 {
		return
	}
	for d := dir; d != sites[i]; d = parent(d) {
		f := a.folders[d]
		if f == nil {
			f = &folder{of: c}
			a.folders[d] = f
		}
		if f.of != c {
			f.of = nil
		}
		special := slices.Contains([]string{".dist-info", ".libs", ".dylibs"}, path.Ext(d))
		f.closed = f.closed || d == dir && isInit || special && parent(d) == sites[i]
	}
}

// resolve follows the links among the folders of p. Files of one folder come one
// after the other.
func (a *audit) resolve(p string) string {
	dir := parent(p)
	if dir != a.resolved[0] {
		a.resolved = [2]string{dir, parent(a.files.Resolve(p))}
	}
	if a.resolved[1] == dir {
		return p
	}
	return path.Join(a.resolved[1], path.Base(p))
}

// parent returns the folder that p is in, "." for the top.
func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i > 0 {
		return p[:i]
	}
	return "."
}

// see takes note of a file that is there.
func (a *audit) see(e sbom.Entry) {
	if _, listed := a.there[e.Path]; listed {
		a.there[e.Path] = e.Size
		if !e.Mode.IsRegular() {
			a.there[e.Path] = notPlain
		}
		return
	}
	if owner := a.ownerOf(parent(e.Path)); owner != nil && !isByproduct(e.Path) {
		a.reports[owner].extra.add(e.Path, "")
	}
}

// ownerOf returns the distribution that dir belongs to, or nil.
func (a *audit) ownerOf(dir string) *sbom.Component {
	if dir == a.looked {
		return a.owner
	}
	a.looked, a.owner = dir, nil
	for d := dir; ; d = parent(d) {
		if f := a.folders[d]; f != nil && f.closed && f.of != nil {
			a.owner = f.of
			break
		}
		if d == "." || strings.HasSuffix(d, "!") {
			break
		}
	}
	return a.owner
}

// isByproduct reports whether p is written by Python or an installer, which need
// not list it.
func isByproduct(p string) bool {
	switch base := path.Base(p); {
	case path.Ext(base) == ".pyc", path.Ext(base) == ".pyo":
		return true
	case path.Ext(parent(p)) == ".dist-info":
		switch base {
		case "INSTALLER", "REQUESTED", "direct_url.json", "provenance_url.json", "uv_build.json", "uv_cache.json":
			return true
		}
		return base == "RECORD" || strings.HasPrefix(base, "RECORD.") // signatures of it
	}
	return strings.Contains(p, "__pycache__/")
}

// isVerifiable reports whether the digest of e is of use: it may be a file of a
// distribution.
func isVerifiable(e sbom.Entry) bool {
	return (e.Container == "zip" || isLeftOver(parent(e.Inside()))) && !isByproduct(e.Path)
}

// digestPart returns the digest of f as a part of the distribution that lists f.
func digestPart(f *sbom.File) (*sbom.Component, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(f, 0, f.Size)); err != nil {
		return nil, err
	}
	token := tokenFile + f.Path + "=" + hex.EncodeToString(hash.Sum(nil))
	return &sbom.Component{Locations: []sbom.Location{}, Joints: sbom.Joints{Part: true, Provides: []string{token}}}, nil
}

// compare compares the files that c lists with what is there.
func (a *audit) compare(c *sbom.Component) {
	digests := map[string]string{}
	for _, token := range c.Provides {
		if text, ok := strings.CutPrefix(token, tokenFile); ok {
			i := strings.LastIndexByte(text, '=')
			digests[text[:i]] = text[i+1:]
		}
	}
	r := a.reports[c]
	for _, f := range c.Listed {
		size := a.there[a.resolve(f.Path)]
		switch {
		case size == absent && !a.files.Unread(f.Path):
			r.missing.add(f.Path, "")
		case size >= 0 && f.Size >= 0 && f.Size != size && !a.files.Unread(f.Path):
			r.changed.add(f.Path, fmt.Sprintf(" has %d bytes, not %d", size, f.Size))
		case f.Digest != "" && digests[f.Path] != "" && f.Digest != digests[f.Path]:
			r.changed.add(f.Path, " has another digest")
		}
	}
}

// findings returns what is said of c: one finding of a kind, however many files
// there are.
func (r *report) findings(c *sbom.Component) []sbom.Finding {
	var all []sbom.Finding
	for _, about := range []struct {
		Code, what string
		offenders
	}{
		{Code: "python.record.missing", what: fmt.Sprintf("of %d listed files are not here", r.listed), offenders: r.missing},
		{Code: "python.record.changed", what: fmt.Sprintf("of %d listed files are not as listed", r.listed), offenders: r.changed},
		{Code: "python.record.extra", what: "files in its folders are in no list", offenders: r.extra},
	} {
		if about.count > 0 {
			all = append(all, sbom.Finding{Kind: sbom.Note, Code: about.Code, Subject: c.Key, Path: about.first[0].path,
				Detail: fmt.Sprintf("%d %s: %s", about.count, about.what, about.names())})
		}
	}
	return all
}

// maxNamed is how many files a finding names.
const maxNamed = 5

// offenders are files of which something is to be said: how many, and the first
// by name.
type offenders struct {
	count int
	first []offender
}

type offender struct{ path, what string }

func (o *offenders) add(p, what string) {
	o.count++
	i, _ := slices.BinarySearchFunc(o.first, p, func(f offender, p string) int { return strings.Compare(f.path, p) })
	if i < maxNamed {
		o.first = slices.Insert(o.first, i, offender{p, what})
		o.first = o.first[:min(len(o.first), maxNamed)]
	}
}

// names lists the first files.
func (o offenders) names() string {
	var parts []string
	for _, f := range o.first {
		parts = append(parts, fmt.Sprintf("%.200q%s", f.path, f.what))
	}
	if more := o.count - len(o.first); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, ", ")
}
