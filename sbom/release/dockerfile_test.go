package release

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
)

var pin = "@sha256:" + strings.Repeat("0", 64)

// numbered returns n lines of a format with one number.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", i)
	}
	return b.String()
}

const notAnImage = "want an image such as example.org/base:1@sha256:..."

var dockerfiles = []struct {
	name, in string
	want     string // separated by blanks
	wantErr  string
}{
	{name: "plain", in: "FROM debian:12\n", want: "debian:12"},
	{name: "no final newline, CRLF, BOM", in: "\ufeff# x\r\nFROM a\r\nFROM \\\r\n b", want: "a b"},
	{name: "any case", in: "from A.example/b aS c\nFrom C\ncopy --from=C x y", want: "A.example/b"},
	{name: "by digest", in: "FROM example.org:5000/x/y:1" + pin, want: "example.org:5000/x/y:1" + pin},
	{name: "platform", in: "FROM --platform=$BUILDPLATFORM a AS b\nFROM --platform=linux/amd64 c", want: "a c"},
	{name: "each once, in order", in: "FROM b\nFROM a\nFROM b\nCOPY --from=a x y", want: "b a"},
	{name: "stages", in: "FROM a AS one\nFROM one AS two\nFROM two\nCOPY --from=one x y\nCOPY --from=0 x y\nCOPY --from=TWO x y", want: "a"},
	{name: "a stage called like its base", in: "FROM a AS a\nFROM a", want: "a"},
	{name: "FROM of a later stage is an image", in: "FROM b\nFROM a AS b", want: "b a"},
	{name: "COPY from a later stage", in: "FROM a\nCOPY --from=B x y\nFROM c AS b", want: "a c"},
	{name: "scratch", in: "FROM scratch\nCOPY --from=scratch x y"},
	{name: "COPY from an image", in: "FROM scratch\nCOPY --chown=1:1 --from=example.org/a:1 --link x y", want: "example.org/a:1"},
	{name: "no flag any more", in: "FROM scratch\nCOPY x --from=a y"},
	{name: "ADD has no such flag", in: "FROM scratch\nADD --from=a x y"},
	{name: "when somebody builds upon it", in: "FROM scratch\nONBUILD COPY --from=a x y"},
	{name: "continued", in: "FR\\\nOM \\\n# a comment\n\n  a\\\n:1 \\  \n AS b\nFROM b", want: "a:1"},
	{name: "two escapes do not continue", in: "FROM a\nRUN x \\\\\nFROM b", want: "a b"},
	{name: "an instruction that continues", in: "FROM a\nRUN x && \\\nFROM b\nFROM c", want: "a c"},
	{name: "other escape", in: "# syntax=docker/dockerfile:1\n#ESCAPE = `\nFROM a`\n:1\nRUN dir c:\\\nFROM b", want: "a:1 b"},
	{name: "escape too late", in: "# hello\n# escape=`\nFROM a\\\n:1", want: "a:1"},
	{name: "wrong escape", in: "# escape=x\nFROM a", want: "a", wantErr: "line 1: the escape character is neither \\ nor `"},
	{name: "comments", in: "# FROM a\n  # FROM b\nFROM c\n", want: "c"},
	{name: "a comment after it is none", in: "FROM c # d", wantErr: "line 1: want FROM IMAGE [AS STAGE]"},
	{name: "here-document", in: "FROM a\nRUN <<EOF cat\nFROM b\nEOF\nCOPY <<-'X' <<\"Y\" /z\nFROM c\n\tX\nFROM d\nY\nFROM e", want: "a e"},
	{name: "no here-document", in: "FROM a\nRUN echo \"<<EOF\" $((1<<2)) 1 << 2 \\<<EOF\nFROM b\nLABEL <<EOF\nFROM c", want: "a b c"},
	{name: "here-document without end", in: "FROM a\nRUN <<EOF\nFROM b", want: "a", wantErr: "line 2: a here-document has no end"},
	{name: "variables", in: "ARG A=1 B=\"2\"\nARG C=x-${A}\nFROM a:$A\nFROM b:${B}\nFROM \"c\":$C.y", want: "a:1 b:2 c:x-1.y"},
	{name: "quoted", in: "ARG A='$B' C=\"\\$B\"\nFROM a:$A\nFROM a:$C", wantErr: "line 2: " + notAnImage + "\nline 3: " + notAnImage},
	{name: "defaults", in: "ARG E=\nARG F=f\nFROM a${E:-b}\nFROM a${E-b}\nFROM a${F:-b}\nFROM a${U:-${F}}\nFROM a${U-c}\nFROM a${F:+d}\nFROM a${U:+d}\nFROM a${E+g}",
		want: "ab a af ac ad ag"},
	{name: "defined again", in: "ARG A=1\nARG A=2\nARG A\nFROM a:$A", want: "a:2"},
	{name: "ARG of a stage", in: "FROM a\nARG B=b\nFROM $B", want: "a", wantErr: "line 3: the image: the value of B is not known"},
	{name: "not known", in: "ARG A\nARG B=$A\nFROM $A\nFROM x:${B}\nFROM c", want: "c", wantErr: "line 3: the image: the value of A is not known\nline 4: the image: the value of B is not known"},
	{name: "of a platform", in: "FROM a-$TARGETARCH", wantErr: "line 1: the image: the value of TARGETARCH is not known"},
	{name: "variable of COPY", in: "ARG A=a\nFROM b\nCOPY --from=$A x y", want: "b", wantErr: "line 3: COPY --from with a variable, which the build does not replace there"},
	{name: "forms that are not known", in: "ARG A=a\nFROM ${A%a}\nFROM ${A\nFROM $\nFROM ${A:?no}\nFROM $1",
		wantErr: "line 2: the image: a variable in a form that is not known\nline 3: the image: a variable in a form that is not known\nline 4: the image: a variable in a form that is not known\nline 5: the image: a variable in a form that is not known\nline 6: the image: a variable in a form that is not known"},
	{name: "a quote without end", in: "FROM \"a", wantErr: "line 1: the image: a quote has no end"},
	{name: "password", in: "FROM ada:secret@example.org/x", wantErr: "line 1: " + notAnImage},
	{name: "address", in: "FROM https://example.org/x", wantErr: "line 1: " + notAnImage},
	{name: "bad digest", in: "FROM a@sha256:12\nFROM a@md5:" + strings.Repeat("0", 32), wantErr: "line 1: " + notAnImage + "\nline 2: " + notAnImage},
	{name: "bytes", in: "FROM a\x00b\nFROM a\x1b[31m\nFROM \xff\xfe", wantErr: "line 1: " + notAnImage + "\nline 2: " + notAnImage + "\nline 3: " + notAnImage},
	{name: "empty name", in: "ARG A=\nFROM $A\nFROM", wantErr: "line 3: want FROM IMAGE [AS STAGE]\nline 2: " + notAnImage},
	{name: "template", in: "FROM {{ base }}", wantErr: "line 1: want FROM IMAGE [AS STAGE]"},
	{name: "empty", wantErr: "line 1: no FROM"},
	{name: "only continued", in: "\\\n\\\n", wantErr: "line 1: no FROM"},
	{name: "values that double", in: "ARG A0=xxxxxxxx\n" + doubling(64) + "FROM $A64\nFROM b", want: "b", wantErr: "line 66: the image: the value of A64 is not known"},
	{name: "defaults that nest", in: "FROM " + strings.Repeat("${A:-", 5000) + strings.Repeat("}", 5000), wantErr: "line 1: the image: defaults within defaults, too deep"},
	{name: "long name", in: "FROM a:" + strings.Repeat("1", 128) + "\nFROM a/" + strings.Repeat("a", 600), want: "a:" + strings.Repeat("1", 128), wantErr: "line 2: " + notAnImage},
	{name: "most images", in: numbered(256, "FROM a%d"), want: strings.Join(strings.Fields(strings.ReplaceAll(numbered(256, "FROM a%d"), "FROM", "")), " ")},
	{name: "too many lines", in: strings.Repeat("\n", maxDockerfileLines) + "FROM a", wantErr: "more than 10000 lines: not read"},
	{name: "too many bytes", in: "FROM a\n#" + strings.Repeat("x", maxDockerfile), wantErr: "more than 1048576 bytes: not read"},
	{name: "a long line", in: "FROM a\nRUN " + strings.Repeat("x ", 100_000) + "\nFROM b", want: "a b"},
}

