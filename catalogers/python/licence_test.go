package python

import (
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

func TestLicenceFiles(t *testing.T) {
	const unit = site + "a-1.dist-info/"
	long := strings.Repeat("é", maxLicenceText)
	tests := []struct {
		name, fields string
		files        map[string]string
		want         []string // name: beginning of the text
		gaps         int
	}{
		{"no SPDX licence", "License: House rules\nLicense-File: LICENSE\nLicense-File: sub/NOTICE\n",
			map[string]string{"licenses/LICENSE": "Be kind.\n", "licenses/sub/NOTICE": "By us.", "licenses/OTHER": "not named"},
			[]string{"House rules: House rules", "LICENSE: Be kind.", "NOTICE: By us."}, 0},
		{"nothing stated", "License-File: COPYING\n", map[string]string{"COPYING": "Be kind."}, []string{"COPYING: Be kind."}, 0},
		{"SPDX licence", "License-Expression: MIT\nLicense-File: LICENSE\n", map[string]string{"licenses/LICENSE": "Be kind."}, nil, 0},
		{"not there", "License-File: LICENSE\n", nil, nil, 0},
		{"leads outside", "License-File: ../../x-1.dist-info/LICENSE\nLicense-File: /LICENSE\nLicense-File: METADATA\n",
			map[string]string{"../x-1.dist-info/LICENSE": "not theirs"}, nil, 0},
		{"too long", "License-File: LICENSE\n", map[string]string{"LICENSE": long}, []string{"LICENSE: éé"}, 0},
		{"too large", "License-File: LICENSE\n", map[string]string{"LICENSE": strings.Repeat("x", maxLicenceFile+1)}, nil, 1},
		{"no text", "License-File: LICENSE\n", map[string]string{"LICENSE": "\x7fELF\x00"}, nil, 1},
		{"odd text", "License-File: LICENSE\n", map[string]string{"LICENSE": "a\xff\x1b[31m\r\n"}, []string{"LICENSE: a\uFFFD[31m"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{unit + "METADATA": metadata("a", "1", tt.fields)}
			for p, text := range tt.files {
				files[strings.Replace(unit+p, "a-1.dist-info/../", "", 1)] = text
			}
			m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
			var got []string
			for _, text := range m.Components[0].LicenseTexts {
				if len(text.Text) > maxLicenceText {
					if !strings.Contains(text.Text, "[cut here: 16384 of 32768 bytes") {
						t.Errorf("cut to %d bytes and not said", len(text.Text))
					}
					text.Text = text.Text[:4]
				}
				got = append(got, text.Name+": "+text.Text)
			}
			if !slices.Equal(got, tt.want) || m.Gaps() != tt.gaps {
				t.Errorf("got %q and %d gaps, want %q and %d", got, m.Gaps(), tt.want, tt.gaps)
			}
		})
	}
}

// What pyvenv.cfg says is told of what is in the environment, and its file is no
// place of it.
func TestVenvFacts(t *testing.T) {
	files := map[string]string{"venv/pyvenv.cfg": "version = 3.11.2\nimplementation = CPython\ninclude-system-site-packages = true\n",
		"venv/lib/python3.11/site-packages/a-1.dist-info/METADATA":  metadata("a", "1", ""),
		"venv/lib/python3.11/site-packages/b-1.dist-info/INSTALLER": "pip",
		"other/lib/python3.11/site-packages/c-1.dist-info/METADATA": metadata("c", "1", "")}
	m := sbomtest.Assemble(t, sbomtest.Folder(files), Cataloger{})
	for i, want := range []string{"CPython 3.11.2 true", "CPython 3.11.2 true", " "} {
		c := m.Components[i]
		if got := property(c, propEnvironment) + " " + property(c, propSystem); got != want {
			t.Errorf("%s: got %q, want %q", c.Name, got, want)
		}
		if slices.ContainsFunc(c.Locations, func(l sbom.Location) bool { return strings.HasSuffix(l.Path, ".cfg") }) {
			t.Errorf("%s: got locations %v", c.Name, c.Locations)
		}
	}
}
