package rpm

import (
	"regexp"
	"strings"
	"testing"

	"github.com/github/go-spdx/v2/spdxexp"
)

var hashes = regexp.MustCompile(`-[0-9a-f]{8}\b`)

func TestParseLicence(t *testing.T) {
	tests := []struct{ field, want string }{ // without the hashes
		{"", ""},
		{"MIT", "MIT"},
		{"mit", "MIT"},
		{"GPLv2+", "GPL-2.0-or-later"},
		{"GPL-2.0+", "GPL-2.0-or-later"},
		{"GPL-2.0", "GPL-2.0-only"},
		{"LGPL-2.1+", "LGPL-2.1-or-later"},
		{"GPL-2.0-or-later", "GPL-2.0-or-later"},
		{"GPL+ or Artistic", "GPL-1.0-or-later OR LicenseRef-rpm-Artistic"},
		{"GPLv2+ and (MIT or BSD) and zlib", "GPL-2.0-or-later AND (MIT OR LicenseRef-rpm-BSD) AND Zlib"},
		{"GPLv2+ and MIT or ISC", "GPL-2.0-or-later AND MIT OR ISC"},
		{"((MIT or ISC)) and zlib", "(MIT OR ISC) AND Zlib"},
		{"(MIT and ISC) or zlib", "MIT AND ISC OR Zlib"},
		{"(MIT)", "MIT"},
		{"MIT and MIT", "MIT"},
		{"MIT & ISC | Zlib", "MIT AND ISC OR Zlib"},
		{"ASL 2.0 AND Public Domain", "Apache-2.0 AND LicenseRef-rpm-Public-Domain"},
		{"GPLv2+ with exceptions", "LicenseRef-rpm-GPLv2-with-exceptions"},
		{"GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"},
		{"GPL-3.0+ with GCC-exception-3.1 and MIT", "GPL-3.0-or-later WITH GCC-exception-3.1 AND MIT"},
		{"LGPLv2+", "LicenseRef-rpm-LGPLv2"}, // 2.0 or 2.1
		{"SUSE-Public-Domain", "LicenseRef-rpm-SUSE-Public-Domain"},
		{"LicenseRef-Fedora-Public-Domain", "LicenseRef-rpm-LicenseRef-Fedora-Public-Domain"},
		{"Freely redistributable, no changes", "LicenseRef-rpm-Freely-redistributable-no-changes"},
		{"MIT and", "LicenseRef-rpm-MIT-and"},
		{"and MIT", "LicenseRef-rpm-and-MIT"},
		{"(MIT", "LicenseRef-rpm-MIT"},
		{"MIT)", "LicenseRef-rpm-MIT"},
		{"MIT (really)", "LicenseRef-rpm-MIT-really"},
		{"()", "LicenseRef-rpm-"},
		{"İ with x", "LicenseRef-rpm-with-x"},
		{strings.Repeat("(", 100) + "MIT" + strings.Repeat(")", 100), "LicenseRef-rpm-MIT"},
	}
	for _, tt := range tests {
		got := hashes.ReplaceAllString(parseLicence(tt.field).expression, "")
		if got != tt.want {
			t.Errorf("parseLicence(%.60q) = %s, want %s", tt.field, got, tt.want)
		}
	}
}

func FuzzParseLicence(f *testing.F) {
	for _, s := range []string{"GPLv2+ and (MIT or BSD)", "((a) or b) and c", "GPL-2.0+ with x", "MIT or (ISC and (zlib or BSD)) | x & y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := parseLicence(s)
		if got.expression == "" {
			if strings.TrimSpace(s) != "" {
				t.Errorf("%q becomes nothing", s)
			}
			return
		}
		if ok, _ := spdxexp.ValidateLicenses([]string{got.expression}); !ok {
			t.Errorf("%q becomes %q, which is not valid", s, got.expression)
		}
		for _, text := range got.texts {
			if !strings.Contains(got.expression, text.ID) || text.Text == "" {
				t.Errorf("%q becomes %q, which has no use for %+v", s, got.expression, text)
			}
		}
		if refs := strings.Count(got.expression, "LicenseRef-"); refs > 0 && len(got.texts) == 0 {
			t.Errorf("%q becomes %q without a text", s, got.expression)
		}
	})
}
