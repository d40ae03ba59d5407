//go:build unix

package artifact

import "os"

// unlink removes the name of an open file; its bytes go when it is closed, even
// if the process is killed.
func unlink(name string) error { return os.Remove(name) }

// discard has nothing to do where unlink works.
func discard(string) {}
