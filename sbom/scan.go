package sbom

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Scan reads every tree of a with the given catalogers and returns what they
// found, less what higher layers hide.
//
// Nothing that goes wrong with one file ends the scan: it becomes a finding. The
// error is that of the context, when it ends.
func Scan(ctx context.Context, a *Artifact, catalogers []Cataloger, limits Limits) (*Inventory, error) {
	s := &scan{artifact: a.Name, catalogers: catalogers, limits: limits.WithDefaults()}
	for i, tree := range a.Trees {
		t := &treeScan{scan: s, tree: tree, produced: map[string]int{}, links: map[string]string{}}
		if i > 0 {
			t.names = newNames()
		}
		if slices.ContainsFunc(catalogers, audits) {
			t.listing = &listing{}
		}
		s.trees = append(s.trees, t)
	}
	defer s.closeKept()
	if err := s.walk(ctx); err != nil {
		return nil, err
	}
	s.overlay()
	s.catalogGroups(ctx)
	inv := s.inventory(ctx, a)
	return inv, ctx.Err()
}

func defaultWorkers() int { return min(runtime.GOMAXPROCS(0), 8) }

// A scan is the state of one call of Scan.
type scan struct {
	artifact   string // its name
	catalogers []Cataloger
	limits     Limits
	trees      []*treeScan
	components atomic.Int64
}

// A treeScan visits one tree and collects what is found in it.
type treeScan struct {
	*scan
	tree    Tree
	names   *names // nil for the lowest tree, which hides nothing
	ctx     context.Context
	stop    context.CancelCauseFunc
	entries atomic.Int64

	mu       sync.Mutex
	produced map[string]int    // path -> how often it was cataloged
	links    map[string]string // symbolic links
	listing  *listing          // nil if nobody audits
	found    []found
	findings []Finding
	unlisted int // findings beyond the limit
	kept     []keptFile
}

// found is a component with the file that it was found in.
type found struct {
	*Component
	path  string
	round int // which of several entries of that name
	by    Cataloger
}

// keptFile is a file that waits for others of its group.
type keptFile struct {
	entry     Entry
	content   Content
	cataloger Cataloger
	main      string
	layer     string
}

// errEntries stops the walk of a tree that has too many entries.
var errEntries = errors.New("too many entries")

// walk visits all trees, a bounded number of them at once.
func (s *scan) walk(ctx context.Context) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, s.limits.Workers)
	for _, t := range s.trees {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			t.walk(ctx)
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (t *treeScan) walk(ctx context.Context) {
	t.ctx, t.stop = context.WithCancelCause(ctx)
	defer t.stop(nil)
	err := t.tree.Walk(t.ctx, t)
	if err == nil || ctx.Err() != nil {
		return
	}
	if !errors.Is(context.Cause(t.ctx), errEntries) {
		t.Found(GapFrom(err, "", ""))
	}
	var fault *Fault
	if errors.As(err, &fault) {
		t.disown()
	}
}

// disown forgets all that the tree held, as if it had been empty: its bytes are not
// what they should be. The findings stay.
func (t *treeScan) disown() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.kept {
		k.content.Close() // nothing was written to it
	}
	t.found, t.kept = nil, nil
	t.produced, t.links = map[string]int{}, map[string]string{}
	if t.names != nil {
		t.names = newNames()
	}
	if t.listing != nil {
		t.listing = &listing{}
	}
}

// Entry implements Visitor.
func (t *treeScan) Entry(e Entry) bool {
	if n := t.entries.Add(1); n > t.limits.Entries {
		if n == t.limits.Entries+1 {
			t.Found(GapFrom(Faultf("limit.entries", "more than %d entries; the rest was not read", t.limits.Entries), e.Root(), ""))
			t.stop(errEntries)
		}
		return false
	}
	if len(e.Path) > t.limits.Path {
		t.Found(GapFrom(Faultf("limit.path", "a path of %d bytes", len(e.Path)), e.Path[:min(64, len(e.Path))]+"...", ""))
		return false
	}
	t.remember(e)
	return e.Mode.IsRegular() && !e.Whiteout && !e.Opaque && t.wanted(e)
}

