package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newRelease makes a repository of the project in testdata/release, with a key
// that may sign its tags.
func newRelease(t *testing.T) *project {
	t.Helper()
	for tool, debian := range map[string]string{"git": "git", "ssh-keygen": "openssh-client", "make": "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: apt-get install -y %s", tool, debian)
		}
	}
	p := &project{t: t, dir: filepath.Join(t.TempDir(), "release"), home: t.TempDir()}
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join("..", "..", "..", "testdata", "release"))); err != nil {
		t.Fatal(err)
	}
	p.run(p.home, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", "id")
	public, err := os.ReadFile(filepath.Join(p.home, "id.pub"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("keys/allowed_signers", `ada@example.org namespaces="git" `+string(public))
	p.git("init", "-q", "-b", "main")
	p.commitAll("first")
	p.app = filepath.Join(p.dir, "dist", "nova")
	return p
}

func (p *project) commitAll(message string) {
	p.t.Helper()
	p.git("add", ".")
	p.git("commit", "-q", "-m", message)
}

// long skips a test that builds programs when only short ones are run.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs")
	}
}

// buildCommand builds the command itself, for a make that is to run it.
func buildCommand(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "manifestgen")
	if out, err := exec.Command("go", "build", "-o", name, "../").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// TestMakefile releases a real project as its Makefile does.
func TestMakefile(t *testing.T) {
	long(t)
	manifestgen := buildCommand(t)
	p := newRelease(t)
	p.tagSSH("v1.2.3")
	out := p.run(p.dir, "make", "release", "MANIFESTGEN="+manifestgen)
	if !strings.Contains(out, ": fit to publish, by release-guidelines") {
		t.Errorf("make says\n%s", out)
	}
}

// A variant is a release with one defect, and what the advice of the rule comes
// to.
type variant struct {
	name          string
	rules         []string // that fail, all about the one defect
	exit          int
	spoil, repair func(r *releaseRun)
}

// A releaseRun is one way through a release: what happens before the tag, how the
// artifact is described, and what happens then.
type releaseRun struct {
	*project
	built string   // by which flag it is said when the program was built
	flags []string // of generate
	check []string // of check
	sign  bool
	after func() // before the check
}

func newReleaseRun(t *testing.T) *releaseRun {
	return &releaseRun{project: newRelease(t), sign: true, built: "now"}
}

func (r *releaseRun) replace(file, old, new string) {
	r.t.Helper()
	name := filepath.Join(r.dir, file)
	b, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(b, []byte(old)) {
		r.t.Fatalf("%s: no %q: %v", file, old, err)
	}
	r.write(file, strings.Replace(string(b), old, new, 1))
}

// run releases, and returns the exit status of the check with its report.
func (r *releaseRun) run() (status int, failed []string, text string) {
	r.t.Helper()
	r.commitChanges()
	if r.sign {
		r.tagSSH("v1.2.3")
	} else {
		r.git("tag", "-a", "-m", "v1.2.3", "v1.2.3")
	}
	r.project.run(r.dir, "go", "build", "-trimpath", "-buildvcs=true", "-o", r.app, ".")
	args := append([]string{r.app, "-o", r.app + ".cdx.json"}, r.flags...)
	if r.built != "" {
		args = append(args, "--built", r.built)
	}
	if _, stderr, status := r.manifestgen(args...); status != 0 && status != 3 {
		r.t.Fatalf("generate: status %d: %s", status, stderr)
	}
	if r.after != nil {
		r.after()
	}
	file := filepath.Join(r.home, "report.json")
	text, stderr, status := r.manifestgen(append([]string{"check", r.app, "-o", "text", "-o", "json=" + file}, r.check...)...)
	b, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatalf("status %d: %s%v", status, stderr, err)
	}
	return status, notKept(r.t, b), text
}

// commitChanges commits what was changed, if anything was.
func (r *releaseRun) commitChanges() {
	r.t.Helper()
	if r.git("status", "--porcelain") != "" {
		r.commitAll("a change")
	}
}

