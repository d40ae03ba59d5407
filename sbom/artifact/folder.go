package artifact

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"github.com/manifestgen/manifestgen/sbom"
)

// openFolder opens a folder artifact.
func openFolder(name string, o Options) (*sbom.Artifact, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if _, err := root.Stat("."); err != nil {
		return nil, err
	}
	t := &folderTree{path: name, limits: o.Limits}
	for _, p := range o.Exclude {
		if info, err := os.Stat(p); err == nil {
			t.exclude = append(t.exclude, info)
		}
	}
	return &sbom.Artifact{Name: baseName(name), Type: sbom.TypeFile, Format: sbom.FormatFolder, Trees: []sbom.Tree{t}}, nil
}

// A folderTree is a folder of this machine. Symbolic links are entries and are
// not followed; folders that are other file systems are not entered.
type folderTree struct {
	path    string
	exclude []fs.FileInfo
	limits  sbom.Limits
}

// Layer implements sbom.Tree.
func (t *folderTree) Layer() string { return "" }

// Walk implements sbom.Tree. Several goroutines list folders at once; a folder is
// closed before its subfolders are opened, so that few files are open however
// deep the tree is.
func (t *folderTree) Walk(ctx context.Context, v sbom.Visitor) error {
	root, err := os.OpenRoot(t.path)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	w := &folderWalk{
		walker: &walker{ctx: ctx, v: v, limits: t.limits, ledger: newLedger(t.limits)},
		root:   root, device: deviceOf(info), exclude: t.exclude,
		slots: make(chan struct{}, min(runtime.GOMAXPROCS(0), 8)-1),
	}
	w.folder(folderName{raw: ".", clean: "."})
	w.busy.Wait()
	return ctx.Err()
}

// A folderWalk is the state of one walk of a folder.
type folderWalk struct {
	*walker
	root    *os.Root
	device  uint64
	exclude []fs.FileInfo
	slots   chan struct{} // for goroutines beside the first
	busy    sync.WaitGroup
}

// A folderName has a path as the file system spells it and as entries do.
type folderName struct {
	raw, clean string
}

func (n folderName) join(name string) folderName {
	if n.raw == "." {
		return folderName{name, cleanName(name)}
	}
	return folderName{n.raw + "/" + name, n.clean + "/" + cleanName(name)}
}

// folder lists a folder and then those below it, on other goroutines as far as
// there are slots.
func (w *folderWalk) folder(n folderName) {
	for _, sub := range w.list(n) {
		if w.ctx.Err() != nil {
			return
		}
		select {
		case w.slots <- struct{}{}:
			w.busy.Go(func() {
				defer func() { <-w.slots }()
				w.folder(sub)
			})
		default:
			w.folder(sub)
		}
	}
}

// batch is how many names of a folder are read at a time.
const batch = 1024

// list offers the entries of a folder and returns its subfolders.
func (w *folderWalk) list(n folderName) (folders []folderName) {
	if len(n.raw) > w.limits.Path {
		w.gap(sbom.Faultf("limit.path", "a folder with a path of %d bytes is not entered", len(n.raw)), n.clean[:64]+"...")
		return nil
	}
	dir, err := w.root.OpenRoot(n.raw)
	if err != nil {
		w.gap(err, n.clean)
		return nil
	}
	defer dir.Close()
	f, err := dir.Open(".")
	if err != nil {
		w.gap(err, n.clean)
		return nil
	}
	defer f.Close()
	for w.ctx.Err() == nil {
		entries, err := f.ReadDir(batch)
		for _, d := range entries {
			if sub := n.join(d.Name()); w.item(dir, d, sub) {
				folders = append(folders, sub)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			w.gap(err, n.clean)
			break
		}
	}
	return folders
}

// item offers one entry and reports whether it is a folder to enter.
func (w *folderWalk) item(dir *os.Root, d fs.DirEntry, n folderName) bool {
	info, err := d.Info() // read with the name, by a call relative to the folder
	if err != nil {
		w.gap(err, n.clean)
		return false
	}
	e := sbom.Entry{Path: n.clean, Mode: info.Mode()}
	switch {
	case info.IsDir():
		w.v.Entry(e)
		return w.sameFileSystem(info, n)
	case info.Mode().IsRegular():
		if !w.excluded(info) {
			e.Size = info.Size()
			w.offer(e, func() (reusable, error) { return openEntry(dir, d.Name(), info) })
		}
	case info.Mode().Type() == fs.ModeSymlink:
		e.Link, _ = dir.Readlink(d.Name()) // a link that vanished leads nowhere
		w.v.Entry(e)
	default:
		w.v.Entry(e)
	}
	return false
}

func (w *folderWalk) excluded(info fs.FileInfo) bool {
	for _, x := range w.exclude {
		if os.SameFile(x, info) {
			return true
		}
	}
	return false
}

func (w *folderWalk) sameFileSystem(info fs.FileInfo, n folderName) bool {
	if deviceOf(info) == w.device {
		return true
	}
	w.v.Found(sbom.Finding{Kind: sbom.Note, Code: "folder.mount", Path: n.clean,
		Detail: "another file system is mounted here; it was not entered"})
	return false
}

// openEntry opens the file that info describes. Should it have become something
// else since, a link or a device, that is not opened.
func openEntry(dir *os.Root, name string, info fs.FileInfo) (reusable, error) {
	f, err := dir.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	if err := unchanged(f, info); err != nil {
		f.Close() // the error is that it changed
		return nil, err
	}
	return &section{ReaderAt: &changing{f, info}, size: info.Size(), close: f.Close}, nil
}

// changing is a file that says so if it changes while it is read.
type changing struct {
	file *os.File
	info fs.FileInfo
}

func (c *changing) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.file.ReadAt(p, off)
	if errors.Is(err, io.EOF) && off+int64(n) < c.info.Size() {
		return n, errChanged
	}
	return n, err
}
