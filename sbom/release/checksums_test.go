package release_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release"
)

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestParseChecksums(t *testing.T) {
	sha256 := sbom.Digest{Algorithm: "SHA-256", Value: emptySHA256}
	tests := []struct {
		name, in string
		want     []release.Checksum
		wantErr  string
	}{
		{name: "empty"},
		{name: "text, binary, upper case", in: emptySHA256 + "  a\n" + strings.ToUpper(emptySHA256) + " *b c\r\n",
			want: []release.Checksum{{1, "a", sha256}, {2, "b c", sha256}}},
		{name: "tagged", in: "SHA256 (a (1)) = " + emptySHA256, want: []release.Checksum{{1, "a (1)", sha256}}},
		{name: "escaped", in: `\` + emptySHA256 + `  a\\b\nc`, want: []release.Checksum{{1, "a\\b\nc", sha256}}},
		{name: "comments and a folder", in: "# x\n\n" + emptySHA256 + "  ./d/../e\n", want: []release.Checksum{{3, "e", sha256}}},
		{name: "a line that is none", in: "hello\n" + emptySHA256 + "  a\n", want: []release.Checksum{{2, "a", sha256}}, wantErr: "line 1: not a digest"},
		{name: "a short digest", in: "abcd  a", wantErr: "a digest of 4 digits"},
		{name: "leads out", in: emptySHA256 + "  ../../etc/passwd", wantErr: "does not stay"},
		{name: "absolute", in: emptySHA256 + "  /etc/passwd", wantErr: "does not stay"},
		{name: "no name", in: emptySHA256 + "  ", wantErr: "does not stay"},
		{name: "a long line", in: strings.Repeat("x", 1<<20), wantErr: "line 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := release.ParseChecksums(strings.NewReader(tt.in))
			if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("got %+v, want %+v", got[i], tt.want[i])
				}
			}
		})
	}
}

// TestChecksumsOfTheTools reads what the tools themselves write.
func TestChecksumsOfTheTools(t *testing.T) {
	dir := t.TempDir()
	names := []string{"plain", "with space", "back\\slash", "new\nline", "(1) = x"}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range [][]string{{"md5sum"}, {"sha1sum", "-b"}, {"sha256sum"}, {"sha256sum", "--tag"}, {"sha384sum"}, {"sha512sum", "--tag"}} {
		cmd := exec.Command(tool[0], append(tool[1:], names...)...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("%v: %v", tool, err)
		}
		got, err := release.ParseChecksums(strings.NewReader(string(out)))
		if err != nil || len(got) != len(names) {
			t.Fatalf("%v: got %d of %d, %v\n%s", tool, len(got), len(names), err, out)
		}
		for i, name := range names {
			if got[i].Path != name {
				t.Errorf("%v: got %q, want %q", tool, got[i].Path, name)
			}
		}
	}
}

// FuzzParseChecksums holds that every path stays in the folder.
func FuzzParseChecksums(f *testing.F) {
	f.Add(emptySHA256 + "  a\nSHA256 (b) = " + emptySHA256 + "\n\\" + emptySHA256 + " *c\\n")
	f.Add(emptySHA256 + "  a/../../b")
	f.Fuzz(func(t *testing.T, in string) {
		sums, _ := release.ParseChecksums(strings.NewReader(in))
		for _, s := range sums {
			if !filepath.IsLocal(s.Path) && s.Path != "." {
				t.Errorf("%q leads out", s.Path)
			}
		}
	})
}
