package sbom

import "cmp"

// Limits bounds what one run may cost. The zero value of a field means its
// default. What a limit cuts off is a gap in the manifest, with a code that
// begins with "limit.".
type Limits struct {
	// File is the largest file, in bytes, that a cataloger is given.
	// Default 4 GiB.
	File int64

	// Text is the most that [File.Bytes] reads into memory. Default 64 MiB.
	Text int64

	// Buffer is how many bytes of one file of a stream are held in memory
	// before they go to an unlinked temporary file. Default 8 MiB.
	Buffer int64

	// Expanded is how many bytes the containers of one artifact may hold
	// altogether once decompressed. Default 64 GiB.
	Expanded int64

	// Entries is how many entries one tree may have, those of nested
	// containers included. Default 4 million.
	Entries int64

	// Nesting is how deep containers are opened below the artifact.
	// Default 3.
	Nesting int

	// Path is the longest path of an entry, in bytes. Default 4096.
	Path int

	// Components is how many components a manifest may have. Default
	// 500,000.
	Components int

	// Findings is how many findings a manifest may have; further ones are
	// counted in one last finding. Default 10,000.
	Findings int

	// Workers is how many trees are read at once. Default: the number of
	// processors, at most 8.
	Workers int
}

// WithDefaults returns l with each zero field set to its default.
func (l Limits) WithDefaults() Limits {
	l.File = cmp.Or(l.File, 4<<30)
	l.Text = cmp.Or(l.Text, 64<<20)
	l.Buffer = cmp.Or(l.Buffer, 8<<20)
	l.Expanded = cmp.Or(l.Expanded, 64<<30)
	l.Entries = cmp.Or(l.Entries, 4_000_000)
	l.Nesting = cmp.Or(l.Nesting, 3)
	l.Path = cmp.Or(l.Path, 4096)
	l.Components = cmp.Or(l.Components, 500_000)
	l.Findings = cmp.Or(l.Findings, 10_000)
	l.Workers = cmp.Or(l.Workers, defaultWorkers())
	return l
}
