package syft

import (
	"cmp"
	"slices"
	"strings"

	"github.com/anchore/syft/syft/artifact"
	"github.com/anchore/syft/syft/file"
	"github.com/anchore/syft/syft/pkg"
	syftsbom "github.com/anchore/syft/syft/sbom"

	"github.com/manifestgen/manifestgen/sbom"
)

// translate puts what syft found into the words of manifestgen.
func translate(found *syftsbom.SBOM) *sbom.Inventory {
	inv := &sbom.Inventory{}
	keys := map[artifact.ID]string{}
	for _, p := range found.Artifacts.Packages.Sorted() {
		c := component(p)
		keys[p.ID()] = c.Key
		inv.Components = append(inv.Components, c)
	}
	for _, r := range found.Relationships {
		if r.From != nil && r.To != nil {
			inv.Edges = append(inv.Edges, edge(r.Type, keys[r.From.ID()], keys[r.To.ID()])...)
		}
	}
	for at, reasons := range found.Artifacts.Unknowns {
		for _, reason := range reasons {
			inv.Findings = append(inv.Findings, sbom.Finding{Kind: sbom.Gap, Code: "syft.unread",
				Path: pathOf(at), Layer: at.FileSystemID, Cataloger: "syft", Detail: reason})
		}
	}
	return inv
}

// edge translates a relationship between two packages; others are about files, or
// the artifact.
func edge(kind artifact.RelationshipType, from, to string) []sbom.Edge {
	if from == "" || to == "" {
		return nil
	}
	switch kind {
	case artifact.DependencyOfRelationship:
		return []sbom.Edge{{Kind: sbom.DependsOn, From: to, To: from}}
	case artifact.ContainsRelationship, artifact.OwnershipByFileOverlapRelationship:
		return []sbom.Edge{{Kind: sbom.Contains, From: from, To: to}}
	default:
		return nil
	}
}

// component translates a package. The same one in two places has one key.
func component(p pkg.Package) *sbom.Component {
	c := &sbom.Component{
		Type: typeOf(p.Type), Name: p.Name, Version: version(p.Version), PURL: p.PURL,
		Digests: digests(p), Locations: locations(p), Properties: properties(p),
		FoundBy: []string{"syft:" + p.FoundBy}, Wanted: asksOnly[p.FoundBy],
	}
	c.Declared, c.Concluded, c.LicenseTexts = licences(p.Licenses.ToSlice())
	c.Key = "syft " + c.PURL
	if c.PURL == "" {
		c.Key = "syft " + string(p.ID())
	}
	return c
}

func typeOf(t pkg.Type) sbom.Type {
	switch t {
	case pkg.BinaryPkg, pkg.LinuxKernelPkg:
		return sbom.TypeApplication
	case pkg.ModelPkg:
		return "machine-learning-model"
	default:
		return sbom.TypeLibrary
	}
}

// version leaves out the words that stand for no version.
func version(v string) string {
	if v == "UNKNOWN" || v == "(devel)" {
		return ""
	}
	return v
}

// locations returns where the package was found, less where there is more about
// it.
func locations(p pkg.Package) []sbom.Location {
	var primary, all []sbom.Location
	for _, l := range p.Locations.ToSlice() {
		at := sbom.Location{Path: pathOf(l.Coordinates), Layer: l.FileSystemID}
		all = append(all, at)
		if l.Annotations[pkg.EvidenceAnnotationKey] == pkg.PrimaryEvidenceAnnotation {
			primary = append(primary, at)
		}
	}
	if primary != nil {
		return primary
	}
	return all
}

func pathOf(c file.Coordinates) string { return sbom.EntryPath(strings.TrimLeft(c.RealPath, "/")) }

func properties(p pkg.Package) []sbom.Property {
	all := []sbom.Property{{Name: "syft:package:type", Value: string(p.Type)}}
	if p.Language != "" {
		all = append(all, sbom.Property{Name: "syft:package:language", Value: string(p.Language)})
	}
	for _, candidate := range p.CPEs {
		all = append(all, sbom.Property{Name: "syft:cpe23", Value: candidate.Attributes.BindToFmtString()})
	}
	return all
}

// algorithms are the names of CycloneDX for those of syft.
var algorithms = map[string]string{"sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512", "md5": "MD5"}

// digests returns the digests of a file that is the package.
func digests(p pkg.Package) []sbom.Digest {
	archive, ok := p.Metadata.(pkg.JavaArchive)
	if !ok {
		return nil
	}
	var all []sbom.Digest
	for _, d := range archive.ArchiveDigests {
		if name := algorithms[strings.ReplaceAll(strings.ToLower(d.Algorithm), "-", "")]; name != "" {
			all = append(all, sbom.Digest{Algorithm: name, Value: strings.ToLower(d.Value)})
		}
	}
	slices.SortFunc(all, func(a, b sbom.Digest) int { return cmp.Compare(a.Algorithm, b.Algorithm) })
	return all
}
