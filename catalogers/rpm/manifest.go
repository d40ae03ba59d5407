package rpm

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// manifestFields are the fields of a line of container-manifest-2, divided by
// tabs. The file is what rpm -qa prints with
//
//	%{NAME}\t%{VERSION}-%{RELEASE}\t%{INSTALLTIME}\t%{BUILDTIME}\t%{VENDOR}\t%{EPOCH}\t%{SIZE}\t%{ARCH}\t%{EPOCHNUM}\t%{SOURCERPM}\n
const manifestFields = 10

// readManifest reads container-manifest-2.
func readManifest(f *sbom.File) ([]*sbom.Component, error) {
	b, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	var components []*sbom.Component
	var wrong trouble
	r := newReader(f.Entry)
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		c, err := r.manifestLine(line)
		if err != nil {
			wrong.add("rpm.manifest", fmt.Errorf("line %d: %w", n, err))
			continue
		}
		components = append(components, c)
	}
	announce(components)
	return components, wrong.err()
}

// manifestLine makes a component of a line. What rpm has not it prints as "(none)".
func (r *reader) manifestLine(line string) (*sbom.Component, error) {
	fields := strings.Split(strings.ToValidUTF8(line, "\uFFFD"), "\t")
	if len(fields) != manifestFields {
		return nil, fmt.Errorf("%d fields, not %d", len(fields), manifestFields)
	}
	for i := range fields {
		if fields[i] == "(none)" {
			fields[i] = ""
		}
	}
	name, v, arch := fields[0], parseVersion(fields[1]), fields[7]
	v.epoch = fields[5]
	if name == "" || v.version == "" || strings.Trim(v.epoch, "0123456789") != "" {
		return nil, fmt.Errorf("name %q, version %q and epoch %q", name, fields[1], v.epoch)
	}
	c := &sbom.Component{
		Type: sbom.TypeLibrary, Name: name, Version: v.String(), Architecture: arch, PURL: purl(name, v, arch),
		Maker: maker(fields[4], ""), Joints: sbom.Joints{Key: r.key(name, v, arch)},
	}
	if name == keyName {
		c.Type, c.PURL = typeKey, ""
	}
	if seconds, err := strconv.ParseInt(fields[3], 10, 64); err == nil && seconds > 0 {
		c.Built = time.Unix(seconds, 0).UTC()
	}
	if source := fields[9]; source != "" {
		c.Properties = []sbom.Property{{Name: propertyPrefix + "source-rpm", Value: source}}
	}
	return c, nil
}
