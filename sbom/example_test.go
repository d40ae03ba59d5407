package sbom_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/manifestgen/manifestgen/catalogers"
	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// Example writes the manifest of a Go program, as the command does: of this
// test.
func Example() {
	ctx := context.Background()
	program, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	artifacts, err := artifact.Open(ctx, program, artifact.Options{})
	if err != nil {
		log.Fatal(err) // not there, or not a file or folder
	}
	inventory, err := sbom.Scan(ctx, artifacts[0], catalogers.Default(), sbom.Limits{})
	if err != nil {
		log.Fatal(err) // the context has ended
	}
	team := sbom.Candidate{Source: sbom.FromFlag}
	team.Facts.Maker = sbom.Party{Name: "Nova Release Team", URL: "https://example.org/nova"}
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
	// Output: github.com/manifestgen/manifestgen/sbom.test by Nova Release Team with 0 gaps
}
