package policy_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/policy"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// A project is a real repository with a signed tag v1.2.3.
type project struct {
	t         *testing.T
	home, dir string
	commit    string
	signers   string
	now       time.Time
}

const record = `version: 1
team: {name: Nova Release Team, url: "https://example.org/nova", contacts: [nova@example.org]}
support: {issues: "https://bugs.example.org/nova", security: "mailto:security@example.org"}
licence: Apache-2.0
repository: https://example.org/git/nova
artifacts: [{name: nova, match: {file: "*"}}]
`

func newProject(t *testing.T) *project {
	t.Helper()
	need(t, "git", "git")
	need(t, "ssh-keygen", "openssh-client")
	p := &project{t: t, home: t.TempDir(), dir: filepath.Join(t.TempDir(), "nova"), now: time.Now().Add(time.Minute)}
	p.run(p.home, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", "id")
	public, err := os.ReadFile(filepath.Join(p.home, "id.pub"))
	if err != nil {
		t.Fatal(err)
	}
	p.signers = p.write(filepath.Join(p.home, "allowed_signers"), `ada@example.org namespaces="git" `+string(public))
	p.write(filepath.Join(p.dir, "go.mod"), "module example.org/nova\n\ngo 1.24\n")
	p.write(filepath.Join(p.dir, "main.go"), "package main\n\nfunc main() { println(\"nova\") }\n")
	p.write(filepath.Join(p.dir, "manifestgen.yaml"), record)
	p.git("init", "-q", "-b", "main")
	p.git("add", ".")
	p.git("commit", "-q", "-m", "first")
	p.git("tag", "-s", "-m", "release", "v1.2.3")
	p.commit = p.git("rev-parse", "HEAD")
	return p
}

func need(t *testing.T, tool, debian string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: apt-get install -y %s", tool, debian)
		}
		t.Skipf("%s is missing: apt-get install -y %s", tool, debian)
	}
}

func (p *project) write(name, text string) string {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
	return name
}

func (p *project) run(dir, name string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+p.home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GOFLAGS=-buildvcs=true", "GOWORK=off", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func (p *project) git(args ...string) string {
	p.t.Helper()
	return p.run(p.dir, "git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gpg.format=ssh", "-c", "user.signingkey=" + filepath.Join(p.home, "id.pub")}, args...)...)
}

// program builds the Go program.
func (p *project) program() string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "nova")
	cache, err := os.UserCacheDir()
	if err != nil {
		p.t.Fatal(err)
	}
	p.run(p.dir, "env", "GOCACHE="+filepath.Join(cache, "go-build"), "go", "build", "-o", file, ".")
	return file
}

// deb packs the program as a Debian package.
func (p *project) deb() string {
	p.t.Helper()
	need(p.t, "dpkg-deb", "dpkg")
	root := p.t.TempDir()
	p.write(filepath.Join(root, "DEBIAN/control"), "Package: nova\nVersion: 1.2.3-1\nArchitecture: amd64\nMaintainer: Nova Release Team <nova@example.org>\nDescription: runs things\n")
	p.copy(p.program(), filepath.Join(root, "usr/bin/nova"))
	file := filepath.Join(p.t.TempDir(), "nova_1.2.3-1_amd64.deb")
	p.run(root, "dpkg-deb", "--root-owner-group", "-Zgzip", "-b", root, file)
	return file
}

func (p *project) copy(from, to string) {
	p.t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(to, string(text))
}

