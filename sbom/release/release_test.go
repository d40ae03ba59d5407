package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// A repository is a folder that git works in.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T, files map[string]string) *repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git is missing: apt-get install -y git")
		}
		t.Skip("git is missing: apt-get install -y git")
	}
	r := &repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	for name, text := range files {
		r.write(name, text)
	}
	r.git("add", ".")
	r.git("commit", "-q", "--allow-empty", "-m", "first")
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.org"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C"}
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func (r *repository) write(name, text string) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// gather returns what Gather finds, and the codes of its findings.
func gather(t *testing.T, o Options) (byWhere map[string]sbom.Principal, codes []string) {
	t.Helper()
	candidates, findings, err := Gather(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	byWhere = map[string]sbom.Principal{}
	for _, c := range candidates {
		byWhere[string(c.Source)+": "+c.Where] = c.Facts
	}
	for _, f := range findings {
		codes = append(codes, f.Code)
	}
	return byWhere, codes
}

func known(name, module, commit string) *sbom.Principal {
	p := &sbom.Principal{Component: sbom.Component{Name: name}, FileName: "file.bin", Commit: commit}
	source := sbom.FromArtifact
	if name == "" {
		p.Name, source = p.FileName, sbom.FromName
	}
	p.Evidence = []sbom.Evidence{{Field: "name", Value: p.Name, Source: source}}
	if module != "" {
		p.Properties = []sbom.Property{{Name: "manifestgen:go:module", Value: module}}
	}
	return p
}

// TestMatch holds which artifacts a record is about.
func TestMatch(t *testing.T) {
	r := newRepository(t, nil)
	head := r.git("rev-parse", "HEAD")
	const one = "version: 1\nartifacts:\n  - name: nova\n"
	const two = one + "  - name: ctl\n    match: {module: example.org/ctl}\n"
	tests := []struct {
		name, record string
		known        *sbom.Principal
		flag         string
		given        bool
		want         string
	}{
		{"its own name", one, known("nova", "", ""), "", false, "nova"},
		{"another name", one, known("gofmt", "", ""), "", false, ""},
		{"another name, built here", one, known("cmd/x", "", head), "", false, "nova"},
		{"another name, built elsewhere", one, known("cmd/x", "", strings.Repeat("1", 40)), "", false, ""},
		{"built here, of two", two, known("cmd/x", "", head), "", false, ""},
		{"module", two, known("example.org/ctl/cmd/ctl", "example.org/ctl", ""), "", false, "ctl"},
		{"main package of a module", "version: 1\nartifacts:\n  - name: ctl\n    match: {module: example.org/a/cmd/ctl}\n", known("example.org/a/cmd/ctl", "example.org/a", ""), "", false, "ctl"},
		{"module of another", two, known("ctl", "example.org/evil", ""), "", false, ""},
		{"no Go program", two, known("example.org/ctl", "", ""), "", false, ""},
		{"package", "version: 1\nartifacts:\n  - name: x\n    match: {package: libx}\n", known("libx", "", ""), "", false, "x"},
		{"file", "version: 1\nartifacts:\n  - name: x\n    match: {file: \"*.bin\"}\n", known("", "", ""), "", false, "x"},
		{"file but not module", "version: 1\nartifacts:\n  - name: x\n    match: {file: \"*.bin\", module: y}\n", known("", "", ""), "", false, ""},
		{"nameless, found", one, known("", "", ""), "", false, ""},
		{"nameless, given", one, known("", "", ""), "", true, "nova"},
		{"named by its file only", "version: 1\nartifacts:\n  - name: file.bin\n", known("", "", ""), "", false, ""},
		{"named by a flag", two, known("", "", ""), "nova", false, "nova"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.write(RecordName, tt.record)
			o := Options{Known: tt.known, Dir: r.dir, Flags: sbom.Principal{Component: sbom.Component{Name: tt.flag}}}
			if tt.given {
				o.Record = filepath.Join(r.dir, RecordName)
			}
			candidates, _, err := Gather(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, c := range candidates {
				if c.Source == sbom.FromRecord && c.Facts.Name != "" {
					got = c.Facts.Name
				}
			}
			if got != tt.want {
				t.Errorf("matched %q, want %q", got, tt.want)
			}
		})
	}
}

// TestGatherStates reaches the findings about a repository.
func TestGatherStates(t *testing.T) {
	r := newRepository(t, map[string]string{"Makefile": "all:\n", "go.sum": "", "a/b/c.conf": "x", "secret": "x",
		RecordName: "version: 1\ninputs: {paths: [\"**/*.conf\"], exclude: [go.sum]}\nartifacts:\n  - name: x\n    match: {file: \"*.bin\"}\n"})
	head := r.git("rev-parse", "HEAD")
	inputs := func(facts map[string]sbom.Principal) (names []string) {
		for _, in := range facts["source folder: files of the repository at commit "+head].Inputs {
			names = append(names, in.Name)
		}
		return names
	}
	o := Options{Known: known("", "", ""), Repository: r.dir}
	facts, codes := gather(t, o)
	if got := facts["source folder: git repository, as it is now"]; got.Commit != head || got.WorkTree != "clean" || got.Committed.IsZero() || len(codes) > 0 {
		t.Errorf("facts %+v, findings %v", got, codes)
	}
	if diff := cmp.Diff([]string{"Makefile", "a/b/c.conf", RecordName}, inputs(facts)); diff != "" {
		t.Error(diff)
	}

	r.write("Makefile", "all: changed\n")
	if facts, codes = gather(t, o); !slices.Equal(codes, []string{"inputs.modified"}) || facts["source folder: git repository, as it is now"].WorkTree != "dirty" {
		t.Errorf("a changed file: %v", codes)
	}
	for _, in := range facts["source folder: files of the repository at commit "+head].Inputs {
		if in.Name == "Makefile" && (in.URL != "" || len(in.Digests) != 1) {
			t.Errorf("a changed file has an address: %+v", in)
		}
	}
	r.git("checkout", "-q", ".")
	r.git("tag", "v1")
	r.git("commit", "-q", "--allow-empty", "-m", "second")
	o.Known.Commit = head
	if _, codes = gather(t, o); !slices.Equal(codes, []string{"tag.lightweight", "inputs.unread"}) {
		t.Errorf("another commit is checked out: %v", codes)
	}
	o.Known.Commit = "abc"
	if _, codes = gather(t, o); !slices.Equal(codes, []string{"commit.malformed"}) {
		t.Errorf("a commit that is none: %v", codes)
	}
	o.Known.Commit = strings.Repeat("1", 40)
	o.Known.Built, o.Now = time.Unix(2000000000, 0), time.Unix(1900000000, 0)
	if _, codes = gather(t, o); !slices.Equal(codes, []string{"commit.absent", "date.future"}) {
		t.Errorf("a commit of another repository: %v", codes)
	}
	o.Repository, o.Dir = "", r.dir
	o.Flags.Tag = "v1"
	if _, codes = gather(t, o); !slices.Equal(codes, []string{"tag.unverified", "date.future"}) {
		t.Errorf("another repository around the current folder: %v", codes)
	}
}

// TestSignersStayInside holds that a record cannot make us read what lies outside
// of its folder.
func TestSignersStayInside(t *testing.T) {
	r := newRepository(t, map[string]string{RecordName: "version: 1\nsigners: {ssh: [link]}\ninputs: {paths: [hosts]}\nartifacts:\n  - name: x\n    match: {file: \"*\"}\n"})
	r.git("tag", "v1")
	for _, name := range []string{"link", "hosts"} {
		if err := os.Symlink("/etc/passwd", filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := Gather(context.Background(), Options{Known: known("", "", ""), Repository: r.dir})
	if err == nil || !strings.Contains(err.Error(), "keys that may sign tags: link: ") {
		t.Errorf("error %v", err)
	}
	r.write(RecordName, "version: 1\ninputs: {paths: [hosts]}\nartifacts:\n  - name: x\n    match: {file: \"*\"}\n")
	facts, _ := gather(t, Options{Known: known("", "", ""), Repository: r.dir})
	for where, f := range facts {
		for _, in := range f.Inputs {
			if in.Name == "hosts" {
				t.Errorf("%s: a link that leads out: %+v", where, in)
			}
		}
	}
	if _, _, err := Gather(context.Background(), Options{Repository: filepath.Join(r.dir, "nothing")}); err != nil {
		t.Errorf("a folder inside a repository: %v", err)
	}
	if _, _, err := Gather(context.Background(), Options{Repository: t.TempDir()}); err == nil {
		t.Error("no repository, and no error")
	}
}

// TestModulePrefix holds which tags are those of a module in a folder.
func TestModulePrefix(t *testing.T) {
	r := newRepository(t, map[string]string{
		"go.mod": "module example.org/top\n", "sub/go.mod": "module example.org/top/sub\n", "three/v3/go.mod": "module example.org/top/three/v3\n"})
	head := r.git("rev-parse", "HEAD")
	for _, tag := range []string{"v1.0.0", "v1.0.1", "sub/v0.5.0", "three/v3.0.0", "nightly"} {
		r.git("tag", tag)
	}
	for module, want := range map[string]string{
		"example.org/top": "v1.0.1", "example.org/top/sub": "sub/v0.5.0", "example.org/top/three/v3": "three/v3.0.0", "example.org/top/nothing": "v1.0.1", "": "v1.0.1",
	} {
		facts, _ := gather(t, Options{Known: known("x", module, head), Dir: r.dir})
		got := facts["source folder: refs/tags/"+want+", which is not verified: lightweight"]
		if got.Tag != want || got.Version != want[strings.Index(want, "/")+1:] {
			t.Errorf("%s: tag %q, version %q, want %s", module, got.Tag, got.Version, want)
		}
	}
	facts, _ := gather(t, Options{Known: known("x", "", head), Dir: r.dir, TagPattern: "sub/v{version}"})
	if got := facts["source folder: refs/tags/sub/v0.5.0, which is not verified: lightweight"]; got.Version != "0.5.0" {
		t.Errorf("by a pattern: %+v", facts)
	}
}

func TestTagRule(t *testing.T) {
	tests := []struct{ pattern, prefix, tag, want string }{
		{"", "", "v1.2.3", "v1.2.3"}, {"", "", "2024.1.0.0rc1", "2024.1.0.0rc1"}, {"", "", "nightly", ""}, {"", "sub/", "v1.2.3", ""},
		{"", "sub/", "sub/v1.2.3", "v1.2.3"}, {"v{version}", "", "v1.2.3", "1.2.3"}, {"v{version}", "", "1.2.3", ""},
		{"release-{version}-final", "", "release-7-final", "7"}, {"release-{version}-final", "", "release-7", ""}, {"a{version}a", "", "a", ""}, {"{version}", "", "v1", "v1"},
	}
	for _, tt := range tests {
		if got := (tagRule{tt.pattern, tt.prefix}).version(tt.tag); got != tt.want {
			t.Errorf("%q %q: version of %s = %q, want %q", tt.pattern, tt.prefix, tt.tag, got, tt.want)
		}
	}
	var order []string
	for _, n := range (tagRule{pattern: "r{version}"}).choose([]*git.Tag{{Name: "r1"}, {Name: "r10"}, {Name: "rx!"}, {Name: "r9"}, {Name: "s1"}}) {
		order = append(order, n.name+"="+n.version)
	}
	if diff := cmp.Diff([]string{"r10=10", "r9=9", "r1=1", "rx!=x!"}, order); diff != "" {
		t.Error(diff)
	}
}

func TestCleanURL(t *testing.T) {
	tests := []struct {
		in, want string
		secret   bool
	}{
		{"", "", false},
		{"https://example.org/x?product=nova#top", "https://example.org/x?product=nova#top", false},
		{"https://ada@example.org/x", "https://example.org/x", true},
		{"https://ada:pw@example.org/x", "https://example.org/x", true},
		{"https://example.org/x?a=1&access_token=pw&b=2", "https://example.org/x?a=1&b=2", true},
		{"https://example.org/x?X-Amz-Signature=pw", "https://example.org/x", true},
		{"https://example.org/x?%74oken=pw", "https://example.org/x", true},
		{"https://example.org/x#id_token=pw&a=b", "https://example.org/x#a=b", true},
		{"git+https://oauth2:pw@example.org/x.git", "git+https://example.org/x.git", true},
		{"git@example.org:team/x.git", "ssh://example.org/team/x.git", false},
		{"git:pw@example.org:team/x.git", "", true},
		{"mailto:bugs@example.org", "mailto:bugs@example.org", false},
		{"urn:x:a@b", "", true},
		{"https://[::1", "", true},
		{"nonsense", "", true},
	}
	for _, tt := range tests {
		got, secret := CleanURL(tt.in)
		if got != tt.want || secret != tt.secret {
			t.Errorf("CleanURL(%q) = %q, %v, want %q, %v", tt.in, got, secret, tt.want, tt.secret)
		}
	}
}

// FuzzCleanURL: what is clean stays as it is, and has no user.
func FuzzCleanURL(f *testing.F) {
	for _, s := range []string{"https://a:b@c/d?token=e#f", "git@h:p", "mailto:a@b", "x:y", "//a@b", "https://a/?&token=1&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean, _ := CleanURL(s)
		again, secret := CleanURL(clean)
		if again != clean || secret {
			t.Errorf("%q is cleaned to %q, and that to %q", s, clean, again)
		}
		if head, _, _ := strings.Cut(clean, "?"); strings.Contains(head, "://") {
			host, _, _ := strings.Cut(strings.SplitN(head, "://", 2)[1], "/")
			host, _, _ = strings.Cut(host, "#")
			if strings.Contains(host, "@") {
				t.Errorf("%q is cleaned to %q", s, clean)
			}
		}
	})
}

func TestMatchPath(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true}, {"a", "a/b", false}, {"*", "a", true}, {"*", "a/b", false}, {"a/*", "a/b", true}, {"**", "a/b/c", true}, {"**/c", "c", true},
		{"**/c", "a/b/c", true}, {"a/**/c", "a/c", true}, {"a/**/c", "a/b/b/c", true}, {"a/**/c", "b/c", false}, {"a/**", "a/b", true}, {"a/**", "a", false},
	}
	for _, tt := range tests {
		if got := matchAny([]string{tt.pattern}, tt.name); got != tt.want {
			t.Errorf("%s matches %s: %v", tt.pattern, tt.name, got)
		}
		if dir := filepath.Dir(tt.name); tt.want && dir != "." && !mayHold([]string{tt.pattern}, dir) {
			t.Errorf("%s may not hold what %s matches", dir, tt.pattern)
		}
	}
}

