// Package formattest has manifests that every format must carry.
package formattest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// Fixtures returns all manifests by name, made anew by each call.
func Fixtures() map[string]*sbom.Manifest {
	return map[string]*sbom.Manifest{
		"minimal": Minimal(),
		"full":    Full(),
		"release": Release(),
		"hostile": Hostile(),
		"nested":  Nested(),
		"words":   Words(),
		"many":    Many(5000),
	}
}

// Minimal says as little as a manifest can.
func Minimal() *sbom.Manifest {
	return &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Ref: "a", Name: "a"}}}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func hexOf(digit string, n int) string { return strings.Repeat(digit, n) }

func fullComponent(ref string) sbom.Component {
	return sbom.Component{
		Ref: ref, Type: sbom.TypeLibrary, Name: "golang.org/x/mod", Version: "v0.30.0", Description: "Modules, <quoted> & \"told\".",
		PURL: "pkg:golang/golang.org/x/mod@v0.30.0", CPE: "cpe:2.3:a:golang:mod:0.30.0:*:*:*:*:*:*:*",
		Architecture: "amd64", OS: "linux",
		Digests:  []sbom.Digest{{Algorithm: "SHA-256", Value: hexOf("a", 64)}, {Algorithm: "SHA-512", Value: hexOf("b", 128)}},
		Declared: "BSD-3-Clause AND LicenseRef-house", Concluded: "BSD-3-Clause",
		LicenseTexts: []sbom.LicenseText{{ID: "LicenseRef-house", Name: "House rules", Text: "Be kind.\n</text>"}},
		Copyright:    []string{"Copyright 2026 A", "Copyright 2025 B"},
		Maker: sbom.Party{Name: "Mod Team", Person: false, URL: "https://example.org/mod",
			Contacts: []sbom.Contact{{Name: "Desk", Email: "desk@example.org", Phone: "+49 30 1"}}},
		Supplier: sbom.Party{Name: "Ada", Person: true, URL: "https://example.org/ada",
			Contacts: []sbom.Contact{{Name: "Ada", Email: "ada@example.org", Phone: "+49 30 2"}}},
		Built: at("2026-11-20T09:41:00Z"),
		Links: []sbom.Link{
			{Type: "website", URL: "https://example.org/", Comment: "home"},
			{Type: "issue-tracker", URL: "https://bugs.example.org/mod"},
			{Type: "distribution", URL: "https://example.org/dl/mod.zip", Digests: []sbom.Digest{{Algorithm: "SHA-1", Value: hexOf("c", 40)}}},
			{Type: "vcs", URL: "https://example.org/mod.git"},
		},
		Properties: []sbom.Property{{Name: "manifestgen:go:sum", Value: "h1:AAAA="}, {Name: "cdx:gomod:build:env:GOARCH", Value: "amd64"}},
		Foreign:    []sbom.Foreign{{Standard: "another", Field: "colour", Value: `{"red":"<1>"}`}},
		Wanted:     true,
		Contents:   sbom.Undetermined, Dependencies: sbom.Incomplete,
		Locations: []sbom.Location{{Path: "usr/bin/app", Layer: "sha256:1234"}, {Path: "a.tar!/b"}},
		FoundBy:   []string{"gobinary", "gomod"},
	}
}

