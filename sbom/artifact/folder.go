package artifact

import (
	"context"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"github.com/manifestgen/manifestgen/sbom"
)

// openFolder opens a folder artifact.
func openFolder(name string, o Options) ([]*sbom.Artifact, error) {
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
	a := &sbom.Artifact{Name: baseName(name), Type: sbom.TypeFile, Format: sbom.FormatFolder, Trees: []sbom.Tree{t}}
	return []*sbom.Artifact{a}, nil
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

// A folderName has a path as the file system spells it and as entries do, and
// what was listed under it; nothing for the folder at the top.
type folderName struct {
	raw, clean string
	info       fs.FileInfo
}

func (n folderName) join(name string) folderName {
	clean := sbom.EntryPath(name)
	if n.raw == "." {
		return folderName{raw: name, clean: clean}
	}
	path := n.clean + "/" + clean
	if n.raw == n.clean && name == clean {
		return folderName{raw: path, clean: path}
	}
	return folderName{raw: n.raw + "/" + name, clean: path}
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
		w.gap(sbom.Faultf("limit.path", "a folder with a path of %d bytes is not entered", len(n.raw)), n.clean[:min(64, len(n.clean))]+"...")
		return nil
	}
	d, err := w.open(n)
	if err != nil {
		w.gap(err, n.clean)
		return nil
	}
	defer d.close()
	for w.ctx.Err() == nil {
		entries, err := d.list.ReadDir(batch) // with one lstat each, relative to the folder
		for _, item := range entries {
			sub := n.join(item.Name())
			info, err := item.Info()
			if err != nil {
				w.gap(err, sub.clean)
				continue
			}
			if sub.info = info; w.item(d, sub) {
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

// A listing is a folder that is being listed.
type listing struct {
	walk *folderWalk
	name string
	list *os.File
	root *os.Root // opened when it is needed
	busy sync.WaitGroup
}

// open opens a folder and makes sure that it is the one that was listed.
func (w *folderWalk) open(n folderName) (*listing, error) {
	f, err := w.root.OpenFile(n.raw, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	if n.info != nil {
		if now, err := f.Stat(); err != nil || !os.SameFile(now, n.info) {
			f.Close() // the error is that it changed
			return nil, errChanged
		}
	}
	return &listing{walk: w, name: n.raw, list: f}, nil
}

// close waits for the files that are still being read.
func (d *listing) close() {
	d.busy.Wait()
	d.list.Close() // nothing was written to it
	if d.root != nil {
		d.root.Close()
	}
}

// files returns the folder as a place to open files in.
func (d *listing) files() (*os.Root, error) {
	var err error
	if d.root == nil {
		d.root, err = d.walk.root.OpenRoot(d.name)
	}
	return d.root, err
}

// item offers one entry and reports whether it is a folder to enter.
func (w *folderWalk) item(d *listing, n folderName) bool {
	e := sbom.Entry{Path: n.clean, Mode: n.info.Mode()}
	switch e.Mode.Type() {
	case fs.ModeDir:
		w.v.Entry(e)
		return w.sameFileSystem(n.info, n)
	case 0:
		if !w.excluded(n.info) {
			e.Size = n.info.Size()
			w.file(d, e, n.info)
		}
	case fs.ModeSymlink:
		if root, err := d.files(); err == nil {
			e.Link, _ = root.Readlink(n.info.Name()) // one that vanished leads nowhere
		}
		w.v.Entry(e)
	default:
		w.v.Entry(e)
	}
	return false
}

// file offers a file, and reads it on another goroutine if there is a slot: a
// folder may have many programs.
func (w *folderWalk) file(d *listing, e sbom.Entry, info fs.FileInfo) {
	wanted := w.v.Entry(e)
	if !wanted && !mayBeContainer(e) {
		return
	}
	root, err := d.files()
	if err != nil {
		w.gap(err, e.Path)
		return
	}
	read := func() { w.take(e, wanted, func() (reusable, error) { return openFileIn(root, info) }) }
	select {
	case w.slots <- struct{}{}:
		d.busy.Go(func() {
			defer func() { <-w.slots }()
			read()
		})
	default:
		read()
	}
}

// openFileIn opens the file that info describes. Should it have become something
// else since, a link or a device, that is not read.
func openFileIn(root *os.Root, info fs.FileInfo) (reusable, error) {
	f, err := root.OpenFile(info.Name(), os.O_RDONLY|noFollow|noWait, 0)
	if err != nil {
		return nil, err
	}
	if err := unchanged(f, info); err != nil {
		f.Close() // the error is that it changed
		return nil, err
	}
	return &section{ReaderAt: &watched{f, info}, size: info.Size(), close: f.Close}, nil
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
