//go:build !unix

package artifact

import "io/fs"

const openFlags = 0

// deviceOf cannot tell file systems apart here.
func deviceOf(fs.FileInfo) uint64 { return 0 }
