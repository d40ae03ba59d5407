package command

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/catalogers/plugin"
	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// with adds the catalogers of the given names to those that are used: one that all
// has, or a program on PATH.
func with(used, all []sbom.Cataloger, names []string, p Process) ([]sbom.Cataloger, error) {
	used = used[:len(used):len(used)]
	for _, name := range names {
		if _, err := catalogers.ByName(used, name); err == nil {
			continue
		}
		if known, err := catalogers.ByName(all, name); err == nil {
			used = append(used, known...)
			continue
		}
		program, err := findProgram(name)
		if err != nil {
			return nil, err
		}
		used = append(used, plugin.Cataloger{
			ID: name, Program: program, Env: environment(p), Temp: os.TempDir(), Decode: cyclonedx.Decode,
		})
	}
	return used, nil
}

// findProgram returns the path of the program that is the cataloger of that name.
func findProgram(name string) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	if name == "" || strings.Trim(name, letters) != "" {
		return "", usage("--with %q: the name of a cataloger has small letters, digits, - and _", name)
	}
	candidates := []string{"manifestgen-cataloger-" + name, "manifestgen-" + name}
	for _, c := range candidates {
		if path, err := exec.LookPath(c); err == nil {
			return path, nil
		}
	}
	return "", usage("--with %s: there is no program %s on PATH%s", name, strings.Join(candidates, " or "), howToGet[name])
}

// howToGet says where programs come from that the project makes.
var howToGet = map[string]string{
	"syft": "\nmanifestgen: to get it, in a clone of https://github.com/manifestgen/manifestgen:" +
		"\nmanifestgen:   cd catalogers/syft && go build -o \"$(go env GOPATH)/bin/\" ./cmd/manifestgen-syft",
}

// environment returns the environment of a cataloger that is a program: what
// programs need to run, and nothing that may be secret.
func environment(p Process) []string {
	env := []string{"LANG=C.UTF-8"}
	for _, name := range []string{"PATH", "HOME", "SOURCE_DATE_EPOCH", "SystemRoot", "PATHEXT"} {
		if value := p.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// newCatalog is the other side of --with: the verb by which another manifestgen
// runs the surveyors of this one. See package plugin.
func newCatalog(p Process, all []sbom.Cataloger) *cobra.Command {
	return &cobra.Command{
		Use: plugin.Protocol + " FORMAT PATH PLATFORM [EXCLUDED ...]", Hidden: true,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) < 3 {
				return usage("%s: FORMAT, PATH and PLATFORM are wanted", plugin.Protocol)
			}
			var surveyors []sbom.Cataloger
			for _, x := range all {
				if _, ok := x.(sbom.Surveyor); ok {
					surveyors = append(surveyors, x)
				}
			}
			if len(surveyors) == 0 {
				return usage("%s: this program has no cataloger to share", plugin.Protocol)
			}
			a, err := reopen(c.Context(), args[0], args[1], args[2], args[3:])
			if err != nil {
				return err
			}
			return survey(c.Context(), p, a, surveyors)
		},
	}
}

// prefixes make sure that an artifact is opened again as what it was.
var prefixes = map[string]string{sbom.FormatFolder: "dir:", sbom.FormatFile: "file:", "oci": "oci:", "docker": "docker-archive:"}

// reopen opens the artifact that the caller has opened.
func reopen(ctx context.Context, format, path, platform string, exclude []string) (*sbom.Artifact, error) {
	all, err := artifact.Open(ctx, prefixes[format]+path, artifact.Options{Digests: []string{}, Exclude: exclude})
	if err != nil {
		return nil, &exitError{exitUnusable, err}
	}
	for _, a := range all {
		if a.Platform == platform || platform == "" && len(all) == 1 {
			return a, nil
		}
	}
	return nil, &exitError{exitUnusable, fmt.Errorf("%s: there is no image for %q", path, platform)}
}

// survey writes what surveyors find in a. Its files are for others.
func survey(ctx context.Context, p Process, a *sbom.Artifact, surveyors []sbom.Cataloger) error {
	a.Trees, a.Findings = nil, nil
	inventory, err := sbom.Scan(ctx, a, surveyors, sbom.Limits{})
	if err != nil {
		return err
	}
	m, err := sbom.Assemble(inventory, sbom.Options{})
	if err != nil {
		return err
	}
	if err := cyclonedx.Encode(p.Stdout, m); err != nil {
		return &exitError{exitOutput, fmt.Errorf("standard output: %w", err)}
	}
	if m.Gaps() > 0 {
		return &exitError{exitIncomplete, errNothing}
	}
	return nil
}
