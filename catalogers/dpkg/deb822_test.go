package dpkg

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// read reads all stanzas and returns them in short, and the errors.
func read(r io.Reader) (got []string, err error) {
	var errs []error
	for s, err := range stanzas(r) {
		if len(s.fields) > 0 {
			var b strings.Builder
			for _, f := range s.fields {
				fmt.Fprintf(&b, "%s=%s;", f.name, f.value)
			}
			got = append(got, b.String())
		}
		errs = append(errs, err)
	}
	return got, errors.Join(errs...)
}

func TestStanzas(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		wantErr  string
	}{
		{name: "empty"},
		{name: "only empty lines", in: "\n\n\r\n"},
		{name: "two", in: "A: 1\nB: 2\n\nA: 3\n", want: []string{"A=1;B=2;", "A=3;"}},
		{name: "several empty lines", in: "\n\nA: 1\n\n\n\nA: 3\n\n", want: []string{"A=1;", "A=3;"}},
		{name: "no final newline", in: "A: 1\nB: 2", want: []string{"A=1;B=2;"}},
		{name: "CRLF", in: "A: 1\r\nB: 2\r\n\r\nA: 3\r\n", want: []string{"A=1;B=2;", "A=3;"}},
		{name: "byte order mark", in: "\ufeffA: 1\n", want: []string{"A=1;"}},
		{name: "tabs and no blank", in: "A:\t1\t\nB:2\n", want: []string{"A=1;B=2;"}},
		{name: "folded", in: "A: 1\n two\n\tthree\nB: 4\n", want: []string{"A=1\n two\n\tthree;B=4;"}},
		{name: "value on the next line", in: "A:\n 1\nB: 2\n", want: []string{"A=1;B=2;"}},
		{name: "value with colons", in: "A: http://x:80/\n", want: []string{"A=http://x:80/;"}},
		{name: "field twice", in: "A: 1\na: 2\nB: 3\n", want: []string{"A=1;B=3;"}, wantErr: "line 2: field a occurs again"},
		{name: "field without colon", in: "A: 1\nbroken\nB: 2\n\nA: 3\n", want: []string{"A=1;B=2;", "A=3;"}, wantErr: "line 2: no field name"},
		{name: "begins with a blank", in: " x\nA: 1\n", want: []string{"A=1;"}, wantErr: "line 1: no field name"},
		{name: "comment", in: "#A: 1\nB: 2\n", want: []string{"B=2;"}, wantErr: "line 1: no field name"},
		{name: "line of blanks", in: "A: 1\n \nB: 2\n", want: []string{"A=1;B=2;"}},
		{name: "garbage in the first 29 lines", in: strings.Repeat("\x00\xff\x1b\xfe garbage\n", 29) + "A: 1\n\nB: 2\n",
			want: []string{"A=1;", "B=2;"}, wantErr: "line 1: no field name, and 28 more faults"},
		{name: "a line of 90 KiB", in: "A: 1\n\nA: 2\nB: " + strings.Repeat("x", 90<<10) + "\n\nA: 3\n",
			want: []string{"A=1;", "A=2;B=" + strings.Repeat("x", 90<<10) + ";", "A=3;"}},
		{name: "a thousand fields", in: manyFields(1000) + "\nA: 1\n", want: []string{fields(maxFields), "A=1;"}, wantErr: "the rest of a stanza"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(strings.NewReader(tt.in))
			checkErr(t, err, tt.wantErr)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %.500q, want %.500q", got, tt.want)
			}
			again, _ := read(iotest.OneByteReader(strings.NewReader(tt.in)))
			if !slices.Equal(again, got) {
				t.Errorf("byte by byte: got %.500q, want %.500q", again, got)
			}
		})
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "F%d: x\n", i)
	}
	return b.String()
}

func fields(n int) string {
	return strings.NewReplacer(": ", "=", "\n", ";").Replace(manyFields(n))
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

// TestRecordSize is about a line of 200 MiB: only its stanza is lost, and it is
// not kept in memory.
func TestRecordSize(t *testing.T) {
	in := io.MultiReader(strings.NewReader("A: 1\n\nA: 2\nB: "), io.LimitReader(letters{}, 200<<20), strings.NewReader("\nC: 3\n\nA: 4\n"))
	got, err := read(in)
	if want := []string{"A=1;", "A=4;"}; !slices.Equal(got, want) {
		t.Errorf("got %.200q, want %q", got, want)
	}
	checkErr(t, err, "line 3: record is too long")
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestReadError(t *testing.T) {
	in := io.MultiReader(strings.NewReader("A: 1\n\nA: 2\nB: half a li"), iotest.ErrReader(errors.New("disk on fire")))
	got, err := read(in)
	if want := []string{"A=1;", "A=2;"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	checkErr(t, err, "disk on fire")
}

// FuzzStanzas holds stanzas to this: whatever comes before, a stanza after an
// empty line is read.
func FuzzStanzas(f *testing.F) {
	f.Add([]byte("Package: a\nStatus: install ok installed\nDescription: x\n y\n .\n\nPackage: b"))
	f.Add([]byte("\ufeff\r\n \t\n:\n#x\nA\nA:\nA:\n\n\r"))
	f.Fuzz(func(t *testing.T, in []byte) {
		before, _ := read(strings.NewReader(string(in)))
		got, _ := read(strings.NewReader(string(in) + "\n\nLast: one\n"))
		if !slices.Equal(got, append(before, "Last=one;")) {
			t.Errorf("got %q after %q", got, before)
		}
	})
}
