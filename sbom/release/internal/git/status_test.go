package git

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// gitStatus asks git for what Status answers.
func gitStatus(r *testRepo) *Status {
	r.t.Helper()
	s := new(Status)
	for line := range strings.SplitSeq(r.git("status", "--porcelain", "-z", "--no-renames", "--ignored"), "\x00") {
		if line == "" {
			continue
		}
		x, y, path := line[0], line[1], line[3:]
		switch {
		case x == '?' || x == '!':
			s.Untracked = append(s.Untracked, path)
		case x == 'U' || y == 'U' || x == 'A' && y == 'A' || x == 'D' && y == 'D':
			s.Unmerged = append(s.Unmerged, path)
		default:
			s.Staged = s.Staged || x != ' '
			if y != ' ' {
				s.Modified = append(s.Modified, path)
			}
		}
	}
	slices.Sort(s.Untracked)
	return s
}

func (s *Status) text() string {
	u := slices.Clone(s.Untracked)
	slices.Sort(u)
	return fmt.Sprintf("staged %v, unmerged %q, modified %q, untracked %q", s.Staged, s.Unmerged, s.Modified, u)
}

// TestStatus makes changes of every kind and compares with git status. What
// ours says is asked first, because git status refreshes the index.
func TestStatus(t *testing.T) {
	tests := []struct {
		name   string
		change func(r *testRepo)
		dirty  bool
		git    string // what git says where it is not the same
	}{
		{"clean", func(r *testRepo) {}, false, ""},
		{"changed", func(r *testRepo) { r.write("a", "changed") }, true, ""},
		{"changed, same size", func(r *testRepo) { r.write("a", "2") }, true, ""},
		{"changed, same size and time", func(r *testRepo) {
			fi, _ := os.Stat(filepath.Join(r.dir, "a"))
			r.write("a", "2")
			os.Chtimes(filepath.Join(r.dir, "a"), fi.ModTime(), fi.ModTime())
			// A racy entry: the index is no younger than the file.
			os.Chtimes(filepath.Join(r.dir, ".git/index"), fi.ModTime(), fi.ModTime())
		}, true, ""},
		{"touched", func(r *testRepo) {
			os.Chtimes(filepath.Join(r.dir, "a"), time.Unix(1, 0), time.Unix(1, 0))
		}, false, ""},
		{"deleted", func(r *testRepo) { os.Remove(filepath.Join(r.dir, "dir/b")) }, true, ""},
		{"executable", func(r *testRepo) { os.Chmod(filepath.Join(r.dir, "a"), 0o755) }, true, ""},
		{"readable by others", func(r *testRepo) { os.Chmod(filepath.Join(r.dir, "a"), 0o600) }, false, ""},
		{"staged", func(r *testRepo) { r.write("a", "staged"); r.git("add", "a") }, true, ""},
		{"staged and changed back", func(r *testRepo) { r.write("a", "x"); r.git("add", "a"); r.write("a", "1") }, true, ""},
		{"staged removal", func(r *testRepo) { r.git("rm", "-q", "dir/b") }, true, ""},
		{"staged removal, file kept", func(r *testRepo) { r.git("rm", "-q", "--cached", "dir/b") }, true, ""},
		{"staged folder", func(r *testRepo) { r.write("new/x/y", "1"); r.git("add", ".") }, true, ""},
		{"intent to add", func(r *testRepo) { r.write("new", "1"); r.git("add", "-N", "new") }, true, ""},
		{"intent to add in a folder", func(r *testRepo) { r.write("new/x", "1"); r.git("add", "-N", "new") }, true, ""},
		{"link elsewhere", func(r *testRepo) {
			os.Remove(filepath.Join(r.dir, "link"))
			os.Symlink("elsewhere", filepath.Join(r.dir, "link"))
		}, true, ""},
		{"file for a link", func(r *testRepo) { os.Remove(filepath.Join(r.dir, "link")); r.write("link", "a") }, true, ""},
		{"link for a file", func(r *testRepo) {
			os.Remove(filepath.Join(r.dir, "a"))
			os.Symlink("dir/b", filepath.Join(r.dir, "a"))
		}, true, ""},
		{"link for a folder", func(r *testRepo) {
			os.Rename(filepath.Join(r.dir, "dir"), filepath.Join(r.dir, "moved"))
			os.Symlink("moved", filepath.Join(r.dir, "dir"))
		}, true, `staged false, unmerged [], modified ["dir/b" "dir/c"], untracked ["dir" "moved/"]`},
		{"folder for a file", func(r *testRepo) { os.Remove(filepath.Join(r.dir, "a")); r.write("a/x", "1") }, true,
			`staged false, unmerged [], modified ["a"], untracked []`},
		{"untracked", func(r *testRepo) {
			r.write("u", "1")
			r.write("dir/u", "1")
			r.write("new/u/v", "1")
			os.Mkdir(filepath.Join(r.dir, "empty"), 0o755)
		}, false, ""},
		{"ignored", func(r *testRepo) {
			r.write(".git/info/exclude", "*.o\n")
			r.write("x.o", "1")
		}, false, ""},
		{"repository inside", func(r *testRepo) { r.git("init", "-q", "inner"); r.write("inner/x", "") }, false, ""},
		{"assume unchanged", func(r *testRepo) { r.git("update-index", "--assume-unchanged", "a"); r.write("a", "x") }, true,
			`staged false, unmerged [], modified [], untracked []`},
		{"skip worktree, missing", func(r *testRepo) {
			r.git("update-index", "--skip-worktree", "a")
			os.Remove(filepath.Join(r.dir, "a"))
		}, false, ""},
		{"skip worktree, changed", func(r *testRepo) { r.git("update-index", "--skip-worktree", "a"); r.write("a", "x") }, true,
			`staged false, unmerged [], modified [], untracked []`},
		{"sparse", func(r *testRepo) { r.git("sparse-checkout", "set", "--no-sparse-index", "dir2") }, false, ""},
		{"sparse index", func(r *testRepo) { r.git("sparse-checkout", "set", "--sparse-index", "dir2") }, false, ""},
		{"conflict", func(r *testRepo) {
			r.git("checkout", "-q", "-b", "other", "HEAD")
			r.commit("a", "theirs")
			r.git("checkout", "-q", "main")
			r.commit("a", "ours")
			r.try("merge", "other")
		}, true, ""},
		{"another commit", func(r *testRepo) {
			r.git("update-ref", "HEAD", r.git("commit-tree", "-m", "x", r.git("mktree", "--missing")))
		}, true, ""},
		{"no index", func(r *testRepo) { os.Remove(filepath.Join(r.dir, ".git/index")) }, true, ""},
	}
	for _, version := range []string{"2", "4"} {
		for _, format := range []string{"sha1", "sha256"} {
			if version == "4" && format == "sha256" {
				continue
			}
			for _, tt := range tests {
				t.Run(version+" "+format+" "+tt.name, func(t *testing.T) {
					t.Parallel()
					r := newRepo(t, "--object-format="+format)
					r.git("config", "index.version", version)
					os.Symlink("a", filepath.Join(r.dir, "link"))
					r.commit("a", "1", "dir/b", "2", "dir/c", "3", "dir.x", "4", "dir2/d/e", "5")
					tt.change(r)
					got, err := r.open().Status()
					checkErr(t, err, nil)
					git := gitStatus(r).text()
					if tt.git != "" && git != tt.git {
						t.Errorf("git says %s, no longer %s", git, tt.git)
					}
					if tt.git == "" && got.text() != git {
						t.Errorf("got  %s\nwant %s", got.text(), git)
					}
					if got.Dirty() != tt.dirty {
						t.Errorf("got dirty %v: %s", got.Dirty(), got.text())
					}
				})
			}
		}
	}
}

