package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageByGroup prints how a command is used, its flags by what they are about.
func usageByGroup(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-12s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	for _, group := range slices.Concat([]string{groupOther}, groups[:len(groups)-1]) {
		if text := flagsOf(c, group).FlagUsages(); text != "" {
			fmt.Fprintf(&b, "\n%s:\n%s", group, text)
		}
	}
	_, err := io.WriteString(c.OutOrStderr(), b.String())
	return err
}

// flagsOf returns the flags of a command that are in a group.
func flagsOf(c *cobra.Command, group string) *pflag.FlagSet {
	set := pflag.NewFlagSet(group, pflag.ContinueOnError)
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		is := groupOther
		if g := f.Annotations["group"]; len(g) > 0 {
			is = g[0]
		}
		if is == group {
			set.AddFlag(f)
		}
	})
	return set
}
