package signature

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

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

// tagged is when the tests tag.
var tagged = time.Unix(1700000000, 0).UTC() // 2023-11-14 22:13:20

// A gpgHome is a GnuPG home folder with keys. Its path is short, because that
// of a socket must be.
type gpgHome struct {
	t   *testing.T
	dir string
}

func newGPG(t *testing.T) *gpgHome {
	t.Helper()
	needTool(t, "gpg", "gnupg")
	dir, err := os.MkdirTemp("", "g")
	if err != nil {
		t.Fatal(err)
	}
	g := &gpgHome{t, dir}
	t.Cleanup(func() {
		kill := exec.Command("gpgconf", "--kill", "all")
		kill.Env = g.env()
		kill.Run()
		os.RemoveAll(dir)
	})
	return g
}

func (g *gpgHome) env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.dir, "GNUPGHOME=" + g.dir, "LC_ALL=C", "TZ=UTC"}
}

// run runs gpg as if it were the day when ("20230101"), with input.
func (g *gpgHome) run(when, input string, args ...string) string {
	g.t.Helper()
	args = append([]string{"--pinentry-mode", "loopback", "--passphrase", "", "--quiet", "--no-tty",
		"--faked-system-time", when + "T120000!"}, args...)
	cmd := exec.Command("gpg", args...)
	cmd.Env, cmd.Stdin = g.env(), strings.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		g.t.Fatalf("gpg %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// key makes a key on the first day of 2023 and returns its fingerprint.
func (g *gpgHome) key(name, algo, expire string) string {
	g.t.Helper()
	g.run("20230101", "", "--batch", "--quick-gen-key", name, algo, "sign", expire)
	for line := range strings.SplitSeq(g.run("20230101", "", "--batch", "--with-colons", "--list-keys", "="+name), "\n") {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			return fields[9]
		}
	}
	g.t.Fatalf("no key %s", name)
	return ""
}

// revoke revokes a key on a day, for a reason: 0 none, 1 compromised, 2
// superseded, 3 no longer used.
func (g *gpgHome) revoke(when, reason, key string) {
	g.t.Helper()
	cert := g.run(when, "y\n"+reason+"\n\ny\n", "--command-fd", "0", "--armor", "--gen-revoke", key)
	g.run(when, cert, "--batch", "--import")
}

// export returns the public keys, armored.
func (g *gpgHome) export(keys ...string) []byte {
	g.t.Helper()
	return []byte(g.run("20261001", "", append([]string{"--batch", "--armor", "--export"}, keys...)...))
}

// program writes a program for git's gpg.program that runs gpg with more
// arguments.
func (g *gpgHome) program(args string) string {
	g.t.Helper()
	f, err := os.CreateTemp(g.dir, "gpg")
	if err != nil {
		g.t.Fatal(err)
	}
	fmt.Fprintf(f, "#!/bin/sh\nexec gpg --pinentry-mode loopback --passphrase '' %s \"$@\"\n", args)
	f.Chmod(0o755)
	f.Close()
	return f.Name()
}

// A testRepo is a repository with one commit.
type testRepo struct {
	t   *testing.T
	dir string
	env []string
}

func newRepo(t *testing.T, format string, env []string) *testRepo {
	t.Helper()
	needTool(t, "git", "git")
	if env == nil {
		env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	}
	r := &testRepo{t, t.TempDir(), env}
	r.git("init", "-q", "-b", "main", "--object-format="+format)
	r.git("commit", "-q", "--allow-empty", "-m", "first")
	r.git("commit", "-q", "--allow-empty", "-m", "second")
	return r
}

func (r *testRepo) try(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append([]string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_EDITOR=true",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=1700000000 +0000"}, r.env...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSuffix(string(out), "\n"), err
}

func (r *testRepo) git(args ...string) string {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (r *testRepo) id(rev string) git.ID {
	r.t.Helper()
	id, err := git.ParseID(r.git("rev-parse", rev))
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// raw returns a tag object.
func (r *testRepo) raw(name string) string {
	r.t.Helper()
	return r.git("cat-file", "tag", name) + "\n"
}

// replace writes a tag object that git would not make and points the tag at it.
func (r *testRepo) replace(name, object string) {
	r.t.Helper()
	// git update-ref refuses what is not well formed.
	ref := filepath.Join(r.dir, ".git", "refs", "tags", name)
	if err := os.WriteFile(ref, []byte(r.hash(object)+"\n"), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *testRepo) hash(object string) string {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), "object")
	if err := os.WriteFile(file, []byte(object), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return r.git("hash-object", "-t", "tag", "-w", "--literally", file)
}

// tag reads a tag. One that cannot be read is nil, which Verify calls Bad.
func (r *testRepo) tag(name string) *git.Tag {
	r.t.Helper()
	repo, err := git.Open(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	defer repo.Close()
	tag, err := repo.Tag(name)
	if err != nil {
		r.t.Logf("tag %s: %v", name, err)
	}
	return tag
}
