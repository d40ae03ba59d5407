package apk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// database is written by hand as apk writes it.
const database = `C:Q1o9ZWp4oZmnTmPPTxdXQHEC0HmMw=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo Teräs <timo.teras@iki.fi>
t:1709764421
c:b9e4e3e7a2e3d1d1c2d5a8f4a8d1f0b3c6a7d8e9
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1bZh2MAxDkBeXYoFgEvd2wb0eJf0=
R:libc.musl-x86_64.so.1
a:0:0:777
Z:Q17yJ3JFNypA4mxhJJr0ou6CzsJVI=

C:Q1XxHNKRbT0VX0eNn5bhNF7DHyFoQ=
P:busybox
V:1.36.1-r28
A:x86_64
S:509624
I:950272
T:Size optimized toolbox
U:https://busybox.net/
L:GPL-2.0-only
o:busybox
m:Sören Tempel <soeren+alpine@soeren-tempel.net>
t:1713362440
c:1747c01fb96905f101c25609011589d28e01cbb8
k:100
D:so:libc.musl-x86_64.so.1
p:/bin/sh cmd:busybox=1.36.1-r28 cmd:sh=1.36.1-r28
r:busybox-initscripts
F:bin
M:0:0:1777
R:busybox
a:0:0:755
Z:Q1mVqXJ5pLqB6jFTuyGCq7yDhN5zA=
R:sh
a:0:0:777
Z:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=
F:etc
F:etc/network

C:Q2CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo=
P:alpine-baselayout
V:3.6.5-r0
A:x86_64
T:Alpine base dir structure and init scripts
L:GPL-2.0-only AND custom
o:alpine-baselayout
D:musl>=1.2 /bin/sh !uclibc so:libmissing.so.1

`

// read reads a database and returns a line for each package, and the errors.
func read(in string) (got []string, err error) {
	var errs []error
	for p, err := range packages(strings.NewReader(in)) {
		if p != nil {
			got = append(got, p.name+" "+p.version)
		}
		errs = append(errs, err)
	}
	return got, errors.Join(errs...)
}