func TestStatusUnborn(t *testing.T) {
	r := newRepo(t)
	repo := r.open()
	s, err := repo.Status()
	checkErr(t, err, nil)
	if s.Dirty() {
		t.Errorf("empty: %s", s.text())
	}
	r.write("a", "1")
	r.git("add", "a")
	s, err = repo.Status()
	checkErr(t, err, nil)
	if !s.Staged {
		t.Errorf("added: %s", s.text())
	}
}

func TestStatusSubmodule(t *testing.T) {
	inner := newRepo(t)
	inner.commit("x", "1")
	tests := []struct {
		name   string
		change func(r, sub *testRepo)
		dirty  bool
	}{
		{"clean", func(r, sub *testRepo) {}, false},
		{"changed inside", func(r, sub *testRepo) { sub.write("x", "changed") }, true},
		{"another commit", func(r, sub *testRepo) { sub.commit("x", "2") }, true},
		{"not checked out", func(r, sub *testRepo) { r.git("submodule", "deinit", "-q", "-f", "sub") }, false},
		{"folder missing", func(r, sub *testRepo) { os.RemoveAll(sub.dir) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepo(t)
			r.git("submodule", "--quiet", "add", inner.dir, "sub")
			r.commit()
			tt.change(r, &testRepo{t, filepath.Join(r.dir, "sub")})
			got, err := r.open().Status()
			checkErr(t, err, nil)
			if tt.name == "folder missing" {
				// git calls it deleted; a clone that never had it looks the same.
				tt.dirty = false
			} else if want := gitStatus(r).text(); got.text() != want {
				t.Errorf("got  %s\nwant %s", got.text(), want)
			}
			if got.Dirty() != tt.dirty {
				t.Errorf("got dirty %v: %s", got.Dirty(), got.text())
			}
		})
	}
	t.Run("untracked inside", func(t *testing.T) {
		r := newRepo(t)
		r.git("submodule", "--quiet", "add", inner.dir, "sub")
		r.commit()
		r.write("sub/new", "1")
		got, err := r.open().Status()
		checkErr(t, err, nil)
		if got.Dirty() || !slices.Equal(got.Untracked, []string{"sub/new"}) {
			t.Errorf("got %s", got.text())
		}
	})
}

