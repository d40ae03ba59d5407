package dpkg

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/github/go-spdx/v2/spdxexp"
)

const format = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"

func TestParseCopyright(t *testing.T) {
	tests := []struct {
		name, in string
		want     string   // hashes of LicenseRefs as "#"
		texts    []string // in order
	}{
		{name: "empty"},
		{
			name: "machine-readable",
			in: format + "\nFiles: *\nCopyright: 2019 Jane Doe\nLicense: GPL-2+\n Text.\n\n" +
				"Files: b c\nCopyright: x\nLicense: Expat or Artistic\n\nFiles: d\nCopyright: y\nLicense: GPL-2+\n",
			want: "GPL-2.0-or-later AND (MIT OR Artistic-1.0-Perl)",
		},
		{
			name: "header counts",
			in:   format + "License: Apache-2.0\n\nFiles: *\nCopyright: 2019 Jane Doe\nLicense: GPL-2+\n",
			want: "Apache-2.0",
		},
		{
			name: "unknown name with text",
			in: format + "\nFiles: *\nCopyright: -\nLicense: GPL-2+ with OpenSSL exception and Beer\n\n" +
				"License: Beer\n Buy me\n .\n one.\n\nLicense: GPL-2+ with OpenSSL exception\n Long text.\n",
			want:  "LicenseRef-text-# AND LicenseRef-text-#",
			texts: []string{"Long text.", "Buy me\n\none."},
		},
		{
			name:  "unknown name without text",
			in:    format + "\nFiles: *\nCopyright: -\nLicense: public-domain\n",
			want:  "LicenseRef-text-#",
			texts: []string{"public-domain"},
		},
		{
			name:  "a sentence for a name",
			in:    format + "\nFiles: *\nCopyright: -\nLicense: You may do as you like, and so on\n really\n",
			want:  "LicenseRef-text-#",
			texts: []string{"really"},
		},
		{
			name: "comments and old format name",
			in:   "# by hand\nFormat-Specification: http://dep.debian.net/deps/dep5\n\n# all\nFiles: *\nLicense: ISC\n",
			want: "ISC",
		},
		{
			name:  "no licence in it",
			in:    format + "\nFiles: *\nCopyright: -\n",
			want:  "LicenseRef-text-#",
			texts: []string{format + "\nFiles: *\nCopyright: -\n"},
		},
		{
			name:  "broken line: not half believed",
			in:    format + "\nFiles: *\nLicense: MIT\n\nFiles b\nLicense: GPL-2\n",
			want:  "LicenseRef-text-#",
			texts: []string{format + "\nFiles: *\nLicense: MIT\n\nFiles b\nLicense: GPL-2\n"},
		},
		{
			name:  "free form",
			in:    "This is mine. Do with it\x0c what you like.\n",
			want:  "LicenseRef-text-#",
			texts: []string{"This is mine. Do with it  what you like.\n"},
		},
		{
			name:  "free form with one reference",
			in:    "GPL version 2 or any later\n  version: see /usr/share/common-licenses/GPL-2.\n",
			want:  "GPL-2.0-or-later AND LicenseRef-text-#",
			texts: []string{"GPL version 2 or any later\n  version: see /usr/share/common-licenses/GPL-2.\n"},
		},
		{
			name:  "free form with one reference, no later version",
			in:    "See `/usr/share/common-licenses/LGPL-2.1'",
			want:  "LGPL-2.1-only AND LicenseRef-text-#",
			texts: []string{"See `/usr/share/common-licenses/LGPL-2.1'"},
		},
		{
			name:  "free form with a choice",
			in:    "either /usr/share/common-licenses/GPL-1 or /usr/share/common-licenses/Artistic",
			want:  "LicenseRef-text-#",
			texts: []string{"either /usr/share/common-licenses/GPL-1 or /usr/share/common-licenses/Artistic"},
		},
		{
			name:  "reference without version",
			in:    "see /usr/share/common-licenses/GPL",
			want:  "LicenseRef-text-#",
			texts: []string{"see /usr/share/common-licenses/GPL"},
		},
		{
			name:  "long text is cut",
			in:    strings.Repeat("é", maxLicenseText),
			want:  "LicenseRef-text-#",
			texts: []string{strings.Repeat("é", maxLicenseText/2) + "\n[cut here: 16384 of 32768 bytes, with the SHA-256 4f3213f6f3cb2bba2973ec02c8222e88161cdc2208dbd3d3634f43e12e6388ff]"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := parseCopyright(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			got := maskRefs(l.expression, l.texts)
			var texts []string
			for _, text := range l.texts {
				texts = append(texts, text.text)
			}
			if got != tt.want || !slices.Equal(texts, tt.texts) {
				t.Errorf("got %q with %q, want %q with %q", got, texts, tt.want, tt.texts)
			}
			checkClosed(t, l)
		})
	}
	_, err := parseCopyright(strings.Repeat("x", maxCopyright+1))
	checkErr(t, err, "more than")
}

// TestLicenseTextID holds ids to depend on the text alone.
func TestLicenseTextID(t *testing.T) {
	a, b, c := newLicenseText("a", "x"), newLicenseText("b", "x"), newLicenseText("a", "y")
	if a.id != b.id || a.id == c.id {
		t.Errorf("got %s, %s, %s", a.id, b.id, c.id)
	}
	long := strings.Repeat("x", maxLicenseText)
	if d, e := newLicenseText("", long+"1"), newLicenseText("", long+"2"); d.id == e.id {
		t.Errorf("texts that differ after the cut: got %s twice", d.id)
	}
}

// maskRefs replaces the hashes at the end of LicenseRefs by "#".
func maskRefs(expression string, refs []licenseText) string {
	for _, ref := range refs {
		expression = strings.ReplaceAll(expression, ref.id[strings.LastIndexByte(ref.id, '-')+1:], "#")
	}
	return expression
}

// TestHostileCopyright has many names for one long text, and many names. Neither
// may take long.
func TestHostileCopyright(t *testing.T) {
	var b strings.Builder
	b.WriteString(format + "\nFiles: *\nLicense: X\n " + strings.Repeat("long ", 1<<20) + "\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "\nFiles: a\nLicense: X and MIT and X%d\n", i%400)
	}
	for i := range 100_000 {
		fmt.Fprintf(&b, "\nFiles: a\nLicense: Y%d\n", i)
	}
	l, err := parseCopyright(b.String())
	if err != nil || maskRefs(l.expression, l.texts) != "LicenseRef-text-#" {
		t.Errorf("got %.200q, %v", l.expression, err)
	}
}

// checkClosed holds l to be a valid expression of which each LicenseRef has a
// text, and each text a LicenseRef.
func checkClosed(t *testing.T, l license) {
	t.Helper()
	if l.expression == "" {
		return
	}
	if ok, _ := spdxexp.ValidateLicenses([]string{l.expression}); !ok {
		t.Fatalf("%q is not valid", l.expression)
	}
	refs := strings.FieldsFunc(l.expression, func(r rune) bool { return strings.ContainsRune(" ()+", r) })
	refs = slices.DeleteFunc(refs, func(s string) bool { return !strings.HasPrefix(s, "LicenseRef-") })
	for _, text := range l.texts {
		if !slices.Contains(refs, text.id) || text.text == "" {
			t.Errorf("text %q: %q of %q", text.id, text.text, refs)
		}
	}
	for _, ref := range refs {
		if !slices.ContainsFunc(l.texts, func(text licenseText) bool { return text.id == ref }) {
			t.Errorf("%s has no text", ref)
		}
	}
}

func TestExpression(t *testing.T) {
	tests := []struct {
		in, want string
	}{
		{"GPL-1", "GPL-1.0-only"}, {"GPL-2.0", "GPL-2.0-only"}, {"GPLv3+", "GPL-3.0-or-later"}, {"gpl-3-or-later", "GPL-3.0-or-later"},
		{"LGPL-2.1+", "LGPL-2.1-or-later"}, {"AGPL-3", "AGPL-3.0-only"}, {"GFDL-1.3", "GFDL-1.3-only"},
		{"GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"},
		{"Apache-2", "Apache-2.0"}, {"Expat", "MIT"}, {"BSD-3-clause", "BSD-3-Clause"}, {"CC0", "CC0-1.0"}, {"zlib", "Zlib"}, {"MPL-1.1+", "MPL-1.1+"},
		{"Perl", "GPL-1.0-or-later OR Artistic-1.0-Perl"},
		{"MIT or ISC and Zlib", "MIT OR (ISC AND Zlib)"},
		{"MIT or ISC, and Zlib", "(MIT OR ISC) AND Zlib"},
		{"MIT and MIT", "MIT"},
		{"GPL-2+ with Classpath exception or MIT", "GPL-2.0-or-later WITH Classpath-exception-2.0 OR MIT"},
		{"Apache-2.0 with LLVM-exception", "Apache-2.0 WITH LLVM-exception"},
		{"GPL", "LicenseRef-text-#"},
		{"MIT and", "LicenseRef-text-#"},
		{"MIT, ISC", "LicenseRef-text-#"},
		{"with", "LicenseRef-text-#"},
		{"GPL-2 with and", "LicenseRef-text-#"},
	}
	for _, tt := range tests {
		p := expressionParser{}
		if got := maskRefs(p.parse(tt.in).String(), p.refs); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestCopyrightHere reads all copyright files of this machine: each gives a valid
// expression, with its texts.
func TestCopyrightHere(t *testing.T) {
	files, err := filepath.Glob("/usr/share/doc/*/copyright")
	if err != nil || len(files) == 0 {
		t.Skip("this machine is not a Debian one")
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // a link that leads nowhere
		}
		l, err := parseCopyright(string(text))
		if err != nil || l.expression == "" {
			t.Errorf("%s: %q, %v", name, l.expression, err)
		}
		checkClosed(t, l)
	}
}

// FuzzParseCopyright holds parseCopyright to this: the expression is valid and
// closed.
func FuzzParseCopyright(f *testing.F) {
	f.Add([]byte(format + "\nFiles: *\nLicense: GPL-2+ and Beer, or Perl with Font exception\n\nLicense: Beer\n text\n .\n"))
	f.Add([]byte("see /usr/share/common-licenses/GPL-2+"))
	f.Add([]byte(format + "License: (MIT) AND LicenseRef-x\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l, err := parseCopyright(string(in))
		if err != nil {
			t.Fatal(err)
		}
		if l.expression == "" && strings.TrimSpace(string(in)) != "" {
			t.Error("no expression")
		}
		checkClosed(t, l)
	})
}
