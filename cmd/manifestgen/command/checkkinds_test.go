package command_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A kind is a kind of artifact that a project publishes, with the text in it that
// may be spoilt.
type kind struct {
	name  string
	match string // in the record
	flags []string
	build func(p *project, description string) (path string)
}

var kinds = []kind{
	{"wheel", "{package: nova}", []string{"--contents", "complete"}, func(p *project, description string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, f := range [][2]string{
			{"nova/__init__.py", ""},
			{"nova-1.2.3.dist-info/METADATA", "Metadata-Version: 2.4\nName: nova\nVersion: 1.2.3\nSummary: " + description + "\n"},
			{"nova-1.2.3.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
			{"nova-1.2.3.dist-info/RECORD", "nova/__init__.py,,\nnova-1.2.3.dist-info/METADATA,,\nnova-1.2.3.dist-info/WHEEL,,\nnova-1.2.3.dist-info/RECORD,,\n"},
		} {
			x, err := w.Create(f[0])
			p.must(err)
			_, err = x.Write([]byte(f[1]))
			p.must(err)
		}
		p.must(w.Close())
		p.write("dist/nova-1.2.3-py3-none-any.whl", b.String())
		return "dist/nova-1.2.3-py3-none-any.whl"
	}},
	{"deb", "{package: nova}", nil, func(p *project, description string) string {
		p.build()
		p.write("dist/deb/usr/share/doc/nova/copyright", "Licence: MIT\n")
		p.write("dist/deb/DEBIAN/control", "Package: nova\nVersion: 1.2.3\nArchitecture: amd64\nMaintainer: Nova Release Team <nova@example.org>\nDescription: "+description+"\n")
		p.run(p.dir, "sh", "-c", "mkdir -p dist/deb/usr/bin && mv dist/nova dist/deb/usr/bin/nova && chmod -R go-w dist/deb && dpkg-deb --root-owner-group --build dist/deb dist/nova_1.2.3_amd64.deb")
		p.run(p.dir, "rm", "-r", "dist/deb")
		return "dist/nova_1.2.3_amd64.deb"
	}},
	{"image", "{file: \"nova_*.tar\"}", nil, func(p *project, description string) string {
		p.build()
		program, err := os.ReadFile(p.app)
		p.must(err)
		layer := tarOf(p, map[string][]byte{"usr/bin/nova": program, "etc/os-release": []byte("ID=bare\nVERSION_ID=1\nNAME=Bare\n")})
		config := p.json(map[string]any{
			"architecture": "amd64", "os": "linux", "created": "2026-11-20T12:00:00Z",
			"config": map[string]any{"Labels": map[string]string{
				"org.opencontainers.image.title": "nova", "org.opencontainers.image.version": "1.2.3", "org.opencontainers.image.description": description}},
			"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digestOf(layer)}},
			"history": []any{map[string]any{"created_by": "COPY nova /usr/bin/nova"}},
		})
		manifest := p.json([]any{map[string]any{"Config": "config.json", "RepoTags": []string{"nova:1.2.3"}, "Layers": []string{"layer.tar"}}})
		p.write("dist/nova_1.2.3_linux_amd64.tar", string(tarOf(p, map[string][]byte{"layer.tar": layer, "config.json": config, "manifest.json": manifest})))
		return "dist/nova_1.2.3_linux_amd64.tar"
	}},
}

func (p *project) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) json(v any) []byte {
	p.t.Helper()
	b, err := json.Marshal(v)
	p.must(err)
	return b
}

func digestOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

func tarOf(p *project, files map[string][]byte) []byte {
	p.t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"usr/bin/nova", "etc/os-release", "layer.tar", "config.json", "manifest.json"} {
		if data, ok := files[name]; ok {
			p.must(w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))}))
			_, err := w.Write(data)
			p.must(err)
		}
	}
	p.must(w.Close())
	return b.Bytes()
}

// TestKinds releases artifacts of other kinds than programs, each whole, and with
// some defects.
func TestKinds(t *testing.T) {
	long(t)
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is missing: apt-get install -y dpkg")
	}
	const fine = "Says which of two versions is newer."
	tests := []struct {
		name, description string
		flags             []string
		spoil             func(p *project, artifact string)
		want              []string
	}{
		{name: "nothing is wrong", description: fine},
		{name: "a community", description: "Made by the Nova community.", want: []string{"G5.community"}},
		{name: "a promise", description: "Fully supported by the Nova contributors.", want: []string{"G7.promises"}},
		{name: "changed afterwards", description: fine, want: []string{"G2.artifact"}, spoil: func(p *project, artifact string) {
			data, err := os.ReadFile(filepath.Join(p.dir, artifact+".cdx.json"))
			p.must(err)
			var doc map[string]any
			p.must(json.Unmarshal(data, &doc))
			component := doc["metadata"].(map[string]any)["component"].(map[string]any)
			for _, h := range component["hashes"].([]any) {
				hash := h.(map[string]any)
				hash["content"] = strings.Repeat("0", len(hash["content"].(string)))
			}
			p.write(artifact+".cdx.json", string(p.json(doc)))
		}},
		{name: "another architecture", description: fine, flags: []string{"--arch", "s390x"}, want: []string{"G1.architecture-agrees"}},
	}
	for _, k := range kinds {
		for _, tt := range tests {
			t.Run(k.name+"/"+tt.name, func(t *testing.T) {
				p := newReleaseRun(t)
				p.replace("manifestgen.yaml", "{module: example.org/nova}", k.match)
				p.commitAll("match")
				p.tagSSH("v1.2.3")
				artifact := k.build(p.project, tt.description)
				args := append([]string{artifact, "--repo", ".", "--tag", "v1.2.3", "--built", "now", "-o", artifact + ".cdx.json"}, slices.Concat(k.flags, tt.flags)...)
				if _, stderr, status := p.manifestgen(args...); status != 0 {
					t.Fatalf("generate: status %d: %s", status, stderr)
				}
				if tt.spoil != nil {
					tt.spoil(p.project, artifact)
				}
				out, stderr, status := p.manifestgen("check", artifact, "--repo", ".", "-o", "json=report.json", "-o", "text")
				report, err := os.ReadFile("report.json")
				if err != nil {
					t.Fatalf("status %d: %s", status, stderr)
				}
				if got := notKept(t, report); !slices.Equal(got, tt.want) || (status == 0) != (tt.want == nil) {
					t.Errorf("status %d, %v are not kept, want %v\n%s", status, got, tt.want, out)
				}
			})
		}
	}
}
