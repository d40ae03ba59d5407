package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/sbom"
)

const labelHelp = `Label prints what a manifest says of its artifact in the places where registries
and package tools look.

  docker      LABEL lines for a Dockerfile
  arguments   --label and --annotation arguments for docker buildx build
  bake        a file for docker buildx bake, to be given with another -f
  json        labels as one JSON object
  deb         control fields for debian/control
  wheel       [project.urls] for pyproject.toml

Labels of the reserved prefix org.opencontainers.image are used where they have the
meaning; the others begin with io.github.manifestgen.

  manifestgen label app.cdx.json --for bake >labels.json
  docker buildx bake -f docker-bake.hcl -f labels.json`

// labelKinds are the values of --for.
var labelKinds = map[string]func(io.Writer, *sbom.Principal) error{
	"docker": labelDocker, "arguments": labelArguments, "bake": labelBake, "json": labelJSON, "deb": labelDeb, "wheel": labelWheel,
}

func newLabel(p Process, all []sbom.Cataloger) *cobra.Command {
	g := &generate{process: p, catalogers: all, digests: "none"}
	kind := ""
	c := &cobra.Command{
		Use: "label ARTIFACT|MANIFEST", Short: "Print labels for images, control fields for debs, URLs for wheels", Long: labelHelp,
		Args: oneArtifact,
		RunE: func(c *cobra.Command, args []string) error {
			print, ok := labelKinds[kind]
			if !ok {
				return usage("--for %s: not one of %s", kind, strings.Join(slices.Sorted(maps.Keys(labelKinds)), ", "))
			}
			m, err := g.describeOrRead(c.Context(), args[0])
			if m == nil {
				return err
			}
			var b strings.Builder
			if err := print(&b, m.Principal); err != nil {
				return err
			}
			return errors.Join(written(io.WriteString(p.Stdout, b.String())), err)
		},
	}
	c.Flags().StringVar(&kind, "for", "docker", "what the labels are `FOR`: "+strings.Join(slices.Sorted(maps.Keys(labelKinds)), ", "))
	g.facts.add(c.Flags())
	return c
}

// A label is a key and a value; those without a value are not made.
type label struct{ key, value string }

// The prefixes of labels. The first is reserved, and its keys may not be added to:
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const (
	ociPrefix = "org.opencontainers.image."
	ownPrefix = "io.github.manifestgen."
)

