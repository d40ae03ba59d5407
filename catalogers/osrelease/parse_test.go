package osrelease

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, in string
		want     string // of the variable X
		wantErr  string
	}{
		{name: "bare", in: "X=debian\n", want: "debian"},
		{name: "no final newline", in: "X=debian", want: "debian"},
		{name: "CRLF and BOM", in: "\uFEFFX=debian\r\nY=1\r\n", want: "debian"},
		{name: "comment and empty line", in: "# X=no\n\n X=yes\n", want: "yes"},
		{name: "empty", in: "X=\n", want: ""},
		{name: "double quotes", in: `X="a b"`, want: "a b"},
		{name: "single quotes", in: `X='a b $c \d'`, want: `a b $c \d`},
		{name: "escapes in double quotes", in: `X="\$\"\\` + "\\`" + `\n"`, want: `$"\` + "`" + `\n`},
		{name: "escapes in a bare word", in: `X=a\ b\n`, want: "a bn"},
		{name: "last one counts", in: "X=a\nX=b\n", want: "b", wantErr: `"b" replaces "a"`},
		{name: "said twice alike", in: "X=a\nX='a'\n", want: "a"},
		{name: "variable in double quotes", in: `X="$Y"`, wantErr: "X: a shell would read more"},
		{name: "command", in: "X=`id`", wantErr: "X: a shell would read more"},
		{name: "bare word with blank", in: "X=a b", wantErr: "line 1"},
		{name: "quote missing", in: "Y=1\nX=\"a", wantErr: "line 2: X: a quote is missing"},
		{name: "escaped closing quote", in: `X="a\"`, wantErr: "a quote is missing"},
		{name: "parts quoted apart", in: `X='a''b'`, wantErr: "a quote is missing"},
		{name: "no assignment", in: "X=1\nbroken\nalso\n", want: "1", wantErr: "line 2: \"broken\" is not an assignment, and 1 more faults"},
		{name: "invalid name", in: "1X=1", wantErr: "not an assignment"},
		{name: "escape sequence of a terminal", in: "X=\x1b[2J", wantErr: "not UTF-8 text"},
		{name: "not UTF-8", in: "X=\xff", wantErr: "not UTF-8 text"},
		{name: "too large", in: strings.Repeat("#", maxSize+1), wantErr: "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rel, err := parse(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if got := rel["X"]; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
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

// TestShell compares with what a shell makes of lines that are random, but
// likely to be accepted.
func TestShell(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var file strings.Builder
	var names []string
	for len(names) < 500 {
		name := "V" + string(rune('a'+len(names)/26%26)) + string(rune('a'+len(names)%26)) + strings.Repeat("x", len(names)/676)
		line := name + "=" + randomWord(random)
		if _, err := parse(strings.NewReader(line)); err != nil {
			continue
		}
		file.WriteString(line + "\n")
		names = append(names, name)
	}
	rel, err := parse(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/os-release"
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	script := ". " + path + "\n"
	for _, name := range names {
		script += "printf '%s\\n' \"$" + name + "\"\n"
	}
	out, err := exec.Command("sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	for i, name := range names {
		if rel[name] != lines[i] {
			t.Errorf("%s: got %q, want %q", name, rel[name], lines[i])
		}
	}
}

func randomWord(random *rand.Rand) string {
	quote := []string{"", "'", `"`}[random.IntN(3)]
	var b strings.Builder
	b.WriteString(quote)
	for range random.IntN(8) {
		const alphabet = `ab01 .:/-+_=#*?[!%,\\\"'$` + "`"
		b.WriteByte(alphabet[random.IntN(len(alphabet))])
	}
	return b.String() + quote
}

// FuzzParse holds parse to this: what it accepts without an error, quoted and
// parsed again, is the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"))
	f.Add([]byte(`X="\$a\\"` + "\nY='b'\n# c"))
	f.Add([]byte("X=a\\"))
	f.Fuzz(func(t *testing.T, in []byte) {
		rel, err := parse(bytes.NewReader(in))
		if err != nil {
			return
		}
		var again strings.Builder
		for name, value := range rel {
			again.WriteString(name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value) + "\"\n")
		}
		got, err := parse(strings.NewReader(again.String()))
		if err != nil {
			t.Fatalf("%q: %v", again.String(), err)
		}
		for name, value := range rel {
			if got[name] != value {
				t.Errorf("%s: got %q, want %q", name, got[name], value)
			}
		}
	})
}