// Full has every field of every struct of the model set somewhere.
func Full() *sbom.Manifest {
	root := fullComponent("root")
	root.Type, root.Name, root.Version = sbom.TypeApplication, "nova", "30.1.0"
	root.PURL = "pkg:generic/nova@30.1.0?arch=amd64&os=linux"
	root.Maker = sbom.Party{Name: "Nova Release Team", URL: "https://example.org/teams/nova", Contacts: []sbom.Contact{{Email: "nova@example.org"}}}
	lib, other := fullComponent("pkg:golang/golang.org/x/mod@v0.30.0"), fullComponent("pkg:golang/golang.org/x/mod@v0.30.0~2")
	lib.Wanted, lib.Contents, lib.Dependencies = false, sbom.Complete, sbom.Complete
	tool := sbom.Component{Ref: "file:tool", Type: sbom.TypeFile, Name: "tool", Dependencies: sbom.Complete, Contents: sbom.Complete}
	silent := sbom.Component{Ref: "file:silent", Type: sbom.TypeFile, Name: "silent", Dependencies: sbom.Undetermined, Contents: sbom.Undetermined}
	m := &sbom.Manifest{
		ID: "4d5a5d0e-6a0f-5a3b-9a55-1d6b8f0c7e21", Version: 2, Created: at("2026-11-20T10:00:00Z"),
		Tools:   []sbom.Tool{{Name: "manifestgen", Version: "0.1.0"}, {Name: "other-tool"}},
		Author:  sbom.Party{Name: "Nova Release Team", URL: "https://example.org/nova", Contacts: []sbom.Contact{{Email: "nova@example.org"}}},
		Phase:   "build",
		Foreign: []sbom.Foreign{{Standard: "another", Field: "weather", Value: `["sun"]`}},
		Principal: &sbom.Principal{
			Component: root, FileName: "nova-30.1.0-linux-amd64.tar.gz",
			Published: at("2026-11-20T12:00:00Z"), SupportEnd: at("2028-04-30T00:00:00Z"),
			Repository: "https://example.org/git/nova", Commit: hexOf("1b", 20), Committed: at("2026-11-19T08:00:00Z"),
			Tag: "30.1.0",
			Signature: sbom.Signature{Result: "good", Kind: "openpgp", KeyID: "ABCD", Signer: "Ada <ada@example.org>",
				Signed: at("2026-11-19T09:00:00Z"), Reason: "key is in the \"list\""},
			WorkTree: "clean",
			Inputs: []sbom.Input{{Name: "Makefile", URL: "https://example.org/git/nova/Makefile",
				Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: hexOf("3", 64)}}}, {Name: "build.sh"}},
			Toolchain: "go1.26.8", Settings: []sbom.Property{{Name: "-trimpath", Value: "true"}, {Name: "CGO_ENABLED", Value: ""}},
			Disclaimer: "LICENSE, section 7", SupportLevel: "limitedSupport",
			Evidence: []sbom.Evidence{
				{Field: "version", Value: "30.1.0", Source: sbom.FromTag, Where: "refs/tags/30.1.0"},
				{Field: "version", Value: "v0.0.0-2026", Source: sbom.FromPseudo, Where: "build info"},
			},
		},
		Components: []*sbom.Component{&silent, &tool, &lib, &other},
		Edges: []sbom.Edge{
			{Kind: sbom.Contains, From: tool.Ref, To: lib.Ref},
			{Kind: sbom.DependsOn, From: lib.Ref, To: other.Ref},
			{Kind: sbom.Contains, From: "root", To: lib.Ref},
			{Kind: sbom.DependsOn, From: "root", To: lib.Ref},
		},
		Findings: []sbom.Finding{
			{Kind: sbom.Gap, Code: "io.permission", Path: "etc/shadow", Layer: "sha256:1234", Cataloger: "dpkg", Subject: lib.Ref, Detail: "permission denied"},
			{Kind: sbom.Note, Code: "principal.conflict", Subject: "root", Detail: "two versions"},
			{Kind: sbom.Unknown, Code: "go.edges", Detail: "the edges are not known"},
		},
	}
	return m
}

// Release is what a build of a Go program is like.
func Release() *sbom.Manifest {
	m := Full()
	p := m.Principal
	p.Wanted, p.CPE, p.Concluded, p.Properties, p.Links = false, "", "", nil, p.Links[:2]
	p.Declared, p.LicenseTexts = "Apache-2.0", nil
	p.Evidence = nil
	m.Components, m.Edges, m.Findings = nil, nil, nil
	for _, name := range []string{"a", "b", "std"} {
		c := &sbom.Component{Type: sbom.TypeLibrary, Name: "example.org/" + name, Version: "v1.0.0", PURL: "pkg:golang/example.org/" + name + "@v1.0.0",
			Dependencies: sbom.Undetermined, Locations: []sbom.Location{{Path: "nova"}}, FoundBy: []string{"gobinary"}}
		c.Ref = c.PURL
		m.Components = append(m.Components, c)
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: p.Ref, To: c.Ref})
	}
	return m
}

