// Package sbom holds the words and the flow of manifestgen: what a component,
// an artifact, a principal and a manifest are, and how the one becomes the other.
//
// # The flow
//
// A manifest is made in four steps, one way:
//
//	artifacts, err := artifact.Open(ctx, "dist/app", artifact.Options{}) // what is it?
//	inventory, err := sbom.Scan(ctx, artifacts[0], catalogers.Default(), sbom.Limits{})
//	manifest, err := sbom.Assemble(inventory, sbom.Options{}, candidates...)
//	err = cyclonedx.Encode(os.Stdout, manifest)
//
// Opening recognises the artifact by its content and gives it one or more
// trees. Scan walks every tree, offers each entry to each cataloger, and
// collects what they return. Assemble joins what was found with what else is
// known about the release and names everything. A format translates the
// manifest and decides nothing.
//
// # The words
//
// An [Artifact] is the thing that is published: a file, a folder, an archive, a
// package, an image for one platform.
//
// A [Tree] is a set of entries: a folder, the inside of an archive, or one layer
// of an image. An [Entry] is what a tree says of a file before it is opened; a
// [File] is an entry with its bytes. A file inside a container inside a tree
// has a path such as "pool/a.deb!/usr/bin/x". A whiteout is an entry by which
// a layer removes a file of the layers below.
//
// A [Cataloger] reads files of one kind and returns components. It says which
// entries it wants and never looks around. One that knows how its ecosystem
// resolves dependencies is also a [Resolver]; one that compares lists of files
// with the files that are there is an [Auditor]; one that was written elsewhere
// and reads the artifact by itself is a [Surveyor].
//
// A [Component] is one thing that the artifact holds or is made of. Its identity
// is the package URL (purl) where its ecosystem has one; its name within a
// document is its ref, called bom-ref in CycloneDX.
//
// The [Principal] is the component that the artifact is published for, with what
// its publisher owes its users: version and architecture, dates, source and
// signed tag, build inputs, team, where to get help, limits of support. Each of
// its fields is decided among candidates, and keeps the [Evidence]: who said
// what. A [Candidate] comes from a [Source], and the order of the sources is the
// whole rule.
//
// A [Manifest] is all of it: the principal, the components, the edges between
// them, and the findings.
//
// # Honest output
//
// A [Finding] is something that a reader of the manifest must know. It is a
// [Gap] where bytes were there and were not read or not believed: the manifest
// is incomplete. It is an [Unknown] where the artifact does not say: the edges
// among the modules of a Go binary, the version of a module that was replaced by
// a folder. It is a [Note] where a decision was made that deserves a look.
//
// No error is dropped on the way. An error that a cataloger returns, a panic, an
// error of the file that the cataloger itself overlooked, a limit: each becomes
// a finding, and the findings are part of the document in every format.
//
// The codes of the engine are these; each cataloger's package comment lists its
// own. Codes are stable: scripts may depend on them.
//
//	cataloger.error         a cataloger could not read a file, or a part of it
//	cataloger.panic         a cataloger failed by a fault of its own
//	entry.changed           the file changed between being listed and being read
//	entry.duplicate         a name occurs more than once in one tree; and what an
//	                        entry has that does not count
//	entry.unclean           a path that leads outside, or is not in clean form
//	expects.unmet           what a component says must be here is not
//	group.incomplete        of files that need each other the main one is missing
//	io.error                the file could not be read
//	io.permission           permission to read was denied
//	io.vanished             the file was there when listed and not when opened
//	licence.invalid         a licence expression cannot be parsed
//	limit.components        more components than Limits.Components
//	limit.entries           more entries than Limits.Entries
//	limit.expanded          more decompressed bytes than Limits.Expanded
//	limit.file              a file larger than Limits.File
//	limit.findings          more findings than Limits.Findings
//	limit.nesting           containers nested deeper than Limits.Nesting
//	limit.path              a path longer than Limits.Path
//	limit.text              a text longer than Limits.Text
//	owner.unverified        a package lists a file that a later layer replaced
//	principal.architecture  nothing says for which architecture this is built
//	principal.conflict      candidates for a field of the principal disagree
//	principal.name          the principal is called after its file
//	principal.version       nothing says which version this is
//	purl.invalid            a package URL cannot be parsed
//	requires.unmet          a component needs what nothing here provides
//	survey.version          a surveyor says another version than the cataloger of the ecosystem
//
// # What the library does not do
//
// It has no clock, no randomness, no log and no global state; it reads no
// environment, starts no program and opens no connection, outside the packages
// whose purpose one of these is. The same input gives the same bytes.
package sbom
