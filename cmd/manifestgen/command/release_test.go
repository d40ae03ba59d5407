package command_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/formats/spdx"
	"github.com/manifestgen/manifestgen/sbom"
)

// A project is a real repository with a signed tag, and a program built from it.
type project struct {
	t        *testing.T
	dir, app string
	home     string
}

const projectRecord = `version: 1
team: {name: Nova Release Team, url: "https://example.org/nova", contacts: [nova@example.org]}
support:
  issues: https://bugs.example.org/nova?product=nova
  security: mailto:security@example.org
  docs: https://docs.example.org/nova
  chat: https://chat.example.org/nova
  level: limitedSupport
  end: 2028-04-30
licence: Apache-2.0
disclaimer: LICENSE, sections 7 and 8
repository: https://example.org/git/nova
signers: {openpgp: [keys/release.asc], ssh: [keys/allowed_signers]}
inputs:
  paths: ["deploy/**/*.yaml"]
  images: ["example.org/base:1@sha256:1111111111111111111111111111111111111111111111111111111111111111"]
build: {command: go build, environment: [GOFLAGS], builder: "https://ci.example.org/nova"}
artifacts:
  - name: nova
    description: Runs things.
    match: {module: example.org/nova}
`

// newProject makes a repository, commits, and makes keys.
func newProject(t *testing.T) *project {
	t.Helper()
	for tool, debian := range map[string]string{"git": "git", "gpg": "gnupg", "ssh-keygen": "openssh-client"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: apt-get install -y %s", tool, debian)
			}
			t.Skipf("%s is missing: apt-get install -y %s", tool, debian)
		}
	}
	home, err := os.MkdirTemp("", "h") // short, for the socket of gpg's agent
	if err != nil {
		t.Fatal(err)
	}
	p := &project{t: t, dir: filepath.Join(t.TempDir(), "nova"), home: home}
	t.Cleanup(func() {
		kill := exec.Command("gpgconf", "--kill", "all")
		kill.Env = p.env()
		kill.Run()
		os.RemoveAll(home)
	})
	p.run(home, "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key", "Ada <ada@example.org>", "ed25519", "sign", "0")
	p.run(home, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", "id")
	public, err := os.ReadFile(filepath.Join(home, "id.pub"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("keys/release.asc", p.run(home, "gpg", "--armor", "--export"))
	p.write("keys/allowed_signers", `ada@example.org namespaces="git" `+string(public))
	p.write("go.mod", "module example.org/nova\n\ngo 1.24\n")
	p.write("main.go", "package main\n\nfunc main() { println(\"nova\") }\n")
	p.write("Makefile", "all:\n\tgo build\n")
	p.write("deploy/a/b.yaml", "a: b\n")
	p.write("manifestgen.yaml", projectRecord)
	p.write(".gitignore", "/dist\n")
	p.git("init", "-q", "-b", "main")
	p.git("remote", "add", "origin", "https://user:secret@example.org/git/nova")
	p.git("add", ".")
	p.git("commit", "-q", "-m", "first")
	return p
}

func (p *project) env() []string {
	env := []string{"HOME=" + p.home, "GNUPGHOME=" + p.home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "TZ=UTC", "GOFLAGS=-buildvcs=true", "GOWORK=off"}
	for _, name := range []string{"PATH", "GOROOT"} {
		env = append(env, name+"="+os.Getenv(name))
	}
	cache, err := os.UserCacheDir()
	if err == nil {
		env = append(env, "GOCACHE="+first(os.Getenv("GOCACHE"), filepath.Join(cache, "go-build")))
	}
	return env
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (p *project) run(dir, name string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, p.env()
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if e, ok := err.(*exec.ExitError); ok {
			detail = string(e.Stderr)
		}
		p.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, detail)
	}
	return string(out)
}

func (p *project) git(args ...string) string {
	p.t.Helper()
	args = append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.org"}, args...)
	return strings.TrimSpace(p.run(p.dir, "git", args...))
}

func (p *project) write(name, text string) {
	p.t.Helper()
	name = filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) tagSSH(name string) {
	p.t.Helper()
	p.git("-c", "gpg.format=ssh", "-c", "user.signingkey="+filepath.Join(p.home, "id"), "tag", "-s", "-m", name, name)
}

func (p *project) tagGPG(name string) {
	p.t.Helper()
	p.git("-c", "user.signingkey=ada@example.org", "tag", "-s", "-m", name, name)
}

// build builds the program.
func (p *project) build() {
	p.t.Helper()
	p.app = filepath.Join(p.dir, "dist", "nova")
	p.run(p.dir, "go", "build", "-trimpath", "-o", p.app, ".")
}

// describe runs the command in the repository.
func (p *project) manifestgen(args ...string) (stdout, stderr string, status int) {
	p.t.Helper()
	p.t.Chdir(p.dir)
	var out, errs bytes.Buffer
	status = command.Main(args, command.Process{Stdout: &out, Stderr: &errs, Now: time.Now, Getenv: func(string) string { return "" }}, catalogers.Default()...)
	return out.String(), errs.String(), status
}

// describe returns the manifest of the program in CycloneDX.
func (p *project) describe(want int, args ...string) *sbom.Manifest {
	p.t.Helper()
	stdout, stderr, status := p.manifestgen(append([]string{p.app, "-o", "cyclonedx-json"}, args...)...)
	if status != want {
		p.t.Fatalf("status %d, want %d: %s", status, want, stderr)
	}
	m, err := cyclonedx.Decode(strings.NewReader(stdout))
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// TestRelease builds a program from a signed tag and checks that the manifest says
// all that it should, in both standards and back.
func TestRelease(t *testing.T) {
	for _, kind := range []string{"ssh", "openpgp"} {
		t.Run(kind, func(t *testing.T) {
			p := newProject(t)
			if kind == "ssh" {
				p.tagSSH("v1.2.3")
			} else {
				p.tagGPG("v1.2.3")
			}
			p.build()
			m := p.describe(0, "--built", "now", "--published", "now", "--arch", "amd64")
			commit := p.git("rev-parse", "HEAD")
			q := m.Principal
			if q.Name != "nova" || q.Version != "v1.2.3" || q.Tag != "v1.2.3" || q.Commit != commit || q.Signature.Result != "good" ||
				q.Signature.Kind != kind || !strings.Contains(q.Signature.Signer, "ada@example.org") || q.WorkTree != "clean" || q.PURL != "pkg:golang/example.org/nova@v1.2.3" {
				t.Errorf("principal %+v", q)
			}
			checkFilled(t, q)
			checkInputs(t, p, q, commit)
			if e := q.Evidence; !hasEvidence(e, "version", sbom.FromTag) || !hasEvidence(e, "maker", sbom.FromRecord) || !hasEvidence(e, "built", sbom.FromFlag) {
				t.Errorf("evidence %v", e)
			}
			text, _ := json.Marshal(m)
			if bytes.Contains(text, []byte("secret@")) {
				t.Error("the password of the remote is in the manifest")
			}
			checkRound(t, m)
		})
	}
}

func hasEvidence(all []sbom.Evidence, field string, source sbom.Source) bool {
	for _, e := range all {
		if e.Field == field {
			return e.Source == source // of the chosen one, which is first
		}
	}
	return false
}

// emptyFields are the fields of a principal that a Go program does not have.
var emptyFields = map[string]bool{
	"CPE": true, "Concluded": true, "LicenseTexts": true, "Copyright": true, "Supplier": true, "Wanted": true, "Joints": true, "Component": true, "Dependencies": true, "Foreign": true,
}

func checkFilled(t *testing.T, p *sbom.Principal) {
	t.Helper()
	for _, v := range []reflect.Value{reflect.ValueOf(*p), reflect.ValueOf(p.Component)} {
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).IsZero() && !emptyFields[name] {
				t.Errorf("%s is empty", name)
			}
		}
	}
	links := map[string]bool{}
	for _, l := range p.Links {
		links[l.Type] = true
	}
	for _, kind := range []string{"issue-tracker", "security-contact", "documentation", "chat"} {
		if !links[kind] {
			t.Errorf("no link of type %s", kind)
		}
	}
}

