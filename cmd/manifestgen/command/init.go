package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/manifestgen/manifestgen/sbom/release"
)

const initHelp = `Init writes a release record, manifestgen.yaml, with what it sees in a repository
and comments that say what else belongs there. It never overwrites one.

  manifestgen init                 in the repository around the current folder
  manifestgen init path/to/repo
  manifestgen init --schema        print the JSON Schema of records, for editors`

func newInit(p Process) *cobra.Command {
	schema := false
	c := &cobra.Command{
		Use: "init [FOLDER]", Short: "Write a release record from what a repository shows", Long: initHelp,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("one folder at a time: %d were given", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				return written(p.Stdout.Write(release.Schema()))
			}
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return initRecord(p.Stdout, dir)
		},
	}
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of release records")
	return c
}

// initRecord writes the record of the repository around dir.
func initRecord(w io.Writer, dir string) error {
	text, top, err := release.Draft(dir)
	if err != nil {
		return usage("%w", err)
	}
	name := filepath.Join(top, release.RecordName)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s: is there already, and is left as it is", name)
	}
	if err != nil {
		return outputError(name, err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(name) // half a record would be taken for one
		return outputError(name, err)
	}
	return written(fmt.Fprintf(w, "wrote %s: look it over, and fill in what is behind a #\n", name))
}
