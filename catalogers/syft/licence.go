package syft

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/anchore/syft/syft/license"
	"github.com/anchore/syft/syft/pkg"

	"github.com/manifestgen/manifestgen/sbom"
)

// licences makes expressions of the licences of a package: they all hold. One that
// SPDX has no name for is called by a LicenseRef.
func licences(all []pkg.License) (declared, concluded string, texts []sbom.LicenseText) {
	said := map[license.Type][]string{}
	for _, l := range all {
		operand := l.SPDXExpression
		if operand == "" {
			text, ok := textOf(l)
			if !ok {
				continue
			}
			operand = text.ID
			if !slices.ContainsFunc(texts, func(t sbom.LicenseText) bool { return t.ID == text.ID }) {
				texts = append(texts, text)
			}
		}
		said[l.Type] = append(said[l.Type], operand)
	}
	return join(said[license.Declared]), join(said[license.Concluded]), texts
}

// unnamed begins what syft calls a text that it does not know, by its digest.
const unnamed = "sha256:"

// textOf returns what a LicenseRef stands for, if there is anything.
func textOf(l pkg.License) (sbom.LicenseText, bool) {
	text := cmp.Or(l.Contents, l.Value, strings.Join(l.URLs, " "))
	if text == "" || strings.HasPrefix(text, unnamed) {
		return sbom.LicenseText{}, false
	}
	sum := sha256.Sum256([]byte(text))
	t := sbom.LicenseText{ID: "LicenseRef-text-" + hex.EncodeToString(sum[:8]), Text: text}
	if l.Contents != "" && !strings.HasPrefix(l.Value, unnamed) {
		t.Name = l.Value
	}
	return t, true
}

// join joins expressions by AND.
func join(operands []string) string {
	slices.Sort(operands)
	operands = slices.Compact(operands)
	if len(operands) == 1 {
		return operands[0]
	}
	for i, o := range operands {
		if strings.Contains(o, " OR ") {
			operands[i] = "(" + o + ")"
		}
	}
	return strings.Join(operands, " AND ")
}