func checkInputs(t *testing.T, p *project, q *sbom.Principal, commit string) {
	t.Helper()
	got := map[string]string{}
	for _, in := range q.Inputs {
		got[in.Name] = in.URL
		if len(in.Digests) != 1 || in.Digests[0].Algorithm != "SHA-256" {
			t.Errorf("digests of %s: %v", in.Name, in.Digests)
		}
	}
	at := "git+https://example.org/git/nova@" + commit + "#"
	want := map[string]string{
		"go.mod": at + "go.mod", "Makefile": at + "Makefile", "manifestgen.yaml": at + "manifestgen.yaml", "deploy/a/b.yaml": at + "deploy/a/b.yaml",
		"example.org/base:1": "pkg:oci/base@sha256:" + strings.Repeat("1", 64) + "?repository_url=example.org%2Fbase&tag=1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// checkRound writes and reads a manifest in one standard, the other, and the first
// again.
func checkRound(t *testing.T, m *sbom.Manifest) {
	t.Helper()
	back := m
	for _, f := range []struct {
		encode  func(io.Writer, *sbom.Manifest) error
		decode  func(io.Reader) (*sbom.Manifest, error)
		schemas []schemaFile
	}{
		{spdx.Encode, spdx.Decode, []schemaFile{{"http://spdx.org/rdf/terms/2.3", "spdx-2.3.schema.json", "spdx-schema-2.3.json"}}},
		{cyclonedx.Encode, cyclonedx.Decode, []schemaFile{
			{"http://cyclonedx.org/schema/bom-1.6.schema.json", "cyclonedx-bom-1.6.schema.json", "bom-1.6.SNAPSHOT.schema.json"},
			{"http://cyclonedx.org/schema/spdx.schema.json", "spdx.schema.json", "spdx.SNAPSHOT.schema.json"},
			{"http://cyclonedx.org/schema/jsf-0.82.schema.json", "jsf-0.82.schema.json", "jsf-0.82.SNAPSHOT.schema.json"},
		}},
	} {
		var b bytes.Buffer
		if err := f.encode(&b, back); err != nil {
			t.Fatal(err)
		}
		validate(t, b.Bytes(), f.schemas)
		var err error
		if back, err = f.decode(&b); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Error(diff)
	}
}

// A schemaFile is an official schema, under the names that it has in the packages
// that ship it.
type schemaFile struct{ url, file, packaged string }

// validate checks a document against the official schema, the first of files. They
// are in the folder that the environment names.
func validate(t *testing.T, document []byte, files []schemaFile) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, f := range files {
		dir := os.Getenv("MANIFESTGEN_SCHEMAS")
		data, err := os.ReadFile(filepath.Join(dir, f.file))
		if err != nil {
			data, err = os.ReadFile(filepath.Join(dir, f.packaged))
		}
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("no %s in MANIFESTGEN_SCHEMAS=%q: run `make schemas`", f.file, dir)
			}
			t.Logf("not validated: no %s in MANIFESTGEN_SCHEMAS=%q: run `make schemas`", f.file, dir)
			return
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(f.url, schema); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile(files[0].url)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%.2000v", err)
	}
}

