// Package plugin runs catalogers that are programs of their own, in whatever
// language they are written.
//
// # The protocol
//
// The manifestgen command finds the cataloger NAME as the program
// manifestgen-cataloger-NAME, or manifestgen-NAME, and calls it once for each
// artifact:
//
//	PROGRAM catalog/1 FORMAT PATH PLATFORM [EXCLUDED ...]
//
// The first argument names the protocol with its version. A program that does not
// speak it ends with status 64. FORMAT says what the artifact is, if a program
// needs to know:
//
//	folder       a folder
//	file         one plain file
//	oci, docker  an image: an OCI layout, as a folder or a tar archive; a docker archive
//	tar, zip, deb, rpm, apk ...  a file that is a container of that kind
//
// PATH is where it lies, as an absolute path. PLATFORM is the one of several that is
// wanted, such as linux/arm64/v8; otherwise it is empty. EXCLUDED are paths of
// files in a folder that are not part of it, such as its earlier manifest.
//
// The program writes one document to standard output: CycloneDX 1.6 as JSON, with a
// metadata.component, which is the artifact and otherwise ignored. Locations
// (evidence.occurrences) are paths relative to the artifact, "a.jar!/b" for what
// is in a container in it; of a layer of an image, additionalContext is the
// diff id. Scope "optional" stands for what is asked for and not there. Dependencies
// become edges. Property manifestgen:foundBy, a JSON list, says who within the
// program has found a component; properties manifestgen:finding of the metadata are
// findings.
//
// It ends with status 0, or with 3 if there was something that it could not read.
// Any other status means that the document is not to be believed. What it writes
// to standard error is shown if it fails.
//
// Its working folder is a new, empty one, which is also its TMPDIR and is
// removed afterwards. Its standard input is empty. Its environment is what the
// caller gives: the command gives PATH, HOME, LANG and SOURCE_DATE_EPOCH.
//
// A cataloger in shell that finds what a file vendored.txt lists:
//
//	#!/bin/sh
//	[ "$1" = catalog/1 ] || exit 64
//	printf '{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"file","name":"-"}},"components":['
//	[ "$2" = folder ] && awk '{printf "%s{\"type\":\"library\",\"name\":\"%s\",\"version\":\"%s\"}", s, $1, $2; s=","}' "$3/vendored.txt"
//	printf ']}'
//
// # What is bounded
//
// Time, the memory of each of its processes (on Linux) and the size of the document are
// bounded; see [Limits]. The program and what it started, as far as that stays in its
// process group, ends with the scan. What it may read is not bounded: it runs with
// the rights of the caller, and is to be trusted as any program is.
//
// # Findings
//
// The findings in its document are findings of the manifest. Besides, there are
// these, all gaps:
//
//	plugin.document    the document cannot be read; the detail has the end of standard error
//	plugin.failed      the program failed; likewise
//	plugin.incomplete  the program ended with status 3, and no finding says why
//	plugin.output      the document is too long
//	plugin.path        the artifact lies nowhere on this machine
//	plugin.protocol    the program does not speak this version of the protocol
//	plugin.start       the program could not be started
//	plugin.timeout     the program took too long
package plugin

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// Protocol is the first argument of the programs: the protocol with its version.
const Protocol = "catalog/1"

// Cataloger is a program that catalogs. Its zero value is not useful. It may be
// used by several goroutines.
type Cataloger struct {
	// ID is what Name returns, and begins what FoundBy says of components.
	ID string

	// Program is the absolute path of the program.
	Program string

	// Env is its whole environment but for TMPDIR, as in [os/exec.Cmd].
	Env []string

	// Temp is where its working folder is made; "" is the usual place.
	Temp string

	// Decode reads the document that the program writes.
	Decode func(io.Reader) (*sbom.Manifest, error)

	Limits Limits
}

// Limits bounds what a program may cost. The zero value of a field means its
// default.
type Limits struct {
	Time   time.Duration // default 10 minutes
	Memory int64         // bytes of data that each process may have, on Linux; default 4 GiB
	Output int64         // bytes of the document; default 256 MiB
}

func (l Limits) withDefaults() Limits {
	l.Time = cmp.Or(l.Time, 10*time.Minute)
	l.Memory = cmp.Or(l.Memory, 4<<30)
	l.Output = cmp.Or(l.Output, 256<<20)
	return l
}

// Name returns c.ID.
func (c Cataloger) Name() string { return c.ID }

// Wants returns [sbom.No]: the program reads the artifact by itself.
func (Cataloger) Wants(sbom.Entry) sbom.Want { return sbom.No }

// Catalog returns nothing, since nothing is wanted.
func (Cataloger) Catalog(context.Context, *sbom.File) ([]*sbom.Component, error) { return nil, nil }

// Survey runs the program and returns what its document says. See the package
// comment.
func (c Cataloger) Survey(ctx context.Context, a *sbom.Artifact) (*sbom.Inventory, error) {
	if a.Path == "" {
		return nil, sbom.Faultf("plugin.path", "it reads artifacts from their place on this machine, and this one has none")
	}
	folder, err := os.MkdirTemp(c.Temp, "manifestgen-"+c.ID+"-")
	if err != nil {
		return nil, &sbom.Fault{Code: "plugin.start", Err: err}
	}
	defer os.RemoveAll(folder) // what stays behind is no loss to the manifest
	r := &run{Cataloger: c, limits: c.Limits.withDefaults()}
	if err := r.run(ctx, folder, arguments(a)); err != nil {
		return nil, err
	}
	m, err := c.Decode(bytes.NewReader(r.output.kept.Bytes()))
	if err != nil {
		return nil, r.fault("plugin.document", err)
	}
	inv := c.inventory(m)
	if r.incomplete && m.Gaps() == 0 {
		return inv, r.fault("plugin.incomplete", errors.New("it says that there was something that it could not read"))
	}
	return inv, nil
}

func arguments(a *sbom.Artifact) []string {
	return append([]string{Protocol, a.Format, a.Path, a.Platform}, a.Exclude...)
}

// inventory translates the document. Its principal is the artifact, of which others
// know more.
func (c Cataloger) inventory(m *sbom.Manifest) *sbom.Inventory {
	inv := &sbom.Inventory{}
	self := m.Principal.Ref
	for _, x := range m.Components {
		found := *x
		found.Ref, found.Joints = "", sbom.Joints{Key: c.key(x.Ref)}
		found.FoundBy = []string{c.ID}
		if len(x.FoundBy) > 0 {
			found.FoundBy = nil
			for _, by := range x.FoundBy {
				found.FoundBy = append(found.FoundBy, c.within(by))
			}
		}
		inv.Components = append(inv.Components, &found)
	}
	for _, e := range m.Edges {
		if e.From != self && e.To != self {
			inv.Edges = append(inv.Edges, sbom.Edge{Kind: e.Kind, From: c.key(e.From), To: c.key(e.To)})
		}
	}
	for _, f := range m.Findings {
		if f.Subject == self && f.Kind != sbom.Gap {
			continue
		}
		if f.Subject != "" {
			f.Subject = c.key(f.Subject)
		}
		f.Cataloger = c.within(f.Cataloger)
		inv.Findings = append(inv.Findings, f)
	}
	return inv
}

// key returns the key of a component of the document.
func (c Cataloger) key(ref string) string { return c.ID + "#" + ref }

// within returns the name of something within the program: "syft:x" for x, if it
// is not so called already.
func (c Cataloger) within(name string) string {
	if name == "" || name == c.ID || strings.HasPrefix(name, c.ID+":") {
		return cmp.Or(name, c.ID)
	}
	return c.ID + ":" + name
}