// TestFlagsAreCleaned holds that no secret of a flag comes out again.
func TestFlagsAreCleaned(t *testing.T) {
	const url = "https://ada:secret@example.org/x?token=secret"
	flags := sbom.Principal{Repository: url, Component: sbom.Component{
		Maker: sbom.Party{Name: "x", URL: url}, Links: []sbom.Link{{Type: "chat", URL: url}, {Type: "chat", URL: url}}}}
	given := slices.Clone(flags.Links)
	candidates, findings, err := Gather(context.Background(), Options{Flags: flags, Inputs: []string{url + "@sha256:" + strings.Repeat("0", 64)}})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(candidates, findings); strings.Contains(text, "secret@") || strings.Contains(text, "=secret") {
		t.Error(text)
	}
	if len(findings) != 5 || !cmp.Equal(given, flags.Links) {
		t.Errorf("findings %v; the links of the caller are now %v", findings, flags.Links)
	}
}

// TestFlagInput holds what --input takes.
func TestFlagInput(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ in, name, url, wantErr string }{
		{"file", "file", "", ""},
		{"https://example.org/x@sha256:" + zeros, "https://example.org/x", "https://example.org/x", ""},
		{"example.org/x:1@sha256:" + zeros, "example.org/x:1", "pkg:oci/x@sha256:" + zeros + "?repository_url=example.org%2Fx&tag=1", ""},
		{"https://a:secret@example.org/x@sha256:12", "", "", "input: want URL@sha256:DIGEST"},
		{"https://a:secret@example.org/x", "", "", "input: want URL@sha256:DIGEST"},
		{"nothing", "", "", "input nothing: open: no such file or directory"},
		{".", "", "", "input .: is no regular file"},
	}
	for _, tt := range tests {
		candidates, _, err := Gather(context.Background(), Options{Dir: dir, Inputs: []string{tt.in}})
		if tt.wantErr != "" || err != nil {
			if err == nil || err.Error() != tt.wantErr {
				t.Errorf("%s: error %v, want %s", tt.in, err, tt.wantErr)
			}
			continue
		}
		in := candidates[len(candidates)-1].Facts.Inputs[0]
		if in.Name != tt.name || in.URL != tt.url || len(in.Digests) != 1 {
			t.Errorf("%s: %+v", tt.in, in)
		}
	}
}

