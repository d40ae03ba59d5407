package command

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/manifestgen/manifestgen/formats"
	"github.com/manifestgen/manifestgen/sbom"
)

const nameHelp = `Name prints the recommended names of an artifact and of the files beside it:
NAME_VERSION_OS_ARCH, so that what is downloaded says what it is. A package whose
format rules its name (deb, rpm, wheel) keeps it.

  manifestgen name dist/app
  cp dist/app "$(manifestgen name dist/app | head -1)"`

func newName(p Process, all []sbom.Cataloger) *cobra.Command {
	g := &generate{process: p, catalogers: all, digests: "none"}
	c := &cobra.Command{
		Use: "name ARTIFACT|MANIFEST", Short: "Print the recommended names of an artifact and its sidecars", Long: nameHelp,
		Args: oneArtifact,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := g.describeOrRead(c.Context(), args[0])
			if m == nil {
				return err
			}
			name, missing := recommended(m.Principal)
			if missing != "" {
				return usage("%s: nothing says its %s; say it by a flag", args[0], missing)
			}
			return errors.Join(written(io.WriteString(p.Stdout, strings.Join(sidecars(name), "\n")+"\n")), err)
		},
	}
	g.facts.add(c.Flags())
	return c
}

// fixedSuffixes end the names of packages whose format says what they are called.
var fixedSuffixes = []string{".deb", ".rpm", ".apk", ".whl", ".jar", ".war"}

// keptSuffixes end the names of files that keep their kind.
var keptSuffixes = []string{".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2", ".tgz", ".tar", ".zip", ".exe", ".iso", ".img", ".qcow2", ".msi", ".dmg", ".pkg"}

// recommended returns the name that an artifact should have, or the fact that is
// missing for it.
func recommended(p *sbom.Principal) (name, missing string) {
	file := strings.ToLower(p.FileName)
	for _, suffix := range fixedSuffixes {
		if strings.HasSuffix(file, suffix) {
			return p.FileName, ""
		}
	}
	parts := []string{shortName(p.Name)}
	if p.Version == "" {
		return "", "version (--artifact-version)"
	}
	parts = append(parts, strings.TrimPrefix(p.Version, "v"))
	if p.OS != "" {
		parts = append(parts, p.OS)
	}
	if p.Architecture != "" {
		parts = append(parts, strings.ReplaceAll(p.Architecture, ",", "-"))
	}
	name = fileSafe(strings.Join(parts, "_"))
	for _, suffix := range keptSuffixes {
		if strings.HasSuffix(file, suffix) {
			return name + suffix, ""
		}
	}
	return name, ""
}

// shortName returns the last part of an import path, less its major version.
func shortName(name string) string {
	if prefix, _, ok := module.SplitPathVersion(name); ok && prefix != "" {
		name = prefix
	}
	return path.Base(name)
}

// fileSafe replaces what a name of a file on some system, or a URL, has no room
// for.
func fileSafe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._+-~", r):
			return r
		}
		return '-'
	}, s)
}

// sidecars returns the name of an artifact and those of the files beside it.
func sidecars(name string) []string {
	names := []string{name}
	for _, f := range formats.All() {
		if f.Decode == nil && f.Name != "intoto-provenance" {
			continue
		}
		for _, suffix := range f.Suffixes {
			if strings.HasPrefix(suffix, ".") {
				names = append(names, fmt.Sprint(name, suffix))
				break
			}
		}
	}
	return names
}