// wheel packs a Python distribution that runs everywhere.
func (p *project) wheel() string {
	p.t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range []struct{ name, text string }{
		{"nova/__init__.py", "x = 1\n"},
		{"nova-1.2.3.dist-info/METADATA", "Metadata-Version: 2.1\nName: nova\nVersion: 1.2.3\nSummary: runs things\n\n"},
		{"nova-1.2.3.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{"nova-1.2.3.dist-info/RECORD", "nova/__init__.py,,\nnova-1.2.3.dist-info/METADATA,,\nnova-1.2.3.dist-info/WHEEL,,\nnova-1.2.3.dist-info/RECORD,,\n"},
	} {
		part, err := w.Create(f.name)
		if err != nil {
			p.t.Fatal(err)
		}
		part.Write([]byte(f.text))
	}
	if err := w.Close(); err != nil {
		p.t.Fatal(err)
	}
	return p.write(filepath.Join(p.t.TempDir(), "nova-1.2.3-py3-none-any.whl"), b.String())
}

// image packs a program as an image, in the form of docker save.
func (p *project) image(program, tag, labels string) string {
	p.t.Helper()
	text, err := os.ReadFile(program)
	if err != nil {
		p.t.Fatal(err)
	}
	layer := archive(p.t, map[string]string{"usr/bin/nova": string(text)})
	config := fmt.Sprintf(`{"architecture":"amd64","os":"linux","created":"%s","config":{"Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["sha256:%x"]}}`,
		time.Now().UTC().Format(time.RFC3339), labels, sha256.Sum256([]byte(layer)))
	manifest := fmt.Sprintf(`[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]`, tag)
	return p.write(filepath.Join(p.t.TempDir(), "image.tar"), archive(p.t, map[string]string{"layer.tar": layer, "config.json": config, "manifest.json": manifest}))
}

func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// subject does what a build script does: describe the artifact, write the manifest
// and read it again, scan the artifact again, verify the tag, look at the inputs.
func (p *project) subject(file string, flags sbom.Principal) *policy.Subject {
	t := p.t
	t.Helper()
	ctx := context.Background()
	a, inventory := p.scan(file)
	flags.Commit, flags.Tag, flags.Built = p.commit, "v1.2.3", time.Now().UTC().Truncate(time.Second)
	o := release.Options{Known: inventory.Known(), Flags: flags, Repository: p.dir, Record: filepath.Join(p.dir, "manifestgen.yaml"), AllowedSigners: []string{p.signers}, Now: p.now}
	candidates, findings, err := release.Gather(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	inventory.Findings = append(inventory.Findings, findings...)
	m, err := sbom.Assemble(inventory, sbom.Options{Created: p.now}, candidates...)
	if err != nil {
		t.Fatal(err)
	}
	s := &policy.Subject{Now: p.now, Artifact: &policy.Artifact{Name: filepath.Base(file), Digests: a.Digests}, Manifest: written(t, m)}
	_, again := p.scan(file)
	if s.Fresh, err = sbom.Assemble(again, sbom.Options{}); err != nil {
		t.Fatal(err)
	}
	o.Known, o.Flags = &sbom.Principal{}, sbom.Principal{Commit: s.Manifest.Principal.Commit, Tag: s.Manifest.Principal.Tag}
	if s.Tag, _, err = release.VerifyTag(ctx, o); err != nil {
		t.Fatal(err)
	}
	for _, c := range candidates {
		s.Inputs = append(s.Inputs, c.Facts.Inputs...)
	}
	return s
}

// written returns what is left of a manifest that was written and read in one
// format after the other.
func written(t *testing.T, m *sbom.Manifest) *sbom.Manifest {
	t.Helper()
	for _, f := range formats.All() {
		if f.Decode == nil {
			continue
		}
		var b bytes.Buffer
		if err := f.Encode(&b, m, formats.Options{}); err != nil {
			t.Fatal(err)
		}
		var err error
		if m, err = f.Decode(&b); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (p *project) scan(file string) (*sbom.Artifact, *sbom.Inventory) {
	p.t.Helper()
	all, err := artifact.Open(context.Background(), file, artifact.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	inventory, err := sbom.Scan(context.Background(), all[0], catalogers.Default(), sbom.Limits{})
	if err != nil {
		p.t.Fatal(err)
	}
	return all[0], inventory
}

// TestReal judges releases that real tools built: they are fit to publish, and
// for each defect it is the rule about it that says so.
func TestReal(t *testing.T) {
	p := newProject(t)
	renamed := func(file, name string) string {
		to := filepath.Join(t.TempDir(), name)
		p.copy(file, to)
		return to
	}
	program := renamed(p.program(), "nova_1.2.3_linux_amd64")
	script := p.write(filepath.Join(t.TempDir(), "nova"), "#!/bin/sh\necho nova\n")
	version := sbom.Principal{Component: sbom.Component{Version: "1.2.3"}}
	image := p.image(program, "example.org/nova:1.2.3", "")
	tests := []struct {
		name, file string
		flags      sbom.Principal
		change     func(*policy.Subject)
		want       []string // rules that are not kept
	}{
		{"program", program, sbom.Principal{}, nil, nil},
		{"deb", p.deb(), sbom.Principal{}, nil, nil},
		{"wheel", p.wheel(), sbom.Principal{}, nil, nil},
		{"image", image, sbom.Principal{}, nil, nil},
		{"program that says nothing", renamed(program, "nova"), sbom.Principal{}, nil, nil},
		{"image with a label only", p.image(script, "example.org/nova:stable", `"org.opencontainers.image.version":"1.2.3"`), sbom.Principal{}, nil, []string{"G1.version-readable"}},
		{"label of a community", p.image(program, "example.org/nova:1.2.3", `"org.opencontainers.image.vendor":"the Nova Community"`), sbom.Principal{}, nil, []string{"G5.community"}},
		{"version of another", program, sbom.Principal{Component: sbom.Component{Version: "1.2.4"}}, nil, []string{"G1.version-agrees", "G4.tag-version"}},
		{"architecture of another", program, sbom.Principal{Component: sbom.Component{Architecture: "arm64"}}, nil, []string{"G1.architecture-agrees"}},
		{"changed afterwards", program, version, func(s *policy.Subject) { s.Artifact.Digests[0].Value = strings.Repeat("0", 64) }, []string{"G2.artifact"}},
		{"a component is hidden", p.deb(), version, func(s *policy.Subject) {
			s.Manifest.Components = s.Manifest.Components[1:]
			s.Manifest.Edges = nil
			s.Manifest.Findings = nil
		}, []string{"G2.scan"}},
		{"support of others", program, sbom.Principal{Component: sbom.Component{Description: "Warranty is given by the whole community."}}, nil, []string{"G5.community", "G7.promises"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := p.subject(tt.file, tt.flags)
			if tt.change != nil {
				tt.change(s)
			}
			wantBroken(t, s, tt.want)
		})
	}
}

// TestRealTag judges releases whose tag is not as it should be.
func TestRealTag(t *testing.T) {
	p := newProject(t)
	program := p.program()
	t.Run("key of a stranger", func(t *testing.T) {
		stranger := *p
		stranger.signers = p.write(filepath.Join(t.TempDir(), "allowed_signers"), "")
		wantBroken(t, stranger.subject(program, sbom.Principal{}), []string{"G4.tag-signed"})
	})
	t.Run("inputs changed", func(t *testing.T) {
		s := p.subject(program, sbom.Principal{})
		for i := range s.Inputs {
			s.Inputs[i].Digests = nil
		}
		wantBroken(t, s, []string{"G4.inputs-now"})
	})
	t.Run("built with changes", func(t *testing.T) {
		p.write(filepath.Join(p.dir, "main.go"), "package main\n\nfunc main() { println(\"another\") }\n")
		wantBroken(t, p.subject(p.program(), sbom.Principal{}), []string{"G4.clean"})
	})
	t.Run("tag of another commit", func(t *testing.T) {
		p.git("commit", "-q", "-a", "-m", "second")
		p.commit = p.git("rev-parse", "HEAD")
		got := wantBroken(t, p.subject(p.program(), sbom.Principal{}), []string{"G4.tag-signed", "G4.tag-commit", "G4.tag-version", "signature"})
		if !got.Damned {
			t.Error("not damned")
		}
	})
}

// wantBroken checks that exactly the rules that are wanted are not kept.
func wantBroken(t *testing.T, s *policy.Subject, want []string) *policy.Report {
	t.Helper()
	profile, _ := policy.ByName(policy.Default)
	r, err := policy.Check(s, profile, policy.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range r.Results {
		if x.Fails(true) {
			got = append(got, x.Rule.ID)
			t.Logf("%s: %s: %s", x.Rule.ID, x.Status, x.Message)
		}
	}
	if !slices.Equal(got, want) || (r.Verdict == policy.Fit) != (want == nil) {
		t.Errorf("verdict %s, not kept: %q, want %q", r.Verdict, got, want)
	}
	return r
}
