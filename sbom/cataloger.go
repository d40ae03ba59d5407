package sbom

import "context"

// A Cataloger finds components in files of one kind. It never looks around: it
// says which files it wants and is given them, one at a time. So one
// implementation serves a folder, a tar stream and a layer that is never
// unpacked.
//
// Scan calls a cataloger from several goroutines at once. Most catalogers are
// an empty struct.
type Cataloger interface {
	// Name returns a short stable name, such as "dpkg".
	Name() string

	// Wants reports whether the cataloger wants the content of e. It decides
	// by path, mode and size alone.
	Wants(e Entry) Want

	// Catalog returns the components that f describes.
	//
	// A file that is not of the cataloger's kind gives nil, nil. A file of
	// its kind that cannot be read, in whole or in part, gives an error,
	// beside the components that could be read; the error becomes a gap in
	// the manifest. See [Fault] for an error with a code of its own. Errors
	// joined by [errors.Join] become a gap each. The file is closed after
	// Catalog has returned.
	Catalog(ctx context.Context, f *File) ([]*Component, error)
}

// A Resolver is a Cataloger whose ecosystem has rules of its own about what
// needs what: alternatives, version ranges, markers.
type Resolver interface {
	Cataloger

	// Resolve returns the edges between the components that this cataloger
	// found or added to, by key, and findings about what is needed and not there. It
	// is called once, after layers have been overlaid and parts merged, with
	// components in a stable order. It does not change them.
	Resolve(mine []*Component) ([]Edge, []Finding)
}

// An Auditor is a Cataloger whose components come with lists of their files, and
// that compares these with what is there.
type Auditor interface {
	Cataloger

	// Audit returns findings about the components that this cataloger found or
	// added to, given all files. It is called once, after Resolve and with the
	// same components, if there are any. It does not change them.
	Audit(mine []*Component, files *Files) []Finding
}

// A Supplier is a Cataloger that has a source beside the artifact, such as a
// module cache, and can say more about what was found, by whomever.
type Supplier interface {
	Cataloger

	// Supply returns further facts about components, given all that were
	// found, which it does not change. What it returns is merged as parts. It
	// is called once, before edges are resolved. An error becomes a gap,
	// beside the parts that come with it.
	Supply(ctx context.Context, all []*Component) ([]*Component, error)
}

// A Surveyor is a Cataloger that does look around: it reads the artifact by
// itself, from where that lies on this machine. It is for catalogers that were
// written elsewhere and cannot be given one file at a time; all others are better
// off without: what a surveyor reads is read once more, what it costs no limit
// bounds, and layers are its own affair.
type Surveyor interface {
	Cataloger

	// Survey returns what it finds in a, by the keys that it gives; an error
	// becomes a gap, beside what comes with it. It is called once, after the
	// files were cataloged, and does not change a.
	//
	// What others found too is joined with what they found, which is known
	// by its key, by its package URL, or by its name and place. What they say
	// stands; only what they do not say is added. Edges among their own
	// components are left out: their ecosystem is theirs. Where only the
	// versions differ, a finding says so.
	Survey(ctx context.Context, a *Artifact) (*Inventory, error)
}

// A Want is a cataloger's answer to an entry: [No], [Yes], or [Together].
type Want string

const (
	No  Want = ""
	Yes Want = "yes"
)

// Together is the Want for one of several files whose bytes need each other,
// such as a database and its write-ahead log. Path is the path of the main file
// among them. The files are kept until it is known what higher layers hide;
// then Catalog is called once, with the main file, and finds the others by
// [File.With]. Kept files cost memory or disk: facts that can be read apart and
// merged by key should be.
func Together(path string) Want { return "together:" + Want(path) }

func (w Want) together() (path string, ok bool) {
	const prefix = "together:"
	if len(w) > len(prefix) && w[:len(prefix)] == prefix {
		return string(w[len(prefix):]), true
	}
	return "", false
}
