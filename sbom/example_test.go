package sbom_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// Example writes the manifest of a Go program, as the command does.
func Example() {
	ctx := context.Background()
	artifacts, err := artifact.Open(ctx, filepath.Join(runtime.GOROOT(), "bin", "go"), artifact.Options{})
	if err != nil {
		log.Fatal(err) // not there, or not a file or folder
	}
	inventory, err := sbom.Scan(ctx, artifacts[0], catalogers.Default(), sbom.Limits{})
	if err != nil {
		log.Fatal(err) // the context has ended
	}
	team := sbom.Candidate{Source: sbom.FromFlag}
	team.Facts.Maker = sbom.Party{Name: "The Go Authors", URL: "https://go.dev"}
	manifest, err := sbom.Assemble(inventory, sbom.Options{}, team)
	if err != nil {
		log.Fatal(err) // the manifest would be invalid
	}
	file, err := os.CreateTemp("", "*.cdx.json")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	if err := cyclonedx.Encode(file, manifest); err != nil {
		log.Fatal(err)
	}
	fmt.Println(manifest.Principal.Name, "by", manifest.Principal.Maker.Name, "with", manifest.Gaps(), "gaps")
	// Output: cmd/go by The Go Authors with 0 gaps
}
