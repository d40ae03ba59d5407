package release

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/manifestgen/manifestgen/sbom/release/internal/git"
)

// Draft returns the text of a release record for the repository around dir, and
// the folder that it belongs into. It fills in what the repository shows, and
// leaves the rest as comments. The text is a record that [ParseRecord] accepts.
func Draft(dir string) (text []byte, top string, err error) {
	if top = topOf(dir); top == "" {
		return nil, "", fmt.Errorf("%s: %w", dir, git.ErrNotRepository)
	}
	repo, err := git.Open(top)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", dir, plain(err))
	}
	defer repo.Close() // it is only read
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, "", err
	}
	defer root.Close()
	d := draft{name: filepath.Base(top)}
	if remote, err := repo.RemoteURL(); err == nil {
		d.remote(remote)
	}
	if mod, err := readIn(root, "go.mod", maxRecord); err == nil {
		d.module = modfile.ModulePath(mod)
		d.name = path.Base(withoutMajor(d.module))
	}
	if head, err := repo.Head(); err == nil {
		tags, _ := repo.TagsAt(head.Commit) // what cannot be read shows nothing
		if v := git.Versions(tags, ""); len(v) > 0 && strings.HasPrefix(v[0].Text, "v") && d.module == "" {
			d.tag = "v{version}"
		}
	}
	for _, f := range []struct {
		name string
		list *[]string
	}{
		{"keys/release.asc", &d.openpgp}, {"KEYS", &d.openpgp}, {"KEYS.asc", &d.openpgp},
		{"allowed_signers", &d.ssh}, {".allowed_signers", &d.ssh}, {"keys/allowed_signers", &d.ssh}, {".github/allowed_signers", &d.ssh},
	} {
		if info, err := root.Stat(f.name); err == nil && info.Mode().IsRegular() {
			*f.list = append(*f.list, f.name)
		}
	}
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"} {
		if b, err := readIn(root, name, maxRecord); err == nil {
			d.licence(name, b)
			break
		}
	}
	return d.text(), top, nil
}

// A draft is what a repository shows.
type draft struct {
	name, module, tag  string
	repository, issues string
	expression, file   string
	openpgp, ssh       []string
}

// remote takes over a URL that others can fetch, and the bug tracker that
// belongs to it where that is known.
func (d *draft) remote(remote string) {
	if remote == "" {
		return
	}
	if host, p, ok := strings.Cut(remote, ":"); ok && !strings.HasPrefix(p, "//") {
		remote = "https://" + host + "/" + strings.TrimPrefix(p, "/")
	}
	u, err := url.Parse(remote)
	if err != nil || !forms["url"].fits(remote) {
		return
	}
	d.repository = remote
	d.name = path.Base(strings.TrimSuffix(u.Path, ".git"))
	page := "https://" + u.Host + strings.TrimSuffix(u.Path, ".git")
	switch u.Host {
	case "github.com", "codeberg.org":
		d.issues = page + "/issues"
	case "gitlab.com":
		d.issues = page + "/-/issues"
	}
}

// licence recognises the commonest licences by the first words of their texts.
func (d *draft) licence(file string, text []byte) {
	d.file = file
	start := strings.Join(strings.Fields(string(text[:min(len(text), 2000)])), " ")
	for _, l := range []struct{ words, expression string }{
		{"Apache License Version 2.0", "Apache-2.0"},
		{"Mozilla Public License Version 2.0", "MPL-2.0"},
		{"Permission is hereby granted, free of charge", "MIT"},
	} {
		if strings.Contains(start, l.words) {
			d.expression = l.expression
			return
		}
	}
}

// text writes the record.
func (d *draft) text() []byte {
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line := func(comment, key, value, example string) {
		p("\n# %s", comment)
		if value == "" {
			p("# %s: %s", key, example)
			return
		}
		p("%s: %s", key, strconv.Quote(value))
	}
	p("# The release record: what the artifacts of this repository cannot say of themselves.")
	p("# Lines that begin with # are to be filled in. What stands here holds for every artifact")
	p("# below, unless it has a section of that name itself.")
	p("# \"manifestgen init --schema\" prints a schema for editors.")
	p("version: 1")
	p("\n# The team that makes the artifacts: its name, not that of a wider community.")
	p("# team:\n#   name: Example Release Team\n#   url: https://example.org/team\n#   contacts: [team@example.org]")
	p("\n# Where to get help, and what support to expect.\n# level: %s", strings.ReplaceAll(levels, " ", ", "))
	if d.issues != "" {
		p("support:\n  issues: %s", strconv.Quote(d.issues))
	} else {
		p("# support:\n#   issues: https://example.org/issues")
	}
	p("#   security: mailto:security@example.org\n#   docs: https://example.org/docs\n#   chat: https://example.org/chat\n#   level: limitedSupport\n#   end: 2028-04-30")
	line("The licence, as an SPDX expression.", "licence", d.expression, "Apache-2.0")
	line("Where warranty and liability are disclaimed.", "disclaimer", d.file, "LICENSE")
	line("Where others can fetch the source.", "repository", d.repository, "https://example.org/git/app")
	line("How tags name versions. Without it: with or without a v.", "tag", d.tag, `"v{version}"`)
	p("\n# The keys that may sign release tags.")
	d.signers(p)
	p("\n# What building needs beside what is listed anyway (go.mod, Makefile, Dockerfile, workflows, lock files ...).")
	p("# inputs:\n#   paths: [\"deploy/**/*.yaml\"]\n#   exclude: []\n#   urls:\n#     - {url: \"https://example.org/data\", sha256: \"...\"}\n#   images: [\"example.org/base:1@sha256:...\"]")
	p("\n# How it is built. Environment variables by name, never with values.")
	p("# build:\n#   command: make release\n#   environment: [GOFLAGS]\n#   builder: https://example.org/ci")
	p("\n# The artifacts. Match says how one is recognised: module, package, file.")
	p("artifacts:\n  - name: %s", strconv.Quote(d.name))
	if d.module != "" {
		p("    match: {module: %s}", strconv.Quote(d.module))
	}
	return b.Bytes()
}

func (d *draft) signers(p func(string, ...any)) {
	if len(d.openpgp)+len(d.ssh) == 0 {
		p("# signers:\n#   openpgp: [keys/release.asc]\n#   ssh: [keys/allowed_signers]")
		return
	}
	p("signers:")
	list := func(key string, files []string) {
		if len(files) > 0 {
			p("  %s: [%s]", key, strings.Join(files, ", "))
		}
	}
	list("openpgp", d.openpgp)
	list("ssh", d.ssh)
}
