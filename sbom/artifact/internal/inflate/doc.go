// Package inflate reads gzip and DEFLATE data, and does nothing else.
//
// The formats are those of RFC 1952 (https://www.rfc-editor.org/rfc/rfc1952)
// and RFC 1951 (https://www.rfc-editor.org/rfc/rfc1951):
//
//	stream   member ...
//	member   header, DEFLATE data, CRC and length of the output
//	data     block ... last block
//	block    stored bytes, or symbols in a Huffman code that is fixed or in
//	         the block's header
//	symbol   a byte, a match (a length and a distance back in the output),
//	         or the end of the block
//
// A Reader accepts what compress/gzip accepts and yields the same bytes, also
// of a stream that is corrupt or cut short, in less than half the time. With
// NewReaderAt one or several other cores decode a stream.
//
// The framing of gzip is in gzip.go, the headers of blocks in input.go, the
// tables for codes in huffman.go, the loop that decodes in inflate.go. What takes
// another core is in ahead.go, and what takes several in parallel.go and find.go.
//
// There is no dictionary, no framing of zlib and no compressor.
package inflate