// labels returns what there is to say, in a fixed order.
func labels(p *sbom.Principal) []label {
	var all []label
	add := func(key, value string) {
		if value = strings.TrimSpace(value); value != "" {
			all = append(all, label{key, value})
		}
	}
	add(ociPrefix+"title", p.Name)
	add(ociPrefix+"description", p.Description)
	add(ociPrefix+"version", p.Version)
	add(ociPrefix+"created", stampOf(p.Built))
	add(ociPrefix+"revision", p.Commit)
	add(ociPrefix+"source", p.Repository)
	add(ociPrefix+"url", linkOf(p, "website"))
	add(ociPrefix+"documentation", linkOf(p, "documentation"))
	add(ociPrefix+"vendor", p.Maker.Name)
	add(ociPrefix+"authors", contacts(p))
	add(ociPrefix+"licenses", p.Declared)
	add(ownPrefix+"issues", linkOf(p, "issue-tracker"))
	add(ownPrefix+"security", linkOf(p, "security-contact"))
	add(ownPrefix+"chat", linkOf(p, "chat"))
	add(ownPrefix+"team.url", p.Maker.URL)
	add(ownPrefix+"tag", p.Tag)
	add(ownPrefix+"tag.signature", p.Signature.Result)
	add(ownPrefix+"published", stampOf(p.Published))
	add(ownPrefix+"support.level", p.SupportLevel)
	add(ownPrefix+"support.end", stampOf(p.SupportEnd))
	add(ownPrefix+"disclaimer", p.Disclaimer)
	return all
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func linkOf(p *sbom.Principal, kind string) string {
	for _, l := range p.Links {
		if l.Type == kind {
			return l.URL
		}
	}
	return ""
}

// contacts returns the team as "Name <address>", an address each.
func contacts(p *sbom.Principal) string {
	var all []string
	for _, c := range p.Maker.Contacts {
		if c.Email != "" {
			all = append(all, fmt.Sprintf("%s <%s>", p.Maker.Name, c.Email))
		}
	}
	return strings.Join(all, ", ")
}

func labelDocker(w io.Writer, p *sbom.Principal) error {
	for _, l := range labels(p) {
		fmt.Fprintf(w, "LABEL %s=%s\n", l.key, dockerQuote(l.value))
	}
	return nil
}

// dockerQuote quotes a value for a Dockerfile, where $ begins a variable and a
// backslash quotes: https://docs.docker.com/reference/dockerfile/#environment-replacement
func dockerQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", " ", "\r", " ").Replace(s) + `"`
}

func labelArguments(w io.Writer, p *sbom.Principal) error {
	for _, l := range labels(p) {
		pair := shellQuote(l.key + "=" + oneLine(l.value))
		fmt.Fprintf(w, "--label %s --annotation %s\n", pair, shellQuote("manifest,index:"+l.key+"="+oneLine(l.value)))
	}
	return nil
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// oneLine makes one line of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// labelBake makes a file that adds labels and annotations to the target "default":
// https://docs.docker.com/build/bake/reference/
func labelBake(w io.Writer, p *sbom.Principal) error {
	all := map[string]string{}
	annotations := []string{}
	escape := strings.NewReplacer("${", "$${", "%{", "%%{") // bake reads templates in JSON, too
	for _, l := range labels(p) {
		value := escape.Replace(oneLine(l.value))
		all[l.key] = value
		annotations = append(annotations, "manifest,index:"+l.key+"="+value)
	}
	return writeJSON(w, map[string]any{"target": map[string]any{"default": map[string]any{"labels": all, "annotations": annotations}}})
}

func labelJSON(w io.Writer, p *sbom.Principal) error {
	all := map[string]string{}
	for _, l := range labels(p) {
		all[l.key] = l.value
	}
	return writeJSON(w, all)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// labelDeb prints fields for the control file of a binary package, and those that
// belong into that of the source: https://www.debian.org/doc/debian-policy/ch-controlfields.html
func labelDeb(w io.Writer, p *sbom.Principal) error {
	field := func(name, value string) {
		if value = oneLine(value); value != "" {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
	maintainer, _, _ := strings.Cut(contacts(p), ", ")
	field("Maintainer", maintainer)
	field("Homepage", linkOf(p, "website"))
	field("Bugs", linkOf(p, "issue-tracker"))
	field("Vcs-Git", strings.TrimPrefix(p.Repository, "git+"))
	field("XB-Commit", p.Commit)
	field("XB-Tag", p.Tag)
	field("XB-Built", stampOf(p.Built))
	field("XB-Support-End", stampOf(p.SupportEnd))
	return nil
}

// labelWheel prints the table of URLs for pyproject.toml, with the labels that
// indexes know: https://packaging.python.org/en/latest/specifications/well-known-project-urls/
func labelWheel(w io.Writer, p *sbom.Principal) error {
	fmt.Fprintln(w, "[project.urls]")
	row := func(name, url string) {
		if url != "" {
			fmt.Fprintf(w, "%s = %s\n", name, tomlQuote(url))
		}
	}
	row("Homepage", linkOf(p, "website"))
	row("Source", strings.TrimPrefix(p.Repository, "git+"))
	row("Documentation", linkOf(p, "documentation"))
	row("Issues", linkOf(p, "issue-tracker"))
	row("Security", linkOf(p, "security-contact"))
	row("Chat", linkOf(p, "chat"))
	return nil
}

// tomlQuote writes a basic string, whose escapes JSON shares.
func tomlQuote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string can be written
	return strings.TrimSuffix(b.String(), "\n")
}
