package facts

import (
	"slices"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// Component spells every field of a component that is part of a manifest.
var Component = table(
	text("manifestgen:ref", func(c *sbom.Component) *string { return &c.Ref }),
	text("manifestgen:type", func(c *sbom.Component) *sbom.Type { return &c.Type }),
	text("manifestgen:name", func(c *sbom.Component) *string { return &c.Name }),
	text("manifestgen:version", func(c *sbom.Component) *string { return &c.Version }),
	text("manifestgen:description", func(c *sbom.Component) *string { return &c.Description }),
	text("manifestgen:purl", func(c *sbom.Component) *string { return &c.PURL }),
	text("manifestgen:cpe", func(c *sbom.Component) *string { return &c.CPE }),
	text("manifestgen:architecture", func(c *sbom.Component) *string { return &c.Architecture }),
	text("manifestgen:os", func(c *sbom.Component) *string { return &c.OS }),
	list("manifestgen:digests", func(c *sbom.Component) *[]sbom.Digest { return &c.Digests }),
	text("manifestgen:license:declared", func(c *sbom.Component) *string { return &c.Declared }),
	text("manifestgen:license:concluded", func(c *sbom.Component) *string { return &c.Concluded }),
	list("manifestgen:license:texts", func(c *sbom.Component) *[]sbom.LicenseText { return &c.LicenseTexts }),
	list("manifestgen:copyright", func(c *sbom.Component) *[]string { return &c.Copyright }),
	asJSON("manifestgen:maker", func(c *sbom.Component) *sbom.Party { return &c.Maker }, sameParty),
	asJSON("manifestgen:supplier", func(c *sbom.Component) *sbom.Party { return &c.Supplier }, sameParty),
	moment("manifestgen:built", func(c *sbom.Component) *time.Time { return &c.Built }),
	asJSON("manifestgen:links", func(c *sbom.Component) *[]sbom.Link { return &c.Links }, sameLinks),
	list("manifestgen:properties", func(c *sbom.Component) *[]sbom.Property { return &c.Properties }),
	list("manifestgen:foreign", func(c *sbom.Component) *[]sbom.Foreign { return &c.Foreign }),
	flag("manifestgen:wanted", func(c *sbom.Component) *bool { return &c.Wanted }),
	text("manifestgen:contents", func(c *sbom.Component) *sbom.Completeness { return &c.Contents }),
	text("manifestgen:dependencies", func(c *sbom.Component) *sbom.Completeness { return &c.Dependencies }),
	listAs("manifestgen:locations", func(c *sbom.Component) *[]sbom.Location { return &c.Locations }, canonicalLocations),
	listAs("manifestgen:foundBy", func(c *sbom.Component) *[]string { return &c.FoundBy }, canonicalTexts),
)

// Principal spells the fields that a principal has beyond those of a
// component. The evidence is left out: only the record carries it.
var Principal = table(
	text("bsi:component:filename", func(p *sbom.Principal) *string { return &p.FileName }),
	moment("cdx:lifecycle:milestone:generalAvailability", func(p *sbom.Principal) *time.Time { return &p.Published }),
	moment("cdx:lifecycle:milestone:endOfSupport", func(p *sbom.Principal) *time.Time { return &p.SupportEnd }),
	text("manifestgen:vcs:repository", func(p *sbom.Principal) *string { return &p.Repository }),
	text("manifestgen:vcs:commit", func(p *sbom.Principal) *string { return &p.Commit }),
	moment("manifestgen:vcs:committed", func(p *sbom.Principal) *time.Time { return &p.Committed }),
	text("manifestgen:vcs:tag", func(p *sbom.Principal) *string { return &p.Tag }),
	text("manifestgen:vcs:tag:signature:result", func(p *sbom.Principal) *string { return &p.Signature.Result }),
	text("manifestgen:vcs:tag:signature:kind", func(p *sbom.Principal) *string { return &p.Signature.Kind }),
	text("manifestgen:vcs:tag:signature:key", func(p *sbom.Principal) *string { return &p.Signature.KeyID }),
	text("manifestgen:vcs:tag:signature:signer", func(p *sbom.Principal) *string { return &p.Signature.Signer }),
	moment("manifestgen:vcs:tag:signature:time", func(p *sbom.Principal) *time.Time { return &p.Signature.Signed }),
	text("manifestgen:vcs:tag:signature:reason", func(p *sbom.Principal) *string { return &p.Signature.Reason }),
	text("manifestgen:vcs:worktree", func(p *sbom.Principal) *string { return &p.WorkTree }),
	asJSON("manifestgen:build:inputs", func(p *sbom.Principal) *[]sbom.Input { return &p.Inputs }, sameInputs),
	text("manifestgen:build:toolchain", func(p *sbom.Principal) *string { return &p.Toolchain }),
	list("manifestgen:build:settings", func(p *sbom.Principal) *[]sbom.Property { return &p.Settings }),
	text("manifestgen:disclaimer", func(p *sbom.Principal) *string { return &p.Disclaimer }),
	text("manifestgen:support:level", func(p *sbom.Principal) *string { return &p.SupportLevel }),
)

// Document spells what a manifest says of itself.
var Document = table(
	text("manifestgen:document:id", func(m *sbom.Manifest) *string { return &m.ID }),
	number("manifestgen:document:version", func(m *sbom.Manifest) *int { return &m.Version }),
	moment("manifestgen:document:created", func(m *sbom.Manifest) *time.Time { return &m.Created }),
	list("manifestgen:document:tools", func(m *sbom.Manifest) *[]sbom.Tool { return &m.Tools }),
	asJSON("manifestgen:document:author", func(m *sbom.Manifest) *sbom.Party { return &m.Author }, sameParty),
	text("manifestgen:document:phase", func(m *sbom.Manifest) *string { return &m.Phase }),
	list("manifestgen:document:foreign", func(m *sbom.Manifest) *[]sbom.Foreign { return &m.Foreign }),
)

func sameParty(a, b sbom.Party) bool {
	return a.Name == b.Name && a.Person == b.Person && a.URL == b.URL && slices.Equal(a.Contacts, b.Contacts)
}

func sameLinks(a, b []sbom.Link) bool {
	return slices.EqualFunc(a, b, func(a, b sbom.Link) bool {
		return a.Type == b.Type && a.URL == b.URL && a.Comment == b.Comment && slices.Equal(a.Digests, b.Digests)
	})
}

func sameInputs(a, b []sbom.Input) bool {
	return slices.EqualFunc(a, b, func(a, b sbom.Input) bool {
		return a.Name == b.Name && a.URL == b.URL && slices.Equal(a.Digests, b.Digests)
	})
}

// MissingFromPrincipal returns the properties that the principal needs beside
// what back has.
func MissingFromPrincipal(p, back *sbom.Principal) []sbom.Property {
	return append(Component.Missing(&p.Component, &back.Component), Principal.Missing(p, back)...)
}

// ApplyToPrincipal sets the fields of p that properties spell. The others become
// its properties, unless a property says what its properties are.
func ApplyToPrincipal(p *sbom.Principal, properties []sbom.Property) {
	ApplyToComponent(&p.Component, Principal.Apply(p, properties))
}

// ApplyToComponent sets the fields of c that properties spell. The others become
// its properties, unless a property says what its properties are.
func ApplyToComponent(c *sbom.Component, properties []sbom.Property) {
	c.Properties = nil
	rest := Component.Apply(c, properties)
	if c.Properties == nil {
		c.Properties = rest
	}
}

// Plain returns the properties that a format may write as they are, because
// nobody takes them for something else.
func Plain(properties []sbom.Property, reserved func(name string) bool) []sbom.Property {
	if !slices.ContainsFunc(properties, func(p sbom.Property) bool { return reserved(p.Name) }) {
		return properties
	}
	return slices.DeleteFunc(slices.Clone(properties), func(p sbom.Property) bool { return reserved(p.Name) })
}

// ReservedInComponent reports whether a property of that name means something in
// a component.
func ReservedInComponent(name string) bool {
	return Component.Reserves(name) || name == ContainedIn
}

// ReservedInPrincipal reports whether a property of that name means something in
// the principal.
func ReservedInPrincipal(name string) bool {
	return ReservedInComponent(name) || Principal.Reserves(name) || name == Record
}

// Names of properties that spell no field.
const (
	ContainedIn = "manifestgen:contained-in" // the ref of a further component that contains this one
	Record      = "manifestgen:record"       // see SealRecord
	FindingName = "manifestgen:finding"      // see FindingText
)

// RepositoryComment is the comment of a reference to version control that tells
// the repository that the principal was built from from others.
const RepositoryComment = "the repository that this was built from"
