// Package jar catalogs Java archives: jar, war and ear files.
//
// Of an archive it reads two kinds of files, both directly in a zip container:
//
//	META-INF/MANIFEST.MF                           https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html
//	META-INF/maven/GROUP/ARTIFACT/pom.properties   written by Maven, in the format of java.util.Properties
//
// The archive is one component, with the key "jar:ROOT". Its identity is that of
// the pom.properties that belongs to it, if that can be told, with a package URL;
// else that of the main section of its manifest, without one. To an archive belongs
// the pom.properties whose artifact and version its file name begins with. If none
// does, or the name is not known, the only one belongs to it, unless the manifest
// has another version; of several, the only one that agrees with the manifest
// in name and version.
//
// Each other pom.properties is a library that was copied into the archive, as shading
// does, with the key "maven:GROUP:ARTIFACT@VERSION". The file name of the artifact
// itself is not known to a cataloger: there, and wherever the file name does not
// decide, the pom.properties that belongs to the archive is listed as a library too.
//
// It does not read class files, pom.xml, signatures, or the sections of a manifest
// about single files.
//
// Codes of its findings:
//
//	jar.manifest  a manifest that cannot be read, or a part of it
//	jar.pom       a pom.properties that cannot be read, or a part of it, or two that
//	              fit the name of one archive
//
// Properties of its components, from the manifest:
//
//	manifestgen:jar:{automatic-module-name,build-jdk-spec,created-by,main-class}
package jar

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/package-url/packageurl-go"

	"github.com/manifestgen/manifestgen/sbom"
)

// Cataloger finds Java archives and what was copied into them. The zero
// Cataloger is ready to use.
type Cataloger struct{}

// Name returns "jar".
func (Cataloger) Name() string { return "jar" }

// Wants reports whether e is a manifest or a pom.properties at its place in a zip
// container.
func (Cataloger) Wants(e sbom.Entry) sbom.Want {
	if e.Container == "zip" && (isManifest(e.Inside()) || isPOM(e.Inside())) {
		return sbom.Yes
	}
	return sbom.No
}

func isManifest(inside string) bool { return inside == "META-INF/MANIFEST.MF" }

func isPOM(inside string) bool {
	ok, _ := path.Match("META-INF/maven/*/*/pom.properties", inside)
	return ok
}

// Catalog returns what f says of the archive that it is in, or the library that
// f describes.
func (Cataloger) Catalog(_ context.Context, f *sbom.File) ([]*sbom.Component, error) {
	if isManifest(f.Inside()) {
		m, err := parseManifest(f)
		return m.components(f.Root()), asFault("jar.manifest", err)
	}
	p, err := parseProperties(f)
	if err != nil {
		return nil, asFault("jar.pom", err)
	}
	g, err := p.coordinates()
	return g.components(f.Root(), archiveName(f)), asFault("jar.pom", err)
}

func asFault(code string, err error) error {
	var fault *sbom.Fault
	var pathErr *fs.PathError
	if err == nil || errors.As(err, &fault) || errors.As(err, &pathErr) {
		return err
	}
	return &sbom.Fault{Code: code, Err: err}
}

func keyOf(root string) string { return "jar:" + root }

// components returns the archive as the manifest describes it. What identifies it
// is left to Supply, which knows whether something says it better.
func (m manifest) components(root string) []*sbom.Component {
	facts := sbom.Component{
		Type:        sbom.TypeLibrary,
		Description: m.get("Bundle-Description"),
		Maker:       sbom.Party{Name: m.get("Implementation-Vendor", "Bundle-Vendor", "Specification-Vendor")},
		Declared:    license(m.get("Bundle-License")),
		Joints:      sbom.Joints{Key: keyOf(root), Is: root, Private: m.identity()},
	}
	if m.get("Main-Class") != "" {
		facts.Type = sbom.TypeApplication
	}
	for _, name := range []string{"Automatic-Module-Name", "Build-Jdk-Spec", "Created-By", "Main-Class"} {
		if v := m.get(name); v != "" {
			facts.Properties = append(facts.Properties, sbom.Property{Name: "manifestgen:jar:" + strings.ToLower(name), Value: v})
		}
	}
	whole, part := facts, facts
	whole.Fallback, part.Part = true, true
	return []*sbom.Component{&whole, &part}
}

// An identity is what a manifest calls its archive.
type identity struct{ name, version string }

func (m manifest) identity() identity {
	symbolic, _, _ := strings.Cut(m.get("Bundle-SymbolicName"), ";") // directives follow
	return identity{
		cmp.Or(m.get("Implementation-Title"), strings.TrimSpace(symbolic), m.get("Automatic-Module-Name", "Specification-Title")),
		m.get("Implementation-Version", "Bundle-Version", "Specification-Version"),
	}
}

// license returns s, less the attributes that OSGi allows after it, if it is an
// SPDX expression. Mostly it is a URL, which says nothing for sure. The library
// fails with a panic if an expression ends in a parenthesis that opens.
func license(s string) string {
	s, _, _ = strings.Cut(s, ";")
	s = strings.Trim(s, " \"")
	if s == "" || strings.HasSuffix(s, "(") || strings.Contains(s, "Ref-") {
		return ""
	}
	if ok, _ := spdxexp.ValidateLicenses([]string{s}); !ok {
		return ""
	}
	return s
}

// gav is the coordinates of a Maven artifact.
type gav struct{ group, artifact, version string }

// components returns the archive at root, if its name is that of g, else a library
// and the archive that it is in.
// The archive's file name is name.
func (g gav) components(root, name string) []*sbom.Component {
	if g.artifact == "" {
		return nil
	}
	c := &sbom.Component{Name: g.artifact, Version: g.version, PURL: g.purl(), Joints: sbom.Joints{Private: g}}
	archive := &sbom.Component{Type: sbom.TypeLibrary, Joints: sbom.Joints{Key: keyOf(root)}} // if no manifest says better
	if g.names(name) {
		c.Key, c.Is, archive.Part = archive.Key, root, true
		return []*sbom.Component{c, archive}
	}
	c.Type, c.Key = sbom.TypeLibrary, "maven:"+g.group+":"+g.artifact+"@"+g.version
	archive.Is, archive.Fallback = root, true
	return []*sbom.Component{c, archive}
}

func (g gav) purl() string {
	return packageurl.NewPackageURL(packageurl.TypeMaven, g.group, g.artifact, g.version, nil, "").ToString()
}

// names reports whether the file name of an archive is ARTIFACT or
// ARTIFACT-VERSION, perhaps with a classifier.
func (g gav) names(file string) bool {
	s, full := stem(file), g.artifact+"-"+g.version
	return s == g.artifact || g.version != "" && (s == full || strings.HasPrefix(s, full+"-"))
}

// archiveName returns the name of the archive that f is in.
func archiveName(f *sbom.File) string {
	if root := f.Root(); root != "." {
		return root
	}
	return f.Artifact
}

// stem returns the file name of an archive without its extension.
func stem(root string) string {
	base := path.Base(root)
	switch ext := path.Ext(base); strings.ToLower(ext) {
	case ".jar", ".war", ".ear", ".zip":
		return strings.TrimSuffix(base, ext)
	}
	return base
}
