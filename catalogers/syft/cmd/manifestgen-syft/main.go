// Command manifestgen-syft is manifestgen with one more cataloger: syft, for all
// the ecosystems that manifestgen does not read itself.
//
// On PATH it is also what manifestgen --with syft runs.
package main

import (
	"os"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/catalogers/syft"
	"github.com/manifestgen/manifestgen/cmd/manifestgen/command"
)

func main() {
	os.Exit(command.Main(os.Args[1:], command.System(), append(catalogers.Default(), syft.Cataloger{})...))
}
