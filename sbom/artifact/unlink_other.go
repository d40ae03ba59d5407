//go:build !unix

package artifact

import "os"

// unlink does nothing where an open file cannot lose its name.
func unlink(string) error { return nil }

// discard removes a closed temporary file.
func discard(name string) { _ = os.Remove(name) }
