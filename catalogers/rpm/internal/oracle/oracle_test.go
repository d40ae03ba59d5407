package oracle

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rpmdb "github.com/anchore/go-rpmdb/pkg"

	"github.com/manifestgen/manifestgen/catalogers/rpm"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// childEnv names the database that a child process is to print. The library
// can hang, or die in a goroutine of its own, so it runs in a child.
const childEnv = "ORACLE_DATABASE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := printPackages(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// printPackages prints what the library finds in a database.
func printPackages(path string) error {
	db, err := rpmdb.Open(path)
	if err != nil {
		return err
	}
	packages, err := db.ListPackages()
	if err != nil {
		return err
	}
	for _, p := range packages {
		version := p.Version + "-" + p.Release
		if p.Epoch != nil {
			version = fmt.Sprint(*p.Epoch, ":", version)
		}
		fmt.Println(strings.Join([]string{p.Name, version, p.Arch, p.SourceRpm, p.Summary, strings.Join(p.BaseNames, ",")}, "|"))
	}
	return nil
}

// theirs returns what the library finds in a child process, as sorted lines.
func theirs(t *testing.T, path string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return sorted(strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"))
}

// ours returns what the cataloger finds, as the same lines.
func ours(t *testing.T, path, content string) []string {
	t.Helper()
	inv := sbomtest.Scan(t, sbomtest.Folder(map[string]string{path: content}), rpm.Cataloger{})
	var lines []string
	for _, c := range inv.Components {
		source := ""
		for _, p := range c.Properties {
			if p.Name == "manifestgen:rpm:source-rpm" {
				source = p.Value
			}
		}
		var names []string
		for _, p := range c.Owns {
			names = append(names, filepath.Base(p))
		}
		lines = append(lines, strings.Join([]string{c.Name, c.Version, c.Architecture, source, c.Description, strings.Join(names, ",")}, "|"))
	}
	for _, f := range inv.Findings {
		if f.Kind == sbom.Gap {
			t.Errorf("a gap: %+v", f)
		}
	}
	return sorted(lines)
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// blobs returns headers of all sizes from a few hundred bytes to 100 KiB.
func blobs() (all [][]byte) {
	for i := range uint32(300) {
		tags := rpmtest.Tags{
			header.Name: fmt.Sprint("package", i), header.Version: fmt.Sprint("1.", i), header.SourceRPM: fmt.Sprint("source", i, ".src.rpm"),
			header.Summary: strings.Repeat("s", int(i)), header.Description: strings.Repeat("d", int(i*i)),
			header.BaseNames: []string{"a", fmt.Sprint("b", i)}, header.DirNames: []string{"/usr/"}, header.DirIndexes: []uint32{0, 0},
			header.FileModes: []uint16{0o100644, 0o100755},
		}
		if i%5 == 0 {
			tags[header.Epoch] = i
		}
		all = append(all, rpmtest.Header(tags))
	}
	return all
}

func TestSecondReader(t *testing.T) {
	for path, content := range map[string][]byte{
		"var/lib/rpm/Packages.db": rpmtest.NDB(blobs()...),
		"var/lib/rpm/Packages":    rpmtest.BDB(binary.LittleEndian, blobs()[:20]...), // all that its two buckets hold
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), filepath.Base(path))
			if err := os.WriteFile(file, content, 0o644); err != nil {
				t.Fatal(err)
			}
			if got, want := ours(t, path, string(content)), theirs(t, file); !slices.Equal(got, want) {
				t.Errorf("%d packages, the library finds %d:\n%.300q\n%.300q", len(got), len(want), got, want)
			}
		})
	}
}
