package git

import (
	"errors"
	"fmt"
	"strings"
)

const tagPrefix = "refs/tags/"

// A Tag is a ref below refs/tags and what it leads to.
type Tag struct {
	Name    string       // without refs/tags/: "v1.2.3", "cmd/x/v1.2.3"
	Target  ID           // what the ref holds
	Objects []*TagObject // the annotated tags on the way, outermost first; none if lightweight
	Commit  ID           // where it ends; zero if that is a tree or a blob
}

// Tag reads the tag of a short name ("v1.2.3") or a full one
// ("refs/tags/v1.2.3"). The error is [ErrNotFound] if there is none.
func (r *Repository) Tag(name string) (*Tag, error) {
	name = strings.TrimPrefix(name, tagPrefix)
	target, err := r.resolve(tagPrefix + name)
	if err != nil {
		return nil, err
	}
	t := &Tag{Name: name, Target: target}
	if err := r.peel(t); err != nil {
		return nil, fmt.Errorf("tag %s: %w", name, err)
	}
	return t, nil
}

// peel follows a tag, and the tags that it points at, to their end. Each object
// has the kind that the tag before it claims.
func (r *Repository) peel(t *Tag) error {
	id, want := t.Target, ""
	for {
		kind, body, err := r.object(id)
		if errors.Is(err, ErrLimit) && want == kindBlob {
			return nil // a large file that somebody tagged
		}
		if err != nil {
			return err
		}
		if want != "" && kind != want {
			return fmt.Errorf("object %v: a %s, not the %s that its tag says: %w", id, kind, want, ErrCorrupt)
		}
		if kind == kindCommit {
			t.Commit = id
		}
		if kind != kindTag {
			return nil
		}
		if len(t.Objects) == r.limits.peel {
			return fmt.Errorf("more than %d tags of tags: %w", r.limits.peel, ErrLimit)
		}
		o, err := parseTag(body, r.format)
		if err != nil {
			return fmt.Errorf("object %v: %w", id, err)
		}
		o.ID = id
		t.Objects = append(t.Objects, o)
		id, want = o.Object, o.Type
	}
}

// TagsAt returns the tags that lead to a commit, sorted by name. Tags that
// cannot be read are in the error; those that can are returned with it.
func (r *Repository) TagsAt(commit ID) ([]*Tag, error) {
	names, err := r.tagRefs()
	errs := []error{err}
	var tags []*Tag
	for _, name := range names {
		t, err := r.Tag(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if t.Commit == commit && !commit.IsZero() {
			tags = append(tags, t)
		}
	}
	return tags, errors.Join(errs...)
}
