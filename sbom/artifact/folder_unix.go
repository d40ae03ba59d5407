//go:build unix

package artifact

import (
	"io/fs"
	"syscall"
)

// openFlags keep an entry that has become a link or a fifo from being followed
// or waited for.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// deviceOf returns the number of the file system that a file is on.
func deviceOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev)
	}
	return 0
}
