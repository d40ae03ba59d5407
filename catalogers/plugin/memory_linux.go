package plugin

import (
	"syscall"
	"unsafe"
)

// rlimitData is RLIMIT_DATA, of memory that a process can write and shares with
// nobody: https://man7.org/linux/man-pages/man2/getrlimit.2.html
const rlimitData = 2

// limitMemory bounds the memory of a process that has just been started, and of
// those that it will start. Memory that is only reserved does not count, which
// some runtimes do by the terabyte.
func limitMemory(pid int, bytes int64) {
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	// If it has ended already there is nothing to bound.
	syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), rlimitData, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
}