// TestDraft holds that what init writes is a record, whatever the repository.
func TestDraft(t *testing.T) {
	full := newRepository(t, map[string]string{"go.mod": "module example.org/x/v3\n", "COPYING": "Apache License\n Version 2.0, January", "allowed_signers": "", "KEYS": ""})
	full.git("remote", "add", "origin", "https://u:secret@gitlab.com/a/b.git")
	tests := map[*repository]Terms{
		newRepository(t, nil): {},
		full: {Licence: "Apache-2.0", Disclaimer: "COPYING", Repository: "https://gitlab.com/a/b.git",
			Support: &Support{Issues: "https://gitlab.com/a/b/-/issues"}, Signers: &Signers{OpenPGP: []string{"KEYS"}, SSH: []string{"allowed_signers"}}},
	}
	for r, want := range tests {
		text, top, err := Draft(r.dir)
		if err != nil {
			t.Fatal(err)
		}
		record, err := parse(string(text))
		if err != nil || top == "" {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, record.Terms); diff != "" {
			t.Error(diff)
		}
		var uncommented []string
		inExample := false
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "# "); ok && (strings.HasPrefix(rest, " ") || strings.HasSuffix(strings.Fields(rest)[0], ":") && !strings.HasPrefix(rest, "level:")) {
				inExample, line = true, rest
			}
			uncommented = append(uncommented, line)
		}
		if !inExample || len(want.Licence) > 0 {
			continue
		}
		text2 := strings.ReplaceAll(strings.Join(uncommented, ""), `"..."`, `"`+strings.Repeat("0", 64)+`"`)
		text2 = strings.ReplaceAll(text2, "sha256:...", "sha256:"+strings.Repeat("0", 64))
		if _, err := parse(text2); err != nil {
			t.Errorf("the examples are no record: %v\n%s", err, text2)
		}
	}
}

// TestImageInput holds how a base image is named.
func TestImageInput(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	for ref, want := range map[string]string{
		"example.org:5000/Team/base:1.2@sha256:" + zeros: "pkg:oci/base@sha256:" + zeros + "?repository_url=example.org:5000%2FTeam%2Fbase&tag=1.2",
		"base@sha256:" + zeros:                           "pkg:oci/base@sha256:" + zeros + "?repository_url=base",
	} {
		if got := imageInput(ref).URL; got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
}
