package header

// Tag names an entry of a header. The numbers are listed at
// https://rpm-software-management.github.io/rpm/manual/tags.html.
type Tag uint32

// The tags that a manifest needs.
const (
	tagHeaderImage    Tag = 61
	tagSignatures     Tag = 62
	tagImmutable      Tag = 63
	SigPGP            Tag = 259
	SigMD5            Tag = 261
	SigGPG            Tag = 262
	DSAHeader         Tag = 267
	RSAHeader         Tag = 268
	SHA1Header        Tag = 269
	SHA256Header      Tag = 273
	OpenPGP           Tag = 278
	SHA3Header        Tag = 279
	Name              Tag = 1000
	Version           Tag = 1001
	Release           Tag = 1002
	Epoch             Tag = 1003
	Summary           Tag = 1004
	Description       Tag = 1005
	BuildTime         Tag = 1006
	BuildHost         Tag = 1007
	InstallTime       Tag = 1008
	Size              Tag = 1009
	Distribution      Tag = 1010
	Vendor            Tag = 1011
	License           Tag = 1014
	Packager          Tag = 1015
	URL               Tag = 1020
	OS                Tag = 1021
	Arch              Tag = 1022
	OldFileNames      Tag = 1027
	FileSizes         Tag = 1028
	FileModes         Tag = 1030
	FileDigests       Tag = 1035
	SourceRPM         Tag = 1044
	ProvideName       Tag = 1047
	RequireFlags      Tag = 1048
	RequireName       Tag = 1049
	RequireVersion    Tag = 1050
	FileInodes        Tag = 1096
	ProvideFlags      Tag = 1112
	ProvideVersion    Tag = 1113
	DirIndexes        Tag = 1116
	BaseNames         Tag = 1117
	DirNames          Tag = 1118
	DistURL           Tag = 1123
	PayloadCompressor Tag = 1125
	LongFileSizes     Tag = 5008
	BugURL            Tag = 5012
	VCS               Tag = 5034
	PayloadDigest     Tag = 5092
	PayloadDigestAlgo Tag = 5093
	ModularityLabel   Tag = 5096
)

// isRegion reports whether t marks a region.
func (t Tag) isRegion() bool {
	return t == tagHeaderImage || t == tagSignatures || t == tagImmutable
}

// A kind is a group of types that rpm takes for each other.
type kind int

const (
	anyKind kind = iota
	numberKind
	textKind
	binaryKind
)

// kindOf returns the kind of a known type.
func kindOf(typ uint32) kind {
	switch typ {
	case typeString, typeStringArray, typeI18NString:
		return textKind
	case typeBinary:
		return binaryKind
	}
	return numberKind
}

// kinds says of which kind the values of a tag are.
var kinds = map[Tag]kind{
	SigPGP: binaryKind, SigMD5: binaryKind, SigGPG: binaryKind, DSAHeader: binaryKind, RSAHeader: binaryKind,

	Epoch: numberKind, BuildTime: numberKind, InstallTime: numberKind, FileSizes: numberKind,
	FileModes: numberKind, RequireFlags: numberKind,
	ProvideFlags: numberKind, DirIndexes: numberKind, LongFileSizes: numberKind,

	SHA1Header: textKind, SHA256Header: textKind, SHA3Header: textKind, OpenPGP: textKind,
	Name: textKind, Version: textKind, Release: textKind, Summary: textKind, Description: textKind,
	BuildHost: textKind, Distribution: textKind, Vendor: textKind, License: textKind, Packager: textKind,
	URL: textKind, OldFileNames: textKind, FileDigests: textKind, SourceRPM: textKind,
	ProvideName: textKind, RequireName: textKind, RequireVersion: textKind, ProvideVersion: textKind,
	BaseNames: textKind, DirNames: textKind, DistURL: textKind,
	PayloadCompressor: textKind, BugURL: textKind, VCS: textKind, ModularityLabel: textKind,
}

// kind returns the kind of the values of tag in h. Signature headers reuse
// numbers from 1000 up for values of other types.
func (h *Header) kind(tag Tag) kind {
	if tag >= Name && h.entry(0).tag == tagSignatures {
		return anyKind
	}
	return kinds[tag]
}