// doubling returns n definitions, each of which is twice the one before.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "ARG A%d=$A%d$A%d\n", i+1, i, i)
	}
	return b.String()
}

func TestParseDockerfile(t *testing.T) {
	for _, tt := range dockerfiles {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseDockerfile(strings.NewReader(tt.in))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff(tt.wantErr, text); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got, cmp.Transformer("empty", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDockerfileLimits holds that what is too much is told, and the rest kept.
func TestDockerfileLimits(t *testing.T) {
	got, err := parseDockerfile(strings.NewReader(numbered(300, "FROM a%d")))
	if len(got) != maxImages || err == nil || err.Error() != "more than 256 images: the rest is not listed" {
		t.Errorf("%d images, error %v", len(got), err)
	}
	got, err = parseDockerfile(strings.NewReader("FROM a\n" + numbered(300, "FROM A%d")))
	if len(got) != 1 || err == nil || strings.Count(err.Error(), "\n") != maxFaults || !strings.HasSuffix(err.Error(), "\nand 290 more like these") {
		t.Errorf("%d images, error %v", len(got), err)
	}
}

// FuzzParseDockerfile: images are references, each once, and a Dockerfile of only
// them has the same ones; how lines end makes no difference.
func FuzzParseDockerfile(f *testing.F) {
	for _, tt := range dockerfiles {
		if len(tt.in) < 4096 {
			f.Add(tt.in)
		}
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := parseDockerfile(strings.NewReader(in))
		if len(got) == 0 {
			return
		}
		if len(got) > maxImages {
			t.Errorf("%d images", len(got))
		}
		plain := "FROM " + strings.Join(got, "\nFROM ") + "\n"
		if again, err := parseDockerfile(strings.NewReader(plain)); err != nil || !slices.Equal(again, got) {
			t.Errorf("%q, then %q, %v", got, again, err)
		}
		if strings.Contains(in, "\r") || strings.Count(in, "\n")+len(in) > maxDockerfile {
			return
		}
		again, err2 := parseDockerfile(strings.NewReader(strings.ReplaceAll(in, "\n", "\r\n")))
		if !slices.Equal(again, got) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Errorf("%q, %v; with CRLF %q, %v", got, err, again, err2)
		}
	})
}

func TestIsDockerfile(t *testing.T) {
	for name, want := range map[string]bool{
		"Dockerfile": true, "a/b/Dockerfile.dev": true, "x.Dockerfile": true, "Containerfile": true, "x.Containerfile": true,
		"Dockerfile.dockerignore": false, "Dockerfile.dev.dockerignore": false, "Makefile": false, "dockerfile.go": false, "Dockerfiles": false, "Dockerfile/x": false,
	} {
		if got := isDockerfile(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestBaseImages holds which base images become build inputs, and what is said of
// them.
func TestBaseImages(t *testing.T) {
	r := newRepository(t, map[string]string{
		"Dockerfile":              "FROM example.org/a:1" + pin + "\nFROM b:2\nFROM c\nFROM given:1" + pin + "\n",
		"Dockerfile.dockerignore": "FROM no\n",
		"Containerfile":           "FROM b:2\n",
		"x.Dockerfile":            "FROM $SECRET\n",
		"docker/Dockerfile":       "FROM unlisted\n",
	})
	findingsOf := func(o Options) (inputs []sbom.Input, found []string) {
		candidates, findings, err := Gather(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range candidates {
			for _, in := range c.Facts.Inputs {
				if strings.HasPrefix(in.Name, "base image ") {
					inputs = append(inputs, in)
				}
			}
		}
		for _, f := range findings {
			found = append(found, fmt.Sprintf("%s %s %s", f.Kind, f.Code, f.Detail))
		}
		return inputs, found
	}
	o := Options{Known: known("", "", ""), Repository: r.dir, Inputs: []string{"given:1" + pin}}
	inputs, found := findingsOf(o)
	want := []sbom.Input{
		{Name: "base image b:2", URL: "pkg:oci/b?repository_url=b&tag=2"},
		{Name: "base image example.org/a:1", URL: "pkg:oci/a" + pin + "?repository_url=example.org%2Fa&tag=1",
			Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: strings.Repeat("0", 64)}}},
		{Name: "base image c", URL: "pkg:oci/c?repository_url=c"},
	}
	if diff := cmp.Diff(want, inputs); diff != "" {
		t.Error(diff)
	}
	note := fmt.Sprint(sbom.Note)
	wantFound := []string{
		note + " inputs.unpinned Containerfile: base images without a digest: b:2",
		note + " inputs.unpinned Dockerfile: base images without a digest: b:2, c",
		note + " inputs.image x.Dockerfile: line 1: the image: the value of SECRET is not known",
	}
	if diff := cmp.Diff(wantFound, found); diff != "" {
		t.Error(diff)
	}

	r.write("Dockerfile", "FROM scratch\n"+numbered(12, "FROM a%d"))
	_, found = findingsOf(o)
	if i := slices.IndexFunc(found, func(s string) bool { return strings.HasSuffix(s, "a8, a9 and 2 more") }); i < 0 {
		t.Errorf("many images without a digest: %q", found)
	}
	for i := range 5 {
		r.write(fmt.Sprintf("Dockerfile.%d", i), numbered(250, fmt.Sprintf("FROM a%d.%%d", i)))
	}
	inputs, found = findingsOf(o)
	if i := slices.IndexFunc(found, func(s string) bool { return strings.Contains(s, "inputs.limit more than 1000 base images") }); i < 0 || len(inputs) != maxInputs {
		t.Errorf("%d images of many Dockerfiles: %q", len(inputs), found)
	}
}

// TestDockerfileUnread holds that a Dockerfile that cannot be read is told.
func TestDockerfileUnread(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Mkdir(filepath.Join(root.Name(), "Containerfile"), 0o755); err != nil {
		t.Fatal(err)
	}
	g := &gathering{}
	got := g.baseImages(root, []string{"Containerfile", "Dockerfile"})
	want := []sbom.Finding{
		{Kind: sbom.Note, Code: "inputs.image", Detail: "Containerfile: read: is a directory"},
		{Kind: sbom.Note, Code: "inputs.image", Detail: "Dockerfile: openat: no such file or directory"},
	}
	if diff := cmp.Diff(want, g.findings); diff != "" || len(got) > 0 {
		t.Error(got, diff)
	}
}
