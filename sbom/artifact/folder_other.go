//go:build !unix

package artifact

import "io/fs"

// There are no such flags here.
const noFollow, noWait = 0, 0

// deviceOf cannot tell file systems apart here.
func deviceOf(fs.FileInfo) uint64 { return 0 }
