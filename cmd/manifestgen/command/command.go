// Package command is the manifestgen command, for a main of a few lines: with the
// catalogers of this module, or with more.
//
// Everything it does, it does with the exported calls of the library; the
// example of package sbom uses the very same.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/manifestgen/manifestgen/sbom"
)

// A Process is what a command gets from the operating system.
type Process struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
}

// System returns the process that is running.
func System() Process {
	return Process{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now}
}

// Main runs the command with the given arguments, without the program's name,
// and returns its exit status. SIGINT and SIGTERM end it: what was being written
// is removed.
func Main(args []string, p Process, catalogers ...sbom.Cataloger) (status int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(p.Stderr, "manifestgen: internal error: %v\n%s", r, debug.Stack())
			status = exitInternal
		}
	}()
	ctx, stop := interruptible(context.Background())
	defer stop()
	root := newRoot(p, catalogers)
	root.SetArgs(args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(p.Stderr, "manifestgen: %s\n", text)
	}
	return statusOf(err)
}

func newRoot(p Process, catalogers []sbom.Cataloger) *cobra.Command {
	root := newGenerate(p, catalogers)
	root.Use = "manifestgen ARTIFACT"
	root.Short = "Describe a release artifact: what it is, what is inside, what its users must know"
	root.Long = rootHelp
	root.Version = version()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetVersionTemplate("manifestgen {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v; see manifestgen --help", err) })
	generate := newGenerate(p, catalogers)
	root.AddCommand(generate, newCheck(p, catalogers), newVerifyTag(p), newInit(p), newLabel(p, catalogers), newName(p, catalogers), newStamp(p), newCatalogers(catalogers), newVersion(), newCatalog(p, catalogers))
	root.SetUsageFunc(usageByGroup)
	root.InitDefaultCompletionCmd()
	return root
}

const rootHelp = `Manifestgen describes a release artifact: a Go program, a wheel, a deb, an rpm, an
image, an archive, a folder.

It finds what the artifact is made of, adds what is known about the release, and
writes a manifest as CycloneDX or SPDX. Without -o it prints a summary on a
terminal and CycloneDX JSON into a pipe.

  manifestgen dist/app                                    look at a program
  manifestgen dist/app -o dist/app.cdx.json               write its manifest
  manifestgen dist/app -o dist/app.cdx.json -o dist/app.spdx.json
  manifestgen dist/app --explain                          see why each fact was chosen

Exit status: 0 complete, 1 internal error, 2 wrong use, 3 written but with gaps,
4 check failed, 5 signature bad, 6 artifact unusable, 8 output not written, 9
stopped by --timeout, 130 or 143 by a signal. A gap is something that was there
and could not be read or believed; the document names it.`

// version returns the version of the running program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return written(fmt.Fprintf(c.OutOrStdout(), "manifestgen %s\n", version()))
		},
	}
}

func newCatalogers(all []sbom.Cataloger) *cobra.Command {
	return &cobra.Command{
		Use: "catalogers", Short: "List the catalogers", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var b strings.Builder
			for _, x := range all {
				fmt.Fprintln(&b, x.Name())
			}
			return written(io.WriteString(c.OutOrStdout(), b.String()))
		},
	}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes no arguments", c.CommandPath())
	}
	return nil
}

// written makes the error of writing to standard output one of output.
func written[N int | int64](_ N, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitOutput, fmt.Errorf("standard output: %w", err)}
}

// width returns the columns of the terminal that w is, and 0 if it is none.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return 80
	}
	return columns
}

// errNothing is an error that was already told.
var errNothing = errors.New("")
