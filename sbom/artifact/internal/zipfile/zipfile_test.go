package zipfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"
)

func archive(t testing.TB, comment string, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, name := range members {
		m, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: []uint16{Store, Deflate}[i%2]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, "content of "+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contents returns the content of each member that can be read and is what both
// headers say, by name; of a name that occurs twice, the last.
func contents(a *Archive) map[string]string {
	all := map[string]string{}
	for _, m := range a.Members {
		delete(all, m.Name)
		data, err := a.Data(m)
		if err != nil || m.Overlaps {
			continue
		}
		r, err := m.Read(data)
		if err != nil {
			continue
		}
		if b, err := io.ReadAll(r); err == nil {
			all[m.Name] = string(b)
		}
	}
	return all
}

func TestOpen(t *testing.T) {
	two := archive(t, "", "a", "b/c")
	tests := []struct {
		name    string
		in      []byte
		limit   int
		members int
		err     error // ErrFormat, ErrAmbiguous
	}{
		{"two", two, 9, 2, nil},
		{"none", archive(t, ""), 9, 0, nil},
		{"a comment", archive(t, "comment", "a"), 9, 1, nil},
		{"a long comment", archive(t, string(make([]byte, 65535)), "a"), 9, 1, nil},
		{"an end in the comment", archive(t, "PK\x05\x06"+string(make([]byte, 18)), "a"), 9, 0, ErrAmbiguous},
		{"something in front", append([]byte("program"), two...), 9, 2, nil},
		{"an archive in front", append(bytes.Clone(two), two...), 9, 2, ErrAmbiguous},
		{"cut", two[:len(two)-1], 9, 0, ErrFormat},
		{"no bytes", nil, 9, 0, ErrFormat},
		{"text", []byte("this is text and nothing but text"), 9, 0, ErrFormat},
		{"cut in front", two[10:], 9, 0, ErrFormat},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Open(bytes.NewReader(tt.in), int64(len(tt.in)), tt.limit)
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			if a != nil && len(a.Members) != tt.members || a == nil && tt.members > 0 {
				t.Errorf("got %+v, want %d members", a, tt.members)
			}
		})
	}
	if a, err := Open(bytes.NewReader(two), int64(len(two)), 1); err == nil || len(a.Members) != 1 {
		t.Errorf("limit: got %v", err)
	}
	if !EndsWith(bytes.NewReader(two), int64(len(two))) || EndsWith(bytes.NewReader(two[:50]), 50) {
		t.Error("EndsWith is wrong")
	}
}

// FuzzOpen holds that each member read without complaint is what package zip
// reads of the same archive, if that reads it at all; that no member has more
// bytes than it says; and that the directory costs no more than its size.
func FuzzOpen(f *testing.F) {
	two := archive(f, "", "a", "b/c")
	f.Add(two)
	f.Add(archive(f, "PK\x05\x06", "a", "a", "b"))
	f.Add(append([]byte("program"), two...))
	f.Add(append(two, "behind"...))
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Open(bytes.NewReader(data), int64(len(data)), 1000)
		if a == nil {
			if err == nil {
				t.Error("neither an archive nor an error")
			}
			return
		}
		if len(a.Members) > len(data)/centralSize {
			t.Errorf("%d members in %d bytes", len(a.Members), len(data))
		}
		got := contents(a)
		other, zerr := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil || zerr != nil {
			return
		}
		want := map[string]string{}
		for _, m := range other.File {
			delete(want, m.Name)
			if r, err := m.Open(); err == nil {
				if b, err := io.ReadAll(r); err == nil {
					want[m.Name] = string(b)
				}
			}
		}
		for name, content := range got {
			if w, ok := want[name]; ok && w != content {
				t.Errorf("%q: got %q, want %q", name, content, w)
			}
		}
		if len(other.File) != len(a.Members) {
			t.Errorf("%d members, package zip has %d", len(a.Members), len(other.File))
		}
	})
}
