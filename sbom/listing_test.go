package sbom

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// What is added to a listing is yielded, in order and in few bytes.
func TestListing(t *testing.T) {
	var l listing
	var want []Entry
	add := func(e Entry) {
		l.add(e)
		want = append(want, e)
	}
	for i := range 20_000 {
		add(Entry{Path: fmt.Sprintf("usr/lib/python3/dist-packages/package%d/sub/module%d.py", i/100, i), Size: int64(i) << 10})
	}
	if perEntry := len(l.data) / len(want); perEntry > 20 {
		t.Errorf("%d bytes for each entry", perEntry)
	}
	for _, e := range []Entry{{}, {Path: "a"}, {Path: "a/b", Mode: fs.ModeIrregular}, {Path: "a", Size: 1 << 62}, {Path: strings.Repeat("x", 5000)}} {
		add(e)
	}
	if got := slices.Collect(l.all()); !slices.EqualFunc(got, want, func(a, b Entry) bool {
		return a.Path == b.Path && a.Size == b.Size && a.Mode == b.Mode
	}) {
		t.Error("other entries come out than went in")
	}
	for range l.all() {
		break // a reader may stop
	}
}

// The law: what comes out of a listing is what went in.
func FuzzListing(f *testing.F) {
	f.Add("a/b\na/c\n\nb", int64(3))
	f.Fuzz(func(t *testing.T, lines string, size int64) {
		var l listing
		want := strings.Split(lines, "\n")
		for _, p := range want {
			l.add(Entry{Path: p, Size: size})
		}
		var got []string
		for e := range l.all() {
			got = append(got, e.Path)
			if e.Size != max(0, size) {
				t.Errorf("got a size of %d, want %d", e.Size, size)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
