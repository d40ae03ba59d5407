// Package oracle has no code of its own: its tests read databases a second time,
// with a library that others use. It is a module apart so that the library is
// not among the dependencies of this one.
package oracle