// Words uses every word that a format may spell in its own way: types, hash
// functions, types of links, and what is known of a list.
func Words() *sbom.Manifest {
	m := Minimal()
	add := func(c sbom.Component) {
		c.Ref = fmt.Sprintf("c%03d", len(m.Components))
		c.Name = c.Ref
		m.Components = append(m.Components, &c)
	}
	for _, t := range strings.Fields("application framework library container platform operating-system device device-driver " +
		"firmware file machine-learning-model data cryptographic-asset archive NOASSERTION") {
		add(sbom.Component{Type: sbom.Type(t)})
	}
	for alg, n := range map[string]int{"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "SHA3-256": 64,
		"SHA3-384": 96, "SHA3-512": 128, "BLAKE2b-256": 64, "BLAKE2b-384": 96, "BLAKE2b-512": 128, "BLAKE3": 64} {
		m.Principal.Digests = append(m.Principal.Digests, sbom.Digest{Algorithm: alg, Value: hexOf("0", n)})
	}
	slices.SortFunc(m.Principal.Digests, func(a, b sbom.Digest) int { return strings.Compare(a.Algorithm, b.Algorithm) })
	for _, t := range strings.Fields("vcs issue-tracker website advisories bom mailing-list social chat documentation support source-distribution " +
		"distribution distribution-intake license build-meta build-system release-notes security-contact attestation evidence rfc-9116 other eol") {
		add(sbom.Component{Links: []sbom.Link{{Type: t, URL: "https://example.org/" + t}}})
	}
	for _, c := range []sbom.Completeness{sbom.Complete, sbom.Incomplete, sbom.Undetermined, "guessed"} {
		add(sbom.Component{Contents: c})
		add(sbom.Component{Dependencies: c})
		add(sbom.Component{Dependencies: c, Contents: c})
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: m.Components[len(m.Components)-1].Ref, To: "a"},
			sbom.Edge{Kind: sbom.Contains, From: m.Components[len(m.Components)-1].Ref, To: m.Components[len(m.Components)-2].Ref})
	}
	for _, person := range []bool{true, false} {
		for _, cpe := range []string{"cpe:/a:x:y", "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*", "cpe"} {
			party := sbom.Party{Name: "Ada", Person: person, Contacts: []sbom.Contact{{Email: "not an address"}, {Email: "ada@example.org"}}}
			add(sbom.Component{Maker: party, Supplier: party, CPE: cpe})
		}
	}
	m.Principal.Inputs = []sbom.Input{{Name: "x", Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: "short"}, {Algorithm: "CRC", Value: "00"}}}}
	m.Principal.Settings = []sbom.Property{{Name: "-tags", Value: "a"}, {Name: "-tags", Value: "a"}}
	m.Principal.Commit = hexOf("0", 64)
	m.Tools = []sbom.Tool{{Name: "a", Version: "1"}, {Name: "a", Version: "1"}, {Name: "b", Version: "v1-rc1"}, {Name: "c-1"}}
	m.Created = time.Date(2026, 11, 20, 10, 0, 0, 123456789, time.UTC)
	m.Principal.Built = m.Created
	return m
}

// Nasty are strings that break a careless writer or reader.
var Nasty = []string{
	`"`, `\`, `\"`, `ends with \`, `</text>`, `<a href="x">&amp;</a>`, "\x1b]52;c;AAAA\x07\x1b[31m", "\u202eevil\u2066", "a\r\nb\nc\n", "\u2028\u2029",
	"emoji \U0001f600 \U0001f469\u200d\U0001f4bb", "\x00\x01\x7f", "NOASSERTION", "NONE", "Organization: x (y)", "a (b@example.org)", " spaced ", "::set-output name=x::y",
	"##vso[task]", "manifestgen/1 {}", "manifestgen/properties []", "SPDXRef-DOCUMENT", "é\u00e9\ufffd", "null", "[]", "https://example.org/ x", "http://[::1", "%zz", "LicenseRef-x",
}