// remember keeps what later steps need to know of an entry.
func (t *treeScan) remember(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names != nil {
		t.names.add(e)
	}
	if e.Whiteout || e.Opaque {
		return // it hides nothing of its own tree
	}
	if t.listing != nil && !e.Mode.IsDir() {
		t.listing.add(e)
	}
	if e.Link != "" {
		t.links[e.Path] = e.Link
	}
	if t.produced[e.Path] > 0 {
		t.produced[e.Path]++
		t.findings = append(t.findings, Finding{Kind: Note, Code: "entry.duplicate", Path: e.Path,
			Layer: t.tree.Layer(), Detail: "the name occurs more than once; the last one counts"})
	}
}

func (t *treeScan) wanted(e Entry) bool {
	return slices.ContainsFunc(t.catalogers, func(c Cataloger) bool { return c.Wants(e) != No })
}

// File implements Visitor.
func (t *treeScan) File(e Entry, content Content) {
	if e.Size > t.limits.File {
		t.Found(GapFrom(Faultf("limit.file", "%d bytes, more than the limit of %d", e.Size, t.limits.File), e.Path, ""))
		return
	}
	var now []Cataloger
	for _, c := range t.catalogers {
		want := c.Wants(e)
		if main, ok := want.together(); ok {
			t.keep(keptFile{e, content, c, main, t.tree.Layer()})
		} else if want != No {
			now = append(now, c)
		}
	}
	for _, c := range now {
		f := &File{Entry: e, Artifact: t.artifact, content: content, shared: len(now) > 1, limits: t.limits, ctx: t.ctx}
		t.catalog(c, f, t.tree.Layer())
	}
}

func (t *treeScan) keep(k keptFile) {
	if err := k.content.Keep(); err != nil {
		t.Found(GapFrom(fmt.Errorf("keep: %w", err), k.entry.Path, ""))
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.produced[k.entry.Path] = max(1, t.produced[k.entry.Path])
	t.kept = append(t.kept, k)
}

// Found implements Visitor.
func (t *treeScan) Found(f Finding) {
	f.Layer = t.tree.Layer()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.findings) >= t.limits.Findings {
		t.unlisted++
		return
	}
	t.findings = append(t.findings, f)
}

// catalog gives f to c and records all that comes back, errors and panics
// included.
func (t *treeScan) catalog(c Cataloger, f *File, layer string) {
	components, err := call(c, t.ctx, f)
	if err == nil && f.err != nil {
		err = f.err
	}
	if t.ctx.Err() != nil {
		return
	}
	var findings []Finding
	for _, e := range leaves(err) {
		if e != nil {
			gap := GapFrom(e, f.Path, layer)
			gap.Cataloger = c.Name()
			findings = append(findings, gap)
		}
	}
	components = slices.DeleteFunc(components, func(c *Component) bool { return c == nil })
	if n := t.components.Add(int64(len(components))); n > int64(t.limits.Components) {
		over := GapFrom(Faultf("limit.components", "more than %d components; those of this file are left out", t.limits.Components), f.Path, layer)
		findings, components = append(findings, over), nil
	}
	t.record(c, f.Path, layer, components, findings)
}

// call calls Catalog and makes a panic an error.
func call(c Cataloger, ctx context.Context, f *File) (components []*Component, err error) {
	defer func() {
		if r := recover(); r != nil {
			components, err = nil, Faultf("cataloger.panic", "panic: %v", r)
		}
	}()
	return c.Catalog(ctx, f)
}

func (t *treeScan) record(by Cataloger, path, layer string, components []*Component, findings []Finding) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.findings = append(t.findings, findings...)
	if len(components) == 0 {
		return
	}
	t.produced[path] = max(1, t.produced[path])
	for _, c := range components {
		if len(c.FoundBy) == 0 {
			c.FoundBy = []string{by.Name()}
		}
		if c.Locations == nil {
			c.Locations = []Location{{Path: path, Layer: layer}}
		}
		t.found = append(t.found, found{c, path, t.produced[path], by})
	}
}

