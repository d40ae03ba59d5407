package dpkg

import (
	"slices"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		wantErr  string
	}{
		{name: "list", in: "/.\n/usr\n/usr/bin\n/usr/bin/x\n", want: []string{"usr", "usr/bin", "usr/bin/x"}},
		{name: "no final newline", in: "/.\n/usr", want: []string{"usr"}},
		{name: "blanks and odd bytes", in: "/a b\n/\x1b[2J\xff\n", want: []string{"a b", "\x1b[2J\xff"}},
		{name: "name with a newline", in: "/a\nb\n/c\n", want: []string{"a", "c"}, wantErr: `line 2: "b" is not an absolute path`},
		{name: "outside", in: "/../etc/shadow\n/a/../../b\n/c\n", want: []string{"c"}, wantErr: `line 1: "/../etc/shadow" is not an absolute path, and 1 more`},
		{name: "long line", in: "/" + strings.Repeat("x", maxPath) + "\n/c\n", want: []string{"c"}, wantErr: "line 1: more than 65536 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseList(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseSums(t *testing.T) {
	const sum = "d41d8cd98f00b204e9800998ecf8427e"
	tests := []struct {
		name, in string
		want     []string
		wantErr  string
	}{
		{name: "sums", in: sum + "  usr/bin/x\n" + sum + " *./usr/bin/y z\n", want: []string{"usr/bin/x", "usr/bin/y z"}},
		{name: "escaped", in: `\` + sum + `  usr/a\\b\nc` + "\n", want: []string{"usr/a\\b\nc"}},
		{name: "short sum", in: sum[1:] + "  usr/bin/x\n" + sum + "  b\n", want: []string{"b"}, wantErr: "line 1"},
		{name: "not hexadecimal", in: "x" + sum[1:] + "  usr/bin/x\n", wantErr: "is not an MD5 sum"},
		{name: "no name", in: sum + "  \n", wantErr: "is not a clean path"},
		{name: "outside", in: sum + "  ../etc/shadow\n", wantErr: "is not a clean path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseSums(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for base, want := range map[string]string{
		"libc6:amd64.list": "libc6:amd64", "gcc-12-base.md5sums": "gcc-12-base", "libstdc++6.list": "libstdc++6",
		".list": "", "a:b:c.list": "", "a b.list": "",
	} {
		if got := infoNameOf(base); got != want {
			t.Errorf("infoNameOf(%q): got %q, want %q", base, got, want)
		}
	}
	for base, want := range map[string]string{
		"base-files": "base-files", "bGlic3RkYysrNg==": "libstdc++6", "bGlic3RkYysrNg": "libstdc++6", "libssl3": "libssl3", "?": "?",
	} {
		if got := statusDirName(base); got != want {
			t.Errorf("statusDirName(%q): got %q, want %q", base, got, want)
		}
	}
}

// FuzzParseList holds both lists to this: no path leads outside.
func FuzzParseList(f *testing.F) {
	f.Add([]byte("/.\n/usr\n/../x\n"))
	f.Add([]byte("d41d8cd98f00b204e9800998ecf8427e  ../x\n\\d41d8cd98f00b204e9800998ecf8427e  a\\n/../../b\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		list, _ := parseList(strings.NewReader(string(in)))
		sums, _ := parseSums(strings.NewReader(string(in)))
		for _, p := range append(list, sums...) {
			if p == "" || p[0] == '/' || slices.Contains(strings.Split(p, "/"), "..") {
				t.Errorf("got %q", p)
			}
		}
	})
}
