//go:build !linux

package plugin

// limitMemory does nothing where there is no way to limit another process.
func limitMemory(int, int64) {}
