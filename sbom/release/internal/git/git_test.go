package git

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A testRepo is a repository made by git itself.
type testRepo struct {
	t   *testing.T
	dir string
}

// needTool skips the test without the tool of a Debian package, except in CI.
func needTool(t *testing.T, tool, debian string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install -y %s", tool, debian)
	}
	t.Skipf("%s is missing: apt-get install -y %s", tool, debian)
}

// newRepo makes an empty repository; args go to git init.
func newRepo(t *testing.T, args ...string) *testRepo {
	t.Helper()
	needTool(t, "git", "git")
	r := &testRepo{t, t.TempDir()}
	r.git(append([]string{"init", "-q", "-b", "main"}, args...)...)
	return r
}

// git runs git with no settings but those of the repository and returns what it
// prints, without the last line feed.
func (r *testRepo) git(args ...string) string {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (r *testRepo) try(args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "LC_ALL=C",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_EDITOR=true",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=1700000000 -0330"}
	out, err := cmd.CombinedOutput()
	return strings.TrimSuffix(string(out), "\n"), err
}

func (r *testRepo) write(name, content string) {
	r.t.Helper()
	p := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit writes files (name, content, ...) and commits everything.
func (r *testRepo) commit(files ...string) ID {
	r.t.Helper()
	for i := 0; i < len(files); i += 2 {
		r.write(files[i], files[i+1])
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "message")
	return r.id("HEAD")
}

func (r *testRepo) id(rev string) ID {
	r.t.Helper()
	id, err := ParseID(r.git("rev-parse", rev))
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *testRepo) open() *Repository {
	r.t.Helper()
	return openRepo(r.t, r.dir)
}

func openRepo(t *testing.T, dir string) *Repository {
	t.Helper()
	repo, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

// checkErr compares an error with a sentinel; nil wants none.
func checkErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func TestHead(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := newRepo(t, "--object-format="+format)
			repo := r.open()
			head, err := repo.Head()
			checkErr(t, err, ErrUnborn)
			if head.Branch != "refs/heads/main" {
				t.Errorf("got branch %q before the first commit", head.Branch)
			}
			first := r.commit("a", "1")
			second := r.commit("a", "2")
			head, err = repo.Head()
			checkErr(t, err, nil)
			if want := (Head{"refs/heads/main", second}); head != want {
				t.Errorf("got %v, want %v", head, want)
			}
			c, err := repo.Commit(second)
			checkErr(t, err, nil)
			if c.Tree != r.id("HEAD^{tree}") || len(c.Parents) != 1 || c.Parents[0] != first {
				t.Errorf("got %+v", c)
			}
			if got := c.Time.Format("2006-01-02 15:04:05 -0700"); got != r.git("log", "-1", "--format=%ci") {
				t.Errorf("got time %s", got)
			}
			r.git("checkout", "-q", "--detach", "HEAD^")
			head, err = repo.Head()
			checkErr(t, err, nil)
			if want := (Head{Commit: first}); head != want {
				t.Errorf("detached: got %v, want %v", head, want)
			}
			if repo.ObjectFormat() != format || repo.Bare() {
				t.Errorf("got format %s, bare %v", repo.ObjectFormat(), repo.Bare())
			}
		})
	}
}

