package cpio_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/manifestgen/manifestgen/sbom/artifact/internal/cpio"
)

// newc returns an archive member in the new ASCII format.
func newc(magic, name, content string, check uint32) string {
	s := fmt.Sprintf("%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00", magic,
		7, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, check, name)
	return pad(pad(s) + content)
}

func pad(s string) string { return s + strings.Repeat("\x00", -len(s)&3) }

func stripped(i uint32, content string) string {
	return pad(pad(fmt.Sprintf("07070X%08x", i)) + content)
}

var end = newc("070701", "TRAILER!!!", "", 0)

// list is the file list of a package.
func list(i int) (cpio.Entry, bool) {
	files := []cpio.Entry{{Name: "a", Mode: 0o100644, Size: 3}, {Name: "b", Mode: 0o100755, Size: 5}}
	if i >= len(files) {
		return cpio.Entry{}, false
	}
	return files[i], true
}

// read returns the archive as lines of name, mode and content.
func read(in io.Reader) (string, error) {
	var b strings.Builder
	r := cpio.NewReader(in, list)
	for {
		e, err := r.Next()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return b.String(), err
		}
		fmt.Fprintf(&b, "%s %o %s\n", e.Name, e.Mode, content)
	}
}

func TestReader(t *testing.T) {
	tests := []struct{ name, in, want, err string }{
		{"new ASCII", newc("070701", "./x", "hello", 0) + newc("070701", "y", "", 0) + end, "./x 100644 hello\ny 100644 \n", ""},
		{"with checksum", newc("070702", "x", "abc", 'a'+'b'+'c') + end, "x 100644 abc\n", ""},
		{"wrong checksum", newc("070702", "x", "abc", 1) + end, "", "checksum is 00000126, should be 00000001"},
		{"stripped", stripped(1, "12345") + stripped(0, "abc") + end, "b 100755 12345\na 100644 abc\n", ""},
		{"stripped, own end", stripped(1, "12345") + stripped(1<<32-1, ""), "b 100755 12345\n", ""},
		{"stripped, not in the list", stripped(2, "12345") + end, "", "file 2 is not in the file list"},
		{"what follows the end", end + "junk", "", ""},
		{"empty", "", "", "offset 0: unexpected EOF"},
		{"magic", "070707" + strings.Repeat("0", 200), "", "offset 6: magic number \"070707\""},
		{"no trailer", newc("070701", "x", "hello", 0), "x 100644 hello\n", "unexpected EOF"},
		{"cut in the content", newc("070701", "x", "hello", 0)[:114], "", "unexpected EOF"},
		{"field", strings.Replace(newc("070701", "x", "hello", 0), "000081a4", "-00081a4", 1), "", "field 1 of the header is \"-00081a4\""},
		{"name of no bytes", strings.Replace(newc("070701", "xy", "", 0), "00000003", "00000000", 1), "", "a name of 0 bytes"},
		{"name of 4 GiB", strings.Replace(newc("070701", "xy", "", 0), "00000003", "ffffffff", 1), "", "a name of 4294967295 bytes"},
		{"name without end", strings.Replace(newc("070701", "xyz", "", 0), "xyz\x00", "xyzz", 1), "", "has no end"},
		{"content of 4 GiB", strings.Replace(newc("070701", "x", "hello", 0), "00000005", "ffffffff", 1), "", "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				got, err := read(in)
				if got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
			}
		})
	}
}

func TestReadError(t *testing.T) {
	whole := newc("070701", "x", "hello", 0) + end
	for n := range len(whole) - 3 { // what pads the trailer is not read
		broken := errors.New("input/output error")
		_, err := read(io.MultiReader(strings.NewReader(whole[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Fatalf("unreadable from %d: error %v", n, err)
		}
	}
}

// TestCpio reads what GNU cpio writes.
func TestCpio(t *testing.T) {
	tool, err := exec.LookPath("cpio")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("needs the Debian package cpio")
	} else if err != nil {
		t.Skip("needs the Debian package cpio")
	}
	dir := t.TempDir()
	var names, want []string
	for i := range 50 {
		name, content := fmt.Sprint("file", i), strings.Repeat("c", i*i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		want = append(want, fmt.Sprintf("%s 100644 %s\n", name, content))
	}
	if err := os.Symlink("target", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	names, want = append(names, "link"), append(want, "link 120777 target\n")
	for _, format := range []string{"newc", "crc"} {
		cmd := exec.Command(tool, "--quiet", "-o", "-H", format)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(strings.Join(names, "\n"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(bytes.NewReader(out))
		if err != nil || got != strings.Join(want, "") {
			t.Errorf("%s: error %v, got %.100q", format, err, got)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(newc("070701", "x", "hello", 0) + end))
	f.Add([]byte(newc("070702", "x", "abc", 'a'+'b'+'c') + end))
	f.Add([]byte(stripped(1, "12345") + stripped(1<<32-1, "")))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := read(bytes.NewReader(in))
		if len(got) > len(in) {
			t.Errorf("%d bytes make %d", len(in), len(got))
		}
		again, err2 := read(iotest.OneByteReader(bytes.NewReader(in)))
		if got != again || (err == nil) != (err2 == nil) {
			t.Errorf("read byte by byte it is %q, %v; else %q, %v", again, err2, got, err)
		}
		if err == nil && !slices.Contains([]bool{bytes.Contains(in, []byte("TRAILER!!!")), bytes.Contains(in, []byte("07070X"))}, true) {
			t.Error("no error and no trailer")
		}
	})
}