// TestStatusLimits lowers each limit until it is met.
func TestStatusLimits(t *testing.T) {
	r := newRepo(t)
	r.commit("d/e/f", "1", "x", "2")
	for i := range 5 {
		r.write(fmt.Sprintf("new%d", i), "")
	}
	for name, lower := range map[string]func(*limits){
		"index":   func(l *limits) { l.index = 100 },
		"paths":   func(l *limits) { l.indexPaths = 5 },
		"files":   func(l *limits) { l.files = 4 },
		"folders": func(l *limits) { l.dirDepth = 1 },
	} {
		l := defaultLimits()
		lower(&l)
		repo, err := open(r.dir, l)
		checkErr(t, err, nil)
		if _, err = repo.Status(); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			checkErr(t, err, ErrLimit)
		}
		repo.Close()
	}
	l := defaultLimits()
	l.names = 3
	repo, err := open(r.dir, l)
	checkErr(t, err, nil)
	defer repo.Close()
	s, err := repo.Status()
	checkErr(t, err, nil)
	if len(s.Untracked) != 3 || !s.Cut {
		t.Errorf("got %+v", s)
	}
}

// sealed returns b with the checksum that an index ends in.
func sealed(b []byte) []byte {
	sum := sha1.Sum(b)
	return append(slices.Clone(b), sum[:]...)
}

// craftIndex writes an index of version 2 with empty files of these paths.
func craftIndex(paths ...string) []byte {
	b := []byte("DIRC\x00\x00\x00\x02")
	b = binary.BigEndian.AppendUint32(b, uint32(len(paths)))
	for _, p := range paths {
		start := len(b)
		b = append(b, make([]byte, 62)...)
		binary.BigEndian.PutUint32(b[start+24:], modeFile)
		b[start+40] = 1
		binary.BigEndian.PutUint16(b[start+60:], uint16(min(len(p), 0xfff)))
		b = append(b, p...)
		b = append(b, make([]byte, 8-(len(b)-start)%8)...)
	}
	return b
}

