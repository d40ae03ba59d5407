//go:build unix

package artifact

import (
	"io/fs"
	"syscall"
)

// Flags of opening a file that may have become another one since it was listed:
// not to follow a link, not to wait for the other end of a fifo.
const (
	noFollow = syscall.O_NOFOLLOW
	noWait   = syscall.O_NONBLOCK
)

// deviceOf returns the number of the file system that a file is on.
func deviceOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev)
	}
	return 0
}
