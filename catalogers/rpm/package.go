package rpm

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/sbom"
)

// typeKey is the type of a public key, in the words of CycloneDX.
const typeKey sbom.Type = "cryptographic-asset"

// keyName is the name that rpm gives to the keys among the packages.
const keyName = "gpg-pubkey"

// reader makes components of the headers of one database.
type reader struct {
	root     string // what stands before the paths of the file system
	items    int    // files and dependencies so far
	licences map[string]licence
}

func newReader(e sbom.Entry) *reader {
	return &reader{root: strings.TrimSuffix(e.Path, e.Inside()), licences: map[string]licence{}}
}

// installed returns the package, or the key, of a header in a database. It
// returns an error beside the component if the header is damaged, and no
// component if there is no name to be read.
func (r *reader) installed(blob []byte) (*sbom.Component, error) {
	h, err := header.Parse(blob)
	if h == nil {
		return nil, err
	}
	if err == nil {
		_, err = h.Verify(h)
	}
	if text(h, header.Name) == keyName {
		return r.trustedKey(h), err
	}
	c, listErr := r.component(h, text(h, header.Arch))
	return c, cmp.Or(err, listErr)
}

// text returns a text of h as valid UTF-8: old packages are in other encodings.
func text(h *header.Header, tag header.Tag) string {
	return strings.ToValidUTF8(h.Text(tag), "\uFFFD")
}

// A version is an epoch, which may be missing, a version and a release.
type version struct {
	epoch            string
	version, release string
}

// String returns the version as rpm writes it: [epoch:]version[-release].
func (v version) String() string {
	s := v.version
	if v.epoch != "" {
		s = v.epoch + ":" + s
	}
	if v.release != "" {
		s += "-" + v.release
	}
	return s
}

func versionOf(h *header.Header) version {
	v := version{version: text(h, header.Version), release: text(h, header.Release)}
	if n, ok := h.Number(header.Epoch); ok {
		v.epoch = strconv.FormatUint(n, 10)
	}
	return v
}

// purl returns the package URL, less what depends on the distribution. The epoch
// is not part of its version:
// https://github.com/package-url/purl-spec/blob/main/types-doc/rpm-definition.md
func purl(name string, v version, arch string) string {
	qualifiers := packageurl.Qualifiers{}
	if arch != "" {
		qualifiers = append(qualifiers, packageurl.Qualifier{Key: "arch", Value: arch})
	}
	if v.epoch != "" && v.epoch != "0" {
		qualifiers = append(qualifiers, packageurl.Qualifier{Key: "epoch", Value: v.epoch})
	}
	v.epoch = ""
	return packageurl.NewPackageURL("rpm", "", name, v.String(), qualifiers, "").ToString()
}

// key returns the key of a package. A system may have several versions of one.
func (r *reader) key(name string, v version, arch string) string {
	return "rpm:" + r.root + name + "-" + v.String() + "." + arch
}

// component makes the component that h describes, for the given architecture. It
// returns an error beside it if the lists of files and dependencies are damaged.
func (r *reader) component(h *header.Header, arch string) (*sbom.Component, error) {
	name, v := text(h, header.Name), versionOf(h)
	if name == "" {
		return nil, fmt.Errorf("a package without a name")
	}
	licence := r.licence(text(h, header.License))
	c := &sbom.Component{
		Type:         sbom.TypeLibrary,
		Name:         name,
		Version:      v.String(),
		Description:  text(h, header.Summary),
		PURL:         purl(name, v, arch),
		Architecture: arch,
		OS:           text(h, header.OS),
		Declared:     licence.expression,
		LicenseTexts: licence.texts,
		Maker:        maker(text(h, header.Vendor), text(h, header.Packager)),
		Links:        links(h),
		Properties:   properties(h),
		Joints:       sbom.Joints{Key: r.key(name, v, arch)},
	}
	if built, ok := h.Number(header.BuildTime); ok && built > 0 {
		c.Built = time.Unix(int64(built), 0).UTC()
	}
	c.Provides = provided(h)
	c.DependsOn = needed(h)
	var err error
	c.Owns, err = r.owned(h)
	r.items += len(c.Provides) + len(c.DependsOn) + len(c.Owns)
	if r.items > maxItems {
		c.Provides, c.DependsOn, c.Owns = nil, nil, nil
		err = fmt.Errorf("more than %d files and dependencies in one database; those of this package are left out", maxItems)
	}
	return c, err
}

// maxItems is how many files and dependencies the packages of a database may have
// altogether.
const maxItems = 40_000_000

// trustedKey makes the component of a key. Its version is the end of the key's
// id or, since rpm 4.20, the fingerprint; its release the time of its making.
func (r *reader) trustedKey(h *header.Header) *sbom.Component {
	v, owner := versionOf(h), maker("", text(h, header.Packager))
	owner.Person = false
	return &sbom.Component{
		Type:        typeKey,
		Name:        keyName,
		Version:     v.String(),
		Description: text(h, header.Summary),
		Maker:       owner,
		Properties:  []sbom.Property{{Name: propertyPrefix + "trusted-key", Value: v.version}},
		Joints:      sbom.Joints{Key: r.key(keyName, v, "")},
	}
}