func TestParseIndexErrors(t *testing.T) {
	set := func(b []byte, at int, v ...byte) []byte {
		copy(b[at:], v)
		return b
	}
	tests := []struct {
		name string
		in   []byte
		want error
	}{
		{"two files", sealed(craftIndex("a", "b")), nil},
		{"no checksum (index.skipHash)", append(craftIndex("a"), make([]byte, 20)...), nil},
		{"wrong checksum", set(sealed(craftIndex("a")), 30, 9), ErrCorrupt},
		{"empty", nil, ErrCorrupt},
		{"other file", sealed([]byte("CRID\x00\x00\x00\x02\x00\x00\x00\x00")), ErrCorrupt},
		{"version 5", sealed(set(craftIndex("a"), 7, 5)), ErrUnsupported},
		{"2^31 entries", sealed(set(craftIndex("a"), 8, 0x80)), ErrCorrupt},
		{"one entry too many", sealed(set(craftIndex("a"), 11, 2)), ErrCorrupt},
		{"one entry too few", sealed(set(craftIndex("a", "b"), 11, 1)), ErrUnsupported}, // an extension, by its looks
		{"not sorted", sealed(craftIndex("b", "a")), ErrCorrupt},
		{"twice", sealed(craftIndex("a", "a")), ErrCorrupt},
		{"path up", sealed(craftIndex("../a")), ErrCorrupt},
		{"path up inside", sealed(craftIndex("a/../../b")), ErrCorrupt},
		{"absolute path", sealed(craftIndex("/a")), ErrCorrupt},
		{"git folder", sealed(craftIndex("a/.GIT/config")), ErrCorrupt},
		{"empty path", sealed(craftIndex("")), ErrCorrupt},
		{"path with a slash at its end", sealed(craftIndex("a/")), ErrCorrupt},
		{"long path", sealed(craftIndex(strings.Repeat("a", 4000))), nil},
		{"longer path", sealed(craftIndex(strings.Repeat("a", 5000))), ErrCorrupt},
		{"wrong length", sealed(set(craftIndex("a"), 12+61, 7)), ErrCorrupt},
		{"mode of a device", sealed(set(craftIndex("a"), 12+26, 0x20)), ErrCorrupt},
		{"path without end", sealed(craftIndex("a")[:12+62+1]), ErrCorrupt},
		{"extended in version 2", sealed(set(craftIndex("a"), 12+60, 0x40)), ErrCorrupt},
		{"optional extension", sealed(append(craftIndex("a"), "ABCD\x00\x00\x00\x01x"...)), nil},
		{"extension too long", sealed(append(craftIndex("a"), "ABCD\x00\x00\x00\x02x"...)), ErrCorrupt},
		{"extension cut off", sealed(append(craftIndex("a"), "ABCD"...)), ErrCorrupt},
		{"split index", sealed(append(craftIndex("a"), "link\x00\x00\x00\x00"...)), ErrUnsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseIndex(tt.in, sha1Format, defaultLimits())
			checkErr(t, err, tt.want)
		})
	}
}

// TestFlippedIndex changes each byte of an index that git made.
func TestFlippedIndex(t *testing.T) {
	r := newRepo(t)
	r.commit("a", "1", "dir/b", "2")
	b, err := os.ReadFile(filepath.Join(r.dir, ".git/index"))
	checkErr(t, err, nil)
	if entries, err := parseIndex(b, sha1Format, defaultLimits()); len(entries) != 2 || err != nil {
		t.Fatal(entries, err)
	}
	for i := range b {
		b[i] ^= 0x40
		if _, err := parseIndex(b, sha1Format, defaultLimits()); err == nil {
			t.Errorf("byte %d: no error", i)
		}
		b[i] ^= 0x40
	}
}

// FuzzIndex holds that paths are sorted and stay in the work tree, and that two
// indexes with other entries have other trees.
func FuzzIndex(f *testing.F) {
	f.Add(craftIndex("a", "b"), false)
	f.Add(craftIndex("a", "d/b", "d/e/f"), false)
	f.Add(bytes.Replace(craftIndex("a"), []byte{2}, []byte{4}, 1), true)
	f.Fuzz(func(t *testing.T, in []byte, v4 bool) {
		if v4 && len(in) > 8 {
			in = slices.Clone(in)
			in[7] = 4
		}
		entries, err := parseIndex(append(slices.Clone(in), make([]byte, 20)...), sha1Format, limits{indexPaths: 1 << 20})
		for i, e := range entries {
			if !filepath.IsLocal(e.path) || i > 0 && !entries[i-1].before(e) {
				t.Errorf("path %q after %q", e.path, entries[max(i, 1)-1].path)
			}
		}
		if err != nil || len(entries) == 0 {
			return
		}
		tree := treeID(entries, sha1Format)
		last := &entries[len(entries)-1]
		if last.intent || last.mode == modeTree {
			return
		}
		last.id.sum[3] ^= 1
		if treeID(entries, sha1Format) == tree {
			t.Error("another file, the same tree")
		}
	})
}
