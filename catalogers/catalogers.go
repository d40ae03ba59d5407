// Package catalogers lists the catalogers of this module. Each is a folder of
// its own, and to add one takes one line here.
package catalogers

import (
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/apk"
	"github.com/manifestgen/manifestgen/catalogers/dpkg"
	"github.com/manifestgen/manifestgen/catalogers/gobinary"
	"github.com/manifestgen/manifestgen/catalogers/gomod"
	"github.com/manifestgen/manifestgen/catalogers/jar"
	"github.com/manifestgen/manifestgen/catalogers/osrelease"
	"github.com/manifestgen/manifestgen/catalogers/python"
	"github.com/manifestgen/manifestgen/catalogers/rpm"
	"github.com/manifestgen/manifestgen/sbom"
)

// Default returns all catalogers of this module. The caller may change the list.
func Default() []sbom.Cataloger {
	return []sbom.Cataloger{
		apk.Cataloger{},
		dpkg.Cataloger{},
		gobinary.Cataloger{},
		gomod.Cataloger{},
		jar.Cataloger{},
		osrelease.Cataloger{},
		python.Cataloger{},
		rpm.Cataloger{},
	}
}

// ByName returns those of all that have one of the given names, in the order of
// the names. The error names one that none has, and those that there are.
func ByName(all []sbom.Cataloger, names ...string) ([]sbom.Cataloger, error) {
	var chosen []sbom.Cataloger
	for _, name := range names {
		c := find(all, name)
		if c == nil {
			return nil, fmt.Errorf("no cataloger is called %q; there are %s", name, strings.Join(Names(all), ", "))
		}
		chosen = append(chosen, c)
	}
	return chosen, nil
}

func find(all []sbom.Cataloger, name string) sbom.Cataloger {
	for _, c := range all {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Names returns the names of the given catalogers, in their order.
func Names(all []sbom.Cataloger) []string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name())
	}
	return names
}