// TestTagResults reaches each result that the command treats in its own way.
func TestTagResults(t *testing.T) {
	p := newProject(t)
	p.git("tag", "v0.1.0")
	p.git("tag", "-a", "-m", "unsigned", "v0.2.0")
	p.tagSSH("v1.0.0")
	p.git("update-ref", "refs/tags/v9.9.9", "refs/tags/v1.0.0") // the object says v1.0.0
	p.build()
	first := p.git("rev-parse", "HEAD")
	p.write("main.go", "package main\n\nfunc main() {}\n")
	p.git("commit", "-q", "-a", "-m", "second")
	p.tagSSH("v2.0.0")
	tampered := strings.Replace(p.git("cat-file", "tag", "v1.0.0"), "v1.0.0\n\nv1.0.0", "v1.0.0\n\nv1.0.1", 1)
	p.write("tampered", strings.Replace(tampered, "tag v1.0.0", "tag v1.0.1", 1)+"\n")
	p.git("update-ref", "refs/tags/v1.0.1", p.git("hash-object", "-t", "tag", "-w", "tampered"))
	tests := []struct {
		tag, result string
		status      int
	}{
		{"v1.0.0", "good", 0}, {"v0.1.0", "lightweight", 0}, {"v0.2.0", "unsigned", 0},
		{"v9.9.9", "ref-mismatch", 5}, {"v2.0.0", "commit-mismatch", 5}, {"v1.0.1", "bad", 5},
	}
	for _, tt := range tests {
		t.Run(tt.tag, func(t *testing.T) {
			p.t = t
			m := p.describe(tt.status, "--tag", tt.tag)
			if got := m.Principal.Signature.Result; got != tt.result {
				t.Errorf("%s, want %s", got, tt.result)
			}
			found := false
			for _, f := range m.Findings {
				found = found || f.Code == "tag."+tt.result
			}
			if found != (tt.result != "good") {
				t.Errorf("findings %v", m.Findings)
			}
			stdout, stderr, status := p.manifestgen("verify-tag", tt.tag, "--commit", first)
			want := tt.status
			if want == 0 && tt.result != "good" {
				want = 4
			}
			if status != want || !strings.HasPrefix(stdout, "result:  "+tt.result+"\n") {
				t.Errorf("verify-tag: status %d, want %d: %s%s", status, want, stdout, stderr)
			}
		})
	}
	p.t = t
	p.write("keys/allowed_signers", "# nobody\n")
	if m := p.describe(0, "--tag", "v1.0.0"); m.Principal.Signature.Result != "unknown-key" {
		t.Errorf("without keys: %+v", m.Principal.Signature)
	}
	m := p.describe(0, "--tag", "v1.0.0", "--allowed-signers", writeTemp(t, `* namespaces="git" `+string(readAll(t, p.home, "id.pub"))))
	if m.Principal.Signature.Result != "good" || m.Principal.Version != "v1.0.0" {
		t.Errorf("with keys by flag: %+v", m.Principal.Signature)
	}
}

