package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release"
)

const verifyTagHelp = `Verify-tag says whether a git tag is a signed statement by somebody whom the
project trusts. It prints one word as the result, and why.

A tag is good if its signature is, if it has the name of its ref, if it leads to
the commit that is expected, and if the key is in the list of the project and was
valid when the tag was made. That is more than git verify-tag asks for.

  manifestgen verify-tag v1.2.3 --keyring keys/release.asc
  manifestgen verify-tag v1.2.3 --commit 1b2c3d4e...      must lead to this commit

Without flags the keys are those of the release record at the top of the
repository.

Exit status: 0 good; 5 bad, ref-mismatch, commit-mismatch or revoked; 4 all else:
expired, unknown-key, unsupported, unsigned, lightweight.`

func newVerifyTag(p Process) *cobra.Command {
	x := &factFlags{}
	c := &cobra.Command{
		Use: "verify-tag TAG", Short: "Say whether a git tag is signed by somebody whom the project trusts", Long: verifyTagHelp,
		Args: exactly(1, "which tag?"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := x.options(p.Now())
			if err != nil {
				return err
			}
			o.Flags.Tag = args[0]
			facts, findings, err := release.VerifyTag(c.Context(), o)
			if err != nil {
				return usage("%w", err)
			}
			return tellTag(p.Stdout, facts, findings)
		},
	}
	f := c.Flags()
	f.StringVar(&x.commit, "commit", "", "the full `ID` of the commit that the tag must lead to")
	x.addTrust(f)()
	return c
}

// tellTag prints the result, and returns the error that it ends the command with.
func tellTag(w io.Writer, p *sbom.Principal, findings []sbom.Finding) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-8s %s\n", name+":", printable(value))
		}
	}
	s := p.Signature
	line("result", s.Result)
	line("reason", s.Reason)
	line("tag", p.Tag)
	line("version", p.Version)
	line("commit", p.Commit)
	line("kind", s.Kind)
	line("key", s.KeyID)
	line("signer", s.Signer)
	if !s.Signed.IsZero() {
		line("signed", s.Signed.UTC().Format(time.RFC3339))
	}
	for _, f := range findings {
		if !strings.HasPrefix(f.Code, "tag.") {
			line("note", f.Detail+" ("+f.Code+")")
		}
	}
	if err := written(io.WriteString(w, b.String())); err != nil {
		return err
	}
	switch {
	case s.Result == "good":
		return nil
	case release.Damning(s.Result):
		return &exitError{exitSignature, errNothing}
	}
	return &exitError{exitCheck, errNothing}
}

// exactly returns a check that there are n arguments.
func exactly(n int, question string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%s %s; see %s --help", c.CommandPath(), question, c.CommandPath())
		}
		return nil
	}
}
