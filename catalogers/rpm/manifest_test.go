package rpm

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/sbom"
)

// TestManifestFile reads what rpm itself prints in the format of the file, and
// compares it with what stands in the database.
func TestManifestFile(t *testing.T) {
	root := rpmtest.Install(t, buildAll(t)...)
	importKey(t, root)
	lines := rpmtest.Query(t, filepath.Join(root, rpmtest.Database),
		`%{NAME}\t%{VERSION}-%{RELEASE}\t%{INSTALLTIME}\t%{BUILDTIME}\t%{VENDOR}\t%{EPOCH}\t%{SIZE}\t%{ARCH}\t%{EPOCHNUM}\t%{SOURCERPM}`)
	got := scanFiles(t, map[string]string{manifestFile: strings.Join(lines, "\n") + "\n"})
	want := scanFiles(t, map[string]string{"var/lib/rpm/rpmdb.sqlite": readFile(t, root, rpmtest.Database, sqliteFile)})
	short := func(inv *sbom.Inventory) (all []string) {
		for _, c := range inv.Components {
			all = append(all, strings.Join([]string{string(c.Type), c.Name, c.Version, c.Architecture, c.PURL, c.Key, property(c, "source-rpm")}, "|"))
		}
		return sorted(all)
	}
	compareLines(t, short(got), short(want))
	if len(got.Findings) > 0 {
		t.Errorf("findings %q", findings(got))
	}
}

func TestManifestFileDamaged(t *testing.T) {
	const good = "bash\t5.1-2\t1\t2\tExample\t(none)\t3\tx86_64\t0\tbash-5.1-2.src.rpm"
	for _, tt := range []struct {
		name, in string
		want     []string
		detail   string
	}{
		{"no final newline", good, []string{"bash"}, ""},
		{"empty", "", nil, ""},
		{"empty lines", "\n" + good + "\n\n", []string{"bash"}, ""},
		{"a long line", good + "\n" + strings.Repeat("x", 1<<20) + "\n" + strings.Replace(good, "bash", "zlib", 1), []string{"bash", "zlib"}, "line 2: 1 fields"},
		{"a field less", strings.TrimSuffix(good, "\tbash-5.1-2.src.rpm"), nil, "line 1: 9 fields"},
		{"no name", strings.TrimPrefix(good, "bash"), nil, "line 1: name \"\""},
		{"epoch", strings.Replace(good, "(none)", "x", 1), nil, "epoch \"x\""},
	} {
		inv := scanFiles(t, map[string]string{manifestFile: tt.in})
		if !slices.Equal(names(inv), tt.want) {
			t.Errorf("%s: packages %q, want %q", tt.name, names(inv), tt.want)
		}
		if (len(inv.Findings) == 0) != (tt.detail == "") || tt.detail != "" && !strings.Contains(inv.Findings[0].Detail, tt.detail) {
			t.Errorf("%s: findings %+v, want %q", tt.name, inv.Findings, tt.detail)
		}
	}
}
