package jar

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestParseManifest(t *testing.T) {
	tests := []struct {
		name, in string
		want     string // of the header X
		wantErr  string
	}{
		{name: "LF", in: "X: a b\n", want: "a b"},
		{name: "CR LF", in: "X: a\r\nY: b\r\n", want: "a"},
		{name: "CR", in: "Y: a\rX: b\r", want: "b"},
		{name: "no final newline", in: "X: a", want: "a"},
		{name: "name in lower case", in: "x: a\n", want: "a"},
		{name: "continued twice", in: "X: a\r\n b\r\n  c\r\n", want: "ab c"},
		{name: "continued within a character", in: "X: \xc3\n \xa9\n", want: "é"},
		{name: "empty value", in: "X:\n", want: ""},
		{name: "other section", in: "X: a\n\nName: f\nX: b\n", want: "a"},
		{name: "fault in another section", in: "X: a\r\n\r\nbroken\r\n", want: "a"},
		{name: "twice", in: "X: a\nX: b\n", want: "b", wantErr: `line 2: X: "b" replaces "a"`},
		{name: "no header", in: "X: a\n b\nbroken\nalso", want: "ab", wantErr: `line 3: "broken" is not a header, and 1 more`},
		{name: "continuation of nothing", in: " X: a\nX: b\n", want: "b", wantErr: "line 1"},
		{name: "no space after the colon", in: "X:a\n", wantErr: "not a header"},
		{name: "not UTF-8", in: "X: \xff\n", wantErr: "not UTF-8"},
		{name: "escape sequence", in: "X: \x1b[2J\n", wantErr: "not UTF-8 text"},
		{name: "long name", in: strings.Repeat("a", 71) + ": b\nX: a\n", want: "a", wantErr: "line 1"},
		{name: "section too long", in: "X: a\nY: " + strings.Repeat("b", maxSize), want: "a", wantErr: "more than"},
		{name: "many continuations", in: "Y: a\n" + strings.Repeat(" b\n", 300000) + "X: a\n", want: "a"},
		{name: "long file, short section", in: "X: a\n\n" + strings.Repeat("b", maxSize), want: "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseManifest(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if got := m.get("X"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseProperties(t *testing.T) {
	tests := []struct {
		name, in string
		want     string // of the property x
		wantErr  string
	}{
		{name: "equals", in: "x=a", want: "a"},
		{name: "colon", in: "x : a\n", want: "a"},
		{name: "blank", in: " x\ta b \r\n", want: "a b "},
		{name: "comments", in: "#x=a\n  !x=b\\\nx=c\n", want: "c"},
		{name: "continued", in: "x=a\\\n   b\\\r\n\tc\n", want: "abc"},
		{name: "two backslashes", in: "x=a\\\\\ny=b\n", want: `a\`},
		{name: "no comment in what is continued", in: "x=a\\\n#b\n", want: "a#b"},
		{name: "escapes", in: `x=\u00e9\t\=\q\ud83d\ude00`, want: "é\t=q😀"},
		{name: "escaped separator", in: `a\=b=c` + "\nx=d", want: "d"},
		{name: "ISO 8859-1", in: "x=\xe9", want: "é"},
		{name: "last one counts", in: "x=a\nx=b\n", want: "b"},
		{name: "separator twice", in: "x==a\n", want: "=a"},
		{name: "no value", in: "x\n", want: ""},
		{name: "ends in a backslash", in: "x=a\\", want: "a"},
		{name: "short escape", in: "\nx=\\u00e", wantErr: "line 2: malformed"},
		{name: "no hexadecimal", in: "x=\\u+123", wantErr: "malformed"},
		{name: "too large", in: strings.Repeat("#", maxSize+1), wantErr: "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := parseProperties(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if got := p["x"]; got != tt.want {
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

const oracle = `import java.io.*;
import java.util.*;

class Oracle {
	public static void main(String[] files) throws IOException {
		for (String file : files) {
			Properties p = new Properties();
			try (InputStream in = new FileInputStream(file)) {
				p.load(in);
			} catch (IllegalArgumentException e) {
				System.out.println("malformed");
				continue;
			}
			StringBuilder b = new StringBuilder();
			for (String k : new TreeSet<>(p.stringPropertyNames())) b.append(hex(k)).append('=').append(hex(p.getProperty(k))).append(' ');
			System.out.println(b.toString().trim());
		}
	}
	static String hex(String s) {
		StringBuilder b = new StringBuilder();
		for (char c : s.toCharArray()) b.append(String.format("%04x", (int) c));
		return b.toString();
	}
}
`

// TestJava compares with what Java makes of random properties.
func TestJava(t *testing.T) {
	needs(t, "javac", "default-jdk-headless")
	dir := t.TempDir()
	write(t, dir, "Oracle.java", oracle)
	random := rand.New(rand.NewPCG(1, 2))
	args := []string{filepath.Join(dir, "Oracle.java")}
	var texts []string
	for i := range 1500 {
		texts = append(texts, randomProperties(random))
		args = append(args, write(t, dir, fmt.Sprint(i), texts[i]))
	}
	out, err := exec.Command("java", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	for i, text := range texts {
		if got, want := named(dump(text)), named(lines[i]); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// named leaves out a property without name and value: whether a backslash that ends the
// file makes one depends, in Java, on the line end after it.
func named(dumped string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(dumped), func(s string) bool { return s == "=" }), " ")
}

// dump writes properties as the oracle does. The texts have no surrogates.
func dump(text string) string {
	p, err := parseProperties(strings.NewReader(text))
	if err != nil {
		return "malformed"
	}
	hex := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "%04x", r)
		}
		return b.String()
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		all = append(all, hex(name)+"="+hex(p[name]))
	}
	return strings.Join(all, " ")
}

func randomProperties(random *rand.Rand) string {
	words := []string{"a", "b", "=", ":", " ", "\t", "\f", "\\", "\\", "\n", "\n", "\r", "\r\n", "#", "!", "\\u00e9", "\\u12", "\xe9"}
	var b strings.Builder
	for range random.IntN(20) {
		b.WriteString(words[random.IntN(len(words))])
	}
	return b.String()
}

func needs(t *testing.T, program, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", program, pkg)
	}
	t.Skipf("needs %s: apt-get install %s", program, pkg)
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzParseManifest holds parseManifest to this: what it accepts without an error,
// written with folded lines and parsed again, is the same.
func FuzzParseManifest(f *testing.F) {
	f.Add([]byte("Manifest-Version: 1.0\r\nImplementation-Title: a\r\n  b\r\n\r\nName: x\r\n"))
	f.Add([]byte("X: \xc3\n \xa9\nY:\r"))
	f.Add([]byte("broken"))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := parseManifest(bytes.NewReader(in))
		if err != nil || len(in) > maxSize/8 {
			return
		}
		var again bytes.Buffer
		for name, value := range m {
			again.WriteString(name + ": ")
			for _, b := range []byte(value) {
				again.WriteString("\r\n ")
				again.WriteByte(b)
			}
			again.WriteString("\r\n")
		}
		got, err := parseManifest(&again)
		if err != nil || !maps.Equal(got, m) {
			t.Errorf("got %q and %v, want %q", got, err, m)
		}
	})
}

// FuzzParseProperties holds parseProperties to this: what it accepts, written with
// every unit escaped and parsed again, is the same.
func FuzzParseProperties(f *testing.F) {
	f.Add([]byte("#c\ngroupId=org.example\nartifactId:a\\\n b\nversion 1\\u002d0\n"))
	f.Add([]byte("\\"))
	f.Add([]byte("a\\=\\ud83d\\ude00=\xe9"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := parseProperties(bytes.NewReader(in))
		if err != nil || len(in) > maxSize/16 {
			return
		}
		var again strings.Builder
		for name, value := range p {
			again.WriteString(escape(name) + "=" + escape(value) + "\n")
		}
		got, err := parseProperties(strings.NewReader(again.String()))
		if err != nil || !maps.Equal(got, p) {
			t.Errorf("%q: got %q and %v, want %q", again.String(), got, err, p)
		}
	})
}

func escape(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "\\u%04x", u)
	}
	return b.String()
}
