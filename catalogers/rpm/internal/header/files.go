package header

import "fmt"

// Files is the file list of a package, as the header holds it: folders, and for
// each file the folder that it is in. Its parts share one piece of memory.
type Files struct {
	folders, names []string
	folder         []uint32 // by file
}

// Files returns the file list. It returns an error beside the files that have a
// folder, if some have none. Paths are as they are in the header: absolute in
// binary packages; in source packages names without a folder.
func (h *Header) Files() (Files, error) {
	if !h.Has(BaseNames) {
		return Files{names: h.Texts(OldFileNames)}, nil // rpm 3 and before
	}
	f := Files{h.Texts(DirNames), h.Texts(BaseNames), h.Numbers(DirIndexes)}
	if len(f.folder) != len(f.names) {
		err := fmt.Errorf("%d files, but folders for %d", len(f.names), len(f.folder))
		n := min(len(f.folder), len(f.names))
		return Files{f.folders, f.names[:n], f.folder[:n]}, err
	}
	for i, n := range f.folder {
		if int64(n) >= int64(len(f.folders)) {
			return Files{f.folders, f.names[:i], f.folder[:i]}, fmt.Errorf("file %d is in folder %d of %d", i, n, len(f.folders))
		}
	}
	return f, nil
}

// Len returns the number of files.
func (f Files) Len() int { return len(f.names) }

// Path returns the folder and the name of file i; together they are its path.
func (f Files) Path(i int) (folder, name string) {
	if f.folders == nil {
		return "", f.names[i]
	}
	return f.folders[f.folder[i]], f.names[i]
}