// maker makes a party of the vendor, who is an organization, or else the
// packager, who is somebody. Both may be written "name <address>".
func maker(vendor, packager string) sbom.Party {
	name, address := splitAddress(vendor)
	party := sbom.Party{Name: name}
	setAddress(&party, "", address)
	name, address = splitAddress(packager)
	if party.Name == "" {
		party.Name = name
		party.Person = name != "" && strings.Contains(address, "@") && !strings.Contains(strings.ToLower(name), "project")
		name = ""
	}
	setAddress(&party, name, address)
	return party
}

// setAddress adds a mail address or, if there is none yet, the address of a page.
func setAddress(p *sbom.Party, name, address string) {
	if strings.Contains(address, "@") && !strings.Contains(address, "/") {
		p.Contacts = append(p.Contacts, sbom.Contact{Name: name, Email: address})
	} else if u := cleanURL(address); u != "" && p.URL == "" {
		p.URL = u
	}
}

// splitAddress takes "name <address>" apart, and finds that a name is an address.
func splitAddress(s string) (name, address string) {
	name, rest, ok := strings.Cut(strings.TrimSpace(s), "<")
	if !ok {
		if cleanURL(name) != "" {
			return "", name
		}
		return name, ""
	}
	return strings.TrimSpace(name), strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), ">"))
}

func links(h *header.Header) []sbom.Link {
	var links []sbom.Link
	for _, l := range []struct {
		kind string
		url  string
	}{
		{"website", cleanURL(text(h, header.URL))},
		{"issue-tracker", cleanURL(text(h, header.BugURL))},
		{"vcs", vcsURL(text(h, header.VCS))},
	} {
		if l.url != "" {
			links = append(links, sbom.Link{Type: l.kind, URL: l.url})
		}
	}
	return links
}

// cleanURL returns an absolute URL without user and password, or "".
func cleanURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	u.User = nil
	return u.String()
}

// vcsURL returns the URL of a VCS tag, which has the name of the system before
// it: "git:https://example.org/x.git#commit".
func vcsURL(s string) string {
	system, rest, ok := strings.Cut(s, ":")
	if ok && !strings.HasPrefix(rest, "//") && !strings.ContainsAny(system, "./@") {
		s = rest
	}
	return cleanURL(s)
}

const propertyPrefix = "manifestgen:rpm:"

func properties(h *header.Header) []sbom.Property {
	var list []sbom.Property
	add := func(name, value string) {
		if value != "" {
			list = append(list, sbom.Property{Name: propertyPrefix + name, Value: value})
		}
	}
	add("build-host", hostClass(text(h, header.BuildHost)))
	add("distribution", text(h, header.Distribution))
	add("dist-url", text(h, header.DistURL))
	if h.Has(header.ModularityLabel) {
		label := text(h, header.ModularityLabel)
		if label == "" {
			label = "none"
		}
		add("modularity", label)
	}
	add("packager", text(h, header.Packager))
	add("signature-key", signatureKey(h))
	add("source-rpm", text(h, header.SourceRPM))
	return list
}

// hostClass returns the end of a host's name, which says who built a package
// without naming the machine: "local" if it is no name of a domain.
func hostClass(host string) string {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	switch {
	case host == "":
		return ""
	case len(labels) == 1, strings.HasPrefix(last, "local"), strings.Trim(last, "0123456789") == "", strings.Contains(last, ":"):
		return "local"
	}
	return labels[len(labels)-2] + "." + last
}

// maxExpansion is how much longer the paths of a package may be than its header,
// in which files of one folder share its name. They are shorter in fact.
const maxExpansion = 8

// owned returns the files of a package as paths of the tree, without folders.
// The paths share one piece of memory.
func (r *reader) owned(h *header.Header) ([]string, error) {
	files, err := h.Files()
	modes := h.Numbers(header.FileModes)
	const typeMask, folder = 0o170000, 0o040000
	var paths strings.Builder
	ends := make([]int, 0, files.Len())
	for i := range files.Len() {
		if i < len(modes) && modes[i]&typeMask == folder {
			continue
		}
		dir, name := files.Path(i)
		if paths.Len()+len(dir)+len(name) > maxExpansion*h.Size() {
			return nil, fmt.Errorf("%d files have paths of more than %d bytes", files.Len(), maxExpansion*h.Size())
		}
		paths.WriteString(r.root)
		paths.WriteString(strings.TrimPrefix(dir, "/"))
		paths.WriteString(strings.TrimPrefix(name, "/"))
		ends = append(ends, paths.Len())
	}
	owned := make([]string, len(ends))
	all, start := strings.Clone(paths.String()), 0 // without what the builder has to spare
	for i, end := range ends {
		owned[i], start = all[start:end], end
	}
	return owned, err
}
