package sbom

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// A Finding is something that a reader of the manifest must know beyond the
// components. Findings are part of the document in every format.
type Finding struct {
	Kind FindingKind `json:"kind"`

	// Code is a stable name for the kind of trouble, such as
	// "limit.nesting". The package comment lists the codes of the engine;
	// each cataloger's package comment lists its own.
	Code string `json:"code"`

	Path      string `json:"path,omitempty"`      // as in Location
	Layer     string `json:"layer,omitempty"`     // as in Location
	Cataloger string `json:"cataloger,omitempty"` // who found it
	Subject   string `json:"subject,omitempty"`   // the component: its key in an Inventory, its ref in a Manifest
	Detail    string `json:"detail"`              // a sentence for a person
}

// A FindingKind says what a finding means for the manifest.
type FindingKind string

const (
	// Gap: bytes were there and were not read or not believed. The manifest
	// is incomplete.
	Gap FindingKind = "gap"

	// Unknown: everything was read, and the artifact does not say.
	Unknown FindingKind = "unknown"

	// Note: everything was read and decided, and the decision is worth a
	// look: two candidates disagree, a name occurs twice.
	Note FindingKind = "note"
)

// A Fault is an error with the code that its finding shall have.
type Fault struct {
	Code string
	Err  error
}

func (f *Fault) Error() string { return f.Err.Error() }

func (f *Fault) Unwrap() error { return f.Err }

// Faultf returns a Fault with a formatted message. As in [fmt.Errorf], %w wraps.
func Faultf(code, format string, args ...any) *Fault {
	return &Fault{Code: code, Err: fmt.Errorf(format, args...)}
}

// GapFrom turns err into a Gap at the given place. The code is that of a Fault in
// err's chain, else one that fits the error, else "cataloger.error".
func GapFrom(err error, path, layer string) Finding {
	return Finding{Kind: Gap, Code: codeOf(err), Path: path, Layer: layer, Detail: detailOf(err)}
}

func codeOf(err error) string {
	var fault *Fault
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &fault):
		return fault.Code
	case errors.Is(err, fs.ErrPermission):
		return "io.permission"
	case errors.Is(err, fs.ErrNotExist):
		return "io.vanished"
	case errors.As(err, &pathErr), errors.Is(err, io.ErrUnexpectedEOF):
		return "io.error"
	default:
		return "cataloger.error"
	}
}

// detailOf leaves out the path of a fs.PathError: the finding has the path in
// the artifact, and a path of this machine is nobody's business.
func detailOf(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Op + ": " + pathErr.Err.Error()
	}
	return err.Error()
}

// leaves returns the errors that err joins, or err itself.
func leaves(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, leaves(e)...)
	}
	return all
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Cataloger, b.Cataloger), cmp.Compare(a.Subject, b.Subject),
		cmp.Compare(a.Detail, b.Detail))
}