func TestPackages(t *testing.T) {
	long := strings.Repeat("x", 90<<10)
	tests := []struct {
		name, in string
		want     string
		wantErr  string
	}{
		{name: "database", in: database, want: "musl 1.2.5-r0, busybox 1.36.1-r28, alpine-baselayout 3.6.5-r0"},
		{name: "empty"},
		{name: "no final newline", in: "P:a\nV:1\nA:x", want: "a 1"},
		{name: "CRLF", in: "P:a\r\nV:1\r\nA:x\r\n\r\nP:b\r\nV:2\r\nA:x\r\n", want: "a 1, b 2"},
		{name: "several empty lines", in: "\n\nP:a\nV:1\nA:x\n\n\n\nP:b\nV:2\nA:x\n", want: "a 1, b 2"},
		{name: "a line of 90 KiB", in: "P:a\nV:1\nA:x\n\nP:b\nV:2\nA:x\nT:" + long + "\n\nP:c\nV:3\nA:x\n", want: "a 1, b 2, c 3"},
		{name: "name twice", in: "P:a\nP:b\nV:1\nA:x\n", want: "a 1", wantErr: "line 2: field P occurs again"},
		{name: "no version", in: "P:a\nA:x\n\nP:b\nV:2\nA:x\n", want: "a , b 2", wantErr: `line 1: package "a" has no version`},
		{name: "no name", in: "V:1\nA:x\n\nP:b\nV:2\nA:x\n", want: "b 2", wantErr: "has no name"},
		{name: "files before the name", in: "F:bin\nR:x\nP:a\nV:1\nA:x\n", want: "a 1"},
		{name: "file before a folder", in: "P:a\nV:1\nA:x\nR:x\n", want: "a 1", wantErr: "line 4: field R without a folder"},
		{name: "checksum before a file", in: "P:a\nV:1\nA:x\nF:bin\nZ:Q1mVqXJ5pLqB6jFTuyGCq7yDhN5zA=\n", want: "a 1", wantErr: "field Z without a file"},
		{name: "folder outside", in: "P:a\nV:1\nA:x\nF:../etc\nR:x\n", want: "a 1", wantErr: `line 4: "../etc" is not a clean path, and 1 more`},
		{name: "file outside", in: "P:a\nV:1\nA:x\nF:etc\nR:..\nR:a/b\n", want: "a 1", wantErr: `line 5: ".." is not the name of a file, and 1 more`},
		{name: "unknown letters", in: "P:a\nV:1\nA:x\nz:?\nX:?\n", want: "a 1", wantErr: "line 5: unknown field 'X'"},
		{name: "no colon", in: "P:a\nV:1\nA:x\nhello\n", want: "a 1", wantErr: `line 4: "hello" is not a field`},
		{name: "bad checksum", in: "C:Q1AAAA\nP:a\nV:1\nA:x\n", want: "a 1", wantErr: `line 1: "Q1AAAA" is not a checksum`},
		{name: "time of year 10^6", in: "P:a\nV:1\nA:x\nt:31556889864403199\n", want: "a 1", wantErr: "is not a time"},
		{name: "terminal escape in a version", in: "P:a\nV:1\x1b[2J\nA:x\n", want: "a 1\x1b[2J", wantErr: `invalid version "1\x1b[2J"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(tt.in)
			checkErr(t, err, tt.wantErr)
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

func checkErr(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("unexpected error %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

func TestPackageFields(t *testing.T) {
	var p *pkg
	for p = range packages(strings.NewReader(database)) {
		if p.name == "busybox" {
			break
		}
	}
	got := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s", p.arch, p.license, p.origin, p.maintainer, p.commit, p.built.Format("2006-01-02"), formatDependencies(p.provides))
	want := "x86_64|GPL-2.0-only|busybox|Sören Tempel <soeren+alpine@soeren-tempel.net>|1747c01fb96905f101c25609011589d28e01cbb8|2024-04-17|/bin/sh cmd:busybox=1.36.1-r28 cmd:sh=1.36.1-r28"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := []string{"bin/busybox", "bin/sh"}; !slices.Equal(p.files, want) {
		t.Errorf("files: got %q, want %q", p.files, want)
	}
}

// TestRecordSize is about a record of 200 MiB: only it is lost.
func TestRecordSize(t *testing.T) {
	long := io.LimitReader(zeros{}, 200<<20)
	in := io.MultiReader(strings.NewReader("P:a\nV:1\nA:x\n\nP:b\nV:2\nA:x\nT:"), long, strings.NewReader("\n\nP:c\nV:3\nA:x\n"))
	var got []string
	var errs []error
	for p, err := range packages(in) {
		if p != nil {
			got = append(got, p.name)
		}
		errs = append(errs, err)
	}
	if !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("got %q", got)
	}
	checkErr(t, errors.Join(errs...), `line 5: package "b": a record of more than`)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestManyFiles(t *testing.T) {
	in := "P:a\nV:1\nA:x\nF:d\n" + strings.Repeat("R:f\n", 1_000_000)
	for p, err := range packages(strings.NewReader(in)) {
		if err != nil || len(p.files) != 1_000_000 {
			t.Errorf("got %d files, %v", len(p.files), err)
		}
	}
}

func TestReadError(t *testing.T) {
	in := io.MultiReader(strings.NewReader(database[:700]), iotest.ErrReader(errors.New("disk on fire")))
	var got []string
	var last error
	for p, err := range packages(in) {
		got, last = append(got, p.name), err
	}
	if !slices.Equal(got, []string{"musl", "busybox"}) {
		t.Errorf("got %q", got)
	}
	checkErr(t, last, "disk on fire")
}

// second is another reader of the format, independent of ours.
const second = `
import sys
for record in sys.stdin.buffer.read().decode().split("\n\n"):
    fields, files, folder = {}, [], ""
    for line in record.split("\n"):
        if not line: continue
        key, value = line[0], line[2:]
        if key == "F": folder = value
        elif key == "R": files.append((folder + "/" + value).lstrip("/"))
        else: fields[key] = value
    if fields:
        print("|".join([fields.get(k, "") for k in "PVALoUmc"] + [" ".join(fields.get("D", "").split()), " ".join(files)]))
`

func TestSecondReader(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs the Debian package python3")
	}
	in := database + generated(2000)
	cmd := exec.Command("python3", "-c", second)
	cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for p, err := range packages(strings.NewReader(in)) {
		if err != nil {
			t.Error(err)
		}
		fields := []string{p.name, p.version, p.arch, p.license, p.origin, p.url, p.maintainer, p.commit,
			formatDependencies(p.depends), strings.Join(p.files, " ")}
		got.WriteString(strings.Join(fields, "|") + "\n")
	}
	if got.String() != string(out) {
		t.Errorf("got\n%.2000s\nwant\n%.2000s", got.String(), out)
	}
}

// generated returns a database of n packages.
func generated(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "P:p%d\nV:%d.%d_rc%d-r%d\nA:x86_64\nL:MIT\nU:https://example.org/%d\n", i, i%7, i%11, i%3, i%5, i)
		fmt.Fprintf(&b, "D:p%d>=0 so:lib%d.so.1 !q%d cmd:c%d\np:so:lib%d.so.1=1.%d cmd:c%d=1\nF:usr/lib\n", (i+1)%n, (i+2)%n, i, (i+3)%n, i, i, i)
		for j := range i % 4 {
			fmt.Fprintf(&b, "R:f%d-%d\nZ:Q1mVqXJ5pLqB6jFTuyGCq7yDhN5zA=\n", i, j)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestVersion(t *testing.T) {
	for _, v := range []string{"1", "1.2.3", "1.2c", "1.0_alpha", "1.0_rc2_p3", "2.0_git20240101-r3", "1.2~abc0-r1", "20240101"} {
		if err := checkVersion(v); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
	for _, v := range []string{"", "a", "1.", "1..2", "1-2", "1_", "1_new", "1-r", "1-rx", "1:2", "1 2", "1ab", "1-r1x"} {
		if err := checkVersion(v); err == nil {
			t.Errorf("%q: no error", v)
		}
	}
}

func TestDependencies(t *testing.T) {
	tests := []struct {
		in, want, wantErr string
	}{
		{in: "  a  b>=1 !c so:x.so.1=1.0 d~1.2 e@edge f=1@tag g><Q1abc= /bin/sh", want: "a b>=1 !c so:x.so.1=1.0 d~1.2 e@edge f=1@tag g><Q1abc= /bin/sh"},
		{in: "a >=1 b", want: "a b", wantErr: "invalid name"},
		{in: "a>= b", want: "b", wantErr: "invalid version bound"},
		{in: "a>==1", wantErr: "invalid version bound"},
		{in: "!", wantErr: "invalid name"},
	}
	for _, tt := range tests {
		got, err := parseDependencies(tt.in)
		checkErr(t, err, tt.wantErr)
		if s := formatDependencies(got); s != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, s, tt.want)
		}
	}
}

// FuzzPackages holds packages to this: a good record after any others, and an
// empty line, is read.
func FuzzPackages(f *testing.F) {
	f.Add([]byte(database))
	f.Add([]byte("P:a\nP:b\n\n\r\nR:x\nF:../x\nZ:Q1"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _ := read(string(in) + "\n\nP:last\nV:1\nA:x\n")
		if len(got) == 0 || got[len(got)-1] != "last 1" {
			t.Errorf("got %q", got)
		}
	})
}

// FuzzDependencies holds parseDependencies to this: what it returns, written and
// read again, is the same.
func FuzzDependencies(f *testing.F) {
	f.Add("a b>=1 !c so:x.so.1=1.0 d~1.2 e@edge")
	f.Fuzz(func(t *testing.T, in string) {
		list, _ := parseDependencies(in)
		again, err := parseDependencies(formatDependencies(list))
		if err != nil || !slices.Equal(list, again) {
			t.Errorf("got %v, %v; want %v", again, err, list)
		}
	})
}
