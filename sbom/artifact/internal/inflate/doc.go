// Package inflate reads gzip and DEFLATE data, and does nothing else.
//
// The formats are those of RFC 1952 (https://www.rfc-editor.org/rfc/rfc1952)
// and RFC 1951 (https://www.rfc-editor.org/rfc/rfc1951). A Reader accepts what
// compress/gzip accepts and yields the same bytes, in less than half the
// time.
package inflate