// Hostile has nasty strings in every field that takes any.
func Hostile() *sbom.Manifest {
	m := Full()
	m.Components, m.Edges = nil, nil
	m.Findings = nil
	for i, s := range Nasty {
		c := &sbom.Component{}
		fill(reflect.ValueOf(c).Elem(), s)
		c.Ref, c.Name = fmt.Sprintf("%03d%s", i, s[:min(len(s), 64)]), s
		c.PURL, c.Digests, c.Declared, c.Concluded = "", nil, "", ""
		m.Components = append(m.Components, c)
		f := sbom.Finding{}
		fill(reflect.ValueOf(&f).Elem(), s)
		f.Subject = c.Ref
		m.Findings = append(m.Findings, f)
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: c.Ref, To: "root"})
	}
	long := strings.Repeat("\U0001f600<", 1<<18) // above 1 MiB
	m.Components[0].Description, m.Findings[0].Detail = long, long
	m.Components[0].Properties = append(m.Components[0].Properties, sbom.Property{Name: "long", Value: long})
	p := m.Principal
	p.Description = long
	for _, s := range append(Nasty, "manifestgen:record", "manifestgen:ref", "bsi:component:filename", "manifestgen:contained-in", "manifestgen:properties") {
		p.Properties = append(p.Properties, sbom.Property{Name: s, Value: s})
		p.Settings = append(p.Settings, sbom.Property{Name: s, Value: s})
		p.Inputs = append(p.Inputs, sbom.Input{Name: s, URL: s, Digests: []sbom.Digest{{Algorithm: s, Value: s}}})
		p.Links = append(p.Links, sbom.Link{Type: s, URL: s, Comment: s})
		p.Evidence = append(p.Evidence, sbom.Evidence{Field: s, Value: s, Source: sbom.Source(s), Where: s})
		m.Tools = append(m.Tools, sbom.Tool{Name: s, Version: s})
	}
	m.ID, m.Phase, m.Author.Name = `not a "uuid"`, Nasty[5], Nasty[14]
	p.Repository, p.Commit, p.Toolchain, p.Maker.Name = Nasty[9], Nasty[8], Nasty[4], Nasty[14]
	return m
}

// fill sets every string of v to s, and every list to one element.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Joints" {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), s)
	}
}

// Nested has containers in containers, one thing in two, cycles, and a chain
// that is deeper than any format nests.
func Nested() *sbom.Manifest {
	m := Minimal()
	add := func(ref string) {
		m.Components = append(m.Components, &sbom.Component{Ref: ref, Type: sbom.TypeFile, Name: ref})
	}
	contain := func(from, to string) {
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.Contains, From: from, To: to})
	}
	for i := range 200 {
		add(fmt.Sprintf("chain%03d", i))
		if i > 0 {
			contain(fmt.Sprintf("chain%03d", i-1), fmt.Sprintf("chain%03d", i))
		}
	}
	for _, ref := range []string{"loop1", "loop2", "self", "shared", "x", "y"} {
		add(ref)
	}
	contain("loop1", "loop2")
	contain("loop2", "loop1")
	contain("self", "self")
	contain("x", "shared")
	contain("y", "shared")
	contain("a", "shared")
	contain("x", "a")
	m.Edges = append(m.Edges,
		sbom.Edge{Kind: sbom.DependsOn, From: "x", To: "y"}, sbom.Edge{Kind: sbom.DependsOn, From: "y", To: "x"}, sbom.Edge{Kind: sbom.DependsOn, From: "y", To: "y"})
	return m
}

// Many has n components with about two edges each.
func Many(n int) *sbom.Manifest {
	m := Release()
	m.Components, m.Edges = nil, nil
	for i := range n {
		name := fmt.Sprintf("example.org/module%06d", i)
		purl := "pkg:golang/" + name + "@v1.2.3"
		m.Components = append(m.Components, &sbom.Component{
			Ref: purl, Type: sbom.TypeLibrary, Name: name, Version: "v1.2.3", PURL: purl, Declared: "MIT",
			Properties: []sbom.Property{{Name: "manifestgen:go:sum", Value: "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
			Locations:  []sbom.Location{{Path: "usr/bin/app"}}, FoundBy: []string{"gobinary"},
		})
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.DependsOn, From: purl, To: m.Components[i/2].Ref},
			sbom.Edge{Kind: sbom.DependsOn, From: m.Principal.Ref, To: purl})
	}
	return m
}
