package header_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
)

func TestFiles(t *testing.T) {
	folders, names := []string{"/usr/bin/", "/etc/"}, []string{"a", "b", "c"}
	tests := []struct {
		name string
		tags rpmtest.Tags
		want []string
		err  string
	}{
		{"none", nil, nil, ""},
		{"some", rpmtest.Tags{header.DirNames: folders, header.BaseNames: names, header.DirIndexes: []uint32{0, 1, 0}},
			[]string{"/usr/bin/a", "/etc/b", "/usr/bin/c"}, ""},
		{"folder outside", rpmtest.Tags{header.DirNames: folders, header.BaseNames: names, header.DirIndexes: []uint32{0, 2, 0}},
			[]string{"/usr/bin/a"}, "file 1 is in folder 2 of 2"},
		{"folder 2^32-1", rpmtest.Tags{header.DirNames: folders, header.BaseNames: names, header.DirIndexes: []uint32{1<<32 - 1, 0, 0}},
			nil, "file 0 is in folder 4294967295 of 2"},
		{"too few indexes", rpmtest.Tags{header.DirNames: folders, header.BaseNames: names, header.DirIndexes: []uint32{1}},
			[]string{"/etc/a"}, "3 files, but folders for 1"},
		{"too many indexes", rpmtest.Tags{header.DirNames: folders, header.BaseNames: names[:1], header.DirIndexes: []uint32{1, 1}},
			[]string{"/etc/a"}, "1 files, but folders for 2"},
		{"no folders", rpmtest.Tags{header.BaseNames: names, header.DirIndexes: []uint32{0, 1, 0}}, nil, "file 0 is in folder 0 of 0"},
		{"as rpm 3 had it", rpmtest.Tags{header.OldFileNames: []string{"/a", "/b"}}, []string{"/a", "/b"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := header.Parse(rpmtest.Header(tt.tags))
			if err != nil {
				t.Fatal(err)
			}
			files, err := h.Files()
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			var got []string
			for i := range files.Len() {
				folder, name := files.Path(i)
				got = append(got, folder+name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
