package golicense

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// TestRealModules compares what is declared with a table that was made by
// reading the files.
func TestRealModules(t *testing.T) {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(string(out))
	table, err := os.ReadFile("testdata/modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		t.Run(f[0], func(t *testing.T) {
			got, want := declaredIn(t, cache, f[0], f[1]), strings.Join(f[2:], " ")
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// declaredIn returns the expression of a module in the cache, with its
// LicenseRefs without their numbers.
func declaredIn(t *testing.T, cache, path, version string) string {
	key := "golang:" + path + "@" + version
	folder, ok := cacheFolder(key)
	if !ok {
		t.Fatalf("%s names no folder", key)
	}
	if _, err := os.Stat(filepath.Join(cache, folder)); err != nil {
		skip(t, err)
	}
	parts, err := Cataloger{ModCache: os.DirFS(cache)}.Supply(t.Context(), []*sbom.Component{{Joints: sbom.Joints{Key: key}}})
	if err != nil || len(parts) != 1 || parts[0].Key != key || !parts[0].Part {
		t.Fatalf("got %+v and error %v, want one part", parts, err)
	}
	refs := reference.FindAllString(parts[0].Declared, -1)
	if len(refs) != len(parts[0].LicenseTexts) {
		t.Errorf("%d references and %d texts", len(refs), len(parts[0].LicenseTexts))
	}
	return reference.ReplaceAllString(parts[0].Declared, "LicenseRef")
}

// skip skips a test whose files are not in the module cache, but not in CI.
func skip(t *testing.T, reason error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skipf("run catalogers/golicense/testdata/prepare first: %v", reason)
}

// A recorder keeps the parts that Cataloger returns, which the engine drops
// where there is nothing to add them to.
type recorder struct {
	Cataloger
	parts *[]*sbom.Component
}

func (r recorder) Catalog(ctx context.Context, f *sbom.File) ([]*sbom.Component, error) {
	parts, err := r.Cataloger.Catalog(ctx, f)
	*r.parts = append(*r.parts, parts...)
	return parts, err
}

// catalog returns the parts found in a folder with the given files.
func catalog(t *testing.T, files map[string]string) []*sbom.Component {
	t.Helper()
	r := recorder{parts: new([]*sbom.Component)}
	sbomtest.Scan(t, sbomtest.Folder(files), r)
	return *r.parts
}

func TestSubject(t *testing.T) {
	tests := []struct{ path, key, inside string }{
		{"github.com/!burnt!sushi/toml@v1.5.0/COPYING", "golang:github.com/BurntSushi/toml@v1.5.0", "COPYING"},
		{"root/go/pkg/mod/golang.org/x/mod@v0.42.0/sub/LICENSE", "golang:golang.org/x/mod@v0.42.0", "sub/LICENSE"},
		{"pkg/mod/a.b/c@v2.0.0+incompatible/LICENSE", "golang:a.b/c@v2.0.0+incompatible", "LICENSE"},
		{"github.com/BurntSushi/toml@v1.5.0/COPYING", "", ""}, // not escaped: no module cache
		{"a.b/c@v1/LICENSE", "", ""},
		{"cache/download/a.b/c/@v/v1.0.0.zip!/a.b/c@v1.0.0/LICENSE", "", ""},
		{"LICENSE", "golang:./.", "LICENSE"},
		{"tools/LICENSE", "golang:./tools", "LICENSE"},
		{"x.tar!/tools/LICENSE", "golang:./x.tar!/tools", "LICENSE"},
		{"vendor/a.b/c/LICENSE", "", ""},
		{"x/testdata/LICENSE", "", ""},
	}
	for _, tt := range tests {
		key, inside := subject(sbom.Entry{Path: tt.path})
		if key != tt.key || inside != tt.inside {
			t.Errorf("%s: got %q and %q, want %q and %q", tt.path, key, inside, tt.key, tt.inside)
		}
	}
}

func TestKindOf(t *testing.T) {
	tests := map[kind]string{
		licence:    "LICENSE LICENCE License.md LICENSE.txt LICENSE-MIT LICENSE.APACHE MIT-LICENSE.txt COPYING COPYING.LESSER copying UNLICENSE LICENSE_OF_X",
		docs:       "LICENSE.docs LICENSE-docs.txt",
		copyright:  "COPYRIGHT Copyright.txt",
		noticeFile: "NOTICE NOTICE.txt notice.md",
		patents:    "PATENTS",
		other:      "license.go licenses.csv LICENSES.json copying_test.go README.md AUTHORS noticeboard.txt relicense go.mod checklicense.sh",
	}
	for want, names := range tests {
		for name := range strings.FieldsSeq(names) {
			if got := kindOf(name); got != want {
				t.Errorf("%s: got %d, want %d", name, got, want)
			}
		}
	}
}

// mit is the text of the MIT licence, less its title and notice.
const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

// isc is the text of the ISC licence, less its title and notice.
const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

func TestRead(t *testing.T) {
	restriction := "It may not be used " + strings.Repeat("on days that do not end with a letter nor ", 8) + "on board of ships.\n"
	tests := []struct{ name, in, want string }{
		{"a licence with a notice", "The MIT License\n\nCopyright (c) 2020 A\n\n" + mit, "MIT"},
		{"many notices", strings.Repeat("Copyright (c) 2020 The Authors of All of These Files\n", 40) + mit, "MIT"},
		{"two licences", mit + "\nParts are under another:\n\n" + isc, "ISC AND MIT"},
		{"a choice", "This is dual-licensed, for you to choose.\n\n" + mit + "\n" + isc, "ISC OR MIT"},
		{"a restriction is no part of the licence", mit + "\n" + restriction, "MIT AND LicenseRef"},
		{"a choice with a restriction is none", "Your choice of:\n" + mit + isc + restriction, "ISC AND MIT AND LicenseRef"},
		{"half a licence", mit[:300] + "\nand whatever else we think of later on, when we have the time for it, or when somebody asks.\n", "LicenseRef"},
		{"unknown", "Do as you like.", "LicenseRef"},
		{"declared by a line", "// SPDX-License-Identifier: (MIT OR ISC) */\n\nSee the file.\n", "(MIT OR ISC)"},
		{"declared against the text", "SPDX-License-Identifier: ISC\n" + mit, "ISC"},
		{"declared by nonsense", "SPDX-License-Identifier: nonsense (\n" + mit, "MIT"},
		{"a link", "Licensed under https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"},
		{"bytes that are no UTF-8", "\xff\xfe Do as you like.", "LicenseRef"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read([]byte(tt.in))
			got := reference.ReplaceAllString(r.expression, "LicenseRef")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			checkTexts(t, r)
		})
	}
}

var reference = regexp.MustCompile("LicenseRef-text-[0-9a-f]{16}")

// checkTexts checks that each LicenseRef has its text and each text its
// LicenseRef.
func checkTexts(t *testing.T, r reading) {
	t.Helper()
	refs := reference.FindAllString(r.expression, -1)
	if len(refs) != len(r.texts) {
		t.Fatalf("%d references and %d texts", len(refs), len(r.texts))
	}
	for i, text := range r.texts {
		if text.ID != refs[i] || text.Text == "" || !utf8.ValidString(text.Text) {
			t.Errorf("text %q of %s, want one of %s", text.Text, text.ID, refs[i])
		}
	}
}

func TestNotices(t *testing.T) {
	tests := []struct{ in, want string }{
		{"// Copyright (c) 2009 The Go Authors. All rights reserved.", "Copyright (c) 2009 The Go Authors. All rights reserved."},
		{" * © 2011 Russ Ross", "© 2011 Russ Ross"},
		{"   Copyright 2014   Docker, Inc.", "Copyright 2014 Docker, Inc."},
		{"Portions Copyright (c) 2009 The Go Authors.", "Portions Copyright (c) 2009 The Go Authors."},
		{"Extensions of the original work are copyright (c) 2011 Miek Gieben", "Extensions of the original work are copyright (c) 2011 Miek Gieben"},
		{"All files Copyright (C) 2015 Canonical Ltd. unless otherwise specified", "All files Copyright (C) 2015 Canonical Ltd. unless otherwise specified"},
		{"Copyright (c), Jane Doe", "Copyright (c), Jane Doe"},
		{"(c) 2019 Somebody", "(c) 2019 Somebody"},
		{"Copyright [yyyy] [name of copyright owner]", ""},
		{"Copyright (C) <year>  <name of author>", ""},
		{"Copyright {yyyy} {name of copyright owner}", ""},
		{"Copyright (C) 2007 Free Software Foundation, Inc. <http://fsf.org/>", ""},
		{"copyright notice, this list of conditions and the following disclaimer.", ""},
		{"Copyright Holder means the individual", ""},
		{"COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM", ""},
		{"Copyright (c) 2009 " + strings.Repeat("x", 400), ""},
	}
	for _, tt := range tests {
		got := strings.Join(notices([]byte(tt.in+"\n"+tt.in+"\r\n")), "|")
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCatalog(t *testing.T) {
	dir := "a.b/c@v1.0.0/"
	got := catalog(t, map[string]string{
		dir + "COPYRIGHT":     "Copyright 2021 B\n",
		dir + "LICENSE":       "Copyright 2020 A\n\n" + mit,
		dir + "NOTICE":        "This has parts of D.\nCopyright 2022 D\n",
		dir + "PATENTS":       "None.",
		dir + "lib/e/LICENSE": "Copyright 2023 E\n\n" + isc,
		dir + "LICENSE.docs":  "See the book.",
		dir + "COPYING":       " \n",
	})
	part := sbom.Joints{Key: "golang:a.b/c@v1.0.0", Part: true}
	property := func(name, value string) []sbom.Property { return []sbom.Property{{Name: name, Value: value}} }
	want := []*sbom.Component{
		{Joints: part},
		{Joints: part, Copyright: []string{"Copyright 2021 B"}},
		{Joints: part, Copyright: []string{"Copyright 2020 A"}, Declared: "MIT", Properties: property("manifestgen:licence:file", "LICENSE: MIT")},
		{Joints: part, Properties: property("manifestgen:licence:file", "LICENSE.docs: "+refOf([]byte("See the book.")))},
		{Joints: part, Copyright: []string{"Copyright 2022 D"}, Properties: property("manifestgen:licence:notice", "This has parts of D.\nCopyright 2022 D\n")},
		{Joints: part, Properties: property("manifestgen:licence:patents", "PATENTS")},
		{Joints: part, Properties: property("manifestgen:licence:file", "lib/e/LICENSE: ISC")},
	}
	for _, c := range got {
		c.FoundBy, c.Locations = nil, nil
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func TestSupply(t *testing.T) {
	cache := fstest.MapFS{
		"a.b/!c@v1.0.0/LICENSE":     {Data: []byte("Copyright 2020 A\n\n" + mit)},
		"a.b/!c@v1.0.0/LICENSE-ISC": {Data: []byte("Copyright 2020 A\n\n" + isc)},
		"a.b/!c@v1.0.0/COPYING":     {Data: make([]byte, maxSize+1)},
		"a.b/d@v1.0.0/README":       {Data: []byte("MIT")},
	}
	source := fstest.MapFS{
		"app/go.mod":                  {Data: []byte("module a.b/app\n")},
		"app/LICENSE":                 {Data: []byte("Copyright 2021 B\n\n" + isc)},
		"app/vendor/modules.txt":      {Data: []byte("# a.b/v v1.2.0\n## explicit\na.b/v\n# a.b/old v1.0.0\n")},
		"app/vendor/a.b/v/LICENSE":    {Data: []byte("Copyright 2022 C\n\n" + mit)},
		"app/vendor/a.b/old/LICENSE":  {Data: []byte("Copyright 2023 D\n\n" + mit)},
		"app/testdata/x/go.mod":       {Data: []byte("module a.b/app\n")},
		"app/vendor/a.b/v/sub/go.mod": {Data: []byte("module a.b/d\n")},
	}
	var all []*sbom.Component
	for _, key := range []string{"golang:a.b/C@v1.0.0", "golang:a.b/d@v1.0.0", "golang:a.b/gone@v1.0.0", "golang:./.", "deb:x", "golang:../@v1", "golang:a.b/C@"} {
		all = append(all, &sbom.Component{Joints: sbom.Joints{Key: key}})
	}
	all = append(all,
		&sbom.Component{Type: sbom.TypeApplication, Properties: []sbom.Property{{Name: "manifestgen:go:module", Value: "a.b/app"}}, Joints: sbom.Joints{Key: "golang:program app"}},
		&sbom.Component{Name: "a.b/v", Version: "v1.2.0", Joints: sbom.Joints{Key: "golang:a.b/v@v1.2.0"}},
		&sbom.Component{Name: "a.b/old", Version: "v2.0.0", Joints: sbom.Joints{Key: "golang:a.b/old@v2.0.0"}})
	parts, err := Cataloger{ModCache: cache, Source: source}.Supply(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range parts {
		got = append(got, fmt.Sprint(c.Key, " ", c.Declared, " ", c.Copyright, " ", len(c.Findings)))
	}
	want := []string{
		"golang:a.b/C@v1.0.0 ISC AND MIT [Copyright 2020 A] 1",
		"golang:a.b/d@v1.0.0  [] 0",
		"golang:program app ISC [Copyright 2021 B] 0",
		"golang:a.b/v@v1.2.0 MIT [Copyright 2022 C] 0",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func TestJoin(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"", "MIT", "MIT"},
		{"MIT", "MIT", "MIT"},
		{"MIT", "ISC AND MIT", "ISC AND MIT"},
		{"MIT OR ISC", "0BSD", "(MIT OR ISC) AND (0BSD)"},
	} {
		if got := join(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: got %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestBadFiles(t *testing.T) {
	var got []string
	for _, c := range catalog(t, map[string]string{
		"LICENSE":   strings.Repeat("x ", maxSize),
		"a/LICENSE": "\x00\x01",
	}) {
		for _, f := range c.Findings {
			got = append(got, string(f.Kind)+" "+c.Key+" "+f.Code)
		}
	}
	if want := []string{"gap golang:./. licence.size", "gap golang:./a licence.text"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The law: a text is a licence or has one of its own, each LicenseRef has its
// text, and the expression is one that SPDX knows.
func FuzzRead(f *testing.F) {
	f.Add("Copyright 2020 A\n" + mit)
	f.Add("SPDX-License-Identifier: MIT\nyour choice of\n" + isc + mit)
	f.Add("GNU GENERAL PUBLIC LICENSE Version 3 or any later version")
	f.Fuzz(func(t *testing.T, in string) {
		if strings.TrimSpace(in) == "" {
			t.Skip("Catalog does not ask")
		}
		r := read([]byte(in))
		if r.expression == "" {
			t.Error("no expression")
		}
		checkTexts(t, r)
		if ok, bad := spdxexp.ValidateLicenses([]string{reference.ReplaceAllString(r.expression, "MIT")}); !ok {
			t.Errorf("SPDX does not know %q", bad)
		}
		for _, n := range notices([]byte(in)) {
			if notice(n) != n {
				t.Errorf("%q is a notice, but read again is %q", n, notice(n))
			}
		}
	})
}