// notKept returns the ids of the rules that are musts or shoulds and not kept.
func notKept(t *testing.T, data []byte) []string {
	t.Helper()
	var all struct {
		Reports []struct {
			Results []struct {
				Rule   struct{ ID, Severity string }
				Status string
			}
		}
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range all.Reports {
		for _, x := range r.Results {
			if (x.Status == "fail" || x.Status == "not-provable") && x.Rule.Severity != "may" {
				ids = append(ids, x.Rule.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

var variants = []variant{
	{"nothing is wrong", nil, 0, nil, nil},
	{"G1: another architecture than the program's", []string{"G1.architecture-agrees"}, 4,
		func(r *releaseRun) { r.flags = []string{"--arch", "s390x"} }, func(r *releaseRun) { r.flags = nil }},
	{"G1: another version than the program's", []string{"G1.version-agrees", "G4.tag-version"}, 4,
		func(r *releaseRun) { r.flags = []string{"--artifact-version", "v9.9.9"} }, func(r *releaseRun) { r.flags = nil }},
	{"G2: the program was changed afterwards", []string{"G2.artifact"}, 4,
		func(r *releaseRun) {
			r.after = func() {
				f, err := os.OpenFile(r.app, os.O_APPEND|os.O_WRONLY, 0)
				if err != nil {
					r.t.Fatal(err)
				}
				defer f.Close()
				if _, err := f.WriteString("signed"); err != nil {
					r.t.Fatal(err)
				}
			}
		}, func(r *releaseRun) { r.after = nil }},
	{"G2: the manifest lists less than there is", []string{"G2.scan"}, 4,
		func(r *releaseRun) { r.after = func() { r.dropComponent("golang.org/x/mod") } }, func(r *releaseRun) { r.after = nil }},
	{"G3: nothing says when it was built", []string{"G3.built"}, 4,
		func(r *releaseRun) { r.built, r.check = "", []string{"--strict"} }, func(r *releaseRun) { r.built = "now" }},
	{"G3: built before there were computers", []string{"G3.built-true"}, 4,
		func(r *releaseRun) { r.built = "1910-01-01" }, func(r *releaseRun) { r.built = "now" }},
	{"G4: the tag is not signed", []string{"G4.tag-signed"}, 4,
		func(r *releaseRun) { r.sign, r.check = false, []string{"--strict"} }, func(r *releaseRun) { r.sign = true }},
	{"G4: not signed is a warning", []string{"G4.tag-signed"}, 0,
		func(r *releaseRun) { r.sign = false }, func(r *releaseRun) { r.sign = true }},
	{"G4: a build input is not what it was", []string{"G4.inputs-now"}, 4,
		func(r *releaseRun) { r.after = func() { r.write("Makefile", "all:\n") } }, func(r *releaseRun) { r.after = nil }},
	{"G4: a tag that was moved", []string{"G4.tag-commit", "G4.tag-signed", "signature"}, 5,
		func(r *releaseRun) {
			r.after = func() {
				r.write("new.txt", "new\n")
				r.commitAll("another")
				r.git("tag", "-d", "v1.2.3")
				r.tagSSH("v1.2.3")
			}
			r.check = []string{"--repo", r.dir}
		}, func(r *releaseRun) { r.after = nil }},
	{"G5: a community as owner", []string{"G5.community"}, 4,
		func(r *releaseRun) {
			r.replace("manifestgen.yaml", "name: Nova Release Team", "name: the Nova community")
		},
		func(r *releaseRun) {
			r.replace("manifestgen.yaml", "name: the Nova community", "name: Nova Release Team")
		}},
	{"G6: nowhere to report problems", []string{"G6.issues"}, 4,
		func(r *releaseRun) { r.replace("manifestgen.yaml", "  issues: https://bugs.example.org/nova\n", "") },
		func(r *releaseRun) { r.flags = []string{"--issues", "https://bugs.example.org/nova"} }},
	{"G7: no disclaimer of warranty", []string{"G7.disclaimer"}, 4,
		func(r *releaseRun) {
			r.replace("manifestgen.yaml", "licence: MIT\ndisclaimer: LICENSE\n", "licence: FSFUL\n")
		},
		func(r *releaseRun) {
			r.replace("manifestgen.yaml", "licence: FSFUL\n", "licence: FSFUL\ndisclaimer: There is no warranty.\n")
		}},
	{"G7: a promise in the name of others", []string{"G7.promises"}, 4,
		func(r *releaseRun) { r.flags = []string{"--description", "Fully supported by the Nova contributors."} }, func(r *releaseRun) { r.flags = nil }},
}

// dropComponent takes a component out of the manifest that lies beside the program.
func (r *releaseRun) dropComponent(name string) {
	r.t.Helper()
	var doc map[string]any
	b, err := os.ReadFile(r.app + ".cdx.json")
	if err != nil || json.Unmarshal(b, &doc) != nil {
		r.t.Fatal(err)
	}
	is := func(x any, key string) bool {
		s, _ := x.(map[string]any)[key].(string)
		return strings.Contains(s, name)
	}
	doc["components"] = slices.DeleteFunc(doc["components"].([]any), func(x any) bool { return is(x, "name") })
	delete(doc, "dependencies")
	delete(doc, "compositions")
	if b, err = json.Marshal(doc); err != nil {
		r.t.Fatal(err)
	}
	r.write("dist/nova.cdx.json", string(b))
}

// TestVariants makes one defect after another in a real release, wants exactly the
// rules that are about it to say so, and then follows their advice.
func TestVariants(t *testing.T) {
	long(t)
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			again := newReleaseRun(t)
			r := newReleaseRun(t)
			if v.spoil != nil {
				v.spoil(r)
			}
			status, failed, text := r.run()
			if status != v.exit || !slices.Equal(failed, v.rules) {
				t.Fatalf("status %d, %v are not kept, want %d, %v\n%s", status, failed, v.exit, v.rules, text)
			}
			if v.repair == nil {
				return
			}
			if !strings.Contains(text, " fix  ") {
				t.Errorf("there is no advice:\n%s", text)
			}
			v.spoil(again)
			v.repair(again)
			if status, failed, text := again.run(); status != 0 || len(failed) > 0 {
				t.Errorf("repaired: status %d, %v\n%s", status, failed, text)
			}
		})
	}
}

// TestReleaseFolder releases two programs and a file that is none, and then leaves
// something over.
func TestReleaseFolder(t *testing.T) {
	long(t)
	p := newRelease(t)
	p.tagSSH("v1.2.3")
	p.build()
	p.write("dist/notes.md", "What is new.\n")
	if _, stderr, status := p.manifestgen("--release", "dist", "--built", "mtime", "-o", "dist/", "-o", "spdx-json=dist/"); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	sums := p.run(filepath.Join(p.dir, "dist"), "sh", "-c", "sha256sum *")
	p.write("dist/SHA256SUMS", sums)
	check := func(want int, words string) {
		t.Helper()
		out, stderr, status := p.manifestgen("check", "dist")
		if status != want || !strings.Contains(out, words) {
			t.Errorf("status %d, want %d and %q: %s\n%s", status, want, words, stderr, out)
		}
	}
	check(0, "dist: fit to publish, by release-folder")
	p.write("dist/left-over", "x")
	check(4, "left-over (no manifest has its digest)")
	os.Remove(filepath.Join(p.dir, "dist", "left-over"))
	p.write("dist/nova.spdx.json", "{\"spdxVersion\":\"SPDX-2.3\"")
	check(4, "FAIL R.readable")
	p.write("dist/SHA256SUMS", strings.ReplaceAll(sums, "0", "1"))
	check(4, "FAIL R.sums")
}

// TestRecipes runs the commands of the recipes on a real release, as far as they
// are ours.
func TestRecipes(t *testing.T) {
	long(t)
	dir, err := filepath.Abs(filepath.Join("..", "recipes"))
	if err != nil {
		t.Fatal(err)
	}
	manifestgen := buildCommand(t)
	for _, recipe := range []string{"Makefile", "goreleaser.yaml", "github.yml", "gitlab.yml", "pre-push"} {
		t.Run(recipe, func(t *testing.T) {
			p := newRelease(t)
			p.tagSSH("v1.2.3")
			p.build()
			data, err := os.ReadFile(filepath.Join(dir, recipe))
			if err != nil {
				t.Fatal(err)
			}
			lines := commandsOf(recipe, string(data))
			if len(lines) == 0 {
				t.Fatal("the recipe runs nothing")
			}
			for _, line := range lines {
				p.run(p.dir, "sh", "-euc", "PATH="+filepath.Dir(manifestgen)+":$PATH\n"+line)
			}
		})
	}
}

// commandsOf returns the lines of a recipe that run manifestgen, as sh runs them.
func commandsOf(recipe, text string) []string {
	if recipe == "pre-push" {
		return []string{"printf 'refs/tags/v1.2.3 %s refs/tags/v1.2.3 %s\\n' $(git rev-parse v1.2.3) 0 | (\n" + text + "\n)"}
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimLeft(line, " \t-")
		line = strings.TrimPrefix(line, "run: ")
		if args, ok := strings.CutPrefix(line, `args: ["$artifact", `); ok {
			args = strings.NewReplacer(`", "`, " ", `"]`, "", `"`, "", "$document", "nova.cdx.json").Replace(args)
			line = "cd dist && manifestgen nova " + args // GoReleaser runs it there
		}
		if strings.HasPrefix(line, "manifestgen ") || strings.HasPrefix(line, "cd dist && manifestgen ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestManifestAlone checks a manifest without its artifact, and what cannot be read.
func TestManifestAlone(t *testing.T) {
	long(t)
	p := newRelease(t)
	p.tagSSH("v1.2.3")
	p.build()
	if _, stderr, status := p.manifestgen(p.app, "-o", "alone.cdx.json", "--built", "now"); status != 0 {
		t.Fatal(stderr)
	}
	out, _, status := p.manifestgen("check", "alone.cdx.json")
	if status != 4 || !strings.Contains(out, "not provable: the artifact is not at hand") {
		t.Errorf("status %d\n%s", status, out)
	}
	data, err := os.ReadFile("alone.cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	p.write("cut.cdx.json", string(data[:len(data)/2]))
	p.write("newer.cdx.json", strings.Replace(string(data), `"specVersion":"1.6"`, `"specVersion":"9.9"`, 1))
	tests := []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"check", "cut.cdx.json"}, 6, "cut.cdx.json"},
		{[]string{"check", "newer.cdx.json"}, 6, "newer.cdx.json"},
		{[]string{"check", p.app}, 2, "there is no manifest beside it"},
		{[]string{"check", p.app, "--manifest", "none.json"}, 6, "none.json"},
		{[]string{"check", p.app, "--manifest", "go.mod"}, 6, "go.mod"},
		{[]string{"check", "alone.cdx.json", "--profile", "none"}, 2, "there is no profile"},
		{[]string{"check", "alone.cdx.json", "--profile", "Makefile"}, 2, "Makefile:"},
		{[]string{"check", "alone.cdx.json", "-o", "x.unknown"}, 2, "x.unknown"},
		{[]string{"check", "alone.cdx.json", "-o", "a.xml", "-o", "junit=a.xml"}, 2, "one place"},
		{[]string{"check", "alone.cdx.json", "-o", "vsa"}, 8, "verification summary"},
		{[]string{"check", "alone.cdx.json", "--allowed-signers", "none"}, 2, "keys that may sign tags: none"},
		{[]string{"check"}, 2, "which artifact"},
		{[]string{"check", "--list", "x"}, 2, "takes no arguments"},
	}
	for _, tt := range tests {
		_, stderr, status := p.manifestgen(tt.args...)
		if status != tt.status || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: status %d, want %d: %s", tt.args, status, tt.status, stderr)
		}
	}
	if out, _, status := p.manifestgen("check", "--list"); status != 0 || !strings.Contains(out, "G5.community must:") {
		t.Errorf("--list: status %d\n%s", status, out)
	}
}

// TestOwnProfile uses a profile that the record names.
func TestOwnProfile(t *testing.T) {
	long(t)
	p := newRelease(t)
	p.write("release-rules.yaml", "version: 1\nname: ours\nextends: [release-guidelines]\nrules:\n  - id: N1\n    title: It is called nova\n    fix: Call it nova.\n    expression: principal.name == \"nova\"\n")
	r := &releaseRun{project: p, sign: true, built: "now"}
	r.replace("manifestgen.yaml", "artifacts:", "profile: release-rules.yaml\nartifacts:")
	status, failed, text := r.run()
	if status != 0 || len(failed) > 0 || !strings.Contains(text, "by ours") {
		t.Errorf("status %d, %v\n%s", status, failed, text)
	}
}