// TestOpenPlaces opens each kind of folder that can stand for a repository.
func TestOpenPlaces(t *testing.T) {
	r := newRepo(t)
	want := r.commit("a", "1")
	other := t.TempDir()
	r.git("worktree", "add", "-q", filepath.Join(other, "linked"))
	r.git("clone", "-q", "--bare", ".", filepath.Join(other, "bare"))
	r.git("clone", "-q", "--separate-git-dir", filepath.Join(other, "git"), ".", filepath.Join(other, "separate"))
	super := newRepo(t)
	super.git("submodule", "--quiet", "add", r.dir, "sub")
	for _, tt := range []struct {
		dir  string
		bare bool
	}{
		{r.dir, false},
		{filepath.Join(r.dir, ".git"), true},
		{filepath.Join(other, "linked"), false},
		{filepath.Join(other, "bare"), true},
		{filepath.Join(other, "separate"), false},
		{filepath.Join(super.dir, "sub"), false},
	} {
		repo := openRepo(t, tt.dir)
		head, err := repo.Head()
		checkErr(t, err, nil)
		_, err = repo.Commit(head.Commit)
		checkErr(t, err, nil)
		if head.Commit != want || repo.Bare() != tt.bare {
			t.Errorf("%s: got %v, bare %v", tt.dir, head, repo.Bare())
		}
		if s, err := repo.Status(); tt.bare != errors.Is(err, ErrBare) || !tt.bare && s.Dirty() {
			t.Errorf("%s: got status %v, error %v", tt.dir, s, err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	const v1 = "[core]\nrepositoryformatversion=1\n"
	tests := []struct {
		name  string
		files []string // name, content
		want  error
	}{
		{"empty folder", nil, ErrNotRepository},
		{"only HEAD", []string{".git/HEAD", "x"}, ErrNotRepository},
		{"gitdir to nowhere", []string{".git", "gitdir: nowhere\n"}, os.ErrNotExist},
		{"no gitdir line", []string{".git", "ref: x\n"}, ErrCorrupt},
		{"gitdir of another kind", []string{".git", "gitdir: d\n", "d/x", ""}, ErrNotRepository},
		{"future version", []string{".git/config", "[core]\nrepositoryformatversion=2\n"}, ErrUnsupported},
		{"unknown extension", []string{".git/config", v1 + "[extensions]\nfoo=1\n"}, ErrUnsupported},
		{"unknown hash", []string{".git/config", v1 + "[extensions]\nobjectFormat=md5\n"}, ErrUnsupported},
		{"unknown ref storage", []string{".git/config", v1 + "[extensions]\nrefStorage=sql\n"}, ErrUnsupported},
		{"reftable", []string{".git/config", v1 + "[extensions]\nrefStorage=reftable\n"}, ErrReftable},
		{"reftable by URI", []string{".git/config", v1 + "[extensions]\nrefStorage=reftable:///x\n"}, ErrReftable},
		{"reftable without the setting", []string{".git/reftable/tables.list", ""}, ErrReftable},
		{"broken config", []string{".git/config", "[core\n"}, ErrCorrupt},
		{"large config", []string{".git/config", strings.Repeat("\n", 1<<20+1)}, ErrLimit},
		{"empty commondir", []string{".git/commondir", "\n"}, ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &testRepo{t, t.TempDir()}
			if len(tt.files) > 0 && (strings.HasPrefix(tt.files[0], ".git/") && tt.want != ErrNotRepository) {
				r.write(".git/HEAD", "ref: refs/heads/main\n")
				r.write(".git/objects/x", "")
				r.write(".git/refs/x", "")
			}
			for i := 0; i < len(tt.files); i += 2 {
				r.write(tt.files[i], tt.files[i+1])
			}
			repo, err := Open(r.dir)
			if err == nil {
				repo.Close()
			}
			checkErr(t, err, tt.want)
		})
	}
}

// TestReftable asks git for the real thing, which it has since 2.45.
func TestReftable(t *testing.T) {
	needTool(t, "git", "git")
	r := &testRepo{t, t.TempDir()}
	if out, err := r.try("init", "-q", "--ref-format=reftable"); err != nil {
		t.Skipf("this git has no reftable: %s", out)
	}
	_, err := Open(r.dir)
	checkErr(t, err, ErrReftable)
}

// TestHostileRepository has settings that make git run programs, read other
// files or show other objects. None of it has an effect here.
func TestHostileRepository(t *testing.T) {
	r := newRepo(t)
	want := r.commit("a", "1")
	marker := filepath.Join(r.dir, "marker")
	script := filepath.Join(r.dir, ".git", "evil")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.write(".git/included", "[remote \"origin\"]\n\turl = https://evil.example/x\n")
	r.git("update-ref", "refs/replace/"+want.String(), r.git("commit-tree", "-m", "other", "HEAD^{tree}"))
	f, err := os.OpenFile(filepath.Join(r.dir, ".git/config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("[include]\n\tpath = included\n[core]\n\tfsmonitor = " + script +
		"\n\thooksPath = " + r.dir + "\n\tworktree = /\n[gpg]\n\tprogram = " + script +
		"\n[filter \"x\"]\n\tclean = " + script + "\n[uploadpack]\n\tpackObjectsHook = " + script + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	r.write(".git/info/attributes", "* filter=x\n")
	r.write("a", "2")

	repo := r.open()
	head, err := repo.Head()
	checkErr(t, err, nil)
	c, err := repo.Commit(head.Commit)
	checkErr(t, err, nil)
	if head.Commit != want || c.ID != want || c.Time.Unix() != 1700000000 {
		t.Errorf("got %v, %+v", head, c)
	}
	s, err := repo.Status()
	checkErr(t, err, nil)
	if len(s.Modified) != 1 {
		t.Errorf("got status %+v", s)
	}
	if url, err := repo.RemoteURL(); url != "" || err != nil {
		t.Errorf("got remote %q, %v", url, err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a program was run")
	}
}

func TestAlternates(t *testing.T) {
	r := newRepo(t)
	want := r.commit("a", "1")
	clone := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "-q", "--shared", ".", clone)
	_, err := openRepo(t, clone).Commit(want)
	checkErr(t, err, ErrNotFound)
	if !strings.Contains(err.Error(), "borrows objects") {
		t.Errorf("got %v", err)
	}
}

// TestLinksOut has parts of a repository that are links to the outside or that
// would block a reader.
func TestLinksOut(t *testing.T) {
	r := newRepo(t)
	id := r.commit("a", "1")
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte(id.String()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	refs := filepath.Join(r.dir, ".git/refs/tags")
	for name, target := range map[string]string{"out": outside, "nothing": "missing", "in": "../heads/main"} {
		if err := os.Symlink(target, filepath.Join(refs, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("mkfifo", filepath.Join(refs, "fifo")).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	repo := r.open()
	tags, err := repo.TagsAt(id)
	if len(tags) != 1 || tags[0].Name != "in" {
		t.Errorf("got %v", tags)
	}
	for _, name := range []string{"tags/out", "tags/nothing", "tags/fifo"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("no error names %s: %v", name, err)
		}
	}
}