// overlay drops what cannot be seen: what an entry of the same name in the same
// tree replaced, and what a higher tree hides.
func (s *scan) overlay() {
	for i, t := range s.trees {
		above := s.trees[i+1:]
		gone := func(path string, round int) bool {
			return round < t.produced[path] || !visible(above, path)
		}
		t.nameReplaced()
		t.found = slices.DeleteFunc(t.found, func(f found) bool { return gone(f.path, f.round) })
		t.findings = slices.DeleteFunc(t.findings, func(f Finding) bool {
			return f.Path != "" && f.Kind != Gap && !visible(above, f.Path)
		})
		for path := range t.links {
			if !visible(above, path) {
				delete(t.links, path)
			}
		}
	}
}

// nameReplaced notes which components were found in entries that later ones of the
// name replaced, and not in these: whoever reads the first entry sees others.
func (t *treeScan) nameReplaced() {
	identity := func(f found) string { return strings.TrimSpace(f.Name + " " + f.Version) }
	replaced := map[string][]string{} // by path
	for _, f := range t.found {
		if f.round < t.produced[f.path] && !f.Part && !f.Fallback {
			replaced[f.path] = append(replaced[f.path], identity(f))
		}
	}
	last := map[[2]string]bool{} // path, and component in its last entry
	for _, f := range t.found {
		if replaced[f.path] != nil && f.round == t.produced[f.path] {
			last[[2]string{f.path, identity(f)}] = true
		}
	}
	for path, all := range replaced {
		all = slices.DeleteFunc(all, func(identity string) bool { return last[[2]string{path, identity}] })
		slices.Sort(all)
		if all = slices.Compact(all); len(all) == 0 {
			continue
		}
		detail := fmt.Sprintf("an earlier entry of the name, which does not count, has %.200q", all[0])
		if len(all) > 1 {
			detail += fmt.Sprintf(" and %d more", len(all)-1)
		}
		t.findings = append(t.findings, Finding{Kind: Note, Code: "entry.duplicate", Path: path, Layer: t.tree.Layer(), Detail: detail})
	}
}

// catalogGroups calls the catalogers whose files had to wait for each other.
func (s *scan) catalogGroups(ctx context.Context) {
	type group struct {
		cataloger, main string
	}
	files := map[group]map[string]keptFile{}
	for i, t := range s.trees {
		for _, k := range t.kept {
			if !visible(s.trees[i+1:], k.entry.Path) {
				continue
			}
			g := group{k.cataloger.Name(), k.main}
			if files[g] == nil {
				files[g] = map[string]keptFile{}
			}
			files[g][k.entry.Path] = k // a later entry of the name replaces an earlier one
		}
	}
	for g, members := range files {
		s.catalogGroup(ctx, g.main, members)
	}
}

func (s *scan) catalogGroup(ctx context.Context, main string, members map[string]keptFile) {
	t := s.trees[len(s.trees)-1]
	t.ctx = ctx
	k, ok := members[main]
	if !ok {
		for path, k := range members {
			gap := GapFrom(Faultf("group.incomplete", "%s is not there", main), path, k.layer)
			gap.Cataloger = k.cataloger.Name()
			t.findings = append(t.findings, gap)
		}
		return
	}
	others := map[string]*File{}
	for path, o := range members {
		if path != main {
			others[path] = &File{Entry: o.entry, Artifact: s.artifact, content: o.content, limits: s.limits, ctx: ctx}
		}
	}
	f := &File{Entry: k.entry, Artifact: s.artifact, content: k.content, limits: s.limits, ctx: ctx, others: others}
	t.catalog(k.cataloger, f, k.layer)
}

func (s *scan) closeKept() {
	for _, t := range s.trees {
		for _, k := range t.kept {
			k.content.Close() // nothing was written to it
		}
	}
}

func panicFinding(c Cataloger, panicked any) Finding {
	return Finding{Kind: Gap, Code: "cataloger.panic", Cataloger: c.Name(), Detail: fmt.Sprintf("panic: %v", panicked)}
}