func writeTemp(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func readAll(t *testing.T, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStranger holds that a record is not used for what it is not about.
func TestStranger(t *testing.T) {
	p := newProject(t)
	p.build()
	stranger := filepath.Join(t.TempDir(), "stranger")
	if err := os.WriteFile(stranger, readTool(t, "gofmt"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.app = stranger
	if q := p.describe(0).Principal; q.Name != "cmd/gofmt" || q.Maker.Name != "" || q.Commit != "" || len(q.Inputs) > 0 {
		t.Errorf("a stranger became %s by %s", q.Name, q.Maker.Name)
	}
	_, stderr, status := p.manifestgen(stranger, "--record", "manifestgen.yaml")
	if status != 2 || !strings.Contains(stderr, "none of its artifacts (nova) is this one (name cmd/gofmt") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestDates reaches what dates cannot be, a commit that is not in the repository,
// and a tag that was moved.
func TestDates(t *testing.T) {
	p := newProject(t)
	p.tagSSH("v1.0.0")
	p.build()
	for args, want := range map[string]string{
		"--built 2999-01-01":                        "built 2999-01-01T00:00:00Z: is in the future",
		"--published 2999-01-01":                    "published 2999-01-01T00:00:00Z: is in the future",
		"--built 2024-01-02 --published 2024-01-01": "published 2024-01-01T00:00:00Z: is before it was built",
		"--built yesterday":                         "not a time such as",
		"--tag v7.7.7":                              `tag "v7.7.7": not in the repository`,
		"--issues nonsense":                         "issue-tracker: want a URL such as https://example.org/x",
		"--repository http://[::1":                  "repository: want a URL",
		"--repo . --commit 1234":                    "want a full object id",
		"--support-level best":                      "want one of support, limitedSupport",
		"--build-environment TOKEN=x":               "want names of environment variables, without values",
		"--input nothing":                           "input nothing",
		"--record nothing.yaml":                     "nothing.yaml",
		"--keyring nothing.asc":                     "nothing.asc",
		"--tag-pattern v1":                          "want a text with {version} in it",
	} {
		_, stderr, status := p.manifestgen(append([]string{p.app, "-o", "cyclonedx-json"}, strings.Fields(args)...)...)
		if status != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d: %s", args, status, stderr)
		}
	}
	codes := func(args ...string) map[string]bool {
		all := map[string]bool{}
		for _, f := range p.describe(0, args...).Findings {
			all[f.Code] = true
		}
		return all
	}
	if c := codes("--built", "2001-01-01"); !c["date.order"] {
		t.Errorf("built before the commit: %v", c)
	}
	if c := codes("--repository", "https://user:secret@example.org/x?access_token=y"); !c["url.secret"] {
		t.Errorf("a password in a URL: %v", c)
	}
	if c := codes("--repo", ".", "--commit", strings.Repeat("12", 20)); !c["commit.absent"] {
		t.Errorf("another commit: %v", c)
	}
	p.git("commit", "-q", "--allow-empty", "-m", "second")
	p.git("tag", "-f", "-a", "-m", "moved", "v1.0.0")
	p.git("tag", "other", "HEAD~1")
	if c := codes(); !c["tag.moved"] || !c["inputs.unread"] {
		t.Errorf("a moved tag: %v", c)
	}
}
