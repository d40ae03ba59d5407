// Command manifestgen writes the manifest of a release artifact: what it is, what
// it is made of, and what its users are owed to know, as CycloneDX or SPDX.
package main

import (
	"os"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
)

func main() {
	os.Exit(command.Main(os.Args[1:], command.System(), catalogers.Default()...))
}
